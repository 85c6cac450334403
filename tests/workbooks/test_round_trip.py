"""The law of the form: what a template asks, filled in and read back, is what was filled in."""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES, Cell
from openpyxl.worksheet.worksheet import Worksheet

from jindu.catalogue import load
from jindu.settings import OFFICE_TIMEZONE
from jindu.template import write_templates
from jindu.workbooks.read import vocabulary_of
from jindu.workbooks.reader import read
from jindu.workbooks.template import NOT_APPLICABLE_WORDS
from jindu.workbooks.words import shipped_words
from jindu.workbooks.worker import CellRow

AS_OF = datetime(2024, 7, 3, 9, tzinfo=OFFICE_TIMEZONE)
DISTRICT, OFFICE, WEST, EAST = "990101", "990101001", "990101002", "990101001001"
UNITS = f"""code,name,short_name,level,parent_code
{DISTRICT},示例区,示例区,district,
{OFFICE},东示例街道,东街道,subdistrict,{DISTRICT}
{WEST},西示例街道,西街道,subdistrict,{DISTRICT}
{EAST},示例社区,示例社区,community,{OFFICE}
"""
LEVELS = {"community": ("community", EAST), "district": ("subdistrict", DISTRICT)}  # of a form: its rows', its sender
FIELDS = {  # as the template heads them
    "本月数": "month_value",
    "本年累计": "ytd_value",
    "上年同期累计": "prior_ytd_value",
    "完成日期": "finished_on",
    "备注": "note",
}
UNITS_OF_KIND = {
    "flow": ("件", "人次", "元", "万元", "亿元"),
    "stock": ("户", "万元"),
    "ratio": ("%",),
    "milestone": ("进度",),
}
WIDE = {ord("!") + offset: chr(0xFF01 + offset) for offset in range(94)}
LARGEST = 10**8  # 12 digits with four decimals: a double holds them
HEADER_ROW = 5


@dataclass(frozen=True)
class Indicator:
    """A line of indicator.csv and of form_indicator.csv."""

    code: str
    name: str
    kind: str
    unit: str
    decimals: int
    theme: str
    cells_required: str
    is_required: bool


@dataclass(frozen=True)
class Office:
    """A catalogue with one form."""

    level: str
    form_name: str
    indicators: tuple[Indicator, ...]
    month: date


Answer = tuple[str, Any]  # the state of a cell and what it says
words = st.text("东街走访企业调解低保户数其中新增（）《》、·-%ab1", min_size=1, max_size=14).filter(str.strip)


@st.composite
def indicators(draw: st.DrawFn) -> Indicator:
    kind = draw(st.sampled_from(sorted(UNITS_OF_KIND)))
    return Indicator(
        code=draw(st.from_regex(r"[a-z][a-z0-9_]{0,14}", fullmatch=True)),
        name="指标" + draw(words),
        kind=kind,
        unit=draw(st.sampled_from(UNITS_OF_KIND[kind])),
        decimals=draw(st.integers(0, 4)),
        theme=draw(st.sampled_from(["", "law", "welfare"])),
        cells_required=draw(st.sampled_from(["", "month", "ytd", "both", "either"])),
        is_required=draw(st.booleans()),
    )


offices = st.builds(
    Office,
    level=st.sampled_from(sorted(LEVELS)),
    form_name=words.map(lambda name: f"示例{name}月报"),
    indicators=st.lists(
        indicators(), min_size=1, max_size=6, unique_by=(lambda one: one.code, lambda one: one.name)
    ).map(tuple),
    month=st.integers(1, 12).map(lambda month: date(2024, month, 1)),
)
notes = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=60),
    st.sampled_from(
        ["填报人：示例", "更正说明：上月漏报", "报告期：2024年1月", "指标代码", "合计", "一、", "注：", "1,23"]
    ),
).filter(lambda note: not note.startswith("=") and note not in ERROR_CODES)  # a spreadsheet takes them for others
SIGNATURES = ("填报人：", "审核人：", "更正说明：")  # below the table
signatures = st.tuples(*[st.text("示例漏报更正甲乙 ，。、;abc0123", max_size=30)] * len(SIGNATURES))


def write_catalogue(folder: Path, office: Office) -> None:
    """The reference folder, as an office keeps it."""
    row_level, _ = LEVELS[office.level]
    indicator = ["code,name_zh,kind,unit,direction,reporting_level,source_form,decimals,theme,minimum,maximum"]
    asked = ["form_code,indicator_code,cells_required,is_required"]
    for one in office.indicators:
        bounds = "0,1" if one.kind in ("ratio", "milestone") else ","
        facts = (one.code, one.name, one.kind, one.unit, "none", row_level, "monthly", one.decimals, one.theme, bounds)
        indicator.append(",".join(map(str, facts)))
        asked.append(f"monthly,{one.code},{one.cells_required},{str(one.is_required).lower()}")
    files = {
        "org_unit": UNITS,
        "theme": "code,name_zh\nlaw,法治\nwelfare,民生\n",
        "form": "code,name_zh,level,template_version,first_month\n"
        f"monthly,{office.form_name},{office.level},2.0,2024-01\n",
        "indicator": "\n".join(indicator) + "\n",
        "form_indicator": "\n".join(asked) + "\n",
        "target": "plan_year,org_unit_code,indicator_code,target_form,value\n",
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def amounts(one: Indicator) -> st.SearchStrategy[Decimal]:
    """What an indicator can be: a share of 1 for a rate, else anything of its decimals."""
    if one.kind in ("ratio", "milestone"):
        return st.decimals(0, 1, places=4)
    return st.decimals(-LARGEST, LARGEST, places=one.decimals)


def writings(one: Indicator) -> list[Callable[[Decimal], object]]:
    """The ways in which a person may write an amount of an indicator."""
    ways: list[Callable[[Decimal], object]] = [
        float,
        str,
        lambda value: f"{value:,}",
        lambda value: f"{value:,}".translate(WIDE),
        lambda value: f" {value}\u3000",
    ]
    if one.unit == "%":
        return [*ways, lambda value: f"{value * 100:f}%", lambda value: f"{value * 100:f}％"]
    return ways if one.unit == "进度" else [*ways, lambda value: f"{value}{one.unit}", lambda value: f"{value}余"]


@st.composite
def figures(draw: st.DrawFn, one: Indicator) -> tuple[object, Answer]:
    """What is typed into a cell for a figure, and what it says."""
    kind = draw(st.sampled_from(["number", "number", "number", "blank", "not_applicable"]))
    if kind == "blank":
        return draw(st.sampled_from([None, " "])), ("blank", None)
    if kind == "not_applicable":
        return draw(st.sampled_from(NOT_APPLICABLE_WORDS)), ("not_applicable", None)
    value = draw(amounts(one))
    return draw(st.sampled_from(writings(one)))(value), ("number", value)


@st.composite
def days(draw: st.DrawFn) -> tuple[object, Answer]:
    """What is typed for a day."""
    day = draw(st.none() | st.dates(date(2024, 1, 1), date(2024, 12, 31)))
    if day is None:
        return None, ("blank", None)
    spoken = [f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}", day.isoformat()]
    return draw(st.sampled_from([day, *spoken])), ("date", day.isoformat())


@dataclass(frozen=True)
class Filled:
    """A form that somebody filled in: what each cell says, by subject, indicator and field."""

    path: Path
    answers: dict[tuple[str, str, str], Answer]
    signed: tuple[str | None, ...]  # who filled it in, who approved it, why it corrects an earlier one


def open_cells(sheet: Worksheet) -> Iterator[tuple[str, str, str, Cell]]:
    """Every cell that the form asks for, with its subject's code (or ""), its indicator's and its field."""
    header = {re.sub(r"\s", "", str(cell.value)): cell.column for cell in sheet[HEADER_ROW] if cell.value}
    for row in range(HEADER_ROW + 1, sheet.max_row + 1):
        code = sheet.cell(row, header["指标代码"]).value
        subject = sheet.cell(row, header["填报对象代码"]).value if "填报对象代码" in header else ""
        for heading, field in FIELDS.items():
            cell = sheet.cell(row, header[heading]) if heading in header else None
            if code and isinstance(cell, Cell) and not cell.protection.locked:
                yield str(subject), str(code), field, cell


def fill_in(data: st.DataObject, path: Path, office: Office) -> Filled:
    """Fill in the form as its clerk would, with a program that knows nothing of ours."""
    by_code = {one.code: one for one in office.indicators}
    answers: dict[tuple[str, str, str], Answer] = {}
    book = load_workbook(path)
    for subject, code, field, cell in open_cells(book.worksheets[0]):
        if field == "note":
            typed: object = data.draw(notes)
            answer: Answer = ("text", str(typed).strip()) if str(typed).strip() else ("blank", None)
        else:
            typed, answer = data.draw(days() if field == "finished_on" else figures(by_code[code]))
        cell.value = typed  # type: ignore[assignment]
        answers[subject, code, field] = answer
    signed = data.draw(signatures)
    for label, text in zip(SIGNATURES, signed, strict=True):
        beside(book.worksheets[0], label).value = text or None
    book.save(path)
    return Filled(path, answers, tuple(text.strip() or None for text in signed))


def beside(sheet: Worksheet, label: str) -> Cell:
    """The cell to the right of a label that stands alone."""
    (row, place) = next(
        (row, place) for row in sheet.iter_rows() for place, cell in enumerate(row) if cell.value == label
    )
    return next(cell for cell in row[place + 1 :] if isinstance(cell, Cell))


def said(cell: CellRow) -> Answer:
    """What a cell that was read says."""
    if cell.state == "number":
        return "number", Decimal(str(cell.number_value))
    return cell.state, cell.date_value or (cell.text if cell.state == "text" else None)


def read_back(cells: list[CellRow]) -> dict[tuple[str, str, str], Answer]:
    """What the reader found, by subject, indicator and field."""
    keys = {
        name: {cell.row_number: str(cell.text) for cell in cells if cell.field == name}
        for name in ("indicator_code", "org_unit_code")
    }
    return {
        (keys["org_unit_code"].get(cell.row_number, ""), keys["indicator_code"][cell.row_number], cell.field): said(
            cell
        )
        for cell in cells
        if cell.field in FIELDS.values()
    }


# an example takes a second: shrinking one takes many minutes, so a failure is told as it was found
@settings(
    max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(office=offices, data=st.data())
def test_any_catalogue_and_any_values_come_back_the_same(office: Office, data: st.DataObject) -> None:
    _, sender = LEVELS[office.level]
    with tempfile.TemporaryDirectory() as made:
        reference, forms = Path(made) / "reference", Path(made) / "forms"
        reference.mkdir()
        write_catalogue(reference, office)
        (path,) = write_templates(reference, None, AS_OF, forms, month=office.month, units=[sender])
        filled = fill_in(data, path, office)
        document, cells = read(filled.path, filled.path.name, vocabulary_of(load(reference).tables))
    assert document.is_readable, document.refusal_en
    assert (document.form_text, document.template_version) == (office.form_name, "2.0")
    assert (document.sender_text, document.meta_sender_code) == (sender, sender)
    assert document.report_month == document.meta_report_month == office.month.isoformat()
    assert (document.filled_by, document.approved_by, document.correction_reason) == filled.signed
    found = read_back(list(cells))
    assert {key: found.get(key) for key in filled.answers} == filled.answers
    unasked = {key: answer for key, answer in found.items() if key not in filled.answers}
    assert {answer for answer in unasked.values()} <= {("blank", None)}


def test_every_mark_that_the_form_takes_for_not_applicable_is_read_as_one() -> None:
    assert all(shipped_words().says_not_applicable(word) for word in NOT_APPLICABLE_WORDS)
