"""About the figures: how they come about, what each indicator means, and what every published column holds."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from jindu.shown import STATUSES
from jindu.site.page import Page
from jindu.site.paging import paged
from jindu.site.source import Source
from jindu.warehouse.columns import load

INDICATORS_A_PAGE = 60
TOPIC = ("key", "zh_title", "en_title", "zh", "en")
TEXTS = Path(__file__).parent / "templates" / "about.yml"


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The rules, and the definitions of all indicators."""
    indicators = source.rows("about")
    yield Page("about.html", "about.html.j2", "数据说明" if lang == "zh" else "About the figures", "about", {
        "indicators_count": len(indicators),
        "status_rules": [
            (STATUSES[code], said["zh"], said["en"]) for code, said in _texts()["statuses"].items()
        ],
        "topics": [tuple(topic[key] for key in TOPIC) for topic in _texts()["topics"]],
    })  # fmt: skip
    title = "指标解释" if lang == "zh" else "Definitions"
    for sheet in paged("definitions.html", indicators, INDICATORS_A_PAGE):
        yield Page(
            sheet.path,
            "definitions.html.j2",
            title if sheet.number == 1 else f"{title} {sheet.number}",
            "about",
            {"sheet": sheet},
        )


def dictionary_pages(_source: Source, lang: str) -> Iterator[Page]:
    """The data dictionary: a page of all published tables, and one of each with its columns."""
    described = load()
    title = "数据字典" if lang == "zh" else "Data dictionary"
    tables = list(described.tables.values())
    yield Page("dictionary.html", "dictionary.html.j2", title, "dictionary", {"tables": tables})
    for table in tables:
        yield Page(
            f"dictionary/{table.name}.html",
            "dictionary_table.html.j2",
            f"{title} · {table.view if lang == 'zh' else table.name}",
            "dictionary",
            {"table": table, "units": described.units},
        )


@functools.cache
def _texts() -> Any:
    return yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
