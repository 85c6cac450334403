-- grain: one row per alert case, event and moment: what became of a case, in its order
-- A case opens as the data tell (mart.alert_spell). Once a night has told it, it stays the same case: it closes when
-- the data close it, and a spell after that opens it again. Hysteresis is on closing only: figures that were corrected
-- so that nothing opens a case any more close it only when their last month is clear.
with seen_event as (
    select * exclude (seen_at, run_id)
    from raw.alert_event
    where seen_at < $as_of  -- this night, run again, tells what it told the first time
    qualify row_number() over (partition by case_id, event, happened_at order by seen_at) = 1
),

seen_case as (
    select
        * exclude (event, happened_at),
        happened_at as last_at,
        event != 'resolved' as was_open,
    from seen_event
    qualify row_number() over (partition by case_id order by happened_at desc, event = 'resolved' desc) = 1
),

spell as (
    select
        *,
        spell_number = max(spell_number) over (partition by case_id) as is_newest,
    from mart.alert_spell
),

newest_spell as (
    select *
    from spell
    where is_newest
),

-- of a case that is new tonight all that the data tell of it
new_event as (
    select
        spell.* exclude (opened_at, resolved_at),
        case spell.spell_number when 1 then 'opened' else 'reopened' end as event,
        spell.opened_at as happened_at,
    from spell
    left join seen_case using (case_id)
    where seen_case.case_id is null and spell.spell_number > 0
    union all by name
    select
        spell.* exclude (opened_at, resolved_at),
        'resolved' as event,
        spell.resolved_at as happened_at,
    from spell
    left join seen_case using (case_id)
    where seen_case.case_id is null and spell.resolved_at is not null
),

-- of a case that was told before, whether it is open now; a spell of which the closing came after the case was last
-- told closes it also when the next month is in trouble again
known_case as (
    select
        seen_case.* exclude (report_month, since_month),
        coalesce(newest_spell.report_month, seen_case.report_month) as report_month,
        coalesce(newest_spell.since_month, seen_case.since_month) as since_month,
        newest_spell.opened_at,
        newest_spell.resolved_at,
        case
            when newest_spell.case_id is null then false
            when newest_spell.spell_number = 0 then seen_case.was_open
            else newest_spell.resolved_at is null
        end as is_open,
    from seen_case
    left join newest_spell using (case_id)
),

turned_case as (
    select
        * exclude (last_at, was_open, opened_at, resolved_at, is_open),
        case when is_open then 'reopened' else 'resolved' end as event,
        -- what turned because older figures were corrected turned tonight
        case
            when is_open and opened_at > last_at then opened_at
            when not is_open and resolved_at > last_at then resolved_at
            else $as_of
        end as happened_at,
    from known_case
    -- a rank that fell further while the case was open is told anew
    where is_open != was_open or (is_open and kind = 'rank_fell' and opened_at > last_at)
),

turn as (
    select
        case_id,
        kind,
        org_unit_code,
        indicator_code,
        form_code,
        plan_year,
        report_month,
        since_month,
        about_id,
        event,
        happened_at,
    from seen_event
    union all by name
    select * exclude (spell_number, is_newest)
    from new_event
    union all by name
    select * from turned_case
),

-- from one opening to its resolution, or to the next one: what was told, acknowledged or assigned belongs to it
opening as (
    select
        turn.* exclude (event),
        turn.event as opened_by,
        min(closing.happened_at) as resolved_at,
    from turn
    left join turn as closing
        on
            turn.case_id = closing.case_id
            and case closing.event
                when 'resolved' then turn.happened_at <= closing.happened_at
                else turn.happened_at < closing.happened_at
            end
    where turn.event in ('opened', 'reopened')
    group by all
),

notified as (
    select
        opening.* exclude (happened_at, opened_by, resolved_at),
        opening.happened_at as opened_at,
        opening.resolved_at,
        min(notification.notified_at) as notified_at,
    from opening
    inner join raw.notification as notification
        on
            opening.case_id = notification.case_id
            and notification.event in ('opened', 'reopened')
            and opening.happened_at <= notification.notified_at
            and coalesce(notification.notified_at < opening.resolved_at, true)
    where
        notification.notified_at < $as_of  -- what this night sends, the next one shows
        and not coalesce(notification.is_filed, false)  -- a file in outbox/ is no channel's yes
    group by all
),

-- whose case it is by its owner: the department's recipients, or the clerk of the unit whose report it is about
owner_route as (
    select
        opening.case_id,
        route.recipient_name,
    from opening
    left join mart.indicator as indicator using (indicator_code)
    left join reference.alert_kind as alert_kind on opening.kind = alert_kind.kind
    inner join reference.route as route
        on
            case
                when opening.indicator_code is null then route.org_unit_code = opening.org_unit_code
                else route.department = indicator.owner
            end
            and coalesce(cast(route.from_level as integer), 0) = 0
            and coalesce(route.kind = opening.kind, true)
            and coalesce(route.theme_code = indicator.theme_code, true)
            and coalesce(route.indicator_code = opening.indicator_code, true)
            and list_position(['high', 'medium', 'low'], coalesce(alert_kind.severity, 'medium'))
            <= list_position(['high', 'medium', 'low'], coalesce(route.severity, 'low'))
    left join core.org_descendant as descendant
        on route.org_unit_code = descendant.ancestor_code and opening.org_unit_code = descendant.descendant_code
    where route.org_unit_code is null or descendant.ancestor_code is not null
    union
    select
        opening.case_id,
        recipient.name as recipient_name,
    from opening
    inner join reference.recipient as recipient
        on recipient.scope = coalesce(opening.indicator_code, opening.org_unit_code)
    anti join reference.route as own_route on recipient.name = own_route.recipient_name
),

owned_case as (
    select distinct case_id
    from owner_route
),

decided as (
    select
        opening.* exclude (happened_at, opened_by, resolved_at),
        opening.happened_at as opened_at,
        case decision.action
            when 'ack' then 'acknowledged'
            when 'snooze' then 'snoozed'
            when 'assign' then 'assigned'
        end as event,
        decision.recorded_at as happened_at,
        decision.snoozed_until,
        decision.assignee,
    from opening
    inner join core.alert_decision as decision
        on
            opening.case_id = decision.case_id
            and opening.happened_at <= decision.recorded_at
            and coalesce(decision.recorded_at < opening.resolved_at, true)
),

-- in whose hands an opened case is: its owner's, then each one's whom it is assigned to
charge as (
    select
        *,
        lead(charged_at) over (partition by case_id, opened_at order by charged_at) as passed_on_at,
    from (
        select
            * exclude (opened_by, happened_at),
            happened_at as opened_at,
            happened_at as charged_at,
            null as assignee,
        from opening
        union all by name
        select
            * exclude (event, happened_at, snoozed_until),
            happened_at as charged_at,
        from decided
        where event = 'assigned'
    ) as charge_begun
),

-- told by a channel to him in whose hands it is; where the routes name no owner, to anybody
told_charge as (
    select
        charge.*,
        min(greatest(charge.charged_at, notification.notified_at)) as told_at,
    from charge
    inner join raw.notification as notification
        on
            charge.case_id = notification.case_id
            and notification.event in ('opened', 'reopened')
            and charge.opened_at <= notification.notified_at
            and coalesce(notification.notified_at < charge.resolved_at, true)
    left join owner_route
        on notification.case_id = owner_route.case_id and notification.recipient_name = owner_route.recipient_name
    left join owned_case on charge.case_id = owned_case.case_id
    where
        notification.notified_at < $as_of
        and not coalesce(notification.is_filed, false)
        and case
            when charge.assignee is not null then charge.assignee = notification.recipient_name
            else owned_case.case_id is null or owner_route.case_id is not null
        end
    group by all
),

-- told, and nobody saw to it: after so many working days the next level is told; a snoozed case waits until then
due_escalation as (
    select
        told_charge.*,
        min(working_day.day) as due_on,
    from told_charge
    inner join reference.alert_kind as alert_kind using (kind)
    inner join core.working_day as told_day on day_of(told_charge.told_at) = told_day.day
    inner join core.working_day as working_day
        on
            working_day.working_number = told_day.working_number + alert_kind.escalate_after_days
    group by all
),

escalated as (
    select
        due_escalation.* exclude (opened_at, due_on, charged_at, told_at, assignee),
        greatest(
            cast(min(due_escalation.due_on) as timestamptz),
            cast(max(decided.snoozed_until) + interval 1 day as timestamptz)
        ) as happened_at,
        min(decided.happened_at) filter (where decided.event = 'acknowledged') as acknowledged_at,
    from due_escalation
    left join decided
        on due_escalation.case_id = decided.case_id and due_escalation.opened_at = decided.opened_at
    group by all
),

alert_event as (
    select
        *,
        0 as level,
    from turn
    union all by name
    select
        * exclude (opened_at, resolved_at, notified_at),
        'notified' as event,
        notified_at as happened_at,
        0 as level,
    from notified
    union all by name
    select
        * exclude (opened_at),
        0 as level,
    from decided
    union all by name
    select
        * exclude (resolved_at, passed_on_at, acknowledged_at),
        'escalated' as event,
        1 as level,
    from escalated
    where
        happened_at <= $as_of
        and coalesce(happened_at < resolved_at, true)
        and coalesce(happened_at < acknowledged_at, true)
        and coalesce(happened_at < passed_on_at, true)
)

select
    case_id,
    event,
    happened_at,
    cast(level as integer) as level,
    kind,
    org_unit_code,
    indicator_code,
    form_code,
    plan_year,
    report_month,
    since_month,
    snoozed_until,
    assignee,
    about_id,
from alert_event
order by case_id, happened_at, event
