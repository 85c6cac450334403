-- grain: one row per plan year, org unit, indicator and version of its target
-- A baseline is a figure that was reported once: withheld with the others of its unit and indicator.
with suppressed_series as (
    select distinct
        org_unit_code,
        indicator_code,
        true as is_suppressed,
    from core.disclosure
    where is_series_suppressed
),

-- a part is split anew when the whole is
rekeyed_version as (
    select
        plan_year,
        org_unit_code as split_unit_code,
        indicator_code,
        version as target_version,
        is_rekeyed,
    from core.decided_target
    where is_rekeyed and unfit_code is null
    union all
    select
        plan_year,
        org_unit_code as split_unit_code,
        indicator_code,
        coalesce(version, 1) as target_version,
        is_rekeyed,
    from reference.target
    where is_rekeyed
)

select
    plan_target.plan_year,
    plan_target.org_unit_code,
    plan_target.indicator_code,
    plan_target.target_version,
    plan_target.target_form,
    cast(plan_target.target_value as decimal(24, 6)) as target_value,
    cast(
        unless_suppressed(plan_target.baseline_value, suppressed_series.is_suppressed) as decimal(24, 6)
    ) as baseline_value,
    plan_target.first_month,
    plan_target.due_month,
    plan_target.phasing,
    plan_target.basis as target_basis,
    plan_target.split_key,
    plan_target.split_from_code,
    coalesce(rekeyed_version.is_rekeyed, false) as is_rekeyed,
    plan_target.effective_month,
    plan_target.reason,
    plan_target.recorded_at,
    plan_target.is_sample,
    plan_target.source_section,
from core.plan_target as plan_target
left join suppressed_series
    on
        plan_target.org_unit_code = suppressed_series.org_unit_code
        and plan_target.indicator_code = suppressed_series.indicator_code
left join rekeyed_version
    on
        plan_target.plan_year = rekeyed_version.plan_year
        and coalesce(plan_target.split_from_code, plan_target.org_unit_code) = rekeyed_version.split_unit_code
        and plan_target.indicator_code = rekeyed_version.indicator_code
        and plan_target.target_version = rekeyed_version.target_version
order by plan_target.plan_year, plan_target.org_unit_code, plan_target.indicator_code, plan_target.target_version
