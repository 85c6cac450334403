"""The one place that opens the private database."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home, JinduError

SQL_ROOT = PROJECT_ROOT / "sql"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600  # names, notes and restricted values as they were written
SCHEMAS = ("raw", "reference", "core", "check", "mart")
# Texts are packed in a quarter less time than in the older format, which the published copy keeps for older readers
STORAGE_FORMAT = {"storage_compatibility_version": "v1.4.0"}
WIDENED = {  # columns that older homes' tables of raw, which are for ever, were made without
    "raw.document": (
        "correction_sheet text",
        "correction_cell text",
        "heading_sheet text",
        "sender_cell text",
        "report_month_cell text",
    ),
    "raw.finding": ("finding_id text",),
    "raw.gate_result": ("tolerated_count bigint", "tolerated_reason text", "failed_attempt integer"),
    "raw.notification": ("is_filed boolean",),
    "raw.verdict": ("decision_id text",),
}

_prepared: set[Path] = set()  # files that this process has given schemas, raw tables and macros
_open_files: dict[Path, duckdb.DuckDBPyConnection] = {}  # opening and closing one takes a thirtieth of a second each


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a writable connection office time, the schemas, the raw tables and the macros."""
    set_timezone(connection)
    for schema in SCHEMAS:
        connection.execute(f'create schema if not exists "{schema}"')
    for ddl in sorted((SQL_ROOT / "raw").glob("*.sql")):
        connection.execute(ddl.read_text(encoding="utf-8"))
    for table, columns in WIDENED.items():
        for column in columns:
            connection.execute(f"alter table {table} add column if not exists {column}")
    connection.execute((SQL_ROOT / "macros.sql").read_text(encoding="utf-8"))


def set_timezone(connection: duckdb.DuckDBPyConnection) -> None:
    """Under UTC, 2024-10-01 02:00+08 would be September."""
    connection.execute(f"set TimeZone = '{OFFICE_TIMEZONE.key}'")


@contextmanager
def connect(home: Home, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The private database, closed at the end; within another `connect`, one more connection to what is open already.

    Raises JinduError when another process holds it or the disk does not take it.
    """
    path = home.private_database
    if path in _open_files:
        with _open_files[path].cursor() as connection:
            set_timezone(connection)
            yield connection
        return
    connection = _open(path, read_only)
    try:
        if read_only or _is_prepared(connection, path):
            set_timezone(connection)
        else:
            prepare(connection)
            _prepared.add(path)
        _open_files[path] = connection
        yield connection
    finally:
        _open_files.pop(path, connection).close()


@contextmanager
def closed(home: Home) -> Iterator[None]:
    """The private database left to somebody who opens it otherwise, and opened again where it was open."""
    path = home.private_database
    was_open = path in _open_files
    if was_open:
        _open_files.pop(path).close()
    try:
        yield
    finally:
        if was_open:
            _open_files[path] = _open(path, read_only=False)


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> Iterator[None]:
    """A new database file under a name, written whole at the end, without a log beside it."""
    quoted = str(file).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {name} (read_write)")
    try:
        yield
    finally:  # the connection may be one of several to the private database: what is attached stays for them all
        connection.execute(f"detach {name}")


def _is_prepared(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether this process has prepared it, and no empty file lies in its place now."""
    return path in _prepared and bool(
        connection.execute("select 1 from duckdb_tables() where schema_name = 'raw' limit 1").fetchall()
    )


def _open(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(path, read_only=read_only, config=dict(STORAGE_FORMAT))
    except duckdb.IOException as error:
        raise JinduError(
            f"打不开工作数据库 {path}：{error}。请关闭占用它的程序后重试；分析请打开 published/jindu.duckdb。",
            f"Cannot open the private database {path}: {error}. Close the program that holds it and try again; "
            "analysts open published/jindu.duckdb.",
        ) from error
    if not read_only:
        with suppress(PermissionError):  # another user's file stays as that user made it
            path.chmod(PRIVATE_FILE)
    return connection
