"""A sheet in memory, whatever file format it came from."""

from dataclasses import dataclass


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
class Sheet:
    """One sheet: its rows from the first on, so that row and column indexes are addresses."""

    title: str
    grid: Grid
    is_visible: bool = True
