-- grain: one row per org unit, ratio or growth made of other indicators, and month where months of these are missing
-- Its low and high as exact fractions: each unit's parts completed over its due months, then added up, then divided.
-- Ratio: a missing month brings its denominator's mean so far; to the numerator nothing (low), or the larger of the
-- target's share of that mean and the numerator's own mean (high). Growth: nothing (low), or the larger of last year's
-- month grown by the target and the unit's own mean (high), against last year over all due months.
-- Means are in mean_parts, shares of a target in millionths: the fractions carry both.
with part as (
    select unnest([numerator_code, denominator_code]) as indicator_code
    from core.indicator
),

component as (
    select
        month_value.org_unit_code,
        month_value.indicator_code,
        month_value.report_month,
        month_value.kind,
        case
            when month_value.kind = 'flow' then month_value.months_due_count - month_value.months_covered_count
        end as missing_count,
        case
            when month_value.kind = 'flow'
                then millionths(month_value.ytd_value) * (mean_parts() // month_value.months_covered_count)
        end as mean_numerator,
        -- a missing level carries its last value, over the turn of the year too
        millionths(
            coalesce(
                month_value.ytd_value,
                case
                    when month_value.kind = 'stock' and month_value.months_due_count > 0
                        then last_value(month_value.month_value ignore nulls) over (
                            partition by month_value.org_unit_code, month_value.indicator_code
                            order by month_value.report_month rows between unbounded preceding and current row
                        )
                end
            )
        ) as known_numerator,
        month_value.months_covered_count > 0 as is_known,
    from core.month_value
    semi join part on month_value.indicator_code = part.indicator_code
),

ratio_line as (
    select
        reporting_line.org_unit_code,
        indicator.indicator_code,
        unit_month.report_month,
        millionths(coalesce(own_target.target_value, target_month.target_value)) as target,
        coalesce(numerator.known_numerator, 0) as numerator_known,
        coalesce(denominator.known_numerator, 0) as denominator_known,
        coalesce(numerator.missing_count, 0) as numerator_missing_count,
        coalesce(denominator.missing_count, 0) as denominator_missing_count,
        numerator.mean_numerator as numerator_mean,
        denominator.mean_numerator as denominator_mean,
        -- of an ended unit a level is gone: it is known to be nothing
        coalesce(denominator.is_known, unit_month.is_ended, false) as has_denominator,
        bool_or(
            unit_month.actual_denominator is null or numerator_missing_count > 0 or denominator_missing_count > 0
        ) over (
            partition by reporting_line.org_unit_code, indicator.indicator_code, unit_month.report_month
        ) as is_open,
    from core.indicator as indicator
    inner join core.reporting_line on indicator.numerator_code = reporting_line.indicator_code
    inner join core.unit_month
        on
            indicator.indicator_code = unit_month.indicator_code
            and reporting_line.reporting_unit_code = unit_month.org_unit_code
            and unit_month.report_month
            between coalesce(reporting_line.from_month, unit_month.report_month)
            and coalesce(reporting_line.to_month, unit_month.report_month)
    left join component as numerator
        on
            indicator.numerator_code = numerator.indicator_code
            and unit_month.org_unit_code = numerator.org_unit_code
            and unit_month.report_month = numerator.report_month
    left join component as denominator
        on
            indicator.denominator_code = denominator.indicator_code
            and unit_month.org_unit_code = denominator.org_unit_code
            and unit_month.report_month = denominator.report_month
    left join core.target_month
        on
            reporting_line.org_unit_code = target_month.org_unit_code
            and indicator.indicator_code = target_month.indicator_code
            and unit_month.report_month = target_month.report_month
    left join core.target_month as own_target
        on
            reporting_line.reporting_unit_code = own_target.org_unit_code
            and indicator.indicator_code = own_target.indicator_code
            and unit_month.report_month = own_target.report_month
    where indicator.kind = 'ratio'
),

ratio_bound as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        1000000 * sum(mean_parts() * numerator_known) as low_numerator,
        1000000 * sum(
            mean_parts() * denominator_known + coalesce(denominator_missing_count * denominator_mean, 0)
        ) as low_denominator,
        low_numerator + sum(
            -- greatest() passes over what is unknown
            coalesce(numerator_missing_count * greatest(target * denominator_mean, 1000000 * numerator_mean), 0)
        ) as high_numerator,
        low_denominator as high_denominator,
    from ratio_line
    where is_open and has_denominator
    group by org_unit_code, indicator_code, report_month
),

growing as (
    select
        indicator_code,
        numerator_code as flow_code,
    from core.indicator
    where kind = 'growth'
),

flow_month as (
    select
        month_value.*,
        millionths(month_value.month_value) as month_numerator,
        -- which months of the year are known one by one
        coalesce(
            bit_or(1 << month(month_value.report_month)) filter (where month_value.month_value is not null) over (
                partition by month_value.org_unit_code, month_value.indicator_code, month_value.report_year
                order by month_value.report_month rows between unbounded preceding and current row
            ),
            0
        ) as known_months,
    from core.month_value
    semi join growing on month_value.indicator_code = growing.flow_code
),

-- a unit with those that it had taken over by the end of a year
member as (
    select
        org_unit_code as heir_code,
        org_unit_code,
        cast(null as date) as from_month,
        cast(null as date) as to_month,
    from flow_month
    group by org_unit_code
    union all
    select
        heir_code,
        org_unit_code,
        from_month,
        to_month,
    from core.succession
),

last_year as (
    select
        member.heir_code as org_unit_code,
        flow_month.indicator_code,
        cast(flow_month.report_month + interval 1 year as date) as report_month,
        sum(millionths(flow_month.ytd_value)) as ytd_numerator,
        sum(flow_month.month_numerator) as month_numerator,
        bit_or(flow_month.covered_months) as covered_months,
        bit_or(flow_month.asked_months & ~flow_month.known_months) as gap_months,
    from flow_month
    inner join member
        on
            flow_month.org_unit_code = member.org_unit_code
            and make_date(flow_month.report_year + 1, 1, 1)
            between coalesce(member.from_month, make_date(flow_month.report_year + 1, 1, 1))
            and coalesce(member.to_month, make_date(flow_month.report_year + 1, 1, 1))
    group by member.heir_code, flow_month.indicator_code, flow_month.report_month
),

-- a unit founded when its predecessor ended had no last year of its own, which is nothing rather than unknown
founded_heir as (
    select distinct
        succession.heir_code as org_unit_code,
        year(succession.from_month) as report_year,
    from core.succession as succession
    inner join reference.org_unit as org_unit on succession.heir_code = org_unit.code
    where succession.last_month < org_unit.valid_from
),

-- after a unit's end the due months of whoever stands for it
heir_month as (
    select
        ended.org_unit_code,
        ended.indicator_code,
        ended.report_month,
        bit_or(heir.due_months & month_bits(succession.from_month, ended.report_month)) as due_months,
    from flow_month as ended
    inner join core.succession as succession
        on ended.org_unit_code = succession.org_unit_code and ended.report_month >= succession.from_month
    inner join flow_month as heir
        on
            succession.heir_code = heir.org_unit_code
            and ended.indicator_code = heir.indicator_code
            and ended.report_month = heir.report_month
    group by ended.org_unit_code, ended.indicator_code, ended.report_month
),

-- the months of last year to compare with: all due ones, and after a unit's end those of its heirs
period as (
    select
        flow_month.org_unit_code,
        flow_month.indicator_code,
        flow_month.report_month,
        flow_month.due_months | coalesce(heir_month.due_months, 0) as period_months,
        case
            when period_months > 0
                then make_date(flow_month.report_year, cast(length(bin(period_months)) - 1 as integer), 1)
        end as period_end_month,
    from flow_month
    left join heir_month using (org_unit_code, indicator_code, report_month)
),

growth_line as (
    select
        reporting_line.org_unit_code,
        growing.indicator_code,
        growing.flow_code,
        flow_month.org_unit_code as reporting_unit_code,
        flow_month.report_month,
        coalesce(millionths(flow_month.ytd_value), 0) as flow_numerator,
        millionths(flow_month.ytd_value) * (mean_parts() // flow_month.months_covered_count) as mean_numerator,
        flow_month.cumulative_month,
        flow_month.months_covered_count < flow_month.months_due_count as has_missing_month,
        -- last year over all due months, each of them known
        coalesce(
            case
                when
                    last_year.covered_months = period.period_months
                    and last_year.gap_months & period.period_months = 0
                    then last_year.ytd_numerator
            end,
            case
                when
                    period.period_months = 0
                    or (founded_heir.org_unit_code is not null and last_year.org_unit_code is null)
                    then 0
            end
        ) as prior_numerator,
    from growing
    inner join core.reporting_line on growing.flow_code = reporting_line.indicator_code
    inner join flow_month
        on
            reporting_line.indicator_code = flow_month.indicator_code
            and reporting_line.reporting_unit_code = flow_month.org_unit_code
            and flow_month.report_month
            between coalesce(reporting_line.from_month, flow_month.report_month)
            and coalesce(reporting_line.to_month, flow_month.report_month)
    inner join period
        on
            flow_month.org_unit_code = period.org_unit_code
            and flow_month.indicator_code = period.indicator_code
            -- where a unit elsewhere goes on with its work, its last year ends with it here
            and least(reporting_line.prior_to_month, flow_month.report_month) = period.report_month
    left join last_year
        on
            flow_month.org_unit_code = last_year.org_unit_code
            and flow_month.indicator_code = last_year.indicator_code
            and period.period_end_month = last_year.report_month
    left join founded_heir
        on
            flow_month.org_unit_code = founded_heir.org_unit_code
            and flow_month.report_year = founded_heir.report_year
),

-- what stood last year in a missing month, in an heir's also its predecessors'
missing_month as (
    select
        flow_month.org_unit_code,
        flow_month.indicator_code,
        flow_month.report_month,
        list_sum([any_value(last_year.month_numerator), sum(predecessor.month_numerator)]) as month_numerator,
    from flow_month
    left join last_year
        on
            flow_month.org_unit_code = last_year.org_unit_code
            and flow_month.indicator_code = last_year.indicator_code
            and flow_month.report_month = last_year.report_month
    left join core.succession as succession
        on
            flow_month.org_unit_code = succession.heir_code
            and flow_month.report_year = year(succession.last_month)
            and flow_month.report_month
            between succession.from_month and coalesce(succession.to_month, flow_month.report_month)
    left join last_year as predecessor
        on
            succession.org_unit_code = predecessor.org_unit_code
            and flow_month.indicator_code = predecessor.indicator_code
            and flow_month.report_month = predecessor.report_month
    where not flow_month.is_reported and not flow_month.is_not_applicable and not flow_month.is_ended
    group by flow_month.org_unit_code, flow_month.indicator_code, flow_month.report_month
),

missing_sum as (
    select
        growth_line.org_unit_code,
        growth_line.indicator_code,
        growth_line.reporting_unit_code,
        growth_line.report_month,
        sum(
            coalesce(
                greatest(
                    (1000000 + millionths(target_month.target_value)) * missing_month.month_numerator * mean_parts(),
                    1000000 * growth_line.mean_numerator
                ),
                0
            )
        ) as high_numerator,
    from growth_line
    inner join missing_month
        on
            growth_line.reporting_unit_code = missing_month.org_unit_code
            and growth_line.flow_code = missing_month.indicator_code
            and missing_month.report_month
            between coalesce(
                growth_line.cumulative_month + interval 1 month, date_trunc('year', growth_line.report_month)
            )
            and growth_line.report_month
    left join core.target_month
        on
            growth_line.org_unit_code = target_month.org_unit_code
            and growth_line.indicator_code = target_month.indicator_code
            and growth_line.report_month = target_month.report_month
    group by
        growth_line.org_unit_code,
        growth_line.indicator_code,
        growth_line.reporting_unit_code,
        growth_line.report_month
),

growth_bound as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        1000000 * mean_parts() * sum(growth_line.prior_numerator) as low_denominator,
        1000000 * mean_parts() * sum(growth_line.flow_numerator) - low_denominator as low_numerator,
        low_denominator as high_denominator,
        low_numerator + sum(coalesce(missing_sum.high_numerator, 0)) as high_numerator,
    from growth_line
    left join missing_sum using (org_unit_code, indicator_code, reporting_unit_code, report_month)
    group by org_unit_code, indicator_code, report_month
    having
        bool_or(growth_line.has_missing_month)
        and bool_and(growth_line.prior_numerator is not null)
        and sum(growth_line.prior_numerator) > 0
),

bound as (
    select *
    from ratio_bound
    where low_denominator != 0
    union all by name
    select *
    from growth_bound
)

select
    org_unit_code,
    indicator_code,
    report_month,
    low_numerator // gcd(low_numerator, low_denominator) as low_numerator,
    low_denominator // gcd(low_numerator, low_denominator) as low_denominator,
    high_numerator // gcd(high_numerator, high_denominator) as high_numerator,
    high_denominator // gcd(high_numerator, high_denominator) as high_denominator,
    -- what both were divided by: times it they are the filled-in sums, in mean_parts of millionths of millionths
    gcd(low_numerator, low_denominator) as low_common_part,
    gcd(high_numerator, high_denominator) as high_common_part,
from bound
order by org_unit_code, indicator_code, report_month
