-- grain: one row per ranked list and org unit, in the month that pages show
-- The units below the office among themselves, and the office among its siblings; overall, by theme and by indicator.
with office as (
    select parent_code from mart.org_unit where org_unit_code = $office_code
)

select
    ranking.org_unit_code,
    ranking.parent_code = $office_code as is_below_office,
    ranking.scope,
    ranking.scope_code,
    ranking.metric,
    ranking.metric_value,
    ranking.completion_rank,
    ranking.peers_count,
    ranking.unranked_reason,
    ranking.previous_rank,
    ranking.rank_change,
    ranking.change_cause,
    ranking.best_rank,
    ranking.worst_rank,
    ranking.published_rank,
    ranking.is_sample,
from mart.ranking as ranking
where
    ranking.report_month = $month
    and (
        ranking.parent_code = $office_code
        or ranking.parent_code = (select parent_code from office)
    )
order by
    ranking.parent_code != $office_code,
    list_position(['overall', 'theme', 'indicator'], ranking.scope),
    ranking.scope_code,
    ranking.completion_rank nulls last,
    ranking.org_unit_code
