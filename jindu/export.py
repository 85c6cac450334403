"""Published tables and answers as files for other programs: Parquet, CSV with a BOM, Excel workbooks."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import pyarrow.parquet

from jindu.query import Answer, asked
from jindu.settings import Home, JinduError
from jindu.spreadsheet import CsvWriter, new_workbook
from jindu.warehouse.columns import Table, load

FORMATS = ("parquet", "csv", "xlsx")
CSV_ENCODING = "utf-8-sig"  # Excel takes a file without the mark for GBK
WORKBOOK = "jindu.xlsx"
ABOUT = "说明"
SHEET_ROWS = 1_048_576  # Excel's own limit, header included
CELL_LETTERS = 32_767
EXACT_DIGITS = 15  # of a spreadsheet's number
WIDEST, NARROWEST = 48, 6
LINE_POINTS = 15
A4 = 9  # as XlsxWriter numbers papers
READABLE_COLUMNS = 12  # more on one page's width would be too small to read
SAMPLED_ROWS = 200  # what a column's width is taken from
FORMAT_BY_UNIT = {"ratio": "0.0%", "month": "yyyy-mm"}
DAY, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
NEGATIVE = re.compile(r"-\d+(\.\d+)?")  # calculates nothing: the exact numbers of completion_operand are texts
SAMPLE_ZH = "含示例数据：is_sample（示例）为 true 的数字是为演示编造的，不是真实情况。"
SAMPLE_EN = "Holds invented figures (示例): those with is_sample = true were made for the demonstration."
Rows = Iterable[Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Exported:
    """A file that was written, the table in it and its rows; a workbook has several."""

    path: Path
    table: str
    rows_count: int


def print_csv(answer: Answer, out: TextIO) -> int:
    """The whole answer as CSV, its texts neutral; the number of rows."""
    return _csv(out, answer.columns, answer.batches())


def write_answer(answer: Answer, home: Home, path: Path) -> int:
    """The whole answer into a file, in the format that its ending names; the number of rows.

    Raises JinduError when the ending is another, the place is inside the home, or the file cannot be written.
    """
    _require_outside(home, path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise JinduError(
            f"--output 的扩展名只能是 {'、'.join(f'.{one}' for one in FORMATS)}。",
            f"--output ends in {', '.join(f'.{one}' for one in FORMATS)}.",
        )
    with _written(path) as part:
        return _write(answer, part, kind, path.stem, {})


def export_tables(home: Home, folder: Path, kind: str, tables: Sequence[str], is_chinese: bool) -> Iterator[Exported]:
    """Published tables into a folder: a file each, or one workbook; beside them what every column means.

    Each is told when it is written. Without names, all tables but the views. Raises JinduError for an unknown table,
    a place inside the home, a table too long for a sheet, or a file that cannot be written.
    """
    place = folder.expanduser().resolve()
    _require_outside(home, place)
    chosen = [_named(name) for name in tables] if tables else _published(home)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(place, error) from error
    about = _about(home, chosen, is_chinese)
    if kind == "xlsx":
        yield from _workbook(home, place / WORKBOOK, chosen, is_chinese, about)
        return
    for table in chosen:
        path = place / f"{table.view if is_chinese else table.name}.{kind}"
        with asked(home, _query(table, is_chinese), {}) as answer, _written(path) as part:
            yield Exported(path, table.name, _write(answer, part, kind, table.name, {}))
    with _written(place / "about.csv") as part, part.open("w", encoding=CSV_ENCODING, newline="") as out:
        CsvWriter(out).rows(about)


def _require_outside(home: Home, place: Path) -> None:
    """A file in the inbox would be a report."""
    if home.root in (place.expanduser().resolve(), *place.expanduser().resolve().parents):
        raise JinduError(
            f"{place} 在工作目录里，夜间运行会碰到它。请换一个文件夹。",
            f"{place} lies in the home, where a night would meet it. Name another folder.",
        )


def _published(home: Home) -> list[Table]:
    """The tables that are there, in the order of the data dictionary; views, which only combine them, are left out."""
    with asked(home, "select table_name from duckdb_tables() where schema_name = 'mart'", {}) as answer:
        there = {name for rows in answer.batches() for (name,) in rows}
    return [table for table in load().tables.values() if table.name in there]


def _named(name: str) -> Table:
    plain = name.removeprefix("mart.")
    found = next((table for table in load().tables.values() if plain in {table.name, table.view}), None)
    if found is None:
        raise JinduError(
            f"没有叫“{name}”的表。不带参数执行 jindu sql，可列出全部的表。",
            f"No table is called {name!r}. jindu sql alone lists them all.",
        )
    return found


def _query(table: Table, is_chinese: bool) -> str:
    return f'from main."{table.view}"' if is_chinese else f'from mart."{table.name}"'


def _write(answer: Answer, part: Path, kind: str, title: str, units: Mapping[str, str]) -> int:
    if kind == "parquet":
        return _parquet(answer, part)
    if kind == "csv":
        with part.open("w", encoding=CSV_ENCODING, newline="") as out:
            return _csv(out, answer.columns, answer.batches())
    book = _Book(part)
    count = book.sheet(title, answer.columns, answer.batches(), units)
    if answer.has_sample:
        book.sheet(ABOUT, ("说明 about",), [[(SAMPLE_ZH,), (SAMPLE_EN,)]], {})
    book.close()
    return count


def _parquet(answer: Answer, part: Path) -> int:
    reader = answer.arrow()
    with pyarrow.parquet.ParquetWriter(part, reader.schema) as writer:
        count = 0
        for batch in reader:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _csv(out: TextIO, columns: Sequence[str], batches: Rows) -> int:
    writer = CsvWriter(out)
    writer.row(columns)
    count = 0
    for rows in batches:
        writer.rows([_plain(value) for value in row] for row in rows)
        count += len(rows)
    return count


def _plain(value: object) -> object:
    """A value as CSV has it: null empty, exact decimals, days and moments by ISO 8601."""
    plain = value
    match value:
        case bool():
            plain = "true" if value else "false"
        case Decimal():
            plain = _Number(f"{value.normalize():f}")
        case datetime():
            plain = value.isoformat()
        case date():
            plain = value.isoformat()
        case str() if NEGATIVE.fullmatch(value):
            plain = _Number(value)
        case list() | dict():
            plain = str(value)
    return plain


class _Number:
    """Digits that are no text: a minus before them makes no formula."""

    def __init__(self, digits: str) -> None:
        self._digits = digits

    def __str__(self) -> str:
        return self._digits


class _Book:
    """A workbook written row by row: header frozen and filtered, numbers as numbers, texts neutral."""

    def __init__(self, path: Path) -> None:
        self._book = new_workbook(path, is_row_by_row=True)
        self._formats = {
            name: self._book.add_format({"num_format": name}) for name in (*FORMAT_BY_UNIT.values(), DAY, MOMENT)
        }
        self._widths: dict[int, int] = {}
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._header = self._book.add_format({"bold": True, "bg_color": "#D9E2EC", "bottom": 1, "text_wrap": True})

    def sheet(self, title: str, columns: Sequence[str], batches: Rows, units: Mapping[str, str]) -> int:
        """One sheet; `units` says of which unit a column is. The number of rows.

        Raises JinduError when there are more than a sheet takes.
        """
        sheet = self._book.add_worksheet(_sheet_name(title))
        sheet.freeze_panes(1, 0)
        self._page(sheet, len(columns))
        formats = [self._formats.get(FORMAT_BY_UNIT.get(units.get(name, ""), "")) for name in columns]
        count = 0
        for rows in batches:
            if count == 0:
                self._head(sheet, columns, rows[:SAMPLED_ROWS])
            for row in rows:
                count += 1
                if count >= SHEET_ROWS:
                    raise JinduError(
                        f"{title} 超过工作表的 {SHEET_ROWS} 行上限，请改用 --format csv 或 parquet。",
                        f"{title} has more rows than a sheet's {SHEET_ROWS}: use --format csv or parquet.",
                    )
                self._row(sheet, count, row, formats)
        if count == 0:
            self._head(sheet, columns, [])
        sheet.autofilter(0, 0, count, max(0, len(columns) - 1))
        return count

    def close(self) -> None:
        """Write it."""
        self._book.close()

    @staticmethod
    def _page(sheet: Any, columns_count: int) -> None:
        """A4 landscape, the header on every page, all columns beside each other where they can be read so."""
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.repeat_rows(0)
        sheet.set_footer("&C&A · &P/&N")
        if columns_count <= READABLE_COLUMNS:
            sheet.fit_to_pages(1, 0)

    def _head(self, sheet: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        for place, name in enumerate(columns):
            widths = [_width(name), *(_width(row[place]) for row in rows)]
            wrapped = self._wrapped if sheet.name == ABOUT else None
            self._widths[place] = min(WIDEST, max(NARROWEST, *widths))
            sheet.set_column(place, place, self._widths[place] + 2, wrapped)
        sheet.write_row(0, 0, columns, self._header)

    def _row(self, sheet: Any, number: int, row: Sequence[Any], formats: Sequence[Any]) -> None:
        if sheet.name == ABOUT:  # texts of several lines; not every program finds the height itself
            lines = max(-(-_width(value) // self._widths[place]) for place, value in enumerate(row))
            sheet.set_row(number, LINE_POINTS * max(1, lines))
        for place, value in enumerate(row):
            match value:
                case None:
                    continue
                case bool():
                    sheet.write_boolean(number, place, value)
                case int() | float() | Decimal() if _is_exact(value):
                    sheet.write_number(number, place, value, formats[place])
                case datetime():
                    sheet.write_datetime(number, place, value.replace(tzinfo=None), self._formats[MOMENT])
                case date():
                    sheet.write_datetime(number, place, value, formats[place] or self._formats[DAY])
                case _:
                    sheet.write_string(number, place, str(value)[:CELL_LETTERS])


def _is_exact(value: float | Decimal) -> bool:
    """Whether a spreadsheet's number holds it: what it cannot hold stays a text."""
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor nan
    return len(Decimal(value).normalize().as_tuple().digits) <= EXACT_DIGITS


def _width(value: object) -> int:
    text = "" if value is None else str(value)
    return sum(1 if letter.isascii() else 2 for letter in text)


def _sheet_name(title: str) -> str:
    return "".join("_" if letter in "[]:*?/\\'" else letter for letter in title)[:31] or "1"


def _workbook(
    home: Home, path: Path, tables: Sequence[Table], is_chinese: bool, about: Sequence[tuple[str, ...]]
) -> Iterator[Exported]:
    with _written(path) as part:
        book = _Book(part)
        book.sheet(ABOUT, about[0], [list(about[1:])], {})
        for table in tables:
            units = {name: column.unit for column in table.columns for name in (column.name, column.name_zh)}
            with asked(home, _query(table, is_chinese), {}) as answer:
                title = table.view if is_chinese else table.name
                yield Exported(path, table.name, book.sheet(title, answer.columns, answer.batches(), units))
        book.close()


def _about(home: Home, tables: Sequence[Table], is_chinese: bool) -> list[tuple[str, ...]]:
    """What the files are: as of when, whether 示例 is among them, and the meaning of each column."""
    with asked(
        home, "select strftime($as_of, '%Y-%m-%d %H:%M'), run_id from mart.run where as_of_at = $as_of", {}
    ) as one:
        ((moment, run_id),) = one.rows(1)
        has_sample = one.has_sample
    lines: list[tuple[str, ...]] = [("表 table", "列 column", "单位 unit", "含义", "meaning")]
    lines.append(("", "", "", f"截至 {moment}（{run_id}）", f"As of {moment} ({run_id})"))
    if has_sample:
        lines.append(("", "", "", SAMPLE_ZH, SAMPLE_EN))
    units = load().units
    for table in tables:
        name = table.view if is_chinese else table.name
        lines.append((name, "", "", table.meaning_zh, table.meaning_en))
        for column in table.columns:
            heading = column.name_zh if is_chinese else column.name
            zh, en = units[column.unit]
            lines.append((name, heading, f"{zh} {en}", column.meaning_zh, column.meaning_en))
    return lines


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A file that is there whole or not at all."""
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> JinduError:
    return JinduError(
        f"写不了 {path}：{error.strerror or error}。请换一个位置，或关闭占用它的程序。",
        f"Cannot write {path}: {error.strerror or error}. Name another place, or close the program that holds it.",
    )
