-- grain: one row per org unit, indicator, month and figure of what was done: month, year to date, last year, low, high
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
with own_cell as (
    select
        completion_cell.*,
        indicator.kind = 'flow' and completion_cell.measure = 'ytd' as is_cumulative,
        indicator.kind = 'flow' and completion_cell.measure = 'month' as is_one_month,
        month(completion_cell.source_month) || '月' as month_zh,
        strftime(completion_cell.source_month, '%b') as month_en,
        coalesce(regexp_replace(cast(completion_cell.value as varchar), '\.?0+$', ''), '*') as value_text,
        case when coalesce(completion_cell.is_corrected, false) then '电话更正的' else '报送的' end as said_zh,
        case when coalesce(completion_cell.is_corrected, false) then 'telephoned in' else 'as reported' end as said_en,
    from mart.completion_cell as completion_cell
    inner join mart.indicator as indicator using (indicator_code)
    where
        completion_cell.org_unit_code = completion_cell.source_unit_code
        and completion_cell.indicator_code = completion_cell.source_indicator_code
),

-- a sum in words: 1月 20 + 2月 30; the difference of two cumulatives: 2月报送的累计 50 − 1月报送的累计 20
cell_sum as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        string_agg(
            concat(
                month_zh,
                case when is_cumulative then said_zh || '累计' when not is_one_month then said_zh end,
                ' ',
                value_text
            ),
            ' + ' order by source_month
        ) filter (where is_ytd_term) as ytd_zh,
        string_agg(
            concat(
                month_en,
                case when is_cumulative then ' cumulative' end,
                case when is_cumulative or not is_one_month then ' ' || said_en end,
                ' ',
                value_text
            ),
            ' + ' order by source_month
        ) filter (where is_ytd_term) as ytd_en,
        string_agg(
            concat(month_zh, said_zh, case when is_cumulative then '累计' end, ' ', value_text),
            ' − ' order by source_month desc
        ) filter (where is_month_term) as month_zh,
        string_agg(
            concat(month_en, case when is_cumulative then ' cumulative' end, ' ', said_en, ' ', value_text),
            ' − ' order by source_month desc
        ) filter (where is_month_term) as month_en,
        any_value(value) filter (where measure = 'prior_ytd') as prior_value,
        any_value(concat(month_zh, said_zh, ' ', value_text)) filter (where measure = 'prior_ytd') as prior_zh,
        any_value(
            concat(case when is_corrected then 'telephoned in for ' else 'reported in ' end, month_en, ' ', value_text)
        ) filter (where measure = 'prior_ytd') as prior_en,
        max(source_month) filter (where is_ytd_term) as covered_month,
    from own_cell
    group by org_unit_code, indicator_code, report_month
),

unit as (
    select
        contribution.* replace (
            case when is_suppressed then '*' else low_text end as low_text,
            case when is_suppressed then '*' else high_text end as high_text,
            case when is_suppressed then '*' else denominator_text end as denominator_text,
            case
                when is_suppressed then '*'
                when denominator_text is not null then numerator_text
            end as numerator_text
        ),
        coalesce(org_unit.short_name, org_unit.name) as name,
        case
            when contribution.is_suppressed then '*'
            else regexp_replace(cast(columns('^(.*)_value$') as varchar), '\.?0+$', '')
        end as '\1_text',  -- noqa: RF05
    from mart.contribution as contribution
    inner join mart.org_unit as org_unit on contribution.source_unit_code = org_unit.org_unit_code
),

added_up as (
    select distinct
        org_unit_code,
        indicator_code,
        report_month,
    from mart.contribution
),

unit_sum as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        string_agg(
            name || ' ' || month_text, ' + ' order by source_unit_code
        ) filter (where is_reported) as month_terms,
        string_agg(name || ' ' || ytd_text, ' + ' order by source_unit_code) as ytd_terms,
        string_agg(name || ' ' || prior_ytd_text, ' + ' order by source_unit_code) as prior_terms,
        string_agg(name || ' ' || numerator_text, ' + ' order by source_unit_code) as numerator_terms,
        string_agg(name || ' ' || denominator_text, ' + ' order by source_unit_code) as denominator_terms,
        string_agg(name || ' ' || low_text, ' + ' order by source_unit_code) as low_terms,
        string_agg(name || ' ' || high_text, ' + ' order by source_unit_code) as high_terms,
    from unit
    group by org_unit_code, indicator_code, report_month
    having not bool_and(is_suppressed)  -- a sum of stars says nothing
),

month_sum as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        date_diff('month', earlier.report_month, completion.report_month) < 3 as is_of_quarter,
        month(earlier.report_month) || '月 ' as month_zh,
        strftime(earlier.report_month, '%b ') as month_en,
        regexp_replace(cast(earlier.month_value as varchar), '\.?0+$', '') as value_text,
        earlier.report_month as earlier_month,
        earlier.month_value,
        completion.rolling_3_value,
        completion.rolling_12_value,
    from mart.completion as completion
    inner join mart.completion as earlier
        on
            completion.org_unit_code = earlier.org_unit_code
            and completion.indicator_code = earlier.indicator_code
            and date_diff('month', earlier.report_month, completion.report_month) between 0 and 11
    where earlier.month_value is not null
),

rolling_sum as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        string_agg(month_zh || value_text, ' + ' order by earlier_month) as twelve_zh,
        string_agg(month_en || value_text, ' + ' order by earlier_month) as twelve_en,
        string_agg(month_zh || value_text, ' + ' order by earlier_month) filter (where is_of_quarter) as three_zh,
        string_agg(month_en || value_text, ' + ' order by earlier_month) filter (where is_of_quarter) as three_en,
        -- of a month that contradicts its cumulative a sum counts what the cumulative leaves for it
        case
            when count(*) filter (where is_of_quarter) = 3
                then any_value(rolling_3_value) - sum(month_value) filter (where is_of_quarter)
        end as three_rest,
        case when count(*) = 12 then any_value(rolling_12_value) - sum(month_value) end as twelve_rest,
    from month_sum
    group by org_unit_code, indicator_code, report_month
),

rolling_rest as (
    select
        *,
        case when sign(columns('_rest$')) = -1 then ' − ' when sign(columns('_rest$')) = 1 then ' + ' end
            as '\0_sign',  -- noqa: RF05
        regexp_replace(cast(abs(columns('_rest$')) as varchar), '\.?0+$', '') as '\0_text',  -- noqa: RF05
    from rolling_sum
),

figure as (
    select
        completion.*,
        regexp_replace(cast(columns('^(.*_(value|ratio))$') as varchar), '\.?0+$', '') as '\1_text',  -- noqa: RF05
        case when cast(columns('^(.*_(value|ratio))$') as varchar) like '%00' then '' else '，四舍五入到 6 位' end
            as '\1_rounded_zh',  -- noqa: RF05
        case when cast(columns('^(.*_(value|ratio))$') as varchar) like '%00' then '' else ', rounded to 6 places' end
            as '\1_rounded_en',  -- noqa: RF05
    from mart.completion as completion
),

fact as (
    select
        figure.*,
        indicator.kind,
        regexp_replace(
            cast(cast(100 * figure.ytd_value as decimal(24, 2)) as varchar), '\.?0+$', ''
        ) as ytd_percent_text,
        regexp_replace(
            cast(cast(100 * figure.growth_ratio as decimal(24, 2)) as varchar), '\.?0+$', ''
        ) as growth_percent_text,
        indicator.numerator_code is not null as has_parts,
        added_up.org_unit_code is not null as is_sum,
        -- a quotient is told by its parts: those of a ratio or a growth, and the units of a milestone that are done
        has_parts or (indicator.kind = 'milestone' and is_sum) as is_quotient,
        coalesce(numerator.name_zh, '分子') as numerator_zh,
        coalesce(numerator.name_en, numerator.name_zh, 'numerator') as numerator_en,
        coalesce(denominator.name_zh, '分母') as denominator_zh,
        coalesce(denominator.name_en, denominator.name_zh, 'denominator') as denominator_en,
        case when is_sum then unit_sum.month_terms else cell_sum.month_zh end as month_zh,
        case when is_sum then unit_sum.month_terms else cell_sum.month_en end as month_en,
        case when is_sum then unit_sum.ytd_terms else cell_sum.ytd_zh end as ytd_zh,
        case when is_sum then unit_sum.ytd_terms else cell_sum.ytd_en end as ytd_en,
        case
            when is_sum then unit_sum.prior_terms
            when cell_sum.prior_value = figure.prior_ytd_value then cell_sum.prior_zh
            when last_year.ytd_value = figure.prior_ytd_value
                then '上年' || month(last_year.report_month) || '月本年累计 ' || figure.prior_ytd_value_text
        end as prior_zh,
        case
            when is_sum then unit_sum.prior_terms
            when cell_sum.prior_value = figure.prior_ytd_value then cell_sum.prior_en
            when last_year.ytd_value = figure.prior_ytd_value
                then 'last year by ' || strftime(last_year.report_month, '%b ') || figure.prior_ytd_value_text
        end as prior_en,
        concat(
            rolling_rest.three_zh,
            rolling_rest.three_rest_sign || '各月与累计数之差 ' || rolling_rest.three_rest_text
        ) as three_zh,
        concat(
            rolling_rest.three_en,
            rolling_rest.three_rest_sign || 'difference from the cumulatives ' || rolling_rest.three_rest_text
        ) as three_en,
        concat(
            rolling_rest.twelve_zh,
            rolling_rest.twelve_rest_sign || '各月与累计数之差 ' || rolling_rest.twelve_rest_text
        ) as twelve_zh,
        concat(
            rolling_rest.twelve_en,
            rolling_rest.twelve_rest_sign || 'difference from the cumulatives ' || rolling_rest.twelve_rest_text
        ) as twelve_en,
        case when indicator.kind != 'milestone' then unit_sum.numerator_terms end as numerator_terms,
        case when indicator.kind != 'milestone' then unit_sum.denominator_terms end as denominator_terms,
        operand.numerator_text,
        operand.denominator_text,
        operand.numerator_text || ' ÷ ' || operand.denominator_text as quotient,
        operand.growth_current_text as this_year_text,
        regexp_replace(operand.growth_prior_text, '^(-.*)$', '(\1)') as last_year_text,
        case
            when is_quotient
                then
                    regexp_replace(operand.low_numerator_text, '^(.*/.*)$', '(\1)')
                    || ' ÷ '
                    || regexp_replace(operand.low_denominator_text, '^(.*/.*)$', '(\1)')
            when is_sum then unit_sum.low_terms
        end as low_sum,
        case
            when is_quotient
                then
                    regexp_replace(operand.high_numerator_text, '^(.*/.*)$', '(\1)')
                    || ' ÷ '
                    || regexp_replace(operand.high_denominator_text, '^(.*/.*)$', '(\1)')
            when is_sum then unit_sum.high_terms
            when indicator.kind = 'flow' then coalesce(figure.ytd_value_text, '0') || ' + ' || operand.missing_text
        end as high_sum,
        case when is_sum and unit_sum.org_unit_code is null then '（各单位的数受限不公开）' end as withheld_zh,
        case when is_sum and unit_sum.org_unit_code is null then ' (of units that are withheld)' end as withheld_en,
        case indicator.kind
            when 'ratio' then '比率 '
            when 'growth' then '增幅 '
            when 'stock' then '最近月末数 '
            when 'milestone' then '进度 '
            else '本年累计 '
        end as ytd_label_zh,
        case indicator.kind
            when 'ratio' then 'Ratio '
            when 'growth' then 'Growth '
            when 'stock' then 'Latest level '
            when 'milestone' then 'Progress '
            else 'Year to date '
        end as ytd_label_en,
        case figure.null_reason
            when 'not_reported' then '没有报送'
            when 'no_numerator' then '没有分子'
            when 'no_denominator' then '没有分母'
            when 'no_base' then '没有可比的基数'
            when 'period_mismatch' then '缺完全相同期间的数'
            else coalesce(figure.null_reason, '没有数')
        end as null_reason_zh,
        coalesce(replace(figure.null_reason, '_', ' '), 'nothing known') as null_reason_en,
    from figure
    inner join mart.indicator as indicator using (indicator_code)
    left join mart.indicator as numerator on indicator.numerator_code = numerator.indicator_code
    left join mart.indicator as denominator on indicator.denominator_code = denominator.indicator_code
    left join mart.completion_operand as operand using (org_unit_code, indicator_code, report_month)
    left join cell_sum using (org_unit_code, indicator_code, report_month)
    left join added_up using (org_unit_code, indicator_code, report_month)
    left join unit_sum using (org_unit_code, indicator_code, report_month)
    left join rolling_rest using (org_unit_code, indicator_code, report_month)
    left join mart.completion as last_year
        on
            figure.org_unit_code = last_year.org_unit_code
            and figure.indicator_code = last_year.indicator_code
            and cell_sum.covered_month - interval 1 year = last_year.report_month
)

select
    org_unit_code,
    indicator_code,
    report_month,
    30 as section,
    'month' as kind,
    month_value as value,
    case kind when 'stock' then '月末数 ' when 'milestone' then '本月进度 ' else '本月数 ' end
    || month_value_text || coalesce(' = ' || month_zh, withheld_zh, '') as text_zh,
    case kind when 'stock' then 'Month-end level ' when 'milestone' then 'Progress this month ' else 'Month ' end
    || month_value_text || coalesce(' = ' || month_en, withheld_en, '') as text_en,
from fact
where month_value is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    31 as section,
    'numerator' as kind,
    cast(numerator_text as decimal(24, 6)) as value,
    concat(
        case kind when 'growth' then '与上年同期之差' when 'ratio' then numerator_zh else '已完成的单位数' end,
        ' ',
        numerator_text,
        ' = ' || coalesce(numerator_terms, case when kind = 'growth' then this_year_text || ' − ' || last_year_text end)
    ) as text_zh,
    concat(
        case kind when 'growth' then 'Difference from last year' when 'ratio' then numerator_en else 'Units done' end,
        ' ',
        numerator_text,
        ' = ' || coalesce(numerator_terms, case when kind = 'growth' then this_year_text || ' − ' || last_year_text end)
    ) as text_en,
from fact
where is_quotient and numerator_text is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    32 as section,
    'denominator' as kind,
    cast(denominator_text as decimal(24, 6)) as value,
    concat(
        case kind when 'growth' then '上年同期' when 'ratio' then denominator_zh else '单位数' end,
        ' ',
        denominator_text,
        ' = ' || denominator_terms
    ) as text_zh,
    concat(
        case kind when 'growth' then 'Last year' when 'ratio' then denominator_en else 'Units' end,
        ' ',
        denominator_text,
        ' = ' || denominator_terms
    ) as text_en,
from fact
where is_quotient and denominator_text is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    33 as section,
    'ytd' as kind,
    ytd_value as value,
    case
        when is_suppressed then trim(ytd_label_zh) || '受限不公开（数小，或者由它能推算出小数）'
        when ytd_value is null then trim(ytd_label_zh) || '没有：' || null_reason_zh
        when is_quotient
            then concat(
                ytd_label_zh, ytd_value_text, ' = ', quotient, ytd_value_rounded_zh, '；即 ', ytd_percent_text, '%'
            )
        when kind = 'milestone' and finished_on <= last_day(report_month)
            then '进度 ' || ytd_value_text || '：' || finished_on || ' 完成'
        else ytd_label_zh || ytd_value_text || coalesce(' = ' || ytd_zh, withheld_zh, '')
    end as text_zh,
    case
        when is_suppressed then trim(ytd_label_en) || ': withheld (small, or a small one could be worked out from it)'
        when ytd_value is null then trim(ytd_label_en) || ': none, ' || null_reason_en
        when is_quotient
            then concat(
                ytd_label_en, ytd_value_text, ' = ', quotient, ytd_value_rounded_en, '; i.e. ', ytd_percent_text, '%'
            )
        when kind = 'milestone' and finished_on <= last_day(report_month)
            then 'Progress ' || ytd_value_text || ': finished on ' || finished_on
        else ytd_label_en || ytd_value_text || coalesce(' = ' || ytd_en, withheld_en, '')
    end as text_en,
from fact
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    34 as section,
    'prior' as kind,
    prior_ytd_value as value,
    '上年同期累计 ' || prior_ytd_value_text || coalesce(' = ' || prior_zh, withheld_zh, '') as text_zh,
    'Last year to date ' || prior_ytd_value_text || coalesce(' = ' || prior_en, withheld_en, '') as text_en,
from fact
where prior_ytd_value is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    35 as section,
    'growth' as kind,
    growth_ratio as value,
    concat(
        '同比增幅 ', growth_ratio_text,
        ' = (' || this_year_text || ' − ' || last_year_text || ') ÷ ' || last_year_text, growth_ratio_rounded_zh,
        '；即 ', growth_percent_text, '%',
        case when prior_ytd_value is null then '；只比两年都有数的单位' end
    ) as text_zh,
    concat(
        'Growth ', growth_ratio_text,
        ' = (' || this_year_text || ' − ' || last_year_text || ') ÷ ' || last_year_text, growth_ratio_rounded_en,
        '; i.e. ', growth_percent_text, '%',
        case when prior_ytd_value is null then '; over the units that have both years' end
    ) as text_en,
from fact
where growth_ratio is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    36 as section,
    'rolling_3' as kind,
    rolling_3_value as value,
    '近三月 ' || rolling_3_value_text || ' = ' || three_zh as text_zh,
    'Last 3 months ' || rolling_3_value_text || ' = ' || three_en as text_en,
from fact
where rolling_3_value is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    37 as section,
    'rolling_12' as kind,
    rolling_12_value as value,
    '近十二月 ' || rolling_12_value_text || ' = ' || twelve_zh as text_zh,
    'Last 12 months ' || rolling_12_value_text || ' = ' || twelve_en as text_en,
from fact
where rolling_12_value is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    40 as section,
    'low' as kind,
    ytd_low_value as value,
    concat(
        '低值 ', ytd_low_value_text, ' = ' || low_sum, ytd_low_value_rounded_zh,
        case kind when 'stock' then '；缺报的沿用最近一次的数' else '；缺报的月份按 0 计' end
    ) as text_zh,
    concat(
        'Low ', ytd_low_value_text, ' = ' || low_sum, ytd_low_value_rounded_en,
        case kind when 'stock' then '; what is missing keeps its last level' else '; missing months count as 0' end
    ) as text_en,
from fact
where ytd_low_value != ytd_high_value or (ytd_value is null and ytd_low_value is not null)
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    41 as section,
    'high' as kind,
    ytd_high_value as value,
    concat(
        '高值 ', ytd_high_value_text, ' = ' || high_sum, ytd_high_value_rounded_zh,
        case kind
            when 'stock' then '；缺报的沿用最近一次的数'
            else '；缺报的月份取应完成数与月均数中较大的'
        end
    ) as text_zh,
    concat(
        'High ', ytd_high_value_text, ' = ' || high_sum, ytd_high_value_rounded_en,
        case kind
            when 'stock' then '; what is missing keeps its last level'
            else '; a missing month counts as the larger of what is due and the own mean'
        end
    ) as text_en,
from fact
where ytd_low_value != ytd_high_value or (ytd_value is null and ytd_low_value is not null)
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    42 as section,
    'low' as kind,
    null as value,
    '低值、高值受限不公开：两者之差就是缺报单位的数' as text_zh,
    'Low and high: withheld, their difference would tell what the missing units have' as text_en,
from fact
where is_sum and is_provisional and ytd_value is not null and ytd_low_value is null
