"""Who is told: the rows of recipient.csv."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import duckdb

from jindu.catalogue.reading import records
from jindu.settings import OFFICE_TIMEZONE


@dataclass(frozen=True)
class Recipient:
    """One row of recipient.csv; None is a blank."""

    name: str
    channel: str | None  # the name of an environment variable that holds an Apprise URL, never the URL
    scope: str | None  # a unit, theme or indicator code; None is everything
    content: str | None  # summary or full
    language: str  # zh or en
    runs_the_office: bool = True  # scope is everything, or the office itself: told when a run fails
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
        "select name, channel, scope, content, language from reference.recipient order by name"
    ).fetchall()
    office = connection.execute("select value from reference.setting where key = 'office_code'").fetchone()
    return [_recipient(row, office[0] if office else None) for row in rows]


def read_recipients(reference: Path) -> list[Recipient]:
    """The recipients of recipient.csv as it stands, for a night whose reference tables never loaded."""
    rows = _rows(reference / "recipient.csv", ("name", "channel", "scope", "content", "language"))
    settings = {key: value for key, value in _rows(reference / "setting.csv", ("key", "value"))}
    return [_recipient(row, settings.get("office_code")) for row in rows if _blank_to_none(row[0])]


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


def _recipient(row: Sequence[str | None], office: str | None) -> Recipient:
    """`row` is name, channel, scope, content, language."""
    name, channel, scope, content, language = map(_blank_to_none, row)
    return Recipient(
        name=name or "",
        channel=channel,
        scope=scope,
        content=content,
        language="en" if language == "en" else "zh",
        runs_the_office=scope in (None, office),
    )


def _blank_to_none(text: str | None) -> str | None:
    return (text or "").strip() or None
