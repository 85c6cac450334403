"""An answer in a terminal of 80 columns: nothing is wider, nothing is cut, every character takes its own width."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from rich.cells import cell_len

from jindu.report.answer import shown, table_lines
from jindu.settings import OFFICE_TIMEZONE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (Decimal("100.500000"), "100.5"),
        (Decimal("1E+3"), "1000"),
        (date(2024, 9, 1), "2024-09-01"),
        (datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE), "2024-10-10 02:00:00+08:00"),
        ("一\n二\t三", "一 二 三"),
        ("\x1b[31mred\u202e", "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_value_is_one_line_and_moves_no_cursor(value: object, text: str) -> None:
    assert shown(value) == text


def test_columns_stand_below_each_other_in_chinese_too() -> None:
    lines = table_lines(["单位", "n"], [("梅山", 5), ("Meishan", Decimal("12.5")), (None, None)], 80, "zh")
    assert lines == ["单位        n", "───────  ────", "梅山        5", "Meishan  12.5", ""]
    assert table_lines(["is_sample"], [(True,)], 80, "zh")[2] == "true"  # a flag is no number


def test_texts_go_on_below_and_numbers_stay_whole() -> None:
    lines = table_lines(["name", "value"], [("名" * 60, Decimal("1234567890.123456")), ("b", 1)], 40, "zh")
    assert max(map(cell_len, lines)) <= 40
    assert lines[2].endswith("  1234567890.123456") and "".join(lines).count("名") == 60
    assert lines[-1].split() == ["b", "1"]


def test_a_text_breaks_at_a_space() -> None:
    lines = table_lines(["text"], [("two words and some more words of a longer sentence",)], 20, "en")
    assert lines[2:] == ["two words and some", "more words of a", "longer sentence"]


def test_without_a_terminal_nothing_is_cut() -> None:
    lines = table_lines([f"column {place}" for place in range(50)], [["名" * 60] * 50], None, "zh")
    assert lines[2].count("名" * 60) == 50


def test_a_few_wide_rows_stand_one_below_the_other() -> None:
    names = [f"column_{place}" for place in range(30)]
    lines = table_lines(names, [list(range(30)), ["长" * 50] * 30], 80, "zh")
    assert lines[0].startswith("── 1 ─") and cell_len(lines[0]) == 80
    assert lines[1] == "column_0   0"
    assert max(map(cell_len, lines)) <= 80
    assert "".join(lines).count("长") == 50 * 30


@pytest.mark.parametrize(("lang", "said"), [("zh", "另有 25 列放不下："), ("en", "no room for 25 columns:")])
def test_of_many_wide_rows_the_columns_left_out_are_named(lang: str, said: str) -> None:
    names = [f"a_long_column_name_{place}" for place in range(28)]
    lines = table_lines(names, [["x"] * 28] * 20, 80, lang)
    assert max(map(cell_len, lines)) <= 80
    assert said in lines
    left = " ".join(lines[lines.index(said) + 1 :]).split(", ")
    assert left == names[3:]


def test_an_answer_without_rows_has_its_header() -> None:
    assert table_lines(["单位", "n"], [], 80, "zh") == ["单位  n", "────  ─"]
