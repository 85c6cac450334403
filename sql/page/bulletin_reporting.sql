-- grain: one row per form and unit that sends it (the office and those right below it), in the month of the bulletin
-- The rate is cells filled over cells asked, never "a file came"; null where nothing was asked.
with office as (
    select org_unit_code
    from mart.org_unit
    order by is_office desc, list_position(['district', 'subdistrict', 'community'], level), org_unit_code
    limit 1
)

select
    form.name_zh as form_name,
    reporting.form_code,
    reporting.org_unit_code,
    coalesce(unit.short_name, unit.name) as unit_name,
    unit.org_unit_code = office.org_unit_code as is_whole,
    reporting.due_on,
    reporting.state,
    reporting.timeliness,
    reporting.days_late_count,
    reporting.cells_asked_count,
    reporting.cells_filled_count,
    rate.reporting_ratio,
    rate.on_time_ratio,
from mart.reporting as reporting
cross join office
inner join mart.org_unit as unit on reporting.org_unit_code = unit.org_unit_code
inner join mart.form as form on reporting.form_code = form.form_code
left join mart.reporting_rate as rate
    on
        reporting.form_code = rate.form_code
        and reporting.org_unit_code = rate.org_unit_code
        and reporting.report_month = rate.report_month
where
    reporting.report_month = $month
    and (unit.org_unit_code = office.org_unit_code or unit.parent_code = office.org_unit_code)
order by form.form_code, not is_whole, reporting.org_unit_code
