"""jindu serve before it becomes the supervisor, and the tie that leaves no process behind."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from jindu import cli, lock, prefect_server, worker
from jindu.memory import remember
from jindu.serve import PROGRAMS, configuration, environment, next_times, schedules
from jindu.settings import OFFICE_TIMEZONE, Home
from jindu.warehouse.connection import connect

from .served import alive, below, wait_until

TIED = """
import subprocess, sys
import os
named = [str(os.getpid())] if sys.argv[1] == "True" else []
child = subprocess.Popen([sys.executable, "-m", "jindu.tether", *named, "sleep", "60"])
print(child.pid, flush=True)
sys.stdin.read()
"""
HOLD = """
import sys
from pathlib import Path
from jindu.lock import take_lock
from jindu.settings import Home
home = Home(Path(sys.argv[1]))
take_lock(home, path=home.serve_lock)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "100% home")


@pytest.fixture
def other_serve(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A process that serves the home."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_TIMEZONE)


@pytest.mark.parametrize(
    ("now", "nightly", "delivery"),
    [
        ("2027-01-31T23:59", "2027-02-01T02:00", "2027-02-01T08:00"),
        ("2027-02-01T02:00", "2027-02-02T02:00", "2027-02-01T08:00"),
        ("2027-12-31T09:00", "2028-01-01T02:00", "2028-01-01T08:00"),
    ],
)
def test_the_next_times_are_office_time(now: str, nightly: str, delivery: str) -> None:
    assert next_times(at(now)) == {"nightly": at(nightly), "delivery": at(delivery)}
    assert {zone for _, zone in schedules().values()} == {OFFICE_TIMEZONE.key}


def test_a_second_serve_is_told_who_is_first(
    home: Home, other_serve: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run_command(["serve", "--home", str(home.root)]) == 2
    assert f"已经有 jindu serve 在运行（进程 {other_serve.pid}" in capsys.readouterr().err


def test_a_taken_port_is_said_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.run_command(["--lang", "en", "serve", "--home", str(home.root), "--port", str(port)]) == 2
    lock.drop_lock(home, path=home.serve_lock)
    assert f"127.0.0.1:{port} cannot be used" in capsys.readouterr().err


def test_every_program_is_tied_restarted_and_logged(home: Home, tmp_path: Path) -> None:
    config = configuration(home, tmp_path / "reference", "127.0.0.1", 4200)
    programs = [name for name in config.sections() if name.startswith("program:")]
    assert programs == [f"program:{name}" for name in PROGRAMS]
    assert [config[name]["priority"] for name in programs] == ["1", "2", "3", "4"]
    assert config["supervisord"]["logfile"] == str(home.log / "supervisord.log").replace("%", "%%")
    for name in programs:
        words = shlex.split(config[name]["command"].replace("%%", "%"))
        assert words[:4] == [sys.executable, "-m", "jindu.tether", str(os.getpid())]
        assert words[4:6] == [sys.executable, "-m"]
        assert find_spec(words[6]) is not None
        assert (config[name]["autorestart"], config[name]["killasgroup"]) == ("true", "true")
        assert config[name]["stdout_logfile"].replace("%%", "%").startswith(str(home.log))
    watch = shlex.split(config["program:watch"]["command"].replace("%%", "%"))
    assert watch[7] in cli.COMMANDS
    assert watch[8:] == ["--home", str(home.root), "--reference", str(tmp_path / "reference")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_program_speaks_the_language_of_the_command(home: Home, lang: str) -> None:
    assert environment(home, None, "http://127.0.0.1:9/api", lang)["JINDU_LANG"] == lang


def test_the_office_is_told_of_a_night_that_is_given_up(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {
        "id": "1", "name": "a-night", "flow_id": "nightly", "state_type": "RUNNING", "run_count": 3,
        "expected_start_time": "2024-10-09T18:00:00.000000Z",
        "parameters": {"home": str(home.root), "reference": str(tmp_path)},
    }  # fmt: skip
    sent = left | {"id": "2", "name": "a-delivery", "flow_id": "delivery"}
    became: dict[str, str] = {}

    def ask(_url: str, _method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if path == "/flow_runs/filter":
            return [left, sent]
        if path.startswith("/flows/"):
            return {"name": path.removeprefix("/flows/")}
        assert body is not None
        became[path] = body["state"]["type"]
        return {}

    monkeypatch.setattr(worker, "_ask", ask)
    worker.take_up("http://127.0.0.1:9/api")
    assert became == {"/flow_runs/1/set_state": "CRASHED", "/flow_runs/2/set_state": "CRASHED"}
    with connect(home, read_only=True) as connection:
        runs = connection.execute("select run_id, state, failed_step from raw.run").fetchall()
    assert runs == [("2024-10-10T02:00:00", "failed", "start")]
    [alert] = home.outbox.glob("*.txt")
    assert "夜间运行 3 次中途结束" in alert.read_text(encoding="utf-8")


@pytest.mark.parametrize("is_named", [True, False], ids=["parent named", "parent found"])
def test_a_tied_program_ends_with_its_killed_parent(is_named: bool) -> None:
    command = [sys.executable, "-c", TIED, str(is_named)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        wait_until(lambda: any(line == "sleep 60" for line in alive(below(parent.pid)).values()), 10)
        family = below(parent.pid)
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not alive(family), 5)


def test_a_program_whose_parent_is_gone_already_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jindu.tether", "1", "echo", "started"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_run_by_hand_uses_the_server_that_serves_the_home(
    home: Home, other_serve: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.setenv("PREFECT_HOME", "")
    home.prefect.mkdir(parents=True)
    remember(prefect_server.serving_file(home), {"api_url": "http://127.0.0.1:9/api", "pid": other_serve.pid})
    server = prefect_server.start(home)
    assert (server.api_url, server.process) == ("http://127.0.0.1:9/api", None)
    assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:9/api"


def test_no_proxy_stands_between_this_machine_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "10.0.0.1,localhost")
    assert prefect_server.spare_loopback()["no_proxy"] == "10.0.0.1,localhost,127.0.0.1"
