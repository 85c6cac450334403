"""What a document is made of, whoever draws it: headings, paragraphs and tables, in the order of reading."""

from collections.abc import Callable
from dataclasses import dataclass, field

FIRST, LAST = 5, 4  # rows of a table that stand together before and after a break


def wording(lang: str) -> Callable[[str, str], str]:
    """The choice between a Chinese and an English wording."""
    return lambda zh, en: en if lang == "en" else zh


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (一、), 2 (（一）) or 3 (1.); whoever draws it numbers it."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `lead` stands in front of it in the type of a heading."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its heading, its share of the width, where its texts stand, and the colour of its heading."""

    title: str
    share: float
    align: str = "left"  # left, right, center
    tone: str | None = None


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, with the colour of its status where it has one."""

    text: str
    tone: str | None = None
    is_strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption; a row of one cell is a heading across it. `note` stands below."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    is_small: bool = False

    def is_kept(self, number: int) -> bool:
        """Whether a row, counted from 1, stands on one page with the row after it; 0 is the heading's."""
        return number < FIRST or len(self.rows) - LAST < number < len(self.rows)


Block = Heading | Paragraph | Table


@dataclass(frozen=True)
class Annex:
    """What follows the bulletin, from a page of its own; a wide one lies on its side."""

    label: str
    title: str
    blocks: tuple[Block, ...]
    is_wide: bool = False


@dataclass(frozen=True)
class Document:
    """A bulletin as it is read, in one language."""

    lang: str
    masthead: str
    number: str
    issued: str
    mark: str  # 内部资料
    sample_note: str  # that figures are invented; empty where none is
    title: str
    addressee: str
    blocks: tuple[Block, ...]
    annex_heading: str
    signature: str
    colophon: str
    author: str
    sample_mark: str
    annexes: tuple[Annex, ...] = field(default=())
