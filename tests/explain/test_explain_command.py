"""What `jindu explain` prints, and what it says when it cannot."""

from pathlib import Path

import duckdb
import pytest
from rich.cells import cell_len

from jindu import cli
from jindu.report.explained import wrapped
from jindu.settings import Home

WIDTH = 80


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def said(home: Home, *arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed when all goes well."""
    assert cli.run_command(["explain", "--home", str(home.root), *arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def refused(home: Home, *arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said when it does not."""
    assert cli.run_command(["explain", "--home", str(home.root), *arguments]) == 2
    printed = capsys.readouterr()
    assert not printed.out
    return printed.err


def test_every_step_is_printed_with_its_cell(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        said(home, "东街", "走访企业", "2024年2月", capsys=capsys)
        == """\
东街社区 · 走访企业 · 2024年2月
状态 略滞后（示例）（暂定）   完成率 16.0%   序时完成率 96.0%
累计型 · 越高越好 · 户次 · visits / east
截至 2024-03-10 02:00

单元格
  东街 2024年1月“走访企业”本月数 10（示例）
    《月报.xlsx》“月报” D4
  东街 2024年2月“走访企业”本月数 6，待核实（示例）
    《二月.csv》 H2

实际数
  本月数 6 = 2月报送的 6
  本年累计 16 = 1月 10 + 2月 6

目标与比率
  年度目标不低于 100：第 1 版，计划文件，2024年12月到期（示例）
  序时应完成 16.666667 = 100 × 2/12，四舍五入到 6 位；按月均匀
  同口径应完成 16.666667 = 50/3，四舍五入到 6 位；各月齐全
  完成率 0.16 = 16 ÷ 100
  序时完成率 0.96 = 16 ÷ (50/3)
  差额 -0.666667 = 16 − (50/3)，四舍五入到 6 位

预计
  预计到期末 94.8，八成把握在 87.2 到 102.5 之间，达到目标的可能性 0.7%；按近期
  进度

状态
  暂定：数还没有到齐，状态还可能变；1 个单元格待核实
  状态 略滞后：0.9 ≤ 0.96 < 1（规则 pace_at_risk）
"""
    )


def test_it_speaks_english_too(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(home, "east", "visits", "2024-02", "--lang", "en", capsys=capsys)
    assert "Year to date 16 = Jan 10 + Feb 6" in printed
    assert "Pace 0.96 = 16 ÷ (50/3)" in printed
    assert "Projected for the end 94.8, four times in five between 87.2 and 102.5" in printed
    assert "Status at risk: 0.9 ≤ 0.96 < 1 (rule pace_at_risk)" in printed
    assert "status at risk (sample) (provisional)   completion 16.0%   pace 96.0%" in printed


@pytest.mark.parametrize("unit", ["east", "东街", "东街社区", " 东街 "])
@pytest.mark.parametrize("indicator", ["visits", "走访企业", "Companies visited", "VISITS"])
def test_a_unit_and_an_indicator_go_by_code_or_name(
    home: Home, capsys: pytest.CaptureFixture[str], unit: str, indicator: str
) -> None:
    assert said(home, unit, indicator, capsys=capsys).startswith("东街社区 · 走访企业 · 2024年2月\n")


def test_the_latest_month_whose_due_day_has_passed_is_meant(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(home, "east", "visits", capsys=capsys) == said(home, "east", "visits", "2024-02", capsys=capsys)
    assert "2024年1月" in said(home, "east", "visits", "2024-01", capsys=capsys).splitlines()[0]


def test_a_unit_above_names_what_each_unit_brings(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(home, "开元", "visits", capsys=capsys)
    assert "  3 份报表的 3 个单元格；加 --cells 全部列出" in printed
    assert "  东街：累计 16，本月 6\n  西街：累计 3，本月 3\n" in printed
    assert "  本年累计 19 = 东街 16 + 西街 3\n" in printed
    assert "D4" not in printed
    listed = said(home, "开元", "visits", "--cells", capsys=capsys)
    assert "  西街 2024年2月“走访企业”本月数 3\n    《西街.xlsx》“月报” D4\n" in listed


def test_what_is_withheld_is_said_to_be(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(home, "east", "orphans", capsys=capsys)
    assert "（受限不公开）" in printed.splitlines()[1]
    assert "  东街 2024年2月“孤儿”本月数 *（受限不公开）\n    《二月.csv》 H3\n" in printed
    assert "本年累计受限不公开" in printed


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("asked", [("east", "visits"), ("town", "visits", "--cells"), ("east", "orphans")])
def test_no_line_is_wider_than_the_terminal(
    home: Home, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], lang: str
) -> None:
    printed = said(home, *asked, "--lang", lang, capsys=capsys)
    assert [line for line in printed.splitlines() if cell_len(line) > WIDTH] == []


def test_a_name_that_is_nearly_right_is_put_right(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert "没有叫“东接社区”的单位；是不是：东街社区（east）" in refused(home, "东接社区", "visits", capsys=capsys)
    assert "没有叫“走访企叶”的指标；是不是：走访企业（visits）" in refused(home, "east", "走访企叶", capsys=capsys)
    english = refused(home, "east", "visit", "--lang", "en", capsys=capsys)
    assert "No indicator is called 'visit'; did you mean Companies visited (visits), Visited again" in english


def test_part_of_a_name_is_enough_when_only_one_has_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(home, "east", "孤", capsys=capsys).startswith("东街社区 · 孤儿")
    assert "走访企业（visits）、再次走访企业（visits_again）" in refused(home, "east", "走访", capsys=capsys)


def test_a_month_that_is_not_there_is_told_with_those_that_are(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert "有 2024-01 至 2024-02 的数，没有 2024-05" in refused(home, "east", "visits", "2024-05", capsys=capsys)
    assert "“九月”不是月份" in refused(home, "east", "visits", "九月", capsys=capsys)


def test_an_indicator_that_the_unit_does_not_have_is_told_with_who_has_it(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "west没有“orphans”这项指标，有的是：东街。" in refused(home, "west", "orphans", capsys=capsys)
    assert "也没有别的单位有" in refused(home, "west", "visits_again", capsys=capsys)


def test_nothing_published_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "还没有发布过数据" in refused(Home(tmp_path), "east", "visits", capsys=capsys)


def test_a_copy_from_before_there_were_explanations_asks_for_a_night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = Home(tmp_path)
    older.published.parent.mkdir()
    duckdb.connect(older.published).close()
    assert "再运行一次 jindu run" in refused(older, "east", "visits", capsys=capsys)


def test_chinese_breaks_anywhere_but_beside_its_marks() -> None:
    assert wrapped("本年累计（示例），一共 1234", 10) == ["本年累计", "（示例），", "一共 1234"]
    assert wrapped("short", 10) == ["short"]
