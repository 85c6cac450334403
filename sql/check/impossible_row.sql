-- grain: one row per row of a report with an impossible value
-- They are few: a table of them costs its readers nothing, and tells DuckDB so.
select
    submission_id,
    sheet_name,
    row_number,
    bool_or(field = 'month') as is_month_wrong,
    bool_or(field = 'ytd') as is_ytd_wrong,
    bool_or(field = 'prior_ytd') as is_prior_wrong,
from "check".measured_cell
where is_impossible
group by all
order by submission_id, sheet_name, row_number
