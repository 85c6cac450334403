-- grain: one row per indicator and sibling of the office, in the month that pages show
-- The office among the units of the unit above it: the figure as computed, its rank, and the rank that a bulletin gave.
with office as (
    select parent_code from mart.org_unit where org_unit_code = $office_code
),

-- bulletins publish a rank now and then, and each is compared with the one computed for its own month
told as (
    select
        scope_code,
        org_unit_code,
        report_month,
        published_rank,
        completion_rank,
        peers_count,
        coalesce(
            bool_or(is_sample) over (partition by scope_code, report_month),
            false
        ) as has_sample_peer,
    from mart.ranking
    where
        scope = 'indicator'
        and parent_code = (select parent_code from office)
        and report_month <= $month
    qualify
        published_rank is not null
        and report_month = max(report_month) filter (where published_rank is not null) over (
            partition by scope_code, org_unit_code
        )
)

select
    ranking.scope_code as indicator_code,
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh) as name_en,
    indicator.kind,
    indicator.unit,
    indicator.decimals,
    ranking.org_unit_code,
    ranking.metric,
    ranking.metric_value,
    completion.ytd_value,
    completion.prior_ytd_value,
    completion.growth_ratio,
    completion.status,
    completion.is_provisional,
    ranking.completion_rank,
    ranking.previous_rank,
    ranking.rank_change,
    ranking.change_cause,
    ranking.best_rank,
    ranking.worst_rank,
    ranking.peers_count,
    ranking.unranked_reason,
    told.report_month as published_month,
    told.published_rank,
    told.completion_rank as beside_rank,
    told.peers_count as beside_peers_count,
    told.has_sample_peer as beside_has_sample_peer,
    ranking.is_sample,
from mart.ranking as ranking
inner join mart.indicator as indicator on ranking.scope_code = indicator.indicator_code
left join mart.completion as completion
    on
        ranking.org_unit_code = completion.org_unit_code
        and ranking.scope_code = completion.indicator_code
        and ranking.report_month = completion.report_month
left join told
    on
        ranking.scope_code = told.scope_code
        and ranking.org_unit_code = told.org_unit_code
where
    ranking.scope = 'indicator'
    and ranking.report_month = $month
    and ranking.parent_code = (select parent_code from office)
    -- where a growth has an indicator of its own, the flow that it is of would say the same again
    and not exists (
        select 1
        from mart.indicator as growth
        where growth.kind = 'growth' and growth.numerator_code = ranking.scope_code and ranking.metric = 'growth'
    )
order by indicator.theme_code nulls last, ranking.scope_code, ranking.org_unit_code
