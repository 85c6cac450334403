"""The journal of a night: raw.run and raw.run_step tell the truth, also about a night that died."""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from jindu import night
from jindu.alerts import deliver
from jindu.last_run import last_attempt, last_sign_of_life
from jindu.lock import HomeLockedError
from jindu.settings import Home, JinduError, Night, Progress, StepReport
from jindu.warehouse.connection import connect

AS_OF = "2024-10-10T02:00:00+08:00"
HOLD = (
    sys.executable,
    "-c",
    "import sys, time; from pathlib import Path; from jindu.lock import take_lock; from jindu.settings import Home;"
    "take_lock(Home(Path(sys.argv[1]))); print('held', flush=True); time.sleep(float(sys.argv[2]))",
)
UNTIL_KILLED, A_WHILE = "600", "2"  # seconds: a busy machine takes its time


class Alarm:
    """Stands for alert_failure; keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, _night: Night, step: str, message_zh: str, _message_en: str, **_: bool) -> None:
        self.told.append((step, message_zh))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path / "home")
    yield found
    night.drop_lock(found)


@pytest.fixture
def alarm(monkeypatch: pytest.MonkeyPatch) -> Alarm:
    found = Alarm()
    monkeypatch.setattr(night, "alert_failure", found)
    return found


@pytest.fixture
def begin(home: Home, reference: Path) -> Callable[[], Night]:
    return lambda: night.open_night(str(home.root), str(reference), AS_OF)


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    with connect(home, read_only=True) as connection:
        return connection.execute(query).fetchall()


def fine(_night: Night, progress: Progress) -> StepReport:
    progress(1, 1)
    return StepReport("好", "fine", 1)


def broken(_night: Night, _progress: Progress) -> StepReport:
    raise JinduError("坏了", "broken")


def test_a_step_is_recorded(home: Home, begin: Callable[[], Night]) -> None:
    assert night.step(begin(), "collect", fine).count == 1
    assert rows(home, "select step, state, detail_zh, finished_at >= started_at from raw.run_step") == [
        ("collect", "completed", "好", True)
    ]


def test_progress_within_a_step_is_a_sign_of_life(home: Home, begin: Callable[[], Night]) -> None:
    long_ago = {"at": AS_OF}
    tonight = begin()
    assert last_sign_of_life(home, long_ago).isoformat() == AS_OF
    night.step(tonight, "read", fine)
    assert last_sign_of_life(home, long_ago).isoformat() > AS_OF


def test_a_failed_step_fails_the_night_and_alerts_once(
    home: Home, reference: Path, begin: Callable[[], Night], alarm: Alarm
) -> None:
    started = begin()
    with pytest.raises(JinduError) as caught:
        night.step(started, "read", broken)
    for _ in range(2):  # Prefect's hook, and the command's own safety net
        night.fail_night(str(home.root), str(reference), AS_OF, caught.value)
    assert rows(home, "select step, state, detail_en from raw.run_step") == [("read", "failed", "broken")]
    assert rows(home, "select attempt, state, failed_step, failure from raw.run") == [(1, "failed", "read", "坏了")]
    assert alarm.told == [("read", "坏了")]
    attempt = last_attempt(home)
    assert attempt is not None
    assert (attempt["state"], attempt["step"], attempt["message_en"]) == ("failed", "read", "broken")


def test_a_failure_before_the_night_began_is_recorded_too(home: Home, reference: Path, alarm: Alarm) -> None:
    night.take_lock(home)
    night.fail_night(str(home.root), str(reference), AS_OF, JinduError("参考数据有误", "bad reference"))
    assert rows(home, "select state, failed_step from raw.run") == [("failed", "start")]
    assert alarm.told == [("start", "参考数据有误")]


def test_who_does_not_hold_the_lock_records_nothing(home: Home, reference: Path, alarm: Alarm) -> None:
    night.fail_night(str(home.root), str(reference), AS_OF, JinduError("别人在用", "in use"))
    assert not home.private_database.exists()
    assert alarm.told == []


def test_an_attempt_whose_process_died_is_marked_at_the_next(home: Home, begin: Callable[[], Night]) -> None:
    def dies(_night: Night, _progress: Progress) -> StepReport:
        night.drop_lock(home)  # as the kernel does
        assert begin().attempt == 2
        return StepReport("", "")

    night.step(begin(), "core", dies)
    assert rows(home, "select attempt, state, failed_step from raw.run order by attempt") == [
        (1, "failed", "core"),
        (2, "running", None),
    ]


@pytest.mark.parametrize(
    ("done", "named"), [((), "start"), (("reference",), "collect"), (("reference", "collect"), "read")]
)
def test_a_process_that_died_between_two_steps_failed_at_the_one_due(
    home: Home, begin: Callable[[], Night], done: tuple[str, ...], named: str
) -> None:
    started = begin()
    for name in done:
        night.step(started, name, fine)
    night.drop_lock(home)  # as the kernel does
    begin()
    assert rows(home, "select state, failed_step from raw.run order by attempt") == [
        ("failed", named),
        ("running", None),
    ]


def test_who_sees_a_night_die_records_it_and_alerts(
    home: Home, reference: Path, begin: Callable[[], Night], alarm: Alarm
) -> None:
    """A worker whose night was killed: it holds no lock, and nobody does."""
    night.step(begin(), "collect", fine)
    night.drop_lock(home)
    for _ in range(2):
        night.fail_night(str(home.root), str(reference), AS_OF, RuntimeError("killed"))
    assert rows(home, "select attempt, state, failed_step from raw.run") == [(1, "failed", "read")]
    assert len(alarm.told) == 1
    assert night.lock_holder(home) is None


def test_a_reference_folder_that_is_gone_is_a_failure_that_is_told(home: Home, tmp_path: Path, alarm: Alarm) -> None:
    gone = str(tmp_path / "gone")
    with pytest.raises(JinduError) as caught:
        night.open_night(str(home.root), gone, AS_OF)
    night.fail_night(str(home.root), gone, AS_OF, caught.value)
    assert rows(home, "select state, failed_step from raw.run") == [("failed", "start")]
    assert len(alarm.told) == 1


def test_a_late_night_after_a_newer_one_is_refused_and_troubles_nobody(
    home: Home, reference: Path, begin: Callable[[], Night], alarm: Alarm, caplog: pytest.LogCaptureFixture
) -> None:
    night.close_night(begin())
    night.drop_lock(home)
    late = "2024-10-09T02:00:00+08:00"
    with pytest.raises(night.PastNightError) as caught:
        night.open_night(str(home.root), str(reference), late)
    night.fail_night(str(home.root), str(reference), late, caught.value)
    assert rows(home, "select run_id, state from raw.run") == [("2024-10-10T02:00:00", "completed")]
    assert alarm.told == []
    assert "could not be recorded" not in caplog.text


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize(("last_step", "is_refused"), [("publish", True), ("mart", False)])
def test_what_a_failed_night_published_is_not_taken_back_either(
    home: Home, reference: Path, begin: Callable[[], Night], last_step: str, is_refused: bool
) -> None:
    night.step(begin(), last_step, lambda _night, _progress: StepReport("", ""))
    night.fail_night(str(home.root), str(reference), AS_OF, RuntimeError("no page"))
    with pytest.raises(night.PastNightError) if is_refused else nullcontext():
        night.open_night(str(home.root), str(reference), "2024-10-09T02:00:00+08:00")


def test_a_night_that_another_process_is_at_is_left_to_it(
    home: Home, reference: Path, begin: Callable[[], Night], alarm: Alarm
) -> None:
    begin()
    night.drop_lock(home)
    with subprocess.Popen([*HOLD, str(home.root), UNTIL_KILLED], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        night.fail_night(str(home.root), str(reference), AS_OF, RuntimeError("killed"))
        other.kill()
    assert rows(home, "select state from raw.run") == [("running",)]
    assert alarm.told == []


def test_a_scheduled_night_that_waited_in_vain_is_told_and_remembered(
    home: Home, reference: Path, begin: Callable[[], Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox has the alert, and status says so until a later night; the other has the database to itself."""
    opened: list[Home] = []
    night.close_night(begin())
    night.drop_lock(home)
    due = "2024-10-11T02:00:00+08:00"
    with subprocess.Popen([*HOLD, str(home.root), UNTIL_KILLED], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HomeLockedError) as caught:
            night.open_night(str(home.root), str(reference), due)
        monkeypatch.setattr(deliver, "connect", opened.append)
        night.fail_night(str(home.root), str(reference), due, caught.value)
        other.kill()
    assert opened == []
    [alert] = home.outbox.glob("*.txt")
    assert "排定的夜间运行没有开始" in alert.read_text(encoding="utf-8")
    assert str(other.pid) in alert.read_text(encoding="utf-8")
    attempt = last_attempt(home)
    assert attempt is not None
    assert (attempt["state"], attempt["run_id"], attempt["attempt"]) == ("failed", "2024-10-11T02:00:00", 0)
    night.open_night(str(home.root), str(reference), due)
    later = last_attempt(home)
    assert later is not None
    assert (later["state"], later["run_id"], later["attempt"]) == ("running", "2024-10-11T02:00:00", 1)


def test_a_failure_that_cannot_be_recorded_is_told(home: Home, reference: Path) -> None:
    night.take_lock(home)
    home.private_database.write_bytes(b"not a database" * 1000)
    night.fail_night(str(home.root), str(reference), AS_OF, JinduError("数据库损坏", "a damaged database"))
    [alert] = home.outbox.glob("*.txt")
    assert "数据库损坏" in alert.read_text(encoding="utf-8")


@pytest.mark.parametrize("died", ["in a step", "before its journal", "and was buried"])
def test_a_night_given_up_is_recorded_and_told_once(
    home: Home, reference: Path, begin: Callable[[], Night], alarm: Alarm, died: str
) -> None:
    if died != "before its journal":
        night.step(begin(), "collect", fine)
        night.drop_lock(home)
    if died == "and was buried":
        night.open_night(str(home.root), str(reference), "2024-10-09T02:00:00+08:00")
        night.drop_lock(home)
    night.give_up_night(str(home.root), str(reference), AS_OF, 3)
    [(state, failure)] = rows(
        home, "select state, failure from raw.run where run_id like '2024-10-10%' order by attempt desc limit 1"
    )
    assert (state, failure.partition("（")[0]) == ("failed", "夜间运行 3 次中途结束")
    assert [step for step, _ in alarm.told] == ["read" if died == "in a step" else "start"]
    attempt = last_attempt(home)
    assert attempt is not None
    assert (attempt["state"], attempt["run_id"]) == ("failed", "2024-10-10T02:00:00")
    assert night.lock_holder(home) is None


@pytest.mark.parametrize("done", [AS_OF, "2024-10-11T02:00:00+08:00"], ids=["itself", "a later one"])
def test_a_night_given_up_when_all_is_done_troubles_nobody(
    home: Home, reference: Path, alarm: Alarm, caplog: pytest.LogCaptureFixture, done: str
) -> None:
    night.close_night(night.open_night(str(home.root), str(reference), done))
    night.drop_lock(home)
    night.give_up_night(str(home.root), str(reference), AS_OF, 3)
    assert rows(home, "select state from raw.run") == [("completed",)]
    assert alarm.told == []
    assert "could not be recorded" not in caplog.text


def test_a_night_given_up_while_the_home_is_taken_is_told(home: Home, reference: Path) -> None:
    with subprocess.Popen([*HOLD, str(home.root), UNTIL_KILLED], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        night.give_up_night(str(home.root), str(reference), AS_OF, 3)
        other.kill()
    [alert] = home.outbox.glob("*.txt")
    assert "夜间运行 3 次中途结束" in alert.read_text(encoding="utf-8")
    assert not home.private_database.exists()


def test_an_old_night_of_the_schedule_is_refused_and_not_failed(
    home: Home, reference: Path, begin: Callable[[], Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    night.close_night(begin())
    night.drop_lock(home)
    monkeypatch.setenv("PREFECT_HOME", str(home.prefect))
    nightly = importlib.import_module("flows.nightly").nightly
    asked = (str(home.root), str(reference), "2024-10-09T02:00:00+08:00")
    with pytest.raises(night.PastNightError):  # by hand
        nightly.fn(*asked)
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "a deployment")
    state = nightly.fn(*asked)
    assert (state.type.value, state.name) == ("COMPLETED", "Refused")
    assert "2024-10-10T02:00" in state.message


def test_a_scheduled_night_waits_for_who_is_at_work(home: Home, reference: Path) -> None:
    with subprocess.Popen([*HOLD, str(home.root), A_WHILE], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert night.open_night(str(home.root), str(reference), AS_OF, patience=30).attempt == 1
        assert other.wait() == 0


def test_a_retried_step_has_one_row(home: Home, begin: Callable[[], Night]) -> None:
    started = begin()
    with pytest.raises(JinduError):
        night.step(started, "collect", broken)
    night.step(started, "collect", fine)
    assert rows(home, "select step, state from raw.run_step") == [("collect", "completed")]


def test_a_closed_night_is_complete(home: Home, begin: Callable[[], Night]) -> None:
    started = begin()
    night.step(started, "collect", fine)
    night.close_night(started)
    assert rows(home, "select state, finished_at is not null from raw.run") == [("completed", True)]
    assert [(row.step, row.state) for row in night.step_times(home, started.run_id)] == [("collect", "completed")]


def test_a_terminal_that_is_gone_does_not_stop_the_night(
    begin: Callable[[], Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def __getattr__(self, _name: str) -> Callable[..., None]:
            def say(*_told: object) -> None:
                raise BrokenPipeError

            return say

    monkeypatch.setattr(night, "watchers", [Gone()])
    assert night.step(begin(), "collect", fine).count == 1
    assert night.watchers == []
