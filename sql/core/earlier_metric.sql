-- grain: one row per peer, indicator and report month of which anything was known otherwise when it was last shown
-- What was known otherwise is as it was then (raw.earlier_metric); the other indicators of such a month are today's: a
-- composite takes them all. A month that is not here was known as it is today.
with earlier_month as (
    select distinct report_month
    from raw.earlier_metric
)

select
    parent_code,
    org_unit_code,
    indicator_code,
    theme_code,
    report_month,
    ranking_metric,
    weight,
    is_suppressed,
    metric_value,
    merit_value,
    unranked_reason,
    has_score,
    score_value,
from raw.earlier_metric
union all
select
    peer_metric.parent_code,
    peer_metric.org_unit_code,
    peer_metric.indicator_code,
    peer_metric.theme_code,
    peer_metric.report_month,
    peer_metric.ranking_metric,
    peer_metric.weight,
    false as is_suppressed,
    peer_metric.metric_value,
    peer_metric.merit_value,
    peer_metric.unranked_reason,
    peer_metric.has_score,
    peer_metric.score_value,
from core.peer_metric
inner join earlier_month using (report_month)
anti join raw.earlier_metric using (indicator_code, report_month)
order by parent_code, org_unit_code, indicator_code, report_month
