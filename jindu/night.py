"""A night seen from outside its steps: the journal of its attempts, and its failure."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import duckdb

from jindu import lock
from jindu.alerts.deliver import alert_failure
from jindu.checks.gate import GateFailed
from jindu.last_run import remember_attempt, remember_unrecorded, show_life
from jindu.lock import HomeLockedError, holds_lock
from jindu.memory import remember
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
from jindu.site.write import write_site
from jindu.steps import AFTER_PUBLISH, StepTime, step_after, title
from jindu.warehouse.alert_event import record_events
from jindu.warehouse.attempt import keep_attempts, refuse_lost_database
from jindu.warehouse.connection import connect
from jindu.warehouse.journal import NOTIFICATION, agree
from jindu.warehouse.models import build_stage
from jindu.warehouse.publish import published_version
from jindu.warehouse.published import published_copy

log = logging.getLogger(__name__)
Step = Callable[[Night, Progress], StepReport]
Report = TypeVar("Report", bound=StepReport)

PATIENCE = 1800.0  # seconds that a scheduled night waits for whoever is at work in the home, such as a delivery
# a night that published and failed at its pages has its readers, too
NEWEST_PUBLISHED = """
select max(run.as_of_at)
from raw.run as run
left join raw.run_step as step
    on run.run_id = step.run_id and run.attempt = step.attempt and step.step = 'publish' and step.state = 'completed'
where run.as_of_at > ? and (run.state = 'completed' or step.step is not null)
"""
DIED_ZH = "进程中途结束（被终止或断电），没有留下原因。"
DIED_EN = "The process ended midway (killed, or a power cut) and left no reason."


class PastNightError(JinduError):
    """The home has been run as of a later moment already."""


class Watcher(Protocol):
    """Somebody who is told how the night goes, such as the terminal."""

    def started(self, step: str) -> None: ...
    def progress(self, step: str, done: int, total: int) -> None: ...
    def finished(self, step: str, report: StepReport, seconds: float) -> None: ...
    def failed(self, step: str, error: BaseException, seconds: float) -> None: ...


watchers: list[Watcher] = []
take_lock, lock_holder = lock.take_lock, lock.lock_holder
_begun: set[Path] = set()  # homes in which this process has begun a night
_told: set[Path] = set()  # and those whose failure it has told of without the database


def drop_lock(home: Home) -> None:
    """Let another process work in the home; harmless when this one does not hold the lock."""
    lock.drop_lock(home)
    _begun.discard(home.root)
    _told.discard(home.root)


def open_night(home: str, reference: str, as_of: str, *, patience: float = 0.0) -> Night:
    """Lock the home and begin an attempt at the night; an attempt that never ended is marked failed first.

    Waits up to `patience` seconds for who is at work in the home. Raises HomeLockedError, PastNightError, or JinduError
    for a folder or moment that is none.
    """
    here, moment = home_folder(home), parse_as_of(as_of)
    take_lock(here, patience=patience)
    return _begin(here, reference_folder(reference or None, here), moment)


def _begin(home: Home, reference: Path, moment: datetime) -> Night:
    run_id = run_id_of(moment)
    home.inbox.mkdir(parents=True, exist_ok=True)
    with connect(home) as connection:
        refuse_lost_database(connection, home)
        _bury(connection, DIED_ZH)  # the lock is ours: whatever still says running is dead
        keep_attempts(connection, home)
        agree(connection, home, NOTIFICATION)
        _refuse_the_past(connection, moment)
        attempt = _one(connection, "select coalesce(max(attempt), 0) + 1 from raw.run where run_id = ?", [run_id])
        night = Night(home, reference, moment, run_id, attempt)
        connection.execute(
            "insert into raw.run (run_id, attempt, as_of_at, started_at, state) values (?, ?, ?, ?, 'running')",
            [run_id, attempt, moment, _now()],
        )
    _begun.add(home.root)
    remember_attempt(night, "running")
    log.info("night %s attempt %d begins in %s", run_id, attempt, home.root)
    return night


def _refuse_the_past(connection: duckdb.DuckDBPyConnection, moment: datetime) -> None:
    """A home goes forward: an older night would take the newer figures from its readers, and alert about the past."""
    later = _one(connection, NEWEST_PUBLISHED, [moment])
    if later is not None:
        shown = later.astimezone(OFFICE_TIMEZONE).isoformat(timespec="minutes")
        raise PastNightError(
            f"这个工作目录已经运行到 {shown}，不能再退回 {run_id_of(moment)}。"
            "要看过去的情况，请把目录复制一份、删去其中的 warehouse.duckdb 和 archive/，用 --home 指定后逐夜重放。",
            f"This home has been run as of {shown} already and does not go back to {run_id_of(moment)}. "
            "To see the past, copy the home, remove its warehouse.duckdb and archive/, and replay it with --home.",
        )


def step(night: Night, name: str, function: Step) -> StepReport:
    """Do one step of the night, with its time, outcome and one line of what it did in raw.run_step."""
    with connect(night.home):  # opened once for the step and its journal
        _begin_step(night, name)
        try:
            report = watched(name, lambda progress: function(night, _lively(night.home, progress)))
        except BaseException as error:  # also Ctrl-C: the journal says where; always raised again
            _end_step(night, name, "failed", *messages(error))
            raise
        _end_step(night, name, "completed", report.detail_zh, report.detail_en)
    return report


def watched(name: str, work: Callable[[Progress], Report]) -> Report:
    """Do a piece of work, while the watchers and the log are told how it goes."""
    _tell(lambda watcher: watcher.started(name))
    clock = time.monotonic()
    try:
        report = work(lambda done, total: _tell(lambda watcher: watcher.progress(name, done, total)))
    except BaseException as raised:  # also Ctrl-C; always raised again
        error, seconds = raised, time.monotonic() - clock
        _tell(lambda watcher: watcher.failed(name, error, seconds))
        log.error("%s failed after %.1f s", name, seconds, exc_info=True)
        raise
    seconds = time.monotonic() - clock
    _tell(lambda watcher: watcher.finished(name, report, seconds))
    log.info("%s completed in %.1f s: %s", name, seconds, report.detail_en)
    return report


def record_run(night: Night, progress: Progress) -> StepReport:
    """Build the tables that tell of the run itself, which go out with the copy published next."""
    with connect(night.home) as connection:
        connection.execute(
            "update raw.run set published_at = ? where run_id = ? and attempt = ?",
            [_now(), night.run_id, night.attempt],
        )
    count = build_stage(night, "record", progress)
    with connect(night.home) as connection:
        record_events(connection, night)
    return StepReport(f"运行与关口记录，{count} 张表", f"runs and gates, {count} tables", count)


def close_night(night: Night) -> None:
    """Mark the attempt completed."""
    with connect(night.home) as connection:
        connection.begin()
        connection.execute(
            "update raw.run set state = 'completed', finished_at = ?, published_version = ?"
            " where run_id = ? and attempt = ?",
            [_now(), published_version(night.home), night.run_id, night.attempt],
        )
        keep_attempts(connection, night.home)  # in the archive before it is done in the database
        connection.commit()
    with suppress(OSError):
        night.home.notice.unlink(missing_ok=True)
    remember_attempt(night, "completed")
    log.info("night %s attempt %d is complete", night.run_id, night.attempt)


def fail_night(home: str, reference: str, as_of: str, error: BaseException) -> None:
    """Mark the attempt at the night failed and alert the operator; done once, however often it is called.

    A failure before the night began is recorded as an attempt as well; one whose process was killed, by whoever saw
    it die. A night that found the home taken is told, and not recorded; one that found a later one done is neither.
    Never raises: the error that ended the night is the one to see.
    """
    if isinstance(error, PastNightError):
        return
    here, moment = home_folder(home), parse_as_of(as_of)
    if isinstance(error, HomeLockedError):
        _tell_unrecorded(here, reference, moment, _skipped(error))
        return
    is_ours = holds_lock(here)
    try:
        if not is_ours and not here.private_database.exists():
            return
        take_lock(here)
        if is_ours and here.root not in _begun:
            _begin(here, _folder_or_name(here, reference), moment)
        _record_failure(here, reference, moment, error)
    except (HomeLockedError, PastNightError):  # another process is at work here, or was: there is nothing to record
        return
    except Exception:  # whatever it is, the night's own error matters more
        log.exception("the failure could not be recorded")
        _tell_unrecorded(here, reference, moment, error)
    finally:
        if not is_ours:
            drop_lock(here)


def give_up_night(home: str, reference: str, as_of: str, deaths: int) -> None:
    """Mark failed, and tell the operator of, a night that died so often that it is not tried again. Never raises.

    One that is complete, or older than a completed one, is let be.
    """
    error = JinduError(
        f"夜间运行 {deaths} 次中途结束（被终止或断电），不再重试。请查看 log/worker.log，修复后运行 jindu run。",
        f"The night ended midway {deaths} times (killed, or a power cut) and is not tried again. "
        "See log/worker.log; mend that and run jindu run.",
    )
    try:
        here, moment = home_folder(home), parse_as_of(as_of)
    except JinduError:
        log.exception("no night is of this moment")
        return
    try:
        take_lock(here)
        state = _newest_state(here, run_id_of(moment))
        if state == "completed":
            return
        if state != "running":  # it died before its journal began, or another night has buried it
            _begin(here, _folder_or_name(here, reference), moment)
        _record_failure(here, reference, moment, error)
    except PastNightError:
        return
    except Exception:  # the home is taken, or broken: the operator is told all the same
        log.exception("the failure could not be recorded")
        _tell_unrecorded(here, reference, moment, error)
    finally:
        drop_lock(here)


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
        night = Night(home, _folder_or_name(home, reference), moment, run_id, int(found[0]))
        _bury(connection, message_zh)
        keep_attempts(connection, home)
        failed_step = _one(
            connection, "select failed_step from raw.run where run_id = ? and attempt = ?", [run_id, night.attempt]
        )
    remember_attempt(night, "failed", step=failed_step, message_zh=message_zh, message_en=message_en)
    with suppress(OSError):  # the alert matters more
        _put_notice(night, failed_step, is_gate=isinstance(error, GateFailed))
    log.error("night %s attempt %d failed at %s: %s", run_id, night.attempt, failed_step, message_en)
    alert_failure(night, failed_step, message_zh, message_en)
    _show_notice(home)  # thousands of pages: after the office knows


def _put_notice(night: Night, failed_step: str | None, *, is_gate: bool) -> None:
    """What whoever looks at the pages may know: that they are of an earlier night; no unit, no figure."""
    at_zh, at_en = title(failed_step or "start", "zh"), title(failed_step or "start", "en")
    why_zh = f"{at_zh}有强制性检查不合格" if is_gate else f"停在{at_zh}"
    why_en = f"a critical check failed at the {at_en}" if is_gate else f"it stopped at: {at_en}"
    moment = f"{night.as_of:%Y-%m-%d %H:%M}"
    age_zh, age_en = _age(night)
    zh = f"{moment} 的夜间运行没有发布（{why_zh}），这里仍是上一次发布的数据{age_zh}。"
    en = f"The night of {moment} published nothing ({why_en}); these are the figures published before{age_en}."
    if failed_step in AFTER_PUBLISH:
        zh = f"{moment} 的夜间运行已经发布数据，但没有做完（{why_zh}）。"
        en = f"The night of {moment} published its figures, but was not finished ({why_en})."
    zh += "维护员请用 jindu status 查看怎样处理。"
    en += " Operator: see jindu status."
    night.home.notice.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "run_id": night.run_id,
        "as_of": night.as_of.isoformat(),
        "step": failed_step,
        "is_gate": is_gate,
        "published_version": published_version(night.home),
        "zh": zh,
        "en": en,
    }
    remember(night.home.notice, told)


def _age(night: Night) -> tuple[str, str]:
    """As of when the published figures are, and how many days before the failed night that is; empty without any."""
    try:
        with published_copy(night.home) as (connection, _):
            published = _one(connection, "select max(as_of_at) from mart.run", [])
    except (JinduError, duckdb.Error):
        return "", ""
    if published is None:
        return "", ""
    published = published.astimezone(OFFICE_TIMEZONE)
    days = (night.as_of.astimezone(OFFICE_TIMEZONE).date() - published.date()).days
    return (
        f"（截至 {published:%Y-%m-%d %H:%M}，早 {days} 天）",
        f" (as of {published:%Y-%m-%d %H:%M}, {days} {'day' if days == 1 else 'days'} older)",
    )


def _show_notice(home: Home) -> None:
    """The pages anew, with the notice above them; whatever goes wrong with them, the night's own error matters more."""
    try:
        write_site(home)
    except JinduError as error:  # nothing is published yet, or the disk is full
        log.warning("the notice is not on the pages: %s", error.message_en)
    except Exception:
        log.exception("the notice is not on the pages")


def _tell_unrecorded(home: Home, reference: str, moment: datetime, error: BaseException) -> None:
    """Tell of a failure without the database, which another process is at work in, or which is broken."""
    if home.root in _told:
        return
    _told.add(home.root)
    message_zh, message_en = messages(error)
    night = Night(home, _folder_or_name(home, reference), moment, run_id_of(moment), attempt=0)
    log.error("night %s failed, which is not recorded: %s", night.run_id, message_en)
    with suppress(OSError):  # the alert matters more
        remember_unrecorded(night, step="start", message_zh=message_zh, message_en=message_en)
    alert_failure(night, "start", message_zh, message_en, is_recorded=False)


def _skipped(error: HomeLockedError) -> JinduError:
    return JinduError(
        f"排定的夜间运行没有开始：{error.message_zh}", f"The scheduled night did not begin: {error.message_en}"
    )


def _folder_or_name(home: Home, reference: str) -> Path:
    """The reference folder, also when there is none: the failure may be just that."""
    try:
        return reference_folder(reference or None, home)
    except JinduError:
        return Path(reference)


def _bury(connection: duckdb.DuckDBPyConnection, failure: str) -> None:
    """Mark every attempt that says running as failed: at its failed or unfinished step, else at the one due next."""
    connection.begin()
    connection.execute(
        "update raw.run_step set state = 'failed', finished_at = ?, detail_zh = ?, detail_en = ?"
        " where state = 'running'",
        [_now(), DIED_ZH, DIED_EN],
    )
    dead = connection.execute(
        "select run.run_id, run.attempt, max_by(step, run_step.started_at) filter (where run_step.state = 'failed'),"
        " max_by(step, run_step.started_at) filter (where run_step.state = 'completed')"
        " from raw.run as run left join raw.run_step as run_step using (run_id, attempt)"
        " where run.state = 'running' group by run.run_id, run.attempt"
    ).fetchall()
    for run_id, attempt, failed_step, completed_step in dead:
        connection.execute(
            "update raw.run set state = 'failed', finished_at = ?, failure = ?, failed_step = ?,"
            " published_at = case when exists ("
            "    from raw.run_step where run_step.run_id = run.run_id and run_step.attempt = run.attempt"
            "    and run_step.step = 'publish' and run_step.state = 'completed'"
            ") then published_at end"
            " where run_id = ? and attempt = ?",
            [_now(), failure, failed_step or step_after(completed_step), run_id, attempt],
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
    remember_attempt(night, "running", step=name)


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


def _lively(home: Home, progress: Progress) -> Progress:
    """The same, which also shows that the night goes on to whoever watches over it."""

    def tell(done: int, total: int) -> None:
        show_life(home)
        progress(done, total)

    return tell


def _tell(say: Callable[[Watcher], None]) -> None:
    """Tell the watchers; one whose terminal is gone is not told again, and the night goes on."""
    for watcher in list(watchers):
        try:
            say(watcher)
        except OSError:
            watchers.remove(watcher)


def _newest_state(home: Home, run_id: str) -> str | None:
    with connect(home) as connection:
        state: str | None = _one(
            connection, "select state from raw.run where run_id = ? order by attempt desc limit 1", [run_id]
        )
    return state


def _one(connection: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> Any:
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]


def _now() -> datetime:
    return datetime.now(OFFICE_TIMEZONE)
