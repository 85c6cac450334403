-- grain: one row per org unit, indicator, month and measure whose value is an operator's correction
-- The newest correction of each measure, unless a version of the form that counts came after it: that one has the
-- newer word, whatever it says. An older version that is found later, or counts again, does not undo a correction.
select
    correction.org_unit_code,
    correction.indicator_code,
    correction.report_month,
    correction.measure,
    correction.value,
    correction.finished_on,
    correction.is_not_applicable,
    correction.decision_id,
    correction.recorded_at,
    -- who was told in time and told better later was in time
    min(correction.recorded_at) over one_row as first_recorded_at,
    correction.form_code,
    correction.sender_code,
    form_month.due_on,
    submission.submission_id,
from core.correction as correction
left join core.form_month as form_month
    on correction.form_code = form_month.form_code and correction.report_month = form_month.report_month
left join core.submission as submission
    on
        correction.form_code = submission.form_code
        and correction.sender_code = submission.sender_code
        and correction.report_month = submission.report_month
        and submission.is_counted
where correction.unfit_code is null and coalesce(submission.received_at <= correction.recorded_at, true)
window
    one_row as (
        partition by correction.org_unit_code, correction.indicator_code, correction.report_month
    )
qualify
    row_number() over (
        partition by
            correction.org_unit_code,
            correction.indicator_code,
            correction.report_month,
            correction.measure
        order by correction.recorded_at desc, correction.entered_at desc, correction.decision_id desc
    ) = 1
order by correction.org_unit_code, correction.indicator_code, correction.report_month, correction.measure
