"""The pages of the indicators: the list of them, and one each with its months, where it is going, and its units."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from markupsafe import Markup

from jindu.shown import UNKNOWN
from jindu.site import wording
from jindu.site.chart import Interval, Year, monthly_bars, year_line
from jindu.site.page import Page
from jindu.site.series import amounts, by_month, is_share, month_labels, numbers, past
from jindu.site.source import Row, Source, Unit

Beside = tuple[Unit, Row, Row | None]  # a unit, where it stands, and its place in the indicator's ranking
SAME = 1e-9  # between two numbers of a chart


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The list, then a page for each indicator that the office or one of its units has a row for."""
    standing = source.by("standing", "indicator_code")
    months = source.by("month", "org_unit_code", "indicator_code")
    places = {
        (row.scope_code, row.org_unit_code): row
        for row in source.rows("place")
        if row.scope == "indicator" and row.is_below_office
    }
    office = source.frame.office.code
    described = [row for row in source.rows("indicator") if row.indicator_code in standing]
    heads = {row.indicator_code: head(standing[row.indicator_code], office) for row in described}
    title = "指标" if lang == "zh" else "Indicators"
    yield Page("indicator/index.html", "indicators.html.j2", title, "indicator", {"rows": list(heads.values())})
    for indicator in described:
        code = indicator.indicator_code
        first = heads[code]
        own_months = months.get((first.org_unit_code, code), [])
        shown = [Row(**vars(row), kind=first.kind, decimals=first.decimals) for row in past(own_months)]
        units = beside(source, standing[code], places)
        yield Page(
            f"indicator/{code}.html",
            "indicator.html.j2",
            wording.name(first, lang),
            "indicator",
            {
                "indicator": indicator,
                "head": first,
                "is_office": first.org_unit_code == office,
                "months": shown,
                "month_digits": wording.column_digits(shown),
                "charts": charts(first, own_months, lang),
                "units": units,
                "digits": wording.column_digits(row for _, row, _ in units),
                "trends": {unit.code: past(months.get((unit.code, code), [])) for unit in source.frame.members},
            },
        )


def head(rows: Sequence[Row], office: str) -> Row:
    """The office's own row, else the first of its units'."""
    return next((row for row in rows if row.org_unit_code == office), rows[0])


def beside(
    source: Source, rows: Sequence[Row], places: dict[tuple[str, str], Row]
) -> list[tuple[Unit, Row, Row | None]]:
    """The units with the indicator and their rank in it, the best first; those without a rank last."""
    members = source.frame.unit_by_code
    found = [
        (members[row.org_unit_code], row, places.get((row.indicator_code, row.org_unit_code)))
        for row in rows
        if row.org_unit_code != source.frame.office.code and row.org_unit_code in members
    ]
    return sorted(found, key=lambda line: (*_rank_key(line[2]), -(line[1].pace_ratio or Decimal(-1)), line[0].code))


CAPTIONS = {
    "months": ("每月完成（柱）与序时安排（横线）", "Each month (bars) against what was phased for it (lines)"),
    "year": (
        "本年累计（实线）、应完成（灰虚线）、全年目标（红虚线）、预计年末（阴影为 80% 区间）",
        "The year to date (solid), due (grey), target (red), where it will end (shade: 80 %)",
    ),
    "level": (
        "各月水平（实线）、应达到（灰虚线）、目标（红虚线）、预计年末（阴影为 80% 区间）",
        "The level (solid), due (grey), target (red), where it will end (shade: 80 %)",
    ),
}


def charts(row: Row, rows: Sequence[Row], lang: str) -> list[tuple[str, Markup]]:
    """Each with its caption: the months' amounts of a flow, and the year with where it will end."""
    months = by_month(rows)
    known = [one for one in months if one is not None]
    if not any(one.ytd_value is not None for one in known):
        return []
    labels, text = month_labels(known[0].report_month, lang), told(row, lang)
    has_target = row.annual_target_value is not None
    phased = numbers(months, "phased_value") if has_target else [None] * len(months)
    target = float(row.annual_target_value) if has_target else None
    is_flat = all(value is None or (target is not None and abs(value - target) < SAME) for value in phased)
    found = []
    if row.kind == "flow":
        caption = caption_of("months", lang)
        found.append((caption, monthly_bars(numbers(months, "month_value"), amounts(phased), labels, caption, text)))
    caption = caption_of("year" if row.kind in {"flow", "milestone"} else "level", lang)
    year = Year(
        values=numbers(months, "ytd_value"),
        phased=[] if is_flat else phased,
        target=target,
        end=end(row),
        is_share=is_share(row),
        from_zero=row.kind in {"flow", "milestone"},
    )
    found.append((caption, year_line(year, labels, caption, text)))
    return found


def caption_of(kind: str, lang: str) -> str:
    """What stands over a chart."""
    zh, en = CAPTIONS[kind]
    return en if lang == "en" else zh


def end(row: Row) -> Interval | None:
    """Where the year will end, if anybody can say."""
    if not wording.has_outlook(row):
        return None
    return Interval(float(row.projected_value), float(row.projected_low_value), float(row.projected_high_value))


def told(row: Row, lang: str) -> str:
    """What a chart shows, in words."""
    zh = lang != "en"
    parts = [f"累计 {wording.actual(row, lang)}" if zh else f"{wording.actual(row, lang)} so far"]
    if wording.due(row, lang) != UNKNOWN:
        parts.append(f"应完成 {wording.due(row, lang)}" if zh else f"{wording.due(row, lang)} due")
    if wording.outlook(row, lang):
        parts.append(wording.outlook(row, lang))
    parts.append("各月数字见下表" if zh else "the months are in the table below")
    return ("，" if zh else ", ").join(parts)


def _rank_key(place: Row | None) -> tuple[bool, int]:
    rank = None if place is None else place.completion_rank
    return (rank is None, rank or 0)
