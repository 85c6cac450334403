-- grain: one row per form, sender, subject, indicator and report month: what was asked
-- Absence is a row: what was never sent is found by what was asked.
with month_unit as (
    select
        form_month.form_code,
        form_month.report_month,
        org_unit.code as org_unit_code,
        org_unit.level,
    from core.form_month
    cross join reference.org_unit as org_unit
    where
        date_trunc('month', form_month.report_month)
        between date_trunc('month', coalesce(org_unit.valid_from, form_month.report_month))
        and date_trunc('month', coalesce(org_unit.valid_to, form_month.report_month))
),

asked_indicator as (
    select
        form_indicator.form_code,
        form.level as sender_level,
        form_indicator.indicator_code,
        indicator.first_month,
        indicator.last_month,
        form_indicator.org_unit_code as within_code,
        coalesce(form_indicator.cells_required, 'either') as cells_required,
        coalesce(form_indicator.is_required, true) as is_required,
        -- a form that is not the indicator's source only checks: its sender answers for itself
        case
            when indicator.source_form = form_indicator.form_code then indicator.reporting_level
            else form.level
        end as subject_level,
    from reference.form_indicator as form_indicator
    inner join reference.form as form on form_indicator.form_code = form.code
    inner join core.indicator using (indicator_code)
)

select distinct
    asked_indicator.form_code,
    sender.org_unit_code as sender_code,
    subject.org_unit_code,
    asked_indicator.indicator_code,
    sender.report_month,
    asked_indicator.cells_required,
    asked_indicator.is_required,
from asked_indicator
inner join month_unit as sender
    on asked_indicator.form_code = sender.form_code and asked_indicator.sender_level = sender.level
inner join core.org_descendant as below on sender.org_unit_code = below.ancestor_code
inner join month_unit as subject
    on
        below.descendant_code = subject.org_unit_code
        and sender.form_code = subject.form_code
        and sender.report_month = subject.report_month
        and asked_indicator.subject_level = subject.level
left join core.org_descendant as within
    on asked_indicator.within_code = within.ancestor_code and subject.org_unit_code = within.descendant_code
where
    (asked_indicator.within_code is null or within.descendant_code is not null)
    and sender.report_month
    between coalesce(asked_indicator.first_month, sender.report_month)
    and coalesce(asked_indicator.last_month, sender.report_month)
order by form_code, sender_code, subject.org_unit_code, indicator_code, sender.report_month
