-- grain: one row per submission of a known form, sender and month, and subject and indicator that are asked there
-- Absence is a row. A number (0 included) and "not applicable" are answers, blank is none (domain.md, Submissions).
with later_copy as (
    select
        reading.submission_id,
        reading.sheet_name,
        reading.row_number,
    from core.reading as reading
    inner join "check".repeated_row using (submission_id, org_unit_code, indicator_code)
    qualify row_number() over (
        partition by reading.submission_id, reading.org_unit_code, reading.indicator_code
        order by reading.sheet_name, reading.row_number
    ) > 1
),

answer_row as (
    select
        submission_id,
        org_unit_code,
        indicator_code,
        sheet_name,
        indicator_cell,
        month_cell,
        ytd_cell,
        has_explanation,
        'not_applicable' in (coalesce(month_state, ''), coalesce(ytd_state, '')) as is_not_applicable,
        coalesce(month_state, 'blank') != 'blank' as has_month,
        coalesce(ytd_state, 'blank') != 'blank' as has_ytd,
        finished_text is not null as has_finish,
    from core.reading
    anti join later_copy using (submission_id, sheet_name, row_number)
    where indicator_code is not null and org_unit_code is not null
),

asked as (
    select
        submission.submission_id,
        coalesce(not blank_form.is_filled, false) as is_blank_form,
        expected_cell.org_unit_code,
        expected_cell.form_code,
        expected_cell.indicator_code,
        expected_cell.report_month,
        expected_cell.is_required,
        answer_row.submission_id is not null as has_row,
        answer_row.sheet_name,
        answer_row.indicator_cell,
        answer_row.month_cell,
        answer_row.ytd_cell,
        coalesce(answer_row.has_explanation, false) as has_explanation,
        coalesce(answer_row.has_month, false) as has_month,
        coalesce(answer_row.has_ytd, false) as has_ytd,
        -- an indicator that began with a later workbook than the one sent has no row there to fill
        coalesce(
            version.is_older and indicator.first_month >= version.next_first_month, false
        ) as is_younger_than_template,
        case
            when answer_row.is_not_applicable then true
            -- a level, a progress or a published rate may stand in either cell
            when indicator.kind != 'flow' or expected_cell.cells_required = 'either'
                then answer_row.has_month or answer_row.has_ytd or answer_row.has_finish
            when expected_cell.cells_required = 'month' then answer_row.has_month
            when expected_cell.cells_required = 'ytd' then answer_row.has_ytd
            else answer_row.has_month and answer_row.has_ytd
        end as is_answered,
        -- the measure to fill: what the form asks for and lacks; a cell that is filled, readable or not, is never it
        case
            when indicator.kind = 'flow' and expected_cell.cells_required = 'ytd' then 'ytd'
            when indicator.kind = 'flow' and expected_cell.cells_required = 'both' and answer_row.has_month then 'ytd'
            when indicator.kind = 'flow' and expected_cell.cells_required in ('month', 'both') then 'month'
            -- either cell will do: one whose column is there
            when answer_row.month_cell is null and answer_row.ytd_cell is not null then 'ytd'
            when answer_row.ytd_cell is not null and expected_cell.cells_required = 'ytd' then 'ytd'
            else 'month'
        end as field_to_fill,
        -- null where the column is absent
        case when field_to_fill = 'ytd' then answer_row.ytd_cell else answer_row.month_cell end as blank_cell,
    from "check".submission as submission
    inner join core.expected_cell as expected_cell
        on
            submission.form_code = expected_cell.form_code
            and submission.sender_code = expected_cell.sender_code
            and submission.report_month = expected_cell.report_month
    inner join core.indicator as indicator on expected_cell.indicator_code = indicator.indicator_code
    left join "check".blank_form as blank_form on submission.submission_id = blank_form.submission_id
    left join "check".template_version as version on submission.submission_id = version.submission_id
    left join answer_row
        on
            submission.submission_id = answer_row.submission_id
            and expected_cell.org_unit_code = answer_row.org_unit_code
            and expected_cell.indicator_code = answer_row.indicator_code
    where submission.has_known_rows
)

select
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    blank_cell,
    has_explanation,
    -- what the workbook could not have is told once for the file, not row by row
    case when has_row or not is_younger_than_template then has_row end as has_row,
    is_younger_than_template and not has_row as is_lacking,
    -- a form of which nothing is filled in is told once
    case when asked.has_row and is_required and not is_blank_form then is_answered end as is_answered,
    case
        when asked.has_row and is_required and not is_blank_form and not asked.is_answered then field_to_fill
    end as blank_field,
    has_month,
    has_ytd,
from asked
