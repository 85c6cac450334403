-- grain: one row per month's amount or level with the two months before it
-- view: the few lines are told in words; how long each is is worked out in check.amount_line.
select
    row_key as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    cell,
    text as found,
    cast(null as varchar) as expected,  -- nothing is wrong: no other figure is
    has_explanation as is_explained,
    step_amount,
    line_months_count,
    months_in_line_count,
    case when step_amount = 0 then '每月都是同一个数' else '每月都差 ' || shown_about(step_amount) end as line_zh,
    case
        when step_amount = 0 then 'the same amount each month' else 'each month differs by ' || shown_about(step_amount)
    end as line_en,
from "check".amount_line
