"""Who is told: the rows of recipient.csv."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import duckdb

from jindu.catalogue.reading import records
from jindu.settings import OFFICE_TIMEZONE

ROUTE = ("recipient_name", "org_unit_code", "department", "theme_code", "indicator_code", "kind", "from_level")


@dataclass(frozen=True)
class Recipient:
    """One row of recipient.csv; None is a blank."""

    name: str
    channel: str | None  # the name of an environment variable that holds an Apprise URL, never the URL
    scope: str | None  # a unit, theme or indicator code; None is everything
    content: str | None  # summary or full
    language: str  # zh or en
    runs_the_office: bool = True  # a route, or the scope, takes in the office's own runs: told when one fails
    quiet_from: time | None = None  # office time: nothing is sent from then on
    quiet_to: time | None = None  # until then

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing is to reach them now; the hours may go past midnight."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        clock = now.astimezone(OFFICE_TIMEZONE).time()
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= clock < self.quiet_to
        return clock >= self.quiet_from or clock < self.quiet_to


# Nobody is configured: the office's own file in outbox/.
OUTBOX_ONLY = Recipient(name="outbox", channel=None, scope=None, content="full", language="zh")


def load_recipients(connection: duckdb.DuckDBPyConnection) -> list[Recipient]:
    """The recipients of the private database, by name."""
    rows = connection.execute(
        "select name, channel, scope, content, language, quiet_from, quiet_to from reference.recipient order by name"
    ).fetchall()
    office = connection.execute("select value from reference.setting where key = 'office_code'").fetchone()
    columns = ", ".join(ROUTE)
    routes = connection.execute(f"select {columns} from reference.route").fetchall()
    return [_recipient(row, office[0] if office else None, routes) for row in rows]


def read_recipients(reference: Path) -> list[Recipient]:
    """The recipients of recipient.csv as it stands, for a night whose reference tables never loaded."""
    columns = ("name", "channel", "scope", "content", "language", "quiet_from", "quiet_to")
    rows = _rows(reference / "recipient.csv", columns)
    settings = {key: value for key, value in _rows(reference / "setting.csv", ("key", "value"))}
    routes = _rows(reference / "route.csv", ROUTE)
    return [_recipient(row, settings.get("office_code"), routes) for row in rows if _blank_to_none(row[0])]


def _rows(file: Path, columns: tuple[str, ...]) -> list[list[str | None]]:
    if not file.is_file():
        return []
    found = records(file.read_text(encoding="utf-8-sig", errors="replace"))
    _, header = next(found, (0, []))
    return [[dict(zip(header, cells, strict=False)).get(column) for column in columns] for _, cells in found]


def scope_is_known(connection: duckdb.DuckDBPyConnection, scope: str) -> bool:
    """Whether the scope is a code of a unit, a theme or an indicator."""
    found = connection.execute(
        """
        select $scope in (select code from reference.org_unit)
            or $scope in (select code from reference.theme)
            or $scope in (select code from reference.indicator)
            or $scope in (select theme from reference.indicator where theme is not null)
        """,
        {"scope": scope},
    ).fetchone()
    return found is not None and bool(found[0])


def _hears_runs(route: Sequence[Any], office: str | None) -> bool:
    """Whether a run that fails goes this way when it does, as mart.alert_route has it of the case."""
    _, unit, department, theme, indicator, kind, level = (_blank_to_none(str(cell or "")) for cell in route)
    is_of_targets = department or theme or indicator
    return not is_of_targets and kind in (None, "run_failed") and unit in (None, office) and level in (None, "0")


def _recipient(row: Sequence[Any], office: str | None, routes: Sequence[Sequence[Any]]) -> Recipient:
    """`row` is name, channel, scope, content, language, quiet_from, quiet_to."""
    name, channel, scope, content, language = map(_blank_to_none, row[:5])
    quiet_from, quiet_to = map(_clock, row[5:])
    own_routes = [route for route in routes if _blank_to_none(route[0]) == name]
    return Recipient(
        name=name or "",
        channel=channel,
        scope=scope,
        content=content,
        language="en" if language == "en" else "zh",
        runs_the_office=any(_hears_runs(route, office) for route in own_routes)
        if own_routes
        else scope in (None, office),
        quiet_from=quiet_from,
        quiet_to=quiet_to,
    )


def _clock(text: str | time | None) -> time | None:
    """22:00; None of what is no time of day, which the catalogue has refused."""
    try:
        return text if text is None or isinstance(text, time) else time.fromisoformat(text.strip())
    except ValueError:
        return None


def _blank_to_none(text: str | None) -> str | None:
    return (text or "").strip() or None


def own_units(connection: duckdb.DuckDBPyConnection, recipient: Recipient) -> frozenset[str]:
    """The units whose clerk the recipient is: those that his scope or a route of his names, not the ones below."""
    rows = connection.execute(
        "select org_unit_code from reference.route"
        " where recipient_name = ? and org_unit_code is not null and coalesce(kind, 'held') in ('rejected', 'held')",
        [recipient.name],
    ).fetchall()
    return frozenset(unit for (unit,) in rows) | frozenset({recipient.scope} if recipient.scope else ())
