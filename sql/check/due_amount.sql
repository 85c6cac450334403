-- grain: one row per org unit, indicator and month of a plan year in which it is known beforehand what is due of a flow
-- What a reader who wants to look good knows without a computer: the target by months, even or guided. Targets phased
-- by last year's shape, and those that were revised in the year, are left out.
with sole_target as (
    select
        plan_target.*,
        indicator.decimals,
        indicator.on_pace_at,
        indicator.at_risk_at,
        indicator.behind_at,
    from core.plan_target as plan_target
    inner join core.indicator as indicator using (indicator_code)
    where indicator.kind = 'flow'
    qualify count(*) over (partition by plan_target.plan_year, plan_target.org_unit_code, indicator_code) = 1
),

due_month as (
    select
        *,
        cast(unnest(generate_series(first_month, sole_target.due_month, interval 1 month)) as date) as report_month,
    from sole_target
    where
        target_form = 'at_least'
        and coalesce(phasing, 'linear') in ('linear', 'guidance')
        and target_value > 0
),

-- a part follows what is guided for the whole; what nobody guides is due evenly (core.target_month)
weighted_month as (
    select
        due_month.*,
        coalesce(own_phasing.guided_value, whole_phasing.guided_value) as told_value,
        case
            when due_month.phasing = 'guidance' and sum(told_value) over one_target > 0
                then greatest(coalesce(told_value, 0), 0)
            else 1
        end as month_weight,
    from due_month
    left join reference.phasing as own_phasing
        on
            due_month.plan_year = own_phasing.plan_year
            and due_month.org_unit_code = own_phasing.org_unit_code
            and due_month.indicator_code = own_phasing.indicator_code
            and due_month.report_month = own_phasing.month
    left join reference.phasing as whole_phasing
        on
            due_month.plan_year = whole_phasing.plan_year
            and due_month.split_from_code = whole_phasing.org_unit_code
            and due_month.indicator_code = whole_phasing.indicator_code
            and due_month.report_month = whole_phasing.month
    window one_target as (partition by due_month.plan_year, due_month.org_unit_code, due_month.indicator_code)
)

select
    org_unit_code,
    indicator_code,
    report_month,
    decimals,
    on_pace_at,
    at_risk_at,
    behind_at,
    cast(
        target_value * sum(month_weight) over (one_target order by report_month)
        / sum(month_weight) over (one_target) as decimal(24, 6)
    ) as due_value,
from weighted_month
window one_target as (partition by plan_year, org_unit_code, indicator_code)
order by org_unit_code, indicator_code, report_month
