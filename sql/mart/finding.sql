-- grain: one row per rule that one cell, or one whole submission, failed
-- What a restricted cell held is not told, only where to look (domain.md, Indicators: publicity).
select
    finding.submission_id,
    finding.org_unit_code,
    finding.form_code,
    finding.report_month,
    finding.indicator_code,
    submission.file_name,
    finding.sheet_name,
    finding.cell,
    finding.rule_code,
    finding.severity,
    case when coalesce(indicator.publicity, 'public') != 'restricted' then finding.found end as found,
    case when coalesce(indicator.publicity, 'public') != 'restricted' then finding.expected end as expected,
    case
        when coalesce(indicator.publicity, 'public') != 'restricted' then finding.message_zh
        else concat_ws(' ', '“' || indicator.name_zh || '”', finding.cell, '请按填报说明核对（数值不公开）。')
    end as message_zh,
    case
        when coalesce(indicator.publicity, 'public') != 'restricted' then finding.message_en
        else
            concat_ws(
                ' ', coalesce(indicator.name_en, indicator.name_zh), finding.cell, 'Check it (the value is restricted).'
            )
    end as message_en,
    case
        when finding.severity = 'warning' and finding.is_explained then 'explained'
        else 'open'
    end as state,
from raw.finding as finding
inner join core.submission using (submission_id)
left join core.indicator as indicator on finding.indicator_code = indicator.indicator_code
where finding.run_id = night_of($as_of) and finding.gate = 'incoming'
order by finding.submission_id, finding.rule_code, finding.sheet_name, finding.cell
