-- grain: one row per opening, reopening and resolution of an alert case, as the night that first saw it told it
-- Append-only, and a line of archive/journal/alert_event.jsonl before it is a row: a case that was told stays the same
-- one, whatever comes to be known of its months later (sql/mart/alert_event.sql).
create table if not exists raw.alert_event (
    case_id text not null,
    event text not null,               -- opened, reopened, resolved
    happened_at timestamptz not null,
    kind text not null,
    org_unit_code text,                -- null where the office is not named in setting.csv
    indicator_code text,
    form_code text,
    plan_year integer,
    report_month date,
    since_month date,
    about_id text,                     -- the file of a case of one file, the night of a case of one night
    seen_at timestamptz not null,      -- as-of moment of the night
    run_id text not null,
)
