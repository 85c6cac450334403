-- grain: one row per alert case: kind, unit and what it is about
-- A case opens the first moment that it can be known and closes when the data says so (domain.md, Alerts are cases).
with judged_month as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        year(completion.report_month) as plan_year,
        completion.status,
        completion.pace_ratio,
        completion.gap_value,
        completion.ytd_value,
        completion.target_covered_value,
        completion.annual_target_value,
        completion.report_month >= completion.target_due_month as is_due_month_here,
        case when completion.is_sample then '（示例）' else '' end as sample_mark_zh,
        case when completion.is_sample then ' (sample)' else '' end as sample_mark_en,
        indicator.kind as indicator_kind,
        completion.units_reported_count,
        indicator.name_zh,
        coalesce(indicator.name_en, indicator.name_zh) as name_en,
        indicator.unit,
        indicator.owner,
        indicator.at_risk_at,
        indicator.form_code,
        org_unit.short_name,
        -- known when the last report that it rests on came in; without one, when the lock day was over
        coalesce(tree_month.received_at, cast(tree_month.lock_on + interval 1 day as timestamptz)) as known_at,
        tree_month.is_reported,
    from mart.completion as completion
    inner join core.tree_month as tree_month using (org_unit_code, indicator_code, report_month)
    inner join mart.indicator as indicator using (indicator_code)
    inner join mart.org_unit as org_unit using (org_unit_code)
    where day_of($as_of) > completion.due_on and completion.annual_target_value is not null
),

-- an overdue submission speaks for the unit's targets of that month
overdue as (
    select
        form_code,
        org_unit_code,
        report_month,
        due_on,
        lock_on,
        received_at,
        state,
        timeliness,
        first_usable_at,
    from mart.reporting
    where timeliness in ('missing', 'late')
),

speaking_month as (
    select judged_month.*
    from judged_month
    left join overdue
        on
            judged_month.form_code = overdue.form_code
            and judged_month.org_unit_code = overdue.org_unit_code
            and judged_month.report_month = overdue.report_month
            and overdue.timeliness = 'missing'
    where overdue.form_code is null
),

missed as (
    select
        'missed' as kind,
        org_unit_code,
        indicator_code,
        cast(null as varchar) as form_code,
        plan_year,
        min(report_month) filter (where status = 'missed') as report_month,
        min(known_at) filter (where status = 'missed') as opened_at,
        case when arg_max(status, report_month) != 'missed' then arg_max(known_at, report_month) end as resolved_at,
        any_value(owner) as owner,
        any_value(short_name) || '「' || any_value(name_zh) || '」未完成' || max(sample_mark_zh) as summary_zh,
        any_value(name_en) || ' missed' || max(sample_mark_en) as summary_en,
    from speaking_month
    group by org_unit_code, indicator_code, plan_year
    having count(*) filter (where status = 'missed') > 0
),

reported_month as (
    select
        *,
        status in ('behind', 'far_behind') as is_behind,
        lag(status in ('behind', 'far_behind')) over by_month as was_behind,
        status = 'missed' as is_missed,
        coalesce(is_due_month_here, false) and status in ('achieved', 'repaired') as is_met,
    from speaking_month
    where is_reported and status not in ('not_due', 'not_applicable', 'not_computable', 'no_target')
    window by_month as (partition by org_unit_code, indicator_code, plan_year order by report_month)
),

-- opens after two months behind in a row; closes after two clear ones, well above the threshold, or with its target:
-- once that is met or missed, no later month of the plan year says more
turning_month as (
    select
        *,
        is_behind and was_behind as opens,
        is_missed
        or is_met
        or (not is_behind and not coalesce(was_behind, false))
        or coalesce(pace_ratio >= at_risk_at + 0.02, false) as closes,
    from reported_month
),

spell as (
    select
        *,
        count(*) filter (where closes) over (
            partition by org_unit_code, indicator_code, plan_year
            order by report_month rows between unbounded preceding and current row
        ) - cast(closes as integer) as spell_number,
    from turning_month
),

behind_spell as (
    select
        org_unit_code,
        indicator_code,
        plan_year,
        spell_number,
        min(report_month) filter (where opens) as report_month,
        min(known_at) filter (where opens) as opened_at,
        max(known_at) filter (where closes) as resolved_at,
        bool_or(is_missed) as is_missed,
        arg_max(pace_ratio, report_month) as latest_pace_ratio,
        arg_max(gap_value, report_month) as latest_gap_value,
        arg_max(ytd_value, report_month) as latest_ytd_value,
        arg_max(target_covered_value, report_month) as latest_target_value,
        any_value(owner) as owner,
        any_value(short_name) as short_name,
        any_value(name_zh) as name_zh,
        any_value(name_en) as name_en,
        any_value(unit) as unit,
        any_value(indicator_kind) as indicator_kind,
        max(sample_mark_zh) as sample_mark_zh,
        max(sample_mark_en) as sample_mark_en,
    from spell
    group by org_unit_code, indicator_code, plan_year, spell_number
    having count(*) filter (where opens) > 0
),

behind as (
    select
        'behind' as kind,
        org_unit_code,
        indicator_code,
        cast(null as varchar) as form_code,
        plan_year,
        report_month,
        opened_at,
        resolved_at,
        owner,
        cast(cast(100 * latest_pace_ratio as decimal(24, 1)) as varchar) || '%' as pace_text,
        cast(cast(abs(100 * latest_gap_value) as decimal(24, 1)) as varchar) as points_text,
        indicator_kind in ('flow', 'stock') as has_amounts,
        shown_number(latest_ytd_value) as done_text,
        shown_number(latest_target_value) as due_text,
        short_name || '「' || name_zh || '」'
        || case when resolved_at is null then '滞后，' when is_missed then '转为未完成，' else '已恢复，' end
        || case
            when indicator_kind = 'growth' then '与目标相差 ' || points_text || ' 个百分点'
            else '序时完成率 ' || pace_text
        end
        || case when has_amounts then '：完成 ' || done_text || '，应完成 ' || due_text || ' ' || unit else '' end
        || sample_mark_zh as summary_zh,
        name_en
        || case when resolved_at is null then ' behind, ' when is_missed then ' now missed, ' else ' recovered, ' end
        || case
            when indicator_kind = 'growth' then points_text || ' percentage points from the target'
            else pace_text || ' of what was due'
        end
        || case when has_amounts then ': ' || done_text || ' of ' || due_text else '' end
        || sample_mark_en as summary_en,
    from behind_spell
    qualify row_number() over (partition by org_unit_code, indicator_code, plan_year order by spell_number desc) = 1
),

submission_overdue as (
    select
        'overdue' as kind,
        overdue.org_unit_code,
        cast(null as varchar) as indicator_code,
        overdue.form_code,
        year(overdue.report_month) as plan_year,
        overdue.report_month,
        cast(overdue.due_on + interval 1 day as timestamptz) as opened_at,
        case when overdue.timeliness = 'late' then overdue.first_usable_at end as resolved_at,
        org_unit.name as owner,
        strftime(overdue.report_month, '%Y-%m') as month_text,
        org_unit.short_name || ' ' || month_text || '「' || form.name_zh || '」逾期未报' as summary_zh,
        form.code || ' for ' || month_text || ' is overdue' as summary_en,
    from overdue
    inner join reference.form as form on overdue.form_code = form.code
    inner join mart.org_unit as org_unit using (org_unit_code)
),

first_finding as (
    select
        submission_id,
        min_by(message_zh, (severity != 'critical', sheet_name, cell, rule_code)) as reason_zh,
        min_by(message_en, (severity != 'critical', sheet_name, cell, rule_code)) as reason_en,
    from mart.finding
    where state in ('open', 'upheld') and severity in ('critical', 'warning')
    group by submission_id
),

refusal as (
    select
        case submission.state when 'held' then 'held' else 'rejected' end as kind,
        coalesce(submission.org_unit_code, setting.office_code) as org_unit_code,
        cast(null as varchar) as indicator_code,
        submission.form_code,
        year(submission.report_month) as plan_year,
        submission.report_month,
        submission.received_at as opened_at,
        min(better.received_at) as resolved_at,
        coalesce(org_unit.name, submission.file_name) as owner,
        coalesce(org_unit.short_name, '未知单位') || '报送的 ' || submission.file_name
        || case submission.state when 'held' then ' 待核实' else ' 被退回' end
        || coalesce('：' || first_finding.reason_zh, '') as summary_zh,
        submission.file_name
        || case submission.state when 'held' then ' is held' else ' was rejected' end
        || coalesce(': ' || first_finding.reason_en, '') as summary_en,
        submission.submission_id,
    from mart.submission as submission
    cross join core.setting as setting
    left join mart.org_unit as org_unit using (org_unit_code)
    left join first_finding using (submission_id)
    left join mart.submission as better
        on
            submission.org_unit_code = better.org_unit_code
            and better.state in ('accepted', 'superseded', 'held')
            -- a file that nobody could read is put right by the unit's next one
            and case
                when submission.version is null then better.received_at > submission.received_at
                else
                    submission.form_code = better.form_code
                    and submission.report_month = better.report_month
                    and better.version > submission.version
            end
    where submission.state in ('rejected', 'held')
    group by all
),

-- refusals of one unit, form and month that wait for the same better version are one case, told by its newest file
refused as (
    select
        refusal.* exclude (opened_at, submission_id),
        min(opened_at) over same_case as opened_at,
        arg_min(submission_id, opened_at) over same_case as submission_id,
    from refusal
    window
        same_case as (
            partition by
                kind,
                coalesce(org_unit_code || form_code || cast(report_month as varchar), submission_id),
                resolved_at
        )
    qualify row_number() over (same_case order by refusal.opened_at desc, refusal.submission_id) = 1
),

target_case as (
    select * from missed
    union all by name
    select * exclude (pace_text, points_text, has_amounts, done_text, due_text) from behind
),

alert as (
    -- a case that is opened again is told again
    select
        *,
        kind || ':' || org_unit_code || ':' || indicator_code || ':' || plan_year
        || case kind when 'behind' then strftime(report_month, ':%Y-%m') else '' end as case_key,
    from target_case
    union all by name
    select
        * exclude (month_text),
        kind || ':' || org_unit_code || ':' || form_code || ':' || strftime(report_month, '%Y-%m') as case_key,
    from submission_overdue
    union all by name
    select
        * exclude (submission_id),
        kind || ':' || submission_id as case_key,
    from refused
),

notified as (
    select
        case_id,
        min(notified_at) as notified_at,
    from raw.notification
    where event = 'opened' and notified_at < $as_of  -- what this night sends, the next one shows
    group by case_id
)

select
    substr(sha256(alert.case_key), 1, 16) as case_id,
    alert.kind,
    alert.org_unit_code,
    alert.indicator_code,
    alert.form_code,
    cast(alert.plan_year as integer) as plan_year,
    alert.report_month,
    case
        when alert.resolved_at is not null then 'resolved'
        when notified.notified_at is not null then 'notified'
        else 'open'
    end as state,
    alert.opened_at,
    notified.notified_at,
    cast(null as timestamptz) as acknowledged_at,
    cast(null as timestamptz) as escalated_at,
    alert.resolved_at,
    alert.owner,
    alert.summary_zh,
    alert.summary_en,
from alert
left join notified on substr(sha256(alert.case_key), 1, 16) = notified.case_id
order by alert.kind, alert.org_unit_code, alert.indicator_code, alert.form_code, alert.report_month, case_id
