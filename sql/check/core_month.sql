-- grain: one row per org unit, asked indicator and month, asked or reported on
-- Absence is a row: every month that the indicator's one source was asked for is there once, and none that was not.
with asked_month as (
    select distinct
        expected_cell.org_unit_code,
        expected_cell.indicator_code,
        expected_cell.report_month,
        expected_cell.form_code,
    from core.expected_cell as expected_cell
    inner join core.indicator as indicator
        on
            expected_cell.indicator_code = indicator.indicator_code
            and expected_cell.form_code = indicator.source_form
),

known_month as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        count(*) as rows_count,
        -- a month that is covered has a running total, unless it was "not applicable"
        bool_and(kind != 'flow' or months_covered_count = 0 or is_not_applicable or ytd_value is not null) as has_total,
        max(months_covered_count - months_due_count) as months_over_count,
    from core.month_value
    -- what an ended unit had is asked of nobody
    where not coalesce(is_ended, false)
    group by org_unit_code, indicator_code, report_month
)

select
    concat_ws(':', org_unit_code, indicator_code, strftime(report_month, '%Y-%m')) as check_key,
    cast(null as varchar) as submission_id,
    org_unit_code,
    asked_month.form_code,
    indicator_code,
    report_month,
    cast(null as varchar) as sheet_name,
    cast(null as varchar) as cell,
    cast(coalesce(known_month.rows_count, 0) as varchar) as found,
    case when asked_month.form_code is null then '0' else '1' end as expected,
    false as is_explained,
    case when asked_month.form_code is null then null else coalesce(known_month.rows_count, 0) end as rows_count,
    asked_month.form_code is not null as is_asked,
    known_month.has_total,
    known_month.months_over_count,
from asked_month
full outer join known_month using (org_unit_code, indicator_code, report_month)
order by check_key
