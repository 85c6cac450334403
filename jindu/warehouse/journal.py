"""Facts that no archived file tells: when a file came, how a night went, who was told. A line for ever each.

They stand in archive/journal/<name>.jsonl, on the disk before they are rows of raw, so that the private database can be
rebuilt from the archive. What happens between the two is mended by whoever writes next (`agree`).
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars

from jindu.settings import Home, JinduError
from jindu.warehouse.connection import PRIVATE_FILE, PRIVATE_FOLDER
from jindu.warehouse.history import fsync

TORN = ".torn"  # beside a journal: what a broken write left at its end, kept for who wants to look
NIGHTS = "night"  # an attempt at a night, whole, when it has ended
Row = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """A table of raw whose every row is a line of the journal of its name; `key` tells its rows apart."""

    table: str
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """The journal's name."""
        return self.table.split(".")[1]


ARRIVAL = Kept("raw.arrival", ("inbox_path", "size_bytes", "modified_at"))
VERDICT = Kept("raw.verdict", ("submission_id", "judged_at", "recorded_at"))
NOTIFICATION = Kept("raw.notification", ("case_id", "event", "recipient_name", "digest_id"))
ALERT_EVENT = Kept("raw.alert_event", ("case_id", "event", "happened_at"))
DELIVERY = Kept("raw.delivery", ("delivery_id",))


def journal_file(home: Home, name: str) -> Path:
    """Where the lines of this name stand."""
    return home.archive / "journal" / f"{name}.jsonl"


def read_lines(home: Home, name: str) -> list[Row]:
    """What the journal says, oldest first; the end of a broken write is no line.

    Raises JinduError for a damaged line, naming file and line.
    """
    file = journal_file(home, name)
    try:
        *lines, _ = file.read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [_read_line(line, file, number) for number, line in enumerate(lines, start=1)]


def append(home: Home, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add a line for each row: they are on the disk when this returns.

    Raises JinduError when the disk does not take them.
    """
    lines = b"".join(json.dumps(_plain(row), ensure_ascii=False).encode() + b"\n" for row in rows)
    if not lines:
        return
    file = journal_file(home, name)
    try:
        is_new = not file.exists()
        file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        _set_torn_end_aside(file)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE)
        with os.fdopen(descriptor, "ab") as journal:
            journal.write(lines)
            journal.flush()
            os.fsync(journal.fileno())
        if is_new:
            fsync(file.parent)
    except OSError as error:
        raise JinduError(
            f"写不进 {file}：{error.strerror}。请检查磁盘空间和权限后重新执行。",
            f"{file} cannot be written: {error.strerror}. Check space and permissions, then do it again.",
        ) from error


def add(connection: duckdb.DuckDBPyConnection, home: Home, kept: Kept, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows down, first in the journal, then in the table."""
    append(home, kept.name, rows)
    insert(connection, kept.table, rows)


def agree(connection: duckdb.DuckDBPyConnection, home: Home, kept: Kept) -> list[Row]:
    """Give the journal the rows, and the table the lines, that it lacks; returns what the table was given.

    A line without a row is left by a process that was killed in between, a row without a line by an older version.
    """
    keep(connection, home, kept)
    lines = read_lines(home, kept.name)
    if _count(connection, kept.table) == len(lines):
        return []
    in_table = {_key(row, kept) for row in table_rows(connection, f"select * from {kept.table}")}
    lacking = list({_key(line, kept): line for line in lines if _key(line, kept) not in in_table}.values())
    insert(connection, kept.table, lacking)
    return lacking


def keep(connection: duckdb.DuckDBPyConnection, home: Home, kept: Kept) -> None:
    """Give the journal the rows that it lacks; the database is only read."""
    lines = read_lines(home, kept.name)
    if _count(connection, kept.table) == len(lines):
        return
    in_journal = {_key(line, kept) for line in lines}
    rows = table_rows(connection, f"select * from {kept.table} order by all")
    append(home, kept.name, [row for row in rows if _key(row, kept) not in in_journal])


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows into a table of raw, as texts for DuckDB to cast; a column that they lack is null."""
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    plain = [_plain(row) for row in rows]
    frame = polars.DataFrame(
        {name: [_text(row.get(name)) for row in plain] for name in names}, schema=dict.fromkeys(names, polars.String)
    )
    connection.register("kept_row", frame)
    connection.execute(f"insert into {table} by name select * from kept_row")
    connection.unregister("kept_row")


def table_rows(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()) -> list[Row]:
    """The rows of a query by column, as a journal writes them."""
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description or []]
    return [_plain(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _plain(row: Mapping[str, Any]) -> Row:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _key(row: Row, kept: Kept) -> tuple[Any, ...]:
    return tuple(row[name] for name in kept.key)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(count)


def _set_torn_end_aside(file: Path) -> None:
    try:
        content = file.read_bytes() if not _ends_whole(file) else b""
    except FileNotFoundError:
        return
    if content:
        whole = content.rfind(b"\n") + 1
        with file.with_name(f"{file.name}{TORN}").open("ab") as aside:
            aside.write(content[whole:] + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        os.truncate(file, whole)


def _ends_whole(file: Path) -> bool:
    with file.open("rb") as journal:
        if journal.seek(0, os.SEEK_END) == 0:
            return True
        journal.seek(-1, os.SEEK_END)
        return journal.read() == b"\n"


def _read_line(line: bytes, file: Path, number: int) -> Row:
    try:
        told = json.loads(line)
        if not isinstance(told, dict):
            raise ValueError(line)
    except ValueError as error:
        raise JinduError(
            f"{file} 第 {number} 行已损坏，不是完整的 JSON。请从备份恢复这个文件。",
            f"Line {number} of {file} is damaged: it is no whole JSON. Restore the file from a backup.",
        ) from error
    return told
