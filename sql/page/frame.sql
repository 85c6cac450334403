-- grain: one row, the published copy
-- What every page says of itself: whose it is, of which run, and the month that it shows, which is the latest whose due
-- day has passed (domain.md, Status). Where setting.csv names no office, the unit above the lowest ranked stands in, or
-- above any.
with newest_run as (
    select run_id, as_of_at, files_received_count
    from mart.run
    order by as_of_at desc
    limit 1
),

due_month as (
    select max(reporting.report_month) as report_month
    from mart.reporting as reporting
    cross join newest_run
    where reporting.due_on < cast(newest_run.as_of_at as date)
),

office as (
    select
        unit.org_unit_code, unit.name, coalesce(unit.short_name, unit.name) as short_name, unit.level, unit.parent_code
    from mart.org_unit as unit
    order by
        unit.is_office desc,
        unit.org_unit_code in (select parent_code from mart.ranking where scope = 'overall') desc,
        unit.org_unit_code in (select parent_code from mart.org_unit) desc,
        list_position(['district', 'subdistrict', 'community'], unit.level) desc,
        unit.org_unit_code
    limit 1
)

select
    newest_run.run_id,
    newest_run.as_of_at,
    newest_run.files_received_count,
    due_month.report_month,
    office.org_unit_code as office_code,
    office.name as office_name,
    office.short_name as office_short_name,
    office.level as office_level,
    office.parent_code,
    (select coalesce(bool_or(is_sample), false) from mart.target) as is_sample,
from newest_run
cross join due_month
left join office on true
