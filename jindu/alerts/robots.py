"""The group robots of WeCom, DingTalk and Feishu as Apprise schemas that believe the code in the answer's body.

All three answer HTTP 200 with a code other than 0 when they refuse a message; Apprise's own senders count that as
sent. What is sent at once fits the robot's size limit (channel.py splits), and never goes faster than it allows.
"""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlsplit

from jindu.alerts.hurry import HungError, within
from jindu.alerts.secret import without

log = logging.getLogger("apprise")  # what channel.py reads the last words of a sender from
HUNG = "[hung] "  # before them, where there was no answer in time

PAUSES = (0.0, 1.0, 3.0)  # seconds before each attempt at a message
CONNECT_SECONDS = 15.0  # for a connection, and for each piece of an answer
ANSWER_SECONDS = 30.0  # for one message and its whole answer
ANSWER_BYTES = 65536
MINUTE = 60.0
MOST_MESSAGES = 15  # of one digest: fewer than any robot takes in a minute


class RefusedError(Exception):
    """The robot did not say yes; `is_final` when asking again at once would only make it worse, or take as long."""

    def __init__(self, words: str, *, is_final: bool = False, is_hung: bool = False) -> None:
        super().__init__(words)
        self.is_final = is_final or is_hung
        self.is_hung = is_hung


@dataclass(frozen=True)
class Post:
    """One request: where to, and the body before it is JSON."""

    url: str
    body: Mapping[str, Any]

    def secrets(self) -> list[str]:
        """What of it is nobody's business: an answer may quote it."""
        parts = urlsplit(self.url)
        return [*(value for _, value in parse_qsl(parts.query)), *parts.path.split("/"), str(self.body.get("sign", ""))]


@dataclass(frozen=True)
class Robot:
    """What one kind of robot asks for. Sizes and rates are those of its maker's documentation, see docs/channels.md."""

    base: str
    bytes_count: int  # of one message's text
    per_minute_count: int
    too_fast: frozenset[int]  # codes of the answer: trying again at once prolongs the ban
    codes: tuple[str, ...]  # where the answer's code stands; 0 is yes
    post: Callable[[str, str, str, str], Post]  # base, token, secret, text


def _wecom(base: str, token: str, _secret: str, text: str) -> Post:
    return Post(
        f"{base}/cgi-bin/webhook/send?key={quote(token, safe='')}", {"msgtype": "text", "text": {"content": text}}
    )


def _dingtalk(base: str, token: str, secret: str, text: str) -> Post:
    url = f"{base}/robot/send?access_token={quote(token, safe='')}"
    if secret:
        milliseconds = str(round(time.time() * 1000))
        signature = _signature(key=secret, text=f"{milliseconds}\n{secret}")
        url += f"&timestamp={milliseconds}&sign={quote(signature, safe='')}"  # quoted once: twice is refused
    return Post(url, {"msgtype": "text", "text": {"content": text}})


def _feishu(base: str, token: str, secret: str, text: str) -> Post:
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        seconds = str(int(time.time()))
        body |= {"timestamp": seconds, "sign": _signature(key=f"{seconds}\n{secret}", text="")}
    return Post(f"{base}/open-apis/bot/v2/hook/{quote(token, safe='')}", body)


def _signature(*, key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


FEISHU = Robot(
    base="https://open.feishu.cn",
    bytes_count=18_000,  # the whole request has 20 KB
    per_minute_count=100,
    too_fast=frozenset({9499, 11232, 99991400}),
    codes=("code", "StatusCode"),
    post=_feishu,
)
ROBOTS = {
    "wecombot": Robot(
        base="https://qyapi.weixin.qq.com",
        bytes_count=2048,
        per_minute_count=20,
        too_fast=frozenset({45009, 45033}),
        codes=("errcode",),
        post=_wecom,
    ),
    "dingtalk": Robot(
        base="https://oapi.dingtalk.com",
        bytes_count=18_000,  # the whole request has 20,000 bytes
        per_minute_count=20,
        too_fast=frozenset({130101, 410100, 90030}),
        codes=("errcode",),
        post=_dingtalk,
    ),
    "feishu": FEISHU,
    "lark": replace(FEISHU, base="https://open.larksuite.com"),
}
NATIVE = (  # host, path before the token, parameter that holds it
    ("qyapi.weixin.qq.com", "/cgi-bin/webhook/send", "key", "wecombot"),
    ("oapi.dingtalk.com", "/robot/send", "access_token", "dingtalk"),
    ("open.feishu.cn", "/open-apis/bot/v2/hook/", None, "feishu"),
    ("open.larksuite.com", "/open-apis/bot/v2/hook/", None, "lark"),
)
HOSTS = tuple(host.removeprefix("open.").removeprefix("oapi.") for host, *_ in NATIVE)

_sent_at: dict[str, deque[float]] = {}  # of each robot, on the monotonic clock: its last messages


def register() -> None:
    """Put these senders in the place of Apprise's own."""
    from apprise.decorators import notify  # noqa: PLC0415 -- slow to import, see channel.py
    from apprise.manager_plugins import NotificationManager  # noqa: PLC0415

    manager = NotificationManager()
    for schema in ROBOTS:
        manager.remove(schema)
        notify(on=schema, name=f"jindu {schema}")(_sender(schema))


def from_native(url: str) -> str | None:
    """The address as the robot's maker shows it, as a URL of these schemas; None when it is another address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    query = parse_qs(parts.query)
    for host, path, parameter, schema in NATIVE:
        if parts.scheme == "https" and (parts.hostname or "").lower() == host and parts.path.startswith(path):
            token = query.get(parameter, [""])[0] if parameter else parts.path.removeprefix(path).strip("/")
            secret = query.get("secret", [""])[0]
            if token:
                return f"{schema}://{quote(secret, safe='') + '@' if secret else ''}{quote(token, safe='')}"
    return None


def _sender(schema: str) -> Callable[..., bool]:
    robot = ROBOTS[schema]

    def send(body: str, title: str, *_: Any, meta: Mapping[str, Any], **__: Any) -> bool:
        token, secret = unquote(str(meta.get("host") or "")), unquote(str(meta.get("user") or ""))
        base = str(meta.get("qsd", {}).get("base") or robot.base).rstrip("/")
        text = f"{title}\n{body}" if title else body
        try:
            _send_part(robot, f"{base} {token}", lambda: robot.post(base, token, secret, text))
        except RefusedError as error:
            log.warning("%s%s", HUNG if error.is_hung else "", error)
            return False
        return True

    return send


def _send_part(robot: Robot, name: str, post: Callable[[], Post]) -> None:
    """Send one message, a few times at most; raises RefusedError when the robot has not said yes."""
    for attempt, pause in enumerate(PAUSES, start=1):
        time.sleep(pause)
        _wait_for_turn(name, robot.per_minute_count)
        try:
            message = post()  # made anew each time: a signature holds for minutes only
            _believe(robot, _answer(message), message.secrets())
            return
        except RefusedError as error:
            if error.is_final or attempt == len(PAUSES):
                raise


def _believe(robot: Robot, answer: bytes, secrets: Collection[str] = ()) -> None:
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError) as error:  # nested thousands deep
        raise RefusedError("200, but the answer is no JSON") from error
    codes = [told[name] for name in robot.codes if name in told] if isinstance(told, dict) else []
    if not codes:
        raise RefusedError("200, but the answer has no code")
    wrong = [code for code in codes if type(code) is not int or code != 0]  # false is no 0
    if wrong:
        words = str(told.get("errmsg") or told.get("msg") or told.get("StatusMessage") or "")
        words = without(secrets, words)[:120]  # before it is cut: half a token is one, too
        raise RefusedError(
            without(secrets, f"code {wrong[0]}"[:40]) + f" {words}".rstrip(), is_final=wrong[0] in robot.too_fast
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A POST that a redirect turned into a GET would be no yes."""


def _answer(post: Post) -> bytes:
    """The body of the answer, whole, with status 200; raises RefusedError otherwise."""
    request = urllib.request.Request(
        post.url,
        data=json.dumps(post.body, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "jindu"},
    )
    try:
        return within(ANSWER_SECONDS, lambda: _ask(request))
    except urllib.error.HTTPError as error:
        is_too_fast = error.code == http.HTTPStatus.TOO_MANY_REQUESTS
        raise RefusedError(f"HTTP {error.code}", is_final=is_too_fast) from error
    except (HungError, OSError, http.client.HTTPException, ValueError) as error:  # URLs that are none are ValueError
        reason = getattr(error, "reason", error)  # its text may quote the address
        if isinstance(reason, HungError | TimeoutError):
            raise RefusedError("no answer in time", is_hung=True) from error
        raise RefusedError(type(reason).__name__) from error


def _ask(request: urllib.request.Request) -> bytes:
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=CONNECT_SECONDS) as response:
        if response.status != http.HTTPStatus.OK:
            raise RefusedError(f"HTTP {response.status}")
        answer: bytes = response.read(ANSWER_BYTES + 1)
        if len(answer) > ANSWER_BYTES:
            raise RefusedError(f"the answer is longer than {ANSWER_BYTES // 1024} KB")
        if response.length:  # a bounded read does not tell that less came than was promised
            raise http.client.IncompleteRead(b"", response.length)
        return answer


def _wait_for_turn(name: str, per_minute_count: int) -> None:
    """Wait until this robot may have one more message."""
    sent = _sent_at.setdefault(name, deque(maxlen=per_minute_count))
    if len(sent) == per_minute_count:
        time.sleep(max(0.0, sent[0] + MINUTE - time.monotonic()))
    sent.append(time.monotonic())
