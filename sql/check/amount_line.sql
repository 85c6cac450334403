-- grain: one row per month's amount or level with the two months before it
-- How many months in a row lie on one straight line, to the digit: the same amount again and again, or the same step.
-- Left out is where less than ten happens in a month: small counts often are alike, and levels often stay.
with stepped as (
    select
        current_month.*,
        round(current_month.amount - previous_month.amount, 6) as step_amount,
        month_before.amount as amount_before,
        -- half a millionth: what doubles make of equal steps
        coalesce(
            abs(current_month.amount - 2 * previous_month.amount + month_before.amount) < 0.0000005, false
        ) as is_on_line,
        is_on_line
        and case when current_month.kind = 'flow' then current_month.amount else abs(step_amount) end >= 10 as is_line,
    from "check".month_amount as current_month
    left join "check".month_amount as previous_month
        on
            previous_month.is_newest
            and current_month.form_code = previous_month.form_code
            and current_month.org_unit_code = previous_month.org_unit_code
            and current_month.indicator_code = previous_month.indicator_code
            and current_month.report_month = previous_month.report_month + interval 1 month
    left join "check".month_amount as month_before
        on
            month_before.is_newest
            and current_month.form_code = month_before.form_code
            and current_month.org_unit_code = month_before.org_unit_code
            and current_month.indicator_code = month_before.indicator_code
            and current_month.report_month = month_before.report_month + interval 2 month
),

-- the last month before this one that left the line; most rows are on none
bend as (
    select
        line.row_key,
        max(bent.report_month) as bend_month,
    from stepped as line
    inner join stepped as bent
        on
            line.form_code = bent.form_code
            and line.org_unit_code = bent.org_unit_code
            and line.indicator_code = bent.indicator_code
            and line.report_month > bent.report_month
    where line.is_line and bent.is_newest and not bent.is_on_line
    group by line.row_key
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
        -- the month that left the older line and the one before it are on this one
        when is_line then date_diff('month', coalesce(bend_month, report_month), report_month) + 2
        else 0
    end as line_months_count,
    -- told once in half a year, not month after month
    case when line_months_count % 6 = 0 then line_months_count end as months_in_line_count,
from stepped
left join bend using (row_key)
where amount_before is not null
