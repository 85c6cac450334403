"""Work in a fork: its result comes back; where it has none, the process it came from does the work."""

import os
import signal
import time
from pathlib import Path

import pytest

from jindu.site import beside
from jindu.site.beside import begin_beside

PARENT = os.getpid()


def writing(folder: Path, *, dies: bool = False, hangs: bool = False) -> tuple[int, int]:
    """Leave a file named after the process that did it."""
    if dies and os.getpid() != PARENT:
        os.kill(os.getpid(), signal.SIGKILL)
    if hangs and os.getpid() != PARENT:
        time.sleep(60)
    (folder / str(os.getpid())).touch()
    return 3, 7


def test_a_fork_does_the_work(tmp_path: Path) -> None:
    assert begin_beside(lambda: writing(tmp_path))() == (3, 7)
    assert [path.name for path in tmp_path.iterdir()] != [str(PARENT)]


def test_what_a_killed_fork_left_is_done_here(tmp_path: Path) -> None:
    assert begin_beside(lambda: writing(tmp_path, dies=True))() == (3, 7)
    assert [path.name for path in tmp_path.iterdir()] == [str(PARENT)]


def test_a_fork_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "PATIENCE", 0.5)
    assert begin_beside(lambda: writing(tmp_path, hangs=True))() == (3, 7)
    assert [path.name for path in tmp_path.iterdir()] == [str(PARENT)]


def test_what_fails_in_a_fork_is_raised_here() -> None:
    def fail() -> tuple[int, int]:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        begin_beside(fail)()
