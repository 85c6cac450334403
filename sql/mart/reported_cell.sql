-- grain: one row per org unit, indicator, month and cell of a counted submission that a figure rests on
-- Every figure of mart.completion goes back to these; the file is in the archive under the submission's SHA-256.
-- A value that was telephoned in stands here too: with its decision, and with the cell that it took the place of; so
-- does 不适用, without a value.
-- Of two cells that state one level only the one that counts is here: nothing is published that no figure uses.
with corrected as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        max(value) filter (where measure = 'month') as month_value,
        max(value) filter (where measure = 'ytd') as ytd_value,
        max(value) filter (where measure = 'prior_ytd') as prior_ytd_value,
        max(finished_on) as finished_on,
        list(measure) filter (where is_not_applicable) as taken_measures,
    from core.counted_correction
    group by org_unit_code, indicator_code, report_month
),

answer as (
    select
        value.org_unit_code,
        value.indicator_code,
        value.report_month,
        value.submission_id,
        value.is_held,
        value.is_late,
        value.is_sample,
        indicator.kind,
        indicator.publicity = 'restricted' and org_unit.level != 'subdistrict' as is_sensitive,
        coalesce(disclosure.is_suppressed, false) as is_suppressed,
        file.shown_text as file_name,
        sheet.shown_text as sheet_name,
        -- what was reported for last year is the whole period: it counts where this year has no gap
        month_value.months_covered_count = month_value.months_due_count as is_prior_counted,
        struct_pack(
            value := case
                when not list_contains(coalesce(corrected.taken_measures, []), 'month')
                    then coalesce(corrected.month_value, reading.month_value)
            end,
            cell := reading.month_cell,
            text := reading.month_text
        ) as month_read,
        struct_pack(
            value := case
                when not list_contains(coalesce(corrected.taken_measures, []), 'ytd')
                    then coalesce(corrected.ytd_value, reading.ytd_value)
            end,
            cell := reading.ytd_cell,
            text := reading.ytd_text
        ) as ytd_read,
        struct_pack(
            value := coalesce(corrected.prior_ytd_value, reading.prior_ytd_value),
            cell := reading.prior_ytd_cell,
            text := reading.prior_ytd_text
        ) as prior_read,
        case
            when not list_contains(coalesce(corrected.taken_measures, []), 'finished_on')
                then coalesce(corrected.finished_on, reading.finished_on)
        end as finished_on,
        reading.finished_cell,
        list_contains(coalesce(corrected.taken_measures, []), 'month') as is_not_applicable,
    from core.value
    inner join core.indicator as indicator on value.indicator_code = indicator.indicator_code
    left join core.reading as reading
        on
            value.submission_id = reading.submission_id
            and value.org_unit_code = reading.org_unit_code
            and value.indicator_code = reading.indicator_code
            and value.report_month = reading.report_month
            and indicator.source_form = reading.form_code
            and reading.is_asked
    left join corrected
        on
            value.org_unit_code = corrected.org_unit_code
            and value.indicator_code = corrected.indicator_code
            and value.report_month = corrected.report_month
    left join core.submission as submission on value.submission_id = submission.submission_id
    inner join reference.org_unit as org_unit on value.org_unit_code = org_unit.code
    left join core.month_value as month_value
        on
            value.org_unit_code = month_value.org_unit_code
            and value.indicator_code = month_value.indicator_code
            and value.report_month = month_value.report_month
    left join core.disclosure as disclosure
        on
            value.org_unit_code = disclosure.org_unit_code
            and value.indicator_code = disclosure.indicator_code
            and value.report_month = disclosure.report_month
    left join core.shown_text as file on submission.file_name = file.text and file.is_name
    left join core.shown_text as sheet on value.sheet_name = sheet.text and sheet.is_name
    where reading.submission_id is not null or corrected.org_unit_code is not null
),

typed_cell as (
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell, is_not_applicable),
        'month' as measure,
        month_read.value as value,
        month_read.cell as cell,
        month_read.text as cell_text,
        cast(null as date) as finished_on,
        kind in ('flow', 'stock', 'milestone') or ytd_read.value is null as is_counted,
    from answer
    where month_read.value is not null
    union all by name
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell, is_not_applicable),
        'ytd' as measure,
        ytd_read.value as value,
        ytd_read.cell as cell,
        ytd_read.text as cell_text,
        kind not in ('stock', 'milestone') or month_read.value is null as is_counted,
    from answer
    where ytd_read.value is not null
    union all by name
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell, is_not_applicable),
        'prior_ytd' as measure,
        prior_read.value as value,
        prior_read.cell as cell,
        prior_read.text as cell_text,
        kind = 'flow' and is_prior_counted and not (is_sensitive and is_small(prior_read.value)) as is_counted,
    from answer
    where prior_read.value is not null
    union all by name
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell, is_not_applicable),
        'finished_on' as measure,
        finished_cell as cell,
        answer.finished_on,
        kind = 'milestone' as is_counted,
    from answer
    where answer.finished_on is not null
    union all by name
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell),
        'month' as measure,
        month_read.cell as cell,
        month_read.text as cell_text,
        not is_suppressed as is_counted,  -- the status of a withheld row is not told either
    from answer
    where is_not_applicable
)

select
    typed_cell.org_unit_code,
    typed_cell.indicator_code,
    typed_cell.report_month,
    typed_cell.measure,
    cast(unless_suppressed(typed_cell.value, typed_cell.is_suppressed) as decimal(24, 6)) as value,
    unless_suppressed(typed_cell.cell_text, typed_cell.is_suppressed) as cell_text,
    typed_cell.finished_on,
    typed_cell.submission_id,
    typed_cell.file_name,
    typed_cell.sheet_name,
    typed_cell.cell,
    typed_cell.is_held and counted_correction.decision_id is null as is_held,
    typed_cell.is_late,
    coalesce(typed_cell.is_sample, false) as is_sample,
    typed_cell.is_suppressed,
    counted_correction.decision_id is not null as is_corrected,
    day_of(counted_correction.recorded_at) as corrected_on,
    counted_correction.decision_id,
    coalesce(typed_cell.is_not_applicable, false) as is_not_applicable,
from typed_cell
left join core.counted_correction as counted_correction using (org_unit_code, indicator_code, report_month, measure)
where typed_cell.is_counted
order by typed_cell.org_unit_code, typed_cell.indicator_code, typed_cell.report_month, typed_cell.measure
