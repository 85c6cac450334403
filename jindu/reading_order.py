"""In what order findings are told: as a workbook is read."""

import re

ADDRESS = re.compile(r"([A-Z]+)(\d+)")


def reading_place(sheet_name: str | None, cell: str | None) -> tuple[str, int, int, str]:
    """Where a cell, or the first of several, comes as a workbook is read: sheet by sheet, row by row, F5 before F49."""
    address = ADDRESS.match(cell or "")
    row, column = (int(address[2]), address[1]) if address else (0, cell or "")
    return (sheet_name or "", row, len(column), column)
