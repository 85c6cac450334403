-- grain: one row per org unit, indicator, month and reporting unit that its figures add up, where it is not it alone
-- The units below a parent; and for a unit that took another over, its own report and what the other had by its end.
with line as (
    select
        reporting_line.org_unit_code,
        reporting_line.reporting_unit_code as source_unit_code,
        unit_month.* exclude (org_unit_code, prior_ytd_value, actual_numerator, actual_denominator),
        coalesce(reporting_line.prior_to_month < unit_month.report_month, false) as is_prior_ended,
        case when is_prior_ended then compared.prior_ytd_value else unit_month.prior_ytd_value end as prior_ytd_value,
        is_prior_ended and unit_month.kind = 'growth' as is_growth_ended,
        case when is_growth_ended then compared.actual_numerator else unit_month.actual_numerator end
            as actual_numerator,
        case when is_growth_ended then compared.actual_denominator else unit_month.actual_denominator end
            as actual_denominator,
    from core.unit_month as unit_month
    inner join core.indicator as indicator using (indicator_code)
    inner join core.reporting_line as reporting_line
        on
            reporting_line.indicator_code = case
                when indicator.is_derived then indicator.numerator_code
                else indicator.indicator_code
            end
            and unit_month.org_unit_code = reporting_line.reporting_unit_code
            and unit_month.report_month
            between coalesce(reporting_line.from_month, unit_month.report_month)
            and coalesce(reporting_line.to_month, unit_month.report_month)
    -- what an heir in another parent goes on with is not of this one any more (core.tree_month)
    left join core.unit_month as compared
        on
            reporting_line.reporting_unit_code = compared.org_unit_code
            and reporting_line.prior_to_month = compared.report_month
            and unit_month.indicator_code = compared.indicator_code
    qualify
        reporting_line.org_unit_code != reporting_line.reporting_unit_code
        or count(*) over (
            partition by reporting_line.org_unit_code, unit_month.indicator_code, unit_month.report_month
        ) > 1
),

suppressed_series as (
    select distinct
        org_unit_code,
        indicator_code,
    from core.disclosure
    where is_series_suppressed
),

-- what a withheld unit has stays withheld, after its end too
withheld as (
    select
        line.*,
        coalesce(disclosure.is_suppressed, false) or suppressed_series.org_unit_code is not null as is_suppressed,
    from line
    left join core.disclosure as disclosure
        on
            line.source_unit_code = disclosure.org_unit_code
            and line.indicator_code = disclosure.indicator_code
            and line.report_month = disclosure.report_month
    left join suppressed_series
        on
            line.source_unit_code = suppressed_series.org_unit_code
            and line.indicator_code = suppressed_series.indicator_code
)

select
    withheld.org_unit_code,
    withheld.source_unit_code,
    withheld.indicator_code,
    withheld.report_month,
    withheld.is_reported,
    withheld.is_not_applicable,
    coalesce(withheld.is_ended, false) as is_ended,
    withheld.is_suppressed,
    cast(unless_suppressed(withheld.month_value, withheld.is_suppressed) as decimal(24, 6)) as month_value,
    cast(unless_suppressed(withheld.ytd_value, withheld.is_suppressed) as decimal(24, 6)) as ytd_value,
    cast(unless_suppressed(withheld.prior_ytd_value, withheld.is_suppressed) as decimal(24, 6)) as prior_ytd_value,
    -- numerators are added where there is a denominator
    unless_suppressed(
        exact_text(withheld.actual_numerator, 1000000), withheld.is_suppressed or withheld.actual_denominator is null
    ) as numerator_text,
    unless_suppressed(exact_text(withheld.actual_denominator, 1000000), withheld.is_suppressed) as denominator_text,
    unless_suppressed(
        exact_text(
            covered_month.baseline_numerator * covered_month.covered_denominator
            + covered_month.covered_numerator * covered_month.baseline_denominator,
            1000000 * covered_month.covered_denominator * covered_month.baseline_denominator
        ),
        withheld.is_suppressed or target_month.target_form is null
    ) as target_covered_text,
    unless_suppressed(exact_text(millionths(covered_month.ytd_low_value), 1000000), withheld.is_suppressed) as low_text,
    unless_suppressed(
        exact_text(
            millionths(covered_month.ytd_low_value) * coalesce(covered_month.covered_denominator, 1) * mean_parts()
            + covered_month.missing_due_numerator * mean_parts()
            + covered_month.missing_mean_numerator * coalesce(covered_month.covered_denominator, 1),
            1000000 * coalesce(covered_month.covered_denominator, 1) * mean_parts()
        ),
        withheld.is_suppressed
    ) as high_text,
from withheld
left join core.covered_month as covered_month
    on
        withheld.org_unit_code = covered_month.org_unit_code
        and withheld.source_unit_code = covered_month.reporting_unit_code
        and withheld.indicator_code = covered_month.indicator_code
        and withheld.report_month = covered_month.report_month
left join core.target_month as target_month
    on
        withheld.org_unit_code = target_month.org_unit_code
        and withheld.indicator_code = target_month.indicator_code
        and withheld.report_month = target_month.report_month
order by withheld.org_unit_code, withheld.indicator_code, withheld.report_month, withheld.source_unit_code
