-- grain: one row per submission of a known form, sender and month, and subject and indicator that are asked there
-- view: the few that are missing or blank are told in words; what each row answers stands in check.asked_row.
select
    concat_ws(':', asked_row.submission_id, asked_row.org_unit_code, asked_row.indicator_code) as check_key,
    asked_row.submission_id,
    asked_row.org_unit_code,
    asked_row.form_code,
    asked_row.indicator_code,
    asked_row.report_month,
    asked_row.sheet_name,
    asked_row.blank_cell as cell,
    cast(null as varchar) as found,
    '数字、0 或“不适用”' as expected,
    asked_row.has_explanation as is_explained,
    asked_row.has_row,
    asked_row.is_lacking,
    asked_row.indicator_code || ' ' || indicator.name_zh as indicator_shown,
    asked_row.indicator_code || ' ' || indicator.name_zh || '（' || org_unit.name || '）' as row_expected,
    case when asked_row.blank_field = 'ytd' then '本年累计' else '本月数' end as column_zh,
    case when asked_row.blank_field = 'ytd' then 'the year to date' else 'this month' end as column_en,
    -- a column that was left blank as a whole is told once (check.blank_column)
    case when coalesce(blank_column.is_filled, true) then asked_row.is_answered end as is_answered,
from "check".asked_row as asked_row
inner join core.indicator as indicator on asked_row.indicator_code = indicator.indicator_code
inner join reference.org_unit as org_unit on asked_row.org_unit_code = org_unit.code
left join "check".blank_column as blank_column
    on
        asked_row.submission_id = blank_column.submission_id
        and asked_row.org_unit_code = blank_column.org_unit_code
        and asked_row.sheet_name = blank_column.sheet_name
        and asked_row.blank_field = blank_column.field
