"""Pages in a real Chromium: no error, nothing asked from elsewhere, no violation of accessibility, keyboard, clicks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .pages import File, one_of_each

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 768}
ENGLISH = ("en/index.html", "en/alerts.html", "en/reporting.html", "en/quality.html", "en/about.html")


@pytest.fixture(scope="module")
def page(browser: "Browser") -> Iterator["Page"]:
    """One tab for all of these tests."""
    context = browser.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


def test_pages_open_without_an_error_or_a_request_elsewhere(page: "Page", site: Path) -> None:
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("requestfailed", lambda request: told.append(request.url))
    page.on("request", lambda request: asked.append(request.url))
    for one in one_of_each(site):
        page.goto(one.url, wait_until="load")
    assert told == []
    assert len(asked) > 100
    assert [url for url in asked if not url.startswith(site.as_uri()) and not url.startswith("data:")] == []


def test_no_violation_of_accessibility(page: "Page", site: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  only where there is a browser

    axe, violations = Axe(), []
    chosen = [one for one in one_of_each(site, langs=("zh",), some=1) if not re.search(r"-\d+\.html$", one.path)]
    for one in chosen + [File(site, path) for path in ENGLISH]:
        page.goto(one.url)
        page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
        found: list[dict[str, Any]] = axe.run(page).response["violations"]
        violations += [(one.path, rule["id"], rule["nodes"][0]["html"][:150]) for rule in found]
    assert violations == []


def test_the_skip_link_leads_to_the_content(page: "Page", site: Path) -> None:
    page.goto(File(site, "index.html").url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_community_is_two_clicks_away(browser: "Browser", site: Path, size: Any) -> None:
    context = browser.new_context(viewport=size)
    tab = context.new_page()
    codes = sorted(file.stem for file in (site / "community").glob("[0-9]*.html") if "-" not in file.stem)
    assert len(codes) == 13
    for start in ("index.html", "en/why/350502004/enterprise_visited.html"):
        for code in (codes[0], codes[-1]):
            tab.goto(File(site, start).url)
            tab.locator("nav summary").first.click()
            tab.locator(f'nav a[href$="community/{code}.html"]').first.click()
            assert tab.url.endswith(f"community/{code}.html")
    context.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", ["index.html", "en/index.html"])
def test_the_three_worst_items_stand_in_the_first_screen(browser: "Browser", site: Path, size: Any, path: str) -> None:
    context = browser.new_context(viewport=size)
    tab = context.new_page()
    tab.goto(File(site, path).url)
    items = tab.locator("ol.worst > li")
    assert items.count() >= 3
    for place in range(3):
        box = items.nth(place).bounding_box()
        assert box is not None
        assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"], (place, box)
        assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"], (place, box)
    context.close()


def test_a_link_to_a_month_opens_it(page: "Page", site: Path) -> None:
    page.goto(File(site, "why/350502004001/enterprise_visited.html").url)
    hidden = page.locator("#m03")
    assert not hidden.is_visible()
    page.locator('a[href="#m03"]').click()
    assert hidden.is_visible()


def test_without_scripts_all_is_there(browser: "Browser", site: Path) -> None:
    context = browser.new_context(viewport=DESK, java_script_enabled=False)
    tab = context.new_page()
    for path in ("index.html", "reporting.html", "alerts.html"):
        tab.goto(File(site, path).url)
        assert tab.locator("h1").count() == 1 and tab.locator("table").first.is_visible()
    context.close()
