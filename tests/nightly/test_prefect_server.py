"""A run's Prefect server comes up, and is gone with the process that started it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jindu import prefect_server
from jindu.settings import Home, JinduError

BOOT = """
import os, sys
from pathlib import Path
from jindu import prefect_server
from jindu.settings import Home
server = prefect_server.start(Home(Path(sys.argv[1])))
prefect_server.wait(server)
print(server.process.pid, server.api_url, os.environ["PREFECT_API_URL"], flush=True)
sys.stdin.read()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("is_killed", [False, True], ids=["ends", "killed"])
def test_no_server_outlives_its_run(tmp_path_factory: pytest.TempPathFactory, is_killed: bool) -> None:
    home = tmp_path_factory.getbasetemp() / "server-home"  # shared: the second start is warm
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    with subprocess.Popen(
        [sys.executable, "-c", BOOT, str(home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        server_pid, api_url, announced = process.stdout.readline().split()
        assert api_url == announced
        assert is_alive(int(server_pid))
        if is_killed:
            process.kill()
        _, errors = process.communicate()
    deadline = time.monotonic() + 10
    while is_alive(int(server_pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(int(server_pid))
    assert errors == ""
    assert (home / "prefect" / "server.log").exists()


def test_a_server_that_is_named_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setattr(prefect_server, "ANSWER_SECONDS", 0.2)
    server = prefect_server.start(Home(tmp_path))
    assert server.process is None
    with pytest.raises(JinduError, match="PREFECT_API_URL"):
        prefect_server.wait(server)


def test_a_server_that_ends_at_once_is_said_so(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()
    server = prefect_server.PrefectServer("http://127.0.0.1:9/api", tmp_path / "server.log", process)
    with pytest.raises(JinduError, match="退出码 3"):
        prefect_server.wait(server)
