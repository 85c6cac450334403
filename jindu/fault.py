"""What is wrong with the nights of a home, seen from outside: without the private database and without Prefect."""

import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jindu.last_run import delivery_record, last_attempt, last_sign_of_life, odd_records
from jindu.lock import lock_holder
from jindu.memory import recall
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.steps import title
from jindu.warehouse.published import published_copy

log = logging.getLogger(__name__)

STALE_AFTER = timedelta(hours=26)  # a night each day, and two hours' grace
FULL_BYTES = 1_000_000  # less than that is not worth a night's first step
DIED = ("进程中途结束（被终止或断电）。", "The process ended midway (killed, or a power cut).")
HANGS_AFTER = timedelta(hours=1)  # without a new step or any progress; a whole night takes minutes
HANGS_AFTER_VARIABLE = "JINDU_HANGS_AFTER"  # seconds, in its place: of an office whose steps take longer


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, what the night itself said of it, and what to do."""

    code: str  # cannot_look, unwritable, odd_record, failed, hangs, unreadable, missing, never_run, stale, delivery
    key: str  # the same for as long as it is the same fault
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    detail_zh: str = ""  # may quote data
    detail_en: str = ""


@dataclass(frozen=True)
class Published:
    """The moment that the published copy is as of; None when there is none, or when `damage` says why not."""

    as_of: datetime | None
    damage: JinduError | None = None


def look(home: Home, now: datetime) -> list[Fault]:
    """What is wrong at the moment `now`, the gravest first; nothing is wrong with a night that is at work.

    Never raises: what keeps it from looking is a fault as well.
    """
    try:
        return [*_of_disk(home), *map(_odd, odd_records(home)), *_of_nights(home, now), *_of_delivery(home)]
    except Exception as error:  # whatever it is, somebody has to know
        log.exception("could not look at %s", home.root)
        return [_cannot_look(error)]


def hangs_after() -> timedelta:
    """How long a night may show no progress; an hour where JINDU_HANGS_AFTER is no number of seconds."""
    said = os.environ.get(HANGS_AFTER_VARIABLE, "").strip()
    return timedelta(seconds=int(said)) if re.fullmatch(r"[1-9][0-9]{0,5}", said) else HANGS_AFTER


def shows_figures(home: Home) -> bool:
    """Whether there is a published copy that opens."""
    published = _published(home)
    return published.damage is None and published.as_of is not None


def _of_nights(home: Home, now: datetime) -> list[Fault]:
    attempt = last_attempt(home)
    faults = [*_of_attempt(home, attempt, now)]
    published = _published(home)
    if published.damage:
        return [*faults, _unreadable(published.damage)]
    if faults or (attempt and attempt["state"] == "running"):
        return faults  # what keeps the data old is told, or being mended
    return _of_age(home, published.as_of, attempt, now)


def failure_key(run_id: str, step: str) -> str:
    """Names the failure of a night at a step: the same however many attempts fail there."""
    return f"run_failed {run_id} {step}"


def age(elapsed: timedelta) -> tuple[str, str]:
    """How long ago something was, in Chinese and English."""
    hours = elapsed.total_seconds() / 3600
    if hours < 0:  # run as of a moment to come
        return "截至时刻还没有到", "a moment still to come"
    if hours < 48:
        return f"{hours:.0f} 小时前", f"{hours:.0f} hours ago"
    return f"{hours / 24:.0f} 天前", f"{hours / 24:.0f} days ago"


def _of_disk(home: Home) -> list[Fault]:
    """Whether the home's disk takes nothing more; found without writing to it."""
    if not home.root.exists():
        return []
    disk = os.statvfs(home.root)
    if disk.f_flag & os.ST_RDONLY:
        zh, en = "工作目录所在的磁盘只能读，不能写", "The disk of the home is read-only"
        remedy = (
            "请检查磁盘和挂载方式，恢复后运行一次 jindu run。",
            "Check the disk and its mount, then run jindu run.",
        )
    elif disk.f_bavail * disk.f_frsize < FULL_BYTES:
        zh, en = "工作目录所在的磁盘已满", "The disk of the home is full"
        remedy = ("请清理磁盘，再运行一次 jindu run。", "Make room on the disk, then run jindu run.")
    else:
        return []
    return [Fault("unwritable", "unwritable", zh, en, *remedy)]


def _odd(path: Path) -> Fault:
    return Fault(
        "odd_record",
        f"odd_record {path.name}",
        f"{path.name} 读不懂，无法知道最近一次夜间运行怎样",
        f"{path.name} makes no sense, so nobody can tell how the last night went",
        "请运行一次 jindu run，它会重新写出；仍是这样的，请移走这个文件并检查磁盘。",
        "Run jindu run, which writes it anew; when that does not help, move the file away and check the disk.",
    )


def _cannot_look(error: Exception) -> Fault:
    said = f"{type(error).__name__}: {error}"
    return Fault(
        "cannot_look",
        f"cannot_look {type(error).__name__}",
        "无法查看工作目录的情况",
        "It cannot be seen how the home is",
        "请用 jindu status 查看，并检查磁盘和权限。",
        "See jindu status, and check the disk and the permissions.",
        said,
        said,
    )


def _of_delivery(home: Home) -> list[Fault]:
    """A delivery that failed, or ended midway: what it did not send waits for the next one."""
    record = recall(delivery_record(home)) or {}
    state = record.get("state")
    if state not in ("running", "failed") or (state == "running" and lock_holder(home, path=home.delivery_lock)):
        return []
    at = str(record.get("at", ""))
    with suppress(ValueError):
        at = _moment(at)
    died_zh, died_en = ("中途结束", "ended midway") if state == "running" else ("失败", "failed")
    said = [str(record.get(name) or "") for name in ("message_zh", "message_en")]
    return [
        Fault(
            "delivery",
            f"delivery_{'died' if state == 'running' else 'failed'} {at}",
            f"{at} 的发送提醒{died_zh}，可能有人没有收到",
            f"The delivery of {at} {died_en}; somebody may not have been told",
            "请运行 jindu deliver：没有确认的以同一编号再发。",
            "Run jindu deliver: what nobody confirmed is sent again under its number.",
            *(DIED if state == "running" else said),
        )
    ]


def _of_attempt(home: Home, attempt: dict[str, Any] | None, now: datetime) -> list[Fault]:
    if attempt is None or attempt["state"] == "completed":
        return []
    if attempt["state"] == "failed":
        return [_failed(attempt)]
    holder = lock_holder(home)
    if holder is None:
        return [_died(attempt)]
    seen = last_sign_of_life(home, attempt)
    return [_hangs(attempt, holder, seen, now)] if now - seen > hangs_after() else []


def _failed(attempt: dict[str, Any]) -> Fault:
    step, run_id = attempt.get("step") or "start", attempt["run_id"]
    remedy = ("再运行一次 jindu run 即可接着做完。", "Run jindu run again to finish the job.")
    if step.startswith("gate-"):  # the same data judged by the same rules fail again
        remedy = (
            "请先按上面所说改正数据，或由维护员核对 expectations/ 里的规则，再运行一次 jindu run。",
            "Mend the data, or have the maintainer look at the rule in expectations/; then run jindu run again.",
        )
    return Fault(
        "failed",
        failure_key(run_id, step),
        *_told_failed(attempt, step),
        *remedy,
        attempt.get("message_zh") or "",
        attempt.get("message_en") or "",
    )


def _died(attempt: dict[str, Any]) -> Fault:
    step, run_id = attempt.get("step") or "start", attempt["run_id"]
    return Fault(
        "failed",
        failure_key(run_id, step),
        *_told_failed(attempt, step),
        "再运行一次 jindu run 即可接着做完。",
        "Run jindu run again to finish the job.",
        *DIED,
    )


def _told_failed(attempt: dict[str, Any], step: str) -> tuple[str, str]:
    night, at = _moment(attempt["as_of"]), _moment(attempt["at"])
    return (
        f"最近一次运行失败：{night} 的夜间运行停在“{title(step, 'zh')}”（{at}）",
        f"The last run failed: the night of {night} stopped at: {title(step, 'en')} ({at})",
    )


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(OFFICE_TIMEZONE):%Y-%m-%d %H:%M}"


def _hangs(attempt: dict[str, Any], holder: dict[str, Any], seen: datetime, now: datetime) -> Fault:
    step, run_id, pid = attempt.get("step") or "start", attempt["run_id"], holder["pid"]
    since_zh, since_en = age(now - seen)
    return Fault(
        "hangs",
        f"run_hangs {run_id} {step}",
        f"{_moment(attempt['as_of'])} 的夜间运行停住不动：停在“{title(step, 'zh')}”，最近一次进展是 {since_zh}",
        f"The night of {_moment(attempt['as_of'])} hangs: {title(step, 'en')}, last progress {since_en}",
        f"请查看日志 jindu.log 或 log/worker.log；确认停住后结束进程 {pid}（kill {pid}），再运行一次 jindu run。",
        f"See jindu.log or log/worker.log; when it is stuck indeed, end process {pid} (kill {pid}) and run jindu run.",
    )


def _published(home: Home) -> Published:
    if not home.published.exists():
        return Published(None)
    try:
        with published_copy(home) as (connection, _):
            row = connection.execute("select max(as_of_at) from mart.run").fetchone()
    except (JinduError, duckdb.Error, OSError) as error:
        told = JinduError(str(error), str(error))
        return Published(None, error if isinstance(error, JinduError) else told)
    return Published(row[0].astimezone(OFFICE_TIMEZONE) if row and row[0] else None)


def _unreadable(damage: JinduError) -> Fault:
    return Fault(
        "unreadable",
        "unreadable",
        "已发布的数据打不开",
        "What is published cannot be opened",
        "运行一次 jindu run 会重新发布；仍打不开的，请检查磁盘。",
        "jindu run publishes anew; when that does not help, check the disk.",
        damage.message_zh,
        damage.message_en,
    )


def _of_age(home: Home, as_of: datetime | None, attempt: dict[str, Any] | None, now: datetime) -> list[Fault]:
    command = f"jindu run --home {home.root}"
    if as_of is None and attempt and attempt["state"] == "completed":
        zh, en = "已发布的数据不见了", "What was published is gone"
        return [Fault("missing", "missing", zh, en, f"请运行 {command} 重新发布", f"Run {command} to publish anew")]
    if as_of is None:
        zh, en = "还没有成功运行过", "No night has succeeded"
        return [Fault("never_run", "never_run", zh, en, f"请运行 {command}", f"Run {command}")]
    if now - as_of <= STALE_AFTER:
        return []
    age_zh, age_en = age(now - as_of)
    zh, en = f"已发布的数据是 {age_zh}的", f"What is published is from {age_en}"
    key = f"stale {as_of.isoformat()}"
    if attempt and now - datetime.fromisoformat(attempt["at"]) <= STALE_AFTER:  # a night, but of a past moment
        return [
            Fault(
                "stale",
                key,
                f"{zh}：最近一次运行以 {as_of:%Y-%m-%d %H:%M} 为截至时刻",
                f"{en}: the last run was as of {as_of:%Y-%m-%d %H:%M}",
                f"请运行 {command}（不带 --as-of）",
                f"Run {command} without --as-of",
            )
        ]
    return [
        Fault(
            "stale",
            key,
            f"{zh}：此后没有进行过夜间运行",
            f"{en}: no night has run since",
            f"请检查 jindu serve 或计划任务（systemctl status jindu），再运行一次 {command}",
            f"Check jindu serve or the timer (systemctl status jindu), then run {command}",
        )
    ]
