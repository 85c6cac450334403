"""A night seen from outside its steps: the lock of its home, the journal of its attempts, and its failure."""

import fcntl
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TextIO

import duckdb

from jindu.alerts.deliver import alert_failure
from jindu.report.steps import StepTime
from jindu.settings import (
    OFFICE_TIMEZONE,
    Home,
    JinduError,
    Night,
    Progress,
    StepReport,
    home_folder,
    parse_as_of,
    reference_folder,
    run_id_of,
)
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build_stage
from jindu.warehouse.publish import published_version

log = logging.getLogger(__name__)
Step = Callable[[Night, Progress], StepReport]

DIED_ZH = "进程中途结束（被终止或断电），没有留下原因。"
DIED_EN = "The process ended midway (killed, or a power cut) and left no reason."


class HomeLockedError(JinduError):
    """Another process is at work in this home."""


class Watcher(Protocol):
    """Somebody who is told how the night goes, such as the terminal."""

    def started(self, step: str) -> None: ...
    def progress(self, step: str, done: int, total: int) -> None: ...
    def finished(self, step: str, report: StepReport, seconds: float) -> None: ...
    def failed(self, step: str, error: BaseException, seconds: float) -> None: ...


watchers: list[Watcher] = []
_locks: dict[Path, TextIO] = {}
_begun: set[Path] = set()  # homes in which this process has begun a night


def take_lock(home: Home) -> None:
    """Make this process the only one at work in the home, until it ends or drops the lock; taking it twice is fine.

    Raises HomeLockedError, which names the holder, and JinduError when the home cannot be written.
    """
    if home.root in _locks:
        return
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        file = home.lock.open("a+", encoding="utf-8")
    except OSError as error:
        raise JinduError(
            f"无法写入工作目录 {home.root}：{error.strerror}。请换一个 --home，或修正权限。",
            f"Cannot write into the home {home.root}: {error.strerror}. Choose another --home or mend its permissions.",
        ) from error
    if not _flock(file):
        file.close()
        raise _locked(home)
    file.truncate(0)
    started = _now().isoformat(timespec="seconds")
    json.dump({"pid": os.getpid(), "command": _command(), "started_at": started}, file, ensure_ascii=False)
    file.flush()
    _locks[home.root] = file


def drop_lock(home: Home) -> None:
    """Let another process work in the home; harmless when this one does not hold the lock."""
    if file := _locks.pop(home.root, None):
        file.truncate(0)
        file.close()
        _begun.discard(home.root)


def lock_holder(home: Home) -> dict[str, Any] | None:
    """pid, command and started_at of the process at work in the home; None when there is none."""
    if home.root not in _locks:
        try:
            with home.lock.open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except FileNotFoundError:
            return None
        except BlockingIOError:
            pass
    return _read_json(home.lock) or {"pid": None, "command": "?", "started_at": "?"}


def open_night(home: str, reference: str, as_of: str) -> Night:
    """Lock the home and begin an attempt at the night; an attempt that never ended is marked failed first.

    Raises HomeLockedError, or JinduError for a folder or moment that is none.
    """
    here, moment = home_folder(home), parse_as_of(as_of)
    folder, run_id = reference_folder(reference), run_id_of(moment)
    take_lock(here)
    here.inbox.mkdir(parents=True, exist_ok=True)
    with connect(here) as connection:
        _bury(connection, DIED_ZH)  # the lock is ours: whatever still says running is dead
        _refuse_the_past(connection, moment)
        attempt = _one(connection, "select coalesce(max(attempt), 0) + 1 from raw.run where run_id = ?", [run_id])
        night = Night(here, folder, moment, run_id, attempt)
        connection.execute(
            "insert into raw.run (run_id, attempt, as_of_at, started_at, state) values (?, ?, ?, ?, 'running')",
            [run_id, attempt, moment, _now()],
        )
    _begun.add(here.root)
    _remember(night, "running")
    log.info("night %s attempt %d begins in %s", run_id, attempt, here.root)
    return night


def _refuse_the_past(connection: duckdb.DuckDBPyConnection, moment: datetime) -> None:
    """A home goes forward: an older night would take the newer figures from its readers, and alert about the past."""
    later = _one(connection, "select max(as_of_at) from raw.run where state = 'completed' and as_of_at > ?", [moment])
    if later is not None:
        shown = later.astimezone(OFFICE_TIMEZONE).isoformat(timespec="minutes")
        raise JinduError(
            f"这个工作目录已经运行到 {shown}，不能再退回 {run_id_of(moment)}。"
            "要看过去的情况，请把目录复制一份、删去其中的 warehouse.duckdb，用 --home 指定后逐夜重放。",
            f"This home has been run as of {shown} already and does not go back to {run_id_of(moment)}. "
            "To see the past, copy the home, remove its warehouse.duckdb, and replay it with --home.",
        )


def step(night: Night, name: str, function: Step) -> StepReport:
    """Do one step of the night, with its time, outcome and one line of what it did in raw.run_step."""
    _begin_step(night, name)
    _tell(lambda watcher: watcher.started(name))
    clock = time.monotonic()
    try:
        report = function(night, lambda done, total: _tell(lambda watcher: watcher.progress(name, done, total)))
    except BaseException as raised:  # also Ctrl-C: the journal says where; always raised again
        error, seconds = raised, time.monotonic() - clock
        _tell(lambda watcher: watcher.failed(name, error, seconds))
        log.error("step %s failed after %.1f s", name, seconds, exc_info=True)
        _end_step(night, name, "failed", *messages(error))
        raise
    seconds = time.monotonic() - clock
    _end_step(night, name, "completed", report.detail_zh, report.detail_en)
    _tell(lambda watcher: watcher.finished(name, report, seconds))
    log.info("step %s completed in %.1f s: %s", name, seconds, report.detail_en)
    return report


def record_run(night: Night, progress: Progress) -> StepReport:
    """Build the tables that tell of the run itself, which go out with the copy published next."""
    with connect(night.home) as connection:
        connection.execute(
            "update raw.run set published_at = ? where run_id = ? and attempt = ?",
            [_now(), night.run_id, night.attempt],
        )
    count = build_stage(night, "record", progress)
    return StepReport(f"运行与关口记录，{count} 张表", f"runs and gates, {count} tables", count)


def close_night(night: Night) -> None:
    """Mark the attempt completed."""
    with connect(night.home) as connection:
        connection.execute(
            "update raw.run set state = 'completed', finished_at = ?, published_version = ?"
            " where run_id = ? and attempt = ?",
            [_now(), published_version(night.home), night.run_id, night.attempt],
        )
    _remember(night, "completed")
    log.info("night %s attempt %d is complete", night.run_id, night.attempt)


def fail_night(home: str, reference: str, as_of: str, error: BaseException) -> None:
    """Mark this process's attempt failed and alert the operator; done once, however often it is called.

    A failure before the night began is recorded as an attempt as well. Never raises: the error that ended the night
    is the one to see.
    """
    here, moment = home_folder(home), parse_as_of(as_of)
    if here.root not in _locks:  # another process is at work here: this one has nothing to record
        return
    try:
        if here.root not in _begun:
            open_night(home, reference, as_of)
        _record_failure(here, reference, moment, error)
    except Exception:  # whatever it is, the night's own error matters more
        log.exception("the failure could not be recorded")


def step_times(home: Home, run_id: str) -> list[StepTime]:
    """The journal of the night's newest attempt, in the order of its steps."""
    with connect(home, read_only=True) as connection:
        rows = connection.execute(
            "select step, state, date_diff('millisecond', started_at, coalesce(finished_at, started_at)) / 1000.0,"
            " coalesce(detail_zh, ''), coalesce(detail_en, '')"
            " from raw.run_step where run_id = ? qualify attempt = max(attempt) over () order by started_at",
            [run_id],
        ).fetchall()
    return [StepTime(*row) for row in rows]


def last_attempt(home: Home) -> dict[str, Any] | None:
    """run_id, attempt, as_of, state, at, step, message_zh and message_en of the newest attempt.

    Kept in a small file of its own: whoever asks need not open the private database. A state `running` that nobody
    holds the lock for has died.
    """
    return _read_json(_memory(home))


def messages(error: BaseException) -> tuple[str, str]:
    """What went wrong, in Chinese and English."""
    if isinstance(error, JinduError):
        return error.message_zh, error.message_en
    if not isinstance(error, Exception):  # Ctrl-C, SIGTERM
        return "运行被中断或终止。", "The run was interrupted or terminated."
    return (f"意外错误 {type(error).__name__}：{error}", f"Unexpected {type(error).__name__}: {error}")


def _record_failure(home: Home, reference: str, moment: datetime, error: BaseException) -> None:
    message_zh, message_en = messages(error)
    run_id = run_id_of(moment)
    with connect(home) as connection:
        found = connection.execute(
            "select attempt from raw.run where run_id = ? and state = 'running'", [run_id]
        ).fetchone()
        if found is None:
            return
        night = Night(home, Path(reference), moment, run_id, int(found[0]))
        _bury(connection, message_zh)
        failed_step = _one(
            connection, "select failed_step from raw.run where run_id = ? and attempt = ?", [run_id, night.attempt]
        )
    _remember(night, "failed", step=failed_step, message_zh=message_zh, message_en=message_en)
    log.error("night %s attempt %d failed at %s: %s", run_id, night.attempt, failed_step, message_en)
    alert_failure(night, failed_step, message_zh, message_en)


def _bury(connection: duckdb.DuckDBPyConnection, failure: str) -> None:
    """Mark every attempt that says running as failed, at its failed or unfinished step."""
    connection.begin()
    connection.execute(
        "update raw.run_step set state = 'failed', finished_at = ?, detail_zh = ?, detail_en = ?"
        " where state = 'running'",
        [_now(), DIED_ZH, DIED_EN],
    )
    connection.execute(
        "update raw.run set state = 'failed', finished_at = ?, failure = ?, failed_step = ("
        "    select coalesce("
        "        max_by(step, started_at) filter (where run_step.state = 'failed'),"
        "        case when count(*) = 0 then 'start' else 'summary' end)"  # before the steps, or after them
        "    from raw.run_step where run_step.run_id = run.run_id and run_step.attempt = run.attempt"
        "), published_at = case when exists ("
        "    from raw.run_step where run_step.run_id = run.run_id and run_step.attempt = run.attempt"
        "    and run_step.step = 'publish' and run_step.state = 'completed'"
        ") then published_at end"
        " where state = 'running'",
        [_now(), failure],
    )
    connection.commit()


def _begin_step(night: Night, name: str) -> None:
    key = [night.run_id, night.attempt, name]
    with connect(night.home) as connection:
        connection.begin()
        connection.execute("delete from raw.run_step where run_id = ? and attempt = ? and step = ?", key)  # a retry
        connection.execute(
            "insert into raw.run_step (run_id, attempt, step, started_at, state) values (?, ?, ?, ?, 'running')",
            [*key, _now()],
        )
        connection.commit()
    _remember(night, "running", step=name)


def _end_step(night: Night, name: str, state: str, detail_zh: str, detail_en: str) -> None:
    with connect(night.home) as connection:
        connection.begin()
        connection.execute(
            "update raw.run_step set state = ?, finished_at = ?, detail_zh = ?, detail_en = ?"
            " where run_id = ? and attempt = ? and step = ?",
            [state, _now(), detail_zh, detail_en, night.run_id, night.attempt, name],
        )
        connection.execute(  # the night's files, whichever attempt took them in
            "update raw.run set files_received_count = (select count(*) from raw.submission where run_id = $run_id)"
            " where run_id = $run_id and attempt = $attempt",
            {"run_id": night.run_id, "attempt": night.attempt},
        )
        connection.commit()


def _tell(say: Callable[[Watcher], None]) -> None:
    """Tell the watchers; one whose terminal is gone is not told again, and the night goes on."""
    for watcher in list(watchers):
        try:
            say(watcher)
        except OSError:
            watchers.remove(watcher)


def _flock(file: TextIO) -> bool:
    """Take the lock, which the kernel drops when the process dies; somebody who only looks lets go at once."""
    for pause in (0.1, 0.3, 0.0):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _locked(home: Home) -> HomeLockedError:
    holder = _read_json(home.lock) or {"pid": "?", "command": "?", "started_at": "?"}
    pid, command, started = holder["pid"], holder["command"], holder["started_at"]
    return HomeLockedError(
        f"{home.root} 正由另一个进程使用：进程 {pid}，命令 {command}，始于 {started}。请等它结束后再运行。",
        f"{home.root} is in use by process {pid}, command {command}, since {started}. Run again when it has ended.",
    )


def _command() -> str:
    return " ".join(["jindu", *sys.argv[1:]] if Path(sys.argv[0]).stem in {"jindu", "cli"} else sys.argv)


def _remember(night: Night, state: str, **more: str | None) -> None:
    memory = {
        "run_id": night.run_id,
        "attempt": night.attempt,
        "as_of": night.as_of.isoformat(),
        "state": state,
        "at": _now().isoformat(timespec="seconds"),
        **more,
    }
    path = _memory(night.home)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(memory, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)


def _memory(home: Home) -> Path:
    return home.root / "last_run.json"


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # not there, or being written this moment
        return None
    return found if isinstance(found, dict) else None


def _one(connection: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> Any:
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]


def _now() -> datetime:
    return datetime.now(OFFICE_TIMEZONE)
