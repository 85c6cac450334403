-- grain: one row per plan year, org unit, indicator and version of a target that is split over the units below
-- domain.md, Targets: the parts always add up. Ratios, growth and progress are copied, not split.
with part_sum as (
    select
        part.plan_year,
        part.split_from_code as org_unit_code,
        part.indicator_code,
        part.target_version,
        count(*) as parts_count,
        sum(part.target_value) as parts_value,
    from core.plan_target as part
    where part.split_from_code is not null
    group by part.plan_year, part.split_from_code, part.indicator_code, part.target_version
)

select
    concat_ws(':', whole.plan_year, whole.org_unit_code, whole.indicator_code, whole.target_version) as check_key,
    cast(null as varchar) as submission_id,
    whole.org_unit_code,
    cast(null as varchar) as form_code,
    whole.indicator_code,
    cast(null as date) as report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    printf('%.15g', cast(part_sum.parts_value as double)) as found,
    printf('%.15g', cast(whole.target_value as double)) as expected,
    false as is_explained,
    whole.plan_year,
    part_sum.parts_count,
    abs(part_sum.parts_value - whole.target_value) as gap_value,
from core.plan_target as whole
inner join part_sum using (plan_year, org_unit_code, indicator_code, target_version)
inner join core.indicator as indicator using (indicator_code)
where whole.split_from_code is null and indicator.kind in ('flow', 'stock')
order by check_key
