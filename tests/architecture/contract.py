"""The promise to analysts, a file per version: warehouse/contract/<version>.csv, the columns of mart in order.

`python -m tests.architecture.contract` writes that of the version in pyproject.toml.
"""

import csv
import io
import tomllib
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, models

FOLDER = PROJECT_ROOT / "warehouse" / "contract"
HEADER = ("table_name", "column_name", "data_type")
COLUMNS = """
select table_name, column_name, data_type
from duckdb_columns()
where schema_name = 'mart' and database_name = current_database()
order by table_name, column_index
"""


class Promise(NamedTuple):
    """One column as it was promised."""

    table: str
    column: str
    data_type: str


def current_version() -> str:
    """The version of pyproject.toml."""
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def contract_file(version: str) -> Path:
    """Where a version's promise stands."""
    return FOLDER / f"{version}.csv"


def versions() -> list[str]:
    """Every version with a promise, oldest first."""
    return sorted((path.stem for path in FOLDER.glob("*.csv")), key=lambda name: tuple(map(int, name.split("."))))


def promised(version: str) -> list[Promise]:
    """The columns of a version, by table, each table's in its order."""
    with contract_file(version).open(encoding="utf-8", newline="") as lines:
        return [Promise(*row) for row in list(csv.reader(lines))[1:]]


def columns_of(connection: duckdb.DuckDBPyConnection) -> list[Promise]:
    """The columns of schema mart in a database."""
    return [Promise(*row) for row in connection.execute(COLUMNS).fetchall()]


def columns_of_sql() -> list[Promise]:
    """The columns that sql/mart makes, of nothing at all."""
    with duckdb.connect() as connection:
        prepare(connection)
        store(connection, Catalogue(empty_frames()))
        calculated = [name for name in models() if not name.startswith("check.")]
        build(connection, datetime(2030, 5, 10, 2, tzinfo=OFFICE_TIMEZONE), calculated)
        return columns_of(connection)


def changes(before: list[Promise], after: list[Promise]) -> dict[str, set[str]]:
    """The tables that came, went or changed, each with the columns that did; no columns: the whole table."""
    old, new = _by_table(before), _by_table(after)
    found: dict[str, set[str]] = {table: set() for table in old.keys() ^ new.keys()}
    for table in old.keys() & new.keys():
        was, now = dict(old[table]), dict(new[table])
        differing = {column for column in was.keys() | now.keys() if was.get(column) != now.get(column)}
        stayed = [column for column, _ in old[table] if column in now]
        order = [column for column, _ in new[table] if column in was]
        differing |= {one for one, other in zip(stayed, order, strict=True) if one != other}
        if differing:
            found[table] = differing
    return found


def _by_table(promises: list[Promise]) -> dict[str, list[tuple[str, str]]]:
    tables: dict[str, list[tuple[str, str]]] = {}
    for one in promises:
        tables.setdefault(one.table, []).append((one.column, one.data_type))
    return tables


def write(version: str, promises: list[Promise]) -> None:
    """The promise of a version, written anew."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER, *promises])
    contract_file(version).write_text(out.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    write(current_version(), columns_of_sql())
