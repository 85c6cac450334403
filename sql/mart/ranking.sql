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

-- as it is known today, and as it was when it was last shown where that was otherwise
known_metric as (
    select
        'today' as known,
        peer_metric.*,
        false as was_suppressed,
    from core.peer_metric
    union all by name
    select
        'then' as known,
        earlier_metric.* exclude (is_suppressed),
        earlier_metric.is_suppressed as was_suppressed,
    from core.earlier_metric
),

-- what is withheld of a peer is not ranked: a place among the others, or a share of a composite, would tell it
peer_metric as (
    select
        metric.* exclude (metric_value, unranked_reason),
        metric.was_suppressed or coalesce(disclosure.is_suppressed, false) as is_suppressed,
        unless_suppressed(metric.metric_value, is_suppressed) as metric_value,
        case
            when not metric.was_suppressed and not coalesce(disclosure.is_suppressed, false)
                then metric.unranked_reason
            -- what no value decides is told
            when metric.unranked_reason in ('not_applicable', 'not_reported', 'low_coverage')
                then metric.unranked_reason
            else 'suppressed'
        end as unranked_reason,
    from known_metric as metric
    left join core.disclosure as disclosure
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
        peer_metric.score_value is not null as is_scored,
        count(*) over indicator_peers = sibling.siblings_count
        and bool_and(peer_metric.has_score and not peer_metric.is_suppressed) over indicator_peers as is_common,
    from peer_metric
    inner join sibling using (parent_code, report_month)
    left join reference.theme as theme on peer_metric.theme_code = theme.code
    window indicator_peers as (
        partition by peer_metric.known, peer_metric.parent_code, peer_metric.indicator_code, peer_metric.report_month
    )
),

weighed as (
    select
        *,
        'theme' as scope,
        theme_code as scope_code,
        weight as scope_weight,
        case when is_scored then millionths(scope_weight) end as scored_weight,
    from scored
    where is_common and theme_code is not null and weight > 0
    union all
    select
        *,
        'overall' as scope,
        'overall' as scope_code,
        weight * coalesce(theme_weight, 1) as scope_weight,
        case when is_scored then millionths(scope_weight) end as scored_weight,
    from scored
    where is_common and weight * coalesce(theme_weight, 1) > 0
),

-- the best score is that of the best of each indicator, the worst that of the worst of each
composite as (
    select
        known,
        parent_code,
        org_unit_code,
        scope,
        scope_code,
        report_month,
        bool_or(is_sample) as is_sample,
        sum(scope_weight) filter (where is_scored) as covered_weight,
        sum(scope_weight) as whole_weight,
        1000000 * sum(scored_weight) as weight_sum,
        exact_ratio(sum(scored_weight * millionths(score_value)), weight_sum) as score_value,
        exact_ratio(sum(scored_weight * millionths(best_score_value)), weight_sum) as best_score_value,
        exact_ratio(sum(scored_weight * millionths(worst_score_value)), weight_sum) as worst_score_value,
    from weighed
    group by known, parent_code, org_unit_code, scope, scope_code, report_month
),

contender as (
    select
        known,
        parent_code,
        org_unit_code,
        'indicator' as scope,
        indicator_code as scope_code,
        report_month,
        ranking_metric as metric,
        is_sample,
        is_suppressed,
        metric_value,
        merit_value,
        best_merit_value,
        worst_merit_value,
        unranked_reason,
    from peer_metric
    union all
    select
        composite.known,
        composite.parent_code,
        composite.org_unit_code,
        composite.scope,
        composite.scope_code,
        composite.report_month,
        'score' as metric,
        composite.is_sample,
        false as is_suppressed,
        cast(composite.score_value as decimal(24, 6)) as metric_value,
        composite.score_value as merit_value,
        composite.best_score_value as best_merit_value,
        composite.worst_score_value as worst_merit_value,
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
                    partition by known, parent_code, scope, scope_code, report_month, unranked_reason is null
                    order by merit_value desc  -- ties share the better rank: 1, 2, 2, 4
                )
        end as completion_rank,
        count(*) filter (where unranked_reason is null) over (
            partition by known, parent_code, scope, scope_code, report_month
        ) as peers_count,
    from contender
),

place as (
    select
        *,
        bool_or(best_merit_value > worst_merit_value) over (
            partition by parent_code, scope, scope_code, report_month
        ) as is_open,
    from ranked
    where known = 'today' and completion_rank is not null
),

-- how far up and down a place can still be: own best against the others' worst, and the reverse; where nobody's figure
-- can move any more, the rank is its own range, and nothing need be compared
open_range as (
    select
        own.parent_code,
        own.org_unit_code,
        own.scope,
        own.scope_code,
        own.report_month,
        1 + count(*) filter (where other.worst_merit_value > own.best_merit_value) as best_rank,
        1 + count(*) filter (where other.best_merit_value > own.worst_merit_value) as worst_rank,
    from place as own
    inner join place as other
        on
            own.parent_code = other.parent_code
            and own.scope = other.scope
            and own.scope_code = other.scope_code
            and own.report_month = other.report_month
            and own.org_unit_code != other.org_unit_code
    where own.is_open
    group by own.parent_code, own.org_unit_code, own.scope, own.scope_code, own.report_month
),

earlier_month as (
    select distinct report_month
    from core.earlier_metric
),

-- a rank moves within its plan year; January has no month before it
moved as (
    select
        today.*,
        case
            when today.is_suppressed then null
            when earlier_month.report_month is null then last_month.completion_rank
            else shown.completion_rank
        end as previous_rank,
        previous_rank - today.completion_rank as rank_change,  -- positive: moved up
        coalesce(last_month.completion_rank != previous_rank, true) as is_restated,
        last_month.metric_value != today.metric_value as has_own_change,
    from ranked as today
    left join ranked as last_month
        on
            today.parent_code = last_month.parent_code
            and today.org_unit_code = last_month.org_unit_code
            and today.scope = last_month.scope
            and today.scope_code = last_month.scope_code
            and today.report_month = last_month.report_month + interval 1 month
            and year(today.report_month) = year(last_month.report_month)
            and last_month.known = 'today'
    left join earlier_month on last_month.report_month = earlier_month.report_month
    left join ranked as shown
        on
            last_month.parent_code = shown.parent_code
            and last_month.org_unit_code = shown.org_unit_code
            and last_month.scope = shown.scope
            and last_month.scope_code = shown.scope_code
            and last_month.report_month = shown.report_month
            and shown.known = 'then'
    where today.known = 'today'
),

-- what a bulletin said, and what stood in the document of a plan; a rank published by growth stands beside our rank of
-- the growth
announced as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        published_rank,
        published_rank_metric,
    from core.month_value
    where published_rank is not null
    union all
    select
        baseline.org_unit_code,
        baseline.indicator_code,
        baseline.period_to as report_month,
        baseline.published_rank,
        baseline.published_rank_metric,
    from reference.baseline as baseline
    inner join core.indicator as indicator using (indicator_code)
    anti join core.month_value as reported
        on
            baseline.org_unit_code = reported.org_unit_code
            and baseline.indicator_code = reported.indicator_code
            and baseline.period_to = reported.report_month
            and reported.published_rank is not null
    where
        baseline.published_rank is not null
        -- we rank the year to date
        and (month(baseline.period_from) = 1 or indicator.kind not in ('flow', 'growth'))
),

published as (
    select
        coalesce(growth.indicator_code, announced.indicator_code) as scope_code,
        announced.org_unit_code,
        announced.report_month,
        announced.published_rank,
        announced.published_rank_metric,
    from announced
    left join core.indicator as growth
        on
            growth.kind = 'growth'
            and growth.numerator_code = announced.indicator_code
            and announced.published_rank_metric = 'growth'
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
    cast(moved.rank_change as integer) as rank_change,
    case
        when coalesce(moved.rank_change, 0) = 0 then null
        when moved.is_restated then 'restatement'
        when moved.has_own_change then 'own'
        else 'others'
    end as change_cause,
    cast(coalesce(open_range.best_rank, moved.completion_rank) as integer) as best_rank,
    cast(coalesce(open_range.worst_rank, moved.completion_rank) as integer) as worst_rank,
    case when moved.scope = 'indicator' then published.published_rank end as published_rank,
    coalesce(moved.is_sample, false) as is_sample,
from moved
left join open_range
    on
        moved.parent_code = open_range.parent_code
        and moved.org_unit_code = open_range.org_unit_code
        and moved.scope = open_range.scope
        and moved.scope_code = open_range.scope_code
        and moved.report_month = open_range.report_month
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
