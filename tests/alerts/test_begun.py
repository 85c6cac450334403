"""What was begun is repeated as it was until it is confirmed; then comes what is new since."""

import stat
from datetime import datetime, timedelta
from typing import Any

import pytest

from jindu import cli
from jindu.alerts import begun
from jindu.alerts import deliver as step
from jindu.alerts.begun import Begun, begun_digests
from jindu.alerts.deliver import alert_failure, deliver
from jindu.alerts.digest import Digest
from jindu.alerts.recipient import Recipient
from jindu.delivery import UnsentError, insist
from jindu.settings import OFFICE_TIMEZONE, no_progress

from .conftest import Mailbox, Office, Webhook

NOON = datetime(2024, 10, 10, 12, tzinfo=OFFICE_TIMEZONE)


def test_killed_before_recording_the_repeat_is_the_same_whatever_became_known(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(step, "record", killed)
        deliver(office.night(10), no_progress)
    office.open_case("b", "missed", "350502004002", "mediated")
    office.change("a", summary_zh="完成 60，应完成 100")
    report = deliver(office.night(11), no_progress)
    first, repeat, new = webhook.bodies
    assert first == repeat
    assert "新峰" in new["message"] and "红梅" not in new["message"]
    assert new["digest_id"] != first["digest_id"]
    assert report.sent_count == 2
    assert office.notified() == {("a", "opened", "街道统筹办"), ("b", "opened", "街道统筹办")}
    assert begun_digests(office.home, "街道统筹办") == []


def test_killed_after_recording_it_is_not_repeated(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(begun, "drop", killed)
        deliver(office.night(10), no_progress)
    assert deliver(office.night(11), no_progress).count == 0
    assert len(webhook.bodies) == 1
    assert list(office.home.sending.iterdir()) == []


def test_a_case_that_ended_while_its_opening_was_on_its_way_is_told_in_order(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.status = 500
    deliver(office.night(10), no_progress)
    office.resolve("a")
    webhook.status, webhook.bodies[:] = 200, []
    deliver(office.night(12), no_progress)
    assert [body["title"] for body in webhook.bodies] == ["【进度】10月10日：新增 1 项", "【进度】10月12日：解除 1 项"]


def test_a_channel_that_fails_is_left_alone_for_longer_and_longer() -> None:
    one = Begun(Digest("id", "", "", "", (), NOON), "zh", "full")
    pauses = []
    for _ in range(14):
        one = one.failed(NOON)
        assert one.next_try_at is not None and one.waits(NOON) and not one.waits(one.next_try_at)
        pauses.append((one.next_try_at - NOON) / timedelta(minutes=1))
    assert pauses[:5] == [5] * 5, "the clerk's morning"
    assert pauses[5:] == [10, 20, 40, 80, 160, 320, 640, 1200, 1200], "every morning tries"


def test_a_schedule_waits_and_a_person_does_not(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.status = 500
    deliver(office.night(10), no_progress, is_patient=True)
    webhook.status, webhook.bodies[:] = 200, []
    waiting = deliver(office.night(10), no_progress, is_patient=True)
    assert webhook.bodies == [] and waiting.unsent == ("街道统筹办",) and "连续 1 次" in waiting.detail_zh
    assert deliver(office.night(10), no_progress).sent_count == 1


def test_a_full_digest_is_not_sent_to_what_is_a_chat_now(
    office: Office, webhook: Webhook, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_CHANNEL", mailbox.url)
    office.tell("街道统筹办", "JINDU_CHANNEL")
    office.open_case("a", "missed", "350502004001", "orphans", summary="孤儿 2 人")
    mailbox.answer = "451 later"
    deliver(office.night(10), no_progress)
    monkeypatch.setenv("JINDU_CHANNEL", webhook.url)
    assert deliver(office.night(10), no_progress).sent_count == 1
    assert "孤儿" not in webhook.bodies[0]["message"]
    assert list(office.home.sending.iterdir()) == []


def test_what_is_on_its_way_is_the_homes_own(office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.status = 500
    deliver(office.night(10), no_progress)
    assert stat.S_IMODE(office.home.sending.stat().st_mode) == 0o700
    office.execute("delete from reference.recipient")
    office.tell("别人")
    deliver(office.night(11), no_progress)
    assert list(office.home.sending.iterdir()) == [], "nobody is told any more what was begun for who is gone"


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "hour", "is_quiet"),
    [
        ("22:00", "07:30", 23, True),
        ("22:00", "07:30", 7, True),
        ("22:00", "07:30", 8, False),
        ("12:00", "14:00", 12, True),
        ("12:00", "14:00", 14, False),
        (None, None, 3, False),
    ],
)
def test_quiet_hours_may_go_past_midnight(quiet_from: str, quiet_to: str, hour: int, is_quiet: bool) -> None:
    clock = [None if text is None else datetime.strptime(text, "%H:%M").time() for text in (quiet_from, quiet_to)]
    recipient = Recipient("甲", None, None, None, "zh", quiet_from=clock[0], quiet_to=clock[1])
    assert recipient.is_quiet(NOON.replace(hour=hour)) is is_quiet


def test_in_quiet_hours_nothing_is_sent_and_nothing_lost(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("甲", "JINDU_HOOK", quiet_from="00:00", quiet_to="23:59")
    office.open_case("a", "missed", "350502004001", "mediated")
    alert_failure(office.night(10), "core", "坏了", "broken")
    report = deliver(office.night(10), no_progress)
    assert webhook.bodies == [] and report.put_off == ("甲",) and report.unsent == ()
    assert "免打扰" in report.detail_zh
    with pytest.raises(UnsentError):  # so that the schedule's flow comes back
        insist(report)
    office.execute("update reference.recipient set quiet_from = null, quiet_to = null")
    assert deliver(office.night(10), no_progress).sent_count == 2
    assert [body["title"] for body in webhook.bodies] == [
        "【进度】10月10日：夜间运行失败（认定数据）",
        "【进度】10月10日：新增 1 项",
    ]


def test_a_failure_that_nobody_was_told_is_told_by_the_next_delivery(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("甲", "JINDU_HOOK")
    webhook.status = 503
    alert_failure(office.night(10), "core", "坏了", "broken")
    webhook.status = 200
    deliver(office.night(10), no_progress)
    deliver(office.night(10), no_progress)
    assert len({body["digest_id"] for body in webhook.bodies}) == 1
    assert len(webhook.bodies) == len(step.send.__globals__["PAUSES"]) + 1
    assert {event for _, event, _ in office.notified()} == {"opened"}


def test_a_dry_run_shows_the_messages_and_does_nothing(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url.replace("json://", "json://user:hunter2@"))
    monkeypatch.setenv("JINDU_WRONG", "nonsense")
    office.tell("甲", "JINDU_HOOK")
    office.tell("乙", "JINDU_WRONG")
    office.open_case("a", "missed", "350502004001", "mediated")
    files = sorted(office.home.root.rglob("*"))
    before = office.home.private_database.read_bytes()
    assert cli.run_command(["deliver", "--dry-run", "--home", str(office.home.root)]) == 0
    shown = capsys.readouterr().out
    assert "=== 甲 → JINDU_HOOK (json)" in shown and "纠纷调解数" in shown
    assert "=== 乙 → 发不出：" in shown
    assert "hunter2" not in shown
    assert webhook.bodies == []
    assert office.home.private_database.read_bytes() == before
    left = {path.relative_to(office.home.root).as_posix() for path in office.home.root.rglob("*")} - {
        path.relative_to(office.home.root).as_posix() for path in files
    }
    assert left <= {".lock", "jindu.log"}
    sent = deliver(office.night(10), no_progress)
    assert sent.sent_count == 1 and f"· {webhook.bodies[0]['digest_id']}" in shown, "the very digest that then leaves"
