"""The workbook of a form."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl

from jindu.workbooks.form import Column as FormColumn
from jindu.workbooks.form import FormHeading, FormRow, line_ends, write_form

HEADING = FormHeading(
    form_code="monthly",
    form_name="工作月报",
    title="工作月报（示例）",
    sender_code="100001",
    sender_name="东街",
    report_month=date(2031, 9, 1),
    template_version="1",
)
ROW = FormRow("visits", "走访", "次", "100001", "东街", Decimal(3), Decimal(30), None)


def cells(path: Path) -> list[list[object]]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_layout(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", HEADING, [ROW])
    rows = cells(tmp_path / "a.xlsx")
    assert rows[0][0] == "工作月报（示例）"
    assert rows[1][0] == "内部工作报表"
    assert "报告期：2031年9月" in rows[2]
    assert rows[4] == ["指标代码", "指标名称", "计量单位", "本月数", "本年累计", "上年同期累计", "备注"]
    assert rows[5] == ["visits", "走访", "次", 3, 30, None, None]


def test_subjects_ranks_and_days_have_columns_only_when_needed(tmp_path: Path) -> None:
    row = replace(ROW, subject_code="100001001", published_rank=1, is_dated=True, finished_on=date(2031, 9, 2))
    write_form(tmp_path / "a.xlsx", HEADING, [row], has_ranks=True)
    header = cells(tmp_path / "a.xlsx")[4]
    assert header[2:4] == ["填报对象代码", "填报对象"]
    assert header[-4:] == ["区内位次", "位次口径", "完成日期", "备注"]


def test_hidden_keys(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", HEADING, [ROW])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["jindu"]
    assert sheet.sheet_state == "veryHidden"
    keys = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert keys == {"form": "monthly", "template_version": "1", "sender_code": "100001", "report_month": "2031-09"}


def test_heading_data_of_an_official_form(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", replace(HEADING, form_number="统1表", issued_by="统计局"), [ROW])
    assert cells(tmp_path / "a.xlsx")[1][:3].count(None) < 3
    assert cells(tmp_path / "a.xlsx")[1][0] == "表号：统1表"


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    write_form(tmp_path / "a.xlsx", HEADING, [replace(ROW, note="=1+1")])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert (sheet["G6"].value, sheet["G6"].data_type) != ("=1+1", "f")


def test_same_form_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_form(tmp_path / name, HEADING, [ROW])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_every_text_of_a_line_has_a_column() -> None:
    columns = [FormColumn("a", "a", 5)] * 4
    assert line_ends(columns, ["一" * 60, "二", "三", "四"]) == [0, 1, 2, 3]
