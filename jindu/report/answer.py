"""An answer of the database as a table for a terminal, where a Chinese character is two columns wide."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest

from rich.cells import cell_len

GAP = "  "
NARROWEST = 10  # a column of text, however long
READABLE = 24  # the width of a text in a table of which some columns are left out
FEW_ROWS = 12  # shown one below the other where a table of them is wider than the terminal
CUT = "…"
NUMBERS = (int, float, Decimal)


def shown(value: object) -> str:
    """A value on one line, without what would move the cursor; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    text = value.isoformat() if isinstance(value, date) else str(value)
    return "".join(_visible(letter) for letter in text)


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[object]], width: int | None, lang: str) -> list[str]:
    """The lines of a table in `width` columns (None: as wide as it is, without a rule along its last text).

    Nothing is cut. Texts go on below; where that is not enough, few rows stand one below the other, of many the columns
    that have room.
    """
    names = [shown(column) for column in columns]
    cells = [[shown(value) for value in row] for row in rows]
    is_number = [
        any(row[place] is not None for row in rows)
        and all(row[place] is None or _is_number(row[place]) for row in rows)
        for place in range(len(names))
    ]
    natural = [max(map(cell_len, column)) for column in zip(names, *cells, strict=True)]
    if width is None:
        last = natural[-1] if is_number[-1] else min(natural[-1], max(cell_len(names[-1]), READABLE))
        return _table(names, cells, natural, is_number, rule=[*natural[:-1], last])
    widths = _narrowed(natural, is_number, width)
    if _total(widths) <= width:
        return _table(names, cells, widths, is_number)
    if len(cells) <= FEW_ROWS:
        return _records(names, cells, width)
    readable = [wide if number else min(wide, READABLE) for wide, number in zip(natural, is_number, strict=True)]
    return _leading(names, cells, readable, is_number, width, lang)


def _is_number(value: object) -> bool:
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def _visible(letter: str) -> str:
    if letter in "\r\n\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} else letter


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _narrowed(natural: Sequence[int], is_number: Sequence[bool], width: int) -> list[int]:
    """The widths with the widest texts narrower, as far as that helps."""
    widths = list(natural)
    texts = [place for place, number in enumerate(is_number) if not number and widths[place] > NARROWEST]
    while texts and _total(widths) > width:
        widest = max(texts, key=lambda place: widths[place])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _table(
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    is_number: Sequence[bool],
    rule: Sequence[int] | None = None,
) -> list[str]:
    header = _lines(names, widths, is_number)
    ruled = GAP.join("─" * width for width in rule or widths)
    return [*header, ruled, *(line for row in cells for line in _lines(row, widths, is_number))]


def _lines(row: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> list[str]:
    """A row, of several lines where a text is longer than its column."""
    folded = [_folded(text, width) for text, width in zip(row, widths, strict=True)]
    lines = []
    for parts in zip_longest(*folded, fillvalue=""):
        filled = [_filled(text, width, right) for text, width, right in zip(parts, widths, is_number, strict=True)]
        lines.append(GAP.join(filled).rstrip())
    return lines


def _filled(text: str, width: int, is_right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if is_right else text + space


def _records(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[str]:
    """Each row as lines of its own, a column a line; a long text goes on below."""
    name_width = max(map(cell_len, names))
    room = max(NARROWEST, width - name_width - len(GAP))
    lines = []
    for number, row in enumerate(cells, start=1):
        lines.append(f"── {number} {'─' * max(0, width - len(str(number)) - 4)}")
        for name, text in zip(names, row, strict=True):
            first, *more = _folded(text, room)
            lines.append(f"{_filled(name, name_width, False)}{GAP}{first}".rstrip())
            lines += [f"{' ' * name_width}{GAP}{rest}" for rest in more]
    return lines


def _folded(text: str, width: int) -> list[str]:
    """The text in lines of `width`, broken after a space where one is near."""
    lines, line, length = [], "", 0
    for letter in text:
        if length + cell_len(letter) > width:
            head, space, tail = line.rpartition(" ")
            near = bool(space) and cell_len(tail) < width // 2
            lines.append(head if near else line)
            line = tail if near else ""
            length = cell_len(line)
        line += letter
        length += cell_len(letter)
    return [*lines, line]


def _leading(  # noqa: PLR0913, PLR0917  (a table's parts)
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    is_number: Sequence[bool],
    width: int,
    lang: str,
) -> list[str]:
    """The first columns that have room, and the names of the others."""
    count = 1
    while count < len(widths) and _total([*widths[: count + 1], 1]) <= width:
        count += 1
    kept = [[*row[:count], CUT] for row in cells]
    lines = _table([*names[:count], CUT], kept, [*widths[:count], 1], [*is_number[:count], False])
    left = len(names) - count
    lines.append(f"no room for {left} columns:" if lang == "en" else f"另有 {left} 列放不下：")
    for name in names[count:]:
        if lines[-1].endswith(","):
            joined = f"{lines[-1]} {name},"
            if cell_len(joined) <= width:
                lines[-1] = joined
                continue
        lines.append(f"{name},")
    return [*lines[:-1], lines[-1].rstrip(",")]
