-- grain: one row per org unit, indicator and version of the target of the plan year
-- Every version, the newest last: what a month's figures were measured against, and from which month on.
select
    target.org_unit_code,
    target.indicator_code,
    target.target_version,
    target.target_form,
    target.target_value,
    target.baseline_value,
    target.first_month,
    target.due_month,
    target.phasing,
    target.target_basis,
    target.split_key,
    target.split_from_code,
    coalesce(parent.short_name, parent.name) as split_from_name,
    target.effective_month,
    target.reason,
    target.recorded_at,
    target.is_sample,
    target.source_section,
from mart.target as target
left join mart.org_unit as parent on target.split_from_code = parent.org_unit_code
where target.plan_year = year(cast($month as date))
order by target.org_unit_code, target.indicator_code, target.target_version
