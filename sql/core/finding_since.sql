-- grain: one row per finding of tonight's incoming gate, with the day since when it is known
-- What the first verdict found could be known when the file came: its receipt says so within the minute, and a first
-- night that catches up with months judges old files, not new ones. What a later verdict found was not to be known
-- before that night: another report may have come to contradict one that was accepted. A rule that joined others in a
-- verdict that stayed the same is known since that verdict; what refuses or holds nothing, since the first one.
with verdict_night as (
    select
        submission_id,
        min(since_at) as first_at,
        max(since_at) as last_at,
    from core.submission_state
    where cause not in ('arrival', 'newer_version', 'withdrawal')
    group by submission_id
),

named_rule as (
    select
        submission_id,
        rule_code,
        min(since_at) as since_at,
    from (
        select
            submission_id,
            since_at,
            unnest(string_split(rule_codes, ' ')) as rule_code,
        from core.submission_state
        where rule_codes is not null
    ) as verdict_rule
    group by submission_id, rule_code
)

select
    finding.finding_id,
    day_of(
        coalesce(
            nullif(
                coalesce(
                    named_rule.since_at,
                    case
                        when finding.severity != 'information' and coalesce(answer.state, 'open') = 'open'
                            then verdict_night.last_at
                    end
                ),
                verdict_night.first_at
            ),
            submission.received_at
        )
    ) as since_on,
from raw.finding as finding
inner join core.submission as submission using (submission_id)
left join core.finding_answer as answer using (finding_id)
left join verdict_night on finding.submission_id = verdict_night.submission_id
left join named_rule
    on finding.submission_id = named_rule.submission_id and finding.rule_code = named_rule.rule_code
where finding.run_id = night_of($as_of) and finding.gate = 'incoming'
order by finding.finding_id
