"""A failed run alerts too, once a night and step, and never makes things worse."""

import duckdb
import pytest

from jindu.alerts.deliver import alert_failure, deliver
from jindu.night import drop_lock, fail_night, take_lock
from jindu.settings import JinduError, no_progress

from .conftest import Mailbox, Office, Webhook


def test_a_failure_reaches_everyone_whose_scope_is_everything_once(
    office: Office, webhook: Webhook, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("工作群", "JINDU_HOOK")
    office.tell("管理员", "JINDU_MAIL", language="en")
    office.tell("红梅", "JINDU_HOOK", scope="350502004001")

    alert_failure(office.night(10), "gate-mart", "孤儿数对不上", "the orphans do not add up")
    alert_failure(office.night(10, attempt=2), "gate-mart", "孤儿数对不上", "the orphans do not add up")
    assert [body["title"] for body in webhook.bodies] == ["【进度】10月10日：夜间运行失败（发布关）"]
    assert "孤儿" not in webhook.bodies[0]["message"], "a summary does not quote data"
    [mail] = mailbox.mails
    text = mail.get_body(preferencelist=("plain",))
    assert text is not None and "the orphans do not add up" in text.get_content()

    alert_failure(office.night(11), "gate-mart", "孤儿数对不上", "the orphans do not add up")
    alert_failure(office.night(11), "publish", "磁盘满", "disk full")
    assert len(webhook.bodies) == 3


def test_with_nothing_configured_it_is_a_file(office: Office) -> None:
    office.tell("红梅", scope="350502004001")
    alert_failure(office.night(10), "core", "第一行\n第二行", "…")
    alert_failure(office.night(10), "core", "第一行\n第二行", "…")
    [file] = office.outbox()
    text = file.read_text(encoding="utf-8")
    assert "第一行" in text and "第二行" in text and "jindu status" in text


def test_a_dead_channel_does_not_raise_and_is_tried_by_the_next_attempt(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("工作群", "JINDU_HOOK")
    webhook.status = 503
    alert_failure(office.night(10), "core", "坏了", "broken")
    assert office.notified() == set()
    webhook.status = 200
    alert_failure(office.night(10, attempt=2), "core", "坏了", "broken")
    assert len(office.notified()) == 1


def test_before_the_reference_ever_loaded_recipient_csv_says_who(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.execute("drop table reference.recipient")
    office.reference.joinpath("recipient.csv").write_text("name,channel\n工作群,JINDU_HOOK\n,\n", encoding="utf-8-sig")
    alert_failure(office.night(10), "reference", "缺列", "a column is missing")
    alert_failure(office.night(10, attempt=2), "reference", "缺列", "a column is missing")
    assert len(webhook.bodies) == 1


def test_a_broken_database_still_alerts(office: Office) -> None:
    office.let_go()
    office.home.private_database.write_bytes(b"not a database" * 1000)
    with pytest.raises((duckdb.Error, JinduError)):
        office.notified()
    alert_failure(office.night(10), "core", "数据库损坏", "the database is damaged")
    [file] = office.outbox()
    assert "数据库损坏" in file.read_text(encoding="utf-8")


def test_one_failure_is_told_once_however_often_it_is_handed_in(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Prefect's hook and by the command, on a disk that takes no record of it."""
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.reference.joinpath("recipient.csv").write_text("name,channel\n统筹办,JINDU_HOOK\n", encoding="utf-8")
    office.let_go()
    office.home.private_database.unlink()
    office.home.private_database.symlink_to("/dev/full")
    take_lock(office.home)
    try:
        for _ in range(2):
            fail_night(
                str(office.home.root), str(office.reference), "2024-10-10T02:00", JinduError("磁盘已满", "disk full")
            )
    finally:
        drop_lock(office.home)
    assert len(webhook.bodies) == 1


def test_a_broken_disk_does_not_raise(office: Office) -> None:
    office.home.outbox.write_text("a file where the folder should be", encoding="utf-8")
    alert_failure(office.night(10), "core", "坏了", "broken")
    assert office.notified() == set()


def test_a_failure_goes_the_way_of_the_routes_and_is_called_off(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    for name in ("综治办", "统筹办"):
        office.tell(name, "JINDU_HOOK")
    office.execute("insert into reference.route by name select '综治办' as recipient_name, '综治办' as department")
    office.execute("insert into reference.route by name select '统筹办' as recipient_name, 'run_failed' as kind")
    alert_failure(office.night(10), "core", "坏了", "broken")
    assert {name for _, _, name in office.notified()} == {"统筹办"}

    office.open_case("f", "run_failed", None, None, to={"统筹办": 0})
    office.resolve("f")
    for event, day in (("opened", 10), ("resolved", 12)):
        office.execute(
            "insert into raw.alert_event by name select 'f' as case_id, ? as event, ? as happened_at,"
            " 'run_failed' as kind, ? as seen_at, 'r' as run_id",
            [event, office.night(day).as_of, office.night(12).as_of],
        )
    deliver(office.night(12), no_progress)
    deliver(office.night(13), no_progress)
    assert [body["title"] for body in webhook.bodies[1:]] == ["【进度】10月12日：解除 1 项"]
