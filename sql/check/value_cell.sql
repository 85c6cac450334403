-- grain: one row per filled cell (this month, year to date, last year to date, day finished, rank) of an asked row
-- view: the few cells that fail are told in words; the figures stand in check.measured_cell.
select
    concat_ws(':', submission_id, sheet_name, row_number, field) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    cell,
    text as found,
    has_explanation as is_explained,
    row_number,
    field,
    is_readable,
    case
        when field = 'finished' then strftime(last_day(report_month), '%Y-%m-%d') || ' 这样的日期'
        else '数字、0 或“不适用”'
    end as reading_expected,
    case when field = 'finished' then '日期' else '数字' end
    || coalesce('：' || formula_error_words(text), '') as reading_kind,
    case when field = 'finished' then ' ' else '' end
    || reading_expected
    || case
        when formula_error_words(text) is not null then '，或把公式改好、重新计算并保存'
        else ''
    end as reading_request,
    is_exact,
    '准确数' as exact_expected,
    value,
    unit,
    is_possible_size,
    case when has_card_number(plain_digits(text)) then '身份证号' else text end as size_found,
    '小于 1 万亿（1000000000000）' || unit as size_expected,
    case when has_card_number(plain_digits(text)) then '看上去是身份证号，报表里不能填；' end as size_hint_zh,
    case
        when has_card_number(plain_digits(text))
            then ' It looks like an identity card number, which must not be sent.'
    end as size_hint_en,
    fraction_value,
    printf('%.15g', cast(trunc(value) as double))
    || ' 或 '
    || printf('%.15g', cast(trunc(value) + sign(value) as double)) as integer_expected,
    surplus_value,
    '最多 ' || decimals || ' 位小数' as surplus_expected,
    decimals,
    negative_value,
    '≥ 0' as negative_expected,
    share_excess_value,
    printf('%.15g', cast(coalesce(minimum, 0) as double))
    || ' – '
    || printf('%.15g', cast(coalesce(maximum, 1) as double)) as share_expected,
    bounds_excess_value,
    concat_ws(
        ' ',
        '≥ ' || printf('%.15g', cast(minimum as double)),
        '≤ ' || printf('%.15g', cast(maximum as double))
    ) as bounds_expected,
    is_impossible,
from "check".measured_cell
