"""The office among its siblings: its rank in each indicator, and what a bulletin published beside what was computed."""

from collections.abc import Iterator

from jindu.site.page import Page
from jindu.site.source import Row, Source, Unit


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
    explained = source.by("why_month", "org_unit_code", "indicator_code")
    place_of = {row.org_unit_code: row for row in overall}
    yield Page(
        "district.html",
        "district.html.j2",
        heading,
        "district",
        {
            "lines": lines,
            "siblings": units,
            "overall": overall,
            "place_of": place_of,
            "explained": explained,
            "others": others(
                source, {(code, row.indicator_code) for row, _, by_unit in lines for code in by_unit}, lang
            ),
        },
    )


def others(source: Source, shown: set[tuple[str, str]], lang: str) -> list[tuple[Unit, list[tuple[str, str]]]]:
    """The unit above and the siblings with the indicators, code and name, explained for them but in no table here."""
    names = {row.indicator_code: row.name_en if lang == "en" else row.name_zh for row in source.rows("about")}
    found: dict[str, list[tuple[str, str]]] = {}
    for unit_code, code in source.by("why_month", "org_unit_code", "indicator_code"):
        if (unit_code, code) not in shown:
            found.setdefault(unit_code, []).append((code, names[code]))
    return [
        (unit, found[unit.code])
        for unit in source.frame.units
        if unit.place in {"above", "sibling"} and unit.code in found
    ]


def best(rows: list[Row]) -> Row | None:
    """The first of the ranked ones."""
    return next((row for row in rows if row.completion_rank == 1), None)
