"""The sender's own rows as an .xlsx, where what was sent is none: the same sheets, cells, formats, widths and merges.

Results stand in the place of formulas; pictures and comments are left behind, and the original stays as it came.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jindu.spreadsheet import new_workbook
from jindu.workbooks.biff import read_sheets
from jindu.workbooks.finding_sheet import HEADINGS, SHEET_NAME, FindingList
from jindu.workbooks.guard import Limits
from jindu.workbooks.package import CannotMarkError
from jindu.workbooks.sheet import Grid, Layout, Look, Sheet, SheetCell
from jindu.workbooks.text_file import decode, widest

CREATED = datetime(1980, 1, 1)  # the same bytes for the same file, whenever it is written
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]|[^ -\U0010ffff]|^'|'$")
LONGEST_SHEET_NAME = 31
PLAIN_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,10})(?:\.[0-9]{1,8})?")  # 12 digits are a unit's code
DAY_FORMAT = "yyyy-mm-dd"
CHARACTERS = range(8, 41)  # how wide a column of a CSV is shown
BORDERS = ("left", "right", "top", "bottom")
HIDDEN, VERY_HIDDEN = 1, 2


def rewrite(kind: str, content: bytes, draft: Path, findings: FindingList, limits: Limits) -> FindingList:
    """Write what was sent (`kind` xls or text) as a workbook; the findings with the names of its sheets.

    Raises RefusalError for what the reader refuses, and CannotMarkError where no workbook can be made of it.
    """
    if kind == "xls":
        sheets = [one for one in read_sheets(content, limits, with_layout=True) if not _is_ours(one)]
    else:
        name = next((note.sheet_name for note in findings.notes if note.sheet_name), None)
        sheets = [_text_sheet(name or "CSV", widest(decode(content), limits))]
    if not any(one.is_visible for one in sheets):
        raise CannotMarkError("no sheet can be seen")
    names = _names(one.title for one in sheets)
    _write(draft, [(names[one.title], one) for one in sheets])
    return findings._replace(
        notes=[note._replace(sheet_name=names.get(note.sheet_name or "", note.sheet_name)) for note in findings.notes]
    )


def _is_ours(sheet: Sheet) -> bool:
    """Whether a sheet is an earlier list of findings, saved with the workbook in an old format."""
    return sheet.title.startswith(SHEET_NAME) and any(
        tuple(cell.value for cell in row[: len(HEADINGS)]) == HEADINGS for row in sheet.grid
    )


def _names(titles: Iterable[str]) -> dict[str, str]:
    """The titles as sheets may be called, each once."""
    names: dict[str, str] = {}
    for title in titles:
        plain = NO_SHEET_NAME.sub("_", title)[:LONGEST_SHEET_NAME] or "_"
        taken = {name.lower() for name in names.values()}
        number = 1
        name = plain
        while name.lower() in taken:
            number += 1
            name = f"{plain[: LONGEST_SHEET_NAME - 4]}_{number}"
        names[title] = name
    return names


def _text_sheet(title: str, grid: Grid) -> Sheet:
    """A CSV as a sheet whose columns are as wide as what stands in them."""
    widths: dict[int, float] = {}
    for row in grid:
        for column, cell in enumerate(row):
            lines = str(cell.value or "").split("\n")
            shown = max(sum(1 if character.isascii() else 2 for character in line) for line in lines) + 2
            widths[column] = max(widths.get(column, CHARACTERS[0]), min(shown, CHARACTERS[-1]))
    return Sheet(title, [[_as_number(cell) for cell in row] for row in grid], layout=Layout(widths=widths))


def _as_number(cell: SheetCell) -> SheetCell:
    """A text that says a number as every program reads it, as that number: an apostrophe before -5 would spoil it."""
    text = cell.value
    if not isinstance(text, str) or cell.formula or not PLAIN_NUMBER.fullmatch(text.strip()):
        return cell
    number = float(text)
    is_same = f"{number:.8f}".rstrip("0").rstrip(".") == text.strip().lstrip("+")  # 2024.10 and 5.50 stay as written
    return SheetCell(int(number) if number.is_integer() else number, "General") if is_same else cell


def _write(draft: Path, sheets: Sequence[tuple[str, Sheet]]) -> None:
    book = new_workbook(draft, is_in_memory=True)
    book.set_properties({"created": CREATED})
    formats: dict[Look, Any] = {}

    def format_of(look: Look) -> Any:
        if look not in formats:
            formats[look] = book.add_format(_properties(look))
        return formats[look]

    for name, sheet in sheets:
        target = book.add_worksheet(name)
        _lay_out(target, sheet.layout)
        for area in _apart(sheet.layout.merged):
            target.merge_range(*area, "", format_of(sheet.layout.looks.get(area[:2], Look())))
        for row, cells in enumerate(sheet.grid):
            for column, cell in enumerate(cells):
                look = sheet.layout.looks.get((row, column)) or _look_of(cell)
                _write_cell(target, row, column, cell, format_of(look))
    next(one for one, (_, sheet) in zip(book.worksheets(), sheets, strict=True) if sheet.is_visible).activate()
    book.close()


def _lay_out(target: Any, layout: Layout) -> None:
    """Widths, heights, whether it can be seen, and how it is printed."""
    if not layout.looks:  # a CSV, whose columns run on to the right
        target.set_landscape()
        target.fit_to_pages(1, 0)
    if layout.visibility == HIDDEN:
        target.hide()
    elif layout.visibility == VERY_HIDDEN:
        target.very_hidden()
    for column, width in layout.widths.items():
        target.set_column(column, column, width)
    for row, height in layout.heights.items():
        target.set_row(row, height)


def _look_of(cell: SheetCell) -> Look:
    """Of a cell of a CSV: a text stays one when somebody edits it."""
    return Look(number_format=cell.number_format or ("@" if isinstance(cell.value, str) else "General"))


def _write_cell(target: Any, row: int, column: int, cell: SheetCell, look: Any) -> None:
    value = cell.value
    if cell.is_broken and value in ERRORS:
        target.write_formula(row, column, f"={value}", look, value)  # an error is what the cell shows, as before
    elif cell.is_broken and value is None:
        target.write_string(row, column, cell.formula or "", look)  # neutralised: the clerk sees what had no result
    elif isinstance(value, bool):
        target.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        target.write_number(row, column, value, look)
    elif isinstance(value, datetime | date):
        target.write_datetime(row, column, value, look)
    elif value is None or not str(value):
        target.write_blank(row, column, None, look)
    else:
        target.write_string(row, column, str(value), look)


def _properties(look: Look) -> Mapping[str, Any]:
    """As XlsxWriter names them."""
    found: dict[str, Any] = {
        "num_format": look.number_format,
        "font_name": look.font_name,
        "font_size": look.font_size,
        "font_color": look.font_colour and f"#{look.font_colour}",
        "bg_color": look.fill_colour and f"#{look.fill_colour}",
        "bold": look.is_bold,
        "align": look.horizontal,
        "valign": look.vertical,
        "text_wrap": look.is_wrapped,
    }
    found |= dict(zip(BORDERS, look.borders, strict=True))
    return {name: value for name, value in found.items() if value}


def _apart(areas: Iterable[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The merged areas of more than one cell that overlap none before them."""
    kept: list[tuple[int, int, int, int]] = []
    for top, left, bottom, right in areas:
        is_single = (top, left) == (bottom, right)
        if not is_single and not any(
            top <= other[2] and bottom >= other[0] and left <= other[3] and right >= other[1] for other in kept
        ):
            kept.append((top, left, bottom, right))
    return kept
