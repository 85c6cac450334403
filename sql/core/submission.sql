-- grain: one row per submission received by the as-of moment, with the state that its findings give it
-- domain.md, Submissions: the newest accepted one counts; a held one counts too and marks its values provisional.
-- A warning that the operator upheld rejects like a critical one (core.finding_answer).
-- What was withdrawn counts for nothing, also not for being in time; the version before it counts again.
with judged as (
    select
        received.*,
        count(finding.rule_code) filter (where finding.severity = 'critical') as critical_count,
        count(finding.rule_code) filter (
            where finding.severity = 'warning' and finding.state = 'open'
        ) as open_warning_count,
        count(finding.rule_code) filter (where finding.state = 'upheld') as upheld_count,
    from core.received as received
    left join core.finding_answer as finding using (submission_id)
    group by all
),

usable as (
    select
        submission_id,
        row_number() over (by_report order by version desc) as recency,
        -- who reported in time and corrected later was in time
        min(received_at) over (by_report) as first_usable_at,
    from judged
    where critical_count = 0 and upheld_count = 0 and withdrawn_at is null
    window by_report as (partition by form_code, sender_code, report_month)
)

select
    judged.submission_id,
    judged.sha256,
    judged.form_code,
    judged.sender_code,
    judged.org_unit_code,
    judged.report_month,
    judged.version,
    judged.is_sample,
    judged.file_name,
    judged.received_at,
    judged.due_on,
    judged.lock_on,
    case
        when judged.withdrawn_at is not null then 'withdrawn'
        when judged.critical_count > 0 or judged.upheld_count > 0 then 'rejected'
        when usable.recency > 1 then 'superseded'
        when judged.open_warning_count > 0 then 'held'
        else 'accepted'
    end as state,
    coalesce(usable.recency = 1, false) as is_counted,
    case
        when day_of(judged.received_at) <= judged.due_on then 'on_time'
        when judged.due_on is not null then 'late'  -- a file without form or month is neither
    end as timeliness,
    greatest(0, date_diff('day', judged.due_on, day_of(judged.received_at))) as days_late_count,
    usable.first_usable_at,
    judged.critical_count,
    judged.open_warning_count,
    judged.upheld_count,
    judged.withdrawn_at,
from judged
left join usable using (submission_id)
order by judged.received_at, judged.submission_id
