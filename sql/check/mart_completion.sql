-- grain: one row per org unit, indicator and month of mart.completion
select
    concat_ws(':', org_unit_code, indicator_code, strftime(report_month, '%Y-%m')) as check_key,
    cast(null as varchar) as submission_id,
    org_unit_code,
    cast(null as varchar) as form_code,
    indicator_code,
    report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    any_value(status) as found,
    cast(null as varchar) as expected,
    false as is_explained,
    count(*) as rows_count,
    any_value(status) as status,
    -- the farthest of the shares from 0: a wrong denominator shows as an absurd one
    max(
        greatest(
            abs(coalesce(completion_ratio, 0)), abs(coalesce(pace_ratio, 0)), abs(coalesce(growth_ratio, 0))
        )
    ) as farthest_ratio,
    bool_and(coalesce(months_covered_count <= months_due_count, true)) as is_coverage_possible,
    -- a coloured status rests on a target
    bool_and(status in ('no_target', 'not_applicable') or target_version is not null) as has_target,
from mart.completion
group by org_unit_code, indicator_code, report_month
order by check_key
