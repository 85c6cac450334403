"""The night's ranking and summary as an orchestrator shows them: rows and Markdown."""

from jindu.report.summary import WORST_COUNT, read_summary
from jindu.settings import Home
from jindu.shown import amount, percent, place_range, rank_remark, word


def ranking_rows(home: Home) -> list[dict[str, str]]:
    """The overall ranking: one row per unit with 名次, 单位, 得分, 上月, 区间, 说明."""
    return [
        {
            "名次": "—" if row.rank is None else str(row.rank),
            "单位": row.unit,
            "得分": percent(row.score),
            "上月": "—" if row.previous_rank is None else str(row.previous_rank),
            "区间": place_range(row.best_rank, row.worst_rank),
            "说明": rank_remark(row.unranked_reason, row.cause, "zh"),
        }
        for row in read_summary(home).ranking
    ]


def summary_markdown(home: Home) -> str:
    """What arrived, what needs a person and what is behind, in Markdown."""
    summary = read_summary(home)
    lines = [
        f"# {summary.run_id}",
        "",
        f"- 收到文件 {summary.received_count} 份",
        f"- 退回 {len(summary.submissions('rejected'))} 份，待核实 {len(summary.submissions('held'))} 份，"
        f"逾期未报 {len(summary.missing)} 份",
        f"- 滞后与未完成 {len(summary.behind)} 项",
        f"- 未了结提醒 {sum(row.open_count for row in summary.alerts)} 条",
        f"- 发布第 {summary.version} 版：`{summary.published}`",
        "",
        "| 单位 | 指标 | 状态 | 序时 | 差额 | 责任人 |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for row in summary.behind[:WORST_COUNT]:
        gap = amount(row.gap, row.kind, row.measure, row.decimals, "zh")
        mark = "（示例）" if row.is_sample else ""
        cells = (
            row.unit,
            row.indicator_zh + mark,
            word("completion", "status", row.status, "zh"),
            percent(row.pace),
            gap,
            row.owner or "—",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
