"""What the incoming gate made of each submission, written down whenever it is another than before."""

from datetime import datetime

import duckdb

from jindu.settings import OFFICE_TIMEZONE, Night
from jindu.warehouse.journal import VERDICT, add, agree, table_rows

CHANGED = """
with verdict as (
    select
        received.submission_id,
        case
            when count(*) filter (where finding.severity = 'critical' or finding.state = 'upheld') > 0 then 'rejected'
            when count(*) filter (where finding.severity = 'warning' and finding.state = 'open') > 0 then 'held'
            else 'accepted'
        end as verdict,
        string_agg(distinct finding.rule_code, ' ' order by finding.rule_code) filter (
            where finding.state in ('open', 'upheld')
        ) as rule_codes,
        max_by(finding.decision_id, (finding.decided_at, finding.decision_id)) filter (
            where finding.decision_id is not null
        ) as decision_id
    from core.received as received
    left join core.finding_answer as finding
        on received.submission_id = finding.submission_id and finding.severity in ('critical', 'warning')
    group by received.submission_id
),

-- telephoned in since the night before, of the report or of the month that it adds to
told as (
    select received.submission_id, max_by(correction.decision_id, (correction.recorded_at, correction.decision_id))
        as decision_id
    from core.received as received
    inner join core.correction as correction
        on
            received.form_code = correction.form_code
            and received.sender_code = correction.sender_code
            and correction.report_month in (received.report_month, received.report_month - interval 1 month)
            and received.received_at <= correction.recorded_at
    where
        correction.unfit_code is null
        and correction.recorded_at > coalesce(
            (select max(as_of_at) from raw.run where state = 'completed' and as_of_at < ?), timestamp '1970-01-01'
        )
    group by received.submission_id
),

known as (
    select
        submission_id,
        max_by(verdict, (judged_at, recorded_at)) as verdict,
        list(decision_id) as decision_ids
    from raw.verdict
    group by submission_id
)

select
    verdict.submission_id,
    verdict.verdict,
    verdict.rule_codes,
    -- what has changed a verdict before is not why this one is another
    coalesce(
        case
            when not coalesce(list_contains(known.decision_ids, verdict.decision_id), false) then verdict.decision_id
        end,
        case when known.verdict is not null then told.decision_id end
    ) as decision_id
from verdict
left join known using (submission_id)
left join told using (submission_id)
where verdict.verdict is distinct from known.verdict
order by verdict.submission_id
"""


def record_verdicts(connection: duckdb.DuckDBPyConnection, night: Night) -> int:
    """Write down the verdicts of the night that are new or changed (domain.md, Submissions); their number."""
    agree(connection, night.home, VERDICT)
    told = {"judged_at": night.as_of, "recorded_at": datetime.now(OFFICE_TIMEZONE), "run_id": night.run_id}
    rows = [row | told for row in table_rows(connection, CHANGED, [night.as_of])]
    add(connection, night.home, VERDICT, rows)
    return len(rows)
