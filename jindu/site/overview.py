"""The first page: how the year stands, what is worst, who is ahead, and every indicator of every unit at one glance."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jindu.shown import STATUSES, turn
from jindu.site.page import Page
from jindu.site.source import Row, Source, Unit
from jindu.site.wording import WORST, severity

WORST_SHOWN = 8
CHANGES_SHOWN = 6
HEAT_ROWS = 40  # on one page; more go on to the next
GOOD = ("achieved", "on_pace")


@dataclass(frozen=True)
class Tile:
    """A number at the top of a page: how many targets stand so, and how many more than last month."""

    zh: str
    en: str
    tone: str
    count: int
    change: int | None  # None where there is no month before


@dataclass(frozen=True)
class HeatRow:
    """An indicator of the heat map: the office's row, then that of each unit in the order of the columns."""

    head: Row
    cells: tuple[Row | None, ...]


@dataclass(frozen=True)
class Place:
    """A line of the overall ranking, with how the unit's targets stand."""

    unit: Unit
    row: Row
    counts: Counter[str]  # by tone


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The overview, and further pages of the heat map where it is long."""
    frame = source.frame
    standing = source.by("standing", "org_unit_code")
    own = [row for row in standing.get(frame.office.code, []) if row.status != "no_target"]
    places = ranked(source)
    worst = sorted((row for row in own if row.status in WORST), key=severity)
    heat = heat_rows(source, [place.unit for place in places])
    parts = [heat[start : start + HEAT_ROWS] for start in range(0, len(heat), HEAT_ROWS)] or [[]]
    title = "总览" if lang == "zh" else "Overview"
    shared = {"columns": places, "heat_parts": len(parts)}
    yield Page(
        "index.html",
        "overview.html.j2",
        title,
        "overview",
        {
            **shared,
            "tiles": tiles(own),
            "provisional": provisional(own),
            "targets_count": len(own),
            "worst": worst[:WORST_SHOWN],
            "worst_count": len(worst),
            "members_worst_count": sum(
                row.status in WORST for unit in frame.members for row in standing.get(unit.code, [])
            ),
            "worse": changed(own, is_worse=True),
            "better": changed(own, is_worse=False),
            "changes_shown": CHANGES_SHOWN,
            "places": places,
            "heat": parts[0],
            "heat_part": 1,
        },
    )
    for number, part in enumerate(parts[1:], start=2):
        heading = f"各项进度（{number}）" if lang == "zh" else f"Every indicator ({number})"
        yield Page(
            f"heat-{number}.html", "heat.html.j2", heading, "overview", {**shared, "heat": part, "heat_part": number}
        )


TILES = (  # the words over the numbers, and the statuses that they count
    ("已完成", "Achieved", "blue", ("achieved",)),
    ("达序时", "On pace", "blue", ("on_pace",)),
    ("略滞后", "Slightly behind", "yellow", ("at_risk", "repaired")),
    ("滞后", "Behind", "orange", ("behind",)),
    ("严重滞后、未完成", "Far behind, missed", "red", ("far_behind", "missed")),
    ("未到期或无数", "Not due, no figure", "grey", ("not_due", "unreported", "not_computable", "not_applicable")),
)


def tiles(rows: Sequence[Row]) -> list[Tile]:
    """How many targets are achieved, on pace, behind and so on: now, and how many more than last month."""
    now = Counter(row.status for row in rows)
    before = Counter(row.previous_status for row in rows if row.previous_status is not None)
    return [
        Tile(zh, en, tone, count, count - sum(before[code] for code in codes) if before else None)
        for zh, en, tone, codes in TILES
        for count in [sum(now[code] for code in codes)]
    ]


def provisional(rows: Sequence[Row]) -> Tile:
    """How many could still turn, because a report is missing or held."""
    count, was = sum(row.is_provisional for row in rows), sum(bool(row.was_provisional) for row in rows)
    has_before = any(row.previous_status is not None for row in rows)
    return Tile("暂定", "Provisional", "plain", count, count - was if has_before else None)


def changed(rows: Sequence[Row], *, is_worse: bool) -> list[Row]:
    """Rows whose status became worse, or better, than it was last month; the worst, or the best, first."""
    moved = [row for row in rows if turn(row.previous_status, row.status) == (-1 if is_worse else 1)]
    return sorted(moved, key=severity, reverse=not is_worse)


def ranked(source: Source) -> list[Place]:
    """The units below the office by their overall rank; those without one last, by code."""
    standing = source.by("standing", "org_unit_code")
    units = source.frame.unit_by_code
    places = [
        Place(units[row.org_unit_code], row, tone_counts(standing.get(row.org_unit_code, [])))
        for row in source.rows("place")
        if row.is_below_office and row.scope == "overall" and row.org_unit_code in units
    ]
    return places


def tone_counts(rows: Sequence[Row]) -> Counter[str]:
    """How many rows have each colour; without a target none."""
    return Counter(STATUSES[row.status].tone for row in rows if row.status != "no_target")


def heat_rows(source: Source, units: Sequence[Unit]) -> list[HeatRow]:
    """The indicators that any of the units has a target for, by theme; those with most behind first."""
    standing = source.by("standing", "indicator_code")
    found = []
    for rows in standing.values():
        by_unit = {row.org_unit_code: row for row in rows}
        cells = tuple(by_unit.get(unit.code) for unit in units)
        with_target = [row for row in cells if row is not None and row.status != "no_target"]
        if with_target:
            found.append(HeatRow(by_unit.get(source.frame.office.code, with_target[0]), cells))
    return sorted(found, key=lambda line: (line.head.theme_code or "~", -_weight(line), line.head.indicator_code))


def _weight(line: HeatRow) -> int:
    worth = {"red": 100, "orange": 10, "yellow": 1}
    return sum(worth.get(STATUSES[row.status].tone, 0) for row in line.cells if row is not None)
