-- grain: one row per submission in an older version of its form's workbook than the one current for its month
-- The rows that the older workbook could not have are told here, once.
with lacking as (
    select
        submission_id,
        count(*) as rows_count,
        string_agg(distinct indicator_shown, '、' order by indicator_shown) as indicators_shown,
    from "check".expected_row
    where is_lacking
    group by submission_id
)

select
    version.check_key,
    version.submission_id,
    version.org_unit_code,
    version.form_code,
    version.indicator_code,
    version.report_month,
    version.sheet_name,
    version.cell,
    version.found,
    version.current_version as expected,
    version.is_explained,
    version.is_accepted,
    case when version.is_accepted then false end as is_current,
    version.last_month_shown,
    coalesce(lacking.rows_count, 0) as lacking_rows_count,
    coalesce('它缺少 ' || lacking.rows_count || ' 行：' || lacking.indicators_shown || '。', '') as lacking_zh,
    coalesce(' It lacks ' || lacking.rows_count || ' rows: ' || lacking.indicators_shown || '.', '') as lacking_en,
from "check".template_version as version
left join lacking using (submission_id)
where version.is_older
order by version.check_key
