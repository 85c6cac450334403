"""Questions to the published copy: one statement, read-only, with nothing but that copy within reach."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from jindu.report.summary import DUE_MONTH
from jindu.settings import Home, JinduError
from jindu.warehouse.published import published_copy

LOCKED = (
    "set search_path = 'main,mart'",  # completion is found without its schema, as the Chinese views are
    "set enable_external_access = false",  # no file, no other database, no network
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set lock_configuration = true",
)
ASKING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
MONTH = re.compile(r"\d{4}-\d{2}")
OWN_GUESS = re.compile(r'\nDid you mean "(?:pg_|duckdb_|sqlite_|pragma_)[^"]*"\?')  # a table of DuckDB itself
NAME = re.compile(r"\w+")
BATCH_ROWS = 2_000
NEWEST = "select max(as_of_at) from mart.run"
OFFICE = "select max(org_unit_code) from mart.org_unit where is_office"
SAMPLE = "select coalesce(bool_or(is_sample), false) from mart.target"
TABLES = """
select published.table_name, view_of.view_name, published.comment
from (
    select table_name, comment, table_oid as place from duckdb_tables() where schema_name = 'mart'
    union all
    select view_name, comment, view_oid from duckdb_views() where schema_name = 'mart'
) as published
left join duckdb_views() as view_of
    on view_of.schema_name = 'main'
    and not view_of.internal
    and replace(view_of.sql, '"', '') like '% FROM mart.' || published.table_name || ';'
order by published.table_name
"""
COLUMNS = """
select column_name, data_type, comment
from duckdb_columns()
where table_name = $table and schema_name = $schema and not internal
order by column_index
"""
SCHEMA_OF = """
select schema_name
from (
    select schema_name, table_name from duckdb_tables()
    union all
    select schema_name, view_name from duckdb_views() where not internal
)
where table_name = $table
"""


@dataclass(frozen=True)
class Answer:
    """The columns of an answer and its rows, as they are asked for; `has_sample`: what is published holds 示例."""

    columns: tuple[str, ...]
    has_sample: bool
    _connection: duckdb.DuckDBPyConnection

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """The rows, some thousands at a time."""
        with _told():
            while rows := self._connection.fetchmany(BATCH_ROWS):
                yield rows

    def rows(self, most: int) -> list[tuple[Any, ...]]:
        """The first rows."""
        with _told():
            rows: list[tuple[Any, ...]] = self._connection.fetchmany(most)
            return rows

    def arrow(self) -> Any:
        """The rows as a reader of Arrow record batches, with DuckDB's own types."""
        with _told():
            return self._connection.to_arrow_reader(BATCH_ROWS)


@contextmanager
def asked(home: Home, query: str, given: Mapping[str, str]) -> Iterator[Answer]:
    """What the published copy says; `given` are the values of its $parameters, a month as 2024-09.

    $as_of, $month and $office_code are known without: the moment of the newest night, the latest month whose due day
    has passed, and the office itself.
    A name alone is a question about that table's columns; nothing at all, about the tables.
    Raises JinduError when the statement is none, changes something, lacks a value, or DuckDB refuses it.
    """
    with published_copy(home) as (connection, _):
        for setting in LOCKED:
            connection.execute(setting)
        text = query.strip().rstrip(";")
        has_sample = bool(connection.execute(SAMPLE).fetchall()[0][0])
        with _told():
            if not text:
                connection.execute(TABLES)
            elif NAME.fullmatch(text.removeprefix("mart.")):
                connection.execute(COLUMNS, _table(connection, text))
            else:
                connection.execute(text, _values(connection, text, given))
        yield Answer(tuple(column[0] for column in connection.description or []), has_sample, connection)


def read_query(path: Path) -> str:
    """The statement in a file.

    Raises JinduError when there is no such file, or no text in it.
    """
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise JinduError(
            f"没有查询文件 {path}。请核对 --file 的路径；相对路径从当前目录 {Path.cwd()} 算起。",
            f"There is no query file {path}. Check the path after --file; relative ones begin at {Path.cwd()}.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise JinduError(
            f"读不了查询文件 {path}：{error}。请给出 UTF-8 的 .sql 文件。",
            f"Cannot read the query {path}: {error}. Give a .sql file in UTF-8.",
        ) from error


def given_values(pairs: tuple[str, ...]) -> dict[str, str]:
    """The values of --set, each written NAME=VALUE.

    Raises JinduError when one is written otherwise.
    """
    values = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not NAME.fullmatch(name.strip()):
            raise JinduError(
                f"--set {pair} 写法不对，请写成 名称=值，如 --set month=2024-09。",
                f"--set {pair} is not NAME=VALUE, such as --set month=2024-09.",
            )
        values[name.strip()] = value.strip()
    return values


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    table = name.removeprefix("mart.")
    found = connection.execute(SCHEMA_OF, {"table": table}).fetchone()
    if found is None:
        raise JinduError(
            f"没有叫“{name}”的表。不带参数执行 jindu sql，可列出全部的表。",
            f"No table is called {name!r}. jindu sql alone lists them all.",
        )
    return {"table": table, "schema": found[0]}


def _values(connection: duckdb.DuckDBPyConnection, text: str, given: Mapping[str, str]) -> dict[str, object]:
    """What stands for each parameter of the one statement; texts are cast by what they are compared with."""
    statements = connection.extract_statements(text)
    is_pivot = re.search(r"\bpivot\b", text, re.IGNORECASE)  # its columns are a statement of their own
    if len(statements) != 1 and not (statements and is_pivot):
        raise JinduError(
            f"一次只能执行一条语句，这里有 {len(statements)} 条。",
            f"One statement at a time; there are {len(statements)}.",
        )
    if statements[-1].type not in ASKING and not is_pivot:
        raise JinduError(
            "jindu sql 只查询，不修改：请用 select、from、describe、summarize、pivot 或 explain。",
            "jindu sql asks and changes nothing: use select, from, describe, summarize, pivot or explain.",
        )
    wanted = {name for statement in statements for name in statement.named_parameters}
    known = {**_known(connection, wanted), **{name: _value(name, value) for name, value in given.items()}}
    missing, spare = sorted(wanted - known.keys()), sorted(given.keys() - wanted)
    if missing:
        names = " ".join(f"--set {name}=…" for name in missing)
        raise JinduError(f"查询里的参数还没有值，请加上 {names}", f"The query's parameters want values: add {names}")
    if spare:
        names = ", ".join(f"${name}" for name in spare)
        raise JinduError(f"查询里没有 {names}，请去掉相应的 --set。", f"The query has no {names}: take out its --set.")
    return {name: known[name] for name in wanted}


def _known(connection: duckdb.DuckDBPyConnection, wanted: set[str]) -> dict[str, object]:
    """The values that nobody needs to give."""
    known: dict[str, object] = {}
    if wanted & {"as_of", "month"}:
        known["as_of"] = connection.execute(NEWEST).fetchall()[0][0]
        known["month"] = connection.execute(DUE_MONTH, {"as_of": known["as_of"]}).fetchall()[0][0]
    if "office_code" in wanted:
        known["office_code"] = connection.execute(OFFICE).fetchall()[0][0]
    return known


def _value(name: str, text: str) -> object:
    if not MONTH.fullmatch(text):
        return text
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise JinduError(
            f"--set {name}={text} 不是月份：月份从 01 到 12，请写成 --set {name}=2024-09 这样。",
            f"--set {name}={text} is no month: months are 01 to 12, as in --set {name}=2024-09.",
        ) from error


@contextmanager
def _told() -> Iterator[None]:
    """DuckDB's refusals as ours: what it says, and what to do."""
    try:
        yield
    except (duckdb.Error, ValueError) as error:
        said = OWN_GUESS.sub("", str(error))
        hint_zh, hint_en = _hint(said)
        raise JinduError(f"查询未能执行：{said}{hint_zh}", f"The query failed: {said}{hint_en}") from error


def _hint(said: str) -> tuple[str, str]:
    if re.search(r"\b(core|check|raw|reference)\.", said):
        return (
            "\n已发布的数据库只有 mart 和中文视图；读取 core、check、raw 的文件只能在夜间运行里用。",
            "\nThe published database has mart and the Chinese views alone; files that read core, check or raw are "
            "for the night.",
        )
    if "disabled by configuration" in said or "disabled through configuration" in said or "read-only" in said:
        return (
            "\njindu sql 只读已发布的数据库，不碰其他文件；要存结果请用 --output。",
            "\njindu sql reads the published database and touches no other file; --output keeps an answer.",
        )
    if "Conversion Error" in said:
        return (
            "\n请核对写下的值和 --set 的值：月份写成 2024-09，日期写成 2024-09-01，数字不带单位和千分号。",
            "\nCheck the values, those of --set too: a month as 2024-09, a day as 2024-09-01, numbers bare.",
        )
    if "does not exist" in said or "not found in FROM clause" in said:
        return (
            "\n不带参数执行 jindu sql 可列出全部的表，jindu sql 表名 可列出它的列。",
            "\njindu sql alone lists the tables, jindu sql TABLE a table's columns.",
        )
    return ("", "")
