-- grain: one row per form and report month that is over
-- A due or lock day that is no working day moves to the next one, unless form_calendar.csv names the day.
-- template_version is the workbook that is current for the month: the newest that has begun by then.
with first_plan as (
    select make_date(min(plan_year), 1, 1) as first_month
    from reference.target
),

asked_month as (
    select
        form.code as form_code,
        form.due_day,
        form.lock_day,
        form.template_version,
        unnest(
            generate_series(
                cast(coalesce(form.first_month, first_plan.first_month) as timestamp),
                date_trunc('month', day_of($as_of)) - interval 1 month,
                interval 1 month
            )
        ) as report_month,
    from reference.form as form
    cross join first_plan
),

nominal_day as (
    select
        form_code,
        template_version,
        cast(report_month as date) as report_month,
        cast(report_month + interval 1 month + to_days(coalesce(due_day, 5) - 1) as date) as due_on,
        cast(report_month + interval 1 month + to_days(coalesce(lock_day, 15) - 1) as date) as lock_on,
    from asked_month
),

calendar_day as (
    select cast(unnest(generate_series(min(due_on), max(lock_on) + interval 60 day, interval 1 day)) as date) as day
    from nominal_day
),

working_day as (
    select
        calendar_day.day,
        min(case when coalesce(holiday.is_working_day, isodow(calendar_day.day) <= 5) then calendar_day.day end) over (
            order by calendar_day.day rows between current row and unbounded following
        ) as next_working_on,
    from calendar_day
    left join reference.holiday using (day)
),

version_span as (
    select
        form_code,
        template_version,
        first_month,
        lead(first_month) over (partition by form_code order by first_month) as next_first_month,
    from reference.form_version
)

select
    nominal_day.form_code,
    nominal_day.report_month,
    coalesce(form_calendar.due_on, due.next_working_on) as due_on,
    coalesce(form_calendar.lock_on, lock.next_working_on) as lock_on,
    coalesce(version_span.template_version, nominal_day.template_version) as template_version,
from nominal_day
left join reference.form_calendar using (form_code, report_month)
left join working_day as due on nominal_day.due_on = due.day
left join working_day as lock on nominal_day.lock_on = lock.day
left join version_span
    on
        nominal_day.form_code = version_span.form_code
        and nominal_day.report_month >= version_span.first_month
        and nominal_day.report_month < coalesce(version_span.next_first_month, date '9999-12-01')
order by nominal_day.form_code, nominal_day.report_month
