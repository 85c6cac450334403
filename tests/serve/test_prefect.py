"""prefect.yaml on a real server, deployed as `jindu serve` does; one server for all of this."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jindu import prefect_server, worker
from jindu.lock import locked
from jindu.serve import next_times, schedules
from jindu.settings import OFFICE_TIMEZONE, Home
from jindu.warehouse.connection import connect

from .served import Served, below, due, wait_until

BEGUN_SECONDS = 120.0  # of a flow on a busy machine
SECONDS_TO_BE_TOLD = 120.0
A_NIGHT = datetime(2024, 6, 9, 18, tzinfo=UTC)  # 10 June, 02:00 in the office


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server, and on it what `jindu serve` deploys."""
    home = Home(tmp_path_factory.mktemp("serve") / "home")
    environment = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "JINDU_"))]:
        del os.environ[name]
    os.environ["JINDU_HOME"] = str(home.root)
    os.environ["JINDU_GUARD"] = f"http://127.0.0.1:{prefect_server.free_port()}/token"
    os.environ["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] = "30"
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    server = prefect_server.start(home)
    prefect_server.wait(server)
    worker.deploy(server.api_url, home.prefect / "deployed", "this start")
    assert server.process is not None
    guard = subprocess.Popen([sys.executable, "-m", "jindu.guard"], stderr=(home.prefect / "guard.log").open("wb"))
    yield Served(home, int(server.api_url.split(":")[2].split("/")[0]), server.process)
    guard.terminate()
    guard.wait()
    prefect_server.stop(server)
    os.environ.clear()
    os.environ.update(environment)


def deployment(served: Served, name: str) -> dict[str, Any]:
    found: dict[str, Any] = served.ask("GET", f"/deployments/name/{name}/{name}")
    return found


@pytest.fixture(scope="module")
def silenced(served: Served) -> tuple[str, float]:
    """A night killed together with the process that would have told of it; its flow run, and when."""
    with locked(served.home):  # the night waits, and has begun no journal
        run = create(served, {}, A_NIGHT + timedelta(days=1))
        command = [sys.executable, "-m", "prefect", "flow-run", "execute", run]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: heartbeats(served, run), BEGUN_SECONDS)
            for pid in [process.pid, *below(process.pid)]:
                os.kill(pid, signal.SIGKILL)
    return run, time.monotonic()


def heartbeats(served: Served, run: str) -> int:
    asked = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    return int(served.ask("POST", "/events/filter", {"filter": asked})["total"])


def test_a_night_killed_with_its_runner_tells_nobody(served: Served, silenced: tuple[str, float]) -> None:
    """Further down the office is told all the same: meanwhile the server misses the heartbeat."""
    run, _ = silenced
    assert served.state(run) == "RUNNING"


def test_the_schedules_are_those_of_the_office(served: Served) -> None:
    for name, hour in {"nightly": 2, "delivery": 8}.items():
        expected = wait_until(lambda name=name: scheduled(served, name), 30)
        assert (expected.hour, expected.minute) == (hour, 0)
        assert expected == next_times(datetime.now(OFFICE_TIMEZONE))[name]


def scheduled(served: Served, name: str) -> datetime | None:
    """When it is due next, in office time; None while the scheduler has not come round."""
    try:
        return due(served, name).astimezone(OFFICE_TIMEZONE)
    except IndexError:
        return None


@pytest.mark.parametrize("name", list(schedules()))
def test_one_run_at_a_time_and_the_next_waits(served: Served, name: str) -> None:
    found = deployment(served, name)
    assert found["global_concurrency_limit"]["limit"] == 1
    assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    assert found["work_pool_name"] == worker.POOL
    assert served.ask("GET", f"/work_pools/{worker.POOL}")["type"] == "process"


def test_a_deployment_knows_its_home(served: Served) -> None:
    assert deployment(served, "nightly")["parameters"] == {"home": str(served.home.root), "reference": ""}
    assert deployment(served, "delivery")["parameters"] == {"home": str(served.home.root)}


def test_a_second_worker_of_the_same_start_deploys_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def called(*_: str) -> None:
        raise AssertionError("deployed again")

    monkeypatch.setattr(worker, "_prefect", called)
    worker.deploy(served.api_url, served.home.prefect / "deployed", "this start")
    with pytest.raises(AssertionError, match="deployed again"):
        worker.deploy(served.api_url, served.home.prefect / "deployed", "the next start")


def test_a_late_night_that_fails_is_of_the_moment_it_was_due(served: Served, tmp_path: Path) -> None:
    """Without as_of the journal and the failure hook agree on the moment, and the office is told at once."""
    (tmp_path / "reference").mkdir()
    run = create(served, {"reference": str(tmp_path / "reference")})
    subprocess.run(
        [sys.executable, "-m", "prefect", "flow-run", "execute", run], check=False, stdin=subprocess.DEVNULL,
        capture_output=True, env=os.environ,
    )  # fmt: skip
    assert served.state(run) == "FAILED"
    with connect(served.home, read_only=True) as connection:
        attempts = connection.execute("select run_id, attempt, state, failed_step from raw.run").fetchall()
    assert attempts == [("2024-06-10T02:00:00", 1, "failed", "reference")]
    [_] = [path for path in served.home.outbox.glob("*.txt") if "2024-06-10 02:00" in path.read_text("utf-8")]


def create(served: Served, parameters: dict[str, str], moment: datetime = A_NIGHT) -> str:
    """A run of the nightly deployment that was due long ago."""
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment.isoformat()}}
    found = deployment(served, "nightly")
    body = {"parameters": parameters, "state": state, "enforce_parameter_schema": True}
    return str(served.ask("POST", f"/deployments/{found['id']}/create_flow_run", body)["id"])


def test_a_night_that_fell_silent_is_told_within_two_minutes(served: Served, silenced: tuple[str, float]) -> None:
    """Nothing of the night is left, and its journal never began: Prefect's automation calls the guard."""
    _, killed_at = silenced
    [alert] = wait_until(
        lambda: [
            text
            for path in served.home.outbox.glob("*.txt")
            if "没有声息" in (text := path.read_text(encoding="utf-8"))
        ],
        SECONDS_TO_BE_TOLD - (time.monotonic() - killed_at),
    )
    assert "2024-06-11 02:00 的夜间运行没有声息" in alert


@pytest.mark.parametrize(
    ("left", "tries", "becomes"),
    [
        ("RUNNING", 1, "SCHEDULED"),
        ("PENDING", 0, "SCHEDULED"),
        ("RUNNING", 3, "CRASHED"),
        ("CANCELLING", 1, "CANCELLED"),
    ],
)
def test_what_a_dead_worker_left_is_taken_up(served: Served, left: str, tries: int, becomes: str) -> None:
    run = create(served, {})
    for state in ["RUNNING", "SCHEDULED"] * max(0, tries - 1) + (["RUNNING"] if tries else []) + [left]:
        served.ask("POST", f"/flow_runs/{run}/set_state", {"state": {"type": state}, "force": True})
    worker.take_up(served.api_url)
    found = served.ask("GET", f"/flow_runs/{run}")
    assert found["state_type"] == becomes
    assert datetime.fromisoformat(found["expected_start_time"]) == A_NIGHT, "it is still the same night"
