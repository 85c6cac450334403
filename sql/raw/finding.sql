-- grain: one row per rule that one cell, or one whole submission, failed, as judged in a night
-- A night that is run again replaces its own rows.
create table if not exists raw.finding (
    run_id text not null,
    gate text not null,                -- incoming, core, mart
    rule_code text not null,
    severity text not null,            -- critical, warning, information
    submission_id text,                -- null at the core and mart gates
    org_unit_code text,
    form_code text,
    indicator_code text,
    report_month date,
    sheet_name text,
    cell text,
    found text,
    expected text,
    message_zh text not null,
    message_en text not null,
    is_explained boolean not null,     -- a warning whose row carries a real explanation
    finding_id text,                   -- 16 hex digits, of file, sheet, cell and rule (jindu/checks/gate.py); the same every night
)
