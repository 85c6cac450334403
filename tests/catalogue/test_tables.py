"""What load gives and store writes: all columns, typed, with blanks filled where a default depends on the row."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from jindu.catalogue import REFERENCE_TABLES, SHIPPED_FOLDER, TYPES, Catalogue, empty_frames, load, store
from jindu.warehouse.reference_guide import GUIDE_FILES

CHINESE = re.compile("[\u4e00-\u9fff]")


def test_absent_files_and_columns_get_their_defaults(office: Path) -> None:
    tables = load(office).tables
    assert tables["form_calendar"].is_empty()
    assert tables["form"]["due_day"].to_list() == [5, 5]
    assert tables["form"]["first_month"].to_list() == [date(2024, 1, 1)] * 2
    assert tables["org_unit"]["is_peer"].all()
    assert tables["indicator"]["tree_rule"].to_list() == ["sum", "sum", "ratio", "sum", "sum", "sum", "ratio", "share"]
    assert tables["form_indicator"]["cells_required"].to_list() == ["both", "both", "month", "both", "month", "both"]


def test_a_target_is_complete(office: Path) -> None:
    row = load(office).tables["target"].row(1, named=True)
    assert row["first_month"] == row["effective_month"] == date(2024, 1, 1)
    assert (row["due_month"], row["phasing"], row["basis"], row["version"]) == (date(2024, 12, 1), "none", "office", 1)
    assert row["value"] == Decimal("0.9")


def test_files_that_every_office_shares_are_the_shipped_ones_unless_the_folder_has_its_own(office: Path) -> None:
    (office / "unexplained.csv").write_text("phrase\n没问题\n", encoding="utf-8")
    tables = load(office).tables
    assert tables["unexplained"]["phrase"].to_list() == ["没问题"]
    assert tables["heading"].equals(load(SHIPPED_FOLDER).tables["heading"])


def test_store_makes_typed_tables_and_replaces_them(shipped: Catalogue) -> None:
    with duckdb.connect() as connection:
        store(connection, shipped)
        store(connection, shipped)
        for name, table in REFERENCE_TABLES.items():
            described = connection.sql(f'describe reference."{name}"').fetchall()
            expected = [(column.name, TYPES[column.type].sql) for column in table.columns]
            spelling = {"VARCHAR": "text", "INTEGER": "integer", "DECIMAL(24,6)": "decimal(24, 6)"}
            assert [(row[0], spelling.get(row[1], row[1].lower())) for row in described] == expected
            assert connection.sql(f'select count(*) from reference."{name}"').fetchall() == [
                (shipped.tables[name].height,)
            ]
        value = connection.sql("select value from reference.target where value = 0.998").fetchall()
        assert value == [(Decimal("0.998000"),)]


def test_empty_frames_have_every_column_and_can_be_stored() -> None:
    frames = empty_frames()
    assert {name: frame.columns for name, frame in frames.items()} == {
        name: [column.name for column in table.columns] for name, table in REFERENCE_TABLES.items()
    }
    with duckdb.connect() as connection:
        store(connection, Catalogue(frames))
        assert connection.sql("select * from reference.target").fetchall() == []


def test_partial_rows_fit_the_empty_frames() -> None:
    frame = empty_frames()["unit"]
    rows = pl.DataFrame({"unit": ["元"], "family": ["money"]}, schema_overrides=dict(frame.schema))
    assert pl.concat([frame, rows], how="diagonal").height == 1


def test_every_column_says_what_it_means_in_both_languages() -> None:
    columns = [column for table in REFERENCE_TABLES.values() for column in table.columns]
    assert all(column.meaning_en and CHINESE.search(column.meaning_zh) for column in columns)
    assert all(CHINESE.search(word) for column in columns for word in column.allowed.values())
    assert all(table.meaning_en and CHINESE.search(table.meaning_zh) for table in REFERENCE_TABLES.values())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_guide_has_every_table_and_column(lang: str) -> None:
    guide = GUIDE_FILES[lang].read_text(encoding="utf-8")
    for table in REFERENCE_TABLES.values():
        section = guide.split(f"## `{table.name}.csv`")[1].split("\n## ")[0]
        for column in table.columns:
            (row,) = [line for line in section.splitlines() if line.startswith(f"| `{column.name}` |")]
            assert len(re.findall(r"(?<!\\)\|", row)) == 5
            assert all(f"`{code}`" in row for code in column.allowed)
