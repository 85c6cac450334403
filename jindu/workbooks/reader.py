"""From one archived file to the cells of its table: finds the header row, the labels around it and every row below."""

import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook

from jindu.workbooks.cell_parser import install
from jindu.workbooks.guard import DEFAULT_LIMITS, Limits, RefusalError, inspect
from jindu.workbooks.number_format import shown
from jindu.workbooks.numbers import (
    Reading,
    exact,
    half_width,
    parse,
    parse_day,
    parse_month,
    plain_text,
    read_month,
    with_unit,
)
from jindu.workbooks.sheet import EMPTY, Grid, Sheet, SheetCell
from jindu.workbooks.text_file import DELIMITERS, decode, grid_of
from jindu.workbooks.words import TRAILING_BRACKET, Words, squeezed, words_of
from jindu.workbooks.worker import Answer, CellRow, Document

NUMBER_FIELDS = ("month_value", "ytd_value", "prior_ytd_value", "published_rank")
DAY_FIELDS = ("finished_on",)
MONTH_FIELD = "report_month"
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
GROUP = "group"  # a heading over several columns that leaves their meaning as it is, such as 本年
META_SHEET = "jindu"  # the template's very hidden sheet of key and value
HEADER_WITHIN = 30  # rows; titles and instructions stand above
GAP_ENDS_TABLE = 2  # blank rows
LONGEST_TEXT = 32_767  # characters: Excel's own limit for a cell
QUOTED_TEXT = 40  # characters of a cell repeated in a refusal

_COLON = re.compile("[:\uff1a\ufe55\ufe30]")
SEPARATORS = " \t\n\u3000;\uff1b,\uff0c、|"  # between two labels in one cell
_TOKEN_START = re.compile(rf"(?:^|(?<=[{SEPARATORS}]))(?=\S)")

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")  # an indicator's

_MONTH_IN_TITLE = re.compile(r"(?<!\d)20\d\d年\d{1,2}月(?!\d)")

install()


@dataclass(frozen=True)
class Heading:
    """What stands over a column: its text, in which row (0-based), and the field it means, if any."""

    text: str
    row: int
    field: str | None


@dataclass(frozen=True)
class Header:
    """The rows of a header, counted from 0, and the heading of each column that has one."""

    first: int
    last: int
    headings: dict[int, Heading]

    @property
    def columns(self) -> dict[int, str]:
        """The field of each column that has one."""
        return {column: heading.field for column, heading in self.headings.items() if heading.field}


@dataclass(frozen=True)
class Table:
    """A table found in a grid; row and column indexes count from 0, `end` is the first row after it."""

    sheet_name: str
    grid: Grid
    header: Header
    end: int

    @property
    def columns(self) -> dict[int, str]:
        """The field of each column that has one."""
        return self.header.columns

    @property
    def above(self) -> Grid:
        """The rows of titles and labels."""
        return self.grid[: self.header.first]


def read(path: Path, file_name: str, vocabulary: Mapping[str, str], limits: Limits = DEFAULT_LIMITS) -> Answer:
    """One file's document and cells; a file that cannot be read gives a refusal and no cells.

    `vocabulary` says what senders' words mean (see words.vocabulary): headings and labels, in any spelling that
    heading_key evens out, words in cells, units. What it lacks of the latter two is as in the shipped files.
    """
    words = words_of({**vocabulary, **{field: field for field in FIELDS}})
    file_format: str | None = None
    try:
        inspection = inspect(path, limits)
        file_format = None if inspection.kind == "text" else inspection.kind
        if inspection.kind == "xlsx":
            sheets = _open_workbook(path, inspection.has_formulas, limits)
        elif inspection.kind == "xls":
            from jindu.workbooks.biff import read_sheets  # noqa: PLC0415  (few files need it)

            sheets = read_sheets(path.read_bytes(), limits)
        else:
            sheets = _open_csv(path, file_name, words, limits)
            file_format = "csv"
        table = _find_table([sheet for sheet in sheets if sheet.is_visible and not _is_meta(sheet)], words)
        rows = list(_data_rows(table, words))
        if not rows:
            raise _no_rows()
        document = _document(table, rows, words, _meta(sheets), file_format)
        _check_months(table, document, words)
        return Answer(document, list(_cells(table, rows, words)))
    except RefusalError as refusal:
        return Answer(
            Document(refusal.file_format or file_format, False, refusal.code, refusal.zh, refusal.en),
            [],
        )


def _is_meta(sheet: Sheet) -> bool:
    return sheet.title.lower() == META_SHEET


def _meta(sheets: Sequence[Sheet]) -> dict[str, object]:
    """What the template's hidden sheet says, key by key."""
    rows = [row for sheet in sheets if _is_meta(sheet) for row in sheet.grid]
    return {str(row[0].value).strip(): row[1].value for row in rows if len(row) > 1 and not row[1].is_blank}


def _open_workbook(path: Path, has_formulas: bool, limits: Limits) -> list[Sheet]:
    """The sheets of an .xlsx, hidden ones too."""
    with warnings.catch_warnings(), ExitStack() as opened:
        warnings.simplefilter("ignore")  # openpyxl's remarks on extensions and impossible dates
        file = opened.enter_context(path.open("rb"))  # by path, openpyxl insists on the ending .xlsx
        values = opened.enter_context(closing(load_workbook(file, read_only=True, data_only=True, keep_links=False)))
        formulas = None
        if has_formulas:
            formulas = opened.enter_context(closing(load_workbook(file, read_only=True, keep_links=False)))
        return [
            Sheet(sheet.title, _sheet_grid(values, formulas, sheet.title, limits), is_visible)
            for sheet in values.worksheets
            for is_visible in [sheet.sheet_state == "visible"]
            if is_visible or sheet.title.lower() == META_SHEET
        ]


def _sheet_grid(values: Workbook, formulas: Workbook | None, title: str, limits: Limits) -> Grid:
    grid = [[_value_cell(cell) for cell in row] for row in _sheet_rows(values, title, limits)]
    if formulas is not None:
        for cells, formula_row in zip(grid, _sheet_rows(formulas, title, limits), strict=False):
            for column, cell in enumerate(formula_row):
                if cell.data_type == "f":
                    has_no_result = cells[column].value is None
                    cells[column] = replace(
                        cells[column],
                        number_format=_format_of(cell),
                        formula=str(getattr(cell.value, "text", cell.value)),  # an array formula keeps its text apart
                        is_broken=cells[column].is_broken or has_no_result,
                    )
    return grid


def _value_cell(cell: Any) -> SheetCell:
    if cell.value is not None:
        return SheetCell(cell.value, _format_of(cell), is_broken=cell.data_type == "e")
    return SheetCell("") if cell.data_type == "str" else EMPTY  # "str": a formula whose result is an empty text


def _format_of(cell: Any) -> str | None:
    """How the cell's number is shown; None where it names a format that the file lacks, which Excel shows plainly."""
    try:
        return str(cell.number_format)
    except IndexError:
        return None


def _sheet_rows(workbook: Workbook, title: str, limits: Limits) -> Iterator[Sequence[Any]]:
    sheet: Any = workbook[title]
    sheet.reset_dimensions()  # a declared dimension of A1 would hide everything else
    for row in sheet.iter_rows(max_row=limits.rows):
        yield row[: limits.columns]


def _open_csv(path: Path, file_name: str, words: Words, limits: Limits) -> list[Sheet]:
    """The text as one sheet, by the delimiter that shows a header."""
    text = decode(path.read_bytes())
    sheets = [Sheet(file_name, grid_of(text, delimiter, limits)) for delimiter in DELIMITERS]
    return sorted(sheets, key=lambda sheet: _find_header(sheet.grid, words) is None)[:1]


def _find_table(sheets: Sequence[Sheet], words: Words) -> Table:
    """The table of the first sheet that has one."""
    for sheet in sheets:
        header = _find_header(sheet.grid, words)
        if header is not None:
            _check_unambiguous(header)
            return Table(sheet.title, sheet.grid, header, _table_end(sheet.grid, header, words))
    raise RefusalError(
        "no_table",
        "没有找到表头：表头一行应有“指标代码”或“指标名称”，以及“本月数”“本年累计”等数值列；请用报表模板填报。",
        "No header row was found: it names the indicator's code or name and a column of values; use the template.",
    )


def _find_header(grid: Grid, words: Words) -> Header | None:
    """The first row that names an indicator and a value, or two rows that name more than either of them alone."""
    rows = [_header(grid, index, 1, words) for index in range(min(len(grid), HEADER_WITHIN))]
    for index, row in enumerate(rows):
        if index + 1 < len(rows):
            pair = _header(grid, index, 2, words)
            if _names_rows_and_values(pair) and _clearness(pair) > max(_clearness(row), _clearness(rows[index + 1])):
                return pair
        if _names_rows_and_values(row):
            return row
    return None


def _clearness(header: Header) -> tuple[int, int]:
    """How many fields a header names, and of those that name as many, the fewer columns that mean the same."""
    fields = list(header.columns.values())
    return len(set(fields)), len(set(fields)) - len(fields)


def _names_rows_and_values(header: Header) -> bool:
    fields = set(header.columns.values())
    return bool(fields.intersection(ROW_KEYS) and fields & VALUE_FIELDS)


def _header(grid: Grid, index: int, depth: int, words: Words) -> Header:
    upper = {column: str(cell.value) for column, cell in enumerate(grid[index]) if _is_text(cell)}
    if depth == 1:
        return Header(index, index, {column: _heading([text], index, words) for column, text in upper.items()})
    lower = {column: str(cell.value) for column, cell in enumerate(grid[index + 1]) if _is_text(cell)}
    headings: dict[int, Heading] = {}
    group = ""
    for column in range(max((*upper, *lower), default=-1) + 1):
        group = upper.get(column, group if column in lower else "")  # a merged heading stands in its first cell
        if column not in lower:
            if column in upper:
                headings[column] = _heading([upper[column]], index, words)
            continue
        is_neutral = words.field(group) == GROUP or not group
        texts = [group + lower[column], *([lower[column]] if is_neutral else [])]
        headings[column] = _heading(texts, index + 1, words)
    return Header(index, index + 1, headings)


def _heading(texts: Sequence[str], row: int, words: Words) -> Heading:
    """The first of the texts that means a field, else the first."""
    for text in texts:
        field = words.field(text)
        if field is not None and field != GROUP:
            return Heading(text, row, field)
    return Heading(texts[0], row, None)


def _is_text(cell: SheetCell) -> bool:
    return isinstance(cell.value, str) and not cell.is_blank


def _check_unambiguous(header: Header) -> None:
    first: dict[str, int] = {}
    for column, field in header.columns.items():
        if field in first:
            one, other = (
                f"{get_column_letter(place + 1)}{header.headings[place].row + 1}" for place in (first[field], column)
            )
            text = header.headings[column].text
            raise RefusalError(
                "ambiguous_table",
                f"表头 {one} 和 {other} 是同一个项目（“{text}”），无法判断以哪一列为准；请只保留一列。",
                f"The headings in {one} and {other} mean the same ({field}); keep one of the two columns.",
            )
        first[field] = column


def _check_months(table: Table, document: Document, words: Words) -> None:
    """A heading such as 1-8月累计 must be of the report month, or its figures are of another."""
    month = document.report_month or document.meta_report_month
    for column, heading in table.header.headings.items():
        named = words.month_of(heading.text) if heading.field else None
        if month and named and named != int(month[5:7]):
            place = f"{get_column_letter(column + 1)}{heading.row + 1}"
            raise RefusalError(
                "ambiguous_table",
                f"表头 {place} 写的是“{heading.text.strip()}”，报告期却是 {month[:7]}；请核对报告期或改正表头。",
                f"The heading in {place} is of month {named}, the report month is {month[:7]}; mend one of them.",
            )


def _table_end(grid: Grid, header: Header, words: Words) -> int:
    """Two blank rows or a footer such as 填报人: end the table."""
    blank_count = 0
    for index in range(header.last + 1, len(grid)):
        is_blank = all(cell.is_blank for cell in grid[index])
        blank_count = blank_count + 1 if is_blank else 0
        if blank_count == GAP_ENDS_TABLE or _is_footer(grid[index], header.columns, words):
            return index
    return len(grid)


def _is_footer(row: Sequence[SheetCell], columns: Mapping[int, str], words: Words) -> bool:
    """Whether a row says who signed: it begins with such a label, or has one, outside its note, and no figures.

    A note may hold anything: 审核人:李四 不在 beside figures is still a note.
    """
    filled = [column for column, cell in enumerate(row) if not cell.is_blank]
    labels = [
        column for column in filled if any(field in DOCUMENT_FIELDS for field, _ in _labels_in(row[column], words))
    ]
    if labels and labels[0] == filled[0]:
        return True
    figures = [row[column] for column in filled if columns.get(column) in NUMBER_FIELDS]
    has_figures = any(parse(cell.value, cell.number_format, words).state != "unreadable" for cell in figures)
    return not has_figures and any(columns.get(column) != "note" for column in labels)


def _data_rows(table: Table, words: Words) -> Iterator[int]:
    """The rows that name an indicator; remarks, section titles, totals, repeated headings, column numbers are none.

    Below the table, under who signed, rows are those with a code and a figure: somebody added them, and means them.
    """
    key_columns = [column for column, field in table.columns.items() if field in ROW_KEYS]
    for index in range(table.header.last + 1, len(table.grid)):
        row = table.grid[index]
        if index >= table.end and not _is_added(row, table.columns, words):
            continue
        filled = [cell for cell in row if not cell.is_blank]
        keys = [row[column] for column in key_columns if column < len(row) and not row[column].is_blank]
        if keys and not _is_aside(filled, words) and not _is_passed_over(keys, words):
            yield index


def _is_added(row: Sequence[SheetCell], columns: Mapping[int, str], words: Words) -> bool:
    """Whether a row has a code in the column of codes, and a figure."""
    cells = [(columns.get(column), cell) for column, cell in enumerate(row) if not cell.is_blank]
    has_code = any(field == "indicator_code" and CODE.fullmatch(str(cell.value).strip()) for field, cell in cells)
    return has_code and any(
        field in NUMBER_FIELDS and parse(cell.value, cell.number_format, words).value is not None
        for field, cell in cells
    )


def _is_aside(filled: Sequence[SheetCell], words: Words) -> bool:
    """Whether a row is a remark, the title of a section, or numbers the columns."""
    texts = [str(cell.value).strip() for cell in filled]
    if len(filled) == 1 and isinstance(filled[0].value, str):
        return bool(_COLON.search(texts[0])) or words.is_section(texts[0])
    return bool(words.column_marks.intersection(texts)) and all(
        text in words.column_marks or text.isdecimal() for text in texts
    )


def _is_passed_over(keys: Sequence[SheetCell], words: Words) -> bool:
    """Whether a row repeats the header or adds up the rows above it; an indicator may be called 指标（新增）."""
    return all(words.field(str(cell.value)) in ROW_KEYS for cell in keys) or all(
        squeezed(str(cell.value)) in words.total_rows for cell in keys
    )


def _cells(table: Table, rows: Sequence[int], words: Words) -> Iterator[CellRow]:
    columns, units = table.columns, _column_units(table, words)
    for index in rows:
        row = table.grid[index]
        for column in range(max(len(row), max(columns) + 1)):
            cell = row[column] if column < len(row) else EMPTY
            field = columns.get(column)
            if field is None and cell.is_blank:
                continue
            reading = _reading(cell, field, units.get(column), words)
            is_blank = reading.state == "blank"
            yield CellRow(
                sheet_name=table.sheet_name,
                row_number=index + 1,
                column_number=column + 1,
                cell=f"{get_column_letter(column + 1)}{index + 1}",
                field=field,
                text=None if is_blank else _text(cell, is_value=field in VALUE_FIELDS),
                state=reading.state,
                number_value=None if reading.value is None else plain_text(reading.value),
                number_unit=reading.unit,
                number_qualifier=reading.qualifier,
                date_value=reading.day.isoformat() if reading.day else None,
                treatment=reading.treatment,
                number_format=cell.number_format,
                formula=cell.formula,
            )


def _reading(cell: SheetCell, field: str | None, unit: str | None, words: Words) -> Reading:
    if cell.is_broken:
        return Reading("unreadable", treatment="formula without a result" if cell.value is None else "error value")
    if cell.is_blank:
        return Reading("blank")
    if field in NUMBER_FIELDS:
        reading = parse(cell.value, cell.number_format, words)
        reading = with_unit(reading, unit if field != "published_rank" else None)
    elif field in DAY_FIELDS:
        reading = parse_day(cell.value, words)
    elif field == MONTH_FIELD:
        reading = read_month(cell.value, cell.number_format)
    else:
        return Reading("text")
    if cell.formula is None:
        return reading
    return replace(reading, treatment="; ".join(filter(None, ["result of a formula", reading.treatment])))


def _column_units(table: Table, words: Words) -> dict[int, str]:
    """Units in the headings, 本月数(万元), or above the table, 单位:万元; they count where no column gives the unit."""
    if "unit" in table.columns.values():
        return {}
    labelled = [str(value).strip() for value in _labels(table.above, words).get("unit", [])]
    above = next((unit for unit in labelled if unit in words.converted_units), None)
    units = {}
    for column in table.columns:
        heading = unicodedata.normalize("NFKC", table.header.headings[column].text).strip()
        bracket = TRAILING_BRACKET.search(heading)
        unit = bracket[1].strip() if bracket and bracket[1].strip() in words.converted_units else above
        if unit:
            units[column] = unit
    return units


def _text(cell: SheetCell, *, is_value: bool = False) -> str | None:
    """The cell as its sender sees it, as far as one line of text can say; a value's with the space around it."""
    content = cell.value
    if content is None:
        return cell.formula
    if isinstance(content, bool):
        text = str(content).upper()
    elif isinstance(content, int | float):
        text = _number_text(content, cell.number_format, is_value=is_value)
    elif isinstance(content, datetime) and content.time() == datetime.min.time():
        text = content.date().isoformat()
    else:
        text = str(content)
    return (text if is_value else text.strip())[:LONGEST_TEXT] or None


def _number_text(number: int | float, number_format: str | None, *, is_value: bool) -> str:
    if not math.isfinite(number):
        return str(number)
    value = exact(number)
    look = shown(number_format or "General", value)
    if look.is_percent:
        return plain_text(value * 100) + "%"
    return plain_text(value) + (look.suffix if is_value and not look.is_scaled else "")


def _document(
    table: Table,
    rows: Sequence[int],
    words: Words,
    meta: Mapping[str, object],
    file_format: str | None,
) -> Document:
    labels = _labels(table.above + table.grid[table.end :], words)
    found = {field: labels[field] for field in DOCUMENT_FIELDS if field in labels}
    senders = [value for field in ("sender_code", *SUBJECT_FIELDS) for value in labels.get(field, [])]
    if senders:
        found["sender_code"] = sorted(senders, key=lambda sender: not _is_code(sender))  # a code says more than a name
    for column, field in table.columns.items():
        if field in DOCUMENT_FIELDS and (values := _column_values(table, rows, column, field)):
            found[field] = values
    texts = {field: _text(SheetCell(values[0])) for field, values in found.items()}
    title = _title(table, words)
    meta_texts = {key: _text(SheetCell(value)) for key, value in meta.items()}
    if MONTH_FIELD not in found and (month_in_title := _month_in_title(table, words, title)):
        texts[MONTH_FIELD], found[MONTH_FIELD] = month_in_title, [month_in_title]
    month = found[MONTH_FIELD][0] if MONTH_FIELD in found else None
    return Document(
        file_format=file_format,
        is_readable=True,
        form_text=texts.get("form") or title,
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
        correction_sheet=table.sheet_name if (place := _place_of("correction_reason", table, words)) else None,
        correction_cell=place,
        heading_sheet=table.sheet_name,
        sender_cell=_place_of_value(("sender_code", *SUBJECT_FIELDS), found.get("sender_code"), table, words),
        report_month_cell=_place_of_value((MONTH_FIELD,), found.get(MONTH_FIELD), table, words)
        or _place_of(MONTH_FIELD, table, words),  # blank: where to write it
    )


def _place_of(field: str, table: Table, words: Words) -> str | None:
    """The cell of a label around the table, else of the heading that means the same."""
    for row, cells in enumerate(table.grid):
        if table.header.first <= row < table.end:
            continue
        for column, cell in enumerate(cells):
            if any(found == field for found, _ in _labels_in(cell, words)):
                return f"{get_column_letter(column + 1)}{row + 1}"
    for column, heading in table.header.headings.items():
        if heading.field == field:
            return f"{get_column_letter(column + 1)}{heading.row + 1}"
    return None


def _place_of_value(fields: Sequence[str], values: Sequence[object] | None, table: Table, words: Words) -> str | None:
    """The cell that says what counts of the document: beside its label or within it, in a title, under a heading."""
    if not values:
        return None
    spoken = str(values[0]).strip()
    for row, cells in enumerate(table.grid):
        if table.header.first <= row < table.end:
            continue
        filled = [(column, cell) for column, cell in enumerate(cells) if not cell.is_blank]
        for (column, cell), (beside, following) in zip(filled, [*filled[1:], (0, EMPTY)], strict=False):
            for field, written in _labels_in(cell, words):
                if field in fields and written and written.strip() == spoken:
                    return f"{get_column_letter(column + 1)}{row + 1}"
                if field in fields and not written and str(_labelled_value(field, following)).strip() == spoken:
                    return f"{get_column_letter(beside + 1)}{row + 1}"
    for column, heading in table.header.headings.items():
        if heading.field in fields and heading.field in DOCUMENT_FIELDS:
            return f"{get_column_letter(column + 1)}{heading.row + 1}"
    above = ((row, column, cell) for row, cells in enumerate(table.above) for column, cell in enumerate(cells))
    titles = (f"{get_column_letter(column + 1)}{row + 1}" for row, column, cell in above if spoken in str(cell.value))
    return next(titles, None)


def _column_values(table: Table, rows: Sequence[int], column: int, field: str) -> list[object]:
    """What a column says of the whole document; form, sender and month must be one."""
    cells = [table.grid[index][column] for index in rows if column < len(table.grid[index])]
    values = [_labelled_value(field, cell) for cell in cells if not cell.is_blank and not cell.is_broken]
    distinct = {
        _month_text(value) or str(value).strip() if field == "report_month" else str(value).strip() for value in values
    }
    if field in ("form", "sender_code", "report_month") and len(distinct) > 1:
        one, other = (text[:QUOTED_TEXT] for text in sorted(distinct)[:2])
        heading = table.header.headings[column].text.strip()
        raise RefusalError(
            "mixed_document",
            f"“{heading}”一列既有“{one}”又有“{other}”；一个文件只能有一张报表、一个填报单位、一个报告期，请分开报送。",
            f"The column “{heading}” holds both “{one}” and “{other}”; a file is one form of one sender for one month: "
            "send them separately.",
        )
    return values


def _title(table: Table, words: Words) -> str | None:
    """The first text above the table that ends as the name of a form does, else the first that is no label."""
    texts = [str(cell.value) for row in table.above for cell in row if _is_text(cell) and not _labels_in(cell, words)]
    names = [text for text in texts if squeezed(_without_remarks(text)).endswith(words.title_ends)]
    first = next(iter(names or texts), None)
    return None if first is None or _COLON.search(first) else _text(SheetCell(first))


def _without_remarks(title: str) -> str:
    """A title without what stands behind it in brackets: 社区月报（示例）."""
    plain = unicodedata.normalize("NFKC", title).strip()
    while (shorter := TRAILING_BRACKET.sub("", plain).strip()) != plain:
        plain = shorter
    return plain


def _month_in_title(table: Table, words: Words, title: str | None) -> str | None:
    """The month of a form that has no label for it: the only one in its title, or alone in a cell above the table."""
    alone = [text for row in table.above for text in _months_alone(row, words)]
    named = [*alone, *_MONTH_IN_TITLE.findall(unicodedata.normalize("NFKC", title or ""))]
    months = {parse_month(_without_brackets(text)) for text in named}
    return _without_brackets(named[0]) if len(months) == 1 and None not in months else None


def _months_alone(row: Sequence[SheetCell], words: Words) -> Iterator[str]:
    """The cells of a row that hold a month, or its first day, and belong to no label."""
    before = EMPTY
    for cell in row:
        if cell.is_blank:
            continue
        is_first_day = isinstance(cell.value, datetime) and cell.value.day == 1
        if (is_first_day or _is_text(cell)) and not _awaits_value(before, words):
            text = f"{cell.value:%Y-%m}" if is_first_day else _without_brackets(str(cell.value))
            if parse_month(text):
                yield text
        before = cell


def _awaits_value(cell: SheetCell, words: Words) -> bool:
    """Whether what follows is the value of this label, known or not."""
    labels = _labels_in(cell, words)
    return bool(labels and not labels[-1][1]) or (_is_text(cell) and bool(_COLON.search(str(cell.value).strip()[-1:])))


def _without_brackets(text: str) -> str:
    return text.strip().strip("()\uff08\uff09[]【】〔〕").strip()


def _labels(rows: Sequence[Sequence[SheetCell]], words: Words) -> dict[str, list[object]]:
    """Label cells with their values: after the colon, else in the next filled cell to the right."""
    found: dict[str, list[object]] = {}
    for row in rows:
        filled = [cell for cell in row if not cell.is_blank]
        for position, cell in enumerate(filled):
            for field, written in _labels_in(cell, words):
                value: object = written
                following = filled[position + 1] if position + 1 < len(filled) else EMPTY
                if not written and not following.is_broken and not _is_label(following, words):
                    value = _labelled_value(field, following)
                if value is not None and value != "":
                    found.setdefault(field, []).append(value)
    return found


def _labelled_value(field: str, cell: SheetCell) -> object:
    """What a cell says as the value of a label; 2024.10 is a month as it is shown, as a number it is 2024.1."""
    value = cell.value
    if field == MONTH_FIELD and isinstance(value, float) and parse_month(value) is None:
        return f"{value:.2f}" if parse_month(value, cell.number_format) else value
    return value


def _is_label(cell: SheetCell, words: Words) -> bool:
    """Whether a cell only announces what stands beside it: 审核人: left blank is not approved by 报出日期:."""
    return bool(_labels_in(cell, words)) or (
        isinstance(cell.value, str) and _COLON.search(cell.value.strip()[-1:]) is not None
    )


def _labels_in(cell: SheetCell, words: Words) -> list[tuple[str, str]]:
    """The labels that a cell's text contains, each with what follows its colon."""
    if not isinstance(cell.value, str):
        return []
    first, *pieces = _COLON.split(cell.value)
    if not pieces:
        field = words.field(first)
        return [(field, "")] if field in LABEL_FIELDS else []
    pairs: list[tuple[str, str]] = []
    _, field = _split_label(first, words)
    value = ""
    for piece in pieces:
        before, following_field = _split_label(piece, words)
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


def _split_label(piece: str, words: Words) -> tuple[str, str | None]:
    """The text between two colons: the value of the label before, then the field of the next label, if any."""
    for start in _TOKEN_START.finditer(piece):
        field = words.field(piece[start.start() :])
        if field in LABEL_FIELDS:
            return piece[: start.start()].strip(SEPARATORS), field
    return piece.strip(), None


def _month_text(value: object) -> str | None:
    month = parse_month(value)
    return month.isoformat() if month else None


def _is_code(sender: object) -> bool:
    return (half_width(str(sender))[0] or "").isdecimal()


def _no_rows() -> RefusalError:
    return RefusalError(
        "no_rows",
        "表头下面没有任何一行填有指标代码或指标名称；请填好后再报送。",
        "No row below the header names an indicator; fill in the table and send it again.",
    )
