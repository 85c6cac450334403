-- grain: one row per rule of the incoming gate that was tried, or failed
-- The findings are as many in each of the tables that count them.
with listed as (
    select
        rule_code,
        count(*) as findings_count,
    from mart.finding
    group by rule_code
),

summed as (
    select
        rule_code,
        sum(findings_count) as findings_count,
    from mart.quality_finding
    group by rule_code
),

tried as (
    select
        rule_code,
        sum(failed_count) as findings_count,
        bool_and(
            failed_count <= evaluated_count
            and answered_count <= failed_count
            and submissions_failed_count between 0 and submissions_count
            and first_failed_count between 0 and first_count
            and counted_failed_count between 0 and counted_count
            and greatest(first_count, counted_count) <= submissions_count
            and coalesce(pass_ratio, 0) between 0 and 1
            and coalesce(first_pass_ratio, 0) between 0 and 1
            and coalesce(counted_pass_ratio, 0) between 0 and 1
        ) as is_pass_rate_possible,
    from mart.quality_rule
    group by rule_code
)

select
    rule_code as check_key,
    cast(null as varchar) as submission_id,
    cast(null as varchar) as org_unit_code,
    cast(null as varchar) as form_code,
    cast(null as varchar) as indicator_code,
    cast(null as date) as report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    coalesce(tried.findings_count, 0) || ' / ' || coalesce(summed.findings_count, 0) as found,
    cast(coalesce(listed.findings_count, 0) as varchar) as expected,
    false as is_explained,
    rule_code,
    coalesce(listed.findings_count, 0) = coalesce(summed.findings_count, 0)
    and coalesce(listed.findings_count, 0) = coalesce(tried.findings_count, 0) as is_every_finding_counted,
    coalesce(tried.is_pass_rate_possible, false) as is_pass_rate_possible,
from tried
full outer join listed using (rule_code)
full outer join summed using (rule_code)
order by check_key
