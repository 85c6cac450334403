-- grain: one row per org unit, indicator, month and bound: the status and the rule that gave it
-- domain.md, Status: the first rule that holds. Red, orange, yellow, blue and grey are the page's business.
with row_fact as (
    select
        outcome.*,
        tree_month.kind,
        tree_month.is_own_report,
        tree_month.is_reported,
        tree_month.is_answered_not_applicable,
        tree_month.is_late,
        tree_month.finished_on,
        target_month.target_form,
        target_month.due_month,
        indicator.on_pace_at,
        indicator.at_risk_at,
        indicator.behind_at,
        day_of($as_of) > tree_month.due_on as is_due_day_over,
        -- a parent's report is in when all of its units are, or nothing more can come in without a reason
        tree_month.is_fully_reported
        or (tree_month.is_reported and day_of($as_of) > tree_month.lock_on) as is_in,
        day_of($as_of) > tree_month.lock_on as is_lock_day_over,
    from core.outcome as outcome
    inner join core.tree_month using (org_unit_code, indicator_code, report_month)
    inner join core.indicator as indicator using (indicator_code)
    left join core.target_month using (org_unit_code, indicator_code, report_month)
),

row_and_due as (
    select
        row_fact.*,
        row_fact.report_month >= row_fact.due_month as is_due_month_here,
        row_fact.kind = 'flow' and row_fact.target_form = 'at_most' as is_ceiling,
        case
            when row_fact.finished_on is not null then row_fact.finished_on <= last_day(row_fact.due_month)
            when row_fact.report_month <= row_fact.due_month then row_fact.is_met
            -- what was reached stays reached, and what was not exceeded later was not exceeded then
            when row_fact.kind = 'flow' and row_fact.target_form = 'at_least' then due_row.is_met
            -- after the lock day the units that are known decide, as they do in the due month itself
            when
                row_fact.kind = 'flow'
                and row_fact.target_form = 'at_most'
                and row_fact.is_met
                and (
                    row_fact.is_known_by_due
                    -- an heir that was founded later has no row of the due month: no report of its own is awaited
                    or (row_fact.is_partly_known_at_due and coalesce(due_row.is_lock_day_over, true))
                )
                then true
            else due_row.is_met and due_row.is_in
        end as is_met_by_due,
    from row_fact
    left join row_fact as due_row
        on
            row_fact.org_unit_code = due_row.org_unit_code
            and row_fact.indicator_code = due_row.indicator_code
            and row_fact.bound = due_row.bound
            and row_fact.due_month = due_row.report_month
),

ruled as (
    select
        *,
        case
            when target_form is null then 'no_target'
            when is_answered_not_applicable then 'not_applicable'
            when is_met_by_due and (kind = 'milestone' or (kind = 'flow' and target_form = 'at_least'))
                then 'reached_by_due_month'
            when is_due_month_here and (is_in or report_month > due_month) and is_met_by_due then 'met_at_due_month'
            when report_month > due_month and is_met and not is_ceiling then 'met_after_due_month'
            -- from the due month on the target is met or it is not: a late report is no better than a timely one
            when
                is_late and is_reported and is_phased and not is_due_month_here and pace_ratio >= on_pace_at
                then 'on_pace_reported_late'
            when is_exceeded then 'ceiling_exceeded'
            when is_due_month_here and is_in then 'not_met_at_due_month'
            when is_due_month_here and is_lock_day_over then 'never_reported_by_lock_day'
            when not is_due_day_over and not is_reported then 'before_due_day'
            when kind = 'milestone' and report_month < due_month then 'milestone_before_due_month'
            when not is_phased then 'nothing_phased_yet'
            when not is_reported then 'nothing_usable_in'
            when pace_ratio >= on_pace_at then 'pace_on'
            when pace_ratio >= at_risk_at then 'pace_at_risk'
            when pace_ratio >= behind_at then 'pace_behind'
            when pace_ratio is not null then 'pace_far_behind'
            else 'no_denominator_or_base'
        end as status_rule,
    from row_and_due
)

select
    org_unit_code,
    indicator_code,
    report_month,
    bound,
    case status_rule
        when 'no_target' then 'no_target'
        when 'not_applicable' then 'not_applicable'
        when 'reached_by_due_month' then 'achieved'
        when 'met_at_due_month' then 'achieved'
        when 'met_after_due_month' then 'repaired'
        when 'on_pace_reported_late' then 'repaired'
        when 'ceiling_exceeded' then 'missed'
        when 'not_met_at_due_month' then 'missed'
        when 'never_reported_by_lock_day' then 'missed'
        when 'before_due_day' then 'not_due'
        when 'milestone_before_due_month' then 'not_due'
        when 'nothing_phased_yet' then 'not_due'
        when 'nothing_usable_in' then 'unreported'
        when 'no_denominator_or_base' then 'not_computable'
        when 'pace_on' then 'on_pace'
        when 'pace_at_risk' then 'at_risk'
        when 'pace_behind' then 'behind'
        else 'far_behind'
    end as status,
    status_rule,
    is_in,
    is_due_day_over,
from ruled
order by org_unit_code, indicator_code, report_month, bound
