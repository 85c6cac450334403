-- grain: one row per org unit, indicator and month that can be projected: the value at its end month, and the chance
-- The end month is the target's due month, or December when that is earlier or nothing is due. The interval is to hold
-- the outcome four times in five (docs/projection.md; tests/bench/projection.py measures it). From the end month on its
-- actual stands; where months of it are missing, with the low and high of what they may hold.
with estimate as (
    select
        projected_end.org_unit_code,
        projected_end.indicator_code,
        projected_end.report_month,
        projected_end.end_month,
        projected_end.projection_basis,
        projected_end.projected_value,
        projected_end.deviation_value,
        projected_end.floor_value,
        -- of whole numbers, the half below a target is still the target
        case when indicator.decimals = 0 then 0.5e0 else 0 end as half_step,
        projected_end.is_withheld,
    from core.projected_end
    inner join core.indicator as indicator using (indicator_code)
    where projected_end.indicator_code = projected_end.part_code
    union all
    select
        org_unit_code,
        indicator_code,
        report_month,
        end_month,
        projection_basis,
        projected_ratio as projected_value,
        deviation_ratio as deviation_value,
        floor_ratio as floor_value,
        half_step_ratio as half_step,
        is_withheld,
    from core.projected_ratio
    union all
    select
        projected_end.org_unit_code,
        projected_end.indicator_code,
        projected_end.report_month,
        projected_end.end_month,
        projected_end.projection_basis,
        projected_end.projected_value / projected_end.last_year_end_value - 1 as projected_value,
        projected_end.deviation_value / projected_end.last_year_end_value as deviation_value,
        projected_end.floor_value / projected_end.last_year_end_value - 1 as floor_value,
        0 as half_step,
        projected_end.is_withheld,
    from core.projected_end
    inner join core.indicator as growth using (indicator_code)
    where growth.kind = 'growth' and projected_end.last_year_end_value > 0
),

bounded as (
    select
        estimate.* exclude (projected_value, floor_value),
        -- a level or a ratio stays where it can be at all
        case
            when indicator.kind in ('stock', 'ratio')
                then greatest(estimate.floor_value, cast(indicator.minimum as double))
            else estimate.floor_value
        end as least_value,
        case
            when indicator.kind in ('stock', 'ratio') then cast(indicator.maximum as double)
        end as greatest_value,
        least(greatest(estimate.projected_value, least_value), greatest_value) as projected_value,
        indicator.kind,
    from estimate
    inner join core.indicator as indicator using (indicator_code)
),

-- a later cumulative may tell what was missing in the end month: the year to date less the months since, each known
told_later as (
    select
        bounded.org_unit_code,
        bounded.indicator_code,
        bounded.report_month,
        any_value(tree_month.added_value) - sum(month_since.month_value) as actual_value,
        bool_or(coalesce(disclosure.is_suppressed, false)) as is_withheld,
    from bounded
    inner join core.tree_month as end_month
        on
            bounded.org_unit_code = end_month.org_unit_code
            and bounded.indicator_code = end_month.indicator_code
            and bounded.end_month = end_month.report_month
    inner join core.tree_month
        on
            bounded.org_unit_code = tree_month.org_unit_code
            and bounded.indicator_code = tree_month.indicator_code
            and bounded.report_month = tree_month.report_month
    inner join core.tree_month as month_since
        on
            bounded.org_unit_code = month_since.org_unit_code
            and bounded.indicator_code = month_since.indicator_code
            and month_since.report_month > bounded.end_month
            and month_since.report_month <= bounded.report_month
    left join core.disclosure as disclosure
        on
            month_since.org_unit_code = disclosure.org_unit_code
            and month_since.indicator_code = disclosure.indicator_code
            and month_since.report_month = disclosure.report_month
    where
        bounded.kind = 'flow'
        and end_month.unit_months_covered_count < end_month.unit_months_due_count
        and tree_month.unit_months_covered_count = tree_month.unit_months_due_count
        -- what was taken over since is no part of it
        and not exists (
            select 1
            from core.succession as succession
            where
                bounded.org_unit_code = succession.heir_code
                and succession.from_month > bounded.end_month
                and succession.from_month <= bounded.report_month
        )
        -- what a unit that ended since never told stays missing
        and not exists (
            select 1
            from core.reporting_line
            inner join core.unit_month as ended
                on
                    reporting_line.reporting_unit_code = ended.org_unit_code
                    and reporting_line.indicator_code = ended.indicator_code
            inner join reference.org_unit as org_unit on ended.org_unit_code = org_unit.code
            where
                bounded.org_unit_code = reporting_line.org_unit_code
                and bounded.indicator_code = reporting_line.indicator_code
                and reporting_line.from_month is null  -- what an heir took over is asked above
                and bounded.report_month = ended.report_month
                and bounded.end_month <= org_unit.valid_to
                and ended.is_ended
                and ended.months_covered_count < ended.months_due_count
        )
    group by bounded.org_unit_code, bounded.indicator_code, bounded.report_month
    having bool_and(month_since.units_month_count = month_since.units_due_count)
),

judged as (
    select
        bounded.* exclude (is_withheld),
        bounded.is_withheld or coalesce(told_later.is_withheld, false) as is_withheld,
        bounded.projection_basis = 'actual' as is_over,
        coalesce(told_later.actual_value, end_row.actual_value) as actual_value,
        coalesce(told_later.actual_value, low_row.actual_value) as actual_low_value,
        coalesce(told_later.actual_value, high_row.actual_value) as actual_high_value,
        case
            when told_later.actual_value is null then end_row.is_met
            when target_month.target_form = 'at_least' then told_later.actual_value >= target_month.target_value
            else told_later.actual_value <= target_month.target_value
        end as is_met,
        target_month.target_form,
        target_month.target_form = 'at_least' as is_to_reach,
        cast(target_month.target_value as double) as target_value,
        1.2815515655e0 * bounded.deviation_value as half_width,
        (
            case when target_month.target_form = 'at_least' then 1 else -1 end
            * (bounded.projected_value - cast(target_month.target_value as double))
            + bounded.half_step
        ) / nullif(bounded.deviation_value, 0) as deviations,
    from bounded
    inner join core.outcome as end_row
        on
            bounded.org_unit_code = end_row.org_unit_code
            and bounded.indicator_code = end_row.indicator_code
            and least(bounded.report_month, bounded.end_month) = end_row.report_month
            and end_row.bound = 'actual'
    inner join core.outcome as low_row
        on
            end_row.org_unit_code = low_row.org_unit_code
            and end_row.indicator_code = low_row.indicator_code
            and end_row.report_month = low_row.report_month
            and low_row.bound = 'low'
    inner join core.outcome as high_row
        on
            end_row.org_unit_code = high_row.org_unit_code
            and end_row.indicator_code = high_row.indicator_code
            and end_row.report_month = high_row.report_month
            and high_row.bound = 'high'
    left join told_later
        on
            bounded.org_unit_code = told_later.org_unit_code
            and bounded.indicator_code = told_later.indicator_code
            and bounded.report_month = told_later.report_month
    -- one that falls due after the end month is not decided there
    left join core.target_month
        on
            bounded.org_unit_code = target_month.org_unit_code
            and bounded.indicator_code = target_month.indicator_code
            and bounded.report_month = target_month.report_month
            and bounded.end_month = target_month.due_month
),

chanced as (
    select
        *,
        case
            when target_form is null then null
            when is_over then cast(is_met as integer)
            -- what is reached stays reached, what is exceeded stays exceeded
            when kind = 'flow' and is_to_reach and least_value >= target_value then 1
            when kind = 'flow' and not is_to_reach and least_value > target_value then 0
            when deviation_value = 0
                then cast(case when is_to_reach then 1 else -1 end * (projected_value - target_value) >= 0 as integer)
            else normal_chance(deviations)
        end as probability,
    from judged
)

select
    org_unit_code,
    indicator_code,
    report_month,
    end_month,
    projection_basis,
    cast(
        case when is_over then actual_value else try_cast(projected_value as decimal(24, 6)) end as decimal(24, 6)
    ) as projected_value,
    cast(
        case
            when is_over then actual_low_value
            else try_cast(greatest(projected_value - half_width, least_value) as decimal(24, 6))
        end as decimal(24, 6)
    ) as projected_low_value,
    cast(
        case
            when is_over then actual_high_value
            else try_cast(least(projected_value + half_width, greatest_value) as decimal(24, 6))
        end as decimal(24, 6)
    ) as projected_high_value,
    case when not is_over then try_cast(deviation_value as decimal(24, 6)) end as projected_deviation_value,
    cast(probability as decimal(9, 4)) as probability_ratio,
    is_withheld,  -- a month that it rests on is
from chanced
where not is_over or actual_value is not null
order by org_unit_code, indicator_code, report_month
