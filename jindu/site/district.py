"""The office among its siblings: its rank in each indicator, and what a bulletin published beside what was computed."""

from collections.abc import Iterator

from jindu.site.page import Page
from jindu.site.source import Row, Source


def pages(source: Source, lang: str) -> Iterator[Page]:
    """One page; without a unit above, or without siblings that are ranked, it says so."""
    frame = source.frame
    rows = source.by("district", "indicator_code")
    overall = [row for row in source.rows("place") if not row.is_below_office and row.scope == "overall"]
    lines = []
    for siblings in rows.values():
        by_unit = {row.org_unit_code: row for row in siblings}
        own = by_unit.get(frame.office.code)
        if own is not None:
            lines.append((own, best(siblings), by_unit))
    title = frame.above.name if frame.above else frame.office.name
    heading = f"在{title}的位次" if lang == "zh" else f"Rank in {title}"
    units = sorted(
        (unit for unit in frame.siblings if any(unit.code in by_unit for _, _, by_unit in lines)),
        key=lambda unit: unit.code != frame.office.code,
    )
    place_of = {row.org_unit_code: row for row in overall}
    yield Page(
        "district.html",
        "district.html.j2",
        heading,
        "district",
        {"lines": lines, "siblings": units, "overall": overall, "place_of": place_of},
    )


def best(rows: list[Row]) -> Row | None:
    """The first of the ranked ones."""
    return next((row for row in rows if row.completion_rank == 1), None)
