-- grain: one row per submission received by the as-of moment, with what it claims to be resolved
-- What the sheet shows counts; the template's hidden sheet, then the folder, fill what the sheet leaves out.
with claim as (
    select
        submission.submission_id,
        submission.sha256,
        submission.folder_code,
        submission.file_name,
        submission.received_at,
        document.file_format,
        coalesce(document.is_readable, false) as is_readable,
        document.refusal_code,
        document.refusal_zh,
        document.refusal_en,
        document.form_text,
        document.template_version,
        document.sender_text,
        document.report_month_text,
        document.meta_form_code,
        document.meta_sender_code,
        document.meta_report_month,
        document.correction_reason,
        -- a text that is there and is no month is not mended by the hidden sheet
        case
            when document.report_month_text is null then document.meta_report_month
            else document.report_month
        end as report_month,
        case
            when document.form_text is null then document.meta_form_code
            else document.form_text
        end as claimed_form,
        coalesce(document.sender_text, document.meta_sender_code, submission.folder_code, sole_subject.org_unit_text) as claimed_sender,
    from raw.submission as submission
    inner join raw.document as document using (sha256)
    left join (
        select
            sha256,
            min(text) as org_unit_text,
        from raw.cell
        where field = 'org_unit_code' and text is not null
        group by sha256
        having count(distinct text) = 1
    ) as sole_subject using (sha256)
    where submission.received_at <= $as_of
),

form_name as (
    select
        code as form_code,
        level,
        unnest([plain_name(code), plain_name(name_zh)]) as spoken_form,
    from reference.form
),

identified as (
    select
        claim.*,
        form_name.form_code,
        org_unit_name.org_unit_code as sender_code,
    from claim
    left join form_name on form_name.spoken_form = plain_name(claim.claimed_form)
    left join core.org_unit_name
        on
            form_name.level = org_unit_name.level
            and plain_name(claim.claimed_sender) = org_unit_name.spoken_name
)

select
    identified.submission_id,
    identified.sha256,
    identified.folder_code,
    identified.file_name,
    identified.received_at,
    identified.file_format,
    identified.is_readable,
    identified.refusal_code,
    identified.refusal_zh,
    identified.refusal_en,
    identified.form_text,
    identified.form_code,
    identified.template_version,
    identified.sender_text,
    identified.sender_code,
    identified.report_month_text,
    identified.report_month,
    identified.meta_form_code,
    identified.meta_sender_code,
    identified.meta_report_month,
    identified.correction_reason,
    form_month.due_on,
    form_month.lock_on,
    row_number() over (
        partition by identified.form_code, identified.sender_code, identified.report_month
        order by identified.received_at, identified.submission_id
    ) as version,
from identified
left join core.form_month
    on identified.form_code = form_month.form_code and identified.report_month = form_month.report_month
order by identified.received_at, identified.submission_id
