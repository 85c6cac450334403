-- grain: one row per org unit, indicator, flow or stock that it is or is made of, and month: the value at the end month
-- All series together: those of the units that stay, and of those that leave by then, each to its own last month.
select
    org_unit_code,
    indicator_code,
    part_code,
    report_month,
    end_month,
    max(last_month) as last_month,
    kind,
    case
        when max(months_left) = 0 then 'actual'
        when max_by(is_seasonal, last_month) then 'seasonal'
        else 'run_rate'
    end as projection_basis,
    max(months_left) as months_left,
    sum(known_amount + rest_amount) / 1e6 as projected_value,
    sum(rest_amount) / 1e6 as rest_value,
    -- units of one office are mostly off together
    sum(deviation_amount) / 1e6 as deviation_value,
    -- what is there stays there, where nothing was ever taken back
    case
        when bool_and(is_never_negative) then case when kind = 'flow' then sum(known_amount) / 1e6 else 0 end
    end as floor_value,
    case
        when bool_and(last_year_end_amount is not null or known_amount is null)
            then sum(last_year_end_amount) filter (where known_amount is not null) / 1e6
    end as last_year_end_value,
    max_by(months_known_count, last_month) as months_known_count,
    bool_or(is_withheld) as is_withheld,
from core.projected_series
group by org_unit_code, indicator_code, part_code, report_month, end_month, kind
-- what ended units never reported is not waited for
having
    count(known_amount) > 0
    and bool_and(known_amount is not null or is_over)
    -- nothing to go by: an heir without a month of its own, a level that was silent since a whole last year
    and count(rest_amount) >= count(known_amount)
order by org_unit_code, indicator_code, part_code, report_month
