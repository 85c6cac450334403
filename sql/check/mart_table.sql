-- grain: one row per published table that cannot be empty once a submission counts
with published as (
    select 'completion' as table_name, count(*) as rows_count from mart.completion
    union all
    select 'indicator' as table_name, count(*) as rows_count from mart.indicator
    union all
    select 'org_unit' as table_name, count(*) as rows_count from mart.org_unit
    union all
    select 'reporting' as table_name, count(*) as rows_count from mart.reporting
    union all
    select 'submission' as table_name, count(*) as rows_count from mart.submission
),

counted as (
    select count(*) as submissions_count
    from core.submission
    where is_counted
)

select
    published.table_name as check_key,
    cast(null as varchar) as submission_id,
    cast(null as varchar) as org_unit_code,
    cast(null as varchar) as form_code,
    cast(null as varchar) as indicator_code,
    cast(null as date) as report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(published.rows_count as varchar) as found,
    '≥ 1' as expected,
    false as is_explained,
    published.table_name,
    published.rows_count > 0 or counted.submissions_count = 0 as is_filled,
from published
cross join counted
order by check_key
