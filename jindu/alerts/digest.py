"""One message for one recipient: what is new, since when, whose it is and what to do; readable on a phone."""

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jindu.alerts import figures
from jindu.alerts.parts import bytes_count
from jindu.alerts.pending import Case, Event, Finding
from jindu.steps import title

TEMPLATES = Path(__file__).parent / "templates"
SUMMARY_ITEMS = 3  # of each kind, and units of each: one phone screen
FULL_ITEMS = 200  # of each kind, and units of each
FULL_BYTES = 12_000  # of a text that names everything it can: some 4,000 characters, nine screens of a phone
FEWER_ITEMS = (50, 30, 20, 12, 8, 5, 3, 2, 1, 0)  # of each kind, until a digest is no longer than it may be
FEWEST_UNITS = 3  # of what is listed
NAMED = {"full": 60, "summary": 10}  # of what is not listed, those whose names are told
LISTED_FINDINGS = 10  # of each file; the returned workbook has them all
REFUSED = ("rejected", "held")  # what a clerk is to read first
OVER_CEILING = "over_ceiling"  # of the targets that were missed, those that no catching up will mend
LIST_PAGE = "alerts.html"
ENGLISH = "en/"  # where the site has its English pages
EVENTS = ("opened", "reopened", "escalated", "assigned", "eased", "resolved")
PHRASES = {
    "zh": {
        "subject": "【进度】{day}：{counts}",
        "opened": "新增 {count} 项",
        "reopened": "再次出现 {count} 项",
        "escalated": "升级 {count} 项",
        "assigned": "转办 {count} 项",
        "eased": "已好转 {count} 项",
        "resolved": "解除 {count} 项",
        "comma": "，",
        "failed": "【进度】{day}：夜间运行失败（{step}）",
        "heading": "{label}（{count} 项）",
        "escalated_heading": "逾期未处理，已升级",
        "escalated_action": "告知后一直无人确认，请督促责任人处理。",
        "assigned_heading": "已转由他人办理",
        "assigned_action": "由所列责任方办理，这里不再通知。",
        "eased_heading": "已好转，待解除",
        "eased_action": "曾滞后或预计完不成，最近一月已经不是；连续两个月如此并达到序时即解除。",
        "resolved_heading": "已解除",
        "again": "再次出现",
        "ended": "{day}解除",
        "owner": "责任：{owner}",
        "more": "另有 {count} 项未列出，见“全部事项”。",
        "more_named": "另有 {count} 项未列出，见“全部事项”：{names}。",
        "named": "{names}。",
        "and": "、",
        "and_others": "等",
        "of_unit": "{what}（{unit}）",
        "private": "{more}{count} 项涉及不公开的指标，不在此列名。",
        "besides": "另有 ",
        "together": "{what}（{count} 个单位）",
        "more_units": "另有 {count} 个单位。",
        "more_units_named": "另有 {count} 个单位：{names}。",
        "colon": "：",
        "semicolon": "；",
        "found": "共 {count} 条：强制性 {critical}，核实性 {warning}",
        "critical": "必须改正",
        "warning": "请核实说明",
        "more_found": "另有 {count} 条，见退回件。",
        "attached": "退回件见附件：{name}",
        "returned": "退回件和回执在 returns/{unit} 文件夹。",
        "step": "{night} 的夜间运行停在“{step}”",
        "kept": "分析人员看到的仍是最近一次成功发布的数据。",
        "link": "全部事项：{url}",
        "page": "全部事项：进度网页的“提醒”一页（工作目录 site/{page}；在别处打不开的，请向统筹办要）",
        "footer": "提醒编号 {digest_id}（收到相同编号的是同一份）",
    },
    "en": {
        "subject": "[Progress] {day}: {counts}",
        "opened": "{count} new",
        "reopened": "{count} back again",
        "escalated": "{count} escalated",
        "assigned": "{count} passed on",
        "eased": "{count} eased",
        "resolved": "{count} resolved",
        "comma": ", ",
        "failed": "[Progress] {day}: the nightly run failed ({step})",
        "heading": "{label} ({count})",
        "escalated_heading": "Escalated",
        "escalated_action": "Told, and acknowledged by nobody since: see that the owner takes it up.",
        "assigned_heading": "Passed on",
        "assigned_action": "The owner named here sees to it; you hear no more of it.",
        "eased_heading": "Eased, not over yet",
        "eased_action": "Was behind or projected to miss; the last month was neither. Over after two such months, the "
        "second on pace.",
        "resolved_heading": "Resolved",
        "again": "back again",
        "ended": "resolved {day}",
        "owner": "owner: {owner}",
        "more": "{count} more not listed, see Everything.",
        "more_named": "{count} more not listed, see Everything: {names}.",
        "named": "{names}.",
        "and": ", ",
        "and_others": " and others",
        "of_unit": "{what} ({unit})",
        "private": "{count} {more}on indicators that are not public, not named here.",
        "besides": "more ",
        "together": "{what} ({count} units)",
        "more_units": "{count} more units.",
        "more_units_named": "{count} more units: {names}.",
        "colon": ": ",
        "semicolon": "; ",
        "found": "findings: {count} ({critical} to correct, {warning} to explain)",
        "critical": "correct",
        "warning": "explain",
        "more_found": "{count} more, see the returned workbook.",
        "attached": "Returned workbook attached: {name}",
        "returned": "The returned workbook and the receipt are in the folder returns/{unit}.",
        "step": "The night of {night} stopped at: {step}",
        "kept": "Analysts still see the last data that was published whole.",
        "link": "Everything: {url}",
        "page": "Everything: the page Alerts of the progress site (site/{page} in the home; where it cannot be opened, "
        "ask the office)",
        "footer": "Digest {digest_id} (the same number is the same digest)",
    },
}


@dataclass(frozen=True)
class File:
    """A file that goes with a digest where the channel can carry one."""

    name: str
    path: Path


@dataclass(frozen=True)
class Digest:
    """One message. Whoever has had this `digest_id` has had this message, and may drop the repeat."""

    digest_id: str
    subject: str
    text: str
    html: str
    events: tuple[tuple[str, str], ...]  # case_id and event, what a confirmed delivery settles
    as_of: datetime  # of the night that it tells
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Who reads a digest, and how much it may tell him."""

    name: str
    language: str  # zh or en
    content: str  # summary or full
    own_units: frozenset[str] = frozenset()  # whose clerk he is: their workbooks may come back to him
    can_carry_files: bool = False
    most_bytes: int | None = None  # of the text


@dataclass(frozen=True)
class Item:
    """One case in a digest."""

    headline: str
    details: tuple[str, ...]
    note: str
    url: str | None = None


@dataclass(frozen=True)
class Section:
    """Cases that something happened to: those of one kind that opened, those that were escalated or resolved."""

    heading: str
    action: str
    items: Sequence[Item]
    unlisted: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class Message:
    """What a digest says, before it is drawn."""

    subject: str
    sections: Sequence[Section]
    where: Sequence[str]  # all cases are to be seen
    keys: tuple[tuple[str, str], ...]
    files: tuple[File, ...] = ()


def compose(reader: Reader, events: Sequence[Event], as_of: datetime, returned: dict[str, File]) -> Digest:
    """The digest of these events. Content `summary` names few cases, no indicator that is not public, no file.

    Of many cases the gravest of each kind are told in full, the rest by number and name: a digest without end is not
    read. All of them count as told. What has eased since it opened is no news, and named at the end.
    `returned` has the returned workbook of each submission that has one.
    """
    phrase = PHRASES[reader.language]
    files = {
        event.refusal.submission_id: returned[event.refusal.submission_id]
        for event in events
        if event.refusal
        and reader.can_carry_files
        and event.refusal.org_unit_code in reader.own_units  # a workbook has names and notes: they are its sender's
        and event.refusal.submission_id in returned
    }
    counts = Counter(event.counts_as for event in events)
    subject = phrase["subject"].format(
        day=figures.day(as_of, as_of, reader.language),
        counts=phrase["comma"].join(phrase[name].format(count=counts[name]) for name in EVENTS if counts[name]),
    )
    keys = tuple(sorted(event.key for event in events))
    most = FULL_ITEMS if reader.content == "full" else SUMMARY_ITEMS
    room = min(reader.most_bytes or FULL_BYTES, FULL_BYTES)
    for limit in [most, *(fewer for fewer in FEWER_ITEMS if fewer < most)]:
        sections = [
            _section(heading, action, told, (reader, as_of, files), limit)
            for heading, action, told in _grouped(events, phrase, reader)
        ]
        message = Message(subject, sections, _where(reader), keys, tuple(files.values()))
        digest = _digest(reader, message, as_of, as_of.isoformat())
        if bytes_count(digest.text) <= room:
            break
    return digest


def compose_failure(reader: Reader, failed: tuple[str, str, str], as_of: datetime) -> Digest:
    """The digest of a failed run (run id, step, message); the message may quote data, so only full content has it."""
    run_id, step, message = failed
    phrase = PHRASES[reader.language]
    details = tuple(message.splitlines()) if reader.content == "full" else ()
    at = title(step, reader.language)
    item = Item(phrase["step"].format(night=f"{as_of:%Y-%m-%d %H:%M}", step=at), details, phrase["kept"])
    section = Section(_label("run_failed", reader.language), _action("run_failed", reader.language), [item])
    subject = phrase["failed"].format(day=figures.day(as_of, as_of, reader.language), step=at)
    whole = Message(subject, [section], [], (failure_key(run_id, step),))
    return _digest(reader, whole, as_of, "")


def failure_key(run_id: str, step: str) -> tuple[str, str]:
    """The case and event of a failed step: once a night, however many attempts fail at it."""
    return (f"run_failed {run_id} {step}", "opened")


def _grouped(events: Sequence[Event], phrase: dict[str, str], reader: Reader) -> list[tuple[str, str, list[Event]]]:
    """Heading, what to do, and the events: what opened by kind, then what eased, was resolved, was escalated."""
    named = {name: [event for event in events if event.counts_as == name] for name in EVENTS}
    kinds = sorted(_kinds(), key=lambda kind: kind not in REFUSED) if reader.own_units else list(_kinds())
    by_kind: dict[str, list[Event]] = {kind: [] for kind in kinds}
    for event in events:
        if event.counts_as in ("opened", "reopened"):
            is_over = event.case.kind == "missed" and event.case.is_over_ceiling
            by_kind.setdefault(OVER_CEILING if is_over else event.case.kind, []).append(event)
    groups = [(_label(kind, reader.language), _action(kind, reader.language), told) for kind, told in by_kind.items()]
    groups.append((phrase["assigned_heading"], phrase["assigned_action"], named["assigned"]))
    groups.append((phrase["eased_heading"], phrase["eased_action"], named["eased"]))
    groups.append((phrase["resolved_heading"], "", named["resolved"]))
    groups.append((phrase["escalated_heading"], phrase["escalated_action"], named["escalated"]))
    return [group for group in groups if group[2]]


def _section(
    heading: str, action: str, events: list[Event], told_as: tuple[Reader, datetime, dict[str, File]], limit: int
) -> Section:
    reader, _, _ = told_as
    phrase = PHRASES[reader.language]
    nameable = [event for event in events if event.case.is_public or reader.content == "full"]
    matters = _matters(nameable, reader.language)
    has_eased = bool(events) and events[0].counts_as == "eased"
    listed = [] if has_eased else matters[:limit]
    unlisted = []
    if left := matters[len(listed) :]:
        unlisted.append(_unlisted(left, reader, has_eased=has_eased))
    if len(events) > len(nameable):
        besides = phrase["besides"] if nameable else ""
        unlisted.append(phrase["private"].format(more=besides, count=len(events) - len(nameable)))
    return Section(
        phrase["heading"].format(label=heading, count=len(events)),
        action,
        [
            _item(matter[0], told_as) if len(matter) == 1 else _joint_item(matter, told_as, max(limit, FEWEST_UNITS))
            for matter in listed
        ],
        unlisted,
    )


def _unlisted(matters: Sequence[Sequence[Event]], reader: Reader, *, has_eased: bool) -> str:
    """How many more there are; in full their names, too, which are all that is told of what has eased."""
    phrase = PHRASES[reader.language]
    count = sum(len(matter) for matter in matters)
    if reader.content != "full" and not has_eased:
        return phrase["more"].format(count=count)
    most = NAMED[reader.content]
    names = phrase["and"].join(_name(matter, reader.language) for matter in matters[:most])
    names += phrase["and_others"] if len(matters) > most else ""
    return phrase["named" if has_eased else "more_named"].format(count=count, names=names)


def _name(matter: Sequence[Event], lang: str) -> str:
    """走访企业（梅山）, 走访企业（3 个单位）."""
    phrase, case = PHRASES[lang], matter[0].case
    what = _what(case, lang)
    if len(matter) > 1:
        return phrase["together"].format(what=what, count=len(matter))
    unit = _unit(case, lang)
    return phrase["of_unit"].format(what=what, unit=unit) if what and unit else what or unit or _label(case.kind, lang)


def _matters(events: Sequence[Event], lang: str) -> list[list[Event]]:
    """What several units have in common is told once: an indicator and month, or a form that is overdue."""
    matters: dict[tuple[object, ...], list[Event]] = {}
    for event in events:
        case = event.case
        what: tuple[object, ...] = (case.case_id,)
        if case.indicator_code is not None:
            what = (case.kind, case.indicator_code, case.owner, _month(case, lang))
        elif case.kind == "overdue":
            what = (case.kind, case.form_code, _month(case, lang))
        matters.setdefault((event.event, *what), []).append(event)
    return list(matters.values())


def _item(event: Event, told_as: tuple[Reader, datetime, dict[str, File]]) -> Item:
    reader, as_of, files = told_as
    case, lang = event.case, reader.language
    headline = " · ".join(part for part in (_unit(case, lang), _matter(case, lang)) if part)
    # what is said of a file may quote its name, a cell, an indicator that is not public
    is_told_whole = reader.content == "full" or case.indicator_code is not None
    details = [_summary(event, lang)] if is_told_whole else []
    if event.event not in ("assigned", "resolved"):
        details.append(figures.arithmetic(case, lang))
    if event.refusal and event.event != "resolved":
        details += _refusal_lines(event, reader, files)
    note = [_when(event, as_of, lang)]
    if is_told_whole:
        note.append(_owner(case, lang))
    return Item(
        headline or _label(case.kind, lang),
        tuple(line for line in details if line),
        " · ".join(part for part in note if part),
        _url(case.page, lang) if reader.content == "full" else None,
    )


def _joint_item(events: Sequence[Event], told_as: tuple[Reader, datetime, dict[str, File]], units_count: int) -> Item:
    """One matter of several units, a line for each of so many, the worst first."""
    reader, as_of, _ = told_as
    lang, phrase, case = reader.language, PHRASES[reader.language], events[0].case
    listed = events[:units_count]
    details = []
    for event in listed:
        said = [_summary(event, lang)] if event.case.indicator_code else []
        if event.event not in ("assigned", "resolved"):
            said.append(figures.arithmetic(event.case, lang))
        said.append(_when(event, as_of, lang))
        said_of = phrase["semicolon"].join(part for part in said if part)
        details.append(f"{_unit(event.case, lang)}{phrase['colon']}{said_of}")
    if left := events[len(listed) :]:
        names = phrase["and"].join(_unit(event.case, lang) for event in left)
        more = "more_units_named" if reader.content == "full" else "more_units"
        details.append(phrase[more].format(count=len(left), names=names))
    page = f"indicator/{case.indicator_code}.html" if case.indicator_code else case.page
    return Item(
        phrase["together"].format(what=_matter(case, lang), count=len(events)),
        tuple(details),
        _owner(case, lang) if case.indicator_code else "",
        _url(page, lang) if reader.content == "full" else None,
    )


def _matter(case: Case, lang: str) -> str:
    """The indicator or form, and the month that the figures are of."""
    return " · ".join(part for part in (_what(case, lang), _month(case, lang)) if part)


def _what(case: Case, lang: str) -> str:
    """The indicator or form."""
    indicator = case.indicator_name_en if lang == "en" else case.indicator_name_zh
    form = case.form_name_en if lang == "en" else case.form_name
    return _one_line(indicator or form or "")


def _unit(case: Case, lang: str) -> str:
    return _one_line((case.unit_name_en if lang == "en" else case.unit_name) or "")


def _month(case: Case, lang: str) -> str | None:
    """A fall in rank is of the month in which it fell; of other targets the figures are their newest month's."""
    of_target = None if case.kind == "rank_fell" else case.as_of_month
    month = of_target or case.report_month
    return figures.month(month, lang) if month else None


def _when(event: Event, as_of: datetime, lang: str) -> str:
    phrase, case = PHRASES[lang], event.case
    if event.event == "resolved" and case.resolved_at:
        return phrase["ended"].format(day=figures.day(case.resolved_at, as_of, lang))
    since = figures.since(case, as_of, lang)
    return f"{phrase['again']} · {since}" if event.event == "reopened" else since


def _owner(case: Case, lang: str) -> str:
    owner = case.owner_en if lang == "en" else case.owner
    return PHRASES[lang]["owner"].format(owner=_one_line(owner)) if owner else ""


def _summary(event: Event, lang: str) -> str:
    """What the case says of itself, without the names that stand above it; of a refused file its name alone."""
    if event.refusal and event.refusal.findings and event.event != "resolved":
        return _one_line(event.refusal.file_name)
    case = event.case
    if lang == "en":
        return _one_line(case.summary_en or "").removeprefix(f"{case.indicator_name_en} ").removeprefix("is ")
    return _one_line(case.summary_zh or "").removeprefix(f"{case.unit_name}「{case.indicator_name_zh}」")


def _refusal_lines(event: Event, reader: Reader, files: dict[str, File]) -> list[str]:
    """How many findings the refused file has; in full the first of them, and where the workbook is."""
    refusal, phrase = event.refusal, PHRASES[reader.language]
    if refusal is None:
        return []
    counts = Counter(finding.severity for finding in refusal.findings)
    lines = []
    if refusal.findings:
        lines.append(
            phrase["found"].format(count=len(refusal.findings), critical=counts["critical"], warning=counts["warning"])
        )
    if reader.content != "full":
        return lines
    lines += [_finding_line(finding, reader.language) for finding in refusal.findings[:LISTED_FINDINGS]]
    if len(refusal.findings) > LISTED_FINDINGS:
        lines.append(phrase["more_found"].format(count=len(refusal.findings) - LISTED_FINDINGS))
    if refusal.submission_id in files:
        lines.append(phrase["attached"].format(name=files[refusal.submission_id].name))
    elif refusal.org_unit_code:
        lines.append(phrase["returned"].format(unit=refusal.org_unit_code))
    return lines


def _finding_line(finding: Finding, lang: str) -> str:
    message = finding.message_en if lang == "en" else finding.message_zh
    return f"– {PHRASES[lang][finding.severity]}{': ' if lang == 'en' else '：'}{_one_line(message)}"


def _where(reader: Reader) -> list[str]:
    """Where all cases are to be seen."""
    phrase, url = PHRASES[reader.language], _url(LIST_PAGE, reader.language)
    return [phrase["link"].format(url=url) if url else phrase["page"].format(page=_page(LIST_PAGE, reader.language))]


def _page(page: str, lang: str) -> str:
    return f"{ENGLISH}{page}" if lang == "en" and not page.startswith(ENGLISH) else page


def _url(page: str | None, lang: str) -> str | None:
    """The page under JINDU_SITE_URL; None where that is not set."""
    site = os.environ.get("JINDU_SITE_URL", "").strip().rstrip("/")
    return f"{site}/{quote(_page(page, lang), safe='/#')}" if site and page else None


def _digest(reader: Reader, message: Message, as_of: datetime, told_at: str) -> Digest:
    """The message as text and HTML; `told_at` tells apart digests that say the same again at another time."""
    told = [reader.name, told_at, *(f"{event} {case_id}" for case_id, event in message.keys)]
    digest_id = hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
    closing = [*message.where, PHRASES[reader.language]["footer"].format(digest_id=digest_id)]
    page = _template().render(
        lang="zh-CN" if reader.language == "zh" else "en",
        subject=message.subject,
        sections=message.sections,
        closing=closing,
        list_url=_url(LIST_PAGE, reader.language),
    )
    text = _as_text(message.subject, message.sections, closing)
    return Digest(digest_id, message.subject, text, page, message.keys, as_of, message.files)


def _as_text(subject: str, sections: Sequence[Section], closing: Sequence[str]) -> str:
    lines = [subject]
    for section in sections:
        lines += ["", section.heading, *([section.action] if section.action else [])]
        for number, item in enumerate(section.items, start=1):
            lines.append(f"{number}. {item.headline}")
            lines += [f"   {line}" for line in (*item.details, item.note, item.url or "") if line]
        lines += section.unlisted
    return "\n".join([*lines, "", *closing, ""])


@cache
def _template() -> Any:
    import jinja2  # noqa: PLC0415 -- most deliveries have nothing to say

    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template(
        "digest.html.j2"
    )


@cache
def _kinds() -> dict[str, dict[str, str]]:
    with (TEMPLATES / "kind.csv").open(encoding="utf-8", newline="") as lines:
        return {row["kind"]: row for row in csv.DictReader(lines)}


def _label(kind: str, language: str) -> str:
    return _kinds()[kind][f"label_{language}"] if kind in _kinds() else kind


def _action(kind: str, language: str) -> str:
    return _kinds()[kind][f"action_{language}"] if kind in _kinds() else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
