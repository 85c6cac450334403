-- grain: one row per peer, indicator and month: the metric that it is ranked by, or why it is not
-- Peers are the siblings marked is_peer in org_unit.csv that are asked for the indicator.
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
        outcome.actual_value,
        outcome.pace_ratio,
        outcome.completion_ratio,
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
        or coalesce(parent_target.split_key = 'explicit', false)
        or tree_month.kind in ('ratio', 'milestone') as has_common_key,
        count(*) over (
            partition by org_unit.parent_code, tree_month.indicator_code, tree_month.report_month
        ) as peers_count,
    from core.tree_month as tree_month
    inner join core.outcome as outcome
        on
            tree_month.org_unit_code = outcome.org_unit_code
            and tree_month.indicator_code = outcome.indicator_code
            and tree_month.report_month = outcome.report_month
            and outcome.bound = 'actual'
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
        and coalesce(indicator.ranking_metric, 'none') != 'none'
        and indicator.direction != 'none'
),

measured as (
    select
        *,
        cast(
            case
                when ranking_metric = 'pace' and has_common_key then pace_ratio
                when ranking_metric = 'growth' and kind = 'flow' and growth_denominator > 0
                    then exact_ratio(growth_numerator, growth_denominator)
                when ranking_metric = 'growth' and kind = 'growth' then actual_value
                when ranking_metric = 'level' then actual_value
                when ranking_metric = 'per_thousand_households'
                    then exact_ratio(1000 * millionths(actual_value), millionths(households))
            end as decimal(24, 6)
        ) as metric_value,
    from peer
)

select
    measured.parent_code,
    measured.org_unit_code,
    measured.indicator_code,
    measured.theme_code,
    measured.report_month,
    measured.ranking_metric,
    measured.kind,
    measured.weight,
    measured.is_sample,
    measured.peers_count,
    measured.metric_value,
    -- the larger the better, whatever the direction
    case
        when measured.ranking_metric != 'pace' and measured.direction = 'lower' then -1
        else 1
    end * measured.metric_value as merit_value,
    case
        when measured.is_not_applicable then 'not_applicable'
        when not measured.is_reported then 'not_reported'
        when measured.months_covered_count < setting.minimum_coverage * measured.months_due_count then 'low_coverage'
        when
            measured.kind in ('ratio', 'growth')
            and measured.actual_denominator < millionths(measured.minimum_denominator)
            then 'small_denominator'
        when measured.ranking_metric = 'pace' and measured.target_value is null then 'no_target'
        when measured.ranking_metric = 'pace' and not measured.has_common_key then 'no_common_key'
        when measured.metric_value is null then 'not_computable'
    end as unranked_reason,
    measured.target_value is not null
    and (measured.kind != 'milestone' or measured.report_month >= measured.due_month) as has_score,
    -- what the indicator brings to the composite; a milestone counts from its due month on, done early or not
    case
        when measured.kind = 'milestone' and measured.report_month < measured.due_month then null
        when measured.kind = 'milestone' then measured.completion_ratio
        -- least() skips nulls
        when measured.pace_ratio is not null then greatest(0, least(setting.score_cap, measured.pace_ratio))
    end as score_value,
from measured
cross join core.setting as setting
where measured.peers_count > 1
order by measured.parent_code, measured.org_unit_code, measured.indicator_code, measured.report_month
