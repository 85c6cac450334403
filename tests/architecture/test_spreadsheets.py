"""One module writes cells, so that no text of anybody's ever becomes a formula."""

import ast
import csv
import io
from pathlib import Path

import openpyxl
import pytest

from jindu.settings import PROJECT_ROOT
from jindu.spreadsheet import CsvWriter, neutral, new_workbook

WRITER = "spreadsheet.py"
FORBIDDEN_CALLS = {"DictWriter", "write_csv", "to_csv", "write_excel", "to_excel", "write_formula_string"}
INLINE = {"finding_sheet.py"}  # builds a worksheet's XML from texts made neutral: tests/returns looks at them


def python_files() -> list[Path]:
    return sorted(path for folder in ("jindu", "flows") for path in (PROJECT_ROOT / folder).rglob("*.py"))


def names_used(path: Path) -> set[str]:
    """Dotted names: csv.writer, xlsxwriter.Workbook, Workbook …"""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(f"{ast.unparse(node.value)}.{node.attr}")
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_nothing_else_writes_cells(path: Path) -> None:
    used = names_used(path)
    forbidden = FORBIDDEN_CALLS | {"csv.writer", "xlsxwriter", "xlsxwriter.Workbook", "openpyxl.Workbook", "xlwt"}
    if path.name != WRITER:
        assert not used & forbidden
        assert 't="inlineStr"' not in path.read_text(encoding="utf-8") or path.name in INLINE


@pytest.mark.parametrize(
    "text",
    [
        *(
            "=1+1",
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
            "﹢1",
            "-5-1",
        ),
        *("-1E5", "-A1", "+5", "－5", "-5\n=1", "-.5"),
        *(" =1", "\u3000=1", "\u00a0=1", "\u200b=1", "\ufeff=1", "=cmd|'/c calc'!A0", '=HYPERLINK("http://x","y")'),
    ],
)
def test_a_formula_becomes_a_text(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    [
        *("", "调解", "'=1", "1-1", "a=b", "—", "——", "-", "/", "不适用", "(1)", "  ", "·", "一=二"),
        *("-5", "-0.5", "-5.50", "-1,234", "-12.5%"),  # a negative number is a number
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert neutral(text) == text


def test_a_csv_holds_no_formula_and_its_numbers_stay() -> None:
    out = io.StringIO()
    CsvWriter(out).rows([["=1+1", -5, None, "甲"]])
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [["'=1+1", "-5", "", "甲"]]


def test_a_workbook_holds_no_formula_but_those_asked_for(tmp_path: Path) -> None:
    book = new_workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    sheet.write(0, 0, "=1+1")
    sheet.write_string(1, 0, "＠SUM(A1)")
    sheet.write_row(2, 0, ["-1+1", -5])
    sheet.write_formula(3, 0, "=1+1", None, 2)
    sheet.write(4, 0, "https://example.org")
    book.close()
    read = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert read is not None
    values = [[cell.value for cell in row] for row in read.iter_rows()]
    assert values == [
        ["'=1+1", None],
        ["'＠SUM(A1)", None],
        ["'-1+1", -5],
        ["=1+1", None],
        ["https://example.org", None],
    ]
    assert read["A1"].data_type == "s" and read["A5"].hyperlink is None
