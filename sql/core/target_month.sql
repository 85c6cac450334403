-- grain: one row per plan year, org unit, indicator and month of the plan year: the target in force and how much is due
-- Amounts are exact fractions of one denominator per target: amount_numerator / amount_denominator, in millionths.
-- A revision keeps the months before its effective month and spreads what remains over the months that remain.
with recursive version as (
    select
        plan_target.*,
        indicator.decimals,
        row_number() over (by_target order by effective_month nulls first, target_version) as ordinal,
        count(*) over (by_target) as versions_count,
        min(plan_target.first_month) over (by_target) as grid_first_month,
        greatest(max(due_month) over (by_target), make_date(plan_year, 12, 1)) as grid_last_month,
        -- the way that a level has to go is phased, not the level itself
        millionths(target_value) - coalesce(millionths(baseline_value), 0) as distance,
    from core.plan_target
    inner join core.indicator using (indicator_code)
    window by_target as (partition by plan_year, org_unit_code, indicator_code)
),

grid_month as (
    select
        version.plan_year,
        version.org_unit_code,
        version.indicator_code,
        version.ordinal,
        version.versions_count,
        version.distance,
        version.phasing,
        version.decimals,
        version.first_month,
        version.due_month,
        case when version.ordinal > 1 then version.effective_month end as effective_month,
        cast(
            unnest(generate_series(version.grid_first_month, version.grid_last_month, interval 1 month)) as date
        ) as report_month,
        report_month between version.first_month and version.due_month as in_span,
    from version
),

guided_month as (
    select
        grid_month.*,
        phasing.guided_value,
        last_year.month_value as last_year_value,
        count(last_year.month_value) filter (where in_span) over by_version
        = count(*) filter (where in_span) over by_version
        and sum(last_year.month_value) filter (where in_span) over by_version > 0
        and max(last_year.units_due_count - last_year.units_month_count) filter (where in_span) over by_version = 0
            as is_last_year_whole,
        sum(phasing.guided_value) filter (where in_span) over by_version > 0 as is_guided,
    from grid_month
    left join reference.phasing as phasing
        on
            grid_month.plan_year = phasing.plan_year
            and grid_month.org_unit_code = phasing.org_unit_code
            and grid_month.indicator_code = phasing.indicator_code
            and grid_month.report_month = phasing.month
    left join core.tree_month as last_year
        on
            grid_month.org_unit_code = last_year.org_unit_code
            and grid_month.indicator_code = last_year.indicator_code
            and grid_month.report_month - interval 1 year = last_year.report_month
    window by_version as (
        partition by grid_month.plan_year, grid_month.org_unit_code, grid_month.indicator_code, grid_month.ordinal
    )
),

weighted_month as (
    select
        * exclude (guided_value, last_year_value, is_last_year_whole, is_guided, in_span),
        case
            when phasing = 'guidance' and not coalesce(is_guided, false) then 'linear'
            when phasing = 'seasonal' and not coalesce(is_last_year_whole, false) then 'linear'
            else phasing
        end as phasing_used,
        cast(
            case
                when not in_span then 0
                when phasing_used = 'none' then cast(report_month = greatest(first_month, effective_month) as integer)
                when phasing_used = 'guidance' then coalesce(millionths(guided_value) // step_size(decimals), 0)
                when phasing_used = 'seasonal' then coalesce(millionths(last_year_value) // step_size(decimals), 0)
                else 1
            end as hugeint
        ) as month_weight,
    from guided_month
),

summed_month as (
    select
        *,
        greatest(
            1, sum(month_weight) filter (where report_month >= coalesce(effective_month, first_month)) over (
                partition by plan_year, org_unit_code, indicator_code, ordinal
            )
        ) as weight_sum,
        case when phasing_used in ('guidance', 'seasonal') then gcd(cast(weight_sum as hugeint), distance) else 1 end
            as weight_divisor,
    from weighted_month
),

spread as (
    select
        plan_year,
        org_unit_code,
        indicator_code,
        ordinal,
        versions_count,
        report_month,
        phasing_used,
        -- guided and seasonal weights are large: reduced once, so that sums over units stay within 127 bits
        distance // weight_divisor * month_weight as amount_numerator,
        cast(weight_sum as hugeint) // weight_divisor as amount_denominator,
    from summed_month
    where ordinal = 1
    union all
    select
        spread.plan_year,
        spread.org_unit_code,
        spread.indicator_code,
        revised.ordinal,
        spread.versions_count,
        spread.report_month,
        revised.phasing_used,
        case
            when spread.report_month < revised.effective_month
                then spread.amount_numerator * cast(revised.weight_sum as hugeint)
            else
                (
                    revised.distance * spread.amount_denominator
                    - coalesce(sum(spread.amount_numerator) filter (
                        where spread.report_month < revised.effective_month
                    ) over (
                        partition by spread.plan_year, spread.org_unit_code, spread.indicator_code
                    ), 0)
                ) * revised.month_weight
        end as amount_numerator,
        spread.amount_denominator * cast(revised.weight_sum as hugeint) as amount_denominator,
    from spread
    inner join summed_month as revised
        on
            spread.plan_year = revised.plan_year
            and spread.org_unit_code = revised.org_unit_code
            and spread.indicator_code = revised.indicator_code
            and spread.report_month = revised.report_month
            and spread.ordinal + 1 = revised.ordinal
),

in_force as (
    select
        *,
        lead(effective_month) over (
            partition by plan_year, org_unit_code, indicator_code order by ordinal
        ) as next_effective_month,
    from version
)

select
    spread.plan_year,
    spread.org_unit_code,
    spread.indicator_code,
    spread.report_month,
    in_force.target_version,
    in_force.target_form,
    in_force.target_value,
    in_force.baseline_value,
    in_force.first_month,
    in_force.due_month,
    spread.phasing_used,
    in_force.basis,
    in_force.split_key,
    in_force.split_from_code,
    in_force.is_sample,
    spread.amount_numerator,
    sum(spread.amount_numerator) over (
        partition by spread.plan_year, spread.org_unit_code, spread.indicator_code
        order by spread.report_month
    ) as due_numerator,
    spread.amount_denominator,
from spread
inner join in_force
    on
        spread.plan_year = in_force.plan_year
        and spread.org_unit_code = in_force.org_unit_code
        and spread.indicator_code = in_force.indicator_code
        and (in_force.ordinal = 1 or spread.report_month >= in_force.effective_month)
        and spread.report_month < coalesce(in_force.next_effective_month, spread.report_month + interval 1 month)
where
    spread.ordinal = spread.versions_count
    and year(spread.report_month) = spread.plan_year
order by spread.plan_year, spread.org_unit_code, spread.indicator_code, spread.report_month
