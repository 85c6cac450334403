"""Publish a finished copy of mart: built aside, checked, then swapped in by one rename.

An open reader keeps the version that it opened; a publish that is killed leaves the old copy in place.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb

from jindu.settings import Home, JinduError, Night, Progress, StepReport, no_progress
from jindu.warehouse.columns import Column, Table, load
from jindu.warehouse.connection import attached, connect, set_timezone
from jindu.warehouse.history import fsync, seal_history

KEPT_VERSIONS = 5
STAGES = 5  # after the tables are copied: describe, verify, history, seal, link
DATABASE_NAME = "jindu.duckdb"  # DuckDB names a database after its real file, also through a link
MART_VIEWS = "from duckdb_views() where database_name = current_database() and schema_name = 'mart' order by view_name"
Fingerprint = tuple[int, int]  # rows, and the sum of their hashes


def publish(night: Night, progress: Progress = no_progress) -> StepReport:
    """Publish schema mart as the next version; the count is its rows.

    Raises JinduError when there is nothing to publish, no room for it, or the copy does not read back as written.
    """
    home = night.home
    _remove_leftovers(home)
    building = _building(home)
    try:
        building.mkdir(parents=True)
        fingerprints = _copy_tables(home, building / DATABASE_NAME, progress)
        steps = len(fingerprints) + STAGES
        _complete(building / DATABASE_NAME, _views(home))
        progress(steps - 4, steps)
        _verify(building / DATABASE_NAME, fingerprints)
        progress(steps - 3, steps)
        seal_history(night)
        progress(steps - 2, steps)
        version = _seal(home, building)
        progress(steps - 1, steps)
        _link(home, version)
        progress(steps, steps)
    except (duckdb.Error, OSError) as error:
        raise JinduError(
            f"发布失败，原有的发布版本不受影响：{error}。磁盘已满时，请清理 {home.root} 所在磁盘后重新运行。",
            f"Publishing failed; the copy published before is untouched: {error}. "
            f"When the disk is full, make room on the disk of {home.root} and run again.",
        ) from error
    finally:
        _discard(building)
    _prune(home)
    rows = sum(count for count, _ in fingerprints.values())
    size = version.joinpath(DATABASE_NAME).stat().st_size / 1e6
    return StepReport(
        f"发布第 {int(version.name)} 版：{len(fingerprints)} 张表，{rows} 行，{size:.1f} MB",
        f"version {int(version.name)} published: {len(fingerprints)} tables, {rows} rows, {size:.1f} MB",
        rows,
    )


def published_version(home: Home) -> str | None:
    """The version that analysts open now, as its folder is called (000004); None before the first."""
    if not home.published.is_symlink():
        return None
    return home.published.readlink().parent.name


def table_hashes(path: Path) -> dict[str, str]:
    """SHA-256 of each published table's sorted rows: the same for the same content, whatever its order or version."""
    connection = duckdb.connect(path, read_only=True)
    try:
        set_timezone(connection)
        return {name: _table_hash(connection, name) for name in _mart_tables(connection)}
    finally:
        connection.close()


def _table_hash(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    digest = hashlib.sha256()
    cursor = connection.execute(f"select columns(*)::varchar from mart.{_name(name)} order by all")
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _copy_tables(home: Home, staging: Path, progress: Progress) -> dict[str, Fingerprint]:
    described = load().tables
    fingerprints = {}
    with connect(home, read_only=True) as connection:
        names = _mart_tables(connection)
        if not names:
            raise JinduError(
                "没有可发布的数据：mart 中还没有表。请先运行 jindu run。",
                "There is nothing to publish: mart has no tables yet. Run jindu run first.",
            )
        with attached(connection, staging, "staging"):
            connection.execute("create schema staging.mart")
            for done, name in enumerate(names, start=1):
                key = described[name].key if name in described else ()
                order = ", ".join(map(_name, key)) or "all"
                table = _name(name)
                connection.execute(f"create table staging.mart.{table} as from mart.{table} order by {order}")
                fingerprints[name] = _fingerprint(connection, name)
                progress(done, len(names) + STAGES)
    return fingerprints


def _views(home: Home) -> dict[str, str]:
    """The views of mart by name, as they are defined."""
    with connect(home, read_only=True) as connection:
        return dict(connection.execute(f"select view_name, sql {MART_VIEWS}").fetchall())


def _complete(staging: Path, views: dict[str, str]) -> None:
    """Views, meanings and Chinese views beside the copied tables; a commit for each would take longer than they do."""
    with duckdb.connect(staging) as connection:
        connection.begin()
        _define_views(connection, views)
        _describe(connection)
        connection.commit()
        connection.execute("checkpoint")


def _define_views(connection: duckdb.DuckDBPyConnection, views: dict[str, str]) -> None:
    """The views of mart over the copied tables, each after those that it reads."""
    waiting = dict(views)
    while waiting:
        name = next(one for one in waiting if not _reads_any(waiting[one], waiting.keys() - {one}))
        connection.execute(waiting.pop(name))


def _reads_any(definition: str, views: Iterable[str]) -> bool:
    return any(re.search(rf"\bmart\.{view}\b", definition) for view in views)


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Put meanings on tables, views and columns, and a Chinese view over each."""
    tables = load().tables
    views = [name for (name,) in connection.execute(f"select view_name {MART_VIEWS}").fetchall()]
    comments: list[str] = []
    for name in [*_mart_tables(connection), *views]:
        table = tables.get(name)
        if table is None:  # a test names what columns.yml lacks; the night goes on
            continue
        present = [row[0] for row in connection.execute(f"describe mart.{_name(name)}").fetchall()]
        described = [column for column in table.columns if column.name in present]
        connection.execute(_view(table, present))
        relation = "view" if name in views else "table"
        comments.append(_comment(relation, f"mart.{_name(name)}", f"{table.meaning_zh} {table.meaning_en}"))
        comments.append(_comment("view", _name(table.view), table.meaning_zh))
        for column in described:
            comments.append(_comment("column", f"mart.{_name(name)}.{_name(column.name)}", _comment_text(column)))
            comments.append(_comment("column", f"{_name(table.view)}.{_name(column.name_zh)}", column.meaning_zh))
    connection.execute(";\n".join(comments))  # eight hundred, parsed at one go


def _view(table: Table, present: list[str]) -> str:
    columns = ", ".join(_view_column(table.column(name), name) for name in present)
    return f"create view main.{_name(table.view)} as select {columns} from mart.{_name(table.name)}"


def _view_column(column: Column | None, name: str) -> str:
    if column is None:
        return _name(name)
    if not column.values:
        return f"{_name(name)} as {_name(column.name_zh)}"
    words = " ".join(f"when {_text(code)} then {_text(word)}" for code, word in column.values.items())
    return f"case {_name(name)} {words} else {_name(name)} end as {_name(column.name_zh)}"


def _comment_text(column: Column) -> str:
    zh, en = load().units[column.unit]
    return f"{column.name_zh}({zh}):{column.meaning_zh} {column.meaning_en} [{en}]"


def _comment(kind: str, subject: str, text: str) -> str:
    return f"comment on {kind} {subject} is {_text(text)}"


def _verify(staging: Path, expected: dict[str, Fingerprint]) -> None:
    """Read every row of the closed file back and compare it with the private database."""
    if staging.with_name(f"{staging.name}.wal").exists():
        raise JinduError(
            f"发布副本 {staging} 没有写完整（留有 WAL）。请重新运行。",
            f"The copy {staging} was not written whole (a WAL is left). Run again.",
        )
    connection = duckdb.connect(staging, read_only=True)
    try:
        found = {name: _fingerprint(connection, name) for name in _mart_tables(connection)}
    finally:
        connection.close()
    if found != expected:
        differing = ", ".join(sorted(name for name, rows in expected.items() if found.get(name) != rows))
        raise JinduError(
            f"发布副本与计算结果不一致：{differing}。原有的发布版本不受影响，请检查磁盘后重新运行。",
            f"The copy differs from what was computed: {differing}. The copy published before is untouched; "
            "check the disk and run again.",
        )


def _seal(home: Home, building: Path) -> Path:
    """Make the copy durable and read-only under its version's number."""
    file = building / DATABASE_NAME
    file.chmod(0o444)  # a reader who opened it for writing would lock all others out
    building.chmod(0o555)
    fsync(file)
    fsync(building)
    newest = max(_versions(home), default=None)
    version = home.versions / f"{int(newest.name) + 1 if newest else 1:06d}"
    building.rename(version)
    fsync(home.versions)
    return version


def _link(home: Home, version: Path) -> None:
    """Swap the link that analysts open; it is relative, so that a home can be moved."""
    folder = home.published.parent
    folder.mkdir(parents=True, exist_ok=True)
    swap = _swap(home)
    swap.symlink_to(os.path.relpath(version / DATABASE_NAME, folder))
    swap.replace(home.published)
    fsync(folder)


def _remove_leftovers(home: Home) -> None:
    """Take away what a killed publish left: its copy, its link, and a version that was never linked."""
    _swap(home).unlink(missing_ok=True)
    _discard(_building(home))
    linked = published_version(home)
    for version in _versions(home):
        if linked and version.name > linked:
            _discard(version)


def _prune(home: Home) -> None:
    for version in sorted(_versions(home))[:-KEPT_VERSIONS]:
        _discard(version)


def _discard(folder: Path) -> None:
    if folder.is_dir():
        folder.chmod(0o755)
        shutil.rmtree(folder)


def _versions(home: Home) -> list[Path]:
    return [folder for folder in home.versions.glob("[0-9]*") if folder.name.isdigit()]


def _building(home: Home) -> Path:
    return home.versions / ".building"


def _swap(home: Home) -> Path:
    return home.published.with_name(f".{home.published.name}.new")


def _mart_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name = 'mart' order by table_name"
    ).fetchall()
    return [name for (name,) in rows]


def _fingerprint(connection: duckdb.DuckDBPyConnection, name: str) -> Fingerprint:
    row = connection.execute(
        f"select count(*), coalesce(sum(hash(whole_row)), 0)::hugeint from mart.{_name(name)} as whole_row"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
