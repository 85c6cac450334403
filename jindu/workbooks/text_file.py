"""A CSV, or text with tabs, as a grid: its encoding, its rows, and texts that a spreadsheet wrote as formulas."""

import csv
import io
import re
import unicodedata

from jindu.workbooks.guard import Limits, RefusalError, not_a_workbook, too_large
from jindu.workbooks.sheet import EMPTY, Grid, SheetCell

DELIMITERS = (",", "\t")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')  # how a CSV keeps a spreadsheet from touching a long code


def decode(content: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else GB 18030, which contains GBK and GB 2312.

    Raises RefusalError for what is no text.
    """
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # what Excel calls Unicode text
    encodings = ["utf-16"] if is_utf_16 else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(character) == "Cc" for character in set(text) - set("\t\r\n\f\v\x85")):
            return text
    raise not_a_workbook()


def grid_of(text: str, delimiter: str, limits: Limits) -> Grid:
    """The rows of a text. Raises RefusalError for more of them than the limits, and for a quote that never closes."""
    grid: Grid = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            grid.append([_cell(value) for value in row])
            if len(grid) > limits.rows or len(row) > limits.columns:
                raise too_large(
                    f"CSV 超过 {limits.rows} 行或 {limits.columns} 列；请只保留报表本身，或分成几个文件报送。",
                    f"The CSV has more than {limits.rows} rows or {limits.columns} columns; "
                    "keep only the form, or send several files.",
                )
    except csv.Error as error:  # a quote that never closes swallows the rest of the file into one field
        raise not_a_workbook() from error
    return grid


def widest(text: str, limits: Limits) -> Grid:
    """The rows by the delimiter that divides more of them; a comma where both do.

    For whoever does not know the words of a header. Raises as grid_of does.
    """
    grids = []
    for delimiter in DELIMITERS:
        try:
            grids.append(grid_of(text, delimiter, limits))
        except RefusalError:
            continue
    if not grids:
        raise not_a_workbook()
    return max(grids, key=lambda grid: sum(len(row) > 1 for row in grid))


def _cell(text: str) -> SheetCell:
    if as_formula := _TEXT_FORMULA.fullmatch(text.strip()):
        return SheetCell(as_formula[1], formula=text.strip())
    return SheetCell(text) if text.strip() else EMPTY
