-- grain: one row per submission received by the as-of moment
-- Is it what it claims to be? A question that an earlier answer makes idle is null: one cause is told once.
with form_list as (
    select string_agg(name_zh, '、' order by code) as form_names
    from reference.form
),

no_explanation as (
    select plain_phrases(list(phrase)) as phrases
    from reference.unexplained
),

asked_sender as (
    select distinct
        form_code,
        sender_code,
        report_month,
    from core.expected_cell
),

asked_span as (
    select
        form_code,
        sender_code,
        strftime(min(report_month), '%Y-%m') || '–' || strftime(max(report_month), '%Y-%m') as months_asked,
    from asked_sender
    group by form_code, sender_code
),

identity as (
    select
        received.*,
        day_of(received.received_at) as received_on,
        cast(received.report_month + interval 1 month as date) as month_over_on,
        form_list.form_names,
        folder.code as known_folder_code,
        folder.name as folder_name,
        sender.name as sender_name,
        asked_sender.sender_code is not null as has_questions,
        is_explanation(received.correction_reason, null, null, no_explanation.phrases) as has_reason,
        asked_span.months_asked,
    from core.received as received
    cross join form_list
    cross join no_explanation
    left join reference.org_unit as folder on received.folder_code = folder.code
    left join reference.org_unit as sender on received.sender_code = sender.code
    left join asked_sender
        on
            received.form_code = asked_sender.form_code
            and received.sender_code = asked_sender.sender_code
            and received.report_month = asked_sender.report_month
    left join asked_span
        on received.form_code = asked_span.form_code and received.sender_code = asked_span.sender_code
),

judged as (
    select
        *,
        case when is_readable then form_code is not null end as is_form_known,
        -- a sender is looked up at the level of its form, so an unknown form leaves it open
        case
            when form_code is not null
                then coalesce(sender_code, sender_text, meta_sender_code, folder_code) is not null
        end as is_sender_named,
        case when is_sender_named then sender_code is not null end as is_sender_known,
        case when is_readable then report_month is not null end as is_month_known,
        case when is_readable and report_month is not null then received_on >= month_over_on end as is_month_over,
        coalesce(meta_report_month = report_month, case when report_month is not null then true end) as is_month_agreed,
        case when sender_code is not null then coalesce(sender_code = folder_code, true) end as is_own_folder,
        case
            when sender_code is not null and coalesce(sender_code = folder_code, true)
                then coalesce(sender_code = meta_sender_code, true)
        end as is_sender_agreed,
        case
            when is_month_agreed and version > 1 and received_on > lock_on then has_reason
        end as is_correction_reasoned,
    from identity
)

select
    submission_id as check_key,
    submission_id,
    case when is_own_folder then sender_code else known_folder_code end as org_unit_code,  -- who hears of it
    sender_code,  -- whose report it claims to be
    form_code,
    cast(null as varchar) as indicator_code,
    report_month,
    case
        when not (is_month_known and is_month_over and is_month_agreed) then heading_sheet
        when not (is_sender_known and is_own_folder and is_sender_agreed) then heading_sheet
        when not is_correction_reasoned then correction_sheet
    end as sheet_name,
    cast(null as varchar) as cell,
    case when not is_correction_reasoned then correction_cell end as reason_cell,
    report_month_cell,
    sender_cell,
    false as is_explained,
    file_name,
    is_readable,
    refusal_words(refusal_code) as refusal_found,
    refusal_remedy(refusal_code) as refusal_expected,
    refusal_zh,
    refusal_en,
    is_form_known,
    coalesce(form_text, meta_form_code) as form_found,
    form_names,
    is_sender_named,
    cast(nullif(subjects_count, 0) as varchar) as subjects_found,
    '填报单位的全称或代码' as sender_expected,
    case when subjects_count > 1 then '，行里却有 ' || subjects_count || ' 个单位的数' end as subjects_zh,
    case when subjects_count > 1 then ', while its rows are about ' || subjects_count || ' units' end as subjects_en,
    is_sender_known,
    coalesce(sender_text, meta_sender_code, folder_code) as sender_found,
    folder_code,
    is_month_known,
    coalesce(report_month_text, strftime(meta_report_month, '%Y-%m')) as month_found,
    strftime(received_on - interval 1 month, '%Y-%m') as month_example,
    is_month_over,
    strftime(received_on, '%Y-%m-%d') as received_day,
    '≥ ' || strftime(month_over_on, '%Y-%m-%d') as month_over_day,
    is_month_agreed,
    strftime(report_month, '%Y-%m') as month_shown,
    strftime(meta_report_month, '%Y-%m') as month_hidden,
    is_own_folder,
    concat_ws(' ', sender_code, sender_name) as sender_shown,
    concat_ws(' ', folder_code, folder_name) as folder_shown,
    is_sender_agreed,
    meta_sender_code as sender_hidden,
    -- asked of this sender in this month at all?
    case
        when is_month_over and is_month_agreed and is_own_folder and is_sender_agreed then has_questions
    end as is_form_asked,
    months_asked,
    is_correction_reasoned,
    strftime(lock_on, '%Y-%m-%d') as lock_on_shown,
    '“更正说明”写明原因' as reason_expected,
    coalesce(is_month_over and is_month_agreed and is_own_folder and is_sender_agreed and has_questions, false)
        as is_identified,
    -- what its cells say by themselves is told at once, also of a file that lies in another unit's folder
    coalesce(
        is_month_over and is_month_agreed and coalesce(sender_code = meta_sender_code, true) and has_questions, false
    ) as has_known_rows,
from judged
order by check_key
