-- grain: one row per calendar day, from the year before the first plan until two months after the as-of moment
-- working_number counts the working days up to it, so that days are added by adding numbers.
with calendar_day as (
    select
        cast(
            unnest(
                generate_series(
                    make_date(coalesce(min(plan_year), year($as_of)) - 1, 1, 1),
                    day_of($as_of) + 61,
                    interval 1 day
                )
            ) as date
        ) as day,
    from reference.target
)

select
    calendar_day.day,
    coalesce(holiday.is_working_day, isodow(calendar_day.day) <= 5) as is_working,
    count(*) filter (where coalesce(holiday.is_working_day, isodow(calendar_day.day) <= 5)) over (
        order by calendar_day.day
    ) as working_number,
from calendar_day
left join reference.holiday as holiday using (day)
order by calendar_day.day
