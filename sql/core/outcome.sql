-- grain: one row per org unit, indicator, month and bound: actual, low and high against the target
-- Every figure here is an exact fraction; completion and pace are one division each (domain.md, Completion).
with covered as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        -- units phased alike have one denominator; others are brought to one of 18 decimals
        case
            when min(covered_denominator) = max(covered_denominator) then sum(covered_numerator)
            else sum(half_away(1000000000000 * covered_numerator, covered_denominator))
        end as covered_numerator,
        case
            when min(covered_denominator) = max(covered_denominator) then min(covered_denominator)
            else 1000000000000
        end as covered_denominator,
        sum(baseline_numerator) as baseline_numerator,
        any_value(baseline_denominator) as baseline_denominator,
        bool_or(has_missing_month) as has_missing_month,
        bool_and(is_known_by_due) as is_known_by_due,
        bool_or(is_known_at_due) as is_partly_known_at_due,
        sum(ytd_low_value) as ytd_low_value,
        sum(ytd_high_value) as ytd_high_value,
    from core.covered_month
    group by org_unit_code, indicator_code, report_month
),

bounded as (
    select
        tree_month.org_unit_code,
        tree_month.indicator_code,
        tree_month.report_month,
        tree_month.kind,
        tree_month.null_reason,
        tree_month.units_silent_count,
        target_month.target_form,
        target_month.due_month,
        millionths(target_month.target_value) as annual_target,
        coalesce(millionths(target_month.baseline_value), 0) as whole_baseline,
        target_month.amount_denominator as all_due_denominator,
        target_month.due_numerator as all_due_numerator,
        covered.has_missing_month,
        covered.is_known_by_due,
        covered.is_partly_known_at_due,
        bound.bound,
        -- the actual is matched with the months and units that answered for it, its bounds with all of them
        bound.bound = 'actual' and tree_month.kind in ('flow', 'stock') as is_covered_only,
        -- the actual is actual_numerator / actual_denominator in the indicator's unit
        case
            when bound.bound = 'low' and tree_month.kind in ('flow', 'stock') then millionths(covered.ytd_low_value)
            when bound.bound = 'high' and tree_month.kind in ('flow', 'stock') then millionths(covered.ytd_high_value)
            else tree_month.actual_numerator
        end as actual_numerator,
        case
            when bound.bound != 'actual' and tree_month.kind in ('flow', 'stock') then 1000000
            else tree_month.actual_denominator
        end as actual_denominator,
        -- the way due by now, beyond the baseline, is due_numerator / due_denominator millionths
        case when is_covered_only then covered.covered_numerator else target_month.due_numerator end as due_numerator,
        case
            when is_covered_only then covered.covered_denominator
            else target_month.amount_denominator
        end as due_denominator,
        case when is_covered_only then covered.baseline_numerator else whole_baseline end as baseline_numerator,
        case when is_covered_only then covered.baseline_denominator else 1 end as baseline_denominator,
    from core.tree_month
    cross join (values ('actual'), ('low'), ('high')) as bound (bound)
    left join covered using (org_unit_code, indicator_code, report_month)
    left join core.target_month using (org_unit_code, indicator_code, report_month)
),

travelled as (
    select
        *,
        annual_target - whole_baseline as distance,
        -- the way gone beyond the baseline is way_numerator / way_denominator millionths
        1000000 * actual_numerator * baseline_denominator - baseline_numerator * actual_denominator as way_numerator,
        actual_denominator * baseline_denominator as way_denominator,
        -- the level due by now is level_numerator / level_denominator millionths
        baseline_numerator * due_denominator + due_numerator * baseline_denominator as level_numerator,
        due_denominator * baseline_denominator as level_denominator,
        target_form = 'at_most' and kind = 'flow' as is_ceiling,
        target_form = 'at_most' and kind != 'flow' as is_upper_level,
        actual_denominator > 0 as has_actual,
    from bounded
)

select
    org_unit_code,
    indicator_code,
    report_month,
    bound,
    coalesce(has_missing_month, false) as has_missing_month,
    coalesce(is_known_by_due, false) as is_known_by_due,
    coalesce(is_partly_known_at_due, false) as is_partly_known_at_due,
    exact_ratio(actual_numerator, actual_denominator) as actual_value,
    exact_ratio(
        whole_baseline * all_due_denominator + all_due_numerator, 1000000 * all_due_denominator
    ) as target_to_date_value,
    exact_ratio(level_numerator, 1000000 * level_denominator) as target_covered_value,
    exact_ratio(
        way_numerator * due_denominator - due_numerator * way_denominator, 1000000 * way_denominator * due_denominator
    ) as gap_value,
    case
        when target_form is null or not has_actual then null
        when is_ceiling and report_month < due_month then null
        when (is_ceiling or is_upper_level) and actual_numerator = 0 then setting.score_cap
        when is_ceiling or is_upper_level
            then exact_ratio(annual_target * actual_denominator, 1000000 * actual_numerator)
        when kind = 'growth' and (actual_numerator <= 0 or annual_target <= 0) then null
        when target_form = 'reduce_from_baseline' and distance = 0 then cast(way_numerator <= 0 as integer)
        else exact_ratio(way_numerator, way_denominator * distance)
    end as completion_ratio,
    case
        when target_form is null or not has_actual then null
        when (is_ceiling or is_upper_level) and actual_numerator = 0 then setting.score_cap
        when is_ceiling or is_upper_level
            then exact_ratio(level_numerator * actual_denominator, 1000000 * level_denominator * actual_numerator)
        when kind = 'growth'
            then exact_ratio(
                1000000 * (actual_numerator + actual_denominator), actual_denominator * (1000000 + annual_target)
            )
        when target_form = 'reduce_from_baseline' and distance = 0 then cast(way_numerator <= 0 as integer)
        else exact_ratio(way_numerator * due_denominator, way_denominator * due_numerator)
    end as pace_ratio,
    -- whether the annual target holds with this actual, compared without dividing;
    -- a sum that lacks a unit is never low enough, for what is missing is not zero
    case
        when not coalesce(has_actual, false) then false
        when target_form in ('at_most', 'reduce_from_baseline')
            then 1000000 * actual_numerator <= annual_target * actual_denominator and units_silent_count = 0
        else 1000000 * actual_numerator >= annual_target * actual_denominator
    end as is_met,
    is_ceiling and 1000000 * actual_numerator > annual_target * actual_denominator as is_exceeded,
    all_due_numerator != 0 or distance = 0 as is_phased,
    case
        when actual_denominator is null then coalesce(null_reason, 'not_reported')
        when null_reason is not null then null_reason
        when not has_actual then 'no_denominator'
        -- no way to go: nothing to divide by, where holding the level is not the aim
        when distance = 0 and kind != 'growth' and target_form in ('at_least', 'by_date') then 'no_denominator'
    end as null_reason,
from travelled
cross join core.setting as setting
order by org_unit_code, indicator_code, report_month, bound
