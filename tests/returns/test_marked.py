"""The clerk's own workbook comes back with marks, and with everything else as it was."""

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from jindu.workbooks import reader
from jindu.workbooks.finding_sheet import CELL_FILLS, SHEET_NAME
from jindu.workbooks.marked import list_alone, mark
from jindu.workbooks.package import CannotMarkError
from tests.returns.books import (
    COMPUTED,
    FALLEN,
    NOTES,
    OTHER,
    SHEET,
    SLIP,
    WHOLE,
    WRONG,
    excel_like,
    findings,
    members,
    openpyxl_like,
    packed_members,
    prefixed,
    saved,
)
from tests.workbooks.conftest import HEADINGS
from tests.workbooks.libreoffice import Recalculate, recalculate

__all__ = ["recalculate"]
PATCHED = re.compile(r"xl/worksheets/[^/]+\.xml|xl/styles\.xml|xl/workbook\.xml|.*\.rels|\[Content_Types\]\.xml|.*\.vml"
                     r"|xl/comments.*\.xml")  # fmt: skip


@pytest.fixture(params=[excel_like, openpyxl_like, prefixed], ids=lambda make: make.__name__)
def source(request: pytest.FixtureRequest) -> bytes:
    content: bytes = request.param()
    return content


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def comments(content: bytes, sheet: str = SHEET) -> dict[str, str]:
    return {
        cell.coordinate: cell.comment.text for row in opened(content)[sheet].iter_rows() for cell in row if cell.comment
    }


def coloured(content: bytes, sheet: str = SHEET) -> dict[str, str]:
    """The cells with a rule of ours, and its colour."""
    found = {}
    for area in opened(content)[sheet].conditional_formatting:
        for rule in area.rules:
            if rule.formula and "jindu" in rule.formula[0]:
                found[str(area.sqref)] = rule.dxf.fill.bgColor.rgb
    return found


def rules(content: bytes, sheet: str = SHEET) -> list[tuple[int, str]]:
    areas = opened(content)[sheet].conditional_formatting
    return sorted((rule.priority, str(area.sqref)) for area in areas for rule in area.rules)


def links(sheet: Worksheet) -> list[str | None]:
    return [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_each_failing_cell_is_coloured_and_commented(source: bytes) -> None:
    result = mark(source, findings())
    red, amber = CELL_FILLS["critical"], CELL_FILLS["warning"]
    assert coloured(result) == {"C3": red, "D3": amber, "C2": amber, "D2": red, "E9": red}
    said = comments(result)
    assert said["D3"] == "【校验】\n核实性：本年累计是负数。请核对。"
    assert said["E9"].endswith("请补上 & <b>。")


def test_the_clerks_own_comments_stay(source: bytes) -> None:
    before, after = comments(source), comments(mark(source, findings()))
    assert before and all(after[cell].startswith(text) for cell, text in before.items())
    assert after["C3"] == "自己的批注\n\n【校验】\n强制性：“约30”看不懂。请改成数字，例如 30。"


def test_the_first_sheet_lists_all_and_leads_to_each(source: bytes) -> None:
    book = opened(mark(source, findings()))
    sheet = book.worksheets[0]
    assert (sheet.title, book.active.title if book.active else "") == (SHEET_NAME, SHEET_NAME)
    rows = list(sheet.iter_rows(min_row=6, values_only=True))
    assert [row[4] for row in rows] == [note.problem for note in NOTES]
    assert [row[5] for row in rows][1:4] == ["-4", "5.5", '\'=HYPERLINK("x")']
    assert links(sheet) == [f"'{SHEET}'!{note.cell or 'A1'}" for note in NOTES]
    assert sheet["C11"].value == "整份"
    assert [one.title for one in book.worksheets if one.sheet_view.tabSelected] == [SHEET_NAME]


def test_one_sheet_is_selected_whatever_was() -> None:
    """Two selected sheets are edited together: what is typed into one goes into the other as well."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as mine:
        sheet, other, charted = mine.add_worksheet(SHEET), mine.add_worksheet(OTHER), mine.add_chartsheet("图")
        chart = mine.add_chart({"type": "column"})
        chart.add_series({"values": f"={SHEET}!$A$1:$A$3"})
        charted.set_chart(chart)
        for one in (sheet, other, charted):
            one.select()
        other.activate()
    result = mark(out.getvalue(), findings())
    selected = [name for name, part in members(result).items() if re.search(rb'tabSelected="(1|true)"', part)]
    book = opened(result)
    assert len(selected) == 1
    assert book.active is not None and book.active.title == SHEET_NAME
    assert [one.title for one in book.worksheets if one.sheet_view.tabSelected] == [SHEET_NAME]


@pytest.mark.parametrize(
    "text",
    [
        "短",
        "与上月一模一样，" * 30,
        "a long english sentence with words " * 8,
        "一\n二\n三\n四",
        "很长" * 2000,
        "x" * 3000,
    ],
)
def test_a_row_is_as_high_as_its_longest_text(text: str) -> None:
    sheet = opened(mark(excel_like(), findings(WRONG._replace(problem=text, found=text)))).worksheets[0]
    row = next(row for row in sheet.iter_rows(min_row=5) if row[0].value == "1")
    height = sheet.row_dimensions[row[0].row].height
    assert height <= 409  # Excel's own limit
    for cell, width in ((row[4], 44), (row[5], 16)):
        shown = str(cell.value)
        assert shown == text or shown.endswith("……")
        wide = [sum(2 if ord(one) > 0x2E7F else 1 for one in line) for line in shown.split("\n")]
        assert height >= 15 * sum(max(1, -(-one // (width - 1))) for one in wide)


def test_a_name_with_an_apostrophe_can_be_jumped_to() -> None:
    book = opened(mark(excel_like(), findings(WRONG._replace(sheet_name=OTHER))))
    assert links(book.worksheets[0]) == ["'it''s 其它'!C3"]
    assert set(comments(mark(excel_like(), findings(WRONG._replace(sheet_name=OTHER))), OTHER)) == {"C3"}


def test_what_is_not_touched_keeps_its_packed_bytes(source: bytes) -> None:
    before, after = packed_members(source), packed_members(mark(source, findings()))
    changed = {name for name in before if after[name] != before[name]}
    assert changed and all(PATCHED.fullmatch(name) for name in changed)
    kept = before.keys() - changed
    assert {name for name in before if "theme" in name or "docProps" in name} <= kept
    assert not [name for name in kept if "drawing1.xml" in name and name in changed]
    if "xl/drawings/drawing1.xml" in before:
        assert {"xl/drawings/drawing1.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet3.xml"} <= kept


def test_in_a_touched_sheet_only_marks_are_added(source: bytes) -> None:
    """Values, results of formulas, formatted text, protection, validations: the same bytes."""
    before, after = members(source), members(mark(source, findings()))
    for name in before:
        if name.startswith("xl/worksheets/sheet"):
            for element in (rb"sheetData", rb"sheetProtection", rb"dataValidations", rb"drawing", rb"extLst"):
                pattern = rb"<(?:x:)?%s\b(?:[^>]*/>|.*?</(?:x:)?%s>)" % (element, element)
                found = re.search(pattern, before[name], re.DOTALL)
                assert not found or found[0] in after[name], element
    for name, part in after.items():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(part)


def test_rules_of_the_clerk_stand_behind(source: bytes) -> None:
    before, after = rules(source), rules(mark(source, findings()))
    assert [cell for _, cell in after[:5]] == ["C3", "D3", "C2", "D2", "E9"]
    assert after[5:] == [(priority + 5, cell) for priority, cell in before]


def test_names_still_belong_to_their_sheets() -> None:
    before, after = opened(excel_like()), opened(mark(excel_like(), findings()))
    assert {sheet.title: sheet.print_area for sheet in before.worksheets} == {
        sheet.title: sheet.print_area for sheet in after.worksheets[1:]
    }
    assert after["jindu"].sheet_state == "veryHidden"
    assert after[SHEET].protection.sheet


def test_read_again_it_says_what_it_said(source: bytes, tmp_path: Path) -> None:
    """The clerk may correct the returned workbook itself and send that."""
    first = reader.read(saved(tmp_path / "a.xlsx", source), "a.xlsx", HEADINGS)
    second = reader.read(saved(tmp_path / "b.xlsx", mark(source, findings())), "b.xlsx", HEADINGS)
    assert first.document.is_readable and first == second


def test_sent_back_old_marks_go_and_new_ones_come(source: bytes) -> None:
    again = mark(mark(source, findings()), findings(SLIP))
    assert set(coloured(again)) == {"C2"}
    assert comments(again) == comments(source) | {"C2": "【校验】\n核实性：应为整数。请改成整数。"}
    assert opened(again).sheetnames == [SHEET_NAME, *opened(source).sheetnames]
    assert opened(again)[SHEET_NAME]["A6"].value == "1" and opened(again)[SHEET_NAME]["A7"].value is None
    shapes = b"".join(part for name, part in members(again).items() if name.endswith(".vml"))
    assert shapes.count(b'ObjectType="Note"') == len(comments(again))


def test_without_findings_only_the_marks_go(source: bytes) -> None:
    again = mark(mark(source, findings(WRONG, COMPUTED)), findings(WHOLE))
    assert comments(again) == comments(source)
    assert rules(again) == [(priority + 2, cell) for priority, cell in rules(source)]


def test_a_sheet_of_the_clerk_with_our_name_stays() -> None:
    mine = opened(openpyxl_like())
    mine.create_sheet(SHEET_NAME)["A1"] = "我自己的"
    out = io.BytesIO()
    mine.save(out)
    result = opened(mark(out.getvalue(), findings()))
    assert result.sheetnames[0] == f"{SHEET_NAME}2"
    assert result[SHEET_NAME]["A1"].value == "我自己的"


@pytest.mark.parametrize(
    ("cell", "condition"),
    [("C2", "$C$2=5.5"), ("C3", "ISTEXT($C$3)"), ("D2", 'LEN(N("jindu")=0)>0'), ("E9", "LEN($E$9)=0")],
)
def test_the_colour_goes_when_the_cell_changes(cell: str, condition: str) -> None:
    book = opened(mark(excel_like(), findings()))
    (formula,) = [
        rule.formula[0] for area in book[SHEET].conditional_formatting for rule in area.rules if str(area.sqref) == cell
    ]
    assert formula == f'AND(N("jindu")=0,{condition})'


def test_libreoffice_opens_it_and_sends_it_back(recalculate: Recalculate, tmp_path: Path) -> None:
    """A workbook of LibreOffice's own is marked, opened and saved by it again, and marked anew."""
    (own,) = recalculate([saved(tmp_path / "own.xlsx", excel_like())])
    source = own.read_bytes()
    marked = [saved(tmp_path / f"{n}.xlsx", mark(one, findings())) for n, one in enumerate((source, excel_like()))]
    for before, copy in zip((source, excel_like()), recalculate(marked), strict=True):
        content = copy.read_bytes()
        assert opened(content).sheetnames[0] == SHEET_NAME
        assert set(coloured(content)) == {"C3", "D3", "C2", "D2", "E9"}
        assert {"C3", "D3", "C2", "D2", "E9", "A2"} == set(comments(content))
        again = mark(content, findings(FALLEN))
        assert set(coloured(again)) == {"D3"}
        assert set(comments(again)) == {*comments(before), "D3"}
        assert comments(again)["C3"].strip() == "自己的批注"


@pytest.mark.parametrize("spoil", ["signed", "utf-16", "no styles", "no drawing"])
def test_what_cannot_be_patched_is_said(spoil: str) -> None:
    parts = members(excel_like())
    match spoil:
        case "signed":
            parts["_xmlsignatures/sig1.xml"] = b"<Signature/>"
        case "utf-16":
            parts["xl/workbook.xml"] = parts["xl/workbook.xml"].decode().replace("UTF-8", "UTF-16").encode("utf-16")
        case "no styles":
            parts["xl/styles.xml"] = b"<styleSheet/>"
        case _:
            parts["xl/drawings/vmlDrawing1.vml"] = b"nothing"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(CannotMarkError):
        mark(out.getvalue(), findings())


def test_the_list_alone_is_a_workbook(recalculate: Recalculate, tmp_path: Path) -> None:
    (copy,) = recalculate([saved(tmp_path / "list.xlsx", list_alone(findings()))])
    for content in (list_alone(findings()), copy.read_bytes()):
        sheet = opened(content)[SHEET_NAME]
        assert [row[4] for row in sheet.iter_rows(min_row=6, values_only=True)] == [note.problem for note in NOTES]
