-- grain: one row per org unit at any level, indicator and month: the reporting units at or below it added up
-- Numerators and denominators are added over the units that have both; a milestone's share is units done over asked.
-- A month is the sum over the units that are valid in it. Of an ended unit the flows stay in the year to date, and in
-- that of its heir's own row; it is neither due nor silent any more (domain.md, Organisation changes).
-- Its last year goes on with an heir in the same parent; what an heir elsewhere goes on with is compared there.
with line as (
    select
        reporting_line.org_unit_code,
        unit_month.* exclude (org_unit_code, prior_ytd_value, actual_numerator, actual_denominator, null_reason),
        compared.prior_ytd_value,
        case when unit_month.kind = 'growth' then compared.actual_numerator else unit_month.actual_numerator end
            as actual_numerator,
        case when unit_month.kind = 'growth' then compared.actual_denominator else unit_month.actual_denominator end
            as actual_denominator,
        case when unit_month.kind = 'growth' then compared.null_reason else unit_month.null_reason end as null_reason,
        -- an heir's own row holds its own report and what it took over
        reporting_line.org_unit_code = reporting_line.reporting_unit_code
        or reporting_line.from_month is not null as is_own_report,
        unit_month.is_ended is not true as is_running,
    from core.unit_month
    inner join core.indicator using (indicator_code)
    inner join core.reporting_line
        on
            reporting_line.indicator_code = case
                when indicator.is_derived then indicator.numerator_code
                else unit_month.indicator_code
            end
            and unit_month.org_unit_code = reporting_line.reporting_unit_code
            and unit_month.report_month >= coalesce(reporting_line.from_month, unit_month.report_month)
    left join core.unit_month as compared
        on
            unit_month.org_unit_code = compared.org_unit_code
            and unit_month.indicator_code = compared.indicator_code
            and least(reporting_line.prior_to_month, unit_month.report_month) = compared.report_month
),

summed as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        any_value(report_year) as report_year,
        any_value(kind) as kind,
        is_own_report,
        min(due_on) as due_on,
        max(lock_on) as lock_on,
        max(received_at) as received_at,
        count(*) filter (where is_running) as units_due_count,
        count(*) filter (where is_reported) as units_reported_count,
        count(month_value) as units_month_count,
        count(actual_denominator) as units_actual_count,
        count(*) filter (where is_running and actual_denominator is null and not is_not_applicable)
            as units_silent_count,
        -- of which no month at all is known
        count(*) filter (where is_running and months_covered_count = 0 and not is_not_applicable)
            as units_unknown_count,
        bool_or(is_reported) as is_reported,
        bool_or(is_reported) and bool_and(is_reported or is_not_applicable or not is_running) as is_fully_reported,
        bool_and(is_not_applicable) filter (where is_running) as is_not_applicable,
        bool_and(is_answered_not_applicable) filter (where is_running) as is_answered_not_applicable,
        bool_or(is_held) as is_held,
        bool_or(is_corrected) as is_corrected,
        bool_or(is_sample) as is_sample,
        is_own_report and bool_or(is_late) as is_late,
        -- of the units that answered for the month: units_reported_count says how many did
        case when kind in ('flow', 'stock') or is_own_report then sum(month_value) end as month_value,
        sum(counted_value) as counted_value,
        case when kind in ('flow', 'stock') or is_own_report then sum(ytd_value) end as added_value,
        case
            when kind = 'flow' and bool_and(prior_ytd_value is not null) filter (where ytd_value is not null)
                then sum(prior_ytd_value) filter (where ytd_value is not null)
        end as prior_ytd_value,
        -- growth compares the units that have both years
        sum(millionths(ytd_value) - millionths(prior_ytd_value)) filter (where kind = 'flow') as growth_numerator,
        sum(millionths(prior_ytd_value)) filter (where kind = 'flow' and ytd_value is not null) as growth_denominator,
        bool_and(month_value is not null or is_not_applicable is true or not is_running) as is_month_known,
        case
            -- a part that is 0 is a part: it goes into the sums
            when kind != 'milestone' or is_own_report
                then sum(actual_numerator) filter (where actual_denominator is not null)
            else 1000000 * count(*) filter (where actual_numerator >= 1000000)
        end as actual_numerator,
        case
            when kind in ('ratio', 'growth') then sum(actual_denominator)
            when kind = 'milestone' and count(actual_denominator) > 0 then 1000000 * count(*)
            when count(actual_denominator) > 0 then 1000000
        end as actual_denominator,
        sum(months_covered_count) filter (where is_running) as unit_months_covered_count,
        sum(months_due_count) filter (where is_running) as unit_months_due_count,
        max(months_due_count - months_covered_count) filter (where is_running) as months_missing_count,
        bool_or(is_running and not is_not_applicable) as is_due,
        case when bool_and(finished_on is not null) then max(finished_on) end as finished_on,
        case
            when count(actual_denominator) = 0
                then coalesce(min(null_reason) filter (where null_reason != 'not_reported'), 'not_reported')
            when kind = 'ratio' and sum(actual_denominator) = 0 then 'no_denominator'
            -- last year is known of all that have a value, and is nothing, or it is not
            when kind = 'growth' and sum(actual_denominator) <= 0
                then case when bool_or(null_reason = 'period_mismatch') then 'period_mismatch' else 'no_base' end
        end as null_reason,
    from line
    group by org_unit_code, indicator_code, report_month, kind, is_own_report
    having bool_or(is_running)
),

rolling as (
    select
        * exclude (months_missing_count, is_due, counted_value),
        -- a month is due of a row in which somebody has something to report
        count(*) filter (where is_due) over year_to_date as months_due_count,
        months_due_count - months_missing_count as months_covered_count,
        sum(counted_value) over last_three as three_value,
        bool_and(is_month_known) over last_three as is_three_known,
        bit_or(1 << month(report_month)) over last_three as three_months,
        sum(counted_value) over last_twelve as twelve_value,
        bool_and(is_month_known) over last_twelve as is_twelve_known,
        bit_or(1 << month(report_month)) over last_twelve as twelve_months,
    from summed
    window
        year_to_date as (
            partition by org_unit_code, indicator_code, report_year
            order by report_month rows between unbounded preceding and current row
        ),
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
        unit_month.counted_value,
        unit_month.month_value is not null or unit_month.is_not_applicable is true as is_month_known,
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
            and unit_month.is_ended is not true
),

inherited as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        sum(counted_value) filter (where is_of_three) as three_value,
        bool_and(is_month_known) filter (where is_of_three) as is_three_known,
        bit_or(month_bit) filter (where is_of_three) as three_months,
        sum(counted_value) as twelve_value,
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
