-- grain: one row per plan year, org unit, indicator and version of its target, split ones worked out
-- 分解下达 by largest remainder at the indicator's decimals, ties by households, then code: the parts always add up.
with announced as (
    select
        target.plan_year,
        target.org_unit_code,
        target.indicator_code,
        coalesce(target.version, 1) as target_version,
        target.target_form,
        target.value as target_value,
        target.baseline_value,
        -- an indicator that begins mid-year is due from its own first month on
        coalesce(
            target.first_month, greatest(make_date(target.plan_year, 1, 1), indicator.first_month)
        ) as first_month,
        coalesce(target.due_month, make_date(target.plan_year, 12, 1)) as due_month,
        -- levels, ratios and growth are compared whole
        case
            when indicator.kind in ('ratio', 'growth') then 'none'
            when target.target_form = 'at_most' and indicator.kind = 'stock' then 'none'
            else coalesce(target.phasing, 'linear')
        end as phasing,
        coalesce(target.basis, 'office') as basis,
        target.split_key,
        target.effective_month,
        target.reason,
        target.recorded_at,
        coalesce(target.is_sample, false) as is_sample,
        target.source_section,
        indicator.kind,
        indicator.decimals,
    from reference.target as target
    inner join core.indicator using (indicator_code)
    where coalesce(day_of(target.recorded_at) <= day_of($as_of), true)
),

-- a unit that ended before the plan year, or comes after it, takes no part of its targets
target_unit as (
    select distinct
        announced.plan_year,
        org_unit.code,
        org_unit.households,
        org_unit.population,
    from announced
    cross join reference.org_unit as org_unit
    where
        announced.plan_year
        between coalesce(year(org_unit.valid_from), announced.plan_year)
        and coalesce(year(org_unit.valid_to), announced.plan_year)
),

share as (
    select
        announced.plan_year,
        announced.org_unit_code as parent_code,
        announced.indicator_code,
        announced.target_version,
        reporting_line.reporting_unit_code as org_unit_code,
        announced.kind in ('ratio', 'growth', 'milestone') as is_copied,
        -- in the smallest step that the indicator's decimals allow
        millionths(announced.target_value) // step_size(announced.decimals) as whole_steps,
        millionths(announced.baseline_value) // step_size(announced.decimals) as whole_baseline_steps,
        announced.decimals,
        coalesce(org_unit.households, 0) as households,
        cast(
            case announced.split_key
                when 'equal' then 1
                when 'households' then coalesce(org_unit.households, 0)
                when 'population' then coalesce(org_unit.population, 0)
            end as hugeint
        ) as share_weight,
    from announced
    inner join core.reporting_line
        on
            announced.indicator_code = reporting_line.indicator_code
            and announced.org_unit_code = reporting_line.org_unit_code
            and reporting_line.org_unit_code != reporting_line.reporting_unit_code
    inner join target_unit as org_unit
        on announced.plan_year = org_unit.plan_year and reporting_line.reporting_unit_code = org_unit.code
    where announced.split_key in ('equal', 'households', 'population')
    union all
    select
        announced.plan_year,
        announced.org_unit_code as parent_code,
        announced.indicator_code,
        announced.target_version,
        reporting_line.reporting_unit_code as org_unit_code,
        true as is_copied,
        null as whole_steps,
        null as whole_baseline_steps,
        announced.decimals,
        0 as households,
        1 as share_weight,
    from announced
    inner join core.indicator as indicator using (indicator_code)
    inner join core.reporting_line
        on
            indicator.numerator_code = reporting_line.indicator_code
            and announced.org_unit_code = reporting_line.org_unit_code
            and reporting_line.org_unit_code != reporting_line.reporting_unit_code
    inner join target_unit as org_unit
        on announced.plan_year = org_unit.plan_year and reporting_line.reporting_unit_code = org_unit.code
    where indicator.is_derived and announced.split_key in ('equal', 'households', 'population')
),

divided as (
    select
        *,
        whole_steps * share_weight // sum(share_weight) over parts as floor_steps,
        whole_steps * share_weight % sum(share_weight) over parts as remainder,
        whole_baseline_steps * share_weight // sum(share_weight) over parts as floor_baseline_steps,
        whole_baseline_steps * share_weight % sum(share_weight) over parts as baseline_remainder,
    from share
    window parts as (partition by plan_year, parent_code, indicator_code, target_version)
),

part as (
    select
        *,
        floor_steps
        + cast(
            row_number() over (largest_remainder order by remainder desc, households desc, org_unit_code)
            <= whole_steps - sum(floor_steps) over (largest_remainder) as integer
        ) as steps,
        floor_baseline_steps
        + cast(
            row_number() over (largest_remainder order by baseline_remainder desc, households desc, org_unit_code)
            <= whole_baseline_steps - sum(floor_baseline_steps) over (largest_remainder) as integer
        ) as baseline_steps,
    from divided
    window largest_remainder as (partition by plan_year, parent_code, indicator_code, target_version)
)

select
    plan_year,
    org_unit_code,
    indicator_code,
    target_version,
    target_form,
    target_value,
    baseline_value,
    first_month,
    due_month,
    phasing,
    basis,
    split_key,
    cast(null as varchar) as split_from_code,
    effective_month,
    reason,
    recorded_at,
    is_sample,
    source_section,
from announced
union all by name
select
    part.plan_year,
    part.org_unit_code,
    part.indicator_code,
    part.target_version,
    announced.target_form,
    case
        when part.is_copied then announced.target_value
        else from_millionths(part.steps * step_size(part.decimals))
    end as target_value,
    case
        when part.is_copied then announced.baseline_value
        else from_millionths(part.baseline_steps * step_size(part.decimals))
    end as baseline_value,
    announced.first_month,
    announced.due_month,
    announced.phasing,
    announced.basis,
    announced.split_key,
    part.parent_code as split_from_code,
    announced.effective_month,
    announced.reason,
    announced.recorded_at,
    announced.is_sample,
    announced.source_section,
from part
inner join announced
    on
        part.plan_year = announced.plan_year
        and part.parent_code = announced.org_unit_code
        and part.indicator_code = announced.indicator_code
        and part.target_version = announced.target_version
order by plan_year, org_unit_code, indicator_code, target_version
