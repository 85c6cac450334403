-- grain: one row per night, gate and expectation, and per earlier attempt at the night that it stopped
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
),

-- what is told is of the night's last attempt
verdict as (
    select
        *,
        coalesce(failed_attempt, 0) as stopped_attempt,
        case when failed_attempt is null then expectation_code end as told_code,
    from raw.gate_result
    where run_id <= night_of($as_of)
)

select
    verdict.run_id,
    verdict.gate,
    verdict.expectation_code,
    verdict.severity,
    verdict.evaluated_count,
    verdict.failed_count,
    verdict.passed,
    coalesce(known_flaw.message_zh, first_failure.message_zh) as message_zh,
    coalesce(known_flaw.message_en, first_failure.message_en) as message_en,
    verdict.tolerated_count,
    verdict.tolerated_reason,
    verdict.stopped_attempt as failed_attempt,  -- 0: the night's last attempt
from verdict
left join known_flaw
    on
        verdict.run_id = known_flaw.run_id
        and verdict.gate = known_flaw.gate
        and verdict.told_code = known_flaw.expectation_code
left join first_failure
    on
        verdict.run_id = first_failure.run_id
        and verdict.gate = first_failure.gate
        and verdict.told_code = first_failure.rule_code
order by verdict.run_id, verdict.gate, verdict.expectation_code, verdict.stopped_attempt
