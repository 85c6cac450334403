"""Each thing that can be wrong is said with file, line, column, what was found and what should stand there."""

from pathlib import Path

import pytest

from jindu.catalogue import CatalogueError, load
from jindu.catalogue.tables import ALERT_KINDS

# why: file, text in it, what replaces it, then line and column of the problem, and words of the English message
SPOILED = {
    "unknown kind": ("indicator", "受理,flow", "受理,flwo", 2, "kind", "found “flwo”, expected one of flow, stock"),
    "not a whole number": ("org_unit", ",,,300", ",,,3百", 4, "households", "a whole number"),
    "not a number": ("target", "at_least,0.9,", "at_least,90%,", 3, "value", "without unit, percent sign"),
    "too many decimals": ("target", "at_least,0.9,", "at_least,0.1234567,", 3, "value", "6 decimals at most"),
    "too large": ("target", "at_least,0.9,", "at_least,1000000000000,", 3, "value", "below 10^12"),
    "no share": ("target", "at_least,0.9,", "at_least,1000000,", 3, "value", "a share such as 0.95"),
    "not a month": ("target", "2024-11,guidance", "Nov-24,guidance", 7, "due_month", "a month written 2024-07"),
    "no such month": ("target", "2024-11,guidance", "2024-13,guidance", 7, "due_month", "a month written 2024-07"),
    "blank required": ("indicator", "received,受理", "received,", 2, "name_zh", "found a blank"),
    "dangling": ("form_indicator", "monthly,closed", "monthly,closd", 3, "indicator_code", "perhaps “closed”"),
    "duplicate": ("theme", "service,服务\n", "service,服务\nservice,办事\n", 3, "code", "as in line 2"),
    "second source": (
        "indicator",
        "opened,启用",
        "sales,销售额,flow,万元,higher,community,monthly,,,,none\nopened,启用",
        9,
        "source_form",
        "one source for one indicator",
    ),
    "unknown column": ("org_unit", "households", "housholds", 1, "housholds", "expected households"),
    "missing column": ("form", ",level", ",due_day", 1, "level", "no such column"),
    "column twice": ("theme", "code,name_zh\n", "code,name_zh,code\n", 1, "code", "it once"),
    "too many cells": ("theme", "service,服务", "service,服务,办事", 2, "", "2 as in the header"),
    "quote without end": ("theme", "service,服务", 'service,"服务', 2, "", "quotes in pairs"),
    "cycle": (
        "org_unit",
        "district,,",
        "district,110101001,",
        2,
        "parent_code",
        "a cycle: 110101 → 110101001 → 110101",
    ),
    "parent not above": (
        "org_unit",
        "甲,community,110101001",
        "甲,community,110101001002",
        4,
        "parent_code",
        "a unit of a higher level",
    ),
    "successor but no end": (
        "org_unit",
        "2024-06,110101001001",
        ",110101001001",
        5,
        "valid_to",
        "there is a successor",
    ),
    "successor of another level": (
        "org_unit",
        "2024-06,110101001001",
        "2024-06,110101001",
        5,
        "successor_code",
        "a unit of the same level (community)",
    ),
    "one component": ("indicator", "closed,received", "closed,", 4, "denominator_code", "both components"),
    "growth of nothing": (
        "indicator",
        ",sales,,growth",
        ",,,growth",
        8,
        "numerator_code",
        "the flow that the growth is of",
    ),
    "growth of a ratio": (
        "indicator",
        ",sales,,growth",
        ",closed_ratio,,growth",
        8,
        "numerator_code",
        "an indicator of kind flow",
    ),
    "flow with a component": (
        "indicator",
        "service,,,none\nclosed",
        "service,closed,,none\nclosed",
        2,
        "numerator_code",
        "a blank",
    ),
    "ranked neutral": ("indicator", "service,,,none\nclosed", "service,,,level\nclosed", 2, "ranking_metric", "none"),
    "sender below": (
        "indicator",
        "subdistrict,bulletin,,,",
        "subdistrict,monthly,,,",
        7,
        "source_form",
        "units or above",
    ),
    "asked twice": (
        "form_indicator",
        "bulletin,sales,\n",
        "bulletin,sales,\nbulletin,sales,110101001\n",
        8,
        "org_unit_code",
        "outside what line 7 already asks",
    ),
    "neutral target": ("target", "110101001,closed,", "110101001,received,", 2, "indicator_code", "with a direction"),
    "milestone without a date": ("target", "by_date", "at_least", 9, "target_form", "expected by_date"),
    "half a milestone": ("target", "by_date,1,", "by_date,0.5,", 9, "value", "the milestone finished"),
    "date for a flow": ("target", "sales,at_least", "sales,by_date", 7, "target_form", "at_least, at_most"),
    "reduction from nothing": (
        "target",
        "110101001,closed,at_least",
        "110101001,closed,reduce_from_baseline",
        2,
        "baseline_value",
        "the level to reduce from",
    ),
    "due in another year": ("target", "2024-11,guidance", "2025-11,guidance", 7, "due_month", "a month of 2024"),
    "guidance without amounts": (
        "phasing",
        "2024,110101001,sales",
        "2023,110101001,sales",
        7,
        "phasing",
        "guided values in phasing.csv",
    ),
    "target below its level": (
        "target",
        "2024,110101001,sales,",
        "2024,110101001001,sales,",
        7,
        "org_unit_code",
        "or above",
    ),
    "parts do not add up": (
        "target",
        "member,at_least,30",
        "member,at_least,31",
        4,
        "value",
        "the sum of its parts, 30",
    ),
    "parts listed and computed": ("target", ",explicit", ",equal", 4, "split_key", "parts are listed (line 5)"),
    "nothing to split by": ("org_unit", ",,,300", ",,,", 4, "households", "a number to split by"),
    "period backwards": ("baseline", "2023-01,2023-11", "2023-11,2023-01", 2, "period_to", "2023-11 or later"),
    "unit of another family": ("baseline", "亿元", "件", 2, "unit", "a unit that converts into it"),
    "neither value nor rank": ("baseline", "2023-05,3", "2023-05,", 3, "value", "only beside a published rank"),
    "identity of a flow": ("identity", "member,member_new", "closed,member_new", 2, "total_code", "kind stock"),
    "unknown setting": ("setting", "office_code", "office", 2, "key", "one of office_code"),
    "bulletin day of no month": (
        "setting",
        "office_code,110101001,本街道",
        "office_code,110101001,本街道\nbulletin_day,29,",
        3,
        "value",
        "1 to 28, or 0 for never",
    ),
    "bulletin day that is no number": (
        "setting",
        "office_code,110101001,本街道",
        "office_code,110101001,本街道\nbulletin_day,月底,",
        3,
        "value",
        "a whole number",
    ),
    "office unknown": ("setting", "110101001,", "110109,", 2, "value", "a code of org_unit.csv"),
    "code turned into a number": (
        "org_unit",
        "110101001001,甲社区",
        "1.10101E+11,甲社区",
        4,
        "code",
        "format the column as text",
    ),
    "letter in a code": (
        "org_unit",
        "110101001002,乙社区",
        "11010100100X,乙社区",
        5,
        "code",
        "12 digits, the code of a community",
    ),
    "code of a subdistrict": (
        "org_unit",
        "110101001002,乙",
        "110101002,乙",
        5,
        "code",
        "12 digits, the code of a comm",
    ),
    "short code of a district": ("org_unit", "110101,东风区", "11010,东风区", 2, "code", "6 digits"),
    "full-width digits": ("org_unit", "110101001002,乙", "１１０１０１００１００２,乙", 5, "code", "12 digits"),
    "full-width comma": (
        "org_unit",
        "110101001002,乙社区",
        "110101001002，乙社区",
        5,
        "",
        "8 as in the header (straight quotes around text that holds a comma); this line has the full-width comma “，”",
    ),
    "lock before due": (
        "form",
        "level\nmonthly,月报,community\nbulletin,通报,district",
        "level,lock_day\nmonthly,月报,community,3\nbulletin,通报,district,",
        2,
        "lock_day",
        "5 to 28",
    ),
}


VERSIONS = {  # why: template_version of form monthly, form_version.csv, then file, line, column and words
    "version in use not listed": (
        "2024.2",
        "monthly,2024.1,2024-01,",
        ("form.csv", 2, "template_version", "one of the form's versions in form_version.csv: 2024.1"),
    ),
    "no version in use": (
        "",
        "monthly,2024.1,2024-01,",
        ("form.csv", 2, "template_version", "one of the form's versions"),
    ),
    "two versions of one month": (
        "2024.1",
        "monthly,2024.1,2024-01,\nmonthly,2024.2,2024-01,",
        ("form_version.csv", 3, "first_month", "line 2 has this one"),
    ),
    "ends before it begins": (
        "2024.1",
        "monthly,2024.1,2024-04,2024-03",
        ("form_version.csv", 2, "last_month", "2024-04 or later"),
    ),
    "twice": (
        "2024.1",
        "monthly,2024.1,2024-01,\nmonthly,2024.1,2024-02,",
        ("form_version.csv", 3, "form_code, template_version", "as in line 2"),
    ),
}


def _with_versions(office: Path, template_version: str, versions: str) -> None:
    text = f"code,name_zh,level,template_version\nmonthly,月报,community,{template_version}\nbulletin,通报,district,\n"
    (office / "form.csv").write_text(text, encoding="utf-8")
    text = f"form_code,template_version,first_month,last_month\n{versions}\n"
    (office / "form_version.csv").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("spoiled", VERSIONS.values(), ids=VERSIONS.keys())
def test_a_wrong_version_is_named(office: Path, spoiled: tuple[str, str, tuple[str, int, str, str]]) -> None:
    template_version, versions, (file, line, column, words) = spoiled
    _with_versions(office, template_version, versions)
    with pytest.raises(CatalogueError) as raised:
        load(office)
    (problem,) = raised.value.problems
    assert (problem.file, problem.line, problem.column) == (file, line, column)
    assert words in problem.message_en


def test_versions_of_one_form_are_sound_and_the_other_form_needs_none(office: Path) -> None:
    _with_versions(office, "2024.2", "monthly,2024.1,2024-01,2024-08\nmonthly,2024.2,2024-07,")
    assert load(office).tables["form_version"].height == 2


KINDS = [*ALERT_KINDS]
ALERTS = {  # why: files to write, then file, line, column and words
    "quiet hours without an end": (
        {"recipient": "name,quiet_from\n统筹办,22:00"},
        ("recipient.csv", 2, "quiet_to", "a time, as the other of quiet_from and quiet_to is given"),
    ),
    "quiet all day": (
        {"recipient": "name,quiet_from,quiet_to\n统筹办,22:00,22:00"},
        ("recipient.csv", 2, "quiet_to", "another time than quiet_from"),
    ),
    "no time of day": (
        {"recipient": "name,quiet_from,quiet_to\n统筹办,25:00,7:00"},
        ("recipient.csv", 2, "quiet_from", "a time of day written 22:00"),
    ),
    "route of nobody": (
        {"recipient": "name\n统筹办", "route": "recipient_name\n综治办"},
        ("route.csv", 2, "recipient_name", "recipient.csv"),
    ),
    "department that owns nothing": (
        {"recipient": "name\n统筹办", "route": "recipient_name,department\n统筹办,某办"},
        ("route.csv", 2, "department", "one of the departments in column owner"),
    ),
    "kind of no case": (
        {"recipient": "name\n统筹办", "route": "recipient_name,kind\n统筹办,late"},
        ("route.csv", 2, "kind", "one of missed"),
    ),
    "kind left out": (
        {
            "alert_kind": "\n".join(
                ["kind,severity,name_zh,name_en", *(f"{kind},high,{kind},{kind}" for kind in KINDS[1:])]
            )
        },
        ("alert_kind.csv", 10, "kind", "a row for each of the ten kinds"),
    ),
    "escalated at once": (
        {
            "alert_kind": "\n".join(
                ["kind,severity,escalate_after_days,name_zh,name_en"]
                + [f"{kind},high,{0 if kind == 'held' else 1},{kind},{kind}" for kind in KINDS]
            )
        },
        ("alert_kind.csv", 7, "escalate_after_days", "1 or more, or a blank"),
    ),
}


@pytest.mark.parametrize("spoiled", ALERTS.values(), ids=ALERTS.keys())
def test_a_wrong_route_is_named(office: Path, spoiled: tuple[dict[str, str], tuple[str, int, str, str]]) -> None:
    files, (file, line, column, words) = spoiled
    for name, text in files.items():
        (office / f"{name}.csv").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    located = [one for one in raised.value.problems if (one.file, one.line, one.column) == (file, line, column)]
    assert located, raised.value.message_en
    assert words in located[0].message_en


def test_without_files_of_its_own_an_office_has_the_shipped_kinds_of_alerts(office: Path) -> None:
    assert set(load(office).tables["alert_kind"]["kind"]) == set(KINDS)


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_cell_is_named(office: Path, spoiled: tuple[str, str, str, int, str, str]) -> None:
    file, old, new, line, column, words = spoiled
    path = office / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    located = [problem for problem in raised.value.problems if (problem.line, problem.column) == (line, column)]
    assert located, raised.value.message_en
    assert words in located[0].message_en
    assert located[0].message_zh.startswith(f"{located[0].file} 第 {line} 行")


def _with_successor_founded(office: Path, month: str) -> None:
    path = office / "org_unit.csv"
    header, *lines = path.read_text(encoding="utf-8").replace("2024-06,110101001001", "2024-06,110101001003").split()
    lines = [f"{line}," for line in lines] + [f"110101001003,丙社区,丙,community,110101001,,,200,{month}"]
    path.write_text("\n".join([f"{header},valid_from", *lines]) + "\n", encoding="utf-8")


def test_a_successor_is_there_from_the_next_month_on(office: Path) -> None:
    _with_successor_founded(office, "2024-08")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    (problem,) = raised.value.problems
    assert (problem.file, problem.line, problem.column) == ("org_unit.csv", 5, "successor_code")
    assert "expected a unit founded in 2024-07 or earlier" in problem.message_en
    assert "2024-07 或更早设立" in problem.message_zh


@pytest.mark.parametrize("month", ["2024-07", "2024-06", ""])
def test_a_successor_may_be_founded_with_the_merger_or_before(office: Path, month: str) -> None:
    _with_successor_founded(office, month)
    assert load(office).tables["org_unit"].height == 5


def test_a_code_need_not_begin_with_its_parents(office: Path) -> None:
    for path in office.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("110101001002,", "220101001002,")
        path.write_text(text, encoding="utf-8")
    assert "220101001002" in load(office).tables["org_unit"]["code"].to_list()


def test_what_should_stand_there_has_a_space_before_letters(office: Path) -> None:
    path = office / "form_indicator.csv"
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{text[0]},is_required", *(f"{line},yes" for line in text[1:])]), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    assert raised.value.problems[0].message_zh.endswith("现为“yes”；应为 true 或 false")


def test_the_sound_folder_loads(office: Path) -> None:
    assert load(office).tables["target"].height == 8


def test_all_problems_are_listed_at_once(office: Path) -> None:
    for file, old, new in (("indicator", "flow", "x"), ("target", "2024,", "year,"), ("form", "community", "village")):
        path = office / f"{file}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    assert [problem.file for problem in raised.value.problems] == ["form.csv", "indicator.csv", "target.csv"]
    assert "3 处问题" in raised.value.message_zh
    assert "3 problems" in raised.value.message_en


def test_a_missing_file_is_one_problem(office: Path) -> None:
    (office / "org_unit.csv").unlink()
    with pytest.raises(CatalogueError) as raised:
        load(office)
    (problem,) = [problem for problem in raised.value.problems if problem.file == "org_unit.csv"]
    assert problem.found_en == "no such file"
    assert not [other for other in raised.value.problems if other.file in ("target.csv", "baseline.csv")]


def test_another_encoding_is_named_with_its_line(office: Path) -> None:
    path = office / "indicator.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(CatalogueError, match=r"indicator\.csv 第 2 行：文字不是 UTF-8 编码"):
        load(office)


def test_a_byte_order_mark_and_blank_lines_are_no_problem(office: Path) -> None:
    path = office / "theme.csv"
    path.write_bytes(("\ufeff" + path.read_text(encoding="utf-8").replace("\n", "\r\n") + "\r\n,\r\n").encode())
    assert load(office).tables["theme"]["code"].to_list() == ["service"]


def test_lines_count_as_an_editor_counts_them(office: Path) -> None:
    """A quoted cell may hold a line break: the row after it is two lines further down."""
    path = office / "theme.csv"
    path.write_text('code,name_zh,weight\nservice,"服\n务",1\nother,其他,heavy\n', encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load(office)
    assert [(problem.line, problem.column) for problem in raised.value.problems] == [(4, "weight")]
