"""raw/ holds the only DDL: one table a file, made only when it is not there, since rows in it are for ever."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import expressions as exp

from jindu.warehouse.connection import SQL_ROOT

TABLES = sorted((SQL_ROOT / "raw").glob("*.sql"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_raw_file_creates_its_own_table_once(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- grain: one row")
    (statement,) = sqlglot.parse(text, dialect="duckdb")
    assert isinstance(statement, exp.Create)
    assert statement.args["exists"]
    table = statement.find(exp.Table)
    assert table is not None
    assert (table.db, table.name) == ("raw", path.stem)


def test_macros_are_macros() -> None:
    statements = sqlglot.parse((SQL_ROOT / "macros.sql").read_text(encoding="utf-8"), dialect="duckdb")
    assert all(isinstance(statement, exp.Create) and statement.kind == "MACRO" for statement in statements if statement)


def test_sql_lies_in_its_layers() -> None:
    folders = {path.parent.relative_to(SQL_ROOT).as_posix() for path in SQL_ROOT.rglob("*.sql")}
    assert folders <= {".", "raw", "core", "check", "mart", "page"}
    assert [path.name for path in SQL_ROOT.glob("*.sql")] == ["macros.sql"]
