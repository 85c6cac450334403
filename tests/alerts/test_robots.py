"""The robots of WeCom, DingTalk and Feishu: their own yes is believed, their limits are kept."""

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from jindu.alerts import channel, robots
from jindu.alerts.channel import ChannelError, send
from jindu.alerts.deliver import deliver
from jindu.alerts.digest import Digest
from jindu.alerts.parts import split
from jindu.settings import OFFICE_TIMEZONE, no_progress

from .conftest import Office, Webhook

YES = {
    "wecombot": {"errcode": 0, "errmsg": "ok"},
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
    "lark": {"code": 0, "msg": "success", "data": {}},
}
NO = {  # as their makers' documentation has them: no such robot, a wrong signature, a missing keyword
    "wecombot": {"errcode": 93000, "errmsg": "invalid webhook url"},
    "dingtalk": {"errcode": 310000, "errmsg": "sign not match"},
    "feishu": {
        "code": 19021,
        "data": {},
        "msg": "sign match fail or timestamp is not within one hour from current time",
    },
    "lark": {"code": 19024, "data": {}, "msg": "Key Words Not Found"},
}
TOO_FAST = {
    "wecombot": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "dingtalk": {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
    "feishu": {"code": 11232, "msg": "frequency limited"},
    "lark": {"code": 9499, "msg": "too many requests"},
}
SCHEMES = sorted(YES)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for what another one sent, nor long before it tries again."""
    monkeypatch.setattr(robots, "_sent_at", {})
    monkeypatch.setattr(robots, "PAUSES", (0.0, 0.01))
    monkeypatch.setattr(channel, "PAUSES", (0.0, 0.01))


def robot_url(webhook: Webhook, scheme: str) -> str:
    """A robot with a secret, at the test's own server."""
    return f"{scheme}://SECq1@AbC-9f?base={webhook.base}"


def digest_of(*lines: str) -> Digest:
    """A digest of these lines below its subject."""
    text = "\n".join(["【进度】10月10日：新增 1 项", *lines, "", "全部事项：x", "提醒编号 abc", ""])
    moment = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)
    return Digest("abc", "【进度】10月10日：新增 1 项", text, "", (("a", "opened"),), moment)


def told(body: dict[str, Any]) -> str:
    """The text of a message."""
    content = body.get("text") or body["content"]
    return str(content.get("content") or content.get("text"))


def refusal(url: str) -> str:
    """What is said when the robot has not said yes."""
    with pytest.raises(ChannelError) as raised:
        send(url, digest_of())
    return raised.value.message_zh


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_robot_that_says_yes_has_it(webhook: Webhook, scheme: str) -> None:
    webhook.answer = YES[scheme]
    send(robot_url(webhook, scheme), digest_of("一行"))
    [body], [path] = webhook.bodies, webhook.paths
    assert told(body).startswith("【进度】10月10日：新增 1 项\n一行")
    assert "AbC-9f" in path, "letters keep their case"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_200_with_an_error_code_is_no_yes(webhook: Webhook, scheme: str) -> None:
    webhook.answer = NO[scheme]
    words = refusal(robot_url(webhook, scheme))
    assert str(NO[scheme].get("errcode") or NO[scheme]["code"]) in words
    assert "AbC-9f" not in words and "SECq1" not in words


def test_what_a_robot_refused_is_told_again_as_it_was(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_ROBOT", robot_url(webhook, "wecombot"))
    office.tell("工作群", "JINDU_ROBOT")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.answer = NO["wecombot"]
    assert deliver(office.night(10), no_progress).unsent == ("工作群",)
    assert office.notified() == set()
    webhook.answer = YES["wecombot"]
    assert deliver(office.night(11), no_progress).sent_count == 1
    assert office.notified() == {("a", "opened", "工作群")}
    assert len({told(body) for body in webhook.bodies}) == 1


def test_a_digest_in_several_goes_on_with_the_message_that_was_refused(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the robot took it is not told again, though more has become known since; each has the digest's number."""
    monkeypatch.setenv("JINDU_ROBOT", robot_url(webhook, "wecombot"))
    office.tell("工作群", "JINDU_ROBOT", content="full")
    office.open_many("behind", 50, owner="综治办", gap_value=-12, needed_monthly_value=16)
    webhook.answer = lambda number: YES["wecombot"] if number <= 2 else NO["wecombot"]
    assert deliver(office.night(10), no_progress).unsent == ("工作群",)
    assert office.notified() == set()
    [*taken, refused] = list(dict.fromkeys(told(body) for body in webhook.bodies))
    webhook.bodies.clear()
    webhook.answer = YES["wecombot"]
    assert deliver(office.night(10), no_progress).sent_count == 1
    later = [told(body) for body in webhook.bodies]
    assert later[0] == refused and not set(taken) & set(later)
    count = len(taken) + len(later)
    places = re.findall(r"\((\d+)/(\d+)\)\n", "\n".join([*taken, *later]))
    assert places == [(str(place), str(count)) for place in range(1, count + 1)]
    assert len({found for text in [*taken, *later] for found in re.findall(r"提醒编号 (\w+)", text)}) == 1
    assert len(office.notified()) == 50


@pytest.mark.parametrize("scheme", ["wecombot", "feishu"])
@pytest.mark.parametrize(
    ("status", "answer", "way"),
    [
        (500, b"", "whole"),
        (302, {"errcode": 0, "code": 0}, "whole"),
        (200, b"<html>welcome</html>", "whole"),
        (200, {}, "whole"),
        (200, [0], "whole"),
        (200, {"errcode": "0", "code": "0"}, "whole"),
        (200, {"errcode": False, "code": False}, "whole"),
        (200, {"errcode": 0, "code": 0}, "half"),
        (200, {"errcode": 0, "code": 0}, "silent"),
        (200, {"errcode": 0, "code": 0}, "drip"),
    ],
)
def test_whatever_is_not_its_own_yes_is_none(
    webhook: Webhook, scheme: str, *, status: int, answer: Any, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(robots, "ANSWER_SECONDS", 0.2)
    webhook.status, webhook.answer, webhook.way = status, answer, way
    webhook.location = "/elsewhere" if status == 302 else None
    refusal(robot_url(webhook, scheme))
    tries = 1 if way in ("silent", "drip") else len(robots.PAUSES)  # who hangs is not waited for twice
    assert len(webhook.bodies) == tries


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_robot_that_is_asked_too_often_is_left_alone(webhook: Webhook, scheme: str) -> None:
    webhook.answer = TOO_FAST[scheme]
    refusal(robot_url(webhook, scheme))
    assert len(webhook.bodies) == 1, "trying again at once would prolong the ban"


def test_the_signature_of_dingtalk(webhook: Webhook) -> None:
    webhook.answer = YES["dingtalk"]
    send(robot_url(webhook, "dingtalk"), digest_of())
    query = urlsplit(webhook.paths[0]).query
    milliseconds = parse_qs(query)["timestamp"][0]
    assert abs(int(milliseconds) / 1000 - time.time()) < 60
    expected = base64.b64encode(
        hmac.new(b"SECq1", f"{milliseconds}\nSECq1".encode(), digestmod=hashlib.sha256).digest()
    ).decode()
    [raw] = [part.removeprefix("sign=") for part in query.split("&") if part.startswith("sign=")]
    assert unquote(raw) == expected, "encoded once, not twice"


def test_the_signature_of_feishu(webhook: Webhook) -> None:
    webhook.answer = YES["feishu"]
    send(robot_url(webhook, "feishu"), digest_of())
    [body] = webhook.bodies
    key = f"{body['timestamp']}\nSECq1".encode()
    assert abs(int(body["timestamp"]) - time.time()) < 60
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", digestmod=hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(("scheme", "limit"), [("wecombot", 2048), ("dingtalk", 20_000), ("feishu", 20 * 1024)])
def test_a_long_digest_goes_out_in_messages_that_the_robot_takes(webhook: Webhook, scheme: str, limit: int) -> None:
    lines = [f"第{number}件" + "很长" * 20 for number in range(limit // 40)]
    webhook.answer = YES[scheme]
    send(robot_url(webhook, scheme), digest_of(*lines))
    texts = [told(body) for body in webhook.bodies]
    assert len(texts) > 1
    assert max(len(text.encode()) for text in texts) <= limit
    assert scheme == "wecombot" or max(webhook.sizes) <= limit, "these two count the whole request"
    assert [text.splitlines()[0] for text in texts] == [
        f"【进度】10月10日：新增 1 项 ({number}/{len(texts)})" for number in range(1, len(texts) + 1)
    ]
    whole = [line for text in texts for line in text.splitlines()]
    assert [line for line in whole if line in lines] == lines


def test_a_digest_without_end_is_cut_and_says_where_the_rest_is() -> None:
    text = "\n".join(["头", *(f"第{number}行" + "字" * 200 for number in range(500)), "全部事项：x", "提醒编号 abc"])
    parts = split(text, 2048, most=robots.MOST_MESSAGES)
    assert len(parts) == robots.MOST_MESSAGES
    assert all(len(part.encode()) <= 2048 for part in parts)
    assert parts[-1].endswith("…\n全部事项：x\n提醒编号 abc")


def test_one_line_without_end_is_cut_between_characters() -> None:
    parts = split("头\n" + "字" * 3000, 2048)
    assert "".join(part.split("\n", 1)[1] for part in parts) == "字" * 3000
    assert all(len(part.encode()) <= 2048 for part in parts)


def test_what_fits_is_one_message() -> None:
    assert split("头\n字", 2048) == ["头\n字"]


def test_no_more_messages_than_the_robot_allows_in_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(robots.time, "sleep", waited.append)
    monkeypatch.setattr(robots.time, "monotonic", lambda: 100.0)
    for _ in range(20):
        robots._wait_for_turn("one", 20)
    assert waited == []
    robots._wait_for_turn("another", 20)
    robots._wait_for_turn("one", 20)
    assert waited == [60.0]


@pytest.mark.parametrize(
    ("shown", "url"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a-91F6", "wecombot://693a-91F6"),
        ("https://oapi.dingtalk.com/robot/send?access_token=6d11Af", "dingtalk://6d11Af"),
        ("https://oapi.dingtalk.com/robot/send?access_token=6d11Af&secret=SEC9", "dingtalk://SEC9@6d11Af"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/8f1-2B", "feishu://8f1-2B"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/8f1-2B?secret=k=/", "feishu://k%3D%2F@8f1-2B"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/8f1-2B", "lark://8f1-2B"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", None),
        ("https://example.org/robot/send?access_token=1", None),
        ("http://oapi.dingtalk.com/robot/send?access_token=1", None),
    ],
)
def test_the_address_that_its_maker_shows_is_understood(shown: str, url: str | None) -> None:
    assert robots.from_native(shown) == url


def test_a_message_is_json_that_is_read_back(webhook: Webhook) -> None:
    webhook.answer = YES["wecombot"]
    answer = robots._answer(robots.ROBOTS["wecombot"].post(webhook.base, "k", "", '“引号”\n第二行 \\ "x"'))
    assert json.loads(answer) == YES["wecombot"]
    assert told(webhook.bodies[0]) == '“引号”\n第二行 \\ "x"'


def test_a_case_goes_whole_to_the_next_message_below_its_heading() -> None:
    cases = [f"{number}. 某社区 · 某指标\n   {'字' * 60}\n   自9月起" for number in range(1, 31)]
    text = "\n".join(["头", "", "进度滞后（30 项）", "查明原因。", *cases, "", "全部事项：x", "提醒编号 abc", ""])
    parts = split(text, 2048, most=robots.MOST_MESSAGES)
    assert len(parts) > 2
    assert all(part.split("\n", 1)[1].startswith("进度滞后（30 项）\n") for part in parts)
    assert all(part.count(". 某社区") == part.count("自9月起") for part in parts)
    assert sum(f"\n{case}" in part for case in cases for part in parts) == 30
    assert all(part.endswith("\n提醒编号 abc") for part in parts)  # whichever comes twice is known
    assert max(len(part.encode()) for part in parts) <= 2048


def test_a_long_digest_tells_the_gravest_and_the_number_of_the_rest(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_ROBOT", robot_url(webhook, "wecombot"))
    office.tell("工作群", "JINDU_ROBOT", content="full")
    office.open_many("missed", 70, severity="low", owner="综治办")
    office.change("missed69", severity="high")
    office.open_many("behind", 70, summary="滞后" * 20)
    webhook.answer = YES["wecombot"]
    assert deliver(office.night(10), no_progress).sent_count == 1
    texts = [told(body) for body in webhook.bodies]
    whole = "\n".join(texts)
    listed = len([line for line in whole.splitlines() if line.endswith("红梅 · 纠纷调解数 · 2024年9月")])
    unlisted = sum(int(found) for found in re.findall(r"另有 (\d+) 项未列出", whole))
    assert 10 < listed < 140 and listed + unlisted == 140, "all are told, or told of"
    assert len(texts) <= robots.MOST_MESSAGES and "…" not in whole
    assert len(office.notified()) == 140


@pytest.mark.parametrize(
    ("scheme", "answer", "hidden"),
    [
        ("wecombot", {"errcode": 93000, "errmsg": "invalid webhook key=AbC-9f"}, "AbC-9f"),
        ("wecombot", {"errcode": 93000, "errmsg": "no robot AbC-9f" + "x" * 200}, "AbC-9f"),
        ("dingtalk", {"errcode": 310000, "errmsg": "/robot/send?access_token=AbC-9f&sign=Zm9v%3D bad"}, "Zm9v"),
        ("dingtalk", {"errcode": 310000, "errmsg": "secret SECq1 wrong"}, "SECq1"),
        ("feishu", {"code": 19001, "msg": "no such path open-apis/bot/v2/hook/AbC-9f"}, "AbC-9f"),
        ("feishu", {"code": "AbC-9f", "msg": ""}, "AbC-9f"),
    ],
)
def test_an_answer_that_quotes_the_secret_is_not_repeated(
    webhook: Webhook, scheme: str, answer: Any, hidden: str, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.answer = answer
    words = refusal(robot_url(webhook, scheme))
    assert hidden not in words and "AbC-9f" not in words
    assert hidden not in caplog.text


def test_a_secret_is_signed_as_it_is_meant_not_as_it_is_written(webhook: Webhook) -> None:
    webhook.answer = YES["feishu"]
    send(f"feishu://SECding%2B1@tok?base={webhook.base}", digest_of())
    [body] = webhook.bodies
    key = f"{body['timestamp']}\nSECding+1".encode()
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", digestmod=hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"[" * 50_000, "no JSON"),
        (b"x" * 70_000, "longer than 64 KB"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(webhook: Webhook, answer: bytes, words: str) -> None:
    webhook.answer = answer
    assert words in refusal(robot_url(webhook, "wecombot"))
