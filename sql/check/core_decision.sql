-- grain: one row per recorded decision about targets
-- Who writes a decision into target.csv as it was taken has taken it over: that is no fault.
with decided as (
    select
        decided_target.decision_id,
        decided_target.plan_year,
        decided_target.org_unit_code,
        decided_target.indicator_code,
        decided_target.version,
        decided_target.unfit_code,
        coalesce(
            decided_target.unfit_code = 'listed_since'
            and decided_target.value = listed.value
            and decided_target.effective_month is not distinct from listed.effective_month,
            false
        ) as is_taken_over,
    from core.decided_target
    left join reference.target as listed
        on
            decided_target.plan_year = listed.plan_year
            and decided_target.org_unit_code = listed.org_unit_code
            and decided_target.indicator_code = listed.indicator_code
            and decided_target.version = coalesce(listed.version, 1)
)

select
    decision_id as check_key,
    cast(null as varchar) as submission_id,
    min(org_unit_code) as org_unit_code,
    cast(null as varchar) as form_code,
    min(indicator_code) as indicator_code,
    cast(null as date) as report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    min(unfit_code) filter (where not is_taken_over) as found,
    cast(null as varchar) as expected,
    false as is_explained,
    decision_id,
    min(plan_year) as plan_year,
    min(version) as target_version,
    count(unfit_code) filter (where not is_taken_over) as unfit_count,
from decided
group by decision_id
order by check_key
