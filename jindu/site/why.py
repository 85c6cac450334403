"""Explanations: a page per org unit and indicator, from each month's figures down to the cells that were typed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from html import escape
from itertools import groupby

from markupsafe import Markup

from jindu.shown import UNKNOWN, figure, minus, month_name, word
from jindu.site.page import Page
from jindu.site.source import Row, Source

GROUPS = {  # of steps, as sql/page/why_step.sql has them
    "actual": ("实际数", "What was done"),
    "target": ("目标与比率", "Target and ratios"),
    "projection": ("预计", "Projection"),
    "status": ("状态", "Status"),
}
STEP_END = "\N{INFORMATION SEPARATOR TWO}"  # parts the steps of a group
CHINESE = re.compile("[\u4e00-\u9fff]+")
PAIR = ("org_unit_code", "indicator_code")


@dataclass(frozen=True)
class NumberedCell:
    """A cell with its number on the page, which months point to."""

    number: int
    row: Row


@dataclass(frozen=True)
class Month:
    """One month of the plan year: its figures, the cells and the units below that they rest on, and the arithmetic."""

    row: Row
    cells: Sequence[NumberedCell]
    cell_links: Markup  # to each of them
    units: Sequence[Row]
    groups: Sequence[tuple[str, Markup]]  # the heading, and its steps as items of a list
    anchor: str  # where the month stands on its page
    is_month_corrected: bool  # its own value was telephoned in, or comes of a cumulative that was
    is_ytd_corrected: bool  # the year to date rests on something telephoned in


def path_of(unit_code: str, indicator_code: str) -> str:
    """Where the explanation of a unit's indicator lies."""
    return f"why/{unit_code}/{indicator_code}.html"


def pages(source: Source, lang: str) -> Iterator[Page]:
    """One page per org unit that pages name, and indicator."""
    months, targets, cells, units, steps = (
        source.by(query, *PAIR) for query in ("why_month", "why_target", "why_cell", "why_unit", "why_step")
    )
    called = _called(source.frame.english)
    typed = source.by("why_earlier", *PAIR, "report_month")
    indicators = {row.indicator_code: row for row in source.rows("about")}
    described = {row.indicator_code for row in source.rows("standing")}  # those that have a page of their own
    named = source.frame.unit_by_code
    year = source.frame.month.year if source.frame.month else 0
    for pair, rows in months.items():
        unit_code, indicator_code = pair
        if unit_code not in named:
            continue
        unit, indicator = named[unit_code], indicators[indicator_code]
        numbered = [NumberedCell(n, row) for n, row in enumerate(cells.get(pair, ()), start=1)]
        own = [row for row in rows if row.report_month.year == year]
        name = indicator.name_en if lang == "en" else indicator.name_zh
        yield Page(
            path_of(unit_code, indicator_code),
            "why.html.j2",
            f"{unit.short_name} · {name}",
            "why",
            {
                "unit": unit,
                "indicator": indicator,
                "name": name,
                "indicators": indicators,
                "months": _months(own, numbered, units.get(pair, ()), steps.get(pair, ()), lang, called),
                "earlier": [
                    (row, typed.get((*pair, row.report_month), ())) for row in rows if row.report_month.year < year
                ],
                "shown": next((row for row in own if row.report_month == source.frame.month), None),
                "targets": targets.get(pair, ()),
                "cells": numbered,
                "pairs": months,
                "indicator_path": f"indicator/{indicator_code}.html" if indicator_code in described else None,
                "plain_number": _plain_number,
                "shown_figure": partial(_figure, indicator.kind, indicator.decimals),
            },
        )


def _months(  # noqa: PLR0913, PLR0917  (a month's parts)
    rows: Sequence[Row],
    cells: Sequence[NumberedCell],
    units: Sequence[Row],
    steps: Sequence[Row],
    lang: str,
    called: Callable[[str], str],
) -> list[Month]:
    """The months of the plan year, the newest first."""
    headings = {group: en if lang == "en" else zh for group, (zh, en) in GROUPS.items()}
    said = {
        month: [
            (headings[row.step_group], _items(called(row.steps_en) if lang == "en" else row.steps_zh)) for row in groups
        ]
        for month, groups in groupby(steps, key=lambda row: row.report_month)
    }
    added = {month: list(group) for month, group in groupby(units, key=lambda row: row.report_month)}
    comma = Markup(", " if lang == "en" else "、")
    resting: dict[int, list[tuple[NumberedCell, Markup]]] = {}  # the cells of each month, with their links
    for cell in cells:
        linked = (cell, _link(cell, lang))
        for number in cell.row.months:
            resting.setdefault(number, []).append(linked)
    return [_month(row, resting.get(row.report_month.month, ()), comma, added, said) for row in reversed(rows)]


def _month(
    row: Row,
    linked: Sequence[tuple[NumberedCell, Markup]],
    comma: Markup,
    added: Mapping[date, Sequence[Row]],
    said: Mapping[date, Sequence[tuple[str, Markup]]],
) -> Month:
    number = row.report_month.month
    corrected = [cell.row for cell, _ in linked if cell.row.is_corrected]
    return Month(
        row,
        [cell for cell, _ in linked],
        comma.join(link for _, link in linked),
        added.get(row.report_month, ()),
        said.get(row.report_month, ()),
        f"m{number:02}",
        any(number in one.own_months for one in corrected),
        # a unit without cells rests on those below
        any(number in one.ytd_months for one in corrected) if linked else bool(row.is_corrected),
    )


def _called(english: Mapping[str, str]) -> Callable[[str], str]:
    """What calls the units of a sum by their English names; SQL has told them in Chinese."""
    if not english:
        return str
    return partial(CHINESE.sub, lambda found: english.get(found[0], found[0]))


def _link(cell: NumberedCell, lang: str) -> Markup:
    """A link to a cell further down the page, by its month, its column and its address."""
    by_telephone = "(by telephone)" if lang == "en" else "（电话更正）"
    measure = word("reported_cell", "measure", cell.row.measure, lang)
    text = f"{month_name(cell.row.source_month, lang)} {measure} {cell.row.cell or by_telephone}"
    return Markup(f'<a href="#c{cell.number}">{escape(text)}</a>')  # escaped here


def _items(steps: str) -> Markup:
    """Items of a list; a site has a quarter of a million, for which a template takes three times as long."""
    return Markup("<li>" + escape(steps, quote=False).replace(STEP_END, "</li>\n<li>") + "</li>")  # escaped here


def _figure(kind: str, decimals: int | None, value: Decimal | None, withheld: str | None = None) -> str:
    return figure(value, kind, decimals, withheld=withheld)


def _plain_number(value: Decimal | None) -> str:
    """A number as a person writes it, to the last digit that was given: 7, 1436.67."""
    return UNKNOWN if value is None else minus(f"{value.normalize():f}")
