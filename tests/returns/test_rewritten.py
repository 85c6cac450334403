"""Whoever sends an .xls, an .et or a CSV gets his own rows back as an .xlsx, mends them there, and sends that."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
import xlrd
from openpyxl.worksheet.worksheet import Worksheet

from jindu.catalogue import load
from jindu.dry_run import Candidate, DryRun, Judgement
from jindu.returning import finding_list
from jindu.settings import OFFICE_TIMEZONE, no_progress
from jindu.workbooks.finding_sheet import CELL_FILLS, SHEET_NAME, FindingList, Note
from jindu.workbooks.marking import LISTED, MARKED, Marker
from jindu.workbooks.read import vocabulary_of
from jindu.workbooks.reader import read
from tests.gallery.make import CSV_HEAD, UNIT, Merged, Styled, form, libreoffice, visit, write_workbook
from tests.gallery.test_gallery import FILES, REFERENCE
from tests.report.test_receipt import CONFIRMED
from tests.returns.books import WHOLE, members
from tests.returns.test_marked import coloured, comments, links, opened
from tests.workbooks.libreoffice import Recalculate, recalculate

__all__ = ["recalculate"]  # skips where there is no LibreOffice

SHEET = "社区月报"
AS_OF = datetime(2024, 11, 4, 2, tzinfo=OFFICE_TIMEZONE)
OTHER_FORMATS = [path for path in FILES if path.suffix != ".xlsx"]
READABLE = [path for path in OTHER_FORMATS if path.stem not in ("csv_two_months", "csv_big5")]


@pytest.fixture(scope="module")
def words() -> dict[str, str]:
    return vocabulary_of(load(REFERENCE).tables)


@dataclass(frozen=True)
class Desk:
    """Marks files into a folder."""

    folder: Path
    marker: Marker

    def returned(self, path: Path, *notes: Note, said: str = MARKED) -> bytes:
        """The workbook that goes back."""
        draft = self.folder / "draft.xlsx"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines = FindingList("校验结果：退回", ["一", "二"], list(notes))
        assert self.marker.mark(path, digest, draft, lines) == said
        return draft.read_bytes()


@pytest.fixture
def desk(tmp_path: Path, marker: Marker) -> Desk:
    return Desk(tmp_path, marker)


@pytest.fixture(scope="module")
def marker() -> Iterator[Marker]:
    with Marker() as one:
        yield one


def note(sheet: str, cell: str) -> Note:
    return Note("critical", sheet, cell, "走访企业", "约30", "数字", "看不懂", "请改成数字")


def sheet_of(path: Path) -> str:
    return path.name if path.suffix == ".csv" else SHEET


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_what_comes_back_says_what_was_sent(desk: Desk, words: dict[str, str], path: Path) -> None:
    """The same cells of the same sheet, with the same values: nothing is lost by being sent back unmended."""
    copy = desk.folder / "copy.xlsx"
    copy.write_bytes(desk.returned(path, note(sheet_of(path), "D4")))
    first, second = (read(one, path.name, words) for one in (path, copy))
    assert first.document.is_readable and second.document.file_format == "xlsx"

    def said(answer: object) -> list[tuple[object, ...]]:
        return [
            (cell.cell, cell.field, cell.state, cell.number_value, cell.number_unit, cell.number_qualifier,
             cell.date_value)
            for cell in answer.cells  # type: ignore[attr-defined]
        ]  # fmt: skip

    assert said(first) == said(second)
    kept = ("form_text", "sender_text", "report_month", "meta_form_code", "meta_report_month", "filled_by")
    assert [getattr(first.document, name) for name in kept] == [getattr(second.document, name) for name in kept]


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_it_is_marked_as_any_other(desk: Desk, path: Path) -> None:
    content = desk.returned(path, note(sheet_of(path), "D4"), note(sheet_of(path), "E9"))
    book, name = opened(content), sheet_of(path)
    assert book.sheetnames[0] == SHEET_NAME and name in book.sheetnames
    assert coloured(content, name) == {"D4": CELL_FILLS["critical"], "E9": CELL_FILLS["critical"]}
    assert set(comments(content, name)) == {"D4", "E9"}
    assert links(book.worksheets[0]) == [f"'{name}'!D4", f"'{name}'!E9"]
    assert "转成 .xlsx" in str(book.worksheets[0]["A3"].value)


def test_the_same_file_gives_the_same_bytes(desk: Desk) -> None:
    (path,) = [one for one in FILES if one.name == "old_form.xls"]
    content = desk.returned(path, note(SHEET, "D4"))
    assert content == desk.returned(path, note(SHEET, "D4"))
    assert b"1980-01-01T00:00:00Z" in members(content)["docProps/core.xml"]  # not the moment of writing


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory, recalculate: Recalculate) -> Path:
    """An .xls with merged titles, wide columns, formats, a hidden sheet and a formula without a result."""
    folder = tmp_path_factory.mktemp("xls")
    rows = form(visit(Styled(5, "0.0"), Styled(0.4, "0%")))
    write_workbook(folder / "laid.xlsx", [(Merged("示例街道", 6),), *rows])
    book = openpyxl.load_workbook(folder / "laid.xlsx")
    sheet = book[SHEET]
    sheet.column_dimensions["B"].width = 30
    sheet["A4"].font = openpyxl.styles.Font(bold=True, size=14)
    sheet["A4"].fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")
    sheet["A4"].border = openpyxl.styles.Border(left=openpyxl.styles.Side("thin"))
    book.create_sheet("旧表").sheet_state = "hidden"
    book.save(folder / "laid.xlsx")
    with libreoffice() as convert:
        convert([folder / "laid.xlsx"], folder)
    return folder / "laid.xls"


def test_merges_widths_formats_and_looks_stay(desk: Desk, laid_out: Path) -> None:
    book = opened(desk.returned(laid_out, note(SHEET, "D5")))
    sheet = book[SHEET]
    assert [str(area) for area in sheet.merged_cells.ranges] == ["A1:F1"]
    assert sheet.column_dimensions["B"].width == pytest.approx(30, abs=1)
    assert (sheet["D5"].number_format, sheet["E5"].number_format) == ("0.0", "0%")
    assert (sheet["D5"].value, sheet["E5"].value) == (5, 0.4)
    head = sheet["A4"]
    assert (head.font.b, head.font.sz, head.fill.fgColor.rgb, head.border.left.style) == (True, 14, "FFFFFF00", "thin")
    assert book["旧表"].sheet_state == "hidden"
    assert [one.title for one in book.worksheets if one.sheet_view.tabSelected] == [SHEET_NAME]


def test_what_has_no_result_stays_wrong_until_somebody_mends_it(desk: Desk) -> None:
    found = {}
    for name in ("old_formula_without_a_result.xls", "old_reference_error.xls"):
        (path,) = [one for one in FILES if one.name == name]
        sheet = opened(desk.returned(path, note(SHEET, "D4")))[SHEET]
        found[name] = (sheet["D4"].data_type, str(sheet["D4"].value))
        rules = [rule.formula[0] for area in sheet.conditional_formatting for rule in area.rules]
        assert rules[0].endswith({"f": "ISERROR($D$4))", "s": "ISTEXT($D$4))"}[sheet["D4"].data_type])
    assert found == {
        "old_formula_without_a_result.xls": ("s", "'=2.0+3.0"),
        "old_reference_error.xls": ("f", "=#DIV/0!"),
    }


HARMFUL = ("=1+1", "＝HYPERLINK(1)", "+cmd", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＠x", "－1+1")


@pytest.mark.parametrize("text", HARMFUL)
def test_no_text_becomes_a_formula(desk: Desk, text: str) -> None:
    path = desk.folder / "月报.csv"
    quoted = text.replace('"', '""')
    path.write_text(f'{CSV_HEAD}\nmonthly,{UNIT},{UNIT},2024-09,visit,次,5,"{quoted}","{quoted}"\n', "utf-8")
    sheet = opened(desk.returned(path, note("月报.csv", "H2")))["月报.csv"]
    for cell in ("H2", "I2"):
        assert sheet[cell].data_type == "s" and str(sheet[cell].value).startswith("'")


@pytest.mark.parametrize(
    ("text", "number"), [("-5", -5), ("-5%", None), ("+5", 5), ("－１２", None), ("-1,700", None), ("5.50", None)]
)
def test_a_number_with_a_sign_stays_the_number(desk: Desk, words: dict[str, str], text: str, number: object) -> None:
    path = desk.folder / "月报.csv"
    path.write_text(f'{CSV_HEAD}\nmonthly,{UNIT},{UNIT},2024-09,visit,次,5,"{text}",\n', "utf-8")
    copy = desk.folder / "copy.xlsx"
    copy.write_bytes(desk.returned(path, note("月报.csv", "H2")))
    if number is not None:
        assert opened(copy.read_bytes())["月报.csv"]["H2"].value == number
    before, after = (
        next(cell for cell in read(one, "月报.csv", words).cells if cell.cell == "H2") for one in (path, copy)
    )
    assert before.state == "number" and after.number_value == before.number_value


def test_a_long_name_is_shortened_and_still_led_to(desk: Desk) -> None:
    path = desk.folder / ("二〇二四年九月份社区工作月报表（示例一社区）[终稿]*" + "很长" * 9 + ".csv")
    path.write_text(f"{CSV_HEAD}\nmonthly,{UNIT},{UNIT},2024-09,visit,次,约5,,\n", "utf-8")
    book = opened(desk.returned(path, note(path.name, "G2")))
    (name,) = book.sheetnames[1:]
    assert len(name) <= 31 and links(book.worksheets[0]) == [f"'{name}'!G2"]
    assert isinstance(book[name], Worksheet) and set(comments(desk.folder.joinpath("draft.xlsx").read_bytes(), name))


def test_what_the_guard_refuses_gets_the_list(desk: Desk) -> None:
    path = desk.folder / "x.csv"
    path.write_bytes(b"a,b\n\x00\x01\n")
    assert opened(desk.returned(path, note("x.csv", "A1"), said=LISTED)).sheetnames == [SHEET_NAME]


def judged(path: Path) -> Judgement:
    candidate = Candidate(path, path.name, UNIT, datetime.combine(date(2024, 10, 3), time(9), OFFICE_TIMEZONE))
    with DryRun(REFERENCE, AS_OF, None) as looking:
        (judgement,) = looking.read([candidate], no_progress)
    return judgement


def wrong_cells(judgement: Judgement) -> list[str]:
    """Where something is wrong, but for rows that a small file lacks."""
    return [one.cell or "" for one in judgement.findings if one.rule_code != "missing_row"]


@pytest.mark.parametrize(
    ("name", "mended"),
    [
        ("old_doubtful_texts.xls", {"D4": 1, "E4": 123, "D5": 30}),
        ("old_reference_error.xls", {"D4": 7}),
        ("old_formula_without_a_result.xls", {"D4": 5}),
        ("csv_as_people_write.csv", {"H4": 0.9}),
    ],
)
def test_mended_in_the_returned_workbook_it_is_right(desk: Desk, name: str, mended: dict[str, object]) -> None:
    (path,) = [one for one in FILES if one.name == name]
    before = judged(path)
    assert set(mended) <= set(wrong_cells(before))
    notes = [
        Note(one.severity, one.sheet_name, one.cell, None, one.found, one.expected, one.message_zh, "")
        for one in before.findings
    ]
    book = openpyxl.load_workbook(io.BytesIO(desk.returned(path, *notes)))
    for cell, value in mended.items():
        book[sheet_of(path)][cell] = value
    again = desk.folder / "改好.xlsx"
    book.save(again)
    assert wrong_cells(judged(again)) == []


def test_a_form_without_a_header_comes_back_with_the_list_in_front(desk: Desk) -> None:
    (path,) = [one for one in FILES if one.name == "no_header.xlsx"]
    judgement = judged(path)
    receipt = replace(CONFIRMED, sha256=judgement.sha256, refusal_code=judgement.refusal_code)
    assert receipt.refusal_code == "no_table" and receipt.may_be_opened
    book = opened(desk.returned(path, *finding_list(receipt).notes[:1], WHOLE))
    assert book.sheetnames == [SHEET_NAME, SHEET]
    assert links(book.worksheets[0])[-1] == f"'{SHEET}'!A1"
    assert [one.title for one in book.worksheets if one.sheet_view.tabSelected] == [SHEET_NAME]
    assert book[SHEET]["A3"].value == "visit"


@pytest.mark.parametrize(("code", "may"), [(None, True), ("no_rows", True), ("macro", False), ("reader_failed", False)])
def test_what_a_guard_refused_is_never_opened(code: str | None, may: bool) -> None:
    assert replace(CONFIRMED, refusal_code=code).may_be_opened is may


def test_a_list_saved_with_an_xls_is_not_kept_beside_the_new_one(desk: Desk, recalculate: Recalculate) -> None:
    (path,) = [one for one in FILES if one.name == "old_form.xls"]
    first = desk.folder / "first.xlsx"
    first.write_bytes(desk.returned(path, note(SHEET, "D4")))
    with libreoffice() as convert:
        convert([first], desk.folder)
    again = desk.folder / "first.xls"
    assert SHEET_NAME in xlrd.open_workbook(again).sheet_names()
    assert opened(desk.returned(again, note(SHEET, "D4"))).sheetnames == [SHEET_NAME, SHEET]
