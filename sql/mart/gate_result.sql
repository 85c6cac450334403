-- grain: one row per night, gate and expectation
select
    run_id,
    gate,
    expectation_code,
    severity,
    evaluated_count,
    failed_count,
    passed,
from raw.gate_result
where run_id <= night_of($as_of)
order by run_id, gate, expectation_code
