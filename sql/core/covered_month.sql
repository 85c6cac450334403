-- grain: one row per org unit, reporting unit that counts in it, flow or stock, and month
-- How much of the target falls to the months that this reporting unit has answered for, and what the others may hold.
-- low: a missing month is 0; high: the larger of its phased target and the unit's own mean (domain.md, Completion).
-- A missing level carries its last value: the actual within the plan year only, the bounds over the turn of the year.
-- Fractions are exact: amounts over covered_denominator, means over mean_parts(), both in millionths.
with own_version as (
    select
        org_unit_code,
        indicator_code,
        plan_year,
        coalesce(effective_month, date '0001-01-01') as from_month,
        arg_max(millionths(target_value) - coalesce(millionths(baseline_value), 0), target_version) as distance,
    from core.plan_target
    group by org_unit_code, indicator_code, plan_year, effective_month
),

-- what a unit reports and its own part of the target: the same for everything that it adds up to
own_month as (
    select
        month_value.org_unit_code as reporting_unit_code,
        month_value.indicator_code,
        month_value.report_month,
        year(month_value.report_month) as report_year,
        month_value.kind,
        coalesce(month_value.is_ended, false) as is_ended,
        month_value.is_reported,
        month_value.is_not_applicable,
        month_value.has_cumulative,
        month_value.ytd_value,
        month_value.cumulative_month,
        month_value.covered_months,
        month_value.months_covered_count,
        month_value.months_due_count,
        own_target.target_value is not null as has_own_target,
        -- its own target alone, without what it inherited
        own_version.distance as own_distance,
        own_version.from_month as own_from_month,
        coalesce(own_target.amount_numerator, 0) as own_amount,
        coalesce(own_target.line_due_numerator, 0) as own_due,
        coalesce(millionths(own_target.baseline_value), 0) as own_baseline,
        max(own_target.amount_denominator) over (
            partition by month_value.org_unit_code, month_value.indicator_code, year(month_value.report_month)
        ) as own_parts,
        last_value(month_value.month_value ignore nulls) over (
            partition by month_value.org_unit_code, month_value.indicator_code
            order by month_value.report_month rows between unbounded preceding and current row
        ) as last_value,
    from core.month_value
    left join core.target_month as own_target
        on
            month_value.org_unit_code = own_target.org_unit_code
            and month_value.indicator_code = own_target.indicator_code
            and month_value.report_month = own_target.report_month
    asof left join own_version
        on
            month_value.org_unit_code = own_version.org_unit_code
            and month_value.indicator_code = own_version.indicator_code
            and year(month_value.report_month) = own_version.plan_year
            and month_value.report_month >= own_version.from_month
    where month_value.kind in ('flow', 'stock')
),

running_month as (
    select
        reporting_line.org_unit_code,
        reporting_line.indicator_code,
        own_month.report_month,
        own_month.report_year,
        bool_or(reporting_line.org_unit_code != reporting_line.reporting_unit_code) as has_units_below,
    from core.reporting_line
    inner join own_month using (reporting_unit_code, indicator_code)
    where
        not own_month.is_ended
        and own_month.report_month
        between coalesce(reporting_line.from_month, own_month.report_month)
        and coalesce(reporting_line.to_month, own_month.report_month)
    group by
        reporting_line.org_unit_code, reporting_line.indicator_code, own_month.report_month, own_month.report_year
),

-- whether a year's target falls to the units as it was handed down, and what a unit must know of it then
sharing as (
    select
        running_month.org_unit_code,
        running_month.indicator_code,
        running_month.report_year,
        min(running_month.report_month) as first_month,
        -- who was founded after a target was handed down has no part in it
        bool_and(
            not running_month.has_units_below
            or target_month.target_value is null
            or target_month.split_key is not null
        ) as is_shared,
        min(concat_ws(' ', target_month.phasing_used, target_month.due_month)) as terms,
        case
            when is_shared and terms = max(concat_ws(' ', target_month.phasing_used, target_month.due_month)) then terms
            else running_month.org_unit_code
        end as seen_as,
    from running_month
    left join core.target_month using (org_unit_code, indicator_code, report_month)
    group by running_month.org_unit_code, running_month.indicator_code, running_month.report_year
),

-- seen alike from several levels of the tree, a unit is worked out once: for the first of those that see it so
line_year as (
    select
        reporting_line.org_unit_code,
        reporting_line.reporting_unit_code,
        reporting_line.indicator_code,
        sharing.report_year,
        sharing.first_month,
        sharing.is_shared,
        min(reporting_line.org_unit_code) over (
            partition by
                reporting_line.reporting_unit_code, reporting_line.indicator_code, sharing.report_year, sharing.seen_as
        ) as like_code,
    from core.reporting_line
    inner join sharing using (org_unit_code, indicator_code)
    where reporting_line.from_month is null
),

-- the lines whose target was not handed down
even_line as (
    select
        reporting_line.org_unit_code,
        reporting_line.reporting_unit_code,
        own_month.* exclude (reporting_unit_code),
    from core.reporting_line
    inner join own_month using (reporting_unit_code, indicator_code)
    inner join sharing using (org_unit_code, indicator_code, report_year)
    where
        not sharing.is_shared
        and own_month.report_month
        between coalesce(reporting_line.from_month, own_month.report_month)
        and coalesce(reporting_line.to_month, own_month.report_month)
),

unit_count as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        report_year,
        -- a month that is not applicable to a unit falls to the others
        cast(
            greatest(count(*) filter (where not is_ended and not coalesce(is_not_applicable, false)), 1) as hugeint
        ) as units_count,
        -- compared whole, it falls to all that had anything to report this year
        cast(greatest(count(*) filter (where months_due_count > 0), 1) as hugeint) as whole_units_count,
    from even_line
    group by org_unit_code, indicator_code, report_month, report_year
),

-- evenly over the units of each month: one denominator for the months of a year
even_part as (
    select
        org_unit_code,
        indicator_code,
        report_year,
        coalesce(
            common_multiple(list_concat(list(units_count), list(whole_units_count)), 1000000), 1000000
        ) as even_parts,
    from unit_count
    group by org_unit_code, indicator_code, report_year
),

-- a parent's target falls to its units as it was handed down, evenly where it was not
shared as (
    select
        line_year.org_unit_code,
        line_year.is_shared,
        own_month.* exclude (own_amount, own_due, own_baseline, own_parts),
        target_month.phasing_used,
        coalesce(target_month.phasing_used = 'none', false) as is_compared_whole,
        target_month.due_month,
        case when line_year.is_shared then own_month.has_own_target else target_month.target_value is not null end
            as has_share,
        case
            when line_year.is_shared then coalesce(own_month.own_parts, 1)
            else target_month.amount_denominator * even_part.even_parts
        end as share_parts,
        case when line_year.is_shared then 1 else even_part.even_parts end as baseline_parts,
        case
            when line_year.is_shared then own_month.own_amount
            else rescaled(target_month.amount_numerator, unit_count.units_count, even_part.even_parts)
        end as share_amount,
        case
            when line_year.is_shared then own_month.own_due
            else
                rescaled(
                    case
                        when own_month.report_month = line_year.first_month or own_month.kind != 'flow'
                            then target_month.due_numerator
                        else target_month.amount_numerator
                    end,
                    unit_count.units_count,
                    even_part.even_parts
                )
        end as month_due_share,
        case
            when line_year.is_shared then own_month.own_baseline
            else
                rescaled(
                    coalesce(millionths(target_month.baseline_value), 0), unit_count.units_count, even_part.even_parts
                )
        end as share_baseline,
    from line_year
    inner join own_month using (reporting_unit_code, indicator_code, report_year)
    left join core.target_month
        on
            line_year.org_unit_code = target_month.org_unit_code
            and own_month.indicator_code = target_month.indicator_code
            and own_month.report_month = target_month.report_month
    left join unit_count
        on
            line_year.org_unit_code = unit_count.org_unit_code
            and own_month.indicator_code = unit_count.indicator_code
            and own_month.report_month = unit_count.report_month
    left join even_part
        on
            line_year.org_unit_code = even_part.org_unit_code
            and own_month.indicator_code = even_part.indicator_code
            and own_month.report_year = even_part.report_year
    where line_year.org_unit_code = line_year.like_code and not own_month.is_ended
),

answered as (
    select
        * exclude (month_due_share),
        case
            when is_shared or kind != 'flow' then month_due_share
            else sum(month_due_share) over year_to_date
        end as due_share,
        coalesce(
            sum(share_amount) filter (where is_reported and kind = 'flow') over year_to_date, 0
        ) as answered_numerator,
        -- not applicable: no cumulative answers for it, for there is nothing to answer
        coalesce(
            sum(share_amount) filter (where is_not_applicable and kind = 'flow') over year_to_date, 0
        ) as idle_numerator,
        -- a cumulative answers for all months up to its own, a level for the way due by its month
        has_cumulative or (kind = 'stock' and is_reported) as is_whole,
        bit_or(
            case when report_month <= due_month and not is_not_applicable then 1 << month(report_month) else 0 end
        ) over year_to_date as months_by_due,
    from shared
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
                case when is_whole then due_share - idle_numerator - answered_numerator end ignore nulls
            ) over year_to_date,
            0
        ) + answered_numerator as covered_numerator,
        -- a level is compared with the plan of its own month
        case
            when kind = 'stock' and phasing_used != 'none'
                then last_value(case when is_reported then share_baseline end ignore nulls) over year_to_date
        end as seen_baseline,
        -- a year of which no month is due has no level
        case when kind = 'stock' and months_due_count > 0 then last_value end as last_level_value,
        -- what it was to be in its last due month
        case
            when kind = 'stock' and months_due_count > 0
                then last_value(
                    case
                        when not is_not_applicable or is_compared_whole
                            then due_share + share_baseline * (share_parts // baseline_parts)
                    end ignore nulls
                ) over year_to_date
        end as due_level_numerator,
        -- of nothing that is covered there is no mean
        millionths(ytd_value) * (mean_parts() // months_covered_count) as mean_numerator,
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
        -- nothing is phased for a unit without a part of a target that was handed down
        case when missing.has_share then missing.share_amount end as amount,
        -- which of the two is larger, compared without dividing; one that is unknown plays no part
        coalesce(amount * mean_parts() > known.mean_numerator * missing.share_parts, amount is not null)
            as is_by_target,
        case when is_by_target then amount else 0 end as due_numerator,
        case when is_by_target then 0 else coalesce(known.mean_numerator, 0) end as mean_numerator,
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
),

missing_sum as (
    select
        org_unit_code,
        reporting_unit_code,
        indicator_code,
        report_month,
        sum(due_numerator) as due_numerator,
        sum(mean_numerator) as mean_numerator,
    from missing_month
    group by org_unit_code, reporting_unit_code, indicator_code, report_month
),

like_line as (
    select
        covered.org_unit_code as like_code,
        covered.reporting_unit_code,
        covered.indicator_code,
        covered.report_year,
        covered.report_month,
        covered.has_answer,
        covered.own_from_month,
        covered.has_own_target,
        -- compared whole, a unit's target counts as soon as it has answered; who has none is compared with nothing
        case
            when not covered.is_compared_whole then covered.covered_numerator
            when covered.has_answer and covered.kind = 'flow' then covered.own_distance * covered.share_parts
            when covered.has_answer and covered.has_own_target then covered.due_share
        end as covered_numerator,
        covered.share_parts as covered_denominator,
        case when covered.has_answer then coalesce(covered.seen_baseline, covered.share_baseline) else 0 end
            as baseline_numerator,
        covered.baseline_parts as baseline_denominator,
        covered.months_covered_count < covered.months_due_count as has_missing_month,
        covered.covered_months & covered.months_by_due = covered.months_by_due as is_known_by_due,
        coalesce(covered.covered_months & (1 << month(covered.due_month)) != 0, false) as is_known_at_due,
        coalesce(covered.ytd_value, covered.last_level_value, 0) as ytd_low_value,
        case
            when covered.kind = 'flow' then coalesce(missing_sum.due_numerator, 0)
            -- a level that was never known may be what it was to be
            when covered.last_level_value is null then coalesce(covered.due_level_numerator, 0)
            else 0
        end as missing_due_numerator,
        coalesce(missing_sum.mean_numerator, 0) as missing_mean_numerator,
    from covered
    left join missing_sum using (org_unit_code, reporting_unit_code, indicator_code, report_month)
),

running_line as (
    select
        line_year.org_unit_code,
        like_line.* exclude (like_code, report_year),
    from line_year
    inner join like_line using (like_code, reporting_unit_code, indicator_code, report_year)
),

ended_month as (
    select
        reporting_line.org_unit_code,
        own_month.reporting_unit_code,
        own_month.indicator_code,
        own_month.report_month,
        reporting_line.from_month is not null as is_heir_line,
        coalesce(target_month.phasing_used = 'none', false) as is_compared_whole,
    from core.reporting_line
    inner join own_month using (reporting_unit_code, indicator_code)
    left join core.target_month
        on
            reporting_line.org_unit_code = target_month.org_unit_code
            and own_month.indicator_code = target_month.indicator_code
            and own_month.report_month = target_month.report_month
    where
        own_month.is_ended
        and own_month.report_month
        between coalesce(reporting_line.from_month, own_month.report_month)
        and coalesce(reporting_line.to_month, own_month.report_month)
),

-- an ended unit stands as it stood at its end, for its heir as for the sums above it
ended_line as (
    select
        line.org_unit_code,
        line.report_month,
        running_line.* exclude (org_unit_code, report_month) replace (
            -- what came before a target that is compared whole is compared with nothing, not with 0
            case
                when running_line.has_own_target or not line.is_compared_whole then running_line.covered_numerator
            end as covered_numerator,
            -- the heir's baseline holds its predecessor's
            case when heir.report_month is null then running_line.baseline_numerator else 0 end as baseline_numerator
        ),
    from ended_month as line
    inner join running_line
        on
            running_line.org_unit_code = case
                when line.is_heir_line then line.reporting_unit_code else line.org_unit_code
            end
            and line.reporting_unit_code = running_line.reporting_unit_code
            and line.indicator_code = running_line.indicator_code
    inner join reference.org_unit as org_unit
        on
            line.reporting_unit_code = org_unit.code
            and running_line.report_month = date_trunc('month', org_unit.valid_to)
    left join core.succession as succession
        on
            line.reporting_unit_code = succession.org_unit_code
            and line.report_month between succession.from_month and coalesce(succession.to_month, line.report_month)
    left join running_line as heir
        on
            line.org_unit_code = heir.org_unit_code
            and succession.heir_code = heir.reporting_unit_code
            and line.indicator_code = heir.indicator_code
            and line.report_month = heir.report_month
),

standing_line as (
    select *
    from running_line
    union all by name
    select *
    from ended_line
),

-- a version of the heir's own that came after a unit's end speaks for the whole, once the heir has answered
spoken_for as (
    select distinct
        line.org_unit_code,
        line.reporting_unit_code,
        line.indicator_code,
        line.report_month,
    from ended_month as line
    inner join core.succession as succession
        on line.reporting_unit_code = succession.org_unit_code and line.report_month >= succession.from_month
    inner join running_line as heir
        on
            succession.heir_code = heir.reporting_unit_code
            and line.indicator_code = heir.indicator_code
            and heir.org_unit_code = case when line.is_heir_line then succession.heir_code else line.org_unit_code end
            and heir.report_month
            = least(line.report_month, date_trunc('month', coalesce(succession.to_month, line.report_month)))
    where
        line.is_compared_whole
        and heir.has_answer
        and heir.own_from_month >= succession.from_month
),

-- compared whole, a target that was not handed down falls evenly to the units, in all months alike
whole_part as (
    select
        line.org_unit_code,
        line.reporting_unit_code,
        line.indicator_code,
        line.report_month,
        rescaled(target_month.due_numerator, unit_count.whole_units_count, even_part.even_parts) as due_numerator,
        target_month.amount_denominator * even_part.even_parts as due_denominator,
        rescaled(
            coalesce(millionths(target_month.baseline_value), 0), unit_count.whole_units_count, even_part.even_parts
        ) as baseline_numerator,
    from even_line as line
    inner join core.target_month using (org_unit_code, indicator_code, report_month)
    inner join unit_count using (org_unit_code, indicator_code, report_month)
    inner join even_part
        on
            line.org_unit_code = even_part.org_unit_code
            and line.indicator_code = even_part.indicator_code
            and line.report_year = even_part.report_year
    where target_month.phasing_used = 'none'
)

select
    standing_line.* exclude (has_answer, has_own_target, own_from_month) replace (
        case
            when whole_part.report_month is null and spoken_for.report_month is null
                then standing_line.covered_numerator
            when standing_line.has_answer then whole_part.due_numerator
        end as covered_numerator,
        -- of a unit that ended before there was a target, too
        coalesce(whole_part.due_denominator, standing_line.covered_denominator) as covered_denominator,
        case
            when whole_part.report_month is null then standing_line.baseline_numerator
            when standing_line.has_answer then whole_part.baseline_numerator
            else 0
        end as baseline_numerator
    ),
from standing_line
left join spoken_for using (org_unit_code, reporting_unit_code, indicator_code, report_month)
left join whole_part
    on
        standing_line.org_unit_code = whole_part.org_unit_code
        and standing_line.reporting_unit_code = whole_part.reporting_unit_code
        and standing_line.indicator_code = whole_part.indicator_code
        and standing_line.report_month = whole_part.report_month
order by org_unit_code, reporting_unit_code, indicator_code, report_month
