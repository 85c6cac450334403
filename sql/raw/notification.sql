-- grain: one row per alert case, event and recipient that a channel has confirmed, or whose file lies in outbox/
-- Append-only: written only after the channel's own yes, or once the file is on the disk (is_filed).
create table if not exists raw.notification (
    case_id text not null,
    event text not null,               -- opened, reopened, escalated, resolved
    recipient_name text not null,
    digest_id text not null,
    notified_at timestamptz not null,  -- as-of moment of the night that sent it
    sent_at timestamptz not null,      -- the clock
    is_filed boolean,                  -- no channel: a file in outbox/; null in rows of older versions
)
