"""How good the data is: what must be mended and by whom, which rules fail, what was looked at before publishing."""

from collections.abc import Iterator
from decimal import Decimal

from jindu.shown import percent
from jindu.site.page import Page
from jindu.site.paging import paged
from jindu.site.source import Source

FINDINGS_A_PAGE = 50


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The page on data quality; what is to be mended goes on over more pages where it is long."""
    rules = source.rows("quality_rule")
    title = "数据质量" if lang == "zh" else "Data quality"
    for sheet in paged("quality.html", source.rows("quality_finding"), FINDINGS_A_PAGE):
        yield Page(
            sheet.path,
            "quality.html.j2",
            title if sheet.number == 1 else f"{title} {sheet.number}",
            "quality",
            {
                "sheet": sheet,
                "failed_rules": [rule for rule in rules if rule.submissions_failed_count],
                "clean_count": sum(not rule.submissions_failed_count for rule in rules),
                "tried_count": sum(rule.evaluated_count for rule in rules),
                "gates": source.by("quality_gate", "gate"),
                "share": _share,
            },
        )


def _share(part: int, whole: int) -> str:
    return percent(Decimal(part) / whole if whole else None)
