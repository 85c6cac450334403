-- grain: one row per alert case and spell: what opens it and what closes it, as the data of this night tell
-- A pure calculation: a night that was missed is caught up, as the moments are those of reports and of the calendar.
-- What had been told before, when the data were others, is mart.alert_event's business.
-- Another office's targets and ranks are its own business.
-- Spell 0 is of a target that nothing opens, and whose last month does not close what may have been open.
with other_office as (
    select org_descendant.descendant_code as org_unit_code
    from mart.org_unit as office
    inner join mart.org_unit as sibling
        on office.parent_code = sibling.parent_code and office.org_unit_code != sibling.org_unit_code
    inner join core.org_descendant as org_descendant on sibling.org_unit_code = org_descendant.ancestor_code
    where office.is_office
),

judged_month as (
    select
        completion.org_unit_code,
        completion.indicator_code,
        completion.report_month,
        year(completion.report_month) as plan_year,
        completion.status,
        completion.pace_ratio,
        completion.probability_ratio,
        completion.report_month >= completion.target_due_month as is_due_month_here,
        indicator.on_pace_at,
        indicator.form_code,
        -- when the last report that it rests on came in; without one, when the lock day was over. Until the due day is
        -- over a report may be replaced without a word, and nobody is told of it
        greatest(
            coalesce(tree_month.received_at, cast(tree_month.lock_on + interval 1 day as timestamptz)),
            cast(completion.due_on + interval 1 day as timestamptz)
        ) as known_at,
        tree_month.is_reported,
    from mart.completion as completion
    inner join core.tree_month as tree_month using (org_unit_code, indicator_code, report_month)
    inner join mart.indicator as indicator using (indicator_code)
    anti join other_office using (org_unit_code)
    where day_of($as_of) > completion.due_on and completion.annual_target_value is not null
),

-- an overdue submission speaks for the unit's targets of that month
speaking_month as (
    select judged_month.*
    from judged_month
    left join mart.reporting as reporting
        on
            judged_month.form_code = reporting.form_code
            and judged_month.org_unit_code = reporting.org_unit_code
            and judged_month.report_month = reporting.report_month
            and reporting.timeliness = 'missing'
    where reporting.form_code is null
),

missed as (
    select
        'missed' as kind,
        org_unit_code,
        indicator_code,
        plan_year,
        1 as spell_number,
        min(report_month) filter (where status = 'missed') as report_month,
        min(known_at) filter (where status = 'missed') as opened_at,
        min(known_at) filter (where status in ('achieved', 'repaired')) as met_at,
        case
            when arg_max(status, report_month) in ('achieved', 'repaired') then greatest(met_at, opened_at)
        end as resolved_at,
    from speaking_month
    group by org_unit_code, indicator_code, plan_year
    having count(*) filter (where status = 'missed') > 0
),

-- a case of being behind, and one of being about to miss the year, are told by the months that were reported
target_month as (
    select
        *,
        status = 'missed' as is_missed,
        coalesce(is_due_month_here, false) and status in ('achieved', 'repaired') as is_met,
    from speaking_month
    where is_reported and status not in ('not_due', 'not_applicable', 'not_computable', 'no_target')
),

watched_month as (
    select
        'behind' as kind,
        *,
        status in ('behind', 'far_behind') as is_bad,
        not is_bad as is_clear,
        2 as bad_months_needed,
    from target_month
    union all
    select
        'projected_to_miss' as kind,
        *,
        coalesce(probability_ratio < 0.2 and not is_due_month_here, false) as is_bad,
        coalesce(probability_ratio >= 0.2, false) as is_clear,
        1 as bad_months_needed,
    from target_month
    where probability_ratio is not null or is_missed or is_met
),

-- opens after so many bad months in a row; closes after two clear ones of which the second is on pace, or with its
-- target: once that is met or missed, no later month of the plan year says more
turning_month as (
    select
        *,
        lag(is_bad) over by_month as was_bad,
        is_bad and not is_missed and (bad_months_needed = 1 or was_bad) as opens,
        is_clear
        and coalesce(lag(is_clear) over by_month, true)
        and coalesce(pace_ratio >= on_pace_at, false) as is_saved,
        is_missed or is_met or is_saved as closes,
        case
            when bad_months_needed = 2 or not is_bad then greatest(known_at, lag(known_at) over by_month)
            else known_at
        end as turned_at,
        case when bad_months_needed = 2 then lag(report_month) over by_month else report_month end as first_bad_month,
    from watched_month
    window by_month as (partition by kind, org_unit_code, indicator_code, plan_year order by report_month)
),

numbered_month as (
    select
        *,
        count(*) filter (where closes) over (
            partition by kind, org_unit_code, indicator_code, plan_year
            order by report_month rows between unbounded preceding and current row
        ) - cast(closes as integer) as closings_before,
    from turning_month
),

watched_spell as (
    select
        kind,
        org_unit_code,
        indicator_code,
        plan_year,
        closings_before,
        min(report_month) filter (where opens) as report_month,
        min_by(first_bad_month, report_month) filter (where opens) as since_month,
        min_by(turned_at, report_month) filter (where opens) as opened_at,
        max(turned_at) filter (where closes) as closed_at,
        case when closed_at is not null then greatest(closed_at, opened_at) end as resolved_at,
    from numbered_month
    group by kind, org_unit_code, indicator_code, plan_year, closings_before
    having count(*) filter (where opens) > 0
),

-- neither open nor clear: what had been opened by figures that were corrected since goes on until it is clear
lingering as (
    select
        kind,
        org_unit_code,
        indicator_code,
        plan_year,
        0 as spell_number,
    from numbered_month
    group by kind, org_unit_code, indicator_code, plan_year
    having not arg_max(closes, report_month)
),

-- as published where the bulletin has one, else ours
district_rank as (
    select
        ranking.org_unit_code,
        ranking.scope_code as indicator_code,
        ranking.report_month,
        coalesce(ranking.published_rank, ranking.completion_rank) as shown_rank,
    from mart.ranking as ranking
    inner join mart.org_unit as parent on ranking.parent_code = parent.org_unit_code
    anti join other_office on ranking.org_unit_code = other_office.org_unit_code
    where ranking.scope = 'indicator' and parent.level = 'district' and shown_rank is not null
),

rank_month as (
    select
        district_rank.org_unit_code,
        district_rank.indicator_code,
        judged_month.plan_year,
        district_rank.report_month,
        judged_month.known_at,
        district_rank.shown_rank,
        lag(district_rank.shown_rank) over by_month as rank_before,
        lag(district_rank.report_month) over by_month as month_before,
        coalesce(district_rank.shown_rank > rank_before, false) as fell,
    from district_rank
    inner join judged_month using (org_unit_code, indicator_code, report_month)
    window by_month as (
        partition by district_rank.org_unit_code, district_rank.indicator_code, judged_month.plan_year
        order by district_rank.report_month
    )
),

-- two ranked months in a row that did not fall
rank_steady as (
    select
        *,
        not fell and not coalesce(lag(fell) over by_month, true) as is_steady,
    from rank_month
    window by_month as (partition by org_unit_code, indicator_code, plan_year order by report_month)
),

-- a fall is over when two such months are better than the rank that was lost, or the first: a place to spare
rank_fall as (
    select
        fall.org_unit_code,
        fall.indicator_code,
        fall.plan_year,
        fall.report_month,
        fall.known_at,
        fall.shown_rank,
        coalesce(min(recovery.report_month), date '9999-12-01') as over_month,
        min(recovery.known_at) as over_at,
    from rank_steady as fall
    left join rank_steady as recovery
        on
            fall.org_unit_code = recovery.org_unit_code
            and fall.indicator_code = recovery.indicator_code
            and fall.plan_year = recovery.plan_year
            and fall.report_month < recovery.month_before
            and recovery.is_steady
            and greatest(recovery.shown_rank, recovery.rank_before) <= greatest(fall.rank_before - 1, 1)
    where fall.fell
    group by all
),

-- falls of which the earlier is not over are one matter
rank_matter as (
    select
        *,
        count(*) filter (where begins) over (
            partition by org_unit_code, indicator_code, plan_year order by report_month
        ) as matter_number,
    from (
        select
            *,
            coalesce(
                report_month > max(over_month) over (
                    partition by org_unit_code, indicator_code, plan_year
                    order by report_month rows between unbounded preceding and 1 preceding
                ),
                true
            ) as begins,
        from rank_fall
    ) as fall
),

-- a fall to a rank that is worse than any of the matter so far is told anew, without its having been over in between
rank_spell as (
    select
        'rank_fell' as kind,
        org_unit_code,
        indicator_code,
        plan_year,
        report_month,
        known_at as opened_at,
        case
            when
                report_month = max(report_month) over (
                    partition by org_unit_code, indicator_code, plan_year, matter_number
                )
                then over_at_of_all
        end as resolved_at,
    from (
        select
            *,
            case
                when max(over_month) over by_matter < date '9999-12-01'
                    then greatest(max(over_at) over by_matter, known_at)
            end as over_at_of_all,
            shown_rank > coalesce(
                max(shown_rank) over (
                    partition by org_unit_code, indicator_code, plan_year, matter_number
                    order by report_month rows between unbounded preceding and 1 preceding
                ),
                0
            ) as is_worse,
        from rank_matter
        window by_matter as (partition by org_unit_code, indicator_code, plan_year, matter_number)
    ) as fall
    where is_worse
),

overdue as (
    select
        'overdue' as kind,
        org_unit_code,
        form_code,
        year(report_month) as plan_year,
        report_month,
        1 as spell_number,
        cast(due_on + interval 1 day as timestamptz) as opened_at,
        case when timeliness = 'late' then first_usable_at end as resolved_at,
    from mart.reporting
    where timeliness in ('missing', 'late')
),

refusal as (
    select
        submission.state as kind,
        coalesce(submission.org_unit_code, setting.office_code) as org_unit_code,
        submission.form_code,
        year(submission.report_month) as plan_year,
        submission.report_month,
        -- whose unit, form or month nobody can tell is a case by itself
        case
            when submission.org_unit_code is null or submission.form_code is null or submission.report_month is null
                then submission.submission_id
        end as about_id,
        submission.submission_id as refused_id,
        submission.received_at as opened_at,
        -- a file without a version is put right by other rules
        coalesce(any_value(put_right.put_right_at), min(better.received_at)) as resolved_at,
    from mart.submission as submission
    cross join core.setting as setting
    left join core.put_right as put_right using (submission_id)
    left join mart.submission as better
        on
            submission.org_unit_code = better.org_unit_code
            and better.state in ('accepted', 'superseded', 'held')
            and submission.form_code = better.form_code
            and submission.report_month = better.report_month
            and better.version > submission.version
    where submission.state in ('rejected', 'held')
    group by all
),

-- refusals that wait for the same better version are one spell, from the first of them on
refusal_spell as (
    select
        * exclude (refused_id, opened_at),
        min(opened_at) as opened_at,
    from refusal
    group by all
),

-- who quoted the old figure is to say so until the next month's figures have come out
restated as (
    select
        'restated' as kind,
        restated_report.org_unit_code,
        restated_report.form_code,
        year(restated_report.report_month) as plan_year,
        restated_report.report_month,
        1 as spell_number,
        restated_report.opened_at,
        min(cast(form_month.due_on + interval 1 day as timestamptz)) as resolved_at,
    from (
        select
            form_code,
            sender_code as org_unit_code,
            report_month,
            min(changed_at) as opened_at,
            max(changed_at) as last_changed_at,
        from core.restated_figure
        group by form_code, sender_code, report_month
    ) as restated_report
    left join core.form_month as form_month
        on
            restated_report.form_code = form_month.form_code
            and form_month.due_on >= day_of(restated_report.last_changed_at)
            and form_month.due_on < day_of($as_of)
    group by all
),

-- a night counts as its last attempt left it; the one that writes this is a good one
night as (
    select
        run_id,
        as_of_at,
        as_of_at = $as_of or arg_max(state, attempt) = 'completed' as is_good,
    from raw.run
    where as_of_at <= $as_of
    group by run_id, as_of_at
),

night_before as (
    select
        *,
        lag(is_good) over (order by as_of_at) as was_good,
        max(as_of_at) filter (where is_good) over (
            order by as_of_at rows between unbounded preceding and 1 preceding
        ) as last_good_at,
        min(as_of_at) filter (where is_good) over (
            order by as_of_at rows between 1 following and unbounded following
        ) as next_good_at,
    from night
),

failed_run as (
    select
        'run_failed' as kind,
        setting.office_code as org_unit_code,
        night_before.run_id as about_id,
        1 as spell_number,
        night_before.as_of_at as opened_at,
        night_before.next_good_at as resolved_at,
    from night_before
    cross join core.setting as setting
    where not night_before.is_good and coalesce(night_before.was_good, true)
),

-- a night each day: figures of which the next ones are more than a day and two hours late are old
stale as (
    select
        'stale' as kind,
        setting.office_code as org_unit_code,
        strftime(night_before.last_good_at, '%Y-%m-%dT%H:%M:%S') as about_id,
        1 as spell_number,
        night_before.last_good_at + interval 26 hour as opened_at,
        night_before.as_of_at as resolved_at,
    from night_before
    cross join core.setting as setting
    where night_before.is_good and night_before.as_of_at > night_before.last_good_at + interval 26 hour
),

alert_spell as (
    select * exclude (met_at) from missed
    union all by name
    select
        * exclude (closings_before, closed_at),
        row_number() over (
            partition by kind, org_unit_code, indicator_code, plan_year order by closings_before
        ) as spell_number,
    from watched_spell
    union all by name
    select lingering.*
    from lingering
    left join watched_spell using (kind, org_unit_code, indicator_code, plan_year)
    where watched_spell.kind is null
    union all by name
    select
        *,
        row_number() over (
            partition by org_unit_code, indicator_code, plan_year order by report_month
        ) as spell_number,
    from rank_spell
    union all by name
    select * from overdue
    union all by name
    select
        *,
        row_number() over (
            partition by kind, org_unit_code, form_code, report_month, about_id order by opened_at
        ) as spell_number,
    from refusal_spell
    union all by name
    select * from restated
    union all by name
    select * from failed_run
    union all by name
    select * from stale
)

select
    -- a target is a case of its plan year, a report one of its month, a file that is nobody's one by itself
    substr(
        sha256(
            concat_ws(
                ':',
                kind,
                org_unit_code,
                indicator_code,
                form_code,
                case
                    when about_id is not null then about_id
                    when indicator_code is not null then cast(plan_year as varchar)
                    else strftime(report_month, '%Y-%m')
                end
            )
        ),
        1,
        16
    ) as case_id,
    kind,
    org_unit_code,
    indicator_code,
    form_code,
    cast(plan_year as integer) as plan_year,
    report_month,
    coalesce(since_month, report_month) as since_month,
    about_id,
    cast(spell_number as integer) as spell_number,
    opened_at,
    resolved_at,
from alert_spell
order by kind, org_unit_code, indicator_code, form_code, plan_year, report_month, about_id, spell_number
