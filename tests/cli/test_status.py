"""`jindu status`: how a home is, and what needs a person."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from jindu import cli
from jindu.alerts.waiting import remember_digests, waiting_digests
from jindu.fault import STALE_AFTER
from jindu.last_run import remember_attempt
from jindu.report.status import LEAST_FREE_BYTES, Status, read_status, status_lines
from jindu.settings import OFFICE_TIMEZONE, Home, Night

AS_OF = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)
Told = Callable[[], dict[str, Any]]


def status_of(home: Home, hours: float = 1) -> Status:
    now = AS_OF + timedelta(hours=hours)
    return read_status(home, now, waiting_digests(home))


def codes(status: Status) -> list[str]:
    return [need.code for need in status.needs]


def test_what_needs_a_person_is_listed_by_urgency(published_home: Home) -> None:
    assert codes(status_of(published_home)) == ["missing", "held", "rejected", "gate"]


def test_data_that_no_night_renewed_are_stale(published_home: Home) -> None:
    hours = STALE_AFTER.total_seconds() / 3600
    assert "stale" not in codes(status_of(published_home, hours))
    assert codes(status_of(published_home, hours + 0.1))[0] == "stale"


def test_after_a_failed_night_nothing_says_that_none_has_run(published_home: Home) -> None:
    tonight = Night(published_home, published_home.reference, AS_OF, "2024-10-12T02:00:00", 1)
    remember_attempt(tonight, "failed", step="core", message_zh="磁盘满。", message_en="disk full.")
    status = status_of(published_home, 48)
    assert codes(status)[0] == "failed"
    assert "stale" not in codes(status)
    assert status.as_json()["is_stale"]
    assert "     磁盘满。再运行一次 jindu run 即可接着做完。" in status_lines(status, "zh")


def test_a_month_that_is_being_collected_shows_how_many_came(published_home: Home) -> None:
    (collecting,) = status_of(published_home).as_json()["collecting"]
    assert collecting == {
        "form": "社区月报", "report_month": "2024-10", "due_on": "2024-11-05", "asked": 1, "received": 0,
    }  # fmt: skip
    assert "正在收：社区月报 2024-10，已到 0/1，截止 2024-11-05" in status_lines(status_of(published_home), "zh")


def test_a_digest_that_no_channel_took_is_told_until_one_does(published_home: Home) -> None:
    unsent = {"recipient": "统筹办", "reason_zh": "连接被拒绝", "reason_en": "connection refused"}
    remember_digests(published_home, sent=[], filed=[], unsent=[unsent])
    assert codes(status_of(published_home))[-1] == "digests_unsent"
    assert status_of(published_home).as_json()["digests_unsent"] == [unsent]
    assert "     统筹办：连接被拒绝" in status_lines(status_of(published_home), "zh")
    remember_digests(published_home, sent=["统筹办"], filed=[], unsent=[])
    assert "digests_unsent" not in codes(status_of(published_home))


def test_a_digest_in_the_outbox_waits_until_it_was_handed_over(published_home: Home) -> None:
    published_home.outbox.mkdir()
    digest = published_home.outbox / "统筹办.txt"
    digest.write_text("…", encoding="utf-8")
    remember_digests(published_home, sent=[], filed=["统筹办"], unsent=[])
    remember_digests(published_home, sent=[], filed=[], unsent=[])  # a night with nothing new
    assert codes(status_of(published_home))[-1] == "digests_in_outbox"
    digest.unlink()
    remember_digests(published_home, sent=[], filed=[], unsent=[])
    assert "digests_in_outbox" not in codes(status_of(published_home))


def test_a_full_disk_is_told_before_a_night_fails_of_it(published_home: Home) -> None:
    status = status_of(published_home)
    full = Status(**{**vars(status), "free_bytes": LEAST_FREE_BYTES - 1})
    assert codes(full)[0] == "disk"


def test_a_home_without_a_night_says_how_to_run_one(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command(["status", "--home", f"{tmp_path}/new", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert [need["code"] for need in told["needs_person"]] == ["never_run"]
    assert f"jindu run --home {tmp_path}/new" in told["needs_person"][0]["zh"]


def test_nothing_that_leaves_with_the_status_is_half_translated(published_home: Home) -> None:
    shown = "\n".join(status_lines(status_of(published_home, 100), "en"))
    assert "needs a person" in shown
    assert "需要" not in shown
