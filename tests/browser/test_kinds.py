"""Every kind of page: with the keyboard alone, on a phone, and on paper."""

import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .pages import File, one_of_each

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
NOTE_FOCUS = Path(__file__).with_name("focused.js").read_text(encoding="utf-8").strip()
REACHABLE = """() => [...document.querySelectorAll('a[href], summary, [tabindex="0"], button, input, select')]
    .filter(e => e.checkVisibility({contentVisibilityAuto: true})).length"""
REACHED = "() => window.reached.map(({element, ...told}) => told)"
HIDDEN_BESIDE = """() => [...document.querySelectorAll('.scroll')]
    .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map(e => {
        const shadow = () => Number(getComputedStyle(e, '::after').opacity);
        const before = shadow();
        e.scrollLeft = e.scrollWidth;
        return [e.getAttribute('aria-label'), e.tabIndex, before, e];
    })
    .map(([label, place, before, e]) => ({label, place, before}))"""
LEFT_AT_THE_END = """() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollLeft > 1)
    .map(e => Number(getComputedStyle(e, '::after').opacity))"""
SAID = """() => {
    for (const e of document.querySelectorAll('.vh, .skip')) e.remove();  // for whoever hears the page
    return document.body.innerText;
}"""
WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')
# a key that only goes down: half of the messages of a press, of which there are two thousand
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
SHEET = (842, 595)  # points: A4 landscape
# axe asks for a page's style sheets once more, which a browser refuses of files and tells in the console
ALONE = {"preload": False}
FEWEST_LINES = 4  # on the last sheet, or it is not worth the paper


def kinds(site: Path, *, langs: tuple[str, ...] = ("zh",), of_folder: str = "largest") -> list[File]:
    """One page of each kind; of the units' and indicators' pages the largest or the smallest."""
    some = one_of_each(site, langs=langs, some=1 if of_folder == "largest" else 2)
    by_folder: dict[Path, list[File]] = {}
    for one in some:
        if not re.search(r"[a-z]-\d+\.html$", one.path):  # the second sheet of a list is like the first
            by_folder.setdefault(Path(one.path).parent, []).append(one)
    top = {Path(), Path("en")}
    return [
        one
        for folder, files in by_folder.items()
        for one in (files if folder in top else sorted(files, key=lambda file: len(file.text))[:1])
    ]


@pytest.fixture(scope="module")
def page(browser: "Browser") -> Iterator["Page"]:
    """One tab of the width of a phone for all of these tests."""
    context = browser.new_context(viewport=PHONE)
    yield context.new_page()
    context.close()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: "Page", site: Path) -> None:
    faults: dict[str, Any] = {}
    keyboard = page.context.new_cdp_session(page)
    for one in kinds(site, of_folder="smallest"):
        page.goto(one.url)
        page.evaluate(NOTE_FOCUS)
        expected = page.evaluate(REACHABLE)
        for _ in range(expected):
            keyboard.send("Input.dispatchKeyEvent", TAB)
        reached = page.evaluate(REACHED)
        assert 'class="skip"' in reached[0]["name"]
        unseen = [focus["name"] for focus in reached if focus["again"] or not (focus["outline"] and focus["shown"])]
        if unseen or len(reached) != expected:
            faults[one.path] = (len(reached), expected, unseen[:3])
    assert faults == {}


def test_on_a_phone_no_kind_has_a_violation_or_a_word_in_the_console(page: "Page", site: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  only where there is a browser

    told: list[tuple[str, str]] = []
    page.on("console", lambda message: told.append((page.url, message.text)))
    page.on("pageerror", lambda error: told.append((page.url, str(error))))
    axe, violations = Axe(), []
    for one in kinds(site):
        page.goto(one.url)
        found: list[dict[str, Any]] = axe.run(page, options=ALONE).response["violations"]
        violations += [(one.path, rule["id"], rule["nodes"][0]["html"][:150]) for rule in found]
    assert violations == []
    assert told == []


def test_a_table_wider_than_a_phone_says_so_until_its_end_and_the_keyboard_scrolls_it(page: "Page", site: Path) -> None:
    wide_count = 0
    for one in kinds(site, langs=("zh", "en")):
        page.goto(one.url)
        for frame in page.evaluate(HIDDEN_BESIDE):
            wide_count += 1
            assert frame["label"] and frame["place"] == 0, (one.path, frame)
            assert frame["before"] > 0.9, (one.path, frame)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert all(opacity < 0.1 for opacity in page.evaluate(LEFT_AT_THE_END)), one.path
    assert wide_count > 10


def test_every_kind_is_printed_whole_on_landscape_sheets(browser: "Browser", site: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) not installed: what is printed is not read")
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    tab = context.new_page()
    faults: dict[str, Any] = {}
    for one in kinds(site):
        tab.emulate_media(media="print")
        tab.goto(one.url)
        said = tab.evaluate(SAID)
        lost, strays, lines = printed(tab.pdf(prefer_css_page_size=True), said)
        if lost or strays or min(lines) < FEWEST_LINES:
            faults[one.path] = (lost, strays[:3], lines)
    context.close()
    assert faults == {}


def printed(pdf: bytes, said: str) -> tuple[str, list[str], list[int]]:
    """Characters of the page that no sheet has, words that stand off the sheet, and how many lines each sheet has."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.pdf"
        file.write_bytes(pdf)
        told = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, check=True, text=True).stdout
    sheets = told.split("<page ")[1:]
    words = [[(*map(float, word[:4]), word[4]) for word in WORD.findall(sheet)] for sheet in sheets]
    strays = [
        text
        for sheet in words
        for left, top, right, bottom, text in sheet
        if left < 0 or top < 0 or right > SHEET[0] or bottom > SHEET[1]
    ]
    text = "".join(word[4] for sheet in words for word in sheet)
    for sign, name in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;"), ("&", "&amp;")):
        text = text.replace(name, sign)
    lost = Counter("".join(said.split())) - Counter("".join(text.split()))
    return "".join(lost), strays, [len({round(word[1] / 6) for word in sheet}) for sheet in words]
