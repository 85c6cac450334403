"""Publishing while everybody reads, and what it takes by size (issue 9, line 5).

    python -m tests.bench.publishing [--readers 50] [--publishes 100]

Fifty sessions of their own processes open the published copy again and again and ask each open copy five times, while a
hundred copies are published one after another; every row carries the number of its copy, so that a session that sees
two numbers at once saw a torn one. Goal: no error, no torn read. Then one publish of ever more rows, three times each.
Exit code 1 when a goal is missed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse.connection import connect
from jindu.warehouse.publish import publish
from tests.publish.conftest import GENERATION_ROWS, fill_mart

READER = Path(__file__).parents[1] / "publish" / "reader.py"
LAST_WORDS = 120.0  # seconds for all sessions to end; fifty share two cores
SIZES = (5_000, 50_000, 500_000, 5_000_000)  # rows
REPEATS = 3


def main(arguments: Sequence[str]) -> int:
    """Print both tables; 1 when a session failed or saw a torn copy."""
    parser = argparse.ArgumentParser(prog="tests.bench.publishing")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--publishes", type=int, default=100)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="jindu-publishing-") as folder:
        failed = through_publishes(night_in(Path(folder) / "read"), asked.readers, asked.publishes)
        by_size(night_in(Path(folder) / "size"))
    return int(failed)


def night_in(folder: Path) -> Night:
    """A home with the two tables of tests/publish."""
    home = Home(folder / "home")
    fill_mart(home, generation=0)
    return Night(home, folder, datetime(2030, 5, 10, 2, tzinfo=OFFICE_TIMEZONE), "2030-05-10T02:00:00", 1)


def through_publishes(night: Night, readers: int, publishes: int) -> bool:
    """Whether a session failed, or saw a torn copy."""
    publish(night)
    stop = night.home.root.parent / "stop"
    sessions = [
        subprocess.Popen(
            [sys.executable, READER, night.home.published, stop],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(readers)
    ]
    try:
        for session in sessions:
            assert session.stdout is not None
            session.stdout.readline()
        began = time.monotonic()
        for generation in range(1, publishes + 1):
            fill(night, generation)
            publish(night)
        seconds = time.monotonic() - began
    finally:
        stop.touch()
        answers = [session.communicate(timeout=LAST_WORDS)[0] for session in sessions]
    errors = [answer for session, answer in zip(sessions, answers, strict=True) if session.returncode]
    tallies = [json.loads(answer) for session, answer in zip(sessions, answers, strict=True) if not session.returncode]
    torn, opened = (sum(tally[what] for tally in tallies) for what in ("torn", "opened"))
    print(f"{publishes} publishes under {readers} sessions: {seconds:.1f} s, {seconds / publishes:.2f} s each")
    print(f"opened {opened:,} times, {opened * 5:,} questions; errors {len(errors)}, torn reads {torn}; goal 0 and 0")
    for error in errors[:3]:
        print(f"  {error.strip().splitlines()[-1]}")
    return bool(errors or torn)


def fill(night: Night, generation: int) -> None:
    """Let every row carry the number of the next copy."""
    with connect(night.home) as connection:
        connection.execute(f"update mart.completion set month_value = {generation}")
        connection.execute(f"update mart.run set files_received_count = {generation}")


def by_size(night: Night) -> None:
    """Print what one publish takes for ever more rows."""
    print(f"{'rows':>10}{'publish':>10}{'MB':>8}")
    for rows in SIZES:
        with connect(night.home) as connection:
            times = rows // GENERATION_ROWS
            connection.execute("create or replace temp table once as from mart.completion limit 5000")
            connection.execute(
                "create or replace table mart.completion as select once.* replace ("
                f"org_unit_code || '-' || copy as org_unit_code) from once, range({times}) as copies(copy)"
            )
        seconds = []
        for _ in range(REPEATS):
            began = time.monotonic()
            publish(night)
            seconds.append(time.monotonic() - began)
        size = night.home.published.stat().st_size / 1e6
        print(f"{rows:>10,}{statistics.median(seconds):>8.2f} s{size:>8.1f}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
