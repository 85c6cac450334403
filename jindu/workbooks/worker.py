"""Reading in processes of their own: a file that hangs, crashes or eats memory costs itself only.

The child imports the reader and nothing of the warehouse.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import NamedTuple

from jindu.confined import (
    MEMORY_BYTES,
    SECONDS_PER_FILE,
    Answerer,
    Child,
    ChildDiedError,
    answer_questions,
    limit_memory,
)

WORKER_COUNT = 2
MOST_CHARACTERS = 8_000_000  # of all cells of a file; a community's form has 2,000


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
    correction_sheet: str | None = None
    correction_cell: str | None = None
    heading_sheet: str | None = None
    sender_cell: str | None = None
    report_month_cell: str | None = None


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
    limit_memory(memory_bytes)
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would import it: 120 MiB for nothing
    from jindu.workbooks import reader  # noqa: PLC0415  (only the child reads, under its limits)

    def prepare(headings: dict[str, str]) -> Answerer:
        def answer(question: Sequence[str]) -> Answer:
            job = Job(*question)
            return _bounded(reader.read(Path(job.path), job.file_name, headings))

        return answer

    answer_questions(prepare, seconds_per_file)


def _bounded(answer: Answer) -> Answer:
    """The answer, unless its texts are far more than the file: one long text may stand in any number of cells."""
    if sum(len(cell.text or "") for cell in answer.cells) <= MOST_CHARACTERS:
        return answer
    zh = "表格里的文字太多，不像一张报表；请把表格按数值粘贴到新的模板里再报送。"
    en = "The table holds more text than a form; paste it as values into a new template."
    return Answer(Document(answer.document.file_format, False, "too_large", zh, en), [])


class Worker:
    """One child process that reads, started when it is first needed and again after it died."""

    def __init__(self, headings: Mapping[str, str], memory_bytes: int, seconds_per_file: float) -> None:
        self._child = Child("jindu.workbooks.worker:serve", dict(headings), memory_bytes, seconds_per_file)

    def read(self, job: Job) -> Answer:
        """The file's content; a file that kills its worker twice is refused.

        Raises JinduError when the reader does not even start.
        """
        try:
            return self._ask(job)
        except ChildDiedError as death:
            if death.timed_out:
                return _failed(death)
        try:
            return self._ask(job)  # a fresh process: the first may have died of something else
        except ChildDiedError as death:
            return _failed(death)

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def _ask(self, job: Job) -> Answer:
        document, cells = self._child.ask(job)
        return Answer(Document(*document), cells)


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


def _failed(death: ChildDiedError) -> Answer:
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
