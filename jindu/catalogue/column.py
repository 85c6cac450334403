"""How a reference file is described: its columns, what they mean in both languages, and how their cells are written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

import polars as pl

LARGEST = Decimal(10) ** 12  # a larger one is a slip: sql/macros.sql, impossible_size()

Value = str | int | Decimal | bool | date | time | None


@dataclass(frozen=True)
class Column:
    """One column of a reference file: how it is written and what it means."""

    name: str
    type: str  # a key of TYPES
    meaning_zh: str
    meaning_en: str
    required: bool = False  # the file must have the column
    blank: bool = True  # a cell of it may be blank
    allowed: Mapping[str, str] = field(default_factory=dict)  # code → what it says, in Chinese
    default: Value = None  # of a blank cell; a default that depends on the row is filled in by complete()
    references: str = ""  # table.column that must hold the value

    @property
    def is_code(self) -> bool:
        """Whether its cells name a unit, an indicator or the like."""
        return self.name == "code" or bool(self.references)


@dataclass(frozen=True)
class Table:
    """One reference file, loaded as reference.<name>."""

    name: str
    name_zh: str
    meaning_zh: str
    meaning_en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = True  # the folder must have the file
    shared: bool = False  # every office's: the shipped file stands in when the folder has none


@dataclass(frozen=True)
class ColumnType:
    """How a type is written, and what it becomes."""

    expected_zh: str
    expected_en: str
    parse: Callable[[str], Value]  # raises ValueError
    frame: pl.DataType
    sql: str


def _parse_integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ValueError(text)
    return int(text)


def _parse_decimal(text: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]{1,6})?", text) or abs(Decimal(text)) >= LARGEST:
        raise ValueError(text)
    return Decimal(text)


def _parse_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):  # spreadsheets write TRUE
        raise ValueError(text)
    return text.lower() == "true"


def _parse_month(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(f"{text}-01")


def _parse_time(text: str) -> time:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
        raise ValueError(text)
    return time.fromisoformat(text)


def _parse_date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


TYPES = {
    "text": ColumnType("文字", "text", str, pl.String(), "text"),
    "integer": ColumnType("整数，如 5", "a whole number such as 5", _parse_integer, pl.Int64(), "integer"),
    "decimal": ColumnType(
        "数字，如 0.95：不带单位、百分号和千分位，小数不超过 6 位，绝对值小于 1 万亿",
        "a number such as 0.95, without unit, percent sign or thousands separators, 6 decimals at most, below 10^12",
        _parse_decimal,
        pl.Decimal(24, 6),
        "decimal(24, 6)",
    ),
    "boolean": ColumnType("true 或 false", "true or false", _parse_boolean, pl.Boolean(), "boolean"),
    "month": ColumnType(
        "月份，写成 2024-07（在表格软件中先把该列设为文本）",
        "a month written 2024-07 (in a spreadsheet, first format the column as text)",
        _parse_month,
        pl.Date(),
        "date",
    ),
    "time": ColumnType("时刻，写成 22:00", "a time of day written 22:00", _parse_time, pl.Time(), "time"),
    "date": ColumnType("日期，写成 2024-07-05", "a date written 2024-07-05", _parse_date, pl.Date(), "date"),
}
