-- grain: one row per plan year, org unit, indicator and version of its target
select
    plan_year,
    org_unit_code,
    indicator_code,
    target_version,
    target_form,
    cast(target_value as decimal(24, 6)) as target_value,
    cast(baseline_value as decimal(24, 6)) as baseline_value,
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
order by plan_year, org_unit_code, indicator_code, target_version
