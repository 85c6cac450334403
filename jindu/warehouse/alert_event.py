"""What a night first tells of alert cases, written down so that a case that was told stays the same one."""

import duckdb

from jindu.settings import Night
from jindu.warehouse.journal import ALERT_EVENT, add, agree, table_rows

NEW = """
select
    told.case_id, told.event, told.happened_at, told.kind, told.org_unit_code, told.indicator_code, told.form_code,
    told.plan_year, told.report_month, told.since_month, told.about_id
from mart.alert_event as told
anti join raw.alert_event as seen using (case_id, event, happened_at)
where told.event in ('opened', 'reopened', 'resolved')
order by told.case_id, told.happened_at, told.event
"""


def record_events(connection: duckdb.DuckDBPyConnection, night: Night) -> int:
    """Write down the openings and resolutions that no night has told before; their number."""
    agree(connection, night.home, ALERT_EVENT)
    seen = {"seen_at": night.as_of, "run_id": night.run_id}
    rows = [row | seen for row in table_rows(connection, NEW)]
    add(connection, night.home, ALERT_EVENT, rows)
    return len(rows)
