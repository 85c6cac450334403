-- grain: one row per alert case that is not resolved, or was resolved in the 31 days before the run
with newest_run as (
    select max(as_of_at) as as_of_at
    from mart.run
)

select
    alert.case_id,
    alert.kind,
    alert.state,
    alert.org_unit_code,
    coalesce(unit.short_name, unit.name) as unit_name,
    unit.level,
    coalesce(unit.is_office, false) as is_office,
    alert.indicator_code,
    indicator.name_zh as indicator_name_zh,
    coalesce(indicator.name_en, indicator.name_zh) as indicator_name_en,
    alert.form_code,
    alert.plan_year,
    alert.report_month,
    alert.opened_at,
    alert.notified_at,
    alert.acknowledged_at,
    alert.escalated_at,
    alert.resolved_at,
    date_diff('day', alert.opened_at, newest_run.as_of_at) as days_open_count,
    alert.owner,
    alert.summary_zh,
    alert.summary_en,
from mart.alert_case as alert
cross join newest_run
left join mart.org_unit as unit on alert.org_unit_code = unit.org_unit_code
left join mart.indicator as indicator on alert.indicator_code = indicator.indicator_code
where alert.state != 'resolved' or alert.resolved_at > newest_run.as_of_at - interval 31 day
order by
    alert.state = 'resolved',
    list_position(
        [
            'run_failed', 'stale', 'rejected', 'held', 'overdue', 'missed', 'projected_to_miss', 'behind', 'rank_fell',
            'restated',
        ],
        alert.kind
    ),
    not is_office,
    alert.org_unit_code,
    alert.opened_at,
    alert.case_id
