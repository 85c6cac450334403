-- grain: one row per rule of the incoming gate, form and report month of the submissions that it was tried on
-- Judged tonight, every version: so a rule that is new has its past as well. A file that could not be placed counts
-- with the report that followed it (core.report_attempt); where none did, its rows have no form or month. Three rates:
-- of all submissions, of the first of each report that the rule was tried on, of those that count now.
-- An answered warning is a failure all the same: the rate is the data's, not the clerk's.
with failure as (
    select
        rule_code,
        submission_id,
        count(*) as failed_count,
        count(*) filter (where state in ('explained', 'settled', 'waived')) as answered_count,
    from mart.finding
    group by rule_code, submission_id
),

tried_submission as (
    select
        evaluation.rule_code,
        coalesce(attempt.form_code, submission.form_code) as form_code,
        coalesce(attempt.report_month, submission.report_month) as report_month,
        evaluation.evaluated_count,
        attempt.submission_id is not null
        and row_number() over (
            partition by evaluation.rule_code, attempt.form_code, attempt.sender_code, attempt.report_month
            order by attempt.attempt_number
        ) = 1 as is_first,
        submission.is_counted,
        coalesce(failure.failed_count, 0) as failed_count,
        coalesce(failure.answered_count, 0) as answered_count,
        failure.submission_id is not null as is_failed,
    from raw.evaluation as evaluation
    inner join core.submission as submission using (submission_id)
    left join core.report_attempt as attempt using (submission_id)
    left join failure using (rule_code, submission_id)
),

tally as (
    select
        rule_code,
        form_code,
        report_month,
        cast(sum(evaluated_count) as bigint) as evaluated_count,
        cast(sum(failed_count) as bigint) as failed_count,
        cast(sum(answered_count) as bigint) as answered_count,
        count(*) as submissions_count,
        count(*) filter (where is_failed) as submissions_failed_count,
        count(*) filter (where is_first) as first_count,
        count(*) filter (where is_first and is_failed) as first_failed_count,
        count(*) filter (where is_counted) as counted_count,
        count(*) filter (where is_counted and is_failed) as counted_failed_count,
    from tried_submission
    group by rule_code, form_code, report_month
)

select
    tally.rule_code,
    rule.severity,
    rule.owner,
    rule.message_zh,
    rule.message_en,
    tally.form_code,
    tally.report_month,
    tally.evaluated_count,
    tally.failed_count,
    tally.answered_count,
    tally.submissions_count,
    tally.submissions_failed_count,
    cast(
        exact_ratio(tally.submissions_count - tally.submissions_failed_count, tally.submissions_count)
        as decimal(24, 6)
    ) as pass_ratio,
    tally.first_count,
    tally.first_failed_count,
    cast(
        exact_ratio(tally.first_count - tally.first_failed_count, tally.first_count) as decimal(24, 6)
    ) as first_pass_ratio,
    tally.counted_count,
    tally.counted_failed_count,
    cast(
        exact_ratio(tally.counted_count - tally.counted_failed_count, tally.counted_count) as decimal(24, 6)
    ) as counted_pass_ratio,
from tally
left join mart.rule as rule on tally.rule_code = rule.rule_code and rule.gate = 'incoming'
order by tally.rule_code, tally.form_code, tally.report_month
