"""What a layer of sql/ may read, and what no calculation may do: found by parsing, not by reading."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import expressions as exp

from jindu.warehouse.connection import SQL_ROOT

READS = {
    "core": {"raw", "reference", "core"},
    "check": {"reference", "core", "check"},
    "mart": {"reference", "core", "mart"},
    "page": {"mart"},  # what people look at rests on what is published, and an analyst can run it
}
# What a night records about itself belongs to no calculation: mart shows it as it stands.
OWN_RECORDS = {
    "raw.run", "raw.gate_result", "raw.finding", "raw.notification", "raw.alert_event", "raw.rule", "raw.evaluation",
}  # fmt: skip
CLOCKS = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtime|localtimestamp|"
    r"(now|today|get_current_time|get_current_timestamp|random|uuid|gen_random_uuid|setseed)\s*\()",
    re.IGNORECASE,
)
FILE_READERS = re.compile(r"\b(read_\w+|glob|sniff_csv|parquet_scan|sqlite_scan)\s*\(", re.IGNORECASE)
EMPTY_NAMES = {"joined", "final", "result", "results", "temp", "tmp", "data", "t1", "t2"}
SELECTS = sorted(path for layer in READS for path in (SQL_ROOT / layer).glob("*.sql"))

pytestmark = pytest.mark.parametrize("path", SELECTS, ids=lambda path: f"{path.parent.name}.{path.stem}")


def code_of(path: Path) -> str:
    """The file without its comments."""
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))


def statements(path: Path) -> list[exp.Expr]:
    """The file's statements; an empty one, after a last semicolon, is none."""
    return [found for found in sqlglot.parse(path.read_text(encoding="utf-8"), dialect="duckdb") if found is not None]


def tables_read(path: Path) -> set[str]:
    """Every table that the file reads, as schema.table; a name without a schema that is no CTE as .table."""
    found = set()
    for statement in statements(path):
        local = {cte.alias for cte in statement.find_all(exp.CTE)}
        for table in statement.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier) and (table.db or table.name not in local):
                found.add(f"{table.db}.{table.name}")
    return found


def may_read(layer: str, name: str, table: str) -> bool:
    schema = table.split(".", maxsplit=1)[0]
    if layer == "mart" and table in OWN_RECORDS:
        return True
    if layer == "check" and name.startswith("mart_") and schema == "mart":
        return True  # what the mart gate measures
    return schema in READS[layer]


def test_a_file_is_one_select(path: Path) -> None:
    found = statements(path)
    assert len(found) == 1
    assert isinstance(found[0], exp.Query), type(found[0])


def test_the_first_line_says_the_grain(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("-- grain: one row")


def test_a_layer_reads_only_what_it_may(path: Path) -> None:
    layer = path.parent.name
    wrong = {table for table in tables_read(path) if not may_read(layer, path.stem, table)}
    assert not wrong, f"{layer} may read {', '.join(sorted(READS[layer]))}"


def test_every_table_that_is_read_is_made(path: Path) -> None:
    made = {f"{file.parent.name}.{file.stem}" for file in SQL_ROOT.rglob("*.sql")}
    unmade = {table for table in tables_read(path) if not table.startswith("reference.")} - made
    assert not unmade


def test_time_enters_as_as_of_only(path: Path) -> None:
    assert not CLOCKS.findall(code_of(path))


def test_no_file_is_read(path: Path) -> None:
    assert not FILE_READERS.findall(code_of(path))


def test_the_sql_that_is_written_is_the_sql_that_runs(path: Path) -> None:
    assert not re.findall(r"\{\{|\{%", code_of(path))


def test_names_say_what_a_row_is(path: Path) -> None:
    (statement,) = statements(path)
    names = {cte.alias for cte in statement.find_all(exp.CTE)}
    names |= {table.alias for table in statement.find_all(exp.Table) if table.alias}
    assert not {name for name in names if len(name) == 1 or name.lower() in EMPTY_NAMES}
