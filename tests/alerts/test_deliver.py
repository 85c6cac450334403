"""The alert step: what is new, once, to each recipient, believed only when the channel says yes."""

import re
from typing import Any

import pytest

from jindu.alerts import deliver as step
from jindu.alerts.deliver import deliver
from jindu.alerts.waiting import waiting_digests
from jindu.settings import no_progress

from .conftest import Mailbox, Office, Webhook


def test_a_case_is_told_once_and_its_end_once(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "behind", "350502004001", "mediated", owner="综治办")

    first = deliver(office.night(10), no_progress)
    again = deliver(office.night(10, attempt=2), no_progress)
    next_night = deliver(office.night(11), no_progress)
    office.resolve("a")
    resolved = deliver(office.night(12), no_progress)
    deliver(office.night(13), no_progress)

    assert [body["title"] for body in webhook.bodies] == [
        "【进度】10月10日：新增 1 项",
        "【进度】10月12日：解除 1 项",
    ]
    message = webhook.bodies[0]["message"]
    for part in ("进度滞后（1 项）", "红梅 · 纠纷调解数 · 2024年9月", "自10月10日起", "责任：综治办"):
        assert part in message
    assert "已解除（1 项）" in webhook.bodies[1]["message"]
    assert (first.count, again.count, next_night.count, resolved.count) == (1, 0, 0, 1)
    assert again.detail_zh == "没有新的提醒，未发送"
    assert office.notified() == {("a", "opened", "街道统筹办"), ("a", "resolved", "街道统筹办")}


def test_whoever_is_given_a_channel_hears_of_what_was_only_filed(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办")
    office.open_case("a", "behind", "350502004001", "mediated")
    deliver(office.night(10), no_progress)
    office.execute("update reference.recipient set channel = 'JINDU_HOOK'")
    for day in (10, 11):
        deliver(office.night(day, attempt=day), no_progress)
    assert len(office.outbox()) == 1
    assert [body["title"] for body in webhook.bodies] == ["【进度】10月10日：新增 1 项"]


def test_notified_at_is_the_nights_as_of(office: Office) -> None:
    office.open_case("a", "missed", "350502004001", "mediated")
    deliver(office.night(10), no_progress)
    assert office.execute("select notified_at::text from raw.notification") == [("2024-10-10 02:00:00+08",)]


def test_a_failing_channel_keeps_the_case_for_the_next_night(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")

    webhook.status = 500
    failed = deliver(office.night(10), no_progress)
    assert office.notified() == set()
    assert office.outbox() == []
    assert failed.count == 0
    assert [one["recipient"] for one in (waiting_digests(office.home) or {})["unsent"]] == ["街道统筹办"]
    assert "1 份未发出" in failed.detail_zh and "500" in failed.detail_zh
    assert len(webhook.bodies) == 2, "tried again, within bounds"

    webhook.status = 200
    assert deliver(office.night(11), no_progress).count == 1
    assert (waiting_digests(office.home) or {})["unsent"] == []
    assert office.notified() == {("a", "opened", "街道统筹办")}
    assert len({body["digest_id"] for body in webhook.bodies}) == 1


def test_a_redirect_is_no_yes(office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.status, webhook.location = 302, "/login"
    assert deliver(office.night(10), no_progress).count == 0
    assert office.notified() == set()


def test_nobody_listening_does_not_fail_the_run_nor_the_other_recipients(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_DEAD", "json://127.0.0.1:9/secret-token")
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("a 死通道", "JINDU_DEAD")
    office.tell("b 好通道", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    report = deliver(office.night(10), no_progress)
    assert office.notified() == {("a", "opened", "b 好通道")}
    assert "a 死通道" in report.detail_zh
    assert "secret-token" not in report.detail_zh + report.detail_en


def test_each_recipient_is_told_what_is_routed_to_them(
    office: Office, webhook: Webhook, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("红梅", "JINDU_HOOK", scope="350502004001")
    office.tell("民政", "JINDU_MAIL", scope="welfare")
    office.open_case("red", "behind", "350502004001", "mediated", to={"红梅": 0})
    office.open_case("new", "behind", "350502004002", "allowance", to={"民政": 0})
    office.open_case("run", "stale", None, None, to={})
    deliver(office.night(10), no_progress)
    assert office.notified() == {("red", "opened", "红梅"), ("new", "opened", "民政")}


def test_an_unknown_scope_is_said_not_silent(office: Office) -> None:
    office.tell("某人", scope="nowhere")
    office.open_case("a", "behind", "350502004", "mediated")
    report = deliver(office.night(10), no_progress)
    assert "nowhere" in report.detail_zh
    assert office.notified() == set()


def test_with_nothing_configured_the_digest_is_a_file_and_the_summary_says_so(office: Office) -> None:
    office.open_case("a", "overdue", "350502004002", None, form="community_monthly")
    report = deliver(office.night(10), no_progress)
    deliver(office.night(11), no_progress)
    [file] = office.outbox()
    assert re.fullmatch(r"2024-10-10_outbox_[0-9a-f]{16}\.txt", file.name)
    assert "新峰社区 · 社区月报 · 2024年9月" in file.read_text(encoding="utf-8")
    assert sorted(path.suffix for path in office.home.outbox.iterdir()) == [".html", ".txt"], "no partial file"
    assert "outbox/" in report.detail_zh and "没有登记接收人" in report.detail_zh
    assert office.notified() == {("a", "opened", "outbox")}


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_unset_variable_is_a_file(office: Office, value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JINDU_NOT_SET", raising=False)
    if value is not None:
        monkeypatch.setenv("JINDU_NOT_SET", value)
    office.tell("../陈 主任", "JINDU_NOT_SET")
    office.open_case("a", "missed", "350502004001", "mediated")
    report = deliver(office.night(10), no_progress)
    [file] = office.outbox()
    assert file.parent == office.home.outbox
    assert "JINDU_NOT_SET" in report.detail_zh
    assert len(office.notified()) == 1


def test_a_full_disk_is_reported(office: Office) -> None:
    office.home.outbox.write_text("a file where the folder should be", encoding="utf-8")
    office.open_case("a", "missed", "350502004001", "mediated")
    assert "outbox/ 写不进去" in deliver(office.night(10), no_progress).detail_zh
    assert office.notified() == set()


def test_killed_before_recording_the_same_digest_comes_again(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    office.open_case("b", "missed", "350502004002", "mediated")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(step, "record", killed)
        deliver(office.night(10), no_progress)
    assert office.notified() == set()
    deliver(office.night(10, attempt=2), no_progress)
    first, second = webhook.bodies
    assert first == second
    assert webhook.digest_headers == [first["digest_id"]] * 2
    assert len(office.notified()) == 2


def test_a_case_that_came_and_went_untold_needs_nobody(office: Office) -> None:
    office.open_case("a", "missed", "350502004001", "mediated")
    office.resolve("a")
    assert deliver(office.night(13), no_progress).count == 0
    assert office.outbox() == []


def test_progress_reaches_the_number_of_recipients(office: Office) -> None:
    office.tell("甲")
    office.tell("乙")
    seen: list[tuple[int, int]] = []
    deliver(office.night(10), lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_a_file_in_outbox_is_told_once_and_is_no_channels_yes(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("工作群", "JINDU_HOOK")
    office.tell("没有通道")
    office.open_case("a", "missed", "350502004001", "mediated")
    deliver(office.night(10), no_progress)
    deliver(office.night(11), no_progress)
    assert len(office.outbox()) == 1
    rows = office.execute("select recipient_name, is_filed from raw.notification order by recipient_name")
    assert rows == [("工作群", False), ("没有通道", True)]


def test_whoever_a_case_is_taken_from_hears_whose_it_is_now(office: Office) -> None:
    """Once, and no more of it; of what nobody told them, nothing."""
    for name in ("综治办", "企业办", "卫健办"):
        office.tell(name)
    office.open_case("a", "missed", "350502004001", "mediated", to={"综治办": 0})
    office.open_case("b", "missed", "350502004001", "allowance", to={"综治办": 0})
    deliver(office.night(10), no_progress)
    for case_id in "ab":
        office.change(case_id, assignee="企业办")
    office.publish("update mart.alert_route set recipient_name = '企业办'")
    office.resolve("b")
    for day in (11, 12):
        deliver(office.night(day), no_progress)
    assert office.notified() == {
        ("a", "opened", "综治办"),
        ("b", "opened", "综治办"),
        ("a", "assigned", "综治办"),
        ("b", "resolved", "综治办"),
        ("a", "opened", "企业办"),
    }
    [text] = [text for path in office.outbox() if "转办 1 项" in (text := path.read_text(encoding="utf-8"))]
    assert "【进度】10月11日：转办 1 项，解除 1 项" in text
    assert "已转由他人办理（1 项）\n由所列责任方办理，这里不再通知。\n1. 红梅 · 纠纷调解数" in text
    assert "责任：企业办" in text
    office.publish("update mart.alert_route set recipient_name = '综治办'")
    office.change("a", assignee="综治办")
    deliver(office.night(13), no_progress)
    assert ("a", "reopened", "综治办") in office.notified(), "it is theirs again"
