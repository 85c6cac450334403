"""A receipt as a browser draws it: no wider than a phone, and on paper as few sheets as it needs."""

import html
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jindu.report.receipt import render

from .test_receipt import CONFIRMED, RECEIPT, SLIP

REQUIRED = "JINDU_REQUIRE_PROGRAMS"  # set to 1 where a missing browser is a fault, not a gap
PHONE = 360  # CSS pixels
LONG = replace(RECEIPT, file_name=f"{'A' * 150}.xlsx", remarks=(replace(SLIP, found="9" * 30),) * 60)

Draw = Callable[[Path, str], str]


@pytest.fixture(scope="module")
def draw(tmp_path_factory: pytest.TempPathFactory) -> Draw:
    """Open a page in Chromium with one more option; what it prints."""
    program = shutil.which("chromium")
    if program is None:
        told = "Chromium is not installed: receipts are not drawn"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(told)
        pytest.skip(told)
    profile = tmp_path_factory.mktemp("chromium")

    def run(page: Path, option: str) -> str:
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", option]
        done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    return run


def test_it_is_no_wider_than_a_phone(draw: Draw, tmp_path: Path) -> None:
    frames = "".join(
        f'<iframe width="{PHONE}" height="900" srcdoc="{html.escape(render(receipt))}"></iframe>'
        for receipt in (RECEIPT, CONFIRMED, LONG)
    )
    measure = (
        "onload = () => document.body.dataset.widths = [...document.querySelectorAll('iframe')]"
        ".map(frame => frame.contentDocument.documentElement.scrollWidth).join(' ')"
    )
    page = tmp_path / "phone.html"
    page.write_text(f"<!doctype html><body>{frames}<script>{measure}</script></body>", encoding="utf-8")
    found = re.search(r'data-widths="([\d ]+)"', draw(page, "--dump-dom"))
    assert found is not None
    widths = [int(width) for width in found[1].split()]
    assert len(widths) == 3 and max(widths) <= PHONE


def test_it_prints_on_one_sheet_and_a_long_list_on_a_few(draw: Draw, tmp_path: Path) -> None:
    sheets = []
    for name, receipt in (("short", CONFIRMED), ("long", LONG)):
        (tmp_path / f"{name}.html").write_text(render(receipt), encoding="utf-8")
        draw(tmp_path / f"{name}.html", f"--print-to-pdf={tmp_path / name}.pdf")
        sheets.append(len(re.findall(rb"/Type /Page\b", (tmp_path / f"{name}.pdf").read_bytes())))
    assert sheets[0] == 1
    assert 2 <= sheets[1] <= 6
