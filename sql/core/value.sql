-- grain: one row per org unit, indicator and month with an answer: of a counted submission, or told by an operator
-- domain.md, Indicators: one source form; the same figure on any other form only checks.
-- domain.md, Submissions: a correction stands in the place of the measures that it names, and of no other.
with answer as (
    select
        reading.org_unit_code,
        reading.indicator_code,
        reading.report_month,
        reading.submission_id,
        submission.is_sample,
        submission.state = 'held' as is_held,
        day_of(submission.first_usable_at) > submission.due_on as is_late,
        submission.received_at,
        reading.month_value,
        reading.ytd_value,
        reading.prior_ytd_value,
        reading.finished_on,
        reading.month_state,
        reading.ytd_state,
        reading.published_rank,
        reading.published_rank_metric,
        reading.sheet_name,
        reading.month_cell,
        reading.ytd_cell,
        reading.prior_ytd_cell,
        has_answer(reading.month_value, reading.ytd_value, reading.finished_on) as is_answered,
    from core.reading
    inner join core.submission
        on reading.submission_id = submission.submission_id and submission.is_counted
    inner join core.indicator as indicator
        on reading.indicator_code = indicator.indicator_code and reading.form_code = indicator.source_form
    where reading.is_asked
),

corrected as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        any_value(value) filter (where measure = 'month') as month_value,
        any_value(value) filter (where measure = 'ytd') as ytd_value,
        any_value(value) filter (where measure = 'prior_ytd') as prior_ytd_value,
        any_value(finished_on) as finished_on,
        bool_or(is_not_applicable) as is_taken,
        max(recorded_at) as corrected_at,
        day_of(any_value(first_recorded_at)) > any_value(due_on) as is_late,
    from core.counted_correction
    group by org_unit_code, indicator_code, report_month
),

-- 不适用 that was told takes what the form says away, and says so in its place
left_answer as (
    select
        answer.* replace (
            case when corrected.is_taken is not true then answer.month_value end as month_value,
            case when corrected.is_taken is not true then answer.ytd_value end as ytd_value,
            case when corrected.is_taken is not true then answer.finished_on end as finished_on
        ),
    from answer
    left join corrected using (org_unit_code, indicator_code, report_month)
),

stated as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        answer.submission_id,
        coalesce(answer.is_sample, false) as is_sample,
        -- what was told instead of a held value waits for nobody
        answer.is_held
        and (
            (answer.month_value is not null and corrected.month_value is null)
            or (answer.ytd_value is not null and corrected.ytd_value is null)
            or (answer.finished_on is not null and corrected.finished_on is null)
        ) as is_held,
        case
            when answer.is_answered then answer.is_late
            else coalesce(corrected.is_late, answer.is_late)
        end as is_late,
        greatest(answer.received_at, corrected.corrected_at) as received_at,
        coalesce(corrected.month_value, answer.month_value) as month_value,
        coalesce(corrected.ytd_value, answer.ytd_value) as ytd_value,
        coalesce(corrected.prior_ytd_value, answer.prior_ytd_value) as prior_ytd_value,
        coalesce(corrected.finished_on, answer.finished_on) as finished_on,
        case when corrected.is_taken then 'not_applicable' else answer.month_state end as month_state,
        answer.ytd_state,
        answer.published_rank,
        answer.published_rank_metric,
        answer.sheet_name,
        answer.month_cell,
        answer.ytd_cell,
        answer.prior_ytd_cell,
        corrected.corrected_at is not null as is_corrected,
    from left_answer as answer
    full join corrected using (org_unit_code, indicator_code, report_month)
)

select
    * exclude (month_state, ytd_state),
    has_answer(month_value, ytd_value, finished_on) as is_reported,
    says_not_applicable(month_value, ytd_value, finished_on, month_state, ytd_state) as is_not_applicable,
from stated
order by org_unit_code, indicator_code, report_month
