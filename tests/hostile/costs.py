"""python -m tests.hostile.costs: every hostile file with what it costs, as a table.

Each is read by a worker of its own under the night's limits; the peak is that of the worker, imports included.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from jindu.confined import MEMORY_BYTES, SECONDS_PER_FILE
from jindu.settings import PROJECT_ROOT
from jindu.workbooks.worker import Job, Worker
from tests.hostile.files import MAKERS, READ, VERDICTS, honest
from tests.workbooks.conftest import HEADINGS

KIBIBYTE = 1024
LOOK_SECONDS = 0.005


def verdict(worker: Worker, path: Path) -> str:
    """The refusal's code, or READ."""
    return worker.read(Job("0" * 64, str(path), path.name)).document.refusal_code or READ


def cost(path: Path) -> tuple[str, float, float]:
    """Verdict, seconds (without the worker's start) and the worker's peak in MiB, measured in a process of its own."""
    command = [sys.executable, "-m", "tests.hostile.costs", str(path)]
    measured = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT_ROOT)
    found, seconds, peak = measured.stdout.split()
    return found, float(seconds), float(peak)


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
    begin = time.perf_counter()
    found = verdict(worker, path)
    seconds = time.perf_counter() - begin
    look()
    is_over.set()
    looking.join()
    worker.close()
    print(found, seconds, max(peaks) / KIBIBYTE)


def main() -> int:
    """Print the table; the number of files that were judged otherwise than they should be."""
    wrong = 0
    print(f"{'file':<52}{'bytes':>10}{'seconds':>9}{'peak MiB':>10}  verdict")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "honest.xlsx").write_bytes(honest())
        found, seconds, peak = cost(Path(folder) / "honest.xlsx")
        print(f"{'(an honest form)':<52}{len(honest()):>10}{seconds:>9.3f}{peak:>10.0f}  {found}")
        for name, make in MAKERS.items():
            path = Path(folder) / name
            path.write_bytes(make())
            found, seconds, peak = cost(path)
            is_expected = found in VERDICTS[name]
            wrong += not is_expected
            print(
                f"{name:<52}{path.stat().st_size:>10}{seconds:>9.3f}{peak:>10.0f}  {found}"
                + ("" if is_expected else f"  expected {', '.join(sorted(VERDICTS[name]))}"),
                flush=True,
            )
            path.unlink()
    print(f"{len(MAKERS)} hostile files, {wrong} judged otherwise than expected")
    return wrong


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
    else:
        raise SystemExit(min(main(), 1))
