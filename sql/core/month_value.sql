-- grain: one row per reporting org unit, asked indicator and month: what was reported, and what is known by then
-- A reported cumulative stands for all months up to its own; months reported after it are added
-- (domain.md, Submissions).
with asked_month as (
    select distinct
        expected_cell.org_unit_code,
        expected_cell.indicator_code,
        expected_cell.report_month,
        indicator.kind,
        form_month.due_on,
        form_month.lock_on,
    from core.expected_cell
    inner join core.indicator as indicator
        on
            expected_cell.indicator_code = indicator.indicator_code
            and expected_cell.form_code = indicator.source_form
    inner join core.form_month
        on
            expected_cell.form_code = form_month.form_code
            and expected_cell.report_month = form_month.report_month
),

reported_month as (
    select
        asked_month.org_unit_code,
        asked_month.indicator_code,
        asked_month.report_month,
        year(asked_month.report_month) as report_year,
        asked_month.kind,
        asked_month.due_on,
        asked_month.lock_on,
        value.submission_id,
        coalesce(value.is_held, false) as is_held,
        coalesce(value.is_sample, false) as is_sample,
        coalesce(value.is_late, false) as is_late,
        value.received_at,
        coalesce(value.is_reported, false) as is_reported,
        coalesce(value.is_not_applicable, false) as is_not_applicable,
        value.finished_on,
        value.published_rank,
        value.published_rank_metric,
        value.month_value,
        value.ytd_value as cumulative_value,
        value.prior_ytd_value,
        -- for a level, a progress or a published rate, whichever cell carries it
        case
            when asked_month.kind in ('stock', 'milestone') then coalesce(value.month_value, value.ytd_value)
            when asked_month.kind != 'flow' then coalesce(value.ytd_value, value.month_value)
        end as level_value,
        asked_month.kind = 'flow' and value.ytd_value is not null as has_cumulative,
    from asked_month
    left join core.value using (org_unit_code, indicator_code, report_month)
),

running_month as (
    select
        *,
        sum(month_value) filter (where is_reported) over year_to_date as running_value,
        count(*) filter (where is_reported) over year_to_date as running_count,
        bit_or(1 << month(report_month)) filter (where is_reported) over year_to_date as running_months,
        bit_or(1 << month(report_month)) over year_to_date as asked_months,
        count(*) filter (where not is_not_applicable) over year_to_date as months_due_count,
        lag(cumulative_value) over by_month as previous_cumulative_value,
        lag(report_month) over by_month as previous_month,
    from reported_month
    window
        by_month as (partition by org_unit_code, indicator_code, report_year order by report_month),
        year_to_date as (
            partition by org_unit_code, indicator_code, report_year
            order by report_month rows between unbounded preceding and current row
        )
),

known_month as (
    select
        *,
        -- the newest cumulative, less the months up to it that were reported one by one
        last_value(
            case when has_cumulative then cumulative_value - coalesce(running_value, 0) end ignore nulls
        ) over year_to_date as cumulative_ahead_value,
        last_value(
            case when has_cumulative then months_due_count - running_count end ignore nulls
        ) over year_to_date as cumulative_ahead_count,
        last_value(case when has_cumulative then report_month end ignore nulls) over year_to_date as cumulative_month,
        last_value(case when has_cumulative then asked_months end ignore nulls) over year_to_date as cumulative_months,
        last_value(case when is_reported then report_month end ignore nulls) over year_to_date as last_covered_month,
        last_value(level_value ignore nulls) over year_to_date as latest_level_value,
        max(finished_on) over year_to_date as latest_finished_on,
    from running_month
    window year_to_date as (
        partition by org_unit_code, indicator_code, report_year
        order by report_month rows between unbounded preceding and current row
    )
)

select
    org_unit_code,
    indicator_code,
    report_month,
    report_year,
    kind,
    due_on,
    lock_on,
    submission_id,
    received_at,
    is_reported,
    is_not_applicable,
    is_held,
    is_sample,
    is_late,
    published_rank,
    published_rank_metric,
    has_cumulative,
    -- what the month itself holds; from two consecutive cumulatives when only those were given
    case
        when kind != 'flow' then level_value
        when month_value is not null then month_value
        when has_cumulative and month(report_month) = 1 then cumulative_value
        when has_cumulative and date_diff('month', previous_month, report_month) = 1
            then cumulative_value - previous_cumulative_value
    end as month_value,
    case
        when kind != 'flow' then latest_level_value
        when cumulative_month is not null then cumulative_ahead_value + coalesce(running_value, 0)
        else running_value
    end as ytd_value,
    prior_ytd_value as prior_reported_value,
    last_covered_month,
    cumulative_month,
    running_count + coalesce(cumulative_ahead_count, 0) as months_covered_count,
    months_due_count,
    coalesce(running_months, 0) | coalesce(cumulative_months, 0) as covered_months,  -- one bit per month of the year
    case when kind = 'milestone' then latest_finished_on end as finished_on,
from known_month
order by org_unit_code, indicator_code, report_month
