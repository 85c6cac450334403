-- grain: one row per night, gate and expectation
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
)

select
    gate_result.run_id,
    gate_result.gate,
    gate_result.expectation_code,
    gate_result.severity,
    gate_result.evaluated_count,
    gate_result.failed_count,
    gate_result.passed,
    first_failure.message_zh,
    first_failure.message_en,
from raw.gate_result as gate_result
left join first_failure
    on
        gate_result.run_id = first_failure.run_id
        and gate_result.gate = first_failure.gate
        and gate_result.expectation_code = first_failure.rule_code
where gate_result.run_id <= night_of($as_of)
order by gate_result.run_id, gate_result.gate, gate_result.expectation_code
