-- grain: one row per submission received by the as-of moment, with what it claims to be resolved
-- What the sheet shows counts; the template's hidden sheet, then the folder, fill what the sheet leaves out.
with row_subject as (
    select
        sha256,
        case when count(distinct text) = 1 then min(text) end as sole_org_unit_text,
        count(distinct text) as subjects_count,
    from raw.cell
    where field = 'org_unit_code' and text is not null
    group by sha256
),

-- taken back by the operator, for ever; the first decision says when
withdrawn as (
    select
        submission_id,
        min(recorded_at) as withdrawn_at,
        min_by(decision_id, (recorded_at, decision_id)) as withdrawal_id,
    from (
        select
            unnest(from_json(payload, '{"submissions": ["VARCHAR"]}').submissions) as submission_id,
            recorded_at,
            decision_id,
        from raw.decision
        where kind = 'withdrawal' and recorded_at <= $as_of
    ) as named_submission
    group by submission_id
),

claim as (
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
        document.correction_sheet,
        document.correction_cell,
        document.heading_sheet,
        document.sender_cell,
        document.report_month_cell,
        -- a file that was invented for a demonstration says so in its title, or in who filled it
        contains(concat_ws(' ', document.form_text, document.filled_by), '示例') as is_sample,
        -- a text that is there and is no month is not mended by the hidden sheet
        case
            when document.report_month_text is null then document.meta_report_month
            else document.report_month
        end as report_month,
        coalesce(
            document.sender_text, document.meta_sender_code, submission.folder_code, row_subject.sole_org_unit_text
        ) as claimed_sender,
        coalesce(row_subject.subjects_count, 0) as subjects_count,
    from raw.submission as submission
    inner join raw.document as document using (sha256)
    left join row_subject using (sha256)
    where submission.received_at <= $as_of
),

-- a title such as "示例街道社区工作月报(示例)" names the form inside it; the longest name that fits is meant
form_name as (
    select
        claim.submission_id,
        arg_max(form.code, length(form.name_zh)) as form_code,
    from claim
    inner join reference.form as form
        on
            contains(plain_name(claim.form_text), plain_name(form.name_zh))
            or lower(plain_name(claim.form_text)) = form.code
            or (claim.form_text is null and claim.meta_form_code = form.code)
    group by claim.submission_id
),

-- 示例一社区2024年9月社区月报: the only unit of the form's level that the title names; a shorter name may be anything
title_sender as (
    select
        claim.submission_id,
        any_value(org_unit_name.org_unit_code) as org_unit_code,
    from claim
    inner join form_name using (submission_id)
    inner join reference.form as form on form_name.form_code = form.code
    inner join core.org_unit_name as org_unit_name
        on
            form.level = org_unit_name.level
            and length(org_unit_name.spoken_name) >= 3
            and contains(plain_name(claim.form_text), org_unit_name.spoken_name)
    where claim.sender_text is null
    group by claim.submission_id
    having count(distinct org_unit_name.org_unit_code) = 1
),

-- a form that a single unit sends needs no sender in the file
sole_sender as (
    select
        form_code,
        min(sender_code) as sender_code,
    from core.expected_cell
    group by form_code
    having count(distinct sender_code) = 1
),

identified as (
    select
        claim.*,
        form_name.form_code,
        coalesce(
            title_sender.org_unit_code,
            org_unit_name.org_unit_code,
            case when claim.sender_text is null and claim.folder_code is null then sole_sender.sender_code end,
            -- a file that cannot be read is its folder's
            case when not claim.is_readable then folder.code end
        ) as sender_code,
        folder.code as known_folder_code,
    from claim
    left join form_name using (submission_id)
    left join title_sender using (submission_id)
    left join reference.form as form on form_name.form_code = form.code
    left join reference.org_unit as folder on claim.folder_code = folder.code
    left join sole_sender on form_name.form_code = sole_sender.form_code
    left join core.org_unit_name
        on
            form.level = org_unit_name.level
            and plain_name(claim.claimed_sender) = org_unit_name.spoken_name
),

-- whose folder it lay in is who hears of it, whoever it claims to be from
placed as (
    select
        *,
        coalesce(folder_code, sender_code) = sender_code as is_own_folder,
        case when is_own_folder then sender_code else known_folder_code end as org_unit_code,
    from identified
)

select
    placed.submission_id,
    placed.sha256,
    placed.folder_code,
    placed.file_name,
    placed.received_at,
    placed.file_format,
    placed.is_readable,
    placed.refusal_code,
    placed.refusal_zh,
    placed.refusal_en,
    placed.form_text,
    placed.form_code,
    placed.template_version,
    placed.sender_text,
    placed.sender_code,
    placed.org_unit_code,
    placed.report_month_text,
    placed.report_month,
    placed.meta_form_code,
    placed.meta_sender_code,
    placed.meta_report_month,
    placed.correction_reason,
    placed.correction_sheet,
    placed.correction_cell,
    placed.heading_sheet,
    placed.sender_cell,
    placed.report_month_cell,
    placed.subjects_count,
    placed.is_sample,
    withdrawn.withdrawn_at,
    withdrawn.withdrawal_id,
    form_month.due_on,
    form_month.lock_on,
    -- a file in another unit's folder is no version of anybody's report
    case
        when
            placed.form_code is not null
            and placed.is_own_folder
            and placed.report_month is not null
            then row_number() over (
                partition by
                    placed.form_code,
                    placed.sender_code,
                    placed.report_month,
                    placed.is_own_folder
                order by placed.received_at, placed.submission_id
            )
    end as version,
from placed
left join core.form_month
    on placed.form_code = form_month.form_code and placed.report_month = form_month.report_month
left join withdrawn using (submission_id)
order by placed.received_at, placed.submission_id
