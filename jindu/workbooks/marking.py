"""Marks received workbooks in a process of its own, under the reader's limits: a file is opened nowhere else."""

import hashlib
import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from jindu.confined import (
    MEMORY_BYTES,
    SECONDS_PER_FILE,
    Answerer,
    Child,
    ChildDiedError,
    answer_questions,
    limit_memory,
)
from jindu.workbooks.finding_sheet import FindingList, Note
from jindu.workbooks.guard import DEFAULT_LIMITS, RefusalError, inspect
from jindu.workbooks.marked import list_alone, mark
from jindu.workbooks.package import CannotMarkError

MARKED, LISTED, CHANGED = "marked", "listed", "changed"
REWRITTEN = "您报送的文件不是 .xlsx，这里照原样转成 .xlsx（公式只留结果），改这一个、报这一个就行。"
ALONE = "“位置”指报送的原文件：请在原文件里改好，存盘后放进收件文件夹。本页只列问题，不是报表，不要拿它报送。"


def serve(memory_bytes: int, seconds_per_file: float) -> None:
    """The child's side."""
    limit_memory(memory_bytes)
    answer_questions(_prepare, seconds_per_file)


class Marker:
    """The process that marks, started when it is first needed."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES, seconds_per_file: float = SECONDS_PER_FILE) -> None:
        self._child = Child("jindu.workbooks.marking:serve", None, memory_bytes, seconds_per_file)

    def __enter__(self) -> "Marker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close()

    def mark(self, source: Path, sha256: str, draft: Path, findings: FindingList) -> str:
        """Write the workbook to return as `draft`: the source with its findings, else a list of them alone.

        MARKED, LISTED, or CHANGED when the source is not, or no longer, the file of that hash: then nothing is written.
        """
        try:
            return str(self._child.ask([str(source), sha256, str(draft), findings]))
        except ChildDiedError:
            return self.list_alone(draft, findings)

    def list_alone(self, draft: Path, findings: FindingList) -> str:
        """Write the findings without opening any file."""
        return _list_alone(draft, findings)


def _prepare(_preparation: object) -> Answerer:
    def answer(question: Sequence[Any]) -> str:
        source, sha256, draft, (title, lines, notes) = question
        return _mark(Path(source), sha256, Path(draft), FindingList(title, lines, [Note(*note) for note in notes]))

    return answer


def _mark(source: Path, sha256: str, draft: Path, findings: FindingList) -> str:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(DEFAULT_LIMITS.file_bytes + 1)
    except OSError:
        return CHANGED
    if hashlib.sha256(content).hexdigest() != sha256:
        return CHANGED
    draft.write_bytes(content)  # looked at and patched are the same bytes, whatever happens to the source
    try:
        kind = inspect(draft).kind
        found = findings
        if kind != "xlsx":
            content, found = _rewritten(kind, content, draft, findings)
        draft.write_bytes(mark(content, found))
    except (RefusalError, CannotMarkError):
        return _list_alone(draft, findings)
    return MARKED


def _rewritten(kind: str, content: bytes, draft: Path, findings: FindingList) -> tuple[bytes, FindingList]:
    """What was sent in another format as an .xlsx, and the findings with the names of its sheets."""
    rewrite = importlib.import_module("jindu.workbooks.rewritten").rewrite  # few files need it
    found: FindingList = rewrite(kind, content, draft, findings, DEFAULT_LIMITS)
    return draft.read_bytes(), found._replace(lines=[*found.lines[:-1], "".join(found.lines[-1:]) + REWRITTEN])


def _list_alone(draft: Path, findings: FindingList) -> str:
    """The last line, which says how to mend a marked workbook, says how to do without one."""
    draft.write_bytes(list_alone(findings._replace(lines=[*findings.lines[:-1], ALONE])))
    return LISTED
