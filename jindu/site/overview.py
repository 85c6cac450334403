"""The first page: how the year stands, what is worst, who is ahead, and every indicator of every unit at one glance."""

from collections.abc import Iterator

from jindu.site.page import Page
from jindu.site.source import Source


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The overview."""
    yield Page("index.html", "overview.html.j2", "总览" if lang == "zh" else "Overview", "overview")
