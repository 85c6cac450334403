-- grain: one row per alert case and recipient who is to be told of it; without recipient where it is nobody's
-- What a digest says of a case, the worst of a severity first. Who has been told what stands in the private database.
-- A case that another one speaks for is nobody's message.
with route as (
    select
        case_id,
        recipient_name,
        min(level) as level,
        bool_or(level = 1) as hears_escalation,
    from mart.alert_route
    group by case_id, recipient_name
)

select
    route.recipient_name,
    coalesce(route.level, 0) as level,
    coalesce(route.hears_escalation, false) as hears_escalation,
    alert.case_id,
    alert.kind,
    alert.severity,
    alert.state,
    alert.org_unit_code,
    coalesce(unit.short_name, unit.name, alert.org_unit_code) as unit_name,
    coalesce(unit_english.name_en, unit.short_name, unit.name, alert.org_unit_code) as unit_name_en,
    alert.indicator_code,
    coalesce(indicator.name_zh, alert.indicator_code) as indicator_name_zh,
    coalesce(indicator.name_en, indicator.name_zh, alert.indicator_code) as indicator_name_en,
    indicator.kind as indicator_kind,
    indicator.unit as measure,
    indicator.decimals,
    alert.indicator_code is null or coalesce(indicator.publicity = 'public', false) as is_public,
    alert.form_code,
    coalesce(form.name_zh, alert.form_code) as form_name,
    coalesce(form_english.name_en, form.name_zh, alert.form_code) as form_name_en,
    alert.report_month,
    alert.since_month,
    alert.as_of_month,
    completion.status,
    completion.pace_ratio,
    coalesce(completion.status_rule = 'ceiling_exceeded', false) as is_over_ceiling,
    alert.opened_at,
    alert.escalated_at,
    alert.resolved_at,
    alert.snoozed_until,
    alert.assignee is not null as is_assigned,
    coalesce(alert.assignee, alert.owner) as owner,
    coalesce(owner_english.name_en, alert.assignee, alert.owner) as owner_en,
    alert.gap_value,
    alert.needed_monthly_value,
    alert.projected_value,
    alert.probability_ratio,
    alert.page,
    alert.summary_zh,
    alert.summary_en,
from mart.alert_case as alert
left join route using (case_id)
left join mart.org_unit as unit on alert.org_unit_code = unit.org_unit_code
left join mart.indicator as indicator on alert.indicator_code = indicator.indicator_code
left join mart.completion as completion
    on
        alert.org_unit_code = completion.org_unit_code
        and alert.indicator_code = completion.indicator_code
        and alert.as_of_month = completion.report_month
left join mart.form as form on alert.form_code = form.form_code
left join mart.english as unit_english on coalesce(unit.short_name, unit.name) = unit_english.name
left join mart.english as form_english on form.name_zh = form_english.name
left join mart.english as owner_english on coalesce(alert.assignee, alert.owner) = owner_english.name
where alert.is_told
order by
    list_position(['high', 'medium', 'low'], alert.severity) nulls last,
    list_position(
        ['missed', 'far_behind', 'behind', 'at_risk', 'repaired', 'on_pace', 'achieved'], completion.status
    ) nulls last,
    not coalesce(unit.is_office, false),
    completion.pace_ratio nulls last,
    alert.since_month nulls last,
    alert.org_unit_code nulls first,
    alert.indicator_code nulls first,
    alert.case_id,
    route.recipient_name
