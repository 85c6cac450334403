-- grain: one row per org unit, indicator, month and cell, or unit added up, that its figures rest on: the first steps
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
with unit_name as (
    select
        org_unit_code,
        coalesce(short_name, name) as name,
    from mart.org_unit
),

-- a figure as a person writes it: no zeros at the end; * is a figure that is withheld
cell as (
    select
        completion_cell.*,
        unit_name.name as unit_name,
        indicator.kind as indicator_kind,
        -- quotation marks within quotation marks
        translate(indicator.name_zh, '“”', '‘’') as name_zh,
        translate(completion_cell.cell_text, '“”', '‘’') as typed_text,
        coalesce(indicator.name_en, indicator.name_zh) as name_en,
        coalesce(
            cast(completion_cell.finished_on as varchar),
            regexp_replace(cast(completion_cell.value as varchar), '\.?0+$', ''),
            '*'
        ) as value_text,
    from mart.completion_cell as completion_cell
    inner join unit_name on completion_cell.source_unit_code = unit_name.org_unit_code
    inner join mart.indicator as indicator on completion_cell.source_indicator_code = indicator.indicator_code
    -- what has no value is told apart
    where completion_cell.value is not null or completion_cell.finished_on is not null or completion_cell.is_suppressed
),

-- 不适用 that was told has no value, and no figure rests on it: it says why a month is not there
told_cell as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        told.org_unit_code as source_unit_code,
        told.indicator_code as source_indicator_code,
        told.report_month as source_month,
        told.* exclude (org_unit_code, indicator_code, report_month),
        strftime(told.corrected_on, '%Y-%m-%d') as corrected_text,
        translate(told.cell_text, '“”', '‘’') as typed_text,
        unit_name.name as unit_name,
        translate(part.name_zh, '“”', '‘’') as name_zh,
        coalesce(part.name_en, part.name_zh) as name_en,
    from mart.reported_cell as told
    inner join unit_name on told.org_unit_code = unit_name.org_unit_code
    inner join mart.indicator as part on told.indicator_code = part.indicator_code
    inner join mart.indicator as indicator
        on told.indicator_code in (indicator.indicator_code, indicator.numerator_code, indicator.denominator_code)
    inner join mart.completion as completion
        on
            told.org_unit_code = completion.org_unit_code
            and indicator.indicator_code = completion.indicator_code
            and year(told.report_month) = year(completion.report_month)
            and told.report_month <= completion.report_month
    where told.is_corrected and told.value is null and told.finished_on is null and not told.is_suppressed
),

unit as (
    select
        contribution.*,
        unit_name.name as unit_name,
        indicator.kind as indicator_kind,
        contribution.denominator_text = '1' as is_amount,
        regexp_replace(cast(columns('^(.*)_value$') as varchar), '\.?0+$', '') as '\1_text',  -- noqa: RF05
    from mart.contribution as contribution
    inner join unit_name on contribution.source_unit_code = unit_name.org_unit_code
    inner join mart.indicator as indicator on contribution.indicator_code = indicator.indicator_code
)

select
    org_unit_code,
    indicator_code,
    report_month,
    10 as section,
    'cell' as kind,
    value,
    concat(
        unit_name, ' ', year(source_month), '年', month(source_month), '月“', name_zh, '”',
        case measure
            when 'month' then case indicator_kind when 'stock' then '月末数 ' when 'milestone' then '进度 ' else '本月数 ' end
            when 'ytd' then '本年累计 '
            when 'prior_ytd' then '上年同期累计 '
            else '完成日期 '
        end,
        value_text,
        case when is_suppressed then '（受限不公开）' end,
        case
            when is_corrected
                then concat(
                    '（电话更正，', strftime(corrected_on, '%Y-%m-%d'), ' 记入，决定 ', decision_id,
                    '；报表原写“' || typed_text || '”', '）'
                )
            when cell_text != value_text then '（原样“' || typed_text || '”）'
        end,
        case when is_held then '，待核实' end,
        case when is_late then '，逾期报送' end,
        case when is_sample then '（示例）' end
    ) as text_zh,
    concat(
        unit_name, ', ', strftime(source_month, '%b %Y'), ', ', name_en, ', ',
        case measure
            when 'month'
                then case indicator_kind when 'stock' then 'level ' when 'milestone' then 'progress ' else 'month ' end
            when 'ytd' then 'year to date '
            when 'prior_ytd' then 'last year to date '
            else 'finished on '
        end,
        value_text,
        case when is_suppressed then ' (withheld)' end,
        case
            when is_corrected
                then concat(
                    ' (telephoned in, recorded ', strftime(corrected_on, '%Y-%m-%d'), ', decision ', decision_id,
                    '; the form says "' || cell_text || '"', ')'
                )
            when cell_text != value_text then ' (typed "' || cell_text || '")'
        end,
        case when is_held then ', held' end,
        case when is_late then ', late' end,
        case when is_sample then ' (sample)' end
    ) as text_en,
    source_unit_code,
    source_indicator_code,
    source_month,
    measure,
    submission_id,
    file_name,
    sheet_name,
    cell,
from cell
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    10 as section,
    'cell' as kind,
    concat(
        unit_name, ' ', year(source_month), '年', month(source_month), '月“', name_zh, '”不适用（电话更正，', corrected_text,
        ' 记入，决定 ', decision_id, '；报表原写“' || typed_text || '”', '）'
    ) as text_zh,
    concat(
        unit_name, ', ', strftime(source_month, '%b %Y'), ', ', name_en, ', not applicable (telephoned in, recorded ',
        corrected_text, ', decision ', decision_id, '; the form says "' || cell_text || '"', ')'
    ) as text_en,
    source_unit_code,
    source_indicator_code,
    source_month,
    measure,
    submission_id,
    file_name,
    sheet_name,
    cell,
from told_cell
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    20 as section,
    'unit' as kind,
    case when is_amount then ytd_value end as value,
    concat(
        unit_name,
        case when is_ended then '（已撤并）' end,
        '：',
        case
            when is_suppressed then '受限不公开'
            when denominator_text is null then '没有数'
            when indicator_kind = 'milestone' then '进度 ' || ytd_text
            when is_amount and indicator_kind = 'stock' then '最近月末数 ' || ytd_text
            when is_amount then concat('累计 ' || ytd_text, '，本月 ' || month_text)
            else '分子 ' || numerator_text || '，分母 ' || denominator_text
        end,
        '，同口径应完成 ' || target_covered_text,
        case when not (is_reported or is_not_applicable or is_ended) then '（本月没有报送）' end
    ) as text_zh,
    concat(
        unit_name,
        case when is_ended then ' (ended)' end,
        ': ',
        case
            when is_suppressed then 'withheld'
            when denominator_text is null then 'nothing known'
            when indicator_kind = 'milestone' then 'progress ' || ytd_text
            when is_amount and indicator_kind = 'stock' then 'latest level ' || ytd_text
            when is_amount then concat('to date ' || ytd_text, ', month ' || month_text)
            else 'numerator ' || numerator_text || ', denominator ' || denominator_text
        end,
        ', due for the same months ' || target_covered_text,
        case when not (is_reported or is_not_applicable or is_ended) then ' (not reported this month)' end
    ) as text_en,
    source_unit_code,
from unit
