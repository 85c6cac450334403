"""Workbooks of Excel 97–2003 (BIFF8): .xls, and the .et that WPS writes.

Every record is looked at before the reader, xlrd, opens the file: where its cells stand, how many there are, whether
it is encrypted or carries macros. Source of the records: Microsoft's [MS-XLS]; of fCalcOnLoad, the Office 97 SDK.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import xlrd
from olefile import OleFileIO
from xlrd.formula import FMLA_TYPE_CELL, FormulaError, decompile_formula

from jindu.workbooks.guard import Limits, RefusalError, damaged, encrypted, legacy, macro, not_a_workbook, too_large
from jindu.workbooks.sheet import EMPTY, Grid, Layout, Look, Sheet, SheetCell

BOF, EOF, BOUNDSHEET, FILEPASS, OBPROJ, HLINK, FORMULA = 0x0809, 0x000A, 0x0085, 0x002F, 0x00D3, 0x01B8, 0x0006
MULRK, MULBLANK = 0x00BD, 0x00BE
# NUMBER, LABEL, BOOLERR, RK, RSTRING, LABELSST, FORMULA hold a value; BLANK is only a format
VALUE_RECORDS = frozenset({0x0203, 0x0204, 0x0205, 0x027E, 0x00D6, 0x00FD, FORMULA, MULRK})
CELL_RECORDS = VALUE_RECORDS | {0x0201, MULBLANK}
RUN_ENTRY = {MULRK: 6, MULBLANK: 2}  # bytes of one cell in a record of several
BIFF8 = 0x0600
WORKSHEET = 0
SOLID = 1  # fill pattern
BOLD_FROM = 600  # weight of a font; normal is 400, bold 700
CHARACTER_WIDTH, TWIPS_PER_POINT = 256, 20  # units of a column's width and of a row's height
CALCULATE_ON_LOAD = 0x02  # fCalcOnLoad: the stored result is not the formula's
# What olefile and xlrd raise at bytes that are no workbook
UNSOUND = (
    xlrd.XLRDError,
    FormulaError,
    OSError,
    struct.error,
    LookupError,
    ValueError,
    AssertionError,
    TypeError,
    ArithmeticError,
)


@dataclass(frozen=True)
class _Formula:
    """A formula cell: whether its stored result counts, and its tokens."""

    has_result: bool
    tokens: bytes


@dataclass
class _Scan:
    """What the records say before anything opens the file."""

    limits: Limits
    formulas: list[dict[tuple[int, int], _Formula]] = field(default_factory=list)  # of each worksheet, by row, column
    cell_count: int = 0


def read_sheets(content: bytes, limits: Limits, *, with_layout: bool = False) -> list[Sheet]:
    """The worksheets of a BIFF8 file, formats, errors and formulas told as for .xlsx; with their layout if asked.

    Raises RefusalError for a file that is damaged, older than Excel 97, encrypted, with macros, or beyond the limits.
    """
    try:
        stream = _stream(content)
    except UNSOUND as error:
        raise _unsound() from error
    scan = _scan(stream, limits)
    try:
        with open(os.devnull, "w", encoding="utf-8") as log:  # noqa: PTH123
            book = xlrd.open_workbook(file_contents=stream, formatting_info=True, ragged_rows=True, logfile=log)
        return [
            Sheet(
                sheet.name,
                _grid(book, sheet, formulas, limits),
                is_visible=sheet.visibility == 0,
                layout=_layout(book, sheet, limits) if with_layout else Layout(),
            )
            for sheet, formulas in zip(book.sheets(), scan.formulas, strict=True)
        ]
    except UNSOUND as error:
        raise _unsound() from error


def _unsound() -> RefusalError:
    return damaged("旧版 .xls 的记录不完整", "the records of the .xls are not whole")


def _stream(content: bytes) -> bytes:
    """The workbook's stream of records; olefile follows no chain of sectors in circles, as xlrd itself would."""
    with OleFileIO(BytesIO(content)) as container:
        names = {path[0].lower() for path in container.listdir(streams=True, storages=True)}
        if "_vba_project_cur" in names:
            raise macro()
        if "workbook" in names:
            return bytes(container.openstream("Workbook").read())
    if "book" in names:
        raise legacy(" Excel 95 或更早的")
    raise not_a_workbook()


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, from its BOF to its EOF; charts inside it are passed over.

    Raises RefusalError where the stream ends first.
    """
    depth = 0
    place = start
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        data = stream[place + 4 : place + 4 + length]
        if len(data) < length or (place == start and kind != BOF):
            break
        place += 4 + length
        depth += (kind == BOF) - (kind == EOF)
        if depth == 0:
            return
        if depth == 1:
            yield kind, data
    raise _unsound()


def _scan(stream: bytes, limits: Limits) -> _Scan:
    scan = _Scan(limits)
    try:
        for offset in list(_worksheets(stream)):
            scan.formulas.append(_scan_worksheet(stream, offset, scan))
    except struct.error as error:
        raise _unsound() from error
    return scan


def _worksheets(stream: bytes) -> Iterator[int]:
    """Where each worksheet begins."""
    for kind, data in _records(stream, 0):
        if kind == BOF and struct.unpack_from("<H", data)[0] != BIFF8:
            raise legacy(" Excel 95 或更早的")
        if kind == FILEPASS:
            raise encrypted("xls")
        if kind == OBPROJ:
            raise macro()
        if kind == BOUNDSHEET:
            offset, _, sheet_type = struct.unpack_from("<IBB", data)
            if sheet_type in (1, 6):  # a sheet of Excel 4 macros, a module
                raise macro()
            if sheet_type == WORKSHEET:
                yield offset


def _scan_worksheet(stream: bytes, offset: int, scan: _Scan) -> dict[tuple[int, int], _Formula]:
    formulas = {}
    for kind, data in _records(stream, offset):
        if kind in CELL_RECORDS:
            row, first = struct.unpack_from("<HH", data)
            width = max(1, (len(data) - 6) // RUN_ENTRY[kind]) if kind in RUN_ENTRY else 1
            _count(scan, width)
            if kind in VALUE_RECORDS:
                _check_place(row, first + width - 1, scan.limits)
        if kind == FORMULA:
            (flags,) = struct.unpack_from("<H", data, 14)
            formulas[row, first] = _Formula(not flags & CALCULATE_ON_LOAD, data[20:])
        if kind == HLINK:  # xlrd keeps an entry for every cell of the range
            top, bottom, left, right = struct.unpack_from("<4H", data)
            _count(scan, max(0, bottom - top + 1) * max(0, right - left + 1))
    return formulas


def _count(scan: _Scan, cells: int) -> None:
    scan.cell_count += cells
    if scan.cell_count > scan.limits.cells:
        raise too_large(
            f"工作簿的单元格超过 {scan.limits.cells} 个；请只保留报表本身，删去其他工作表。",
            f"The workbook has more than {scan.limits.cells} cells; keep only the form and remove other sheets.",
        )


def _check_place(row: int, column: int, limits: Limits) -> None:
    if row >= limits.rows or column >= limits.columns:
        raise too_large(
            f"第 {row + 1} 行第 {column + 1} 列的单元格离表格太远；请只把表格本身复制到新的模板里再报送。",
            f"The cell in row {row + 1}, column {column + 1} lies too far away; copy only the table into a template.",
        )


def _grid(book: xlrd.Book, sheet: xlrd.sheet.Sheet, formulas: dict[tuple[int, int], _Formula], limits: Limits) -> Grid:
    return [
        [_cell(book, sheet, row, column, formulas.get((row, column))) for column in range(sheet.row_len(row))]
        for row in range(min(sheet.nrows, limits.rows))
    ]


def _cell(book: xlrd.Book, sheet: xlrd.sheet.Sheet, row: int, column: int, formula: _Formula | None) -> SheetCell:
    cell = sheet.cell(row, column)
    number_format = str(book.format_map[book.xf_list[cell.xf_index].format_key].format_str) if cell.ctype else None
    written = _formula_text(book, formula, row, column) if formula else None
    if formula and not formula.has_result:
        return SheetCell(None, number_format, written, is_broken=True)
    value, is_broken = _value(cell, book.datemode)
    return EMPTY if value is None else SheetCell(value, number_format, written, is_broken)


def _value(cell: xlrd.sheet.Cell, datemode: int) -> tuple[object, bool]:
    """What the cell holds, and whether that is an error value or a day that does not exist."""
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None, False
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#N/A"), True
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value), False
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, datemode), False
        except (ValueError, OverflowError):
            return cell.value, True
    return cell.value, False


def _layout(book: xlrd.Book, sheet: xlrd.sheet.Sheet, limits: Limits) -> Layout:
    known: dict[int, Look] = {}  # by number of the cell format: a form has a dozen
    rows = range(min(sheet.nrows, limits.rows))
    return Layout(
        visibility=sheet.visibility,
        widths={
            column: shape.width / CHARACTER_WIDTH
            for column, shape in sheet.colinfo_map.items()
            if column < limits.columns and not shape.hidden
        },
        heights={
            row: shape.height / TWIPS_PER_POINT
            for row, shape in sheet.rowinfo_map.items()
            if row in rows and shape.height_mismatch
        },
        merged=tuple(
            (top, left, bottom - 1, right - 1)
            for top, bottom, left, right in sheet.merged_cells
            if bottom <= limits.rows and right <= limits.columns
        ),
        looks={
            (row, column): known.setdefault(number, _look(book, number))
            for row in rows
            for column in range(sheet.row_len(row))
            for number in [sheet.cell_xf_index(row, column)]
        },
    )


def _look(book: xlrd.Book, number: int) -> Look:
    shape = book.xf_list[number]
    font, border, alignment = book.font_list[shape.font_index], shape.border, shape.alignment
    is_filled = shape.background.fill_pattern == SOLID
    return Look(
        number_format=str(book.format_map[shape.format_key].format_str),
        font_name=str(font.name),
        font_size=font.height / TWIPS_PER_POINT,
        font_colour=_colour(book, font.colour_index),
        is_bold=font.weight >= BOLD_FROM,
        fill_colour=_colour(book, shape.background.pattern_colour_index) if is_filled else "",
        horizontal={1: "left", 2: "center", 3: "right"}.get(alignment.hor_align, ""),
        vertical={0: "top", 1: "vcenter", 2: "bottom"}.get(alignment.vert_align, ""),
        is_wrapped=bool(alignment.text_wrapped),
        borders=(
            border.left_line_style, border.right_line_style, border.top_line_style, border.bottom_line_style,
        ),
    )  # fmt: skip


def _colour(book: xlrd.Book, index: int) -> str:
    """Six hex digits; nothing for the colour that the system chooses."""
    colour = book.colour_map.get(index)
    return "{:02X}{:02X}{:02X}".format(*colour) if colour else ""


def _formula_text(book: xlrd.Book, formula: _Formula, row: int, column: int) -> str:
    """The formula as far as its tokens tell it; "=" alone for one that is shared or beyond xlrd."""
    try:
        (length,) = struct.unpack_from("<H", formula.tokens)
        text = decompile_formula(book, formula.tokens[2:], length, FMLA_TYPE_CELL, browx=row, bcolx=column)
    except (*UNSOUND, AttributeError):
        text = None
    return f"={text}" if text else "="
