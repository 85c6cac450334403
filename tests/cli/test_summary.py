"""The summary of a night: what a person reads at 80 columns."""

import io
import re
from decimal import Decimal

import duckdb
import pytest
from rich.console import Console
from rich.text import Text

from jindu.report.artifact import ranking_rows, summary_markdown
from jindu.report.summary import read_summary
from jindu.report.terminal import show_summary
from jindu.settings import Home, JinduError
from jindu.shown import amount, percent
from jindu.steps import StepTime

TIMES = [StepTime("read", "completed", 2.25, "", ""), StepTime("core", "completed", 1.0, "", "")]


def shown(home: Home, lang: str) -> list[str]:
    console = Console(width=80, file=io.StringIO(), highlight=False, markup=False)
    show_summary(console, read_summary(home), TIMES, lang)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_fit_80_columns_a_row_each(published_home: Home, lang: str) -> None:
    lines = shown(published_home, lang)
    longer = [line for line in lines if Text(line.rstrip()).cell_len > 80]  # a clerk's mend and a path are never cut
    assert all(line.startswith("  ") or str(published_home.published) in line for line in longer)
    assert len([line for line in lines if "108.3%" in line and "东街" in line]) == 1
    assert len([line for line in lines if "75.1%" in line and "-1,234,568 户" in line and "民政办" in line]) == 1


def test_the_summary_says_what_a_person_needs(published_home: Home) -> None:
    text = "\n".join(shown(published_home, "zh"))
    for said in (
        "2024年9月",
        "收到 4 份：待核实 1，退回 1",
        "请改为 1.23 或 123 后重新报送。（另有 1 处）",  # the critical finding first
        "逾期未报 1",
        "未报送",
        "严重滞后*",
        "滞后与未完成",
        "（示例）",
        "* 数据未齐，暂定",
        "未了结提醒 2 条",
        str(published_home.published),
        "读取报表 2.2 s",
    ):
        assert said in text
    assert "达序时" not in text


def test_a_sub_district_comes_before_its_communities(published_home: Home) -> None:
    assert [row.unit for row in read_summary(published_home).behind] == ["开元街道", "东街"]


def test_the_office_and_the_units_right_below_it_come_first_whatever_their_level(published_home: Home) -> None:
    """A district that runs jindu: its sub-districts are shown, not their communities, which are ranked as well."""
    connection = duckdb.connect(published_home.published)
    connection.execute("update mart.org_unit set is_office = false")
    connection.execute(
        """
        insert into mart.org_unit values
            ('350502', '鲤城区', '鲤城', 'district', null, true),
            ('350502005', '浮桥街道', '浮桥街道', 'subdistrict', '350502', false);
        insert into mart.ranking
        by name select '350502' as parent_code, '350502004' as org_unit_code, 2 as completion_rank, 2 as peers_count;
        insert into mart.ranking
        by name select '350502' as parent_code, '350502005' as org_unit_code, 1 as completion_rank, 2 as peers_count;
        insert into mart.completion
        by name select '350502' as org_unit_code, 'gas_alarm' as indicator_code, 'behind' as status
        """
    )
    connection.close()
    assert [(row.unit, row.rank) for row in read_summary(published_home).ranking] == [("浮桥街道", 1), ("开元街道", 2)]
    assert [row.unit for row in read_summary(published_home).behind] == ["鲤城", "开元街道", "东街"]
    lines = shown(published_home, "zh")
    assert any(line.startswith("鲤城 街道综合排名") for line in lines)
    assert not any("社区综合排名" in line for line in lines)
    assert any(re.match(r"\s*名次\s+街道", line) for line in lines)


def test_the_office_comes_before_the_district_above_it(published_home: Home) -> None:
    connection = duckdb.connect(published_home.published)
    connection.execute(
        """
        insert into mart.org_unit values ('350502', '鲤城区', '鲤城', 'district', null, false);
        insert into mart.completion
        by name select '350502' as org_unit_code, 'gas_alarm' as indicator_code, 'missed' as status
        """
    )
    connection.close()
    assert [row.unit for row in read_summary(published_home).behind] == ["开元街道", "鲤城", "东街"]


def test_without_an_office_the_lowest_level_is_shown(published_home: Home) -> None:
    connection = duckdb.connect(published_home.published)
    connection.execute("update mart.org_unit set is_office = false")
    connection.execute(
        "insert into mart.ranking by name "
        "select '350502' as parent_code, '350502004' as org_unit_code, 1 as completion_rank, 2 as peers_count"
    )
    connection.close()
    assert read_summary(published_home).ranking[0].unit == "东街"
    assert {row.level for row in read_summary(published_home).ranking} == {"community"}


def test_beside_a_rank_stand_its_range_and_why_it_changed(published_home: Home) -> None:
    lines = shown(published_home, "zh")
    assert [re.split(r"\s{2,}", line.strip())[-2:] for line in lines if "91.0%" in line] == [["1–2", "数据更正"]]
    assert [re.split(r"\s{2,}", line.strip())[-2:] for line in lines if "西街 " in line] == [["—", "未报送"]]
    assert "区间：缺报的月份补齐后，最好和最差会是第几" in "\n".join(lines)
    assert any(line.endswith("figures restated") for line in map(str.rstrip, shown(published_home, "en")))


def test_a_published_rank_stands_beside_ours(published_home: Home) -> None:
    """Of the office itself, and never compared where the peers are a sample."""
    said = "通报位次：开元街道 燃气报警器安装率 第 1，"
    connection = duckdb.connect(published_home.published)
    connection.execute(
        """
        insert into mart.ranking by name
        select
            '350502' as parent_code, '350502004' as org_unit_code, 'indicator' as scope, 'gas_alarm' as scope_code,
            2 as completion_rank, 9 as peers_count, 1 as published_rank
        """
    )
    connection.close()
    assert said + "我们算出第 2（共 9）" in shown(published_home, "zh")
    connection = duckdb.connect(published_home.published)
    connection.execute(
        """
        insert into mart.ranking by name
        select
            '350502' as parent_code, '350502005' as org_unit_code, 'indicator' as scope, 'gas_alarm' as scope_code,
            1 as completion_rank, 9 as peers_count, true as is_sample
        """
    )
    connection.close()
    assert said + "同级数据为示例，不作比较" in shown(published_home, "zh")
    assert any(line.endswith("the peers are a sample") for line in shown(published_home, "en"))


def test_a_replaced_rejection_needs_nobody(published_home: Home) -> None:
    summary = read_summary(published_home)
    assert [row.file_name for row in summary.open_submissions] == ["二.xlsx", "三.xlsx"]
    assert summary.needs_person


def test_artifacts(published_home: Home) -> None:
    assert ranking_rows(published_home)[0] == {
        "名次": "1", "单位": "东街", "得分": "108.3%", "上月": "2", "区间": "1", "说明": "自身变化",
    }  # fmt: skip
    assert "| 开元街道 | 燃气报警器安装率 | 严重滞后 | 50.0% | -12.5 个百分点 | — |" in summary_markdown(published_home)


def test_nothing_published_is_said(published_home: Home) -> None:
    published_home.published.unlink()
    with pytest.raises(JinduError, match="还没有发布过数据"):
        read_summary(published_home)


def test_values_round_half_away_from_zero() -> None:
    assert percent(Decimal("0.6665")) == "66.7%"
    assert percent(Decimal("-0.6665")) == "-66.7%"
    assert percent(None) == "—"
    assert amount(Decimal("-2.5"), "flow", "户", 0, "zh") == "-3 户"
    assert amount(Decimal("0.1255"), "ratio", "%", None, "en") == "12.6 pp"
