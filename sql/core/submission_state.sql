-- grain: one row per submission and change of its state, by the as-of moment, with time and cause
-- domain.md, Submissions: received → rejected | accepted | held | withdrawn; superseded when a newer version counts.
-- From arrivals, verdicts and decisions alone. A verdict is of the night that gave it; whatever happens to one version
-- may change the state of the others of its report, so all are looked at again at each such moment.
with version as (
    select
        submission.*,
        received.withdrawal_id,
        -- a file that is no version of anybody's report stands alone
        case
            when submission.version is null then submission.submission_id
            else concat_ws(':', submission.form_code, submission.sender_code, submission.report_month)
        end as report_key,
    from core.submission as submission
    inner join core.received as received using (submission_id)
),

judged as (
    select
        submission_id,
        judged_at,
        max_by(verdict, recorded_at) as verdict,
        max_by(coalesce(rule_codes, ''), recorded_at) as rule_codes,
        max_by(coalesce(decision_id, ''), recorded_at) as decision_id,
    from raw.verdict
    where judged_at <= $as_of
    group by submission_id, judged_at
),

moment as (
    select
        version.report_key,
        judged.judged_at as moment,
    from judged
    inner join version using (submission_id)
    union
    select
        report_key,
        withdrawn_at as moment,
    from version
    where withdrawn_at is not null
),

version_moment as (
    select
        version.submission_id,
        version.report_key,
        version.version,
        version.withdrawal_id,
        moment.moment,
        coalesce(version.withdrawn_at <= moment.moment, false) as is_withdrawn,
        max_by(judged.verdict, judged.judged_at) as verdict,
        max_by(judged.rule_codes, judged.judged_at) as rule_codes,
        max_by(nullif(judged.decision_id, ''), judged.judged_at) filter (
            where judged.judged_at = moment.moment
        ) as verdict_decision_id,
        max(judged.judged_at) as judged_at,
    from version
    inner join moment on version.report_key = moment.report_key and version.received_at <= moment.moment
    left join judged on version.submission_id = judged.submission_id and moment.moment >= judged.judged_at
    group by all
),

standing as (
    select
        *,
        max(version) filter (where verdict in ('accepted', 'held') and not is_withdrawn) over one_report
            as counted_version,
        max_by(submission_id, version) filter (
            where verdict in ('accepted', 'held') and not is_withdrawn
        ) over one_report as counted_id,
    from version_moment
    window one_report as (partition by report_key, moment)
),

stated as (
    select
        *,
        case
            when is_withdrawn then 'withdrawn'
            when verdict is null then 'received'
            when verdict = 'rejected' then 'rejected'
            when version < counted_version then 'superseded'
            else verdict
        end as state,
    from standing
),

changed as (
    select
        submission_id,
        state,
        moment as since_at,
        case
            when state = 'withdrawn' then 'withdrawal'
            when state = 'superseded' then 'newer_version'
            -- a finding waived or upheld, a value telephoned in
            when judged_at = moment and verdict_decision_id is not null then 'decision'
            when judged_at = moment then 'judgement'
            else 'newer_version_gone'  -- withdrawn, or rejected after all
        end as cause,
        case when state = 'superseded' then counted_id end as cause_submission_id,
        case
            when state = 'withdrawn' then withdrawal_id
            when cause = 'decision' then verdict_decision_id
        end as decision_id,
        case when state in ('rejected', 'held') then nullif(rule_codes, '') end as rule_codes,
    from stated
    qualify state != lag(state, 1, 'received') over (partition by submission_id order by moment)
    union all by name
    select
        submission_id,
        'received' as state,
        received_at as since_at,
        'arrival' as cause,
    from version
)

select
    changed.submission_id,
    row_number() over (
        partition by changed.submission_id order by changed.since_at, changed.cause != 'arrival'
    ) as change_number,
    version.org_unit_code,
    version.form_code,
    version.report_month,
    version.version,
    changed.state,
    changed.since_at,
    changed.cause,
    changed.rule_codes,
    changed.cause_submission_id,
    changed.decision_id,
from changed
inner join version using (submission_id)
order by changed.submission_id, change_number
