-- grain: one row per month's amount or level with at least four months of its own in the two years before it
-- view: the few that lie far out are told in words; how far is worked out in check.usual_amount.
select
    row_key as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    cell,
    shown_amount(amount, indicator.unit, text) as found,
    '≈ ' || shown_about(coalesce(continued_amount, usual_amount)) || coalesce(indicator.unit, '') as expected,
    has_explanation as is_explained,
    amount,
    months_count,
    usual_amount,
    usual_spread,
    case when own.kind = 'stock' then previous_amount end as level_before,
    concat_ws(
        '，',
        '以往 ' || months_count || ' 个月一般为 ' || shown_about(usual_amount) || coalesce(indicator.unit, ''),
        '上月 ' || shown_about(level_before) || coalesce(indicator.unit, ''),
        '去年同月 ' || shown_about(last_year_amount) || coalesce(indicator.unit, '')
    ) as history_zh,
    concat_ws(
        ', ',
        'usually ' || shown_about(usual_amount) || coalesce(indicator.unit, '')
        || ' over ' || months_count || ' months',
        'last month ' || shown_about(level_before) || coalesce(indicator.unit, ''),
        'the same month last year ' || shown_about(last_year_amount) || coalesce(indicator.unit, '')
    ) as history_en,
    -- what was copied from another unit is far for that reason (check.copied_row)
    case when not coalesce(copied_row.is_month_copied, false) then spreads_ratio end as spreads_ratio,
    case when not coalesce(copied_row.is_month_copied, false) then gross_ratio end as gross_ratio,
    coalesce(continued_amount, usual_amount) as likely_amount,
    -- a digit too many or too few makes ten times as much, or a tenth; of 9 where 1 is usual no digit is one too many
    greatest(abs(amount), abs(likely_amount)) >= 10
    and (
        abs(amount) >= 5 * abs(likely_amount) or 5 * abs(amount) <= abs(likely_amount)
    ) as is_digit_likely,
    case when is_digit_likely then '是否多写、少写了数位' else '这个数' end as slip_zh,
    case when is_digit_likely then 'for a digit too many or too few' else 'the figure' end as slip_en,
from "check".usual_amount as own
left join core.indicator as indicator using (indicator_code)
left join "check".copied_row as copied_row using (row_key)
