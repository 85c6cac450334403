-- grain: one row per recorded correction, with what keeps it from counting
-- The catalogue may have changed since it was recorded; it must not be forgotten, nor stop the night.
select
    decision_id as check_key,
    cast(null as varchar) as submission_id,
    min(org_unit_code) as org_unit_code,
    cast(null as varchar) as form_code,
    min(indicator_code) as indicator_code,
    min(report_month) as report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    min(unfit_code) as found,
    cast(null as varchar) as expected,
    false as is_explained,
    decision_id,
    count(unfit_code) filter (where unfit_code != 'bulletin_only') as unfit_count,
    count(unfit_code) filter (where unfit_code = 'bulletin_only') as bulletin_only_count,
from core.correction
group by decision_id
order by check_key
