-- grain: one row per peer, indicator and month: the metric that it is ranked by, or why it is not
-- Peers are the siblings marked is_peer in org_unit.csv that are asked for the indicator.
-- best and worst are the ends of what the metric can still be: the actual, and missing months low or high.
with peer as (
    select
        org_unit.parent_code,
        tree_month.org_unit_code,
        tree_month.indicator_code,
        tree_month.report_month,
        tree_month.kind,
        tree_month.is_reported,
        tree_month.is_not_applicable,
        coalesce(tree_month.is_sample, false) or coalesce(own_target.is_sample, false) as is_sample,
        tree_month.months_covered_count,
        tree_month.months_due_count,
        tree_month.actual_denominator,
        tree_month.growth_numerator,
        tree_month.growth_denominator,
        indicator.direction,
        indicator.ranking_metric,
        indicator.theme_code,
        indicator.weight,
        indicator.minimum_denominator,
        org_unit.households,
        own_target.target_value,
        own_target.due_month,
        -- a pace compares peers only where one published key gave them their targets
        coalesce(own_target.split_from_code = org_unit.parent_code, false)
        or coalesce(parent_target.split_key = 'explicit', false) as has_common_key,
        count(*) over (
            partition by org_unit.parent_code, tree_month.indicator_code, tree_month.report_month
        ) as peers_count,
    from core.tree_month as tree_month
    inner join core.indicator as indicator on tree_month.indicator_code = indicator.indicator_code
    inner join reference.org_unit as org_unit on tree_month.org_unit_code = org_unit.code
    left join core.target_month as own_target
        on
            tree_month.org_unit_code = own_target.org_unit_code
            and tree_month.indicator_code = own_target.indicator_code
            and tree_month.report_month = own_target.report_month
    left join core.target_month as parent_target
        on
            org_unit.parent_code = parent_target.org_unit_code
            and tree_month.indicator_code = parent_target.indicator_code
            and tree_month.report_month = parent_target.report_month
    where
        org_unit.parent_code is not null
        and coalesce(org_unit.is_peer, true)
        and indicator.ranking_metric != 'none'
        and indicator.direction != 'none'
),

-- how far the growth of a flow can still go is known where an indicator is made of it
growth_bound as (
    select
        indicator.numerator_code as indicator_code,
        outcome.org_unit_code,
        outcome.report_month,
        outcome.bound,
        outcome.actual_value as growth_value,
    from core.indicator as indicator
    inner join core.outcome as outcome using (indicator_code)
    where indicator.kind = 'growth'
),

bounded as (
    select
        peer.*,
        outcome.bound,
        cast(
            case
                when peer.ranking_metric = 'pace' and peer.has_common_key then outcome.pace_ratio
                when peer.ranking_metric = 'growth' and peer.kind = 'flow' and outcome.bound != 'actual'
                    then growth_bound.growth_value
                when peer.ranking_metric = 'growth' and peer.kind = 'flow'
                    then exact_ratio(peer.growth_numerator, greatest(peer.growth_denominator, 0))
                when peer.ranking_metric = 'growth' and peer.kind = 'growth' then outcome.actual_value
                when peer.ranking_metric = 'level' then outcome.actual_value
                when peer.ranking_metric = 'per_thousand_households'
                    then exact_ratio(1000 * millionths(outcome.actual_value), millionths(peer.households))
            end as decimal(24, 6)
        ) as metric_value,
        -- the larger the better, whatever the direction
        case
            when peer.ranking_metric != 'pace' and peer.direction = 'lower' then -1
            else 1
        end * metric_value as merit_value,
        -- what the indicator brings to the composite; a milestone counts from its due month on, done early or not
        case
            when peer.kind = 'milestone' and peer.report_month < peer.due_month then null
            when peer.kind = 'milestone' then outcome.completion_ratio
            -- least() skips nulls
            when outcome.pace_ratio is not null then greatest(0, least(setting.score_cap, outcome.pace_ratio))
        end as score_value,
    from peer
    inner join core.outcome as outcome
        on
            peer.org_unit_code = outcome.org_unit_code
            and peer.indicator_code = outcome.indicator_code
            and peer.report_month = outcome.report_month
    left join growth_bound
        on
            peer.org_unit_code = growth_bound.org_unit_code
            and peer.indicator_code = growth_bound.indicator_code
            and peer.report_month = growth_bound.report_month
            and outcome.bound = growth_bound.bound
    cross join core.setting as setting
    where peer.peers_count > 1
),

measured as (
    select
        * exclude (bound, metric_value, merit_value, score_value),
        any_value(metric_value) filter (where bound = 'actual') as metric_value,
        any_value(merit_value) filter (where bound = 'actual') as merit_value,
        max(merit_value) as best_merit_value,
        min(merit_value) as worst_merit_value,
        any_value(score_value) filter (where bound = 'actual') as score_value,
        max(score_value) as best_score_value,
        min(score_value) as worst_score_value,
    from bounded
    group by all
),

weighed as (
    select
        measured.*,
        -- what keeps a figure from being compared, whatever it is ranked by
        case
            when measured.is_not_applicable then 'not_applicable'
            when not measured.is_reported then 'not_reported'
            when measured.months_covered_count < setting.minimum_coverage * measured.months_due_count
                then 'low_coverage'
            when
                measured.kind in ('ratio', 'growth')
                and measured.actual_denominator < millionths(measured.minimum_denominator)
                then 'small_denominator'
        end as thin_reason,
        -- progress once made stays made: a milestone scores in silent months too
        thin_reason is null or (measured.kind = 'milestone' and not measured.is_not_applicable) as is_scorable,
    from measured
    cross join core.setting as setting
)

select
    parent_code,
    org_unit_code,
    indicator_code,
    theme_code,
    report_month,
    ranking_metric,
    kind,
    weight,
    is_sample,
    peers_count,
    metric_value,
    merit_value,
    best_merit_value,
    worst_merit_value,
    case
        when thin_reason is not null then thin_reason
        when ranking_metric = 'pace' and target_value is null then 'no_target'
        when ranking_metric = 'pace' and not has_common_key then 'no_common_key'
        when metric_value is null then 'not_computable'
    end as unranked_reason,
    target_value is not null and (kind != 'milestone' or report_month >= due_month) as has_score,
    case when is_scorable then score_value end as score_value,
    case when is_scorable then best_score_value end as best_score_value,
    case when is_scorable then worst_score_value end as worst_score_value,
from weighed
order by parent_code, org_unit_code, indicator_code, report_month
