-- grain: one row per org unit, indicator and month of the plan year
-- Of the office and the units right below it: what each month brought, and what the target phased for it, the months to
-- come included. Fractions of what is due are divided here, for charts alone; the exact ones are in mart.target_month.
with member as (
    select org_unit_code from mart.org_unit where org_unit_code = $office_code or parent_code = $office_code
),

phased as (
    select
        target_month.org_unit_code,
        target_month.indicator_code,
        target_month.report_month,
        cast(split_part(target_month.target_to_date_text, '/', 1) as double)
        / coalesce(cast(nullif(split_part(target_month.target_to_date_text, '/', 2), '') as double), 1) as phased_value,
    from mart.target_month as target_month
    semi join member on target_month.org_unit_code = member.org_unit_code
    where target_month.plan_year = year($month) and year(target_month.report_month) = year($month)
),

reported as (
    select completion.*
    from mart.completion as completion
    semi join member on completion.org_unit_code = member.org_unit_code
    where year(completion.report_month) = year($month) and completion.report_month <= $month
)

select
    org_unit_code,
    indicator_code,
    report_month,
    reported.month_value,
    reported.month_text,
    reported.ytd_value,
    reported.ytd_text,
    reported.prior_ytd_value,
    reported.growth_ratio,
    coalesce(reported.target_to_date_value, phased.phased_value) as phased_value,
    reported.target_to_date_value,
    reported.target_covered_value,
    reported.annual_target_value,
    reported.pace_ratio,
    reported.gap_value,
    reported.status,
    reported.is_provisional,
    reported.is_sample,
    reported.is_corrected,
    reported.is_suppressed,
    reported.projected_value,
    reported.projected_low_value,
    reported.projected_high_value,
    reported.status is not null as is_past,
from reported
full outer join phased using (org_unit_code, indicator_code, report_month)
order by org_unit_code, indicator_code, report_month
