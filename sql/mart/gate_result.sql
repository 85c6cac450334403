-- grain: one row per night, gate and expectation
-- A known flaw passes while it grows no larger, and says so; nights that failed at a gate are rows like any other.
-- What a later gate found is told by its first failure; the incoming gate's are rows of mart.finding. A restricted
-- indicator is never quoted (domain.md, Indicators: publicity).
with first_failure as (
    select
        finding.run_id,
        finding.gate,
        finding.rule_code,
        min(finding.message_zh) as message_zh,
        min_by(finding.message_en, finding.message_zh) as message_en,
    from raw.finding as finding
    left join core.indicator as indicator on finding.indicator_code = indicator.indicator_code
    where finding.gate != 'incoming' and coalesce(indicator.publicity, 'public') != 'restricted'
    group by finding.run_id, finding.gate, finding.rule_code
),

known_flaw as (
    select
        run_id,
        gate,
        expectation_code,
        concat(
            '已知缺陷 ', failed_count, ' 处，至多 ', tolerated_count, ' 处：', tolerated_reason,
            case
                when failed_count = 0 then '（已经没有了，容许的数可以删去）'
                when failed_count < tolerated_count then '（容许的数可以降到 ' || failed_count || '）'
            end
        ) as message_zh,
        concat(
            'known flaw, ', failed_count, ' of at most ', tolerated_count, ': ', tolerated_reason,
            case
                when failed_count = 0 then ' (none is left: the number can be removed)'
                when failed_count < tolerated_count then ' (the number can be lowered to ' || failed_count || ')'
            end
        ) as message_en,
    from raw.gate_result
    where passed and tolerated_count is not null
)

select
    gate_result.run_id,
    gate_result.gate,
    gate_result.expectation_code,
    gate_result.severity,
    gate_result.evaluated_count,
    gate_result.failed_count,
    gate_result.passed,
    coalesce(known_flaw.message_zh, first_failure.message_zh) as message_zh,
    coalesce(known_flaw.message_en, first_failure.message_en) as message_en,
    gate_result.tolerated_count,
    gate_result.tolerated_reason,
from raw.gate_result as gate_result
left join known_flaw using (run_id, gate, expectation_code)
left join first_failure
    on
        gate_result.run_id = first_failure.run_id
        and gate_result.gate = first_failure.gate
        and gate_result.expectation_code = first_failure.rule_code
where gate_result.run_id <= night_of($as_of)
order by gate_result.run_id, gate_result.gate, gate_result.expectation_code
