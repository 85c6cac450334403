-- grain: one row per org unit, indicator and report month that is over
-- The row exists because it was asked for: what was not reported is a row with a status, never a gap.
-- Restricted amounts that are small, or would lead to small ones, are null (core.disclosure).
with bounds as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        any_value(outcome.actual_value) filter (where bound = 'low') as low_value,
        any_value(outcome.actual_value) filter (where bound = 'high') as high_value,
        count(distinct standing.status) > 1 as is_status_open,
    from core.outcome as outcome
    inner join core.standing as standing using (org_unit_code, indicator_code, report_month, bound)
    group by org_unit_code, indicator_code, report_month
),

calculated as (
    select
        tree_month.org_unit_code,
        tree_month.indicator_code,
        tree_month.report_month,
        cast(tree_month.month_value as decimal(24, 6)) as month_value,
        cast(
            case
                when tree_month.kind in ('flow', 'stock') then tree_month.added_value
                else outcome.actual_value
            end as decimal(24, 6)
        ) as ytd_value,
        cast(tree_month.prior_ytd_value as decimal(24, 6)) as prior_ytd_value,
        cast(tree_month.rolling_3_value as decimal(24, 6)) as rolling_3_value,
        cast(tree_month.rolling_12_value as decimal(24, 6)) as rolling_12_value,
        cast(
            case
                when tree_month.growth_denominator > 0
                    then exact_ratio(tree_month.growth_numerator, tree_month.growth_denominator)
            end as decimal(24, 6)
        ) as growth_ratio,
        target_month.target_value as annual_target_value,
        target_month.target_version,
        target_month.basis as target_basis,
        coalesce(target_month.is_sample, false) or coalesce(tree_month.is_sample, false) as is_sample,
        cast(outcome.target_to_date_value as decimal(24, 6)) as target_to_date_value,
        cast(outcome.target_covered_value as decimal(24, 6)) as target_covered_value,
        cast(outcome.completion_ratio as decimal(24, 6)) as completion_ratio,
        cast(outcome.pace_ratio as decimal(24, 6)) as pace_ratio,
        cast(outcome.gap_value as decimal(24, 6)) as gap_value,
        -- what every month up to the due month must add from now on; a level that is too high must fall
        cast(
            case
                when
                    tree_month.report_month < target_month.due_month
                    and case
                        when target_month.target_form != 'at_least'
                            then tree_month.kind = 'stock' and tree_month.added_value > target_month.target_value
                        else tree_month.kind in ('flow', 'stock') and tree_month.added_value < target_month.target_value
                    end
                    then exact_ratio(
                        millionths(target_month.target_value) - millionths(tree_month.added_value),
                        1000000 * date_diff('month', tree_month.report_month, target_month.due_month)
                    )
            end as decimal(24, 6)
        ) as needed_monthly_value,
        projection.projected_value,
        projection.projected_low_value,
        projection.projected_high_value,
        projection.projected_deviation_value,
        projection.probability_ratio,
        projection.projection_basis,
        coalesce(projection.is_withheld, false) as is_projection_withheld,
        cast(bounds.low_value as decimal(24, 6)) as ytd_low_value,
        cast(bounds.high_value as decimal(24, 6)) as ytd_high_value,
        (bounds.is_status_open and not coalesce(disclosure.is_suppressed, false))
        or tree_month.is_held
        -- a unit of which nothing is known at all is in no bound of a share
        or (
            tree_month.unit_months_covered_count > 0
            and tree_month.kind not in ('flow', 'stock')
            and not tree_month.is_own_report
            and tree_month.units_unknown_count > 0
        )
        or coalesce(disclosure.status_rule, standing.status_rule) = 'never_reported_by_lock_day' as is_provisional,
        cast(tree_month.months_covered_count as integer) as months_covered_count,
        cast(tree_month.months_due_count as integer) as months_due_count,
        tree_month.finished_on,
        coalesce(tree_month.is_corrected, false) as is_corrected,
        coalesce(disclosure.status, standing.status) as status,
        coalesce(disclosure.status_rule, standing.status_rule) as status_rule,
        case when disclosure.is_suppressed then 'suppressed' else outcome.null_reason end as null_reason,
        target_month.due_month as target_due_month,
        target_month.target_form,
        target_month.phasing_used as target_phasing,
        cast(tree_month.units_due_count as integer) as units_due_count,
        cast(tree_month.units_reported_count as integer) as units_reported_count,
        tree_month.due_on,
        tree_month.kind,
        coalesce(disclosure.is_suppressed, false) as is_suppressed,
        is_suppressed
        or (
            withheld_below.org_unit_code is not null
            and (derived_bound.report_month is not null or bounds.low_value is distinct from bounds.high_value)
        ) as is_bound_suppressed,
        withheld_due.org_unit_code is not null as is_due_suppressed,
        -- of a sum over only some of the units it would be that of the one that is withheld
        is_due_suppressed or (is_suppressed and withheld_below.org_unit_code is not null) as is_covered_suppressed,
        withheld_due.is_seasonal as is_phasing_suppressed,
    from core.tree_month
    inner join core.outcome as outcome
        on
            tree_month.org_unit_code = outcome.org_unit_code
            and tree_month.indicator_code = outcome.indicator_code
            and tree_month.report_month = outcome.report_month
            and outcome.bound = 'actual'
    inner join core.standing as standing
        on
            tree_month.org_unit_code = standing.org_unit_code
            and tree_month.indicator_code = standing.indicator_code
            and tree_month.report_month = standing.report_month
            and standing.bound = 'actual'
    inner join bounds
        on
            tree_month.org_unit_code = bounds.org_unit_code
            and tree_month.indicator_code = bounds.indicator_code
            and tree_month.report_month = bounds.report_month
    left join core.derived_bound
        on
            tree_month.org_unit_code = derived_bound.org_unit_code
            and tree_month.indicator_code = derived_bound.indicator_code
            and tree_month.report_month = derived_bound.report_month
    left join core.target_month
        on
            tree_month.org_unit_code = target_month.org_unit_code
            and tree_month.indicator_code = target_month.indicator_code
            and tree_month.report_month = target_month.report_month
    left join core.projection
        on
            tree_month.org_unit_code = projection.org_unit_code
            and tree_month.indicator_code = projection.indicator_code
            and tree_month.report_month = projection.report_month
    left join core.disclosure
        on
            tree_month.org_unit_code = disclosure.org_unit_code
            and tree_month.indicator_code = disclosure.indicator_code
            and tree_month.report_month = disclosure.report_month
    left join core.withheld_due as withheld_due
        on
            tree_month.org_unit_code = withheld_due.org_unit_code
            and tree_month.indicator_code = withheld_due.indicator_code
            and year(tree_month.report_month) = withheld_due.plan_year
    left join core.withheld_below as withheld_below
        on
            tree_month.org_unit_code = withheld_below.org_unit_code
            and tree_month.indicator_code = withheld_below.indicator_code
)

select
    org_unit_code,
    indicator_code,
    report_month,
    unless_suppressed(month_value, is_suppressed) as month_value,
    unless_suppressed(ytd_value, is_suppressed) as ytd_value,
    unless_suppressed(prior_ytd_value, is_suppressed) as prior_ytd_value,
    unless_suppressed(rolling_3_value, is_suppressed) as rolling_3_value,
    unless_suppressed(rolling_12_value, is_suppressed) as rolling_12_value,
    unless_suppressed(growth_ratio, is_suppressed) as growth_ratio,
    annual_target_value,
    target_version,
    target_basis,
    is_sample,
    unless_suppressed(target_to_date_value, is_due_suppressed) as target_to_date_value,
    unless_suppressed(target_covered_value, is_covered_suppressed) as target_covered_value,
    unless_suppressed(completion_ratio, is_suppressed) as completion_ratio,
    unless_suppressed(pace_ratio, is_suppressed) as pace_ratio,
    unless_suppressed(gap_value, is_suppressed) as gap_value,
    unless_suppressed(needed_monthly_value, is_suppressed) as needed_monthly_value,
    unless_suppressed(projected_value, is_suppressed or is_projection_withheld) as projected_value,
    unless_suppressed(projected_low_value, is_suppressed or is_projection_withheld) as projected_low_value,
    unless_suppressed(projected_high_value, is_suppressed or is_projection_withheld) as projected_high_value,
    unless_suppressed(probability_ratio, is_suppressed or is_projection_withheld) as probability_ratio,
    unless_suppressed(projection_basis, is_suppressed or is_projection_withheld) as projection_basis,
    unless_suppressed(ytd_low_value, is_bound_suppressed) as ytd_low_value,
    unless_suppressed(ytd_high_value, is_bound_suppressed) as ytd_high_value,
    is_provisional,
    months_covered_count,
    months_due_count,
    finished_on,
    status,
    status_rule,
    null_reason,
    target_due_month,
    target_form,
    unless_suppressed(target_phasing, is_phasing_suppressed) as target_phasing,
    units_due_count,
    units_reported_count,
    due_on,
    is_suppressed,
    shown_value(month_value, is_suppressed) as month_text,
    shown_value(ytd_value, is_suppressed) as ytd_text,
    unless_suppressed(projected_deviation_value, is_suppressed or is_projection_withheld) as projected_deviation_value,
    is_corrected,
from calculated
order by org_unit_code, indicator_code, report_month
