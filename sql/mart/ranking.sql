-- grain: one row per parent, peer, scope (indicator, theme, overall), its code and report month
-- Not reported, thinly covered or not comparable is unranked with a reason, never last (domain.md, Rankings).
with month as (
    select distinct report_month
    from core.form_month
),

sibling as (
    select
        org_unit.parent_code,
        month.report_month,
        count(distinct org_unit.code) as siblings_count,
    from reference.org_unit as org_unit
    cross join month
    where
        org_unit.parent_code is not null
        and coalesce(org_unit.is_peer, true)
        and month.report_month
        between coalesce(org_unit.valid_from, month.report_month) and coalesce(org_unit.valid_to, month.report_month)
    group by org_unit.parent_code, month.report_month
),

-- what is withheld of a peer is not ranked: a place among the others, or a share of a composite, would tell it
peer_metric as (
    select
        metric.* exclude (metric_value, merit_value, unranked_reason),
        coalesce(disclosure.is_suppressed, false) as is_suppressed,
        unless_suppressed(metric.metric_value, disclosure.is_suppressed) as metric_value,
        unless_suppressed(metric.merit_value, disclosure.is_suppressed) as merit_value,
        case
            when not coalesce(disclosure.is_suppressed, false) then metric.unranked_reason
            -- what no value decides is told
            when metric.unranked_reason in ('not_applicable', 'not_reported', 'low_coverage')
                then metric.unranked_reason
            else 'suppressed'
        end as unranked_reason,
    from core.peer_metric as metric
    left join core.disclosure
        on
            metric.org_unit_code = disclosure.org_unit_code
            and metric.indicator_code = disclosure.indicator_code
            and metric.report_month = disclosure.report_month
),

-- the composite takes the indicators that every peer is asked for, and of which no peer's figure is withheld
scored as (
    select
        peer_metric.*,
        theme.weight as theme_weight,
        peer_metric.unranked_reason is null and peer_metric.score_value is not null as is_scored,
        count(*) over indicator_peers = sibling.siblings_count
        and bool_and(peer_metric.has_score and not peer_metric.is_suppressed) over indicator_peers as is_common,
    from peer_metric
    inner join sibling using (parent_code, report_month)
    left join reference.theme as theme on peer_metric.theme_code = theme.code
    window indicator_peers as (
        partition by peer_metric.parent_code, peer_metric.indicator_code, peer_metric.report_month
    )
),

weighed as (
    select
        *,
        'theme' as scope,
        theme_code as scope_code,
        weight as scope_weight,
    from scored
    where is_common and theme_code is not null and weight > 0
    union all
    select
        *,
        'overall' as scope,
        'overall' as scope_code,
        weight * coalesce(theme_weight, 1) as scope_weight,
    from scored
    where is_common and weight * coalesce(theme_weight, 1) > 0
),

composite as (
    select
        parent_code,
        org_unit_code,
        scope,
        scope_code,
        report_month,
        'score' as metric,
        bool_or(is_sample) as is_sample,
        sum(scope_weight) filter (where is_scored) as covered_weight,
        sum(scope_weight) as whole_weight,
        cast(
            exact_ratio(
                sum(millionths(scope_weight) * millionths(score_value)) filter (where is_scored),
                1000000 * sum(millionths(scope_weight)) filter (where is_scored)
            ) as decimal(24, 6)
        ) as metric_value,
    from weighed
    group by parent_code, org_unit_code, scope, scope_code, report_month
),

contender as (
    select
        parent_code,
        org_unit_code,
        'indicator' as scope,
        indicator_code as scope_code,
        report_month,
        ranking_metric as metric,
        is_sample,
        metric_value,
        merit_value,
        unranked_reason,
    from peer_metric
    union all
    select
        composite.parent_code,
        composite.org_unit_code,
        composite.scope,
        composite.scope_code,
        composite.report_month,
        composite.metric,
        composite.is_sample,
        composite.metric_value,
        composite.metric_value as merit_value,
        case
            when composite.covered_weight is null then 'not_reported'
            when composite.covered_weight < setting.minimum_coverage * composite.whole_weight then 'low_coverage'
        end as unranked_reason,
    from composite
    cross join core.setting as setting
),

ranked as (
    select
        *,
        case
            when unranked_reason is null
                then rank() over (
                    partition by parent_code, scope, scope_code, report_month, unranked_reason is null
                    order by merit_value desc  -- ties share the better rank: 1, 2, 2, 4
                )
        end as completion_rank,
        count(*) filter (where unranked_reason is null) over (
            partition by parent_code, scope, scope_code, report_month
        ) as peers_count,
    from contender
),

-- a rank moves within its plan year; January has no month before it
moved as (
    select
        ranked.*,
        last_month.completion_rank as previous_rank,
    from ranked
    left join ranked as last_month
        on
            ranked.parent_code = last_month.parent_code
            and ranked.org_unit_code = last_month.org_unit_code
            and ranked.scope = last_month.scope
            and ranked.scope_code = last_month.scope_code
            and ranked.report_month = last_month.report_month + interval 1 month
            and year(ranked.report_month) = year(last_month.report_month)
),

-- a rank published by growth stands beside our rank of the growth
published as (
    select
        coalesce(growth.indicator_code, month_value.indicator_code) as scope_code,
        month_value.org_unit_code,
        month_value.report_month,
        month_value.published_rank,
        month_value.published_rank_metric,
    from core.month_value as month_value
    left join core.indicator as growth
        on
            growth.kind = 'growth'
            and growth.numerator_code = month_value.indicator_code
            and month_value.published_rank_metric = 'growth'
    where month_value.published_rank is not null
)

select
    moved.parent_code,
    moved.org_unit_code,
    moved.scope,
    moved.scope_code,
    moved.report_month,
    moved.metric,
    moved.metric_value,
    cast(moved.completion_rank as integer) as completion_rank,
    cast(moved.peers_count as integer) as peers_count,
    moved.unranked_reason,
    cast(moved.previous_rank as integer) as previous_rank,
    cast(moved.previous_rank - moved.completion_rank as integer) as rank_change,  -- positive: moved up
    case when moved.scope = 'indicator' then published.published_rank end as published_rank,
    coalesce(moved.is_sample, false) as is_sample,
from moved
left join published
    on
        moved.scope_code = published.scope_code
        and moved.org_unit_code = published.org_unit_code
        and moved.report_month = published.report_month
        -- ranks by different figures are never compared
        and moved.metric = coalesce(published.published_rank_metric, moved.metric)
order by
    moved.parent_code, moved.scope, moved.scope_code, moved.report_month, moved.completion_rank nulls last,
    moved.org_unit_code
