-- grain: one row per unit right below the office, its overall place in the month of the bulletin
with office as (
    select org_unit_code
    from mart.org_unit
    order by is_office desc, list_position(['district', 'subdistrict', 'community'], level), org_unit_code
    limit 1
)

select
    ranking.org_unit_code,
    coalesce(unit.short_name, unit.name) as unit_name,
    ranking.completion_rank as rank,
    ranking.peers_count,
    ranking.metric_value as score_ratio,
    ranking.previous_rank,
    ranking.rank_change,
    ranking.change_cause,
    ranking.best_rank,
    ranking.worst_rank,
    ranking.unranked_reason,
    ranking.is_sample,
from mart.ranking as ranking
inner join office on ranking.parent_code = office.org_unit_code
inner join mart.org_unit as unit on ranking.org_unit_code = unit.org_unit_code
where ranking.scope = 'overall' and ranking.report_month = $month
order by rank nulls last, ranking.org_unit_code
