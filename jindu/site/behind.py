"""The whole list of what is behind or missed: the office's own first, then that of its units, a few dozen to a page."""

from collections.abc import Iterator

from jindu.site.page import Page
from jindu.site.source import Source
from jindu.site.wording import WORST, severity

ON_A_PAGE = 60


def pages(source: Source, lang: str) -> Iterator[Page]:
    """As many pages as the list needs; one that says so when nothing is behind."""
    office = source.frame.office.code
    rows = sorted(
        (row for row in source.rows("standing") if row.status in WORST),
        key=lambda row: (row.org_unit_code != office, *severity(row), row.org_unit_code),
    )
    parts = [rows[start : start + ON_A_PAGE] for start in range(0, len(rows), ON_A_PAGE)] or [[]]
    for number, part in enumerate(parts, start=1):
        heading = "滞后清单" if lang == "zh" else "What is behind"
        values = {"rows": part, "part": number, "parts_count": len(parts), "rows_count": len(rows)}
        yield Page(page_path(number), "behind.html.j2", heading, "overview", values)


def page_path(number: int) -> str:
    """behind.html, behind-2.html …"""
    return "behind.html" if number == 1 else f"behind-{number}.html"
