-- grain: one row per submission and change of its state, with time and cause
-- The newest is what mart.submission says. Who decided, and why, stays in the private database.
select
    submission_id,
    cast(change_number as integer) as change_number,
    org_unit_code,
    form_code,
    report_month,
    cast(version as integer) as version,
    state,
    since_at,
    cause,
    rule_codes,
    cause_submission_id,
    decision_id,
from core.submission_state
order by submission_id, change_number
