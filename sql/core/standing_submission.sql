-- grain: one row per submission that stands: what its findings ask is still to be answered
-- The version that counts, and the newest that was not withdrawn: a newer version takes the findings of the older one
-- with it, unless that still counts. A file without a version stands until another puts it right, as its alert does.
select submission.submission_id
from core.submission as submission
where submission.version is not null and submission.withdrawn_at is null
qualify
    submission.is_counted
    or row_number() over (
        partition by submission.form_code, submission.sender_code, submission.report_month
        order by submission.version desc
    ) = 1
union all
select loose.submission_id
from core.submission as loose
left join core.put_right as put_right using (submission_id)
where loose.version is null and loose.withdrawn_at is null and put_right.better_id is null
order by submission_id
