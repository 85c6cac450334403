"""What an analyst opens after a night: everything described, as promised, and the same in every export."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest

from jindu import cli
from jindu.settings import PROJECT_ROOT
from jindu.warehouse.columns import load
from jindu.warehouse.connection import set_timezone
from tests.architecture.contract import columns_of, current_version, promised

from .conftest import Ran, environment

EXPORTED = ("completion", "ranking", "finding", "org_unit", "run")


@pytest.fixture(scope="module")
def published(first: Ran) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(first.home.published.resolve(), read_only=True)
    set_timezone(connection)
    return connection


def test_every_table_and_every_column_is_described(published: duckdb.DuckDBPyConnection) -> None:
    undescribed = published.execute(
        """
        select schema_name, table_name, null as column_name from duckdb_tables() where comment is null
        union all
        select schema_name, view_name, null from duckdb_views() where not internal and comment is null
        union all
        select schema_name, table_name, column_name from duckdb_columns() where not internal and comment is null
        """
    ).fetchall()
    assert undescribed == []


def test_nothing_else_is_in_the_file(published: duckdb.DuckDBPyConnection) -> None:
    relations = published.execute(
        "select schema_name, table_name from duckdb_tables()"
        " union all select schema_name, view_name from duckdb_views() where not internal"
    ).fetchall()
    described = load().tables.values()
    assert sorted(relations) == sorted(
        [("mart", table.name) for table in described] + [("main", table.view) for table in described]
    )


def test_a_night_publishes_what_was_promised(published: duckdb.DuckDBPyConnection) -> None:
    assert columns_of(published) == promised(current_version())


def test_a_chinese_view_has_the_described_columns_in_their_order(published: duckdb.DuckDBPyConnection) -> None:
    for table in load().tables.values():
        found = [row[0] for row in published.execute(f'describe main."{table.view}"').fetchall()]
        assert found == [column.name_zh for column in table.columns]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_holds_the_rows_that_are_published(
    first: Ran, published: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), "--format", kind]) == 0
    tables = [row[0] for row in published.execute("select table_name from duckdb_tables()").fetchall()]
    assert {path.stem for path in tmp_path.iterdir()} == {*tables, "about"}
    for table in tables:
        columns = [row[:2] for row in published.execute(f'describe mart."{table}"').fetchall()]
        file = tmp_path / f"{table}.{kind}"
        read = f"read_csv('{file}', all_varchar = true, header = true)" if kind == "csv" else f"'{file}'"
        # '' and null are one in CSV, and a text that a spreadsheet would execute has an apostrophe there
        cast = ", ".join(
            f"nullif(ltrim(\"{name}\", ''''), '')::{'varchar' if kind == 'csv' and type_ == 'VARCHAR' else type_}"
            if type_ == "VARCHAR"
            else f'"{name}"::{type_}'
            for name, type_ in columns
        )
        with duckdb.connect() as other:
            set_timezone(other)
            exported = other.execute(f"select {cast} from {read} order by all").fetchall()
        asked = ", ".join(
            f"nullif(ltrim(\"{name}\", ''''), '')" if type_ == "VARCHAR" else f'"{name}"' for name, type_ in columns
        )
        assert exported == published.execute(f'select {asked} from mart."{table}" order by all').fetchall(), table
        if kind == "parquet":
            with duckdb.connect() as other:
                set_timezone(other)
                assert [row[:2] for row in other.execute(f"describe from '{file}'").fetchall()] == columns


def test_the_csv_opens_in_excel_and_says_what_is_invented(first: Ran, tmp_path: Path) -> None:
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), "--format", "csv",
                            "--table", "排名", "--chinese"]) == 0  # fmt: skip
    assert (tmp_path / "排名.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "about.csv").open(encoding="utf-8-sig", newline="") as lines:
        about = list(csv.reader(lines))
    assert any("示例数据" in line[3] for line in about)
    headings = next(csv.reader((tmp_path / "排名.csv").open(encoding="utf-8-sig", newline="")))
    assert [line[1] for line in about if line[0] == "排名" and line[1]] == headings


def test_the_workbook_has_numbers_days_and_frozen_headers(
    first: Ran, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    named = [part for table in EXPORTED for part in ("--table", table)]
    assert cli.run_command(["export", str(tmp_path), "--home", str(first.home.root), *named]) == 0
    book = openpyxl.load_workbook(tmp_path / "jindu.xlsx")
    assert book.sheetnames == ["说明", *EXPORTED]
    assert any("示例数据" in str(cell.value) for row in book["说明"].iter_rows(max_row=5) for cell in row)
    for sheet in book.worksheets:
        assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    sheet = book["ranking"]
    names = [cell.value for cell in sheet[1]]
    ((rows, best),) = published.execute("select count(*), sum(completion_rank) from mart.ranking").fetchall()
    ranks = [sheet.cell(row, names.index("completion_rank") + 1).value for row in range(2, sheet.max_row + 1)]
    assert (sheet.max_row - 1, sum(int(rank) for rank in ranks if isinstance(rank, int))) == (rows, best)
    month = sheet.cell(2, names.index("report_month") + 1)
    assert month.is_date and month.number_format == "yyyy-mm"
    pace = book["completion"].cell(2, [cell.value for cell in book["completion"][1]].index("pace_ratio") + 1)
    assert pace.number_format == "0.0%"
    code = book["org_unit"]["A2"]
    assert code.data_type == "s" and str(code.value).isdigit()


@pytest.mark.skipif(
    shutil.which("soffice") is None and not os.environ.get("JINDU_REQUIRE_PROGRAMS"), reason="no LibreOffice here"
)
def test_another_program_opens_the_workbook(first: Ran, tmp_path: Path) -> None:
    assert cli.run_command(
        ["export", str(tmp_path), "--home", str(first.home.root), "--chinese", "--table", "排名"]
    ) == 0  # fmt: skip
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2", "--outdir", str(tmp_path),
         str(tmp_path / "jindu.xlsx")],
        check=True, capture_output=True,
    )  # fmt: skip
    (file,) = tmp_path.glob("jindu-*.csv")
    rows = list(csv.reader(file.open(encoding="utf-8", newline="")))
    assert rows[0][:4] == ["上级代码", "单位代码", "排名范围", "范围代码"]
    assert {"单项", "综合"} <= {row[2] for row in rows[1:]}


def test_an_export_into_the_home_is_refused(first: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (first.home.inbox, first.home.root):
        assert cli.run_command(["export", str(place), "--home", str(first.home.root)]) == 2
        assert "在工作目录里" in capsys.readouterr().err
    assert cli.run_command(["export", "/tmp/x", "--home", str(first.home.root), "--table", "nothing"]) == 2
    assert "没有叫“nothing”的表" in capsys.readouterr().err


@pytest.mark.parametrize("page", sorted((PROJECT_ROOT / "sql" / "page").glob("*.sql")), ids=lambda path: path.stem)
def test_a_page_can_be_asked_for(first: Ran, page: Path) -> None:
    command = [sys.executable, "-m", "jindu.cli", "sql", "--home", str(first.home.root), "--file", str(page), "--csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0 or "--set" in done.stderr, done.stderr  # a page of one unit wants its code


def test_the_published_file_answers_as_documented(first: Ran) -> None:
    """What `make compat` does under another DuckDB, under ours."""
    command = [sys.executable, "-m", "tests.compat.answers", str(first.home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), cwd=PROJECT_ROOT)
    assert done.returncode == 0, done.stderr
    assert f"DuckDB {duckdb.__version__}: " in done.stdout and " 0 problems" in done.stdout
