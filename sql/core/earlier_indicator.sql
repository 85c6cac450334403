-- grain: one row per report month and ranked indicator of which something was known otherwise at the end of its due day
-- Its ranks of the month before are worked out a second time, as they were shown then; all others are today's.
with asked_form as (
    select
        indicator.indicator_code,
        indicator.ranking_metric,
        coalesce(component.source_form, indicator.source_form) as form_code,
    from core.indicator as indicator
    left join core.indicator as component
        on indicator.is_derived and indicator.numerator_code = component.indicator_code
),

-- a ratio and a growth are known otherwise when a part of them is
touched as (
    select
        report_month,
        indicator_code,
    from core.earlier_value
    union
    select
        earlier_value.report_month,
        derived.indicator_code,
    from core.earlier_value
    inner join core.indicator as derived
        on
            earlier_value.indicator_code = derived.numerator_code
            or earlier_value.indicator_code = derived.denominator_code
),

-- a version of a target that was recorded later held nobody to anything then
retargeted as (
    select
        form_month.report_month,
        plan_target.indicator_code,
    from core.plan_target
    inner join asked_form using (indicator_code)
    inner join core.form_month as form_month
        on asked_form.form_code = form_month.form_code and plan_target.plan_year = year(form_month.report_month)
    where
        day_of(plan_target.recorded_at) > form_month.due_on
        -- a revision leaves the months before its effective month as they were
        and (
            plan_target.target_version = 1
            or coalesce(plan_target.effective_month < form_month.report_month, true)
        )
)

select
    known_otherwise.report_month,
    known_otherwise.indicator_code,
    form_month.due_on,
from (
    select * from touched
    union
    select * from retargeted
) as known_otherwise
inner join asked_form using (indicator_code)
inner join core.form_month as form_month
    on asked_form.form_code = form_month.form_code and known_otherwise.report_month = form_month.report_month
where
    coalesce(asked_form.ranking_metric, 'none') != 'none'
    -- ranks start anew in January: there is no month before it
    and month(known_otherwise.report_month) > 1
order by known_otherwise.report_month, known_otherwise.indicator_code
