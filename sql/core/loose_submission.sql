-- grain: one row per file without a version with the report month that it, or its name, tells
select
    submission_id,
    sha256,
    form_code,
    sender_code,
    org_unit_code,
    received_at,
    withdrawn_at,
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
where version is null
order by submission_id
