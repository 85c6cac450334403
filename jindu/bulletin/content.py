"""What a bulletin says: what is behind, by how much, who owns it, whether the year will be made, ranks, reporting."""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from jindu.bulletin.document import Annex, Block, Document, Heading, Paragraph, wording
from jindu.bulletin.figure import chance, gap_in_words, needed, pace, value, with_unit
from jindu.bulletin.issue import LIKELY, OPEN, ORANGE, RED, FormRate, Issue, Progress, Report
from jindu.bulletin.tables import (
    all_targets,
    behind_table,
    below,
    doubtful_table,
    good_share,
    is_unlikely,
    marked,
    matrix,
    owner_table,
    plain_name,
    rank_table,
    status_table,
)
from jindu.shown import JUDGED, NOT_PUBLISHED, STATUSES, day_text, month_text, percent, sample_mark, turn, word

TOLD = 3  # what is told in sentences before it stands in a table
NAMED = 6  # names in one sentence
WHOLE = Decimal("0.9995")  # what shows as 100.0 %

# What is wrong with a report, as people say it, and which reports have it
_Flaw = tuple[str, str, Callable[[Report], bool], Callable[[Report, str], str]]


def compose(issue: Issue, lang: str) -> Document:
    """The bulletin in one language."""
    say = wording(lang)
    head = issue.head
    month, day = month_text(head.month, lang), day_text(head.as_of.date(), lang)
    return Document(
        lang=lang,
        masthead=say(f"{head.short_name}工作通报", f"{head.short_name} · Progress bulletin"),
        number=say(f"（{month}）", month),
        issued=day,
        mark=say("内部资料", "Internal"),
        sample_note=_sample_note(issue, lang),
        title=say(f"关于{month}年度目标进度的通报", f"Progress towards the targets of the year: {month}"),
        addressee=say(f"{below(issue, 'zh')}、各责任单位：", f"To all {below(issue, 'en')} and owners of targets:"),
        blocks=(
            Paragraph(
                say(
                    f"根据各单位报送、截至{day}已定稿的数据，现将{month}年度目标进度通报如下。",
                    f"This is how far the targets of the year are by the end of {month}, from what was reported and "
                    f"checked by {day}.",
                )
            ),
            *_overall(issue, lang),
            *_behind(issue, lang),
            *_outlook(issue, lang),
            *_ranking(issue, lang),
            *_reporting(issue, lang),
        ),
        annex_heading=say("附件", "Annexes"),
        signature=head.name,
        colophon=say(
            f"数据截至{head.as_of:%Y-%m-%d %H:%M}，第{int(issue.version)}次定稿",
            f"Figures as of {head.as_of:%Y-%m-%d %H:%M}, published copy {int(issue.version)}",
        ),
        author=head.name,
        sample_mark=sample_mark(lang) if issue.is_sample else "",
        annexes=_annexes(issue, lang),
    )


def _sample_note(issue: Issue, lang: str) -> str:
    say = wording(lang)
    if not issue.is_sample:
        return ""
    return say(
        "示例：标有“示例”的数字含有为演示而虚构的内容，不反映任何单位的实际工作。",
        "Sample: figures marked so rest on data invented for a demonstration and tell of nobody's real work.",
    )


def _named(names: Sequence[str], lang: str) -> str:
    """A few names, and how many there are in all."""
    say = wording(lang)
    joined = say("、", ", ").join(names[:NAMED])
    return joined if len(names) <= NAMED else joined + say(f"等{len(names)}项", f" and {len(names) - NAMED} more")


# ---- 一、总体情况


def _overall(issue: Issue, lang: str) -> list[Block]:
    say = wording(lang)
    own, head = issue.own, issue.head
    counts = Counter(row.shown for row in own)
    judged = sum(counts[STATUSES[one]] for one in JUDGED)
    good = sum(counts[STATUSES[one]] for one in ("achieved", "on_pace", "repaired"))
    told = say("、", ", ").join(
        say(f"{one.name(lang)}{counts[one]}项", f"{counts[one]} {one.name(lang)}")
        for one in (*(STATUSES[code] for code in (*reversed(JUDGED), *OPEN)), NOT_PUBLISHED)
        if counts[one]
    )
    provisional = sum(row.is_provisional for row in own)
    text = say(
        f"全年时间已过{percent(head.time_ratio)}。{head.short_name}本级年度目标{len(own)}项，其中{told}。"
        f"可以评定的{judged}项中，达到序时进度的{good}项，占{percent(good_share(good, judged))}。",
        f"{percent(head.time_ratio)} of the year has gone by. Of {len(own)} targets of {head.short_name}, {told}. "
        f"Of the {judged} that can be judged, {good} ({percent(good_share(good, judged))}) are where they should be.",
    )
    if provisional:
        text += say(
            f"{provisional}项数据未报齐或待核实，状态暂定（表中标*）。",
            f" {provisional} are provisional (*): reports are missing or held.",
        )
    heading = Heading(1, say("总体情况", "Overall"))
    return [heading, Paragraph(text), *_changes(issue, lang), status_table(issue, lang)]


def _changes(issue: Issue, lang: str) -> list[Block]:
    """Which of the office's own changed for the worse or the better since last month."""
    say = wording(lang)
    known = [row for row in issue.own if row.status_before is not None]
    if not known:
        return []
    worse = [row for row in known if turn(row.status_before, row.status) < 0]
    better = [row for row in known if turn(row.status_before, row.status) > 0]
    parts = []
    for rows, zh, en in ((sorted(worse, key=lambda row: row.badness), "转差", "worse"), (better, "转好", "better")):
        if rows:
            bracket = " ({})" if lang == "en" else "（{}）"
            told = [plain_name(row, lang) + bracket.format(STATUSES[row.status].name(lang)) for row in rows]
            parts.append(say(f"{zh}{len(rows)}项：{_named(told, lang)}", f"{len(rows)} {en}: {_named(told, lang)}"))
    if not parts:
        return [Paragraph(say("与上月相比，各项状态没有变化。", "No status has changed since last month."))]
    return [Paragraph(say("与上月相比，" + "；".join(parts) + "。", "Since last month, " + "; ".join(parts) + "."))]


# ---- 二、滞后和未完成


def _behind(issue: Issue, lang: str) -> list[Block]:
    say = wording(lang)
    red = [row for row in issue.own if row.tone == RED]
    orange = [row for row in issue.own if row.tone == ORANGE]
    heading = Heading(1, say("滞后和未完成的目标", "What is behind"))
    if not red and not orange:
        return [heading, Paragraph(say("本月没有滞后或未完成的目标。", "No target is behind or missed this month."))]
    opening = say(
        f"红色（未完成、严重滞后）{len(red)}项，橙色（滞后）{len(orange)}项。最需关注的是：",
        f"{len(red)} are red (missed or far behind), {len(orange)} orange (behind). First of all:",
    )
    blocks: list[Block] = [heading, Paragraph(opening)]
    blocks += [_item(number, row, lang) for number, row in enumerate((red + orange)[:TOLD], start=1)]
    blocks.append(Heading(2, say("各项情况", "Each of them")))
    blocks.append(behind_table({RED: red, ORANGE: orange}, lang))
    blocks.append(Heading(2, say("按责任单位", "By owner")))
    blocks.append(owner_table(issue, lang))
    return blocks


def _item(number: int, row: Progress, lang: str) -> Paragraph:
    """One target in a sentence: what was due, what was done, the gap, what it takes, whether it will be met."""
    say = wording(lang)
    facts = [_due_and_done(row, lang), gap_in_words(row, lang)]
    if row.pace_ratio and row.kind != "growth":
        facts.append(say(f"序时完成率{pace(row)}", f"{pace(row)} of what was due"))
    facts += [_needed(row, lang), _ending(row, lang)]
    text = say("，", ", ").join(fact for fact in facts if fact)
    name, owner = marked(plain_name(row, lang), row.is_sample, lang), row.owner or say("责任单位未定", "no owner")
    status = STATUSES[row.status].name(lang)
    lead = say(f"{number}．{name}（{owner}）。", f"{number}. {name} ({owner}). ")
    return Paragraph(say(f"{status}：{text}。", f"{status.capitalize()}: {text}."), lead)


def _due_and_done(row: Progress, lang: str) -> str:
    say = wording(lang)
    due, done = with_unit(row, row.target_covered_value, lang), with_unit(row, row.ytd_value, lang)
    if row.target_form in {"at_most", "reduce_from_baseline"}:
        return say(f"应不超过{due}，实际{done}", f"at most {due} allowed, {done} there are")
    if row.is_share:
        return say(f"应达到{due}，实际{done}", f"{due} due, {done} reached")
    return say(f"应完成{due}，已完成{done}", f"{due} due, {done} done")


def _needed(row: Progress, lang: str) -> str:
    say = wording(lang)
    wanted = needed(row)
    if wanted is None:
        return ""
    amount = with_unit(row, abs(wanted), lang)
    if wanted < 0:
        return say(f"今后每月需压降{amount}", f"{amount} less needed each month from now on")
    return say(f"今后每月需完成{amount}", f"{amount} needed each month from now on")


def _ending(row: Progress, lang: str) -> str:
    """Where the year will end, and the chance of meeting the target."""
    say = wording(lang)
    if row.projected_value is None or row.probability_ratio is None:
        return ""
    ends, odds = with_unit(row, row.projected_value, lang), chance(row.probability_ratio)
    low, high = value(row, row.projected_low_value, lang), value(row, row.projected_high_value, lang)
    return say(
        f"预计期末{ends}（{low}至{high}），完成把握{odds}",
        f"expected to end at {ends} ({low} to {high}), chance of meeting it {odds}",
    )


# ---- 三、年底能否完成


def _outlook(issue: Issue, lang: str) -> list[Block]:
    say = wording(lang)
    heading = Heading(1, say("年底能否完成", "Will the year be made"))
    asked = [row for row in issue.own if row.probability_ratio is not None and row.status not in ("achieved", "missed")]
    if not asked:
        return [heading, Paragraph(say("目前没有可以预计的目标。", "There is nothing to project yet."))]
    likely = sum((row.probability_ratio or 0) >= LIKELY for row in asked)
    doubtful = sorted(
        (row for row in asked if is_unlikely(row)), key=lambda row: (row.probability_ratio or 0, row.badness)
    )
    open_count = len(asked) - likely - len(doubtful)
    text = say(
        f"按今年以来的走势测算，可以预计的{len(asked)}项未完成目标中，完成把握八成以上的{likely}项，"
        f"两成至八成的{open_count}项，不足两成的{len(doubtful)}项。",
        f"Of {len(asked)} targets not met yet that can be projected, {likely} have a chance of 80 % or more, "
        f"{open_count} between 20 and 80 %, {len(doubtful)} less than 20 %.",
    )
    unseen = [plain_name(row, lang) for row in doubtful if row.tone not in (RED, ORANGE)]
    if unseen:
        text += say(
            f"{_named(unseen, lang)}目前尚未列入红橙，但照此走势难以完成。",
            f" Neither red nor orange yet, but unlikely to be met as things go: {_named(unseen, lang)}.",
        )
    return [heading, Paragraph(text), *([doubtful_table(doubtful, lang)] if doubtful else [])]


# ---- 四、排名


def _ranking(issue: Issue, lang: str) -> list[Block]:
    say = wording(lang)
    if not issue.places:
        return []
    ranked = [one for one in issue.places if one.rank is not None]
    sentences = []
    if len(ranked) > 2 * TOLD:
        first, last = ([one.unit_name for one in part] for part in (ranked[:TOLD], ranked[-TOLD:]))
        sentences.append(
            say(
                f"综合得分前三位是{'、'.join(first)}，后三位是{'、'.join(last)}。",
                f"First are {', '.join(first)}; last are {', '.join(last)}.",
            )
        )
    for zh, en, direction in (("上升", "up", 1), ("下降", "down", -1)):
        most = max((direction * (one.rank_change or 0) for one in ranked), default=0)
        movers = [one.unit_name for one in ranked if direction * (one.rank_change or 0) == most]
        if most > 0:
            sentences.append(
                say(
                    f"{zh}最多的是{'、'.join(movers)}（{most}位）。",
                    f"Furthest {en}: {', '.join(movers)} (by {most}).",
                )
            )
    unranked = [
        (one.unit_name, word("ranking", "unranked_reason", one.unranked_reason, lang))
        for one in issue.places
        if one.rank is None
    ]
    if unranked:
        sentences.append(
            say(
                f"没有排名的是{'、'.join(f'{name}（{why}）' for name, why in unranked)}。",
                f"Not ranked: {', '.join(f'{name} ({why})' for name, why in unranked)}.",
            )
        )
    heading = Heading(1, say(f"{below(issue, 'zh')}综合排名", f"Ranking of the {below(issue, 'en')}"))
    told: list[Block] = [Paragraph(say("", " ").join(sentences))] if sentences else []
    return [heading, *told, rank_table(issue, lang)]


# ---- 五、报送


def _reporting(issue: Issue, lang: str) -> list[Block]:
    say = wording(lang)
    heading = Heading(1, say("报送情况", "Reporting"))
    if not issue.forms:
        return [heading, Paragraph(say("本月没有应报的报表。", "No report was asked for this month."))]
    return [heading, *(_form(issue, form, lang) for form in issue.forms)]


def _form(issue: Issue, form: FormRate, lang: str) -> Paragraph:
    say = wording(lang)
    filled, on_time = percent(form.reporting_ratio), percent(form.on_time_ratio)
    text = say(
        f"{form.form_name}（{form.due_on.month}月{form.due_on.day}日前报）应报{form.units_due_count}份，"
        f"已报{form.units_reported_count}份，其中按时{form.units_on_time_count}份；"
        f"按填报格计算，报送率{filled}，及时率{on_time}。",
        f"{form.form_name} (due {day_text(form.due_on, 'en')}): {form.units_due_count} asked, "
        f"{form.units_reported_count} in, {form.units_on_time_count} on time; by cells, reporting rate {filled}, "
        f"on-time rate {on_time}.",
    )
    parts = []
    for zh, en, has_flaw, told in _FLAWS:
        names = [told(one, lang) for one in issue.reports if one.form_code == form.form_code and has_flaw(one)]
        if names:
            parts.append(say(f"{zh}：{'、'.join(names)}", f"{en}: {', '.join(names)}"))
    return Paragraph(text + (say("；".join(parts) + "。", " " + "; ".join(parts).capitalize() + ".") if parts else ""))


def _by_name(report: Report, _lang: str) -> str:
    return report.unit_name


def _by_days(report: Report, lang: str) -> str:
    return report.unit_name + wording(lang)(f"（{report.days_late_count}天）", f" ({report.days_late_count} days)")


def _by_rate(report: Report, lang: str) -> str:
    rate = percent(report.reporting_ratio)
    return report.unit_name + wording(lang)(f"（{rate}）", f" ({rate})")


def _is_thin(report: Report) -> bool:
    rate = report.reporting_ratio
    return report.state in ("accepted", "held") and rate is not None and rate < WHOLE


_FLAWS: tuple[_Flaw, ...] = (
    ("逾期未报", "missing", lambda one: one.timeliness == "missing" and one.state == "missing", _by_name),
    ("退回未补", "rejected, nothing since", lambda one: one.state == "rejected", _by_name),
    ("撤回未补", "withdrawn, nothing since", lambda one: one.state == "withdrawn", _by_name),
    ("逾期报送", "late", lambda one: one.timeliness == "late", _by_days),
    ("待核实", "held", lambda one: one.state == "held", _by_name),
    ("未填齐", "not all cells filled", _is_thin, _by_rate),
)


# ---- 附件


def _annexes(issue: Issue, lang: str) -> tuple[Annex, ...]:
    say = wording(lang)
    head = issue.head
    found: list[tuple[str, tuple[Block, ...], bool]] = [
        (
            say(f"{head.short_name}年度目标进度一览表", f"All targets of {head.short_name}"),
            (all_targets(issue, lang),),
            True,
        )
    ]
    if issue.below:
        title = say(f"{below(issue, 'zh')}目标状态一览表", f"Where the targets of the {below(issue, 'en')} stand")
        found.append((title, (matrix(issue, lang),), True))
    found.append((say("口径和标记说明", "How to read the figures"), _legend(issue, lang), False))
    return tuple(
        Annex(say(f"附件{number}", f"Annex {number}"), title, blocks, is_wide)
        for number, (title, blocks, is_wide) in enumerate(found, start=1)
    )


def _legend(issue: Issue, lang: str) -> tuple[Block, ...]:
    say = wording(lang)
    told = [
        say(
            "序时完成率是已完成数与同期应完成数之比。应完成数按各目标公布的序时安排计算，只与已有数据的月份和单位相比，缺报的月份不当作零。",
            "Pace is what was done over what was due in the same months, by the phasing published with each target. "
            "Only months and units whose figures are in are compared; a missing month never counts as zero.",
        ),
        say(
            "红色为未完成、严重滞后，橙色为滞后，黄色为略滞后、补齐，蓝色为达序时、已完成，灰色为未到期、未报送、无法计算。"
            "界线按指标设定，一般为100%、90%、70%。",
            "Red: missed or far behind; orange: behind; yellow: slightly behind or repaired; blue: on pace or "
            "achieved; grey: not due, not reported or not computable. The limits are each indicator's own, usually "
            "100, 90 and 70 %.",
        ),
        say(
            "差额是已完成数减应完成数：要达到的目标，负数为欠；有上限的目标（标≤），正数为超。比率、增幅和节点进度的差额是百分点。",
            "The gap is done less due: negative is short of a target to be reached, positive is over a ceiling (≤). Of "
            "ratios, growth and milestones it is in percentage points.",
        ),
        say(
            "预计期末、八成区间和完成把握按今年以来的走势和上年同期测算，是提醒，不是考核结果。",
            "The expected end, its 80 % interval and the chance follow from this year's course and last year's: a "
            "warning, no verdict.",
        ),
        say(
            "*为暂定：数据未报齐或待核实，补齐后状态可能变化。",
            "* is provisional: reports are missing or held, and the status may turn.",
        ),
        say(
            "不公开（一览表中为“限”）：民生、矫正等数小于3的，以及据以能推算出它的，只在本级掌握；不公开的数因此不一定小于3。",
            "Withheld (W in the matrix): restricted figures under 3 below this level, and what would lead to them, so "
            "that what is withheld need not be under 3.",
        ),
    ]
    if issue.is_sample:
        told.append(_sample_note(issue, lang))
    dot = ". " if lang == "en" else "．"
    return tuple(Paragraph(f"{number}{dot}{text}") for number, text in enumerate(told, start=1))
