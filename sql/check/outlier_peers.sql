-- grain: one row per month's amount or level beside at least four siblings', with fewer than four own months before it
-- How far it lies from what the other units reported for the month, in spreads: a unit with a history of its own is
-- judged by that (outlier_history), whether it is always large or always small. The nearest of these explains it: the
-- siblings' median; their median per household, where all households are known; the unit's own earlier months.
with placed_amount as (
    select
        month_amount.row_key,
        month_amount.submission_id,
        month_amount.org_unit_code,
        month_amount.form_code,
        month_amount.indicator_code,
        month_amount.report_month,
        month_amount.is_newest,
        month_amount.has_explanation,
        month_amount.sheet_name,
        month_amount.cell,
        month_amount.text,
        month_amount.amount,
        org_unit.parent_code,
        -- only what adds up over units goes with their size
        case when coalesce(indicator.tree_rule, 'sum') = 'sum' then nullif(org_unit.households, 0) end as households,
    from "check".month_amount as month_amount
    inner join core.indicator as indicator using (indicator_code)
    inner join reference.org_unit as org_unit on month_amount.org_unit_code = org_unit.code
    where org_unit.parent_code is not null
),

-- whatever has four months of its own is there
young_series as (
    select *
    from placed_amount
    anti join "check".usual_amount using (row_key)
),

-- of those few the median: in a window it would be worked out for every row
own_history as (
    select
        young_series.row_key,
        count(*) as months_count,
        median(earlier.amount) as own_amount,
    from young_series
    inner join placed_amount as earlier
        on
            earlier.is_newest
            and young_series.form_code = earlier.form_code
            and young_series.org_unit_code = earlier.org_unit_code
            and young_series.indicator_code = earlier.indicator_code
            and young_series.report_month > earlier.report_month
            and young_series.report_month <= earlier.report_month + interval 24 month
    group by young_series.row_key
),

-- of the months alone in which somebody is young
sibling_group as (
    select
        sibling.form_code,
        sibling.indicator_code,
        sibling.report_month,
        sibling.parent_code,
        count(*) as units_count,
        bool_and(sibling.households is not null) as has_households,
        median(sibling.amount) as middle_amount,
        robust_variance(mad(sibling.amount), quantile_cont(sibling.amount, [0.1, 0.9])) as variance,
        median(sibling.amount / sibling.households) as middle_rate,
        robust_variance(
            mad(sibling.amount / sibling.households),
            quantile_cont(sibling.amount / sibling.households, [0.1, 0.9])
        ) as rate_variance,
    from placed_amount as sibling
    semi join young_series using (form_code, indicator_code, report_month, parent_code)
    where sibling.is_newest
    group by all
),

-- a unit is not measured by itself: of few siblings one is many, of more than thirty it is not
beside_siblings as (
    select
        young_series.row_key,
        count(*) as siblings_count,
        bool_and(sibling.households is not null) as has_households,
        median(sibling.amount) as middle_amount,
        robust_variance(mad(sibling.amount), quantile_cont(sibling.amount, [0.1, 0.9])) as variance,
        median(sibling.amount / sibling.households) as middle_rate,
        robust_variance(
            mad(sibling.amount / sibling.households),
            quantile_cont(sibling.amount / sibling.households, [0.1, 0.9])
        ) as rate_variance,
    from young_series
    inner join sibling_group using (form_code, indicator_code, report_month, parent_code)
    inner join placed_amount as sibling
        on
            sibling.is_newest
            and young_series.form_code = sibling.form_code
            and young_series.indicator_code = sibling.indicator_code
            and young_series.report_month = sibling.report_month
            and young_series.parent_code = sibling.parent_code
            and young_series.org_unit_code != sibling.org_unit_code
    where sibling_group.units_count <= 31
    group by young_series.row_key
    having count(*) >= 4
    union all by name
    select
        young_series.row_key,
        sibling_group.units_count - 1 as siblings_count,
        sibling_group.* exclude (form_code, indicator_code, report_month, parent_code, units_count),
    from young_series
    inner join sibling_group using (form_code, indicator_code, report_month, parent_code)
    where sibling_group.units_count > 31
),

likely as (
    select
        young_series.*,
        beside_siblings.* exclude (row_key),
        coalesce(own_history.months_count, 0) as months_count,
        own_history.own_amount,
        case when has_households then middle_rate * households end as size_amount,
        mixed_spread(siblings_count, variance, greatest(abs(middle_amount), 1)) as spread,
        mixed_spread(siblings_count, rate_variance * squared(households), greatest(abs(size_amount), 1)) as size_spread,
        mixed_spread(months_count, 0, greatest(abs(own_amount), 1) + squared(0.2 * own_amount)) as own_spread,
    from young_series
    inner join beside_siblings using (row_key)
    left join own_history using (row_key)
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
    shown_amount(amount, indicator.unit, text) as found,
    '≈ ' || shown_about(coalesce(size_amount, middle_amount)) || coalesce(indicator.unit, '') as expected,
    has_explanation as is_explained,
    amount,
    siblings_count,
    shown_about(middle_amount) || coalesce(indicator.unit, '') as middle_shown,
    -- least() passes over what is not known; to three places: the same on every machine
    cast(
        least(
            abs(amount - middle_amount) / spread,
            abs(amount - size_amount) / size_spread,
            abs(amount - own_amount) / own_spread
        ) / allowance(siblings_count) as decimal(18, 3)
    ) as spreads_ratio,
from likely
left join core.indicator as indicator using (indicator_code)
order by check_key
