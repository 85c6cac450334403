"""What a bulletin says, checked by hand against published.sql."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from jindu.bulletin.content import compose
from jindu.bulletin.document import Block, Cell, Column, Document, Heading, Paragraph, Table
from jindu.bulletin.issue import Issue, read_issue
from jindu.settings import Home, JinduError


def blocks(document: Document) -> list[Block]:
    return [*document.blocks, *(block for annex in document.annexes for block in annex.blocks)]


def table(document: Document, caption: str) -> list[list[str]]:
    """The rows of the one table whose caption begins so."""
    (found,) = [one for one in blocks(document) if isinstance(one, Table) and one.caption.startswith(caption)]
    return [[cell.text for cell in row] for row in found.rows]


def under(document: Document, heading: str) -> str:
    """The sentences below a heading of the first level."""
    texts, is_in = [], False
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            is_in = block.text == heading
        elif isinstance(block, Paragraph) and is_in:
            texts.append(block.lead + block.text)
    return "\n".join(texts)


def test_it_opens_with_time_gone_by_and_how_many_stand_where(document: Document) -> None:
    told = under(document, "总体情况")
    assert "全年时间已过75.0%" in told
    assert "年度目标9项，其中已完成1项、达序时2项、略滞后1项、滞后1项、严重滞后2项、未完成1项、未到期1项" in told
    assert "可以评定的8项中，达到序时进度的3项，占37.5%" in told
    assert "1项数据未报齐或待核实" in told


def test_it_tells_what_changed_since_last_month(document: Document) -> None:
    told = under(document, "总体情况")
    assert "转差1项" in told and "（严重滞后）" in told
    assert "转好1项：走访企业（达序时）" in told


def test_the_worst_come_first_with_owner_gap_need_and_chance(document: Document) -> None:
    told = under(document, "滞后和未完成的目标").splitlines()
    assert told[1] == "1．重复违规（司法所）。未完成：应不超过0人，实际1人，超1人。"
    assert told[3] == (
        '3．合同投资<额>&"引号"（企业办）。严重滞后：应完成690,750万元，已完成269,661万元，差421,089万元，序时完成率39.0%，'
        "今后每月需完成217,114万元，预计期末331,334万元（269,661至495,587），完成把握<1%。"
    )


def test_red_and_orange_stand_below_each_other_under_headings_of_their_own(document: Document) -> None:
    told = table(document, "滞后和未完成的目标")
    assert [row[0] for row in told[:-1]] == [
        "红色：未完成、严重滞后（3项）",
        "重复违规（人）",
        '=HYPERLINK("http://example.org","点这里")（家）〔示例〕',
        '合同投资<额>&"引号"（万元）',
        "橙色：滞后（1项）",
    ]
    assert told[-1] == ["纠纷化解率", "司法所", "95.0%", "82.4%", "−12.7点", "86.7%", "—", "25%"]


def test_owners_are_told_how_many_of_each_colour_are_theirs(document: Document) -> None:
    assert table(document, "各责任单位")[0] == ["企业办", "3", "2", "", "", "1", "", "33%", "2"]


def test_what_will_hardly_be_met_is_told_though_it_is_not_red_yet(document: Document) -> None:
    told = under(document, "年底能否完成")
    assert "可以预计的6项未完成目标中，完成把握八成以上的1项，两成至八成的2项，不足两成的3项" in told
    assert "销售额增幅目前尚未列入红橙" in told


def test_the_ranking_has_movement_cause_and_range(document: Document) -> None:
    assert table(document, "各社区综合排名") == [
        ["1", "甲", "106.7%", "2", "↑1", "自身变化", "1", "0", "0"],
        ["2", "乙", "80.0%", "1", "↓1", "数据更正", "2–3", "1", "0"],
        ["—", "丙", "—", "—", "—", "未报送", "—", "0", "0"],
    ]
    assert "没有排名的是丙（未报送）" in under(document, "各社区综合排名")


def test_reporting_names_who_is_missing_late_held_or_thin(document: Document) -> None:
    told = under(document, "报送情况")
    assert "社区月报（10月8日前报）应报3份，已报2份，其中按时1份；按填报格计算，报送率63.3%，及时率33.3%" in told
    assert "逾期未报：丙；逾期报送：乙（3天）；待核实：乙；未填齐：乙（90.0%）。" in told


def test_a_withheld_figure_is_a_mark_and_nothing_more(document: Document) -> None:
    matrix = {row[0]: row[1:] for row in table(document, "目标状态和序时完成率")}
    assert matrix["重复违规"] == ["限", "", ""]
    assert matrix["走访企业"] == ["达 107", "严 53", "缺*"]


def test_a_unit_that_has_ended_is_not_in_it(document: Document) -> None:
    assert "已撤" not in repr(document)


def test_invented_figures_are_marked_wherever_they_show(issue: Issue, document: Document) -> None:
    name = "=HYPERLINK"
    tables = [one for one in blocks(document) if isinstance(one, Table)]
    rows = [row[0].text for one in tables for row in one.rows if row[0].text.startswith(name)]
    assert len(rows) == 3 and all(row.endswith("〔示例〕") for row in rows)
    assert document.sample_mark == "示例" and "虚构" in document.sample_note
    whole = replace(issue, progress=tuple(replace(row, is_sample=True) for row in issue.progress))
    captions = [one.caption for one in blocks(compose(whole, "zh")) if isinstance(one, Table)]
    assert all(caption.endswith("〔示例〕") for caption in captions if "排名" not in caption)
    real = replace(issue, progress=tuple(replace(row, is_sample=False) for row in issue.progress))
    assert "示例" not in repr(compose(real, "zh"))


def test_a_month_with_nothing_behind_says_so(issue: Issue) -> None:
    good = tuple(row for row in issue.progress if row.status in {"on_pace", "achieved"})
    told = compose(replace(issue, progress=good, places=(), forms=(), reports=()), "zh")
    assert under(told, "滞后和未完成的目标") == "本月没有滞后或未完成的目标。"
    assert under(told, "报送情况") == "本月没有应报的报表。"
    assert "各社区综合排名" not in repr(told)


def test_january_tells_of_no_change(issue: Issue) -> None:
    first = tuple(replace(row, status_before=None, pace_before_ratio=None) for row in issue.progress)
    told = compose(replace(issue, progress=first), "zh")
    assert "上月相比" not in under(told, "总体情况")
    assert len(table(told, "目标状态及")) == 2


def test_the_english_one_is_english_but_for_names_from_the_reference(issue: Issue) -> None:
    names = {"前进街道", "前进街道办事处", "企业办", "司法所", "党政办", "城管办", "应急办", "社区月报", "街道月报"}
    names |= {"甲", "乙", "丙"}
    text = repr(compose(issue, "en"))
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    assert not [sign for sign in text if "\u4e00" <= sign <= "\u9fff"]


def test_a_month_without_targets_is_refused_with_the_latest_that_is_due(made: Path) -> None:
    with pytest.raises(JinduError, match="2031-09"):
        read_issue(Home(made), date(2030, 1, 1))


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(JinduError, match="jindu run"):
        read_issue(Home(tmp_path), None)


def test_without_a_named_office_the_highest_unit_speaks(home: Home) -> None:
    file = home.published.resolve()
    with duckdb.connect(file) as connection:
        connection.execute("update mart.org_unit set is_office = false")
        connection.execute("update mart.completion set org_unit_code = '110101' where org_unit_code = '110101001'")
    assert read_issue(home, None).head.name == "东风区"


@pytest.mark.parametrize(
    ("ratio", "told", "sign"),
    [("0.9954", "99.5%", "略 99.5"), ("0.999535", "99.95%", "略 99.95"), ("0.999996", "99.9996%", "略 99.9996")],
)
def test_what_falls_short_never_reads_as_whole(issue: Issue, ratio: str, told: str, sign: str) -> None:
    rows = tuple(
        replace(row, pace_ratio=Decimal(ratio)) if row.indicator_code in {"growth", "lamp"} else row
        for row in issue.progress
    )
    document = compose(replace(issue, progress=rows), "zh")
    assert {row[0]: row for row in table(document, "本级年度目标进度") if len(row) > 1}["销售额增幅"][6] == told
    assert {row[0]: row[2] for row in table(document, "目标状态和序时完成率")}["照明修复"] == sign


def test_what_is_withheld_of_the_office_itself_is_a_mark_too(issue: Issue) -> None:
    hidden = {"ytd_value": None, "gap_value": None, "pace_ratio": None, "is_suppressed": True}
    rows = tuple(replace(row, **hidden) if row.indicator_code == "firm" else row for row in issue.progress)
    told = table(compose(replace(issue, progress=rows), "zh"), "滞后和未完成的目标")
    assert [row[3:6] for row in told if row[0].startswith("=HYPERLINK")] == [["不公开", "不公开", "—"]]


def test_what_is_withheld_of_the_units_is_counted_by_itself(issue: Issue) -> None:
    first = issue.below[0]
    hidden = replace(first, status="not_computable", is_suppressed=True)
    rows = tuple(hidden if row is first else row for row in issue.progress)
    made = compose(replace(issue, progress=rows), "zh")
    (found,) = [
        one for one in blocks(made) if isinstance(one, Table) and one.caption.startswith("目标状态及比上月变化")
    ]
    heads = [column.title for column in found.columns]
    assert "受限\n灰" in heads and "无法计算\n灰" not in heads
    counts = next(row for row in found.rows if row[0].text == "各社区")
    assert counts[heads.index("受限\n灰")].text == "2"  # one is withheld as it is


@pytest.mark.parametrize(("rows_count", "kept"), [(3, {0, 1, 2}), (14, {0, 1, 2, 3, 4, 11, 12, 13})])
def test_a_table_breaks_after_five_rows_and_before_four_at_the_least(rows_count: int, kept: set[int]) -> None:
    table = Table("", (Column("", 1),), ((Cell("x"),),) * rows_count)
    assert {number for number in range(rows_count) if table.is_kept(number)} == kept


def test_in_english_what_has_an_english_name_is_called_by_it(issue: Issue) -> None:
    told = compose(issue.spoken("en"), "en")
    assert told.masthead == "Qianjin · Progress bulletin"
    assert {row[1] for row in table(told, "Overall ranking")} == {"Jia", "乙", "丙"}
    assert issue.spoken("zh") is issue
