-- grain: one row per submission of a known form, sender and month that names the version of its workbook
-- A file without a version (CSV, a workbook of one's own) is judged by its rows alone. A version that is not on record
-- may be one that the office has yet to enter, unless a higher one is: then it was never sent out.
with listed as (
    select
        form_code,
        template_version,
        first_month,
        last_month,
    from reference.form_version
    union all
    -- a form without a list of versions has one
    select
        form.code as form_code,
        form.template_version,
        null as first_month,
        null as last_month,
    from reference.form as form
    where
        form.template_version is not null
        and form.code not in (select form_version.form_code from reference.form_version as form_version)
),

version as (
    select
        *,
        lower(plain_name(template_version)) as spoken_version,
        version_parts(template_version) as parts,
        lead(first_month) over (partition by form_code order by first_month) as next_first_month,
    from listed
),

known_form as (
    select
        form_code,
        string_agg(template_version, '、' order by first_month) as versions_shown,
        max(parts) as newest_parts,
    from version
    group by form_code
),

-- any note of the file that is about the workbook explains it
explanation as (
    select submission_id
    from core.reading
    where has_explanation and regexp_matches(note, '模板|[Tt]emplate')
    union
    select submission_id
    from core.received
    where regexp_matches(correction_reason, '模板|[Tt]emplate')
)

select
    submission.submission_id as check_key,
    submission.submission_id,
    submission.org_unit_code,
    submission.form_code,
    cast(null as varchar) as indicator_code,
    submission.report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    received.template_version as found,
    known_form.versions_shown as expected,
    explanation.submission_id is not null as is_explained,
    version.template_version is not null
    or coalesce(version_parts(received.template_version) >= known_form.newest_parts, true) as is_possible,
    -- told once
    case when is_possible then version.template_version is not null end as is_version_known,
    form_month.template_version as current_version,
    version.next_first_month,
    -- a newer workbook for an older month asks more than is used, which does no harm
    coalesce(submission.report_month >= version.next_first_month, false) as is_older,
    strftime(
        greatest(version.last_month, version.next_first_month - interval 1 month), '%Y-%m'
    ) as last_month_shown,
    case
        when version.template_version is not null
            then
                coalesce(submission.report_month < version.next_first_month, true)
                or coalesce(submission.report_month <= version.last_month, false)
    end as is_accepted,
from "check".submission as submission
inner join core.received as received using (submission_id)
inner join core.form_month as form_month
    on submission.form_code = form_month.form_code and submission.report_month = form_month.report_month
inner join known_form on submission.form_code = known_form.form_code
left join version
    on
        submission.form_code = version.form_code
        and lower(plain_name(received.template_version)) = version.spoken_version
left join explanation on submission.submission_id = explanation.submission_id
where submission.has_known_rows and received.template_version is not null
order by check_key
