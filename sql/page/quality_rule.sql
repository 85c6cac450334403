-- grain: one row per rule of the incoming gate, over the plan year
-- How often it was tried and failed, of how many first versions right the first time, and what of it is still open.
with year_rule as (
    select
        rule_code,
        sum(evaluated_count) as evaluated_count,
        sum(failed_count) as failed_count,
        sum(answered_count) as answered_count,
        sum(submissions_count) as submissions_count,
        sum(submissions_failed_count) as submissions_failed_count,
        sum(first_count) as first_count,
        sum(first_failed_count) as first_failed_count,
        sum(counted_count) as counted_count,
        sum(counted_failed_count) as counted_failed_count,
    from mart.quality_rule
    where year(report_month) = year(cast($month as date)) or report_month is null
    group by rule_code
),

open_finding as (
    select
        rule_code,
        sum(findings_count) as open_count,
        max(age_days_count) as age_days_count,
    from mart.quality_finding
    where state in ('open', 'upheld')
    group by rule_code
)

select
    rule.rule_code,
    rule.severity,
    rule.owner,
    rule.message_zh,
    rule.message_en,
    coalesce(year_rule.evaluated_count, 0) as evaluated_count,
    coalesce(year_rule.failed_count, 0) as failed_count,
    coalesce(year_rule.answered_count, 0) as answered_count,
    coalesce(year_rule.submissions_count, 0) as submissions_count,
    coalesce(year_rule.submissions_failed_count, 0) as submissions_failed_count,
    coalesce(year_rule.first_count, 0) as first_count,
    coalesce(year_rule.first_failed_count, 0) as first_failed_count,
    coalesce(year_rule.counted_count, 0) as counted_count,
    coalesce(year_rule.counted_failed_count, 0) as counted_failed_count,
    coalesce(open_finding.open_count, 0) as open_count,
    open_finding.age_days_count,
from mart.rule as rule
left join year_rule using (rule_code)
left join open_finding using (rule_code)
where rule.gate = 'incoming'
order by
    open_count desc,
    submissions_failed_count desc,
    list_position(['critical', 'warning', 'information'], rule.severity),
    rule.rule_code
