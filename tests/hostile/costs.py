"""python -m tests.hostile.costs [--write]: every hostile file with what it costs, as a table (docs/hostile.md).

Each is read by a worker of its own under the night's limits; the peak is that of the worker, imports included.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from jindu.confined import MEMORY_BYTES, SECONDS_PER_FILE
from jindu.settings import PROJECT_ROOT
from jindu.workbooks.worker import Job, Worker
from tests.hostile.files import MAKERS, READ, VERDICTS, honest
from tests.workbooks.conftest import HEADINGS

KIBIBYTE = 1024
LOOK_SECONDS = 0.005
HONEST = "(an honest form)"
DOCUMENT = PROJECT_ROOT / "docs" / "hostile.md"


class Row(NamedTuple):
    """One file and its cost."""

    name: str
    size: int  # bytes
    verdict: str
    seconds: float
    peak: float  # MiB
    verdicts: frozenset[str]  # any of them will do

    @property
    def is_expected(self) -> bool:
        """Whether it was judged as it should be."""
        return self.verdict in self.verdicts


def verdict(worker: Worker, path: Path) -> str:
    """The refusal's code, or READ."""
    return worker.read(Job("0" * 64, str(path), path.name)).document.refusal_code or READ


def cost(path: Path) -> tuple[str, float, float]:
    """Verdict, the processor's seconds (without the worker's start) and the worker's peak in MiB.

    Measured in a process of its own.
    """
    command = [sys.executable, "-m", "tests.hostile.costs", str(path)]
    measured = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT_ROOT)
    found, seconds, peak = measured.stdout.split()
    return found, float(seconds), float(peak)


def worked(children: Path) -> float:
    """Seconds of the processor that all children have had, those too that have ended."""
    ended = os.times()
    total = ended.children_user + ended.children_system
    for child in children.read_text().split():
        with suppress(OSError):
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime and stime, proc(5)
    return total


def measure(path: Path) -> None:
    """Print what one file costs a worker that has read another before."""
    worker = Worker(HEADINGS, MEMORY_BYTES, SECONDS_PER_FILE)
    verdict(worker, path.with_name("honest.xlsx"))
    peaks = [0]
    is_over = threading.Event()
    children = Path(f"/proc/self/task/{os.getpid()}/children")

    def look() -> None:
        for child in children.read_text().split():
            with suppress(OSError):  # it died since
                status = Path(f"/proc/{child}/status").read_text()
                peaks.extend(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def keep_looking() -> None:
        while not is_over.wait(LOOK_SECONDS):
            look()

    looking = threading.Thread(target=keep_looking)
    looking.start()
    before = worked(children)
    found = verdict(worker, path)
    seconds = worked(children) - before
    look()
    is_over.set()
    looking.join()
    worker.close()
    print(found, seconds, max(peaks) / KIBIBYTE)


def rows() -> Iterator[Row]:
    """The cost of an honest form, then of each hostile file."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "honest.xlsx"
        own.write_bytes(honest())
        yield Row(HONEST, len(honest()), *cost(own), frozenset({READ}))
        for name, make in MAKERS.items():
            path = Path(folder) / name
            path.write_bytes(make())
            yield Row(name, path.stat().st_size, *cost(path), VERDICTS[name])
            path.unlink()


def document(found: Sequence[Row]) -> str:
    """docs/hostile.md."""
    hostile = [row for row in found if row.name != HONEST]
    slowest = max(hostile, key=lambda row: row.seconds)
    largest = max(hostile, key=lambda row: row.peak)
    lines = [
        "# What hostile files cost",
        "",
        "Written by `python -m tests.hostile.costs --write`; the files are made by `tests/hostile/files.py`, none is",
        "stored. Each is read by a worker of its own under the night's limits "
        f"({SECONDS_PER_FILE:.0f} s, {MEMORY_BYTES // KIBIBYTE**2} MiB).",
        "",
        "- **Seconds** are the processor's, which the limit counts as well: on a busy machine a file takes longer",
        "  by the clock, but works no longer. The worker's start is not in them, unless a file kills it: then they",
        "  hold the next worker's start and, where it did not run out of time, a second try.",
        "- **Peak** is the worker's memory, imports included.",
        "- **Verdict** is the refusal's code, or `read` for what is read without harm and judged as any other file.",
        "",
        f"{len(hostile)} files. The longest: {slowest.seconds:.1f} s, `{slowest.name}`. "
        f"The largest: {largest.peak:.0f} MiB, `{largest.name}`.",
        "",
        "| file | bytes | seconds | peak MiB | verdict |",
        "| --- | ---: | ---: | ---: | --- |",
        *(f"| {row.name} | {row.size} | {row.seconds:.3f} | {row.peak:.0f} | {row.verdict} |" for row in found),
    ]
    return "\n".join(lines) + "\n"


def main(is_to_write: bool) -> int:
    """Print the table, or write it into the document; the number of files judged otherwise than they should be."""
    found = []
    for row in rows():
        found.append(row)
        expected = "" if row.is_expected else f"  expected {', '.join(sorted(row.verdicts))}"
        print(f"{row.name:<60}{row.size:>10}{row.seconds:>9.3f}{row.peak:>7.0f}  {row.verdict}{expected}", flush=True)
    wrong = sum(not row.is_expected for row in found)
    print(f"{len(found) - 1} hostile files, {wrong} judged otherwise than expected")
    if is_to_write:
        DOCUMENT.write_text(document(found), encoding="utf-8")
    return wrong


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] != "--write":
        measure(Path(sys.argv[1]))
    else:
        raise SystemExit(min(main("--write" in sys.argv), 1))
