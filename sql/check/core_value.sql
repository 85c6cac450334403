-- grain: one row per org unit, indicator and month that has a counted value
-- One value each, about things that the catalogue knows, and from a submission that counts.
select
    concat_ws(':', value.org_unit_code, value.indicator_code, strftime(value.report_month, '%Y-%m')) as check_key,
    cast(null as varchar) as submission_id,
    value.org_unit_code,
    min(indicator.source_form) as form_code,
    value.indicator_code,
    value.report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    string_agg(value.submission_id, '、' order by value.submission_id) as found,
    '1' as expected,
    false as is_explained,
    count(*) as values_count,
    count(org_unit.code) = count(*) as is_org_unit_known,
    count(indicator.indicator_code) = count(*) as is_indicator_known,
from core.value as value
left join reference.org_unit as org_unit on value.org_unit_code = org_unit.code
left join core.indicator as indicator on value.indicator_code = indicator.indicator_code
group by value.org_unit_code, value.indicator_code, value.report_month
order by check_key
