-- grain: one row per org unit, indicator, month and cell of a counted submission that a figure rests on
-- Every figure of mart.completion goes back to these; the file is in the archive under the submission's SHA-256.
-- Of two cells that state one level only the one that counts is here: nothing is published that no figure uses.
with answer as (
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
        struct_pack(value := reading.month_value, cell := reading.month_cell, text := reading.month_text) as month_read,
        struct_pack(value := reading.ytd_value, cell := reading.ytd_cell, text := reading.ytd_text) as ytd_read,
        struct_pack(
            value := reading.prior_ytd_value, cell := reading.prior_ytd_cell, text := reading.prior_ytd_text
        ) as prior_read,
        reading.finished_on,
        reading.finished_cell,
    from core.value
    inner join core.reading as reading using (submission_id, org_unit_code, indicator_code, report_month)
    inner join core.submission as submission using (submission_id)
    inner join core.indicator as indicator on value.indicator_code = indicator.indicator_code
    inner join reference.org_unit as org_unit on value.org_unit_code = org_unit.code
    left join core.month_value as month_value using (org_unit_code, indicator_code, report_month)
    left join core.disclosure as disclosure using (org_unit_code, indicator_code, report_month)
    left join core.shown_text as file on submission.file_name = file.text and file.is_name
    left join core.shown_text as sheet on value.sheet_name = sheet.text and sheet.is_name
    where reading.is_asked and reading.form_code = indicator.source_form
),

typed_cell as (
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell),
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
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell),
        'ytd' as measure,
        ytd_read.value as value,
        ytd_read.cell as cell,
        ytd_read.text as cell_text,
        kind not in ('stock', 'milestone') or month_read.value is null as is_counted,
    from answer
    where ytd_read.value is not null
    union all by name
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell),
        'prior_ytd' as measure,
        prior_read.value as value,
        prior_read.cell as cell,
        prior_read.text as cell_text,
        kind = 'flow' and is_prior_counted and not (is_sensitive and is_small(prior_read.value)) as is_counted,
    from answer
    where prior_read.value is not null
    union all by name
    select
        answer.* exclude (month_read, ytd_read, prior_read, finished_on, finished_cell),
        'finished_on' as measure,
        finished_cell as cell,
        answer.finished_on,
        kind = 'milestone' as is_counted,
    from answer
    where answer.finished_on is not null
)

select
    org_unit_code,
    indicator_code,
    report_month,
    measure,
    cast(unless_suppressed(value, is_suppressed) as decimal(24, 6)) as value,
    unless_suppressed(cell_text, is_suppressed) as cell_text,
    finished_on,
    submission_id,
    file_name,
    sheet_name,
    cell,
    is_held,
    is_late,
    coalesce(is_sample, false) as is_sample,
    is_suppressed,
from typed_cell
where is_counted
order by org_unit_code, indicator_code, report_month, measure
