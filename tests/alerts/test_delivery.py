"""A delivery is its own: what is published, once, recorded, with the home locked only while its database is open."""

import subprocess
import sys
from typing import Any

import pytest

from jindu import cli, delivery
from jindu.alerts import deliver as step
from jindu.commands import run
from jindu.delivery import UnsentError, deliver_published, insist, last_delivery
from jindu.lock import HomeLockedError, holds_lock
from jindu.warehouse.connection import connect

from .conftest import Office, Webhook

HOLD = """
import sys, time
from pathlib import Path
from jindu.lock import take_lock
from jindu.settings import Home
home = Home(Path(sys.argv[1]))
take_lock(home, path=home.root / sys.argv[2])
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""


def hold(office: Office, name: str, seconds: float) -> subprocess.Popen[str]:
    """Another process at work in the home."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(office.home.root), name, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def journal(office: Office) -> list[tuple[Any, ...]]:
    return office.execute("select state, sent_count, filed_count, unsent_count from raw.delivery order by started_at")


def test_what_is_published_is_told_and_recorded(office: Office) -> None:
    office.tell("甲")
    office.open_case("a", "missed", "350502004001", "mediated")
    assert deliver_published(str(office.home.root)).filed_count == 1
    assert deliver_published(str(office.home.root)).filed_count == 0
    assert journal(office) == [("completed", 0, 1, 0), ("completed", 0, 0, 0)]
    assert office.execute("select distinct as_of_at::text from raw.delivery") == [("2024-10-10 02:00:00+08",)]
    assert office.execute("select notified_at::text from raw.notification") == [("2024-10-10 02:00:00+08",)]
    remembered = last_delivery(office.home)
    assert remembered is not None
    assert (remembered["state"], remembered["unsent"]) == ("completed", [])


def test_what_a_failed_night_left_behind_is_not_told(office: Office) -> None:
    office.tell("甲")
    office.open_case("a", "missed", "350502004001", "mediated")
    with connect(office.home) as connection:
        connection.execute(f"attach '{office.home.published}' as published (read_only)")
        connection.execute(
            "create table mart.alert_case as select * replace ('b' as case_id) from published.mart.alert_case"
        )
    deliver_published(str(office.home.root))
    assert office.notified() == {("a", "opened", "甲")}


def test_the_home_is_free_while_a_digest_is_on_its_way(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.tell("甲")
    office.open_case("a", "missed", "350502004001", "mediated")
    held: list[bool] = []
    monkeypatch.setattr(step, "_file_away", lambda *_: held.append(holds_lock(office.home)))
    deliver_published(str(office.home.root))
    assert held == [False]
    assert len(office.notified()) == 1


@pytest.mark.parametrize("name", [".lock", ".delivery.lock"], ids=["a night", "another delivery"])
def test_who_is_at_work_is_waited_for(office: Office, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office.open_case("a", "missed", "350502004001", "mediated")
    with hold(office, name, 0.8) as other:
        deliver_published(str(office.home.root))
        assert other.wait() == 0
    assert len(office.notified()) == 1

    monkeypatch.setattr(step, "PATIENCE", 0.0)
    monkeypatch.setattr(delivery, "PATIENCE", 0.0)
    with hold(office, name, 30) as other:
        with pytest.raises(HomeLockedError, match=f"进程 {other.pid}"):
            deliver_published(str(office.home.root))
        other.kill()


def test_a_delivery_that_died_is_marked_by_the_next(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.open_case("a", "missed", "350502004001", "mediated")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_end", lambda *_: None)  # as if killed
        deliver_published(str(office.home.root))
    deliver_published(str(office.home.root))
    assert [state for state, *_ in journal(office)] == ["failed", "completed"]


def test_who_is_not_reached_is_named_and_needs_a_person(
    office: Office, webhook: Webhook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINDU_HOOK", webhook.url)
    office.tell("街道统筹办", "JINDU_HOOK")
    office.open_case("a", "missed", "350502004001", "mediated")
    webhook.status = 503
    assert cli.run_command(["deliver", "--home", str(office.home.root)]) == 1
    assert "1 份未发出" in capsys.readouterr().out
    assert journal(office) == [("unsent", 0, 0, 1)]
    remembered = last_delivery(office.home)
    assert remembered is not None
    assert (remembered["state"], remembered["unsent"]) == ("unsent", ["街道统筹办"])
    with pytest.raises(UnsentError, match="街道统筹办"):  # so that the schedule's flow tries again
        insist(deliver_published(str(office.home.root)))
    webhook.status = 200
    assert cli.run_command(["deliver", "--home", str(office.home.root)]) == 0
    assert len({body["digest_id"] for body in webhook.bodies}) == 1


def test_nothing_published_is_nothing_done(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.home.published.unlink()
    assert cli.run_command(["deliver", "--home", str(office.home.root)]) == 2
    assert "还没有发布过数据" in capsys.readouterr().err
    assert deliver_published(str(office.home.root)).count == 0, "the first morning's schedule is no failure"


@pytest.mark.parametrize(("raised", "state"), [(UnsentError("未", "un"), "failed"), (OSError("disk"), "failed")])
def test_a_delivery_that_fails_leaves_the_night_done(
    office: Office, monkeypatch: pytest.MonkeyPatch, raised: Exception, state: str
) -> None:
    class Flow:
        def with_options(self, **_: int) -> "Flow":
            return self

        def __call__(self, _home: str) -> None:
            raise raised

    monkeypatch.setattr("importlib.import_module", lambda _name: type("Module", (), {"delivery": Flow()}))
    assert run._deliver(office.home).state == state
