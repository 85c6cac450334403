"""openpyxl's reading of one cell, but that a cell which cannot be is an error value and not the end of the file."""

import math
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet import _read_only
from openpyxl.worksheet._reader import VALUE_TAG, WorkSheetParser


class CellParser(WorkSheetParser):
    """Tells a number that is none, or a text that the file lacks, at its own place."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """What the cell holds; an error value, with what is written there, where it holds nothing of its kind."""
        try:
            cell: dict[str, Any] = super().parse_cell(element)
        except (ValueError, IndexError, OverflowError):
            return self._error(element)
        is_endless = isinstance(cell["value"], float) and not math.isfinite(cell["value"])
        return self._error(element) if is_endless else cell

    def _error(self, element: Any) -> dict[str, Any]:
        place = element.get("r")  # one that is no place concerns more than this cell: raised again
        row, column = coordinate_to_tuple(place) if place else (self.row_counter, self.col_counter)
        written = element.findtext(VALUE_TAG, "")
        text = f"文件里没有第 {written} 条文字" if element.get("t") == "s" else written
        style = int(element.get("s", 0))
        return {"row": row, "column": column, "value": text, "data_type": "e", "style_id": style}


def install() -> None:
    """Let openpyxl's read-only sheets use it: they take no parser as an argument."""
    _read_only.WorkSheetParser = CellParser  # type: ignore[attr-defined]
