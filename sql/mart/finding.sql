-- grain: one row per rule that one cell, or one whole submission, failed
-- What a restricted cell held is not told, only where to look (domain.md, Indicators: publicity); of what people typed,
-- nothing but known words and figures: a name may stand in any cell (core.shown_text).
with told as (
    select
        finding.* exclude (found, expected, message_zh, message_en, sheet_name, org_unit_code),
        -- a file in another unit's folder is about that folder's unit, whatever its rows say
        case
            when coalesce(submission.org_unit_code = submission.sender_code, submission.sender_code is null)
                then finding.org_unit_code
            else submission.org_unit_code
        end as org_unit_code,
        -- what somebody must still mend is open or upheld; it is nobody's where its file stands no more
        case
            when coalesce(answer.state, 'open') not in ('open', 'upheld') then answer.state
            when submission.withdrawn_at is not null then 'withdrawn'
            when standing_submission.submission_id is null then 'replaced'
            when finding.severity = 'information' then 'noted'
            else coalesce(answer.state, 'open')
        end as state,
        answer.decision_id,
        answer.settled_by_id,
        finding_since.since_on,
        indicator.name_zh as indicator_zh,
        coalesce(indicator.name_en, indicator.name_zh) as indicator_en,
        -- where nothing stands nothing is to be hidden; a figure in the message may be another month's
        coalesce(indicator.publicity, 'public') != 'restricted'
        or (
            finding.found is null
            and not regexp_matches(replace(finding.message_zh, indicator.name_zh, ''), '\d')
            and not regexp_matches(replace(finding.message_en, indicator_en, ''), '\d')
        ) as is_told,
        file.shown_text as file_name,
        sheet.shown_text as sheet_name,
        found.shown_text as found,
        case when claimed.text is null then finding.expected else claimed.shown_text end as expected,
        with_shown(
            with_shown(
                with_shown(
                    with_shown(
                        finding.message_zh,
                        received.refusal_zh,
                        case
                            when received.refusal_code in ('mixed_document', 'ambiguous_table')
                                then without_quotation(received.refusal_zh)
                            else received.refusal_zh
                        end
                    ),
                    submission.file_name,
                    file.shown_text
                ),
                finding.found,
                found.shown_text
            ),
            claimed.text,
            claimed.shown_text
        ) as message_zh,
        with_shown(
            with_shown(
                with_shown(
                    with_shown(
                        finding.message_en,
                        received.refusal_en,
                        case
                            when received.refusal_code in ('mixed_document', 'ambiguous_table')
                                then without_quotation(received.refusal_en)
                            else received.refusal_en
                        end
                    ),
                    submission.file_name,
                    file.shown_text
                ),
                finding.found,
                found.shown_text
            ),
            claimed.text,
            claimed.shown_text
        ) as message_en,
    from raw.finding as finding
    inner join core.submission as submission using (submission_id)
    left join core.finding_answer as answer using (finding_id)
    left join core.standing_submission as standing_submission using (submission_id)
    left join core.finding_since as finding_since using (finding_id)
    left join core.indicator as indicator on finding.indicator_code = indicator.indicator_code
    left join core.received as received using (submission_id)
    left join core.shown_text as file on submission.file_name = file.text and file.is_name
    left join core.shown_text as sheet on finding.sheet_name = sheet.text and sheet.is_name
    left join core.shown_text as found on finding.found = found.text and not found.is_name
    -- of what is expected only these are typed; the rest is the rule's own
    left join core.shown_text as claimed
        on
            finding.expected in (received.folder_code, received.meta_sender_code)
            and finding.expected = claimed.text
            and not claimed.is_name
    where finding.run_id = night_of($as_of) and finding.gate = 'incoming'
)

select
    finding.submission_id,
    finding.org_unit_code,
    finding.form_code,
    finding.report_month,
    finding.indicator_code,
    finding.file_name,
    finding.sheet_name,
    finding.cell,
    finding.rule_code,
    finding.severity,
    case when finding.is_told then finding.found end as found,
    case when finding.is_told then finding.expected end as expected,
    case
        when finding.is_told then finding.message_zh
        else concat_ws(' ', '“' || finding.indicator_zh || '”', finding.cell, '请按填报说明核对（数值不公开）。')
    end as message_zh,
    case
        when finding.is_told then finding.message_en
        else
            concat_ws(' ', finding.indicator_en, finding.cell, 'Check it (the value is restricted).')
    end as message_en,
    case
        -- that a restricted value is that of an earlier month is not told
        when finding.state = 'settled' and not finding.is_told then 'explained'
        else finding.state
    end as state,
    finding.finding_id,
    finding.decision_id,
    case when finding.is_told then finding.settled_by_id end as settled_by_id,
    finding.since_on,
from told as finding
order by finding.submission_id, finding.rule_code, finding.sheet_name, finding.cell
