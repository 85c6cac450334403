"""Where the table is, whatever stands around it."""

import codecs
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from jindu.workbooks.reader import read
from jindu.workbooks.words import heading_key
from jindu.workbooks.worker import Answer, CellRow

from .conftest import COLUMNS, FORM, HEADINGS, Write

CSV = """form,sender_code,org_unit_code,report_month,indicator_code,unit,month_value,ytd_value,note
community_monthly,350502004001,350502004001,2024-09,A01,件,5,40,
community_monthly,350502004001,350502004001,2024-09,A02,户,,12,新增
"""


def answer_for(path: Path) -> Answer:
    return read(path, path.name, HEADINGS)


def cells(answer: Answer) -> dict[str, CellRow]:
    """The cells by their address."""
    return {cell.cell: cell for cell in answer.cells}


def by_field(answer: Answer) -> dict[str | None, list[str | None]]:
    """The texts of each field, from top to bottom."""
    texts: dict[str | None, list[str | None]] = {}
    for cell in answer.cells:
        texts.setdefault(cell.field, []).append(cell.text)
    return texts


def with_table(*rows: Sequence[object], columns: Sequence[object] = COLUMNS) -> list[Sequence[object]]:
    return [*FORM[:4], columns, *rows]


def test_a_form_as_its_template_lays_it_out(write_workbook: Write) -> None:
    meta = {
        "form": "community_monthly",
        "template_version": "2024.1",
        "sender_code": "350502004001",
        "report_month": "2024-09",
    }
    answer = answer_for(write_workbook(meta=meta))
    document = answer.document
    assert (document.file_format, document.is_readable, document.refusal_code) == ("xlsx", True, None)
    assert (document.form_text, document.sender_text) == ("社区工作月报", "350502004001")
    assert (document.report_month_text, document.report_month) == ("2024年9月", "2024-09-01")
    assert (document.meta_form_code, document.meta_sender_code) == ("community_monthly", "350502004001")
    assert (document.meta_report_month, document.template_version) == ("2024-09-01", "2024.1")
    assert (document.filled_by, document.approved_by) == ("张三", "李四")
    assert document.correction_reason == "上月漏报,详见:附件"
    found = cells(answer)
    assert len(found) == 12
    assert found["D6"] == CellRow(
        "社区工作月报", 6, 4, "D6", "month_value", "5", "number", "5", number_format="General"
    )
    assert (found["D7"].state, found["D7"].text, found["D7"].number_value) == ("blank", None, None)
    assert (found["A6"].state, found["F7"].text) == ("text", "新增 2 户")


def test_headings_with_line_breaks_spaces_and_units(write_workbook: Write) -> None:
    columns = ("指 标\n代 码", "指标名称", "本月数\n(件)", "本年\u3000累计\uff08件\uff09")
    answer = answer_for(write_workbook(with_table(("A01", "x", 5, 40), columns=columns)))
    assert by_field(answer) == {
        "indicator_code": ["A01"],
        "indicator_name": ["x"],
        "month_value": ["5"],
        "ytd_value": ["40"],
    }


def test_a_heading_is_compared_without_its_looks() -> None:
    assert heading_key("本 月\n数\uff08万元\uff09\uff1a") == heading_key("本月数") == "本月数"
    assert heading_key("Indicator_Code ") == "indicator_code"


GROUPED = HEADINGS | {"本月": "month_value", "累计": "ytd_value", "上年同期": "prior_ytd_value", "本年": "group"}


@pytest.mark.parametrize(
    ("upper", "lower", "fields"),
    [
        (("指标代码", "本年", None), (None, "本月", "累计"), ["indicator_code", "month_value", "ytd_value"]),
        (("指标代码", "本月数", "本年"), (None, None, "累计"), ["indicator_code", "month_value", "ytd_value"]),
        (
            ("指标代码", "本月数", "上年"),
            (None, "(万元)", "同期"),
            ["indicator_code", "month_value", "prior_ytd_value"],
        ),
        (("指标代码", "本月数", "上年", None), (None, None, "本月", "累计"), ["indicator_code", "month_value"]),
        (("指标代码", "本月数", None), (None, None, "累计"), ["indicator_code", "month_value"]),
        (("指标代码", "本月数", None), ("A00", "累计", "本年"), ["indicator_code", "month_value"]),  # a row of data
        (
            (None, "本年", None, "上年"),
            ("指标代码", "本月", "累计", "累计"),
            ["indicator_code", "month_value", "ytd_value"],
        ),
    ],
)
def test_headers_of_two_rows(
    write_workbook: Write, upper: Sequence[object], lower: Sequence[object], fields: list[str]
) -> None:
    path = write_workbook([upper, lower, ("A01", 5, 40, 30)])
    answer = read(path, path.name, GROUPED)
    assert [cell.field for cell in answer.cells if cell.row_number == 3 and cell.field] == fields
    assert {cell.row_number for cell in answer.cells} <= {2, 3}


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ([("示例街道",), ("社区月报",), ("内部工作报表",)], "社区月报"),
        ([("示例街道",), ("社区统计表（2024）（示例）",)], "社区统计表（2024）（示例）"),
        ([("走访",), ("说明",)], "走访"),
        ([("说明:逐月填报",), ("社区月报",)], "社区月报"),
        ([("说明:逐月填报",), ("走访",)], None),
    ],
)
def test_the_title_is_what_ends_like_one(write_workbook: Write, above: list[Sequence[object]], title: str) -> None:
    assert answer_for(write_workbook([*above, COLUMNS, FORM[5]])).document.form_text == title


@pytest.mark.parametrize(
    ("above", "month"),
    [
        ([("2024年9月社区月报",)], "2024-09-01"),
        ([("社区月报",), ("东街社区", "2024年9月", "甲")], "2024-09-01"),
        ([("社区月报",), (datetime(2024, 9, 1),)], "2024-09-01"),
        ([("社区月报",), (datetime(2024, 9, 15),)], None),  # any day
        ([("2024年8月社区月报",), ("2024年9月",)], None),  # which of them?
        ([("2024年1-9月社区月报",)], None),
        ([("社区月报",), ("有效期至:", "2026年12月")], None),
        ([("社区月报",), ("填报人", "2024年9月")], None),
        ([("2024年8月社区月报",), ("报告期:2024年9月",)], "2024-09-01"),  # a label goes first
    ],
)
def test_the_month_of_a_form_without_a_label(
    write_workbook: Write, above: list[Sequence[object]], month: str | None
) -> None:
    assert answer_for(write_workbook([*above, COLUMNS, FORM[5]])).document.report_month == month


def test_a_label_just_above_the_header_is_no_part_of_it(write_workbook: Write) -> None:
    rows = [("社区月报",), (None, None, None, None, None, "报告期:2024年9月"), COLUMNS, FORM[5]]
    answer = answer_for(write_workbook(rows))
    assert answer.document.report_month == "2024-09-01"
    assert by_field(answer)["note"] == [None]


def test_reordered_and_extra_columns(write_workbook: Write) -> None:
    columns = ("备注", "我的列", "本年累计", "指标代码")
    answer = answer_for(write_workbook(with_table(("n", 7, 40, "A01"), ("n", None, 41, "A02"), columns=columns)))
    assert by_field(answer) == {
        "note": ["n", "n"],
        None: ["7"],
        "ytd_value": ["40", "41"],
        "indicator_code": ["A01", "A02"],
    }


def test_many_titles_above_the_table(write_workbook: Write) -> None:
    rows = [("说明第几行",)] * 20 + with_table(("A01", "x", "件", 1, 2, None))
    assert by_field(answer_for(write_workbook(rows)))["indicator_code"] == ["A01"]


@pytest.mark.parametrize(
    "row",
    [
        ("填报单位:东街社区 单位代码:350502004001 报告期:2024年9月",),
        ("填报单位\uff1a东街社区\u3000单位代码\uff1a350502004001\u3000报告期\uff1a2024年9月\u3000表号\uff1aX1",),
        ("填报单位", "东街社区", "单位代码", "350502004001", "报告期", "2024年9月"),
        ("填报单位:", None, "东街社区", "单位代码:", 350502004001, "报告期:", None, "2024年9月"),
        ("报送单位:东街社区 报送单位:350502004001", "报告期:2024年9月"),
        ("联系电话:1 单位代码:350502004001", "报告期:2024年9月 制表:某人"),
    ],
)
def test_labels_however_they_are_spread(write_workbook: Write, row: Sequence[object]) -> None:
    document = answer_for(write_workbook([FORM[0], row, *FORM[4:6]])).document
    assert (document.sender_text, document.report_month) == ("350502004001", "2024-09-01")
    assert document.report_month_text == "2024年9月"


def test_a_sender_by_name_and_a_month_as_a_date(write_workbook: Write) -> None:
    rows = [("填报单位:", "东街社区", "报告期:", datetime(2024, 9, 1)), *FORM[4:6]]
    document = answer_for(write_workbook(rows)).document
    assert (document.sender_text, document.report_month) == ("东街社区", "2024-09-01")


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        (("填报单位:东街社区", None, "单位代码:350502004001", None, "报告期:三月份"), ("C1", "E1")),
        (("填报单位:", "东街社区", None, "报告期:", datetime(2024, 9, 1)), ("B1", "E1")),
        (("填报单位:东街社区 报告期:2024年9月",), ("A1", "A1")),
        (("东街社区工作月报(2024年9月)",), (None, "A1")),
        (("工作月报",), (None, None)),
    ],
)
def test_where_sender_and_month_stand(
    write_workbook: Write, heading: tuple[object, ...], cells: tuple[str | None, str | None]
) -> None:
    document = answer_for(write_workbook([heading, *FORM[4:6]])).document
    assert (document.sender_cell, document.report_month_cell) == cells
    assert document.heading_sheet == "社区工作月报"


def test_the_reason_of_a_correction_may_have_a_column(tmp_path: Path) -> None:
    path = tmp_path / "更正.csv"
    path.write_text("报表,报告期,指标代码,本月数,更正说明\nm,2024-09,visit,1,\n", encoding="utf-8")
    document = answer_for(path).document
    assert (document.correction_sheet, document.correction_cell) == ("更正.csv", "E1")
    path.write_text("报表,报告期,指标代码,本月数\nm,2024-09,visit,1\n", encoding="utf-8")
    assert answer_for(path).document.correction_cell is None


def test_an_empty_label_takes_nothing_from_the_next_one(write_workbook: Write) -> None:
    document = answer_for(write_workbook([*FORM[:7], (), ("填报人:", "审核人:李四"), ("更正说明:",)])).document
    assert (document.filled_by, document.approved_by, document.correction_reason) == (None, "李四", None)
    assert (document.correction_sheet, document.correction_cell) == (
        "社区工作月报",
        "A10",
    )  # where it belongs, written or not


def test_the_footer_ends_the_table_even_without_a_gap(write_workbook: Write) -> None:
    rows = with_table(("A01", "x", "件", 1, 2, None), ("填报人:张三", "审核人:李四"), ("A02", "y", "件", 1, 2, None))
    answer = answer_for(write_workbook(rows))
    assert by_field(answer)["indicator_code"] == ["A01"]
    assert answer.document.filled_by == "张三"


def test_a_row_with_code_and_figure_below_the_footer_is_read_too(write_workbook: Write) -> None:
    footer, added = ("填报人:张三", "审核人:李四"), ("case_received", "y", "件", 999, None, None)
    rows = with_table(
        ("case_closed", "x", "件", 1, 2, None), footer, (), (), ("注:case_received", None, None, 5), added
    )
    assert by_field(answer_for(write_workbook(rows)))["indicator_code"] == ["case_closed", "case_received"]
    assert answer_for(write_workbook(rows)).document.filled_by == "张三"


@pytest.mark.parametrize("note", ["审核人:李四 不在", "报告期:2024年8月补报", "更正说明:上月漏报"])
def test_a_note_may_say_what_a_footer_says(write_workbook: Write, note: str) -> None:
    rows = with_table(("A01", "x", "件", 1, None, note), ("A02", "y", "件", None, None, note), FORM[8])
    answer = answer_for(write_workbook(rows))
    assert by_field(answer)["note"] == [note, note]
    assert answer.document.approved_by == "李四"


def test_a_footer_with_a_telephone_number_is_a_footer(write_workbook: Write) -> None:
    rows = with_table(("A01", "x", "件", 1, 2, None), ("填报人:张三", None, "电话", 22334455), (None, "A02", "件", 3))
    assert by_field(answer_for(write_workbook(rows)))["indicator_code"] == ["A01"]
    rows = with_table(("A01", "x", "件", 1, 2, None), ("单位(盖章)", None, "填报人:张三"), ("A02", "y", "件", 3))
    assert by_field(answer_for(write_workbook(rows)))["indicator_code"] == ["A01"]


def test_two_blank_rows_end_the_table_and_one_does_not(write_workbook: Write) -> None:
    rows = with_table(("A01",), (), ("A02",), (), (), ("A03",))
    assert by_field(answer_for(write_workbook(rows)))["indicator_code"] == ["A01", "A02"]


def test_rows_that_are_no_data(write_workbook: Write) -> None:
    numbered = ("甲", "乙", "丙", 1, 2, 3)
    remark = ("注:本表按月报送",)
    rows = with_table(numbered, ("A01", "x", "件", 1, 2, None), remark, COLUMNS, (None, None, None, 9), ("A02",))
    assert by_field(answer_for(write_workbook(rows)))["indicator_code"] == ["A01", "A02"]


def test_a_row_known_by_its_name_alone(write_workbook: Write) -> None:
    answer = answer_for(write_workbook(with_table((None, "其中:女性", "人", 1, 2, None))))
    assert by_field(answer)["indicator_name"] == ["其中:女性"]
    assert cells(answer)["A6"].state == "blank"


def test_codes_given_as_numbers_stay_whole(write_workbook: Write) -> None:
    columns = ("指标代码", "填报对象代码", "本月数")
    answer = answer_for(
        write_workbook(with_table((101, 350502004001, 5), (102.0, " 350502004002 ", 5), columns=columns))
    )
    assert by_field(answer)["indicator_code"] == ["101", "102"]
    assert by_field(answer)["org_unit_code"] == ["350502004001", "350502004002"]


def test_ranks_and_days(write_workbook: Write) -> None:
    columns = ("指标代码", "本年累计", "区内位次", "完成日期")
    rows = [("A01", 1, 2, datetime(2024, 3, 15)), ("A02", 1, "第3", "2024年3月15日"), ("A03", 1, None, "—")]
    found = cells(answer_for(write_workbook(with_table(*rows, columns=columns))))
    assert (found["C6"].number_value, found["C7"].state, found["C8"].state) == ("2", "unreadable", "blank")
    assert [found[f"D{row}"].state for row in (6, 7, 8)] == ["date", "date", "not_applicable"]
    assert found["D6"].date_value == found["D7"].date_value == date(2024, 3, 15).isoformat()


def test_a_percentage_keeps_its_meaning_and_its_look(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["指标代码", "本年累计"])
        sheet.write(1, 0, "A01")
        sheet.write_number(1, 1, 0.95, book.add_format({"num_format": "0%"}))
    cell = cells(answer_for(tmp_path / "a.xlsx"))["B2"]
    assert (cell.text, cell.number_value, cell.number_unit, cell.number_format) == ("95%", "0.95", "%", "0%")
    assert cell.treatment == "percent format: already a share of 1"


def edit_sheet(path: Path, before: bytes, after: bytes) -> None:
    """Change the first sheet's XML."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert before in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(before, after)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_cell_whose_format_the_file_lacks_is_read_as_written(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["指标代码", "本月数", "本年累计"])
        sheet.write_row(1, 0, ["A01", 3])
        sheet.write_formula(1, 2, "=B2+4", None, 7)
    edit_sheet(tmp_path / "a.xlsx", b'<c r="B2">', b'<c r="B2" s="99">')
    edit_sheet(tmp_path / "a.xlsx", b'<c r="C2">', b'<c r="C2" s="99">')
    found = cells(answer_for(tmp_path / "a.xlsx"))
    assert [(found[place].state, found[place].number_value) for place in ("B2", "C2")] == [
        ("number", "3"), ("number", "7"),
    ]  # fmt: skip


def test_formulas_with_and_without_a_result(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["指标代码", "本月数", "本年累计", "上年同期累计", "备注"])
        sheet.write(1, 0, "A01")
        sheet.write_formula(1, 1, "=1+1", None, 2)
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
        sheet.write_formula(1, 3, '=IF(1,"",0)', None, "")
        sheet.write_array_formula(1, 4, 1, 4, "{=1+2}", None, 3)
    edit_sheet(tmp_path / "a.xlsx", b'<c r="D2">', b'<c r="D2" t="str">')  # as Excel writes an empty result
    found = cells(answer_for(tmp_path / "a.xlsx"))
    assert (found["B2"].state, found["B2"].number_value, found["B2"].formula) == ("number", "2", "=1+1")
    assert (found["C2"].state, found["C2"].text, found["C2"].formula) == ("unreadable", "#N/A", "=NA()")
    assert found["D2"].state == "blank"
    assert (found["E2"].text, found["E2"].formula) == ("3", "=1+2")


def test_a_formula_never_computed_is_not_blank(write_workbook: Write) -> None:
    found = cells(answer_for(write_workbook(with_table(("A01", "x", "件", "=1+1", "#REF!", "#N/A")))))
    assert (found["D6"].state, found["D6"].text) == ("unreadable", "=1+1")
    assert (found["E6"].state, found["E6"].text) == ("unreadable", "#REF!")
    assert (found["F6"].state, found["F6"].text) == ("unreadable", "#N/A")


def test_units_in_headings_count_where_no_column_gives_them(write_workbook: Write) -> None:
    columns = ("指标代码", "本月数(万元)", "本年累计")
    assert cells(answer_for(write_workbook(with_table(("A01", 5, 6), columns=columns))))["B6"].number_unit == "万元"
    rows = [("单位:亿元",), columns, ("A01", 5, "6元")]
    found = cells(answer_for(write_workbook(rows)))
    assert [found[cell].number_unit for cell in ("B3", "C3")] == ["万元", "元"]
    columns = ("指标代码", "计量单位", "本月数(万元)")
    found = cells(answer_for(write_workbook(with_table(("A01", "件", 5), columns=columns))))
    assert found["C6"].number_unit is None


def test_hidden_sheets_are_passed_over(write_workbook: Write) -> None:
    path = write_workbook()
    book = load_workbook(path)
    decoy = book.create_sheet("旧数据", 0)
    decoy.append(COLUMNS)
    decoy.append(("X99", "old", "件", 1, 1))
    decoy.sheet_state = "hidden"
    book.create_sheet("封面", 0).append(("看第二张表",))
    book.save(path)
    assert by_field(answer_for(path))["indicator_code"] == ["A01", "A02"]


def test_a_declared_dimension_hides_nothing(write_workbook: Write) -> None:
    path = write_workbook()
    edit_sheet(path, b'<dimension ref="A1:F10"', b'<dimension ref="A1:A1"')
    assert len(answer_for(path).cells) == 12


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("gbk", b""), ("gb18030", b""), ("utf-16-le", codecs.BOM_UTF16_LE)],
)
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_in_every_encoding(tmp_path: Path, encoding: str, mark: bytes, delimiter: str) -> None:
    path = tmp_path / "九月.csv"
    path.write_bytes(mark + CSV.replace(",", delimiter).encode(encoding))
    answer = answer_for(path)
    document = answer.document
    assert (document.file_format, document.form_text) == ("csv", "community_monthly")
    assert (document.sender_text, document.report_month) == ("350502004001", "2024-09-01")
    texts = by_field(answer)
    assert (texts["unit"], texts["month_value"], texts["note"]) == (["件", "户"], ["5", None], [None, "新增"])
    first = cells(answer)["G2"]
    assert (first.sheet_name, first.row_number, first.number_value, first.number_format) == ("九月.csv", 2, "5", None)


def test_csv_with_chinese_headings_separators_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('指标代码,本月数(万元),备注\nA01,"1,234.5","甲,乙\n丙"\n\nA02,不适用,\n', encoding="utf-8")
    answer = answer_for(path)
    found = cells(answer)
    assert (found["B2"].number_value, found["B2"].number_unit, found["B4"].state) == (
        "1234.5",
        "万元",
        "not_applicable",
    )
    assert found["C2"].text == "甲,乙\n丙"
    assert (answer.document.sender_text, answer.document.report_month) == (None, None)


def refusal(path: Path) -> str | None:
    answer = answer_for(path)
    assert not answer.document.is_readable
    assert not answer.cells
    assert answer.document.refusal_zh
    assert answer.document.refusal_en
    return answer.document.refusal_code


def test_what_has_no_table_or_no_rows(tmp_path: Path, write_workbook: Write) -> None:
    assert refusal(write_workbook([("通知",)])) == "no_table"
    assert refusal(write_workbook([COLUMNS[:3], ("A01", "x", "件")])) == "no_table"
    assert refusal(write_workbook([COLUMNS])) == "no_rows"
    (tmp_path / "a.csv").write_text(CSV.splitlines()[0])
    assert refusal(tmp_path / "a.csv") == "no_rows"
    (tmp_path / "a.txt").write_text("今天开会")
    assert refusal(tmp_path / "a.txt") == "no_table"


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xff\xff", b"a\x1bb", b"\xff\xfe\x00"])
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert refusal(tmp_path / "a.csv") == "not_a_workbook"


def test_a_quote_that_never_closes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('indicator_code,month_value\n"' + "x\n" * 100_000)
    assert refusal(tmp_path / "a.csv") == "not_a_workbook"


def test_a_csv_of_too_many_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("indicator_code,month_value\n" + "A01,1\n" * 20_000)
    assert refusal(tmp_path / "a.csv") == "too_large"


def test_two_columns_that_mean_the_same(write_workbook: Write) -> None:
    columns = ("指标代码", "本月数(元)", "本月数(万元)")
    assert refusal(write_workbook(with_table(("A01", 1, 2), columns=columns))) == "ambiguous_table"


def test_two_months_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV.replace("2024-09,A02", "2024-08,A02"), encoding="utf-8")
    assert refusal(tmp_path / "a.csv") == "mixed_document"
    (tmp_path / "a.csv").write_text(CSV.replace("2024-09,A02", "2024年9月,A02"), encoding="utf-8")
    assert answer_for(tmp_path / "a.csv").document.report_month == "2024-09-01"
