-- grain: one row per file without a version that another file put right, with the first that did
-- What lay in another unit's folder: by the same bytes, usable under the sender that they name; like any other, by
-- a later usable report of its unit, form and month. Where the file does not tell its month, its name may. Where that
-- does not either, by a month that was over when it came: one that had not been reported, or the last.
with loose as (
    select
        submission_id,
        sha256,
        form_code,
        sender_code,
        org_unit_code,
        received_at,
        cast(date_trunc('month', day_of(received_at)) as date) as arrival_month,
        regexp_extract(
            file_name, '(?:^|\D)(20\d\d)(?:\s*[年._-]\s*(1[0-2]|0?[1-9])|(1[0-2]|0[1-9]))(?:\D|$)', ['y', 'm', 'n']
        ) as whole_month,
        try_cast(regexp_extract(file_name, '(?:^|\D)(1[0-2]|0?[1-9])\s*月', 1) as integer) as month_number,
        coalesce(
            report_month,
            try_cast(
                whole_month['y'] || '-' || lpad(whole_month['m'] || whole_month['n'], 2, '0') || '-01' as date
            ),
            -- without its year: the last such month that was over
            case
                when month_number is not null
                    then make_date(
                        year(arrival_month) - cast(month_number >= month(arrival_month) as integer), month_number, 1
                    )
            end
        ) as report_month,
    from core.submission
    where version is null and withdrawn_at is null
),

usable as (
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
    from loose
    inner join usable on loose.sha256 = usable.sha256 and loose.sender_code = usable.sender_code
    union all
    select
        loose.submission_id,
        usable.submission_id as better_id,
        usable.sender_code,
        usable.received_at as put_right_at,
    from loose
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
)

select
    submission_id,
    min_by(better_id, (put_right_at, better_id)) as better_id,
    min_by(sender_code, (put_right_at, better_id)) as sender_code,
    min(put_right_at) as put_right_at,
from candidate
group by submission_id
order by submission_id
