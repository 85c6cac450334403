-- grain: one row per plan year, org unit, indicator and month of the plan year: the target in force and how much is due
-- Amounts are exact fractions of one denominator per target: amount_numerator / amount_denominator, in millionths.
-- A revision keeps the months before its effective month and spreads what remains over the months that remain.
-- When a unit ends, whoever stands for it takes over what it had (domain.md, Organisation changes): both happen in the
-- order of the calendar, one turn after the other, over all units that one another's targets pass to.
with recursive version as (
    select
        plan_target.*,
        indicator.kind,
        indicator.decimals,
        row_number() over (order by plan_year, org_unit_code, indicator_code, target_version) as version_number,
        row_number() over (by_target order by effective_month nulls first, target_version) as ordinal,
        min(plan_target.first_month) over (by_target) as grid_first_month,
        -- the way that a level has to go is phased, not the level itself
        millionths(target_value) - coalesce(millionths(baseline_value), 0) as distance,
    from core.plan_target
    inner join core.indicator using (indicator_code)
    window by_target as (partition by plan_year, org_unit_code, indicator_code)
),

-- who takes over first; the next in a chain takes over from that one
handover as (
    select
        org_unit_code,
        heir_code,
        last_month,
        from_month,
    from core.succession
    qualify from_month = min(from_month) over (partition by org_unit_code)
),

first_handover as (
    select
        heir_code,
        min(last_month) as last_month,
    from handover
    group by heir_code
),

last_heir as (
    select
        org_unit_code,
        arg_max(heir_code, from_month) as heir_code,
    from core.succession
    group by org_unit_code
),

target_unit as (
    select
        plan_year,
        indicator_code,
        org_unit_code,
    from version
    union
    select
        version.plan_year,
        version.indicator_code,
        succession.heir_code as org_unit_code,
    from version
    inner join core.succession
        on version.org_unit_code = succession.org_unit_code and version.plan_year >= year(succession.from_month)
),

-- units that pass targets on to each other have one line, named after its last
line_unit as (
    select
        target_unit.*,
        row_number() over (order by plan_year, org_unit_code, indicator_code) as target_number,
        coalesce(last_heir.heir_code, target_unit.org_unit_code) as line_code,
    from target_unit
    left join last_heir using (org_unit_code)
),

event as (
    select
        line_unit.*,
        version.ordinal,
        cast(null as varchar) as ended_code,
        -- the first version holds from the start, unless it begins after something was inherited: then it is the whole
        case
            when version.ordinal > 1 or version.effective_month > first_handover.last_month
                then version.effective_month
        end as effective_month,
    from version
    inner join line_unit using (plan_year, indicator_code, org_unit_code)
    left join first_handover on version.org_unit_code = first_handover.heir_code
    union all by name
    select
        line_unit.* replace (handover.heir_code as org_unit_code, heir_unit.target_number as target_number),
        handover.org_unit_code as ended_code,
        handover.from_month as effective_month,
    from line_unit
    inner join handover on line_unit.org_unit_code = handover.org_unit_code
    left join line_unit as heir_unit
        on
            line_unit.plan_year = heir_unit.plan_year
            and line_unit.indicator_code = heir_unit.indicator_code
            and handover.heir_code = heir_unit.org_unit_code
    where line_unit.plan_year >= year(handover.from_month)
),

turn_event as (
    select
        *,
        coalesce(effective_month, date '0001-01-01') as from_month,
        -- what is inherited comes before a version of the same month, which speaks for the whole
        dense_rank() over (
            partition by plan_year, indicator_code, line_code
            order by effective_month nulls first, ended_code is null, ordinal, ended_code
        ) as turn,
    from event
),

turn_span as (
    select
        plan_year,
        indicator_code,
        line_code,
        turn,
        from_month,
        lead(from_month, 1, date '9999-12-01') over (
            partition by plan_year, indicator_code, line_code order by turn
        ) as next_from_month,
    from turn_event
    group by plan_year, indicator_code, line_code, turn, from_month
),

line_span as (
    select
        line_unit.plan_year,
        line_unit.indicator_code,
        line_unit.line_code,
        min(version.first_month) as grid_first_month,
        greatest(max(version.due_month), make_date(line_unit.plan_year, 12, 1)) as grid_last_month,
    from line_unit
    inner join version using (plan_year, indicator_code, org_unit_code)
    group by line_unit.plan_year, line_unit.indicator_code, line_unit.line_code
),

grid_month as (
    select
        line_unit.*,
        cast(
            unnest(generate_series(line_span.grid_first_month, line_span.grid_last_month, interval 1 month)) as date
        ) as report_month,
    from line_unit
    inner join line_span using (plan_year, indicator_code, line_code)
),

version_month as (
    select
        version.plan_year,
        version.org_unit_code,
        version.indicator_code,
        version.version_number,
        version.split_from_code,
        version.phasing,
        version.decimals,
        version.first_month,
        turn_event.effective_month,
        turn_event.target_number,
        turn_event.turn,
        grid_month.report_month,
        report_month between version.first_month and version.due_month as in_span,
    from version
    inner join turn_event using (plan_year, indicator_code, org_unit_code, ordinal)
    inner join grid_month on turn_event.target_number = grid_month.target_number
),

-- the few targets that follow guided amounts or the shape of last year
shaped_month as (
    select
        version_month.version_number,
        version_month.report_month,
        -- a part follows what the district guides for the whole, so that the parts add up in every month
        coalesce(phasing.guided_value, whole_phasing.guided_value) as guided_value,
        last_year.month_value as last_year_value,
        count(last_year.month_value) filter (where in_span) over by_version
        = count(*) filter (where in_span) over by_version
        and sum(last_year.month_value) filter (where in_span) over by_version > 0
        and max(last_year.units_due_count - last_year.units_month_count) filter (where in_span) over by_version = 0
            as is_last_year_whole,
        sum(coalesce(phasing.guided_value, whole_phasing.guided_value)) filter (where in_span) over by_version > 0
            as is_guided,
    from version_month
    left join reference.phasing as phasing
        on
            version_month.plan_year = phasing.plan_year
            and version_month.org_unit_code = phasing.org_unit_code
            and version_month.indicator_code = phasing.indicator_code
            and version_month.report_month = phasing.month
    left join reference.phasing as whole_phasing
        on
            version_month.plan_year = whole_phasing.plan_year
            and version_month.split_from_code = whole_phasing.org_unit_code
            and version_month.indicator_code = whole_phasing.indicator_code
            and version_month.report_month = whole_phasing.month
    left join core.tree_month as last_year
        on
            version_month.org_unit_code = last_year.org_unit_code
            and version_month.indicator_code = last_year.indicator_code
            and version_month.report_month - interval 1 year = last_year.report_month
    where version_month.phasing in ('guidance', 'seasonal')
    window by_version as (partition by version_month.version_number)
),

phased_month as (
    select
        version_month.version_number,
        version_month.target_number,
        version_month.turn,
        version_month.report_month,
        version_month.effective_month,
        case
            when phasing = 'guidance' and not coalesce(shaped_month.is_guided, false) then 'linear'
            when phasing = 'seasonal' and not coalesce(shaped_month.is_last_year_whole, false) then 'linear'
            else phasing
        end as phasing_used,
        coalesce(report_month >= effective_month, true) as is_open,
        cast(
            case
                when not is_open or not in_span then 0
                when phasing_used = 'none' then cast(report_month = greatest(first_month, effective_month) as integer)
                when phasing_used = 'guidance'
                    then coalesce(millionths(shaped_month.guided_value) // step_size(decimals), 0)
                when phasing_used = 'seasonal'
                    then coalesce(millionths(shaped_month.last_year_value) // step_size(decimals), 0)
                else 1
            end as hugeint
        ) as open_weight,
        cast(sum(open_weight) over (partition by version_number) as hugeint) as open_weight_sum,
    from version_month
    left join shaped_month using (version_number, report_month)
),

-- what each turn changes, for every unit of the line: for most of them nothing
change as materialized (
    select
        grid_month.*,
        turn_span.turn,
        turn_event.ended_code,
        millionths(version.target_value) as target_value,
        millionths(version.baseline_value) as baseline_value,
        version.distance,
        version.is_sample,
        -- what stands beside the amounts: those are added up, this is not
        case
            when version.version_number is not null
                then struct_pack(version_number := version.version_number, phasing_used := phased_month.phasing_used)
        end as terms,
        phased_month.is_open,
        -- where no month is left to spread over, all that remains is due in the effective month
        case
            when phased_month.open_weight_sum > 0 then phased_month.open_weight
            else cast(phased_month.report_month = phased_month.effective_month as hugeint)
        end as month_weight,
        cast(greatest(1, phased_month.open_weight_sum) as hugeint) as weight_sum,
        phased_month.phasing_used in ('guidance', 'seasonal') as is_shaped,
        indicator.kind in ('flow', 'stock') as is_added,
    from grid_month
    inner join core.indicator as indicator using (indicator_code)
    inner join turn_span using (plan_year, indicator_code, line_code)
    left join turn_event using (target_number, turn)
    left join phased_month using (target_number, turn, report_month)
    left join version using (version_number)
),

-- before the first turn nothing was due: a version spreads all of its way, and nothing can be handed over
first_task as (
    select
        plan_year,
        indicator_code,
        org_unit_code,
        target_number,
        line_code,
        report_month,
        turn,
        terms,
        target_value,
        baseline_value,
        coalesce(is_sample, false) as is_sample,
        false as is_inherited,
        -- guided and seasonal weights are large: reduced once, so that sums over units stay within 127 bits
        cast(case when is_shaped then gcd(weight_sum, distance) else 1 end as hugeint) as divisor,
        coalesce(weight_sum // divisor, 1) as denominator,
        case when is_open then distance // divisor * month_weight else 0 end as numerator,
        -- of a denominator that outgrows all use, 12 decimals of a millionth are kept
        rescaled(numerator, denominator, least(denominator, 1000000000000)) as amount_numerator,
        least(denominator, 1000000000000) as amount_denominator,
    from change
    where turn = 1
),

-- what every unit of a line has to do in each month, as it stands after each turn
task as (
    select * exclude (divisor, denominator, numerator)
    from first_task
    union all
    (
        with changed as (
            select
                task.* exclude (turn),
                change.turn,
                change.terms as new_terms,
                change.target_value as new_target_value,
                change.baseline_value as new_baseline_value,
                change.is_sample as is_new_sample,
                ended.terms as ended_terms,
                ended.target_value as ended_target_value,
                ended.baseline_value as ended_baseline_value,
                ended.is_sample as is_ended_sample,
                case
                    when change.terms is not null then 'version'
                    when ended.terms is null then 'none'
                    when task.terms is null then 'handover'
                    when change.is_added then 'addition'
                    else 'none'
                end as kind,
                change.distance * task.amount_denominator
                - coalesce(sum(task.amount_numerator) filter (where not change.is_open) over by_target, 0) as remainder,
                case when change.is_shaped then gcd(change.weight_sum, remainder) else 1 end as divisor,
                case kind
                    when 'version' then task.amount_denominator * (change.weight_sum // divisor)
                    when 'none' then task.amount_denominator
                    else lcm(task.amount_denominator, ended.amount_denominator)
                end as denominator,
                case
                    when kind = 'version' and change.is_open then remainder // divisor * change.month_weight
                    when kind in ('version', 'none')
                        then task.amount_numerator * (denominator // task.amount_denominator)
                    else
                        task.amount_numerator * (denominator // task.amount_denominator)
                        + ended.amount_numerator * (denominator // ended.amount_denominator)
                end as numerator,
            from task
            inner join change
                on
                    task.target_number = change.target_number
                    and task.report_month = change.report_month
                    and task.turn + 1 = change.turn
            left join task as ended
                on
                    change.plan_year = ended.plan_year
                    and change.indicator_code = ended.indicator_code
                    and change.ended_code = ended.org_unit_code
                    and change.report_month = ended.report_month
            window by_target as (partition by task.target_number)
        )

        select
            plan_year,
            indicator_code,
            org_unit_code,
            target_number,
            line_code,
            report_month,
            turn,
            case kind when 'version' then new_terms when 'handover' then ended_terms else terms end as terms,
            case kind
                when 'version' then new_target_value
                when 'none' then target_value
                else coalesce(target_value, 0) + ended_target_value
            end as target_value,
            case kind
                when 'version' then new_baseline_value
                when 'none' then baseline_value
                else coalesce(baseline_value + ended_baseline_value, baseline_value, ended_baseline_value)
            end as baseline_value,
            case kind
                when 'version' then is_new_sample
                when 'none' then is_sample
                else is_sample or is_ended_sample
            end as is_sample,
            kind in ('handover', 'addition') or (kind = 'none' and is_inherited) as is_inherited,
            rescaled(numerator, denominator, least(denominator, 1000000000000)) as amount_numerator,
            least(denominator, 1000000000000) as amount_denominator,
        from changed
    )
),

-- every month of a target, whatever turn it is of, has one denominator
rescaled_task as (
    select
        *,
        max(amount_denominator) over (partition by target_number) as denominator,
        rescaled(amount_numerator, amount_denominator, denominator) as numerator,
    from task
    where year(report_month) = plan_year
),

task_month as (
    select
        *,
        sum(numerator) over (partition by target_number, turn order by report_month) as due_numerator,
    from rescaled_task
)

select
    task_month.plan_year,
    task_month.org_unit_code,
    task_month.indicator_code,
    task_month.report_month,
    version.target_version,
    version.target_form,
    from_millionths(task_month.target_value) as target_value,
    from_millionths(task_month.baseline_value) as baseline_value,
    version.first_month,
    version.due_month,
    task_month.terms.phasing_used,
    version.basis,
    version.split_key,
    version.split_from_code,
    task_month.is_sample,
    task_month.numerator as amount_numerator,
    task_month.due_numerator,
    -- as a line of its parent a flow brings what falls to its own months: an ended unit's line has the months before
    case
        when indicator.kind = 'flow'
            then sum(task_month.numerator) over (partition by task_month.target_number order by task_month.report_month)
        else task_month.due_numerator
    end as line_due_numerator,
    task_month.denominator as amount_denominator,
    task_month.is_inherited,
from task_month
inner join core.indicator as indicator using (indicator_code)
inner join turn_span
    on
        task_month.plan_year = turn_span.plan_year
        and task_month.indicator_code = turn_span.indicator_code
        and task_month.line_code = turn_span.line_code
        and task_month.turn = turn_span.turn
        and task_month.report_month >= turn_span.from_month
        and task_month.report_month < turn_span.next_from_month
inner join version on task_month.terms.version_number = version.version_number
left join version as first_version
    on
        task_month.plan_year = first_version.plan_year
        and task_month.org_unit_code = first_version.org_unit_code
        and task_month.indicator_code = first_version.indicator_code
        and first_version.ordinal = 1
left join reference.org_unit as org_unit on task_month.org_unit_code = org_unit.code
where
    task_month.terms is not null
    and (task_month.is_inherited or task_month.report_month >= first_version.grid_first_month)
    and task_month.report_month <= coalesce(org_unit.valid_to, task_month.report_month)
order by task_month.plan_year, task_month.org_unit_code, task_month.indicator_code, task_month.report_month
