"""What is telephoned in is judged, carried on and taken for 不适用 as it was told; past nights keep their answers."""

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from jindu import cli
from jindu.settings import OFFICE_TIMEZONE
from jindu.template import write_templates

from .conftest import FIRST, NIGHTS, SECOND, Office

# every row but that of the visits says why it is as it is (示例)
JUNE = f"""form,sender_code,report_month,indicator_code,unit,month_value,ytd_value,note
monthly,{FIRST},2024-06,visit,次,7,3,
monthly,{FIRST},2024-06,spending,万元,1.5,9,六月起按新办法拨付
monthly,{FIRST},2024-06,estate,个,4,,两个小区合并管理
monthly,{FIRST},2024-06,dispute,件,3,18,三件都在六月受理
monthly,{FIRST},2024-06,mediated,件,3,18,三件都在六月调成
"""
VISIT = "indicator_code = 'visit'"
LATER = "2024-07-12T02:00"


@pytest.fixture(scope="module")
def fallen(story: dict[str, Office], tmp_path_factory: pytest.TempPathFactory) -> Office:
    """甲's June says a cumulative below May's, the night sees it, and the operator is told what it should be."""
    office = story["last"].copy(tmp_path_factory.mktemp("told") / "home")
    office.put(f"{FIRST}/六月.csv", JUNE, "2024-07-03T09:00")
    office.run("2024-07-10T02:00")
    return office


@pytest.fixture(scope="module")
def told(fallen: Office, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The night after."""
    office = fallen.copy(tmp_path_factory.mktemp("after") / "home")
    ((before,),) = office.private(
        f"select ytd_value from core.unit_month where org_unit_code = '{FIRST}' and {VISIT}"
        " and report_month = '2024-05-01'"
    )
    told = ("correct", FIRST, "visit", "2024-06", "--month-value", "7", "--ytd-value", str(int(before) + 7))
    assert office.decide(*told, at="2024-07-11T10:00") == 0
    office.run(LATER)
    return office


def open_findings(office: Office) -> set[str]:
    """The rules that something open in 甲's June is of, as far as the cumulative of its visits is concerned."""
    rows = office.published(
        "select rule_code from mart.finding as finding inner join mart.submission as submission using (submission_id)"
        f" where submission.file_name like '六月%' and {VISIT} and finding.state = 'open'"
    )
    return {str(rule) for (rule,) in rows if "cumulative" in str(rule)}


def test_what_was_told_is_judged_and_not_what_it_replaced(fallen: Office, told: Office) -> None:
    assert open_findings(fallen) != set()
    assert open_findings(told) == set()
    folder = told.home.returns / FIRST
    (receipt,) = [path.read_text("utf-8") for path in folder.glob("2024-06*回执*.html")]
    assert "电话更正" in receipt and "少于上月" not in receipt


def test_a_change_that_a_correction_made_names_the_decision(fallen: Office, told: Office) -> None:
    query = (
        "select changed.state, changed.cause, changed.decision_id is not null from mart.submission_state as changed"
        " inner join mart.submission as submission using (submission_id)"
        " where submission.file_name like '六月%' order by changed.change_number"
    )
    assert fallen.published(query) == [("received", "arrival", False), ("held", "judgement", False)]
    assert told.published(query)[2:] == [("accepted", "decision", True)]
    ((number,),) = told.published(
        "select decision_id from mart.submission_state where cause = 'decision' and report_month = '2024-06-01'"
    )
    assert told.private(f"select kind from raw.decision where decision_id = '{number}'") == [("correction",)]


def test_next_months_form_goes_on_from_what_was_told(told: Office, tmp_path: Path) -> None:
    ((corrected,),) = told.published(
        f"select ytd_value from mart.completion where org_unit_code = '{FIRST}' and {VISIT}"
        " and report_month = '2024-06-01'"
    )
    moment = datetime.fromisoformat(LATER).replace(tzinfo=OFFICE_TIMEZONE)
    (path,) = write_templates(
        told.reference, told.home.history, moment, tmp_path, month=date(2024, 7, 1), units=[FIRST]
    )
    rows = [row for sheet in openpyxl.load_workbook(path).worksheets for row in sheet.iter_rows(values_only=True)]
    known = {value for row in rows if "visit" in row for value in row if isinstance(value, int | float)}
    assert float(corrected) in known and 3 not in known  # the form said 3


@pytest.mark.parametrize("said", [("--not-applicable",), ("--month-value", "不适用"), ("--ytd-value", "—")])
def test_not_applicable_can_be_told(office: Office, capsys: pytest.CaptureFixture[str], said: tuple[str, ...]) -> None:
    where = f"org_unit_code = '{FIRST}' and {VISIT} and report_month = '2024-05-01'"
    query = f"select month_value, is_corrected, status = 'not_applicable' from mart.completion where {where}"
    assert office.published(query)[0][1:] == (False, False)
    assert office.decide("correct", FIRST, "visit", "2024-05", *said, at="2024-06-21T10:00") == 0
    assert "不适用" in capsys.readouterr().out
    if said == ("--not-applicable",):
        office.run("2024-06-22T02:00")
        assert office.published(query) == [(None, True, True)]
        told = f"select measure, value, is_corrected, is_not_applicable from mart.reported_cell where {where}"
        assert office.published(told) == [("month", None, True, True)]
        cli.run_command(["status", "--home", str(office.home.root)])
        assert "“走访”本月数 不适用（2024-06-21 记）" in capsys.readouterr().out
        receipts = office.home.returns / FIRST
        assert [path for path in receipts.glob("2024-05*回执*") if "本月数 不适用（" in path.read_text("utf-8")]


def test_no_value_stands_beside_not_applicable(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    told = ("correct", FIRST, "visit", "2024-05", "--month-value", "5", "--not-applicable")
    assert office.decide(*told, at="2024-06-21T10:00") == 2
    assert "不适用就没有数值" in capsys.readouterr().err


@pytest.mark.parametrize("reason", ["无", "核实无误", "。。", "正 常"])
@pytest.mark.parametrize(
    "told", [("withdraw", "丙", "月报", "2024-05"), ("correct", "甲", "visit", "2024-05", "--not-applicable")]
)
def test_a_reason_that_says_nothing_is_none(
    office: Office, capsys: pytest.CaptureFixture[str], told: tuple[str, ...], reason: str
) -> None:
    places = ["--home", str(office.home.root), "--reference", str(office.reference)]
    before = {path: path.read_bytes() for path in office.home.decisions.iterdir()}
    assert cli.run_command([*told, "--reason", reason, "--by", "统筹办", *places]) == 2
    assert "等于没有说明" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in office.home.decisions.iterdir()} == before


AS_KNOWN = (
    "select org_unit_code, indicator_code, report_month, month_value, ytd_value, completion_ratio, pace_ratio, status,"
    " is_corrected from mart.completion order by all"
)


def asked_again(office: Office, folder: Path, as_of: str) -> Office:
    """What a past night answers today: the home copied without its database and archive, as it was then."""
    again = office.copy(folder / "again")
    again.home.private_database.unlink()
    for place in (again.home.archive, again.home.returns):
        shutil.rmtree(place)
    again.home.history.unlink()
    again.run(as_of)
    return again


def test_what_is_decided_later_changes_no_night_before(story: dict[str, Office], tmp_path: Path) -> None:
    """domain.md, As-of: the same answer tomorrow for the same moment, whatever was told or taken back since."""
    then = story[NIGHTS[0]].published(AS_KNOWN)
    assert story["last"].published(AS_KNOWN) != then
    assert asked_again(story["last"], tmp_path, NIGHTS[0]).published(AS_KNOWN) == then


@pytest.mark.parametrize(
    "told", [("withdraw", SECOND, "monthly", "2024-01"), ("correct", FIRST, "visit", "2024-02", "--ytd-value", "90")]
)
def test_a_decision_before_a_published_night_is_warned_about(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str], told: tuple[str, ...]
) -> None:
    assert office.decide(*told, "--dry-run", at="2024-06-20T02:01") == 0  # after the last night
    capsys.readouterr()
    assert office.decide(*told, at="2024-06-20T02:00") == 1
    error = capsys.readouterr().err
    assert "已经定稿过 1 次" in error and "2024-06-20 02:00" in error
    before = office.published(AS_KNOWN)
    assert asked_again(office, tmp_path, NIGHTS[3]).published(AS_KNOWN) != before  # which is what the warning says


def test_a_held_version_stands_beside_a_newer_one_that_was_refused(
    fallen: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the operator reads the files' own names, which are published nowhere: they may be people's."""
    office = fallen.copy(tmp_path / "home")
    office.put(f"{FIRST}/欧阳示例的六月.csv", JUNE.replace("次,7,3", "次,约7,3"), "2024-07-10T09:00")
    office.run("2024-07-11T02:00")
    where = f"org_unit_code = '{FIRST}' and report_month = '2024-06-01'"
    assert office.published(f"select state from mart.reporting where {where}") == [("held",)]
    capsys.readouterr()
    assert cli.run_command(["status", "--json", "--home", str(office.home.root)]) == 1
    told = json.loads(capsys.readouterr().out)
    names = {state: {row["file"] for row in told[state]} for state in ("held", "rejected")}
    assert "六月.csv" in names["held"] and "欧阳示例的六月.csv" in names["rejected"]
    for path in [office.home.published.resolve(), *office.home.outbox.rglob("*")]:
        assert path.is_dir() or "欧阳示例".encode() not in path.read_bytes(), path
    history = office.home.history
    history.chmod(0o600)
    history.unlink()
    assert cli.run_command(["status", "--json", "--home", str(office.home.root)]) == 1
    assert "欧阳示例" not in capsys.readouterr().out  # who has no history sees what is published
