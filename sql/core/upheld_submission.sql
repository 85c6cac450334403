-- grain: one row per submission of which the operator upheld a warning by the as-of moment, and did not think again
-- domain.md, Validation: upheld is rejected. Known before the gate, so that no other month is compared with it.
with told as (
    select
        decision_id,
        recorded_at,
        entered_at,
        payload ->> '$.verdict' as verdict,
        unnest(from_json(payload, '{"findings": ["VARCHAR"]}').findings) as finding_id,
        -- whose each of them is; older decisions do not say
        unnest(from_json(payload, '{"submissions": ["VARCHAR"]}').submissions) as submission_id,
    from raw.decision
    where kind = 'finding' and recorded_at <= $as_of
),

newest as (
    select
        finding_id,
        submission_id,
        max_by(verdict, (recorded_at, entered_at, decision_id)) as verdict,
    from told
    group by finding_id, submission_id
)

select distinct submission_id
from newest
where verdict = 'upheld' and submission_id is not null
order by submission_id
