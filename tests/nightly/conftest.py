"""What the tests of a night share: the invented year and a small office, each run by the command."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from jindu.settings import Home
from jindu.warehouse.publish import table_hashes
from tests.help_example import LANGUAGES, examples
from tests.nightly.small_office import fill_inbox, write_office
from tests.shared_night import leave

AS_OF = "2024-10-10T02:00"
SEED = 1


@dataclass(frozen=True)
class Ran:
    """A finished `jindu run`, its home, and the hash of every table that it published."""

    home: Home
    process: subprocess.CompletedProcess[str]
    hashes: dict[str, str]


def environment() -> dict[str, str]:
    """The test's own environment without what leads a run elsewhere, or holds it to one core (tests/conftest.py)."""
    elsewhere = ("PREFECT_", "JINDU_", "SLURM_")
    return {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}


def command(name: str, home: Home, *more: str) -> list[str]:
    """The arguments of one of jindu's commands on a home."""
    return [sys.executable, "-m", "jindu.cli", name, "--home", str(home.root), *more]


def run_night(home: Home, lang: str = "zh") -> Ran:
    """`jindu run` on a home, to its end, as its help in this language says."""
    (arguments,) = examples("run", lang, {"/data/jindu": str(home.root)})
    assert arguments[-2:] == ["--as-of", AS_OF]
    process = subprocess.run(
        [sys.executable, "-m", "jindu.cli", *arguments], capture_output=True, text=True, check=False, env=environment()
    )
    assert process.returncode in {0, 1}, process.stderr
    return Ran(home, process, table_hashes(home.published))


@pytest.fixture
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for reference data which the test does not read."""
    return tmp_path_factory.mktemp("reference")


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An invented year that no night has touched."""
    home = Home(tmp_path_factory.mktemp("night") / "sample")
    made = []
    for lang in LANGUAGES:  # the second time over the first: the same files
        (arguments,) = examples("sample", lang, {"/data/jindu": str(home.root)})
        assert arguments[-2:] == ["--seed", str(SEED)]
        done = subprocess.run(
            [sys.executable, "-m", "jindu.cli", *arguments], check=True, env=environment(), stdout=subprocess.PIPE
        )
        assert str(home.root) in done.stdout.decode()
        made.append(
            {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in home.inbox.rglob("*") if path.is_file()}
        )
    assert made[0] == made[1]
    return home


@pytest.fixture(scope="session")
def first(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The invented year's night; what it published is left to the tests of other folders."""
    home = Home(sample_home.root.with_name("first"))
    shutil.copytree(sample_home.root, home.root)  # modification times, and so arrivals, are kept
    ran = run_night(home)
    leave(home, tmp_path_factory)
    return ran


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small office, which no night has touched, with its reference folder in the home."""
    home = Home(tmp_path_factory.mktemp("small") / "untouched")
    write_office(home.reference)
    fill_inbox(home, home.reference)
    return home


@pytest.fixture(scope="session")
def small(small_home: Home) -> Ran:
    """The small office's night."""
    home = Home(small_home.root.with_name("night"))
    shutil.copytree(small_home.root, home.root)
    return run_night(home)


@pytest.fixture(scope="session")
def small_again(small: Ran) -> Ran:
    """The same night once more, in English."""
    return run_night(small.home, "en")
