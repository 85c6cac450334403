"""The bulletin as a page of its own, for the printed PDF."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from jindu.bulletin.document import Block, Document, Heading, Paragraph

FIRST = "一二三四五六七八九十"


def page(document: Document) -> str:
    """The bulletin as HTML: self-contained, without a script and without anything from elsewhere."""
    environment = _environment()
    counts = {"table": 0, 1: 0, 2: 0, 3: 0}
    is_english = document.lang == "en"

    def blocks(given: tuple[Block, ...]) -> Markup:
        drawn = [_drawn(block, counts, is_english=is_english) for block in given]
        note = "Note: " if is_english else "注："
        return Markup(environment.get_template("blocks.html").render(blocks=drawn, note=note))  # escaped in there

    style = environment.get_template("bulletin.css").render()
    return environment.get_template("bulletin.html").render(
        doc=document,
        style=Markup(style + _sample_corner(document)),  # our own
        blocks=blocks,
        colon=": " if is_english else "：",
        dot=". " if is_english else "．",
    )


def _sample_corner(document: Document) -> str:
    """The mark above every page."""
    if not document.sample_mark:
        return ""
    return f'@page {{ @top-right {{ content: "{document.sample_mark}"; font: 10.5pt var(--head); color: #c00000; }} }}'


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("jindu.bulletin"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _drawn(block: Block, counts: dict[Any, int], *, is_english: bool) -> dict[str, Any]:
    """A block as the template takes it, headings and tables numbered."""
    if isinstance(block, Heading):
        counts[block.level] += 1
        for lower in range(block.level + 1, 4):
            counts[lower] = 0
        return {"kind": "heading", "level": block.level, "text": _numbered(block, counts, is_english=is_english)}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "lead": block.lead, "text": block.text}
    counts["table"] += 1
    number = counts["table"]
    return {
        "kind": "table",
        "table": block,
        "total": sum(column.share for column in block.columns),
        "caption": f"Table {number}. {block.caption}" if is_english else f"表{number}　{block.caption}",
    }


def _numbered(heading: Heading, counts: dict[Any, int], *, is_english: bool) -> str:
    number = counts[heading.level]
    if is_english:
        return ".".join(str(counts[level]) for level in range(1, heading.level + 1)) + f". {heading.text}"
    chinese = FIRST[number - 1]
    return {1: f"{chinese}、", 2: f"（{chinese}）", 3: f"{number}．"}[heading.level] + heading.text
