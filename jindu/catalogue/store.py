"""The reference folder as frames, and as tables of a database."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from jindu.catalogue.column import TYPES, Table
from jindu.catalogue.problem import CatalogueError, Problem, Row, Rows
from jindu.catalogue.reading import read_file
from jindu.catalogue.rules import RULES, complete, dangling, duplicates, unofficial
from jindu.catalogue.tables import REFERENCE_TABLES
from jindu.settings import PROJECT_ROOT

SHIPPED_FOLDER = PROJECT_ROOT / "warehouse" / "reference"


@dataclass(frozen=True)
class Catalogue:
    """The checked reference folder: one frame per table of REFERENCE_TABLES, all columns present."""

    tables: dict[str, pl.DataFrame]


def load(folder: Path) -> Catalogue:
    """The reference folder, complete and checked; shared files that it lacks are the shipped ones.

    Raises CatalogueError with all problems at once.
    """
    problems: list[Problem] = []
    rows: Rows = {}
    unreadable: set[str] = set()
    for table in REFERENCE_TABLES.values():
        path = folder / f"{table.name}.csv"
        if not path.is_file() and table.shared:
            path = SHIPPED_FOLDER / f"{table.name}.csv"
        read = read_file(path, table, problems)
        if read is None:
            unreadable.add(table.name)
        rows[table.name] = read or []
    problems += [*duplicates(rows), *dangling(rows, unreadable), *unofficial(rows)]
    if not problems:  # the rules below presuppose sound cells and references
        complete(rows)
        problems = [problem for rule in RULES for problem in rule(rows)]
    if problems:
        raise CatalogueError(folder, problems)
    return Catalogue({name: _frame(table, rows[name]) for name, table in REFERENCE_TABLES.items()})


def empty_frames() -> dict[str, pl.DataFrame]:
    """Every reference table without rows, with all its columns and their types."""
    return {name: _frame(table, []) for name, table in REFERENCE_TABLES.items()}


def store(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Replace the tables of schema reference by the catalogue's."""
    connection.execute("create schema if not exists reference")
    for name, frame in catalogue.tables.items():
        columns = ", ".join(
            f'cast("{column.name}" as {TYPES[column.type].sql}) as "{column.name}"'
            for column in REFERENCE_TABLES[name].columns
        )
        connection.register("reference_frame", frame)
        connection.execute(f'create or replace table reference."{name}" as select {columns} from reference_frame')
        connection.unregister("reference_frame")


def _frame(table: Table, rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series(column.name, [row[column.name] for row in rows], dtype=TYPES[column.type].frame)
            for column in table.columns
        ]
    )
