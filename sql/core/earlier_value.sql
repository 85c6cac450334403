-- grain: one row per report month, org unit, indicator and month before it whose value was another one by its due day
-- Beside a rank stands last month's as it was known at the end of this month's due day: then it was last shown
-- (domain.md, Rankings). Empty but for reports that were sent or mended later than that. is_known: a report was in.
with later_report as (
    select
        form_month.report_month,
        form_month.due_on,
        submission.form_code,
        submission.sender_code,
        submission.report_month as value_month,
        submission.submission_id,
    from core.submission as submission
    inner join core.form_month as form_month
        on
            submission.form_code = form_month.form_code
            and submission.report_month < form_month.report_month
            and day_of(submission.received_at) > form_month.due_on
    where submission.is_counted
),

-- the versions that stood for them then, by today's verdicts
earlier_report as (
    select
        later_report.report_month,
        max_by(submission.submission_id, submission.version) as submission_id,
    from later_report
    inner join core.submission as submission
        on
            later_report.form_code = submission.form_code
            and later_report.sender_code = submission.sender_code
            and later_report.value_month = submission.report_month
            and day_of(submission.received_at) <= later_report.due_on
    where submission.state = 'superseded'
    group by later_report.report_month, later_report.form_code, later_report.sender_code, later_report.value_month
),

later_value as (
    select
        later_report.report_month,
        value.org_unit_code,
        value.indicator_code,
        value.report_month as value_month,
        value.month_value,
        value.ytd_value,
        value.prior_ytd_value,
        value.finished_on,
        value.is_not_applicable,
    from later_report
    inner join core.value using (submission_id)
),

earlier_value as (
    select
        earlier_report.report_month,
        reading.org_unit_code,
        reading.indicator_code,
        reading.report_month as value_month,
        true as is_known,
        reading.month_value,
        reading.ytd_value,
        reading.prior_ytd_value,
        reading.finished_on,
        has_answer(reading.month_value, reading.ytd_value, reading.finished_on) as is_reported,
        says_not_applicable(
            reading.month_value, reading.ytd_value, reading.finished_on, reading.month_state, reading.ytd_state
        ) as is_not_applicable,
    from earlier_report
    inner join core.reading as reading using (submission_id)
    inner join core.indicator as indicator
        on reading.indicator_code = indicator.indicator_code and reading.form_code = indicator.source_form
    where reading.is_asked
)

select
    report_month,
    org_unit_code,
    indicator_code,
    value_month,
    coalesce(earlier_value.is_known, false) as is_known,
    earlier_value.month_value,
    earlier_value.ytd_value,
    earlier_value.prior_ytd_value,
    earlier_value.finished_on,
    coalesce(earlier_value.is_reported, false) as is_reported,
    coalesce(earlier_value.is_not_applicable, false) as is_not_applicable,
from later_value
full join earlier_value using (report_month, org_unit_code, indicator_code, value_month)
where
    (
        earlier_value.month_value,
        earlier_value.ytd_value,
        earlier_value.prior_ytd_value,
        earlier_value.finished_on,
        coalesce(earlier_value.is_not_applicable, false)
    )
    is distinct from (
        later_value.month_value,
        later_value.ytd_value,
        later_value.prior_ytd_value,
        later_value.finished_on,
        coalesce(later_value.is_not_applicable, false)
    )
order by report_month, org_unit_code, indicator_code, value_month
