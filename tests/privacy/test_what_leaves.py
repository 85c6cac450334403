"""Names, notes and restricted values under 3 stay in the home, whichever way something leaves it."""

import stat
import zipfile
from datetime import date
from typing import Any

import duckdb
import pytest

from jindu.settings import Home

from .attack import Attack, Office
from .conftest import Told
from .leaving import folder_texts, found_in, mail_texts, published_texts, robot_texts, terminal_texts
from .office import (
    EAST,
    HIDDEN_NUMBERS,
    MONTHS,
    NORTH,
    PARENT,
    PLANTED_TEXTS,
    RESTRICTED,
    SHOWN_NUMBERS,
    SILENT,
    SOUTH,
    STRAY_DAY,
    STRAY_FILES,
    STRAY_TEXTS,
    UNITS,
    WEST,
    small_care,
    small_values,
)

NOT_A_WORKBOOK = "您报送的文件不是 .xlsx"  # says the list in a book made of a CSV file's rows
RESTRICTED_NAMES = {"低保", "在册对象", "档案齐全", "帮教", "重新犯罪", "孤儿", "安置户", "复发"}
INTERNAL_NAMES = {"经费"}
IDENTITIES = [("allowance", "allowance_new", "allowance_cancelled")]
PARTS = {"corrected_ratio": ("corrected_file", "corrected")}
HOUSEHOLDS = {EAST: 300, WEST: 500, SOUTH: 900, NORTH: 200}


@pytest.fixture(scope="module")
def leaving(told: Told) -> list[tuple[str, str]]:
    """Everything but the units' own folders: where it stands, and its text.

    `jindu status` names the files to the operator as they lie in the inbox, or nobody could find them: names of files
    are taken out of it, and of nothing else.
    """
    return [
        *published_texts(told.home),
        *folder_texts(told.home.outbox),
        *mail_texts(told.mailbox.mails),
        *robot_texts(told.webhook.bodies),
        *(
            (where, without_file_names(text) if where.startswith("status ") else text)
            for where, text in terminal_texts(told.home)
        ),
    ]


def without_file_names(text: str) -> str:
    for _, name in STRAY_FILES:
        text = text.replace(name.replace("\n", " "), "")
    return text


def rows(home: Home, query: str) -> list[dict[str, Any]]:
    """The rows of a query on what is published."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        return connection.execute(query).pl().to_dicts()


def test_the_night_told_everybody(told: Told) -> None:
    """What is scanned below is there."""
    assert len(told.mailbox.mails) == 1
    assert len(told.webhook.bodies) == 2
    assert len(list(told.home.outbox.glob("*.txt"))) == 1
    assert {path.parent.name for path in told.home.returns.rglob("*.html")} == {*UNITS, PARENT}
    states = rows(told.home, "select distinct state from mart.submission")
    assert {row["state"] for row in states} >= {"accepted", "superseded", "rejected"}
    assert found_in(folder_texts(told.home.inbox), {"PK"})  # workbooks


def test_no_name_note_or_identity_card_leaves(told: Told, leaving: list[tuple[str, str]]) -> None:
    assert found_in(leaving, set(PLANTED_TEXTS)) == []
    receipts = [(name, text) for name, text in folder_texts(told.home.returns) if name.endswith(".html")]
    assert found_in(receipts, set(PLANTED_TEXTS)) == []


def test_a_workbook_with_names_goes_back_to_its_own_unit_only(told: Told) -> None:
    """What comes back is what that unit sent: its own bytes, found in its own folder."""
    sent = {unit: "".join(text for _, text in folder_texts(told.home.inbox / unit)) for unit in UNITS}
    returned = list(told.home.returns.rglob("*.xlsx"))
    assert returned
    for path in returned:
        with zipfile.ZipFile(path) as book:
            parts = [name for name in book.namelist() if name == "xl/sharedStrings.xml"]
            whole = "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
            if NOT_A_WORKBOOK not in whole:
                assert [name for name in parts if book.read(name).decode() not in sent[path.parent.name]] == []
        assert [text for text in PLANTED_TEXTS if text in whole and text not in sent[path.parent.name]] == []


def test_no_name_in_a_wrong_place_leaves(told: Told, leaving: list[tuple[str, str]]) -> None:
    assert found_in(leaving, set(STRAY_TEXTS)) == []
    received = "\n".join(text for _, text in folder_texts(told.home.returns))
    assert [text for text in STRAY_TEXTS[:7] if text not in received] == []  # its own unit reads what it wrote


def test_what_a_name_stood_beside_is_still_told(told: Told) -> None:
    found = rows(
        told.home,
        "select finding.* from mart.finding inner join mart.submission using (submission_id)"
        f" where received_at > '2024-06-{STRAY_DAY:02d}'",
    )
    assert {row["file_name"] for row in found} == {
        "月报_2024-05示例….csv", "…_…_2024-05.csv", "….csv", "示例….csv", "月报.csv", "月报_2024-05….xlsx",
    }  # fmt: skip
    assert {row["found"] for row in found if row["rule_code"] == "unreadable_cell"} == {"示例…统计", "7（示例…）"}
    assert any("H2 的“7（示例…）”读不成" in row["message_zh"] for row in found)
    assert "示例…" in {row["sheet_name"] for row in found}


def test_no_hidden_number_leaves_and_others_do(leaving: list[tuple[str, str]]) -> None:
    assert found_in(leaving, HIDDEN_NUMBERS) == []
    published = dict(leaving)["mart.completion"]
    assert {number for number in SHOWN_NUMBERS if number not in published} == set()


def test_a_unit_is_told_of_no_other_ones_numbers(told: Told) -> None:
    for unit in UNITS:
        others = {
            str(value)
            for by_unit in RESTRICTED.values()
            for other, values in by_unit.items()
            for value in values
            if other != unit and value > 10_000
        }
        assert found_in(folder_texts(told.home.returns / unit), others) == []


def test_no_small_restricted_value_is_published(told: Told) -> None:
    small = rows(
        told.home,
        "select completion.* from mart.completion inner join mart.indicator using (indicator_code)"
        " inner join mart.org_unit using (org_unit_code)"
        " where publicity = 'restricted' and level != 'subdistrict' and kind in ('flow', 'stock')"
        " and least(month_value, ytd_value, rolling_3_value, rolling_12_value, prior_ytd_value) < 3",
    )
    assert small == []


def test_what_is_withheld_is_said_and_nothing_more(told: Told) -> None:
    (row,) = rows(
        told.home,
        "select * from mart.completion"
        f" where org_unit_code = '{WEST}' and indicator_code = 'reoffending' and report_month = '2024-02-01'",
    )
    said = {column: value for column, value in row.items() if value is not None}
    assert said == {
        "org_unit_code": WEST, "indicator_code": "reoffending", "report_month": date(2024, 2, 1),
        "annual_target_value": 0, "target_version": 1, "target_basis": "office", "is_sample": True,
        "target_to_date_value": 0, "target_covered_value": 0, "is_provisional": False,
        "months_covered_count": 2, "months_due_count": 2,
        "status": "not_computable", "status_rule": "suppressed", "null_reason": "suppressed",
        "target_due_month": date(2024, 12, 1), "target_form": "at_most", "target_phasing": "linear",
        "units_due_count": 1, "units_reported_count": 1, "due_on": row["due_on"],
        "is_suppressed": True, "month_text": "不公开", "ytd_text": "不公开", "is_corrected": False,
    }  # fmt: skip
    (shown,) = rows(
        told.home,
        'select 本月数, "本月数（显示）", 受限不公开 from 完成情况'
        f" where 单位代码 = '{EAST}' and 指标代码 = 'corrected' and 报告期 = '2024-02-01'",
    )
    assert shown == {"本月数": 61_101, "本月数（显示）": "61101", "受限不公开": False}


def test_what_is_withheld_has_no_place_and_takes_none(told: Told) -> None:
    """Neither a rank, nor a range, nor last month's; and no other's range reaches beyond the peers that are shown."""
    withheld = rows(told.home, "select * from mart.ranking where unranked_reason = 'suppressed'")
    assert {row["scope_code"] for row in withheld} == {"corrected_ratio", "help", "talk"}
    told_of = (
        "metric_value",
        "completion_rank",
        "previous_rank",
        "rank_change",
        "change_cause",
        "best_rank",
        "worst_rank",
    )
    assert [row for row in withheld if any(row[column] is not None for column in told_of)] == []
    ranges = rows(told.home, "select * from mart.ranking where not best_rank <= completion_rank")
    ranges += rows(told.home, "select * from mart.ranking where not completion_rank <= worst_rank")
    assert ranges == rows(told.home, "select * from mart.ranking where worst_rank > peers_count") == []


def test_the_sub_district_is_exact_once_its_month_is_in(told: Told) -> None:
    found = rows(
        told.home,
        "select report_month, month_value, is_suppressed from mart.completion"
        f" where org_unit_code = '{PARENT}' and indicator_code = 'reoffending' order by report_month",
    )
    assert [(row["month_value"], row["is_suppressed"]) for row in found] == [
        (0, False), (1, False), (2, False), (1, False), (None, True)  # one community has not reported May
    ]  # fmt: skip
    orphans = rows(
        told.home,
        "select distinct level, month_text from mart.completion inner join mart.org_unit using (org_unit_code)"
        " where indicator_code = 'orphan' order by level",
    )
    assert [tuple(row.values()) for row in orphans] == [("district", "不公开"), ("subdistrict", "1")]


def test_an_explanation_tells_no_more_than_the_figures(told: Told) -> None:
    """Where to look for a withheld figure, that it is withheld, and nothing else of what was done."""
    explained = rows(
        told.home,
        "select kind, value, text_zh, cell from mart.completion_explained"
        f" where org_unit_code = '{WEST}' and indicator_code = 'reoffending' and report_month = '2024-02-01'",
    )
    kinds = [row["kind"] for row in explained]
    assert kinds == ["cell"] * kinds.count("cell") + [
        "ytd", "target", "target_to_date", "target_covered", "completion", "pace", "status"
    ]  # fmt: skip
    assert {row["value"] for row in explained if row["kind"] not in {"target", "target_to_date", "target_covered"}} == {
        None
    }
    assert all(
        row["cell"] and row["text_zh"].endswith("*（受限不公开）（示例）") for row in explained[: kinds.count("cell")]
    )
    assert [row for row in rows(told.home, "from mart.reported_cell where is_suppressed")
            if row["value"] is not None or row["cell_text"] is not None] == []  # fmt: skip


def test_robots_hear_of_nothing_that_is_not_public(told: Told) -> None:
    assert found_in(robot_texts(told.webhook.bodies), RESTRICTED_NAMES | INTERNAL_NAMES | {"restricted", ".xlsx"}) == []


def test_the_history_stays_private(told: Told) -> None:
    assert stat.S_IMODE(told.home.history.stat().st_mode) == 0o600
    assert told.home.history.parent == told.home.root


@pytest.fixture(scope="module")
def attack(told: Told) -> Attack:
    """All that the published tables say about restricted indicators."""
    indicators = rows(told.home, "select * from mart.indicator where publicity = 'restricted'")
    units = rows(told.home, "select * from mart.org_unit where parent_code is not null")
    office = Office(
        {row["org_unit_code"]: row["parent_code"] for row in units},
        {row["indicator_code"]: row["kind"] for row in indicators},
        IDENTITIES,
        PARTS,
        HOUSEHOLDS,
    )
    codes = ", ".join(f"'{code}'" for code in office.kind_of)
    return Attack(
        office,
        rows(told.home, f"select * from mart.completion where indicator_code in ({codes})"),
        rows(told.home, f"select * from mart.ranking where scope_code in ({codes})"),
        reported_cells=rows(told.home, f"select * from mart.reported_cell where indicator_code in ({codes})"),
        contributions=rows(told.home, f"select * from mart.contribution where indicator_code in ({codes})"),
        operands=rows(told.home, f"select * from mart.completion_operand where indicator_code in ({codes})"),
        target_months=rows(told.home, f"select * from mart.target_month where indicator_code in ({codes})"),
        projection_parts=rows(told.home, f"select * from mart.projection_part where part_code in ({codes})"),
    )


def test_no_small_value_can_be_worked_out(attack: Attack) -> None:
    """But for the zeros of a month in which the whole sub-district has none: its own row is exact."""
    found = []
    for planted in small_values():
        values = RESTRICTED[planted.indicator_code].values()
        at = MONTHS.index(planted.report_month)
        if planted.report_month != SILENT[1] and sum(series[at] for series in values) == 0:
            continue
        cell = (planted.org_unit_code, planted.indicator_code, planted.report_month)
        least, greatest = attack.range_of(cell)
        assert least <= planted.value <= greatest, "the attack errs"
        found += [planted] * (least == greatest)
    assert found == []


def test_the_attack_reads_what_is_shown(attack: Attack) -> None:
    for code, unit in (("corrected", EAST), ("help", WEST)):
        for month, value in zip(MONTHS, RESTRICTED[code][unit], strict=True):
            assert attack.range_of((unit, code, month)) == (value, value)


def test_what_is_due_tells_neither_a_baseline_nor_last_year(attack: Attack) -> None:
    """WEST had 2 households last December and starts from them; in every third month of last year nothing relapsed."""
    planted = list(small_care())
    assert {one.org_unit_code for one in planted} == {WEST}
    found = []
    for one in planted:
        cell = (one.org_unit_code, one.indicator_code, one.report_month)
        least, greatest = attack.range_of(cell)
        assert least <= one.value <= greatest, "the attack errs"
        found += [one] * (least == greatest)
    assert found == []
    assert attack.range_of((EAST, "housed", date(2023, 12, 1))) == (8, 8)  # what is shown is read


def test_an_explanation_of_what_is_due_is_withheld_with_it(told: Told) -> None:
    explained = rows(
        told.home,
        "select distinct indicator_code, kind, value, text_zh, text_en from mart.completion_explained"
        f" where org_unit_code = '{WEST}' and indicator_code in ('housed', 'relapse') and report_month >= '2024-01-01'"
        " and kind in ('target_to_date', 'target_covered')",
    )
    assert len(explained) == 4
    assert {row["value"] for row in explained} == {None}
    assert {row["text_zh"] for row in explained} == {"序时应完成受限不公开", "同口径应完成受限不公开"}
    assert {row["text_en"] for row in explained} == {"Due to date: withheld", "Due for the same months: withheld"}
