-- grain: one row per org unit at any level, indicator and month: the reporting units at or below it added up
-- Numerators and denominators are added over the units that have both; a milestone's share is units done over asked.
with line as (
    select
        reporting_line.org_unit_code,
        reporting_line.reporting_unit_code,
        unit_month.* exclude (org_unit_code),
        reporting_line.org_unit_code = reporting_line.reporting_unit_code as is_own_report,
        -- a part that is 0 is a part: it goes into the sums
        unit_month.actual_denominator is not null as has_actual,
    from core.unit_month
    inner join core.indicator using (indicator_code)
    inner join core.reporting_line
        on
            reporting_line.indicator_code = case
                when indicator.is_derived then indicator.numerator_code
                else indicator.indicator_code
            end
            and unit_month.org_unit_code = reporting_line.reporting_unit_code
),

recent as (
    select
        *,
        sum(month_value) over last_three as three_value,
        count(month_value) over last_three as three_count,
        sum(month_value) over last_twelve as twelve_value,
        count(month_value) over last_twelve as twelve_count,
    from line
    window
        last_three as (
            partition by org_unit_code, reporting_unit_code, indicator_code
            order by report_month range between interval 2 month preceding and current row
        ),
        last_twelve as (
            partition by org_unit_code, reporting_unit_code, indicator_code
            order by report_month range between interval 11 month preceding and current row
        )
)

select
    org_unit_code,
    indicator_code,
    report_month,
    any_value(report_year) as report_year,
    any_value(kind) as kind,
    bool_or(is_own_report) as is_own_report,
    min(due_on) as due_on,
    max(lock_on) as lock_on,
    max(received_at) as received_at,
    count(*) as units_due_count,
    count(*) filter (where is_reported) as units_reported_count,
    count(month_value) as units_month_count,
    count(*) filter (where has_actual) as units_actual_count,
    count(*) filter (where not has_actual and not is_not_applicable) as units_silent_count,
    bool_or(is_reported) as is_reported,
    bool_or(is_reported) and bool_and(is_reported or is_not_applicable) as is_fully_reported,
    bool_and(is_not_applicable) as is_not_applicable,
    bool_or(is_held) as is_held,
    bool_or(is_sample) as is_sample,
    bool_and(is_own_report) and bool_or(is_late) as is_late,
    -- of the units that answered for the month: units_reported_count says how many did
    case when kind in ('flow', 'stock') or bool_and(is_own_report) then sum(month_value) end as month_value,
    case when kind in ('flow', 'stock') or bool_and(is_own_report) then sum(ytd_value) end as added_value,
    case
        when kind = 'flow' and count(prior_ytd_value) = count(ytd_value) then sum(prior_ytd_value)
    end as prior_ytd_value,
    -- growth compares the units that have both years
    sum(millionths(ytd_value) - millionths(prior_ytd_value)) filter (where kind = 'flow') as growth_numerator,
    sum(millionths(prior_ytd_value)) filter (where kind = 'flow' and ytd_value is not null) as growth_denominator,
    case when kind = 'flow' and bool_and(three_count = 3) then sum(three_value) end as rolling_3_value,
    case when kind = 'flow' and bool_and(twelve_count = 12) then sum(twelve_value) end as rolling_12_value,
    case
        when kind != 'milestone' or bool_and(is_own_report) then sum(actual_numerator) filter (where has_actual)
        else 1000000 * count(*) filter (where coalesce(actual_numerator, 0) >= 1000000)
    end as actual_numerator,
    case
        when kind in ('ratio', 'growth') then sum(actual_denominator) filter (where has_actual)
        when count(*) filter (where has_actual) = 0 then null
        when kind = 'milestone' and not bool_and(is_own_report) then 1000000 * count(*)
        else 1000000
    end as actual_denominator,
    sum(months_covered_count) as unit_months_covered_count,
    sum(months_due_count) as unit_months_due_count,
    max(months_due_count) - max(months_due_count - months_covered_count) as months_covered_count,
    max(months_due_count) as months_due_count,
    case when bool_and(finished_on is not null) then max(finished_on) end as finished_on,
    case
        when count(*) filter (where has_actual) = 0 then coalesce(min(null_reason), 'not_reported')
        when kind = 'ratio' and sum(actual_denominator) filter (where has_actual) = 0 then 'no_denominator'
        when kind = 'growth' and sum(actual_denominator) filter (where has_actual) <= 0 then 'no_base'
    end as null_reason,
from recent
group by org_unit_code, indicator_code, report_month, kind
order by org_unit_code, indicator_code, report_month
