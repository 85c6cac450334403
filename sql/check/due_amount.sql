-- grain: one row per org unit, indicator and month of a plan year in which a flow's target is due evenly
-- What a reader who wants to look good knows without a computer: the target by months. Guided and seasonal amounts,
-- and targets that were revised in the year, are left out.
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
        date_diff('month', first_month, sole_target.due_month) + 1 as months_count,
    from sole_target
    where target_form = 'at_least' and coalesce(phasing, 'linear') = 'linear' and target_value > 0
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
        target_value * (date_diff('month', first_month, report_month) + 1) / months_count as decimal(24, 6)
    ) as due_value,
from due_month
order by org_unit_code, indicator_code, report_month
