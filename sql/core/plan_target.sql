-- grain: one row per plan year, org unit, indicator and version of its target, split ones worked out
-- 分解下达 by largest remainder at the indicator's decimals, ties by households, then code: the parts always add up.
-- The first version is split by its key; later ones keep the proportions announced, unless they say to split anew.
with recursive recorded as (
    select
        * exclude (decision_id, unfit_code),
    from core.decided_target
    where unfit_code is null
    union all by name
    select * from reference.target
),

announced as (
    select
        recorded.plan_year,
        recorded.org_unit_code,
        recorded.indicator_code,
        coalesce(recorded.version, 1) as target_version,
        recorded.target_form,
        recorded.value as target_value,
        recorded.baseline_value,
        -- an indicator that begins mid-year is due from its own first month on
        coalesce(
            recorded.first_month, greatest(make_date(recorded.plan_year, 1, 1), indicator.first_month)
        ) as first_month,
        coalesce(recorded.due_month, make_date(recorded.plan_year, 12, 1)) as due_month,
        -- levels, ratios and growth are compared whole
        case
            when indicator.kind in ('ratio', 'growth') then 'none'
            when recorded.target_form = 'at_most' and indicator.kind = 'stock' then 'none'
            else coalesce(recorded.phasing, 'linear')
        end as phasing,
        coalesce(recorded.basis, 'office') as basis,
        recorded.split_key,
        coalesce(recorded.is_rekeyed, false) as is_rekeyed,
        recorded.effective_month,
        recorded.reason,
        recorded.recorded_at,
        coalesce(recorded.is_sample, false) as is_sample,
        recorded.source_section,
        indicator.kind,
        indicator.decimals,
        -- what is derived from a component is reported by those who report the component
        case when indicator.is_derived then indicator.numerator_code else indicator_code end as reported_code,
    from recorded
    inner join core.indicator as indicator using (indicator_code)
    where coalesce(day_of(recorded.recorded_at) <= day_of($as_of), true)
),

-- parts that are listed are nobody's to compute
listed_part as (
    select
        part.plan_year,
        org_unit.parent_code,
        part.indicator_code,
        part.target_version,
        part.org_unit_code,
        part.target_value,
        part.baseline_value,
    from announced as part
    inner join reference.org_unit as org_unit on part.org_unit_code = org_unit.code
),

split_version as (
    select
        announced.plan_year,
        announced.org_unit_code as parent_code,
        announced.indicator_code,
        announced.target_version,
        announced.reported_code,
        announced.split_key,
        announced.kind in ('ratio', 'growth', 'milestone') as is_copied,
        millionths(announced.target_value) as target_value,
        millionths(announced.baseline_value) as baseline_value,
        step_size(announced.decimals) as step,
        greatest(announced.first_month, announced.effective_month) as first_month_in_force,
        count(*) over (
            partition by announced.plan_year, announced.org_unit_code, announced.indicator_code
            order by announced.effective_month nulls first, announced.target_version
        ) as ordinal,
        exists(
            select listed_part.org_unit_code
            from listed_part
            where
                announced.plan_year = listed_part.plan_year
                and announced.org_unit_code = listed_part.parent_code
                and announced.indicator_code = listed_part.indicator_code
                and announced.target_version = listed_part.target_version
        ) as is_listed,
        -- a list has no key to split by anew
        announced.split_key != 'explicit' and (ordinal = 1 or announced.is_rekeyed) as is_by_key,
    from announced
    where announced.split_key is not null
),

-- what a version that goes by its key would be split over: the units valid in its first month, by their own weights
seed as (
    select
        split_version.plan_year,
        split_version.parent_code,
        split_version.indicator_code,
        split_version.ordinal,
        reporting_line.reporting_unit_code as org_unit_code,
    from split_version
    inner join core.reporting_line
        on
            split_version.reported_code = reporting_line.indicator_code
            and split_version.parent_code = reporting_line.org_unit_code
            and reporting_line.org_unit_code != reporting_line.reporting_unit_code
    inner join reference.org_unit as org_unit on reporting_line.reporting_unit_code = org_unit.code
    where
        split_version.first_month_in_force
        between coalesce(org_unit.valid_from, split_version.first_month_in_force)
        and coalesce(org_unit.valid_to, split_version.first_month_in_force)
),

part as (
    select
        plan_year,
        parent_code,
        indicator_code,
        ordinal - 1 as ordinal,
        org_unit_code,
        true as is_seed,
        cast(0 as hugeint) as part_value,
        cast(0 as hugeint) as part_baseline,
    from seed
    union all
    select
        split_version.plan_year,
        split_version.parent_code,
        split_version.indicator_code,
        split_version.ordinal,
        listed_part.org_unit_code,
        false as is_seed,
        millionths(listed_part.target_value) as part_value,
        millionths(listed_part.baseline_value) as part_baseline,
    from split_version
    inner join listed_part using (plan_year, parent_code, indicator_code, target_version)
    union all
    (
        with claim as (
            select
                split_version.*,
                heir.code as org_unit_code,
                heir.households,
                cast(
                    case split_version.split_key
                        when 'households' then coalesce(heir.households, 0)
                        when 'population' then coalesce(heir.population, 0)
                    end as hugeint
                ) as key_weight,
                sum(abs(part.part_value)) as value_weight,
                sum(abs(part.part_baseline)) as baseline_weight,
            from part
            inner join split_version
                on
                    part.plan_year = split_version.plan_year
                    and part.parent_code = split_version.parent_code
                    and part.indicator_code = split_version.indicator_code
                    and part.ordinal + 1 = split_version.ordinal
                    and part.is_seed = split_version.is_by_key
            -- the part of a unit that has ended goes to whoever stands for it, unless that is somebody else's unit
            left join core.succession
                on
                    part.org_unit_code = succession.org_unit_code
                    and split_version.first_month_in_force >= succession.from_month
                    and split_version.first_month_in_force
                    <= coalesce(succession.to_month, split_version.first_month_in_force)
            left join core.org_descendant
                on
                    split_version.parent_code = org_descendant.ancestor_code
                    and succession.heir_code = org_descendant.descendant_code
            inner join reference.org_unit as heir
                on coalesce(org_descendant.descendant_code, part.org_unit_code) = heir.code
            where
                not split_version.is_listed
                and split_version.first_month_in_force <= coalesce(heir.valid_to, split_version.first_month_in_force)
            group by all
        ),

        weighed as (
            select
                *,
                case
                    when sum(value_weight) over parts > 0 then value_weight
                    when sum(key_weight) over parts > 0 then key_weight
                    else 1
                end as value_share,
                case
                    when sum(baseline_weight) over parts > 0 then baseline_weight
                    when sum(key_weight) over parts > 0 then key_weight
                    else 1
                end as baseline_share,
                -- in the smallest step that the indicator's decimals allow
                abs(target_value) // step as steps,
                abs(baseline_value) // step as baseline_steps,
            from claim
            window parts as (partition by plan_year, parent_code, indicator_code, ordinal)
        ),

        divided as (
            select
                *,
                steps * value_share // sum(value_share) over parts as floor_steps,
                steps * value_share % sum(value_share) over parts as remainder,
                baseline_steps * baseline_share // sum(baseline_share) over parts as floor_baseline_steps,
                baseline_steps * baseline_share % sum(baseline_share) over parts as baseline_remainder,
            from weighed
            window parts as (partition by plan_year, parent_code, indicator_code, ordinal)
        ),

        rounded as (
            select
                *,
                floor_steps + cast(
                    count(*) over (parts order by remainder desc, households desc, org_unit_code)
                    <= steps - sum(floor_steps) over (parts) as integer
                ) as part_steps,
                floor_baseline_steps + cast(
                    count(*) over (parts order by baseline_remainder desc, households desc, org_unit_code)
                    <= baseline_steps - sum(floor_baseline_steps) over (parts) as integer
                ) as part_baseline_steps,
            from divided
            window parts as (partition by plan_year, parent_code, indicator_code, ordinal)
        )

        select
            plan_year,
            parent_code,
            indicator_code,
            ordinal,
            org_unit_code,
            false as is_seed,
            -- ratios, growth and progress are copied, not split; a negative amount is split like the positive one
            cast(
                case when is_copied then target_value else sign(target_value) * part_steps * step end as hugeint
            ) as part_value,
            cast(
                case when is_copied then baseline_value else sign(baseline_value) * part_baseline_steps * step end
                as hugeint
            ) as part_baseline,
        from rounded
    )
),

computed as (
    select
        announced.* replace (
            part.org_unit_code as org_unit_code,
            from_millionths(part.part_value) as target_value,
            from_millionths(part.part_baseline) as baseline_value
        ),
        announced.org_unit_code as split_from_code,
    from part
    inner join split_version using (plan_year, parent_code, indicator_code, ordinal)
    inner join announced
        on
            split_version.plan_year = announced.plan_year
            and split_version.parent_code = announced.org_unit_code
            and split_version.indicator_code = announced.indicator_code
            and split_version.target_version = announced.target_version
    where not part.is_seed and not split_version.is_listed
),

stated as (
    select
        *,
        cast(null as varchar) as split_from_code,
    from announced
    union all by name
    select * from computed
),

version as (
    select
        *,
        count(*) over (
            partition by plan_year, org_unit_code, indicator_code
            order by effective_month nulls first, target_version
        ) as ordinal,
    from stated
)

select
    plan_year,
    org_unit_code,
    indicator_code,
    target_version,
    target_form,
    target_value,
    baseline_value,
    -- who had no part before has none of the months before
    case
        when ordinal = 1 then greatest(first_month, effective_month)
        else first_month
    end as first_month,
    due_month,
    phasing,
    basis,
    split_key,
    split_from_code,
    effective_month,
    reason,
    recorded_at,
    is_sample,
    source_section,
from version
order by plan_year, org_unit_code, indicator_code, target_version
