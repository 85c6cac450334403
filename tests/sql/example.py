"""Read and run a worked example: a few given rows, one model, the rows expected of it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from jindu.settings import parse_as_of
from jindu.warehouse.models import build_one, models

TEMPLATE_AS_OF = "2024-10-10T02:00"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C it takes a tenth of the time


@dataclass(frozen=True)
class Table:
    """Rows as an example writes them: columns between bars, `null` for null, months as 2024-07."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class Example:
    """One file of tests/sql/<schema>/<table>/."""

    why: str
    model: str
    as_of: str
    build: tuple[str, ...]  # models on the way to this one that are computed rather than given
    given: dict[str, Table]
    expect: Table
    where: str | None


def read_example(path: Path) -> Example:
    """The example in a file; its folder names the table."""
    document = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    unknown = document.keys() - {"why", "as_of", "build", "given", "expect", "where"}
    assert not unknown, f"{path}: unknown keys {unknown}"
    return Example(
        why=document["why"],
        model=f"{path.parent.parent.name}.{path.parent.name}",
        as_of=str(document.get("as_of", TEMPLATE_AS_OF)),
        build=tuple(document.get("build", ())),
        given={name: read_table(text) for name, text in document.get("given", {}).items()},
        expect=read_table(document["expect"]),
        where=document.get("where"),
    )


def read_table(text: str) -> Table:
    """A table of bars: the first line names the columns."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.strip().splitlines()]
    header, *rows = lines
    assert all(len(row) == len(header) for row in rows), f"a row has another number of cells than {header}"
    return Table(tuple(header), tuple(tuple(None if cell == "null" else cell for cell in row) for row in rows))


def run_example(connection: duckdb.DuckDBPyConnection, example: Example) -> None:
    """Fail when the model's rows are not the expected ones; leaves the connection as it was."""
    connection.begin()
    try:
        for name, table in example.given.items():
            if name in models() and models()[name].is_view:  # which holds no rows but those given
                connection.execute(f"create temp table given_row as select * from {quoted(name)} limit 0")
                connection.execute(f"drop view {quoted(name)}")
                connection.execute(f"create table {quoted(name)} as from given_row")
                connection.execute("drop table given_row")
            connection.execute(f"delete from {quoted(name)}")
            insert(connection, name, table)
        as_of = parse_as_of(example.as_of)
        chosen = {*example.build, example.model}
        for model in models().values():
            if model.name in chosen:
                build_one(connection, as_of, model)
        assert_equal(connection, example)
    finally:
        connection.rollback()


def insert(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """Insert the rows of an example, cast to the columns' types; columns left out are null, or a neutral value."""
    described = connection.execute(f"describe {quoted(name)}").fetchall()
    types = {column: kind for column, kind, *_ in described}
    unknown = set(table.columns) - types.keys()
    assert not unknown, f"{name} has no column {sorted(unknown)}"
    required = {
        column: neutral(kind)
        for column, kind, nullable, *_ in described
        if nullable == "NO" and column not in table.columns
    }
    rounded = [
        f"{column} {cell} as {types[column]}"
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
        if cell is not None and "." in cell and "INT" in types[column]
    ]
    assert not rounded, f"{name} would round {rounded}"
    columns = (*table.columns, *required)
    if table.rows:
        values = ", ".join(f"cast(? as {types[column]})" for column in columns)
        rows = ", ".join([f"({values})"] * len(table.rows))
        cells = [
            as_month(cell, types[column])
            for row in table.rows
            for column, cell in zip(columns, (*row, *required.values()), strict=True)
        ]
        connection.execute(f"insert into {quoted(name)} ({', '.join(columns)}) values {rows}", cells)


def quoted(name: str) -> str:
    """schema.table as SQL takes it: check is a keyword."""
    return ".".join(f'"{part}"' for part in name.split("."))


def neutral(kind: str) -> str:
    """What stands in a required column that an example is silent about."""
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return "2024-01-01"
    return "false" if kind == "BOOLEAN" else "0"


def as_month(cell: str | None, kind: str) -> str | None:
    """2024-07 is the first of July in a date column."""
    return f"{cell}-01" if cell is not None and kind == "DATE" and len(cell) == len("2024-07") else cell


def assert_equal(connection: duckdb.DuckDBPyConnection, example: Example) -> None:
    """Compare the expected columns, row for row, with their types."""
    columns = ", ".join(example.expect.columns)
    condition = f"where {example.where}" if example.where else ""
    connection.execute(f"create temp table expected as select {columns} from {quoted(example.model)} where false")
    insert(connection, "expected", example.expect)
    actual = f"select {columns} from {quoted(example.model)} {condition}"
    missing = connection.sql(f"select * from expected except all {actual}").fetchall()
    surplus = connection.sql(f"{actual} except all select * from expected").fetchall()
    shown = "\n".join(
        [example.why, f"columns: {columns}"]
        + [f"  missing: {tuple(map(str, row))}" for row in missing]
        + [f"  surplus: {tuple(map(str, row))}" for row in surplus]
    )
    assert not missing and not surplus, shown
