-- grain: one row per submission and change of what the incoming gate made of it
-- Append-only, and a line of archive/journal/verdict.jsonl before it is a row: a past night is never judged again.
create table if not exists raw.verdict (
    submission_id text not null,
    verdict text not null,             -- accepted, held, rejected
    rule_codes text,                   -- of the findings that reject or hold it, in their order; null when accepted
    judged_at timestamptz not null,    -- as-of moment of the night
    recorded_at timestamptz not null,  -- the clock: a night that is run again may judge otherwise
    run_id text not null,
    decision_id text,                  -- of the waived or upheld finding decided last; null where nobody decided one
)
