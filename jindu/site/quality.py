"""How good the data is: what must be mended and by whom, whether it gets better, what it costs, which rules fail."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from markupsafe import Markup

from jindu.shown import UNKNOWN, percent
from jindu.site.chart import Year, monthly_bars, year_line
from jindu.site.page import Page
from jindu.site.paging import paged
from jindu.site.series import MONTHS, by_month, month_labels
from jindu.site.source import Row, Source

FINDINGS_A_PAGE = 50
MENDERS_EN = {
    "填报员": "the sender",
    "统筹办": "the office",
    "维护员": "the maintainer",
}  # jindu/checks/expectations.py


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The page on data quality; what is to be mended goes on over more pages where it is long."""
    rules, months = source.rows("quality_rule"), source.rows("quality_month")
    title = "数据质量" if lang == "zh" else "Data quality"
    for sheet in paged("quality.html", source.rows("quality_finding"), FINDINGS_A_PAGE):
        yield Page(
            sheet.path,
            "quality.html.j2",
            title if sheet.number == 1 else f"{title} {sheet.number}",
            "quality",
            {
                "sheet": sheet,
                "months": months,
                "charts": _charts(months, lang) if sheet.number == 1 else [],
                "units": source.rows("quality_unit"),
                "failed_rules": [rule for rule in rules if rule.submissions_failed_count],
                "clean_count": sum(not rule.submissions_failed_count for rule in rules),
                "tried_count": sum(rule.evaluated_count for rule in rules),
                "gates": source.by("quality_gate", "gate"),
                "share": _share,
                "mender": partial(_mender, lang),
            },
        )


def _charts(months: Sequence[Row], lang: str) -> list[tuple[str, Markup]]:
    """Whether reports are right and in time, month by month, and how much of them was typed; each with its caption."""
    if not months:
        return []
    labels, last = month_labels(months[0].report_month, lang), months[-1]
    right = _shares(months, "first_right_count", "first_count")
    in_time = _shares(months, "cells_on_time_count", "cells_asked_count")
    typed = _shares(months, "cells_typed_count", "cells_answered_count")
    told = [
        _share(last.first_right_count, last.first_count),
        _share(last.cells_on_time_count, last.cells_asked_count),
        _share(last.cells_typed_count, last.cells_answered_count),
    ]
    if lang == "en":
        captions = "Right first time (solid) and on time (dashed)", "Share of the cells filled in that was typed"
        texts = f"latest month: right first time {told[0]}, on time {told[1]}", f"latest month {told[2]}"
    else:
        captions = "一次报对率（实线）与及时率（虚线）", "填写的格子里手填的占多少"
        texts = f"最近一个月：一次报对率 {told[0]}，及时率 {told[1]}", f"最近一个月 {told[2]}"
    lines = Year(values=right, phased=in_time, target=None, end=None, is_share=True)
    nothing_due = [None] * MONTHS
    return [
        (captions[0], year_line(lines, labels, captions[0], texts[0])),
        (captions[1], monthly_bars(typed, nothing_due, labels, captions[1], texts[1], is_share=True)),
    ]


def _shares(months: Sequence[Row], part: str, whole: str) -> list[float | None]:
    """A place for each month of the year; none where there was nothing to take a share of."""
    return [
        float(getattr(row, part)) / float(getattr(row, whole)) if row is not None and getattr(row, whole) else None
        for row in by_month(months)
    ]


def _mender(lang: str, owner: str | None) -> str:
    """Who mends it, in the reader's language."""
    return (MENDERS_EN.get(owner or "", owner) if lang == "en" else owner) or UNKNOWN


def _share(part: int, whole: int) -> str:
    return percent(Decimal(part) / whole if whole else None)
