-- grain: one row per submission received
-- Who filled and approved it stays in the private database, also where the file is named after them.
select
    submission_id,
    form_code,
    org_unit_code,
    report_month,
    cast(version as integer) as version,
    coalesce(is_sample, false) as is_sample,
    shown_text.shown_text as file_name,
    sha256,
    received_at,
    due_on,
    lock_on,
    state,
    timeliness,
    cast(days_late_count as integer) as days_late_count,
    cast(critical_count as integer) as critical_count,
    cast(open_warning_count as integer) as open_warning_count,
    put_right.better_id as put_right_id,
    standing_submission.submission_id is not null as is_standing,
from core.submission
left join core.put_right as put_right using (submission_id)
left join core.standing_submission as standing_submission using (submission_id)
left join core.shown_text as shown_text on submission.file_name = shown_text.text and shown_text.is_name
order by received_at, submission_id
