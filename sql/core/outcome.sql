-- grain: one row per org unit, indicator, month and bound: actual, low and high against the target
-- Every figure here is an exact fraction; completion and pace are one division each (domain.md, Completion).
-- A product that outgrows 127 bits, of figures of a million millions in unlike parts, is null: no figure, but a night.
with common_part as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        -- units phased unlike each other are brought to one denominator: exact, as far as 127 bits carry it
        case
            when min(covered_denominator) = max(covered_denominator) then min(covered_denominator)
            else coalesce(common_multiple(list(covered_denominator), 1000000000000), 1000000000000)
        end as covered_denominator,
        coalesce(common_multiple(list(baseline_denominator), 1000000), 1000000) as baseline_denominator,
    from core.covered_month
    group by org_unit_code, indicator_code, report_month
),

covered as (
    select
        line.org_unit_code,
        line.indicator_code,
        line.report_month,
        common_part.covered_denominator,
        common_part.baseline_denominator,
        sum(
            rescaled(line.covered_numerator, line.covered_denominator, common_part.covered_denominator)
        ) as covered_numerator,
        sum(
            rescaled(line.baseline_numerator, line.baseline_denominator, common_part.baseline_denominator)
        ) as baseline_numerator,
        bool_or(line.has_missing_month) as has_missing_month,
        bool_and(line.is_known_by_due) as is_known_by_due,
        bool_or(line.is_known_at_due) as is_partly_known_at_due,
        sum(millionths(line.ytd_low_value)) as low_numerator,
        sum(
            rescaled(line.missing_due_numerator, line.covered_denominator, common_part.covered_denominator)
        ) as missing_due_numerator,
        sum(line.missing_mean_numerator) as missing_mean_numerator,
    from core.covered_month as line
    inner join common_part using (org_unit_code, indicator_code, report_month)
    group by
        line.org_unit_code,
        line.indicator_code,
        line.report_month,
        common_part.covered_denominator,
        common_part.baseline_denominator
),

-- missing months at their highest, as a fraction of millionths
possible as (
    select
        *,
        case when missing_due_numerator != 0 then covered_denominator else 1 end
        * case when missing_mean_numerator != 0 then mean_parts() else 1 end as whole_denominator,
        low_numerator * whole_denominator
        + coalesce(missing_due_numerator * (whole_denominator // covered_denominator), 0)
        + coalesce(missing_mean_numerator * (whole_denominator // mean_parts()), 0) as whole_numerator,
        least(whole_denominator // gcd(whole_numerator, whole_denominator), 1000000) as high_denominator,
        rescaled(whole_numerator, whole_denominator, high_denominator) as high_numerator,
    from covered
),

bounded as (
    select
        tree_month.org_unit_code,
        tree_month.indicator_code,
        tree_month.report_month,
        tree_month.kind,
        tree_month.null_reason,
        tree_month.units_silent_count,
        target_month.target_form,
        target_month.due_month,
        millionths(target_month.target_value) as annual_target,
        coalesce(millionths(target_month.baseline_value), 0) as whole_baseline,
        target_month.amount_denominator as all_due_denominator,
        target_month.due_numerator as all_due_numerator,
        possible.has_missing_month,
        possible.is_known_by_due,
        possible.is_partly_known_at_due,
        bound.bound,
        -- the actual is matched with the months and units that answered for it, its bounds with all of them
        bound.bound = 'actual' and tree_month.kind in ('flow', 'stock') as is_covered_only,
        -- the actual is actual_numerator / actual_denominator in the indicator's unit
        case
            when bound.bound = 'actual' then tree_month.actual_numerator
            when tree_month.kind in ('flow', 'stock') and bound.bound = 'low' then possible.low_numerator
            when tree_month.kind in ('flow', 'stock') then possible.high_numerator
            when derived_bound.report_month is null then tree_month.actual_numerator
            when bound.bound = 'low' then derived_bound.low_numerator
            else derived_bound.high_numerator
        end as signed_numerator,
        case
            when bound.bound = 'actual' then tree_month.actual_denominator
            when tree_month.kind in ('flow', 'stock') and bound.bound = 'low' then 1000000
            when tree_month.kind in ('flow', 'stock') then 1000000 * possible.high_denominator
            when derived_bound.report_month is null then tree_month.actual_denominator
            when bound.bound = 'low' then derived_bound.low_denominator
            else derived_bound.high_denominator
        end as signed_denominator,
        -- last year is a base of growth only where it is more than nothing; a ratio may have parts below 0
        case when tree_month.kind = 'ratio' then sign(signed_denominator) else 1 end * signed_numerator
            as actual_numerator,
        case when tree_month.kind = 'ratio' then abs(signed_denominator) else signed_denominator end
            as actual_denominator,
        -- the way due by now, beyond the baseline, is due_numerator / due_denominator millionths
        case when is_covered_only then possible.covered_numerator else target_month.due_numerator end as due_numerator,
        case
            when is_covered_only then possible.covered_denominator
            else target_month.amount_denominator
        end as due_denominator,
        case when is_covered_only then possible.baseline_numerator else whole_baseline end as baseline_numerator,
        case when is_covered_only then possible.baseline_denominator else 1 end as baseline_denominator,
    from core.tree_month
    cross join (values ('actual'), ('low'), ('high')) as bound (bound)
    left join possible using (org_unit_code, indicator_code, report_month)
    left join core.derived_bound using (org_unit_code, indicator_code, report_month)
    left join core.target_month using (org_unit_code, indicator_code, report_month)
),

-- the actual is actual_amount / actual_parts millionths, in numbers as small as they can be
common_factor as (
    select
        *,
        case
            when actual_denominator = 1000000 then 1000000
            else gcd(1000000, cast(actual_denominator % 1000000 as integer))
        end as factor,
    from bounded
),

lessened as (
    select
        * exclude (factor),
        1000000 // factor * actual_numerator as actual_amount,
        case when actual_denominator = factor then 1 else actual_denominator // factor end as actual_parts,
    from common_factor
),

travelled as (
    select
        *,
        -- of a target that is nothing, or less, no share can be reached
        target_form = 'at_least' and kind in ('flow', 'stock') and whole_baseline = 0 as is_share_of_target,
        case
            when is_share_of_target then greatest(annual_target, 0) else annual_target - whole_baseline
        end as distance,
        case when is_share_of_target then greatest(due_numerator, 0) else due_numerator end as distance_due,
        -- the way gone beyond the baseline is way_numerator / way_denominator millionths
        try(actual_amount * baseline_denominator - baseline_numerator * actual_parts) as way_numerator,
        actual_parts * baseline_denominator as way_denominator,
        -- the level due by now is level_numerator / level_denominator millionths
        try(baseline_numerator * due_denominator + due_numerator * baseline_denominator) as level_numerator,
        due_denominator * baseline_denominator as level_denominator,
        target_form = 'at_most' and kind = 'flow' as is_ceiling,
        actual_denominator > 0 as has_actual,
    from lessened
),

-- what is divided, worked out once
fraction as (
    select
        travelled.*,
        setting.score_cap,
        whole_baseline * all_due_denominator + all_due_numerator as to_date_numerator,
        1000000 * all_due_denominator as to_date_denominator,
        1000000 * level_denominator as level_value_denominator,
        -- within a case, or DuckDB takes products that occur twice out of their try()
        case
            when target_form is not null and has_actual
                then try(way_numerator * due_denominator - due_numerator * way_denominator)
        end as gap_numerator,
        case
            when target_form is not null and has_actual then try(1000000 * way_denominator * due_denominator)
        end as gap_denominator,
        case
            when target_form = 'at_most' then try(annual_target * actual_parts)
            else way_numerator
        end as completion_numerator,
        case when target_form = 'at_most' then actual_amount else try(way_denominator * distance) end
            as completion_denominator,
        target_form = 'at_least' and kind = 'growth' as is_growth,
        case
            when target_form = 'at_most' then try(level_numerator * actual_parts)
            when is_growth then try(1000000 * (actual_numerator + actual_denominator))
            else try(way_numerator * due_denominator)
        end as pace_numerator,
        case
            when target_form = 'at_most' then try(level_denominator * actual_amount)
            when is_growth then try(actual_denominator * greatest(1000000 + annual_target, 0))
            else try(way_denominator * distance_due)
        end as pace_denominator,
    from travelled
    cross join core.setting as setting
)

select
    org_unit_code,
    indicator_code,
    report_month,
    bound,
    coalesce(has_missing_month, false) as has_missing_month,
    coalesce(is_known_by_due, false) as is_known_by_due,
    coalesce(is_partly_known_at_due, false) as is_partly_known_at_due,
    case when has_actual then exact_ratio(actual_numerator, actual_denominator) end as actual_value,
    exact_ratio(to_date_numerator, to_date_denominator) as target_to_date_value,
    case when target_form is not null then exact_ratio(level_numerator, level_value_denominator) end
        as target_covered_value,
    exact_ratio(gap_numerator, gap_denominator) as gap_value,
    case
        when not has_actual or (is_ceiling and report_month < due_month) then null
        when target_form = 'at_most' and actual_numerator <= 0 and annual_target >= 0 then score_cap
        when is_growth and least(actual_numerator, annual_target) <= 0 then null
        when target_form = 'reduce_from_baseline' and distance = 0 then cast(way_numerator <= 0 as integer)
        else exact_ratio(completion_numerator, completion_denominator)
    end as completion_ratio,
    case
        when target_form is null or not has_actual then null
        when target_form = 'at_most' and actual_numerator <= 0 and level_numerator >= 0 then score_cap
        when target_form = 'reduce_from_baseline' and distance = 0 then cast(way_numerator <= 0 as integer)
        else exact_ratio(pace_numerator, pace_denominator)
    end as pace_ratio,
    -- whether the annual target holds with this actual, compared without dividing;
    -- a sum that lacks a unit is never low enough, for what is missing is not zero; its bounds lack nothing
    case
        when not coalesce(has_actual, false) then false
        when target_form in ('at_most', 'reduce_from_baseline')
            then actual_amount <= annual_target * actual_parts and (bound != 'actual' or units_silent_count = 0)
        else actual_amount >= annual_target * actual_parts
    end as is_met,
    is_ceiling and actual_amount > annual_target * actual_parts as is_exceeded,
    all_due_numerator != 0 or annual_target = whole_baseline as is_phased,
    coalesce(
        null_reason,
        case
            -- no way to go: nothing to divide by, where holding the level is not the aim
            when
                (distance = 0 and kind != 'growth' and target_form in ('at_least', 'by_date'))
                or (pace_ratio is null and target_form is not null)
                then 'no_denominator'
        end
    ) as null_reason,
    -- the fractions themselves, for those who say them in words (mart.completion_operand)
    actual_numerator,
    actual_denominator,
    level_numerator,
    level_denominator,
    baseline_numerator,
    baseline_denominator,
from fraction
order by org_unit_code, indicator_code, report_month, bound
