"""What an analyst opens after a night: everything described, as promised, and the same in every export."""

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from jindu import cli
from jindu.settings import PROJECT_ROOT
from jindu.warehouse.columns import load
from jindu.warehouse.connection import set_timezone
from tests.architecture.contract import COLUMNS, Promise, current_version, promised
from tests.workbooks.libreoffice import Recalculate, recalculate

from .conftest import Ran

__all__ = ["recalculate"]  # a fixture
COMPARED = ("completion_operand", "finding", "reporting", "run", "target")
EXPORTED = ("reporting_rate", "finding", "org_unit", "run")


class Published:
    """The published file, opened for each question: jindu sql locks the configuration that a process has for it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self._file, read_only=True) as connection:
            set_timezone(connection)
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def published(first: Ran) -> Published:
    return Published(first.home.published.resolve())


def test_every_table_and_every_column_is_described(published: Published) -> None:
    undescribed = published.rows(
        """
        select schema_name, table_name, null as column_name from duckdb_tables() where comment is null
        union all
        select schema_name, view_name, null from duckdb_views() where not internal and comment is null
        union all
        select schema_name, table_name, column_name from duckdb_columns() where not internal and comment is null
        """
    )
    assert undescribed == []


def test_nothing_else_is_in_the_file(published: Published) -> None:
    relations = published.rows(
        "select schema_name, table_name from duckdb_tables()"
        " union all select schema_name, view_name from duckdb_views() where not internal"
    )
    described = load().tables.values()
    assert sorted(relations) == sorted(
        [("mart", table.name) for table in described] + [("main", table.view) for table in described]
    )


def test_a_night_publishes_what_was_promised(published: Published) -> None:
    assert [Promise(*row) for row in published.rows(COLUMNS)] == promised(current_version())


def test_a_chinese_view_has_the_described_columns_in_their_order(published: Published) -> None:
    for table in load().tables.values():
        found = [row[0] for row in published.rows(f'describe main."{table.view}"')]
        assert found == [column.name_zh for column in table.columns]


def differing_rows(published: Published, table: str, file: str, cleaned: str) -> int:
    """How many rows stand in one of the two alone; `cleaned` is what is compared of each."""
    ((count,),) = published.rows(
        f"""
        with kept as (select {cleaned} from mart."{table}"), exported as (select {cleaned} from {file})
        select count(*) from ((from kept except all from exported) union all (from exported except all from kept))
        """
    )
    return int(count)


def test_parquet_holds_every_row_with_its_types(first: Ran, published: Published, tmp_path: Path) -> None:
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), "--format", "parquet"]) == 0
    tables = [name for (name,) in published.rows("select table_name from duckdb_tables()")]
    assert {path.stem for path in tmp_path.iterdir()} == {*tables, "about"}
    for table in tables:
        file = f"'{tmp_path / table}.parquet'"
        described = [row[:2] for row in published.rows(f"describe from {file}")]
        assert described == [row[:2] for row in published.rows(f'describe mart."{table}"')]
        assert differing_rows(published, table, file, "*") == 0, table


def test_csv_holds_every_row(first: Ran, published: Published, tmp_path: Path) -> None:
    named = [part for table in COMPARED for part in ("--table", table)]
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), "--format", "csv", *named]) == 0
    for table in COMPARED:
        types = {row[0]: row[1] for row in published.rows(f'describe mart."{table}"')}
        # '' and null are one in CSV, and a text that a spreadsheet would execute has an apostrophe before it
        cleaned = ", ".join(
            f"""nullif(ltrim("{name}", ''''), '')""" if kind == "VARCHAR" else f'"{name}"'
            for name, kind in types.items()
        )
        file = f"read_csv('{tmp_path / table}.csv', header = true, columns = {types})"
        assert differing_rows(published, table, file, cleaned) == 0, table


def test_the_csv_opens_in_excel_and_says_what_is_invented(first: Ran, tmp_path: Path) -> None:
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), "--format", "csv",
                            "--table", "排名", "--chinese"]) == 0  # fmt: skip
    assert (tmp_path / "排名.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "about.csv").open(encoding="utf-8-sig", newline="") as lines:
        about = list(csv.reader(lines))
    assert any("示例数据" in line[3] for line in about)
    headings = next(csv.reader((tmp_path / "排名.csv").open(encoding="utf-8-sig", newline="")))
    assert [line[1] for line in about if line[0] == "排名" and line[1]] == headings


def test_the_workbook_has_numbers_days_and_frozen_headers(first: Ran, published: Published, tmp_path: Path) -> None:
    named = [part for table in EXPORTED for part in ("--table", table)]
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), *named]) == 0
    book = openpyxl.load_workbook(tmp_path / "jindu.xlsx")
    assert book.sheetnames == ["说明", *EXPORTED]
    assert any("示例数据" in str(cell.value) for row in book["说明"].iter_rows(max_row=5) for cell in row)
    for sheet in book.worksheets:
        assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    sheet = book["reporting_rate"]
    names = [cell.value for cell in sheet[1]]
    cells = {name: [row[place] for row in sheet.iter_rows(min_row=2)] for place, name in enumerate(names)}
    ((rows, filled),) = published.rows("select count(*), sum(cells_filled_count) from mart.reporting_rate")
    counted = [cell.value for cell in cells["cells_filled_count"]]
    assert (len(counted), sum(int(str(value)) for value in counted if value is not None)) == (rows, filled)
    assert all(cell.is_date and cell.number_format == "yyyy-mm" for cell in cells["report_month"])
    assert {cell.number_format for cell in cells["reporting_ratio"] if cell.value is not None} == {"0.0%"}
    code = book["org_unit"]["A2"]
    assert code.data_type == "s" and str(code.value).isdigit()


def test_another_program_opens_the_workbook(first: Ran, tmp_path: Path, recalculate: Recalculate) -> None:
    arguments = ["export", str(tmp_path), "--home", str(first.home.root), "--chinese", "--table", "排名"]
    assert cli.run_command(arguments) == 0
    (copy,) = recalculate([tmp_path / "jindu.xlsx"])
    rows = list(openpyxl.load_workbook(copy)["排名"].iter_rows(values_only=True))
    assert rows[0][:4] == ("上级代码", "单位代码", "排名范围", "范围代码")
    assert {"单项", "综合"} <= {row[2] for row in rows[1:]}


def test_an_export_into_the_home_is_refused(first: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (first.home.inbox, first.home.root):
        assert cli.run_command(["export", str(place), "--home", str(first.home.root)]) == 2
        assert "在工作目录里" in capsys.readouterr().err
    assert cli.run_command(["export", "/tmp/x", "--home", str(first.home.root), "--table", "nothing"]) == 2
    assert "没有叫“nothing”的表" in capsys.readouterr().err


def test_every_page_can_be_asked_for(first: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    for page in sorted((PROJECT_ROOT / "sql" / "page").glob("*.sql")):
        code = cli.run_command(["sql", "--home", str(first.home.root), "--file", str(page), "--csv"])
        said = capsys.readouterr()
        assert code == 0 or "--set" in said.err, f"{page.name}: {said.err}"  # a page of one unit wants its code


@pytest.mark.parametrize("guide", ["analyst.md", "analyst.zh-CN.md"])
def test_the_example_in_python_runs(first: Ran, guide: str, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (PROJECT_ROOT / "docs" / guide).read_text("utf-8"), re.DOTALL)
    assert "warehouse/data" in example
    exec(example.replace("warehouse/data", str(first.home.root)), {})
    counts = [int(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert len(counts) > 5 and sum(counts) > 1000
