"""A workbook whose version is not the current one: what its sender is told, and what the operator."""

from datetime import date
from typing import Any

import pytest

from tests.checks.measured import Office

APRIL = date(2030, 4, 1)


@pytest.fixture
def renewed(office: Office) -> Office:
    """Form m has workbook 1.0, and 1.1 from April with the new indicator y; 1.0 is accepted up to May."""
    office.indicator("x")
    office.indicator("y", first_month=APRIL)
    office.reference["form_version"] = [
        {"form_code": "m", "template_version": "1.0", "first_month": date(2030, 1, 1), "last_month": date(2030, 5, 1)},
        {"form_code": "m", "template_version": "1.1", "first_month": APRIL},
    ]
    for month in (3, 4, 5, 6):
        first = date(2030, month, 1)
        office.rows.setdefault("core.form_month", []).append(
            {"form_code": "m", "report_month": first, "template_version": "1.1" if month >= 4 else "1.0"}
        )
        office.expect("m", "A", "A", "x", first)
        if month >= 4:
            office.expect("m", "A", "A", "y", first)
    return office


def sent(office: Office, month: str, version: str | None, **facts: Any) -> None:
    """What A sends in a workbook of a version: x alone, for the old one has no row for y."""
    key = office.submission("A", month, template_version=version, **facts.pop("heading", {}))
    office.row(key, "x", 3, **facts)


def told(office: Office) -> list[str]:
    """Which rules about the workbook, and its rows, fail."""
    rules = ("outdated_template", "older_template", "foreign_template", "unknown_template", "missing_row")
    return [code for code in rules if office.fails(code)]


@pytest.mark.parametrize(
    ("month", "version", "expected"),
    [
        ("2030-03", "1.0", []),
        ("2030-04", "1.0", ["older_template"]),
        ("2030-05", "1.0", ["older_template"]),  # its last month
        ("2030-06", "1.0", ["outdated_template"]),
        ("2030-06", "１.０", ["outdated_template"]),  # full width, as some keyboards type
        ("2030-06", "1.1", ["missing_row"]),  # the new workbook has the row, so it was taken out
        ("2030-06", "9.9", ["unknown_template", "missing_row"]),
        ("2030-06", "1.10", ["unknown_template", "missing_row"]),  # after 1.9
        ("2030-06", "二版", ["unknown_template", "missing_row"]),  # nobody can say whether it is newer
        ("2030-06", "0.9", ["foreign_template", "missing_row"]),  # nothing that the office has yet to enter
        ("2030-06", "1.0.5", ["foreign_template", "missing_row"]),
        ("2030-06", None, ["missing_row"]),  # a CSV file
        ("2030-03", "1.1", []),  # newer than the month: asks more than is used
    ],
)
def test_version_by_month(renewed: Office, month: str, version: str | None, expected: list[str]) -> None:
    sent(renewed, month, version)
    assert told(renewed) == expected


def test_rows_that_the_old_workbook_lacks_are_told_once(renewed: Office) -> None:
    renewed.indicator("z", first_month=APRIL)
    renewed.expect("m", "A", "A", "z", date(2030, 6, 1))
    sent(renewed, "2030-06", "1.0")
    (row,) = renewed.failing("outdated_template").values()
    assert (row["found"], row["expected"], row["last_month_shown"]) == ("1.0", "1.1", "2030-05")
    assert row["lacking_zh"] == "它缺少 2 行：y 指标y、z 指标z。"
    assert not renewed.fails("missing_row")


def test_a_row_that_the_old_workbook_had_is_told_as_missing(renewed: Office) -> None:
    renewed.indicator("old")
    renewed.expect("m", "A", "A", "old", date(2030, 6, 1))
    sent(renewed, "2030-06", "1.0")
    assert [row["indicator_code"] for row in renewed.failing("missing_row").values()] == ["old"]


def test_a_row_added_by_hand_is_an_answer(renewed: Office) -> None:
    key = renewed.submission("A", "2030-06", template_version="1.0")
    renewed.row(key, "x", 3)
    renewed.row(key, "y", 4)
    (row,) = renewed.failing("outdated_template").values()
    assert (row["lacking_rows_count"], row["lacking_zh"]) == (0, "")


@pytest.mark.parametrize(
    ("facts", "is_explained"),
    [
        ({}, False),
        ({"note": "病假"}, False),  # explains something, not the workbook
        ({"note": "新模板打不开"}, True),
        ({"note": "核实无误"}, False),
        ({"heading": {"correction_reason": "改用旧模板补报"}}, True),
    ],
)
def test_a_note_about_the_workbook_explains_it(renewed: Office, facts: dict[str, Any], is_explained: bool) -> None:
    sent(renewed, "2030-06", "1.0", **facts)
    (row,) = renewed.failing("outdated_template").values()
    assert row["is_explained"] is is_explained


def test_a_note_about_the_workbook_explains_a_foreign_one_too(renewed: Office) -> None:
    sent(renewed, "2030-06", "0.9", note="区里发的模板")
    (row,) = renewed.failing("foreign_template").values()
    assert (row["is_explained"], row["expected"]) == (True, "1.0、1.1")


def test_without_a_last_month_the_old_workbook_ends_with_the_new_one(renewed: Office) -> None:
    renewed.reference["form_version"][0]["last_month"] = None
    sent(renewed, "2030-04", "1.0")
    (row,) = renewed.failing("outdated_template").values()
    assert row["last_month_shown"] == "2030-03"


def test_a_form_without_a_list_knows_the_version_of_form_csv(renewed: Office) -> None:
    renewed.reference["form_version"] = []
    renewed.reference["form"][0]["template_version"] = "1.0"
    sent(renewed, "2030-06", "1.0")
    assert told(renewed) == ["missing_row"]
    renewed.rows["core.received"][0]["template_version"] = "1.1"
    assert told(renewed) == ["unknown_template", "missing_row"]


def test_a_form_without_any_version_judges_none(renewed: Office) -> None:
    renewed.reference["form_version"] = []
    sent(renewed, "2030-06", "7")
    assert told(renewed) == ["missing_row"]
