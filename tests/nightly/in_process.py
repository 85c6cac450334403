"""A night without Prefect: the same steps in a process of their own, which may be killed between any two.

The processes are forked from one that has imported Great Expectations, so each of them starts at once.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import duckdb

from jindu.bulletin.files import write_bulletin
from jindu.checks import gate, plain
from jindu.checks.engine import Verdict
from jindu.checks.expectations import Expectation
from jindu.checks.gate import run_gate
from jindu.delivery import deliver_published
from jindu.night import Step, close_night, drop_lock, fail_night, open_night, record_run, step, take_lock
from jindu.returning import write_returns
from jindu.settings import Home, JinduError, Night, Progress, parse_as_of, run_id_of
from jindu.site.write import write_pages
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build_core, build_mart, build_readings, store_reference
from jindu.warehouse.publish import publish
from jindu.workbooks.collect import collect
from jindu.workbooks.read import read

STEPS: dict[str, Step] = {  # as flows/nightly.py names and orders them
    "reference": lambda night, _: store_reference(night),
    "collect": collect,
    "read": read,
    "readings": build_readings,
    "gate-incoming": lambda night, progress: run_gate(night, "incoming", progress),
    "core": build_core,
    "gate-core": lambda night, progress: run_gate(night, "core", progress),
    "mart": build_mart,
    "gate-mart": lambda night, progress: run_gate(night, "mart", progress),
    "record": record_run,
    "publish": publish,
    "returns": write_returns,
    "bulletin": write_bulletin,
    "pages": write_pages,
}
SHOWN = ("bulletin", "pages")  # steps that only read what is published
BEFORE_ALL = "start"  # killed when the night is open and no step is done
CLOSED = "close"  # killed when the night is done and nobody is told yet
FAILED = 2

forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["great_expectations", "jindu.checks.engine", "jindu.alerts.deliver", "jindu.catalogue"])


def run(
    home: Path,
    reference: Path,
    as_of: str,
    *,
    spoilt: tuple[str, str] = ("", ""),
    is_judged_plainly: bool = False,
    is_shown: bool = True,
) -> int:
    """A whole attempt in a process of its own; its exit code, 0 or FAILED.

    `spoilt` is a step, and a statement that spoils the private database right after it. `is_judged_plainly` saves
    Great Expectations' half of the time: its verdicts are said a second time in SQL, and publish the same. Without
    `is_shown` there are neither bulletin nor pages, which read what is published.
    """
    place = (str(home), str(reference), as_of)
    return _exit_code(_attempt, place, spoilt, is_judged_plainly, is_shown)


def walk(home: Path, reference: Path, as_of: str, name: str) -> int:
    """Open the night (BEFORE_ALL), do its next step or close it (CLOSED), and be killed at once: minus the signal.

    The steps meet in the database, so a night may go through a process for each.
    """
    return _exit_code(_walk, str(home), str(reference), as_of, name)


def _exit_code(function: Callable[..., None], *arguments: object) -> int:
    process = forked.Process(target=function, args=arguments)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _attempt(place: tuple[str, str, str], spoilt: tuple[str, str], is_judged_plainly: bool, is_shown: bool) -> None:
    if is_judged_plainly:
        gate.judge = _judge_plainly
    night = open_night(*place)
    try:
        with connect(night.home):  # as the flow does
            for name, function in STEPS.items():
                if is_shown or name not in SHOWN:
                    step(night, name, function)
                if spoilt[0] == name:
                    with connect(night.home) as connection:
                        connection.execute(spoilt[1])
            close_night(night)
    except JinduError as error:
        fail_night(*place, error)  # as the flow's hook does
        raise SystemExit(FAILED) from None
    drop_lock(night.home)
    deliver_published(place[0])  # as `jindu run` does


def _walk(home: str, reference: str, as_of: str, name: str) -> None:
    if name == BEFORE_ALL:
        open_night(home, reference, as_of)
    else:
        here, moment = Home(Path(home)), parse_as_of(as_of)
        take_lock(here)
        night = Night(here, Path(reference), moment, run_id_of(moment), 1)
        if name == CLOSED:
            close_night(night)
        else:
            step(night, name, STEPS[name])
    os.kill(os.getpid(), signal.SIGKILL)


def _judge_plainly(database: Path, expectations: tuple[Expectation, ...], _progress: Progress) -> list[Verdict]:
    with duckdb.connect(database, read_only=True) as connection:
        return plain.judge_plainly(connection, expectations)
