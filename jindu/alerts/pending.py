"""What one recipient has not been told yet: the cases of the published copy against what channels have confirmed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from jindu.alerts.recipient import Recipient
from jindu.settings import JinduError
from jindu.warehouse.connection import SQL_ROOT

QUERIES = SQL_ROOT / "page"
TOLD = """
with failure as (
    select
        case_id,
        min(happened_at) filter (where event != 'resolved') as failed_at,
        max(happened_at) filter (where event = 'resolved') as mended_at,
    from raw.alert_event
    where kind = 'run_failed'
    group by case_id
),

told as (
    select case_id, event, sent_at, notified_at
    from raw.notification
    where recipient_name = $name and ($is_filed or not coalesce(is_filed, false))
    union all
    select failure.case_id, notification.event, notification.sent_at, notification.notified_at
    from raw.notification as notification
    inner join failure
        on
            notification.notified_at >= failure.failed_at
            and coalesce(notification.notified_at < failure.mended_at, true)
    where
        notification.recipient_name = $name
        and starts_with(notification.case_id, 'run_failed ')
        and ($is_filed or not coalesce(notification.is_filed, false))
)

select case_id, arg_max(event, sent_at), max(notified_at)
from told
group by case_id
"""
GOOD = frozenset({"at_risk", "on_pace", "achieved", "repaired"})  # statuses that are neither orange nor red
HARDLY = Decimal("0.2")  # domain.md, Alerts: a chance under which a target is projected to miss
IS_ON = frozenset({"opened", "reopened", "escalated"})  # whoever was told one of these last waits for the end


@dataclass(frozen=True)
class Finding:
    """What is wrong in a file that was rejected or is held."""

    severity: str
    sheet_name: str | None
    cell: str | None
    message_zh: str
    message_en: str


@dataclass(frozen=True)
class Refusal:
    """The file that a rejected or held case tells of, and its open findings."""

    submission_id: str
    org_unit_code: str | None
    file_name: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Case:
    """A row of sql/page/digest_case.sql."""

    recipient_name: str | None
    level: int  # 0: told when it opens; 1: told only when it is escalated
    hears_escalation: bool  # routed at level 1, beside level 0 perhaps
    case_id: str
    kind: str
    severity: str | None
    state: str
    org_unit_code: str | None
    unit_name: str | None
    unit_name_en: str | None
    indicator_code: str | None
    indicator_name_zh: str | None
    indicator_name_en: str | None
    indicator_kind: str | None
    measure: str | None  # the indicator's unit
    decimals: int | None
    is_public: bool  # may be named outside the office
    form_code: str | None
    form_name: str | None
    form_name_en: str | None
    report_month: date | None
    since_month: date | None
    as_of_month: date | None  # of the figures
    status: str | None  # of the target in that month
    pace_ratio: Decimal | None
    is_over_ceiling: bool
    opened_at: datetime
    escalated_at: datetime | None
    resolved_at: datetime | None
    snoozed_until: date | None
    is_assigned: bool  # to another than its owner
    owner: str | None
    owner_en: str | None
    gap_value: Decimal | None
    needed_monthly_value: Decimal | None
    projected_value: Decimal | None
    probability_ratio: Decimal | None
    page: str | None  # of the site
    summary_zh: str | None
    summary_en: str | None

    @property
    def has_eased(self) -> bool:
        """Whether its newest figures would not open it: it is open until another month is as good."""
        is_likely = self.probability_ratio is None or self.probability_ratio >= HARDLY
        if self.kind == "projected_to_miss":
            return is_likely and self.probability_ratio is not None
        return self.kind == "behind" and self.status in GOOD and is_likely


@dataclass(frozen=True)
class Told:
    """What a recipient was told of a case, and in the digest of which night."""

    event: str  # opened, reopened, escalated, assigned (to somebody else), resolved
    notified_at: datetime


@dataclass(frozen=True)
class Event:
    """One thing that happened to one case and is to be told."""

    event: str
    case: Case
    refusal: Refusal | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What a confirmed delivery settles."""
        return self.case.case_id, self.event

    @property
    def counts_as(self) -> str:
        """How a digest counts it: what opened and has eased since is no news of today."""
        return "eased" if self.event in ("opened", "reopened") and self.case.has_eased else self.event


@dataclass(frozen=True)
class Published:
    """What the published copy has to tell, to whomever."""

    cases: Sequence[Case]
    refusals: dict[str, Refusal] = field(default_factory=dict)  # by case

    def of(self, recipient: Recipient, *, is_everyone: bool) -> list[Case]:
        """The recipient's cases; all of them for the office's own file, when nobody is configured."""
        if is_everyone:
            return list({case.case_id: case for case in self.cases}.values())
        return [case for case in self.cases if case.recipient_name == recipient.name]

    def passed_on(self, recipient: Recipient, told: dict[str, Told]) -> list[Case]:
        """The cases that the recipient was told of, and that were assigned to somebody else since."""
        own = {case.case_id for case in self.cases if case.recipient_name == recipient.name}
        others = {case.case_id: case for case in self.cases if case.is_assigned and case.case_id not in own}
        return [case for case_id, case in others.items() if case_id in told and told[case_id].event in IS_ON]


def published_cases(connection: duckdb.DuckDBPyConnection) -> Published:
    """The cases of a published copy; raises JinduError where it is of an older version that had no routes."""
    try:
        cases = [Case(**row) for row in _rows(connection, "digest_case")]
        refusals = _refusals(_rows(connection, "digest_finding"))
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise JinduError(
            "已发布的数据出自旧版本，还没有提醒要用的表。请先运行一次 jindu run。",
            "What is published comes from an older version, without the tables that alerts need. Run jindu run first.",
        ) from error
    return Published(cases, refusals)


def told_of(connection: duckdb.DuckDBPyConnection, recipient: Recipient) -> dict[str, Told]:
    """What the recipient was told last of each case; from the private database.

    A file in outbox/ tells those alone who have no channel: whoever is given one hears of what is open.
    A run that failed was told before it was a case: whoever was told of one knows of the case of that night.
    """
    rows = connection.execute(TOLD, {"name": recipient.name, "is_filed": not recipient.channel}).fetchall()
    return {case_id: Told(event, notified_at) for case_id, event, notified_at in rows}


def digests_told(connection: duckdb.DuckDBPyConnection, recipient: Recipient) -> set[str]:
    """The ids of the digests that the recipient has had, by the channel where there is one."""
    rows = connection.execute(
        "select distinct digest_id from raw.notification"
        " where recipient_name = $name and ($is_filed or not coalesce(is_filed, false))",
        {"name": recipient.name, "is_filed": not recipient.channel},
    ).fetchall()
    return {digest_id for (digest_id,) in rows}


def pending_events(
    cases: Iterable[Case], told: dict[str, Told], refusals: dict[str, Refusal], as_of: datetime
) -> list[Event]:
    """What is to be told now, in the order of the cases."""
    found = [(case, pending_event(case, told.get(case.case_id), as_of)) for case in cases]
    return [Event(event, case, refusals.get(case.case_id)) for case, event in found if event]


def passed_on_events(cases: Iterable[Case]) -> list[Event]:
    """That somebody else sees to it, or that it is over: the last that its former owner hears of it."""
    return [Event("resolved" if case.resolved_at else "assigned", case) for case in cases]


def pending_event(case: Case, last: Told | None, as_of: datetime) -> str | None:
    """What is new to somebody who was told `last` of this case; None when nothing is.

    A case that came and went untold needs nobody; one that is put off until a day is not told before it. That nobody
    saw to it is told to those who are to see that somebody does, not to the one whose it is.
    """
    knows = last is not None and last.event in IS_ON
    if case.resolved_at is not None:
        return "resolved" if knows else None
    if case.snoozed_until is not None and case.snoozed_until > as_of.date():
        return None
    if case.level == 0 and not knows:
        return "opened" if last is None else "reopened"
    if case.level == 0 and last and case.opened_at > last.notified_at:
        return "reopened"  # worse than when it was told, or over and open again in between
    if not case.hears_escalation or case.escalated_at is None:
        return None
    return "escalated" if last is None or not knows or case.escalated_at > last.notified_at else None


def _refusals(rows: Iterable[dict[str, Any]]) -> dict[str, Refusal]:
    findings: dict[str, list[Finding]] = defaultdict(list)
    files: dict[str, tuple[str, str | None, str]] = {}
    for row in rows:
        files[row["case_id"]] = (row["submission_id"], row["org_unit_code"], row["file_name"])
        if row["severity"]:
            findings[row["case_id"]].append(Finding(**{name: row[name] for name in Finding.__dataclass_fields__}))
    return {case_id: Refusal(*file, tuple(findings[case_id])) for case_id, file in files.items()}


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute((QUERIES / f"{query}.sql").read_text(encoding="utf-8"))
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
