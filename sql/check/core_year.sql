-- grain: one row per calendar year from the first report month to the as-of moment
-- What the office has to enter when the year turns: the new plan, and the new year's holidays.
with report_year as (
    select unnest(range(min(year(report_month)), year(day_of($as_of)) + 1)) as plan_year
    from core.form_month
),

target_year as (
    select
        plan_year,
        count(*) as targets_count,
    from core.plan_target
    group by plan_year
),

holiday_year as (
    select
        year(day) as plan_year,
        count(*) as days_count,
    from reference.holiday
    group by year(day)
)

select
    cast(report_year.plan_year as varchar) as check_key,
    cast(null as varchar) as submission_id,
    cast(null as varchar) as org_unit_code,
    cast(null as varchar) as form_code,
    cast(null as varchar) as indicator_code,
    cast(null as date) as report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(null as varchar) as found,
    cast(null as varchar) as expected,
    false as is_explained,
    report_year.plan_year,
    -- what was collected before the first plan was collected to compare with
    case
        when report_year.plan_year >= coalesce(min(target_year.plan_year) over (), report_year.plan_year)
            then coalesce(target_year.targets_count, 0)
    end as targets_count,
    coalesce(holiday_year.days_count, 0) as holidays_count,
from report_year
left join target_year on report_year.plan_year = target_year.plan_year
left join holiday_year on report_year.plan_year = holiday_year.plan_year
order by check_key
