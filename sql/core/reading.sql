-- grain: one row per submission and row of its table that names an indicator: every version as read
-- Values stand in the indicator's own unit; a unit written in the cell goes before the unit column.
with read_cell as (
    select
        *,
        struct_pack(cell, text, state, number_value, number_unit) as cell_read,
    from raw.cell
),

form_row as (
    select
        sha256,
        sheet_name,
        row_number,
        any_value(text) filter (where field = 'indicator_code') as indicator_code_text,
        any_value(text) filter (where field = 'indicator_name') as indicator_name_text,
        any_value(cell) filter (
            where field in ('indicator_code', 'indicator_name') and text is not null
        ) as indicator_cell,
        any_value(text) filter (where field = 'org_unit_code') as org_unit_code_text,
        any_value(text) filter (where field = 'org_unit_name') as org_unit_name_text,
        any_value(text) filter (where field = 'unit') as unit_text,
        any_value(cell) filter (where field = 'unit') as unit_cell,
        any_value(text) filter (where field = 'note') as note,
        any_value(cell) filter (where field = 'note') as note_cell,
        any_value(text) filter (where field = 'published_rank') as rank_text,
        any_value(cell) filter (where field = 'published_rank') as rank_cell,
        any_value(number_value) filter (where field = 'published_rank' and state = 'number') as rank_value,
        any_value(text) filter (where field = 'published_rank_metric') as published_rank_metric,
        any_value(text) filter (where field = 'finished_on') as finished_text,
        any_value(cell) filter (where field = 'finished_on') as finished_cell,
        any_value(date_value) filter (where field = 'finished_on') as finished_on,
        any_value(cell_read) filter (where field = 'month_value') as month_read,
        any_value(cell_read) filter (where field = 'ytd_value') as ytd_read,
        any_value(cell_read) filter (where field = 'prior_ytd_value') as prior_read,
    from read_cell
    group by sha256, sheet_name, row_number
),

named_row as (
    select
        received.submission_id,
        received.form_code,
        received.sender_code,
        received.report_month,
        received.version,
        received.received_at,
        form_row.* exclude (sha256),
        coalesce(form_row.indicator_code_text, form_row.indicator_name_text) as indicator_text,
        coalesce(form_row.org_unit_code_text, form_row.org_unit_name_text) as org_unit_text,
        indicator.indicator_code,
        indicator.kind,
        indicator.unit,
        indicator.decimals,
        indicator.minimum,
        indicator.maximum,
        case
            when coalesce(form_row.org_unit_code_text, form_row.org_unit_name_text) is null then received.sender_code
            else subject.org_unit_code
        end as org_unit_code,
    from core.received
    inner join form_row using (sha256)
    left join core.indicator
        on case
            when form_row.indicator_code_text is null
                then plain_name(form_row.indicator_name_text) = plain_name(indicator.name_zh)
            else lower(plain_name(form_row.indicator_code_text)) = indicator.indicator_code
        end
    left join core.org_unit_name as subject
        on
            plain_name(coalesce(form_row.org_unit_code_text, form_row.org_unit_name_text)) = subject.spoken_name
            and subject.level = case
                when received.form_code = indicator.source_form then indicator.reporting_level
                else (select level from reference.form where code = received.form_code)
            end
    where form_row.indicator_code_text is not null or form_row.indicator_name_text is not null
),

-- 元, 万元 and 亿元 convert into each other; any other mismatch has no multiplier and is a finding
unit_multiplier as (
    select
        written.unit as written_unit,
        own.unit as own_unit,
        cast(written.factor / own.factor as decimal(18, 8)) as multiplier,
    from reference.unit as written
    inner join reference.unit as own using (family)
),

measured_row as (
    select
        named_row.*,
        case
            when named_row.unit_text is null or plain_name(named_row.unit_text) = plain_name(named_row.unit) then 1
            else column_unit.multiplier
        end as unit_multiplier,
        -- a unit in the cell that does not convert leaves the cell without a value; a percentage is read as 0–1
        case
            when coalesce(named_row.month_read.number_unit, '%') = '%' then unit_multiplier
            when named_row.month_read.number_unit = named_row.unit then 1
            else month_unit.multiplier
        end as month_multiplier,
        case
            when coalesce(named_row.ytd_read.number_unit, '%') = '%' then unit_multiplier
            when named_row.ytd_read.number_unit = named_row.unit then 1
            else ytd_unit.multiplier
        end as ytd_multiplier,
        case
            when coalesce(named_row.prior_read.number_unit, '%') = '%' then unit_multiplier
            when named_row.prior_read.number_unit = named_row.unit then 1
            else prior_unit.multiplier
        end as prior_multiplier,
    from named_row
    left join unit_multiplier as column_unit
        on plain_name(named_row.unit_text) = column_unit.written_unit and named_row.unit = column_unit.own_unit
    left join unit_multiplier as month_unit
        on named_row.month_read.number_unit = month_unit.written_unit and named_row.unit = month_unit.own_unit
    left join unit_multiplier as ytd_unit
        on named_row.ytd_read.number_unit = ytd_unit.written_unit and named_row.unit = ytd_unit.own_unit
    left join unit_multiplier as prior_unit
        on named_row.prior_read.number_unit = prior_unit.written_unit and named_row.unit = prior_unit.own_unit
)

select
    measured_row.submission_id,
    measured_row.form_code,
    measured_row.sender_code,
    measured_row.org_unit_code,
    measured_row.org_unit_text,
    measured_row.indicator_code,
    measured_row.indicator_text,
    measured_row.report_month,
    measured_row.sheet_name,
    measured_row.row_number,
    measured_row.indicator_cell,
    measured_row.unit_cell,
    measured_row.unit_text,
    measured_row.unit_multiplier,
    measured_row.month_read.cell as month_cell,
    measured_row.month_read.text as month_text,
    measured_row.month_read.state as month_state,
    cast(measured_row.month_read.number_value * month_multiplier as decimal(24, 6)) as month_value,
    measured_row.ytd_read.cell as ytd_cell,
    measured_row.ytd_read.text as ytd_text,
    measured_row.ytd_read.state as ytd_state,
    cast(measured_row.ytd_read.number_value * ytd_multiplier as decimal(24, 6)) as ytd_value,
    measured_row.prior_read.cell as prior_ytd_cell,
    measured_row.prior_read.text as prior_ytd_text,
    measured_row.prior_read.state as prior_ytd_state,
    cast(measured_row.prior_read.number_value * prior_multiplier as decimal(24, 6)) as prior_ytd_value,
    measured_row.finished_cell,
    measured_row.finished_text,
    measured_row.finished_on,
    measured_row.rank_cell,
    measured_row.rank_text,
    cast(measured_row.rank_value as integer) as published_rank,
    measured_row.published_rank_metric,
    measured_row.note_cell,
    measured_row.note,
    coalesce(plain_note(measured_row.note) != '', false)
    and not exists (
        select phrase from reference.unexplained where plain_note(phrase) = plain_note(measured_row.note)
    ) as has_explanation,
    expected_cell.indicator_code is not null as is_asked,
    measured_row.kind,
    measured_row.unit,
    measured_row.decimals,
    measured_row.minimum,
    measured_row.maximum,
    expected_cell.cells_required,
    coalesce(expected_cell.is_required, false) as is_required,
    measured_row.version,
    measured_row.received_at,
from measured_row
left join core.expected_cell using (form_code, sender_code, org_unit_code, indicator_code, report_month)
order by measured_row.submission_id, measured_row.sheet_name, measured_row.row_number
