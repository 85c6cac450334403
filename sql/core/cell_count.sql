-- grain: one row per submission received by the as-of moment: how many cells were asked, filled, and not applicable
-- A file without form, sender or month was asked nothing. What was not asked is not counted.
with asked as (
    select
        form_code,
        sender_code,
        report_month,
        sum(case when cells_required = 'both' then 2 else 1 end) as cells_asked_count,
    from core.expected_cell
    group by form_code, sender_code, report_month
),

asked_cell as (
    select
        submission_id,
        unnest(
            case cells_required
                when 'both' then [month_state, ytd_state]
                when 'month' then [month_state]
                when 'ytd' then [ytd_state]
                else [
                    case
                        when 'number' in (coalesce(month_state, ''), coalesce(ytd_state, '')) then 'number'
                        else coalesce(nullif(month_state, 'blank'), ytd_state)
                    end
                ]
            end
        ) as cell_state,
    from core.reading
    where is_asked
),

answered as (
    select
        submission_id,
        count(*) filter (where cell_state in ('number', 'not_applicable')) as cells_filled_count,
        count(*) filter (where cell_state = 'not_applicable') as not_applicable_count,
    from asked_cell
    group by submission_id
)

select
    received.submission_id,
    cast(coalesce(asked.cells_asked_count, 0) as integer) as cells_asked_count,
    cast(coalesce(answered.cells_filled_count, 0) as integer) as cells_filled_count,
    cast(coalesce(answered.not_applicable_count, 0) as integer) as not_applicable_count,
from core.received as received
left join asked
    on
        received.form_code = asked.form_code
        and received.sender_code = asked.sender_code
        and received.report_month = asked.report_month
left join answered using (submission_id)
order by received.submission_id
