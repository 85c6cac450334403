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
            when count(*) filter (where finding.severity = 'critical') > 0 then 'rejected'
            when count(*) filter (where finding.severity = 'warning') > 0 then 'held'
            else 'accepted'
        end as verdict,
        string_agg(distinct finding.rule_code, ' ' order by finding.rule_code) as rule_codes
    from core.received as received
    left join raw.finding as finding
        on
            received.submission_id = finding.submission_id
            and finding.gate = 'incoming'
            and finding.run_id = ?
            and finding.severity in ('critical', 'warning')
            and not (finding.severity = 'warning' and finding.is_explained)
    group by received.submission_id
),

known as (
    select submission_id, max_by(verdict, (judged_at, recorded_at)) as verdict
    from raw.verdict
    group by submission_id
)

select verdict.*
from verdict
left join known using (submission_id)
where verdict.verdict is distinct from known.verdict
order by verdict.submission_id
"""


def record_verdicts(connection: duckdb.DuckDBPyConnection, night: Night) -> int:
    """Write down the verdicts of the night that are new or changed (domain.md, Submissions); their number."""
    agree(connection, night.home, VERDICT)
    told = {"judged_at": night.as_of, "recorded_at": datetime.now(OFFICE_TIMEZONE), "run_id": night.run_id}
    rows = [row | told for row in table_rows(connection, CHANGED, [night.run_id])]
    add(connection, night.home, VERDICT, rows)
    return len(rows)
