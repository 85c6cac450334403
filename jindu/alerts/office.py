"""Tell those who run the office what is wrong with its nights: out of the home's files and recipient.csv alone.

Neither the private database nor the night is asked, for either may be what is broken.
"""

import csv
import hashlib
import html
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from jindu.alerts.channel import ChannelError, find_channel, send
from jindu.alerts.digest import Digest
from jindu.alerts.outbox import write_digest
from jindu.alerts.recipient import OUTBOX_ONLY, Recipient, read_recipients
from jindu.fault import Fault, shows_figures
from jindu.memory import own_temporary_folder, recall, remember
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError

TITLES = {
    "failed": ("夜间运行失败", "the night failed"),
    "hangs": ("夜间运行停住不动", "the night hangs"),
    "cannot_look": ("无法查看夜间运行的情况", "it cannot be seen how the nights are"),
    "unwritable": ("工作目录写不进去", "the home cannot be written"),
    "odd_record": ("夜间运行的记录读不懂", "the record of the last night makes no sense"),
    "delivery": ("发送提醒没有做完", "a delivery was not finished"),
    "missing": ("已发布的数据不见了", "what was published is gone"),
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
    is_published = shows_figures(home)
    return [_tell(home, _office(reference), fault, now, is_published) for fault in faults]


def note_told(home: Home, key: str, names: Sequence[str], now: datetime) -> None:
    """Remember that these know of the fault today; a disk that does not take it lets them be told again."""
    day = _day(now)
    for place in _memories(home):
        kept = {one: {"day": day, "names": sorted(told)} for one, told in _recalled(place, day).items()}
        kept[key] = {"day": day, "names": sorted({*names, *kept.get(key, {"names": []})["names"]})}
        with suppress(OSError):
            remember(place, kept)
            return


def _tell(home: Home, recipients: list[Recipient], fault: Fault, now: datetime, is_published: bool) -> Told:
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
            is_sent = _send(home, recipient, fault, now, is_published)
        except ChannelError as error:
            told.unreached.append((recipient.name, error))
        else:
            (told.sent if is_sent else told.filed).append(recipient.name)
            note_told(home, fault.key, [recipient.name], now)
    return told


def _send(home: Home, recipient: Recipient, fault: Fault, now: datetime, is_published: bool) -> bool:
    """Whether it was sent, and not written to outbox/ for want of a channel; raises ChannelError when neither went."""
    channel = find_channel(recipient)
    reader = replace(recipient, content=recipient.content or channel.default_content)
    digest = _compose(home, reader, fault, now, is_published=is_published)
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


def _compose(home: Home, reader: Recipient, fault: Fault, now: datetime, *, is_published: bool) -> Digest:
    """What is wrong, what to do, where; what the night said of it may quote data and stands in full content alone."""
    is_zh = reader.language == "zh"
    subject, kept, where, footer = PHRASES[reader.language]
    title = TITLES.get(fault.code, TITLES["unknown"])[0 if is_zh else 1]
    named = [str(home.root.resolve()), reader.name, fault.key, _day(now)]
    digest_id = hashlib.sha256("\n".join(named).encode()).hexdigest()[:16]
    said = (fault.detail_zh if is_zh else fault.detail_en) if reader.content == "full" else ""
    lines = [fault.zh if is_zh else fault.en, *said.splitlines(), fault.remedy_zh if is_zh else fault.remedy_en]
    closing = [*([kept] if is_published else []), where.format(home=home.root), footer.format(id=digest_id)]
    headline = subject.format(day=_day(now), title=title)
    return Digest(
        digest_id,
        headline,
        "\n".join([headline, "", *lines, "", *closing, ""]),
        _as_html(reader.language, headline, lines, closing),
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


def _known(home: Home, key: str, now: datetime) -> set[str]:
    return {name for place in _memories(home) for name in _recalled(place, _day(now)).get(key, ())}


def _recalled(place: Path, day: str) -> dict[str, set[str]]:
    """Who was told of which fault that day; what makes no sense is as if it were not there."""
    found: dict[str, set[str]] = {}
    for key, told in (recall(place) or {}).items():
        if isinstance(told, dict) and told.get("day") == day and isinstance(told.get("names"), list):
            found[key] = {name for name in told["names"] if isinstance(name, str)}
    return found


def _day(now: datetime) -> str:
    return now.astimezone(OFFICE_TIMEZONE).date().isoformat()


def _memories(home: Home) -> list[Path]:
    """Where it is kept who was told: in the home, else where this user may still write."""
    own = own_temporary_folder()
    number = hashlib.sha256(str(home.root.resolve()).encode()).hexdigest()[:16]
    return [home.root / "faults_told.json", *([own / f"faults_told_{number}.json"] if own else [])]
