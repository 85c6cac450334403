-- grain: one row per form, org unit of the form's level or above it, and report month of the last twelve
-- Cells filled over cells asked, never "a file came" (domain.md, Submissions); months after $month are being collected.
select
    rate.form_code,
    form.name_zh as form_name,
    form.level as form_level,
    rate.org_unit_code,
    coalesce(unit.short_name, unit.name) as unit_name,
    unit.level = form.level as is_sender,
    unit.is_office,
    rate.report_month,
    rate.due_on,
    reporting.lock_on,
    reporting.received_at,
    reporting.state,
    reporting.timeliness,
    reporting.days_late_count,
    rate.units_due_count,
    rate.units_reported_count,
    rate.units_late_count,
    rate.units_missing_count,
    rate.cells_asked_count,
    rate.cells_filled_count,
    rate.not_applicable_count,
    rate.cells_corrected_count,
    rate.reporting_ratio,
    rate.on_time_ratio,
    burden.cells_typed_count,
    burden.cells_retyped_count,
    burden.versions_count,
    burden.returned_count,
    burden.first_right_ratio,
from mart.reporting_rate as rate
inner join mart.form as form using (form_code)
inner join mart.org_unit as unit using (org_unit_code)
left join mart.reporting as reporting
    on
        rate.form_code = reporting.form_code
        and rate.org_unit_code = reporting.org_unit_code
        and rate.report_month = reporting.report_month
left join mart.reporting_burden as burden
    on
        rate.form_code = burden.form_code
        and rate.org_unit_code = burden.org_unit_code
        and rate.report_month = burden.report_month
where rate.report_month > cast($month as date) - interval 12 month and rate.units_due_count > 0
order by rate.form_code, is_sender, rate.org_unit_code, rate.report_month
