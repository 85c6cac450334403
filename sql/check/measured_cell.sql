-- grain: one row per filled cell (this month, year to date, last year to date, day finished, rank) of an asked row
-- How far each cell is from a possible value of its indicator, in the indicator's own unit. There are millions of them
-- and few are wrong: what a wrong one is told is worked out when it is asked for (check.value_cell).
with typed_cell as (
    select
        reading.* exclude (unit_cell, note_cell),
        unnest([
            struct_pack(
                field := 'month',
                cell := month_cell,
                text := month_text,
                state := month_state,
                value := month_value,
                is_rough := is_month_rough,
                is_converted := is_month_converted
            ),
            struct_pack(
                field := 'ytd',
                cell := ytd_cell,
                text := ytd_text,
                state := ytd_state,
                value := ytd_value,
                is_rough := is_ytd_rough,
                is_converted := is_ytd_converted
            ),
            struct_pack(
                field := 'prior_ytd',
                cell := prior_ytd_cell,
                text := prior_ytd_text,
                state := prior_ytd_state,
                value := prior_ytd_value,
                is_rough := is_prior_ytd_rough,
                is_converted := is_prior_ytd_converted
            ),
            struct_pack(
                field := 'finished',
                cell := finished_cell,
                text := finished_text,
                state := case when finished_on is null then 'text' else 'date' end,
                value := null,
                is_rough := false,
                is_converted := false
            ),
            struct_pack(
                field := 'rank',
                cell := rank_cell,
                text := rank_text,
                state := case when published_rank is null then 'text' else 'number' end,
                value := null,
                is_rough := false,
                is_converted := false
            )
        ]) as typed,
    from core.reading as reading
    inner join "check".submission as submission using (submission_id)
    where submission.has_known_rows and reading.is_asked
),

bounded_cell as (
    select
        *,
        typed.field as field,
        typed.value as value,
        coalesce(minimum, 0) as lowest_value,
        -- a month's correction may be negative beside a cumulative that is not (which then falls: another finding)
        kind = 'flow' and typed.field = 'month' and coalesce(ytd_value >= 0, false) as is_correction,
        kind in ('ratio', 'milestone') as is_share,
        kind in ('flow', 'stock') as is_amount,
        -- beyond its bounds a share is told already
        not is_share and coalesce(abs(typed.value) >= impossible_size(), false) as is_roughsized,
        -- a converted amount keeps the decimals of the unit that it was written in
        is_amount and not is_roughsized and not coalesce(typed.is_converted, unit_multiplier != 1)
            as is_written_in_own_unit,
    from typed_cell
    where typed.text is not null and typed.state != 'blank'
)

select
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    row_number,
    field,
    typed.cell as cell,
    typed.text as text,
    has_explanation,
    value,
    unit,
    minimum,
    maximum,
    decimals,
    case
        when field = 'finished' then typed.state = 'date'
        else typed.state in ('number', 'not_applicable')
    end as is_readable,
    not coalesce(typed.is_rough, false) as is_exact,
    not is_roughsized as is_possible_size,
    case when is_written_in_own_unit and decimals = 0 then value - trunc(value) end as fraction_value,
    case
        when is_written_in_own_unit
            then value % list_extract([0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001], decimals)
    end as surplus_value,
    case
        when is_amount and lowest_value >= 0 and not is_correction and not is_roughsized then least(value, 0)
    end as negative_value,
    case
        when is_share then greatest(lowest_value - value, value - coalesce(maximum, 1), 0)
    end as share_excess_value,
    -- the bounds are those of one month; below zero is told once, as negative
    case
        when is_amount and field = 'month' and (value >= 0 or lowest_value < 0) and not is_roughsized
            then greatest(coalesce(minimum - value, 0), coalesce(value - maximum, 0), 0)
    end as bounds_excess_value,
    -- no use comparing it with another cell: the cell itself is wrong
    not is_readable
    or is_roughsized
    or coalesce(fraction_value != 0, false)
    or coalesce(negative_value < 0, false)
    or coalesce(share_excess_value > 0, false) as is_impossible,
from bounded_cell
