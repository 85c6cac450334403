-- grain: one row per submission and row of its table that names an indicator: every version as read
-- Values stand in the indicator's own unit; a unit written in the cell goes before the unit column.
with read_cell as (
    select
        *,
        struct_pack(cell, text, state, number_value, number_unit, number_qualifier) as cell_read,
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
        any_value(cell) filter (where field = 'indicator_name') as name_cell,
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
        any_value(text) filter (where field = 'finished_on' and state != 'not_applicable') as finished_text,
        any_value(cell) filter (where field = 'finished_on') as finished_cell,
        any_value(date_value) filter (where field = 'finished_on') as finished_on,
        any_value(cell_read) filter (where field = 'month_value') as month_read,
        any_value(cell_read) filter (where field = 'ytd_value') as ytd_read,
        any_value(cell_read) filter (where field = 'prior_ytd_value') as prior_read,
    from read_cell
    group by sha256, sheet_name, row_number
),

-- a row is named by its indicator's code; by the name only where it has no code
spoken_name as (
    select
        indicator_code,
        unnest(['code ' || indicator_code, 'name ' || plain_name(name_zh)]) as spoken_name,
    from core.indicator
),

indicator_name as (
    select
        spoken_name,
        min(indicator_code) as indicator_code,
    from spoken_name
    group by spoken_name
    having count(*) = 1
),

spoken_row as (
    select
        *,
        coalesce(indicator_code_text, indicator_name_text) as indicator_text,
        coalesce(org_unit_code_text, org_unit_name_text) as org_unit_text,
        coalesce(
            'code ' || lower(plain_name(indicator_code_text)), 'name ' || plain_name(indicator_name_text)
        ) as spoken_indicator,
        'name ' || plain_name(indicator_name_text) as spoken_name,
        plain_name(org_unit_text) as spoken_org_unit,
    from form_row
),

named_row as (
    select
        received.submission_id,
        received.form_code,
        received.sender_code,
        received.report_month,
        received.version,
        received.received_at,
        received.withdrawn_at,
        spoken_row.* exclude (sha256),
        indicator.indicator_code,
        indicator.name_zh as indicator_name,
        indicator.kind,
        indicator.unit,
        indicator.decimals,
        indicator.minimum,
        indicator.maximum,
        -- a code beside the name of another indicator: nobody knows which of the two is meant
        case when by_name.indicator_code != indicator.indicator_code then by_name.indicator_code end as name_of_code,
        case
            when spoken_row.org_unit_text is null then received.sender_code
            else subject.org_unit_code
        end as org_unit_code,
    from core.received
    inner join spoken_row using (sha256)
    left join reference.form as form on received.form_code = form.code
    left join indicator_name on spoken_row.spoken_indicator = indicator_name.spoken_name
    left join indicator_name as by_name on spoken_row.spoken_name = by_name.spoken_name
    left join core.indicator as indicator on indicator_name.indicator_code = indicator.indicator_code
    left join core.org_unit_name as subject
        on
            spoken_row.spoken_org_unit = subject.spoken_name
            and subject.level = case
                when received.form_code = indicator.source_form then indicator.reporting_level
                else form.level
            end
    where spoken_row.indicator_text is not null
),

-- 元, 万元 and 亿元 convert into each other; any other mismatch has no multiplier and is a finding
unit_multiplier as (
    select
        written.unit as written_unit,
        own.unit as own_unit,
        try_cast(written.factor / own.factor as decimal(18, 8)) as multiplier,
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
        -- a percentage is read as 0–1, which means something only where shares of 1 are asked for
        case
            when named_row.kind in ('ratio', 'growth', 'milestone') or plain_name(named_row.unit) = '%'
                then unit_multiplier
        end as percent_multiplier,
        -- a unit in the cell that does not convert leaves the cell without a value
        case
            when named_row.month_read.number_unit is null then unit_multiplier
            when named_row.month_read.number_unit = '%' then percent_multiplier
            when named_row.month_read.number_unit = named_row.unit then 1
            else month_unit.multiplier
        end as month_multiplier,
        case
            when named_row.ytd_read.number_unit is null then unit_multiplier
            when named_row.ytd_read.number_unit = '%' then percent_multiplier
            when named_row.ytd_read.number_unit = named_row.unit then 1
            else ytd_unit.multiplier
        end as ytd_multiplier,
        case
            when named_row.prior_read.number_unit is null then unit_multiplier
            when named_row.prior_read.number_unit = '%' then percent_multiplier
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
),

no_explanation as (
    select plain_phrases(list(phrase)) as phrases
    from reference.unexplained
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
    measured_row.name_cell,
    measured_row.indicator_name_text as name_text,
    measured_row.indicator_name,
    measured_row.name_of_code,
    measured_row.unit_cell,
    measured_row.unit_text,
    measured_row.unit_multiplier,
    measured_row.month_read.cell as month_cell,
    measured_row.month_read.text as month_text,
    measured_row.month_read.state as month_state,
    converted(measured_row.month_read.number_value, month_multiplier) as month_value,
    measured_row.ytd_read.cell as ytd_cell,
    measured_row.ytd_read.text as ytd_text,
    measured_row.ytd_read.state as ytd_state,
    converted(measured_row.ytd_read.number_value, ytd_multiplier) as ytd_value,
    measured_row.prior_read.cell as prior_ytd_cell,
    measured_row.prior_read.text as prior_ytd_text,
    measured_row.prior_read.state as prior_ytd_state,
    converted(measured_row.prior_read.number_value, prior_multiplier) as prior_ytd_value,
    -- 8,000元 where 万元 are asked keeps the decimals of the unit that it was written in
    coalesce(month_multiplier != 1, false) as is_month_converted,
    coalesce(ytd_multiplier != 1, false) as is_ytd_converted,
    coalesce(prior_multiplier != 1, false) as is_prior_ytd_converted,
    -- 30余 is no exact figure: it is compared with bounds and with its history, but no sum has to come out to it
    coalesce(measured_row.month_read.number_qualifier = 'over', false) as is_month_rough,
    coalesce(measured_row.ytd_read.number_qualifier = 'over', false) as is_ytd_rough,
    coalesce(measured_row.prior_read.number_qualifier = 'over', false) as is_prior_ytd_rough,
    measured_row.finished_cell,
    measured_row.finished_text,
    measured_row.finished_on,
    measured_row.rank_cell,
    measured_row.rank_text,
    try_cast(measured_row.rank_value as integer) as published_rank,
    measured_row.published_rank_metric,
    measured_row.note_cell,
    measured_row.note,
    is_explanation(
        measured_row.note, measured_row.indicator_name, measured_row.unit, no_explanation.phrases
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
    measured_row.withdrawn_at,
from measured_row
cross join no_explanation
left join core.expected_cell using (form_code, sender_code, org_unit_code, indicator_code, report_month)
order by measured_row.submission_id, measured_row.sheet_name, measured_row.row_number
