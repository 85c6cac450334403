"""What a cell says, case by case: the traps that cost an office a wrong figure."""

import csv
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jindu.catalogue.tables import WORDING_MEANINGS
from jindu.workbooks.numbers import parse, parse_day, parse_month, read_month, with_unit
from jindu.workbooks.words import SHIPPED_FOLDER, WORDING, shipped_words, vocabulary, words_of

WIDE = {ord("!") + offset: chr(0xFF01 + offset) for offset in range(94)}


def wide(text: str) -> str:
    """The text as a Chinese input method types it in full width."""
    return text.translate(WIDE)


NUMBERS = [  # content, value, unit, qualifier, a word of the treatment (None: none)
    ("0", "0", None, None, None),
    ("12", "12", None, None, None),
    ("-5", "-5", None, None, None),
    ("+5", "5", None, None, None),
    ("−5", "-5", None, None, "minus"),
    ("3.14", "3.14", None, None, None),
    (".5", "0.5", None, None, None),
    ("007", "7", None, None, "leading zeros"),
    ("-0", "0", None, None, None),
    (" 12 ", "12", None, None, "space"),
    ("\u300012", "12", None, None, "space"),
    ("12\xa0", "12", None, None, "space"),
    ("\u200b12\u202c", "12", None, None, "invisible"),
    (wide("12.5"), "12.5", None, None, "full-width"),
    (wide("-1,234"), "-1234", None, None, "thousands"),
    ("1,234", "1234", None, None, "thousands"),
    ("1,234,567.89", "1234567.89", None, None, "thousands"),
    ("95%", "0.95", "%", None, "divided by 100"),
    ("95\uff05", "0.95", "%", None, "divided by 100"),
    ("95\ufe6a", "0.95", "%", None, "divided by 100"),  # the small sign
    ("\ufe635", "-5", None, None, "full-width"),
    ("30以上", "30", None, "over", "qualifier"),
    ("300万元以上", "300", "万元", "over", "unit"),
    ("-3.2%", "-0.032", "%", None, "divided by 100"),
    ("120 %", "1.2", "%", None, "divided by 100"),
    ("6095万元", "6095", "万元", None, "unit"),
    ("1,234.5 万元", "1234.5", "万元", None, "unit"),
    ("3.2亿元", "3.2", "亿元", None, "unit"),
    ("800元", "800", "元", None, "unit"),
    ("2千元", "2", "千元", None, "unit"),
    ("300余", "300", None, "over", "qualifier"),
    ("300多", "300", None, "over", "qualifier"),
    ("300余万元", "300", "万元", "over", "qualifier"),
    ("0.123456789", "0.12345679", None, None, "8 decimals"),
    (5, "5", None, None, None),
    (0, "0", None, None, None),
    (95.5, "95.5", None, None, None),
    (0.1 + 0.2, "0.3", None, None, "15 significant"),
    (1e15, "1000000000000000", None, None, None),
    (Decimal("12.30"), "12.3", None, None, None),
]


@pytest.mark.parametrize(("content", "value", "unit", "qualifier", "treatment"), NUMBERS)
def test_numbers(content: object, value: str, unit: str | None, qualifier: str | None, treatment: str | None) -> None:
    reading = parse(content)
    assert (reading.state, reading.value, reading.unit, reading.qualifier) == (
        "number",
        Decimal(value),
        unit,
        qualifier,
    )
    assert (treatment in reading.treatment) if treatment and reading.treatment else reading.treatment == treatment


@pytest.mark.parametrize("content", [None, "", "  ", "\u3000", "\xa0", "\u200b"])
def test_blank_is_not_zero(content: object) -> None:
    assert parse(content).state == "blank"


@pytest.mark.parametrize(
    "content", ["不适用", "—", "——", "/", "\uff0f", "无此项", " 不 适 用 ", "N/A", "n/a", "–", "―", "──"]
)
def test_not_applicable_is_neither_blank_nor_zero(content: str) -> None:
    assert parse(content).state == "not_applicable"


UNREADABLE = [
    "\u2460",  # a circled 1: NFKC would make it 1
    "\u00b2",  # superscript 2
    "5\u00b2",  # not 52
    "\u2488",  # "1." in one character
    "\u2488" + "5",  # not 1.5
    "\u00bd",  # one half
    "\u0663",  # Arabic digit three
    "\U0001d7cf",  # a bold mathematical 1
    "1,23",
    wide("1,23"),
    "12,34,567",
    "1,2345",
    "1234,567",
    "0,123",
    ",123",
    "1,234,",
    "1.234.567",
    "1.234,56",
    "5.",
    ".",
    "-",
    "+",
    "%",
    "万元",
    "万元5",
    "5万",
    "5 5",
    "1 234",
    "1_000",
    "1e5",
    "1.23E+11",
    "0x10",
    "inf",
    "nan",
    "约300",
    "300左右",
    "近300",
    "<3",
    "≥5",
    "3-5",
    "3~5",
    "1/2",
    "(5)",
    "- 5",
    "--5",
    "十二",
    "零",
    "无",
    "无误",
    "12件",
    "5%%",
    "5‰",
    "¥100",
    "=1+2",
    "#REF!",
    "TRUE",
    "1。5",
    "1、234",
    "12\n34",
    "1" * 21,
    "9" * 500,
    True,
    float("nan"),
    float("inf"),
    1e20,
    datetime(2024, 3, 5),
    date(2024, 3, 5),
    time(8, 30),
]


@pytest.mark.parametrize("content", UNREADABLE)
def test_anything_doubtful_is_unreadable_rather_than_guessed(content: object) -> None:
    assert parse(content).state == "unreadable"


FORMATS = [  # number, number format, state, value, unit
    (0.95, "0%", "number", "0.95", "%"),
    (0.9512, "0.00%", "number", "0.9512", "%"),
    (95, '0"%"', "number", "0.95", "%"),  # the sign is only painted on
    (0.95, '0.00" of 100%"', "number", "0.95", None),
    (1234, "#,##0", "number", "1234", None),
    (1234.5, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "number", "1234.5", None),
    (12, '0"万元"', "number", "12", "万元"),
    (12345, "0!.0", "unreadable", None, None),  # shows 1234.5
    (12345, "#,##0,", "unreadable", None, None),  # shows 12
    (12345, '0!.0,"万元"', "unreadable", None, None),  # shows 1.2万元
    (12, "0万元", "number", "12", "万元"),
    (12, "0\\万\\元", "number", "12", "万元"),
    (12, '0"万""元"', "number", "12", "万元"),
    (12, '[红色]0.00_ "亿元"', "number", "12", "亿元"),
    (95, "0％", "number", "0.95", "%"),  # the full-width sign is only painted on
    (3.2, '0.0"亿"', "unreadable", None, None),  # 亿 of what?
    (3.2, '"约"0.0', "number", "3.2", None),
    (12, 'General"元"', "number", "12", "元"),
    (12, '"元"0.0', "number", "12", None),  # before the digits it is a label
    (12, '0.00"元";-0.00"万元"', "number", "12", "元"),
    (-12, '0.00"元";-0.00"万元"', "number", "-12", "万元"),
    (0, '0"元";-0"元";"—"', "number", "0", None),
    (200, "[>=100]0,;0", "unreadable", None, None),  # shows 0
    (20, "[>=100]0,;0", "number", "20", None),
    (20, "[<10]0,;[<30]0%;0", "number", "20", "%"),
    (20, "[$¥-804]#,##0.00;[红色]-0.00", "number", "20", None),
    (5, "#,##0.00,,", "unreadable", None, None),
]


@pytest.mark.parametrize(("number", "number_format", "state", "value", "unit"), FORMATS)
def test_the_number_format_decides_what_the_sender_saw(
    number: float, number_format: str, state: str, value: str | None, unit: str | None
) -> None:
    reading = parse(number, number_format)
    assert (reading.state, reading.value, reading.unit) == (state, Decimal(value) if value else None, unit)


WORDS = words_of(
    vocabulary(
        [], [("没有", "not_applicable"), ("出头", "over"), ("亩", "scale")], ["万元", "萬元"], ["件", "人次", "人"]
    )
)


@pytest.mark.parametrize(
    ("content", "state", "value", "unit", "qualifier"),
    [
        ("没有", "not_applicable", None, None, None),
        ("不适用", "unreadable", None, None, None),  # this office has its own words
        ("30出头", "number", "30", None, "over"),
        ("30余", "unreadable", None, None, None),
        ("12件", "number", "12", "件", None),
        ("12人次", "number", "12", "人次", None),
        ("12人出头", "number", "12", "人", "over"),
        ("12出头人", "number", "12", "人", "over"),
        ("5萬元", "number", "5", "萬元", None),
        ("5亿元", "unreadable", None, None, None),
        ("5%", "number", "0.05", "%", None),
        ("12户", "unreadable", None, None, None),
    ],
)
def test_the_words_are_those_of_the_reference_folder(
    content: str, state: str, value: str | None, unit: str | None, qualifier: str | None
) -> None:
    reading = parse(content, None, WORDS)
    assert (reading.state, reading.value) == (state, Decimal(value) if value else None)
    assert (reading.unit, reading.qualifier) == (unit, qualifier)
    assert parse(7, '0.0"亩"', WORDS).state == "unreadable"


def test_what_an_office_leaves_out_is_said_as_in_the_shipped_files() -> None:
    words = words_of(vocabulary([("本月", "month_value")], [("没有", "not_applicable")], []))
    assert (parse("没有", None, words).state, parse("不适用", None, words).state) == ("not_applicable", "unreadable")
    assert parse("30余亿元", None, words) == parse("30余亿元")
    assert words_of({}) == shipped_words()


def test_every_meaning_of_the_file_is_known_to_the_reader() -> None:
    assert set(WORDING_MEANINGS) == WORDING
    with (SHIPPED_FOLDER / "wording.csv").open(encoding="utf-8") as shipped:
        assert {row["meaning"] for row in csv.DictReader(shipped)} == WORDING


def test_a_heading_gives_the_unit_that_the_cell_does_not() -> None:
    assert with_unit(parse("5"), "万元").unit == "万元"
    assert with_unit(parse("5亿元"), "万元").unit == "亿元"
    assert with_unit(parse("95"), "%").value == Decimal("0.95")
    assert with_unit(parse("95%"), "%").value == Decimal("0.95")
    assert with_unit(parse("—"), "万元").state == "not_applicable"


DAYS = [
    ("2024-03-15", date(2024, 3, 15)),
    ("2024/3/15", date(2024, 3, 15)),
    ("2024.3.15", date(2024, 3, 15)),
    ("2024年3月15日", date(2024, 3, 15)),
    ("2024 年 3 月 15 日", date(2024, 3, 15)),
    (wide("2024-03-15"), date(2024, 3, 15)),
    ("20240315", date(2024, 3, 15)),
    (20240315, date(2024, 3, 15)),
    ("2024-03-15 08:30:00", date(2024, 3, 15)),
    ("45366", date(2024, 3, 15)),
    (45366, date(2024, 3, 15)),
    (45366.5, date(2024, 3, 15)),
    (datetime(2024, 3, 15, 8, 30), date(2024, 3, 15)),
    (date(2024, 3, 15), date(2024, 3, 15)),
]


@pytest.mark.parametrize(("content", "day"), DAYS)
def test_days(content: object, day: date) -> None:
    assert (parse_day(content).state, parse_day(content).day) == ("date", day)


@pytest.mark.parametrize(
    "content",
    [
        "2024-02-30",
        "2024-3/15",
        "2024-13-01",
        "15/3/2024",
        "3月15日",
        "2024-03",
        "已完成",
        5,
        99999,
        True,
        "1924-03-15",
        datetime(1900, 1, 1),
        time(8),
        "2024年",
        "24-3-15",
    ],
)
def test_no_day(content: object) -> None:
    assert parse_day(content).state == "unreadable"


def test_a_blank_day_and_one_that_does_not_apply() -> None:
    assert (parse_day(" ").state, parse_day(None).state, parse_day("—").state) == ("blank", "blank", "not_applicable")


MONTHS = ["2024-09", "2024-9", "2024年9月", "2024 年 09 月份", "2024.09", "2024.9", "2024/9", "202409", wide("2024-09")]
MONTHS_AS_VALUES = [202409, 202409.0, datetime(2024, 9, 1), date(2024, 9, 30), "2024-09-01", "2024/9/1"]


@pytest.mark.parametrize("content", [*MONTHS, *MONTHS_AS_VALUES])
def test_months(content: object) -> None:
    assert parse_month(content) == date(2024, 9, 1)


@pytest.mark.parametrize(
    "content",
    # 2024.1 may be October, once a spreadsheet has been at it
    [
        None,
        "",
        "9月",
        "2024",
        "2024年",
        "2024-13",
        "2024-00",
        "24-09",
        "2024年1-9月",
        "Sep-24",
        "九月",
        True,
        "1924-09",
        "2024.1",
        2024.1,
    ],
)
def test_no_month(content: object) -> None:
    assert parse_month(content) is None


def test_october_with_two_digits_is_october() -> None:
    assert parse_month("2024.10") == date(2024, 10, 1)
    assert parse_month(2024.1, "0.00") == parse_month(2024.1, "0.00_ ") == date(2024, 10, 1)
    assert parse_month(2024.1, "0.0") is None


@pytest.mark.parametrize(
    ("content", "treatment"),
    [
        ("2024-09", None),
        ("２０２４年９月", "full-width characters made half-width"),
        (45536, "Excel serial number read as a day"),
        (45550, "Excel serial number read as a day; day read as its month"),
        (date(2024, 9, 30), "day read as its month"),
    ],
)
def test_what_was_done_to_a_month_is_told(content: object, treatment: str | None) -> None:
    assert (read_month(content).day, read_month(content).treatment) == (date(2024, 9, 1), treatment)


@pytest.mark.parametrize("content", ["第三季度", "—", 2024.1, True])
def test_a_month_that_is_none_is_unreadable(content: object) -> None:
    assert read_month(content).state == "unreadable"
    assert read_month(" ").state == "blank"


@settings(deadline=None)
@given(
    value=st.decimals(min_value=-(10**18), max_value=10**18, places=6, allow_nan=False, allow_infinity=False),
    has_separators=st.booleans(),
    is_wide=st.booleans(),
    unit=st.sampled_from(["", "元", "万元", "亿元"]),
)
@example(value=Decimal("-0.000001"), has_separators=True, is_wide=True, unit="")
def test_a_number_survives_being_written(value: Decimal, has_separators: bool, is_wide: bool, unit: str) -> None:
    text = f"{value:,f}" if has_separators else f"{value:f}"
    assert parse((wide(text) if is_wide else text) + unit).value == value


@settings(deadline=None)
@given(st.text("0123456789,.+-% 余多万元/—\u2460\uff11\u200b", max_size=12))
def test_no_text_is_ever_read_as_another_number(text: str) -> None:
    reading = parse(text)
    assert reading.state in ("number", "blank", "not_applicable", "unreadable")
    if reading.state == "number":
        assert any(character.isdigit() for character in text)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_double_is_what_excel_shows_of_it(number: float) -> None:
    value = parse(number).value
    assert value is not None
    assert abs(value - Decimal(number)) <= max(abs(Decimal(number)) * Decimal("1e-14"), Decimal("1e-8"))
