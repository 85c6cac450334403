"""A `jindu serve` of a small office, seen from outside: its processes, its server, its home."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from jindu.prefect_server import answers, opener
from jindu.settings import Home

Found = TypeVar("Found")
BUSY = 503  # the server's database is being written, as Prefect's own client knows


@dataclass
class Served:
    """A supervisor and what it keeps alive."""

    home: Home
    port: int
    process: subprocess.Popen[bytes]

    @property
    def api_url(self) -> str:
        """Where its Prefect server answers."""
        return f"http://127.0.0.1:{self.port}/api"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The server's answer."""
        request = urllib.request.Request(
            self.api_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        for pause in (0.5, 2.0, 5.0, 0.0):
            try:
                with opener().open(request, timeout=10) as response:
                    answer = response.read()
                    return json.loads(answer) if answer else None
            except urllib.error.HTTPError as error:
                if error.code != BUSY or not pause:
                    raise
            time.sleep(pause)

    def trigger(self, deployment: str, **parameters: str) -> str:
        """Have a deployment run now; the flow run's id."""
        found = self.ask("GET", f"/deployments/name/{deployment}/{deployment}")
        created = self.ask("POST", f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return str(created["id"])

    def pause(self, deployment: str) -> None:
        """Have a deployment run only when it is triggered: a real 02:00 would be later than every night of a test."""
        found = self.ask("GET", f"/deployments/name/{deployment}/{deployment}")
        self.ask("POST", f"/deployments/{found['id']}/pause_deployment")

    def schedule(self, deployment: str, moment: str) -> str:
        """Have a deployment due at a moment, without parameters, as its schedule would; the flow run's id."""
        found = self.ask("GET", f"/deployments/name/{deployment}/{deployment}")
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment}}
        return str(self.ask("POST", f"/deployments/{found['id']}/create_flow_run", {"state": state})["id"])

    def state(self, flow_run_id: str) -> str:
        """A flow run's state, such as COMPLETED; UNKNOWN while the server is away."""
        try:
            return str(self.ask("GET", f"/flow_runs/{flow_run_id}")["state_type"])
        except OSError:
            return "UNKNOWN"

    def children(self) -> dict[str, int]:
        """Process id of each program that is up, by name."""
        return {
            name: pid
            for pid, line in command_lines(below(self.process.pid)).items()
            for name, words in MARKS.items()
            if words in line
        }

    def journal(self) -> dict[str, Any]:
        """What the home remembers of its newest night."""
        try:
            found: dict[str, Any] = json.loads((self.home.root / "last_run.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return found


MARKS = {  # what a program's command line has that no other's has
    "server": "prefect server start",
    "guard": "jindu.guard",
    "worker": "prefect worker start",
    "watch": "jindu.cli watch",
    "night": "prefect.engine",
}


def serve(home: Home, reference: Path, **variables: str) -> Served:
    """Start `jindu serve`, with these variables in its environment; returns at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jindu.cli", "serve", "--home", str(home.root), "--reference", str(reference)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "JINDU_"))}
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.PIPE, env=environment | variables, start_new_session=True
    )
    return Served(home, port, process)


def wait_until(what: Callable[[], Found | None], seconds: float) -> Found:
    """The first answer that is one; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s")


def is_ready(served: Served) -> bool:
    """Everything is up, and the deployments are there."""
    up = served.children().keys() >= {"server", "guard", "worker", "watch"}
    return up and answers(served.api_url) and (served.home.prefect / "deployed").exists()


def stop(served: Served, seconds: float = 40) -> int:
    """Ask the supervisor to end; its exit code."""
    served.process.send_signal(signal.SIGTERM)
    return served.process.wait(seconds)


def due(served: Served, deployment: str) -> datetime:
    """When the server will run a deployment next."""
    runs = served.ask(
        "POST",
        "/flow_runs/filter",
        {
            "sort": "EXPECTED_START_TIME_ASC",
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
            "deployments": {"name": {"any_": [deployment]}},
        },
    )
    return datetime.fromisoformat(runs[0]["expected_start_time"])


def below(pid: int) -> set[int]:
    """Every process under this one, at any depth."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(status.rpartition(")")[2].split()[1])
    found: set[int] = set()
    newest = {pid}
    while newest := {child for child, parent in parents.items() if parent in newest} - found:
        found |= newest
    return found


def command_lines(pids: set[int]) -> dict[int, str]:
    """The command line of each process that is still there."""
    lines = {}
    for pid in pids:
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if line:  # a zombie has none
            lines[pid] = line
    return lines


def alive(pids: set[int]) -> dict[int, str]:
    """Those of the processes that are still at work."""
    return command_lines(pids)
