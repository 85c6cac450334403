-- grain: one row per org unit, form and month of mart.reporting_rate or mart.reporting_burden
-- Said a second time, from mart.reporting: a unit's cells are those of all that is at or below it.
with below as (
    select
        org_descendant.ancestor_code as org_unit_code,
        reporting.form_code,
        reporting.report_month,
        sum(reporting.cells_asked_count) as cells_asked_count,
        sum(reporting.cells_filled_count) as cells_filled_count,
    from mart.reporting as reporting
    inner join core.org_descendant as org_descendant on reporting.org_unit_code = org_descendant.descendant_code
    group by org_descendant.ancestor_code, reporting.form_code, reporting.report_month
),

rate as (
    select
        *,
        units_due_count = units_on_time_count + units_late_count + units_missing_count + units_awaited_count
        and units_reported_count = units_on_time_count + units_late_count as is_every_unit_told,
        cells_on_time_count <= cells_filled_count
        and coalesce(reporting_ratio, -1) = coalesce(exact_ratio(cells_filled_count, cells_asked_count), -1)
        and coalesce(on_time_ratio, -1) = coalesce(exact_ratio(cells_on_time_count, cells_asked_count), -1)
            as is_rate_possible,
    from mart.reporting_rate
),

burden as (
    select
        *,
        cells_changed_count <= cells_prefilled_count
        and cells_typed_count between 0 and cells_answered_count
        and cells_retyped_count <= least(cells_known_count, cells_typed_count)
        and greatest(returned_count, first_count) <= versions_count
        and first_right_count <= first_count as is_burden_possible,
    from mart.reporting_burden
)

select
    concat_ws(':', org_unit_code, form_code, strftime(report_month, '%Y-%m')) as check_key,
    cast(null as varchar) as submission_id,
    org_unit_code,
    form_code,
    cast(null as varchar) as indicator_code,
    report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    rate.cells_filled_count || '/' || rate.cells_asked_count as found,
    coalesce(below.cells_filled_count, 0) || '/' || coalesce(below.cells_asked_count, 0) as expected,
    false as is_explained,
    rate.is_every_unit_told,
    rate.is_rate_possible,
    coalesce(rate.cells_asked_count, 0) = coalesce(below.cells_asked_count, 0)
    and coalesce(rate.cells_filled_count, 0) = coalesce(below.cells_filled_count, 0) as is_sum,
    case when rate.org_unit_code is not null then coalesce(burden.is_burden_possible, false) end as is_burden_possible,
from rate
full outer join burden using (org_unit_code, form_code, report_month)
full outer join below using (org_unit_code, form_code, report_month)
order by check_key
