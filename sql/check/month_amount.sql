-- grain: one row per answer that says what happened in the month, or stood at its end
-- Of a form that gives cumulatives alone, the month is what the cumulative grew by since the month before.
with cumulative_alone as (
    select
        current_month.row_key,
        case
            when month(current_month.report_month) = 1 then 0
            else coalesce(previous_month.mended_ytd_value, previous_month.ytd_value)
        end as previous_ytd_value,
    from "check".sound_reading as current_month
    left join "check".sound_reading as previous_month
        on
            previous_month.is_newest
            and current_month.form_code = previous_month.form_code
            and current_month.org_unit_code = previous_month.org_unit_code
            and current_month.indicator_code = previous_month.indicator_code
            and current_month.report_month = previous_month.report_month + interval 1 month
    where current_month.kind = 'flow' and current_month.month_text is null
)

select
    row_key,
    submission_id,
    sender_code,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    kind,
    decimals,
    is_newest,
    has_explanation,
    sheet_name,
    case when month_text is not null or kind = 'stock' then month_cell else ytd_cell end as cell,
    case
        when month_text is not null or kind = 'stock' then month_text
        when coalesce(previous_ytd_value, 0) = 0 then ytd_text
        -- what is judged is not what stands in the cell: 41500 - 35405 = 6095
        else
            shown_number(ytd_value)
            || ' - '
            || shown_number(previous_ytd_value)
            || ' = '
            || shown_number(ytd_value - previous_ytd_value)
    end as text,
    -- statistics need no exactness: what is compared is how far, not whether it is equal; a month that is given and
    -- wrong is told on its own
    cast(
        case when kind = 'flow' and month_text is null then ytd_value - previous_ytd_value else month_value end
        as double
    ) as amount,
from "check".sound_reading
left join cumulative_alone using (row_key)
where kind in ('flow', 'stock') and amount is not null
