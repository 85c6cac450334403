-- grain: one row per org unit, indicator, month of the plan year and group of steps
-- The steps of mart.completion_explained without its cells and units, which have pages' tables of their own. A group's
-- steps come in one text, parted by the record separator: a site has a hundred thousand of them.
with explained_step as (
    select
        *,
        'actual' as step_group,
    from mart.explained_actual
    union all by name
    select
        *,
        'target' as step_group,
    from mart.explained_target
    union all by name
    select
        *,
        'target' as step_group,
    from mart.explained_shape
    union all by name
    select
        *,
        'projection' as step_group,
    from mart.explained_projection
    union all by name
    select
        *,
        'status' as step_group,
    from mart.explained_status
),

-- one number to sort a group's steps by: gathering them in the order of four columns takes longer
placed_step as (
    select
        *,
        row_number() over (order by section, source_indicator_code, source_month, kind) as place,
    from explained_step
    where
        report_month >= date_trunc('year', cast($month as date))
        and report_month < date_trunc('year', cast($month as date)) + interval 1 year
)

select
    org_unit_code,
    indicator_code,
    report_month,
    step_group,
    string_agg(text_zh, chr(30) order by place) as steps_zh,
    string_agg(text_en, chr(30) order by place) as steps_en,
from placed_step
group by org_unit_code, indicator_code, report_month, step_group
order by org_unit_code, indicator_code, report_month, min(place), step_group
