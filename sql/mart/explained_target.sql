-- grain: one row per org unit, indicator, month and figure of its target: what is due, the ratios, the gap
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
-- A ratio is told as it is divided: exact numbers, fractions as they are (550/3), rounded once at the end.
with unit_name as (
    select
        org_unit_code,
        coalesce(short_name, name) as name,
    from mart.org_unit
),

-- what falls to the months that were reported: to the newest cumulative, and to each month after it
own_due as (
    select
        cell.org_unit_code,
        cell.indicator_code,
        cell.report_month,
        cell.source_month,
        indicator.kind = 'flow' and cell.measure = 'month' as is_one_month,
        case when is_one_month then due.amount_text else due.target_to_date_text end as due_text,
    from mart.completion_cell as cell
    inner join mart.indicator as indicator using (indicator_code)
    inner join mart.target_month as due
        on
            cell.org_unit_code = due.org_unit_code
            and cell.indicator_code = due.indicator_code
            and cell.source_month = due.report_month
            and year(cell.source_month) = due.plan_year
    where
        cell.org_unit_code = cell.source_unit_code
        and cell.indicator_code = cell.source_indicator_code
        and cell.is_ytd_term
),

own_due_sum as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        bool_and(is_one_month) as is_by_month,
        string_agg(
            concat(case when not is_one_month then '截至' end, month(source_month), '月 ', due_text),
            ' + ' order by source_month
        ) as terms_zh,
        string_agg(
            concat(case when not is_one_month then 'to ' end, strftime(source_month, '%b '), due_text),
            ' + ' order by source_month
        ) as terms_en,
    from own_due
    group by org_unit_code, indicator_code, report_month
),

unit_due_sum as (
    select
        contribution.org_unit_code,
        contribution.indicator_code,
        contribution.report_month,
        string_agg(
            unit_name.name || ' ' || case
                when contribution.is_suppressed then '*' else contribution.target_covered_text
            end,
            ' + ' order by contribution.source_unit_code
        ) filter (where contribution.is_suppressed or contribution.target_covered_text is not null) as sum_of_units,
        case when not bool_and(contribution.is_suppressed) then sum_of_units end as terms,  -- no sum of stars
    from mart.contribution as contribution
    inner join unit_name on contribution.source_unit_code = unit_name.org_unit_code
    group by contribution.org_unit_code, contribution.indicator_code, contribution.report_month
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

-- an operand that is negative, a fraction or a quotient stands in brackets
operand as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        target_covered_text,
        starts_with(numerator_text, '-') or numerator_text = '0' as is_nothing,
        case
            when denominator_text = '1' then regexp_replace(numerator_text, '^(-.*|.*/.*)$', '(\1)')
            else '(' || numerator_text || ' ÷ ' || regexp_replace(denominator_text, '^(-.*)$', '(\1)') || ')'
        end as actual,
        regexp_replace(target_covered_text, '^(-.*|.*/.*)$', '(\1)') as covered,
        regexp_replace(baseline_covered_text, '^(-.*|.*/.*)$', '(\1)') as start,
    from mart.completion_operand
),

due as (
    select
        plan_year,
        org_unit_code,
        indicator_code,
        report_month,
        is_inherited,
        target_to_date_text,
        share_text,
        nullif(regexp_replace(kept_text, '^(-.*|.*/.*)$', '(\1)'), '0') as kept,
        nullif(
            regexp_replace(regexp_replace(cast(baseline_value as varchar), '\.?0+$', ''), '^(-.*)$', '(\1)'), '0'
        ) as baseline,
    from mart.target_month
),

-- a guided target's months, one by one
guided_sum as (
    select
        due.plan_year,
        due.org_unit_code,
        due.indicator_code,
        due.report_month,
        string_agg(
            month(guided.report_month) || '月 ' || guided.amount_text, ' + ' order by guided.report_month
        ) as guided_zh,
        string_agg(
            strftime(guided.report_month, '%b ') || guided.amount_text, ' + ' order by guided.report_month
        ) as guided_en,
    from mart.target_month as due
    inner join mart.target_month as guided
        on
            due.org_unit_code = guided.org_unit_code
            and due.indicator_code = guided.indicator_code
            and due.plan_year = guided.plan_year
            and due.report_month >= guided.report_month
            and guided.amount_text != '0'
    where not coalesce(due.is_inherited, false)
    group by due.plan_year, due.org_unit_code, due.indicator_code, due.report_month
),

fact as (
    select
        figure.*,
        indicator.kind,
        case
            when indicator.kind in ('ratio', 'growth')
                then regexp_replace(cast(100 * figure.annual_target_value as varchar), '\.?0+$', '')
        end as target_percent_text,
        operand.* exclude (org_unit_code, indicator_code, report_month),
        regexp_replace(figure.annual_target_value_text, '^(-.*)$', '(\1)') as target,
        plan.split_key,
        splitter.name as splitter_name,
        plan.effective_month,
        plan.reason,
        coalesce(due.is_inherited, false) as is_inherited,
        due.target_to_date_text as due_text,
        due.share_text,
        due.kept,
        due.baseline,
        case when figure.target_phasing = 'guidance' then concat_ws(' + ', due.baseline, guided_zh) end as guided_zh,
        case when figure.target_phasing = 'guidance' then concat_ws(' + ', due.baseline, guided_en) end as guided_en,
        unit_due_sum.org_unit_code is not null as is_sum,
        case
            when is_sum then unit_due_sum.terms
            when operand.target_covered_text = '0' then null
            when operand.target_covered_text = due_text or figure.target_phasing = 'none'
                then operand.target_covered_text
            when own_due_sum.is_by_month then concat_ws(' + ', due.baseline, own_due_sum.terms_zh)
            else own_due_sum.terms_zh
        end as covered_sum_zh,
        case
            when own_due_sum.terms_zh != covered_sum_zh or own_due_sum.terms_zh is null then covered_sum_zh
            else own_due_sum.terms_en
        end as covered_sum_en,
        figure.target_form = 'at_most' and indicator.kind = 'flow' as is_ceiling,
    from figure
    inner join mart.indicator as indicator using (indicator_code)
    left join operand using (org_unit_code, indicator_code, report_month)
    left join own_due_sum using (org_unit_code, indicator_code, report_month)
    left join unit_due_sum using (org_unit_code, indicator_code, report_month)
    left join due
        on
            figure.org_unit_code = due.org_unit_code
            and figure.indicator_code = due.indicator_code
            and figure.report_month = due.report_month
            and year(figure.report_month) = due.plan_year
    left join guided_sum
        on
            figure.org_unit_code = guided_sum.org_unit_code
            and figure.indicator_code = guided_sum.indicator_code
            and figure.report_month = guided_sum.report_month
            and year(figure.report_month) = guided_sum.plan_year
    left join mart.target as plan
        on
            figure.org_unit_code = plan.org_unit_code
            and figure.indicator_code = plan.indicator_code
            and year(figure.report_month) = plan.plan_year
            and figure.target_version = plan.target_version
    left join unit_name as splitter on plan.split_from_code = splitter.org_unit_code
),

-- the divisions as they are done, by form and kind (domain.md, Completion)
division as (
    select
        *,
        case
            when target_phasing = 'none' or share_text is null then due_text
            when coalesce(baseline, kept) is null then target || ' × ' || share_text
            else
                concat_ws(
                    ' + ', baseline, kept, '(' || concat_ws(' − ', target, baseline, kept) || ') × ' || share_text
                )
        end as due_sum,
        case
            when target_form = 'at_most' and is_nothing then 'cap'
            when target_form = 'at_most' then target || ' ÷ ' || actual
            when target_form = 'reduce_from_baseline' and coalesce(baseline, '0') = target then 'hold'
            when target_form = 'reduce_from_baseline'
                then concat('(', start, ' − ', actual, ') ÷ (', coalesce(baseline, '0'), ' − ', target, ')')
            when baseline is not null then concat('(', actual, ' − ', start, ') ÷ (', target, ' − ', baseline, ')')
            else actual || ' ÷ ' || target
        end as completion_division,
        case
            when completion_division in ('cap', 'hold') then completion_division
            when target_form = 'at_most' then covered || ' ÷ ' || actual
            when kind = 'growth' then '(1 + ' || actual || ') ÷ (1 + ' || target || ')'
            when target_form = 'reduce_from_baseline'
                then concat('(', start, ' − ', actual, ') ÷ (', start, ' − ', covered, ')')
            when baseline is not null then concat('(', actual, ' − ', start, ') ÷ (', covered, ' − ', start, ')')
            else actual || ' ÷ ' || covered
        end as pace_division,
        case null_reason
            when 'not_reported' then '没有报送'
            when 'no_numerator' then '没有分子'
            when 'no_denominator' then '没有可以除的数'
            when 'no_base' then '没有可比的基数'
            when 'period_mismatch' then '缺完全相同期间的数'
            when 'suppressed' then '受限不公开'
            else coalesce(null_reason, '没有可以除的数')
        end as null_reason_zh,
        coalesce(replace(null_reason, '_', ' '), 'nothing to divide by') as null_reason_en,
    from fact
)

select
    org_unit_code,
    indicator_code,
    report_month,
    50 as section,
    'target' as kind,
    annual_target_value as value,
    concat(
        '年度目标',
        case target_form
            when 'at_least' then '不低于 '
            when 'at_most' then '不高于 '
            when 'reduce_from_baseline' then '由 ' || coalesce(baseline, '*') || ' 压降到 '
            else '限期完成'
        end,
        case when target_form != 'by_date' then annual_target_value_text end,
        '（' || target_percent_text || '%）',
        '：第 ', target_version, ' 版，',
        case target_basis
            when 'plan' then '计划文件'
            when 'assigned' then '区级下达'
            when 'carried' then '沿用上年'
            else '本办制定'
        end,
        '，', year(target_due_month), '年', month(target_due_month), '月到期',
        '，' || year(effective_month) || '年' || month(effective_month) || '月起执行',
        case
            when kind in ('ratio', 'growth', 'milestone') then '，与' || splitter_name || '的目标相同'
            else
                '，由' || splitter_name || case split_key
                    when 'equal' then '均等' when 'households' then '按户数' when 'population' then '按人口' else '按指定数'
                end || '分解'
        end,
        case when is_inherited then '，含承接撤并单位的目标' end,
        '，理由：' || reason,
        case when is_sample then '（示例）' end
    ) as text_zh,
    concat(
        'Annual target ',
        case target_form
            when 'at_least' then 'at least '
            when 'at_most' then 'at most '
            when 'reduce_from_baseline' then 'down from ' || coalesce(baseline, '*') || ' to '
            else 'finished by its date'
        end,
        case when target_form != 'by_date' then annual_target_value_text end,
        ' (' || target_percent_text || '%)',
        ': version ', target_version, ', ', target_basis,
        ', due ', strftime(target_due_month, '%b %Y'),
        ', in force from ' || strftime(effective_month, '%b %Y'),
        case
            when kind in ('ratio', 'growth', 'milestone') then ', the same as that of ' || splitter_name
            else ', part of ' || splitter_name || ' by ' || split_key
        end,
        case when is_inherited then ', with that of a unit that it took over' end,
        ', reason: "' || reason || '"',
        case when is_sample then ' (sample)' end
    ) as text_en,
from division
where target_form is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    52 as section,
    'target_to_date' as kind,
    target_to_date_value as value,
    coalesce(
        '序时应完成 ' || target_to_date_value_text || concat(
            ' = ' || coalesce(guided_zh, due_sum), target_to_date_value_rounded_zh,
            case target_phasing
                when 'linear' then '；按月均匀'
                when 'guidance' then '；按区级指导数'
                when 'seasonal' then '；按上年各月走势'
                else '；整体比较，不分月'
            end,
            '，修订以前的 ' || kept || ' 不变',
            case when is_inherited then '，含承接撤并单位的部分' end
        ),
        '序时应完成受限不公开'
    ) as text_zh,
    coalesce(
        'Due to date ' || target_to_date_value_text || concat(
            ' = ' || coalesce(guided_en, due_sum), target_to_date_value_rounded_en,
            case target_phasing
                when 'linear' then '; evenly by month'
                when 'guidance' then '; by the guided amounts'
                when 'seasonal' then '; by the shape of last year'
                else '; compared whole'
            end,
            ', what was due before the revision, ' || kept || ', stays',
            case when is_inherited then ', with the part of a unit that it took over' end
        ),
        'Due to date: withheld'
    ) as text_en,
from division
where target_form is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    53 as section,
    'target_covered' as kind,
    target_covered_value as value,
    coalesce(
        '同口径应完成 ' || target_covered_value_text || concat(
            ' = ' || covered_sum_zh, target_covered_value_rounded_zh,
            case
                when is_sum then '；只比有数的单位和月份'
                when months_covered_count = months_due_count then '；各月齐全'
                else '；应有 ' || months_due_count || ' 个月，有数 ' || months_covered_count || ' 个月'
            end
        ),
        '同口径应完成受限不公开'
    ) as text_zh,
    coalesce(
        'Due for the same months ' || target_covered_value_text || concat(
            ' = ' || covered_sum_en, target_covered_value_rounded_en,
            case
                when is_sum then '; over the units and months that are known'
                when months_covered_count = months_due_count then '; every month is known'
                else '; of ' || months_due_count || ' months due ' || months_covered_count || ' known'
            end
        ),
        'Due for the same months: withheld'
    ) as text_en,
from division
where target_form is not null and kind in ('flow', 'stock') and (target_covered_value is not null or is_suppressed)
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    60 as section,
    'completion' as kind,
    completion_ratio as value,
    case
        when is_suppressed then '完成率受限不公开'
        when completion_ratio is null and is_ceiling and report_month < target_due_month
            then '完成率没有：上限类目标到期以前不计'
        when completion_ratio is null and kind = 'growth' and null_reason is null
            then '完成率没有：增幅或目标不大于 0，只看差额'
        when completion_ratio is null then '完成率没有：' || null_reason_zh
        when completion_division = 'cap' then '完成率 ' || completion_ratio_text || '：实际不大于 0，按上限计'
        when completion_division = 'hold' then '完成率 ' || completion_ratio_text || '：目标就是基数，守住即为 1'
        else '完成率 ' || completion_ratio_text || ' = ' || completion_division || completion_ratio_rounded_zh
    end as text_zh,
    case
        when is_suppressed then 'Completion: withheld'
        when completion_ratio is null and is_ceiling and report_month < target_due_month
            then 'Completion: none for a ceiling before its due month'
        when completion_ratio is null and kind = 'growth' and null_reason is null
            then 'Completion: none, for growth or target is not above 0; the gap tells'
        when completion_ratio is null then 'Completion: none, ' || null_reason_en
        when completion_division = 'cap'
            then 'Completion ' || completion_ratio_text || ': the actual is not above 0, the cap counts'
        when completion_division = 'hold'
            then 'Completion ' || completion_ratio_text || ': the target is the baseline, holding it is 1'
        else 'Completion ' || completion_ratio_text || ' = ' || completion_division || completion_ratio_rounded_en
    end as text_en,
from division
where target_form is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    61 as section,
    'pace' as kind,
    pace_ratio as value,
    case
        when is_suppressed then '序时完成率受限不公开'
        when pace_ratio is null then '序时完成率没有：' || null_reason_zh
        when pace_division = 'cap' then '序时完成率 ' || pace_ratio_text || '：实际不大于 0，按上限计'
        when pace_division = 'hold' then '序时完成率 ' || pace_ratio_text || '：目标就是基数，守住即为 1'
        else '序时完成率 ' || pace_ratio_text || ' = ' || pace_division || pace_ratio_rounded_zh
    end as text_zh,
    case
        when is_suppressed then 'Pace: withheld'
        when pace_ratio is null then 'Pace: none, ' || null_reason_en
        when pace_division = 'cap' then 'Pace ' || pace_ratio_text || ': the actual is not above 0, the cap counts'
        when pace_division = 'hold' then 'Pace ' || pace_ratio_text || ': the target is the baseline, holding it is 1'
        else 'Pace ' || pace_ratio_text || ' = ' || pace_division || pace_ratio_rounded_en
    end as text_en,
from division
where target_form is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    62 as section,
    'gap' as kind,
    gap_value as value,
    '差额 ' || gap_value_text || ' = ' || actual || ' − ' || covered || gap_value_rounded_zh as text_zh,
    'Gap ' || gap_value_text || ' = ' || actual || ' − ' || covered || gap_value_rounded_en as text_en,
from division
where gap_value is not null
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    63 as section,
    'needed' as kind,
    needed_monthly_value as value,
    concat(
        case when target_form = 'at_least' then '今后每月需 ' else '今后每月需变动 ' end,
        needed_monthly_value_text, ' = (', target, ' − ', ytd_value_text, ') ÷ ',
        date_diff('month', report_month, target_due_month), needed_monthly_value_rounded_zh
    ) as text_zh,
    concat(
        case when target_form = 'at_least' then 'Needed a month ' else 'Change needed a month ' end,
        needed_monthly_value_text, ' = (', target, ' − ', ytd_value_text, ') ÷ ',
        date_diff('month', report_month, target_due_month), needed_monthly_value_rounded_en
    ) as text_en,
from division
where needed_monthly_value is not null
