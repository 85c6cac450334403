-- grain: one row per org unit of the form's level or above it, form and report month that is over
-- What a report cost those who sent it. A file that had to be sent again, because it could not be read or lay in
-- another unit's folder, cost as well (core.report_attempt). The cells are those of the version that counts; where none
-- does, of the last. Typed is what a person had to type: an answer that the template brought and that stayed is none.
-- A unit above adds up those below; a unit that sent nothing is a row.
with version_cell as (
    select
        submission_id,
        count(*) filter (where is_known) as cells_known_count,
        count(*) filter (where is_prefilled) as cells_prefilled_count,
        count(*) filter (where is_changed) as cells_changed_count,
        count(*) filter (where is_prefilled and is_filled and not is_changed) as cells_kept_count,
        count(*) filter (where is_known and not is_prefilled and is_filled) as cells_retyped_count,
    from core.known_cell
    group by submission_id
),

-- beside the asked cells of a row: last year's cumulative, and the day on which a milestone was finished
further_answer as (
    select
        submission_id,
        count(*) filter (where prior_ytd_state in ('number', 'not_applicable'))
        + count(*) filter (where kind = 'milestone' and finished_on is not null) as cells_filled_count,
    from core.reading
    where is_asked
    group by submission_id
),

version_finding as (
    select
        submission_id,
        count(*) filter (where state != 'settled') as findings_count,  -- what was answered before is not asked again
        -- right the first time: nothing to refuse, and what needed an explanation had one
        bool_and(severity = 'warning' and state in ('explained', 'settled')) as is_explained,
    from mart.finding
    where severity != 'information'
    group by submission_id
),

returned as (
    select distinct submission_id
    from core.submission_state
    where state in ('rejected', 'held')
),

version_effort as (
    select
        attempt.form_code,
        attempt.sender_code,
        attempt.report_month,
        attempt.attempt_number = 1 as is_first,
        coalesce(version_finding.is_explained, true) as is_right,
        returned.submission_id is not null as is_returned,
        coalesce(version_finding.findings_count, 0) as findings_count,
        -- what was answered in a file without a version nobody can say
        submission.version is not null
        and row_number() over (
            partition by attempt.form_code, attempt.sender_code, attempt.report_month
            order by submission.is_counted desc, submission.version desc nulls last
        ) = 1 as is_shown,
        coalesce(cell_count.cells_filled_count, 0)
        + coalesce(further_answer.cells_filled_count, 0) as cells_answered_count,
        coalesce(version_cell.cells_known_count, 0) as cells_known_count,
        coalesce(version_cell.cells_prefilled_count, 0) as cells_prefilled_count,
        coalesce(version_cell.cells_changed_count, 0) as cells_changed_count,
        coalesce(version_cell.cells_kept_count, 0) as cells_kept_count,
        coalesce(version_cell.cells_retyped_count, 0) as cells_retyped_count,
    from core.report_attempt as attempt
    inner join core.submission as submission using (submission_id)
    left join core.cell_count as cell_count using (submission_id)
    left join further_answer using (submission_id)
    left join version_cell using (submission_id)
    left join version_finding using (submission_id)
    left join returned using (submission_id)
),

report_effort as (
    select
        form_code,
        sender_code,
        report_month,
        count(*) as versions_count,
        count(*) filter (where is_returned) as returned_count,
        sum(findings_count) as findings_count,
        count(*) filter (where is_first) as first_count,
        count(*) filter (where is_first and is_right) as first_right_count,
        sum(cells_answered_count) filter (where is_shown) as cells_answered_count,
        sum(cells_known_count) filter (where is_shown) as cells_known_count,
        sum(cells_prefilled_count) filter (where is_shown) as cells_prefilled_count,
        sum(cells_changed_count) filter (where is_shown) as cells_changed_count,
        sum(cells_answered_count - cells_kept_count) filter (where is_shown) as cells_typed_count,
        sum(cells_retyped_count) filter (where is_shown) as cells_retyped_count,
    from version_effort
    -- what nobody asked for is no burden that the form made
    semi join mart.reporting as reporting
        on
            version_effort.form_code = reporting.form_code
            and version_effort.sender_code = reporting.org_unit_code
            and version_effort.report_month = reporting.report_month
    group by form_code, sender_code, report_month
),

tally as (
    select
        reporting_rate.org_unit_code,
        reporting_rate.form_code,
        reporting_rate.report_month,
        reporting_rate.cells_asked_count,
        cast(coalesce(sum(report_effort.cells_answered_count), 0) as bigint) as cells_answered_count,
        cast(coalesce(sum(report_effort.cells_known_count), 0) as bigint) as cells_known_count,
        cast(coalesce(sum(report_effort.cells_prefilled_count), 0) as bigint) as cells_prefilled_count,
        cast(coalesce(sum(report_effort.cells_changed_count), 0) as bigint) as cells_changed_count,
        cast(coalesce(sum(report_effort.cells_typed_count), 0) as bigint) as cells_typed_count,
        cast(coalesce(sum(report_effort.cells_retyped_count), 0) as bigint) as cells_retyped_count,
        cast(coalesce(sum(report_effort.versions_count), 0) as bigint) as versions_count,
        cast(coalesce(sum(report_effort.returned_count), 0) as bigint) as returned_count,
        cast(coalesce(sum(report_effort.findings_count), 0) as bigint) as findings_count,
        cast(coalesce(sum(report_effort.first_count), 0) as bigint) as first_count,
        cast(coalesce(sum(report_effort.first_right_count), 0) as bigint) as first_right_count,
    from mart.reporting_rate as reporting_rate
    inner join core.org_descendant as org_descendant
        on reporting_rate.org_unit_code = org_descendant.ancestor_code
    left join report_effort
        on
            org_descendant.descendant_code = report_effort.sender_code
            and reporting_rate.form_code = report_effort.form_code
            and reporting_rate.report_month = report_effort.report_month
    group by
        reporting_rate.org_unit_code,
        reporting_rate.form_code,
        reporting_rate.report_month,
        reporting_rate.cells_asked_count
)

select
    *,
    cast(exact_ratio(cells_answered_count - cells_typed_count, cells_answered_count) as decimal(24, 6)) as spared_ratio,
    cast(exact_ratio(cells_changed_count, cells_prefilled_count) as decimal(24, 6)) as changed_ratio,
    cast(exact_ratio(first_right_count, first_count) as decimal(24, 6)) as first_right_ratio,
from tally
order by form_code, org_unit_code, report_month
