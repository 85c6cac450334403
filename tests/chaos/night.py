"""Kill a night after every step, run it again, and compare: `make chaos SUITE=night`.

The office is made up; a night goes through a process for each step, so that each may be killed. Ends with a table, and
with exit code 1 when a night that was killed publishes anything else, or tells anybody twice.
"""

import shutil
import signal
import sys
import tempfile
from pathlib import Path

from jindu.settings import Home
from jindu.warehouse.connection import connect
from jindu.warehouse.publish import table_hashes
from tests.chaos.table import Record
from tests.nightly.in_process import BEFORE_ALL, CLOSED, STEPS, run, walk
from tests.nightly.small_office import AS_OF, fill_inbox, write_office

TELLS_OF_THE_CLOCK = {"run"}  # the tables that say when, and at which attempt


def main() -> int:
    """Do it all; the exit code."""
    record = Record("a night killed")
    with tempfile.TemporaryDirectory(prefix="jindu-chaos-") as folder:
        reference, untouched = Path(folder) / "reference", Home(Path(folder) / "untouched")
        write_office(reference)
        fill_inbox(untouched, reference)
        whole = _copy(untouched, "whole")
        assert run(whole.root, reference, AS_OF) == 0
        expected = table_hashes(whole.published)
        walked = _copy(untouched, "walked")
        for point in [BEFORE_ALL, *STEPS, CLOSED]:
            assert walk(walked.root, reference, AS_OF, point) == -signal.SIGKILL
            killed = _copy(walked, f"killed-{point}")
            done = {BEFORE_ALL: "kill -9 at the start", CLOSED: "kill -9 at the end"}.get(
                point, f"kill -9 after {point}"
            )
            record.see(done, "run again: the same", lambda home=killed: _again(home, reference, expected))
    return record.end()


def _copy(home: Home, name: str) -> Home:
    """The same home beside it, modification times and so arrivals kept."""
    return Home(Path(shutil.copytree(home.root, home.root.with_name(name), symlinks=True)))


def _again(home: Home, reference: Path, expected: dict[str, str]) -> str:
    code = run(home.root, reference, AS_OF)
    assert code == 0, f"ended with {code}"
    found = table_hashes(home.published)
    other = {name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)}
    assert other <= TELLS_OF_THE_CLOCK, f"other rows in {', '.join(sorted(other))}"
    digests = len(list(home.outbox.glob("*.txt")))
    assert digests == 1, f"{digests} digests"
    with connect(home, read_only=True) as connection:
        attempts = connection.execute("select state from raw.run order by attempt").fetchall()
    return f"{len(found)} tables as without the kill, told once; attempts: {', '.join(state for (state,) in attempts)}"


if __name__ == "__main__":
    sys.exit(main())
