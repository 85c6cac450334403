-- grain: one row per plan year, org unit, indicator and month of the plan year: how much of the target falls due
-- In words that are exact: a third of 50 is 50/3. A restricted series that is withheld tells neither its baseline nor,
-- where last year's own shape spreads the target, that shape.
with due_month as (
    select
        target_month.*,
        millionths(target_month.target_value) - coalesce(millionths(target_month.baseline_value), 0) as distance,
        -- what the versions before this one had asked for by then stays as it was
        first_value(target_month.due_numerator - target_month.amount_numerator) over in_force as kept_numerator,
        target_month.due_numerator - kept_numerator as due_part,
        distance * target_month.amount_denominator - kept_numerator as whole_part,
        greatest(target_month.first_month, first_value(target_month.report_month) over in_force) as version_month,
        case
            when target_month.phasing_used = 'linear'
                then 1 + date_diff('month', version_month, target_month.due_month)
        end as months_count,
        1 + date_diff('month', version_month, least(target_month.report_month, target_month.due_month)) as passed_count,
        withheld_due.org_unit_code is not null as is_suppressed,
    from core.target_month as target_month
    left join core.withheld_due as withheld_due using (plan_year, org_unit_code, indicator_code)
    window in_force as (
        partition by
            target_month.plan_year,
            target_month.org_unit_code,
            target_month.indicator_code,
            target_month.target_version,
            target_month.is_inherited
        order by target_month.report_month
    )
)

select
    plan_year,
    org_unit_code,
    indicator_code,
    report_month,
    target_version,
    is_inherited,
    cast(version_month as date) as from_month,  -- the first over which its version spreads what was left
    cast(unless_suppressed(baseline_value, is_suppressed) as decimal(24, 6)) as baseline_value,
    unless_suppressed(exact_text(amount_numerator, 1000000 * amount_denominator), is_suppressed) as amount_text,
    unless_suppressed(
        exact_text(
            coalesce(millionths(baseline_value), 0) * amount_denominator + due_numerator, 1000000 * amount_denominator
        ),
        is_suppressed
    ) as target_to_date_text,
    unless_suppressed(exact_text(kept_numerator, 1000000 * amount_denominator), is_suppressed) as kept_text,
    -- of what the versions before it had left open, the part that is due by this month: as months of months, if it is
    unless_suppressed(
        case
            when is_inherited then null
            when whole_part != 0 and due_part * months_count = passed_count * whole_part
                then concat(passed_count, '/', months_count)
            else exact_text(due_part, whole_part)
        end,
        is_suppressed
    ) as share_text,
from due_month
order by plan_year, org_unit_code, indicator_code, report_month
