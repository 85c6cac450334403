"""What a bulletin says: what is behind, by how much, who owns it, whether the year will be made, ranks, reporting."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from jindu.bulletin.document import Annex, Block, Cell, Column, Document, Heading, Paragraph, Table
from jindu.bulletin.figure import (
    NONE,
    SIGNS,
    WITHHELD,
    chance,
    day_text,
    distance,
    gap_text,
    month_text,
    percent,
    sign,
    status_word,
    value,
    with_unit,
    word,
)
from jindu.bulletin.issue import (
    BLUE,
    LIKELY,
    ORANGE,
    RED,
    STATUSES,
    UNDECIDED,
    UNLIKELY,
    YELLOW,
    Issue,
    Place,
    Progress,
    Report,
)
from jindu.spoken import Speech

TOLD = 3  # items told in sentences before the table
NAMED = 6  # names listed in one sentence
LEVELS = {
    "district": ("各区县", "districts"),
    "subdistrict": ("各街道", "sub-districts"),
    "community": ("各社区", "communities"),
}
BELOW = {"district": "subdistrict", "subdistrict": "community", "community": "community"}
CAUSES_EN = {"restatement": "restated", "own": "own figures", "others": "others moved"}
TIMELINESS_EN = {"missing": "missing", "late": "late", "awaited": "awaited", "on_time": "on time"}
COLOURS = {RED: ("红", "red"), ORANGE: ("橙", "orange"), YELLOW: ("黄", "yellow"), BLUE: ("蓝", "blue")}


def compose(issue: Issue, lang: str) -> Document:
    """The bulletin in one language."""
    say = Speech(lang).say
    head = issue.head
    month = month_text(head.month, lang)
    below_zh, below_en = LEVELS[BELOW[head.level]]
    annexes = _annexes(issue, lang)
    listed = "；".join(f"{one.label}：{one.title}" for one in annexes)
    return Document(
        lang=lang,
        masthead=say(f"{head.short_name}工作通报", f"{head.short_name} · Progress bulletin"),
        number=say(f"（{month}）", month),
        issued=day_text(head.as_of.date(), lang),
        mark=say("内部资料", "Internal"),
        sample_note=_sample_note(issue, lang),
        title=say(f"关于{month}年度目标进度情况的通报", f"Progress against the annual targets, {month}"),
        addressee=say(f"{below_zh}、各责任单位：", f"To all {below_en} and owners of targets:"),
        blocks=(
            Paragraph(
                say(
                    f"根据各单位报送并已定稿的数据，现将{month}年度目标进度情况通报如下"
                    f"（数据截至{day_text(head.as_of.date(), lang)}）。",
                    f"This is how far the targets of the year are by the end of {month}, "
                    f"from reports received and checked by {day_text(head.as_of.date(), lang)}.",
                )
            ),
            *_overall(issue, lang),
            *_behind(issue, lang),
            *_outlook(issue, lang),
            *_ranking(issue, lang),
            *_reporting(issue, lang),
            *_tasks(issue, lang),
        ),
        annex_heading=say(f"附件：{listed}", "Annexes: " + "; ".join(one.title for one in annexes)),
        signature=head.name,
        colophon=say(
            f"数据截至{head.as_of:%Y-%m-%d %H:%M}，第{int(issue.version)}次定稿",
            f"Figures as of {head.as_of:%Y-%m-%d %H:%M}, published copy {int(issue.version)}",
        ),
        author=head.name,
        sample_mark=say("示例", "Sample") if issue.head.is_sample else "",
        annexes=annexes,
    )


def _sample_note(issue: Issue, lang: str) -> str:
    say = Speech(lang).say
    if not any(row.is_sample for row in issue.progress):
        return ""
    if all(row.is_sample for row in issue.own):
        return say(
            "示例：本通报的数字含有为演示而虚构的内容，不反映任何单位的实际工作。",
            "Sample: figures in this bulletin rest on data invented for a demonstration and tell of nobody's real work.",
        )
    return say(
        "标有“示例”的数字为演示而虚构，不反映任何单位的实际工作。",
        "Figures marked as sample are invented for a demonstration and tell of nobody's real work.",
    )


def named(row: Progress, lang: str) -> str:
    """The indicator, marked where its figures are invented."""
    name = row.name_en if lang == "en" else row.name_zh
    if not row.is_sample:
        return name
    return f"{name} [sample]" if lang == "en" else f"{name}〔示例〕"


def _measured(row: Progress, lang: str) -> str:
    """The indicator with its unit of measure, for tables whose figures stand without one."""
    if row.is_share or lang == "en" or not row.measure:
        return named(row, lang)
    name, mark, rest = named(row, lang).partition("〔")
    return f"{name}（{row.measure}）{mark}{rest}"


def _listed(names: Sequence[str], lang: str) -> str:
    """A few names, and how many more."""
    say = Speech(lang).say
    more = len(names) - NAMED
    joined = say("、", ", ").join(names[:NAMED])
    return joined if more <= 0 else joined + say(f"等{len(names)}项", f" and {more} more")


# ---- 一、总体情况


def _overall(issue: Issue, lang: str) -> list[Block]:
    say = Speech(lang).say
    own, head = issue.own, issue.head
    counts = Counter(row.status for row in own)
    judged = sum(counts[one] for one in STATUSES)
    good = counts["achieved"] + counts["on_pace"] + counts["repaired"]
    told = say("、", ", ").join(
        say(f"{status_word(one, lang)}{counts[one]}项", f"{counts[one]} {status_word(one, lang)}")
        for one in (*reversed(STATUSES), *UNDECIDED)
        if counts[one]
    )
    share = percent(Decimal(good) / judged, 1) if judged else NONE
    provisional = sum(row.is_provisional for row in own)
    first = say(
        f"时间进度{percent(head.time_ratio)}。{head.short_name}本级有年度目标{len(own)}项，其中{told}。"
        f"可以评定的{judged}项中，达到序时进度的{good}项，占{share}。",
        f"{percent(head.time_ratio)} of the year has gone by. Of {len(own)} targets of {head.short_name}, {told}. "
        f"Of the {judged} that can be judged, {good} ({share}) are where they should be.",
    )
    if provisional:
        first += say(
            f"有{provisional}项因数据未报齐或待核实，状态为暂定（表中以*表示）。",
            f" {provisional} are provisional (*): reports are missing or held.",
        )
    return [
        Heading(1, say("总体情况", "Overall")),
        Paragraph(first),
        *_changes(issue, lang),
        _status_table(issue, lang),
    ]


def _changes(issue: Issue, lang: str) -> list[Block]:
    """Which of the office's own changed for the worse or the better since last month."""
    say = Speech(lang).say
    order = {status: place for place, status in enumerate(STATUSES)}
    moved = [
        row
        for row in issue.own
        if row.status in order and row.status_before in order and row.status != row.status_before
    ]
    new_bad = [row for row in issue.own if row.status == "missed" and row.status_before not in order]
    worse = [*new_bad, *(row for row in moved if order[row.status] < order[str(row.status_before)])]
    better = [row for row in moved if order[row.status] > order[str(row.status_before)]]
    if not worse and not better:
        known = any(row.status_before for row in issue.own)
        return [Paragraph(say("与上月相比，各项状态没有变化。", "No status has changed since last month."))] if known else []
    parts = []
    for rows, zh, en in ((worse, "转差", "worse"), (better, "转好", "better")):
        if rows:
            names = [
                f"{row.name_en} ({status_word(row.status, 'en')})"
                if lang == "en"
                else f"{row.name_zh}（{status_word(row.status, 'zh')}）"
                for row in rows
            ]
            parts.append(say(f"{zh}{len(rows)}项：{_listed(names, lang)}", f"{len(rows)} {en}: {_listed(names, lang)}"))
    return [Paragraph(say("与上月相比，" + "；".join(parts) + "。", "Since last month, " + "; ".join(parts) + "."))]


def _status_table(issue: Issue, lang: str) -> Table:
    say = Speech(lang).say
    own, below = issue.own, issue.below
    is_january = issue.head.month.month == 1
    rows = []
    for status in (*STATUSES, *UNDECIDED):
        now = [sum(row.status == status for row in rows_of) for rows_of in (own, below)]
        before = [sum(row.status_before == status for row in rows_of) for rows_of in (own, below)]
        if not any((*now, *before)):
            continue
        tone = next((row.tone for row in (*own, *below) if row.status == status), None)
        colour = COLOURS.get(str(tone), ("灰", "grey"))
        cells = [Cell(f"{say(*colour)}　{status_word(status, lang)}" if lang == "zh" else f"{status_word(status, lang)} ({colour[1]})", tone)]
        for count, past in zip(now, before, strict=True):
            cells += [Cell(str(count)), Cell(NONE if is_january else f"{count - past:+d}".replace("-", "−").replace("+0", "0"))]
        rows.append(tuple(cells))
    rows.append((Cell(say("合计", "all"), is_strong=True), Cell(str(len(own)), is_strong=True), Cell(""), Cell(str(len(below)), is_strong=True), Cell("")))
    _, below_en = LEVELS[BELOW[issue.head.level]]
    below_zh = LEVELS[BELOW[issue.head.level]][0]
    return Table(
        say("目标状态及比上月变化（项）", "Targets by status, and the change since last month"),
        (
            Column(say("状态", "Status"), 28),
            Column(say("本级", issue.head.short_name), 18, "right"),
            Column(say("比上月", "change"), 18, "right"),
            Column(say(below_zh, below_en), 18, "right"),
            Column(say("比上月", "change"), 18, "right"),
        ),
        tuple(rows),
    )


# ---- 二、滞后情况


def _behind(issue: Issue, lang: str) -> list[Block]:
    say = Speech(lang).say
    red = [row for row in issue.own if row.tone == RED]
    orange = [row for row in issue.own if row.tone == ORANGE]
    blocks: list[Block] = [Heading(1, say("滞后和未完成的目标", "What is behind"))]
    if not red and not orange:
        return [*blocks, Paragraph(say("本月没有滞后或未完成的目标。", "No target is behind or missed this month."))]
    blocks.append(
        Paragraph(
            say(
                f"红色（未完成、严重滞后）{len(red)}项，橙色（滞后）{len(orange)}项。最需关注的是：",
                f"{len(red)} red (missed or far behind) and {len(orange)} orange (behind). First of all:",
            )
        )
    )
    blocks += [_item(number, row, lang) for number, row in enumerate((*red, *orange), start=1) if number <= TOLD]
    if red:
        blocks.append(Heading(2, say("红色：未完成、严重滞后", "Red: missed or far behind")))
        blocks.append(_behind_table(red, say("红色目标", "Red targets"), lang))
    if orange:
        blocks.append(Heading(2, say("橙色：滞后", "Orange: behind")))
        blocks.append(_behind_table(orange, say("橙色目标", "Orange targets"), lang))
    return blocks


def _item(number: int, row: Progress, lang: str) -> Paragraph:
    """One target in a sentence: what was due, what was done, the gap, what it takes, whether it will be met."""
    say = Speech(lang).say
    owner = row.owner or NONE
    due, done = with_unit(row, row.target_covered_value, lang), with_unit(row, row.ytd_value, lang)
    facts = [
        say(f"应完成{due}，已完成{done}", f"due {due}, done {done}"),
        gap_text(row, lang),
        say(f"序时完成率{percent(row.pace_ratio)}", f"{percent(row.pace_ratio)} of what was due")
        if row.pace_ratio and not row.kind == "growth"
        else "",
        _needed(row, lang),
        _ending(row, lang),
    ]
    text = say("，", ", ").join(fact for fact in facts if fact)
    lead = say(f"{number}．{named(row, lang)}（{owner}）。", f"{number}. {named(row, lang)} ({owner}). ")
    status = status_word(row.status, lang)
    return Paragraph(say(f"{status}：{text}。", f"{status.capitalize()}: {text}."), lead)


def _needed(row: Progress, lang: str) -> str:
    say = Speech(lang).say
    if row.needed_monthly_value is None:
        return ""
    if row.needed_monthly_value < 0:
        amount = with_unit(row, -row.needed_monthly_value, lang)
        return say(f"今后每月需压降{amount}", f"{amount} less each month from now on")
    amount = with_unit(row, row.needed_monthly_value, lang)
    return say(f"今后每月需完成{amount}", f"{amount} needed each month from now on")


def _ending(row: Progress, lang: str) -> str:
    """Where the year will end, and the chance of meeting the target."""
    say = Speech(lang).say
    if row.projected_value is None or row.probability_ratio is None:
        return ""
    ends, odds = with_unit(row, row.projected_value, lang), chance(row.probability_ratio, lang)
    low, high = value(row, row.projected_low_value), value(row, row.projected_high_value)
    return say(
        f"预计期末{ends}（{low}至{high}），完成把握{odds}",
        f"expected to end at {ends} ({low} to {high}), chance of meeting it {odds}",
    )


def _behind_table(rows: Iterable[Progress], caption: str, lang: str) -> Table:
    say = Speech(lang).say
    return Table(
        caption,
        (
            Column(say("指标（计量单位）", "Indicator"), 30),
            Column(say("责任单位", "Owner"), 13),
            Column(say("应完成", "Due"), 13, "right"),
            Column(say("已完成", "Done"), 13, "right"),
            Column(say("差额", "Gap"), 13, "right"),
            Column(say("序时完成率", "Pace"), 10, "right"),
            Column(say("完成把握", "Chance"), 9, "right"),
        ),
        tuple(
            (
                Cell(_measured(row, lang)),
                Cell(row.owner or NONE),
                Cell(value(row, row.target_covered_value)),
                Cell(value(row, row.ytd_value)),
                Cell(distance(row, row.gap_value, lang)),
                Cell(_pace(row), row.tone),
                Cell(chance(row.probability_ratio, lang)),
            )
            for row in rows
        ),
    )


def _pace(row: Progress) -> str:
    """The pace, with a star where it could still turn; of growth the points are told as the gap."""
    return percent(row.pace_ratio) + ("*" if row.is_provisional else "")


# ---- 三、年末预计


def _outlook(issue: Issue, lang: str) -> list[Block]:
    say = Speech(lang).say
    asked = [row for row in issue.own if row.probability_ratio is not None and row.status not in ("achieved", "missed")]
    heading = Heading(1, say("年底能否完成", "Will the year be made"))
    if not asked:
        return [heading, Paragraph(say("目前没有可以预计的目标。", "There is nothing to project yet."))]
    chances = [row.probability_ratio or Decimal(0) for row in asked]
    likely, unlikely = sum(one >= LIKELY for one in chances), sum(one < UNLIKELY for one in chances)
    open_count = len(asked) - likely - unlikely
    text = say(
        f"按今年以来的走势测算，尚未完成、可以预计的{len(asked)}项中，完成把握八成以上的{likely}项，两成至八成的{open_count}项，"
        f"不足两成的{unlikely}项。",
        f"Of {len(asked)} targets not met yet that can be projected, {likely} have a chance of 80 % or more, "
        f"{open_count} between 20 and 80 %, {unlikely} less than 20 %.",
    )
    doubtful = sorted(
        (row for row in asked if (row.probability_ratio or Decimal(0)) < UNLIKELY),
        key=lambda row: (row.probability_ratio or Decimal(0), row.badness),
    )
    hidden = [row for row in doubtful if row.tone not in (RED, ORANGE)]
    if hidden:
        names = [row.name_en if lang == "en" else row.name_zh for row in hidden]
        text += say(
            f"其中{_listed(names, lang)}目前尚未列入红橙，但按此走势难以完成，请提前安排。",
            f" Not red or orange yet, but unlikely to be met as things go: {_listed(names, lang)}.",
        )
    if not doubtful:
        return [heading, Paragraph(text)]
    table = Table(
        say("完成把握不足两成的目标", "Targets with a chance under 20 %"),
        (
            Column(say("指标（计量单位）", "Indicator"), 30),
            Column(say("责任单位", "Owner"), 13),
            Column(say("年度目标", "Target"), 13, "right"),
            Column(say("预计期末", "Expected"), 13, "right"),
            Column(say("八成区间", "80 % interval"), 18, "right"),
            Column(say("今后每月需", "Needed a month"), 13, "right"),
            Column(say("把握", "Chance"), 8, "right"),
        ),
        tuple(
            (
                Cell(_measured(row, lang)),
                Cell(row.owner or NONE),
                Cell(value(row, row.annual_target_value)),
                Cell(value(row, row.projected_value)),
                Cell(_interval(row)),
                Cell(value(row, row.needed_monthly_value) if row.needed_monthly_value is not None else NONE),
                Cell(chance(row.probability_ratio, lang), row.tone),
            )
            for row in doubtful
        ),
    )
    return [heading, Paragraph(text), table]


def _interval(row: Progress) -> str:
    if row.projected_low_value is None or row.projected_high_value is None:
        return NONE
    return f"{value(row, row.projected_low_value)}–{value(row, row.projected_high_value)}"


# ---- 四、排名


def _ranking(issue: Issue, lang: str) -> list[Block]:
    say = Speech(lang).say
    below_zh, below_en = LEVELS[BELOW[issue.head.level]]
    ranked = [one for one in issue.places if one.rank is not None]
    if not issue.places:
        return []
    heading = Heading(1, say(f"{below_zh}综合排名", f"Ranking of the {below_en}"))
    counts = Counter((row.org_unit_code, row.tone) for row in issue.below)
    sentences = []
    if ranked:
        first = say("、", ", ").join(one.unit_name for one in ranked[:TOLD])
        last = say("、", ", ").join(one.unit_name for one in ranked[-TOLD:])
        sentences.append(say(f"综合得分前三位为{first}，后三位为{last}。", f"First are {first}; last are {last}.")) if len(
            ranked
        ) > 2 * TOLD else None
        for zh, en, pick in (("上升", "up", max), ("下降", "down", min)):
            most = pick((one.rank_change or 0 for one in ranked), default=0)
            movers = [one.unit_name for one in ranked if one.rank_change == most] if most * (1 if zh == "上升" else -1) > 0 else []
            if movers:
                sentences.append(
                    say(
                        f"比上月{zh}最多的是{'、'.join(movers)}（{zh}{abs(most)}位）。",
                        f"Furthest {en}: {', '.join(movers)} (by {abs(most)}).",
                    )
                )
    unranked = [one for one in issue.places if one.rank is None]
    if unranked:
        told = "；".join(f"{one.unit_name}（{word('ranking', 'unranked_reason', one.unranked_reason)}）" for one in unranked)
        told_en = "; ".join(f"{one.unit_name} ({str(one.unranked_reason).replace('_', ' ')})" for one in unranked)
        sentences.append(say(f"未参加排名的有{told}。", f"Not ranked: {told_en}."))
    is_sample = any(one.is_sample for one in issue.places)
    table = Table(
        say(f"{below_zh}综合排名", f"Overall ranking of the {below_en}") + say("〔示例〕", " [sample]") * is_sample,
        (
            Column(say("位次", "Rank"), 9, "center"),
            Column(say("单位", "Unit"), 16),
            Column(say("综合得分", "Score"), 13, "right"),
            Column(say("上月", "Last month"), 10, "center"),
            Column(say("升降", "Change"), 11, "center"),
            Column(say("变化原因", "Cause"), 15),
            Column(say("可能位次", "Range"), 11, "center"),
            Column(say("红", "Red"), 7, "right"),
            Column(say("橙", "Orange"), 8, "right"),
        ),
        tuple(_place_cells(one, counts, lang) for one in issue.places),
        say(
            "得分为各项共同目标序时完成率的加权平均，单项以120%封顶；可能位次是缺报、待核实数据补齐后仍可能变动的范围。",
            "The score is the weighted mean of pace over the targets that all share, each capped at 120 %; "
            "the range is what missing or held figures can still change.",
        ),
    )
    return [heading, *([Paragraph(say("", " ").join(sentences))] if sentences else []), table]


def _place_cells(one: Place, counts: Counter[tuple[str, str]], lang: str) -> tuple[Cell, ...]:
    change = one.rank_change
    moved = NONE if change is None else "=" if change == 0 else f"↑{change}" if change > 0 else f"↓{-change}"
    cause = CAUSES_EN.get(str(one.change_cause), "") if lang == "en" else word("ranking", "change_cause", one.change_cause)
    spread = NONE
    if one.best_rank is not None and one.worst_rank is not None:
        spread = str(one.best_rank) if one.best_rank == one.worst_rank else f"{one.best_rank}–{one.worst_rank}"
    return (
        Cell(NONE if one.rank is None else str(one.rank), is_strong=True),
        Cell(one.unit_name),
        Cell(percent(one.score_ratio)),
        Cell(NONE if one.previous_rank is None else str(one.previous_rank)),
        Cell(moved),
        Cell(cause),
        Cell(spread),
        Cell(str(counts[one.org_unit_code, RED])),
        Cell(str(counts[one.org_unit_code, ORANGE])),
    )


# ---- 五、报送


def _reporting(issue: Issue, lang: str) -> list[Block]:
    say = Speech(lang).say
    blocks: list[Block] = [Heading(1, say("报送情况", "Reporting"))]
    for form in issue.forms:
        text = say(
            f"{form.form_name}应报{form.units_due_count}份、已报{form.units_reported_count}份"
            f"（按时{form.units_on_time_count}份），按填报格计算报送率{percent(form.reporting_ratio)}、"
            f"及时率{percent(form.on_time_ratio)}。",
            f"{form.form_name}: {form.units_due_count} asked, {form.units_reported_count} in "
            f"({form.units_on_time_count} on time); reporting rate {percent(form.reporting_ratio)}, "
            f"on-time rate {percent(form.on_time_ratio)}, both by cells.",
        )
        told = [_who(issue, form.form_code, fits, lang) for fits in _FLAWS]
        parts = [f"{say(zh, en)}{say('：', ': ')}{names}" for (zh, en, _), names in zip(_FLAWS, told, strict=True) if names]
        if parts:
            text += say("；".join(parts) + "。", " " + "; ".join(parts) + ".")
        blocks.append(Paragraph(text))
    if not issue.forms:
        blocks.append(Paragraph(say("本月没有应报的报表。", "No report was asked for this month.")))
    return blocks


_FLAWS = (
    ("逾期未报", "missing", lambda row: row.timeliness == "missing" and row.state not in ("rejected", "withdrawn")),
    ("退回未补", "rejected, nothing since", lambda row: row.state == "rejected"),
    ("撤回未补", "withdrawn, nothing since", lambda row: row.state == "withdrawn"),
    ("迟报", "late", lambda row: row.timeliness == "late"),
    ("待核实", "held", lambda row: row.state == "held"),
    (
        "未填齐",
        "not all cells filled",
        lambda row: (
            row.state in ("accepted", "held") and row.reporting_ratio is not None and row.reporting_ratio < Decimal("0.9995")
        ),
    ),
)


def _who(issue: Issue, form_code: str, flaw: tuple[str, str, object], lang: str) -> str:
    fits = flaw[2]
    assert callable(fits)
    found: list[Report] = [row for row in issue.reports if row.form_code == form_code and fits(row)]
    joint = Speech(lang).say("、", ", ")
    if flaw[1] == "late":
        return joint.join(f"{row.unit_name}{Speech(lang).say(f'（{row.days_late_count}天）', f' ({row.days_late_count} days)')}" for row in found)
    if flaw[1] == "not all cells filled":
        return joint.join(f"{row.unit_name}{Speech(lang).say(f'（{percent(row.reporting_ratio)}）', f' ({percent(row.reporting_ratio)})')}" for row in found)
    return joint.join(row.unit_name for row in found)


# ---- 六、责任单位


def _tasks(issue: Issue, lang: str) -> list[Block]:
    """By owner: how many are behind, and what each takes from now on."""
    say = Speech(lang).say
    rows = sorted((row for row in issue.own if row.tone in (RED, ORANGE)), key=lambda row: (row.owner or NONE, row.badness))
    if not rows:
        return []
    owners = [(owner, list(group)) for owner, group in groupby(rows, key=lambda row: row.owner or NONE)]
    owners.sort(key=lambda pair: (-sum(row.tone == RED for row in pair[1]), -len(pair[1]), pair[0]))
    table_rows = tuple(
        (
            Cell(owner),
            Cell(str(sum(row.tone == RED for row in group))),
            Cell(str(sum(row.tone == ORANGE for row in group))),
            Cell(say("；", "; ").join(_task(row, lang) for row in group)),
        )
        for owner, group in owners
    )
    return [
        Heading(1, say("责任单位要做的事", "What the owners have to do")),
        Paragraph(
            say(
                f"红橙目标涉及{len(owners)}个责任单位。要在到期前完成，从下月起平均每月需完成的数量如下。",
                f"{len(owners)} owners have red or orange targets. To meet them by their due month, this much is needed "
                "in each month from now on.",
            )
        ),
        Table(
            say("责任单位及所需进度", "Owners, and what is needed"),
            (
                Column(say("责任单位", "Owner"), 18),
                Column(say("红", "Red"), 7, "right"),
                Column(say("橙", "Orange"), 8, "right"),
                Column(say("目标及今后每月需完成", "Targets, and what each needs a month"), 67),
            ),
            table_rows,
        ),
    ]


def _task(row: Progress, lang: str) -> str:
    say = Speech(lang).say
    name = row.name_en if lang == "en" else row.name_zh
    if row.needed_monthly_value is not None and row.needed_monthly_value >= 0:
        return say(
            f"{name}每月{with_unit(row, row.needed_monthly_value, lang)}",
            f"{name}: {with_unit(row, row.needed_monthly_value, lang)} a month",
        )
    if row.needed_monthly_value is not None:
        return f"{name}{say('', ': ')}{_needed(row, lang)}"
    if row.status == "missed" and row.target_form == "at_most":
        return say(f"{name}已超上限，不再增加", f"{name}: over its ceiling, no more of it")
    if row.status == "missed":
        return say(f"{name}已逾期，尽快补齐", f"{name}: overdue, to be finished")
    if row.is_share and row.annual_target_value is not None:
        ends = value(row, row.annual_target_value)
        return say(f"{name}由{value(row, row.ytd_value)}提到{ends}", f"{name}: from {value(row, row.ytd_value)} to {ends}")
    return name


# ---- 附件


def _annexes(issue: Issue, lang: str) -> tuple[Annex, ...]:
    say = Speech(lang).say
    below_zh, below_en = LEVELS[BELOW[issue.head.level]]
    wide = [
        (say(f"{issue.head.short_name}年度目标进度一览表", f"All targets of {issue.head.short_name}"), _all_targets(issue, lang), True)
    ]
    matrix = _matrix(issue, lang)
    if matrix.rows:
        wide.append((say(f"{below_zh}目标状态一览表", f"Status of the targets of the {below_en}"), matrix, True))
    found = [(title, (table,), is_wide) for title, table, is_wide in wide]
    found.append((say("指标口径和标记说明", "How to read the figures"), _legend(issue, lang), False))  # type: ignore[arg-type]
    return tuple(
        Annex(say(f"附件{number}", f"Annex {number}"), title, blocks, is_wide)
        for number, (title, blocks, is_wide) in enumerate(found, start=1)
    )


def _all_targets(issue: Issue, lang: str) -> Table:
    say = Speech(lang).say
    columns = (
        Column(say("指标（计量单位）", "Indicator"), 24),
        Column(say("责任单位", "Owner"), 11),
        Column(say("年度目标", "Target"), 9, "right"),
        Column(say("应完成", "Due"), 9, "right"),
        Column(say("已完成", "Done"), 9, "right"),
        Column(say("差额", "Gap"), 9, "right"),
        Column(say("序时完成率", "Pace"), 8, "right"),
        Column(say("预计期末", "Expected"), 9, "right"),
        Column(say("把握", "Chance"), 6, "right"),
        Column(say("状态", "Status"), 8, "center"),
        Column(say("上月", "Before"), 8, "center"),
    )
    rows: list[tuple[Cell, ...]] = []
    themed = sorted(issue.own, key=lambda row: (row.theme_code or "~", row.badness))
    for _, group in groupby(themed, key=lambda row: row.theme_code or "~"):
        members = list(group)
        name = members[0].theme_en if lang == "en" else members[0].theme_zh
        rows.append((Cell(f"{name or say('其他', 'Other')}{say(f'（{len(members)}项）', f' ({len(members)})')}", is_strong=True),))
        rows += [
            (
                Cell(_measured(row, lang)),
                Cell(row.owner or NONE),
                Cell(_limit(row)),
                Cell(value(row, row.target_covered_value)),
                Cell(value(row, row.ytd_value)),
                Cell(distance(row, row.gap_value, lang)),
                Cell(percent(row.pace_ratio)),
                Cell(value(row, row.projected_value) if row.projected_value is not None else NONE),
                Cell(chance(row.probability_ratio, lang)),
                Cell(status_word(row.status, lang) + ("*" if row.is_provisional else ""), row.tone),
                Cell(status_word(row.status_before, lang) if row.status_before else NONE),
            )
            for row in members
        ]
    return Table(say("本级目标", "Targets"), columns, tuple(rows), is_small=True)


def _limit(row: Progress) -> str:
    """The annual target, with ≤ where it is a ceiling."""
    shown = value(row, row.annual_target_value) if row.annual_target_value is not None else NONE
    return f"≤{shown}" if row.target_form in {"at_most", "reduce_from_baseline"} and shown != NONE else shown


def _matrix(issue: Issue, lang: str) -> Table:
    """Indicator by unit: a sign for the status, and the pace."""
    say = Speech(lang).say
    names = {row.org_unit_code: row.unit_name for row in issue.below}
    units = sorted(names)
    by_indicator: dict[str, dict[str, Progress]] = {}
    for row in issue.below:
        by_indicator.setdefault(row.indicator_code, {})[row.org_unit_code] = row
    first = {code: next(iter(found.values())) for code, found in by_indicator.items()}
    order = sorted(
        by_indicator,
        key=lambda code: (
            -sum(row.tone == RED for row in by_indicator[code].values()),
            -sum(row.tone == ORANGE for row in by_indicator[code].values()),
            -sum(row.tone == YELLOW for row in by_indicator[code].values()),
            code,
        ),
    )
    wide = 76 / max(len(units), 1)
    columns = (Column(say("指标", "Indicator"), 24), *(Column(names[unit], wide, "center") for unit in units))
    rows = tuple(
        (
            Cell(named(first[code], lang)),
            *(_status_cell(by_indicator[code].get(unit), lang) for unit in units),
        )
        for code in order
    )
    used = sorted({row.status for row in issue.below}, key=lambda one: (*STATUSES, *UNDECIDED).index(one))
    legend = say("；", "; ").join(f"{say(*SIGNS[one])}{say('', ' ')}{status_word(one, lang)}" for one in used)
    return Table(
        say("各单位目标状态和序时完成率（%）", "Status and pace (%) by unit"),
        columns,
        rows,
        say(
            f"{legend}；*数据未报齐，暂定；{WITHHELD}受限不公开；空白为没有此项目标。数字为序时完成率。",
            f"{legend}; * provisional; {WITHHELD} withheld; blank: no such target. The number is the pace.",
        ),
        is_small=True,
    )


def _status_cell(row: Progress | None, lang: str) -> Cell:
    if row is None:
        return Cell("")
    if row.is_suppressed:
        return Cell(WITHHELD, row.tone)
    number = "" if row.pace_ratio is None or row.status == "not_due" else f" {percent(row.pace_ratio, 0).rstrip('%')}"
    return Cell(f"{sign(row, lang)}{number}{'*' if row.is_provisional else ''}", row.tone)


def _legend(issue: Issue, lang: str) -> tuple[Block, ...]:
    say = Speech(lang).say
    head = issue.head
    told = [
        say(
            "序时完成率是已完成数与同期应完成数之比；应完成数按各目标公布的序时安排（均匀、指导数或上年走势）计算，只比已有数据的月份和单位，缺报的月份不按零计算。",
            "Pace is what was done over what was due in the same months; what is due follows the phasing published with each "
            "target. Only months and units whose figures are in are compared; a missing month never counts as zero.",
        ),
        say(
            "红色为未完成或严重滞后，橙色为滞后，黄色为略滞后或补齐，蓝色为达序时或已完成，灰色为未到期、未报送或无法计算。"
            "界线按指标分别设定，一般为100%、90%、70%。",
            "Red: missed or far behind; orange: behind; yellow: slightly behind or repaired; blue: on pace or achieved; "
            "grey: not due, not reported or not computable. The limits are the indicator's own, usually 100, 90 and 70 %.",
        ),
        say(
            "差额是已完成数减去应完成数：不低于类目标，负数为欠；不高于类目标，正数为超。比率、增幅和节点进度的差额为百分点。",
            "The gap is done less due: negative is short of a target to be reached, positive is over a ceiling. Of ratios, growth "
            "and milestones it is in percentage points.",
        ),
        say(
            "预计期末、八成区间和完成把握按本年走势和上年同期测算，不是承诺，也不是考核结果。",
            "The expected end, its 80 % interval and the chance are worked out from this year's course and last year's; they are "
            "no promise and no verdict.",
        ),
        say(
            "*表示数据未报齐或待核实，状态为暂定，补报后可能变化。",
            "* marks what is provisional: reports are missing or held, and the status may turn.",
        ),
        say(
            f"{WITHHELD}为受限不公开：民生、矫正等人数少于3的，以及据以可以推算出它的数，不在本级以外公开；因此标{WITHHELD}的数不一定少于3。",
            f"{WITHHELD} is withheld: restricted figures under 3 outside this level, and what would lead to them; so it need not "
            "be under 3.",
        ),
    ]
    if head.is_sample:
        told.append(_sample_note(issue, lang))
    return tuple(Paragraph(f"{number}．{text}" if lang == "zh" else f"{number}. {text}") for number, text in enumerate(told, start=1))
