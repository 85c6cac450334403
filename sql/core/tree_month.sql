-- grain: one row per org unit at any level, indicator and month: the reporting units at or below it added up
-- Numerators and denominators are added over the units that have both; a milestone's share is units done over asked.
-- A month is the sum over the units that are valid in it. Of an ended unit the flows stay in the year to date, and in
-- that of its heir's own row; it is neither due nor silent any more (domain.md, Organisation changes).
with line as (
    select
        reporting_line.org_unit_code,
        reporting_line.reporting_unit_code,
        unit_month.* exclude (org_unit_code),
        reporting_line.org_unit_code = reporting_line.reporting_unit_code as is_own_report,
        -- a part that is 0 is a part: it goes into the sums
        unit_month.actual_denominator is not null as has_actual,
        not coalesce(unit_month.is_ended, false) as is_running,
    from core.unit_month
    inner join core.indicator using (indicator_code)
    inner join core.reporting_line
        on
            reporting_line.indicator_code = case
                when indicator.is_derived then indicator.numerator_code
                else indicator.indicator_code
            end
            and unit_month.org_unit_code = reporting_line.reporting_unit_code
            and unit_month.report_month
            between coalesce(reporting_line.from_month, unit_month.report_month)
            and coalesce(reporting_line.to_month, unit_month.report_month)
),

summed as (
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
        count(*) filter (where is_running) as units_due_count,
        count(*) filter (where is_reported) as units_reported_count,
        count(month_value) as units_month_count,
        count(*) filter (where has_actual) as units_actual_count,
        count(*) filter (where is_running and not has_actual and not is_not_applicable) as units_silent_count,
        -- of which no month at all is known
        count(*) filter (where is_running and months_covered_count = 0 and not is_not_applicable)
            as units_unknown_count,
        bool_or(is_reported) as is_reported,
        bool_or(is_reported) and bool_and(is_reported or is_not_applicable or not is_running) as is_fully_reported,
        bool_and(is_not_applicable) filter (where is_running) as is_not_applicable,
        bool_or(is_held) as is_held,
        bool_or(is_corrected) as is_corrected,
        bool_or(is_sample) as is_sample,
        bool_or(is_own_report) and bool_or(is_late) as is_late,
        -- of the units that answered for the month: units_reported_count says how many did
        case when kind in ('flow', 'stock') or bool_or(is_own_report) then sum(month_value) end as month_value,
        case when kind in ('flow', 'stock') or bool_or(is_own_report) then sum(ytd_value) end as added_value,
        case
            when kind = 'flow' and count(prior_ytd_value) = count(ytd_value) then sum(prior_ytd_value)
        end as prior_ytd_value,
        -- growth compares the units that have both years
        sum(millionths(ytd_value) - millionths(prior_ytd_value)) filter (where kind = 'flow') as growth_numerator,
        sum(millionths(prior_ytd_value)) filter (where kind = 'flow' and ytd_value is not null) as growth_denominator,
        bool_and(month_value is not null or coalesce(is_not_applicable, false) or not is_running) as is_month_known,
        case
            when kind != 'milestone' or bool_or(is_own_report) then sum(actual_numerator) filter (where has_actual)
            else 1000000 * count(*) filter (where coalesce(actual_numerator, 0) >= 1000000)
        end as actual_numerator,
        case
            when kind in ('ratio', 'growth') then sum(actual_denominator) filter (where has_actual)
            when count(*) filter (where has_actual) = 0 then null
            when kind = 'milestone' and not bool_or(is_own_report) then 1000000 * count(*)
            else 1000000
        end as actual_denominator,
        sum(months_covered_count) filter (where is_running) as unit_months_covered_count,
        sum(months_due_count) filter (where is_running) as unit_months_due_count,
        max(months_due_count) filter (where is_running)
        - max(months_due_count - months_covered_count) filter (where is_running) as months_covered_count,
        max(months_due_count) filter (where is_running) as months_due_count,
        case when bool_and(finished_on is not null) then max(finished_on) end as finished_on,
        case
            when count(*) filter (where has_actual) = 0
                then coalesce(min(null_reason) filter (where null_reason != 'not_reported'), 'not_reported')
            when kind = 'ratio' and sum(actual_denominator) filter (where has_actual) = 0 then 'no_denominator'
            when kind = 'growth' and sum(actual_denominator) filter (where has_actual) > 0 then null
            -- last year is known of all that have a value, and is nothing, or it is not
            when kind = 'growth' and bool_or(null_reason = 'period_mismatch') then 'period_mismatch'
            when kind = 'growth' then 'no_base'
        end as null_reason,
    from line
    group by org_unit_code, indicator_code, report_month, kind
    having bool_or(is_running)
),

rolling as (
    select
        *,
        sum(month_value) over last_three as three_value,
        bool_and(is_month_known) over last_three as is_three_known,
        bit_or(1 << month(report_month)) over last_three as three_months,
        sum(month_value) over last_twelve as twelve_value,
        bool_and(is_month_known) over last_twelve as is_twelve_known,
        bit_or(1 << month(report_month)) over last_twelve as twelve_months,
    from summed
    window
        last_three as (
            partition by org_unit_code, indicator_code
            order by report_month range between interval 2 month preceding and current row
        ),
        last_twelve as (
            partition by org_unit_code, indicator_code
            order by report_month range between interval 11 month preceding and current row
        )
),

-- of an heir's last months those of its predecessors are a part
inherited_month as (
    select
        reporting_line.org_unit_code,
        reporting_line.indicator_code,
        heir_month.report_month,
        unit_month.month_value,
        unit_month.month_value is not null or coalesce(unit_month.is_not_applicable, false) as is_month_known,
        1 << month(unit_month.report_month) as month_bit,
        unit_month.report_month > heir_month.report_month - interval 3 month as is_of_three,
    from core.reporting_line
    inner join core.unit_month as heir_month
        on
            reporting_line.org_unit_code = heir_month.org_unit_code
            and reporting_line.indicator_code = heir_month.indicator_code
            and heir_month.report_month
            between reporting_line.from_month and coalesce(reporting_line.to_month, heir_month.report_month)
    inner join core.unit_month
        on
            reporting_line.reporting_unit_code = unit_month.org_unit_code
            and reporting_line.indicator_code = unit_month.indicator_code
            and unit_month.report_month > heir_month.report_month - interval 12 month
            and unit_month.report_month < reporting_line.from_month
    where not coalesce(unit_month.is_ended, false)
),

inherited as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        sum(month_value) filter (where is_of_three) as three_value,
        bool_and(is_month_known) filter (where is_of_three) as is_three_known,
        bit_or(month_bit) filter (where is_of_three) as three_months,
        sum(month_value) as twelve_value,
        bool_and(is_month_known) as is_twelve_known,
        bit_or(month_bit) as twelve_months,
    from inherited_month
    group by org_unit_code, indicator_code, report_month
)

select
    rolling.* exclude (
        is_month_known, three_value, is_three_known, three_months, twelve_value, is_twelve_known, twelve_months
    ),
    case
        when
            rolling.kind = 'flow'
            and rolling.is_three_known
            and coalesce(inherited.is_three_known, true)
            and bit_count(rolling.three_months | coalesce(inherited.three_months, 0)) = 3
            then list_sum([rolling.three_value, inherited.three_value])
    end as rolling_3_value,
    case
        when
            rolling.kind = 'flow'
            and rolling.is_twelve_known
            and coalesce(inherited.is_twelve_known, true)
            and bit_count(rolling.twelve_months | coalesce(inherited.twelve_months, 0)) = 12
            then list_sum([rolling.twelve_value, inherited.twelve_value])
    end as rolling_12_value,
from rolling
left join inherited using (org_unit_code, indicator_code, report_month)
order by org_unit_code, indicator_code, report_month
