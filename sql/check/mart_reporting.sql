-- grain: one row per sender, form and month, asked or reported on
-- Absence is a row: who was asked and sent nothing stands in mart.reporting too.
with asked_form as (
    select
        sender_code as org_unit_code,
        form_code,
        report_month,
        count(*) as asked_count,
    from core.expected_cell
    group by sender_code, form_code, report_month
),

told_form as (
    select
        org_unit_code,
        form_code,
        report_month,
        count(*) as rows_count,
        max(cells_filled_count - cells_asked_count) as cells_over_count,
    from mart.reporting
    group by org_unit_code, form_code, report_month
)

select
    concat_ws(':', org_unit_code, form_code, strftime(report_month, '%Y-%m')) as check_key,
    cast(null as varchar) as submission_id,
    org_unit_code,
    form_code,
    cast(null as varchar) as indicator_code,
    report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(coalesce(told_form.rows_count, 0) as varchar) as found,
    case when asked_form.asked_count is null then '0' else '1' end as expected,
    false as is_explained,
    case when asked_form.asked_count is not null then coalesce(told_form.rows_count, 0) end as rows_count,
    told_form.cells_over_count,
from asked_form
full outer join told_form using (org_unit_code, form_code, report_month)
order by check_key
