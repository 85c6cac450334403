-- grain: one row per org unit, indicator and month that a counted submission answers, from the indicator's one source
-- domain.md, Indicators: the same figure on any other form only checks.
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
    reading.published_rank,
    reading.published_rank_metric,
    reading.sheet_name,
    reading.month_cell,
    reading.ytd_cell,
    reading.prior_ytd_cell,
    has_answer(reading.month_value, reading.ytd_value, reading.finished_on) as is_reported,
    says_not_applicable(
        reading.month_value, reading.ytd_value, reading.finished_on, reading.month_state, reading.ytd_state
    ) as is_not_applicable,
from core.reading
inner join core.submission
    on reading.submission_id = submission.submission_id and submission.is_counted
inner join core.indicator as indicator
    on reading.indicator_code = indicator.indicator_code and reading.form_code = indicator.source_form
where reading.is_asked
order by reading.org_unit_code, reading.indicator_code, reading.report_month
