"""What people decide about alert cases: to see to one, to wait, to give it to somebody else.

Read from the published database and the journal of decisions; the private database stays closed. The decision itself is
a line of decisions/alert.jsonl (jindu/decisions.py) and counts from the next night on (core.alert_decision).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from jindu.alerts.recipient import read_recipients
from jindu.decisions import Decision, read_journal
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.submission import called
from jindu.warehouse.published import published_copy

KIND = "alert"
SHORT_ID = 8  # hex digits of an id, as lists show it
LEAST_ID = 4  # of what may stand for one
CANDIDATES_SHOWN = 8

HAS_EVENTS = "select 1 from duckdb_tables() where schema_name = 'mart' and table_name = 'alert_event'"
PUBLISHED_AT = "select max(as_of_at) from mart.run"
CASES = """
select
    alert.case_id,
    alert.kind,
    alert.severity,
    alert.state,
    alert.org_unit_code,
    coalesce(unit.short_name, unit.name, alert.org_unit_code) as unit,
    alert.indicator_code,
    indicator.kind as indicator_kind,
    indicator.unit as measure,
    indicator.decimals,
    alert.form_code,
    alert.report_month,
    alert.since_month,
    alert.opened_at,
    alert.notified_at,
    alert.acknowledged_at,
    alert.escalated_at,
    alert.resolved_at,
    alert.snoozed_until,
    alert.assignee,
    alert.reopened_count,
    alert.owner,
    alert.summary_zh,
    alert.summary_en,
    alert.gap_value,
    alert.needed_monthly_value,
    alert.projected_value,
    alert.probability_ratio,
    alert.page,
    alert.told_by_case_id,
    alert.is_told
from mart.alert_case as alert
left join mart.org_unit as unit using (org_unit_code)
left join mart.indicator as indicator using (indicator_code)
order by
    list_position(['high', 'medium', 'low'], alert.severity),
    alert.opened_at,
    alert.org_unit_code,
    alert.indicator_code,
    alert.case_id
"""
EVENTS = """
select event, happened_at, level, snoozed_until, assignee
from mart.alert_event
where case_id = $case_id
order by happened_at, list_position(
    ['opened', 'reopened', 'notified', 'snoozed', 'assigned', 'acknowledged', 'escalated', 'resolved'], event
)
"""
TOLD = "select recipient_name, level from mart.alert_route where case_id = $case_id order by level, recipient_name"


@dataclass(frozen=True)
class Case:
    """A case as the last published night knew it."""

    case_id: str
    kind: str
    severity: str
    state: str
    org_unit_code: str
    unit: str
    indicator_code: str | None
    indicator_kind: str | None
    measure: str | None  # the indicator's unit
    decimals: int | None
    form_code: str | None
    report_month: date | None
    since_month: date | None
    opened_at: datetime
    notified_at: datetime | None
    acknowledged_at: datetime | None
    escalated_at: datetime | None
    resolved_at: datetime | None
    snoozed_until: date | None
    assignee: str | None
    reopened_count: int
    owner: str | None
    summary_zh: str
    summary_en: str
    gap_value: Any
    needed_monthly_value: Any
    projected_value: Any
    probability_ratio: Any
    page: str
    told_by_case_id: str | None
    is_told: bool
    pending: Decision | None = None  # decided since the last night, which does not know it yet

    @property
    def short_id(self) -> str:
        """Its id as people give it."""
        return self.case_id[:SHORT_ID]

    @property
    def in_charge(self) -> str | None:
        """Whom it was assigned to, else its owner."""
        return self.assignee or self.owner

    @property
    def is_open(self) -> bool:
        """Whether the matter lasts."""
        return self.state != "resolved"

    @property
    def waits(self) -> bool:
        """Whether nobody sees to it yet, counting what was decided since the last night."""
        is_seen_to = self.pending is not None and self.pending.payload["action"] in ("ack", "snooze")
        return self.is_open and self.is_told and self.state != "acknowledged" and not is_seen_to


@dataclass(frozen=True)
class Happening:
    """One event of a case."""

    event: str
    happened_at: datetime
    level: int
    snoozed_until: date | None
    assignee: str | None


class AlertDesk:
    """The cases of the published copy, and the decisions about them, today's included."""

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        if not connection.execute(HAS_EVENTS).fetchall():
            raise JinduError(
                "已发布的数据是旧版本算出的，还没有提醒的经过。请先运行一次 jindu run。",
                "What is published was made by an older version, without events of alerts. Run jindu run first.",
            )
        ((published_at,),) = connection.execute(PUBLISHED_AT).fetchall()
        self.published_at: datetime = published_at.astimezone(OFFICE_TIMEZONE)
        self.decisions = [one for _, one in read_journal(home.decisions / f"{KIND}.jsonl").decisions]
        self.cases = tuple(self._read())

    def of_unit(self, cases: Sequence[Case], unit: str) -> list[Case]:
        """Those of one unit, by its code, name or short name. Raises JinduError for a unit that nobody knows."""
        units = self._rows("select *, org_unit_code as code from mart.org_unit")
        row = called(units, unit, ("code", "name", "short_name"), "org_unit")
        return [one for one in cases if one.org_unit_code == row["code"]]

    def of_owner(self, cases: Sequence[Case], owner: str) -> list[Case]:
        """Those that are seen to by one department or post. Raises JinduError for one that no case has."""
        if not any(owner == one.in_charge for one in self.cases):
            known = sorted({one.in_charge for one in self.cases if one.in_charge})
            raise JinduError(
                f"没有责任方是“{owner}”的提醒；有：{'、'.join(known) or '（没有）'}。",
                f"No case has the owner {owner!r}; there are: {', '.join(known) or '(none)'}.",
            )
        return [one for one in cases if one.in_charge == owner]

    def one(self, beginning: str) -> Case:
        """The case whose id begins so. Raises JinduError when none does, or several do."""
        wanted = beginning.strip().lower()
        found = [one for one in self.cases if one.case_id.startswith(wanted)] if len(wanted) >= LEAST_ID else []
        if len(found) == 1:
            return found[0]
        if found:
            zh = "、".join(f"{one.case_id}（{one.summary_zh}）" for one in found[:CANDIDATES_SHOWN])
            en = ", ".join(f"{one.case_id} ({one.summary_en})" for one in found[:CANDIDATES_SHOWN])
            raise JinduError(
                f"编号以“{beginning}”开头的提醒有 {len(found)} 条，请写得长一些：{zh}",
                f"{len(found)} cases have an id that begins with {beginning!r}; give more of it: {en}",
            )
        raise JinduError(
            f"没有编号以“{beginning}”开头的提醒（至少写 {LEAST_ID} 位）。编号见 jindu alert list。",
            f"No case has an id that begins with {beginning!r} (at least {LEAST_ID} digits). "
            "Ids stand in jindu alert list.",
        )

    def history(self, case: Case) -> list[Happening]:
        """What became of it, in its order."""
        rows = self._rows(EVENTS, case_id=case.case_id)
        return [Happening(**row) for row in rows]

    def told(self, case: Case) -> list[tuple[str, int]]:
        """Who is told, and from which level on."""
        return [(row["recipient_name"], row["level"]) for row in self._rows(TOLD, case_id=case.case_id)]

    def decided(self, case: Case) -> list[Decision]:
        """The decisions about it, the oldest first."""
        return sorted(
            (one for one in self.decisions if case.case_id in one.payload["cases"]),
            key=lambda one: (one.recorded_at, one.entered_at, one.decision_id),
        )

    def refuse(self, chosen: Sequence[Case], action: str, moment: datetime) -> None:
        """Raise JinduError for what cannot be decided so."""
        for one in chosen:
            name_zh, name_en = f"提醒 {one.short_id}（{one.summary_zh}）", f"Case {one.short_id} ({one.summary_en})"
            if not one.is_open:
                raise JinduError(f"{name_zh}已经解除，不用再办。", f"{name_en} is resolved: nothing is left to decide.")
            if one.opened_at > moment:
                raise JinduError(
                    f"{name_zh}到 {one.opened_at:%Y-%m-%d %H:%M} 才开立，决定的时间不能更早。",
                    f"{name_en} opened at {one.opened_at:%Y-%m-%d %H:%M}: it cannot be decided before.",
                )
            if action == "ack" and one.state == "acknowledged":
                raise JinduError(f"{name_zh}已经有人认领。", f"{name_en} is acknowledged already.")

    def _read(self) -> Iterator[Case]:
        newest: dict[str, Decision] = {}
        for decision in sorted(self.decisions, key=lambda one: (one.recorded_at, one.entered_at, one.decision_id)):
            if decision.recorded_at > self.published_at:
                newest |= dict.fromkeys(decision.payload["cases"], decision)
        for row in self._rows(CASES):
            yield Case(**row, pending=newest.get(row["case_id"]))

    def _rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [{name: _in_office_time(value) for name, value in row.items()} for row in rows]


@contextmanager
def alert_desk(home: Home) -> Iterator[AlertDesk]:
    """The desk of a home. Raises JinduError when nothing is published."""
    with published_copy(home) as (connection, _):
        yield AlertDesk(home, connection)


def recipient_named(reference: Path, name: str) -> str:
    """The recipient of recipient.csv who is called so. Raises JinduError with the names there are."""
    names = [one.name for one in read_recipients(reference)]
    if name.strip() in names:
        return name.strip()
    known_zh, known_en = "、".join(names) or "（没有）", ", ".join(names) or "(none)"
    raise JinduError(
        f"recipient.csv 里没有“{name}”；有：{known_zh}。转办只能转给登记过的科室或岗位。",
        f"recipient.csv has no {name!r}; there are: {known_en}. A case is assigned to a department or post in it.",
    )


def _in_office_time(value: Any) -> Any:
    return value.astimezone(OFFICE_TIMEZONE) if isinstance(value, datetime) else value
