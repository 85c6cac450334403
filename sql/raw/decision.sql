-- grain: one row per recorded decision: a line of decisions/*.jsonl in the home
-- Read whole every night: the files are the record, archived like submissions whenever they have changed.
create table if not exists raw.decision (
    decision_id text not null,
    kind text not null,                -- target, withdrawal, correction, finding, alert
    recorded_at timestamptz not null,  -- the moment that it was taken
    entered_at timestamptz not null,   -- the clock, when it was written down
    decided_by text not null,          -- a person's name: never published
    reason text not null,
    payload text not null,             -- JSON, by kind (jindu/decisions.py); of a target: {"targets": [rows of target.csv]}
    file_name text not null,
    line integer not null,
    sha256 text not null,              -- of the file, as it lies in archive/
)
