"""Tell those who run the office what is wrong with its nights: out of the home's files and recipient.csv alone.

Neither the private database nor the night is asked, for either may be what is broken.
"""

import csv
import hashlib
import html
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jindu.alerts.channel import ChannelError, find_channel, send
from jindu.alerts.digest import Digest
from jindu.alerts.outbox import write_digest
from jindu.alerts.recipient import OUTBOX_ONLY, Recipient, read_recipients
from jindu.fault import Fault
from jindu.memory import recall, remember
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError

TITLES = {
    "failed": ("夜间运行失败", "the night failed"),
    "hangs": ("夜间运行停住不动", "the night hangs"),
    "unreadable": ("已发布的数据打不开", "what is published cannot be opened"),
    "never_run": ("还没有成功运行过", "no night has succeeded"),
    "stale": ("已发布的数据过旧", "published data are stale"),
    "unknown": ("夜间运行出了问题", "trouble with the night"),
}
PHRASES = {
    "zh": ("【进度】{day}：{title}", "分析人员看到的仍是最近一次成功发布的数据。", "工作目录：{home}", "提醒编号 {id}"),
    "en": ("[Progress] {day}: {title}", "Analysts still see what was last published.", "Home: {home}", "Digest {id}"),
}


@dataclass
class Told:
    """Who knows of a fault: told now by a channel or by a file in outbox/, told earlier today; who does not yet."""

    fault: Fault
    sent: list[str] = field(default_factory=list)
    filed: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    quiet: list[str] = field(default_factory=list)  # their quiet hours are not over
    unreached: list[tuple[str, ChannelError]] = field(default_factory=list)


def tell_office(home: Home, reference: Path | None, faults: Sequence[Fault], now: datetime) -> list[Told]:
    """Tell everyone who runs the office of each fault, once a day; who has no channel has a file in outbox/.

    Who has quiet hours, or is not reached by a channel, is told by a later call.
    """
    return [_tell(home, _office(reference), fault, now) for fault in faults]


def note_told(home: Home, key: str, names: Sequence[str], now: datetime) -> None:
    """Remember that these know of the fault today; a disk that does not take it lets them be told again."""
    day = _day(now)
    kept = {one: told for one, told in (recall(_memory(home)) or {}).items() if told["day"] == day}
    before = kept.get(key, {}).get("names", [])
    with suppress(OSError):
        remember(_memory(home), {**kept, key: {"day": day, "names": sorted({*before, *names})}})


def _tell(home: Home, recipients: list[Recipient], fault: Fault, now: datetime) -> Told:
    told = Told(fault)
    known = _known(home, fault.key, now)
    for recipient in recipients:
        if recipient.name in known:
            told.earlier.append(recipient.name)
            continue
        if recipient.is_quiet(now):
            told.quiet.append(recipient.name)
            continue
        try:
            is_sent = _send(home, recipient, fault, now)
        except ChannelError as error:
            told.unreached.append((recipient.name, error))
        else:
            (told.sent if is_sent else told.filed).append(recipient.name)
            note_told(home, fault.key, [recipient.name], now)
    return told


def _send(home: Home, recipient: Recipient, fault: Fault, now: datetime) -> bool:
    """Whether it was sent, and not written to outbox/ for want of a channel; raises ChannelError when neither went."""
    channel = find_channel(recipient)
    digest = _compose(home, recipient, recipient.content or channel.default_content, fault, now)
    if channel.url is not None:
        send(channel.url, digest)
        return True
    try:
        write_digest(home, recipient.name, digest)
    except OSError as error:
        raise ChannelError(
            f"outbox/ 写不进去：{error.strerror}", f"outbox/ cannot be written: {error.strerror}"
        ) from error
    return False


def _compose(home: Home, recipient: Recipient, content: str, fault: Fault, now: datetime) -> Digest:
    """What is wrong, what to do, where; what the night said of it may quote data and stands in full content alone."""
    is_zh = recipient.language == "zh"
    subject, kept, where, footer = PHRASES[recipient.language]
    title = TITLES.get(fault.code, TITLES["unknown"])[0 if is_zh else 1]
    digest_id = hashlib.sha256("\n".join([recipient.name, fault.key, _day(now)]).encode()).hexdigest()[:16]
    said = (fault.detail_zh if is_zh else fault.detail_en) if content == "full" else ""
    lines = [fault.zh if is_zh else fault.en, *said.splitlines(), fault.remedy_zh if is_zh else fault.remedy_en]
    closing = [kept, where.format(home=home.root), footer.format(id=digest_id)]
    headline = subject.format(day=_day(now), title=title)
    return Digest(
        digest_id,
        headline,
        "\n".join([headline, "", *lines, "", *closing, ""]),
        _as_html(recipient.language, headline, lines, closing),
        ((fault.key, "opened"),),
        now,
    )


def _as_html(language: str, headline: str, lines: list[str], closing: list[str]) -> str:
    first, *rest = map(html.escape, lines)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(headline)}</title></head>",
            '<body style="font:16px/1.6 sans-serif;max-width:40em;margin:0 auto;padding:0 12px;color:#222">',
            f'<h2 style="font-size:18px;margin:1.2em 0 .2em">{first}</h2>',
            *(f'<p style="margin:.4em 0">{line}</p>' for line in rest),
            f'<p style="color:#595959;font-size:14px">{"<br>".join(html.escape(line) for line in closing)}</p>',
            "</body></html>",
            "",
        ]
    )


def _office(reference: Path | None) -> list[Recipient]:
    """Who is told; nobody's file in outbox/ where recipient.csv names none, or cannot be read."""
    found: list[Recipient] = []
    if reference is not None:
        with suppress(JinduError, OSError, csv.Error):
            found = [one for one in read_recipients(reference) if one.runs_the_office]
    return found or [OUTBOX_ONLY]


def _known(home: Home, key: str, now: datetime) -> list[str]:
    told: dict[str, Any] = (recall(_memory(home)) or {}).get(key, {})
    return list(told["names"]) if told.get("day") == _day(now) else []


def _day(now: datetime) -> str:
    return now.astimezone(OFFICE_TIMEZONE).date().isoformat()


def _memory(home: Home) -> Path:
    return home.root / "faults_told.json"
