"""What is measured, of whom, against what: the reference folder, checked as a whole before a night uses it."""

import csv
import difflib
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from jindu.settings import PROJECT_ROOT, JinduError

SHIPPED_FOLDER = PROJECT_ROOT / "warehouse" / "reference"
LEVELS = ("district", "subdistrict", "community")  # from the top
COMPONENT_KINDS = ("flow", "stock")  # domain.md, Indicators: a ratio is made of flows and stocks, a growth of a flow
HINT_AMONG = 1_000  # codes that a mistyped one is compared with: it is slow
LARGEST = Decimal(10) ** 18  # what decimal(24, 6) holds

Value = str | int | Decimal | bool | date | None


# ------------------------------------------------------------------------------------------------ the tables' columns
@dataclass(frozen=True)
class Column:
    """One column of a reference file: how it is written and what it means."""

    name: str
    type: str  # a key of TYPES
    meaning: str
    required: bool = False  # the file must have the column
    blank: bool = True  # a cell of it may be blank
    allowed: tuple[str, ...] = ()
    default: Value = None  # of a blank cell; a default that depends on the row is filled in by complete()
    references: str = ""  # table.column that must hold the value


@dataclass(frozen=True)
class Table:
    """One reference file, loaded as reference.<name>."""

    name: str
    meaning: str
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


def _parse_date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


TYPES = {
    "text": ColumnType("文字", "text", str, pl.String(), "text"),
    "integer": ColumnType("整数，如 5", "a whole number such as 5", _parse_integer, pl.Int64(), "integer"),
    "decimal": ColumnType(
        "数字，如 0.95：不带单位、百分号和千分位，小数不超过 6 位",
        "a number such as 0.95, without unit, percent sign or thousands separators, 6 decimals at most",
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
    "date": ColumnType("日期，写成 2024-07-05", "a date written 2024-07-05", _parse_date, pl.Date(), "date"),
}


def _key(name: str, meaning: str, kind: str = "text", *, references: str = "", allowed: tuple[str, ...] = ()) -> Column:
    """A column that the file must have, with no blank cell."""
    return Column(name, kind, meaning, required=True, blank=False, references=references, allowed=allowed)


def _text(name: str, meaning: str, references: str = "") -> Column:
    return Column(name, "text", meaning, references=references)


def _choice(name: str, meaning: str, allowed: tuple[str, ...], default: str | None = None) -> Column:
    return Column(name, "text", meaning, allowed=allowed, default=default)


def _other(name: str, kind: str, meaning: str, default: Value = None) -> Column:
    return Column(name, kind, meaning, default=default)


HEADING_FIELDS = (
    *("indicator_code", "indicator_name", "unit", "month_value", "ytd_value", "prior_ytd_value"),
    *("org_unit_code", "org_unit_name", "published_rank", "published_rank_metric", "finished_on", "note"),
    *("form", "template_version", "sender_code", "report_month", "correction_reason", "filled_by", "approved_by"),
)
SETTINGS = {  # setting.csv: key → type of its value
    "office_code": "text",
    "score_cap": "decimal",
    "minimum_coverage": "decimal",
    "households_is_sample": "boolean",
}

_TABLES = (
    Table(
        "org_unit",
        "units, from the district to the communities",
        (
            _key("code", "official code: 6, 9 or 12 digits"),
            _key("name", "name as forms and pages show it"),
            _key("short_name", "name for narrow places"),
            _key("level", "level of the unit", allowed=LEVELS),
            Column("parent_code", "text", "unit above; blank at the top", required=True, references="org_unit.code"),
            _text("aliases", "other spellings that senders use, separated by |"),
            _other("valid_from", "month", "first month that the unit counts; blank: always"),
            _other("valid_to", "month", "last month that the unit counts, inclusive; blank: still"),
            _text("successor_code", "unit that inherits flows, last year and targets", "org_unit.code"),
            _other("households", "integer", "households, a key for splitting targets"),
            _other("population", "integer", "residents, a key for splitting targets"),
            _other("is_peer", "boolean", "whether the unit is ranked among its siblings", True),
        ),
        ("code",),
    ),
    Table(
        "theme",
        "groups of indicators, each ranked as a whole",
        (
            _key("code", "code of the theme"),
            _key("name_zh", "name in Chinese"),
            _text("name_en", "name in English"),
            _other("weight", "decimal", "weight of the theme on the overview", Decimal(1)),
        ),
        ("code",),
        required=False,
    ),
    Table(
        "form",
        "the forms that are asked every month",
        (
            _key("code", "code of the form"),
            _key("name_zh", "name in Chinese"),
            _key("level", "level of the senders", allowed=LEVELS),
            _text("template_version", "version of the workbook that is in use"),
            _other("due_day", "integer", "day of the next month when it is due, moved to a working day", 5),
            _other("lock_day", "integer", "day of the next month when it is locked, moved to a working day", 15),
            _text("form_number", "表号; blank on an internal work report"),
            _text("issued_by", "制定机关"),
            _text("document_number", "文号"),
            _text("valid_until", "有效期至"),
            _other("first_month", "month", "first month that it is asked; blank: January of the first plan year"),
        ),
        ("code",),
    ),
    Table(
        "indicator",
        "what is measured",
        (
            _key("code", "code of the indicator"),
            _key("name_zh", "name in Chinese"),
            _key("kind", "how it adds up", allowed=("flow", "stock", "ratio", "growth", "milestone")),
            _key("unit", "unit of measure"),
            _key("direction", "which way is better", allowed=("higher", "lower", "none")),
            _key("reporting_level", "level whose values are reported; levels above aggregate", allowed=LEVELS),
            _key("source_form", "the one form that supplies its values", references="form.code"),
            _text("name_en", "name in English"),
            _text("definition", "what counts, in Chinese"),
            _text("theme", "theme that it belongs to", "theme.code"),
            _other("decimals", "integer", "decimals that it is reported and split at", 0),
            _choice("tree_rule", "how a parent's value is made", ("sum", "ratio", "share", "none")),
            _text("numerator_code", "numerator of a ratio; flow that a growth is of", "indicator.code"),
            _text("denominator_code", "denominator of a ratio", "indicator.code"),
            _choice(
                "ranking_metric",
                "what peers are ranked by",
                ("pace", "growth", "level", "per_thousand_households", "none"),
                "none",
            ),
            _other("weight", "decimal", "weight in theme and overall scores; 0 leaves it out", Decimal(1)),
            _other("minimum_denominator", "decimal", "a ratio over less is not ranked"),
            _other("minimum", "decimal", "smallest value that can be right"),
            _other("maximum", "decimal", "largest value that can be right"),
            _other("on_pace_at", "decimal", "pace from which it is on pace; blank: the default of its kind"),
            _other("at_risk_at", "decimal", "pace from which it is at risk; blank: the default of its kind"),
            _other("behind_at", "decimal", "pace from which it is behind; blank: the default of its kind"),
            _other("first_month", "month", "first month that it is asked; blank: as long as the form"),
            _choice("publicity", "who may see it", ("public", "internal", "restricted"), "public"),
            _text("owner", "office that answers for it"),
            _text("source_section", "part and section of the plan or report"),
        ),
        ("code",),
    ),
    Table(
        "form_indicator",
        "which indicators a form asks",
        (
            _key("form_code", "the form", references="form.code"),
            _key("indicator_code", "the indicator", references="indicator.code"),
            _text("org_unit_code", "asked only within this unit; blank: of all", "org_unit.code"),
            _choice("cells_required", "values that must be filled", ("month", "ytd", "both", "either")),
            _other("is_required", "boolean", "whether a blank is a finding", True),
        ),
        ("form_code", "indicator_code", "org_unit_code"),
    ),
    Table(
        "form_calendar",
        "months whose due or lock day differs",
        (
            _key("form_code", "the form", references="form.code"),
            _key("report_month", "the report month", "month"),
            _key("due_on", "due day", "date"),
            _key("lock_on", "lock day", "date"),
        ),
        ("form_code", "report_month"),
        required=False,
    ),
    Table(
        "target",
        "annual values and dated deliverables",
        (
            _key("plan_year", "year of the plan", "integer"),
            _key("org_unit_code", "unit that has the target", references="org_unit.code"),
            _key("indicator_code", "indicator that it is about", references="indicator.code"),
            _key(
                "target_form",
                "how the value is meant",
                allowed=("at_least", "at_most", "reduce_from_baseline", "by_date"),
            ),
            _key("value", "value at the end, in the indicator's unit, a rate as 0–1; 1 for a milestone", "decimal"),
            _other("version", "integer", "1, 2, … of the same target", 1),
            _other("baseline_value", "decimal", "level that the change is counted from"),
            _other("first_month", "month", "month from which it is phased; blank: January"),
            _other("due_month", "month", "month by whose end it is due; blank: December"),
            _choice("phasing", "how much is due by each month", ("linear", "guidance", "seasonal", "none")),
            _choice("basis", "where the value comes from", ("plan", "assigned", "carried", "office"), "office"),
            _choice("split_key", "how it is handed down", ("equal", "households", "population", "explicit")),
            _other("effective_month", "month", "first month that the version holds; blank: the first month"),
            _text("reason", "why this value, or why it was revised"),
            _text("approver", "office that approved it"),
            _other("recorded_at", "date", "day it was adopted; blank: before the plan year began"),
            _other("is_sample", "boolean", "whether the value is invented for the demonstration", False),
            _text("source_section", "part and section of the plan or report"),
        ),
        ("plan_year", "org_unit_code", "indicator_code", "version"),
    ),
    Table(
        "phasing",
        "guided amounts of single months",
        (
            _key("plan_year", "year of the plan", "integer"),
            _key("org_unit_code", "the unit", references="org_unit.code"),
            _key("indicator_code", "the indicator", references="indicator.code"),
            _key("month", "the month", "month"),
            _key("guided_value", "amount of that month alone, in the indicator's unit", "decimal"),
        ),
        ("plan_year", "org_unit_code", "indicator_code", "month"),
        required=False,
    ),
    Table(
        "baseline",
        "results of earlier years, each with the months it covers",
        (
            _key("indicator_code", "the indicator", references="indicator.code"),
            _key("org_unit_code", "the unit", references="org_unit.code"),
            Column(
                "value",
                "decimal",
                "the result in `unit`, a rate as 0–1; blank where only a rank was published",
                required=True,
            ),
            _key("unit", "unit of the value"),
            _key("period_from", "first month that it covers; of a stock, the month-end", "month"),
            _key("period_to", "last month that it covers", "month"),
            _choice("qualifier", "how exact the source is", ("exact", "over", "about"), "exact"),
            _other("published_rank", "integer", "place among the peers, as published"),
            _text("published_rank_metric", "what the published rank is by"),
            _other("is_sample", "boolean", "whether the value is invented for the demonstration", False),
            _text("source_section", "part and section of the report"),
        ),
        ("indicator_code", "org_unit_code", "period_from", "period_to"),
        required=False,
    ),
    Table(
        "identity",
        "levels that follow from the month before: previous + added − removed",
        (
            _key("total_code", "the level, a stock", references="indicator.code"),
            _text("added_code", "flow that adds to it", "indicator.code"),
            _text("removed_code", "flow that takes from it", "indicator.code"),
        ),
        ("total_code", "added_code", "removed_code"),
        required=False,
    ),
    Table(
        "recipient",
        "who is told",
        (
            _key("name", "person or post"),
            _text("channel", "name of the environment variable that holds the channel's address; blank: the outbox"),
            _text("scope", "unit, theme or indicator code; blank: everything"),
            _choice("content", "how much a message says; blank: as the channel allows", ("summary", "full")),
            _choice("language", "language of the message", ("zh", "en"), "zh"),
        ),
        ("name",),
        required=False,
    ),
    Table(
        "heading",
        "column headings and labels that senders write",
        (
            _key("field", "what the heading means", allowed=HEADING_FIELDS),
            _key("heading", "the heading, without unit and spaces"),
        ),
        ("heading",),
        required=False,
        shared=True,
    ),
    Table(
        "unit",
        "units of measure that convert into each other",
        (
            _key("unit", "the unit as written"),
            _key("family", "units of one family convert into each other"),
            _key("factor", "how many of the family's smallest unit", "decimal"),
        ),
        ("unit",),
        required=False,
        shared=True,
    ),
    Table(
        "holiday",
        "days that are not what their weekday says",
        (
            _key("day", "the day", "date"),
            _key("is_working_day", "true: a weekend worked; false: a holiday", "boolean"),
            _text("name", "the holiday"),
        ),
        ("day",),
        required=False,
        shared=True,
    ),
    Table(
        "unexplained",
        "notes that explain nothing",
        (_key("phrase", "the whole note, without spaces and punctuation"),),
        ("phrase",),
        required=False,
        shared=True,
    ),
    Table(
        "setting",
        "settings of this office",
        (
            _key("key", "name of the setting", allowed=tuple(SETTINGS)),
            _key("value", "its value"),
            _text("reason", "why it is so"),
        ),
        ("key",),
        required=False,
    ),
)
REFERENCE_TABLES = {table.name: table for table in _TABLES}
_COLUMNS = {(table.name, column.name): column for table in _TABLES for column in table.columns}


# ------------------------------------------------------------------------------------------------------------ problems
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
        """file 第 n 行 column 列:现为 …;应为 …"""
        line = f" 第 {self.line} 行" if self.line else ""
        column = f" {self.column} 列" if self.column else ""
        return f"{self.file}{line}{column}:{self.found_zh};{self.expected_zh}"

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
        return Problem(f"{self.table}.csv", self.line, column, *found, f"应为{expected[0]}", expected[1])

    def wrong(self, column: str, expected_zh: str, expected_en: str) -> Problem:
        """A problem whose found thing is the cell as it stands."""
        return self.problem(
            column, _shown(self.values[column], _COLUMNS[self.table, column]), (expected_zh, expected_en)
        )


Rows = dict[str, list[Row]]


def _shown(value: Value, column: Column) -> tuple[str, str]:
    """A value as the file writes it, in zh and en."""
    if value is None:
        return "空白", "a blank"
    text = f"{value:%Y-%m}" if column.type == "month" and isinstance(value, date) else str(value)
    return f"现为“{text}”", f"“{text}”"


# ------------------------------------------------------------------------------------------------------------- loading
@dataclass(frozen=True)
class Catalogue:
    """The checked reference folder: one frame per table of REFERENCE_TABLES, all columns present."""

    tables: dict[str, pl.DataFrame]


def load(folder: Path) -> Catalogue:
    """The reference folder, complete and checked; shared files that it lacks are the shipped ones.

    Raises CatalogueError with all problems at once.
    """
    problems: list[Problem] = []
    rows: Rows = {}
    unreadable: set[str] = set()
    for table in REFERENCE_TABLES.values():
        path = folder / f"{table.name}.csv"
        if not path.is_file() and table.shared:
            path = SHIPPED_FOLDER / f"{table.name}.csv"
        read = _read_file(path, table, problems)
        if read is None:
            unreadable.add(table.name)
        rows[table.name] = read or []
    problems += [*_duplicates(rows), *_dangling(rows, unreadable)]
    if not problems:  # the rules below presuppose sound cells and references
        complete(rows)
        problems = [problem for rule in RULES for problem in rule(rows)]
    if problems:
        raise CatalogueError(folder, problems)
    return Catalogue({name: _frame(table, rows[name]) for name, table in REFERENCE_TABLES.items()})


def empty_frames() -> dict[str, pl.DataFrame]:
    """Every reference table without rows, with all its columns and their types."""
    return {name: _frame(table, []) for name, table in REFERENCE_TABLES.items()}


def store(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Replace the tables of schema reference by the catalogue's."""
    connection.execute("create schema if not exists reference")
    for name, frame in catalogue.tables.items():
        columns = ", ".join(
            f'cast("{column.name}" as {TYPES[column.type].sql}) as "{column.name}"'
            for column in REFERENCE_TABLES[name].columns
        )
        connection.register("reference_frame", frame)
        connection.execute(f'create or replace table reference."{name}" as select {columns} from reference_frame')
        connection.unregister("reference_frame")


def _frame(table: Table, rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series(column.name, [row[column.name] for row in rows], dtype=TYPES[column.type].frame)
            for column in table.columns
        ]
    )


def _read_file(path: Path, table: Table, problems: list[Problem]) -> list[Row] | None:
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
    records = _records(text, path.name, problems)
    header_line, header = next(records, (1, []))
    if not _is_sound_header(header, header_line, table, problems):
        return None
    rows = [_read_row(table, line, header, cells, problems) for line, cells in records]
    return [row for row in rows if row is not None]


def _records(text: str, file: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Every record that is not blank, with the line that it starts on and its cells stripped."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(
                Problem(
                    file,
                    line,
                    "",
                    f"无法按 CSV 读取({error})",
                    f"no readable CSV ({error})",
                    "逗号分隔，含逗号的文字加英文双引号，引号成对",
                    "commas between cells, straight quotes in pairs around text that holds a comma",
                )
            )
            return
        cells = [cell.strip() for cell in record]
        if any(cells):
            yield line, cells


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
            found.append(Problem(file, line, name, *shown, f"应为{expected[0]}", expected[1]))
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
        problems.append(row.problem("", found, expected))
        return None
    for name, text in zip(header, cells, strict=True):
        column = _COLUMNS[table.name, name]
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
    try:
        return kind.parse(text)
    except ValueError:
        problems.append(row.problem(column.name, found, (kind.expected_zh, kind.expected_en)))
        return None


# ---------------------------------------------------------------------------------------------- keys, references, rules
def _duplicates(rows: Rows) -> Iterator[Problem]:
    """Rows that repeat another row's key."""
    for table in REFERENCE_TABLES.values():
        first: dict[tuple[Value, ...], Row] = {}
        for row in rows[table.name]:
            key = tuple(row[column] for column in table.key)
            if any(row[column] is None and not _COLUMNS[table.name, column].blank for column in table.key):
                continue  # reported as a cell already
            earlier = first.setdefault(key, row)
            if earlier is row:
                continue
            shown = " ".join(_shown(row[column], _COLUMNS[table.name, column])[1].strip("“”") for column in table.key)
            if table.name == "indicator" and row["source_form"] != earlier["source_form"]:
                yield row.problem(
                    "source_form",
                    (
                        f"“{shown}”有两个来源报表，第 {earlier.line} 行已有",
                        f"a second source of “{shown}” (line {earlier.line})",
                    ),
                    ("一个指标只有一个来源", "one source for one indicator"),
                )
            else:
                yield row.problem(
                    ", ".join(table.key),
                    (f"“{shown}”与第 {earlier.line} 行重复", f"“{shown}” as in line {earlier.line}"),
                    ("不重复的值", "a value that no other line has"),
                )


def _dangling(rows: Rows, unreadable: set[str]) -> Iterator[Problem]:
    """Cells that name something which no file defines."""
    for table in REFERENCE_TABLES.values():
        for column in table.columns:
            if not column.references:
                continue
            target, target_column = column.references.split(".")
            if target in unreadable:
                continue  # one problem is enough
            known = {row[target_column] for row in rows[target]}
            for row in rows[table.name]:
                value = row.text(column.name)
                if value and value not in known:
                    near = difflib.get_close_matches(value, [str(code) for code in known][:HINT_AMONG], 1)
                    hint_zh, hint_en = (f"，是否为“{near[0]}”", f", perhaps “{near[0]}”") if near else ("", "")
                    yield row.wrong(
                        column.name,
                        f" {target}.csv 里的{target_column}{hint_zh}",
                        f"a {target_column} of {target}.csv{hint_en}",
                    )


def complete(rows: Rows) -> None:
    """Fill the blanks whose default depends on their row (domain.md, Names; Targets)."""
    years = [year for row in rows["target"] if isinstance(year := row["plan_year"], int)]
    indicators = _by_code(rows["indicator"])
    for row in rows["form"]:
        if row["first_month"] is None and years:
            row.values["first_month"] = date(min(years), 1, 1)
    for row in rows["indicator"]:
        tree_rule = {"flow": "sum", "stock": "sum", "milestone": "share", "growth": "ratio"}.get(row.text("kind"))
        row.values["tree_rule"] = row["tree_rule"] or tree_rule or ("ratio" if row["numerator_code"] else "none")
    for row in rows["form_indicator"]:
        kind = indicators[row.text("indicator_code")].text("kind")
        cells = {"flow": "both", "ratio": "ytd", "growth": "ytd"}.get(kind, "month")
        row.values["cells_required"] = row["cells_required"] or cells
    for row in rows["target"]:
        year = int(row.number("plan_year") or 0)
        is_amount = indicators[row.text("indicator_code")].text("kind") in COMPONENT_KINDS
        row.values["first_month"] = row["first_month"] or date(year, 1, 1)
        row.values["due_month"] = row["due_month"] or date(year, 12, 1)
        row.values["effective_month"] = row["effective_month"] or row["first_month"]
        row.values["phasing"] = row["phasing"] or ("linear" if is_amount else "none")


def _by_code(rows: list[Row]) -> dict[str, Row]:
    return {row.text("code"): row for row in rows}


def _org_tree(rows: Rows) -> Iterator[Problem]:
    """Every unit hangs below a unit of a higher level, so that no chain of parents comes back to its start."""
    units = _by_code(rows["org_unit"])
    for row in rows["org_unit"]:
        if not row["parent_code"]:
            continue
        chain, above = [row.text("code")], row.text("parent_code")
        while above and above not in chain:
            chain.append(above)
            above = units[above].text("parent_code")
        parent = units[row.text("parent_code")]
        if above:
            chain_text = " → ".join([*chain, above])
            yield row.problem(
                "parent_code",
                (f"循环：{chain_text}", f"a cycle: {chain_text}"),
                ("不循环的上级", "a parent without a cycle"),
            )
        elif LEVELS.index(parent.text("level")) >= LEVELS.index(row.text("level")):
            yield row.wrong("parent_code", "级别更高的单位", "a unit of a higher level")


def _org_validity(rows: Rows) -> Iterator[Problem]:
    for row in rows["org_unit"]:
        start, end = row.month("valid_from"), row.month("valid_to")
        if start and end and end < start:
            yield row.wrong("valid_to", f" {start:%Y-%m} 或更晚", f"{start:%Y-%m} or later")
        if row["successor_code"] and not end:
            yield row.wrong(
                "valid_to", "最后月份，因为写了 successor_code", "the last month, because there is a successor_code"
            )
        if row["successor_code"] == row["code"]:
            yield row.wrong("successor_code", "另一个单位", "another unit")


def _components(rows: Rows) -> Iterator[Problem]:
    """A ratio has both components or none, a growth the flow that it is of, the other kinds neither."""
    indicators = _by_code(rows["indicator"])
    for row in rows["indicator"]:
        kind = row.text("kind")
        pair = [column for column in ("numerator_code", "denominator_code") if row[column]]
        if kind == "ratio" and len(pair) == 1:
            blank = "denominator_code" if pair == ["numerator_code"] else "numerator_code"
            yield row.wrong(blank, "分母和分子都填，或都不填", "both components of a ratio, or neither")
        elif kind == "growth" and not row["numerator_code"]:
            yield row.wrong("numerator_code", "计算增幅的累计型指标", "the flow that the growth is of")
        allowed = {"ratio": ["numerator_code", "denominator_code"], "growth": ["numerator_code"]}.get(kind, [])
        for column in pair:
            component = indicators[row.text(column)]
            kinds = COMPONENT_KINDS if kind == "ratio" else ("flow",)
            if column not in allowed:
                yield row.wrong(column, f"空白，因为类型是 {kind}", f"a blank, because the kind is {kind}")
            elif component.text("kind") not in kinds:
                yield row.wrong(column, f" {' 或 '.join(kinds)} 类指标", f"an indicator of kind {' or '.join(kinds)}")
            elif component["reporting_level"] != row["reporting_level"]:
                yield row.wrong(column, "同一 reporting_level 的指标", "an indicator of the same reporting_level")


def _indicator_ranges(rows: Rows) -> Iterator[Problem]:
    for row in rows["indicator"]:
        for low, high in (("minimum", "maximum"), ("behind_at", "at_risk_at"), ("at_risk_at", "on_pace_at")):
            lowest, highest = row.number(low), row.number(high)
            if lowest is not None and highest is not None and highest < lowest:
                yield row.wrong(high, f"不小于 {low}({lowest})", f"no less than {low} ({lowest})")
        if not 0 <= (row.number("decimals") or 0) <= 6:
            yield row.wrong("decimals", " 0 至 6", "0 to 6")
        if (row.number("weight") or 0) < 0:
            yield row.wrong("weight", " 0 或更大", "0 or more")
        if row["direction"] == "none" and row["ranking_metric"] != "none":
            yield row.wrong("ranking_metric", " none，因为 direction 是 none", "none, because direction is none")


def _form_days(rows: Rows) -> Iterator[Problem]:
    for row in rows["form"]:
        due, lock = row.number("due_day") or 0, row.number("lock_day") or 0
        if not 1 <= due <= 28:
            yield row.wrong("due_day", " 1 至 28", "1 to 28")
        if not due <= lock <= 28:
            yield row.wrong("lock_day", f" {due} 至 28", f"{due} to 28")
    for row in rows["form_calendar"]:
        due_on, lock_on = row.month("due_on"), row.month("lock_on")
        if due_on and lock_on and lock_on < due_on:
            yield row.wrong("lock_on", f" {due_on} 或更晚", f"{due_on} or later")


def _sources(rows: Rows) -> Iterator[Problem]:
    """An indicator's form is sent from its own level or above, and asks every cell once."""
    forms, units = _by_code(rows["form"]), _by_code(rows["org_unit"])
    for row in rows["indicator"]:
        sender_level = forms[row.text("source_form")].text("level")
        if LEVELS.index(sender_level) > LEVELS.index(row.text("reporting_level")):
            yield row.wrong(
                "source_form",
                f"由 {row['reporting_level']} 或更高级别填报的报表",
                f"a form sent by {row['reporting_level']} units or above",
            )
    asked: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows["form_indicator"]:
        asked[row.text("form_code"), row.text("indicator_code")][row.text("org_unit_code")] = row
    for rows_of_pair in asked.values():
        for unit, row in rows_of_pair.items():
            above = [*_units_above(unit, units), ""] if unit else []
            for wider in above:
                if wider in rows_of_pair:
                    line = rows_of_pair[wider].line
                    yield row.wrong(
                        "org_unit_code",
                        f"不在第 {line} 行范围内的单位",
                        f"a unit outside what line {line} already asks",
                    )


def _units_above(code: str, units: dict[str, Row]) -> list[str]:
    above, parent = [], units[code].text("parent_code")
    while parent and parent not in above:
        above.append(parent)
        parent = units[parent].text("parent_code")
    return above


def _target_forms(rows: Rows) -> Iterator[Problem]:
    """A target fits its indicator's kind and direction."""
    indicators = _by_code(rows["indicator"])
    for row in rows["target"]:
        indicator, value, base = (
            indicators[row.text("indicator_code")],
            row.number("value"),
            row.number("baseline_value"),
        )
        if indicator["direction"] == "none":
            yield row.wrong(
                "indicator_code",
                "有方向的指标（该指标 direction 为 none）",
                "an indicator with a direction (its direction is none)",
            )
        if (indicator["kind"] == "milestone") != (row["target_form"] == "by_date"):
            expected = "by_date" if indicator["kind"] == "milestone" else "at_least, at_most, reduce_from_baseline"
            yield row.wrong(
                "target_form",
                f" {expected}（该指标类型为 {indicator['kind']}）",
                f"{expected} (its kind is {indicator['kind']})",
            )
        elif row["target_form"] == "by_date" and value != 1:
            yield row.wrong("value", " 1（节点完成）", "1, the milestone finished")
        if row["target_form"] == "reduce_from_baseline" and base is None:
            yield row.wrong("baseline_value", "下降的起点", "the level to reduce from")
        elif row["target_form"] == "reduce_from_baseline" and value is not None and base is not None and base < value:
            yield row.wrong("baseline_value", f"不小于 value({value})", f"no less than value ({value})")


def _target_levels(rows: Rows) -> Iterator[Problem]:
    """A unit below the reporting level never has a value to compare."""
    units, indicators = _by_code(rows["org_unit"]), _by_code(rows["indicator"])
    for row in rows["target"]:
        level = indicators[row.text("indicator_code")].text("reporting_level")
        if LEVELS.index(units[row.text("org_unit_code")].text("level")) > LEVELS.index(level):
            yield row.wrong("org_unit_code", f" {level} 或更高级别的单位", f"a unit of level {level} or above")


def _target_months(rows: Rows) -> Iterator[Problem]:
    guided = {
        tuple(row[column] for column in ("plan_year", "org_unit_code", "indicator_code")) for row in rows["phasing"]
    }
    for row in rows["target"]:
        first, due, effective = row.month("first_month"), row.month("due_month"), row.month("effective_month")
        assert first and due and effective  # filled in by complete()
        for column, month in (("first_month", first), ("due_month", due)):
            if month.year != row["plan_year"]:
                yield row.wrong(column, f" {row['plan_year']} 年的月份", f"a month of {row['plan_year']}")
        if due < first:
            yield row.wrong("due_month", f" {first:%Y-%m} 或更晚", f"{first:%Y-%m} or later")
        if not first <= effective <= due:
            yield row.wrong("effective_month", f" {first:%Y-%m} 至 {due:%Y-%m}", f"{first:%Y-%m} to {due:%Y-%m}")
        if (
            row["phasing"] == "guidance"
            and (row["plan_year"], row["org_unit_code"], row["indicator_code"]) not in guided
        ):
            yield row.wrong(
                "phasing", " phasing.csv 里有指导数时才能用 guidance", "guided values in phasing.csv for guidance"
            )


def _splits(rows: Rows) -> Iterator[Problem]:
    """A split names its key once: computed parts are not listed, explicit parts are, and they add up."""
    units, indicators = _by_code(rows["org_unit"]), _by_code(rows["indicator"])
    children: dict[Value, list[Row]] = defaultdict(list)
    for unit in rows["org_unit"]:
        children[unit["parent_code"]].append(unit)
    parts: dict[tuple[Value, ...], list[Row]] = defaultdict(list)
    for row in rows["target"]:
        parts[row["plan_year"], row["indicator_code"], units[row.text("org_unit_code")]["parent_code"]].append(row)
    for row in rows["target"]:
        key = row.text("split_key")
        if not key:
            continue
        listed = parts[row["plan_year"], row["indicator_code"], row["org_unit_code"]]
        indicator, below = indicators[row.text("indicator_code")], children[row["org_unit_code"]]
        kind, level = indicator.text("kind"), units[row.text("org_unit_code")]["level"]
        if not below or level == indicator["reporting_level"]:
            yield row.wrong(
                "split_key", f"空白，因为没有比 {level} 更低的数", f"a blank, because no {level} has parts here"
            )
        elif key != "explicit" and listed:
            yield row.wrong(
                "split_key",
                f"空白或 explicit，因为下级目标已经列出（第 {listed[0].line} 行）",
                f"a blank or explicit, because parts are listed (line {listed[0].line})",
            )
        elif key == "explicit" and kind in COMPONENT_KINDS:
            yield from _explicit_parts(row, listed)
        elif key in ("households", "population"):
            yield from (
                child.wrong(
                    key,
                    f"数字，因为有目标按它分解（target.csv 第 {row.line} 行）",
                    f"a number to split by ({row.line})",
                )
                for child in below
                if child[key] is None
            )


def _explicit_parts(row: Row, listed: list[Row]) -> Iterator[Problem]:
    version = [part for part in listed if part["version"] == row["version"]]
    total = sum((part.number("value") or Decimal(0) for part in version), Decimal(0))
    if total != row.number("value"):
        yield row.wrong(
            "value",
            f"下级目标之和 {total}（{len(version)} 个下级）",
            f"the sum of its parts, {total} of {len(version)} units",
        )


def _baselines(rows: Rows) -> Iterator[Problem]:
    indicators, families = _by_code(rows["indicator"]), {row.text("unit"): row["family"] for row in rows["unit"]}
    for row in rows["baseline"]:
        start, end = row.month("period_from"), row.month("period_to")
        if start and end and end < start:
            yield row.wrong("period_to", f" {start:%Y-%m} 或更晚", f"{start:%Y-%m} or later")
        if row["value"] is None and row["published_rank"] is None:
            yield row.wrong("value", "数字（只有公布位次时才可空白）", "a number (blank only beside a published rank)")
        own, unit = indicators[row.text("indicator_code")].text("unit"), row.text("unit")
        if unit != own and (unit not in families or families.get(own) != families[unit]):
            yield row.wrong("unit", f" {own}，或能与它换算的单位", f"{own}, or a unit that converts into it")


def _identities(rows: Rows) -> Iterator[Problem]:
    indicators = _by_code(rows["indicator"])
    for row in rows["identity"]:
        total = indicators[row.text("total_code")]
        if total["kind"] != "stock":
            yield row.wrong("total_code", " stock 类指标", "an indicator of kind stock")
        if not row["added_code"] and not row["removed_code"]:
            yield row.wrong("added_code", "增加或减少的累计型指标", "a flow that adds, or one that removes")
        for column in ("added_code", "removed_code"):
            flow = indicators.get(row.text(column))
            if flow and (flow["kind"] != "flow" or flow["source_form"] != total["source_form"]):
                yield row.wrong(
                    column, f"同一报表的 flow 类指标({total['source_form']})", f"a flow of {total['source_form']}"
                )


def _headings(rows: Rows) -> Iterator[Problem]:
    """A heading means one field, however it is spelled."""
    first: dict[str, Row] = {}
    for row in rows["heading"]:
        spelling = re.sub(r"\s", "", unicodedata.normalize("NFKC", row.text("heading")))
        earlier = first.setdefault(spelling, row)
        if earlier["field"] != row["field"]:
            yield row.wrong(
                "heading",
                f"只有一个含义（第 {earlier.line} 行已是 {earlier['field']}）",
                f"one meaning (line {earlier.line})",
            )


def _settings(rows: Rows) -> Iterator[Problem]:
    codes = {row["code"] for row in rows["org_unit"]}
    for row in rows["setting"]:
        kind = TYPES[SETTINGS[row.text("key")]]
        try:
            kind.parse(row.text("value"))
        except ValueError:
            yield row.wrong("value", kind.expected_zh, kind.expected_en)
        if row["key"] == "office_code" and row["value"] not in codes:
            yield row.wrong("value", " org_unit.csv 里的code", "a code of org_unit.csv")
    for row in rows["unit"]:
        if (row.number("factor") or 0) <= 0:
            yield row.wrong("factor", "大于 0 的数字", "a number above 0")


RULES = (
    _org_tree,
    _org_validity,
    _components,
    _indicator_ranges,
    _form_days,
    _sources,
    _target_forms,
    _target_levels,
    _target_months,
    _splits,
    _baselines,
    _identities,
    _headings,
    _settings,
)
