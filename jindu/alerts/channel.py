"""Hand a digest to a channel, and believe only the channel's own yes."""

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jindu.alerts import mail, robots
from jindu.alerts.digest import Digest
from jindu.alerts.hurry import HungError, within
from jindu.alerts.parts import split
from jindu.alerts.recipient import Recipient
from jindu.alerts.secret import secrets_of, without
from jindu.settings import JinduError

MAIL_SCHEMES = ("mailto", "mailtos")
WEBHOOK_SCHEMES = ("json", "jsons", "form", "forms", "xml", "xmls")
PAUSES = (0.0, 1.0, 3.0)  # seconds before each attempt; what still fails waits for the next delivery
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0  # Apprise's four are few for a busy receiver, who then gets everything twice
SECONDS = 60.0  # for a mail or a message with all its tries; a receiver that drips has no longer
BYTES_PER_SECOND = 50_000  # what files of a mail are given besides
CHAT_BYTES = 10_000  # of one digest in a chat: some thirty cases; fewer messages than a robot takes in a minute
TITLE_ROOM = 100  # characters that Apprise may put before a text
LEAST_ROOM = 1000  # characters: what takes fewer, as a short message does, is cut by Apprise
TOO_FAST = re.compile(r"error=429\b|\b429\b")


class ChannelError(JinduError):
    """A digest that no channel has confirmed; the message names no URL, which may hold a secret."""


class HungChannelError(ChannelError):
    """There was no answer in time."""


@dataclass(frozen=True)
class Channel:
    """An Apprise URL, or None: the file in outbox/ is the channel."""

    url: str | None
    kind: str  # the URL's scheme; file
    default_content: str  # domain.md, Alerts: mail is full, a robot or webhook may be a chat's
    can_carry_files: bool = False
    most_bytes: int | None = None  # of a digest's text

    @property
    def host(self) -> str | None:
        """Whom a hung delivery would wait for again."""
        return None if self.url is None else _host(self.url)


FILE = Channel(None, "file", "full")


def find_channel(recipient: Recipient) -> Channel:
    """The channel that the recipient's environment variable holds; the outbox when it is blank or unset.

    Raises ChannelError when the column does not name a variable, or its URL is not one that jindu can trust.
    """
    if recipient.channel is None:
        return FILE
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", recipient.channel):
        raise ChannelError(
            "recipient.csv 的 channel 列应填环境变量名（如 JINDU_MAIL_LEADER），通道地址放在该变量里",
            "column channel of recipient.csv takes the name of an environment variable (such as JINDU_MAIL_LEADER) "
            "that holds the URL",
        )
    url = os.environ.get(recipient.channel, "").strip()
    if not url:
        return FILE
    url = robots.from_native(url) or url
    scheme = _trusted_scheme(url, recipient.channel)
    is_mail = scheme in MAIL_SCHEMES
    most_bytes = None if is_mail or scheme in WEBHOOK_SCHEMES else CHAT_BYTES
    return Channel(url, scheme, "full" if is_mail else "summary", can_carry_files=is_mail, most_bytes=most_bytes)


def send(
    url: str, digest: Digest, accepted: Collection[str] = (), on_accepted: Callable[[str], None] = lambda _: None
) -> None:
    """Send, a few times at most; returns only when the channel has said yes.

    `accepted` are the keys of mail addresses, or of messages of a digest in several, that got through in an earlier
    try and are not sent again; `on_accepted` is told of new ones.
    Raises ChannelError, with the channel's own last words, when it has not said yes; HungChannelError when it did not
    say anything in time.
    """
    try:
        import apprise  # noqa: PLC0415 -- slow to import, and most nights of most homes send nothing
    except ImportError as error:
        raise ChannelError("没有安装 apprise，请运行 make setup", "apprise is not installed; run make setup") from error
    robots.register()
    service = _service(apprise, url, digest)
    try:
        if service.schemas() & set(MAIL_SCHEMES):
            words = _send_mail(service, digest, set(accepted), on_accepted)
        else:
            messages = _messages(service, digest, is_split="overflow=" not in url)
            words = _send_text(apprise, service, messages, set(accepted), on_accepted)
    except HungError as error:
        raise HungChannelError(
            "通道没有确认收到（没有在限时内回应）", "the channel did not confirm (no answer in time)"
        ) from error
    if words is not None:
        words = without(secrets_of(url), words)
        raise ChannelError(
            f"通道没有确认收到（{words or '没有回应'}）", f"the channel did not confirm ({words or 'no answer'})"
        )


def _send_mail(service: Any, digest: Digest, accepted: set[str], on_accepted: Callable[[str], None]) -> str | None:
    """None when every address has it, else the last words. Raises HungError."""
    is_over = Event()

    def note(key: str) -> None:
        if not is_over.is_set():  # what is learned after the deadline is not
            accepted.add(key)
            on_accepted(key)

    def tries() -> str | None:
        words = ""
        for pause in PAUSES:
            if is_over.wait(pause):
                break
            try:
                mail.send_mail(service, digest, accepted, note)
            except mail.UnsentMailError as error:
                words = str(error)
                if error.is_hung:
                    raise HungError from error
            else:
                return None
        return words

    try:
        return within(SECONDS + _size(digest) / BYTES_PER_SECOND, tries)
    finally:
        is_over.set()


def _size(digest: Digest) -> int:
    """Bytes of its files."""
    size = 0
    for file in digest.files:
        with suppress(OSError):
            size += file.path.stat().st_size
    return size


def _send_text(
    apprise: Any,
    service: Any,
    messages: list[tuple[str, str]],
    accepted: set[str],
    on_accepted: Callable[[str], None],
) -> str | None:
    """None when the receiver has every message, else the last words. Raises HungError."""
    log = logging.getLogger("apprise")
    is_robot = bool(service.schemas() & set(robots.ROBOTS))
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    was_told, log.propagate = log.propagate, False  # into no other log: its words may quote a secret
    try:
        for title, body in messages:
            key = hashlib.sha256(body.encode()).hexdigest()[:16]
            if key in accepted:
                continue
            words = _try_for_a_while(apprise, sender, title, body, is_robot=is_robot)
            if words is not None:
                return words
            if len(messages) > 1:
                on_accepted(key)
        return None
    finally:
        log.propagate = was_told


def _try_for_a_while(apprise: Any, sender: Any, title: str, body: str, *, is_robot: bool) -> str | None:
    """Send one message, a few times at most; None after a yes, else the last words. Raises HungError."""
    if is_robot:  # it tries again and keeps its deadline by itself
        return _try_text(apprise, sender, title, body, is_robot=True)
    deadline, words = time.monotonic() + SECONDS, None
    for pause in PAUSES:
        time.sleep(pause)
        words = within(
            max(0.0, deadline - time.monotonic()),
            lambda: _try_text(apprise, sender, title, body, is_robot=False),
        )
        if words is None or TOO_FAST.search(words):
            break
    return words


def _try_text(apprise: Any, sender: Any, title: str, body: str, *, is_robot: bool) -> str | None:
    """Send once; None after a yes. Raises HungError when that took as long as it may."""
    begun = time.monotonic()
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as captured:
        if sender.notify(title=title, body=body, body_format="text"):
            return None
        words = _last_words(captured.getvalue(), is_robot=is_robot)
    if words.startswith(robots.HUNG) or (not is_robot and time.monotonic() - begun >= CONNECT_SECONDS):
        raise HungError
    return words


def _messages(service: Any, digest: Digest, *, is_split: bool) -> list[tuple[str, str]]:
    """Title and text of each message: the subject stands once, cases are whole. A robot's has no title of its own."""
    if robot := next((robots.ROBOTS[schema] for schema in service.schemas() if schema in robots.ROBOTS), None):
        return [("", part) for part in split(digest.text, robot.bytes_count, most=robots.MOST_MESSAGES)]
    room = service.body_maxlen - TITLE_ROOM
    is_limited = is_split and room >= LEAST_ROOM and not service.schemas() & set(WEBHOOK_SCHEMES)
    found = []
    for part in split(digest.text, room, size=len) if is_limited else [digest.text]:
        first, _, rest = part.partition("\n")
        has_subject = first.startswith(digest.subject) and bool(rest.strip())
        found.append((first, rest.lstrip("\n")) if has_subject else (digest.subject, part))
    return found


def _host(url: str) -> str:
    """Where it goes: a robot's base, else its host and port."""
    try:
        parts = urlsplit(url)
        base = dict(parse_qsl(parts.query)).get("base", "")
        if parts.scheme in robots.ROBOTS:
            return urlsplit(base or robots.ROBOTS[parts.scheme].base).netloc.lower()
        return parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return url


def _trusted_scheme(url: str, variable: str) -> str:
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    except ValueError:
        scheme, host = "", ""
    is_robots_own = any(host == robot or host.endswith(f".{robot}") for robot in robots.HOSTS)
    if is_robots_own and scheme not in robots.ROBOTS:
        raise ChannelError(
            f"环境变量 {variable} 指向企业微信、钉钉或飞书，但不是群机器人的地址：请原样填机器人的 Webhook 地址，"
            "或写成 wecombot://、dingtalk://、feishu://",
            f"environment variable {variable} points to WeCom, DingTalk or Feishu, but is no address of a group robot: "
            "give the robot's webhook as it is shown, or wecombot://, dingtalk://, feishu://",
        )
    if not re.fullmatch(r"[a-z][a-z0-9]*", scheme) or scheme in ("http", "https") or re.search(r"[\s,;]+\w+://", url):
        raise ChannelError(
            f"环境变量 {variable} 应为一个 Apprise 地址，如 mailtos://、wecombot://、dingtalk://、feishu://、jsons://"
            "（各通道写法见 docs/channels.zh-CN.md）",
            f"environment variable {variable} takes one Apprise URL, such as mailtos://, wecombot://, dingtalk://, "
            "feishu:// or jsons:// (each channel's is in docs/channels.md)",
        )
    return scheme


def _service(apprise: Any, url: str, digest: Digest) -> Any:
    """The Apprise sender of this URL, carrying the digest's id for the receiver."""
    asset = apprise.AppriseAsset(
        app_id="jindu",
        app_desc="jindu",
        app_url="",
        async_mode=False,
        http_redirects=False,  # a POST that a redirect turned into a GET would be no yes
    )
    log = logging.getLogger("apprise")
    log.disabled = True  # what it says of a malformed URL quotes the URL, password and all
    try:
        service = apprise.Apprise.instantiate(url, asset=asset)
    finally:
        log.disabled = False
    if service is None:
        raise ChannelError(
            "通道地址写得不对，Apprise 无法识别", "the channel's URL is malformed: Apprise cannot read it"
        )
    if "rto=" not in url:
        service.socket_read_timeout = ANSWER_SECONDS
    if "cto=" not in url:
        service.socket_connect_timeout = CONNECT_SECONDS
    if hasattr(service, "headers"):
        service.headers["X-Jindu-Digest"] = digest.digest_id
    if hasattr(service, "payload_extras"):
        service.payload_extras["digest_id"] = digest.digest_id
    if not service.schemas() & {*MAIL_SCHEMES, *WEBHOOK_SCHEMES, *robots.ROBOTS} and "overflow=" not in url:
        service.overflow_mode = "split"  # a service that refuses a long message would refuse it every morning
    return service


def _last_words(log: str, *, is_robot: bool) -> str:
    """What Apprise logged last, of a robot what our own sender said."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if is_robot and lines:
        lines = lines[:1]  # Apprise adds that it failed
    return re.sub(r" to (?:channel )?None\b", "", lines[-1]) if lines else ""
