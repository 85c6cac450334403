-- grain: one row per finding that stands and somebody must mend
-- What stands is open or upheld: mart.finding says so.
select
    finding.finding_id,
    finding.rule_code,
    finding.severity,
    finding.state,
    finding.org_unit_code,
    coalesce(unit.short_name, unit.name) as unit_name,
    finding.form_code,
    form.name_zh as form_name,
    finding.report_month,
    finding.indicator_code,
    finding.file_name,
    finding.sheet_name,
    finding.cell,
    finding.message_zh,
    finding.message_en,
    rule.owner,
    finding.since_on,
    submission.state as submission_state,
    submission.received_at,
    submission.lock_on,
from mart.finding as finding
inner join mart.submission as submission using (submission_id)
left join mart.org_unit as unit on finding.org_unit_code = unit.org_unit_code
left join mart.form as form on finding.form_code = form.form_code
left join mart.rule as rule on finding.rule_code = rule.rule_code and rule.gate = 'incoming'
where
    finding.severity in ('critical', 'warning')
    and finding.state in ('open', 'upheld')
order by
    finding.severity, submission.received_at, finding.org_unit_code, finding.file_name, finding.finding_id
