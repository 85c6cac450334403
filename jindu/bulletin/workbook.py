"""The bulletin as a workbook: exact numbers as numbers, headers that stay, nothing that a spreadsheet would execute."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from jindu.bulletin.document import Document, Paragraph, wording
from jindu.bulletin.issue import Issue, Progress
from jindu.bulletin.tables import below
from jindu.shown import rank_change, unit_text, withheld_word, word
from jindu.spreadsheet import new_workbook

FILLS = {"red": "#F6C9C4", "orange": "#FBDDB5", "yellow": "#FFF3B8", "blue": "#D3E4F5", "grey": "#E6E6E6"}
FONT = "宋体"
INTEGER, PERCENT, PERCENT_WHOLE, DATE = "#,##0", "0.0%", "0%", "yyyy-mm-dd"
NOTE_WIDTH, LINE_POINTS = 110, 14  # characters, and the height of a line
HEAD_ROW = 2  # below the title and the line under it
Value = str | int | Decimal | date | None


@dataclass(frozen=True)
class Field:
    """A column of a sheet: its heading, its width in characters, what stands in it, and in which number format."""

    title: str
    width: float
    value: Callable[[Any], Value]
    form: Callable[[Any], str] | str | None = None
    tone: Callable[[Any], str | None] = lambda _row: None
    is_printed: bool = True


def workbook_file(issue: Issue, document: Document, made: datetime) -> bytes:
    """The .xlsx; `made` is written into it as its date. Same issue, same bytes."""
    say = wording(document.lang)
    lang = document.lang
    with tempfile.TemporaryDirectory(prefix="jindu-bulletin-") as scratch:
        path = Path(scratch) / "bulletin.xlsx"
        book = new_workbook(path, is_in_memory=True)
        book.set_properties(
            {
                "title": document.title,
                "author": document.author,
                "comments": document.sample_note,
                "created": made.astimezone(UTC).replace(tzinfo=None),
            }
        )
        formats = _Formats(book)
        behind = [row for row in issue.own if row.tone in ("red", "orange")]
        _sheet(book, formats, document, say("滞后目标", "Behind"), behind, _progress_fields(lang))
        _sheet(book, formats, document, say("本级目标", "Own targets"), issue.own, _progress_fields(lang))
        if issue.below:
            _matrix(book, formats, document, issue, say("状态一览", "Status"))
            fields = [Field(say("单位", "Unit"), 10, lambda row: row.unit_name), *_progress_fields(lang)]
            _sheet(book, formats, document, below(issue, lang)[:31], issue.below, fields)
        if issue.places:
            _sheet(book, formats, document, say("综合排名", "Ranking"), issue.places, _rank_fields(lang))
        if issue.reports:
            _sheet(book, formats, document, say("报送情况", "Reporting"), issue.reports, _report_fields(lang))
        _notes(book, formats, document, say("说明", "Notes"))
        book.close()
        return path.read_bytes()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **wanted: Any) -> Any:
        asked = {"font_name": FONT, "font_size": 10, "valign": "vcenter", **wanted}
        key = tuple(sorted(asked.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(asked)
        return self._made[key]


def _sheet(  # noqa: PLR0913, PLR0917  (what a sheet is)
    book: Any, formats: _Formats, document: Document, name: str, rows: Sequence[Any], fields: Sequence[Field]
) -> None:
    sheet = _begin(book, formats, document, name, [field.title for field in fields])
    for column, field in enumerate(fields):
        sheet.set_column(column, column, field.width)
    for number, row in enumerate(rows, start=HEAD_ROW + 1):
        for column, field in enumerate(fields):
            form = field.form(row) if callable(field.form) else field.form
            tone = field.tone(row)
            _put(sheet, number, column, field.value(row), formats, form, tone)
    last = HEAD_ROW + max(len(rows), 1)
    sheet.autofilter(HEAD_ROW, 0, last, len(fields) - 1)
    sheet.print_area(0, 0, last, sum(field.is_printed for field in fields) - 1)


def _begin(book: Any, formats: _Formats, document: Document, name: str, titles: Sequence[str]) -> Any:
    """A sheet with its title, header row, frozen panes and page."""
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, document.title, formats(bold=True, font_size=14))
    told = "　".join(text for text in (document.colophon, document.sample_note) if text)
    sheet.write_string(1, 0, told, formats(font_color="#C00000" if document.sample_note else "#404040"))
    sheet.set_row(0, 24)
    sheet.set_row(HEAD_ROW, 30)
    for column, title in enumerate(titles):
        head = formats(bold=True, border=1, bg_color="#EDEDED", text_wrap=True, align="center")
        sheet.write_string(HEAD_ROW, column, title, head)
    sheet.freeze_panes(HEAD_ROW + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW)
    sheet.set_footer("&C&P / &N")
    if document.sample_mark:
        sheet.set_header(f"&R{document.sample_mark}")
    return sheet


def _put(  # noqa: PLR0913, PLR0917  (a cell and how it looks)
    sheet: Any, row: int, column: int, value: Value, formats: _Formats, form: str | None, tone: str | None
) -> None:
    look: dict[str, Any] = {"border": 1}
    if tone in FILLS:
        look["bg_color"] = FILLS[tone]
    if value is None:
        sheet.write_blank(row, column, None, formats(**look))
    elif isinstance(value, str):
        # beside a number at its right edge a text would seem to go on with it
        sheet.write_string(row, column, value, formats(**look, text_wrap=column == 0, align="left", indent=1))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats(**look, num_format=form))
    else:
        sheet.write_number(row, column, value, formats(**look, num_format=form or "General"))


def _form(row: Progress) -> str:
    """How a value of the row is shown."""
    if row.is_share:
        return PERCENT
    return f"#,##0.{'0' * row.decimals}" if row.decimals else "#,##0.##" if _is_broken(row) else INTEGER


def _is_broken(row: Progress) -> bool:
    """Whether part of a whole thing is due: 5.25."""
    due = row.target_covered_value
    return due is not None and due != due.to_integral_value()


def _given(row: Progress, number: Decimal | None, lang: str) -> Value:
    """A number, or the word for what is withheld."""
    return withheld_word(lang) if number is None and row.is_suppressed else number


def _measure(row: Progress, lang: str) -> str:
    """The unit in a column of its own, where English cannot leave the counting words out."""
    if row.is_share:
        return "%"
    return unit_text(row.measure, lang) or ("number" if lang == "en" else "")


def _progress_fields(lang: str) -> list[Field]:
    say = wording(lang)

    def number(zh: str, en: str, name: str, *, is_printed: bool = True) -> Field:
        return Field(say(zh, en), 12, lambda row: _given(row, getattr(row, name), lang), _form, is_printed=is_printed)

    return [
        Field(say("指标", "Indicator"), 34, lambda row: row.name_en if lang == "en" else row.name_zh),
        Field(say("责任单位", "Owner"), 16, lambda row: row.owner),
        Field(
            say("计量单位", "Unit of measure"),
            9,
            lambda row: "%" if row.is_share else unit_text(row.measure, lang) or "number",
        ),
        number("年度目标", "Annual target", "annual_target_value"),
        number("应完成", "Due", "target_covered_value"),
        number("已完成", "Done", "ytd_value"),
        number("差额", "Gap", "gap_value"),
        Field(say("序时完成率", "Pace"), 9, lambda row: row.pace_ratio, PERCENT),
        number("今后每月需", "Needed a month", "needed_monthly_value"),
        number("预计期末", "Expected end", "projected_value"),
        Field(say("完成把握", "Chance"), 8, lambda row: row.probability_ratio, PERCENT_WHOLE),
        Field(say("状态", "Status"), 9, lambda row: row.shown.name(lang), tone=lambda row: row.tone),
        Field(say("暂定", "Provisional"), 5, lambda row: "*" if row.is_provisional else None),
        Field(
            say("上月状态", "Last month"),
            9,
            lambda row: row.shown_before.name(lang) if row.shown_before else None,
        ),
        Field(say("示例", "Sample"), 6, lambda row: say("示例", "sample") if row.is_sample else None),
        # from here on for the screen: a sheet of paper has no room for them
        Field(say("完成率", "Completion"), 9, lambda row: row.completion_ratio, PERCENT, is_printed=False),
        number("八成区间低", "80 % low", "projected_low_value", is_printed=False),
        number("八成区间高", "80 % high", "projected_high_value", is_printed=False),
        Field(
            say("目标形式", "Form"),
            9,
            lambda row: word("completion", "target_form", row.target_form, lang),
            is_printed=False,
        ),
        Field(
            say("目标依据", "Basis"),
            10,
            lambda row: word("completion", "target_basis", row.target_basis, lang),
            is_printed=False,
        ),
        Field(say("主题", "Theme"), 14, lambda row: row.theme_en if lang == "en" else row.theme_zh, is_printed=False),
    ]


def _rank_fields(lang: str) -> list[Field]:
    say = wording(lang)
    return [
        Field(say("单位", "Unit"), 14, lambda one: one.unit_name),
        Field(say("位次", "Rank"), 8, lambda one: one.rank, INTEGER),
        Field(say("综合得分", "Score"), 10, lambda one: one.score_ratio, PERCENT),
        Field(say("上月位次", "Last month"), 10, lambda one: one.previous_rank, INTEGER),
        Field(say("升降", "Change"), 8, lambda one: rank_change(one.rank_change)),
        Field(say("变化原因", "Cause"), 12, lambda one: word("ranking", "change_cause", one.change_cause, lang)),
        Field(say("最好位次", "Best"), 10, lambda one: one.best_rank, INTEGER),
        Field(say("最差位次", "Worst"), 10, lambda one: one.worst_rank, INTEGER),
        Field(
            say("不排名原因", "Why unranked"),
            14,
            lambda one: word("ranking", "unranked_reason", one.unranked_reason, lang),
        ),
        Field(say("示例", "Sample"), 6, lambda one: say("示例", "sample") if one.is_sample else None),
    ]


def _report_fields(lang: str) -> list[Field]:
    say = wording(lang)
    return [
        Field(say("单位", "Unit"), 14, lambda one: one.unit_name),
        Field(say("报表", "Form"), 20, lambda one: one.form_name),
        Field(say("报出期限", "Due"), 12, lambda one: one.due_on, DATE),
        Field(say("处理结果", "State"), 10, lambda one: word("reporting", "state", one.state, lang)),
        Field(say("及时", "Timeliness"), 10, lambda one: word("reporting", "timeliness", one.timeliness, lang)),
        Field(say("逾期天数", "Days late"), 9, lambda one: one.days_late_count, INTEGER),
        Field(say("应填格数", "Cells asked"), 9, lambda one: one.cells_asked_count, INTEGER),
        Field(say("已填格数", "Cells filled"), 9, lambda one: one.cells_filled_count, INTEGER),
        Field(say("报送率", "Reporting rate"), 9, lambda one: one.reporting_ratio, PERCENT),
        Field(say("及时率", "On-time rate"), 9, lambda one: one.on_time_ratio, PERCENT),
    ]


def _matrix(book: Any, formats: _Formats, document: Document, issue: Issue, name: str) -> None:
    """Indicator by unit: the pace as a number in the colour of its status, the status in words beside it."""
    lang = document.lang
    names = {row.org_unit_code: row.unit_name for row in issue.below}
    found = {(row.indicator_code, row.org_unit_code): row for row in issue.below}
    first = {row.indicator_code: row for row in issue.below}
    units, indicators = sorted(names), sorted(first)
    say = wording(lang)
    titles = [say("指标", "Indicator"), say("目标形式", "Form")]
    for unit in units:
        titles += [names[unit], say("状态", "Status")]
    sheet = _begin(book, formats, document, name, titles)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 9)
    sheet.set_column(2, len(titles) - 1, 8)
    for number, code in enumerate(indicators, start=HEAD_ROW + 1):
        _put(sheet, number, 0, first[code].name_en if lang == "en" else first[code].name_zh, formats, None, None)
        form = word("completion", "target_form", first[code].target_form, lang)
        _put(sheet, number, 1, form, formats, None, None)
        for place, unit in enumerate(units):
            row = found.get((code, unit))
            tone = row.tone if row else None
            pace = None if row is None else withheld_word(lang) if row.is_suppressed else row.pace_ratio
            told = None if row is None else row.shown.name(lang) + ("*" if row.is_provisional else "")
            _put(sheet, number, 2 + 2 * place, pace, formats, PERCENT, tone)
            _put(sheet, number, 3 + 2 * place, told, formats, None, tone)
    last = HEAD_ROW + len(indicators)
    sheet.autofilter(HEAD_ROW, 0, last, len(titles) - 1)
    sheet.print_area(0, 0, last, len(titles) - 1)


def _notes(book: Any, formats: _Formats, document: Document, name: str) -> None:
    """How the figures are to be read."""
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, NOTE_WIDTH)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    texts = [document.title, document.colophon]
    for annex in document.annexes:
        texts += [block.text for block in annex.blocks if isinstance(block, Paragraph)]
    for row, text in enumerate(texts):
        lines = ceil(sum(1 + (east_asian_width(letter) in "WFA") for letter in text) / (NOTE_WIDTH - 6))
        sheet.set_row(row, LINE_POINTS * max(lines, 1) + 3)  # no spreadsheet makes room by itself
        sheet.write_string(row, 0, text, formats(text_wrap=True, bold=row == 0))
