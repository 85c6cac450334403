-- grain: one row per month's amount or level with the two months before it
-- How many months in a row lie on one straight line, to the digit: the same amount again and again, or the same step.
-- Left out is where less than ten happens in a month: small counts often are alike, and levels often stay.
with stepped as (
    select
        *,
        max(amount) filter (where is_newest) over (
            one_series range between interval 1 month preceding and interval 1 month preceding
        ) as previous_amount,
        max(amount) filter (where is_newest) over (
            one_series range between interval 2 month preceding and interval 2 month preceding
        ) as amount_before,
        round(amount - previous_amount, 6) as step_amount,
        -- half a millionth: what doubles make of equal steps
        coalesce(abs(amount - 2 * previous_amount + amount_before) < 0.0000005, false) as is_on_line,
    from "check".month_amount
    window one_series as (partition by form_code, org_unit_code, indicator_code order by report_month)
),

line as (
    select
        *,
        -- the last month before this one that left the line
        coalesce(
            max(report_month) filter (where is_newest and not is_on_line) over (
                partition by form_code, org_unit_code, indicator_code
                order by report_month
                range between unbounded preceding and interval 1 month preceding
            ),
            report_month
        ) as bend_month,
    from stepped
)

select
    row_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    cell,
    text,
    has_explanation,
    step_amount,
    case
        when is_on_line and case when kind = 'flow' then amount else abs(step_amount) end >= 10
            -- the month that left the older line and the one before it are on this one
            then date_diff('month', bend_month, report_month) + 2
        else 0
    end as line_months_count,
    -- told once in half a year, not month after month
    case when line_months_count % 6 = 0 then line_months_count end as months_in_line_count,
from line
where amount_before is not null
