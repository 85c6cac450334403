"""What an operator reads in a terminal: the steps as they go, and the summary of a night."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from rich import box
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from jindu.report.summary import WORST_COUNT, Behind, PublishedRank, Rank, Summary
from jindu.settings import StepReport
from jindu.shown import amount, percent, place_range, rank_remark, word
from jindu.steps import StepTime, title

OPEN_SHOWN = 8
WIDE_QUOTES = str.maketrans("“”", "「」")  # terminals disagree on how wide the others are
LEVEL_NAMES = {
    "district": ("区县", "district"),
    "subdistrict": ("街道", "sub-district"),
    "community": ("社区", "community"),
}
COLOURS = {"missed": "red", "far_behind": "red", "behind": "dark_orange"}


@dataclass(frozen=True)
class Column:
    """A column of a table; a flexible one is shortened before any other."""

    name: str
    is_right: bool = False
    is_flexible: bool = False
    widest: int = 40


class StepLines:
    """A watcher that writes a line per finished step; on a terminal a bar moves while one runs."""

    def __init__(self, console: Console, lang: str) -> None:
        self._console = console
        self._lang = lang
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def started(self, step: str) -> None:
        """Show the step as running, where there is a terminal to move on."""
        if self._console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task(title(step, self._lang), total=None)
            self._bar.start()

    def progress(self, _step: str, done: int, total: int) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

    def finished(self, step: str, report: StepReport, seconds: float) -> None:
        """One line: what the step did and how long it took."""
        detail = report.detail_en if self._lang == "en" else report.detail_zh
        self._line("✓", "green", step, detail, seconds)

    def failed(self, step: str, _error: BaseException, seconds: float) -> None:
        """One line: where the night ended; the reason follows at the end."""
        self._line("✗", "red", step, "failed" if self._lang == "en" else "失败", seconds)

    def _line(self, mark: str, colour: str, step: str, detail: str, seconds: float) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        line = Text.assemble((mark, colour), f" {seconds:6.1f} s  ", (pad(title(step, self._lang), 24), "bold"), detail)
        self._console.print(line, no_wrap=True, overflow="ellipsis")


def pad(text: str, width: int) -> str:
    """Text filled up with spaces to `width` columns, where a Chinese character takes two."""
    return text + " " * max(0, width - Text(text).cell_len)


def show_summary(console: Console, summary: Summary, times: Sequence[StepTime], lang: str) -> None:
    """Print the night for a person: arrivals, what needs somebody, ranking, what is behind, alerts, place, time."""
    zh = lang != "en"
    moment = f"{summary.as_of:%Y-%m-%d %H:%M}"
    console.print()
    console.rule(f"{'截至' if zh else 'as of'} {moment} · {_month(summary.month, zh)}", characters="─")
    _print(console, _arrivals(summary, zh, lang))
    for line in _attention(summary, zh):
        _print(console, line)
    for _, rows in groupby(summary.ranking, key=lambda row: row.parent):
        console.print()
        console.print(_ranking(console, list(rows), summary.is_sample, zh, lang))
    for line in _published_ranks(summary.published_ranks, zh):
        _print(console, line)
    if summary.behind:
        console.print()
        console.print(_behind(console, summary.behind, zh, lang))
    console.print()
    for line in [*_alerts(summary, zh, lang), *_footer(summary, times, zh, lang)]:
        _print(console, line)


def _print(console: Console, line: str) -> None:
    """One thing, one line where it fits; a path or sentence that does not is wrapped, never cut."""
    console.print(Text(line), soft_wrap=True)


def _month(month: date | None, zh: bool) -> str:
    if month is None:
        return "尚无到期月份" if zh else "no month is due yet"
    return f"{month.year}年{month.month}月" if zh else f"{month:%B %Y}"


def _arrivals(summary: Summary, zh: bool, lang: str) -> str:
    states = ("，" if zh else ", ").join(
        f"{word('submission', 'state', state, lang)} {count}" for state, count in summary.arrived.items()
    )
    if zh:
        return f"收到 {summary.received_count} 份" + (f"：{states}" if states else "")
    return f"Received {summary.received_count}" + (f": {states}" if states else "")


def _attention(summary: Summary, zh: bool) -> list[str]:
    lines = []
    for state, zh_title, en_title in (("rejected", "退回", "Rejected"), ("held", "待核实", "Held")):
        rows = summary.submissions(state)
        if not rows:
            continue
        lines.append(f"{zh_title if zh else en_title} {len(rows)}")
        for row in rows[:OPEN_SHOWN]:
            reason = (row.message_zh if zh else row.message_en) or "—"
            more = row.finding_count - 1
            rest = "" if more < 1 else (f"（另有 {more} 处）" if zh else f" (and {more} more)")
            lines.append(f"  {row.unit or '?'} · {row.file_name}{'：' if zh else ': '}{reason}{rest}")
        if len(rows) > OPEN_SHOWN:
            lines.append(f"  … {len(rows) - OPEN_SHOWN}")
    by_form: dict[str, list[str]] = {}
    for absent in summary.missing:
        by_form.setdefault(absent.form, []).append(absent.unit)
    for form, units in by_form.items():
        names = ("、" if zh else ", ").join(units[:OPEN_SHOWN]) + (" …" if len(units) > OPEN_SHOWN else "")
        lines.append(f"逾期未报 {len(units)}（{form}）：{names}" if zh else f"Missing {len(units)} ({form}): {names}")
    return lines


def _table(console: Console, heading: str, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Table:
    """A table in which one column, the first flexible one, gives way when the terminal is narrow."""
    wanted = [
        min(column.widest, max(Text(column.name).cell_len, *(row[place].cell_len for row in rows)))
        for place, column in enumerate(columns)
    ]
    flexible = next(place for place, column in enumerate(columns) if column.is_flexible)
    excess = sum(wanted) + 2 * (len(columns) - 1) - console.width
    wanted[flexible] = max(8, wanted[flexible] - max(0, excess))
    table = Table(title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    table.pad_edge, table.padding = False, (0, 1, 0, 0)
    for column, width in zip(columns, wanted, strict=True):
        justify: JustifyMethod = "right" if column.is_right else "left"
        table.add_column(column.name, justify=justify, width=width, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*row)
    return table


def _ranking(console: Console, rows: Sequence[Rank], is_sample: bool, zh: bool, lang: str) -> Table:
    parent = rows[0].parent or ""
    level_zh, level_en = LEVEL_NAMES[rows[0].level]
    heading = f"{parent} {level_zh}综合排名" if zh else f"{parent} overall ranking"
    if is_sample:
        heading += "（示例）" if zh else " (sample)"
    columns = [
        Column("名次" if zh else "rank", is_right=True),
        Column(level_zh if zh else level_en, is_flexible=True),
        Column("得分" if zh else "score", is_right=True),
        Column("上月" if zh else "before", is_right=True),
        Column("变化" if zh else "change", is_right=True),
        Column("区间" if zh else "range", is_right=True),
        Column("说明" if zh else "remark"),
    ]
    cells = [
        (
            _or_dash(row.rank),
            row.unit,
            percent(row.score),
            _or_dash(row.previous_rank),
            _arrow(row.change),
            place_range(row.best_rank, row.worst_rank),
            rank_remark(row.unranked_reason, row.cause, lang),
        )
        for row in rows
    ]
    table = _table(console, heading, columns, [[Text(cell) for cell in row] for row in cells])
    if any(row.best_rank != row.worst_rank for row in rows):
        table.caption = (
            "区间：缺报的月份补齐后，最好和最差会是第几" if zh else "range: best and worst, once missing months are in"
        )
        table.caption_justify = "left"
    return table


def _published_ranks(rows: Sequence[PublishedRank], zh: bool) -> list[str]:
    """A line per rank that a bulletin gave, with ours beside it."""
    lines = []
    for row in rows[:OPEN_SHOWN]:
        if zh:
            ours = "我们没有位次" if row.rank is None else f"我们算出第 {row.rank}（共 {row.peers_count}）"
            if row.has_sample_peer:
                ours = "同级数据为示例，不作比较"
            lines.append(f"通报位次：{row.unit} {row.indicator_zh} 第 {row.published_rank}，{ours}")
        else:
            ours = "we have none" if row.rank is None else f"ours is {row.rank} of {row.peers_count}"
            if row.has_sample_peer:
                ours = "not compared: the peers are a sample"
            lines.append(f"Published rank: {row.unit}, {row.indicator_en} {row.published_rank}; {ours}")
    if len(rows) > OPEN_SHOWN:
        lines.append(f"  … {len(rows) - OPEN_SHOWN}")
    return lines


def _behind(console: Console, rows: Sequence[Behind], zh: bool, lang: str) -> Table:
    shown = rows[:WORST_COUNT]
    heading = f"滞后与未完成 {len(rows)} 项" if zh else f"Behind or missed: {len(rows)}"
    if len(rows) > len(shown):
        heading += f"，最需关注的 {len(shown)} 项" if zh else f", the {len(shown)} that matter most"
    if any(row.is_sample for row in shown):
        heading += "（示例）" if zh else " (sample)"
    columns = [
        Column("单位" if zh else "unit", widest=10),
        Column("指标" if zh else "indicator", is_flexible=True),
        Column("状态" if zh else "status"),
        Column("序时" if zh else "pace", is_right=True),
        Column("差额" if zh else "gap", is_right=True, widest=18),
        Column("责任人" if zh else "owner", widest=12),
    ]
    cells = []
    for row in shown:
        mark = "*" if row.is_provisional else ""
        cells.append(
            [
                Text(row.unit),
                Text(row.indicator_zh.translate(WIDE_QUOTES) if zh else row.indicator_en),
                Text(word("completion", "status", row.status, lang) + mark, COLOURS[row.status]),
                Text(percent(row.pace)),
                Text(amount(row.gap, row.kind, row.measure, row.decimals, lang)),
                Text(row.owner or "—"),
            ]
        )
    table = _table(console, heading, columns, cells)
    if any(row.is_provisional for row in shown):
        table.caption = "* 数据未齐，暂定" if zh else "* provisional: data are not complete"
        table.caption_justify = "left"
    return table


def _alerts(summary: Summary, zh: bool, lang: str) -> list[str]:
    if not summary.alerts:
        return ["未了结提醒 0 条" if zh else "No open alerts"]
    kinds = ("，" if zh else ", ").join(
        f"{word('alert_case', 'kind', row.kind, lang)} {row.open_count}"
        + (f"(+{row.new_count})" if row.new_count else "")
        for row in summary.alerts
    )
    total = sum(row.open_count for row in summary.alerts)
    return [
        f"未了结提醒 {total} 条（括号内为本次新增）：{kinds}"
        if zh
        else f"Open alerts {total} (new in brackets): {kinds}"
    ]


def _footer(summary: Summary, times: Sequence[StepTime], zh: bool, lang: str) -> list[str]:
    lines = [f"{'已发布' if zh else 'Published'} {summary.published} ({summary.version})"]
    for sent in [row for row in times if row.step == "deliver"]:
        lines.append(f"提醒：{sent.detail_zh}" if zh else f"Alerts: {sent.detail_en}")
    if times:
        slow = sorted(times, key=lambda row: row.seconds, reverse=True)[:4]
        total = sum(row.seconds for row in times)
        spent = ("，" if zh else ", ").join(f"{title(row.step, lang)} {row.seconds:.1f} s" for row in slow)
        lines.append(f"各步共 {total:.1f} s，其中 {spent}" if zh else f"Steps took {total:.1f} s, of it {spent}")
    return lines


def _or_dash(number: int | None) -> str:
    return "—" if number is None else str(number)


def _arrow(change: int | None) -> str:
    """A change of rank: positive is better (domain.md, Rankings: last month's rank less this month's)."""
    if change is None:
        return "—"
    return "=" if change == 0 else f"{'↑' if change > 0 else '↓'}{abs(change)}"
