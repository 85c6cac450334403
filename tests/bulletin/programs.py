"""The programs that these tests look through: LibreOffice Writer opens the .docx, Chromium prints, poppler reads."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REQUIRED = "JINDU_REQUIRE_PROGRAMS"  # set to 1 where a missing program is a fault, not a gap
POINTS = 25.4 / 72  # millimetres


def program(name: str) -> str:
    """Where it lies; without it the test is skipped, or fails where programs are required."""
    found = shutil.which(name)
    if found is None:
        told = f"{name} is not installed: the bulletin is not looked at through it"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(told)
        pytest.skip(told)
    return found


def converted(document: Path, scratch: Path) -> Path:
    """A Word document as LibreOffice lays it out, as PDF."""
    command = [
        program("soffice"), f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "--headless", "--convert-to",
        "pdf", "--outdir", str(scratch), str(document),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    pdf = scratch / f"{document.stem}.pdf"
    if not pdf.exists():
        told = f"LibreOffice without Writer opens no Word document: {done.stdout}{done.stderr}"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(told)
        pytest.skip(told)
    return pdf


def pages(pdf: Path) -> list[str]:
    """The text of each page, as it is laid out."""
    command = [program("pdftotext"), "-layout", str(pdf), "-"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return text.split("\f")[:-1]


def sizes(pdf: Path) -> list[tuple[int, int]]:
    """Width and height of each page in millimetres."""
    command = [program("pdfinfo"), "-l", "-1", str(pdf)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.findall(r"Page\s+\d+ size:\s+([\d.]+) x ([\d.]+)", told)
    return [(round(float(width) * POINTS), round(float(height) * POINTS)) for width, height in found]


def bounds(pdf: Path) -> list[tuple[float, float, float, float, str]]:
    """Every word with its place on its page in millimetres: left, top, right, bottom."""
    command = [program("pdftotext"), "-bbox", str(pdf), "-"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    word = r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
    return [
        (float(a) * POINTS, float(b) * POINTS, float(c) * POINTS, float(d) * POINTS, text)
        for a, b, c, d, text in re.findall(word, told)
    ]
