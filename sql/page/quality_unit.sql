-- grain: one row per unit that has something to mend, or sent a report in the plan year until the month shown
-- Who has to mend how much and since when; beside it how the year's reports of the unit went.
with open_finding as (
    select
        mending_unit_code as org_unit_code,
        sum(findings_count) filter (where severity = 'critical') as critical_count,
        sum(findings_count) filter (where severity = 'warning') as warning_count,
        max(age_days_count) as age_days_count,
    from mart.quality_finding
    where state in ('open', 'upheld') and severity in ('critical', 'warning')
    group by mending_unit_code
),

sent as (
    select
        burden.org_unit_code,
        sum(burden.first_count) as first_count,
        sum(burden.first_right_count) as first_right_count,
        sum(burden.returned_count) as returned_count,
        sum(burden.cells_answered_count) as cells_answered_count,
        sum(burden.cells_typed_count) as cells_typed_count,
    from mart.reporting_burden as burden
    inner join mart.form as form on burden.form_code = form.form_code
    inner join mart.org_unit as unit on burden.org_unit_code = unit.org_unit_code and form.level = unit.level
    where
        year(burden.report_month) = year(cast($month as date))
        and burden.report_month <= cast($month as date)
        and burden.versions_count > 0
    group by burden.org_unit_code
)

select
    unit.org_unit_code,
    coalesce(unit.short_name, unit.name) as unit_name,
    coalesce(open_finding.critical_count, 0) as critical_count,
    coalesce(open_finding.warning_count, 0) as warning_count,
    open_finding.age_days_count,
    coalesce(sent.first_count, 0) as first_count,
    coalesce(sent.first_right_count, 0) as first_right_count,
    coalesce(sent.returned_count, 0) as returned_count,
    coalesce(sent.cells_answered_count, 0) as cells_answered_count,
    coalesce(sent.cells_typed_count, 0) as cells_typed_count,
from mart.org_unit as unit
left join open_finding on unit.org_unit_code = open_finding.org_unit_code
left join sent on unit.org_unit_code = sent.org_unit_code
where open_finding.org_unit_code is not null or sent.org_unit_code is not null
order by critical_count desc, warning_count desc, unit.org_unit_code
