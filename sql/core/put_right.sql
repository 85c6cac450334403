-- grain: one row per file without a version that another file put right, with the first that did
-- What lay in another unit's folder: by the same bytes, usable under the sender that they name; like any other, by
-- a later usable report of its unit, form and month (core.loose_submission). Where nothing tells its month,
-- by a month that was over when it came: one that had not been reported, or the last.
with usable as (
    select
        submission_id,
        sha256,
        form_code,
        sender_code,
        report_month,
        received_at,
        min(received_at) over (partition by form_code, sender_code, report_month) as first_received_at,
    from core.submission
    where version is not null and state in ('accepted', 'held', 'superseded')
),

candidate as (
    select
        loose.submission_id,
        usable.submission_id as better_id,
        usable.sender_code,
        greatest(loose.received_at, usable.received_at) as put_right_at,
    from core.loose_submission as loose
    inner join usable on loose.sha256 = usable.sha256 and loose.sender_code = usable.sender_code
    where loose.withdrawn_at is null
    union all
    select
        loose.submission_id,
        usable.submission_id as better_id,
        usable.sender_code,
        usable.received_at as put_right_at,
    from core.loose_submission as loose
    inner join usable
        on
            loose.org_unit_code = usable.sender_code
            and loose.received_at < usable.received_at
            and coalesce(loose.form_code = usable.form_code, true)
            and case
                when loose.report_month is not null then loose.report_month = usable.report_month
                else
                    loose.arrival_month > usable.report_month
                    and (
                        loose.received_at < usable.first_received_at
                        or usable.report_month = loose.arrival_month - interval 1 month
                    )
            end
    where loose.withdrawn_at is null
)

select
    submission_id,
    min_by(better_id, (put_right_at, better_id)) as better_id,
    min_by(sender_code, (put_right_at, better_id)) as sender_code,
    min(put_right_at) as put_right_at,
from candidate
group by submission_id
order by submission_id
