-- grain: one row per org unit, indicator, month and last step: the projection, whether it is provisional, the status
-- view: worked out when somebody asks, from mart alone; ask for one unit, indicator and month.
with held as (
    select
        org_unit_code,
        indicator_code,
        report_month,
        count(*) as held_count,
    from mart.completion_cell
    where is_held
    group by org_unit_code, indicator_code, report_month
),

figure as (
    select
        completion.*,
        regexp_replace(cast(columns('^(.*_(value|ratio))$') as varchar), '\.?0+$', '') as '\1_text',  -- noqa: RF05
    from mart.completion as completion
),

threshold as (
    select
        indicator_code,
        -- noqa: disable=RF05
        regexp_replace(cast(columns('^(on_pace|at_risk|behind)_at$') as varchar), '\.?0+$', '') as '\1_text',
        -- noqa: enable=RF05
    from mart.indicator
),

-- an estimate has one decimal more than its indicator; a ratio is told in percent
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
                        when 2 then cast(cast(columns('^(projected.*)_value$') as decimal(24, 3)) as varchar)
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

fact as (
    select
        figure.*,
        threshold.* exclude (indicator_code),
        held.held_count,
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
    from figure
    inner join threshold using (indicator_code)
    left join held using (org_unit_code, indicator_code, report_month)
)

select
    org_unit_code,
    indicator_code,
    report_month,
    80 as section,
    'provisional' as kind,
    concat_ws(
        '；',
        '暂定：数还没有到齐，状态还可能变',
        held_count || ' 个单元格待核实',
        case
            when units_reported_count < units_due_count
                then '本月应报 ' || units_due_count || ' 个单位，已报 ' || units_reported_count || ' 个'
        end,
        case
            when months_covered_count < months_due_count
                then '应有 ' || months_due_count || ' 个月，各单位都有数的 ' || months_covered_count || ' 个月'
        end
    ) as text_zh,
    concat_ws(
        '; ',
        'Provisional: not everything is in, the status can still turn',
        held_count || ' cells are held',
        case
            when units_reported_count < units_due_count
                then units_reported_count || ' of ' || units_due_count || ' units have reported the month'
        end,
        case
            when months_covered_count < months_due_count
                then 'all units have ' || months_covered_count || ' of ' || months_due_count || ' months'
        end
    ) as text_en,
from fact
where is_provisional
union all by name
select
    org_unit_code,
    indicator_code,
    report_month,
    90 as section,
    'status' as kind,
    concat(
        '状态 ',
        case status
            when 'no_target' then '无目标'
            when 'not_applicable' then '不适用'
            when 'achieved' then '已完成'
            when 'repaired' then '补齐'
            when 'missed' then '未完成'
            when 'not_due' then '未到期'
            when 'unreported' then '未报送'
            when 'not_computable' then '无法计算'
            when 'on_pace' then '达序时'
            when 'at_risk' then '略滞后'
            when 'behind' then '滞后'
            when 'far_behind' then '严重滞后'
        end,
        '：',
        case status_rule
            when 'no_target' then '没有目标'
            when 'not_applicable' then '填报为不适用'
            when 'reached_by_due_month'
                then
                    coalesce(finished_on || ' 完成', ytd_value_text || ' ≥ ' || annual_target_value_text)
                    || '，不晚于 '
                    || strftime(target_due_month, '%Y-%m')
            when 'met_at_due_month' then strftime(target_due_month, '%Y-%m') || ' 到期时达到目标'
            when 'met_after_due_month' then strftime(target_due_month, '%Y-%m') || ' 到期以后才达到目标'
            when 'on_pace_reported_late' then pace_ratio_text || ' ≥ ' || on_pace_text || '，但报送晚于期限 ' || due_on
            when 'ceiling_exceeded' then ytd_value_text || ' > ' || annual_target_value_text || '，超过上限'
            when 'not_met_at_due_month' then strftime(target_due_month, '%Y-%m') || ' 到期时没有达到目标'
            when 'never_reported_by_lock_day' then '到期月的报表过了锁定日还没有报'
            when 'before_due_day' then '报出期限 ' || due_on || ' 未过，还没有报送'
            when 'milestone_before_due_month' then strftime(target_due_month, '%Y-%m') || ' 月底到期，还没有完成'
            when 'nothing_phased_yet' then '到这个月还没有应完成的数'
            when 'nothing_usable_in' then '报出期限 ' || due_on || ' 已过，没有可用的报送'
            when 'no_denominator_or_base' then null_reason_zh
            when 'pace_on' then pace_ratio_text || ' ≥ ' || on_pace_text
            when 'pace_at_risk' then at_risk_text || ' ≤ ' || pace_ratio_text || ' < ' || on_pace_text
            when 'pace_behind' then behind_text || ' ≤ ' || pace_ratio_text || ' < ' || at_risk_text
            when 'pace_far_behind' then pace_ratio_text || ' < ' || behind_text
            when 'suppressed' then '受限不公开'
        end,
        '（规则 ', status_rule, '）'
    ) as text_zh,
    concat(
        'Status ', replace(status, '_', ' '), ': ',
        case status_rule
            when 'no_target' then 'there is no target'
            when 'not_applicable' then 'reported as not applicable'
            when 'reached_by_due_month'
                then
                    coalesce('finished on ' || finished_on, ytd_value_text || ' ≥ ' || annual_target_value_text)
                    || ', by '
                    || strftime(target_due_month, '%b %Y')
            when 'met_at_due_month' then 'the target was met when it was due, ' || strftime(target_due_month, '%b %Y')
            when 'met_after_due_month'
                then 'the target was met only after it was due, ' || strftime(target_due_month, '%b %Y')
            when 'on_pace_reported_late' then pace_ratio_text || ' ≥ ' || on_pace_text || ', reported after ' || due_on
            when 'ceiling_exceeded' then ytd_value_text || ' > ' || annual_target_value_text || ', the ceiling'
            when 'not_met_at_due_month'
                then 'the target was not met when it was due, ' || strftime(target_due_month, '%b %Y')
            when 'never_reported_by_lock_day' then 'the report of the due month had not come by its lock day'
            when 'before_due_day' then 'nothing has come, and the due day ' || due_on || ' has not passed'
            when 'milestone_before_due_month' then 'due at the end of ' || strftime(target_due_month, '%b %Y')
            when 'nothing_phased_yet' then 'nothing is due by this month'
            when 'nothing_usable_in' then 'the due day ' || due_on || ' has passed and nothing usable has come'
            when 'no_denominator_or_base' then null_reason_en
            when 'pace_on' then pace_ratio_text || ' ≥ ' || on_pace_text
            when 'pace_at_risk' then at_risk_text || ' ≤ ' || pace_ratio_text || ' < ' || on_pace_text
            when 'pace_behind' then behind_text || ' ≤ ' || pace_ratio_text || ' < ' || at_risk_text
            when 'pace_far_behind' then pace_ratio_text || ' < ' || behind_text
            when 'suppressed' then 'withheld'
        end,
        ' (rule ', status_rule, ')'
    ) as text_en,
from fact
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
                then ', with 80 % between ' || projected_low_estimate || ' and ' || projected_high_estimate
        end,
        ', probability of meeting the target ' || probability_estimate,
        case projection_basis
            when 'actual' then '; the end itself is known'
            when 'seasonal' then '; by the shape of last year and the recent rate'
            else '; by the recent rate'
        end
    ) as text_en,
from fact
inner join estimate using (org_unit_code, indicator_code, report_month)
where projected_value is not null
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
