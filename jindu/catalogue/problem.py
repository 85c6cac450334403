"""What is wrong in a reference folder, and the typed rows that it is found in."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from jindu.catalogue.column import Column, Value
from jindu.catalogue.tables import COLUMNS
from jindu.settings import JinduError


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in the reference folder, where it is, and what should stand there."""

    file: str
    line: int  # 1-based, as an editor shows it; 0 when it is about the whole file
    column: str  # "" when it is about the whole line
    found_zh: str
    found_en: str
    expected_zh: str
    expected_en: str

    @property
    def message_zh(self) -> str:
        """file 第 n 行 column 列：现为 …；应为 …"""
        line = f" 第 {self.line} 行" if self.line else ""
        column = f" {self.column} 列" if self.column else ""
        return f"{self.file}{line}{column}：{self.found_zh}；{self.expected_zh}"

    @property
    def message_en(self) -> str:
        """file line n, column c: found …, expected …"""
        line = f" line {self.line}" if self.line else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{line}{column}: found {self.found_en}, expected {self.expected_en}"


class CatalogueError(JinduError):
    """The reference folder cannot be used; `problems` are all there are."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(
            "\n".join(
                [f"参考数据文件夹 {folder} 有 {len(self.problems)} 处问题，请逐处改正后重试："]
                + [problem.message_zh for problem in self.problems]
            ),
            "\n".join(
                [f"The reference folder {folder} has {count}; mend each and try again:"]
                + [problem.message_en for problem in self.problems]
            ),
        )


@dataclass(frozen=True)
class Row:
    """One line of a reference file, typed."""

    table: str
    line: int
    values: dict[str, Value]

    def __getitem__(self, column: str) -> Value:
        return self.values[column]

    def text(self, column: str) -> str:
        """The cell of a text column; "" when it is blank."""
        value = self.values[column]
        return value if isinstance(value, str) else ""

    def number(self, column: str) -> Decimal | None:
        """The cell of a decimal or integer column."""
        value = self.values[column]
        return Decimal(value) if isinstance(value, int | Decimal) else None

    def month(self, column: str) -> date | None:
        """The cell of a month or date column."""
        value = self.values[column]
        return value if isinstance(value, date) else None

    def problem(self, column: str, found: tuple[str, str], expected: tuple[str, str]) -> Problem:
        """A problem of this cell; `found` and `expected` are (zh, en)."""
        return Problem(f"{self.table}.csv", self.line, column, *found, should_be(expected[0]), expected[1])

    def wrong(self, column: str, expected_zh: str, expected_en: str) -> Problem:
        """A problem whose found thing is the cell as it stands."""
        return self.problem(column, shown(self.values[column], COLUMNS[self.table, column]), (expected_zh, expected_en))


Rows = dict[str, list[Row]]


def should_be(expected_zh: str) -> str:
    """应为 …, with a space before letters and digits."""
    return f"应为 {expected_zh}" if expected_zh[:1].isascii() and expected_zh[:1].isalnum() else f"应为{expected_zh}"


def shown(value: Value, column: Column) -> tuple[str, str]:
    """A value as the file writes it, in zh and en."""
    if value is None:
        return "空白", "a blank"
    text = f"{value:%Y-%m}" if column.type == "month" and isinstance(value, date) else str(value)
    return f"现为“{text}”", f"“{text}”"
