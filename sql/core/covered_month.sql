-- grain: one row per org unit, reporting unit at or below it, flow or stock, and month
-- How much of the target falls to the months that this reporting unit has answered for, and what the others may hold.
-- low: a missing month is 0; high: the larger of its phased target and the unit's own mean (domain.md, Completion).
-- A missing level carries its last value: the actual within the plan year only, the bounds over the turn of the year.
with line as (
    select
        reporting_line.org_unit_code,
        reporting_line.reporting_unit_code,
        month_value.* exclude (org_unit_code),
        target_month.phasing_used,
        target_month.due_month,
        -- a parent's target falls to its units as their own targets say, evenly where they have none
        case
            when count(own_target.target_value) over peers = count(*) over peers
                then struct_pack(
                    amount := own_target.amount_numerator,
                    due := own_target.due_numerator,
                    parts := own_target.amount_denominator,
                    baseline := coalesce(millionths(own_target.baseline_value), 0),
                    baseline_parts := cast(1 as hugeint)
                )
            else
                struct_pack(
                    amount := target_month.amount_numerator,
                    due := target_month.due_numerator,
                    parts := target_month.amount_denominator * count(*) over peers,
                    baseline := coalesce(millionths(target_month.baseline_value), 0),
                    baseline_parts := cast(count(*) over peers as hugeint)
                )
        end as unit_share,
    from core.reporting_line
    inner join core.month_value
        on
            reporting_line.indicator_code = month_value.indicator_code
            and reporting_line.reporting_unit_code = month_value.org_unit_code
    left join core.target_month
        on
            reporting_line.org_unit_code = target_month.org_unit_code
            and reporting_line.indicator_code = target_month.indicator_code
            and month_value.report_month = target_month.report_month
    left join core.target_month as own_target
        on
            reporting_line.reporting_unit_code = own_target.org_unit_code
            and reporting_line.indicator_code = own_target.indicator_code
            and month_value.report_month = own_target.report_month
    where month_value.kind in ('flow', 'stock')
    window peers as (
        partition by reporting_line.org_unit_code, reporting_line.indicator_code, month_value.report_month
    )
),

answered as (
    select
        *,
        coalesce(
            sum(unit_share.amount) filter (where is_reported and kind = 'flow') over year_to_date, 0
        ) as answered_numerator,
        -- a cumulative answers for all months up to its own, a level for the way due by its month
        has_cumulative or (kind = 'stock' and is_reported) as is_whole,
        bit_or(
            case when report_month <= due_month and not is_not_applicable then 1 << month(report_month) else 0 end
        ) over year_to_date as months_by_due,
    from line
    window year_to_date as (
        partition by org_unit_code, reporting_unit_code, indicator_code, report_year
        order by report_month rows between unbounded preceding and current row
    )
),

covered as (
    select
        *,
        ytd_value is not null as has_answer,
        coalesce(
            last_value(
                case when is_whole then unit_share.due - answered_numerator end ignore nulls
            ) over year_to_date,
            0
        ) + answered_numerator as covered_numerator,
        case
            when kind = 'stock' and not is_not_applicable
                then last_value(month_value ignore nulls) over (
                    partition by org_unit_code, reporting_unit_code, indicator_code
                    order by report_month rows between unbounded preceding and current row
                )
        end as last_level_value,
    from answered
    window year_to_date as (
        partition by org_unit_code, reporting_unit_code, indicator_code, report_year
        order by report_month rows between unbounded preceding and current row
    )
),

missing_month as (
    select
        known.org_unit_code,
        known.reporting_unit_code,
        known.indicator_code,
        known.report_month,
        sum(
            greatest(
                coalesce(exact_ratio(missing.unit_share.amount, 1000000 * missing.unit_share.parts), 0),
                coalesce(exact_ratio(millionths(known.ytd_value), 1000000 * known.months_covered_count), 0)
            )
        ) as missing_high_value,
    from covered as known
    inner join covered as missing
        on
            known.org_unit_code = missing.org_unit_code
            and known.reporting_unit_code = missing.reporting_unit_code
            and known.indicator_code = missing.indicator_code
            and known.report_year = missing.report_year
            and known.report_month >= missing.report_month
    where
        known.kind = 'flow'
        and known.months_covered_count < known.months_due_count
        and not missing.is_reported
        and not missing.is_not_applicable
        and coalesce(missing.report_month > known.cumulative_month, true)
    group by all
)

select
    covered.org_unit_code,
    covered.reporting_unit_code,
    covered.indicator_code,
    covered.report_month,
    -- compared whole, the target falls to a unit as soon as it has answered
    case
        when covered.phasing_used = 'none' then case when covered.has_answer then covered.unit_share.due else 0 end
        else covered.covered_numerator
    end as covered_numerator,
    covered.unit_share.parts as covered_denominator,
    case when covered.has_answer then covered.unit_share.baseline else 0 end as baseline_numerator,
    covered.unit_share.baseline_parts as baseline_denominator,
    covered.months_covered_count < covered.months_due_count as has_missing_month,
    covered.covered_months & covered.months_by_due = covered.months_by_due as is_known_by_due,
    coalesce(covered.covered_months & (1 << month(covered.due_month)) != 0, false) as is_known_at_due,
    coalesce(covered.ytd_value, covered.last_level_value, 0) as ytd_low_value,
    coalesce(covered.ytd_value, covered.last_level_value, 0)
    + coalesce(missing_month.missing_high_value, 0) as ytd_high_value,
from covered
left join missing_month using (org_unit_code, reporting_unit_code, indicator_code, report_month)
order by covered.org_unit_code, covered.reporting_unit_code, covered.indicator_code, covered.report_month
