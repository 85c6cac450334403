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

-- gathered first and sorted after: an aggregate that sorts on the way takes twice as long
gathered_step as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        step_group,
        list_sort(
            list(struct_pack(section, source_indicator_code, source_month, kind, zh := text_zh, en := text_en))
        ) as steps,
    from explained_step
    where
        report_month >= date_trunc('year', cast($month as date))
        and report_month < date_trunc('year', cast($month as date)) + interval 1 year
    group by org_unit_code, indicator_code, report_month, step_group
)

select
    org_unit_code,
    indicator_code,
    report_month,
    step_group,
    array_to_string(list_transform(steps, lambda step: step.zh), chr(30)) as steps_zh,
    array_to_string(list_transform(steps, lambda step: step.en), chr(30)) as steps_en,
from gathered_step
order by org_unit_code, indicator_code, report_month, steps[1].section, step_group
