"""The tables of a bulletin."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from jindu.bulletin.document import Cell, Column, Table, wording
from jindu.bulletin.figure import chance, distance, interval, needed, pace, value
from jindu.bulletin.issue import BLUE, OPEN, ORANGE, RED, UNLIKELY, YELLOW, Issue, Place, Progress
from jindu.shown import (
    JUDGED,
    NOT_PUBLISHED,
    STATUSES,
    UNKNOWN,
    Status,
    minus,
    percent,
    place_range,
    rank_change,
    sample_mark,
    word,
)

BELOW = {  # level of the office: what its siblings below are called
    "district": ("各街道", "sub-districts"),
    "subdistrict": ("各社区", "communities"),
    "community": ("各单位", "units"),
}
COLOURS = {RED: ("红", "red"), ORANGE: ("橙", "orange"), YELLOW: ("黄", "yellow"), BLUE: ("蓝", "blue")}


def below(issue: Issue, lang: str) -> str:
    """What the units right below the office are called together."""
    return wording(lang)(*BELOW[issue.head.level])


def plain_name(row: Progress, lang: str) -> str:
    """The indicator's name."""
    return row.name_en if lang == "en" else row.name_zh


def marked(name: str, is_sample: bool, lang: str) -> str:
    """A name or caption, marked where what it tells of was invented."""
    mark = sample_mark(lang)
    return name if not is_sample else f"{name} [{mark}]" if lang == "en" else f"{name}〔{mark}〕"


def measured(row: Progress, lang: str, *, is_marked: bool) -> str:
    """The indicator with its unit of measure, for tables whose figures stand without one."""
    name = plain_name(row, lang)
    if lang != "en" and row.measure and not row.is_share:
        name = f"{name}（{row.measure}）"
    return marked(name, row.is_sample and is_marked, lang)


def _captioned(caption: str, rows: Sequence[Progress], lang: str) -> tuple[str, bool]:
    """The caption, which carries the mark for all rows where all are invented; else each row carries its own."""
    is_all = bool(rows) and all(row.is_sample for row in rows)
    return marked(caption, is_all, lang), not is_all


def status_table(issue: Issue, lang: str) -> Table:
    """How many targets stand where, and the change since last month: a column for each status."""
    say = wording(lang)
    all_of_them = [*(STATUSES[one] for one in (*JUDGED, *OPEN)), NOT_PUBLISHED]
    used = [one for one in all_of_them if any(one in (row.shown, row.shown_before) for row in issue.targets)]
    columns = [Column("", 16)]
    columns += [Column(_coloured(one, lang), 84 / (len(used) + 1), "center", one.tone) for one in used]
    columns.append(Column(say("合计", "All"), 84 / (len(used) + 1), "center"))
    rows = []
    for name, members in ((say("本级", "Own"), issue.own), (below(issue, lang), issue.below)):
        now = Counter(row.shown for row in members)
        before = Counter(row.shown_before for row in members)
        counts = tuple(Cell(str(now[one])) for one in used)
        rows.append((Cell(name, is_strong=True), *counts, Cell(str(len(members)), is_strong=True)))
        if any(row.status_before for row in members):
            moved = tuple(Cell(_moved(now[one] - before[one])) for one in used)
            rows.append((Cell(say("　比上月", "  since last month")), *moved, Cell("")))
    caption, _ = _captioned(say("目标状态及比上月变化（项）", "Targets by status, and the change"), issue.targets, lang)
    return Table(caption, tuple(columns), tuple(rows), is_small=lang == "en")  # its words are longer


def _coloured(one: Status, lang: str) -> str:
    """The status with its colour in words: red reads red in grey, too."""
    colour = wording(lang)(*COLOURS.get(one.tone, ("灰", "grey")))
    return f"{one.name(lang)}\n{colour}"


def _moved(change: int) -> str:
    return "0" if not change else f"+{change}" if change > 0 else minus(str(change))


def behind_table(toned: Mapping[str, Sequence[Progress]], lang: str) -> Table:
    """What is due, what is done, the gap, what it takes, and the chance: the red ones, then the orange.

    One table: two of them, each kept together, would leave half a page empty between them.
    """
    say = wording(lang)
    said = {RED: ("红色：未完成、严重滞后", "Red: missed or far behind"), ORANGE: ("橙色：滞后", "Orange: behind")}
    every = [row for rows in toned.values() for row in rows]
    caption, is_marked = _captioned(say("滞后和未完成的目标", "What is behind or missed"), every, lang)
    lines: list[tuple[Cell, ...]] = []
    for tone, rows in toned.items():
        if rows:
            title = say(*said[tone])
            lines.append((Cell(say(f"{title}（{len(rows)}项）", f"{title} ({len(rows)})"), is_strong=True),))
            lines += [_behind_cells(row, lang, is_marked=is_marked) for row in rows]
    return Table(
        caption,
        (
            Column(say("指标（计量单位）", "Indicator"), 27),
            Column(say("责任单位", "Owner"), 12),
            Column(say("应完成", "Due"), 11, "right"),
            Column(say("已完成", "Done"), 11, "right"),
            Column(say("差额", "Gap"), 11.5, "right"),
            Column(say("序时完成率", "Pace"), 9.5, "right"),
            Column(say("今后每月需", "Needed a month"), 9.5, "right"),
            Column(say("完成把握", "Chance"), 8.5, "right"),
        ),
        tuple(lines),
    )


def _behind_cells(row: Progress, lang: str, *, is_marked: bool) -> tuple[Cell, ...]:
    return (
        Cell(measured(row, lang, is_marked=is_marked)),
        Cell(row.owner or UNKNOWN),
        Cell(value(row, row.target_covered_value, lang)),
        Cell(value(row, row.ytd_value, lang)),
        Cell(distance(row, row.gap_value, lang)),
        Cell(pace(row) + ("*" if row.is_provisional else ""), row.tone),
        Cell(value(row, needed(row), lang)),
        Cell(chance(row.probability_ratio)),
    )


def owner_table(issue: Issue, lang: str) -> Table:
    """By owner: how many targets, and how many of each colour; who has most red comes first."""
    say = wording(lang)
    owned: dict[str, list[Progress]] = {}
    for row in issue.own:
        owned.setdefault(row.owner or UNKNOWN, []).append(row)
    tones = {owner: Counter(row.tone for row in rows if row.status in JUDGED) for owner, rows in owned.items()}
    order = sorted(owned, key=lambda owner: (-tones[owner][RED], -tones[owner][ORANGE], -tones[owner][YELLOW], owner))
    caption, _ = _captioned(say("各责任单位目标状态（项）", "Targets by owner"), issue.own, lang)
    rows = []
    for owner in order:
        count = tones[owner]
        good = sum(row.status in ("achieved", "on_pace", "repaired") for row in owned[owner])
        unlikely = sum(is_unlikely(row) for row in owned[owner])
        rows.append(
            (
                Cell(owner),
                Cell(str(len(owned[owner]))),
                *(Cell(str(count[tone]) if count[tone] else "", tone if count[tone] else None) for tone in COLOURS),
                Cell(str(len(owned[owner]) - count.total()) if len(owned[owner]) > count.total() else ""),
                Cell(percent(good_share(good, count.total()), 0)),
                Cell(str(unlikely) if unlikely else ""),
            )
        )
    return Table(
        caption,
        (
            Column(say("责任单位", "Owner"), 24),
            Column(say("目标数", "Targets"), 9, "right"),
            Column(say("红", "Red"), 8, "right"),
            Column(say("橙", "Orange"), 8, "right"),
            Column(say("黄", "Yellow"), 8, "right"),
            Column(say("蓝", "Blue"), 8, "right"),
            Column(say("灰", "Grey"), 8, "right"),
            Column(say("达序时", "On pace"), 12, "right"),
            Column(say("把握不足两成", "Chance under 20 %"), 15, "right"),
        ),
        tuple(rows),
    )


def good_share(good: int, judged: int) -> Decimal | None:
    """The share of what can be judged that is where it should be; None where nothing can."""
    return Decimal(good) / judged if judged else None


def is_unlikely(row: Progress) -> bool:
    """Not met yet, and projected to miss."""
    return (
        row.probability_ratio is not None
        and row.probability_ratio < UNLIKELY
        and row.status not in ("achieved", "missed")
    )


def doubtful_table(rows: Sequence[Progress], lang: str) -> Table:
    """The targets that will hardly be met: where they will end, and what it would take."""
    say = wording(lang)
    caption, is_marked = _captioned(say("完成把握不足两成的目标", "Targets with a chance under 20 %"), rows, lang)
    return Table(
        caption,
        (
            Column(say("指标（计量单位）", "Indicator"), 31),
            Column(say("责任单位", "Owner"), 11),
            Column(say("年度目标", "Target"), 11, "right"),
            Column(say("预计期末", "Expected"), 11, "right"),
            Column(say("八成区间", "80 % interval"), 18, "right"),
            Column(say("目前状态", "Status"), 11.5, "center"),
            Column(say("把握", "Chance"), 6.5, "right"),
        ),
        tuple(
            (
                Cell(measured(row, lang, is_marked=is_marked)),
                Cell(row.owner or UNKNOWN),
                Cell(limit(row, lang)),
                Cell(value(row, row.projected_value, lang)),
                Cell(interval(row, lang)),
                Cell(row.shown.name(lang), row.tone),
                Cell(chance(row.probability_ratio)),
            )
            for row in rows
        ),
    )


def rank_table(issue: Issue, lang: str) -> Table:
    """The overall ranking, with the movement, its cause, the range, and how many are red and orange."""
    say = wording(lang)
    counts = Counter((row.org_unit_code, row.tone) for row in issue.below)
    caption = say(f"{below(issue, 'zh')}综合排名", f"Overall ranking of the {below(issue, 'en')}")
    return Table(
        marked(caption, any(one.is_sample for one in issue.places), lang),
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
            "得分是各单位共有目标序时完成率的加权平均，单项以120%封顶。可能位次是缺报和待核实数据补齐后还会变动的范围。",
            "The score is the weighted mean of pace over the targets that all share, each capped at 120 %; the range "
            "is what missing or held figures can still change.",
        ),
    )


def _place_cells(one: Place, counts: Counter[tuple[str, str]], lang: str) -> tuple[Cell, ...]:
    red, orange = counts[one.org_unit_code, RED], counts[one.org_unit_code, ORANGE]
    reason = word("ranking", "unranked_reason", one.unranked_reason, lang)
    return (
        Cell(UNKNOWN if one.rank is None else str(one.rank), is_strong=True),
        Cell(one.unit_name),
        Cell(percent(one.score_ratio)),
        Cell(UNKNOWN if one.previous_rank is None else str(one.previous_rank)),
        Cell(rank_change(one.rank_change)),
        Cell(reason or word("ranking", "change_cause", one.change_cause, lang)),
        Cell(place_range(one.best_rank, one.worst_rank)),
        Cell(str(red), RED if red else None),
        Cell(str(orange), ORANGE if orange else None),
    )


def all_targets(issue: Issue, lang: str) -> Table:
    """Every target of the office itself, by theme, the worst of each first."""
    say = wording(lang)
    caption, is_marked = _captioned(say("本级年度目标进度", "All targets"), issue.own, lang)
    rows: list[tuple[Cell, ...]] = []
    themed = sorted(issue.own, key=lambda row: (row.theme_code or "~", row.badness))
    for _, group in groupby(themed, key=lambda row: row.theme_code or "~"):
        members = list(group)
        theme = (members[0].theme_en if lang == "en" else members[0].theme_zh) or say("其他", "Other")
        rows.append((Cell(say(f"{theme}（{len(members)}项）", f"{theme} ({len(members)})"), is_strong=True),))
        rows += [
            (
                Cell(measured(row, lang, is_marked=is_marked)),
                Cell(row.owner or UNKNOWN),
                Cell(limit(row, lang)),
                Cell(value(row, row.target_covered_value, lang)),
                Cell(value(row, row.ytd_value, lang)),
                Cell(distance(row, row.gap_value, lang)),
                Cell(pace(row)),
                Cell(value(row, row.projected_value, lang) if row.projected_value is not None else UNKNOWN),
                Cell(chance(row.probability_ratio)),
                Cell(row.shown.name(lang) + ("*" if row.is_provisional else ""), row.tone),
                Cell(row.shown_before.name(lang) if row.shown_before else UNKNOWN),
            )
            for row in members
        ]
    return Table(
        caption,
        (
            Column(say("指标（计量单位）", "Indicator"), 27),
            Column(say("责任单位", "Owner"), 12.5),
            Column(say("年度目标", "Target"), 8.5, "right"),
            Column(say("应完成", "Due"), 8.5, "right"),
            Column(say("已完成", "Done"), 8.5, "right"),
            Column(say("差额", "Gap"), 9, "right"),
            Column(say("序时完成率", "Pace"), 7.5, "right"),
            Column(say("预计期末", "Expected"), 8.5, "right"),
            Column(say("把握", "Chance"), 5.5, "right"),
            Column(say("状态", "Status"), 8, "center"),
            Column(say("上月", "Before"), 8, "center"),
        ),
        tuple(rows),
        is_small=True,
    )


def limit(row: Progress, lang: str) -> str:
    """The annual target, with ≤ where it is a ceiling."""
    if row.annual_target_value is None:
        return UNKNOWN
    shown = value(row, row.annual_target_value, lang)
    return f"≤{shown}" if row.target_form in {"at_most", "reduce_from_baseline"} else shown


def matrix(issue: Issue, lang: str) -> Table:
    """Indicator by unit: a sign for the status, and the pace; what is worst in most units comes first."""
    say = wording(lang)
    names = {row.org_unit_code: row.unit_name for row in issue.below}
    rows_of: dict[str, dict[str, Progress]] = {}
    for row in issue.below:
        rows_of.setdefault(row.indicator_code, {})[row.org_unit_code] = row
    first = {code: next(iter(found.values())) for code, found in rows_of.items()}

    def worst(code: str) -> tuple[int | str, ...]:
        tones = Counter(row.tone for row in rows_of[code].values())
        return -tones[RED], -tones[ORANGE], -tones[YELLOW], code

    units = sorted(names)
    caption, is_marked = _captioned(say("目标状态和序时完成率（%）", "Status and pace (%)"), issue.below, lang)
    used = [one for one in (*JUDGED, *OPEN) if any(row.status == one for row in issue.below)]
    signs = say("，", ", ").join(
        f"{STATUSES[one].sign(lang)}{say('为', ' ')}{STATUSES[one].name(lang)}" for one in used
    )
    return Table(
        caption,
        (
            Column(say("指标", "Indicator"), 24),
            *(Column(names[unit], 76 / max(len(units), 1), "center") for unit in units),
        ),
        tuple(
            (
                Cell(marked(plain_name(first[code], lang), first[code].is_sample and is_marked, lang)),
                *(_status_cell(rows_of[code].get(unit), lang) for unit in units),
            )
            for code in sorted(rows_of, key=worst)
        ),
        say(
            f"{signs}；*为暂定；{NOT_PUBLISHED.sign('zh')}为受限不公开；空白为没有这项目标。数字是序时完成率。",
            f"{signs}; * provisional; {NOT_PUBLISHED.sign('en')} withheld; blank: no target. The number is the pace.",
        ),
        is_small=True,
    )


def _status_cell(row: Progress | None, lang: str) -> Cell:
    if row is None:
        return Cell("")
    if row.is_suppressed:
        return Cell(NOT_PUBLISHED.sign(lang), NOT_PUBLISHED.tone)
    number = "" if row.pace_ratio is None or row.status == "not_due" else f" {pace(row, 0).rstrip('%')}"
    return Cell(f"{STATUSES[row.status].sign(lang)}{number}{'*' if row.is_provisional else ''}", row.tone)
