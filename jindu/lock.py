"""The lock files of a home: one process at a time does one kind of work in it; the second is told who is first.

The kernel drops a lock with the process that held it, however that ended.
"""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from jindu.memory import recall
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError

LOOK_AGAIN = 0.5  # seconds between two looks at a lock that somebody else holds
_held: dict[Path, TextIO] = {}


class HomeLockedError(JinduError):
    """Another process is at work in this home."""


def take_lock(home: Home, *, patience: float = 0.0, path: Path | None = None) -> None:
    """Make this process the only one at work in the home, until it ends or drops the lock; taking it twice is fine.

    Waits up to `patience` seconds for who is there. `path` is another lock of the home than its one for the database.
    A full disk takes no name of the holder, which keeps the lock all the same.
    Raises HomeLockedError, which names the holder, and JinduError when the home cannot be written.
    """
    path = path or home.lock
    if path in _held:
        return
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise JinduError(
            f"无法写入工作目录 {home.root}：{error.strerror}。请换一个 --home，或修正权限。",
            f"Cannot write into the home {home.root}: {error.strerror}. Choose another --home or mend its permissions.",
        ) from error
    if not _flock(file, patience):
        file.close()
        raise _locked(home, path)
    _held[path] = file
    started = datetime.now(OFFICE_TIMEZONE).isoformat(timespec="seconds")
    holder = json.dumps({"pid": os.getpid(), "command": _command(), "started_at": started}, ensure_ascii=False)
    with suppress(OSError):
        file.truncate(0)
        os.write(file.fileno(), holder.encode())  # unbuffered: what the disk refused is not tried again at the end


def drop_lock(home: Home, *, path: Path | None = None) -> None:
    """Let another process work in the home; harmless when this one does not hold the lock."""
    if file := _held.pop(path or home.lock, None):
        with suppress(OSError):
            file.truncate(0)
        file.close()


def holds_lock(home: Home) -> bool:
    """Whether this process is the one at work in the home."""
    return home.lock in _held


@contextmanager
def locked(home: Home, *, patience: float = 0.0, path: Path | None = None) -> Iterator[None]:
    """The home to oneself for a moment; who held the lock before goes on holding it.

    Raises as take_lock does.
    """
    is_mine = (path or home.lock) in _held
    take_lock(home, patience=patience, path=path)
    try:
        yield
    finally:
        if not is_mine:
            drop_lock(home, path=path)


def lock_holder(home: Home, *, path: Path | None = None) -> dict[str, Any] | None:
    """pid, command and started_at of the process at work in the home; None when there is none."""
    path = path or home.lock
    if path not in _held:
        try:
            with path.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except FileNotFoundError:
            return None
        except BlockingIOError:
            pass
    return {"pid": None, "command": "?", "started_at": "?"} | (recall(path) or {})


def lock_descriptor(path: Path) -> int:
    """The open file that holds the lock, for a process that is about to become another program."""
    return _held[path].fileno()


def _flock(file: TextIO, patience: float) -> bool:
    """Take the lock; somebody who only looks lets go at once, and is waited for whatever the patience."""
    deadline = time.monotonic() + patience
    for pause in (0.1, 0.3, 0.0):
        if _try(file):
            return True
        time.sleep(pause)
    while time.monotonic() < deadline:
        time.sleep(min(LOOK_AGAIN, max(0.0, deadline - time.monotonic())))
        if _try(file):
            return True
    return False


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked(home: Home, path: Path) -> HomeLockedError:
    holder = {"pid": "?", "command": "?", "started_at": "?"} | (recall(path) or {})
    pid, command, started = holder["pid"], holder["command"], holder["started_at"]
    return HomeLockedError(
        f"{home.root} 正由另一个进程使用：进程 {pid}，命令 {command}，始于 {started}。请等它结束后再运行。",
        f"{home.root} is in use by process {pid}, command {command}, since {started}. Run again when it has ended.",
    )


def _command() -> str:
    return " ".join(["jindu", *sys.argv[1:]] if Path(sys.argv[0]).stem in {"jindu", "cli"} else sys.argv)
