-- grain: one row per expectation of the later gates, and per one of the incoming gate that tolerates a known flaw
-- Of the run that published: what was looked at before publishing, how many rows failed, and which flaws are known.
select
    gate_result.gate,
    gate_result.expectation_code,
    gate_result.severity,
    gate_result.evaluated_count,
    gate_result.failed_count,
    gate_result.passed,
    gate_result.tolerated_count,
    gate_result.tolerated_reason,
    coalesce(gate_result.message_zh, rule.message_zh) as message_zh,
    coalesce(gate_result.message_en, rule.message_en) as message_en,
from mart.gate_result as gate_result
left join mart.rule as rule
    on gate_result.gate = rule.gate and gate_result.expectation_code = rule.rule_code
where
    gate_result.run_id = (select max_by(run_id, as_of_at) from mart.run)
    and (gate_result.gate != 'incoming' or gate_result.tolerated_count is not null)
order by
    gate_result.passed,
    list_position(['incoming', 'core', 'mart'], gate_result.gate),
    gate_result.expectation_code
