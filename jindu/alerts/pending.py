"""What one recipient has not been told yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from jindu.alerts.recipient import Recipient
from jindu.settings import Home

# A case that opened and closed before its recipient was told needs nobody: neither event is pending.
PENDING = """
with recursive unit_in_scope as (
    select code from reference.org_unit where code = $scope
    union
    select child.code
    from reference.org_unit as child
    inner join unit_in_scope as parent on child.parent_code = parent.code
),

indicator_in_scope as (
    select code from reference.indicator where code = $scope or theme = $scope
),

told as (
    select case_id, event from raw.notification where recipient_name = $recipient
),

untold as (
    select *, 'opened' as event, opened_at as happened_at
    from published.mart.alert_case
    where resolved_at is null and (case_id, 'opened') not in (select (case_id, event) from told)
    union all
    select *, 'resolved' as event, resolved_at as happened_at
    from published.mart.alert_case
    where resolved_at is not null
        and (case_id, 'opened') in (select (case_id, event) from told)
        and (case_id, 'resolved') not in (select (case_id, event) from told)
)

select
    untold.case_id,
    untold.event,
    untold.kind,
    coalesce(org_unit.short_name, org_unit.name, untold.org_unit_code) as unit_name,
    coalesce(
        case when $language = 'en' then indicator.name_en end, indicator.name_zh, untold.indicator_code
    ) as indicator_name,
    coalesce(case when $language = 'zh' then form.name_zh end, untold.form_code) as form_name,
    untold.indicator_code is null or coalesce(indicator.publicity = 'public', false) as is_public,
    untold.report_month,
    untold.happened_at,
    untold.owner,
    coalesce(case when $language = 'en' then untold.summary_en end, untold.summary_zh, '') as summary
from untold
left join reference.org_unit as org_unit on org_unit.code = untold.org_unit_code
left join reference.indicator as indicator on indicator.code = untold.indicator_code
left join reference.form as form on form.code = untold.form_code
where $scope is null
    or untold.org_unit_code in (select code from unit_in_scope)
    or untold.indicator_code in (select code from indicator_in_scope)
order by
    untold.report_month desc nulls last,
    untold.org_unit_code nulls first,
    untold.indicator_code nulls first,
    untold.case_id
"""


@dataclass(frozen=True)
class Event:
    """One thing that happened to one case, in the recipient's language."""

    case_id: str
    event: str  # opened, resolved
    kind: str
    unit_name: str | None
    indicator_name: str | None
    form_name: str | None
    is_public: bool  # may be named outside the office
    report_month: date | None
    happened_at: datetime
    owner: str | None
    summary: str


@contextmanager
def published_cases(connection: duckdb.DuckDBPyConnection, home: Home) -> Iterator[None]:
    """The published copy beside the private database, where a night that failed leaves cases not to be told."""
    where = str(home.published.resolve()).replace("'", "''")
    connection.execute(f"attach '{where}' as published (read_only)")
    try:
        yield
    finally:
        connection.execute("detach published")


def pending_events(connection: duckdb.DuckDBPyConnection, recipient: Recipient) -> list[Event]:
    """The cases in the recipient's scope that opened, or were resolved, and that no channel has confirmed to them.

    Reads them where published_cases put them.
    """
    rows = connection.execute(
        PENDING, {"recipient": recipient.name, "scope": recipient.scope, "language": recipient.language}
    ).fetchall()
    return [Event(*row) for row in rows]
