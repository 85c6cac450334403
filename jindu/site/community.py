"""A page for each unit below the office: its rank, what it is behind with, its report, and all its indicators."""

from collections.abc import Iterator

from jindu.site.overview import changed, provisional, tiles
from jindu.site.page import Page
from jindu.site.series import past
from jindu.site.source import Source
from jindu.site.wording import WORST, severity

WORST_SHOWN = 6


def pages(source: Source, lang: str) -> Iterator[Page]:
    """One page per unit."""
    standing = source.by("standing", "org_unit_code")
    months = source.by("month", "org_unit_code", "indicator_code")
    reports = source.by("report", "org_unit_code")
    places = source.by("place", "org_unit_code")
    themes = {row.theme_code: row.theme_en if lang == "en" else row.theme_zh for row in source.rows("indicator")}
    for unit in source.frame.members:
        rows = standing.get(unit.code, [])
        judged = [row for row in rows if row.status != "no_target"]
        ranks = [row for row in places.get(unit.code, []) if row.is_below_office]
        by_theme = [row for row in ranks if row.scope == "theme"]
        worst = sorted((row for row in judged if row.status in WORST), key=severity)
        yield Page(
            f"community/{unit.code}.html",
            "community.html.j2",
            unit.name,
            "community",
            {
                "unit": unit,
                "overall": next((row for row in ranks if row.scope == "overall"), None),
                "themes": [(themes.get(row.scope_code) or row.scope_code, row) for row in by_theme],
                "ranks": {row.scope_code: row for row in ranks if row.scope == "indicator"},
                "reports": reports.get(unit.code, []),
                "tiles": tiles(judged),
                "provisional": provisional(judged),
                "targets_count": len(judged),
                "worst": worst[:WORST_SHOWN],
                "worst_count": len(worst),
                "worse": changed(judged, is_worse=True),
                "better": changed(judged, is_worse=False),
                "judged": judged,
                "neutral": [row for row in rows if row.status == "no_target"],
                "trends": {row.indicator_code: past(months.get((unit.code, row.indicator_code), [])) for row in judged},
            },
        )
