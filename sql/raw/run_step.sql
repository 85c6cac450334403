-- grain: one row per step of an attempt at a night
create table if not exists raw.run_step (
    run_id text not null,
    attempt integer not null,
    step text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    state text not null,               -- running, completed, failed
    detail_zh text,                    -- one line for the operator: what the step did, with its counts
    detail_en text,
)
