"""Each rule of the incoming gate at its edge: a few rows in, which of them fail out."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from jindu.checks.expectations import every_expectation
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT
from tests.checks.measured import EXPECTATIONS, Cell, Office

IDENTITY_RULES = (
    "unreadable_file", "unknown_form", "unnamed_sender", "unknown_sender", "wrong_folder", "sender_conflict",
    "month_unreadable",
    "month_not_over", "month_conflict", "form_not_asked", "late_without_reason",
)  # fmt: skip


def asked(office: Office, month: str = "2030-03") -> None:
    """Indicator x is asked of A, B and S in the month."""
    office.indicator("x")
    for form, unit in (("m", "A"), ("m", "B"), ("s", "S")):
        office.expect(form, unit, unit, "x", date.fromisoformat(f"{month}-01"))


def identity_failures(office: Office) -> list[str]:
    """The rules about the file as a whole that fail."""
    office.build("check.submission")
    return [code for code in IDENTITY_RULES if office.rows_failing(EXPECTATIONS[code])]


# ------------------------------------------------------------------------------------------------ the whole file
def test_honest_file_fails_no_identity_rule(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03")
    assert identity_failures(office) == []


def test_unreadable_file_is_told_once(office: Office) -> None:
    office.submission(
        "A", "2030-03", is_readable=False, refusal_code="encrypted", refusal_zh="加密了", refusal_en="encrypted",
        form_code=None, sender_code=None, report_month=None,
    )  # fmt: skip
    assert identity_failures(office) == ["unreadable_file"]
    (failing,) = office.rows_failing(EXPECTATIONS["unreadable_file"]).values()
    assert failing["refusal_found"] == "设有打开密码"


@pytest.mark.parametrize("module", ["guard", "reader", "worker"])
def test_every_refusal_has_its_words(office: Office, module: str) -> None:
    text = (PROJECT_ROOT / "jindu" / "workbooks" / f"{module}.py").read_text(encoding="utf-8")
    codes = re.findall(r'(?:RefusalError\(|refusal_code=)\s*"(\w+)"', text)
    assert codes
    for code in codes:
        assert office.connection.execute("select refusal_words(?)", [code]).fetchone() != (None,), code


def test_unknown_form_leaves_the_sender_open(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03", form_text="年报", form_code=None, sender_code=None)
    assert identity_failures(office) == ["unknown_form"]


def test_unknown_sender(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03", sender_text="丙社区", sender_code=None)
    assert identity_failures(office) == ["unknown_sender"]


@pytest.mark.parametrize(("subjects", "said"), [(0, None), (1, None), (3, "，行里却有 3 个单位的数")])
def test_a_file_that_names_no_sender(office: Office, subjects: int, said: str | None) -> None:
    asked(office)
    nobodys = {"sender_text": None, "sender_code": None, "folder_code": None, "subjects_count": subjects}
    key = office.submission("A", "2030-03", **nobodys)
    assert identity_failures(office) == ["unnamed_sender"]
    assert office.failing("unnamed_sender")[key]["subjects_zh"] == said


@pytest.mark.parametrize(
    ("folder", "is_wrong"), [("A", False), (None, False), ("B", True), ("S", True)]
)  # None: the operator's; S: the parent's folder is another unit's too
def test_wrong_folder(office: Office, folder: str | None, is_wrong: bool) -> None:
    asked(office)
    office.submission("A", "2030-03", folder_code=folder)
    assert office.fails("wrong_folder") is is_wrong
    assert not office.fails("form_not_asked")


def test_a_file_in_the_wrong_folder_hears_of_its_cells_too_but_of_no_history(office: Office) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-02"), "x", 5, 5)
    wrong = office.submission("A", "2030-03", folder_code="B")
    office.row(wrong, "x", Decimal("2.5"), 90)
    office.row(wrong, None, 1, indicator_text="z", is_asked=False)
    assert office.fails("wrong_folder") and office.fails("unknown_indicator")
    assert [row["submission_id"] for row in office.failing("not_integer").values()] == [wrong]
    assert not office.fails("cumulative_identity")
    office.submission("A", "2030-04", folder_code="B", meta_sender_code="C")
    assert len(office.failing("unknown_indicator")) == 1


def test_a_file_in_the_wrong_folder_is_told_to_the_folders_owner(office: Office) -> None:
    asked(office)
    key = office.submission("A", "2030-03", folder_code="B")
    assert office.failing("wrong_folder")[key]["org_unit_code"] == "B"


def test_workbook_of_another_unit(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03", meta_sender_code="B")
    assert identity_failures(office) == ["sender_conflict"]


def test_month_unreadable(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03", report_month_text="三月份", report_month=None)
    assert identity_failures(office) == ["month_unreadable"]


@pytest.mark.parametrize(
    ("code", "facts", "cell"),
    [
        ("month_unreadable", {"report_month_text": "三月份", "report_month": None}, "E3"),
        ("month_not_over", {"received_at": datetime(2030, 3, 31, 9, tzinfo=OFFICE_TIMEZONE)}, "E3"),
        ("month_conflict", {"meta_report_month": date(2030, 2, 1)}, "E3"),
        ("unknown_sender", {"sender_text": "丙社区", "sender_code": None}, "C3"),
        ("wrong_folder", {"folder_code": "B"}, "C3"),
        ("sender_conflict", {"meta_sender_code": "B"}, "C3"),
    ],
)
def test_what_the_heading_says_wrong_is_shown_there(
    office: Office, code: str, facts: dict[str, object], cell: str
) -> None:
    asked(office)
    office.submission("A", "2030-03", heading_sheet="月报", sender_cell="C3", report_month_cell="E3", **facts)
    assert identity_failures(office) == [code]
    (failing,) = office.rows_failing(EXPECTATIONS[code]).values()
    assert (failing["sheet_name"], failing[str(EXPECTATIONS[code].cell)]) == ("月报", cell)


@pytest.mark.parametrize(("day", "is_early"), [((2030, 3, 31, 23, 59), True), ((2030, 4, 1, 0, 0), False)])
def test_month_is_over_at_its_last_midnight(office: Office, day: tuple[int, ...], is_early: bool) -> None:
    asked(office)
    year, month, of_month, hour, minute = day
    office.submission("A", "2030-03", received_at=datetime(year, month, of_month, hour, minute, tzinfo=OFFICE_TIMEZONE))
    assert office.fails("month_not_over") is is_early


def test_month_conflict(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03", meta_report_month=date(2030, 2, 1))
    assert identity_failures(office) == ["month_conflict"]


def test_a_workbook_of_another_month_is_not_asked_why_it_is_late(office: Office) -> None:
    asked(office)
    late = {"received_at": datetime(2030, 4, 20, 9, tzinfo=OFFICE_TIMEZONE), "correction_reason": None}
    office.submission("A", "2030-03", 2, meta_report_month=date(2030, 4, 1), **late)
    assert identity_failures(office) == ["month_conflict"]


def test_month_that_was_never_asked(office: Office) -> None:
    asked(office)
    office.submission("A", "2020-03")
    assert identity_failures(office) == ["form_not_asked"]


@pytest.mark.parametrize(
    ("version", "day", "reason", "is_wrong"),
    [
        (1, 20, None, False),  # a first report is late, not a correction
        (2, 15, None, False),  # on the lock day itself
        (2, 16, None, True),
        (2, 16, "核实无误", True),
        (2, 16, "漏报一笔", False),
    ],
)
def test_late_without_reason(office: Office, version: int, day: int, reason: str | None, is_wrong: bool) -> None:
    asked(office)
    received_at = datetime(2030, 4, day, 9, tzinfo=OFFICE_TIMEZONE)
    place = {"correction_sheet": "月报", "correction_cell": "A63"}
    office.submission("A", "2030-03", version, received_at=received_at, correction_reason=reason, **place)
    failing = office.failing("late_without_reason").values()
    assert {(row["sheet_name"], row["reason_cell"]) for row in failing} <= {("月报", "A63")}
    assert [row["lock_on_shown"] for row in failing] == (["2030-04-15"] if is_wrong else [])
    assert "{lock_on_shown}）之后" in EXPECTATIONS["late_without_reason"].message_zh
    assert EXPECTATIONS["late_without_reason"].cell == "reason_cell"  # so that it can be jumped to


@pytest.mark.parametrize(
    ("note", "is_personal"),
    [
        ("联系人 13800000000", True),
        ("电话138-0000-0000", True),
        ("+86 138 0000 0000", True),
        ("１３８００００００００", True),  # full-width digits
        ("值班 0595-22000000", True),
        ("350502199001011234", True),
        ("35050219900101123X", True),
        ("350502900101123", True),
        ("350502199013011234", False),  # no thirteenth month
        ("350502004001", False),  # an org unit's code
        ("共 1380000000012 元", False),
        ("2024年9月共调解 12 件,比上月多 3 件", False),
        ("12800000000", False),  # no mobile number starts so
    ],
)
def test_personal_number_in_note(office: Office, note: str, is_personal: bool) -> None:
    asked(office)
    submission = office.submission("A", "2030-03")
    office.row(submission, "x", 1, note=note)
    found = office.failing("personal_number_in_note")
    assert bool(found) is is_personal
    assert all(row["found"] in ("身份证号", "电话号码") for row in found.values())  # never the number itself


def test_personal_number_in_correction_reason(office: Office) -> None:
    asked(office)
    office.submission("A", "2030-03", correction_reason="问 13800000000")
    assert office.fails("personal_number_in_note")


# ------------------------------------------------------------------------------------------------ rows
def test_rows_that_are_not_known_or_not_asked(office: Office) -> None:
    asked(office)
    office.indicator("y")
    submission = office.submission("A", "2030-03")
    office.row(submission, "x", 1)
    office.row(submission, None, 1, indicator_text="z", is_asked=False)
    office.row(submission, "y", 1, is_asked=False)
    office.row(submission, "y", 1, subject=None, org_unit_text="丙", is_asked=False)
    office.row(submission, "y", 1, subject="B", org_unit_text="乙", is_asked=False)
    assert [*office.failing("unknown_indicator")] == [f"{submission}:表:7"]
    assert [*office.failing("not_asked")] == [f"{submission}:表:8"]
    assert [*office.failing("unknown_org_unit")] == [f"{submission}:表:9"]
    assert [*office.failing("foreign_org_unit")] == [f"{submission}:表:10"]


def test_both_of_two_rows_on_one_thing_are_duplicates(office: Office) -> None:
    asked(office)
    office.indicator("y")
    submission = office.submission("A", "2030-03")
    for indicator in ("x", "y", "x"):
        office.row(submission, indicator, 1)
    assert {row["cell"] for row in office.failing("duplicate_row").values()} == {"A6", "A8"}


@pytest.mark.parametrize(
    ("facts", "cell"),
    [
        ({}, None),
        ({"unit_text": "人", "unit_multiplier": None}, "D6"),
        ({"unit_text": "件"}, None),
        ({"month_value": None}, "E6"),  # a unit inside the cell that does not convert
    ],
)
def test_wrong_unit(office: Office, facts: dict[str, str | None], cell: str | None) -> None:
    asked(office)
    office.row(office.submission("A", "2030-03"), "x", 1, **facts)
    assert [row["unit_cell"] for row in office.failing("wrong_unit").values()] == ([cell] if cell else [])


def test_a_file_in_another_folder_is_judged_by_what_its_sender_is_asked(office: Office) -> None:
    asked(office)
    submission = office.submission("A", "2030-03", folder_code="B")
    office.row(submission, None, "?", is_asked=False)
    assert office.fails("unknown_indicator")
    assert [row["indicator_code"] for row in office.failing("missing_row").values()] == ["x"]


def test_rows_of_a_file_that_is_not_what_it_claims_are_not_judged(office: Office) -> None:
    asked(office)
    submission = office.submission("A", "2030-03", meta_sender_code="B")
    office.row(submission, None, "?", is_asked=False)
    assert not office.fails("unknown_indicator")
    assert not office.fails("missing_row")


def test_missing_row(office: Office) -> None:
    asked(office)
    office.indicator("y")
    submission = office.submission("A", "2030-03")
    office.row(submission, "y", 1)
    assert [row["indicator_code"] for row in office.failing("missing_row").values()] == ["x"]
    assert not office.fails("required_blank")  # told once


@pytest.mark.parametrize(
    ("facts", "is_blank"),
    [
        ({}, True),
        ({"prior": 7}, True),  # the template brings it
        ({"note": "核实无误"}, True),
        ({"month": 0}, False),
        ({"ytd": "不适用"}, False),
        ({"month": "?"}, False),
        ({"finished_text": "2030-03-08", "finished_on": date(2030, 3, 8)}, False),
        ({"note": "设备检修,下月补报"}, False),
    ],
)
def test_a_form_of_which_nothing_is_filled_in_is_told_once(
    office: Office, facts: dict[str, Any], is_blank: bool
) -> None:
    submission = office.submission("A", "2030-03")
    for code in ("x", "y", "z"):
        office.indicator(code)
        office.row(submission, code, **facts if code == "y" else {})
    assert list(office.failing("blank_form")) == ([submission] if is_blank else [])
    assert office.fails("required_blank") is not is_blank


def test_a_column_that_was_left_out_is_told_once(office: Office) -> None:
    codes = [f"x{number}" for number in range(5)]
    submission = office.submission("A", "2030-03")
    for code in codes:
        office.indicator(code)
        office.row(submission, code, 1)
        office.expect("m", "A", "A", code, date(2030, 3, 1), cells_required="both")
    (told,) = office.failing("blank_column").values()
    assert (told["cell"], told["last_cell"], told["blank_count"], told["column_zh"]) == ("F6", "F10", 5, "本年累计")
    assert not office.fails("required_blank")


def test_a_column_that_is_not_there_is_told_once_and_at_no_cell(office: Office) -> None:
    submission = office.submission("A", "2030-03")
    for code, month in (("x", 1), ("y", "①")):
        office.indicator(code)
        office.row(submission, code, month, ytd_cell=None, ytd_state=None)
        office.expect("m", "A", "A", code, date(2030, 3, 1), cells_required="both")
    (told,) = office.failing("blank_column").values()
    assert (told["cell"], told["blank_count"], told["column_zh"]) == (None, 2, "本年累计")
    assert told["lack_zh"] == "表里没有，有 2 项必填，请补上"
    assert not office.fails("required_blank")


def test_a_form_that_requires_nothing_may_be_blank(office: Office) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-03"), "x")
    office.expect("m", "A", "A", "x", date(2030, 3, 1), is_required=False)
    assert not office.fails("blank_form")


@pytest.mark.parametrize(
    ("kind", "cells", "month", "ytd", "blank"),
    [
        ("flow", "both", 0, 0, None),  # 0 is an answer
        ("flow", "both", 1, None, "F6"),
        ("flow", "both", None, 1, "E6"),
        ("flow", "both", "不适用", None, None),
        ("flow", "either", None, 1, None),
        ("flow", "either", None, None, "E6"),
        ("flow", "ytd", 1, None, "F6"),
        ("flow", "month", None, 1, "E6"),
        ("flow", "both", "?", "?", None),  # unreadable is another finding
        ("stock", "month", None, 1, None),  # a level may stand in either cell
        ("milestone", "month", None, None, "E6"),
    ],
)
def test_required_blank(office: Office, kind: str, cells: str, month: Cell, ytd: Cell, blank: str | None) -> None:  # noqa: PLR0917 - the cases are a table
    office.indicator("x", kind)
    office.indicator("y")
    submission = office.submission("A", "2030-03")
    office.row(submission, "x", month, ytd)
    office.row(submission, "y", 1)  # something is filled in
    office.expect("m", "A", "A", "x", date(2030, 3, 1), cells_required=cells)
    assert [row["cell"] for row in office.failing("required_blank").values()] == ([blank] if blank else [])


def test_optional_blank_and_explained_blank(office: Office) -> None:
    office.indicator("x")
    office.indicator("y")
    submission = office.submission("A", "2030-03")
    office.row(submission, "x")
    office.expect("m", "A", "A", "x", date(2030, 3, 1), is_required=False)
    office.row(submission, "y", note="设备检修,下月补报")
    assert [row["is_explained"] for row in office.failing("required_blank").values()] == [True]


def test_a_finished_milestone_is_answered(office: Office) -> None:
    office.indicator("x", "milestone")
    office.row(office.submission("A", "2030-03"), "x", finished_text="2030-03-08", finished_on=date(2030, 3, 8))
    assert not office.fails("required_blank")


# ------------------------------------------------------------------------------------------------ cells
@pytest.mark.parametrize(("month", "is_wrong"), [("约5", True), ("不适用", False), (0, False), (None, False)])
def test_unreadable_cell(office: Office, month: str | int | None, is_wrong: bool) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-03"), "x", month, 7)
    assert [row["cell"] for row in office.failing("unreadable_cell").values()] == (["E6"] if is_wrong else [])


def test_a_day_and_a_rank_must_be_readable_too(office: Office) -> None:
    office.indicator("x", "milestone")
    submission = office.submission("A", "2030-03")
    office.row(submission, "x", 1, finished_cell="I6", finished_text="上周", rank_cell="J6", rank_text="第一")
    office.row(submission, "x", 1, finished_cell="I7", finished_text="2030-03-08", finished_on=date(2030, 3, 8))
    told = {row["cell"]: row for row in office.failing("unreadable_cell").values()}
    assert told.keys() == {"I6", "J6"}
    message = EXPECTATIONS["unreadable_cell"].message_zh
    day, rank = (message.format_map({**told[cell], "cell": cell}) for cell in ("I6", "J6"))
    assert day == "I6 的“上周”读不成日期。请只填 2030-03-31 这样的日期。"
    assert rank == "J6 的“第一”读不成数字。请只填数字、0 或“不适用”。"


@pytest.mark.parametrize(
    ("typed", "is_wrong"),
    [(999_999_999_999, False), (10**12, True), (-(10**12), True), (350502199001011234, True)],
)
def test_a_size_that_cannot_be(office: Office, typed: int, is_wrong: bool) -> None:
    office.indicator("x", minimum=0, maximum=100)
    office.row(office.submission("A", "2030-03"), "x", typed, typed)
    assert len(office.failing("impossible_size")) == 2 * is_wrong
    told = [code for code in ("not_integer", "negative", "ratio_range", "out_of_range") if office.fails(code)]
    assert told == ([] if is_wrong else ["out_of_range"])  # once is enough
    office.build("check.sound_reading")
    (compared,) = office.connection.sql('select month_value from "check".sound_reading').fetchall()
    assert compared == (None if is_wrong else typed,)


def test_a_share_that_cannot_be_is_told_as_a_share(office: Office) -> None:
    office.indicator("x", "ratio", unit="%", decimals=4)
    office.row(office.submission("A", "2030-03"), "x", None, 10**12)
    assert (office.fails("impossible_size"), office.fails("ratio_range")) == (False, True)


@pytest.mark.parametrize("typed", ["350502199001011234", "350502900101123", "３５０５０２１９９００１０１１２３４"])
def test_an_identity_number_among_the_figures_is_not_repeated(office: Office, typed: str) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-03"), "x", int(typed), month_text=typed)
    (failing,) = office.failing("impossible_size").values()
    assert failing["size_found"] == "身份证号"
    rule = EXPECTATIONS["impossible_size"]
    assert (rule.found, rule.expected) == ("size_found", "size_expected")
    for message, hint in (
        (rule.message_zh, "看上去是身份证号"),
        (rule.message_en, "looks like an identity card number"),
    ):
        said = message.format_map(
            failing | {"indicator": "x", "found": failing[rule.found], "expected": failing[rule.expected]}
        )
        assert hint in said and typed not in said


@pytest.mark.parametrize(
    ("facts", "value", "is_wrong"),
    [
        ({}, Decimal("2.5"), True),
        ({}, 2, False),
        ({"decimals": 2}, Decimal("2.5"), False),
        ({"kind": "ratio"}, Decimal("0.5"), False),
    ],
)
def test_not_integer(office: Office, facts: dict[str, Any], value: Decimal | int, is_wrong: bool) -> None:
    office.indicator("x", **facts)
    office.row(office.submission("A", "2030-03"), "x", value)
    assert office.fails("not_integer") is is_wrong


def test_an_amount_converted_from_a_smaller_unit_keeps_its_decimals(office: Office) -> None:
    office.indicator("x", unit="万元")
    office.row(office.submission("A", "2030-03"), "x", Decimal("2.5"), unit_multiplier=Decimal("0.0001"))
    assert not office.fails("not_integer")


@pytest.mark.parametrize(
    ("facts", "month", "ytd", "cells"),
    [
        ({}, -1, None, ["E6"]),
        ({}, -1, 4, []),  # a correction: the cumulative falls, which is told as that
        ({}, -5, -1, ["E6", "F6"]),
        ({}, 0, 0, []),
        ({"kind": "stock"}, -1, None, ["E6"]),
        ({"minimum": -10}, -1, None, []),
    ],
)
def test_negative(office: Office, facts: dict[str, Any], month: int, ytd: int | None, cells: list[str]) -> None:
    office.indicator("x", **facts)
    office.row(office.submission("A", "2030-03"), "x", month, ytd)
    assert sorted(row["cell"] for row in office.failing("negative").values()) == cells
    assert not office.fails("out_of_range")


@pytest.mark.parametrize(
    ("kind", "facts", "value", "is_wrong"),
    [
        ("ratio", {}, 1, False),
        ("ratio", {}, Decimal("1.01"), True),
        ("ratio", {}, Decimal("-0.01"), True),
        ("ratio", {"maximum": 2}, Decimal("1.01"), False),
        ("ratio", {"minimum": -1}, Decimal("-0.01"), False),
        ("milestone", {}, 50, True),  # 50 for 50 %
        ("milestone", {}, Decimal("0.5"), False),
        ("flow", {}, 50, False),
    ],
)
def test_ratio_range(office: Office, kind: str, facts: dict[str, int], value: Decimal | int, is_wrong: bool) -> None:
    office.indicator("x", kind, **facts)
    office.row(office.submission("A", "2030-03"), "x", None if kind == "ratio" else value, value)
    assert office.fails("ratio_range") is is_wrong


@pytest.mark.parametrize(
    ("month", "ytd", "is_wrong"), [(9, None, True), (10, None, False), (20, 200, False), (21, None, True)]
)  # 10 to 20 in a month; the cumulative is not bounded by a month's bounds
def test_out_of_range(office: Office, month: int, ytd: int | None, is_wrong: bool) -> None:
    office.indicator("x", minimum=10, maximum=20)
    office.row(office.submission("A", "2030-03"), "x", month, ytd)
    assert office.fails("out_of_range") is is_wrong


def money(office: Office, months: list[Cell], **facts: Any) -> str:
    """Months of one money indicator of A, from January; the last one's submission id."""
    office.indicator("x", decimals=2, **{"unit": "万元", **facts})
    submission = ""
    for number, value in enumerate(months, start=1):
        submission = office.submission("A", f"2030-{number:02}")
        office.row(submission, "x", value)
    return submission


@pytest.mark.parametrize(
    ("months", "is_slip"),
    [
        ([12, 10, 11, 120000], True),  # 元 for 万元
        ([12, 10, 11, Decimal("0.0012")], True),
        ([12, 10, 11, 1100000000], True),  # 元 for 亿元
        ([12, 10, 11, 1200], False),  # a hundredfold is no unit
        ([12, 10, 120000], False),  # two months are no history
        ([12, 0, 11, 120000], False),  # nor are two months and a 0
        ([12, 10, 11, 0], False),
    ],
)
def test_magnitude_slip(office: Office, months: list[Cell], is_slip: bool) -> None:
    last = money(office, months)
    assert [row["submission_id"] for row in office.failing("magnitude_slip").values()] == ([last] if is_slip else [])


@pytest.mark.parametrize(
    ("usual", "shown"), [(5740, "5740 元"), (574_012_345, "574000000 元"), (10, "10 元"), (Decimal("0.5"), "0.5 元")]
)
def test_the_usual_size_is_a_plain_number(office: Office, usual: Cell, shown: str) -> None:
    assert isinstance(usual, int | Decimal)
    money(office, [usual, usual, usual, usual * 10_000], unit="元")
    (row,) = office.failing("magnitude_slip").values()
    assert (row["usual_shown"], row["expected"]) == (shown, f"≈ {shown}")


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, "1052 元"),
        ({"unit_text": "万元", "unit_multiplier": 10000}, "1052 万元"),
        ({"unit_text": "万元", "month_text": "1052亿元"}, "1052亿元"),  # in the cell goes before the column
    ],
)
def test_a_slip_is_told_in_the_unit_that_was_written(office: Office, facts: dict[str, Any], found: str) -> None:
    office.indicator("x", decimals=2, unit="元")
    for number in (1, 2, 3):
        office.row(office.submission("A", f"2030-0{number}"), "x", 1052)
    office.row(
        office.submission("A", "2030-04"), "x", 1052, **{"month_value": 10_520_000} | {"month_text": "1052"} | facts
    )
    assert [row["found"] for row in office.failing("magnitude_slip").values()] == [found]


def test_only_units_that_convert_can_slip(office: Office) -> None:
    money(office, [12, 10, 11, 120000], unit="件")
    assert not office.fails("magnitude_slip")


def test_a_slipped_cumulative_is_found_from_cumulatives(office: Office) -> None:
    office.indicator("x", decimals=2, unit="万元")
    for number, ytd in enumerate((10, 20, 30, 400000), start=1):
        office.row(office.submission("A", f"2030-{number:02}"), "x", None, ytd)
    assert [row["cell"] for row in office.failing("magnitude_slip").values()] == ["F6"]


def test_a_slip_is_told_once_and_not_again_next_month(office: Office) -> None:
    office.indicator("x", decimals=2, unit="万元")
    for number, (month, ytd) in enumerate(((10, 10), (10, 20), (10, 30), (100000, 400000), (10, 50)), start=1):
        office.row(office.submission("A", f"2030-{number:02}"), "x", month, ytd)
    assert {row["report_month"] for row in office.failing("magnitude_slip").values()} == {date(2030, 4, 1)}
    assert not office.fails("cumulative_identity")
    assert not office.fails("cumulative_falls")
    assert not office.fails("outlier_history")


# ------------------------------------------------------------------------------------------------ cells together
def months_of(office: Office, rows: list[tuple[Cell, Cell]], **facts: Any) -> None:
    """Month and cumulative of one indicator of A, from January."""
    office.indicator("x", **facts)
    for number, (month, ytd) in enumerate(rows, start=1):
        office.row(office.submission("A", f"2030-{number:02}"), "x", month, ytd)


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ([(3, 3), (4, 7)], []),
        ([(3, 3), (4, 8)], ["2030-02"]),
        ([(3, 4)], ["2030-01"]),  # January's cumulative is its own
        ([(None, 3), (4, 7)], []),
        ([(3, None), (4, 9)], []),  # the cumulative before is not known
        ([(3, 3), (None, 9)], []),
        ([(3, 3), (4, 2)], []),  # that falls, which is told as that
    ],
)
def test_cumulative_identity(office: Office, rows: list[tuple[Cell, Cell]], broken: list[str]) -> None:
    months_of(office, rows)
    found = office.failing("cumulative_identity").values()
    assert [f"{row['report_month']:%Y-%m}" for row in found] == broken


@pytest.mark.parametrize(("ytd", "is_wrong"), [(Decimal("7.01"), False), (Decimal("7.02"), True)])
def test_rounded_figures_may_differ_in_the_last_place(office: Office, ytd: Decimal, is_wrong: bool) -> None:
    months_of(office, [(3, 3), (4, ytd)], decimals=2)
    assert office.fails("cumulative_identity") is is_wrong


def test_a_series_may_start_mid_year(office: Office) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-02"), "x", 4, 9)  # January and February in one
    assert not office.fails("cumulative_identity")


@pytest.mark.parametrize(
    ("rows", "is_wrong"),
    [([(3, 3), (0, 3)], False), ([(3, 3), (-1, 2)], True), ([(None, 3), (None, 2)], True)],
)
def test_cumulative_falls(office: Office, rows: list[tuple[Cell, Cell]], is_wrong: bool) -> None:
    months_of(office, rows)
    assert office.fails("cumulative_falls") is is_wrong
    assert not office.fails("negative")


def test_a_new_year_starts_from_nothing(office: Office) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-12"), "x", 1, 50)
    office.row(office.submission("A", "2031-01"), "x", 2, 2)
    assert not office.fails("cumulative_falls")


def test_an_explanation_counts_and_a_formula_of_words_does_not(office: Office) -> None:
    office.indicator("x")
    office.indicator("y")
    first, second = office.submission("A", "2030-01"), office.submission("A", "2030-02")
    for indicator, note in (("x", "撤销一件"), ("y", "核实无误")):
        office.row(first, indicator, 3, 3)
        office.row(second, indicator, -1, 2, note=note)
    found = {row["indicator_code"]: row["is_explained"] for row in office.failing("cumulative_falls").values()}
    assert found == {"x": True, "y": False}


def test_only_the_newest_version_of_the_month_before_is_compared(office: Office) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-01", 1), "x", 9, 9)
    office.row(office.submission("A", "2030-01", 2), "x", 3, 3)
    office.row(office.submission("A", "2030-02"), "x", 4, 7)
    assert not office.fails("cumulative_identity")
    assert not office.fails("cumulative_falls")


def test_a_file_in_the_wrong_folder_is_nobodys_month_before(office: Office) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2030-01", 1), "x", 3, 3)
    office.row(office.submission("A", "2030-01", 2, folder_code="B"), "x", 9, 9)
    office.row(office.submission("A", "2030-02"), "x", 4, 7)
    assert not office.fails("cumulative_falls")


@pytest.mark.parametrize(
    ("parts", "wholes", "maximum", "cells"),
    [
        ((5, 9), (5, 9), None, []),
        ((6, 9), (5, 9), None, ["E6"]),
        ((5, 10), (5, 9), None, ["F6"]),
        ((6, 10), (5, 9), None, ["E6"]),  # the cumulative is over by this month alone: told once
        ((6, 11), (5, 9), None, ["E6", "F6"]),
        ((6, 10), (5, 9), 2, []),  # a ratio that may exceed 1
        ((6, 10), (None, None), None, []),
        ((0, 0), (0, 0), None, []),
    ],
)
def test_numerator_over_denominator(
    office: Office,
    parts: tuple[int, int],
    wholes: tuple[int | None, int | None],
    maximum: int | None,
    cells: list[str],
) -> None:
    office.indicator("part")
    office.indicator("whole")
    office.indicator("rate", "ratio", numerator_code="part", denominator_code="whole", maximum=maximum)
    submission = office.submission("A", "2030-03")
    office.row(submission, "part", *parts)
    office.row(submission, "whole", *wholes)
    assert sorted(row["cell"] for row in office.failing("numerator_over_denominator").values()) == cells


def test_a_flow_against_a_level_compares_the_cumulative(office: Office) -> None:
    office.indicator("part")
    office.indicator("whole", "stock")
    office.indicator("rate", "ratio", numerator_code="part", denominator_code="whole")
    submission = office.submission("A", "2030-03")
    office.row(submission, "part", 2, 11)
    office.row(submission, "whole", 10)
    assert [row["cell"] for row in office.failing("numerator_over_denominator").values()] == ["F6"]


@pytest.mark.parametrize(
    ("level", "added", "removed", "is_wrong"),
    [(103, 5, 2, False), (104, 5, 2, True), (104, 5, None, False)],  # a part that is not known judges nothing
)
def test_parts_total(office: Office, level: int, added: int, removed: int | None, is_wrong: bool) -> None:
    office.indicator("level", "stock")
    office.indicator("added")
    office.indicator("removed")
    office.rows["reference.identity"] = [{"total_code": "level", "added_code": "added", "removed_code": "removed"}]
    office.row(office.submission("A", "2030-01"), "level", 100)
    submission = office.submission("A", "2030-02")
    office.row(submission, "level", level)
    office.row(submission, "added", added)
    office.row(submission, "removed", removed)
    assert [row["expected"] for row in office.failing("parts_total").values()] == (["103"] if is_wrong else [])


def two_files(office: Office, first: tuple[str, str], second: tuple[str, str], amounts: list[int], last: int) -> str:
    """Two submissions with the same amounts but for the last one; the second's id."""
    for number in range(len(amounts)):
        office.indicator(f"x{number}")
    office.indicator("level", "stock")
    ids = [office.submission(*first), office.submission(*second)]
    for submission, changed in zip(ids, (amounts[-1], last), strict=True):
        for number, amount in enumerate([*amounts[:-1], changed]):
            office.row(submission, f"x{number}", amount)
        office.row(submission, "level", 77)
    return ids[1]


@pytest.mark.parametrize(
    ("amounts", "last", "is_copy"),
    [
        ([3, 1, 4, 1, 5], 5, True),
        ([3, 1, 4, 1, 5], 6, False),
        ([3, 1, 4, 1, 5], 0, False),
        ([3, 1, 4, 1, 0], 0, False),  # four amounts are too few
        ([3, 1, 4, 1, 5, 0], 0, True),
    ],
)
def test_copy_of_last_month(office: Office, amounts: list[int], last: int, is_copy: bool) -> None:
    second = two_files(office, ("A", "2030-02"), ("A", "2030-03"), amounts, last)
    assert [*office.failing("copy_of_last_month")] == ([second] if is_copy else [])


@pytest.mark.parametrize(
    ("amounts", "last", "is_copy"),
    [([3, 1, 4, 1, 5], 5, True), ([3, 1, 4, 1, 5], 6, False), ([3, 1, 4, 1, 0], 0, False)],
)
def test_copy_of_neighbour(office: Office, amounts: list[int], last: int, is_copy: bool) -> None:
    copy = two_files(office, ("A", "2030-03"), ("B", "2030-03"), amounts, last)
    for row in (*office.rows["core.received"], *office.rows["core.reading"]):
        row["received_at"] += timedelta(hours=row["submission_id"] == copy)
    assert [*office.failing("copy_of_neighbour")] == ([copy] if is_copy else [])  # A was first: it is no copy


def test_own_new_version_is_no_copy_of_a_neighbour(office: Office) -> None:
    for number in range(5):
        office.indicator(f"x{number}")
    for version in (1, 2):
        submission = office.submission("A", "2030-03", version)
        for number in range(5):
            office.row(submission, f"x{number}", number + 1)
    assert not office.fails("copy_of_neighbour")


@pytest.mark.parametrize(
    ("months", "is_outlier"),
    [
        ([10, 10, 10, 10, 10, 10, 40], True),  # the median deviation is 0, and there are seven months
        ([10, 10, 10, 10, 10, 10, 11], False),
        ([0, 0, 1, 0, 0, 0, 4], False),  # small counts jump
        ([10, 10, 10, 10, 22], True),  # four months are enough for what is far (outlier_history/four_months.yml)
        ([10, 10, 10, 10, 21], False),
        ([10, 10, 10, 90], False),  # three are not
        ([10, 90, 20, 80, 30, 70, 95], False),
        ([1000, 1010, 990, 1005, 995, 1000, 1500], True),
        ([30, 31, 29, 30, 31, 0], True),  # nothing at all is as far as twice as much
    ],
)
def test_outlier_history(office: Office, months: list[int], is_outlier: bool) -> None:
    months_of(office, [(month, None) for month in months])
    assert office.fails("outlier_history") is is_outlier


@pytest.mark.parametrize(
    ("months", "is_gross"),
    [
        ([100, 104, 96, 101, 99, 1020], True),  # a digit too many
        ([100, 104, 96, 101, 99, 200], True),  # no slip of a digit, and nowhere near all the same
        ([100, 104, 96, 101, 99, 151], False),  # far, for the operator
        ([0, 0, 0, 0, 0, 1020], False),  # no size is known to be off by a digit
    ],
)
def test_what_is_nowhere_near_is_told_to_the_clerk(office: Office, months: list[int], is_gross: bool) -> None:
    months_of(office, [(month, None) for month in months])
    assert office.fails("outlier_history")
    told = list(office.failing("outlier_gross").values())
    assert bool(told) is is_gross
    if told:
        assert told[0]["history_zh"] == "以往 5 个月一般为 100件"
        assert told[0]["slip_zh"] == ("是否多写、少写了数位" if months[-1] == 1020 else "这个数")
        assert EXPECTATIONS["outlier_gross"].severity == "warning"


def test_a_large_usual_amount_is_a_plain_number(office: Office) -> None:
    months_of(office, [(month, None) for month in (1234567, 1234567, 1234567, 1234567, 99)])
    (row,) = office.failing("outlier_history").values()
    assert (row["expected"], row["history_zh"]) == ("≈ 1230000件", "以往 4 个月一般为 1230000件")


def siblings(office: Office, amounts: list[int]) -> None:
    """One month of one indicator, a sibling of A for each amount."""
    office.indicator("x")
    for number, amount in enumerate(amounts):
        code = f"U{number}"
        office.reference["org_unit"].append(
            {"code": code, "name": f"{number}号社区", "level": "community", "parent_code": "S"}
        )
        office.row(office.submission(code, "2030-01"), "x", amount)


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        ([10, 10, 10, 10, 39], []),
        ([10, 10, 10, 10, 40], ["U4"]),  # outlier_peers/beside_four_siblings.yml
        ([10, 10, 10, 40], []),  # three siblings are too few
        ([10, 30, 5, 60, 20, 90], []),  # units unlike each other
    ],
)
def test_outlier_peers(office: Office, amounts: list[int], told: list[str]) -> None:
    siblings(office, amounts)
    assert [row["org_unit_code"] for row in office.failing("outlier_peers").values()] == told


@pytest.mark.parametrize(("months", "is_told"), [([12] * 5, False), ([12] * 6, True), ([9] * 6, False)])
def test_straight_line(office: Office, months: list[int], is_told: bool) -> None:
    months_of(office, [(month, None) for month in months])
    assert office.fails("straight_line") is is_told


def test_what_is_for_the_operator_never_needs_a_clerk() -> None:
    signals = {"just_over_target", "straight_line", "lifted_before_ranking", "outlier_history", "outlier_peers"}
    for code in signals:
        rule = EXPECTATIONS[code]
        assert (rule.severity, rule.owner) == ("information", "统筹办")
    for rule in EXPECTATIONS.values():
        assert (rule.severity == "information") <= (rule.owner != "填报员"), rule.code


# ------------------------------------------------------------------------------------------------ which version counts
FAULTY: dict[str, dict[str, Any]] = {
    "unreadable_cell": {"month": "?"},
    "impossible_size": {"month": 10**12},
    "not_integer": {"month": Decimal("0.5")},
    "negative": {"month": -1},
    "wrong_unit": {"month": 1, "unit_text": "人", "unit_multiplier": None},
    "personal_number_in_note": {"month": 1, "note": "问 13800000000"},
    "unknown_org_unit": {"month": 1, "subject": None, "org_unit_text": "丙", "is_asked": False},
    "foreign_org_unit": {"month": 1, "subject": "B", "org_unit_text": "乙", "is_asked": False},
    "name_conflict": {"month": 1, "name_of_code": "part"},
}


def test_a_fault_of_its_own_is_what_each_critical_rule_finds_that_needs_no_history(office: Office) -> None:
    asked(office)
    for code, kind in (("part", "flow"), ("whole", "flow"), ("progress", "milestone")):
        office.indicator(code, kind)
    office.indicator("rate", "ratio", numerator_code="part", denominator_code="whole")
    for version, facts in enumerate([{"month": 1}, *FAULTY.values()], start=1):
        given = dict(facts)
        office.row(office.submission("A", "2030-03", version), "x", given.pop("month"), **given)
    for version in (10, 11, 12, 13):
        submission = office.submission("A", "2030-03", version)
        office.row(submission, "x", 1)
        if version == 10:
            office.row(submission, "x", 2)
        if version == 11:
            office.row(submission, None, 1, indicator_text="z", is_asked=False)
        if version == 12:
            office.row(submission, "part", 6)
            office.row(submission, "whole", 5)
        if version == 13:
            office.row(submission, "progress", Decimal("1.5"))
    office.submission("A", "2030-03", 14, is_readable=False, refusal_code="macro")
    office.row(office.submission("A", "2030-03", 15), "x")
    office.submission("A", "2030-03", 16, form_code=None, sender_code=None)
    office.submission("A", "2030-03", 17, sender_code=None)
    office.submission("A", "2030-03", 25, sender_code=None, sender_text=None, folder_code=None)
    office.submission("A", "2030-03", 18, report_month=None)
    office.submission("A", "2030-03", 19, folder_code="B")
    office.submission("A", "2030-03", 20, meta_sender_code="B")
    office.submission("A", "2030-03", 21, meta_report_month=date(2030, 2, 1))
    office.submission("A", "2030-03", 22, received_at=datetime(2030, 3, 20, 9, tzinfo=OFFICE_TIMEZONE))
    office.submission("A", "2020-03", 23)
    late = datetime(2030, 6, 1, 9, tzinfo=OFFICE_TIMEZONE)
    office.row(office.submission("A", "2030-03", 24, received_at=late), "x", 1)
    rules = [
        rule
        for gate, rule in every_expectation()
        if gate == "incoming" and rule.severity == "critical"
        if rule.needs != "history" or rule.code == "late_without_reason"  # its own report's versions, no other month
    ]
    office.build("check.own_fault", *(rule.table for rule in rules))
    expected = {(row["submission_id"], rule.code) for rule in rules for row in office.rows_failing(rule).values()}
    found = set(office.connection.sql('select submission_id, rule_code from "check".own_fault').fetchall())
    assert found == expected
    assert {code for _, code in found} == {rule.code for rule in rules}  # each was seen to fail


@pytest.mark.parametrize(
    ("second", "is_compared"), [({"month": 9}, True), ({"month": "?"}, False), ({"month": Decimal("9.5")}, False)]
)
def test_history_goes_on_from_the_newest_version_that_passes(
    office: Office, second: dict[str, Any], is_compared: bool
) -> None:
    office.indicator("x")
    office.indicator("y")
    for version, (month, cumulative) in enumerate(((3, 3), (9, 9)), start=1):
        submission = office.submission("A", "2030-01", version)
        office.row(submission, "x", month, cumulative)
        office.row(submission, "y", 1 if version == 1 else second["month"])
    office.row(office.submission("A", "2030-02"), "x", 4, 7)  # 3 + 4, or less than 9
    assert office.fails("cumulative_falls") is is_compared
    assert not office.fails("cumulative_identity")


@pytest.mark.parametrize(
    ("figure", "second", "is_wrong"),
    [(8, 5, False), (9, 5, True), (9, None, False), (3, "不适用", False)],  # judged only when all have answered
)
def test_community_sum(office: Office, figure: int, second: int | str | None, is_wrong: bool) -> None:
    office.indicator("x")
    for sender, value in (("A", 3), ("B", second)):
        office.row(office.submission(sender, "2030-03"), "x", value)
    office.row(office.submission("S", "2030-03", form="s"), "x", figure)
    found = office.failing("community_sum")
    assert [row["submission_id"] for row in found.values()] == (["s-S-2030-03-1"] if is_wrong else [])


def test_community_that_sent_nothing_leaves_the_sum_open(office: Office) -> None:
    asked(office)
    office.row(office.submission("A", "2030-03"), "x", 3)
    office.row(office.submission("S", "2030-03", form="s"), "x", 9)
    assert not office.fails("community_sum")


@pytest.mark.parametrize(("prior", "is_wrong"), [(9, False), (8, True), (None, False)])
def test_prior_year_against_the_cumulative(office: Office, prior: int | None, is_wrong: bool) -> None:
    office.indicator("x")
    office.row(office.submission("A", "2029-03"), "x", 2, 9)
    office.row(office.submission("A", "2030-03"), "x", 1, 4, prior=prior)
    assert office.fails("prior_year_mismatch") is is_wrong


def test_prior_year_is_compared_only_with_a_whole_record(office: Office) -> None:
    office.indicator("x")
    for month in ("2029-01", "2029-03"):  # February is missing
        office.row(office.submission("A", month), "x", 2)
    office.row(office.submission("A", "2030-03"), "x", 1, prior=99)
    assert not office.fails("prior_year_mismatch")
    office.row(office.submission("A", "2029-02"), "x", 2)
    assert [row["expected"] for row in office.failing("prior_year_mismatch").values()] == ["6"]


def test_a_level_of_last_year_is_that_months_end(office: Office) -> None:
    office.indicator("x", "stock")
    office.row(office.submission("A", "2029-03"), "x", 40)
    office.row(office.submission("A", "2030-03"), "x", 41, prior=40)
    assert not office.fails("prior_year_mismatch")
