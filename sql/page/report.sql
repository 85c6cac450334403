-- grain: one row per form and org unit, in the month that pages show
-- What the office and the units below it sent: whether it came in time, how full it is, and what is still to be mended.
with open_finding as (
    select
        form_code,
        org_unit_code,
        report_month,
        count(*) filter (where severity = 'critical') as critical_count,
        count(*) filter (where severity = 'warning') as warning_count,
    from mart.finding
    where state in ('open', 'upheld') and severity in ('critical', 'warning')
    group by form_code, org_unit_code, report_month
)

select
    reporting.org_unit_code,
    reporting.form_code,
    form.name_zh as form_zh,
    reporting.report_month,
    reporting.due_on,
    reporting.received_at,
    reporting.state,
    reporting.timeliness,
    reporting.days_late_count,
    reporting.cells_asked_count,
    reporting.cells_filled_count,
    reporting.cells_corrected_count,
    coalesce(open_finding.critical_count, 0) as critical_count,
    coalesce(open_finding.warning_count, 0) as warning_count,
from mart.reporting as reporting
inner join mart.form as form on reporting.form_code = form.form_code
inner join mart.org_unit as unit on reporting.org_unit_code = unit.org_unit_code
left join open_finding
    on
        reporting.form_code = open_finding.form_code
        and reporting.org_unit_code = open_finding.org_unit_code
        and reporting.report_month = open_finding.report_month
where
    reporting.report_month = $month
    and (unit.org_unit_code = $office_code or unit.parent_code = $office_code)
order by unit.org_unit_code != $office_code, unit.org_unit_code, reporting.form_code
