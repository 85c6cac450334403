-- grain: one row per cell of a document's table, below its header row, blank value cells of asked rows included
-- Append-only. `field` is the column's meaning by reference/heading.csv; null for a column that has none.
create table if not exists raw.cell (
    sha256 text not null,
    sheet_name text not null,          -- the file's name for a CSV
    row_number integer not null,       -- 1-based, as the sheet shows it
    column_number integer not null,
    cell text not null,                -- A1 notation, for a CSV too
    field text,
    text text,                         -- as written; null when blank
    state text not null,               -- number, blank, not_applicable, text, date, unreadable
    number_value decimal(28, 8),       -- when state is number; a percentage is stored 0–1
    number_unit text,                  -- a unit written inside the cell: 元, 万元, 亿元, %; else null
    number_qualifier text,             -- over (余, 多), about; null when exact
    date_value date,                   -- when state is date
    treatment text,                    -- what was done to the text: "thousands separators removed"; null when nothing
    number_format text,                -- the cell's own format; null for a CSV
    formula text,                      -- when the cell holds one
)
