-- grain: one row per file as it lay in the inbox (path, size and modification time), first time seen
-- Append-only. A path that is seen again with the same size and time is the same arrival and adds no row.
create table if not exists raw.arrival (
    inbox_path text not null,          -- relative to inbox/
    folder_code text,                  -- inbox/<unit code>/; null for the operator's files directly in inbox/
    file_name text not null,
    size_bytes bigint not null,
    modified_at timestamptz not null,  -- the file's own modification time
    received_at timestamptz not null,  -- domain.md, Submissions: never before the previous run, nor after this one
    sha256 text not null,
    submission_id text not null,       -- raw.submission; the same bytes in the same folder are the same submission
    is_duplicate boolean not null,     -- the bytes had arrived before: they change nothing
    run_id text not null,
)
