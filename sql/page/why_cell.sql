-- grain: one row per org unit, indicator and cell of the unit's own forms that figures of the plan year rest on
-- A cell serves many months (January stands in every year to date): months says which. What units below were asked
-- stands on their own pages; of a ratio or a growth the cells are those of its parts.
select
    completion_cell.org_unit_code,
    completion_cell.indicator_code,
    completion_cell.source_indicator_code,
    completion_cell.source_month,
    completion_cell.measure,
    completion_cell.value,
    completion_cell.cell_text,
    completion_cell.finished_on,
    completion_cell.submission_id,
    completion_cell.file_name,
    completion_cell.sheet_name,
    completion_cell.cell,
    completion_cell.is_held,
    completion_cell.is_late,
    completion_cell.is_sample,
    completion_cell.is_suppressed,
    completion_cell.is_corrected,
    completion_cell.corrected_on,
    completion_cell.decision_id,
    list_sort(list(month(completion_cell.report_month))) as months,
    -- in which months it makes the month's own value, and in which the year to date
    coalesce(
        list_sort(list(month(completion_cell.report_month)) filter (where completion_cell.is_month_term)), []
    ) as own_months,
    coalesce(
        list_sort(list(month(completion_cell.report_month)) filter (where completion_cell.is_ytd_term)), []
    ) as ytd_months,
from mart.completion_cell as completion_cell
where
    completion_cell.source_unit_code = completion_cell.org_unit_code
    and year(completion_cell.report_month) = year(cast($month as date))
group by all
order by
    completion_cell.org_unit_code,
    completion_cell.indicator_code,
    completion_cell.source_indicator_code,
    completion_cell.source_month desc,
    completion_cell.measure,
    completion_cell.submission_id,
    completion_cell.cell
