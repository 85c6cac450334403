-- grain: one row per finding that stands and somebody must mend
-- Of the version that counts or the newest one: a newer version takes the findings of the older one with it. A file
-- without a version stands until another puts it right (the rule of mart.quality_finding).
with standing_submission as (
    select
        submission.submission_id,
        submission.state,
        submission.received_at,
        submission.lock_on,
    from mart.submission as submission
    where
        submission.put_right_id is null
    qualify
        submission.version is null
        or submission.state in ('accepted', 'held')
        or row_number() over (
            partition by submission.form_code, submission.org_unit_code, submission.report_month
            order by submission.state = 'withdrawn', submission.version desc
        ) = 1
)

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
    standing_submission.state as submission_state,
    standing_submission.received_at,
    standing_submission.lock_on,
from mart.finding as finding
inner join standing_submission using (submission_id)
left join mart.org_unit as unit on finding.org_unit_code = unit.org_unit_code
left join mart.form as form on finding.form_code = form.form_code
left join mart.rule as rule on finding.rule_code = rule.rule_code and rule.gate = 'incoming'
where
    finding.severity in ('critical', 'warning')
    and finding.state in ('open', 'upheld')
    and standing_submission.state != 'withdrawn'
order by
    finding.severity, standing_submission.received_at, finding.org_unit_code, finding.file_name, finding.finding_id
