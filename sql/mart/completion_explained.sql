-- grain: one row per org unit, indicator, month and step of the way from the cells that were typed to the status
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
-- A step says its arithmetic with its own numbers (215 = 1月 20 + …), so that it can be done again.
-- * stands for a figure that is withheld.
with explained_step as (
    select *
    from mart.explained_cell
    union all by name
    select *
    from mart.explained_actual
    union all by name
    select *
    from mart.explained_target
    union all by name
    select *
    from mart.explained_shape
    union all by name
    select *
    from mart.explained_projection
    union all by name
    select *
    from mart.explained_status
)

select
    org_unit_code,
    indicator_code,
    report_month,
    row_number() over steps_of_a_row as step,
    kind,
    value,
    text_zh,
    text_en,
    source_unit_code,
    source_indicator_code,
    source_month,
    submission_id,
    file_name,
    sheet_name,
    cell,
from explained_step
window steps_of_a_row as (
    partition by org_unit_code, indicator_code, report_month
    order by section, source_unit_code, source_indicator_code, source_month, measure
)
