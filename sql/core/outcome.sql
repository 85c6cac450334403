-- grain: one row per org unit, indicator, month and bound: actual, low and high against the target
-- Every figure here is an exact fraction; completion and pace are one division each (domain.md, Completion).
with covered as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        sum(covered_numerator) as covered_numerator,
        any_value(covered_denominator) as covered_denominator,
        bool_or(has_missing_month) as has_missing_month,
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
        target_month.target_form,
        target_month.due_month,
        millionths(target_month.target_value) as annual_target,
        coalesce(millionths(target_month.baseline_value), 0) as baseline,
        target_month.amount_denominator as due_denominator,
        target_month.due_numerator,
        covered.covered_numerator,
        covered.covered_denominator,
        covered.ytd_low_value,
        covered.ytd_high_value,
        covered.has_missing_month,
        tree_month.actual_numerator,
        tree_month.actual_denominator,
        unnest(['actual', 'low', 'high']) as bound,
    from core.tree_month
    left join covered using (org_unit_code, indicator_code, report_month)
    left join core.target_month using (org_unit_code, indicator_code, report_month)
),

compared as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        bound,
        kind,
        target_form,
        due_month,
        annual_target,
        baseline,
        annual_target - baseline as distance,
        -- the actual is actual_numerator / actual_denominator in the indicator's unit
        case
            when bound = 'low' and kind in ('flow', 'stock') then millionths(ytd_low_value)
            when bound = 'high' and kind in ('flow', 'stock') then millionths(ytd_high_value)
            else actual_numerator
        end as actual_numerator,
        case
            when bound != 'actual' and kind in ('flow', 'stock') then 1000000
            else actual_denominator
        end as actual_denominator,
        -- the way due by now, beyond the baseline, is due_numerator / due_denominator millionths:
        -- of the months and units that answered for the actual, of all of them for its bounds
        case when bound = 'actual' and kind in ('flow', 'stock') then covered_numerator else due_numerator end as due_numerator,
        case when bound = 'actual' and kind in ('flow', 'stock') then covered_denominator else due_denominator end as due_denominator,
        due_numerator as all_due_numerator,
        due_denominator as all_due_denominator,
        has_missing_month,
        null_reason,
    from bounded
),

travelled as (
    select
        *,
        -- the way gone beyond the baseline, over actual_denominator millionths
        1000000 * actual_numerator - baseline * actual_denominator as way_numerator,
        target_form = 'at_most' and kind = 'flow' as is_ceiling,
        target_form = 'at_most' and kind != 'flow' as is_upper_level,
    from compared
)

select
    org_unit_code,
    indicator_code,
    report_month,
    bound,
    coalesce(has_missing_month, false) as has_missing_month,
    exact_ratio(actual_numerator, actual_denominator) as actual_value,
    exact_ratio(baseline * all_due_denominator + all_due_numerator, 1000000 * all_due_denominator) as target_to_date_value,
    exact_ratio(baseline * due_denominator + due_numerator, 1000000 * due_denominator) as target_covered_value,
    exact_ratio(
        way_numerator * due_denominator - due_numerator * actual_denominator,
        1000000 * actual_denominator * due_denominator
    ) as gap_value,
    case
        when target_form is null or actual_denominator is null or actual_denominator <= 0 then null
        when is_ceiling and report_month < due_month then null
        when (is_ceiling or is_upper_level) and actual_numerator = 0 then setting.score_cap
        when is_ceiling or is_upper_level then exact_ratio(annual_target * actual_denominator, 1000000 * actual_numerator)
        when kind = 'growth' and (actual_numerator <= 0 or annual_target <= 0) then null
        when target_form = 'reduce_from_baseline' and distance = 0 then cast(way_numerator <= 0 as integer)
        else exact_ratio(way_numerator, actual_denominator * distance)
    end as completion_ratio,
    case
        when target_form is null or actual_denominator is null or actual_denominator <= 0 then null
        when (is_ceiling or is_upper_level) and actual_numerator = 0 then setting.score_cap
        when is_ceiling
            then exact_ratio(due_numerator * actual_denominator, 1000000 * due_denominator * actual_numerator)
        when is_upper_level then exact_ratio(annual_target * actual_denominator, 1000000 * actual_numerator)
        when kind = 'growth'
            then exact_ratio(1000000 * (actual_numerator + actual_denominator), actual_denominator * (1000000 + annual_target))
        when target_form = 'reduce_from_baseline' and distance = 0 then cast(way_numerator <= 0 as integer)
        else exact_ratio(way_numerator * due_denominator, actual_denominator * due_numerator)
    end as pace_ratio,
    -- whether the annual target holds with this actual, compared without dividing
    case
        when actual_denominator is null or actual_denominator <= 0 then false
        when target_form in ('at_most', 'reduce_from_baseline')
            then 1000000 * actual_numerator <= annual_target * actual_denominator
        else 1000000 * actual_numerator >= annual_target * actual_denominator
    end as is_met,
    is_ceiling and 1000000 * actual_numerator > annual_target * actual_denominator as is_exceeded,
    all_due_numerator != 0 or distance = 0 as is_phased,
    case
        when actual_denominator is null then coalesce(null_reason, 'not_reported')
        when null_reason is not null then null_reason
        when actual_denominator <= 0 then 'no_denominator'
        -- no way to go: nothing to divide by, where holding the level is not the aim
        when distance = 0 and kind != 'growth' and target_form in ('at_least', 'by_date') then 'no_denominator'
    end as null_reason,
from travelled
cross join core.setting as setting
order by org_unit_code, indicator_code, report_month, bound
