"""Nothing runs out of the page or over its neighbour: on a phone, at a desk, and on A4 landscape."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .pages import File, one_of_each

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MILLIMETRE = 96 / 25.4  # CSS pixels
PAPER = {"width": round((297 - 2 * 10) * MILLIMETRE), "height": round((210 - 2 * 10) * MILLIMETRE)}  # its margins off
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1366, "height": 768}, "print": PAPER}

# What lies outside the page's width, but for what a frame of its own scrolls (on paper nothing does); text that lies
# over other text; text that its own box cuts off.
MEASURE = """(printed) => {
    const faults = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) faults.push('page ' + document.documentElement.scrollWidth);
    const said = e => (e.textContent || '').trim().replace(/\\s+/g, ' ').slice(0, 40);
    const scrolls = e => e.closest('.scroll');
    const boxes = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, e = node.parentElement;
        if (!node.data.trim() || !e.checkVisibility({contentVisibilityAuto: true}) || e.closest('.vh, .skip, svg title, svg desc'))
            continue;
        const range = document.createRange(); range.selectNodeContents(node);
        for (const r of range.getClientRects()) {
            if (r.width < 1 || r.height < 1) continue;
            const framed = scrolls(e);
            if (r.right > width + 1 && (printed || !framed)) faults.push('outside ' + said(e));
            if (r.left < -1) faults.push('left of the page ' + said(e));
            boxes.push({l: r.left, r: r.right, t: r.top + r.height * .18, b: r.bottom - r.height * .18, e});
        }
    }
    boxes.sort((a, b) => a.t - b.t);
    for (let i = 0; i < boxes.length; i++)
        for (let j = i + 1; j < boxes.length && boxes[j].t < boxes[i].b; j++) {
            const a = boxes[i], b = boxes[j];
            if (a.e !== b.e && Math.min(a.r, b.r) - Math.max(a.l, b.l) > 1.5 && Math.min(a.b, b.b) - Math.max(a.t, b.t) > 1.5)
                faults.push('over each other: ' + said(a.e) + ' | ' + said(b.e));
        }
    for (const e of document.querySelectorAll('main *')) {
        const s = getComputedStyle(e);
        if (!e.closest('.vh, svg') && ['hidden', 'clip'].includes(s.overflowX) && e.scrollWidth > e.clientWidth + 1 && said(e))
            faults.push('cut off ' + said(e));
        if (printed && e.matches('.scroll') && e.scrollWidth > e.clientWidth + 1) faults.push('cut off on paper ' + e.getAttribute('aria-label'));
    }
    return [...new Set(faults)].slice(0, 8);
}"""


@pytest.mark.parametrize("name", SIZES)
def test_nothing_overflows_or_overlaps(browser: "Browser", site: Path, name: str) -> None:
    context = browser.new_context(viewport=SIZES[name])
    tab = context.new_page()
    if name == "print":
        tab.emulate_media(media="print")
    faults: dict[str, Any] = {}
    for one in one_of_each(site):
        tab.goto(one.url)
        if name != "phone":
            tab.evaluate("for (const e of document.querySelectorAll('main details')) e.open = true")
        found = tab.evaluate(MEASURE, name == "print")
        if found:
            faults[one.path] = found
    context.close()
    assert faults == {}


def test_the_overview_is_printed_on_few_landscape_sheets(browser: "Browser", site: Path) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(File(site, "index.html").url)
    printed = tab.pdf(prefer_css_page_size=True)
    context.close()
    boxes = set(_boxes(printed))
    assert boxes == {(842, 595)}  # points: A4 landscape


def _boxes(pdf: bytes) -> list[tuple[int, int]]:
    import re  # noqa: PLC0415

    found = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf)
    return [(round(float(width)), round(float(height))) for width, height in found]
