"""The workbook: opened again by openpyxl."""

import io
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from jindu.bulletin.content import compose
from jindu.bulletin.document import Document
from jindu.bulletin.issue import Issue
from jindu.bulletin.workbook import workbook_file


@pytest.fixture(scope="module")
def content(issue: Issue, document: Document) -> bytes:
    return workbook_file(issue, document, issue.head.as_of)


@pytest.fixture(scope="module")
def book(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def rows(book: Workbook, name: str) -> list[dict[str, object]]:
    heads, *lines = list(book[name].iter_rows(min_row=3, values_only=True))
    return [dict(zip(map(str, heads), line, strict=True)) for line in lines]


def test_its_sheets_are_in_the_order_of_reading(book: Workbook) -> None:
    assert book.sheetnames == ["滞后目标", "本级目标", "状态一览", "各社区", "综合排名", "报送情况", "说明"]


def test_headers_stay_and_can_be_filtered_and_printed(book: Workbook) -> None:
    for name in book.sheetnames[:-1]:
        sheet = book[name]
        assert sheet.freeze_panes == "B4"
        assert str(sheet.auto_filter.ref).startswith("A3:")
        assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$3:$3"


def test_the_notes_have_room_on_their_sheet(book: Workbook) -> None:
    sheet = book["说明"]
    setup = sheet.sheet_properties.pageSetUpPr
    assert setup is not None and setup.fitToPage and sheet.page_setup.orientation == "landscape"
    wide = sheet.column_dimensions["A"].width
    for number, row in enumerate(sheet.iter_rows(max_col=1, values_only=True), start=1):
        letters = sum(1 if letter.isascii() else 2 for letter in str(row[0] or ""))
        assert (sheet.row_dimensions[number].height or 0) >= 13 * letters / wide, row[0]


def test_numbers_are_numbers_and_exact(book: Workbook) -> None:
    contract = next(row for row in rows(book, "本级目标") if str(row["指标"]).startswith("合同投资"))
    assert contract["差额"] == pytest.approx(-421089.47, abs=0) and contract["已完成"] == 269660.53
    assert contract["序时完成率"] == 0.390388
    sheet = book["本级目标"]
    assert {cell.number_format for cell in sheet["H"][3:]} >= {"0.0%"}


def test_a_name_that_begins_like_a_formula_is_text(book: Workbook) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert '\'=HYPERLINK("http://example.org","点这里")' in {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.hyperlink]


def test_what_is_withheld_has_no_number(book: Workbook) -> None:
    withheld = next(row for row in rows(book, "各社区") if row["指标"] == "重复违规")
    assert withheld["已完成"] == withheld["差额"] == "不公开"
    assert withheld["序时完成率"] is None


def test_what_was_invented_is_marked(book: Workbook) -> None:
    marked = [row["指标"] for row in rows(book, "本级目标") if row["示例"] == "示例"]
    assert [str(name)[1:11] for name in marked] == ["=HYPERLINK"]
    assert "虚构" in str(book["本级目标"]["A2"].value)


def test_who_reported_and_who_ranks_where(book: Workbook) -> None:
    assert [(row["单位"], row["位次"], row["升降"]) for row in rows(book, "综合排名")] == [
        ("甲", 1, "↑1"), ("乙", 2, "↓1"), ("丙", None, "—"),
    ]  # fmt: skip
    late = next(row for row in rows(book, "报送情况") if row["单位"] == "乙")
    assert isinstance(late["报出期限"], datetime)
    assert (late["及时"], late["逾期天数"], late["报送率"]) == ("逾期", 3, 0.9)


def test_the_same_issue_gives_the_same_bytes(issue: Issue, document: Document, content: bytes) -> None:
    assert workbook_file(issue, document, issue.head.as_of) == content


def test_every_published_number_of_the_office_is_in_it(book: Workbook, issue: Issue) -> None:
    found = {str(row["指标"]).lstrip("'"): row for row in rows(book, "本级目标")}
    for row in issue.own:
        assert Decimal(str(found[row.name_zh]["已完成"])) == row.ytd_value


def test_the_english_one_has_english_sheets(issue: Issue) -> None:
    content = workbook_file(issue, compose(issue, "en"), issue.head.as_of)
    names = openpyxl.load_workbook(io.BytesIO(content)).sheetnames
    assert names == ["Behind", "Own targets", "Status", "communities", "Ranking", "Reporting", "Notes"]
