-- grain: one row per submission, subject, ratio indicator and cell (month, year to date) with both parts reported
-- A flow against a level compares the flow's cumulative. A ratio that may exceed 1 says so by its maximum.
-- A cumulative that is too large by this month's excess alone is told with the month, once.
with reported_pair as (
    select
        ratio.indicator_code as ratio_code,
        coalesce(ratio.maximum, 1) as highest_ratio,
        numerator.*,
        denominator.indicator_code as whole_code,
        whole.name_zh as whole_zh,
        coalesce(whole.name_en, whole.name_zh) as whole_en,
        denominator.kind as whole_kind,
        denominator.month_value as whole_month_value,
        denominator.ytd_value as whole_ytd_value,
    from core.indicator as ratio
    inner join "check".sound_row as numerator on ratio.numerator_code = numerator.indicator_code
    inner join "check".sound_row as denominator
        on
            ratio.denominator_code = denominator.indicator_code
            and numerator.submission_id = denominator.submission_id
            and numerator.org_unit_code = denominator.org_unit_code
    inner join core.indicator as whole on ratio.denominator_code = whole.indicator_code
    where ratio.kind = 'ratio'
),

compared_cell as (
    select
        *,
        unnest([
            struct_pack(
                field := 'month',
                cell := month_cell,
                text := month_text,
                part := case when kind = whole_kind then month_value end,
                whole := whole_month_value
            ),
            struct_pack(
                field := 'ytd',
                cell := coalesce(ytd_cell, month_cell),
                text := coalesce(ytd_text, month_text),
                part := case when kind = 'flow' then ytd_value when kind != whole_kind then month_value end,
                whole := case when whole_kind = 'flow' then whole_ytd_value else whole_month_value end
            )
        ]) as pair,
        kind = 'flow' and whole_kind = 'flow' and month_value > whole_month_value as is_month_over,
        ytd_value - month_value <= whole_ytd_value - whole_month_value as is_over_by_month_alone,
    from reported_pair
    where highest_ratio <= 1
)

select
    concat_ws(':', row_key, ratio_code, pair.field) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    pair.cell as cell,
    pair.text as found,
    '≤ ' || printf('%.15g', cast(pair.whole as double)) as expected,
    has_explanation as is_explained,
    ratio_code,
    whole_code,
    whole_zh,
    whole_en,
    case
        when not coalesce(pair.field = 'ytd' and is_month_over and is_over_by_month_alone, false)
            then greatest(pair.part - pair.whole, 0)
    end as excess_value,
from compared_cell
where pair.part is not null and pair.whole is not null
order by check_key
