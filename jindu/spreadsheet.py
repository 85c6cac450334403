"""The one place that writes spreadsheets and CSV: no text that we write is ever taken for a formula."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

FORMULA_STARTS = "=+-@"  # OWASP, CSV injection; full-width ones too, which some spreadsheets read as the same
CONTROL_STARTS = "\t\r\n"
PLAIN_NEGATIVE = re.compile(r"-[0-9]{1,3}(?:,?[0-9]{3})*(?:\.[0-9]+)?%?", re.ASCII)  # -5 is a number, -1+1 a formula
GUARD = "'"  # what spreadsheets themselves put before a number that is meant as text


def neutral(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet could take it for a formula, else as it is.

    Spaces and invisible characters before the sign do not hide it. A negative number is a number.
    """
    if PLAIN_NEGATIVE.fullmatch(text):
        return text
    if text.startswith(tuple(CONTROL_STARTS)):
        return GUARD + text
    visible = text.lstrip()
    while visible and unicodedata.category(visible[0]) in {"Cc", "Cf", "Zs"}:
        visible = visible[1:].lstrip()
    sign, rest = visible[:1], visible[1:].strip()
    if rest and unicodedata.normalize("NFKC", sign)[:1] in FORMULA_STARTS:  # a sign alone calculates nothing
        return GUARD + text
    return text


class CsvWriter:
    """Rows of CSV, its texts neutral, its numbers and blanks as csv.writer has them."""

    def __init__(self, out: TextIO, line_end: str = "\r\n") -> None:
        self._writer = csv.writer(out, lineterminator=line_end)

    def row(self, values: Sequence[object]) -> None:
        """One line."""
        self._writer.writerow([neutral(value) if isinstance(value, str) else value for value in values])

    def rows(self, lines: Iterable[Sequence[object]]) -> None:
        """Several lines."""
        for values in lines:
            self.row(values)


class _Sheet(Worksheet):  # type: ignore[misc]  # no types
    """A worksheet whose texts are neutral; formulas are written by write_formula alone."""

    def _write_string(self, row: int, column: int, string: str, cell_format: Any = None) -> Any:
        return super()._write_string(row, column, neutral(string), cell_format)


class _Book(xlsxwriter.Workbook):  # type: ignore[misc]  # no types
    """A workbook of such sheets."""

    worksheet_class = _Sheet


def new_workbook(path: Path, *, is_in_memory: bool = False, is_row_by_row: bool = False) -> Any:
    """An empty XlsxWriter workbook in which a text never becomes a formula, a number or a link.

    In memory, nothing is written but the file itself; row by row, a long table takes no more room than a short one.
    """
    options = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    options["in_memory"] = is_in_memory
    options["constant_memory"] = is_row_by_row
    return _Book(str(path), options)
