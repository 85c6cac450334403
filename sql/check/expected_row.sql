-- grain: one row per submission that is what it claims, and subject and indicator that its form asks of its sender
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
    asked_row.is_answered,
from "check".asked_row as asked_row
inner join core.indicator as indicator on asked_row.indicator_code = indicator.indicator_code
inner join reference.org_unit as org_unit on asked_row.org_unit_code = org_unit.code
