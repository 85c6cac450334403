"""The months of a year behind one figure: for charts and the line of coloured squares."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from jindu.shown import IN_POINTS, month_name, standing_of
from jindu.site.source import Row

MONTHS = 12


def by_month(rows: Sequence[Row]) -> list[Row | None]:
    """A place for each month of the year, empty where there is no row."""
    found: list[Row | None] = [None] * MONTHS
    for row in rows:
        found[row.report_month.month - 1] = row
    return found


def numbers(rows: Sequence[Row | None], column: str) -> list[float | None]:
    """One column of the months."""
    values: list[Decimal | float | None] = [None if row is None else getattr(row, column) for row in rows]
    return [None if value is None else float(value) for value in values]


def amounts(cumulative: Sequence[float | None]) -> list[float | None]:
    """What each month adds: the difference of what is due by then; the first month's is all that is due by it."""
    before: list[float | None] = [0.0, *cumulative[:-1]]
    return [
        None if now is None or (last is None and place) else now - (last or 0.0)
        for place, (now, last) in enumerate(zip(cumulative, before, strict=True))
    ]


def month_labels(month: date, lang: str) -> list[str]:
    """The year's months, short enough for a chart on a phone."""
    return [
        str(one) if lang != "en" else month_name(date(month.year, one, 1), lang)[:1] for one in range(1, MONTHS + 1)
    ]


def past(rows: Sequence[Row]) -> list[Row]:
    """The months that are over."""
    return [row for row in rows if row.is_past]


def trend_text(rows: Sequence[Row], lang: str) -> str:
    """The signs of the months' statuses in a row: 达达略滞."""
    return "".join(standing_of(row.status, is_suppressed=row.is_suppressed).sign(lang) for row in rows)


def is_share(row: Row) -> bool:
    """Whether the axis is in percent."""
    return row.kind in IN_POINTS
