-- grain: one row per org unit, indicator and month of the plan year and the year before
-- The figures that a page of explanations derives; those of $month are the ones that the other pages show.
select
    completion.org_unit_code,
    completion.indicator_code,
    completion.report_month,
    completion.month_value,
    completion.month_text,
    completion.ytd_value,
    completion.ytd_text,
    completion.prior_ytd_value,
    completion.growth_ratio,
    completion.annual_target_value,
    completion.target_version,
    completion.target_to_date_value,
    completion.target_covered_value,
    completion.completion_ratio,
    completion.pace_ratio,
    completion.gap_value,
    completion.projected_value,
    completion.projected_low_value,
    completion.projected_high_value,
    completion.probability_ratio,
    completion.status,
    completion.is_provisional,
    completion.is_corrected,
    completion.is_suppressed,
    completion.is_sample,
from mart.completion as completion
where year(completion.report_month) between year(cast($month as date)) - 1 and year(cast($month as date))
order by completion.org_unit_code, completion.indicator_code, completion.report_month
