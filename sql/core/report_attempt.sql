-- grain: one row per submission that was an attempt at a report, with its number in that report's order of arrival
-- A version is one at its own. A file without a version (it could not be read, lay in another unit's folder) is one at
-- the report that put it right; else at the one that it or its name tells; else at the next version that its unit sent
-- of a month which was over when it came: what cannot be opened is sent again. Of a month without a form it is one at
-- the only form that its unit is asked for then. Where nothing of that tells nobody knows what it was to be.
with only_form as (
    select
        sender_code,
        report_month,
        any_value(form_code) as form_code,
    from core.expected_cell
    group by sender_code, report_month
    having count(distinct form_code) = 1
),

placed as (
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
        coalesce(
            better.form_code,
            loose.form_code,
            min_by(next_version.form_code, next_version.received_at),
            only_form.form_code
        ) as form_code,
        loose.org_unit_code as sender_code,
        coalesce(
            better.report_month, loose.report_month, min_by(next_version.report_month, next_version.received_at)
        ) as report_month,
        loose.received_at,
    from core.loose_submission as loose
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
    left join core.submission as better on put_right.better_id = better.submission_id
    left join only_form
        on loose.org_unit_code = only_form.sender_code and loose.report_month = only_form.report_month
    where loose.org_unit_code is not null and coalesce(put_right.sender_code = loose.org_unit_code, true)
    group by
        loose.submission_id,
        loose.form_code,
        loose.org_unit_code,
        loose.report_month,
        loose.received_at,
        better.form_code,
        better.report_month,
        only_form.form_code
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
