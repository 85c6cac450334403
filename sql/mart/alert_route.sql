-- grain: one row per alert case, recipient who is told of it, and level
-- level 0: told when it opens; 1: when it is escalated. Without a route.csv of his own a recipient's scope is his
-- route. Whoever a case was assigned to is told from then on, in the place of the department that owned it. A case that
-- another one speaks for is nobody's yet.
with severity_rank as (
    select
        unnest(['high', 'medium', 'low']) as severity,
        unnest([1, 2, 3]) as gravity_rank,
),

route as (
    select
        recipient_name,
        org_unit_code,
        department,
        theme_code,
        indicator_code,
        kind,
        severity,
        cast(from_level as integer) as level,
    from reference.route
    union all by name
    -- a code may be that of a unit, a theme and an indicator: each of them is meant
    select
        recipient.name as recipient_name,
        scope_code.org_unit_code,
        scope_code.theme_code,
        scope_code.indicator_code,
        0 as level,
    from reference.recipient as recipient
    cross join
        lateral (
            select
                org_unit.code as org_unit_code,
                cast(null as varchar) as theme_code,
                cast(null as varchar) as indicator_code,
            from reference.org_unit as org_unit
            where org_unit.code = recipient.scope
            union all
            select
                null as org_unit_code,
                theme.theme_code,
                null as indicator_code,
            from (select distinct theme_code from mart.indicator) as theme
            where theme.theme_code = recipient.scope
            union all
            select
                null as org_unit_code,
                null as theme_code,
                indicator.indicator_code,
            from mart.indicator as indicator
            where indicator.indicator_code = recipient.scope
            union all
            select
                null as org_unit_code,
                null as theme_code,
                null as indicator_code,
            where recipient.scope is null
        ) as scope_code
    anti join reference.route as own_route on recipient.name = own_route.recipient_name
),

routed as (
    select
        alert_case.case_id,
        route.recipient_name,
        route.level,
    from mart.alert_case as alert_case
    inner join severity_rank as case_severity using (severity)
    left join mart.indicator as indicator using (indicator_code)
    inner join route
        on
            coalesce(route.department = alert_case.owner, route.department is null)
            and coalesce(route.theme_code = indicator.theme_code, route.theme_code is null)
            and coalesce(route.indicator_code = alert_case.indicator_code, route.indicator_code is null)
            and coalesce(route.kind = alert_case.kind, route.kind is null)
    left join core.org_descendant as descendant
        on
            route.org_unit_code = descendant.ancestor_code
            and alert_case.org_unit_code = descendant.descendant_code
    left join severity_rank as least_severity on route.severity = least_severity.severity
    where
        alert_case.is_told
        and (route.org_unit_code is null or descendant.ancestor_code is not null)
        and case_severity.gravity_rank <= coalesce(least_severity.gravity_rank, 3)
        and not (route.level = 0 and route.department is not null and alert_case.assignee is not null)
    union all
    select
        alert_case.case_id,
        recipient.name as recipient_name,
        0 as level,
    from mart.alert_case as alert_case
    inner join reference.recipient as recipient on alert_case.assignee = recipient.name
    where alert_case.is_told
)

select distinct
    case_id,
    recipient_name,
    level,
from routed
order by case_id, recipient_name, level
