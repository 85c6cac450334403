"""What needs somebody: the open cases by kind, and those that were resolved lately."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from jindu.site.page import Page
from jindu.site.paging import paged
from jindu.site.source import Row, Source

CASES_A_PAGE = 60


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The page on alerts, in the order of urgency, the resolved ones last; more pages where there are many."""
    cases = source.rows("alerts")
    title = "提醒事项" if lang == "zh" else "Alerts"
    for sheet in paged("alerts.html", cases, CASES_A_PAGE):
        yield Page(
            sheet.path,
            "alerts.html.j2",
            title if sheet.number == 1 else f"{title} {sheet.number}",
            "alerts",
            {
                "sheet": sheet,
                "open_counts": Counter(case.kind for case in cases if case.state != "resolved"),
                "resolved_count": sum(case.state == "resolved" for case in cases),
                "groups": _groups,
                "explained": {(row.org_unit_code, row.indicator_code) for row in source.rows("why_month")},
            },
        )


def _groups(cases: Sequence[Row]) -> list[tuple[tuple[bool, str], list[Row]]]:
    """The cases by whether they are resolved and what they are about, in their order."""
    keyed = groupby(cases, key=lambda case: (case.state == "resolved", str(case.kind)))
    return [(key, list(group)) for key, group in keyed]
