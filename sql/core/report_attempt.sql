-- grain: one row per submission that was an attempt at a report, with its number in that report's order of arrival
-- A version is one at its own. A file without a version (it could not be read, lay in another unit's folder) is one at
-- the report that it names, or else at the next version that its unit sent of a month which was over when it came: what
-- cannot be opened is sent again. Where none followed nobody knows what it was to be.
with placed as (
    select
        submission_id,
        form_code,
        sender_code,
        report_month,
        received_at,
    from core.submission
    where version is not null
    union all
    select
        loose.submission_id,
        coalesce(loose.form_code, min_by(next_version.form_code, next_version.received_at)) as form_code,
        loose.org_unit_code as sender_code,
        coalesce(loose.report_month, min_by(next_version.report_month, next_version.received_at)) as report_month,
        loose.received_at,
    from core.submission as loose
    left join core.submission as next_version
        on
            next_version.version is not null
            and loose.org_unit_code = next_version.sender_code
            and loose.received_at < next_version.received_at
            and day_of(loose.received_at) >= next_version.report_month + interval 1 month
            and coalesce(loose.form_code = next_version.form_code, true)
            and coalesce(loose.report_month = next_version.report_month, true)
    -- the same bytes that were taken in another unit's folder are that unit's, and no attempt of this one
    left join core.put_right as put_right on loose.submission_id = put_right.submission_id
    where
        loose.version is null
        and loose.org_unit_code is not null
        and coalesce(put_right.sender_code = loose.org_unit_code, true)
    group by loose.submission_id, loose.form_code, loose.org_unit_code, loose.report_month, loose.received_at
)

select
    submission_id,
    form_code,
    sender_code,
    report_month,
    row_number() over (
        partition by form_code, sender_code, report_month order by received_at, submission_id
    ) as attempt_number,
from placed
where form_code is not null and report_month is not null
order by submission_id
