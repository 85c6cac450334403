"""A CSV, or text with tabs, as a grid: its encoding, its rows, and texts that a spreadsheet wrote as formulas."""

import csv
import io
import re
import unicodedata

from jindu.workbooks.guard import Limits, RefusalError, not_a_workbook, too_large
from jindu.workbooks.sheet import EMPTY, Grid, SheetCell

DELIMITERS = (",", "\t")
LOW_TRAIL = range(0x40, 0x7F)  # second bytes of half of Big5's characters, and of GBK's rare ones alone
FEWEST_LOW, LEAST_SHARE = 3, 0.2  # of the characters of two bytes: a note with rare characters has fewer
_TEXT_FORMULA = re.compile(r'="([^"]*)"')  # how a CSV keeps a spreadsheet from touching a long code


def decode(content: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else GB 18030, which contains GBK and GB 2312.

    Raises RefusalError for what is no text, and for what may as well be Big5: the same bytes say something else in it.
    """
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # what Excel calls Unicode text
    encodings = ["utf-16"] if is_utf_16 else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(character) == "Cc" for character in set(text) - set("\t\r\n\f\v\x85")):
            if encoding == "gb18030" and _may_be_big5(content):
                raise _not_the_encoding()
            return text
    raise not_a_workbook()


def _may_be_big5(content: bytes) -> bool:
    """Whether bytes that GB 18030 takes are Big5 as well, and have too many of the pairs that are rare in GBK."""
    try:
        content.decode("big5")
    except UnicodeDecodeError:
        return False
    pairs, place = [], 0
    while place < len(content) - 1:
        is_pair = content[place] > 0x80  # below it a byte is a character of its own
        if is_pair:
            pairs.append(content[place + 1])
        place += 1 + is_pair
    low_count = sum(trail in LOW_TRAIL for trail in pairs)
    return low_count >= FEWEST_LOW and low_count >= LEAST_SHARE * len(pairs)


def _not_the_encoding() -> RefusalError:
    return RefusalError(
        "unknown_encoding",
        "分不清文件的文字编码是国标还是 Big5（繁体）；请在 Excel 或 WPS 里另存为 .xlsx，或另存为“CSV UTF-8”后再报送。",
        "The text may be in GB 18030 or in Big5: save it as .xlsx, or as CSV UTF-8, and send it again.",
        "csv",
    )


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
