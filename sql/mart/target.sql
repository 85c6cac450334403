-- grain: one row per plan year, org unit, indicator and version of its target
-- A baseline is a figure that was reported once: withheld with the others of its unit and indicator.
with suppressed_series as (
    select distinct
        org_unit_code,
        indicator_code,
        true as is_suppressed,
    from core.disclosure
    where is_series_suppressed
)

select
    plan_year,
    org_unit_code,
    indicator_code,
    target_version,
    target_form,
    cast(target_value as decimal(24, 6)) as target_value,
    cast(unless_suppressed(baseline_value, is_suppressed) as decimal(24, 6)) as baseline_value,
    first_month,
    due_month,
    phasing,
    basis as target_basis,
    split_key,
    split_from_code,
    effective_month,
    reason,
    recorded_at,
    is_sample,
    source_section,
from core.plan_target
left join suppressed_series using (org_unit_code, indicator_code)
order by plan_year, org_unit_code, indicator_code, target_version
