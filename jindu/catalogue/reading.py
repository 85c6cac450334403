"""From a reference file to its typed rows."""

import csv
import difflib
import io
import re
from collections.abc import Iterator
from pathlib import Path

from jindu.catalogue.column import TYPES, Column, Table, Value
from jindu.catalogue.problem import Problem, Row, should_be
from jindu.catalogue.tables import COLUMNS

COMMENT = "#"
FULL_WIDTH_COMMA = "\uff0c"  # what a Chinese keyboard types for a comma
SPREADSHEET_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)  # 9.90101E+11 was a code of 12 digits


def read_file(path: Path, table: Table, problems: list[Problem]) -> list[Row] | None:
    """The typed rows of one file, or None when it cannot be read as a whole; what is wrong is added to `problems`."""
    if not path.is_file():
        if table.required:
            problems.append(
                Problem(path.name, 0, "", "没有这个文件", "no such file", f"应有：{_header(table)}", _header(table))
            )
            return None
        return []
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(
            Problem(
                path.name,
                line,
                "",
                "文字不是 UTF-8 编码",
                "text that is not UTF-8",
                "请在表格软件中另存为“CSV UTF-8（逗号分隔）”",
                "UTF-8: save it in the spreadsheet program as “CSV UTF-8 (comma delimited)”",
            )
        )
        return None
    found = _records(text, path.name, problems)
    header_line, header = next(found, (1, []))
    if not _is_sound_header(header, header_line, table, problems):
        return None
    rows = [_read_row(table, line, header, cells, problems) for line, cells in found]
    return [row for row in rows if row is not None]


def records(text: str, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Every record of a CSV that is neither blank nor a comment: the line that it starts on, its cells stripped.

    A comment starts with #; a spreadsheet may have put it in quotes and ended it with commas. Where `strict`, csv.Error
    is raised at what is no CSV, with the line as its second argument.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, strict=strict)
    while True:
        lines.is_between_records = True
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise csv.Error(str(error), lines.record_line) from error
        cells = [cell.strip() for cell in record]
        if any(cells) and not cells[0].startswith(COMMENT):
            yield lines.record_line, cells


class _Lines:
    """The lines of a text without its comments, which no CSV reader need understand: an open quote there is nothing."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._line = 0
        self.record_line = 1  # 1-based line that the present record starts on
        self.is_between_records = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            self._line += 1
            if self.is_between_records and line.lstrip().startswith(COMMENT):
                continue
            if self.is_between_records:
                self.record_line, self.is_between_records = self._line, False
            return line
        raise StopIteration


def _records(text: str, file: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The records up to where the text is no CSV any more, which is added to `problems`."""
    try:
        yield from records(text, strict=True)
    except csv.Error as error:
        reason, line = error.args
        problems.append(
            Problem(
                file,
                line,
                "",
                f"无法按 CSV 读取（{reason}）",
                f"no readable CSV ({reason})",
                "逗号分隔，含逗号的文字加英文双引号，引号成对",
                "commas between cells, straight quotes in pairs around text that holds a comma",
            )
        )


def _header(table: Table) -> str:
    return ", ".join(column.name for column in table.columns if column.required)


def _is_sound_header(header: list[str], line: int, table: Table, problems: list[Problem]) -> bool:
    """Whether the header line holds every required column, no unknown one, and none twice."""
    file, names = f"{table.name}.csv", [column.name for column in table.columns]
    found: list[Problem] = []
    for name in dict.fromkeys(header):
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            expected = (near[0], near[0]) if near else (f"其中之一：{', '.join(names)}", f"one of {', '.join(names)}")
            shown = (
                ("空白列名", "a column without a name")
                if not name
                else (f"未知的列“{name}”", f"unknown column “{name}”")
            )
            found.append(Problem(file, line, name, *shown, should_be(expected[0]), expected[1]))
        elif header.count(name) > 1:
            found.append(Problem(file, line, name, "出现两次", "it twice", "应只有一列", "it once"))
    for column in table.columns:
        if column.required and column.name not in header:
            found.append(
                Problem(
                    file, line, column.name, "没有这一列", "no such column", f"应有：{_header(table)}", _header(table)
                )
            )
    problems += found
    return not found


def _read_row(table: Table, line: int, header: list[str], cells: list[str], problems: list[Problem]) -> Row | None:
    """The typed row, or None when the line has another number of cells than the header."""
    row = Row(table.name, line, {column.name: column.default for column in table.columns})
    if len(cells) != len(header):
        found = (f"有 {len(cells)} 个单元格", f"{len(cells)} cells")
        expected = (
            f" {len(header)} 个（与表头一致；含逗号的文字加英文双引号）",
            f"{len(header)} as in the header (straight quotes around text that holds a comma)",
        )
        if len(cells) < len(header) and any(FULL_WIDTH_COMMA in cell for cell in cells):
            expected = (
                f"{expected[0]}：这一行有全角逗号“{FULL_WIDTH_COMMA}”，列与列之间请用半角逗号“,”",
                f"{expected[1]}; this line has the full-width comma “{FULL_WIDTH_COMMA}”, cells are parted by “,”",
            )
        problems.append(row.problem("", found, expected))
        return None
    for name, text in zip(header, cells, strict=True):
        column = COLUMNS[table.name, name]
        if text:
            row.values[name] = _read_cell(row, column, text, problems)
        elif not column.blank:
            choices = "、".join(column.allowed), ", ".join(column.allowed)
            expected = choices if column.allowed else (TYPES[column.type].expected_zh, TYPES[column.type].expected_en)
            problems.append(row.problem(name, ("空白", "a blank"), expected))
    return row


def _read_cell(row: Row, column: Column, text: str, problems: list[Problem]) -> Value:
    """The typed value; None and a problem when the text is no such value."""
    found, kind = (f"现为“{text}”", f"“{text}”"), TYPES[column.type]
    if column.allowed and text not in column.allowed:
        problems.append(
            row.problem(
                column.name, found, (f" {'、'.join(column.allowed)} 之一", f"one of {', '.join(column.allowed)}")
            )
        )
        return None
    if column.is_code and SPREADSHEET_NUMBER.fullmatch(text):
        expected = (
            "完整的代码（表格软件改成了科学计数：先把该列设为文本，再重新填写）",
            "the whole code (the spreadsheet turned it into a number: format the column as text and write it again)",
        )
        problems.append(row.problem(column.name, found, expected))
        return None
    try:
        return kind.parse(text)
    except ValueError:
        problems.append(row.problem(column.name, found, (kind.expected_zh, kind.expected_en)))
        return None
