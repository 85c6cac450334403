"""Hand a digest to a channel, and believe only the channel's own yes."""

import logging
import os
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jindu.alerts.digest import Digest
from jindu.alerts.recipient import Recipient
from jindu.settings import JinduError

MAIL_SCHEMES = ("mailto", "mailtos")
WEBHOOK_SCHEMES = ("json", "jsons", "form", "forms")
# These answer HTTP 200 with an error code in the body, which Apprise's own senders count as sent (domain.md, Alerts).
ROBOT_SCHEMES = ("wecombot", "dingtalk", "feishu", "lark")
ROBOT_HOSTS = ("qyapi.weixin.qq.com", "dingtalk.com", "feishu.cn", "larksuite.com")
PAUSES = (0.0, 1.0, 3.0)  # seconds before each attempt; what still fails waits for the next night


class ChannelError(JinduError):
    """A digest that no channel has confirmed; the message names no URL, which may hold a secret."""


@dataclass(frozen=True)
class Channel:
    """An Apprise URL, or None: the file in outbox/ is the channel."""

    url: str | None
    default_content: str  # domain.md, Alerts: mail is full, a webhook may be a chat's


def find_channel(recipient: Recipient) -> Channel:
    """The channel that the recipient's environment variable holds; the outbox when it is blank or unset.

    Raises ChannelError when the column does not name a variable, or its URL is not one that jindu can trust.
    """
    if recipient.channel is None:
        return Channel(None, "full")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", recipient.channel):
        raise ChannelError(
            "recipient.csv 的 channel 列应填环境变量名（如 JINDU_MAIL_LEADER），通道地址放在该变量里",
            "column channel of recipient.csv takes the name of an environment variable (such as JINDU_MAIL_LEADER) "
            "that holds the URL",
        )
    url = os.environ.get(recipient.channel, "").strip()
    if not url:
        return Channel(None, "full")
    scheme = _trusted_scheme(url, recipient.channel)
    return Channel(url, "full" if scheme in MAIL_SCHEMES else "summary")


def send(url: str, digest: Digest) -> None:
    """Send through Apprise, a few times at most.

    Raises ChannelError, with the channel's own last words, when it has not said yes.
    """
    try:
        import apprise  # noqa: PLC0415 -- slow to import, and most nights of most homes send nothing
    except ImportError as error:
        raise ChannelError("没有安装 apprise，请运行 make setup", "apprise is not installed; run make setup") from error
    service = _service(apprise, url, digest)
    is_mail = bool(service.schemas() & set(MAIL_SCHEMES))
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
        for pause in PAUSES:
            time.sleep(pause)
            sender = apprise.Apprise(asset=service.asset)
            sender.add(service)
            if sender.notify(
                title=digest.subject,
                body=digest.html if is_mail else digest.text,
                body_format="html" if is_mail else "text",
            ):
                return
        words = _last_words(log.getvalue())
    raise ChannelError(
        f"通道没有确认收到（{words or '没有回应'}）", f"the channel did not confirm ({words or 'no answer'})"
    )


def _trusted_scheme(url: str, variable: str) -> str:
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    except ValueError:
        scheme, host = "", ""
    if scheme in ROBOT_SCHEMES or any(host == robot or host.endswith(f".{robot}") for robot in ROBOT_HOSTS):
        raise ChannelError(
            f"环境变量 {variable} 指向企业微信、钉钉或飞书机器人，目前还不支持，请改用邮件（mailto://）或网络回调（json://）",
            f"environment variable {variable} points to a WeCom, DingTalk or Feishu robot, not yet supported: "
            "use mail (mailto://) or a webhook (json://)",
        )
    if scheme not in MAIL_SCHEMES + WEBHOOK_SCHEMES or re.search(r"[\s,;]+\w+://", url):
        raise ChannelError(
            f"环境变量 {variable} 应为一个地址，以 mailto://、mailtos://、json://、jsons://、form:// 或 forms:// 开头",
            f"environment variable {variable} takes one URL, starting with mailto://, mailtos://, json://, jsons://, "
            "form:// or forms://",
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
    service.headers["X-Jindu-Digest"] = digest.digest_id
    if hasattr(service, "payload_extras"):
        service.payload_extras["digest_id"] = digest.digest_id
    return service


def _last_words(log: str) -> str:
    """The last line that Apprise logged, without addresses."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return re.sub(r"\w+://\S+|[^\s\"'<>]+@[^\s\"'<>]+", "…", lines[-1]) if lines else ""
