"""The workbook of a form as an office circulates it: heading, bordered table, signatures, hidden keys."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jindu.spreadsheet import new_workbook

NOT_APPLICABLE = "不适用"
INTERNAL_FORM = "内部工作报表"
ASKED_HEADING = "应填格"  # the column of a template that says which cells it left open
META_SHEET = "jindu"
A4 = 9  # paper code of the workbook format
SHEET_NAME_LIMIT = 31  # of the workbook format
TITLE_FONT, TEXT_FONT, HEADER_FONT = "宋体", "仿宋", "黑体"
HEADER_ROW = 4  # 0-based: the table starts under title, heading data, sender and a blank row
LINE_HEIGHT = 16.5  # points

Entry = Decimal | str | None  # a number, a text as somebody wrote it (不适用 …), or blank


@dataclass(frozen=True)
class FormHeading:
    """What stands above and below the table, and in the hidden sheet; the texts are written as they are."""

    form_code: str
    form_name: str
    title: str
    sender_code: str
    sender_name: str
    report_month: date
    template_version: str = ""
    form_number: str = ""
    issued_by: str = ""
    document_number: str = ""
    valid_until: str = ""
    filled_by: str = ""
    approved_by: str = ""
    reported_on: date | None = None
    correction_reason: str = ""


@dataclass(frozen=True)
class FormRow:
    """One subject × indicator; values are in `unit`, a rate is 0–1 and shown as a percentage."""

    indicator_code: str
    indicator_name: str
    unit: str
    subject_code: str
    subject_name: str
    month_value: Entry = None
    ytd_value: Entry = None
    prior_ytd_value: Entry = None
    published_rank: int | None = None
    published_rank_metric: str = ""
    finished_on: date | None = None
    note: str = ""
    decimals: int = 0
    is_rate: bool = False
    is_dated: bool = False  # a milestone: the table gets a column for the day it was finished
    asked_mark: str = ""  # of a row that came with a template: which of its cells the template had left open


@dataclass(frozen=True)
class Column:
    """One column of the table: the row's field, its heading and its width in characters."""

    field: str
    heading: str
    width: float
    style: str = "text"


def write_form(path: Path, heading: FormHeading, rows: list[FormRow], has_ranks: bool = False) -> None:
    """Write one form; the same arguments give the same bytes. `has_ranks` adds the columns for published ranks."""
    book = new_book(path, heading)
    styles = Styles(book)
    columns = columns_of(heading, rows, has_ranks)
    sheet = book.add_worksheet(heading.form_name[:SHEET_NAME_LIMIT])
    write_heading(sheet, styles, heading, columns)
    sheet.set_row(HEADER_ROW - 1, 6)
    write_table(sheet, styles, columns, rows)
    write_signatures(sheet, styles, heading, columns, HEADER_ROW + len(rows) + 2)
    set_up_print(sheet, columns, HEADER_ROW + len(rows) + 3)
    write_keys(book, heading)
    book.close()


def new_book(path: Path, heading: FormHeading) -> Any:
    """An empty workbook that says whose it is; nothing in it depends on the clock."""
    book = new_workbook(path)
    book.set_properties(
        {
            "title": heading.title,
            "subject": f"{heading.sender_name} {month_text(heading.report_month)}",
            "author": heading.sender_name,
            "created": datetime(heading.report_month.year, heading.report_month.month, 1),
        }
    )
    return book


def month_text(month: date) -> str:
    """A report month as the sheet shows it: 2024年9月."""
    return f"{month.year}年{month.month}月"


def columns_of(heading: FormHeading, rows: list[FormRow], has_ranks: bool) -> list[Column]:
    """The columns that these rows need: subjects only where they differ from the sender, days only for milestones."""
    longest = max((text_width(row.indicator_code) for row in rows), default=0)
    columns = [
        Column("indicator_code", "指标代码", min(max(longest + 4, 14), 36)),
        Column("indicator_name", "指标名称", 32),
    ]
    if any(row.subject_code != heading.sender_code for row in rows):
        columns += [Column("subject_code", "填报对象代码", 14.5, "centre"), Column("subject_name", "填报对象", 14)]
    columns += [
        Column("unit", "计量单位", 9, "centre"),
        Column("month_value", "本月数", 13, "number"),
        Column("ytd_value", "本年累计", 13, "number"),
        Column("prior_ytd_value", "上年同期累计", 13, "number"),
    ]
    if has_ranks:
        columns += [
            Column("published_rank", "区内位次", 7, "centre"),
            Column("published_rank_metric", "位次口径", 8, "centre"),
        ]
    if any(row.is_dated for row in rows):
        columns.append(Column("finished_on", "完成日期", 12, "date"))
    columns.append(Column("note", "备注", 24))
    if any(row.asked_mark for row in rows):
        columns.append(Column("asked_mark", ASKED_HEADING, 8))
    return columns


class Styles:
    """The cell formats of one workbook, made once each."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **properties: Any) -> Any:
        """The format with these properties, in the text font and centred vertically unless they say otherwise."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(
                {"font_name": TEXT_FONT, "font_size": 11, "valign": "vcenter", **properties}
            )
        return self._made[key]

    def cell(self, column: Column, row: FormRow) -> Any:
        """The format of one table cell."""
        if column.style == "number":
            number_format = number_format_of(row.decimals, row.is_rate)
            return self.get(border=1, align="right", indent=1, num_format=number_format)
        if column.style == "date":
            return self.get(border=1, align="center", num_format="yyyy-mm-dd")
        if column.style == "centre":
            return self.get(border=1, align="center", text_wrap=True)
        return self.get(border=1, align="left", indent=1, text_wrap=True)


def number_format_of(decimals: int, is_rate: bool) -> str:
    """How a value is shown: grouped, with the indicator's decimals, a rate as a percentage."""
    digits = "." + "0" * decimals if decimals else ""
    return "0.00%" if is_rate else f"#,##0{digits}"


def write_heading(
    sheet: Any, styles: Styles, heading: FormHeading, columns: list[Column], more: Sequence[str] = ()
) -> None:
    """Title, heading data (表号 … or 内部工作报表), and who reports on which month; `more` follows the month."""
    title = styles.get(font_name=TITLE_FONT, font_size=18, bold=True, align="center")
    sheet.merge_range(0, 0, 0, len(columns) - 1, heading.title, title)
    sheet.set_row(0, 36)
    if heading.form_number:
        texts = [
            f"表号：{heading.form_number}",
            f"制定机关：{heading.issued_by}",
            f"文号：{heading.document_number}",
            f"有效期至：{heading.valid_until}",
        ]
    else:
        texts = [INTERNAL_FORM]
    write_line(sheet, styles, 1, columns, texts)
    sender = [f"填报单位：{heading.sender_name}", f"单位代码：{heading.sender_code}"]
    write_line(sheet, styles, 2, columns, [*sender, f"报告期：{month_text(heading.report_month)}", *more])


def write_line(sheet: Any, styles: Styles, row: int, columns: list[Column], texts: list[str]) -> None:
    """Lay `texts` side by side over the table's width: first one to the left, last one to the right."""
    start = 0
    for place, (text, end) in enumerate(zip(texts, line_ends(columns, texts), strict=True)):
        last = place == len(texts) - 1
        align = "left" if place == 0 else "right" if last else "center"
        style = styles.get(align=align)
        if end > start:
            sheet.merge_range(row, start, row, end, text, style)
        else:
            sheet.write_string(row, start, text, style)
        start = end + 1
    sheet.set_row(row, 20)


def line_ends(columns: list[Column], texts: list[str]) -> list[int]:
    """The last column of each text: the table's width shared by the texts' widths, one column at least for each."""
    table_width = sum(column.width for column in columns)
    needed = [text_width(text) + 2 for text in texts]
    edges = [sum(column.width for column in columns[: place + 1]) for place in range(len(columns))]
    ends: list[int] = []
    for place in range(len(texts) - 1):
        edge = table_width * sum(needed[: place + 1]) / sum(needed)
        lowest = ends[-1] + 1 if ends else 0
        highest = len(columns) - len(texts) + place
        nearest = min(range(lowest, highest + 1), key=lambda end: abs(edges[end] - edge))
        ends.append(nearest)
    return [*ends, len(columns) - 1]


def write_table(sheet: Any, styles: Styles, columns: list[Column], rows: list[FormRow]) -> None:
    """The header row, then one row per subject × indicator."""
    header = styles.get(font_name=HEADER_FONT, border=1, align="center", text_wrap=True, bg_color="#EDEDED")
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(HEADER_ROW, place, column.heading, header)
    sheet.set_row(HEADER_ROW, 2 * LINE_HEIGHT)
    for number, row in enumerate(rows, start=HEADER_ROW + 1):
        lines = 1
        for place, column in enumerate(columns):
            value = getattr(row, column.field)
            write_cell(sheet, number, place, value, styles.cell(column, row))
            if column.style == "text":
                lines = max(lines, -(-text_width(str(value)) // int(column.width - 2)))
        sheet.set_row(number, lines * LINE_HEIGHT + 3)


def write_cell(sheet: Any, row: int, column: int, value: Entry | int | date, style: Any) -> None:
    """Write one value by its own type; blank stays blank, inside its border."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), style)
    elif isinstance(value, Decimal | int):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, value, style)


def write_signatures(sheet: Any, styles: Styles, heading: FormHeading, columns: list[Column], row: int) -> None:
    """Who filled and approved the form and when it was sent, and below it the reason of a correction."""
    reported_on = heading.reported_on.isoformat() if heading.reported_on else ""
    texts = [f"填报人：{heading.filled_by}", f"审核人：{heading.approved_by}", f"报出日期：{reported_on}"]
    write_line(sheet, styles, row, columns, texts)
    write_line(sheet, styles, row + 1, columns, [f"更正说明：{heading.correction_reason}"])


def set_up_print(sheet: Any, columns: list[Column], last_row: int, named_columns: int = 2) -> None:
    """A4 landscape, one page wide, the header on every page.

    The header and the `named_columns` that name a row stay in sight on the screen.
    """
    sheet.freeze_panes(HEADER_ROW + 1, named_columns)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.center_horizontally()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.print_area(0, 0, last_row, len(columns) - 1)
    sheet.set_footer('&C&"仿宋"第 &P 页 共 &N 页')
    sheet.hide_gridlines(2)


def write_keys(book: Any, heading: FormHeading) -> None:
    """The hidden sheet that tells the reader which form this is, whatever happens to the visible one."""
    sheet = book.add_worksheet(META_SHEET)
    keys = {
        "form": heading.form_code,
        "template_version": heading.template_version,
        "sender_code": heading.sender_code,
        "report_month": f"{heading.report_month:%Y-%m}",
    }
    for row, (key, value) in enumerate(keys.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.very_hidden()


@lru_cache(maxsize=4096)  # the same names and headings stand in every form of a month
def text_width(text: str) -> int:
    """The width of a text in half-width characters: a Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
