-- grain: one row per org unit, indicator and month of mart.completion: the exact numbers that its ratios divide
-- Published figures are rounded once; what they were divided from is told exactly (a third of 50 is 50/3), so that
-- every division can be done again. Nothing here tells more than the row itself: what is withheld there is null here.
with restricted as (
    select indicator.indicator_code
    from core.indicator as indicator
    left join core.indicator as numerator on indicator.numerator_code = numerator.indicator_code
    left join core.indicator as denominator on indicator.denominator_code = denominator.indicator_code
    where list_contains([indicator.publicity, numerator.publicity, denominator.publicity], 'restricted')
),

bound as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        max(struct_pack(above := actual_numerator, below := actual_denominator)) filter (where bound = 'low') as low,
        max(struct_pack(above := actual_numerator, below := actual_denominator)) filter (where bound = 'high') as high,
    from core.outcome
    where bound != 'actual'
    group by org_unit_code, indicator_code, report_month
),

operand as (
    select
        outcome.*,
        bound.low,
        bound.high,
        -- a filled-in ratio is kept in its lowest terms; what both were divided by brings it to the indicator's units
        case
            when derived_bound.report_month is null then 1000000
            else cast(1000000000000 as hugeint) * mean_parts()
        end as bound_parts,
        coalesce(derived_bound.low_common_part, 1) as low_common_part,
        coalesce(derived_bound.high_common_part, 1) as high_common_part,
        -- growth compares the units that have both years
        case
            when indicator.kind = 'growth' then outcome.actual_denominator
            else tree_month.growth_denominator
        end as last_year,
        last_year + case
            when indicator.kind = 'growth' then outcome.actual_numerator
            else tree_month.growth_numerator
        end as this_year,
        coalesce(disclosure.is_suppressed, false)
        or coalesce(numerator_disclosure.is_suppressed, false)
        or coalesce(denominator_disclosure.is_suppressed, false) as is_suppressed,
        withheld_below.org_unit_code is not null
        and (derived_bound.report_month is not null or bound.low is distinct from bound.high) as is_bound_telling,
        -- a sum over some of the units would tell, of a restricted indicator, what the others have
        indicator.kind = 'flow'
        and tree_month.prior_ytd_value is null
        and restricted.indicator_code is not null as is_growth_partial,
    from core.outcome as outcome
    inner join bound using (org_unit_code, indicator_code, report_month)
    inner join core.tree_month as tree_month using (org_unit_code, indicator_code, report_month)
    inner join core.indicator as indicator on outcome.indicator_code = indicator.indicator_code
    left join core.derived_bound as derived_bound using (org_unit_code, indicator_code, report_month)
    left join core.withheld_below as withheld_below
        on
            outcome.org_unit_code = withheld_below.org_unit_code
            and outcome.indicator_code = withheld_below.indicator_code
    left join restricted on outcome.indicator_code = restricted.indicator_code
    left join core.disclosure as disclosure
        on
            outcome.org_unit_code = disclosure.org_unit_code
            and outcome.indicator_code = disclosure.indicator_code
            and outcome.report_month = disclosure.report_month
    left join core.disclosure as numerator_disclosure
        on
            outcome.org_unit_code = numerator_disclosure.org_unit_code
            and indicator.numerator_code = numerator_disclosure.indicator_code
            and outcome.report_month = numerator_disclosure.report_month
    left join core.disclosure as denominator_disclosure
        on
            outcome.org_unit_code = denominator_disclosure.org_unit_code
            and indicator.denominator_code = denominator_disclosure.indicator_code
            and outcome.report_month = denominator_disclosure.report_month
    where outcome.bound = 'actual'
)

select
    org_unit_code,
    indicator_code,
    report_month,
    unless_suppressed(exact_text(actual_numerator, 1000000), is_suppressed) as numerator_text,
    unless_suppressed(exact_text(actual_denominator, 1000000), is_suppressed) as denominator_text,
    unless_suppressed(
        exact_text(low.above * low_common_part, bound_parts), is_suppressed or is_bound_telling
    ) as low_numerator_text,
    unless_suppressed(
        exact_text(low.below * low_common_part, bound_parts), is_suppressed or is_bound_telling
    ) as low_denominator_text,
    unless_suppressed(
        exact_text(high.above * high_common_part, bound_parts), is_suppressed or is_bound_telling
    ) as high_numerator_text,
    unless_suppressed(
        exact_text(high.below * high_common_part, bound_parts), is_suppressed or is_bound_telling
    ) as high_denominator_text,
    -- what the high value takes for the months that are missing
    unless_suppressed(
        exact_text(
            try(high.above * coalesce(actual_denominator, 1) - high.below * coalesce(actual_numerator, 0)),
            try(high.below * coalesce(actual_denominator, 1))
        ),
        is_suppressed or is_bound_telling
    ) as missing_text,
    unless_suppressed(exact_text(level_numerator, 1000000 * level_denominator), is_suppressed) as target_covered_text,
    unless_suppressed(
        exact_text(baseline_numerator, 1000000 * baseline_denominator), is_suppressed
    ) as baseline_covered_text,
    unless_suppressed(exact_text(this_year, 1000000), is_suppressed or is_growth_partial) as growth_current_text,
    unless_suppressed(exact_text(last_year, 1000000), is_suppressed or is_growth_partial) as growth_prior_text,
from operand
order by org_unit_code, indicator_code, report_month
