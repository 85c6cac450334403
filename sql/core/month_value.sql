-- grain: one row per reporting org unit, asked indicator and month: what was reported, and what is known by then
-- After a unit's end its flows have a row (is_ended) for each month that is left of the year: what it had by its end.
-- A reported cumulative stands for all months up to its own; months reported after it are added
-- (domain.md, Submissions). It takes back 不适用 where it holds more than the other months that it tells of: then the
-- month was due, and is known by the cumulative as a silent one would be.
with asked_month as (
    select distinct
        expected_cell.org_unit_code,
        expected_cell.indicator_code,
        expected_cell.report_month,
        indicator.kind,
        form_month.due_on,
        form_month.lock_on,
        -- nothing of the year comes before it
        coalesce(
            expected_cell.report_month
            in (date_trunc('year', expected_cell.report_month), indicator.first_month, org_unit.valid_from),
            false
        ) as is_first_of_year,
    from core.expected_cell
    inner join core.indicator as indicator
        on
            expected_cell.indicator_code = indicator.indicator_code
            and expected_cell.form_code = indicator.source_form
    inner join core.form_month
        on
            expected_cell.form_code = form_month.form_code
            and expected_cell.report_month = form_month.report_month
    left join reference.org_unit as org_unit on expected_cell.org_unit_code = org_unit.code
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
        asked_month.is_first_of_year,
        value.submission_id,
        coalesce(value.is_held, false) as is_held,
        coalesce(value.is_sample, false) as is_sample,
        coalesce(value.is_late, false) as is_late,
        coalesce(value.is_corrected, false) as is_corrected,
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

-- the months since the cumulative before are told of by the next one
told_month as (
    select
        *,
        count(*) filter (where has_cumulative) over (
            partition by org_unit_code, indicator_code, report_year order by report_month desc
        ) as cumulatives_to_come_count,
    from reported_month
),

applicable_month as (
    select
        * exclude (cumulatives_to_come_count) replace (
            is_not_applicable
            and not coalesce(
                bool_and(is_not_applicable or month_value is not null) over told_together
                and max(case when has_cumulative then cumulative_value end) over told_together
                > sum(month_value) over told_together
                + coalesce(max_by(cumulative_value, report_month) filter (where has_cumulative) over before, 0),
                false
            ) as is_not_applicable
        ),
        is_not_applicable as is_answered_not_applicable,  -- whatever a later cumulative takes back
    from told_month
    window
        told_together as (partition by org_unit_code, indicator_code, report_year, cumulatives_to_come_count),
        before as (
            partition by org_unit_code, indicator_code, report_year
            order by report_month rows between unbounded preceding and 1 preceding
        )
),

running_month as (
    select
        *,
        sum(month_value) filter (where is_reported) over year_to_date as running_value,
        count(*) filter (where is_reported) over year_to_date as running_count,
        bit_or(1 << month(report_month)) filter (where is_reported) over year_to_date as running_months,
        bit_or(1 << month(report_month)) over year_to_date as asked_months,
        bit_or(1 << month(report_month)) filter (where not is_not_applicable) over year_to_date as due_months,
        count(*) filter (where not is_not_applicable) over year_to_date as months_due_count,
        lag(cumulative_value) over by_month as previous_cumulative_value,
        lag(report_month) over by_month as previous_month,
    from applicable_month
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
        last_value(case when has_cumulative then due_months end ignore nulls) over year_to_date as cumulative_months,
        last_value(case when is_reported then report_month end ignore nulls) over year_to_date as last_covered_month,
        last_value(level_value ignore nulls) over year_to_date as latest_level_value,
        last_value(case when is_reported then is_held end ignore nulls) over year_to_date as is_latest_held,
        max(case when is_reported and is_held then report_month end) over year_to_date as last_held_month,
        last_value(case when is_reported then is_corrected end ignore nulls) over year_to_date as is_latest_corrected,
        max(case when is_reported and is_corrected then report_month end) over year_to_date as last_corrected_month,
        max(finished_on) over year_to_date as latest_finished_on,
    from running_month
    window year_to_date as (
        partition by org_unit_code, indicator_code, report_year
        order by report_month rows between unbounded preceding and current row
    )
),

asked_row as (
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
        is_answered_not_applicable,
        -- what is known by then rests on a held value: the newest cumulative and the months after it, or the last level
        case
            when kind = 'flow' then coalesce(last_held_month >= coalesce(cumulative_month, last_held_month), false)
            else coalesce(is_latest_held, false)
        end as is_held,
        -- in the same way: rests on a value that was telephoned in
        (is_corrected and is_answered_not_applicable)  -- 不适用 that was told marks its own month alone
        or case
            when kind = 'flow'
                then coalesce(last_corrected_month >= coalesce(cumulative_month, last_corrected_month), false)
            else coalesce(is_latest_corrected, false)
        end as is_corrected,
        is_sample,
        is_late,
        published_rank,
        published_rank_metric,
        has_cumulative,
        -- what the month itself holds; from two consecutive cumulatives when only those were given
        case
            when kind != 'flow' then level_value
            when month_value is not null then month_value
            when has_cumulative and is_first_of_year then cumulative_value
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
        -- one bit per month of the year
        coalesce(running_months, 0) | coalesce(cumulative_months, 0) as covered_months,
        asked_months,
        coalesce(due_months, 0) as due_months,
        case when kind = 'milestone' then latest_finished_on end as finished_on,
        false as is_ended,
    from known_month
),

counted_row as (
    select
        *,
        -- what the month brings to sums: where both cells were filled and disagree, the cumulative counts; one that
        -- tells of other months as well, asked or not, leaves the month as it was written
        case
            when
                kind = 'flow'
                and month_value is not null
                and (month(report_month) = 1 or lag(report_month) over by_month is not null)
                and months_covered_count - coalesce(lag(months_covered_count) over by_month, 0) = 1
                then ytd_value - coalesce(lag(ytd_value) over by_month, 0)
            else month_value
        end as counted_value,
    from asked_row
    window by_month as (partition by org_unit_code, indicator_code, report_year order by report_month)
),

ended_row as (
    select
        counted_row.* replace (
            form_month.report_month as report_month,
            null as due_on,
            null as lock_on,
            null as submission_id,
            null as received_at,
            false as is_reported,
            false as is_not_applicable,
            false as is_answered_not_applicable,
            false as is_sample,
            false as is_late,
            false as has_cumulative,
            null as month_value,
            null as counted_value,
            null as prior_reported_value,
            true as is_ended
        ),
    from counted_row
    inner join reference.org_unit as org_unit
        on
            counted_row.org_unit_code = org_unit.code
            and counted_row.report_month = date_trunc('month', org_unit.valid_to)
    inner join core.indicator as indicator using (indicator_code)
    inner join core.form_month
        on
            indicator.source_form = form_month.form_code
            and counted_row.report_year = year(form_month.report_month)
            and counted_row.report_month < form_month.report_month
    where counted_row.kind = 'flow'
)

select *
from counted_row
union all by name
select *
from ended_row
order by org_unit_code, indicator_code, report_month
