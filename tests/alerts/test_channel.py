"""Which channels are trusted, and what a mail looks like when it arrives."""

import re
import time
from datetime import datetime

import apprise
import pytest
from apprise.plugins.base import NotifyBase

from jindu.alerts import channel, robots
from jindu.alerts.channel import ChannelError, _service, find_channel, send
from jindu.alerts.deliver import deliver
from jindu.alerts.digest import Digest
from jindu.alerts.recipient import Recipient
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, no_progress

from .conftest import Mailbox, Office, Webhook

MOMENT = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)
EXAMPLE = re.compile(r"export JINDU_\w+='([a-z]+://[^']+)'")


@pytest.mark.parametrize(
    "url",
    [
        "jsons://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789",
        "jsons://oapi.dingtalk.com/robot/send?access_token=0123456789",
        "jsons://OPEN.feishu.cn/open-apis/bot/v2/hook/0123456789",
        "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=0123456789",
    ],
)
def test_what_would_count_a_refusal_as_sent_is_refused(
    office: Office, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_ROBOT", url)
    office.tell("工作群", "JINDU_ROBOT")
    office.open_case("a", "missed", "350502004001", "mediated")
    report = deliver(office.night(10), no_progress)
    assert "wecombot://" in report.detail_zh
    assert "0123456789" not in report.detail_zh + report.detail_en
    assert office.notified() == set()


@pytest.mark.parametrize(
    "url", ["http://example.org/hook", "json://[", "nonsense", "json://one.example, json://two.example"]
)
def test_only_one_apprise_url_is_a_channel(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_OTHER", url)
    with pytest.raises(ChannelError, match="JINDU_OTHER"):
        find_channel(Recipient("某人", "JINDU_OTHER", None, None, "zh"))


def test_any_other_scheme_of_apprise_is_a_channel(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_CHAT", f"mmost://127.0.0.1:{webhook.port}/secret-token")
    office.tell("值班", "JINDU_CHAT")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.status = 500
    assert deliver(office.night(10), no_progress).count == 0
    assert office.notified() == set()
    webhook.status = 200
    assert deliver(office.night(11), no_progress).count == 1
    assert "纠纷调解数" in webhook.bodies[-1]["text"]


def test_a_long_message_is_split_for_a_service_with_a_limit(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyBase, "request_rate_per_sec", 0)  # Apprise's own politeness
    lines = [f"第{number}件" + "很长" * 30 for number in range(120)]
    send(f"mmost://127.0.0.1:{webhook.port}/secret-token", Digest("abc", "头", "\n".join(lines), "", (), MOMENT))
    assert len(webhook.bodies) > 1
    told = "".join(body["text"] for body in webhook.bodies)
    assert all(f"第{number}件" in told for number in range(120))


def test_a_url_in_the_column_is_refused_and_not_repeated(office: Office) -> None:
    office.tell("某人", "json://user:hunter2@example.org")
    office.open_case("a", "missed", "350502004001", "mediated")
    report = deliver(office.night(10), no_progress)
    assert "环境变量名" in report.detail_zh
    assert "hunter2" not in report.detail_zh + report.detail_en
    assert office.notified() == set()


def test_a_url_that_apprise_cannot_read_is_reported_and_not_repeated(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("JINDU_MAIL", "mailto://:hunter2@")
    office.tell("某人", "JINDU_MAIL")
    office.open_case("a", "missed", "350502004001", "mediated")
    report = deliver(office.night(10), no_progress)
    assert "无法识别" in report.detail_zh
    assert "hunter2" not in report.detail_zh + report.detail_en + caplog.text


def test_a_mail_has_text_and_html_and_every_case(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("街道领导", "JINDU_MAIL")
    for number in range(5):
        office.open_case(f"m{number}", "missed", "350502004001", "mediated", summary=f"第{number}件 <b>&</b>")
    office.open_case("r", "behind", "350502004002", "orphans")
    office.open_case("o", "overdue", "350502004002", None, form="community_monthly")
    deliver(office.night(10), no_progress)

    [mail] = mailbox.mails
    assert mail["Subject"] == "【进度】10月10日：新增 7 项"
    assert len(mail["X-Jindu-Digest"]) == 16
    text, html = (mail.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
    assert text is not None and html is not None
    for part in (text.get_content(), html.get_content()):
        assert "孤儿保障人数" in part and "新峰社区" in part and "第4件" in part
        positions = [part.index(heading) for heading in ("目标未完成（5 项）", "进度滞后（1 项）", "逾期未报（1 项）")]
        assert positions == sorted(positions)
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html.get_content()
    assert len(office.notified()) == 7


def test_a_refused_mail_is_not_sent(office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("街道领导", "JINDU_MAIL")
    office.open_case("a", "missed", "350502004001", "mediated")
    mailbox.answer = "554 Transaction failed"
    report = deliver(office.night(10), no_progress)
    assert report.count == 0 and office.notified() == set()
    assert "leader@example.org" not in report.detail_zh
    mailbox.answer = "250 OK"
    assert deliver(office.night(11), no_progress).count == 1


def test_a_webhook_is_told_a_summary_without_indicators_that_are_not_public(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("工作群", "JINDU_HOOK")
    office.open_many("missed", 5)
    office.open_case("r", "missed", "350502004002", "orphans", summary="孤儿 2 人")
    office.open_case("i", "missed", "350502004002", "allowance", summary="低保 40 户")
    deliver(office.night(10), no_progress)
    message = webhook.bodies[0]["message"]
    assert "目标未完成（7 项）" in message
    assert message.count("纠纷调解数") == 3 and "另有 2 项未列出" in message
    assert "另有 2 项涉及不公开的指标" in message
    assert not any(word in message for word in ("孤儿", "低保", "新峰"))
    assert len(office.notified()) == 7


def test_english(office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("Observer", "JINDU_HOOK", content="full", language="en")
    office.open_case("a", "missed", "350502004001", "mediated", summary_en="50 of 90 due")
    office.open_case("b", "brand_new_kind", "350502004001", "mediated")
    deliver(office.night(10), no_progress)
    [body] = webhook.bodies
    assert body["title"] == "[Progress] 10 Oct: 2 new"
    assert "Disputes mediated · Sep 2024" in body["message"] and "50 of 90 due" in body["message"]
    assert "brand_new_kind (1)" in body["message"], "a kind without a label is still told"


def documented() -> list[tuple[str, str]]:
    """Every example of docs/channels*.md and the READMEs: file and URL."""
    files = [*sorted((PROJECT_ROOT / "docs").glob("channels*.md")), *sorted(PROJECT_ROOT.glob("README*.md"))]
    found = [(file.name, url) for file in files for url in EXAMPLE.findall(file.read_text(encoding="utf-8"))]
    assert len(found) >= 28
    return found


@pytest.mark.parametrize(("file", "url"), documented())
def test_each_documented_example_is_a_channel(file: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_EXAMPLE", url)
    found = find_channel(Recipient("某人", "JINDU_EXAMPLE", None, None, "zh"))
    assert found.url is not None
    robots.register()
    service = _service(apprise, found.url, Digest("abc", "头", "文", "", (), MOMENT))
    assert service is not None
    if found.can_carry_files:
        assert next(to for _, to in service.targets) == "leader@example.org"
        assert service.smtp_host in {"mail.example.org", "smtp.example.org", "10.0.0.5"}
        assert (service.secure_mode == "insecure") is url.startswith("mailto:")
    assert found.default_content == ("full" if found.kind in ("mailto", "mailtos") else "summary")


@pytest.mark.parametrize("scheme", ["json", "mmost"])
def test_who_asks_for_patience_is_left_alone(webhook: Webhook, scheme: str) -> None:
    webhook.status = 429
    with pytest.raises(ChannelError) as raised:
        send(f"{scheme}://127.0.0.1:{webhook.port}/secret-token", Digest("abc", "头", "头\n身", "", (), MOMENT))
    assert len(webhook.bodies) == 1
    assert "None" not in raised.value.message_en


@pytest.mark.parametrize(("scheme", "name"), [("json", "message"), ("mmost", "text")])
def test_the_subject_stands_once(webhook: Webhook, scheme: str, name: str) -> None:
    send(f"{scheme}://127.0.0.1:{webhook.port}/secret-token", Digest("abc", "【题】", "【题】\n\n身\n", "", (), MOMENT))
    told = webhook.bodies[0]
    assert (told[name] + str(told.get("title", ""))).count("【题】") == 1


def test_a_receiver_that_drips_has_one_deadline_and_is_not_waited_for_again(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "SECONDS", 0.5)
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    for name in ("甲", "乙", "丙"):
        office.tell(name, "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.way, webhook.answer = "drip", b"x" * 100
    begun = time.monotonic()
    report = deliver(office.night(10), no_progress)
    assert time.monotonic() - begun < 5
    assert len(webhook.bodies) == 1 and report.unsent == ("丙", "乙", "甲")
    assert "没有在限时内回应" in report.detail_zh
    assert office.notified() == set()
