-- grain: one row per filled cell (this month, year to date, last year to date, day finished, rank) of an asked row
-- How far each cell is from a possible value of its indicator, in the indicator's own unit.
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
                is_rough := is_month_rough
            ),
            struct_pack(
                field := 'ytd',
                cell := ytd_cell,
                text := ytd_text,
                state := ytd_state,
                value := ytd_value,
                is_rough := is_ytd_rough
            ),
            struct_pack(
                field := 'prior_ytd',
                cell := prior_ytd_cell,
                text := prior_ytd_text,
                state := prior_ytd_state,
                value := prior_ytd_value,
                is_rough := is_prior_ytd_rough
            ),
            struct_pack(
                field := 'finished',
                cell := finished_cell,
                text := finished_text,
                state := case when finished_on is null then 'text' else 'date' end,
                value := null,
                is_rough := false
            ),
            struct_pack(
                field := 'rank',
                cell := rank_cell,
                text := rank_text,
                state := case when published_rank is null then 'text' else 'number' end,
                value := null,
                is_rough := false
            )
        ]) as typed,
    from core.reading as reading
    inner join "check".submission as submission using (submission_id)
    where submission.is_identified and reading.is_asked
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
    from typed_cell
    where typed.text is not null and typed.state != 'blank'
),

measured_cell as (
    select
        *,
        case
            when field = 'finished' then typed.state != 'date'
            else typed.state not in ('number', 'not_applicable')
        end as is_unreadable,
        has_card_number(plain_digits(typed.text)) as has_identity_card,
        -- a converted amount keeps the decimals of the unit that it was written in
        case
            when is_amount and decimals = 0 and unit_multiplier = 1 and not is_roughsized then value - trunc(value)
        end as fraction_value,
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
    from bounded_cell
)

select
    concat_ws(':', submission_id, sheet_name, row_number, field) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    typed.cell as cell,
    typed.text as found,
    has_explanation as is_explained,
    row_number,
    field,
    not is_unreadable as is_readable,
    case
        when field = 'finished' then strftime(last_day(report_month), '%Y-%m-%d') || ' 这样的日期'
        else '数字、0 或“不适用”'
    end as reading_expected,
    case when field = 'finished' then '日期' else '数字' end
    || coalesce('：' || formula_error_words(typed.text), '') as reading_kind,
    case when field = 'finished' then ' ' else '' end
    || reading_expected
    || case
        when formula_error_words(typed.text) is not null then '，或把公式改好、重新计算并保存'
        else ''
    end as reading_request,
    not coalesce(typed.is_rough, false) as is_exact,
    '准确数' as exact_expected,
    value,
    unit,
    not is_roughsized as is_possible_size,
    case when has_identity_card then '身份证号' else typed.text end as size_found,
    '小于 1 万亿（1000000000000）' || unit as size_expected,
    case
        when has_identity_card then '看上去是身份证号，报表里不能填；'
    end as size_hint_zh,
    case when has_identity_card then ' It looks like an identity card number, which must not be sent.' end
        as size_hint_en,
    fraction_value,
    printf('%.15g', cast(trunc(value) as double))
    || ' 或 '
    || printf('%.15g', cast(trunc(value) + sign(value) as double)) as integer_expected,
    negative_value,
    '≥ 0' as negative_expected,
    share_excess_value,
    printf('%.15g', cast(lowest_value as double))
    || ' – '
    || printf('%.15g', cast(coalesce(maximum, 1) as double)) as share_expected,
    bounds_excess_value,
    concat_ws(
        ' ',
        '≥ ' || printf('%.15g', cast(minimum as double)),
        '≤ ' || printf('%.15g', cast(maximum as double))
    ) as bounds_expected,
    -- no use comparing it with another cell: the cell itself is wrong
    is_unreadable
    or is_roughsized
    or coalesce(fraction_value != 0, false)
    or coalesce(negative_value < 0, false)
    or coalesce(share_excess_value > 0, false) as is_impossible,
from measured_cell
order by check_key
