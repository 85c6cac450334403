-- grain: one row per submission with at least five amounts that are not 0 in it or in the month before
-- Levels may honestly stay as they are; five or more amounts that all stay to the digit were copied. Of a form that
-- gives cumulatives alone those are compared: something happens in every month.
with amount_pair as (
    select
        current_month.submission_id,
        current_month.sender_code,
        current_month.form_code,
        current_month.report_month,
        current_month.sheet_name,
        current_month.row_number,
        coalesce(current_month.month_value, previous_month.month_value) is not null as is_by_month,
        case when is_by_month then current_month.month_value else current_month.ytd_value end as amount_value,
        case when is_by_month then current_month.month_cell else current_month.ytd_cell end as amount_cell,
        case when is_by_month then previous_month.month_value else previous_month.ytd_value end as previous_value,
        coalesce(is_by_month and current_month.ytd_value = previous_month.ytd_value, false) as is_ytd_still,
        current_month.has_explanation,
    from "check".sound_reading as current_month
    inner join "check".sound_reading as previous_month
        on
            previous_month.is_newest
            and current_month.form_code = previous_month.form_code
            and current_month.sender_code = previous_month.sender_code
            and current_month.org_unit_code = previous_month.org_unit_code
            and current_month.indicator_code = previous_month.indicator_code
            and current_month.report_month = previous_month.report_month + interval 1 month
    where
        current_month.kind = 'flow'
        and amount_value is not null
        and previous_value is not null
        and (amount_value != 0 or previous_value != 0)
)

select
    submission_id as check_key,
    submission_id,
    sender_code as org_unit_code,
    form_code,
    cast(null as varchar) as indicator_code,
    report_month,
    any_value(sheet_name) as sheet_name,
    arg_min(amount_cell, row_number) as cell,  -- the first of them, so that there is somewhere to look
    count(*) || ' = ' || strftime(report_month - interval 1 month, '%Y-%m') as found,
    '≠ ' || strftime(report_month - interval 1 month, '%Y-%m') as expected,
    arg_min(has_explanation, row_number) as is_explained,  -- a note on another cell is about that one
    count(*) as compared_count,
    count(*) filter (where amount_value != previous_value) as changed_count,
    -- what else was not updated: each of them would be a finding of its own
    count(*) filter (where is_ytd_still) as still_count,
    case when still_count > 0 then '，本年累计有 ' || still_count || ' 项也没有变' end as still_zh,
    case when still_count > 0 then ', and ' || still_count || ' cumulatives have not moved either' end as still_en,
from amount_pair
group by submission_id, sender_code, form_code, report_month
having count(*) >= 5
order by check_key
