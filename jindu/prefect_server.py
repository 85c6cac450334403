"""A Prefect server for the length of one run: on this machine only, its data in the home, gone when the run is gone.

Nothing here imports Prefect. The order matters: `start` registers the stop with atexit *before* the caller imports
Prefect, so that Prefect's own exit handlers (which still send logs and events) run first and find the server alive.
"""

import atexit
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from jindu.lock import lock_holder
from jindu.memory import recall
from jindu.settings import Home, JinduError
from jindu.tether import die_with_parent

BOOT_SECONDS = 120.0  # a cold start, with its database migration, takes 15 s on two cores
ANSWER_SECONDS = 20.0  # for a server that should be up already
STOP_SECONDS = 10.0
QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # keeps the logs of the API, hides those of the terminal
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


@dataclass(frozen=True)
class PrefectServer:
    """A server that is booting or up; `process` is None when it is somebody else's (PREFECT_API_URL was set)."""

    api_url: str
    log: Path
    process: subprocess.Popen[bytes] | None


def start(home: Home) -> PrefectServer:
    """Begin to boot a server and point this process at it; returns at once, before it answers.

    Where PREFECT_API_URL is set, or `jindu serve` is at work in the home, that server is used, and none is started.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()} | spare_loopback())
    log = home.prefect / "server.log"
    if given := os.environ.get("PREFECT_API_URL"):
        return PrefectServer(given, log, None)
    if served := recall(serving_file(home)) if lock_holder(home, path=home.serve_lock) else None:
        os.environ["PREFECT_API_URL"] = served["api_url"]
        os.environ["PREFECT_HOME"] = str(home.prefect)
        return PrefectServer(served["api_url"], home.log / "server.log", None)
    home.prefect.mkdir(parents=True, exist_ok=True)
    port = free_port()
    os.environ["PREFECT_HOME"] = str(home.prefect)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jindu.prefect_server", str(os.getpid()), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for the night, not for its server
        )
    server = PrefectServer(f"http://127.0.0.1:{port}/api", log, process)
    os.environ["PREFECT_API_URL"] = server.api_url
    atexit.register(stop, server)
    return server


def wait(server: PrefectServer) -> None:
    """Return when the server answers; raise JinduError when it ended or has not answered in time."""
    seconds = BOOT_SECONDS if server.process else ANSWER_SECONDS
    deadline = time.monotonic() + seconds
    while not answers(server.api_url):
        if server.process is not None and server.process.poll() is not None:
            raise JinduError(
                f"Prefect 服务没有启动成功（退出码 {server.process.returncode}）。详情见 {server.log}，修复后重跑。",
                f"The Prefect server did not start (exit code {server.process.returncode}). "
                f"See {server.log}; mend that and run again.",
            )
        if time.monotonic() > deadline:
            raise JinduError(
                f"Prefect 服务 {server.api_url} 在 {seconds:.0f} 秒内没有应答。详情见 {server.log}。"
                "若设置了 PREFECT_API_URL，请检查该地址。",
                f"The Prefect server {server.api_url} has not answered within {seconds:.0f} s. See {server.log}; "
                "where PREFECT_API_URL is set, check that address.",
            )
        time.sleep(0.1)


def stop(server: PrefectServer) -> None:
    """End the server that `start` started; harmless when it has ended already."""
    if server.process is None or server.process.poll() is not None:
        return
    server.process.terminate()
    try:
        server.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


def answers(api_url: str) -> bool:
    """Whether a Prefect server is up there."""
    try:
        with opener().open(f"{api_url.rstrip('/')}/health", timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def opener() -> urllib.request.OpenerDirector:
    """A client that never asks a proxy for a loopback address."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def spare_loopback() -> dict[str, str]:
    """The environment that keeps an office's proxy out of what stays on this machine."""
    spared = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", "127.0.0.1", "localhost"]
    value = ",".join(dict.fromkeys(",".join(filter(None, spared)).split(",")))
    return {"NO_PROXY": value, "no_proxy": value}


def serving_file(home: Home) -> Path:
    """Where `jindu serve` says its server's address; it counts only while the serve lock is held."""
    return home.prefect / "serve.json"


def free_port() -> int:
    """A port of this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(parent: int, port: str) -> None:
    """Become the server, in the child process: die with the parent, even when that is killed."""
    die_with_parent(parent, signal.SIGTERM)
    sys.argv = ["prefect", "server", "start", "--no-ui", "--host", "127.0.0.1", "--port", port]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2])
