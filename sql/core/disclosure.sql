-- grain: one row per org unit, restricted indicator (or one derived from it) and month: what is withheld of it
-- The one home of the rule that no restricted value under 3 can be read, or worked out, outside the sub-district level.
-- A unit's whole family of figures is withheld, in all months, as soon as one of them was small: differences, rolling
-- sums, last year and ratios lead nowhere. Among siblings, a unit chosen by size alone hides with them. DECISIONS.md.
with recursive restricted as (
    select
        indicator.indicator_code,
        indicator.kind,
        indicator.numerator_code,
        indicator.denominator_code,
    from core.indicator as indicator
    left join core.indicator as numerator on indicator.numerator_code = numerator.indicator_code
    left join core.indicator as denominator on indicator.denominator_code = denominator.indicator_code
    where list_contains([indicator.publicity, numerator.publicity, denominator.publicity], 'restricted')
),

-- two figures that tell each other: a ratio and its parts, a level and what was added and removed
tie as (
    select
        indicator_code,
        unnest([numerator_code, denominator_code]) as tied_code,
    from restricted
    union all
    select
        total_code as indicator_code,
        unnest([added_code, removed_code]) as tied_code,
    from reference.identity
),

neighbour as (
    select
        indicator_code,
        tied_code,
    from tie
    union
    select
        tied_code as indicator_code,
        indicator_code as tied_code,
    from tie
),

reached as (
    select
        indicator_code as family_code,
        indicator_code,
    from restricted
    union
    select
        reached.family_code,
        neighbour.tied_code as indicator_code,
    from reached
    inner join neighbour using (indicator_code)
    inner join restricted on neighbour.tied_code = restricted.indicator_code
),

family as (
    select
        indicator_code,
        min(family_code) as family_code,
    from reached
    group by indicator_code
),

-- counts of people and sums of money; a ratio or a growth is as sensitive as what it is made of
amount as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        unnest(['month', 'ytd', 'prior', 'rolling_3', 'rolling_12']) as measure,
        unnest([month_value, added_value, prior_ytd_value, rolling_3_value, rolling_12_value]) as value,
    from core.tree_month
    semi join restricted using (indicator_code)
    where kind in ('flow', 'stock')
    union all
    select
        plan_target.org_unit_code,
        plan_target.indicator_code,
        plan_target.first_month as report_month,
        'baseline ' || plan_target.target_version as measure,
        plan_target.baseline_value as value,
    from core.plan_target as plan_target
    inner join restricted on plan_target.indicator_code = restricted.indicator_code
    where restricted.kind in ('flow', 'stock')
),

sibling_amount as (
    select
        coalesce(org_unit.parent_code, org_unit.code) as group_code,
        amount.org_unit_code,
        org_unit.households,
        family.family_code,
        amount.indicator_code,
        amount.report_month,
        amount.measure,
        amount.value,
    from amount
    inner join family on amount.indicator_code = family.indicator_code
    inner join reference.org_unit as org_unit on amount.org_unit_code = org_unit.code
    where org_unit.level != 'subdistrict' and amount.value is not null
),

sibling as (
    select
        group_code,
        family_code,
        org_unit_code,
        bool_or(is_small(value)) as is_small,
        -- an order that no reported figure decides: why a unit hides beside the small ones must say nothing of it
        row_number() over (
            partition by group_code, family_code order by any_value(households) desc nulls last, org_unit_code
        ) as cover_order,
    from sibling_amount
    group by group_code, family_code, org_unit_code
),

-- what an heir has less what it reports is its predecessor's
small_predecessor as (
    select distinct
        succession.heir_code as org_unit_code,
        sibling.family_code,
    from sibling
    inner join core.succession as succession on sibling.org_unit_code = succession.org_unit_code
    where sibling.is_small
),

sibling_or_heir as (
    select
        sibling.* replace (sibling.is_small or small_predecessor.org_unit_code is not null as is_small),
    from sibling
    left join small_predecessor using (org_unit_code, family_code)
),

-- a lone one would be its parent's figure less its siblings'
hidden_sibling as (
    select
        *,
        count(*) filter (where is_small) over sibling_group as small_count,
        is_small
        or (cover_order = 1 and small_count > 0)
        or (cover_order = 2 and small_count = 1 and bool_or(is_small and cover_order = 1) over sibling_group)
            as is_hidden,
    from sibling_or_heir
    window sibling_group as (partition by group_code, family_code)
),

-- a sum that lacks a unit tells the others, or the one that it lacks, by what it is the night before or a month later
partial_sum as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        day_of($as_of) <= lock_on as is_growing,
    from core.tree_month
    where not is_own_report and is_reported and not is_fully_reported
),

-- what the hidden ones have together: their parent's figure less their siblings'
hidden_amount as (
    select
        sibling_amount.group_code,
        sibling_amount.family_code,
        sibling_amount.indicator_code,
        sibling_amount.report_month,
        sibling_amount.measure,
        count(*) as units_count,
        sum(sibling_amount.value) as value,
    from sibling_amount
    inner join hidden_sibling using (group_code, family_code, org_unit_code)
    where hidden_sibling.is_hidden
    group by all
),

-- nothing together is nothing each, and one alone has all of it; a sum that still grows is told to nobody
bare_group as (
    select distinct
        hidden_amount.group_code,
        hidden_amount.family_code,
    from hidden_amount
    left join partial_sum
        on
            hidden_amount.group_code = partial_sum.org_unit_code
            and hidden_amount.indicator_code = partial_sum.indicator_code
            and hidden_amount.report_month = partial_sum.report_month
    where
        (hidden_amount.value = 0 or hidden_amount.units_count = 1)
        and not coalesce(partial_sum.is_growing, false)
),

hidden_unit as (
    select
        hidden_sibling.group_code,
        hidden_sibling.family_code,
        hidden_sibling.org_unit_code,
    from hidden_sibling
    left join bare_group using (group_code, family_code)
    where hidden_sibling.is_hidden or bare_group.group_code is not null
),

suppressed_unit as (
    select *
    from hidden_unit
    union
    -- the heir of one that hides only to cover another
    select
        sibling.group_code,
        sibling.family_code,
        sibling.org_unit_code,
    from hidden_unit
    inner join core.succession as succession on hidden_unit.org_unit_code = succession.org_unit_code
    inner join sibling
        on
            succession.heir_code = sibling.org_unit_code
            and hidden_unit.family_code = sibling.family_code
),

suppressed_group as (
    select distinct
        group_code,
        family_code,
    from suppressed_unit
),

-- where one alone is left in the parent's figure, the parent's years to date that follow would tell it as well
lone_amount as (
    select
        sibling_amount.group_code,
        sibling_amount.indicator_code,
        sibling_amount.report_month,
        sibling_amount.measure,
    from sibling_amount
    inner join suppressed_unit using (group_code, family_code, org_unit_code)
    group by all
    having count(*) = 1
),

first_lone_month as (
    select
        lone_amount.group_code,
        lone_amount.indicator_code,
        year(lone_amount.report_month) as report_year,
        min(lone_amount.report_month) as report_month,
    from lone_amount
    inner join amount
        on
            lone_amount.group_code = amount.org_unit_code
            and lone_amount.indicator_code = amount.indicator_code
            and lone_amount.report_month = amount.report_month
            and lone_amount.measure = amount.measure
    where amount.value is not null
    group by all
),

suppressed_parent as (
    select
        tree_month.org_unit_code,
        tree_month.indicator_code,
        tree_month.report_month,
    from core.tree_month as tree_month
    inner join family using (indicator_code)
    inner join suppressed_group
        on tree_month.org_unit_code = suppressed_group.group_code and family.family_code = suppressed_group.family_code
    left join partial_sum
        on
            tree_month.org_unit_code = partial_sum.org_unit_code
            and tree_month.indicator_code = partial_sum.indicator_code
            and tree_month.report_month = partial_sum.report_month
    left join first_lone_month
        on
            tree_month.org_unit_code = first_lone_month.group_code
            and tree_month.indicator_code = first_lone_month.indicator_code
            and tree_month.report_year = first_lone_month.report_year
            and tree_month.report_month >= first_lone_month.report_month
    where
        partial_sum.org_unit_code is not null
        or first_lone_month.group_code is not null
        or (tree_month.units_actual_count = 1 and not tree_month.is_own_report)
),

-- and the sums above it with it
suppressed_sum as (
    select distinct
        org_descendant.ancestor_code as org_unit_code,
        suppressed_parent.indicator_code,
        suppressed_parent.report_month,
    from suppressed_parent
    inner join core.org_descendant on suppressed_parent.org_unit_code = org_descendant.descendant_code
),

judged as (
    select
        tree_month.org_unit_code,
        tree_month.indicator_code,
        tree_month.report_month,
        tree_month.is_reported,
        tree_month.is_not_applicable,
        tree_month.due_on,
        suppressed_unit.org_unit_code is not null as is_series_suppressed,
        is_series_suppressed or suppressed_sum.org_unit_code is not null as is_suppressed,
    from core.tree_month
    inner join family using (indicator_code)
    left join suppressed_unit
        on
            tree_month.org_unit_code = suppressed_unit.org_unit_code
            and family.family_code = suppressed_unit.family_code
    left join suppressed_sum
        on
            tree_month.org_unit_code = suppressed_sum.org_unit_code
            and tree_month.indicator_code = suppressed_sum.indicator_code
            and tree_month.report_month = suppressed_sum.report_month
)

select
    judged.org_unit_code,
    judged.indicator_code,
    judged.report_month,
    judged.is_series_suppressed,
    judged.is_suppressed,
    -- a colour beside a known target is a value: at most 0 and on pace is 0; only what no value decides is told
    case
        when not judged.is_suppressed then null
        when target_month.target_form is null then 'no_target'
        when judged.is_not_applicable then 'not_applicable'
        when not judged.is_reported and day_of($as_of) <= judged.due_on then 'before_due_day'
        when not judged.is_reported then 'nothing_usable_in'
        else 'suppressed'
    end as status_rule,
    case status_rule
        when 'before_due_day' then 'not_due'
        when 'nothing_usable_in' then 'unreported'
        when 'suppressed' then 'not_computable'
        else status_rule
    end as status,
from judged
left join core.target_month
    on
        judged.org_unit_code = target_month.org_unit_code
        and judged.indicator_code = target_month.indicator_code
        and judged.report_month = target_month.report_month
order by judged.org_unit_code, judged.indicator_code, judged.report_month
