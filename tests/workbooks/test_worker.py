"""A file that hangs, eats memory or crashes the reader costs itself only."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jindu.confined import Child, ChildDiedError
from jindu.settings import PROJECT_ROOT, JinduError
from jindu.workbooks.worker import Job, Worker, WorkerPool

from .conftest import HEADINGS, Write

MEBIBYTE = 1024 * 1024


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(HEADINGS) as workers:
        yield workers


def job(path: Path) -> Job:
    return Job("0" * 64, str(path), path.name)


def large_csv(path: Path, columns: int = 60) -> Path:
    """Within the guard's limits, but a lot of work: seconds and hundreds of megabytes."""
    others = ",".join(f"c{column}" for column in range(columns))
    path.write_text(f"indicator_code,month_value,{others}\n" + f"A01,1{',x' * columns}\n" * 19_000)
    return path


def crashing_workbook(path: Path) -> Path:
    """Passes the guard; openpyxl finds no number in the style and raises."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'<c r="A1"', b'<c r="A1" s="x"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_the_child_imports_the_reader_alone() -> None:
    script = (
        "import json, sys, io; from jindu.workbooks.worker import serve; sys.stdin = io.StringIO('{}\\n');"
        f"serve({512 * MEBIBYTE}, 10.0);"
        "print(json.dumps([name for name, module in sys.modules.items() if module is not None]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "ready\n"
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    assert "openpyxl" in loaded
    assert not loaded & {"duckdb", "polars", "pyarrow", "numpy", "pandas", "prefect"}


def test_answers_come_in_the_order_of_the_jobs(pool: WorkerPool, write_workbook: Write, tmp_path: Path) -> None:
    good, other = write_workbook(), tmp_path / "b.csv"
    other.write_text("indicator_code,month_value\nB01,1\n")
    answers = list(pool.read([job(good), job(other), job(good), job(other)]))
    assert [answer.document.file_format for answer in answers] == ["xlsx", "csv", "xlsx", "csv"]


def test_a_file_that_crashes_the_reader(pool: WorkerPool, write_workbook: Write) -> None:
    bad, good = crashing_workbook(write_workbook(name="bad.xlsx")), write_workbook()
    answers = list(pool.read([job(good), job(bad), job(good), job(bad), job(good)]))
    assert [answer.document.refusal_code for answer in answers] == [None, "reader_failed", None, "reader_failed", None]


def test_a_file_that_takes_too_long(tmp_path: Path, write_workbook: Write) -> None:
    with WorkerPool(HEADINGS, worker_count=1, seconds_per_file=1.0) as pool:
        slow, good = list(pool.read([job(large_csv(tmp_path / "slow.csv")), job(write_workbook())]))
    assert slow.document.refusal_code == "reader_failed"
    assert "took too long" in (slow.document.refusal_en or "")
    assert good.document.is_readable


WAITING = """
import time
from jindu.confined import answer_questions, limit_memory

def serve(memory_bytes, seconds):
    limit_memory(memory_bytes)
    def work(question):
        begin, used = time.monotonic(), time.process_time()
        while time.monotonic() - begin < question["wait"] or time.process_time() - used < question["work"]:
            time.sleep(0.01) if question["wait"] else None
        return "done"
    answer_questions(lambda _preparation: work, seconds)
"""


@pytest.mark.parametrize(
    ("question", "ends"),
    [({"wait": 1.0, "work": 0.0}, False), ({"wait": 0.0, "work": 1.5}, True), ({"wait": 9.0, "work": 0.0}, True)],
    ids=["a busy machine", "too much work", "waits for ever"],
)
def test_the_time_of_a_file_is_the_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: dict[str, float], ends: bool
) -> None:
    """An honest file on a busy machine waits for its turn: only what it works itself counts against it."""
    (tmp_path / "waiting.py").write_text(WAITING)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{PROJECT_ROOT}")
    child = Child("waiting:serve", None, 512 * MEBIBYTE, 0.5)
    try:
        if ends:
            with pytest.raises(ChildDiedError) as death:
                child.ask(question)
            assert death.value.timed_out
        else:
            assert child.ask(question) == "done"
    finally:
        child.close()


def test_a_file_that_takes_too_much_memory(tmp_path: Path, write_workbook: Write) -> None:
    with WorkerPool(HEADINGS, worker_count=1, memory_bytes=128 * MEBIBYTE) as pool:
        large, good = list(pool.read([job(large_csv(tmp_path / "large.csv")), job(write_workbook())]))
    assert large.document.refusal_code == "reader_failed"
    assert good.document.is_readable


def test_a_form_at_the_guards_limits_fits(pool: WorkerPool, tmp_path: Path) -> None:
    (answer,) = pool.read([job(large_csv(tmp_path / "large.csv", columns=3))])
    assert answer.document.is_readable


def test_a_worker_that_cannot_start_refuses_no_file(write_workbook: Write) -> None:
    worker = Worker(HEADINGS, memory_bytes=1, seconds_per_file=10.0)
    with pytest.raises(JinduError, match="无法启动"):
        worker.read(job(write_workbook()))
