"""From one archived file to the cells of its table: finds the header row, the labels around it and every row below."""

import csv
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from jindu.workbooks.guard import DEFAULT_LIMITS, Limits, RefusalError, inspect, not_a_workbook, too_large
from jindu.workbooks.numbers import (
    UNITS,
    Reading,
    exact,
    half_width,
    parse,
    parse_day,
    parse_month,
    plain_text,
    shows_percent,
    with_unit,
)
from jindu.workbooks.worker import Answer, CellRow, Document

NUMBER_FIELDS = ("month_value", "ytd_value", "prior_ytd_value", "published_rank")
DAY_FIELDS = ("finished_on",)
VALUE_FIELDS = frozenset(NUMBER_FIELDS + DAY_FIELDS)
ROW_KEYS = ("indicator_code", "indicator_name")
DOCUMENT_FIELDS = (
    "form",
    "template_version",
    "sender_code",
    "report_month",
    "correction_reason",
    "filled_by",
    "approved_by",
)
SUBJECT_FIELDS = ("org_unit_code", "org_unit_name")  # as a label, not a column: another word for the sender
LABEL_FIELDS = frozenset((*DOCUMENT_FIELDS, *SUBJECT_FIELDS, "unit"))
FIELDS = frozenset(
    (*NUMBER_FIELDS, *DAY_FIELDS, *ROW_KEYS, *DOCUMENT_FIELDS, *SUBJECT_FIELDS, "unit", "note", "published_rank_metric")
)
META_SHEET = "jindu"  # the template's very hidden sheet of key and value
HEADER_WITHIN = 30  # rows; titles and instructions stand above
GAP_ENDS_TABLE = 2  # blank rows
LONGEST_TEXT = 32_767  # characters: Excel's own limit for a cell
QUOTED_TEXT = 40  # characters of a cell repeated in a refusal
COLUMN_LETTERS = frozenset("甲乙丙丁戊己庚辛")  # printed forms number their columns 甲 乙 丙 1 2 3 below the header

_COLON = re.compile("[:\uff1a\ufe55\ufe30]")
_TRAILING_BRACKET = re.compile(r"[(\[【〔{]([^()\[\]【】〔〕{}]*)[)\]】〕}]$")  # after NFKC
SEPARATORS = " \t\n\u3000;\uff1b,\uff0c、|"  # between two labels in one cell
_TOKEN_START = re.compile(rf"(?:^|(?<=[{SEPARATORS}]))(?=\S)")


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
class Table:
    """A table found in a grid; row and column indexes count from 0, `end` is the first row after it."""

    sheet_name: str
    grid: Grid
    header: int
    end: int
    columns: dict[int, str]


def read(path: Path, file_name: str, headings: Mapping[str, str], limits: Limits = DEFAULT_LIMITS) -> Answer:
    """One file's document and cells; a file that cannot be read gives a refusal and no cells.

    `headings` maps column headings and labels, in any spelling that heading_key evens out, to fields.
    """
    known = {heading_key(heading): field for heading, field in headings.items()} | {field: field for field in FIELDS}
    file_format: str | None = None
    try:
        inspection = inspect(path, limits)
        if inspection.kind == "xlsx":
            file_format = "xlsx"
            sheets, meta = _open_workbook(path, inspection.has_formulas, limits)
        else:
            sheets, meta = _open_csv(path, file_name, known, limits), {}
            file_format = "csv"
        table = _find_table(sheets, known)
        rows = list(_data_rows(table, known))
        if not rows:
            raise _no_rows()
        return Answer(_document(table, rows, known, meta, file_format), list(_cells(table, rows, known)))
    except RefusalError as refusal:
        return Answer(
            Document(refusal.file_format or file_format, False, refusal.code, refusal.zh, refusal.en),
            [],
        )


def heading_key(text: str) -> str:
    """A heading as it is compared: NFKC, no white space, no trailing colon or bracket, lower case."""
    plain = re.sub(r"[\s\u200b-\u200f\ufeff]", "", unicodedata.normalize("NFKC", text)).rstrip(":").lower()
    return _TRAILING_BRACKET.sub("", plain) or plain


def _open_workbook(path: Path, has_formulas: bool, limits: Limits) -> tuple[list[tuple[str, Grid]], dict[str, object]]:
    """The visible sheets, and what the hidden sheet says."""
    with warnings.catch_warnings(), ExitStack() as opened:
        warnings.simplefilter("ignore")  # openpyxl's remarks on extensions and impossible dates
        file = opened.enter_context(path.open("rb"))  # by path, openpyxl insists on the ending .xlsx
        values = opened.enter_context(closing(load_workbook(file, read_only=True, data_only=True, keep_links=False)))
        formulas = None
        if has_formulas:
            formulas = opened.enter_context(closing(load_workbook(file, read_only=True, keep_links=False)))
        meta_titles = [sheet.title for sheet in values.worksheets if sheet.title.lower() == META_SHEET]
        sheets = [
            (sheet.title, _sheet_grid(values, formulas, sheet.title, limits))
            for sheet in values.worksheets
            if sheet.sheet_state == "visible" and sheet.title not in meta_titles
        ]
        meta_rows = [row for title in meta_titles for row in _sheet_grid(values, None, title, limits)]
    meta = {str(row[0].value).strip(): row[1].value for row in meta_rows if len(row) > 1 and not row[1].is_blank}
    return sheets, meta


def _sheet_grid(values: Workbook, formulas: Workbook | None, title: str, limits: Limits) -> Grid:
    grid = [[_value_cell(cell) for cell in row] for row in _sheet_rows(values, title, limits)]
    if formulas is not None:
        for cells, formula_row in zip(grid, _sheet_rows(formulas, title, limits), strict=False):
            for column, cell in enumerate(formula_row):
                if cell.data_type == "f":
                    has_no_result = cells[column].value is None
                    cells[column] = replace(
                        cells[column],
                        number_format=cell.number_format,
                        formula=str(getattr(cell.value, "text", cell.value)),  # an array formula keeps its text apart
                        is_broken=cells[column].is_broken or has_no_result,
                    )
    return grid


def _value_cell(cell: Any) -> SheetCell:
    if cell.value is not None:
        return SheetCell(cell.value, cell.number_format, is_broken=cell.data_type == "e")
    return SheetCell("") if cell.data_type == "str" else EMPTY  # "str": a formula whose result is an empty text


def _sheet_rows(workbook: Workbook, title: str, limits: Limits) -> Iterator[Sequence[Any]]:
    sheet: Any = workbook[title]
    sheet.reset_dimensions()  # a declared dimension of A1 would hide everything else
    for row in sheet.iter_rows(max_row=limits.rows):
        yield row[: limits.columns]


def _open_csv(path: Path, file_name: str, known: Mapping[str, str], limits: Limits) -> list[tuple[str, Grid]]:
    """The text as one sheet, by the delimiter that shows a header row."""
    text = _decode(path.read_bytes())
    sheets = [(file_name, _csv_grid(text, delimiter, limits)) for delimiter in ",\t"]
    return sorted(sheets, key=lambda sheet: _header_row(sheet[1], known) is None)[:1]


def _decode(content: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else GB 18030, which contains GBK and GB 2312."""
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # what Excel calls Unicode text
    encodings = ["utf-16"] if is_utf_16 else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(character) == "Cc" for character in set(text) - set("\t\r\n\f\v\x85")):
            return text
    raise not_a_workbook()


def _csv_grid(text: str, delimiter: str, limits: Limits) -> Grid:
    grid: Grid = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            grid.append([SheetCell(value) if value.strip() else EMPTY for value in row])
            if len(grid) > limits.rows or len(row) > limits.columns:
                raise too_large(
                    f"CSV 超过 {limits.rows} 行或 {limits.columns} 列；请只保留报表本身，或分成几个文件报送。",
                    f"The CSV has more than {limits.rows} rows or {limits.columns} columns; "
                    "keep only the form, or send several files.",
                )
    except csv.Error as error:  # a quote that never closes swallows the rest of the file into one field
        raise not_a_workbook() from error
    return grid


def _find_table(sheets: Sequence[tuple[str, Grid]], known: Mapping[str, str]) -> Table:
    """The table of the first sheet that has one."""
    for sheet_name, grid in sheets:
        header = _header_row(grid, known)
        if header is not None:
            columns = _header_fields(grid[header], known)
            _check_unambiguous(grid[header], columns, header)
            return Table(sheet_name, grid, header, _table_end(grid, header, known), columns)
    raise RefusalError(
        "no_table",
        "没有找到表头：表头一行应有“指标代码”或“指标名称”，以及“本月数”“本年累计”等数值列；请用报表模板填报。",
        "No header row was found: it names the indicator's code or name and a column of values; use the template.",
    )


def _header_row(grid: Grid, known: Mapping[str, str]) -> int | None:
    for index, row in enumerate(grid[:HEADER_WITHIN]):
        fields = set(_header_fields(row, known).values())
        if fields.intersection(ROW_KEYS) and fields & VALUE_FIELDS:
            return index
    return None


def _header_fields(row: Sequence[SheetCell], known: Mapping[str, str]) -> dict[int, str]:
    keys = {column: heading_key(cell.value) for column, cell in enumerate(row) if isinstance(cell.value, str)}
    return {column: known[key] for column, key in keys.items() if key in known}


def _check_unambiguous(row: Sequence[SheetCell], columns: Mapping[int, str], header: int) -> None:
    first: dict[str, int] = {}
    for column, field in columns.items():
        if field in first:
            one, other = (f"{get_column_letter(index + 1)}{header + 1}" for index in (first[field], column))
            raise RefusalError(
                "ambiguous_table",
                f"表头 {one} 和 {other} 是同一个项目（“{row[column].value}”），无法判断以哪一列为准；请只保留一列。",
                f"The headings in {one} and {other} mean the same ({field}); keep one of the two columns.",
            )
        first[field] = column


def _table_end(grid: Grid, header: int, known: Mapping[str, str]) -> int:
    """Two blank rows or a footer such as 填报人: end the table."""
    blank_count = 0
    for index in range(header + 1, len(grid)):
        filled = [cell for cell in grid[index] if not cell.is_blank]
        blank_count = 0 if filled else blank_count + 1
        if blank_count == GAP_ENDS_TABLE:
            return index
        if any(field in DOCUMENT_FIELDS for cell in filled for field, _ in _labels_in(cell, known)):
            return index
    return len(grid)


def _data_rows(table: Table, known: Mapping[str, str]) -> Iterator[int]:
    """The rows that name an indicator; remarks, repeated headings and column numbers are none."""
    key_columns = [column for column, field in table.columns.items() if field in ROW_KEYS]
    for index in range(table.header + 1, table.end):
        row = table.grid[index]
        filled = [cell for cell in row if not cell.is_blank]
        keys = [row[column] for column in key_columns if column < len(row) and not row[column].is_blank]
        is_remark = len(filled) == 1 and isinstance(filled[0].value, str) and bool(_COLON.search(filled[0].value))
        is_heading = any(known.get(heading_key(str(cell.value))) in ROW_KEYS for cell in keys)
        if keys and not is_remark and not is_heading and not _numbers_columns(filled):
            yield index


def _numbers_columns(filled: Sequence[SheetCell]) -> bool:
    texts = [str(cell.value).strip() for cell in filled]
    return bool(COLUMN_LETTERS.intersection(texts)) and all(
        text in COLUMN_LETTERS or text.isdecimal() for text in texts
    )


def _cells(table: Table, rows: Sequence[int], known: Mapping[str, str]) -> Iterator[CellRow]:
    units = _column_units(table, known)
    for index in rows:
        row = table.grid[index]
        for column in range(max(len(row), max(table.columns) + 1)):
            cell = row[column] if column < len(row) else EMPTY
            field = table.columns.get(column)
            if field is None and cell.is_blank:
                continue
            reading = _reading(cell, field, units.get(column))
            is_blank = reading.state == "blank"
            yield CellRow(
                sheet_name=table.sheet_name,
                row_number=index + 1,
                column_number=column + 1,
                cell=f"{get_column_letter(column + 1)}{index + 1}",
                field=field,
                text=None if is_blank else _text(cell, trimmed=field not in VALUE_FIELDS),
                state=reading.state,
                number_value=None if reading.value is None else plain_text(reading.value),
                number_unit=reading.unit,
                number_qualifier=reading.qualifier,
                date_value=reading.day.isoformat() if reading.day else None,
                treatment=reading.treatment,
                number_format=cell.number_format,
                formula=cell.formula,
            )


def _reading(cell: SheetCell, field: str | None, unit: str | None) -> Reading:
    if cell.is_broken:
        return Reading("unreadable")
    if cell.is_blank:
        return Reading("blank")
    if field in NUMBER_FIELDS:
        return with_unit(parse(cell.value, cell.number_format), unit if field != "published_rank" else None)
    if field in DAY_FIELDS:
        return parse_day(cell.value)
    return Reading("text")


def _column_units(table: Table, known: Mapping[str, str]) -> dict[int, str]:
    """Units in the headings, 本月数(万元), or above the table, 单位:万元; they count where no column gives the unit."""
    if "unit" in table.columns.values():
        return {}
    labelled = [str(value).strip() for value in _labels(table.grid[: table.header], known).get("unit", [])]
    above = next((unit for unit in labelled if unit in UNITS), None)
    units = {}
    for column in table.columns:
        heading = unicodedata.normalize("NFKC", str(table.grid[table.header][column].value)).strip()
        bracket = _TRAILING_BRACKET.search(heading)
        unit = bracket[1].strip() if bracket and bracket[1].strip() in UNITS else above
        if unit:
            units[column] = unit
    return units


def _text(cell: SheetCell, *, trimmed: bool = True) -> str | None:
    """The cell as its sender sees it, as far as one line of text can say."""
    content = cell.value
    if content is None:
        return cell.formula
    if isinstance(content, bool):
        text = str(content).upper()
    elif isinstance(content, int | float):
        share = cell.number_format is not None and shows_percent(cell.number_format)
        text = plain_text(exact(content) * 100) + "%" if share else plain_text(exact(content))
    elif isinstance(content, datetime) and content.time() == datetime.min.time():
        text = content.date().isoformat()
    else:
        text = str(content)
    return (text.strip() if trimmed else text)[:LONGEST_TEXT] or None


def _document(
    table: Table, rows: Sequence[int], known: Mapping[str, str], meta: Mapping[str, object], file_format: str
) -> Document:
    around = table.grid[: table.header] + table.grid[table.end :]
    labels = _labels(around, known)
    found = {field: labels[field] for field in DOCUMENT_FIELDS if field in labels}
    senders = [value for field in ("sender_code", *SUBJECT_FIELDS) for value in labels.get(field, [])]
    if senders:
        found["sender_code"] = sorted(senders, key=lambda sender: not _is_code(sender))  # a code says more than a name
    for column, field in table.columns.items():
        if field in DOCUMENT_FIELDS and (values := _column_values(table, rows, column, field)):
            found[field] = values
    texts = {field: _text(SheetCell(values[0])) for field, values in found.items()}
    meta_texts = {key: _text(SheetCell(value)) for key, value in meta.items()}
    month = found["report_month"][0] if "report_month" in found else None
    return Document(
        file_format=file_format,
        is_readable=True,
        form_text=texts.get("form") or _title(table, known),
        template_version=texts.get("template_version") or meta_texts.get("template_version"),
        sender_text=texts.get("sender_code"),
        report_month_text=texts.get("report_month"),
        report_month=_month_text(month),
        meta_form_code=meta_texts.get("form"),
        meta_sender_code=meta_texts.get("sender_code"),
        meta_report_month=_month_text(meta.get("report_month")),
        correction_reason=texts.get("correction_reason"),
        filled_by=texts.get("filled_by"),
        approved_by=texts.get("approved_by"),
    )


def _column_values(table: Table, rows: Sequence[int], column: int, field: str) -> list[object]:
    """What a column says of the whole document; form, sender and month must be one."""
    cells = [table.grid[index][column] for index in rows if column < len(table.grid[index])]
    values = [cell.value for cell in cells if not cell.is_blank and not cell.is_broken]
    distinct = {
        _month_text(value) or str(value).strip() if field == "report_month" else str(value).strip() for value in values
    }
    if field in ("form", "sender_code", "report_month") and len(distinct) > 1:
        one, other = (text[:QUOTED_TEXT] for text in sorted(distinct)[:2])
        heading = str(table.grid[table.header][column].value).strip()
        raise RefusalError(
            "mixed_document",
            f"“{heading}”一列既有“{one}”又有“{other}”；一个文件只能有一张报表、一个填报单位、一个报告期，请分开报送。",
            f"The column “{heading}” holds both “{one}” and “{other}”; a file is one form of one sender for one month: "
            "send them separately.",
        )
    return values


def _title(table: Table, known: Mapping[str, str]) -> str | None:
    """The first text above the table that is no label."""
    for row in table.grid[: table.header]:
        for cell in row:
            if isinstance(cell.value, str) and not cell.is_blank and not _labels_in(cell, known):
                return None if _COLON.search(cell.value) else _text(cell)
    return None


def _labels(rows: Sequence[Sequence[SheetCell]], known: Mapping[str, str]) -> dict[str, list[object]]:
    """Label cells with their values: after the colon, else in the next filled cell to the right."""
    found: dict[str, list[object]] = {}
    for row in rows:
        filled = [cell for cell in row if not cell.is_blank]
        for position, cell in enumerate(filled):
            for field, written in _labels_in(cell, known):
                value: object = written
                following = filled[position + 1] if position + 1 < len(filled) else EMPTY
                if not written and not following.is_broken and not _is_label(following, known):
                    value = following.value
                if value is not None and value != "":
                    found.setdefault(field, []).append(value)
    return found


def _is_label(cell: SheetCell, known: Mapping[str, str]) -> bool:
    """Whether a cell only announces what stands beside it: 审核人: left blank is not approved by 报出日期:."""
    return bool(_labels_in(cell, known)) or (
        isinstance(cell.value, str) and _COLON.search(cell.value.strip()[-1:]) is not None
    )


def _labels_in(cell: SheetCell, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """The labels that a cell's text contains, each with what follows its colon."""
    if not isinstance(cell.value, str):
        return []
    first, *pieces = _COLON.split(cell.value)
    if not pieces:
        field = known.get(heading_key(first))
        return [(field, "")] if field in LABEL_FIELDS else []
    pairs: list[tuple[str, str]] = []
    _, field = _split_label(first, known)
    value = ""
    for piece in pieces:
        before, following_field = _split_label(piece, known)
        value = f"{value}:{before}" if value else before
        has_unknown_label = field != "correction_reason" and len(before.split()) > 1  # a reason may hold a colon
        if following_field is None and piece is not pieces[-1] and has_unknown_label:
            value = value.rsplit(maxsplit=1)[0]
        elif following_field is None:
            continue
        if field:
            pairs.append((field, value))
        field, value = following_field, ""
    return [*pairs, (field, value)] if field else pairs


def _split_label(piece: str, known: Mapping[str, str]) -> tuple[str, str | None]:
    """The text between two colons: the value of the label before, then the field of the next label, if any."""
    for start in _TOKEN_START.finditer(piece):
        field = known.get(heading_key(piece[start.start() :]))
        if field in LABEL_FIELDS:
            return piece[: start.start()].strip(SEPARATORS), field
    return piece.strip(), None


def _month_text(value: object) -> str | None:
    month: date | None = parse_month(value)
    return month.isoformat() if month else None


def _is_code(sender: object) -> bool:
    return (half_width(str(sender))[0] or "").isdecimal()


def _no_rows() -> RefusalError:
    return RefusalError(
        "no_rows",
        "表头下面没有任何一行填有指标代码或指标名称；请填好后再报送。",
        "No row below the header names an indicator; fill in the table and send it again.",
    )
