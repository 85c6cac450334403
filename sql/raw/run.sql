-- grain: one row per attempt at a night
-- A night is its as-of moment; run_id names the night, so a night run again is another attempt of the same run.
create table if not exists raw.run (
    run_id text not null,              -- the as-of moment in office time: 2024-10-10T02:00:00
    attempt integer not null,
    as_of_at timestamptz not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    state text not null,               -- running, completed, failed
    failed_step text,
    failure text,
    files_received_count integer,
    published_at timestamptz,
    published_version text,
)
