"""A page printed to PDF by the Chromium of this machine, where there is one."""

import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PATIENCE = 120.0  # seconds
NAMED_BY = "JINDU_CHROMIUM"  # a browser that lies elsewhere
DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}[^)]*\)")


class PrintingError(Exception):
    """The browser gave no PDF; says why in one line."""


def browser() -> str | None:
    """The program that prints; None where there is none."""
    named = os.environ.get(NAMED_BY)
    if named:
        return shutil.which(named)
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pdf(program: str, html: str, made: datetime) -> bytes:
    """The page as PDF, its dates set to `made`. Raises PrintingError when the browser gives none in time."""
    with tempfile.TemporaryDirectory(prefix="jindu-print-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        source, target = folder / "page.html", folder / "page.pdf"
        source.write_text(html, encoding="utf-8")
        command = [
            program, "--headless", "--disable-gpu", "--disable-extensions", "--no-first-run",
            "--no-sandbox",  # root, and containers, have none; it opens our own page and nothing else
            "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}", source.as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, cwd=folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PrintingError(f"{type(error).__name__}: {error}".splitlines()[0][:200]) from error
        if not target.is_file() or not target.stat().st_size:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise PrintingError(f"exit {done.returncode}: {said[-1][:200] if said else ''}")
        return _dated(target.read_bytes(), made)


def _dated(printed: bytes, made: datetime) -> bytes:
    """The same PDF with the bulletin's date for that of the printing, of the same length: no offset moves."""
    stamp = f"D:{made:%Y%m%d%H%M%S}".encode()

    def replaced(found: re.Match[bytes]) -> bytes:
        head = b"/" + found.group(1) + b" (" + stamp
        return head + b"+00'00'"[: len(found.group(0)) - len(head) - 1] + b")"

    return DATE.sub(replaced, printed)
