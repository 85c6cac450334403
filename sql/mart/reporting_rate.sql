-- grain: one row per org unit of the form's level or above it, form and report month that is over
-- domain.md, Submissions: cells filled over cells asked, never "a file came"; no cap; null when nothing was asked.
-- A unit above adds up the cells of those below that were there in that month; a unit that was asked nothing is a row.
-- On time are the cells of the newest usable version that was in by the due day, as far as they count now: whoever
-- sends a nearly empty workbook in time and the rest later was in time with the few.
with form_unit as (
    select distinct
        form_month.form_code,
        form_month.report_month,
        form_month.due_on,
        org_descendant.ancestor_code as org_unit_code,
        below.code as sender_code,
    from core.form_month
    inner join reference.form as form on form_month.form_code = form.code
    inner join reference.org_unit as below
        on
            form.level = below.level
            and date_trunc('month', form_month.report_month)
            between date_trunc('month', coalesce(below.valid_from, form_month.report_month))
            and date_trunc('month', coalesce(below.valid_to, form_month.report_month))
    inner join core.org_descendant as org_descendant on below.code = org_descendant.descendant_code
),

in_time as (
    select
        submission.form_code,
        submission.sender_code,
        submission.report_month,
        max_by(cell_count.cells_filled_count, submission.version) as cells_filled_count,
    from core.submission as submission
    inner join core.cell_count as cell_count using (submission_id)
    where
        submission.state in ('accepted', 'held', 'superseded') and day_of(submission.received_at) <= submission.due_on
    group by submission.form_code, submission.sender_code, submission.report_month
),

tally as (
    select
        form_unit.org_unit_code,
        form_unit.form_code,
        form_unit.report_month,
        form_unit.due_on,
        count(reporting.timeliness) as units_due_count,
        count(*) filter (where reporting.timeliness in ('on_time', 'late')) as units_reported_count,
        count(*) filter (where reporting.timeliness = 'on_time') as units_on_time_count,
        count(*) filter (where reporting.timeliness = 'late') as units_late_count,
        count(*) filter (where reporting.timeliness = 'missing') as units_missing_count,
        count(*) filter (where reporting.timeliness = 'awaited') as units_awaited_count,
        cast(coalesce(sum(reporting.cells_asked_count), 0) as bigint) as cells_asked_count,
        cast(coalesce(sum(reporting.cells_filled_count), 0) as bigint) as cells_filled_count,
        cast(
            coalesce(sum(least(coalesce(in_time.cells_filled_count, 0), reporting.cells_filled_count)), 0) as bigint
        ) as cells_on_time_count,
        cast(coalesce(sum(reporting.not_applicable_count), 0) as bigint) as not_applicable_count,
        cast(coalesce(sum(reporting.cells_corrected_count), 0) as bigint) as cells_corrected_count,
    from form_unit
    left join mart.reporting as reporting
        on
            form_unit.sender_code = reporting.org_unit_code
            and form_unit.form_code = reporting.form_code
            and form_unit.report_month = reporting.report_month
    left join in_time
        on
            form_unit.sender_code = in_time.sender_code
            and form_unit.form_code = in_time.form_code
            and form_unit.report_month = in_time.report_month
    group by form_unit.org_unit_code, form_unit.form_code, form_unit.report_month, form_unit.due_on
)

select
    *,
    cast(exact_ratio(cells_filled_count, cells_asked_count) as decimal(24, 6)) as reporting_ratio,
    cast(exact_ratio(cells_on_time_count, cells_asked_count) as decimal(24, 6)) as on_time_ratio,
from tally
order by form_code, org_unit_code, report_month
