"""`jindu target`: what is shown, handed down and revised, and what is refused."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from jindu import cli
from jindu.decisions import read_journals
from jindu.settings import Home, Night
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build, needed, store_reference
from tests.help_example import LANGUAGES

STREET, FIRST, THIRD = "350599001", "350599001001", "350599001003"
REVISE = ("revise", STREET, "visit", "--effective", "2024-07")
SPLIT = ("split", STREET, "visit", "--key")
SAID = ("--reason", "年中加码", "--by", "李四", "--recorded-at", "2024-06-03")


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


class Told:
    """What a command printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def row(self, start: str) -> list[str]:
        """The cells of the first line that begins so."""
        return next(line for line in self.out.splitlines() if line.startswith(start)).split()


Target = Callable[..., Told]


@pytest.fixture
def target(home: Home, capsys: pytest.CaptureFixture[str]) -> Target:
    def run(*arguments: str) -> Told:
        code = cli.run_command(["target", *arguments, "--home", str(home.root)])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        assert all(cell_len(line.rstrip()) <= 80 for line in shown.out.splitlines()), shown.out
        return Told(code, shown.out, shown.err)

    return run


def decided(home: Home) -> list[dict[str, object]]:
    """The rows of target.csv that the decisions hold."""
    return [row for journal in read_journals(home) for _, one in journal.decisions for row in one.payload["targets"]]


def test_a_target_is_shown_with_its_months_and_parts(target: Target) -> None:
    told = target("show", "示例街道", "走访")
    assert told.code == 0
    assert told.out.startswith("示例街道 · 走访（次） · 2024 年目标\n")
    assert told.row("1*")[1:] == ["1,200", "2024-01", "2024-12", "不低于", "本办制定", "均匀", "按户数"]
    assert told.row("2024-06") == ["2024-06", "1", "100", "600"]
    assert [told.row(unit)[1] for unit in "甲乙丙合"] == ["360", "600", "240", "1,200"]
    assert "尚未发布" in told.out


def test_when_it_was_adopted_is_said_as_of_any_decision(target: Target, home: Home) -> None:
    assert target(*REVISE, "--value", "1300", *SAID[:4], "--at", "2024-06-03").code == 0
    recorded = [one.recorded_at for journal in read_journals(home) for _, one in journal.decisions]
    assert [f"{moment:%Y-%m-%d}" for moment in recorded] == ["2024-06-03"]


def test_a_part_says_whose_it_is(target: Target) -> None:
    told = target("show", FIRST, "visit")
    assert "由示例街道分解下达。" in told.out
    assert told.row("2024-12")[1:] == ["1", "30", "360"]


def test_a_rate_is_shown_in_percent(target: Target) -> None:
    assert target("show", STREET, "mediated_ratio").row("1*")[1] == "90%"


def test_a_revision_is_shown_before_it_is_taken(target: Target, home: Home) -> None:
    told = target(*REVISE, "--value", "1500", *SAID, "--dry-run")
    assert told.code == 0
    assert told.row("2024-06")[1:] == ["100", "100", "600", "600"]
    assert told.row("2024-07")[1:] == ["100", "150", "700", "750", "←"]
    assert told.row("2024-12")[1:] == ["100", "150", "1,200", "1,500", "←"]
    assert told.row("甲")[1:] == ["360", "450"]
    assert "没有记下" in told.out
    assert not home.decisions.exists()


def test_a_revision_that_was_taken_stands_beside_the_old_one(target: Target, home: Home) -> None:
    assert target(*REVISE, "--value", "1500", *SAID).code == 0
    told = target("show", STREET, "visit")
    assert told.row("1*")[1] == "1,200"
    assert told.row("2*")[1:3] == ["1,500", "2024-07"]
    assert "第 2 版理由：年中加码" in told.out
    assert "李四" not in told.out
    (row,) = decided(home)
    assert (row["version"], row["value"], row["effective_month"]) == (2, "1500", "2024-07-01")


def test_the_night_computes_what_the_command_showed(target: Target, home: Home, night: Night) -> None:
    target(*REVISE, "--value", "1500", *SAID)
    target(*SPLIT, "equal", "--effective", "2024-09", *SAID)
    store_reference(night)
    with connect(home) as connection:
        build(connection, night.as_of, [model.name for model in needed(("core.target_month",))])
        found = connection.execute(
            "select target_version, target_value, amount_numerator / amount_denominator / 1e6"
            " from core.target_month where org_unit_code = ? and indicator_code = 'visit'"
            " and month(report_month) in (6, 7, 9) order by report_month",
            [FIRST],
        ).fetchall()
    assert [(version, int(value), amount) for version, value, amount in found] == [
        (1, 360, 30),
        (2, 450, 45),  # 6 * 30 are kept, 270 over six months
        (3, 500, 57.5),  # 180 + 90 are kept, 230 over four months
    ]


def test_a_split_of_a_revised_target_adds_up_in_every_month(target: Target, home: Home) -> None:
    path = home.reference / "target.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("households,", ","), encoding="utf-8")
    assert target(*REVISE, "--value", "1500", *SAID).code == 0
    told = target(*SPLIT, "households", *SAID)
    assert told.row("甲") == ["甲", "300", "450"]
    assert told.row("合计") == ["合计", "1,500"]
    assert [(row["version"], row["value"], row.get("split_key")) for row in decided(home)] == [
        (2, "1500", None), (3, "1200", "households"), (4, "1500", "households"),
    ]  # fmt: skip
    assert target("show", FIRST, "visit").row("2024-06")[2:] == ["30", "180"]
    assert target("show", FIRST, "visit").row("2024-12")[2:] == ["45", "450"]


def test_a_list_is_complete_and_adds_up(target: Target, home: Home) -> None:
    listed = (*SPLIT, "explicit", "--effective", "2024-07", *SAID)
    lacking = target(*listed, "--part", f"{FIRST}=700", "--part", "乙社区=500")
    assert (lacking.code, "丙社区" in lacking.err) == (2, True)
    wrong = target(*listed, "--part", f"{FIRST}=700", "--part", "乙社区=500", "--part", f"{THIRD}=1")
    assert (wrong.code, "合计 1201，与目标 1200 不等，多 1。" in wrong.err) == (2, True)
    strange = target(*listed, "--part", f"{FIRST}=700", "--part", "乙社区=500", "--part", "350599=0")
    assert (strange.code, "350599" in strange.err) == (2, True)
    assert not home.decisions.exists()
    assert target(*listed, "--part", f"{FIRST}=700", "--part", "乙社区=500", "--part", f"{THIRD}=0").code == 0
    assert target("show", THIRD, "visit").row("2024-12")[2:] == ["-20", "0"]
    # a revision of a list keeps its proportions
    assert target("revise", STREET, "visit", "--value", "2400", "--effective", "2024-10", *SAID).code == 0
    assert target("show", FIRST, "visit").row("2024-12")[3] == "1,400.00"


def test_rekey_splits_anew(target: Target) -> None:
    assert target(*REVISE, "--value", "1300", *SAID).code == 0
    told = target("revise", STREET, "visit", "--effective", "2024-08", "--rekey", *SAID)
    assert told.row("甲")[1:] == ["390", "390"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "示列街道", "visit"), "是不是 示例街道"),
        (("show", STREET, "走方"), "是不是 走访"),
        (("show", STREET, "visit", "--year", "2031"), "没有“走访”2031 年的目标"),
        (("show", STREET, "dispute"), "没有“纠纷”"),
        (("revise", FIRST, "visit", "--value", "9", "--effective", "2024-07", *SAID), "由上级（示例街道）分解下达"),
        ((*REVISE, "--value", "1,50", *SAID), "不是数值"),
        ((*REVISE, "--value", "150余", *SAID), "不是数值"),
        ((*REVISE, "--value", "95%", *SAID), "“95%”的单位不合这个指标：它以次计，请写成 1,700"),
        ((*REVISE, "--value", "3万元", *SAID), "它以次计"),
        (("revise", STREET, "mediated_ratio", "--effective", "2024-07", "--value", "3万元", *SAID), "它是比率"),
        ((*REVISE, "--value", "1000000000000", *SAID), "小于 1 万亿"),
        ((*REVISE, "--value", "9", *SAID[:2]), "缺少 --by"),
        ((*REVISE, "--value", "9", *SAID[2:]), "缺少 --reason"),
        (("revise", STREET), "缺少 INDICATOR|缺少 --"),
        ((*REVISE, "--value", "10.5", *SAID), "保留 0 位小数"),
        ((*REVISE, "--value", "1200", *SAID), "第 1 版从 2024-01 起已是这个目标"),
        (("revise", STREET, "visit", "--value", "9", "--effective", "七月", *SAID), "写成 2024-07"),
        ((*REVISE, "--value", "9", "--due-month", "2024-06", *SAID), "生效月份"),
        ((*REVISE, "--value", "9", "--due-month", "2025-08", *SAID), "完成月份"),
        ((*REVISE, "--value", "9", "--phasing", "guidance", *SAID), "指导数"),
        (("revise", STREET, "mediated_ratio", "--effective", "2024-07", "--rekey", *SAID), "没有按口径分解"),
        ((*REVISE, "--value", "9", *SAID[:4], "--recorded-at", "2999-01-01"), "还没有到"),
        ((*REVISE, "--value", "9", *SAID[:4], "--recorded-at", "昨天"), "写成 2024-07-10"),
        ((*REVISE, "--value", "9", *SAID[:4], "--at", "昨天"), "--at 的“昨天”不是日期"),
        ((*SPLIT, "equal", *SAID), "已经分解"),
        ((*SPLIT, "population", "--effective", "2024-07", *SAID), "人口"),
        ((*SPLIT, "equal", "--effective", "2024-07", "--part", "a=1", *SAID), "--part"),
        ((*SPLIT, "explicit", "--effective", "2024-07", "--part", "a", *SAID), "代码=数值"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_and_not_recorded(
    target: Target, home: Home, arguments: tuple[str, ...], said: str
) -> None:
    told = target(*arguments)
    assert told.code == 2
    assert any(one in told.err for one in said.split("|")), told.err
    assert not home.decisions.exists()


def test_a_rate_is_revised_in_percent(target: Target, home: Home) -> None:
    told = target("revise", STREET, "mediated_ratio", "--value", "95%", "--effective", "2024-07", *SAID)
    assert "\n整体比较：全年 90% → 95%\n" in told.out
    assert "2024-12" not in told.out
    assert decided(home)[0]["value"] == "0.95"
    assert "\n整体比较：全年 95%\n" in target("show", STREET, "mediated_ratio").out


def revise(target: Target, value: str, month: str, *more: str) -> Told:
    return target("revise", STREET, "visit", "--value", value, "--effective", month, *SAID, *more)


def test_a_revision_of_the_past_that_a_later_version_takes_back_is_refused(target: Target, home: Home) -> None:
    revise(target, "1500", "2024-10")
    revise(target, "1650", "2024-11")
    refused = revise(target, "1700", "2024-08")
    assert refused.code == 2
    assert "第 3 版从 2024-11 起生效" in refused.err
    assert len(decided(home)) == 2
    # from the last to the first, as the message says
    for month in ("2024-11", "2024-10"):
        assert revise(target, "1700", month).code == 0
    told = revise(target, "1700", "2024-08")
    assert "第 1 版 1,200 → 第 6 版 1,700，2024-08 起" in told.out
    assert "第 4 版 1,700，2024-11 起接着生效，不变" in told.out
    assert target("show", STREET, "visit").row("2024-08")[2:] == ["200", "900"]  # 700 kept, 1000 over five months


def test_a_wrong_effective_month_is_mended(target: Target, home: Home) -> None:
    revise(target, "1500", "2024-09")
    earlier = revise(target, "1500", "2024-07")
    assert earlier.code == 0
    assert "第 2 版 1,500，2024-09 起接着生效，不变" in earlier.out
    assert earlier.row("2024-07")[1:3] == ["100", "150"]
    later = revise(target, "1500", "2024-08")
    assert later.code == 2
    assert "先用 --effective 2024-07 改回" in later.err
    due = revise(target, "1500", "2024-09", "--due-month", "2024-10")
    assert due.code == 0
    assert len(decided(home)) == 3


def test_a_split_of_the_past_under_a_later_one_is_refused_where_it_changes_nothing(target: Target, home: Home) -> None:
    assert target(*SPLIT, "equal", "--effective", "2024-09", *SAID).code == 0
    told = target(*SPLIT, "equal", "--effective", "2024-07", *SAID)
    assert told.code == 2
    assert "第 2 版从 2024-09 起生效，以它为准" in told.err
    assert len(decided(home)) == 1


def test_a_split_of_the_past_goes_through_what_was_revised_since(target: Target, home: Home) -> None:
    revise(target, "1500", "2024-09")
    told = target(*SPLIT, "equal", "--effective", "2024-07", *SAID)
    assert (told.code, told.row("甲")[1:]) == (0, ["450", "500"])
    assert (decided(home)[1]["value"], decided(home)[1]["effective_month"]) == ("1200", "2024-07-01")


def test_a_revision_is_the_offices_unless_it_says_what_it_rests_on(target: Target, home: Home) -> None:
    path = home.reference / "target.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("office", "plan"), encoding="utf-8")
    revise(target, "1500", "2024-07")
    revise(target, "1600", "2024-08", "--basis", "assigned", "--source", "区通知第 3 号")
    first, second = decided(home)
    assert (first["basis"], first.get("source_section")) == ("office", None)
    assert (second["basis"], second["source_section"]) == ("assigned", "区通知第 3 号")
    shown = target("show", STREET, "visit")
    assert [shown.row(f"{version}*")[5] for version in (1, 2, 3)] == ["计划文件", "本办制定", "区级下达"]


@pytest.mark.parametrize(
    ("indicator", "value", "said"),
    [
        ("mediated_ratio", "99", "是不是要写 99%"),
        ("visit", "12000000", "10,000 倍"),
        ("visit", "1", "1/1,200"),
        ("visit", "500", "已应完成的 600 还少，以后各月应完成数会是负数"),
        ("visit", "5", "已应完成的 600 还少，以后各月应完成数会是负数"),
        ("spending", "9000亿元", "倍"),
    ],
)
def test_a_value_that_looks_like_a_slip_is_told(
    target: Target, home: Home, indicator: str, value: str, said: str
) -> None:
    command = ("revise", STREET, indicator, "--effective", "2024-07", "--value", value, *SAID)
    tried = target(*command, "--dry-run")
    assert (tried.code, said in tried.err) == (1, True), tried.err
    taken = target(*command)
    assert (taken.code, said in taken.err) == (0, True), taken.err
    assert len(decided(home)) == 1


@pytest.mark.parametrize("value", ["-5", "－５", "−5"])
def test_a_target_below_what_its_indicator_can_be_is_refused(target: Target, home: Home, value: str) -> None:
    said = "没有记下：“走访”不会是负数，目标不能是 -5。"
    for last in ((), ("--dry-run",)):
        told = target("revise", STREET, "visit", "--effective", "2024-07", "--value", value, *SAID, *last)
        assert (told.code, said in told.err) == (2, True), told.err
    parts = ("--part", f"{FIRST}=1205", "--part", "乙社区=0", "--part", f"{THIRD}={value}")
    told = target(*SPLIT, "explicit", "--effective", "2024-07", *parts, *SAID)
    assert (told.code, "不会是负数" in told.err) == (2, True), told.err
    assert not decided(home)


@pytest.mark.parametrize(
    ("indicator", "value", "read"),
    [
        ("visit", "1,700", "1700"),
        ("visit", "１７００", "1700"),
        ("spending", "1200000元", "120"),
        ("spending", "0.01亿元", "100"),
        ("mediated_ratio", "９５％", "0.95"),
    ],
)
def test_a_value_is_read_as_in_a_workbook(target: Target, home: Home, indicator: str, value: str, read: str) -> None:
    told = target("revise", STREET, indicator, "--effective", "2024-07", "--value", value, *SAID)
    assert (told.code, told.err) == (0, "")
    assert decided(home)[0]["value"] == read


def test_a_level_is_shown_as_the_level_due(target: Target, home: Home) -> None:
    path = home.reference / "target.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    rows.append("2024,350599001,estate,reduce_from_baseline,40,linear,office,,2024-01-02")
    lines = [f"{head},baseline_value", *(f"{row}," for row in rows[:-1]), f"{rows[-1]},120"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = target("show", STREET, "estate")
    assert told.err == ""
    assert "应达到" in told.out
    assert told.row("2024-01") == ["2024-01", "1", "113.33"]  # 120 - 80 / 12
    assert told.row("2024-12") == ["2024-12", "1", "40.00"]
    changed = target("revise", STREET, "estate", "--value", "60", "--effective", "2024-07", *SAID)
    assert changed.row("2024-12") == ["2024-12", "40.00", "60.00", "←"]


def test_what_is_told_of_a_decision_is_from_which_day_it_counts(target: Target) -> None:
    told = revise(target, "1500", "2024-07")
    assert "截至 2024-06-03 及以后的 jindu run 计入，截至更早日期的看不到。" in told.out
    assert target("show", STREET, "visit", "--as-of", "2024-06-02").row("2024-07")[2:] == ["100", "700"]


def test_a_trial_of_a_split_names_version_and_month(target: Target) -> None:
    told = target(*SPLIT, "equal", "--effective", "2024-07", *SAID, "--dry-run")
    assert "第 2 版 1,200，2024-07 起分解：平均" in told.out


def test_a_stray_file_among_the_decisions_is_told(target: Target, home: Home) -> None:
    revise(target, "1500", "2024-07")
    (home.decisions / "target - 副本.jsonl").write_text("{", encoding="utf-8")
    told = target("show", STREET, "visit")
    assert (told.code, "target - 副本.jsonl 不是决定文件" in told.err) == (1, True)


def test_a_decision_that_fits_no_more_needs_a_person(target: Target, home: Home) -> None:
    target(*REVISE, "--value", "1500", *SAID)
    journal = home.decisions / "target.jsonl"
    line = json.loads(journal.read_text(encoding="utf-8"))
    line["payload"]["targets"][0]["org_unit_code"] = "350599009"
    journal.write_text(json.dumps(line) + "\n", encoding="utf-8")
    told = target("show", STREET, "visit")
    assert (told.code, "不再适用" in told.err) == (1, True)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", ["show", "revise", "split"])
def test_every_command_of_the_group_has_help_with_an_example_that_runs(
    home: Home, capsys: pytest.CaptureFixture[str], lang: str, command: str
) -> None:
    assert cli.run_command(["--lang", lang, "target", command, "--help"]) == 0
    shown = capsys.readouterr().out
    (line,) = shown.split(f"\n{LANGUAGES[lang]}\n")[1].strip().splitlines()
    words = [
        word.replace("/data/jindu", str(home.root)).replace("990101001", STREET).replace("visits", "visit")
        for word in shlex.split(line)[1:]
    ]
    assert cli.run_command(words) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.strip()
    assert not list(Path(home.root).glob("decisions/*"))
