"""Kill each process of `jindu serve` in turn, and see it come back: `make chaos SUITE=serve` (about ten minutes).

The office is made up; every night is triggered on the running server, as its schedule would. Ends with a table,
and with exit code 1 when anything did not come back.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from jindu.settings import Home
from tests.chaos.table import Record
from tests.nightly.small_office import fill_inbox, write_office
from tests.serve.served import Served, alive, below, is_ready, serve, stop, wait_until

BACK_SECONDS = 90.0  # two cores, and the worker imports Prefect anew
NIGHT_SECONDS = 240.0
TOLD_SECONDS = 120.0  # by then whoever is responsible knows
HANGS_AFTER = "20"  # seconds, in the place of an hour
HANG = "import signal, time\nsignal.signal(signal.SIGUSR1, lambda *_: time.sleep(3600))\n"  # its threads go on
MIDWAY = {"readings", "gate-incoming", "core"}
DAYS = [f"2024-06-{day:02}" for day in range(4, 13)]


def main() -> int:
    """Do it all; the exit code."""
    record = Record("jindu serve")
    see = record.see
    with tempfile.TemporaryDirectory(prefix="jindu-chaos-") as folder:
        home, reference = Home(Path(folder) / "home"), Path(folder) / "reference"
        write_office(reference)
        fill_inbox(home, reference)
        served = serve(home, reference)
        try:
            see("jindu serve", "server, guard, worker, watch up", lambda: _ready(served))
            see("trigger nightly", "completed, published", lambda: _night(served, DAYS[0]))
            see("two nights late, newer first", "done oldest first", lambda: _piled_up(served, *DAYS[1:3]))
            see("kill -9 the watch", "a new one", lambda: _back(served, "watch"))
            see("kill -9 the guard", "a new one", lambda: _back(served, "guard"))
            see("kill -9 the server, idle", "a new one", lambda: _back(served, "server"))
            see("kill -9 the worker, idle", "a new one", lambda: _back(served, "worker"))
            see("kill -9 the server mid-night", "the night completes", lambda: _night(served, DAYS[3], "server"))
            see("kill -9 the worker mid-night", "the night is taken up", lambda: _night(served, DAYS[4], "worker"))
            see("kill -9 the night itself", "failed, said at once", lambda: _killed_night(served, DAYS[5]))
            see("trigger it again", "completed, told once", lambda: f"{_night(served, DAYS[5])}; {_told_once(served)}")
            see("trigger delivery", "completed", lambda: _delivery(served))
            see("freeze the night (SIGSTOP)", "told within 120 s", lambda: _frozen_night(served, DAYS[7]))
            see("kill -9 the supervisor mid-night", "no process is left", lambda: _no_orphan(served, DAYS[6]))
            served = serve(home, reference)
            see(
                "jindu serve again",
                "takes the night up quietly",
                lambda: f"{_taken_up(served, DAYS[6])}; {_told_once(served)}",
            )
            see("SIGTERM", "no process is left", lambda: _stopped(served))
            served = _serve_hanging(home, reference, Path(folder))
            see("jindu serve, a limit of 20 s", "server, guard, worker, watch up", lambda: _ready(served))
            see("have the night hang, its heartbeat goes on", "told within 120 s", lambda: _hung_night(served, DAYS[8]))
            see("SIGTERM while it hangs", "no process is left", lambda: _stopped(served))
        finally:
            if served.process.poll() is None:
                served.process.kill()
    return record.end()


def _ready(served: Served) -> str:
    wait_until(lambda: is_ready(served), BACK_SECONDS)
    for deployment in ("nightly", "delivery"):
        served.pause(deployment)
    return ", ".join(sorted(served.children()))


def _back(served: Served, name: str) -> str:
    before = served.children()[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: served.children().get(name, before) != before and is_ready(served), BACK_SECONDS)
    return f"process {before} → {served.children()[name]}"


def _night(served: Served, day: str, victim: str = "") -> str:
    as_of = f"{day}T02:00:00"
    run = served.trigger("nightly", as_of=as_of)
    killed = ""
    if victim:
        wait_until(lambda: _is_midway(served, as_of), NIGHT_SECONDS)
        killed = f"killed at step {served.journal()['step']}; "
        os.kill(served.children()[victim], signal.SIGKILL)
    wait_until(lambda: served.state(run) == "COMPLETED", NIGHT_SECONDS)
    assert served.journal() | {"at": ""} == served.journal() | {"run_id": as_of, "state": "completed", "at": ""}
    with duckdb.connect(served.home.published.resolve(), read_only=True) as connection:
        (published,) = connection.execute("select max(run_id) from mart.run").fetchall()[0]
    assert published == as_of, f"published is {published}"
    return f"{killed}attempt {served.journal()['attempt']} completed, {as_of} published"


def _killed_night(served: Served, day: str) -> str:
    as_of = f"{day}T02:00:00"
    run = served.trigger("nightly", as_of=as_of)
    wait_until(lambda: _is_midway(served, as_of), NIGHT_SECONDS)
    os.kill(served.children()["night"], signal.SIGKILL)
    wait_until(lambda: served.state(run) == "CRASHED", BACK_SECONDS)
    wait_until(lambda: served.journal()["state"] == "failed", BACK_SECONDS)
    [told] = wait_until(lambda: _alerts(served), BACK_SECONDS)
    return f"journal: failed at {served.journal()['step']}; alert {told}"


def _frozen_night(served: Served, day: str) -> str:
    """Prefect's server misses the heartbeat and calls the guard; woken up, the night goes on."""
    as_of = f"{day}T02:00:00"
    run = served.trigger("nightly", as_of=as_of)
    wait_until(lambda: _is_midway(served, as_of), NIGHT_SECONDS)
    frozen = served.children()["night"]
    os.kill(frozen, signal.SIGSTOP)
    begun = time.monotonic()
    try:
        alert = wait_until(lambda: _alert_with(served, f"{day} 02:00 的夜间运行没有声息"), TOLD_SECONDS)
    finally:
        os.kill(frozen, signal.SIGCONT)
    seconds = time.monotonic() - begun
    wait_until(lambda: served.state(run) == "COMPLETED", NIGHT_SECONDS)
    return f"told after {seconds:.0f} s ({alert}); woken up, it completed"


def _serve_hanging(home: Home, reference: Path, folder: Path) -> Served:
    """A `jindu serve` whose nights hang at SIGUSR1, and count as hung after 20 seconds."""
    (folder / "hang").mkdir()
    (folder / "hang" / "sitecustomize.py").write_text(HANG, "utf-8")
    path = os.pathsep.join([str(folder / "hang"), *filter(None, [os.environ.get("PYTHONPATH")])])
    return serve(home, reference, JINDU_HANGS_AFTER=HANGS_AFTER, PYTHONPATH=path)


def _hung_night(served: Served, day: str) -> str:
    """The guard sees by the home alone that there is no progress; for Prefect the run is alive."""
    as_of = f"{day}T02:00:00"
    run = served.trigger("nightly", as_of=as_of)
    wait_until(lambda: _is_midway(served, as_of), NIGHT_SECONDS)
    os.kill(served.children()["night"], signal.SIGUSR1)
    begun = time.monotonic()
    alert = wait_until(lambda: _alert_with(served, f"{day} 02:00 的夜间运行停住不动"), TOLD_SECONDS)
    assert served.state(run) == "RUNNING"
    return f"told after {time.monotonic() - begun:.0f} s ({alert}), hung at step {served.journal()['step']}"


def _alert_with(served: Served, words: str) -> str | None:
    """The name of the alert in outbox/ that says so."""
    found = (path.name for path in served.home.outbox.glob("*.txt") if words in path.read_text(encoding="utf-8"))
    return next(found, None)


def _told_once(served: Served) -> str:
    """Of the night that was killed: the guard, which Prefect called, knew of it, and tells of none taken up since."""
    [alert] = _alerts(served)
    return f"one alert of all these nights, {alert}"


def _alerts(served: Served) -> list[str]:
    """The alerts of a failed run in outbox/."""
    digests = served.home.outbox.glob("*.txt")
    return [path.name for path in digests if "夜间运行失败" in path.read_text(encoding="utf-8")]


def _piled_up(served: Served, *days: str) -> str:
    """The worker is down when they are due, as if the machine had been off; each is of the moment that it was due."""
    as_worker = served.children()["worker"]
    os.kill(as_worker, signal.SIGSTOP)
    runs = [served.schedule("nightly", f"{day}T02:00:00+08:00") for day in reversed(days)]
    os.kill(as_worker, signal.SIGKILL)
    wait_until(lambda: all(served.state(run) == "COMPLETED" for run in runs), 2 * NIGHT_SECONDS)
    with duckdb.connect(served.home.published.resolve(), read_only=True) as connection:
        nights = connection.execute("select run_id from mart.run order by started_at desc limit 2").fetchall()
    done = [run_id for (run_id,) in reversed(nights)]
    assert done == [f"{day}T02:00:00" for day in days], f"done in the order {done}"
    return " then ".join(done)


def _is_midway(served: Served, as_of: str) -> bool:
    """The night is at work, with some steps done."""
    return served.journal().get("run_id") == as_of and served.journal().get("step") in MIDWAY


def _delivery(served: Served) -> str:
    run = served.trigger("delivery")
    wait_until(lambda: served.state(run) == "COMPLETED", BACK_SECONDS)
    return f"{len(list(served.home.outbox.glob('*.txt')))} digests in outbox/"


def _no_orphan(served: Served, day: str) -> str:
    as_of = f"{day}T02:00:00"
    served.trigger("nightly", as_of=as_of)
    wait_until(lambda: _is_midway(served, as_of), NIGHT_SECONDS)
    family = below(served.process.pid)
    served.process.kill()
    served.process.wait()
    try:
        wait_until(lambda: not alive(family), 15)
    except AssertionError:
        raise AssertionError(f"left: {list(alive(family).values())}") from None
    return f"{len(family)} processes, none left"


def _taken_up(served: Served, day: str) -> str:
    as_of = f"{day}T02:00:00"
    wait_until(
        lambda: served.journal().get("run_id") == as_of and served.journal()["state"] == "completed", NIGHT_SECONDS
    )
    return f"{as_of}: attempt {served.journal()['attempt']} completed"


def _stopped(served: Served) -> str:
    family = below(served.process.pid)
    code = stop(served)
    wait_until(lambda: not alive(family), 15)
    return f"exit code {code}, {len(family)} processes gone"


if __name__ == "__main__":
    sys.exit(main())
