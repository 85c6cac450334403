"""Reading in processes of their own: a file that hangs, crashes or eats memory costs itself only.

The child imports the reader and nothing of the warehouse; the two sides exchange lines of JSON.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, NamedTuple

from jindu.settings import PROJECT_ROOT, JinduError

MEMORY_BYTES = 512 * 1024 * 1024  # the reader alone takes 32 MiB; a sheet at the guard's limits stays under this
SECONDS_PER_FILE = 10.0  # a form takes 0.02
WORKER_COUNT = 2
READY = "ready"


class Job(NamedTuple):
    """One archived file to read."""

    sha256: str
    path: str
    file_name: str  # as received: names the sheet of a CSV


class Document(NamedTuple):
    """What reading found out about the whole file; the columns of raw.document, months as YYYY-MM-DD."""

    file_format: str | None
    is_readable: bool
    refusal_code: str | None = None
    refusal_zh: str | None = None
    refusal_en: str | None = None
    form_text: str | None = None
    template_version: str | None = None
    sender_text: str | None = None
    report_month_text: str | None = None
    report_month: str | None = None
    meta_form_code: str | None = None
    meta_sender_code: str | None = None
    meta_report_month: str | None = None
    correction_reason: str | None = None
    filled_by: str | None = None
    approved_by: str | None = None


class CellRow(NamedTuple):
    """One cell of the table; the columns of raw.cell, decimals and days as text."""

    sheet_name: str
    row_number: int
    column_number: int
    cell: str
    field: str | None
    text: str | None
    state: str
    number_value: str | None = None
    number_unit: str | None = None
    number_qualifier: str | None = None
    date_value: str | None = None
    treatment: str | None = None
    number_format: str | None = None
    formula: str | None = None


class Answer(NamedTuple):
    """What came back for one file."""

    document: Document
    cells: Sequence[CellRow]


def serve(memory_bytes: int, seconds_per_file: float) -> None:
    """The child's side: read the files named on standard input until it closes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would import it: 120 MiB for nothing
    from jindu.workbooks import reader  # noqa: PLC0415  (only the child reads, under its limits)

    with os.fdopen(os.dup(1), "w", encoding="ascii") as answers:
        os.dup2(2, 1)  # whatever a library prints must not look like an answer
        headings: dict[str, str] = json.loads(sys.stdin.readline())
        print(READY, file=answers, flush=True)
        for line in sys.stdin:
            job = Job(*json.loads(line))
            signal.setitimer(signal.ITIMER_REAL, seconds_per_file)  # SIGALRM ends the process, even inside C code
            answer = json.dumps(reader.read(Path(job.path), job.file_name, headings))
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(answer, file=answers, flush=True)


class WorkerDiedError(Exception):
    """The child ended instead of answering."""

    def __init__(self, timed_out: bool) -> None:
        super().__init__("timed out" if timed_out else "died")
        self.timed_out = timed_out


class Worker:
    """One child process, started when it is first needed and again after it died."""

    def __init__(self, headings: Mapping[str, str], memory_bytes: int, seconds_per_file: float) -> None:
        self._headings = json.dumps(dict(headings))
        self._limits = (str(memory_bytes), str(seconds_per_file))
        self._process: subprocess.Popen[str] | None = None

    def read(self, job: Job) -> Answer:
        """The file's content; a file that kills its worker twice is refused.

        Raises JinduError when the reader does not even start.
        """
        try:
            return self._ask(job)
        except WorkerDiedError as death:
            if death.timed_out:
                return _failed(death)
        try:
            return self._ask(job)  # a fresh process: the first may have died of something else
        except WorkerDiedError as death:
            return _failed(death)

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, job: Job) -> Answer:
        process = self._process or self._start()
        try:
            answer = _exchange(process, json.dumps(job))
        except BrokenPipeError:
            answer = ""
        if not answer.endswith("\n"):
            code = process.wait()
            self.close()
            raise WorkerDiedError(timed_out=code == -signal.SIGALRM)
        document, cells = json.loads(answer)
        return Answer(Document(*document), cells)

    def _start(self) -> "subprocess.Popen[str]":
        command = "import sys; from jindu.workbooks.worker import serve; serve(int(sys.argv[1]), float(sys.argv[2]))"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", command, *self._limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
            text=True,
            encoding="ascii",
        )
        try:
            answer = _exchange(self._process, self._headings)
        except BrokenPipeError:
            answer = ""
        if answer.strip() != READY:
            self.close()
            raise JinduError(
                "读取程序无法启动（可能是可用内存不足）。请检查内存后重新运行 jindu run。",
                "The reader does not start, perhaps for want of memory. Check the memory, then run jindu run again.",
            )
        return self._process


class WorkerPool:
    """A few workers behind one queue."""

    def __init__(
        self,
        headings: Mapping[str, str],
        worker_count: int = WORKER_COUNT,
        memory_bytes: int = MEMORY_BYTES,
        seconds_per_file: float = SECONDS_PER_FILE,
    ) -> None:
        self._workers = [Worker(headings, memory_bytes, seconds_per_file) for _ in range(worker_count)]
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(worker_count)

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def read(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """The answers, in the order of the jobs."""
        return self._threads.map(self._read_one, jobs)

    def _read_one(self, job: Job) -> Answer:
        worker = self._idle.get()
        try:
            return worker.read(job)
        finally:
            self._idle.put(worker)


def _exchange(process: "subprocess.Popen[str]", line: str) -> str:
    """Send a line, wait for the answer; empty when the child has ended."""
    question, answer = _pipes(process)
    question.write(line + "\n")
    question.flush()
    return answer.readline()


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the child is started with both pipes")
    return process.stdin, process.stdout


def _failed(death: WorkerDiedError) -> Answer:
    zh, en = ("超过了时限", "took too long") if death.timed_out else ("中途停止", "stopped half-way")
    return Answer(
        Document(
            file_format=None,
            is_readable=False,
            refusal_code="reader_failed",
            refusal_zh=f"读取这个文件时程序{zh}，没有读出内容；请把表格按数值粘贴到新的模板里再报送。",
            refusal_en=f"Reading this file {en} and gave nothing; paste the table as values into a new template.",
        ),
        [],
    )
