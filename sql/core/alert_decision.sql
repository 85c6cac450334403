-- grain: one row per decision about alerts, by the as-of moment, and case that it names
-- Acknowledged: somebody sees to it. Snoozed: neither told nor escalated until that day is over. Assigned: it is
-- another recipient's from now on. Each holds for the opening that it was said of (mart.alert_event).
with decided as (
    select
        decision_id,
        recorded_at,
        entered_at,
        from_json(
            payload, '{"action": "VARCHAR", "cases": ["VARCHAR"], "until": "DATE", "assignee": "VARCHAR"}'
        ) as told,
    from raw.decision
    where kind = 'alert' and recorded_at <= $as_of
)

select
    decision_id,
    recorded_at,
    entered_at,
    told.action as action,
    told.until as snoozed_until,
    told.assignee as assignee,
    unnest(told.cases) as case_id,
from decided
order by recorded_at, entered_at, decision_id, case_id
