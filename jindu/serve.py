"""One machine: a Prefect server on a persistent database, a worker and the watch, each brought back when it dies.

supervisord does the work; here its configuration is written, and the process becomes it. Every child is tied to it:
however it ends, none is left.
"""

import os
import secrets
import socket
import sys
from configparser import RawConfigParser
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import yaml
from cronsim import CronSim

from jindu.lock import HomeLockedError, lock_descriptor, lock_holder, take_lock
from jindu.memory import remember
from jindu.prefect_server import free_port, serving_file, spare_loopback
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home, JinduError

KEPT_BYTES, KEPT_FILES = "5MB", "3"  # of each log
PROGRAMS = ("server", "guard", "worker", "watch")  # in the order of their start; stopped in the reverse
STEADY_SECONDS = "20"  # a process that ends sooner (Prefect takes some to fail) is started again later and later
NEVER_GIVE_UP = "1000000"
STOP_SECONDS = "20"
LOCK_DESCRIPTOR = 3  # supervisord closes what it finds open from 5 up, and keeps 3 from its children


def schedules() -> dict[str, tuple[str, str]]:
    """Cron line and time zone of each deployment of prefect.yaml."""
    deployments = yaml.safe_load((PROJECT_ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    return {one["name"]: (one["schedules"][0]["cron"], one["schedules"][0]["timezone"]) for one in deployments}


def next_times(now: datetime) -> dict[str, datetime]:
    """When each deployment is due next after `now`, in office time."""
    return {
        name: next(CronSim(cron, now.astimezone(OFFICE_TIMEZONE))).astimezone(OFFICE_TIMEZONE)
        for name, (cron, _) in schedules().items()
    }


def claim(home: Home, host: str, port: int) -> None:
    """Make this process the one that serves the home.

    Raises JinduError when another one does, or the port is taken.
    """
    try:
        take_lock(home, path=home.serve_lock)
    except HomeLockedError as error:
        holder = lock_holder(home, path=home.serve_lock) or {}
        raise JinduError(
            f"{home.root} 已经有 jindu serve 在运行（进程 {holder.get('pid')}，始于 {holder.get('started_at')}）。",
            f"jindu serve is running in {home.root} already (process {holder.get('pid')}, "
            f"since {holder.get('started_at')}).",
        ) from error
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise JinduError(
                f"端口 {host}:{port} 用不了：{error.strerror}。请用 --port 换一个。",
                f"Port {host}:{port} cannot be used: {error.strerror}. Choose another with --port.",
            ) from error


def become_supervisor(home: Home, reference: Path | None, host: str, port: int, lang: str) -> NoReturn:
    """Turn this process, which has claimed the home, into the supervisor of its server, worker and watch."""
    home.log.mkdir(parents=True, exist_ok=True)
    home.prefect.mkdir(parents=True, exist_ok=True)
    api_url = f"http://127.0.0.1:{port}/api"
    remember(serving_file(home), {"api_url": api_url, "pid": os.getpid()})
    os.environ.update(environment(home, reference, api_url, lang))
    config = home.prefect / "supervisord.conf"
    with config.open("w", encoding="utf-8") as file:
        configuration(home, reference, host, port).write(file)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(lock_descriptor(home.serve_lock), LOCK_DESCRIPTOR)
    os.set_inheritable(LOCK_DESCRIPTOR, True)  # dup2 leaves it alone where both are the same
    os.execv(sys.executable, [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)])


def configuration(home: Home, reference: Path | None, host: str, port: int) -> RawConfigParser:
    """What supervisord is told."""
    config = RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": _escaped(home.log / "supervisord.log"),
        "logfile_maxbytes": KEPT_BYTES,
        "logfile_backups": KEPT_FILES,
        "pidfile": _escaped(home.prefect / "supervisord.pid"),
    }
    named = ["--home", str(home.root), *(["--reference", str(reference)] if reference else [])]
    commands = {
        "server": ["prefect", "server", "start", "--host", host, "--port", str(port)],
        "guard": ["jindu.guard"],
        "worker": ["jindu.worker"],
        "watch": ["jindu.cli", "watch", *named],
    }
    for order, name in enumerate(PROGRAMS, start=1):
        config[f"program:{name}"] = {
            "command": _command(commands[name]),
            "directory": _escaped(PROJECT_ROOT),
            "priority": str(order),
            "autorestart": "true",
            "startsecs": STEADY_SECONDS,
            "startretries": NEVER_GIVE_UP,
            "stopwaitsecs": STOP_SECONDS,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _escaped(home.log / f"{name}.log"),
            "stdout_logfile_maxbytes": KEPT_BYTES,
            "stdout_logfile_backups": KEPT_FILES,
        }
    return config


def _command(module: list[str]) -> str:
    tied = [sys.executable, "-m", "jindu.tether", str(os.getpid()), sys.executable, "-m", *module]
    return " ".join(f'"{_escaped(part)}"' for part in tied)


def _escaped(text: str | Path) -> str:
    return str(text).replace("%", "%%")


def environment(home: Home, reference: Path | None, api_url: str, lang: str) -> dict[str, str]:
    """What the children find: the same for the server, the worker and the nights that it starts."""
    return {
        "JINDU_GUARD": f"http://127.0.0.1:{free_port()}/{secrets.token_urlsafe()}",  # where Prefect calls the guard
        "JINDU_HOME": str(home.root),
        "JINDU_LANG": lang,
        "JINDU_REFERENCE": str(reference or ""),
        "JINDU_SERVE": datetime.now(OFFICE_TIMEZONE).isoformat(),  # the worker deploys once for each of these
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PREFECT_API_URL": api_url,
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",  # seconds: automations.yaml waits for two
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "jindu",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_UI_API_URL": "/api",  # the page works through a tunnel or another port, too
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
        **spare_loopback(),
    }
