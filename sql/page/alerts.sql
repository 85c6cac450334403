-- grain: one row per alert case that is not resolved, or was resolved in the 31 days before the run
-- What another case speaks for has no row: it is said beside that one.
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
    alert.severity,
    alert.since_month,
    alert.snoozed_until,
    alert.assignee,
    alert.reopened_count,
    alert.gap_value,
    alert.needed_monthly_value,
    alert.projected_value,
    coalesce(spoken.probability_ratio, alert.probability_ratio) as probability_ratio,
    spoken.case_id is not null as is_projected_to_miss,
    alert.page,
    indicator.kind as indicator_kind,
    indicator.unit,
    indicator.decimals,
from mart.alert_case as alert
left join mart.alert_case as spoken
    on
        alert.case_id = spoken.told_by_case_id
        and spoken.kind = 'projected_to_miss'
        and not spoken.is_told
cross join newest_run
left join mart.org_unit as unit on alert.org_unit_code = unit.org_unit_code
left join mart.indicator as indicator on alert.indicator_code = indicator.indicator_code
left join mart.completion as standing
    on
        alert.org_unit_code = standing.org_unit_code
        and alert.indicator_code = standing.indicator_code
        and standing.report_month = $month
where
    alert.is_told and (alert.state != 'resolved' or alert.resolved_at > newest_run.as_of_at - interval 31 day)
order by
    alert.state = 'resolved',
    list_position(['high', 'medium', 'low'], alert.severity),
    list_position(
        [
            'run_failed', 'stale', 'rejected', 'held', 'overdue', 'missed', 'projected_to_miss', 'behind', 'rank_fell',
            'restated',
        ],
        alert.kind
    ),
    not is_office,
    standing.pace_ratio,  -- the worst first, as on the overview and in the bulletin
    alert.org_unit_code,
    alert.opened_at,
    alert.case_id
