-- grain: one row per org unit, indicator, month of the plan year and step of the arithmetic
-- The steps of mart.completion_explained without its cells and units, which have pages' tables of their own.
with explained_step as (
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
    kind,
    text_zh,
    text_en,
from explained_step
where year(report_month) = year(cast($month as date))
order by
    org_unit_code, indicator_code, report_month, section, source_indicator_code, source_month, kind
