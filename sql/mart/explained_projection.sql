-- grain: one row per org unit, indicator, month and step of the projection: each series' rest and misses, sum, range
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
-- Estimates are rounded to six places where they are told (docs/projection.md has the formulas).
with part as (
    select
        part.*,
        -- noqa: disable=RF05
        regexp_replace(cast(columns('^(.*_(value|ratio)|months_left)$') as varchar), '\.?0+$', '') as '\1_text',
        -- noqa: enable=RF05
        indicator.kind,
        indicator.name_zh,
        coalesce(indicator.name_en, indicator.name_zh) as name_en,
        regexp_replace(cast(1 - part.shape_weight_ratio as varchar), '\.?0+$', '') as rate_weight_text,
    from mart.projection_part as part
    inner join mart.indicator as indicator on part.part_code = indicator.indicator_code
),

part_sum as (
    select
        *,
        case
            when months_left = 0 then null
            when kind = 'flow' and is_seasonal
                then concat(
                    shape_weight_ratio_text, ' × ', last_year_rest_value_text, ' × ', height_ratio_text, ' + ',
                    rate_weight_text, ' × ', monthly_rate_value_text, ' × ', months_left_text
                )
            when kind = 'flow' then concat(monthly_rate_value_text, ' × ', months_left_text)
            when is_seasonal
                then concat(
                    shape_weight_ratio_text, ' × ', regexp_replace(last_year_rest_value_text, '^(-.*)$', '(\1)')
                )
            else
                concat(
                    drift_weight_ratio_text, ' × ', regexp_replace(mean_change_value_text, '^(-.*)$', '(\1)'), ' × ',
                    months_left_text
                )
        end as rest_sum,
        recent_value_text || ' ÷ ' || recent_months_count as recent_mean,
        case
            when recent_months_count = 0 or months_left = 0 then null
            when is_seasonal then recent_mean
            else
                recent_mean || ' ÷ 2 + ' || regexp_replace(year_value_text, '^(-.*)$', '(\1)')
                || ' ÷ ' || year_months_count || ' ÷ 2'
        end as rate_sum,
    from part
),

-- what is known and what is left, of every series
part_total as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        part_code,
        sum(known_value) as known_value,
        sum(known_value + coalesce(rest_value, 0)) as total_value,
        sum(last_year_end_value) as last_year_end_value,
        string_agg(
            case
                when months_left = 0 then known_value_text
                else known_value_text || ' + ' || regexp_replace(rest_value_text, '^(-.*)$', '(\1)')
            end,
            ' + ' order by series_end_month
        ) as terms,
    from part_sum
    group by org_unit_code, indicator_code, report_month, part_code
),

-- an estimate has one decimal where its indicator has none, else two or its own; a ratio is told in percent
estimate as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        -- noqa: disable=RF05
        case
            when indicator.kind in ('ratio', 'growth', 'milestone')
                then cast(cast(100 * columns('^(projected.*)_value$') as decimal(24, 1)) as varchar) || '%'
            else
                regexp_replace(
                    case coalesce(indicator.decimals, 0)
                        when 0 then cast(cast(columns('^(projected.*)_value$') as decimal(24, 1)) as varchar)
                        when 1 then cast(cast(columns('^(projected.*)_value$') as decimal(24, 2)) as varchar)
                        when 2 then cast(cast(columns('^(projected.*)_value$') as decimal(24, 2)) as varchar)
                        else cast(columns('^(projected.*)_value$') as varchar)
                    end,
                    '\.?0+$',
                    ''
                )
        end as '\1_estimate',
        -- noqa: enable=RF05
        cast(cast(100 * completion.probability_ratio as decimal(9, 1)) as varchar) || '%' as probability_estimate,
    from mart.completion as completion
    inner join mart.indicator as indicator using (indicator_code)
),

-- why there is a figure so far and none for the end (docs/projection.md)
unprojected as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        case
            when indicator.kind = 'milestone' then '里程碑只看是否按期完成，不预计'
            when indicator.kind in ('ratio', 'growth') and indicator.numerator_code is null
                then '没有分别报送分子与分母，不预计'
            when 'restricted' in (indicator.publicity, numerator.publicity, denominator.publicity)
                then '它所依据的月份里有受限不公开的数'
            when org_unit.valid_to < completion.report_month then '单位已撤并，不再预计'
            when indicator.kind = 'growth' then '上年全年的数不齐，没有可比的基数'
            else '它所依据的数还不齐，不预计'
        end as reason_zh,
        case
            when indicator.kind = 'milestone' then 'a milestone is finished by its date or not'
            when indicator.kind in ('ratio', 'growth') and indicator.numerator_code is null
                then 'it is reported without its parts'
            when 'restricted' in (indicator.publicity, numerator.publicity, denominator.publicity)
                then 'a month that it would rest on is withheld'
            when org_unit.valid_to < completion.report_month then 'the unit has ended'
            when indicator.kind = 'growth' then 'last year is not whole'
            else 'not all that it would rest on is known'
        end as reason_en,
    from mart.completion as completion
    inner join mart.indicator as indicator using (indicator_code)
    left join mart.indicator as numerator on indicator.numerator_code = numerator.indicator_code
    left join mart.indicator as denominator on indicator.denominator_code = denominator.indicator_code
    left join mart.org_unit as org_unit on completion.org_unit_code = org_unit.org_unit_code
    where completion.projected_value is null and completion.ytd_value is not null
),

figure as (
    select
        *,
        -- noqa: disable=RF05
        regexp_replace(cast(columns('^(projected.*_value|annual_.*_value)$') as varchar), '\.?0+$', '') as '\1_text',
        -- noqa: enable=RF05
    from mart.completion
    where projected_value is not null
),

told as (
    select
        figure.*,
        indicator.kind,
        estimate.* exclude (org_unit_code, indicator_code, report_month),
        case indicator.kind
            when 'ratio' then '(' || numerator.terms || ') ÷ (' || denominator.terms || ')'
            when 'growth'
                then
                    '(' || numerator.terms || ') ÷ '
                    || regexp_replace(cast(numerator.last_year_end_value as varchar), '\.?0+$', '')
                    || ' − 1'
            else own.terms
        end as value_sum,
        case indicator.kind
            when 'ratio' then cast(numerator.total_value as double) / nullif(denominator.total_value, 0)
            when 'growth' then cast(numerator.total_value as double) / nullif(numerator.last_year_end_value, 0) - 1
            else own.total_value
        end as summed_value,
        -- a level or a ratio stays within what it can be
        abs(summed_value - figure.projected_value) > 0.0001 * greatest(1, abs(figure.projected_value)) as is_held,
        -- of whole numbers, the half below a target is still the target
        case
            when indicator.decimals = 0 and indicator.kind in ('flow', 'stock') then ' + 0.5'
            when numerator_indicator.decimals = 0 and indicator.kind = 'ratio'
                then ' + 0.5 ÷ (' || denominator.terms || ')'
        end as half_step,
        -- where the interval is cut: what is known is there already, and a level or a ratio has its bounds
        case
            when
                figure.projected_low_value - 0.00001
                > figure.projected_value - 1.281552 * figure.projected_deviation_value
                then figure.projected_low_value_text
        end as least_text,
        case
            when
                figure.projected_high_value + 0.00001
                < figure.projected_value + 1.281552 * figure.projected_deviation_value
                then figure.projected_high_value_text
        end as most_text,
        case
            when figure.target_form = 'at_least'
                then concat(projected_value_text, ' − ', annual_target_value_text, half_step)
            else concat(annual_target_value_text, ' − ', projected_value_text, half_step)
        end as chance_sum,
        case
            when indicator.kind != 'flow' then null
            when figure.target_form = 'at_least'
                then own.known_value >= figure.annual_target_value and figure.probability_ratio = 1
            else own.known_value > figure.annual_target_value and figure.probability_ratio = 0
        end as is_decided,
    from figure
    inner join estimate using (org_unit_code, indicator_code, report_month)
    inner join mart.indicator as indicator using (indicator_code)
    left join mart.indicator as numerator_indicator on indicator.numerator_code = numerator_indicator.indicator_code
    left join part_total as own
        on
            figure.org_unit_code = own.org_unit_code
            and figure.indicator_code = own.indicator_code
            and figure.report_month = own.report_month
            and figure.indicator_code = own.part_code
    left join part_total as numerator
        on
            figure.org_unit_code = numerator.org_unit_code
            and figure.indicator_code = numerator.indicator_code
            and figure.report_month = numerator.report_month
            and indicator.numerator_code = numerator.part_code
    left join part_total as denominator
        on
            figure.org_unit_code = denominator.org_unit_code
            and figure.indicator_code = denominator.indicator_code
            and figure.report_month = denominator.report_month
            and indicator.denominator_code = denominator.part_code
)

select
    org_unit_code,
    indicator_code,
    report_month,
    64 as section,
    'projected_rate' as kind,
    monthly_rate_value as value,
    part_code as source_indicator_code,
    series_end_month as source_month,
    concat(
        name_zh, '近期每月 ', monthly_rate_value_text, ' = ', rate_sum,
        '；近三月有数的 ', recent_months_count, ' 次共 ', recent_value_text,
        case
            when not is_seasonal
                then concat('，今年以来 ', year_months_count, ' 次共 ', year_value_text, '，两个平均各占一半')
        end,
        case
            when year_months_count < month(report_month) then '（一次补上几个月的累计，按月摊平后只算一次；缺报的不算）'
        end
    ) as text_zh,
    concat(
        name_en, ': lately a month ', monthly_rate_value_text, ' = ', rate_sum,
        '; ', recent_value_text, ' in ', recent_months_count, ' amounts of the last three months',
        case
            when not is_seasonal
                then concat(', ', year_value_text, ' in ', year_months_count, ' of this year, half of each mean')
        end,
        case
            when year_months_count < month(report_month)
                then ' (a cumulative of several months counts once, by its mean; what is missing does not count)'
        end
    ) as text_en,
from part_sum
where rate_sum is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    65 as section,
    'projected_rest' as kind,
    rest_value as value,
    part_code as source_indicator_code,
    series_end_month as source_month,
    concat(
        name_zh, case when kind = 'flow' then '余下 ' else '余下变动 ' end, rest_value_text, ' = ', rest_sum,
        '；已有 ', known_value_text, '，到 ', strftime(series_end_month, '%Y-%m'), ' 还有 ', months_left_text, ' 个月',
        case
            when kind = 'flow' and is_seasonal
                then concat(
                    '；按走势：上年同期余下 ', last_year_rest_value_text, '，今年的高度（近三月与上年同月相比，向 1 靠拢）',
                    height_ratio_text, '，占 ', shape_weight_ratio_text, '；按近期：占 ', rate_weight_text
                )
            when kind = 'flow' and rate_sum is null then '；近三月没有数，每月按最近一次的 ' || monthly_rate_value_text
            when kind = 'flow' then null
            when is_seasonal
                then concat('；上年同期变动 ', last_year_rest_value_text, '，占 ', shape_weight_ratio_text, '，其余按不变')
            else
                concat(
                    '；近一年 ', changes_count, ' 次变动平均每月 ', mean_change_value_text, '，按它们的一致程度取 ',
                    drift_weight_ratio_text
                )
        end
    ) as text_zh,
    concat(
        name_en, case when kind = 'flow' then ': still to come ' else ': change to come ' end,
        rest_value_text, ' = ', rest_sum,
        '; known ', known_value_text, ', ', months_left_text, ' months left to ', strftime(series_end_month, '%b %Y'),
        case
            when kind = 'flow' and is_seasonal
                then concat(
                    '; by its shape: last year had ', last_year_rest_value_text,
                    ' left, this year''s height (the last three months against last year''s, drawn towards 1) is ',
                    height_ratio_text, ', believed ', shape_weight_ratio_text,
                    '; by the rate: believed ', rate_weight_text
                )
            when kind = 'flow' and rate_sum is null
                then '; nothing in the last three months, so the last amount there was, ' || monthly_rate_value_text
            when kind = 'flow' then null
            when is_seasonal
                then concat(
                    '; last year changed by ', last_year_rest_value_text, ', believed ', shape_weight_ratio_text,
                    ', the rest no change'
                )
            else
                concat(
                    '; ', changes_count, ' changes of a year, ', mean_change_value_text,
                    ' a month on average, as far as they agree ', drift_weight_ratio_text
                )
        end
    ) as text_en,
from part_sum
where rest_sum is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    66 as section,
    'projected_misses' as kind,
    deviation_value as value,
    part_code as source_indicator_code,
    series_end_month as source_month,
    concat(
        name_zh, '的标准差 ', deviation_value_text, '：',
        case
            when kind = 'stock' and not is_seasonal then concat('按近一年 ', changes_count, ' 次变动的大小')
            when misses_count = 0 then '今年还没有可以回看的月份，按每月数的十分之一'
            when is_seasonal
                then concat(
                    '今年回看 ', misses_count, ' 次，事前一个月按上年走势预计平均差 ', shape_miss_value_text,
                    case when kind = 'flow' then '，按近三月平均差 ' else '，按不变差 ' end, rate_miss_value_text,
                    '（均方根），差得少的占得多；按这些差'
                )
            else concat('今年回看 ', misses_count, ' 次，事前按近三月平均预计平均差 ', rate_miss_value_text, '（均方根）；按这些差')
        end,
        '，放大到余下的 ', months_left_text, ' 个月'
    ) as text_zh,
    concat(
        name_en, ': standard deviation ', deviation_value_text, '; ',
        case
            when kind = 'stock' and not is_seasonal then concat('by the size of ', changes_count, ' changes of a year')
            when misses_count = 0 then 'no month of this year to look back on, so by a tenth of the rate'
            when is_seasonal
                then concat(
                    'looking back on ', misses_count,
                    ' months of this year, a month before, the shape of last year was off by ',
                    shape_miss_value_text, case when kind = 'flow' then ', the rate by ' else ', no change by ' end,
                    rate_miss_value_text, ' (root mean square); what is off less is believed more; by these misses'
                )
            else
                concat(
                    'looking back on ', misses_count, ' months of this year, a month before, the rate was off by ',
                    rate_miss_value_text, ' (root mean square); by these misses'
                )
        end,
        ', widened to the ', months_left_text, ' months left'
    ) as text_en,
from part_sum
where rest_sum is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    67 as section,
    'projected_sum' as kind,
    projected_value as value,
    concat(
        '预计 ', projected_value_text, case when is_held then '，不超出指标的上下限，算得 ' else ' = ' end, value_sum
    ) as text_zh,
    concat(
        'Projected ', projected_value_text,
        case when is_held then ', kept within the bounds of the indicator, from ' else ' = ' end, value_sum
    ) as text_en,
from told
where value_sum is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    68 as section,
    'projected_range' as kind,
    projected_deviation_value as value,
    concat(
        '八成区间 = ', projected_value_text, ' ± 1.281552 × 标准差 ', projected_deviation_value_text,
        '，不低于 ' || least_text,
        '，不高于 ' || most_text,
        case
            when annual_target_value is null or probability_ratio is null then null
            when is_decided and target_form = 'at_least' then '；已有的数已达到目标，可能性 100%'
            when projected_deviation_value = 0 then null
            when is_decided then '；已有的数已超过上限，可能性 0'
            else
                concat(
                    '；达到目标的可能性：正态分布在 (', chance_sum, ') ÷ ', projected_deviation_value_text, ' 处'
                )
        end
    ) as text_zh,
    concat(
        '80 % interval = ', projected_value_text, ' ± 1.281552 × standard deviation ', projected_deviation_value_text,
        ', not below ' || least_text,
        ', not above ' || most_text,
        case
            when annual_target_value is null or probability_ratio is null then null
            when is_decided and target_form = 'at_least' then '; the target is reached already, probability 100 %'
            when projected_deviation_value = 0 then null
            when is_decided
                then '; the ceiling is exceeded already, probability 0'
            else
                concat(
                    '; probability of meeting the target: the normal distribution at (', chance_sum, ') ÷ ',
                    projected_deviation_value_text
                )
        end
    ) as text_en,
from told
where projected_deviation_value is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    70 as section,
    'projection' as kind,
    projected_value as value,
    concat(
        '预计到期末 ', projected_estimate,
        case
            when projected_low_value < projected_high_value
                then '，八成把握在 ' || projected_low_estimate || ' 到 ' || projected_high_estimate || ' 之间'
        end,
        '，达到目标的可能性 ' || probability_estimate,
        case projection_basis
            when 'actual' then '；期末的数已经有了'
            when 'seasonal' then '；按上年走势与近期进度'
            else '；按近期进度'
        end
    ) as text_zh,
    concat(
        'Projected for the end ', projected_estimate,
        case
            when projected_low_value < projected_high_value
                then ', four times in five between ' || projected_low_estimate || ' and ' || projected_high_estimate
        end,
        ', probability of meeting the target ' || probability_estimate,
        case projection_basis
            when 'actual' then '; the end itself is known'
            when 'seasonal' then '; by the shape of last year and the recent rate'
            else '; by the recent rate'
        end
    ) as text_en,
from told
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    70 as section,
    'projection' as kind,
    '没有期末预计：' || reason_zh as text_zh,
    'Not projected: ' || reason_en as text_en,
from unprojected
