-- grain: one row per org unit, indicator, month and last step: whether it is provisional, and the status
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
