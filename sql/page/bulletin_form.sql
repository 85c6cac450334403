-- grain: one row per form that the office, or a unit right below it, sends: its rates in the month of the bulletin
with office as (
    select org_unit_code
    from mart.org_unit
    order by is_office desc, list_position(['district', 'subdistrict', 'community'], level), org_unit_code
    limit 1
)

select
    form.form_code,
    form.name_zh as form_name,
    rate.due_on,
    rate.units_due_count,
    rate.units_reported_count,
    rate.units_on_time_count,
    rate.units_late_count,
    rate.units_missing_count,
    rate.units_awaited_count,
    rate.cells_asked_count,
    rate.cells_filled_count,
    rate.reporting_ratio,
    rate.on_time_ratio,
from mart.reporting_rate as rate
inner join office using (org_unit_code)
inner join mart.form as form using (form_code)
where rate.report_month = $month and rate.cells_asked_count > 0
order by list_position(['community', 'subdistrict', 'district'], form.level), form.form_code
