"""One message for one recipient: what is new, since when, whose it is and what to do; readable on a phone."""

import csv
import hashlib
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from jindu.alerts.pending import Event
from jindu.settings import OFFICE_TIMEZONE

KIND_FILE = Path(__file__).parent / "templates" / "kind.csv"
SUMMARY_ITEMS = 3  # of each kind: one phone screen
FULL_ITEMS = 500  # of each kind: a mail that a server still takes
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PHRASES = {
    "zh": {
        "subject": "【进度】{day}：新增 {opened} 项，解除 {resolved} 项",
        "failed": "【进度】{day}：夜间运行失败（{step}）",
        "heading": "{label}（{count} 项）",
        "resolved": "已解除",
        "since": "自{day}起",
        "ended": "{day}解除",
        "owner": "责任：{owner}",
        "more": "另有 {count} 项未列出。",
        "private": "另有 {count} 项涉及不公开的指标，不在此列名。",
        "step": "运行 {run_id} · 步骤 {step}",
        "kept": "分析人员看到的仍是最近一次成功发布的数据。",
        "where": "完整清单：published/jindu.duckdb 中的 mart.alert_case 表。",
        "footer": "提醒编号 {digest_id}（收到相同编号的是同一份）",
    },
    "en": {
        "subject": "[Progress] {day}: {opened} new, {resolved} resolved",
        "failed": "[Progress] {day}: the nightly run failed ({step})",
        "heading": "{label} ({count})",
        "resolved": "Resolved",
        "since": "since {day}",
        "ended": "resolved {day}",
        "owner": "owner: {owner}",
        "more": "{count} more not listed.",
        "private": "{count} more on indicators that are not public, not named here.",
        "step": "Run {run_id} · step {step}",
        "kept": "Analysts still see the last data that was published whole.",
        "where": "The whole list: table mart.alert_case in published/jindu.duckdb.",
        "footer": "Digest {digest_id} (the same number is the same digest)",
    },
}


@dataclass(frozen=True)
class Digest:
    """One message; the same recipient and events have the same `digest_id`, so that a repeat can be dropped."""

    digest_id: str
    subject: str
    text: str
    html: str
    events: tuple[tuple[str, str], ...]  # case_id and event, what a confirmed delivery settles


@dataclass(frozen=True)
class Item:
    """One case in a digest."""

    headline: str
    detail: str
    note: str


@dataclass(frozen=True)
class Section:
    """The cases of one kind."""

    heading: str
    action: str
    items: list[Item]
    unlisted: list[str]


def compose(recipient_name: str, language: str, content: str, events: Sequence[Event], as_of: datetime) -> Digest:
    """The digest of these events; `content` summary names few cases, no indicator that is not public, no file."""
    phrase = PHRASES[language]
    opened = [event for event in events if event.event == "opened"]
    resolved = [event for event in events if event.event == "resolved"]
    by_kind: dict[str, list[Event]] = {kind: [] for kind in _kinds()}
    for event in opened:
        by_kind.setdefault(event.kind, []).append(event)
    sections = [
        _section(_label(kind, language), _action(kind, language), of_kind, (language, content, as_of))
        for kind, of_kind in by_kind.items()
        if of_kind
    ]
    if resolved:
        sections.append(_section(phrase["resolved"], "", resolved, (language, content, as_of)))
    subject = phrase["subject"].format(day=_day(as_of, as_of, language), opened=len(opened), resolved=len(resolved))
    keys = tuple(sorted((event.case_id, event.event) for event in events))
    return _digest((recipient_name, language), subject, sections, keys, [phrase["where"]])


def compose_failure(
    recipient_name: str, language: str, content: str, failed: tuple[str, str, str], as_of: datetime
) -> Digest:
    """The digest of a failed run (run id, step, message); the message may quote data, so only full content has it."""
    run_id, step, message = failed
    phrase = PHRASES[language]
    item = Item(phrase["step"].format(run_id=run_id, step=step), message if content == "full" else "", phrase["kept"])
    section = Section(_label("run_failed", language), _action("run_failed", language), [item], [])
    subject = phrase["failed"].format(day=_day(as_of, as_of, language), step=step)
    return _digest((recipient_name, language), subject, [section], (failure_key(run_id, step),), [])


def failure_key(run_id: str, step: str) -> tuple[str, str]:
    """The case and event of a failed step: once a night, however many attempts fail at it."""
    return (f"run_failed {run_id} {step}", "opened")


def _digest(
    told_to: tuple[str, str],
    subject: str,
    sections: list[Section],
    keys: tuple[tuple[str, str], ...],
    where_to_look: list[str],
) -> Digest:
    recipient_name, language = told_to
    told = "\n".join([recipient_name, *(f"{event} {case_id}" for case_id, event in keys)])
    digest_id = hashlib.sha256(told.encode()).hexdigest()[:16]
    closing = [*where_to_look, PHRASES[language]["footer"].format(digest_id=digest_id)]
    return Digest(
        digest_id, subject, _as_text(subject, sections, closing), _as_html(subject, sections, closing, language), keys
    )


def _section(heading: str, action: str, events: list[Event], told_as: tuple[str, str, datetime]) -> Section:
    language, content, _ = told_as
    phrase = PHRASES[language]
    nameable = [event for event in events if event.is_public or content == "full"]
    listed = nameable[: FULL_ITEMS if content == "full" else SUMMARY_ITEMS]
    counts = (("more", len(nameable) - len(listed)), ("private", len(events) - len(nameable)))
    return Section(
        phrase["heading"].format(label=heading, count=len(events)),
        action,
        [_item(event, told_as) for event in listed],
        [phrase[name].format(count=count) for name, count in counts if count],
    )


def _item(event: Event, told_as: tuple[str, str, datetime]) -> Item:
    language, content, as_of = told_as
    phrase = PHRASES[language]
    month = _month(event.report_month, language) if event.report_month else None
    what = (event.unit_name, event.indicator_name or event.form_name, month)
    happened = phrase["since" if event.event == "opened" else "ended"]
    note = [happened.format(day=_day(event.happened_at, as_of, language))]
    # what is said of a file may quote its name, a cell, an indicator that is not public
    is_told_whole = content == "full" or event.indicator_name is not None
    if event.owner and is_told_whole:
        note.append(phrase["owner"].format(owner=_one_line(event.owner)))
    headline = " · ".join(_one_line(part) for part in what if part)
    detail = _one_line(event.summary) if is_told_whole else ""
    return Item(headline or _label(event.kind, language), detail, " · ".join(note))


def _as_text(subject: str, sections: list[Section], closing: list[str]) -> str:
    lines = [subject]
    for section in sections:
        lines += ["", section.heading, *([section.action] if section.action else [])]
        for number, item in enumerate(section.items, start=1):
            lines.append(f"{number}. {item.headline}")
            lines += [f"   {line}" for part in (item.detail, item.note) for line in part.splitlines()]
        lines += section.unlisted
    return "\n".join([*lines, "", *closing, ""])


def _as_html(subject: str, sections: list[Section], closing: list[str], language: str) -> str:
    escape: Callable[[str], str] = html.escape
    parts = [
        "<!doctype html>",
        f'<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(subject)}</title></head>",
        '<body style="font:16px/1.6 sans-serif;max-width:40em;margin:0 auto;padding:0 12px;color:#222">',
    ]
    for section in sections:
        parts.append(f'<h2 style="font-size:18px;margin:1.2em 0 .2em">{escape(section.heading)}</h2>')
        if section.action:
            parts.append(f'<p style="margin:0">{escape(section.action)}</p>')
        parts.append('<ol style="margin:.4em 0;padding-left:1.6em">')
        for item in section.items:
            detail = "<br>".join(escape(line) for line in item.detail.splitlines())
            parts.append(
                f'<li style="margin-bottom:.6em"><strong>{escape(item.headline)}</strong><br>'
                f"{detail}{'<br>' if detail else ''}"
                f'<span style="color:#595959">{escape(item.note)}</span></li>'
            )
        parts.append("</ol>")
        parts += [f'<p style="margin:0">{escape(line)}</p>' for line in section.unlisted]
    closing_lines = "<br>".join(escape(line) for line in closing)
    parts.append(f'<p style="color:#595959;font-size:14px">{closing_lines}</p></body></html>')
    return "\n".join(parts) + "\n"


@cache
def _kinds() -> dict[str, dict[str, str]]:
    with KIND_FILE.open(encoding="utf-8", newline="") as lines:
        return {row["kind"]: row for row in csv.DictReader(lines)}


def _label(kind: str, language: str) -> str:
    return _kinds()[kind][f"label_{language}"] if kind in _kinds() else kind


def _action(kind: str, language: str) -> str:
    return _kinds()[kind][f"action_{language}"] if kind in _kinds() else ""


def _day(moment: datetime, as_of: datetime, language: str) -> str:
    day = moment.astimezone(OFFICE_TIMEZONE)
    is_this_year = day.year == as_of.astimezone(OFFICE_TIMEZONE).year
    if language == "en":
        return f"{day.day} {MONTH_NAMES[day.month - 1]}" + ("" if is_this_year else f" {day.year}")
    return ("" if is_this_year else f"{day.year}年") + f"{day.month}月{day.day}日"


def _month(month: date, language: str) -> str:
    return f"{MONTH_NAMES[month.month - 1]} {month.year}" if language == "en" else f"{month.year}年{month.month}月"


def _one_line(text: str) -> str:
    return " ".join(text.split())
