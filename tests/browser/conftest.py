"""What the tests of the pages share: the site of the invented year, and one Chromium that opens it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jindu.settings import Home
from tests.shared_night import published_home

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REQUIRED = "JINDU_REQUIRE_PROGRAMS"  # set to 1 where a missing browser is a fault, not a gap


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the invented year is published, with its pages."""
    return published_home(tmp_path_factory)


@pytest.fixture(scope="session")
def site(home: Home) -> Path:
    """The folder of the pages."""
    return home.site.resolve()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The system's Chromium, driven by Playwright; without it the tests say so, and fail where it is required."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  the driver is an extra program
    except ImportError:
        sync_playwright = None
    lacking = [name for name, there in (("Chromium", program), ("Playwright", sync_playwright)) if not there]
    if lacking:
        told = f"{' and '.join(lacking)} not installed: the pages are not opened in a browser"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
