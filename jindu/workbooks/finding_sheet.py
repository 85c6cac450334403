"""The sheet 校验结果: every finding of one submission with a link to its cell, as the XML of a worksheet."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple

from jindu.spreadsheet import neutral
from jindu.workbooks.parts import plain, quoted

SHEET_NAME = "校验结果"
MARK = 'N("jindu")=0'  # always true: how our own rules are known again when the workbook comes back
OURS = re.compile(rb"N\((?:\"|&quot;)jindu(?:\"|&quot;)\)")
CRITICAL = "critical"
WORDS = {CRITICAL: "强制性", "warning": "核实性"}  # domain.md, Validation
NOT_A_CELL = "整份"
ADDRESS = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
LONGEST_TEXT = 32_000  # characters; a cell holds 32,767
HEADINGS = ("序号", "级别", "位置", "指标", "问题", "填报内容", "应为", "怎么办")
WIDTHS = (6, 9, 16, 24, 44, 16, 16, 44)  # characters
LAST_COLUMN = "H"
FIRST_CELL = "A1"
SIDES = 2  # characters that the sides of a column take, and a line that breaks between words
LINE_POINTS, MARGIN_POINTS = 16, 4  # of a line of 11 points in any of the fonts that stand in for 宋体
MOST_LINES = 25  # a row has 409 points at most
MORE = "……"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WHITE, INK, RED, AMBER, BLUE = "FFFFFFFF", "FF1D2227", "FFA3241C", "FF8A5A00", "FF0563C1"
HEAD_FILL = "FFE8EBEE"
CELL_FILLS = {CRITICAL: "FFFFC7C2", "warning": "FFFFE699"}


class Note(NamedTuple):
    """One finding as the clerk reads it."""

    severity: str  # critical, warning
    sheet_name: str | None
    cell: str | None
    indicator_name: str | None
    found: str | None
    expected: str | None
    problem: str
    remedy: str

    @property
    def has_cell(self) -> bool:
        """Whether it is about one cell."""
        return bool(self.sheet_name and self.cell and ADDRESS.fullmatch(self.cell))


class FindingList(NamedTuple):
    """What the sheet says: a title, some lines below it, and the findings in their order."""

    title: str
    lines: Sequence[str]
    notes: Sequence[Note]


class Styles(NamedTuple):
    """The numbers of the cell formats in styles.xml, and of the two formats that colour a cell."""

    title: int
    line: int
    head: int
    text: int
    critical: int
    warning: int
    link: int
    colours: dict[str, int]


FONTS = (  # size, colour, attributes
    f'<font><b/><sz val="16"/><color rgb="{INK}"/><name val="宋体"/><charset val="134"/></font>',
    f'<font><sz val="11"/><color rgb="{INK}"/><name val="宋体"/><charset val="134"/></font>',
    f'<font><b/><sz val="11"/><color rgb="{INK}"/><name val="宋体"/><charset val="134"/></font>',
    f'<font><b/><sz val="11"/><color rgb="{RED}"/><name val="宋体"/><charset val="134"/></font>',
    f'<font><b/><sz val="11"/><color rgb="{AMBER}"/><name val="宋体"/><charset val="134"/></font>',
    f'<font><u/><sz val="11"/><color rgb="{BLUE}"/><name val="宋体"/><charset val="134"/></font>',
)
FILL = (
    f'<fill><patternFill patternType="solid"><fgColor rgb="{HEAD_FILL}"/><bgColor indexed="64"/></patternFill></fill>'
)
_SIDE = '<{0} style="thin"><color rgb="FFC9CED3"/></{0}>'
BORDER = f"<border>{''.join(_SIDE.format(side) for side in ('left', 'right', 'top', 'bottom'))}<diagonal/></border>"
_TOP, _WRAPPED = '<alignment vertical="center"/>', '<alignment vertical="top" wrapText="1"/>'
FORMATS = (  # font, whether filled, whether bordered, alignment: in the order of Styles
    (0, False, False, _TOP),
    (1, False, False, _WRAPPED),
    (2, True, True, _TOP),
    (1, False, True, _WRAPPED),
    (3, False, True, _WRAPPED),
    (4, False, True, _WRAPPED),
    (5, False, True, _WRAPPED),
)


def cell_formats(first_font: int, fill: int, border: int) -> list[str]:
    """The elements xf of the sheet's cells, when its fonts, its fill and its border have these numbers."""
    return [
        f'<xf numFmtId="49" fontId="{first_font + font}" fillId="{fill if is_filled else 0}"'
        f' borderId="{border if is_bordered else 0}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"'
        f' applyBorder="1" applyAlignment="1">{alignment}</xf>'
        for font, is_filled, is_bordered, alignment in FORMATS
    ]


def colour_format(severity: str) -> str:
    """The element dxf that colours a failing cell."""
    colour = CELL_FILLS[severity]
    solid = f'<patternFill patternType="solid"><fgColor rgb="{colour}"/><bgColor rgb="{colour}"/></patternFill>'
    return f"<dxf><fill>{solid}</fill></dxf>"


def sheet_xml(
    findings: FindingList, styles: Styles, linked_sheets: Collection[str], first_sheet: str | None = None
) -> bytes:
    """The worksheet; a cell on one of the linked sheets can be jumped to, and what has no cell leads to the first."""
    rows = [_row(1, [(findings.title, styles.title)], 28)]
    rows += [
        _row(2 + index, [(line, styles.line)], LINE_POINTS * lines_of(line, sum(WIDTHS)))
        for index, line in enumerate(findings.lines)
    ]
    head = 3 + len(findings.lines)
    rows.append(_row(head, [(heading, styles.head) for heading in HEADINGS], 20))
    links = []
    for index, note in enumerate(findings.notes, start=1):
        number = head + index
        sheet, cell = (note.sheet_name, note.cell) if note.has_cell else (first_sheet, FIRST_CELL)
        is_linked = bool(sheet) and (sheet in linked_sheets or not note.has_cell)
        if is_linked:
            place = f"'{str(sheet).replace(chr(39), chr(39) * 2)}'!{cell}"
            links.append(f'<hyperlink ref="C{number}" location="{quoted(place)}" display="{quoted(_place(note))}"/>')
        grade = styles.critical if note.severity == CRITICAL else styles.warning
        formats = [styles.text] * len(HEADINGS)
        formats[1], formats[2] = grade, styles.link if is_linked else styles.text
        texts = (
            *(str(index), WORDS[note.severity], _place(note), note.indicator_name),
            *(note.problem, note.found, note.expected, note.remedy),
        )
        fitting = [_fitting(text or "", width) for text, width in zip(texts, WIDTHS, strict=True)]
        most = max(lines_of(text, width) for text, width in zip(fitting, WIDTHS, strict=True))
        rows.append(_row(number, list(zip(fitting, formats, strict=True)), LINE_POINTS * most + MARGIN_POINTS))
    last = head + len(findings.notes)
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(WIDTHS, 1)
    )
    merged = "".join(f'<mergeCell ref="A{n}:{LAST_COLUMN}{n}"/>' for n in range(1, head - 1))
    rule = "".join(
        f'<cfRule type="expression" dxfId="{styles.colours[severity]}" priority="{priority}"><formula>'
        + plain(f'AND({MARK},$B{head + 1}="{word}")')
        + "</formula></cfRule>"
        for priority, (severity, word) in enumerate(WORDS.items(), start=1)
    )
    xml = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{NAMESPACE}">'
        f'<sheetPr><tabColor rgb="{RED}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="A{head + 1}" sqref="A{head + 1}"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>'
        f'<mergeCells count="{head - 2}">{merged}</mergeCells>'
        f'<conditionalFormatting sqref="B{head + 1}:B{max(last, head + 1)}">{rule}</conditionalFormatting>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    return xml.encode()


def _row(number: int, texts: Sequence[tuple[str | None, int]], height: int = 0) -> str:
    shape = f' ht="{height}" customHeight="1"' if height else ""
    cells = "".join(_cell(f"{chr(65 + column)}{number}", text, style) for column, (text, style) in enumerate(texts))
    return f'<row r="{number}"{shape}>{cells}</row>'


def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in so many characters, one Chinese character as wide as two.

    Spreadsheets that open a finished file fit no row to its text, and never to merged cells.
    """
    room = max(1, width - SIDES)
    return sum(max(1, -(-_width(line) // room)) for line in text.split("\n"))


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in line)


def _fitting(text: str, width: int) -> str:
    """The text as far as the highest row shows it, and a sign where it goes on."""
    shown = text[: MOST_LINES * width]
    while lines_of(neutral(shown) + (MORE if shown != text else ""), width) > MOST_LINES:
        shown = shown[: -max(1, width // 4)]
    return shown if shown == text else shown + MORE


def _cell(reference: str, text: str | None, style: int) -> str:
    if not text:
        return f'<c r="{reference}" s="{style}"/>'
    written = plain(neutral(text)[:LONGEST_TEXT])
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{written}</t></is></c>'


def _place(note: Note) -> str:
    if not note.cell:
        return NOT_A_CELL
    return f"{note.sheet_name}!{note.cell}" if note.sheet_name else note.cell
