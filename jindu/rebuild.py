"""A new private database from the archive, the decisions and the reference folder alone.

It is built beside the old one, as of the last night that published, and takes its place in one rename; whatever
happens before leaves the old one as it was. What cannot be read out of files is in the archive's journals.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from jindu.checks.gate import GateFailed, run_gate
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night, Progress, StepReport
from jindu.warehouse.attempt import attempts, keep_attempts, recall_attempts
from jindu.warehouse.connection import connect, set_timezone
from jindu.warehouse.history import fsync
from jindu.warehouse.journal import (
    ALERT_EVENT,
    ARRIVAL,
    DELIVERY,
    NOTIFICATION,
    VERDICT,
    agree,
    insert,
    keep,
    read_lines,
)
from jindu.warehouse.models import build_core, build_mart, build_readings, build_stage, store_reference
from jindu.workbooks.arrival import recall_arrivals
from jindu.workbooks.read import read

FOLDER = ".rebuild"
COMPARED = ("reference", "core", "check", "mart")
Line = dict[str, Any]
Step = Callable[[Night, Progress], StepReport]
Do = Callable[[str, Callable[[Progress], StepReport]], StepReport]  # does a step, and tells who watches


@dataclass(frozen=True)
class Rebuilding(Home):
    """The home, but for its private database, which is the one under construction."""

    @property
    def private_database(self) -> Path:
        """Where the new one is built."""
        return self.root / FOLDER / super().private_database.name


@dataclass(frozen=True)
class Outcome:
    """What came of it: as of when, and how it compares with the database that was there.

    `differing` is None where there was none to compare with, or none of the same night.
    """

    as_of: datetime
    tables_count: int
    differing: tuple[str, ...] | None
    failed_gates: tuple[JinduError, ...]


def rebuild(home: Home, reference: Path, do: Do) -> Outcome:
    """Build the database anew and put it in the place of the old one; the caller holds the home's locks.

    Raises JinduError where there is nothing to build from, or a step fails: the old database is then as it was.
    """
    building = Rebuilding(home.root)
    shutil.rmtree(home.root / FOLDER, ignore_errors=True)  # what a killed rebuild left
    is_old_readable = _bring_up_to_date(home)
    lines = attempts(home)
    night = _last_published(home, building, reference, lines)
    failed: list[JinduError] = []
    try:
        for name, step in _steps(lines, failed).items():
            do(name, lambda progress, step=step: step(night, progress))  # type: ignore[misc]
        with connect(building) as connection:
            _close(connection, night, lines)
        new = table_hashes(building.private_database)
        old = table_hashes(home.private_database) if is_old_readable and _is_of(home, night) else None
        _swap(home, building, is_old_readable)
    finally:
        shutil.rmtree(home.root / FOLDER, ignore_errors=True)
    compared = {name for name in new if name.split(".")[0] in COMPARED}
    differing = None if old is None else tuple(sorted(name for name in compared if old.get(name) != new[name]))
    return Outcome(night.as_of, len(compared), differing, tuple(failed))


def table_hashes(database: Path) -> dict[str, str]:
    """SHA-256 of every table's sorted rows, of every schema: the same for the same content, whatever its order."""
    with duckdb.connect(database, read_only=True) as connection:
        set_timezone(connection)
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database() order by all"
        ).fetchall()
        return {f"{schema}.{table}": _table_hash(connection, schema, table) for schema, table in names}


def _table_hash(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    digest = hashlib.sha256()
    columns = connection.execute(f'describe "{schema}"."{table}"').fetchall()
    digest.update(repr([(name, kind) for name, kind, *_ in columns]).encode())
    cursor = connection.execute(f'select columns(*)::varchar from "{schema}"."{table}" order by all')
    while rows := cursor.fetchmany(10_000):
        digest.update(repr(rows).encode())
    return digest.hexdigest()


def _bring_up_to_date(home: Home) -> bool:
    """Let the journals have what the old database alone knows (an older home); whether it can be opened.

    It is only read, unless a killed process left a log beside it: that is folded in first.
    """
    if not home.private_database.exists():
        return False
    try:
        with connect(home, read_only=not _log(home).exists()) as connection:
            keep(connection, home, ARRIVAL)
            keep(connection, home, NOTIFICATION)
            keep_attempts(connection, home)
            keep(connection, home, VERDICT)
            keep(connection, home, ALERT_EVENT)
    except duckdb.CatalogException:  # an older one has no verdicts, or no events of alerts
        return True
    except (JinduError, duckdb.Error):  # broken: that may be why it is rebuilt
        return False
    return True


def _log(home: Home) -> Path:
    """Where DuckDB keeps what is not in the database file yet."""
    return home.private_database.with_name(f"{home.private_database.name}.wal")


def _last_published(home: Home, building: Home, reference: Path, lines: list[Line]) -> Night:
    published = [line["run"] for line in lines if _has_published(line)]
    if not published:
        raise JinduError(
            f"{home.archive} 里没有发布过数据的运行记录，没有可以重建的内容。请运行 jindu run --home {home.root}。",
            f"{home.archive} tells of no night that published: there is nothing to rebuild. "
            f"Do jindu run --home {home.root}.",
        )
    last = max(published, key=lambda run: (run["as_of_at"], run["attempt"]))
    as_of = datetime.fromisoformat(last["as_of_at"]).astimezone(OFFICE_TIMEZONE)
    return Night(building, reference, as_of, last["run_id"], last["attempt"])


def _has_published(line: Line) -> bool:
    """Whether its figures went out; pages, bulletin or returned workbooks may have failed after."""
    return line["run"]["state"] == "completed" or any(
        step["step"] == "publish" and step["state"] == "completed" for step in line["steps"]
    )


def _steps(lines: list[Line], failed: list[JinduError]) -> dict[str, Step]:
    """Those of a night, but that nothing is collected, published or told."""

    def gate(name: str) -> Step:
        def judge(night: Night, progress: Progress) -> StepReport:
            try:
                return run_gate(night, name, progress)
            except GateFailed as error:  # the data are as they are: told, and the next night stops there
                failed.append(error)
                return StepReport(error.message_zh, error.message_en)

        return judge

    return {
        "reference": lambda night, _: store_reference(night),
        "collect": lambda night, _: _recall(night, lines),
        "read": read,
        "readings": build_readings,
        "gate-incoming": gate("incoming"),
        "core": build_core,
        "gate-core": gate("core"),
        "mart": build_mart,
        "gate-mart": gate("mart"),
        "record": _record,
    }


def _recall(night: Night, lines: list[Line]) -> StepReport:
    """The facts of the journals: arrivals, verdicts, who was told, and the nights before this attempt."""
    before = [line for line in lines if _is_before(line, night)]
    this = next(line for line in lines if _is_this(line, night))
    with connect(night.home) as connection:
        count = recall_arrivals(connection, night.home)
        for kept in (VERDICT, NOTIFICATION, ALERT_EVENT):
            agree(connection, night.home, kept)
        insert(connection, DELIVERY.table, read_lines(night.home, DELIVERY.name))
        recall_attempts(connection, before)
        # as it stood when its tables were written: published, and not yet at its end
        still = {"state": "running", "finished_at": None, "failed_step": None, "failure": None}
        insert(connection, "raw.run", [this["run"] | still])
    return StepReport(
        f"取回 {count} 次收文、{len(before) + 1} 次运行的记录",
        f"{count} arrivals and {len(before) + 1} attempts at nights recalled",
        count,
    )


def _record(night: Night, progress: Progress) -> StepReport:
    count = build_stage(night, "record", progress)
    return StepReport(f"运行与关口记录，{count} 张表", f"runs and gates, {count} tables", count)


def _close(connection: duckdb.DuckDBPyConnection, night: Night, lines: list[Line]) -> None:
    """The night's own end, and the attempts after it."""
    this = next(line for line in lines if _is_this(line, night))
    after = [line for line in lines if not _is_before(line, night) and not _is_this(line, night)]
    connection.execute("delete from raw.run where run_id = ? and attempt = ?", [night.run_id, night.attempt])
    insert(connection, "raw.run", [this["run"]])
    insert(connection, "raw.run_step", this["steps"])
    recall_attempts(connection, [line for line in after if line["run"]["run_id"] != night.run_id])
    for line in after:  # tried once more and failed: the gates have just said again what they said when it was complete
        if line["run"]["run_id"] == night.run_id:
            insert(connection, "raw.run", [line["run"]])
            insert(connection, "raw.run_step", line["steps"])


def _is_this(line: Line, night: Night) -> bool:
    return (line["run"]["run_id"], line["run"]["attempt"]) == (night.run_id, night.attempt)


def _is_before(line: Line, night: Night) -> bool:
    run = line["run"]
    return (run["run_id"], run["attempt"]) < (night.run_id, night.attempt)


def _is_of(home: Home, night: Night) -> bool:
    """Whether the old database holds the tables of the same night: its newest attempt is the one rebuilt."""
    with suppress(duckdb.Error, JinduError), connect(home, read_only=True) as connection:
        newest = connection.execute("select run_id, attempt from raw.run order by started_at desc limit 1").fetchone()
        return bool(newest == (night.run_id, night.attempt))
    return False


def _swap(home: Home, building: Home, is_old_readable: bool) -> None:
    """Put the new database in the old one's place by one rename; the old one stays aside until the new one opens."""
    new, place = building.private_database, home.private_database
    aside, log = home.root / FOLDER / "before.duckdb", _log(home)
    if _log(building).exists():
        raise JinduError(
            f"新库 {new} 没有写完整（留有 WAL），原库未动。请重新运行 jindu rebuild。",
            f"The new database {new} was not written whole (a WAL is left); the old one is untouched. "
            "Run jindu rebuild again.",
        )
    fsync(new)
    if place.exists():
        os.link(place, aside)
    if log.exists():  # of a database that cannot be opened: it must not be taken for the new one's
        if is_old_readable:
            raise JinduError(
                f"{log} 还在，说明有别的程序打开着 {place}。请关闭后重新运行 jindu rebuild。",
                f"{log} is there: another program has {place} open. Close it and run jindu rebuild again.",
            )
        log.rename(aside.with_name(f"{aside.name}.wal"))
    new.replace(place)
    fsync(home.root)
    try:
        with connect(home, read_only=True) as connection:
            connection.execute("select count(*) from raw.run, core.submission, mart.completion").fetchall()
    except (duckdb.Error, JinduError):
        if aside.exists():
            aside.replace(place)
            fsync(home.root)
        raise
