"""Reading ten thousand workbooks, against what openpyxl alone takes for them (issue 9, line 2).

    python -m tests.bench.reading [--files 10000]

A workbook has 60 rows of 7 columns under its heading. Measured is the night's step `read`, cold, in a process of its
own with its two readers: guard, cells, what the words mean, and the rows in the private database. Beside it, on the
same two cores, two processes run the guard and open each file twice with openpyxl, for values and for formulas, and
look at every cell and its number format: that is all they do. Goals: at most 1.3 times as long, and at 10,000 files at
most 1.2 times the memory of 1,000. Memory is the most that the step's process held, and its larger reader. The two
take turns, a tenth of the files at a time twice over first, so that neither has the quieter machine.
"""

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from jindu.catalogue import load, store
from jindu.night import close_night, open_night
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home, no_progress
from jindu.warehouse.connection import connect
from jindu.workbooks.collect import collect

REFERENCE = PROJECT_ROOT / "warehouse" / "reference"
AS_OF = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)
ARRIVED = datetime(2024, 10, 8, 9, tzinfo=OFFICE_TIMEZONE).timestamp()
ROWS = 60
HEADINGS = ("指标代码", "指标名称", "计量单位", "本月数", "本年累计", "上年同期累计", "备注")
CORES = 2
REPEATS = 3  # of the tenth
TIME_GOAL, MEMORY_GOAL = 1.3, 1.2
KIBIBYTE = 1024
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Spent:
    """What a process and its children took: seconds on the wall and of the processor, MiB of it and its largest."""

    wall: float
    processor: float
    own_memory: float
    child_memory: float


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench.reading")
    parser.add_argument("--files", type=int, default=10_000)
    count = parser.parse_args(arguments).files
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    print(f"{ROWS} rows × {len(HEADINGS)} columns; two cores; the machine's load is {os.getloadavg()[0]:.1f}")
    print(f"{'files':>7}  {'':16}{'read':>9}{'openpyxl':>10}{'ratio':>7}{'files/s':>9}{'MiB':>7}{'reader':>8}")
    few = count // 10
    with tempfile.TemporaryDirectory(prefix="jindu-reading-") as folder:
        made = Path(folder) / "made"
        make(made, count, has_formulas=False)
        small = [one_round(Path(folder), made, few) for _ in range(REPEATS)]
        large = one_round(Path(folder), made, count)
        shutil.rmtree(made)
        make(made, few, has_formulas=True)
        formulas = [one_round(Path(folder), made, few) for _ in range(REPEATS)]
    told = [
        ratio_of(few, "values", small),
        ratio_of(count, "values", [large]),
        ratio_of(few, "formulas too", formulas),
    ]
    memory = [max(ours.own_memory for ours, _ in rounds) for rounds in (small, [large])]
    readers = [max(ours.child_memory for ours, _ in rounds) for rounds in (small, [large])]
    growth = max(memory[1] / memory[0], readers[1] / readers[0])
    slowest = max(told)
    print(f"time: {slowest:.2f} × openpyxl, goal {TIME_GOAL}: {'met' if slowest <= TIME_GOAL else 'MISSED'}")
    print(
        f"memory: {count:,} files hold {growth:.2f} × that of {few:,}, goal {MEMORY_GOAL}:"
        f" {'met' if growth <= MEMORY_GOAL else 'MISSED'}"
    )
    return int(slowest > TIME_GOAL or growth > MEMORY_GOAL)


def ratio_of(count: int, kind: str, rounds: Sequence[tuple[Spent, Spent]]) -> float:
    """Print one line of the table, of medians; the ratio."""
    ours = statistics.median(one.wall for one, _ in rounds)
    theirs = statistics.median(other.wall for _, other in rounds)
    ratio = statistics.median(one.wall / other.wall for one, other in rounds)
    own, child = (max(held) for held in zip(*((one.own_memory, one.child_memory) for one, _ in rounds), strict=True))
    print(
        f"{count:>7,}  {kind:16}{ours:>7.1f} s{theirs:>8.1f} s{ratio:>7.2f}{count / ours:>9.0f}{own:>7.0f}{child:>8.0f}"
    )
    return ratio


def one_round(folder: Path, made: Path, count: int) -> tuple[Spent, Spent]:
    """What the step took for so many of the files, and what openpyxl took."""
    home = Home(folder / "home")
    aside(prepare, str(home.root), str(made), str(count))
    ours = aside(read_step, str(home.root))
    theirs = aside(open_twice, str(made), str(count))
    shutil.rmtree(home.root)
    return ours, theirs


# --- the workbooks ---


def make(folder: Path, count: int, *, has_formulas: bool) -> None:
    """Write the workbooks, all different, with two processes."""
    folder.mkdir()
    with ProcessPoolExecutor(CORES) as pool:
        halves = [(str(folder), core, count, has_formulas) for core in range(CORES)]
        list(pool.map(_make_every_other, *zip(*halves, strict=True)))


def _make_every_other(folder: str, first: int, count: int, has_formulas: bool) -> None:
    for number in range(first, count, CORES):
        dice = random.Random(number)
        with xlsxwriter.Workbook(f"{folder}/{number:06}.xlsx") as workbook:
            sheet = workbook.add_worksheet("社区月报")
            amount = workbook.add_format({"num_format": "#,##0.00"})
            sheet.write_row(0, 0, ["填报单位：", "", "报告期：", "2024年9月"])
            sheet.write_row(1, 0, HEADINGS)
            for row in range(2, ROWS + 2):
                month, before = dice.randrange(1000), dice.randrange(9000)
                sheet.write_row(row, 0, [f"indicator_{row:02}", f"第{row - 1}项工作", "件"])
                sheet.write_number(row, 3, month, amount)
                if has_formulas:
                    sheet.write_formula(row, 4, f"=D{row + 1}+{before}", amount, month + before)
                else:
                    sheet.write_number(row, 4, month + before, amount)
                sheet.write_number(row, 5, dice.randrange(9000), amount)
                sheet.write_string(row, 6, f"见附件 {dice.randrange(10**6)}" if row % 10 == 0 else "")


def prepare(root: str, made: str, count: str) -> None:
    """A home in which so many of the files have been collected and none is read."""
    home = Home(Path(root))
    home.inbox.mkdir(parents=True)
    for number in range(int(count)):
        name = f"{number:06}.xlsx"
        os.link(Path(made) / name, home.inbox / name)
        os.utime(home.inbox / name, (ARRIVED, ARRIVED))
    night = open_night(root, str(REFERENCE), AS_OF.isoformat())
    with connect(night.home) as connection:
        connection.execute("set enable_progress_bar = false")
        store(connection, load(REFERENCE))
        collect(night, no_progress)
    close_night(night)


# --- what is measured, each in a process of its own ---


def read_step(root: str) -> None:
    """The night's step."""
    from jindu.workbooks.read import read  # noqa: PLC0415  cold

    night = open_night(root, str(REFERENCE), AS_OF.isoformat())
    report = read(night, no_progress)
    close_night(night)
    if not report.count or " 0 of them unreadable" not in report.detail_en:
        raise RuntimeError(report.detail_en)


def open_twice(made: str, count: str) -> None:
    """Guard and openpyxl, values and formulas, on two processes."""
    paths = [f"{made}/{number:06}.xlsx" for number in range(int(count))]
    with ProcessPoolExecutor(CORES, multiprocessing.get_context("spawn"), initializer=without_numpy) as pool:
        seen = sum(pool.map(_open_twice_one, paths, chunksize=20))
    if seen < len(paths) * ROWS * len(HEADINGS):
        raise RuntimeError(f"{seen} cells seen")


def without_numpy() -> None:
    """As in the step's readers: openpyxl would import it for nothing."""
    sys.modules["numpy"] = None  # type: ignore[assignment]


def _open_twice_one(path: str) -> int:
    from openpyxl import load_workbook  # noqa: PLC0415  in the process that reads

    from jindu.workbooks.guard import DEFAULT_LIMITS, inspect  # noqa: PLC0415

    inspect(Path(path), DEFAULT_LIMITS)
    seen = 0
    for data_only in (True, False):
        with closing(load_workbook(path, read_only=True, data_only=data_only, keep_links=False)) as workbook:
            for sheet in workbook.worksheets:
                cells: list[tuple[Any, Any]] = [(c.value, c.number_format) for row in sheet.iter_rows() for c in row]
                seen = len(cells)
    return seen


def aside(work: Callable[..., None], *arguments: str) -> Spent:
    """What the work takes in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, work, arguments).result()


def _measured(work: Callable[..., None], arguments: tuple[str, ...]) -> Spent:
    wall = time.monotonic()
    work(*arguments)
    wall = time.monotonic() - wall
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = sum(used.ru_utime + used.ru_stime for used in (own, children))
    return Spent(wall, processor, own.ru_maxrss * KIBIBYTE / MEBIBYTE, children.ru_maxrss * KIBIBYTE / MEBIBYTE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
