"""What an operator decides shows wherever the value or the report shows, and nowhere who decided it, and why."""

import json
from pathlib import Path

import pytest

from jindu import cli
from jindu.settings import Home

from .conftest import BY, FIRST, NIGHTS, REASON, SECOND, THIRD, Office

CATALOGUE_OFFICE = Path(__file__).parents[1] / "catalogue" / "small_office"
VISIT = "indicator_code = 'visit'"


def told(office: Office, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert cli.run_command([*arguments, "--home", str(office.home.root)]) in {0, 1}
    return capsys.readouterr().out


def test_a_telephoned_value_counts_and_is_marked(story: dict[str, Office]) -> None:
    office = story[NIGHTS[1]]
    where = f"{VISIT} and org_unit_code = '{FIRST}' and report_month = date '2024-02-01'"
    assert office.published(f"select month_value, ytd_value, is_corrected from mart.completion where {where}") == [
        (33, 66, True)
    ]
    cells = office.published(
        f"select measure, value, cell_text is not null, cell is not null, is_corrected, corrected_on::varchar"
        f" from mart.reported_cell where {where} and measure in ('month', 'ytd') order by measure"
    )
    assert cells == [("month", 33, True, True, True, "2024-03-11"), ("ytd", 66, True, True, True, "2024-03-11")]
    # what rests on it is marked too: the sums above; not what went before, nor another indicator
    marked = "select distinct org_unit_code, report_month::varchar from mart.completion where is_corrected and {}"
    street, district = "350599001", "350599"
    february, march = "2024-02-01", "2024-03-01"
    assert set(office.published(marked.format(VISIT))) == {
        *((unit, february) for unit in (FIRST, street, district)),
        *((unit, march) for unit in (THIRD, street, district)),
    }
    assert office.published(marked.format("indicator_code = 'spending'")) == []


def test_what_was_never_sent_is_known_but_not_reported(story: dict[str, Office]) -> None:
    office = story[NIGHTS[1]]
    where = f"org_unit_code = '{THIRD}' and report_month = date '2024-03-01'"
    assert office.published(f"select ytd_value, is_corrected from mart.completion where {where} and {VISIT}") == [
        (64, True)
    ]
    assert office.published(
        "select state, timeliness, cells_filled_count, cells_corrected_count from mart.reporting where " + where
    ) == [("missing", "missing", 0, 1)]
    assert office.published(
        f"select submission_id, file_name, is_late from mart.reported_cell where {where} and {VISIT}"
    ) == [(None, None, True)]


def test_a_newer_version_takes_the_place_of_what_was_told(story: dict[str, Office]) -> None:
    where = f"{VISIT} and org_unit_code = '{FIRST}' and report_month = date '2024-02-01'"
    query = f"select month_value, ytd_value, is_corrected from mart.completion where {where}"
    assert story[NIGHTS[2]].published(query) == [(33, 66, True)]
    assert story["last"].published(query) == [(35, 68, False)]


def test_it_is_said_where_the_value_is_explained(story: dict[str, Office], capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(story[NIGHTS[1]], capsys, "explain", "甲", "走访", "2024-02").replace("\n", "").replace(" ", "")
    assert "电话更正，2024-03-11记入，决定20240311-" in shown
    assert "报表原写“" in shown
    alone = told(story[NIGHTS[1]], capsys, "--lang", "en", "explain", THIRD, "visit", "2024-03")
    assert "telephoned in" in alone and "None" not in alone


def test_status_lists_what_was_told_of_the_month(story: dict[str, Office], capsys: pytest.CaptureFixture[str]) -> None:
    office = story[NIGHTS[1]]
    assert "电话更正 1 处：丙 2024-03“走访”本年累计 64（2024-04-12 记）" in told(office, capsys, "status")
    (listed,) = json.loads(told(office, capsys, "status", "--json"))["corrected"]
    assert (listed["unit"], listed["measure"], listed["value"], listed["corrected_on"]) == (
        "丙", "ytd", "64", "2024-04-12",
    )  # fmt: skip
    assert json.loads(told(story["last"], capsys, "status", "--json"))["corrected"] == []


def test_the_receipt_says_what_counts_instead_of_its_cells(story: dict[str, Office]) -> None:
    def receipts(office: Office) -> str:
        folder = office.home.returns / FIRST
        return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("2024-02*回执*.html")))

    assert "“走访”本月数 33（2024-03-11 电话更正" in receipts(story[NIGHTS[1]])
    assert "电话更正" not in receipts(story["last"])  # a newer version speaks


def test_a_withdrawn_version_leaves_the_one_before_it(story: dict[str, Office]) -> None:
    where = f"org_unit_code = '{SECOND}' and report_month = date '2024-01-01'"
    states = f"select version, state from mart.submission where {where} order by version"
    assert story[NIGHTS[2]].published(states) == [(1, "superseded"), (2, "held")]
    assert story["last"].published(states) == [(1, "accepted"), (2, "withdrawn")]
    assert story["last"].published(f"select state, timeliness from mart.reporting where {where}") == [
        ("accepted", "on_time")
    ]
    receipts = story["last"].home.returns / SECOND
    withdrawn = [path for path in receipts.glob("2024-01*第2版*回执*") if "已撤回" in path.read_text(encoding="utf-8")]
    assert len(withdrawn) == 1


def test_all_versions_withdrawn_is_not_reported(office: Office) -> None:
    decided = ("withdraw", SECOND, "monthly", "2024-01", "--all-versions")
    assert office.decide(*decided, at="2024-06-21T10:00") == 0
    office.run("2024-06-22T02:00")
    where = f"org_unit_code = '{SECOND}' and report_month = date '2024-01-01'"
    assert office.published(f"select state, timeliness, cells_filled_count from mart.reporting where {where}") == [
        ("withdrawn", "missing", 0)
    ]
    assert office.published(f"select status from mart.completion where {where} and {VISIT}") == [("unreported",)]


def test_the_status_tells_what_only_the_next_night_counts(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    def status(*arguments: str) -> str:
        capsys.readouterr()
        cli.run_command([*arguments, "--home", str(office.home.root)])
        return capsys.readouterr().out

    assert json.loads(status("status", "--json"))["decisions_pending"] == {}
    capsys.readouterr()
    trial = ("withdraw", "乙", "monthly", "2024-05", "--dry-run")
    assert office.decide(*trial, at="2024-06-21T10:00") == 0
    assert "撤回：乙社区 2024-05 月报第 1 版，" in capsys.readouterr().out  # names, no codes
    assert office.decide("withdraw", "丙", "月报", "2024-05", "--all-versions", at="2024-06-21T10:00") == 0
    assert "已记下、下一夜才计入的决定：撤回 1 条" in status("status")
    assert "counts from the next night: withdrawn 1" in status("--lang", "en", "status")
    assert json.loads(status("status", "--json"))["decisions_pending"] == {"withdrawal": 1}


def test_every_change_of_state_has_its_time_and_cause(story: dict[str, Office]) -> None:
    office = story["last"]
    changes = office.published(
        "select version, state, strftime(since_at, '%Y-%m-%d %H:%M'), cause, decision_id is not null"
        " from mart.submission_state"
        f" where org_unit_code = '{SECOND}' and report_month = date '2024-01-01' order by version, change_number"
    )
    assert [change for change in changes if change[1] != "received"] == [
        (1, "accepted", "2024-03-10 02:00", "judgement", False),
        (1, "superseded", "2024-04-20 02:00", "newer_version", False),
        (1, "accepted", "2024-05-21 10:00", "newer_version_gone", False),
        (2, "held", "2024-04-20 02:00", "judgement", False),
        (2, "withdrawn", "2024-05-21 10:00", "withdrawal", True),
    ]
    assert sum(state == "received" for _, state, *_ in changes) == 2
    unlike = office.published(
        "select submission_id, submission.state, changed.state from mart.submission as submission left join ("
        "    select submission_id, max_by(state, change_number) as state from mart.submission_state group by all"
        ") as changed using (submission_id) where submission.state is distinct from changed.state"
    )
    assert unlike == []


def test_who_decided_and_why_stays_inside(story: dict[str, Office]) -> None:
    for office in story.values():
        tables = [name for (name,) in office.published("select table_name from information_schema.tables")]
        assert "reported_cell" in tables
        for path in [office.home.published.resolve(), *office.home.returns.rglob("*"), *office.home.outbox.rglob("*")]:
            if path.is_file():
                content = path.read_bytes()
                assert REASON.encode() not in content and BY.encode() not in content, path
    decided = story["last"].private("select distinct decided_by, reason from raw.decision")
    assert decided == [(BY, REASON)]  # so the search above could have found them


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("correct", "甲", "走访", "2024-02", "--month-value", "约30"), "不是确切的数值"),
        (("correct", "甲", "走访", "2024-02", "--month-value", "1.5"), "最多 0 位小数"),
        (("correct", "甲", "走访", "2024-02", "--month-value", "3万元"), "单位不合"),
        (("correct", "甲", "走访", "2024-02", "--month-value", "2000000000000"), "写不下"),
        (("correct", "甲", "走访", "2024-02"), "请写出更正的数"),
        (("correct", "甲", "调解成功率", "2024-02", "--ytd-value", "95%"), "mediated、dispute"),
        (("correct", "甲", "走访", "2024-06", "--month-value", "3"), "没有填报"),
        (("correct", "丁", "走访", "2024-02", "--month-value", "3"), "没有“丁”"),
        (("withdraw", "甲", "月报", "2023-01"), "没有可撤回"),
        (("withdraw", "0000"), "没有编号"),
        (("withdraw", "甲", "月报"), "三项"),
        (("withdraw", "乙", "年报", "2024-04"), "没有“年报”"),
    ],
)
def test_what_cannot_be_is_refused_and_not_recorded(
    office: Office, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    before = {path: path.read_bytes() for path in office.home.decisions.iterdir()}
    assert office.decide(*arguments, at="2024-06-21T10:00") == 2
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in office.home.decisions.iterdir()} == before


def test_a_figure_of_the_bulletin_is_never_edited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(CATALOGUE_OFFICE, Home(tmp_path / "home"))
    office.home.root.mkdir()
    told = ("correct", "110101001", "sales", "2024-10", "--month-value", "3")
    assert office.decide(*told, at="2024-11-21T10:00") == 2
    assert "更正后的通报作为新版放进收件箱" in capsys.readouterr().err
    assert not office.home.decisions.exists()


def test_a_trial_records_nothing_and_twice_withdrawn_is_refused(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (office.home.decisions / "withdrawal.jsonl").read_bytes()
    assert office.decide("withdraw", "丙", "月报", "2024-05", "--dry-run", at="2024-06-21T10:00") == 0
    assert (office.home.decisions / "withdrawal.jsonl").read_bytes() == before
    (taken,) = json.loads(before)["payload"]["submissions"]
    assert office.decide("withdraw", taken[:8], at="2024-06-21T10:00") == 2
    assert "已经撤回过" in capsys.readouterr().err
    assert office.decide("withdraw", "丙", "月报", "2024-05", at="2024-05-21T10:00") == 2
    assert "不能更早" in capsys.readouterr().err


def test_what_does_not_go_together_is_recorded_and_said(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert office.decide("correct", "甲", "走访", "2024-05", "--ytd-value", "1", at="2024-06-21T10:00") == 1
    assert "少于上月的" in capsys.readouterr().err
    assert office.decide("correct", "甲", "走访", "2024-05", "--month-value", "1", at="2024-06-21T10:00") == 1
    assert "--ytd-value" in capsys.readouterr().err
    assert len((office.home.decisions / "correction.jsonl").read_text(encoding="utf-8").splitlines()) == 4
