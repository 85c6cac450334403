-- grain: one row per month's amount or level beside at least four siblings', with fewer than four own months before it
-- How far it lies from what the other units reported for the month, in spreads: a unit with a history of its own is
-- judged by that (outlier_history), whether it is always large or always small. The nearest of these explains it: the
-- siblings' median; their median per household, where all households are known; the unit's own earlier months.
with placed_amount as (
    select
        month_amount.*,
        org_unit.parent_code,
        -- only what adds up over units goes with their size
        case when coalesce(indicator.tree_rule, 'sum') = 'sum' then nullif(org_unit.households, 0) end as households,
    from "check".month_amount as month_amount
    inner join core.indicator as indicator using (indicator_code)
    inner join reference.org_unit as org_unit on month_amount.org_unit_code = org_unit.code
    where org_unit.parent_code is not null
),

beside_siblings as (
    select
        *,
        count(amount) filter (where is_newest) over siblings as siblings_count,
        households is not null and bool_and(households is not null) over siblings as has_households,
        amount / households as rate,
        median(amount) filter (where is_newest) over siblings as middle_amount,
        robust_variance(
            mad(amount) filter (where is_newest) over siblings,
            quantile_cont(amount, [0.1, 0.9]) filter (where is_newest) over siblings
        ) as variance,
        median(amount / households) filter (where is_newest) over siblings as middle_rate,
        robust_variance(
            mad(amount / households) filter (where is_newest) over siblings,
            quantile_cont(amount / households, [0.1, 0.9]) filter (where is_newest) over siblings
        ) as rate_variance,
        count(amount) filter (where is_newest) over own_months as months_count,
        median(amount) filter (where is_newest) over own_months as own_amount,
    from placed_amount
    window
        -- without the unit itself: of few siblings one is many
        siblings as (
            partition by form_code, indicator_code, report_month, parent_code
            order by org_unit_code
            rows between unbounded preceding and unbounded following exclude group
        ),
        own_months as (
            partition by form_code, org_unit_code, indicator_code
            order by report_month
            range between interval 24 month preceding and interval 1 month preceding
        )
),

likely as (
    select
        *,
        case when has_households then middle_rate * households end as size_amount,
        mixed_spread(siblings_count, variance, greatest(abs(middle_amount), 1)) as spread,
        mixed_spread(siblings_count, rate_variance * squared(households), greatest(abs(size_amount), 1)) as size_spread,
        mixed_spread(months_count, 0, greatest(abs(own_amount), 1) + squared(0.2 * own_amount)) as own_spread,
    from beside_siblings
    where siblings_count >= 4 and months_count < 4
)

select
    row_key as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    cell,
    text as found,
    '≈ ' || shown_about(coalesce(size_amount, middle_amount)) as expected,
    has_explanation as is_explained,
    amount,
    siblings_count,
    shown_about(middle_amount) as middle_shown,
    -- least() passes over what is not known; to three places: the same on every machine
    cast(
        least(
            abs(amount - middle_amount) / spread,
            abs(amount - size_amount) / size_spread,
            abs(amount - own_amount) / own_spread
        ) / allowance(siblings_count) as decimal(18, 3)
    ) as spreads_ratio,
from likely
order by check_key
