-- grain: one row per alert case: kind, unit and what it is about
-- A case opens the first moment that it can be known and closes when the data say so (domain.md, Alerts are cases):
-- when, mart.alert_event tells; here stands how it is now, of its newest opening, with what its message needs.
with newest_opening as (
    select
        case_id,
        max(happened_at) filter (where event in ('opened', 'reopened')) as opened_at,
        count(*) filter (where event = 'reopened') as reopened_count,
    from mart.alert_event
    group by case_id
),

life as (
    select
        event.case_id,
        any_value(event.kind) as kind,
        any_value(event.org_unit_code) as org_unit_code,
        any_value(event.indicator_code) as indicator_code,
        any_value(event.form_code) as form_code,
        any_value(event.plan_year) as plan_year,
        any_value(event.about_id) as about_id,
        max_by(event.report_month, event.happened_at) as report_month,
        max_by(event.since_month, event.happened_at) as since_month,
        any_value(newest_opening.opened_at) as opened_at,
        any_value(newest_opening.reopened_count) as reopened_count,
        min(event.happened_at) filter (where event.event = 'notified') as notified_at,
        min(event.happened_at) filter (where event.event = 'acknowledged') as acknowledged_at,
        min(event.happened_at) filter (where event.event = 'escalated') as escalated_at,
        max(event.happened_at) filter (where event.event = 'resolved') as resolved_at,
        max(event.snoozed_until) as snoozed_until,
        max_by(event.assignee, event.happened_at) filter (where event.assignee is not null) as assignee,
    from mart.alert_event as event
    inner join newest_opening using (case_id)
    where event.happened_at >= newest_opening.opened_at
    group by event.case_id
),

-- how the target stands: its newest month of the plan year that was reported
target_fact as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        year(completion.report_month) as plan_year,
        max(completion.report_month) as as_of_month,
        max_by(completion.status, completion.report_month) as status,
        max_by(completion.status_rule, completion.report_month) = 'ceiling_exceeded' as is_over_ceiling,
        max_by(row(completion.pace_ratio), completion.report_month)[1] as pace_ratio,
        max_by(row(completion.gap_value), completion.report_month)[1] as gap_value,
        max_by(row(completion.ytd_value), completion.report_month)[1] as ytd_value,
        max_by(row(completion.target_covered_value), completion.report_month)[1] as target_covered_value,
        max_by(row(completion.needed_monthly_value), completion.report_month)[1] as needed_monthly_value,
        max_by(row(completion.projected_value), completion.report_month)[1] as projected_value,
        max_by(row(completion.probability_ratio), completion.report_month)[1] as probability_ratio,
        bool_or(completion.is_sample) as is_sample,
    from mart.completion as completion
    inner join core.tree_month as tree_month using (org_unit_code, indicator_code, report_month)
    where
        day_of($as_of) > completion.due_on
        and completion.annual_target_value is not null
        and tree_month.is_reported
        and completion.status not in ('not_due', 'not_applicable', 'not_computable', 'no_target')
    group by completion.org_unit_code, completion.indicator_code, plan_year
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

-- a case of refused files is told by the newest of them
refused_file as (
    select
        submission.state as kind,
        submission.org_unit_code,
        submission.form_code,
        submission.report_month,
        submission.submission_id,
        submission.file_name,
        first_finding.reason_zh,
        first_finding.reason_en,
        submission.received_at,
    from mart.submission as submission
    left join first_finding using (submission_id)
    where submission.state in ('rejected', 'held')
),

case_file as (
    select
        life.case_id,
        max_by(refused_file.file_name, (refused_file.received_at, refused_file.submission_id)) as file_name,
        max_by(row(refused_file.reason_zh), (refused_file.received_at, refused_file.submission_id))[1] as reason_zh,
        max_by(row(refused_file.reason_en), (refused_file.received_at, refused_file.submission_id))[1] as reason_en,
    from life
    inner join refused_file
        on
            life.kind = refused_file.kind
            and case
                when life.about_id is not null then life.about_id = refused_file.submission_id
                else
                    life.org_unit_code = refused_file.org_unit_code
                    and life.form_code = refused_file.form_code
                    and life.report_month = refused_file.report_month
            end
    group by life.case_id
),

-- from which rank of the district to which, in the month that opened the case
rank_month as (
    select
        ranking.org_unit_code,
        ranking.scope_code as indicator_code,
        ranking.report_month,
        coalesce(ranking.published_rank, ranking.completion_rank) as shown_rank,
        lag(shown_rank) over (
            partition by ranking.org_unit_code, ranking.scope_code order by ranking.report_month
        ) as rank_before,
        ranking.peers_count,
    from mart.ranking as ranking
    inner join mart.org_unit as parent on ranking.parent_code = parent.org_unit_code
    where ranking.scope = 'indicator' and parent.level = 'district' and shown_rank is not null
),

-- what a restated report said and says; a restricted figure is counted and not named
restated_row as (
    select
        figure.form_code,
        figure.sender_code as org_unit_code,
        figure.report_month,
        coalesce(indicator.publicity != 'restricted', false) as is_nameable,
        indicator.name_zh,
        coalesce(indicator.name_en, indicator.name_zh) as name_en,
        figure.measure,
        case
            when figure.measure != 'finished_on'
                then
                    figure_text(figure.shown_value, indicator.kind)
                    || ' → '
                    || figure_text(figure.counted_value, indicator.kind)
        end as change_text,
    from core.restated_figure as figure
    left join mart.indicator as indicator using (indicator_code)
    qualify  -- of what changed together, the cumulative is what was quoted
        row_number() over (
            partition by
                figure.form_code, figure.sender_code, figure.report_month, figure.org_unit_code, figure.indicator_code
            order by list_position(['ytd', 'month', 'finished_on'], figure.measure)
        ) = 1
),

restated_report as (
    select
        form_code,
        org_unit_code,
        report_month,
        count(*) as rows_count,
        string_agg(
            name_zh || case measure when 'ytd' then '本年累计' when 'month' then '本月数' else '完成日期' end
            || coalesce(' ' || change_text, ''),
            '、'
            order by name_zh
        ) filter (where is_nameable and place <= 2) as changes_zh,
        string_agg(
            name_en
            || case measure when 'ytd' then ' (year to date)' when 'month' then ' (month)' else ' (day finished)' end
            || coalesce(' ' || change_text, ''),
            ', '
            order by name_zh
        ) filter (where is_nameable and place <= 2) as changes_en,
        rows_count > count(*) filter (where is_nameable and place <= 2) as has_more,
    from (
        select
            *,
            row_number() over (
                partition by form_code, org_unit_code, report_month order by not is_nameable, name_zh
            ) as place,
        from restated_row
    ) as placed_row
    group by form_code, org_unit_code, report_month
),

told as (
    select
        life.*,
        '：' || restated_report.changes_zh
        || case when restated_report.has_more then '，共 ' || restated_report.rows_count || ' 项' else '' end
            as changes_zh,
        ': ' || restated_report.changes_en
        || case when restated_report.has_more then '; ' || restated_report.rows_count || ' in all' else '' end
            as changes_en,
        rank_month.rank_before,
        rank_month.shown_rank,
        rank_month.peers_count,
        life.resolved_at is null as is_open,
        coalesce(alert_kind.severity, 'medium') as severity,
        target_fact.* exclude (org_unit_code, indicator_code, plan_year),
        case when life.indicator_code is null then org_unit.name else indicator.owner end as owner,
        coalesce(org_unit.short_name, org_unit.name, life.org_unit_code) as unit_name,
        indicator.name_zh,
        coalesce(indicator.name_en, indicator.name_zh) as name_en,
        indicator.kind as indicator_kind,
        indicator.numerator_code,
        indicator.unit,
        case when target_fact.is_sample then '（示例）' else '' end as sample_mark_zh,
        case when target_fact.is_sample then ' (sample)' else '' end as sample_mark_en,
        coalesce(form.name_zh, life.form_code) as form_name_zh,
        coalesce(form_english.name_en, form.name_zh, life.form_code) as form_name_en,
        coalesce(unit_english.name_en, org_unit.short_name, org_unit.name, life.org_unit_code) as unit_name_en,
        -- it is open until two reported months in a row are clear: its newest figure may be clear already
        target_fact.status not in ('behind', 'far_behind') as is_up_to_pace,
        coalesce(target_fact.probability_ratio >= 0.2, false) as is_possible,
        strftime(life.report_month, '%Y-%m') as month_text,
        case_file.file_name,
        case_file.reason_zh,
        case_file.reason_en,
        cast(cast(100 * target_fact.pace_ratio as decimal(24, 1)) as varchar) || '%' as pace_text,
        cast(cast(abs(100 * target_fact.gap_value) as decimal(24, 1)) as varchar) as points_text,
        indicator.kind in ('flow', 'stock') as has_amounts,
        shown_measured(target_fact.ytd_value, indicator.decimals) as done_text,
        shown_measured(target_fact.target_covered_value, indicator.decimals) as due_text,
        case  -- never shown as certain
            when target_fact.probability_ratio < 0.01 then '<1%'
            when target_fact.probability_ratio > 0.99 then '>99%'
            else cast(cast(100 * target_fact.probability_ratio as decimal(24, 0)) as varchar) || '%'
        end as chance_text,
    from life
    left join reference.alert_kind as alert_kind using (kind)
    left join target_fact using (org_unit_code, indicator_code, plan_year)
    left join mart.indicator as indicator using (indicator_code)
    left join mart.org_unit as org_unit using (org_unit_code)
    left join reference.form as form on life.form_code = form.code
    left join reference.english as form_english on form.name_zh = form_english.name
    left join reference.english as unit_english on coalesce(org_unit.short_name, org_unit.name) = unit_english.name
    left join case_file using (case_id)
    left join restated_report
        on
            life.kind = 'restated'
            and life.form_code = restated_report.form_code
            and life.org_unit_code = restated_report.org_unit_code
            and life.report_month = restated_report.report_month
    left join rank_month
        on
            life.kind = 'rank_fell'
            and life.org_unit_code = rank_month.org_unit_code
            and life.indicator_code = rank_month.indicator_code
            and life.report_month = rank_month.report_month
),

-- what is open twice for one reason is told once: a target that is missed, or behind, speaks for its being projected to
-- miss; a growth indicator, for the flow that is ranked by that growth, where both fell by the same places
speaking as (
    select
        spoken.case_id,
        min_by(speaker.case_id, speaker.kind != 'missed') as speaker_id,
    from told as spoken
    inner join told as speaker
        on
            spoken.org_unit_code = speaker.org_unit_code
            and spoken.plan_year = speaker.plan_year
            and case spoken.kind
                when 'projected_to_miss'
                    then
                        speaker.kind in ('missed', 'behind')
                        and spoken.indicator_code = speaker.indicator_code
                when 'rank_fell'
                    then
                        speaker.kind = 'rank_fell'
                        and speaker.indicator_kind = 'growth'
                        and spoken.indicator_code = speaker.numerator_code
                        and spoken.report_month = speaker.report_month
                        and spoken.rank_before = speaker.rank_before
                        and spoken.shown_rank = speaker.shown_rank
            end
    where spoken.is_open and speaker.is_open
    group by spoken.case_id
)

select
    told.case_id,
    told.kind,
    told.org_unit_code,
    told.indicator_code,
    told.form_code,
    cast(told.plan_year as integer) as plan_year,
    told.report_month,
    case
        when not told.is_open then 'resolved'
        when told.acknowledged_at is not null then 'acknowledged'
        when told.escalated_at is not null then 'escalated'
        when told.notified_at is not null then 'notified'
        else 'open'
    end as state,
    told.opened_at,
    told.notified_at,
    told.acknowledged_at,
    told.escalated_at,
    told.resolved_at,
    told.owner,
    case told.kind
        when
            'missed'
            then
                told.unit_name || '「' || told.name_zh || '」'
                || case
                    when not told.is_open then '已补齐'
                    when told.is_over_ceiling then '超过年度上限'
                    else '未完成'
                end
        when 'behind'
            then
                told.unit_name || '「' || told.name_zh || '」'
                || case
                    when told.is_open and told.is_up_to_pace then '曾滞后，现'
                    when told.is_open and told.status = 'far_behind' then '严重滞后，'
                    when told.is_open then '滞后，'
                    when told.status = 'missed' then '转为未完成，'
                    else '已恢复，'
                end
                || case
                    when told.indicator_kind = 'growth' then '与目标相差 ' || told.points_text || ' 个百分点'
                    else '序时完成率 ' || told.pace_text
                end
                || case
                    when told.has_amounts
                        then '：完成 ' || told.done_text || '，应完成 ' || told.due_text || ' ' || told.unit
                    else ''
                end
                || case when told.is_open and told.is_up_to_pace then '，连续两个月不滞后且达到序时即解除' else '' end
        when 'projected_to_miss'
            then
                told.unit_name || '「' || told.name_zh || '」'
                || case
                    when told.is_open and told.is_possible then '曾预计完不成'
                    when told.is_open then '预计完不成'
                    when told.status = 'missed' then '转为未完成'
                    else '预计可以完成'
                end
                || coalesce(
                    case when told.is_open and told.is_possible then '，现完成把握 ' else '，完成把握 ' end
                    || told.chance_text, ''
                )
                || case
                    when told.is_open and told.is_possible then '，连续两个月不低于 20% 且达到序时即解除'
                    else ''
                end
        when
            'rank_fell'
            then
                told.unit_name || '「' || told.name_zh || '」全区位次'
                || case when told.is_open then '下降' else '不再下降' end
                || coalesce(
                    '：' || told.month_text || ' 由第 ' || told.rank_before || ' 降到第 ' || told.shown_rank
                    || '（共 ' || told.peers_count || ' 个）',
                    ''
                )
        when 'overdue' then told.unit_name || ' ' || told.month_text || '「' || told.form_name_zh || '」逾期未报'
        when
            'restated'
            then
                told.unit_name || ' ' || told.month_text || '「' || told.form_name_zh || '」已公布的数有变动'
                || coalesce(told.changes_zh, '')
        when 'run_failed' then '夜间运行失败' || case when told.is_open then '' else '，已恢复' end
        when 'stale' then '发布的数据曾经过旧' || case when told.is_open then '' else '，已更新' end
        else
            coalesce(told.unit_name, '未知单位') || '报送的 ' || coalesce(told.file_name, '文件')
            || case told.kind when 'held' then ' 待核实' else ' 被退回' end
            || coalesce('：' || told.reason_zh, '')
    end
    || told.sample_mark_zh as summary_zh,
    case told.kind
        when 'missed'
            then
                told.name_en
                || case
                    when not told.is_open then ' made good'
                    when told.is_over_ceiling then ' over the ceiling of the year'
                    else ' missed'
                end
        when 'behind'
            then
                told.name_en
                || case
                    when told.is_open and told.is_up_to_pace then ' was behind, now '
                    when told.is_open and told.status = 'far_behind' then ' far behind, '
                    when told.is_open then ' behind, '
                    when told.status = 'missed' then ' now missed, '
                    else ' recovered, '
                end
                || case
                    when told.indicator_kind = 'growth' then told.points_text || ' percentage points from the target'
                    else told.pace_text || ' of what was due'
                end
                || case when told.has_amounts then ': ' || told.done_text || ' of ' || told.due_text else '' end
                || case
                    when told.is_open and told.is_up_to_pace
                        then '; two months in a row not behind, the second on pace, resolve it'
                    else ''
                end
        when 'projected_to_miss'
            then
                told.name_en
                || case
                    when told.is_open and told.is_possible then ' was about to be missed'
                    when told.is_open then ' will probably be missed'
                    when told.status = 'missed' then ' now missed'
                    else ' may be met again'
                end
                || coalesce(
                    case when told.is_open and told.is_possible then ', now chance ' else ', chance ' end
                    || told.chance_text, ''
                )
                || case
                    when told.is_open and told.is_possible
                        then '; two months in a row at 20% or above, the second on pace, resolve it'
                    else ''
                end
        when
            'rank_fell'
            then
                told.name_en
                || case when told.is_open then ': district rank fell' else ': district rank no longer falls' end
                || coalesce(
                    ', in ' || told.month_text || ' from ' || told.rank_before || ' to ' || told.shown_rank
                    || ' of ' || told.peers_count,
                    ''
                )
        when 'overdue'
            then told.unit_name_en || ': ' || told.form_name_en || ' for ' || told.month_text || ' is overdue'
        when
            'restated'
            then
                told.unit_name_en || ': ' || told.form_name_en || ' for ' || told.month_text
                || ', a published figure changed' || coalesce(told.changes_en, '')
        when 'run_failed' then 'The nightly run failed' || case when told.is_open then '' else ', and runs again' end
        when 'stale' then 'Published data were old' || case when told.is_open then '' else ', and are new again' end
        else
            coalesce(told.file_name, 'A file')
            || case told.kind when 'held' then ' is held' else ' was rejected' end
            || coalesce(': ' || told.reason_en, '')
    end
    || told.sample_mark_en as summary_en,
    told.severity,
    told.since_month,
    told.as_of_month,
    told.snoozed_until,
    told.assignee,
    cast(told.reopened_count as integer) as reopened_count,
    told.gap_value,
    told.needed_monthly_value,
    told.projected_value,
    told.probability_ratio,
    -- of the site
    case
        when told.indicator_code is not null
            then 'why/' || told.org_unit_code || '/' || told.indicator_code || '.html'
        when told.kind in ('run_failed', 'stale') then 'about.html'
        else 'reporting.html'
    end as page,
    speaking.speaker_id as told_by_case_id,
    -- whether somebody is, or was, to be told of it: not of what another case speaks for
    (speaking.speaker_id is null or told.notified_at is not null)
    -- figures that were old while nobody was told of it, and are new again, are no matter
    and not (told.kind = 'stale' and not told.is_open and told.notified_at is null) as is_told,
from told
left join speaking using (case_id)
order by told.kind, told.org_unit_code, told.indicator_code, told.form_code, told.report_month, told.case_id
