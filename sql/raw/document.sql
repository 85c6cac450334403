-- grain: one row per archived file (SHA-256): what reading it found out about the whole
-- Append-only. The *_text columns are as written in the sheet (or the CSV row); meta_* come from the hidden sheet of the template.
create table if not exists raw.document (
    sha256 text not null,
    file_format text,                  -- xlsx, xls (an .et too), csv; null when the file was not recognised
    is_readable boolean not null,
    refusal_code text,                 -- empty_file, not_a_workbook, encrypted, too_large, no_table, reader_failed, …; null when readable
    refusal_zh text,
    refusal_en text,
    form_text text,
    template_version text,
    sender_text text,
    report_month_text text,
    report_month date,                 -- first day of the month; null when the text is no month
    meta_form_code text,
    meta_sender_code text,
    meta_report_month date,
    correction_reason text,
    filled_by text,                    -- a person's name: never leaves the private database
    approved_by text,
    read_at timestamptz not null,
    correction_sheet text,             -- where the reason of a correction belongs: its label, or its column's heading
    correction_cell text,
    heading_sheet text,                -- the sheet of the two that follow
    sender_cell text,                  -- where the sender stands; null when only the hidden sheet or the folder says it
    report_month_cell text,
)
