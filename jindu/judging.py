"""A process of its own that judges files between nights: it imports Great Expectations once, and may die alone."""

import importlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jindu.catalogue import load
from jindu.dry_run import DryRun, Judgement
from jindu.report.receipt import Receipt, Remark, is_sender_certain
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.tether import die_with_parent

log = logging.getLogger(__name__)

ROUND_SECONDS = 300.0  # a round of a hundred files takes ten; what takes longer is stuck
ROUNDS_PER_PROCESS = 500  # then a fresh one, so that no library's leak lasts
LOOK_AGAIN = 0.2  # seconds in which an end asked for is noticed
USABLE = ("accepted", "held")
COUNTED_BY = ("form_code", "sender_code", "report_month")


class FilesError(JinduError):
    """The files could not be judged; others may be."""


class PlaceError(JinduError):
    """Nothing can be judged now: the reference data, the history or the disk is at fault."""


@dataclass(frozen=True)
class _Refusal:
    """An error as it travels between the processes."""

    is_about_the_place: bool
    message_zh: str
    message_en: str


class StoppedError(Exception):
    """The watch was asked to end while files were being judged."""


@dataclass(frozen=True)
class LyingFile:
    """A file in the inbox; `folder_code` is None directly in inbox/."""

    path: Path
    folder_code: str | None


class Judge:
    """The judging process, started at once, so that it is ready when the first file comes; ended with its owner."""

    def __init__(self, home: Home, reference: Path, log_path: Path, stop: threading.Event) -> None:
        self._home = home
        self._reference = reference
        self._log_path = log_path
        self._stop = stop
        self._rounds = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        shutil.rmtree(self._workspace, ignore_errors=True)  # what a killed process left
        self._start()

    def judge(self, files: Sequence[LyingFile]) -> list[Receipt]:
        """A first look at the files, judged together as if a night received them now, in no order.

        A file that is gone meanwhile has no receipt. Raises FilesError, PlaceError, and StoppedError.
        """
        if self._process is None or self._process.poll() is not None or self._rounds >= ROUNDS_PER_PROCESS:
            self.close()
            self._start()
        self._rounds += 1
        assert self._connection is not None
        deadline = time.monotonic() + ROUND_SECONDS
        try:
            self._connection.send([*files])
            while not self._connection.poll(LOOK_AGAIN):
                if self._stop.is_set():
                    raise StoppedError
                if time.monotonic() > deadline:
                    raise EOFError
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise FilesError(
                "核对时程序中断或超时，文件没有得到答复。", "The judging process died or took too long."
            ) from error
        if isinstance(answer, _Refusal):
            raise (PlaceError if answer.is_about_the_place else FilesError)(answer.message_zh, answer.message_en)
        return list(answer)

    def close(self) -> None:
        """End the process and take away its workspace."""
        if self._process is not None:
            self._process.kill()  # it stores nothing
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None
        shutil.rmtree(self._workspace, ignore_errors=True)

    @property
    def _workspace(self) -> Path:
        return self._home.root / ".watch"

    def _start(self) -> None:
        self._rounds = 0
        try:
            self._workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise PlaceError(
                f"无法写入工作目录 {self._home.root}：{error.strerror}。请清理磁盘空间或修正权限。",
                f"Cannot write into the home {self._home.root}: {error.strerror}. Make room or mend its permissions.",
            ) from error
        ours, theirs = socket.socketpair()
        with theirs, self._log_path.open("ab") as quiet:  # what a library prints is nobody's answer
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-c", "from jindu.judging import main; main()", str(os.getpid())),
                    *(str(theirs.fileno()), str(self._home.root), str(self._reference), str(self._log_path)),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=quiet,
                stderr=quiet,
                start_new_session=True,  # Ctrl-C is the owner's to hear
                env=os.environ | {"TMPDIR": str(self._workspace), "GX_ANALYTICS_ENABLED": "false"},
            )
        self._connection = Connection(ours.detach())


def main() -> None:
    """The process's entry: its owner, a connection's descriptor, home, reference folder and log are its arguments."""
    owner, descriptor, home, reference, log_path = sys.argv[1:]
    die_with_parent(int(owner), signal.SIGKILL)  # it stores nothing
    logging.basicConfig(level=logging.WARNING, filename=log_path, encoding="utf-8", force=True)
    logging.captureWarnings(True)
    with suppress(BrokenPipeError):  # the owner is gone, and nobody waits for the answer
        serve(Connection(int(descriptor)), Home(Path(home)), Path(reference))


def serve(connection: "Connection[Any, Any]", home: Home, reference: Path) -> None:
    """The process's side: answer one list of files after the other until the owner is gone."""
    importlib.import_module("great_expectations")  # ten seconds, before the first file comes
    while True:
        try:
            files = connection.recv()
        except EOFError:
            return
        connection.send(_answer(home, reference, files))


def first_look(home: Home, reference: Path, files: Sequence[LyingFile], now: datetime) -> list[Receipt]:
    """The receipts of files as a night at the moment `now` would write them, but for its confirmation.

    Raises PlaceError where no file could be judged, JinduError where these cannot.
    """
    history = home.history if home.history.is_file() else None
    try:
        names = _Names(reference)
        run = DryRun(reference, now, history)
    except JinduError as error:
        raise PlaceError(error.message_zh, error.message_en) from error
    with run:
        candidates = []
        for file in files:
            try:
                candidates.append(run.arrival(file.path, file.folder_code))
            except JinduError:  # gone, or no file any more: the next look sees it
                continue
        if not candidates:
            return []
        run.read(candidates)
        judgements = _superseding([one for one in run.judge() if not one.is_known])
        newest = _newest_usable(judgements)
        return [names.receipt(judgement, len(run.skipped), newest) for judgement in judgements]


def _answer(home: Home, reference: Path, files: list[LyingFile]) -> list[Receipt] | _Refusal:
    try:
        return first_look(home, reference, files, datetime.now(OFFICE_TIMEZONE))
    except JinduError as error:
        log.exception("could not judge %s", [str(file.path) for file in files])
        return _Refusal(isinstance(error, PlaceError), error.message_zh, error.message_en)
    except Exception as error:  # the last line of defence: one odd file must not end the answers to all others
        log.exception("could not judge %s", [str(file.path) for file in files])
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        return _Refusal(False, f"意外错误 {told}。", f"Unexpected {told}.")


def _newest_usable(judgements: Sequence[Judgement]) -> dict[tuple[object, ...], int]:
    """The version of each report that counts, as core.submission has it."""
    newest: dict[tuple[object, ...], int] = {}
    for one in judgements:
        if one.state in USABLE:
            newest[_report_of(one)] = max(newest.get(_report_of(one), 0), one.version or 0)
    return newest


def _superseding(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements with all but the newest usable version of a report superseded."""
    newest = _newest_usable(judgements)
    return [
        replace(one, state="superseded")
        if one.state in USABLE and (one.version or 0) < newest[_report_of(one)]
        else one
        for one in judgements
    ]


def _report_of(judgement: Judgement) -> tuple[object, ...]:
    return tuple(getattr(judgement, name) for name in COUNTED_BY)


class _Names:
    """The names that the reference data gives to units and indicators."""

    def __init__(self, reference: Path) -> None:
        tables = load(reference).tables
        self._units = dict(tables["org_unit"].select("code", "name").iter_rows())
        self._indicators = dict(tables["indicator"].select("code", "name_zh").iter_rows())

    def receipt(self, judgement: Judgement, skipped_count: int, newest: Mapping[tuple[object, ...], int]) -> Receipt:
        """What a night will confirm, as a first look says it; `newest` has the version that counts of each report."""
        counted = newest.get(_report_of(judgement), 0)
        is_overtaken = judgement.state == "rejected" and (judgement.version or counted) < counted
        folder = judgement.folder_code if judgement.folder_code in self._units else None
        unit_code = folder or judgement.sender_code
        return Receipt(
            submission_id=judgement.submission_id,
            sha256=judgement.sha256,
            file_name=judgement.file_name,
            unit_code=unit_code,
            unit_name=self._units.get(unit_code),
            form_name=judgement.form_name,
            report_month=judgement.report_month,
            version=judgement.version,
            received_at=judgement.received_at,
            due_on=judgement.due_on,
            lock_on=judgement.lock_on,
            state=judgement.state,
            cells_asked_count=judgement.cells_asked_count,
            cells_filled_count=judgement.cells_filled_count,
            not_applicable_count=judgement.not_applicable_count,
            remarks=tuple(
                Remark(
                    severity=finding.severity,
                    sheet_name=finding.sheet_name,
                    cell=finding.cell,
                    indicator_name=self._indicators.get(finding.indicator_code, finding.indicator_code),
                    found=finding.found,
                    expected=finding.expected,
                    message_zh=finding.message_zh,
                    finding_id=finding.finding_id,
                    is_upheld=judgement.answers[finding.finding_id] == "upheld",
                )
                for finding in judgement.findings
                if judgement.is_open(finding)
            ),
            explained_count=sum(not judgement.is_open(finding) for finding in judgement.findings),
            skipped_count=skipped_count,
            is_sample=judgement.is_sample,
            confirmed_at=None,
            refusal_code=judgement.refusal_code,
            overtaken_by=counted if is_overtaken else None,
            is_sender_certain=is_sender_certain(
                folder is not None, [finding.rule_code for finding in judgement.findings]
            ),
        )
