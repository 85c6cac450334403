"""One night of the invented year for all workers of a test run: a night costs more than all that is asked of it."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jindu.settings import Home

AS_OF = "2024-10-10T02:00"
MARK = "ready"
READ = ("published", "versions", "sites", "site", "bulletin", "returns", "history.duckdb")  # what is looked at later


def published_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of the one home in which the night of the invented year is published: do with it what you like."""
    shared = _shared(tmp_path_factory)
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / MARK).exists():
            made = Home(tmp_path_factory.mktemp("published") / "home")
            _do("sample", made)
            _do("run", made, "--as-of", AS_OF)
            leave(made, tmp_path_factory)
    own = Home(tmp_path_factory.mktemp("copied") / "home")
    shutil.copytree(shared / "home", own.root, symlinks=True)
    return own


def leave(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Leave what this home's night published to whoever asks for it later in this test run."""
    shared = _shared(tmp_path_factory)
    if (shared / MARK).exists():
        return
    draft = tmp_path_factory.mktemp("shared") / "home"
    draft.mkdir()
    for name in READ:
        there = home.root / name
        if there.is_symlink():
            (draft / name).symlink_to(there.readlink())
        elif there.is_dir():
            shutil.copytree(there, draft / name, symlinks=True)
        elif there.exists():
            shutil.copy2(there, draft / name)
    shared.mkdir(exist_ok=True)
    shutil.rmtree(shared / "home", ignore_errors=True)
    draft.rename(shared / "home")
    (shared / MARK).touch()


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the workers of this run, which each have a base of their own below one."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / "shared-night"


def _do(command: str, home: Home, *more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jindu.cli", command, "--home", str(home.root), *more],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
