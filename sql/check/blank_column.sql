-- grain: one row per submission of a known form, sender and month, sheet, subject and column (month, year to date)
-- Was the whole column left blank? Of five rows or more that ask for it that is one slip, told once; fewer are told
-- row by row (check.expected_row). A column that is not there at all has no cells and is told once, however few ask.
with sheet_column as (
    select
        submission_id,
        org_unit_code,
        form_code,
        report_month,
        sheet_name,
        unnest([
            struct_pack(
                field := 'month',
                name_zh := '本月数',
                name_en := 'this month',
                has_answer := bool_or(has_month),
                blank_count := count(*) filter (where blank_field = 'month'),
                is_absent := coalesce(
                    bool_and(blank_cell is null) filter (where blank_field = 'month') and not bool_or(has_month), false
                ),
                has_note := bool_or(has_explanation) filter (where blank_field = 'month'),
                first_blank := min_by(
                    struct_pack(cell := blank_cell, indicator_code := indicator_code, is_explained := has_explanation),
                    (length(blank_cell), blank_cell)
                ) filter (where blank_field = 'month'),
                last_cell := max_by(blank_cell, (length(blank_cell), blank_cell)) filter (where blank_field = 'month')
            ),
            struct_pack(
                field := 'ytd',
                name_zh := '本年累计',
                name_en := 'the year to date',
                has_answer := bool_or(has_ytd),
                blank_count := count(*) filter (where blank_field = 'ytd'),
                is_absent := coalesce(
                    bool_and(blank_cell is null) filter (where blank_field = 'ytd') and not bool_or(has_ytd), false
                ),
                has_note := bool_or(has_explanation) filter (where blank_field = 'ytd'),
                first_blank := min_by(
                    struct_pack(cell := blank_cell, indicator_code := indicator_code, is_explained := has_explanation),
                    (length(blank_cell), blank_cell)
                ) filter (where blank_field = 'ytd'),
                last_cell := max_by(blank_cell, (length(blank_cell), blank_cell)) filter (where blank_field = 'ytd')
            )
        ]) as of_column,
    from "check".asked_row
    where has_row
    -- rows about other units than the sender's own are other columns to whoever fills them in
    group by submission_id, org_unit_code, form_code, report_month, sheet_name
)

select
    concat_ws(':', submission_id, org_unit_code, sheet_name, of_column.field) as check_key,
    submission_id,
    org_unit_code,
    form_code,
    of_column.first_blank.indicator_code as indicator_code,
    report_month,
    sheet_name,
    of_column.first_blank.cell as cell,
    cast(null as varchar) as found,
    '数字、0 或“不适用”' as expected,
    -- where no cell is first, a note in any of the rows will do
    coalesce(
        case when of_column.is_absent then of_column.has_note else of_column.first_blank.is_explained end, false
    ) as is_explained,
    of_column.field as field,
    of_column.name_zh as column_zh,
    of_column.name_en as column_en,
    of_column.blank_count as blank_count,
    of_column.last_cell as last_cell,
    case
        when of_column.is_absent then '表里没有，有 ' || of_column.blank_count || ' 项必填，请补上'
        else ' 从 ' || cell || ' 到 ' || last_cell || ' 有 ' || of_column.blank_count || ' 项必填，全是空的'
    end as lack_zh,
    case
        when of_column.is_absent then 'is not in the table; add it, ' || of_column.blank_count || ' rows must have it'
        else 'is blank in all ' || of_column.blank_count || ' rows that must have it, ' || cell || ' to ' || last_cell
    end as lack_en,
    case when of_column.is_absent then '任一行' else ' ' || cell || ' 那一行' end as note_zh,
    case when of_column.is_absent then 'any note' else 'the note beside ' || cell end as note_en,
    of_column.has_answer or (of_column.blank_count < 5 and not of_column.is_absent) as is_filled,
from sheet_column
order by check_key
