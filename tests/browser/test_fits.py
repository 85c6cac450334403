"""Nothing runs out of the page or over its neighbour: on a phone, at a desk, and on A4 landscape."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .pages import File, all_pages, one_of_each

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MILLIMETRE = 96 / 25.4  # CSS pixels
PAPER = {"width": round((297 - 2 * 10) * MILLIMETRE), "height": round((210 - 2 * 10) * MILLIMETRE)}  # its margins off
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1366, "height": 768}, "print": PAPER}

# What lies outside the page's width, but for what a frame of its own scrolls (on paper nothing does); text that lies
# over other text; text that its own box cuts off, or that crosses its card; a heading's parts over what comes below.
MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", SIZES)
def test_nothing_overflows_or_overlaps(browser: "Browser", site: Path, name: str) -> None:
    context = browser.new_context(viewport=SIZES[name])
    tab = context.new_page()
    if name == "print":
        tab.emulate_media(media="print")
    faults: dict[str, Any] = {}
    langs = ("zh", "en") if name == "phone" else ("zh",)  # English words are the longer ones where room is short
    for one in one_of_each(site, langs=langs):
        tab.goto(one.url)
        if name != "phone":
            tab.evaluate("for (const e of document.querySelectorAll('main details')) e.open = true")
        found = tab.evaluate(MEASURE, name == "print")
        if found:
            faults[one.path] = found
    context.close()
    assert faults == {}


CHIPS = """
if (!document.querySelector('.issue')) document.querySelector('main h1').insertAdjacentHTML('afterend',
    '<p class="issue">Bulletin Sep 2024 <a href="#">Word</a> <a href="#">Excel</a> <a href="#">PDF</a></p>')
"""


@pytest.mark.parametrize(
    "size", [SIZES["desk"], {"width": 1280, "height": 800}, PAPER], ids=["desk", "narrow", "print"]
)
def test_the_english_overview_fits_with_its_bulletin(browser: "Browser", site: Path, size: dict[str, int]) -> None:
    context = browser.new_context(viewport=size)
    tab = context.new_page()
    if size is PAPER:
        tab.emulate_media(media="print")
    tab.goto(File(site, "en/index.html").url)
    tab.evaluate(CHIPS)
    found = tab.evaluate(MEASURE, size is PAPER)
    context.close()
    assert found == []


def test_no_page_but_explanations_is_wider_than_a_phone(browser: "Browser", site: Path) -> None:
    context = browser.new_context(viewport=SIZES["phone"])
    tab = context.new_page()
    wide = {}
    for one in all_pages(site):
        if "why/" in one.path:
            continue  # one template, of which the others of these tests look at the largest
        tab.goto(one.url)
        width = tab.evaluate("document.documentElement.scrollWidth")
        if width > SIZES["phone"]["width"]:
            wide[one.path] = width
    context.close()
    assert wide == {}


def test_the_overview_is_printed_on_landscape_sheets(browser: "Browser", site: Path) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(File(site, "index.html").url)
    printed = tab.pdf(prefer_css_page_size=True)
    context.close()
    boxes = set(_boxes(printed))
    assert boxes == {(842, 595)}  # points: A4 landscape


def _boxes(pdf: bytes) -> list[tuple[int, int]]:
    found = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    return [(round(float(width)), round(float(height))) for width, height in found]
