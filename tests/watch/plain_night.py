"""A whole night in the test's own process, judged in SQL: the same verdicts without Great Expectations' ten seconds."""

import time
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from jindu.checks import gate
from jindu.checks.engine import Verdict
from jindu.checks.expectations import Expectation
from jindu.checks.plain import judge_plainly
from jindu.night import close_night, drop_lock, open_night, step
from jindu.settings import OFFICE_TIMEZONE, Home, Night, Progress
from jindu.warehouse.connection import connect
from tests.nightly.in_process import STEPS

NOT_SHOWN = tuple(name for name in STEPS if name not in {"bulletin", "pages"})  # which read what is published
SHORT = ("reference", "collect", "read", "readings", "gate-incoming", "core", "returns")  # what a receipt rests on


def run_night(home: Home, reference: Path, as_of: str | None = None, *, steps: Collection[str] = NOT_SHOWN) -> Night:
    """A night as of the moment, by default now; without bulletin and pages, or some of its steps."""
    moment = as_of or datetime.now(OFFICE_TIMEZONE).replace(microsecond=0).isoformat()
    if as_of is None:
        time.sleep(1.0)  # nights are named by the second
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "judge", _judge)
        night = open_night(str(home.root), str(reference), moment)
        with connect(home):  # as the flow does
            for name in STEPS:
                if name in steps:
                    step(night, name, STEPS[name])
            close_night(night)
        drop_lock(home)
    return night


def _judge(database: Path, expectations: tuple[Expectation, ...], _progress: Progress) -> list[Verdict]:
    with duckdb.connect(database, read_only=True) as connection:
        return judge_plainly(connection, expectations)
