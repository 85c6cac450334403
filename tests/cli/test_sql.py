"""jindu sql: asks, changes nothing, and reaches nothing but the published copy."""

import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import openpyxl
import pytest
from rich.cells import cell_len

from jindu import cli
from jindu.settings import Home

Captured = pytest.CaptureFixture[str]


def ask(home: Home, *arguments: str) -> int:
    return cli.run_command(["sql", "--home", str(home.root), *arguments])


def rows_of(capsys: Captured) -> list[list[str]]:
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))


def test_parameters_have_their_values(capsys: Captured, published_home: Home) -> None:
    assert ask(published_home, "select $as_of as as_of, $month as month, $office_code as office_code", "--csv") == 0
    assert rows_of(capsys)[1] == ["2024-10-10T02:00:00+08:00", "2024-09-01", "350502004"]


@pytest.mark.parametrize(
    ("given", "count"), [("month=2024-10", "1"), ("month=2024-09-01", "3"), ("month=2023-01", "0")]
)
def test_a_value_is_set(capsys: Captured, published_home: Home, given: str, count: str) -> None:
    query = "select count(*) as n from mart.reporting where report_month = $month"
    assert ask(published_home, query, "--set", given, "--csv") == 0
    assert rows_of(capsys) == [["n"], [count]]


def test_numbers_and_codes_are_what_they_are_compared_with(capsys: Captured, published_home: Home) -> None:
    query = "select count(*) from mart.completion where org_unit_code = $unit and pace_ratio > $pace limit $most"
    assert ask(published_home, query, "--csv", "--set", "unit=350502004", "--set", "pace=0.6", "--set", "most=5") == 0
    assert rows_of(capsys)[1] == ["1"]


@pytest.mark.parametrize(
    ("query", "more", "said"),
    [
        ("select 1; select 2", (), "一次只能执行一条语句"),
        ("create temp table one as select 1", (), "只查询，不修改"),
        ("set memory_limit = '1GB'", (), "只查询，不修改"),
        ("copy mart.run to 'x.csv'", (), "只查询，不修改"),
        ("attach 'x.duckdb'", (), "只查询，不修改"),
        ("from read_text('/etc/hostname')", (), "不碰其他文件"),
        ("from glob('*')", (), "不碰其他文件"),
        ("from core.value", (), "只有 mart"),
        ("from mart.compleition", (), "jindu sql 表名"),
        ("nothing_such", (), "没有叫“nothing_such”的表"),
        ("selct 1", (), "syntax error"),
        ("select $unit", (), "--set unit=…"),
        ("select 1", ("--set", "unit=1"), "查询里没有 $unit"),
        ("select $unit", ("--set", "unit"), "--set month=2024-09"),
        ("select $month", ("--set", "month=2024-13"), "月份从 01 到 12"),
        ("select pace from mart.completion", (), "jindu sql 表名"),
        ("select 1", ("--file", "a.sql"), "只能取其一"),
        ("select 1", ("--csv", "--output", "a.csv"), "只能取其一"),
        ("select cast(state as date) from mart.run", (), "日期写成 2024-09-01"),
        ("", ("--file", "no such.sql"), "没有查询文件 no such.sql"),
        ("", ("--file",), "选项 --file 后面要写出它的值"),
    ],
)
def test_what_is_refused_is_said_and_ends_with_2(
    capsys: Captured, published_home: Home, query: str, more: Sequence[str], said: str
) -> None:
    assert ask(published_home, query, *more) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err and shown.out == ""


def test_a_table_is_found_without_its_schema(capsys: Captured, published_home: Home) -> None:
    said = []
    for table in ("mart.completion", "completion"):
        assert ask(published_home, f"select count(*) as rows from {table}", "--csv") == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_no_table_of_the_database_itself_is_suggested(capsys: Captured, published_home: Home) -> None:
    assert ask(published_home, "from completions_of_x") == 2
    assert "pg_" not in capsys.readouterr().err


def test_who_stops_reading_ends_it_quietly(published_home: Home) -> None:
    asking = [sys.executable, "-m", "jindu.cli", "sql", "--home", str(published_home.root), "from range(200000)"]
    with subprocess.Popen([*asking, "--csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 141)


def test_no_rule_is_drawn_along_a_long_last_text(
    capsys: Captured, published_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # not at a terminal
    assert ask(published_home, "select 'n' as name, repeat('长', 300) as comment") == 0
    _, rule, row, _ = capsys.readouterr().out.splitlines()
    assert cell_len(row) > 600 and cell_len(rule) < 40


def test_nothing_published_is_said(capsys: Captured, tmp_path: Path) -> None:
    assert ask(Home(tmp_path), "select 1") == 2
    assert "还没有发布过数据" in capsys.readouterr().err


def test_a_pivot_is_a_question(capsys: Captured, published_home: Home) -> None:
    assert ask(published_home, "pivot mart.completion on status using count(*) group by report_month", "--csv") == 0
    assert rows_of(capsys)[0] == ["report_month", "behind", "far_behind", "on_pace"]


def test_a_query_comes_from_a_file_or_from_standard_input(published_home: Home, tmp_path: Path) -> None:
    file = tmp_path / "question.sql"
    file.write_text("\ufeff-- grain: one row\nselect $month as month;\n", encoding="utf-8")
    base = [sys.executable, "-m", "jindu.cli", "sql", "--home", str(published_home.root), "--csv"]
    from_file = subprocess.run([*base, "--file", str(file)], check=True, capture_output=True, text=True)
    piped = subprocess.run([*base, "-"], check=True, capture_output=True, text=True, input="select $month as month")
    assert from_file.stdout.split() == piped.stdout.split() == ["month", "2024-09-01"]


def test_without_a_query_the_tables_are_listed(capsys: Captured, published_home: Home) -> None:
    assert ask(published_home, "--csv") == 0
    assert "alert_case" in [row[0] for row in rows_of(capsys)]
    assert ask(published_home, "reporting", "--csv") == 0
    assert rows_of(capsys)[1][:2] == ["org_unit_code", "VARCHAR"]


def test_a_table_fits_the_terminal_and_marks_what_is_invented(
    capsys: Captured, published_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert ask(published_home, "select name, short_name, level from mart.org_unit") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert lines[-1] == "（4 行；库中有示例数据）"
    assert ask(published_home, "from mart.org_unit", "--rows", "2", "--lang", "en") == 0
    assert "(the first 2 rows; --rows, --csv or --output for more; " in capsys.readouterr().out


def test_an_answer_is_kept_in_a_file(capsys: Captured, published_home: Home, tmp_path: Path) -> None:
    query = "select '=1+1' as text, -5 as number, gap_value, report_month from mart.completion order by gap_value"
    for ending in ("csv", "xlsx", "parquet"):
        assert ask(published_home, query, "--output", str(tmp_path / f"a.{ending}")) == 0
        assert "3 行" in capsys.readouterr().out
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbftext,number")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()[1] == "'=1+1,-5,-1234567.5,2024-09-01"
    cells = next(iter(openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(min_row=2, values_only=True)))
    assert cells[:3] == ("'=1+1", -5, -1234567.5)
    ((text, kind),) = duckdb.sql(
        f"select text, typeof(gap_value) from '{tmp_path / 'a.parquet'}' order by gap_value limit 1"
    ).fetchall()
    assert (text, kind) == ("=1+1", "DECIMAL(13,3)")  # Parquet is no spreadsheet: its text is as it was
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.csv", "a.parquet", "a.xlsx"]
    assert ask(published_home, query, "--output", str(tmp_path / "a.pdf")) == 2
    assert ".parquet" in capsys.readouterr().err
    assert ask(published_home, query, "--output", str(tmp_path / "nowhere" / "a.csv")) == 2
    assert "写不了" in capsys.readouterr().err


def test_an_answer_is_no_report(capsys: Captured, published_home: Home) -> None:
    published_home.inbox.mkdir()
    assert ask(published_home, "select 1", "--output", str(published_home.inbox / "a.csv")) == 2
    assert "在工作目录里" in capsys.readouterr().err
    assert list(published_home.inbox.iterdir()) == []


def test_a_csv_for_other_programs_has_no_formula_either(capsys: Captured, published_home: Home) -> None:
    assert ask(published_home, "select '＝1+1' as a, '-5' as b, null as c, true as d, '@x' as e", "--csv") == 0
    assert rows_of(capsys)[1] == ["'＝1+1", "-5", "", "true", "'@x"]


def test_a_workbook_holds_what_a_number_of_its_own_does_not(published_home: Home, tmp_path: Path) -> None:
    query = """
    select
        12345678901234567890::hugeint as long, 123456789012345 as short, 0.1::decimal(38, 20) as part,
        'nan'::double as nothing, [1, 2] as list, null as none, true as flag, date '2030-01-31' as day,
        timestamptz '2030-01-31 02:00:00+08' as moment, repeat('长', 40000) as text
    """
    assert ask(published_home, query, "--output", str(tmp_path / "a.xlsx")) == 0
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    long, short, part, nothing, listed, none, flag, day, moment, text = (cell.value for cell in sheet[2])
    assert (long, short, part) == ("12345678901234567890", 123456789012345, 0.1)
    assert (nothing, listed, none, flag) == ("nan", "[1, 2]", None, True)
    assert (str(day), str(moment), len(str(text))) == ("2030-01-31 00:00:00", "2030-01-31 02:00:00", 32767)


def test_a_table_too_long_for_a_sheet_is_said_and_leaves_nothing(
    capsys: Captured, published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jindu.export.SHEET_ROWS", 4)
    assert ask(published_home, "from range(3)", "--output", str(tmp_path / "short.xlsx")) == 0
    assert ask(published_home, "from range(4)", "--output", str(tmp_path / "long.xlsx")) == 2
    assert "--format csv" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["short.xlsx"]
