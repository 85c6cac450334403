"""What a bulletin is made of: rows of the published database, read by sql/page/bulletin_*.sql."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home, JinduError
from jindu.shown import IN_POINTS, STATUSES, Status, standing_of
from jindu.warehouse.published import published_copy

QUERIES = PROJECT_ROOT / "sql" / "page"
RED, ORANGE, YELLOW, BLUE = "red", "orange", "yellow", "blue"
OPEN = ("unreported", "not_computable", "not_due", "not_applicable")  # neither good nor bad
UNLIKELY = Decimal("0.2")  # domain.md, Alerts: projected to miss
LIKELY = Decimal("0.8")


@dataclass(frozen=True)
class Head:
    """Whose bulletin it is, of which month, and as of which night; `time_ratio` is the share of the year gone by."""

    org_unit_code: str
    name: str
    short_name: str
    level: str
    as_of: datetime
    month: date
    latest_month: date | None
    time_ratio: Decimal
    is_sample: bool
    targets_count: int


@dataclass(frozen=True)
class Progress:
    """A row of mart.completion with its indicator, and what it was a month before."""

    org_unit_code: str
    unit_name: str
    is_whole: bool
    indicator_code: str
    name_zh: str
    name_en: str
    theme_code: str | None
    theme_zh: str | None
    theme_en: str | None
    owner: str | None
    kind: str
    measure: str | None
    decimals: int | None
    direction: str
    publicity: str
    reporting_level: str
    status: str
    status_rule: str | None
    null_reason: str | None
    is_provisional: bool
    is_sample: bool
    is_corrected: bool
    is_suppressed: bool
    target_form: str | None
    target_basis: str | None
    target_due_month: date | None
    annual_target_value: Decimal | None
    target_covered_value: Decimal | None
    month_value: Decimal | None
    ytd_value: Decimal | None
    growth_ratio: Decimal | None
    completion_ratio: Decimal | None
    pace_ratio: Decimal | None
    gap_value: Decimal | None
    needed_monthly_value: Decimal | None
    projected_value: Decimal | None
    projected_low_value: Decimal | None
    projected_high_value: Decimal | None
    probability_ratio: Decimal | None
    status_before: str | None
    pace_before_ratio: Decimal | None
    was_suppressed: bool | None

    @property
    def shown(self) -> Status:
        """Its status as it is shown: what withheld figures leave open is withheld, and nobody's mistake."""
        return standing_of(self.status, is_suppressed=self.is_suppressed)

    @property
    def shown_before(self) -> Status | None:
        """The same of the month before."""
        before = self.status_before
        return None if before is None else standing_of(before, is_suppressed=self.was_suppressed)

    @property
    def tone(self) -> str:
        """Its colour."""
        return self.shown.tone

    @property
    def is_share(self) -> bool:
        """Whether its values are shares, shown as percentages."""
        return self.kind in IN_POINTS

    @property
    def has_target(self) -> bool:
        """Whether something is asked of it."""
        return self.status != "no_target"

    @property
    def badness(self) -> tuple[int, Decimal, str, str]:
        """The worst first: by status, then by pace."""
        pace = self.pace_ratio if self.pace_ratio is not None else Decimal(-1)
        return list(STATUSES).index(self.status), pace, self.org_unit_code, self.indicator_code


@dataclass(frozen=True)
class Place:
    """A unit's overall place among its siblings."""

    org_unit_code: str
    unit_name: str
    rank: int | None
    peers_count: int
    score_ratio: Decimal | None
    previous_rank: int | None
    rank_change: int | None
    change_cause: str | None
    best_rank: int | None
    worst_rank: int | None
    unranked_reason: str | None
    is_sample: bool


@dataclass(frozen=True)
class Report:
    """One report that was asked for, and what came."""

    form_name: str
    form_code: str
    org_unit_code: str
    unit_name: str
    is_whole: bool
    due_on: date
    state: str
    timeliness: str
    days_late_count: int
    cells_asked_count: int
    cells_filled_count: int
    reporting_ratio: Decimal | None
    on_time_ratio: Decimal | None


@dataclass(frozen=True)
class FormRate:
    """A form's rates over all who send it."""

    form_code: str
    form_name: str
    due_on: date
    units_due_count: int
    units_reported_count: int
    units_on_time_count: int
    units_late_count: int
    units_missing_count: int
    units_awaited_count: int
    cells_asked_count: int
    cells_filled_count: int
    reporting_ratio: Decimal | None
    on_time_ratio: Decimal | None


@dataclass(frozen=True)
class Issue:
    """All that one bulletin tells of."""

    head: Head
    progress: tuple[Progress, ...]
    places: tuple[Place, ...]
    reports: tuple[Report, ...]
    forms: tuple[FormRate, ...]
    version: str  # of the published copy
    english: Mapping[str, str] = field(default_factory=dict)  # names of units, owners and forms

    def spoken(self, lang: str) -> "Issue":
        """The same with units, owners and forms called by their names in a language."""
        if lang != "en":
            return self

        def called(row: Any, *columns: str) -> Any:
            known = ((column, self.english.get(getattr(row, column))) for column in columns)
            return replace(row, **{column: name for column, name in known if name is not None})

        return replace(
            self,
            head=called(self.head, "name", "short_name"),
            progress=tuple(called(row, "unit_name", "owner") for row in self.progress),
            places=tuple(called(one, "unit_name") for one in self.places),
            reports=tuple(called(one, "unit_name", "form_name") for one in self.reports),
            forms=tuple(called(one, "form_name") for one in self.forms),
        )

    @property
    def is_sample(self) -> bool:
        """Whether any figure was invented for a demonstration."""
        return any(row.is_sample for row in self.progress) or any(one.is_sample for one in self.places)

    @property
    def targets(self) -> list[Progress]:
        """The rows of which something is asked, of the office and below."""
        return [*self.own, *self.below]

    @property
    def own(self) -> list[Progress]:
        """The office's own rows that have a target, the worst first."""
        return sorted((row for row in self.progress if row.is_whole and row.has_target), key=lambda row: row.badness)

    @property
    def below(self) -> list[Progress]:
        """The rows with a target of the units right below, the worst first."""
        return sorted(
            (row for row in self.progress if not row.is_whole and row.has_target), key=lambda row: row.badness
        )


def read_issue(home: Home, month: date | None) -> Issue:
    """The bulletin's rows for a month, without one for the latest whose due day has passed.

    Raises JinduError when nothing is published, or nothing is known of the month.
    """
    with published_copy(home) as (connection, file):
        heads = [Head(**_renamed(row)) for row in _rows(connection, "bulletin_head", month)]
        if not heads:
            raise JinduError(
                "还没有报出期限已过的月份；请写出月份，如 jindu bulletin 2024-09。",
                "No month is due yet; name one, such as jindu bulletin 2024-09.",
            )
        (head,) = heads
        if not head.targets_count:
            latest = f"{head.latest_month:%Y-%m}" if head.latest_month else "—"
            raise JinduError(
                f"{head.month:%Y-%m} 没有{head.short_name}的年度目标，出不了通报；"
                f"报出期限已过的最近一个月是 {latest}。",
                f"{head.short_name} has no targets in {head.month:%Y-%m}; the latest month due is {latest}.",
            )
        return Issue(
            head,
            tuple(Progress(**row) for row in _rows(connection, "bulletin_progress", head.month)),
            tuple(Place(**row) for row in _rows(connection, "bulletin_rank", head.month)),
            tuple(Report(**row) for row in _rows(connection, "bulletin_reporting", head.month)),
            tuple(FormRate(**row) for row in _rows(connection, "bulletin_form", head.month)),
            file.parent.name,
            {row["name"]: row["name_en"] for row in _rows(connection, "english", None)},
        )


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    row["as_of"] = row.pop("as_of_at").astimezone(OFFICE_TIMEZONE)
    row["month"] = row.pop("report_month")
    return row


def _rows(connection: duckdb.DuckDBPyConnection, query: str, month: date | None) -> Iterator[dict[str, Any]]:
    """The rows of one query of sql/page/, each by the names of its columns."""
    text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    found = connection.execute(text, {"month": month} if "$month" in text else {})
    names = [column[0] for column in found.description]
    for row in found.fetchall():
        yield {name: _clean(value) for name, value in zip(names, row, strict=True)}


def _clean(value: Any) -> Any:
    """A text without signs that no document may hold."""
    if not isinstance(value, str):
        return value
    return "".join(sign if sign.isprintable() else " " for sign in value)
