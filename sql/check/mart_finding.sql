-- grain: one row per finding id of mart.finding
-- A decision names a finding by its id (jindu finding waive, uphold).
select
    coalesce(finding_id, 'none') as check_key,
    cast(null as varchar) as submission_id,
    any_value(org_unit_code) as org_unit_code,
    any_value(form_code) as form_code,
    any_value(indicator_code) as indicator_code,
    any_value(report_month) as report_month,
    any_value(sheet_name) as sheet_name,
    any_value(cell) as cell,
    coalesce(finding_id, '') as found,
    '1' as expected,
    false as is_explained,
    min(rule_code) as rule_code,
    -- without an id nothing can be decided about it
    case when finding_id is null then count(*) + 1 else count(*) end as rows_count,
from mart.finding
group by finding_id
order by check_key
