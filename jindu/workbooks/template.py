"""The form that goes out to a sender: filled in with what is known, locked but for what is asked, checking itself."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

from jindu.workbooks.form import (
    ASKED_HEADING,
    HEADER_FONT,
    HEADER_ROW,
    LINE_HEIGHT,
    NOT_APPLICABLE,
    SHEET_NAME_LIMIT,
    TEXT_FONT,
    Column,
    FormHeading,
    Styles,
    line_ends,
    month_text,
    new_book,
    number_format_of,
    set_up_print,
    text_width,
    write_cell,
    write_heading,
    write_keys,
)
from jindu.workbooks.numbers import EXCEL_EPOCH
from jindu.workbooks.self_check import (
    ASK,
    FINE,
    FINISHED,
    MONTH,
    MUST,
    NA_NAME,
    PENDING,
    PRIOR,
    UNEXPLAINED_NAME,
    YTD,
    CheckedRow,
    Part,
    allowed_formula,
    check_formula,
    first_message,
    first_summary,
    summary_formula,
)

LIST_SHEET = "列表"
PROGRESS_NAME = "进度选项"
PROGRESS_STEPS = (Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal(1))
NOT_APPLICABLE_WORDS = (
    NOT_APPLICABLE,
    "无此项",
    "/",
    "N/A",
    "—",
    "——",
    "–",
)  # of wording.csv
EMPTY_NOTES = ("/", "-", "—", "——")  # marks that are no explanation, beside the phrases of unexplained.csv
PALE, GREY, RED, ORANGE = "#FFF7D6", "#F2F2F2", "#FFC7CE", "#FFD9A8"
DARK_RED, DARK_ORANGE, DARK_GREEN, DARK_GREY = "#9C0006", "#974706", "#2E6B34", "#7F7F7F"
ROW_HEIGHT = 25.0  # points: two lines of a message
NUMERALS = "一二三四五六七八九十"
KINDS = {
    "flow": ("累计型", "当月新发生的数，不含以前月份", "1 月至本月合计，等于上月累计加本月数"),
    "stock": ("时点型", "月末的实有数", "与本月数相同，不用填"),
    "ratio": ("比率型", "当月的比率，以百分数填写", "截至本月的比率，以百分数填写"),
    "milestone": ("节点型", "截至月末的完成进度，0%–100%；完成后再填完成日期", "不用填"),
    "growth": ("增幅型", "由累计数算出，不用填", "由累计数算出，不用填"),
}
RANK_METRICS = {"level": "按数量", "growth": "按增幅", "pace": "按进度"}
HEADER_NOTES = {
    "previous": "由系统带出，不用填。累计型是上月为止的本年累计，时点型和节点型是最近一次报的数；空白表示系统里没有。",
    "prior_ytd": "灰格是去年报过的数，由系统带出；黄格请按去年同期的累计数填写。",
    "note": "数字超出常理又属实的，写明原因。只写“核实无误”“属实”不算说明。不要写身份证号和电话号码。",
    "check": f"边填边核对：{MUST}不改正会被退回；{ASK}请改正，属实的在备注写明原因；{FINE}没有问题。",
}


@dataclass(frozen=True)
class Known:
    """What earlier reports say of a subject and indicator; None where they say nothing."""

    previous_value: Decimal | None = None  # a flow: last month's cumulative; else the last value
    is_previous_month: bool = False  # the level is that of the very month before
    prior_ytd_value: Decimal | None = None
    usual_month_value: Decimal | None = None  # the median month, and the median month's worth of a cumulative
    usual_ytd_value: Decimal | None = None
    finished_on: date | None = None


@dataclass(frozen=True)
class AskedRow:
    """One subject × indicator that the form asks; a rate is 0–1."""

    indicator_code: str
    indicator_name: str
    kind: str
    unit: str
    subject_code: str
    subject_name: str
    cells_required: str = "either"
    is_required: bool = True
    decimals: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    theme: str = ""
    definition: str = ""
    source_section: str = ""
    owner: str = ""
    whole_codes: tuple[str, ...] = ()  # indicators that this one is a part of
    added_codes: tuple[str, ...] = ()  # flows that add to this level, and that take from it
    removed_codes: tuple[str, ...] = ()
    published_rank_metric: str = ""
    known: Known = field(default_factory=Known)

    @property
    def asks_month(self) -> bool:
        """Whether 本月数 is to fill."""
        return self.cells_required != "ytd"

    @property
    def asks_ytd(self) -> bool:
        """Whether 本年累计 is to fill."""
        return self.cells_required != "month"

    @property
    def asks_prior(self) -> bool:
        """Whether 上年同期累计 is to fill: for a flow, where we do not know it."""
        return self.kind == "flow" and self.known.prior_ytd_value is None

    @property
    def is_rate(self) -> bool:
        """Whether it is filled in as a percentage."""
        return self.kind in ("ratio", "milestone")

    @property
    def asked_mark(self) -> str:
        """What the hidden column says is to fill."""
        return self.cells_required + (" prior" if self.asks_prior else "")


@dataclass(frozen=True)
class Template:
    """One form of one sender and month, with all that is known about it."""

    heading: FormHeading
    due_on: date
    rows: tuple[AskedRow, ...]
    has_ranks: bool = False
    unexplained: tuple[str, ...] = ()


def write_template(path: Path, template: Template) -> None:
    """Write one workbook; the same template gives the same bytes."""
    book = new_book(path, template.heading)
    _Drawing(book, template).draw()
    book.close()


class _Drawing:
    """One workbook while it is drawn: where each column is, and the row of each question."""

    def __init__(self, book: Any, template: Template) -> None:
        self.book = book
        self.template = template
        self.styles = Styles(book)
        self.sheet = book.add_worksheet(template.heading.form_name[:SHEET_NAME_LIMIT])
        self.printed, self.beside = _columns(template)
        self.columns = [*self.printed, *self.beside]
        self.place = {column.field: place for place, column in enumerate(self.columns)}
        self.bands, self.lines = _lines(template.rows)
        self.row_of = {(row.indicator_code, row.subject_code): number for number, row in self.lines.items()}
        self.first, self.last = HEADER_ROW + 1, max((*self.lines, *self.bands), default=HEADER_ROW + 1)

    def draw(self) -> None:
        """Everything, in the order of the page."""
        heading, due = self.template.heading, self.template.due_on
        write_heading(self.sheet, self.styles, heading, self.printed, [f"报送截止：{_day_text(due)}"])
        self._header()
        for number, theme in self.bands.items():
            self._band(number, theme)
        for number, row in self.lines.items():
            self._line(number, row)
        self._summary()
        self._colours()
        self._note_prompt()
        last = self._signatures(self.last + 2)
        self._page(last)
        self._lists()
        write_keys(self.book, heading)

    def _header(self) -> None:
        style = self.styles.get(font_name=HEADER_FONT, border=1, align="center", text_wrap=True, bg_color="#EDEDED")
        small = self.styles.get(font_size=8, font_color=DARK_GREY, align="center")
        for place, column in enumerate(self.columns):
            is_code = column.style == "code"
            self.sheet.set_column(place, place, column.width, None, {"hidden": column.style == "hidden"})
            self.sheet.write_string(HEADER_ROW, place, column.heading, small if is_code else style)
            if column.field in HEADER_NOTES:
                self._comment(HEADER_ROW, place, HEADER_NOTES[column.field])
        self.sheet.set_row(HEADER_ROW, 2 * LINE_HEIGHT)

    def _band(self, number: int, theme: str) -> None:
        style = self.styles.get(font_name=HEADER_FONT, border=1, align="left", indent=1, bg_color="#F7F7F7")
        self.sheet.merge_range(number, 0, number, len(self.printed) - 1, theme, style)
        self.sheet.write_blank(number, self.place["check"], None, style)
        self.sheet.set_row(number, 19)

    def _line(self, number: int, row: AskedRow) -> None:
        texts = {
            "number": number - HEADER_ROW - sum(band < number for band in self.bands),
            "indicator_name": row.indicator_name,
            "subject_name": row.subject_name,
            "unit": row.unit,
            "indicator_code": row.indicator_code,
            "subject_code": row.subject_code,
            "published_rank_metric": row.published_rank_metric,
            "asked": row.asked_mark,
        }
        for field_name, value in texts.items():
            if field_name in self.place:
                self._write(number, field_name, value, self._fixed(field_name, value))
        self._comment(number, self.place["indicator_name"], _explanation(row))
        self._values(number, row)
        checked = self.checked(number, row)
        self._check_cell(number, row, checked)
        self._validate(number, row, checked)
        name_lines = -(-text_width(row.indicator_name) // int(self.columns[1].width - 2))
        self.sheet.set_row(number, max(ROW_HEIGHT, name_lines * LINE_HEIGHT + 3))

    def _values(self, number: int, row: AskedRow) -> None:
        done = row.known.finished_on is not None
        shown = "0%" if row.kind == "milestone" else number_format_of(row.decimals, row.is_rate)
        number_style = {"align": "right", "num_format": f"{shown}_ "}  # LibreOffice drops some cells' indent
        day_style = {"align": "center", "num_format": "yyyy-mm-dd"}
        cells: list[tuple[str, Any, bool, dict[str, Any]]] = [
            ("previous", row.known.previous_value, False, number_style),
            ("month_value", Decimal(1) if done and row.asks_month else None, row.asks_month, number_style),
            ("ytd_value", None, row.asks_ytd, number_style),
            ("prior_ytd_value", row.known.prior_ytd_value, row.asks_prior, number_style),
            ("published_rank", None, bool(row.published_rank_metric), {"align": "center", "num_format": "0"}),
            ("finished_on", row.known.finished_on, row.kind == "milestone", day_style),
            ("note", None, True, {"align": "left", "indent": 1, "text_wrap": True, "font_size": 10}),
        ]
        for field_name, value, is_asked, style in cells:
            if field_name in self.place:
                shade = {} if is_asked else {"bg_color": GREY}
                self._write(number, field_name, value, self.styles.get(border=1, locked=not is_asked, **style, **shade))

    def _write(self, number: int, field_name: str, value: Any, style: Any) -> None:
        write_cell(self.sheet, number, self.place[field_name], value, style)

    def _fixed(self, field_name: str, value: Any) -> Any:
        column = self.columns[self.place[field_name]]
        if column.style in ("code", "hidden"):
            return self.styles.get(font_size=8, font_color=DARK_GREY, indent=1)
        if column.style == "metric":  # the machine's word in the cell, the clerk's on the screen
            shown = f';;;"{RANK_METRICS[value]}"' if value in RANK_METRICS else "General"
            return self.styles.get(border=1, align="center", num_format=shown, bg_color=GREY)
        if column.style == "centre":
            return self.styles.get(border=1, align="center", shrink=True)
        return self.styles.get(border=1, align="left", indent=1, text_wrap=True)

    def checked(self, number: int, row: AskedRow) -> CheckedRow:
        """The row with the addresses of its cells and of those that it is compared with."""
        month = self.template.heading.report_month
        month_end = month.replace(day=monthrange(month.year, month.month)[1])
        has_previous = row.known.previous_value is not None
        return CheckedRow(
            kind=row.kind,
            decimals=row.decimals,
            cells_required=row.cells_required,
            is_required=row.is_required,
            minimum=row.minimum,
            maximum=row.maximum,
            month=self._cell(number, "month_value") if row.asks_month else "",
            ytd=self._cell(number, "ytd_value") if row.asks_ytd else "",
            prior=self._cell(number, "prior_ytd_value") if row.asks_prior else "",
            finished=self._cell(number, "finished_on") if row.kind == "milestone" else "",
            note=self._cell(number, "note"),
            previous=self._cell(number, "previous") if has_previous else "",
            previous_level=self._cell(number, "previous") if row.known.is_previous_month and month.month > 1 else "",
            month_end=(month_end - EXCEL_EPOCH).days,
            usual_month_value=row.known.usual_month_value,
            usual_ytd_value=row.known.usual_ytd_value,
            month_number=month.month,
            unit=row.unit,
            wholes=tuple(
                Part(
                    whole.indicator_name,
                    whole.kind,
                    self._if_asked(place, whole, MONTH),
                    self._if_asked(place, whole, YTD),
                )
                for whole, place in self._others(row, row.whole_codes)
            ),
            added=self._movements(row, row.added_codes),
            removed=self._movements(row, row.removed_codes),
        )

    def _others(self, row: AskedRow, codes: Sequence[str]) -> Iterator[tuple[AskedRow, int]]:
        for code in codes:
            if place := self.row_of.get((code, row.subject_code)):
                yield self.lines[place], place

    def _if_asked(self, number: int, row: AskedRow, heading: str) -> str:
        is_asked = row.asks_month if heading == MONTH else row.asks_ytd
        return self._cell(number, "month_value" if heading == MONTH else "ytd_value") if is_asked else ""

    def _movements(self, row: AskedRow, codes: Sequence[str]) -> tuple[str, ...]:
        """The month cells of what moves this level; none when one of them is not in the form."""
        cells = [self._if_asked(place, other, MONTH) for other, place in self._others(row, codes)]
        return tuple(cells) if len(cells) == len(codes) and all(cells) else ()

    def _cell(self, number: int, field_name: str) -> str:
        return str(xl_rowcol_to_cell(number, self.place[field_name]))

    def _range(self, field_name: str) -> str:
        place = self.place[field_name]
        return str(xl_range_abs(self.first, place, self.last, place))

    def _check_cell(self, number: int, row: AskedRow, checked: CheckedRow) -> None:
        style = self.styles.get(border=1, font_size=9, indent=1, text_wrap=True, align="left", font_color=DARK_GREY)
        is_filled = row.known.finished_on is not None and row.asks_month
        message = first_message(checked, is_filled)
        self.sheet.write_formula(number, self.place["check"], check_formula(checked), style, message)

    def _validate(self, number: int, row: AskedRow, checked: CheckedRow) -> None:
        whole = "整数" if row.decimals == 0 else f"最多 {row.decimals} 位小数"
        _, month_meaning, ytd_meaning = KINDS[row.kind]
        absent = f"没有发生填 0，没有这项业务填“{NOT_APPLICABLE}”。"
        rate = "以百分数填写，如 95%。" if row.is_rate else f"单位是{row.unit}，{whole}。"
        for cell, heading, meaning in (
            (checked.month, MONTH, month_meaning),
            (checked.ytd, YTD, ytd_meaning),
            (checked.prior, PRIOR, "去年 1 月至同月的累计数"),
        ):
            if not cell:
                continue
            rules: dict[str, Any] = {
                "input_title": heading,
                "input_message": f"{meaning}。{rate}{'' if heading == PRIOR else absent}",
                "error_title": f"{heading}填写有误",
                "error_message": f"这里只能填数字（{'0%–100% 的百分数' if row.is_rate else whole + '，不带单位'}）"
                f"或“{NOT_APPLICABLE}”。请按“重试”重新填写。",
            }
            if row.kind == "milestone":  # a list to choose from; any other progress may be typed, 自检 judges it
                rules |= {"validate": "list", "source": f"={PROGRESS_NAME}", "show_error": False}
            else:
                rules |= {"validate": "custom", "value": allowed_formula(checked, cell, heading)}
            self.sheet.data_validation(cell, rules)
        if checked.finished:
            month = self.template.heading.report_month
            self.sheet.data_validation(
                checked.finished,
                {
                    "validate": "date",
                    "criteria": "between",
                    "minimum": date(2000, 1, 1),
                    "maximum": month.replace(day=monthrange(month.year, month.month)[1]),
                    "input_title": FINISHED,
                    "input_message": "全部完成的那一天，如 2024-07-05；还没有完成的留空。",
                    "error_title": f"{FINISHED}填写有误",
                    "error_message": "请填日期，如 2024-07-05，不晚于报告期最后一天；以后完成的，到那个月再填。",
                },
            )

    def _note_prompt(self) -> None:
        place = self.place["note"]
        self.sheet.data_validation(
            self.first,
            place,
            self.last,
            place,
            {
                "validate": "length",
                "criteria": "<=",
                "value": 500,
                "input_title": "备注",
                "input_message": f"自检提示{ASK}而数字属实的，写明原因；只写“核实无误”不算。不要写身份证号和电话。",
                "error_title": "备注太长",
                "error_message": "备注最多 500 个字。仍要这样填写吗？",
                "error_type": "warning",
            },
        )

    def _summary(self) -> None:
        legend = f"黄格要填；没有发生填 0，没有这项业务填“{NOT_APPLICABLE}”；{MUST}须改正，{ASK}改正或在备注写明原因"
        asked_count = sum(2 if row.cells_required == "both" else 1 for row in self.template.rows)
        filled_count = sum(row.known.finished_on is not None and row.asks_month for row in self.template.rows)
        shown = first_summary(filled_count, asked_count)
        end = line_ends(self.printed, [shown, legend])[0]
        row = HEADER_ROW - 1
        bold = self.styles.get(font_name=HEADER_FONT, align="left")
        formula = summary_formula(
            asked_count, *(self._range(name) for name in ("month_value", "ytd_value", "asked", "check"))
        )
        self.sheet.merge_range(row, 0, row, end, "", bold)
        self.sheet.write_formula(row, 0, formula, bold, shown)
        small = self.styles.get(font_size=9, align="right", font_color=DARK_GREY, shrink=True)
        self.sheet.merge_range(row, end + 1, row, len(self.printed) - 1, legend, small)
        self.sheet.set_row(row, 20)

    def _colours(self) -> None:
        """The offending cell red or orange, what is still to fill pale; the messages in the same colours."""
        check = f"${xl_col_to_name(self.place['check'])}{self.first + 1}"
        asked = f"${xl_col_to_name(self.place['asked'])}{self.first + 1}"
        red, orange, pale = ({"bg_color": colour} for colour in (RED, ORANGE, PALE))
        is_open = {
            "month_value": f'AND(LEN({asked})>0,LEFT({asked},3)<>"ytd",LEFT({check},2)="{PENDING}")',
            "ytd_value": f'AND(LEN({asked})>0,LEFT({asked},5)<>"month",LEFT({check},2)="{PENDING}")',
            "prior_ytd_value": f'RIGHT({asked},5)="prior"',
            "note": f'LEFT({check},{len(ASK)})="{ASK}"',
        }
        headings = {"month_value": MONTH, "ytd_value": YTD, "prior_ytd_value": PRIOR, "finished_on": FINISHED}
        for name in ("month_value", "ytd_value", "prior_ytd_value", "finished_on", "note"):
            if name not in self.place:
                continue
            for mark, colour in ((MUST, red), (ASK, orange)) if name in headings else ():
                start = mark + headings[name]
                self._colour(name, f'LEFT({check},{len(start)})="{start}"', colour)
            if name in is_open:
                cell = f"${xl_col_to_name(self.place[name])}{self.first + 1}"
                self._colour(name, f"AND(LEN(TRIM({cell}))=0,{is_open[name]})", pale)
        for mark, font in ((MUST, DARK_RED), (ASK, DARK_ORANGE), (FINE, DARK_GREEN)):
            self._colour("check", f'LEFT({check},{len(mark)})="{mark}"', {"font_color": font, "bold": mark == MUST})

    def _colour(self, name: str, formula: str, properties: dict[str, Any]) -> None:
        place = self.place[name]
        rule = {"type": "formula", "criteria": f"={formula}", "format": self.book.add_format(properties)}
        self.sheet.conditional_format(self.first, place, self.last, place, rule)

    def _signatures(self, row: int) -> int:
        """Who filled and approved the form and when it left, and why it corrects an earlier one; the last row."""
        unit, month, last = self.place["unit"], self.place["month_value"], len(self.printed) - 1
        heading = self.template.heading
        label = self.styles.get(align="right")
        entry = self.styles.get(align="left", indent=1, bottom=1, locked=False)
        day = self.styles.get(align="left", indent=1, bottom=1, locked=False, num_format="yyyy-mm-dd")
        for text, start, end, first, final, value, style in (
            ("填报人：", 0, unit - 1, unit, month - 1, heading.filled_by, entry),
            ("审核人：", month, month, month + 1, last - 2, heading.approved_by, entry),
            ("报出日期：", last - 1, last - 1, last, last, heading.reported_on, day),
        ):
            self._span(row, start, end, text, label)
            self._span(row, first, final, value, style)
        reported_on = xl_rowcol_to_cell(row, last)
        self.sheet.data_validation(
            reported_on,
            {
                "validate": "date",
                "criteria": "between",
                "minimum": date(2000, 1, 1),
                "maximum": date(2099, 12, 31),
                "input_title": "报出日期",
                "input_message": "审核通过后送出的那一天，如 2024-11-05。",
                "error_title": "报出日期填写有误",
                "error_message": "请填日期，如 2024-11-05。",
            },
        )
        self._span(row + 1, 0, unit - 1, "更正说明：", label)
        self._span(row + 1, unit, last, heading.correction_reason, entry)
        self.sheet.data_validation(
            row + 1,
            unit,
            row + 1,
            unit,
            {
                "validate": "any",
                "input_title": "更正说明",
                "input_message": "第一次报送不用填。更正已经报过的数，请写明改了什么、为什么；锁定日之后更正必须填写。",
            },
        )
        for number in (row, row + 1):
            self.sheet.set_row(number, 24)
        return row + 1

    def _span(self, row: int, first: int, last: int, value: Any, style: Any) -> None:
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", style)
        write_cell(self.sheet, row, first, value, style)

    def _page(self, last_row: int) -> None:
        named = self.place.get("subject_name", self.place["indicator_name"]) + 1
        set_up_print(self.sheet, self.printed, last_row, named)
        heading = self.template.heading
        told = [heading.sender_name, month_text(heading.report_month)]
        told += [f"模板版本 {heading.template_version}"] if heading.template_version else []
        left = " · ".join(told).replace("&", "&&")
        # the space keeps a name that begins with a digit out of the font size
        self.sheet.set_footer(f'&L&"{TEXT_FONT}"&9 {left}&C&"{TEXT_FONT}"第 &P 页 共 &N 页')
        self.sheet.protect("", {"format_columns": True, "format_rows": True})
        first = next((number for number in self.lines), self.first)
        self.sheet.set_selection(first, self.place["month_value"], first, self.place["month_value"])

    def _lists(self) -> None:
        """What the validations and formulas look up: named ranges, because WPS does not take lists written inline."""
        sheet = self.book.add_worksheet(LIST_SHEET)
        share = self.styles.get(num_format="0%")
        phrases = [*EMPTY_NOTES, *self.template.unexplained]
        lists: tuple[tuple[str, Sequence[str | Decimal]], ...] = (
            (NA_NAME, NOT_APPLICABLE_WORDS),
            (PROGRESS_NAME, (*PROGRESS_STEPS, NOT_APPLICABLE)),
            (UNEXPLAINED_NAME, phrases),
        )
        for column, (name, entries) in enumerate(lists):
            sheet.write_string(0, column, name)
            for row, entry in enumerate(entries, start=1):
                write_cell(sheet, row, column, entry, share)
            area = xl_range_abs(1, column, len(entries), column)
            self.book.define_name(name, f"={LIST_SHEET}!{area}")
        sheet.protect()
        sheet.hide()

    def _comment(self, row: int, column: int, text: str) -> None:
        lines = sum(-(-text_width(line) // 44) for line in text.split("\n"))
        options = {"width": 300, "height": 22 + 17 * lines, "font_name": "宋体", "font_size": 9, "color": "#FFFFE1"}
        self.sheet.write_comment(row, column, text, options | {"author": self.template.heading.form_name})


def _columns(template: Template) -> tuple[list[Column], list[Column]]:
    """What is printed, and what stands beside it on the screen: the check, and the codes that only the reader needs."""
    heading, rows = template.heading, template.rows
    has_subjects = any(row.subject_code != heading.sender_code for row in rows)
    printed = [Column("number", "序号", 5, "centre"), Column("indicator_name", "指标名称", 34)]
    if has_subjects:
        printed.append(Column("subject_name", "填报对象", 15))
    printed += [
        Column("unit", "计量单位", 8.5, "centre"),
        Column("previous", "上月累计\n或月末数", 13, "number"),
        Column("month_value", MONTH, 13, "number"),
        Column("ytd_value", YTD, 13, "number"),
        Column("prior_ytd_value", "上年同期\n累计", 13, "number"),
    ]
    if template.has_ranks:
        printed += [Column("published_rank", "区内位次", 6.5, "centre")]
        printed += [Column("published_rank_metric", "位次口径", 7, "metric")]
    if any(row.kind == "milestone" for row in rows):
        printed.append(Column("finished_on", FINISHED, 12, "date"))
    printed.append(Column("note", "备注", 26))
    beside = [Column("check", "自检", 36), Column("indicator_code", "指标代码", 22, "code")]
    if has_subjects:
        beside.append(Column("subject_code", "填报对象代码", 13, "code"))
    return printed, [*beside, Column("asked", ASKED_HEADING, 8, "hidden")]


def _lines(rows: Sequence[AskedRow]) -> tuple[dict[int, str], dict[int, AskedRow]]:
    """The sheet row of each theme's band and of each question; themes stay together, in the order they first come."""
    first_place: dict[str, int] = {}
    for place, row in enumerate(rows):
        first_place.setdefault(row.theme, place)
    ordered = sorted(rows, key=lambda row: first_place[row.theme])
    has_bands = len(first_place) > 1
    bands: dict[int, str] = {}
    lines: dict[int, AskedRow] = {}
    number = HEADER_ROW
    theme = None
    for row in ordered:
        if has_bands and row.theme != theme:
            number += 1
            theme = row.theme
            bands[number] = f"{_numeral(len(bands) + 1)}、{theme or '其他'}"
        number += 1
        lines[number] = row
    return bands, lines


def _explanation(row: AskedRow) -> str:
    """What the note on an indicator's name says."""
    kind, month, ytd = KINDS[row.kind]
    places = "" if row.is_rate else "，取整数" if row.decimals == 0 else f"，{row.decimals} 位小数"
    lines = [
        f"【{row.indicator_name}】",
        f"指标解释：{row.definition}" if row.definition else "",
        f"类型：{kind}；计量单位：{row.unit}{places}",
        f"{MONTH}：{month}" if row.asks_month else "",
        f"{YTD}：{ytd}" if row.asks_ytd else "",
        f"出处：{row.source_section}" if row.source_section else "",
        f"责任科室：{row.owner}" if row.owner else "",
        "" if row.is_required else "选填项，只用于核对",
    ]
    return "\n".join(line for line in lines if line)


def _numeral(number: int) -> str:
    """1–99 in Chinese numerals, as headings are counted."""
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十"
    return lead + (NUMERALS[ones - 1] if ones else "")


def _day_text(day: date) -> str:
    return f"{month_text(day)}{day.day}日"
