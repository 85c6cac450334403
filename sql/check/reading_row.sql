-- grain: one row per submission and row of its table that names an indicator, where form, sender and month are known
-- view: nearly every row is as it should be, and nothing is worked out twice.
-- Is the row about something that is known, asked, and said once?
with counted_row as (
    select
        reading.*,
        case
            when reading.indicator_code is not null and reading.org_unit_code is not null
                then coalesce(repeated_row.copies_count, 1)
        end as copies_count,
        reading.unit_text is not null and reading.unit_multiplier is null as is_column_unit_foreign,
        reading.month_state = 'number' and reading.month_value is null as is_month_unit_foreign,
        reading.ytd_state = 'number' and reading.ytd_value is null as is_ytd_unit_foreign,
        reading.prior_ytd_state = 'number' and reading.prior_ytd_value is null as is_prior_unit_foreign,
        own_unit.descendant_code is not null as is_within_sender,
    from core.reading as reading
    inner join "check".submission as submission using (submission_id)
    left join core.org_descendant as own_unit
        on reading.sender_code = own_unit.ancestor_code and reading.org_unit_code = own_unit.descendant_code
    left join "check".repeated_row as repeated_row
        on
            reading.submission_id = repeated_row.submission_id
            and reading.org_unit_code = repeated_row.org_unit_code
            and reading.indicator_code = repeated_row.indicator_code
    where submission.has_known_rows
)

select
    concat_ws(':', submission_id, sheet_name, row_number) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    indicator_code,
    report_month,
    sheet_name,
    indicator_cell as cell,
    has_explanation as is_explained,
    row_number,
    indicator_code is not null as is_indicator_known,
    indicator_text,
    '本表列出的指标代码' as indicator_expected,
    case when indicator_code is not null then name_of_code is null end as is_name_agreed,
    name_cell,
    name_text,
    indicator_name,
    -- the subject's level comes from the indicator, so an unknown indicator leaves it open
    case when indicator_code is not null then org_unit_code is not null end as is_org_unit_known,
    org_unit_text,
    '本表列出的填报对象代码' as org_unit_expected,
    case when org_unit_code is not null then is_within_sender end as is_own_org_unit,
    sender_code,
    case when indicator_code is not null and is_within_sender then is_asked end as is_asked,
    '本表不问此项' as asked_expected,
    copies_count,
    cast(copies_count as varchar) as copies_found,
    '1' as copies_expected,
    case
        when indicator_code is null then null
        else not (
            is_column_unit_foreign
            or coalesce(is_month_unit_foreign, false)
            or coalesce(is_ytd_unit_foreign, false)
            or coalesce(is_prior_unit_foreign, false)
        )
    end as is_unit_convertible,
    case
        when is_column_unit_foreign then unit_cell
        when is_month_unit_foreign then month_cell
        when is_ytd_unit_foreign then ytd_cell
        when is_prior_unit_foreign then prior_ytd_cell
    end as unit_cell,
    case
        when is_column_unit_foreign then unit_text
        when is_month_unit_foreign then month_text
        when is_ytd_unit_foreign then ytd_text
        when is_prior_unit_foreign then prior_ytd_text
    end as unit_found,
    unit,
from counted_row
