-- grain: one row per delivery: an attempt to tell every recipient what the published copy says
create table if not exists raw.delivery (
    delivery_id text not null,
    as_of_at timestamptz not null,     -- of the published copy that was told
    published_version text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    state text not null,               -- running, completed, unsent (somebody was not reached), failed
    sent_count integer,
    filed_count integer,               -- digests written to outbox/
    unsent_count integer,
    detail_zh text,                    -- one line for the operator
    detail_en text,
)
