"""What is wrong with the nights is seen and told from the home's files alone: no database, no Prefect, no night."""

import http.client
import json
import os
import queue
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from jindu import cli, fault, guard, watchdog
from jindu.alerts import channel, digest
from jindu.alerts.channel import ChannelError
from jindu.alerts.office import Told, note_told, tell_office
from jindu.fault import HANGS_AFTER, STALE_AFTER, look
from jindu.last_run import remember_attempt, remember_unrecorded, show_life
from jindu.lock import locked
from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse.connection import set_timezone

NOW = datetime.now(OFFICE_TIMEZONE)
HOUR = timedelta(hours=1)
STEP_NAMES = {"step": "core"}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for temporary files that holds nothing of other homes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that published last night."""
    found = Home(tmp_path / "home")
    publish(found, NOW - 5 * HOUR)
    return found


def publish(home: Home, as_of: datetime) -> None:
    home.published.parent.mkdir(parents=True, exist_ok=True)
    home.published.unlink(missing_ok=True)
    with duckdb.connect(home.published) as connection:
        set_timezone(connection)
        connection.execute("create schema mart; create table mart.run (as_of_at timestamptz)")
        connection.execute("insert into mart.run values (?)", [as_of])


def night(home: Home, as_of: datetime = NOW) -> Night:
    return Night(home, home.reference, as_of, "a night", 1)


def codes(home: Home, now: datetime) -> list[str]:
    return [one.code for one in look(home, now)]


def test_a_good_night_is_well_and_grows_stale(home: Home) -> None:
    remember_attempt(night(home), "completed")
    last = NOW - 5 * HOUR
    assert codes(home, last + STALE_AFTER) == []
    [stale] = look(home, last + STALE_AFTER + HOUR * 24)
    assert stale.code == "stale"
    assert "此后没有进行过夜间运行" in stale.zh


def test_a_night_of_a_past_moment_is_no_missing_night(home: Home) -> None:
    publish(home, NOW - 90 * 24 * HOUR)
    remember_attempt(night(home), "completed")
    [stale] = look(home, NOW)
    assert "已发布的数据是 90 天前的：最近一次运行以" in stale.zh
    assert "--as-of" in stale.remedy_zh


def test_right_after_a_failed_night_nobody_is_told_that_none_ran(home: Home) -> None:
    publish(home, NOW - 3 * 24 * HOUR)
    remember_attempt(night(home), "failed", step="gate-core", message_zh="孤儿数对不上", message_en="…")
    [failed] = look(home, NOW)
    assert (failed.code, failed.detail_zh) == ("failed", "孤儿数对不上")
    assert "expectations/" in failed.remedy_zh


def test_a_failure_that_the_database_does_not_know_counts_too(home: Home) -> None:
    remember_attempt(night(home, NOW - 24 * HOUR), "completed")
    remember_unrecorded(night(home), step="start", message_zh="别人在用", message_en="taken")
    assert codes(home, NOW) == ["failed"]


def test_a_night_at_work_is_well_until_it_shows_no_life_for_an_hour(home: Home) -> None:
    publish(home, NOW - 3 * 24 * HOUR)
    remember_attempt(night(home), "running", **STEP_NAMES)
    assert codes(home, NOW) == ["failed"], "nobody holds the lock: it has died"
    with locked(home):
        assert codes(home, NOW + HANGS_AFTER / 2) == []
        [hangs] = look(home, NOW + HANGS_AFTER + HOUR)
        assert hangs.code == "hangs"
        assert f"kill {os.getpid()}" in hangs.remedy_zh
        show_life(home)
        later = NOW.timestamp() + HANGS_AFTER.total_seconds()
        os.utime(home.root / ".sign_of_life", (later, later))
        assert codes(home, NOW + HANGS_AFTER + HOUR / 2) == []


@pytest.mark.parametrize(
    ("said", "limit"), [("90", timedelta(seconds=90)), ("", HANGS_AFTER), ("0", HANGS_AFTER), ("1h", HANGS_AFTER)]
)
def test_an_office_may_have_another_limit(
    home: Home, monkeypatch: pytest.MonkeyPatch, said: str, limit: timedelta
) -> None:
    monkeypatch.setenv("JINDU_HANGS_AFTER", said)
    remember_attempt(night(home), "running", **STEP_NAMES)
    second = timedelta(seconds=2)
    with locked(home):
        now = datetime.now(OFFICE_TIMEZONE)
        assert codes(home, now + limit - second) == []
        assert codes(home, now + limit + second) == ["hangs"]


def test_a_damaged_copy_is_told_and_a_home_without_a_night(home: Home) -> None:
    home.published.write_bytes(b"no database" * 1000)
    assert codes(home, NOW) == ["unreadable"]
    home.published.unlink()
    assert codes(home, NOW) == ["never_run"]


def test_what_was_published_and_is_gone_is_not_called_never_run(home: Home) -> None:
    remember_attempt(night(home), "completed")
    home.published.unlink()
    assert codes(home, NOW) == ["missing"]


@pytest.mark.parametrize(
    "said",
    [
        "{",
        "[]",
        '{"state":"failed"}',
        '{"state":"failed","run_id":"a","as_of":"x","at":"y"}',
        '{"state":"?","run_id":"a","as_of":"2024-10-10T02:00:00+08:00","at":"2024-10-10T02:00:00+08:00"}',
        '{"state":"failed","run_id":"a","as_of":"2024-10-10T02:00:00","at":"2024-10-10T02:00:00"}',
    ],
)
def test_a_record_that_makes_no_sense_is_told(
    home: Home, reference: Path, hook: list[dict[str, str]], said: str
) -> None:
    (home.root / "last_run.json").write_text(said, "utf-8")
    (home.root / "faults_told.json").write_text('{"odd_record last_run.json": 1, "b": {"day": 2}}', "utf-8")
    command = ["watchdog", "--home", str(home.root), "--reference", str(reference)]
    assert cli.run_command(command) == 1
    assert "读不懂" in hook[0]["title"]
    assert cli.run_command(command) == 1
    assert len(hook) == 1


def test_whatever_keeps_it_from_looking_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.published.unlink()
    home.published.mkdir()
    (home.root / "last_run.json").mkdir()
    assert set(codes(home, NOW)) == {"odd_record", "unreadable"}
    monkeypatch.setattr(fault, "FULL_BYTES", None)  # stands for whatever nobody has thought of
    assert codes(home, NOW) == ["cannot_look"]


def test_a_delivery_that_died_is_told(home: Home) -> None:
    record = {"state": "running", "at": "2024-10-10T08:00:00+08:00"}
    (home.root / "last_delivery.json").write_text(json.dumps(record), "utf-8")
    with locked(home, path=home.delivery_lock):
        assert codes(home, NOW) == []
    [died] = look(home, NOW)
    assert died.zh == "2024-10-10 08:00 的发送提醒中途结束，可能有人没有收到"
    assert "jindu deliver" in died.remedy_zh


def test_a_delivery_that_failed_is_told_with_its_own_words(home: Home) -> None:
    record = {"state": "failed", "at": "2024-10-10T08:00:00+08:00", "message_zh": "坏了", "message_en": "broken"}
    (home.root / "last_delivery.json").write_text(json.dumps(record), "utf-8")
    [failed] = look(home, NOW)
    assert (failed.zh, failed.detail_zh) == ("2024-10-10 08:00 的发送提醒失败，可能有人没有收到", "坏了")
    (home.root / "last_delivery.json").write_text(json.dumps(record | {"state": "unsent"}), "utf-8")
    assert look(home, NOW) == [], "who was not reached is tried again"


def test_steps_and_moments_are_named_as_people_call_them(home: Home) -> None:
    due = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)
    remember_attempt(night(home, due), "failed", step="gate-incoming", message_zh="坏了", message_en="broken")
    [failed] = look(home, NOW)
    assert "2024-10-10 02:00 的夜间运行停在“报送关”" in failed.zh
    assert "gate-" not in failed.zh


def test_a_full_disk_hides_nothing(home: Home, reference: Path, hook: list[dict[str, str]]) -> None:
    """Each file that the look writes refuses every byte."""
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    for path in (home.watchdog_lock, home.root / "faults_told.tmp"):
        path.symlink_to("/dev/full")
    command = ["watchdog", "--home", str(home.root), "--reference", str(reference)]
    assert cli.run_command(command) == 1
    assert cli.run_command(command) == 1
    assert len(hook) == 1, "told once, although the home cannot remember it"


def test_a_disk_without_room_is_a_fault_itself(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault, "FULL_BYTES", float("inf"))
    [full] = look(home, NOW)
    assert full.zh == "工作目录所在的磁盘已满"


def test_two_homes_with_the_same_fault_have_messages_of_two_numbers(
    home: Home, reference: Path, hook: list[dict[str, str]], tmp_path: Path
) -> None:
    other = Home(tmp_path / "other")
    publish(other, NOW - 5 * HOUR)
    for one in (home, other):
        remember_attempt(night(one), "failed", step="core", message_zh="坏了", message_en="broken")
        tell_office(one, reference, look(one, NOW), NOW)
    assert len({body["message"].rpartition("提醒编号")[2] for body in hook}) == 2


def test_what_analysts_see_is_said_only_where_they_see_it(
    home: Home, reference: Path, hook: list[dict[str, str]]
) -> None:
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    tell_office(home, reference, look(home, NOW), NOW)
    home.published.write_bytes(b"no database" * 1000)
    tell_office(home, reference, look(home, NOW), NOW + 24 * HOUR)
    assert ["分析人员" in body["message"] for body in hook] == [True, False, False]


def test_what_failed_has_one_name_everywhere() -> None:
    assert digest.failure_key("2024-10-10T02:00:00", "core")[0] == fault.failure_key("2024-10-10T02:00:00", "core")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """What a real receiver on loopback was sent."""
    bodies: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("JINDU_HOOK", f"json://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(channel, "PAUSES", (0.0,))
    yield bodies
    server.shutdown()
    server.server_close()


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """The office's own recipient, and one of a single unit."""
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "recipient.csv").write_text("name,channel,scope\n统筹办,JINDU_HOOK,\n红梅,JINDU_HOOK,101\n", "utf-8")
    return folder


def test_the_office_is_told_of_a_fault_once_a_day(home: Home, reference: Path, hook: list[dict[str, str]]) -> None:
    remember_attempt(night(home), "failed", step="core", message_zh="红梅 12", message_en="…")
    for moment in (NOW, NOW, NOW + 24 * HOUR):
        [told] = tell_office(home, reference, look(home, NOW), moment)
        assert told.sent + told.earlier == ["统筹办"]
    assert len(hook) == 2
    assert "夜间运行失败" in hook[0]["title"]
    assert "jindu run" in hook[0]["message"]
    assert "红梅 12" not in hook[0]["message"], "a summary does not quote data"


def test_nobody_is_told_in_quiet_hours(home: Home, reference: Path, hook: list[dict[str, str]]) -> None:
    (reference / "recipient.csv").write_text(
        "name,channel,quiet_from,quiet_to\n统筹办,JINDU_HOOK,22:00,07:00\n", "utf-8"
    )
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    for hour, count in ((2, 0), (8, 1)):
        tell_office(home, reference, look(home, NOW), NOW.replace(hour=hour))
        assert len(hook) == count


def test_a_failed_night_that_told_the_office_itself_is_not_told_again(
    home: Home, reference: Path, hook: list[dict[str, str]]
) -> None:
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    note_told(home, fault.failure_key("a night", "core"), ["统筹办"], NOW)
    [told] = tell_office(home, reference, look(home, NOW), NOW)
    assert (told.earlier, hook) == (["统筹办"], [])


def test_whom_no_channel_reaches_is_told_by_the_next_look(
    home: Home, reference: Path, hook: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    command = ["watchdog", "--home", str(home.root), "--reference", str(reference)]
    address = os.environ["JINDU_HOOK"]
    monkeypatch.setenv("JINDU_HOOK", "json://127.0.0.1:9/")
    assert cli.run_command(command) == 2
    monkeypatch.setenv("JINDU_HOOK", address)
    assert cli.run_command(command) == 1
    assert len(hook) == 1


def test_a_home_that_cannot_be_written_is_told_of_all_the_same(
    home: Home, reference: Path, hook: list[dict[str, str]]
) -> None:
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    home.watchdog_lock.mkdir()
    (home.root / "faults_told.tmp").mkdir()
    noon = NOW.replace(hour=12)
    watching = guard.Guard(home, "http://127.0.0.1:9/api", since=noon - HOUR)
    watching.look(noon)
    for moment in (noon + guard.SETTLED_WITHIN, noon + guard.SETTLED_WITHIN * 2):
        for told in watchdog.tell(home, reference, watching.look(moment), moment):
            watching.learn(told, moment)
    assert len(hook) == 1


def test_the_exit_code_says_how_it_is(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["watchdog", "--reference", str(tmp_path), "--home"]
    assert cli.run_command([*command, str(home.root)]) == 0
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    assert cli.run_command([*command, str(home.root), "--dry-run"]) == 1
    assert not home.outbox.exists()
    assert cli.run_command([*command, str(home.root)]) == 1
    assert "没有通道，写入 outbox/" in capsys.readouterr().out
    assert len(list(home.outbox.glob("*.txt"))) == 1
    assert cli.run_command([*command, str(home.root)]) == 1
    assert "今天已告知过" in capsys.readouterr().out
    assert cli.run_command([*command, str(tmp_path / "nowhere")]) == 2
    assert not (tmp_path / "nowhere").exists()


def test_under_serve_what_heals_by_itself_has_its_time(home: Home) -> None:
    watching = guard.Guard(home, "http://127.0.0.1:9/api", since=NOW)
    remember_attempt(night(home), "running", step="core")
    assert watching.look(NOW) == []
    assert watching.look(NOW + guard.SETTLED_WITHIN) == [], "the machine was off: the night is taken up"
    remember_attempt(night(home), "completed")
    publish(home, NOW - 9 * 24 * HOUR)
    assert watching.look(NOW) == [], "the machine was off, and the late night comes first"
    assert [one.code for one in watching.look(NOW + HOUR)] == ["stale"]
    remember_attempt(night(home), "running", step="core")
    assert watching.look(NOW + HOUR) == [], "the worker that died under it takes it up"
    remember_attempt(night(home), "completed")
    publish(home, NOW)
    assert watching.look(NOW + 2 * HOUR) == []
    remember_attempt(night(home), "running", step="core")
    assert watching.look(NOW + 2 * HOUR) == []
    assert [one.code for one in watching.look(NOW + 2 * HOUR + guard.SETTLED_WITHIN)] == ["failed"]


def test_a_channel_that_does_not_answer_is_tried_again_in_a_while(home: Home) -> None:
    watching = guard.Guard(home, "http://127.0.0.1:9/api", since=NOW - HOUR)
    remember_attempt(night(home), "failed", step="core", message_zh="坏了", message_en="broken")
    assert watching.look(NOW) == [], "the night tells it itself"
    later = NOW + guard.SETTLED_WITHIN
    [failed] = watching.look(later)
    watching.learn(Told(failed, unreached=[("统筹办", ChannelError("没有回应", "no answer"))]), later)
    assert watching.look(later + guard.BETWEEN_TRIES / 2) == []
    assert watching.look(later + guard.BETWEEN_TRIES) == [failed]


@pytest.fixture
def prefect() -> Iterator[tuple[str, dict[str, dict[str, object]]]]:
    """A server on loopback that answers as Prefect's does: its address, and what it says of each path."""
    answers: dict[str, dict[str, object]] = {"/flows/1": {"name": "nightly"}, "/flows/2": {"name": "delivery"}}

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in answers else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path)).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()


def run_of(flow: int, state: str) -> dict[str, object]:
    begun = (NOW - HOUR).isoformat()
    return {
        "flow_id": flow,
        "state_type": state,
        "state": {"message": "No module named flows"},
        "parameters": {},
        "expected_start_time": begun,
        "start_time": begun,
    }


@pytest.mark.parametrize(
    ("why", "run", "said"),
    [
        ("failed", (1, "CRASHED"), ["的夜间运行失败"]),
        ("failed", (2, "FAILED"), ["的发送提醒失败"]),
        ("failed", (1, "COMPLETED"), []),  # tried again, and done
        ("silent", (1, "RUNNING"), ["的夜间运行没有声息，进程可能已经中断"]),
        ("silent", (1, "SCHEDULED"), []),  # taken up
        ("unfinished", (2, "RUNNING"), ["的发送提醒一小时还没有结束"]),
        ("late", (1, "SCHEDULED"), ["的夜间运行过了半小时还没有开始"]),
        ("late", (1, "RUNNING"), []),
    ],
)
def test_what_prefect_alone_knows_is_told(
    home: Home, prefect: tuple[str, dict[str, dict[str, object]]], why: str, run: tuple[int, str], said: list[str]
) -> None:
    url, answers = prefect
    answers["/flow_runs/a"] = run_of(*run)
    watching = guard.Guard(home, url, since=NOW, calls=[guard.Call(why, "a", NOW)])
    assert watching.look(NOW) == [], "the hooks have their time"
    found = watching.look(NOW + guard.JOURNAL_WITHIN)
    assert ["的" + one.zh.partition(" 的")[2] for one in found] == said


def test_what_the_journal_tells_of_the_same_run_is_not_told_twice(
    home: Home, prefect: tuple[str, dict[str, dict[str, object]]]
) -> None:
    url, answers = prefect
    answers["/flow_runs/a"] = run_of(1, "FAILED")
    due = (NOW - HOUR).replace(microsecond=0)
    remember_attempt(night(home, due), "failed", step="core", message_zh="坏了", message_en="broken")
    watching = guard.Guard(home, url, since=NOW, calls=[guard.Call("failed", "a", NOW)])
    assert watching.look(NOW + guard.JOURNAL_WITHIN) == []
    assert watching.reported == []


def test_a_delivery_that_says_itself_that_it_failed_is_not_told_twice(
    home: Home, prefect: tuple[str, dict[str, dict[str, object]]]
) -> None:
    url, answers = prefect
    answers["/flow_runs/a"] = run_of(2, "FAILED")
    for at, codes_found in ((NOW, ["delivery"]), (NOW - 2 * HOUR, ["delivery", "unknown"])):
        (home.root / "last_delivery.json").write_text(json.dumps({"state": "failed", "at": at.isoformat()}), "utf-8")
        watching = guard.Guard(home, url, since=NOW - HOUR, calls=[guard.Call("failed", "a", NOW)])
        watching.look(NOW)
        later = NOW + guard.SETTLED_WITHIN
        assert [one.code for one in watching.look(later)] == codes_found


def test_a_night_that_is_frozen_is_told_though_the_journal_knows_it(
    home: Home, prefect: tuple[str, dict[str, dict[str, object]]]
) -> None:
    url, answers = prefect
    answers["/flow_runs/a"] = run_of(1, "RUNNING")
    remember_attempt(night(home, (NOW - HOUR).replace(microsecond=0)), "running", step="core")
    called = datetime.now(OFFICE_TIMEZONE) + timedelta(seconds=65)
    for holds, moment, count in ((True, called, 1), (False, called, 0), (True, called - timedelta(seconds=60), 0)):
        watching = guard.Guard(home, url, since=NOW - HOUR, calls=[guard.Call("silent", "a", moment)])
        with locked(home) if holds else nullcontext():
            found = watching.look(moment + guard.JOURNAL_WITHIN)
        assert len(found) == count, (holds, moment)
        assert all("没有声息" in one.zh and f"kill -9 {os.getpid()}" in one.remedy_zh for one in found)


def test_the_guard_takes_what_prefect_says_and_nothing_else() -> None:
    calls: queue.Queue[guard.Call] = queue.Queue()
    server = guard.listen("http://127.0.0.1:0/token", calls)
    run = "387d5fa6-9055-4358-869e-8553c7ae05d9"
    for path, said, answer in (
        ("/token", f"silent prefect.flow-run.{run}", 204),
        ("/another", f"silent prefect.flow-run.{run}", 404),
        ("/token", f"burning prefect.flow-run.{run}", 404),
        ("/token", "silent prefect.flow-run.../../flows", 404),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("POST", path, said.encode())
        assert connection.getresponse().status == answer
        connection.close()
    server.shutdown()
    server.server_close()
    call = calls.get_nowait()
    assert (call.why, call.run) == ("silent", run)
    assert calls.empty()
