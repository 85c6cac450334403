-- grain: one row per received file: its bytes (SHA-256) in the folder that they came through
-- Append-only. What the file claims to be stands in raw.document, what it became in core.submission.
create table if not exists raw.submission (
    submission_id text not null,       -- first 16 hex digits of SHA-256 of "<sha256>:<folder_code>"
    sha256 text not null,
    folder_code text,
    file_name text not null,
    size_bytes bigint not null,
    received_at timestamptz not null,
    run_id text not null,
)
