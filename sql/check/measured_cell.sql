-- grain: one row per filled cell (this month, year to date, last year to date, day finished, rank) of an asked row
-- How far each cell is from a possible value of its indicator, in the indicator's own unit. There are millions of them
-- and few are wrong: what a wrong one is told is worked out when it is asked for (check.value_cell).
with identified_row as not materialized (
    select reading.*
    from core.reading as reading
    inner join "check".submission as submission using (submission_id)
    where submission.has_known_rows and reading.is_asked
),

-- five times the few columns: five cells of each row beside one another would carry all its columns with them
typed_cell as (
    select
        *,
        'month' as field,
        month_cell as cell,
        month_text as text,
        month_state as state,
        month_value as value,
        is_month_rough as is_rough,
        is_month_converted as is_converted,
    from identified_row
    union all by name
    select
        *,
        'ytd' as field,
        ytd_cell as cell,
        ytd_text as text,
        ytd_state as state,
        ytd_value as value,
        is_ytd_rough as is_rough,
        is_ytd_converted as is_converted,
    from identified_row
    union all by name
    select
        *,
        'prior_ytd' as field,
        prior_ytd_cell as cell,
        prior_ytd_text as text,
        prior_ytd_state as state,
        prior_ytd_value as value,
        is_prior_ytd_rough as is_rough,
        is_prior_ytd_converted as is_converted,
    from identified_row
    union all by name
    select
        *,
        'finished' as field,
        finished_cell as cell,
        finished_text as text,
        case when finished_on is null then 'text' else 'date' end as state,
        null as value,
        false as is_rough,
        false as is_converted,
    from identified_row
    union all by name
    select
        *,
        'rank' as field,
        rank_cell as cell,
        rank_text as text,
        case when published_rank is null then 'text' else 'number' end as state,
        null as value,
        false as is_rough,
        false as is_converted,
    from identified_row
),

bounded_cell as (
    select
        *,
        coalesce(minimum, 0) as lowest_value,
        -- a month's correction may be negative beside a cumulative that is not (which then falls: another finding)
        kind = 'flow' and field = 'month' and coalesce(ytd_value >= 0, false) as is_correction,
        kind in ('ratio', 'milestone') as is_share,
        kind in ('flow', 'stock') as is_amount,
        -- beyond its bounds a share is told already
        not is_share and coalesce(abs(value) >= impossible_size(), false) as is_roughsized,
        -- a converted amount keeps the decimals of the unit that it was written in
        is_amount and not is_roughsized and not coalesce(is_converted, unit_multiplier != 1)
            as is_written_in_own_unit,
        -- twelve digits and six decimals at most: a machine divides numbers of 64 bits ten times as fast
        case when is_written_in_own_unit then try_cast(value as decimal(18, 6)) end as own_value,
    from typed_cell
    where text is not null and state != 'blank'
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
    cell,
    text,
    has_explanation,
    value,
    unit,
    minimum,
    maximum,
    decimals,
    case
        when field = 'finished' then state = 'date'
        else state in ('number', 'not_applicable')
    end as is_readable,
    not coalesce(is_rough, false) as is_exact,
    not is_roughsized as is_possible_size,
    case when decimals = 0 then own_value % 1 end as fraction_value,
    own_value % list_extract([0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001], decimals) as surplus_value,
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
