-- grain: one row per rule, org unit, form, report month, state and day since when it is known
-- How many findings, how old, and who must mend them; which they are is told by mart.finding.
-- A warning that was answered stays so when a newer version comes; what nobody answered is replaced.
with placed_finding as (
    select
        finding.submission_id,
        finding.rule_code,
        finding.severity,
        submission.org_unit_code,
        submission.form_code,
        submission.report_month,
        finding.state,
        finding.since_on,
    from mart.finding as finding
    inner join core.submission as submission using (submission_id)
)

select
    placed_finding.rule_code,
    placed_finding.severity,
    rule.owner,
    -- the clerk's work is the unit's; all else, and what no unit can be found for, is the office's
    case
        when rule.owner = '填报员' and placed_finding.org_unit_code is not null then placed_finding.org_unit_code
        else setting.office_code
    end as mending_unit_code,
    placed_finding.org_unit_code,
    placed_finding.form_code,
    placed_finding.report_month,
    placed_finding.state,
    placed_finding.since_on,
    case
        when placed_finding.state in ('open', 'upheld')
            then cast(date_diff('day', placed_finding.since_on, day_of($as_of)) as integer)
    end as age_days_count,
    count(*) as findings_count,
    count(distinct placed_finding.submission_id) as submissions_count,
from placed_finding
cross join core.setting as setting
left join mart.rule as rule on placed_finding.rule_code = rule.rule_code and rule.gate = 'incoming'
group by all
order by
    placed_finding.rule_code,
    placed_finding.org_unit_code,
    placed_finding.form_code,
    placed_finding.report_month,
    placed_finding.state,
    placed_finding.since_on
