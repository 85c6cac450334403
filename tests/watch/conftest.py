"""A watch at work in a small office, between two nights: one process for all tests, for it imports slowly."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jindu.settings import Home
from tests.nightly.small_office import fill_inbox, write_office

EAST, WEST, NORTH = "350599001001", "350599001002", "350599001003"
PROMISED = 60.0  # seconds
INTERVAL = 0.5
SEAL = re.compile(r'name="jindu-receipt" content="(\w+) (\w+) (\w+)"')


@dataclass
class Watching:
    """A running watch, and what was seen of it."""

    home: Home
    reference: Path
    process: subprocess.Popen[str]
    output: Path
    seals: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)  # by moment, receipt: kind and digest

    def drop(self, source: Path, name: str) -> Path:
        """Copy a file into the inbox, as a sender does: it is new now."""
        target = self.home.inbox / name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
        return target

    def receipts(self) -> dict[str, tuple[str, str]]:
        """Kind and digest of every receipt, by its path in returns/."""
        found = {}
        for path in sorted(self.home.returns.glob("*/*.html")):
            seal = SEAL.search(path.read_text(encoding="utf-8"))
            assert seal is not None
            found[str(path.relative_to(self.home.returns))] = (seal[2], seal[3])
        return found

    def said(self) -> str:
        """What it wrote on the terminal so far."""
        return self.output.read_text(encoding="utf-8")

    def wait(self, is_so: Callable[[], bool]) -> float:
        """Seconds until it is so; fails after the promised minute."""
        start = time.monotonic()
        while not is_so():
            assert time.monotonic() < start + PROMISED, self.said()
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)
        return time.monotonic() - start


def watch_command(home: Home, reference: Path, *more: str) -> list[str]:
    """The arguments of `jindu watch` on a home."""
    return [sys.executable, "-m", "jindu.cli", "watch", "--home", str(home.root), "--reference", str(reference), *more]


def environment() -> dict[str, str]:
    """The test's own environment, without what would lead the watch elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "JINDU_"))}
    return kept | {"PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small office's reference data, and its files up to May in home/inbox."""
    folder = tmp_path_factory.mktemp("watch")
    write_office(folder / "reference")
    fill_inbox(Home(folder / "home"), folder / "reference")
    return folder


@pytest.fixture(scope="session")
def watching(office: Path) -> Iterator[Watching]:
    """A watch that began before the first night, in a home with the reports of the months before May."""
    home = Home(office / "watched")
    for file in sorted((office / "home" / "inbox").glob("*/*.xlsx")):
        if "2024-05" not in file.name:
            target = home.inbox / file.parent.name / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
    output = office / "output.txt"
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            watch_command(home, office / "reference", "--interval", str(INTERVAL)),
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
        )
    yield Watching(home, office / "reference", process, output)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)
