"""A sheet in memory, whatever file format it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SheetCell:
    """What one cell holds; `is_broken` marks an error value or a formula without a result."""

    value: object = None
    number_format: str | None = None
    formula: str | None = None
    is_broken: bool = False

    @property
    def is_blank(self) -> bool:
        """Nothing, or nothing visible."""
        return not self.is_broken and (self.value is None or (isinstance(self.value, str) and not self.value.strip()))


EMPTY = SheetCell()
Grid = list[list[SheetCell]]


@dataclass(frozen=True)
class Look:
    """How a cell looks, as far as a form needs it; colours as RRGGBB."""

    number_format: str = "General"
    font_name: str = ""
    font_size: float = 0.0  # points
    font_colour: str = ""
    is_bold: bool = False
    fill_colour: str = ""
    horizontal: str = ""  # left, center, right
    vertical: str = ""  # top, vcenter, bottom
    is_wrapped: bool = False
    borders: tuple[int, int, int, int] = (0, 0, 0, 0)  # line styles: left, right, top, bottom


@dataclass(frozen=True)
class Layout:
    """What a sheet is beside its cells; rows and columns count from 0."""

    visibility: int = 0  # 0 visible, 1 hidden, 2 hidden from its menu too
    widths: Mapping[int, float] = field(default_factory=dict)  # columns, in characters
    heights: Mapping[int, float] = field(default_factory=dict)  # rows, in points
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column
    looks: Mapping[tuple[int, int], Look] = field(default_factory=dict)  # by row and column


@dataclass(frozen=True)
class Sheet:
    """One sheet: its rows from the first on, so that row and column indexes are addresses."""

    title: str
    grid: Grid
    is_visible: bool = True
    layout: Layout = Layout()
