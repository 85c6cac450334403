-- grain: one row: the office of the bulletin, its month and the night that it is of
-- Without $month it is the latest month whose due day has passed (domain.md, Status); without one yet, no row.
-- The office is the one that setting.csv names, else the highest unit.
with night as (
    select max(as_of_at) as as_of_at
    from mart.run
),

office as (
    select
        org_unit_code,
        name,
        coalesce(short_name, name) as short_name,
        level,
    from mart.org_unit
    order by is_office desc, list_position(['district', 'subdistrict', 'community'], level), org_unit_code
    limit 1
),

latest as (
    select max(reporting.report_month) as report_month
    from mart.reporting as reporting
    cross join night
    where reporting.due_on < cast(night.as_of_at as date)
),

chosen as (
    select
        coalesce(cast($month as date), latest.report_month) as report_month,
        latest.report_month as latest_month,
    from latest
)

select
    office.org_unit_code,
    office.name,
    office.short_name,
    office.level,
    night.as_of_at,
    chosen.report_month,
    chosen.latest_month,
    cast(round(month(chosen.report_month) / 12, 6) as decimal(9, 6)) as time_ratio,
    coalesce(bool_or(completion.is_sample), false) as is_sample,
    count(*) filter (where completion.status != 'no_target') as targets_count,
from office
cross join night
cross join chosen
left join mart.completion as completion
    on chosen.report_month = completion.report_month and office.org_unit_code = completion.org_unit_code
where chosen.report_month is not null
group by all
