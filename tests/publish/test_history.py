"""The history that a dry run reads: private, replaced whole, and never half there."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from jindu.settings import Home, Night
from jindu.warehouse import history
from jindu.warehouse.connection import connect
from jindu.warehouse.history import TABLES, seal_history

from .test_publish import ask, fill

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse import history

moments = {"copy": (history, "_copy"), "written": (Path, "chmod"), "synced": (Path, "replace")}
setattr(*moments[sys.argv[2]], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
night = Night(Home(Path(sys.argv[1])), Path(), datetime(2030, 5, 10, 2, tzinfo=OFFICE_TIMEZONE), "night", 1)
history.seal_history(night)
"""


def grow(night: Night, generation: int) -> None:
    fill(night, generation)
    with connect(night.home) as connection:
        connection.execute(f"update core.submission set generation = {generation}")


def generation_of(home: Home) -> object:
    return ask(home.history, "select generation from core.submission")[0][0]


def test_it_holds_what_was_received_and_as_of_when(night: Night) -> None:
    seal_history(night)
    tables = ask(night.home.history, "select schema_name || '.' || table_name from duckdb_tables()")
    assert {name for (name,) in tables} == {*TABLES, "main.history"}
    ((as_of, run_id),) = ask(night.home.history, "select as_of_at, run_id from history")
    assert (as_of, run_id) == (night.as_of, night.run_id)


def test_nobody_else_can_read_it(night: Night) -> None:
    previous = os.umask(0)
    try:
        seal_history(night)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(night.home.history.stat().st_mode) == 0o600
    assert not list(night.home.root.glob(".history*"))


def test_nobody_else_can_read_the_private_database(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    previous = os.umask(0)
    try:
        with connect(home):
            assert stat.S_IMODE(home.private_database.stat().st_mode) == 0o600
    finally:
        os.umask(previous)
    home.private_database.chmod(0o644)  # as an older version made it
    with connect(home):
        assert stat.S_IMODE(home.private_database.stat().st_mode) == 0o600


@pytest.mark.parametrize("moment", ["copy", "written", "synced"])
def test_killed_at_any_moment_the_old_one_stays_whole(night: Night, moment: str) -> None:
    seal_history(night)
    grow(night, 1)
    killed = subprocess.run([sys.executable, "-c", KILLED, night.home.root, moment], check=False)
    assert killed.returncode == -9
    assert generation_of(night.home) == 0
    seal_history(night)
    assert generation_of(night.home) == 1
    assert not list(night.home.root.glob(".history*"))


def test_a_reader_keeps_what_it_opened(night: Night) -> None:
    seal_history(night)
    with duckdb.connect(night.home.history, read_only=True) as reader:
        grow(night, 1)
        seal_history(night)
        assert reader.execute("select generation from core.submission").fetchone() == (0,)
    assert generation_of(night.home) == 1


def test_a_failed_one_leaves_the_old_one(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    seal_history(night)
    grow(night, 1)

    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(history, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        seal_history(night)
    assert generation_of(night.home) == 0
    assert not list(night.home.root.glob(".history*"))
