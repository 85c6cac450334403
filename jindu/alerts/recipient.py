"""Who is told: the rows of recipient.csv."""

import csv
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Recipient:
    """One row of recipient.csv; None is a blank."""

    name: str
    channel: str | None  # the name of an environment variable that holds an Apprise URL, never the URL
    scope: str | None  # a unit, theme or indicator code; None is everything
    content: str | None  # summary or full
    language: str  # zh or en


# Nobody is configured: the office's own file in outbox/.
OUTBOX_ONLY = Recipient(name="outbox", channel=None, scope=None, content="full", language="zh")


def load_recipients(connection: duckdb.DuckDBPyConnection) -> list[Recipient]:
    """The recipients of the private database, by name."""
    rows = connection.execute(
        "select name, channel, scope, content, language from reference.recipient order by name"
    ).fetchall()
    return [_recipient(*row) for row in rows]


def read_recipients(reference: Path) -> list[Recipient]:
    """The recipients of recipient.csv as it stands, for a night whose reference tables never loaded."""
    file = reference / "recipient.csv"
    if not file.is_file():
        return []
    columns = ("name", "channel", "scope", "content", "language")
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = [[row.get(column) for column in columns] for row in csv.DictReader(lines)]
    return [_recipient(name, *others) for name, *others in rows if name and name.strip()]


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


def _recipient(
    name: str, channel: str | None, scope: str | None, content: str | None, language: str | None
) -> Recipient:
    return Recipient(
        name=name.strip(),
        channel=_blank_to_none(channel),
        scope=_blank_to_none(scope),
        content=_blank_to_none(content),
        language="en" if _blank_to_none(language) == "en" else "zh",
    )


def _blank_to_none(text: str | None) -> str | None:
    return (text or "").strip() or None
