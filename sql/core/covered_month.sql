-- grain: one row per org unit, reporting unit at or below it, flow or stock, and month
-- How much of the target falls into the months that this reporting unit has answered for, and what the others may hold.
-- low: a missing month is 0; high: the larger of its phased target and the unit's own mean (domain.md, Completion).
with line as (
    select
        reporting_line.org_unit_code,
        month_value.*  exclude (org_unit_code),
        month_value.org_unit_code as reporting_unit_code,
        target_month.amount_numerator,
        target_month.due_numerator,
        target_month.amount_denominator,
        -- a parent's target falls to its units as it was split among them, evenly where it was not
        case
            when count(own_target.target_value) over peers = count(*) over peers and sum(own_target.target_value) over peers > 0
                then millionths(own_target.target_value) // step_size(indicator.decimals)
            else 1
        end as unit_weight,
    from core.reporting_line
    inner join core.month_value
        on
            reporting_line.indicator_code = month_value.indicator_code
            and reporting_line.reporting_unit_code = month_value.org_unit_code
    inner join core.indicator as indicator on reporting_line.indicator_code = indicator.indicator_code
    left join core.target_month
        on
            reporting_line.org_unit_code = target_month.org_unit_code
            and reporting_line.indicator_code = target_month.indicator_code
            and month_value.report_month = target_month.report_month
    left join core.target_month as own_target
        on
            month_value.org_unit_code = own_target.org_unit_code
            and month_value.indicator_code = own_target.indicator_code
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
            sum(amount_numerator) filter (where is_reported and kind = 'flow') over year_to_date, 0
        ) as answered_numerator,
        sum(unit_weight) over (partition by org_unit_code, indicator_code, report_month) as weight_sum,
        -- whatever was reported one by one, or lies inside a cumulative
        has_cumulative or (kind = 'stock' and is_reported) as is_whole,
    from line
    window year_to_date as (
        partition by org_unit_code, reporting_unit_code, indicator_code, report_year
        order by report_month rows between unbounded preceding and current row
    )
),

covered as (
    select
        *,
        coalesce(
            last_value(case when is_whole then due_numerator - answered_numerator end ignore nulls) over year_to_date, 0
        ) + answered_numerator as covered_numerator,
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
                coalesce(
                    exact_ratio(
                        missing.amount_numerator * missing.unit_weight,
                        1000000 * missing.amount_denominator * missing.weight_sum
                    ), 0
                ),
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
            and missing.report_month <= known.report_month
            and missing.report_month > coalesce(known.cumulative_month, make_date(known.report_year, 1, 1) - interval 1 month)
            and not missing.is_reported
    where known.kind = 'flow' and known.months_covered_count < known.months_due_count
    group by all
)

select
    covered.org_unit_code,
    covered.reporting_unit_code,
    covered.indicator_code,
    covered.report_month,
    covered.unit_weight * covered.covered_numerator as covered_numerator,
    covered.amount_denominator * covered.weight_sum as covered_denominator,
    covered.months_covered_count < covered.months_due_count as has_missing_month,
    coalesce(covered.ytd_value, 0) as ytd_low_value,
    coalesce(covered.ytd_value, 0) + coalesce(missing_month.missing_high_value, 0) as ytd_high_value,
from covered
left join missing_month using (org_unit_code, reporting_unit_code, indicator_code, report_month)
order by covered.org_unit_code, covered.reporting_unit_code, covered.indicator_code, covered.report_month
