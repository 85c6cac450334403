-- grain: one row per org unit, indicator, month of the year before and workbook that the month came in
-- The cells of the unit's own form that the month's figures were typed into; of a ratio or a growth those of its parts.
with part as (
    select
        indicator_code,
        unnest([indicator_code, numerator_code, denominator_code]) as part_code,
    from mart.indicator
)

select
    typed.org_unit_code,
    part.indicator_code,
    typed.report_month,
    coalesce(typed.file_name, '') as file_name,
    coalesce(typed.sheet_name, '') as sheet_name,
    string_agg(distinct typed.cell, ' ' order by typed.cell) as cells,
from mart.reported_cell as typed
inner join part on typed.indicator_code = part.part_code
where
    typed.cell is not null
    and typed.measure in ('month', 'ytd')
    and year(typed.report_month) = year(cast($month as date)) - 1
group by all
order by typed.org_unit_code, part.indicator_code, typed.report_month, file_name, sheet_name
