"""Hand a digest to a channel, and believe only the channel's own yes."""

import logging
import os
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jindu.alerts import mail, robots
from jindu.alerts.digest import Digest
from jindu.alerts.recipient import Recipient
from jindu.settings import JinduError

MAIL_SCHEMES = ("mailto", "mailtos")
WEBHOOK_SCHEMES = ("json", "jsons", "form", "forms", "xml", "xmls")
PAUSES = (0.0, 1.0, 3.0)  # seconds before each attempt; what still fails waits for the next delivery
ANSWER_SECONDS = 20.0  # Apprise's four are few for a busy receiver, who then gets everything twice


class ChannelError(JinduError):
    """A digest that no channel has confirmed; the message names no URL, which may hold a secret."""


@dataclass(frozen=True)
class Channel:
    """An Apprise URL, or None: the file in outbox/ is the channel."""

    url: str | None
    kind: str  # the URL's scheme; file
    default_content: str  # domain.md, Alerts: mail is full, a robot or webhook may be a chat's
    can_carry_files: bool = False


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
    return Channel(url, scheme, "full" if is_mail else "summary", can_carry_files=is_mail)


def send(
    url: str, digest: Digest, accepted: Collection[str] = (), on_accepted: Callable[[str], None] = lambda _: None
) -> None:
    """Send, a few times at most; returns only when the channel has said yes.

    `accepted` are the keys of mail addresses that have it from an earlier try, `on_accepted` is told of new ones.
    Raises ChannelError, with the channel's own last words, when it has not said yes.
    """
    try:
        import apprise  # noqa: PLC0415 -- slow to import, and most nights of most homes send nothing
    except ImportError as error:
        raise ChannelError("没有安装 apprise，请运行 make setup", "apprise is not installed; run make setup") from error
    robots.register()
    service = _service(apprise, url, digest)
    if service.schemas() & set(MAIL_SCHEMES):
        words = _send_mail(service, digest, set(accepted), on_accepted)
    else:
        words = _send_text(apprise, service, digest)
    if words is not None:
        raise ChannelError(
            f"通道没有确认收到（{words or '没有回应'}）", f"the channel did not confirm ({words or 'no answer'})"
        )


def _send_mail(service: Any, digest: Digest, accepted: set[str], on_accepted: Callable[[str], None]) -> str | None:
    """None when every address has it, else the last words."""
    words = ""

    def note(key: str) -> None:
        accepted.add(key)
        on_accepted(key)

    for pause in PAUSES:
        time.sleep(pause)
        try:
            mail.send_mail(service, digest, accepted, note)
        except mail.UnsentMailError as error:
            words = str(error)
        else:
            return None
    return words


def _send_text(apprise: Any, service: Any, digest: Digest) -> str | None:
    """None when the receiver has it, else the last words."""
    is_robot = bool(service.schemas() & set(robots.ROBOTS))
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
        for pause in (0.0,) if is_robot else PAUSES:  # a robot tries again message by message
            time.sleep(pause)
            sender = apprise.Apprise(asset=service.asset)
            sender.add(service)
            if sender.notify(title=digest.subject, body=digest.text, body_format="text"):
                return None
        return _last_words(log.getvalue(), is_robot=is_robot)


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
    if hasattr(service, "headers"):
        service.headers["X-Jindu-Digest"] = digest.digest_id
    if hasattr(service, "payload_extras"):
        service.payload_extras["digest_id"] = digest.digest_id
    if not service.schemas() & {*MAIL_SCHEMES, *WEBHOOK_SCHEMES, *robots.ROBOTS} and "overflow=" not in url:
        service.overflow_mode = "split"  # a service that refuses a long message would refuse it every morning
    return service


def _last_words(log: str, *, is_robot: bool) -> str:
    """What Apprise logged last, of a robot what our own sender said, without addresses."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if is_robot and lines:
        lines = lines[:1]  # Apprise adds that it failed
    return re.sub(r"\w+://\S+|[^\s\"'<>]+@[^\s\"'<>]+", "…", lines[-1]) if lines else ""
