"""What would become of files if they were received now: judged in a workspace of its own, stored nowhere.

The rules are the night's own models and expectations on the night's own tables, so a night only confirms the verdict.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import polars

from jindu.catalogue import load, store
from jindu.checks.engine import Verdict, judge
from jindu.checks.expectations import Expectation, gate_expectations
from jindu.checks.gate import FINDING_SCHEMA, Finding, findings_of
from jindu.checks.plain import judge_plainly
from jindu.decisions import journal_rows, read_journals, store_decisions
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Progress, no_progress, run_id_of
from jindu.warehouse.connection import prepare, set_timezone
from jindu.warehouse.models import ANSWERS, build_one, needed
from jindu.workbooks.collect import (
    EPOCH,
    InboxFile,
    UnreadableError,
    copy_bytes,
    lying_file,
    received_at,
    storable,
    submission_id_of,
)
from jindu.workbooks.guard import DEFAULT_LIMITS
from jindu.workbooks.read import record, vocabulary_of
from jindu.workbooks.worker import WORKER_COUNT, Answer, Job, WorkerPool

GATE = "incoming"
TOLD = ("critical", "warning")  # domain.md, Validation: information is for the operator only
RECEIVED = "core.received"
COUNTED = "core.cell_count"
HAS_TABLE = "select 1 from duckdb_tables() where database_name = 'history' and schema_name = 'raw' and table_name = ?"
OPEN = "open"


@dataclass(frozen=True)
class Candidate:
    """A file to judge as if it had been received."""

    path: Path
    file_name: str
    folder_code: str | None  # whose folder it lies in; None: the operator's
    received_at: datetime


@dataclass(frozen=True)
class Judgement:
    """What would become of a file."""

    submission_id: str
    sha256: str
    file_name: str
    folder_code: str | None
    form_code: str | None
    form_name: str | None
    sender_code: str | None
    sender_name: str | None
    report_month: date | None
    version: int | None
    received_at: datetime  # of bytes that were received before: when they first were
    due_on: date | None
    lock_on: date | None
    state: str  # rejected, held, accepted; before the gate by what reading found
    cells_asked_count: int
    cells_filled_count: int
    not_applicable_count: int
    findings: tuple[Finding, ...]  # critical and warning, explained ones too: information never goes to a clerk
    answers: Mapping[str, str] = field(default_factory=dict)  # finding_id: the state that core.finding_answer gives it
    is_known: bool = False  # the same bytes in the same folder were received before: they change nothing
    is_sample: bool = False  # invented for a demonstration
    refusal_code: str | None = None  # why it could not be read

    def is_open(self, finding: Finding) -> bool:
        """Whether it still asks something of the sender: neither explained, nor settled before."""
        return self.answers.get(finding.finding_id, OPEN) in (OPEN, "upheld")


@dataclass(frozen=True)
class _Taken:
    """A candidate with its bytes: hashed, and copied to where the reader finds them."""

    candidate: Candidate
    submission_id: str
    sha256: str
    size_bytes: int
    copy: Path


class DryRun:
    """A workspace with the reference data, the files to judge, and what the history holds to compare them with.

    Nothing outlives it. Raises CatalogueError for a reference folder with faults, and JinduError for a history that
    cannot be opened.
    """

    skipped: tuple[Expectation, ...]  # rules about what was sent before; without history only the files are compared

    def __init__(self, reference: Path, as_of: datetime, history: Path | None) -> None:
        self._as_of = as_of
        self._history = history if history is not None and history.is_file() else None
        self._catalogue = load(reference)
        self._expectations = [rule for rule in gate_expectations(GATE) if rule.severity in TOLD]
        self.skipped = () if self._history else tuple(rule for rule in self._expectations if rule.needs == "history")
        self.history_as_of, self._previous_as_of = self._look_back()
        self._folder = tempfile.TemporaryDirectory(prefix="jindu-check-")
        # in memory: no disk to wait for; what does not fit goes to the folder and with it
        self._connection = duckdb.connect(config={"temp_directory": self._folder.name})
        self._taken: list[_Taken] = []
        self._known: set[str] = set()
        self._is_compared = False

    def __enter__(self) -> "DryRun":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._folder.cleanup()

    def unit_name(self, code: str) -> str | None:
        """The name of an org unit; None when the reference folder has no such code."""
        units = self._catalogue.tables["org_unit"]
        return dict(zip(units["code"].to_list(), units["name"].to_list(), strict=True)).get(code)

    def arrival(self, path: Path, folder_code: str | None) -> Candidate:
        """A file on disk as the next night would take it in: received when it was modified, within the bounds.

        Raises JinduError when it is no regular file or cannot be looked at.
        """
        try:
            file = lying_file(path, folder_code)
        except UnreadableError as error:
            raise _unreadable(path) from error
        moment = received_at(file.modified_at, self._previous_as_of, self._as_of)
        return Candidate(path, storable(path.name), folder_code, moment)

    def read(self, candidates: Sequence[Candidate], progress: Progress = no_progress) -> list[Judgement]:
        """Judge what reading alone finds, one judgement per candidate in their order; no Great Expectations.

        Once per workspace. Raises JinduError for a file that cannot be read now or changes meanwhile.
        """
        self._taken = [self._take(candidate) for candidate in candidates]
        jobs = [
            Job(first.sha256, str(first.copy), first.candidate.file_name)
            for first in {
                taken.sha256: taken for taken in sorted(self._taken, key=_arrived, reverse=True)
            }.values()  # the same bytes are read once, under the name that they first came with
        ]
        rules = [rule for rule in self._expectations if rule.needs == "reading"]
        meanings = vocabulary_of(self._catalogue.tables)
        with WorkerPool(meanings, worker_count=max(1, min(WORKER_COUNT, len(jobs)))) as pool:
            answering = pool.read(jobs)  # the reader starts now, while the workspace is made
            connection = self._connection
            prepare(connection)
            store(connection, self._catalogue)
            self._receive(connection)
            record(connection, jobs, list(_counted(answering, len(jobs), progress)))
        self._recall(connection)
        self._identify(connection)
        self._build(connection, {rule.table for rule in rules})
        return self._judgements(connection, judge_plainly(connection, rules))

    def judge(self, progress: Progress = no_progress) -> list[Judgement]:
        """Judge the candidates that were read by the whole incoming gate.

        The first time in a process it takes about ten seconds longer: Great Expectations is imported.
        """
        connection = self._connection
        self._compare(connection)
        self._build(connection, {rule.table for rule in self._expectations})
        database = Path(self._folder.name) / "gate.duckdb"
        self._hand_over(connection, database)
        return self._judgements(connection, judge(database, tuple(self._expectations), progress))

    def _look_back(self) -> tuple[datetime | None, datetime]:
        """The moment that the history is as of, and the last run before this one: a file that it lacks came later."""
        if self._history is None:
            return None, EPOCH
        try:
            connection = duckdb.connect(self._history, read_only=True)
        except (duckdb.Error, OSError) as error:
            raise _history_closed(self._history, error) from error
        try:
            set_timezone(connection)
            ((sealed,),) = connection.execute("select as_of_at from history").fetchall()
            runs = connection.execute("select as_of_at from raw.run where state = 'completed'").fetchall()
        except (duckdb.Error, ValueError) as error:
            raise _history_closed(self._history, error) from error
        finally:
            connection.close()
        earlier = [moment for moment in (sealed, *(as_of for (as_of,) in runs)) if moment < self._as_of]
        return sealed.astimezone(OFFICE_TIMEZONE), max(earlier, default=EPOCH)

    def _take(self, candidate: Candidate) -> _Taken:
        """Hash a file, and copy as much of it as the reader would open: nobody changes it under the reader's eyes."""
        try:
            file: InboxFile = lying_file(candidate.path, candidate.folder_code)
            with tempfile.NamedTemporaryFile(dir=self._folder.name, delete=False) as copy:
                sha256 = copy_bytes(file, copy, DEFAULT_LIMITS.file_bytes + 1)
                copy.flush()
                os.truncate(copy.fileno(), file.size_bytes)  # a file that is too large says how large
        except UnreadableError as error:
            raise _unreadable(candidate.path) from error
        except OSError as error:
            raise JinduError(
                f"临时文件夹 {self._folder.name} 写不进去：{error.strerror}。请清理磁盘后重试。",
                f"The temporary folder {self._folder.name} takes nothing: {error.strerror}. Make room and try again.",
            ) from error
        submission_id = submission_id_of(sha256, candidate.folder_code)
        return _Taken(candidate, submission_id, sha256, file.size_bytes, Path(copy.name))

    def _receive(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Record what was received before, and then the candidates; the same bytes again are received once."""
        connection.execute("create table candidate (submission_id text, sha256 text)")
        with self._attached(connection) as is_there:
            if is_there:
                connection.execute(
                    "insert into raw.submission by name from history.raw.submission where received_at <= ?",
                    [self._as_of],
                )
                if connection.execute(HAS_TABLE, ["decision"]).fetchall():  # an older history has none
                    connection.execute("insert into raw.decision by name from history.raw.decision")
        self._decide(connection)
        received = {row[0] for row in connection.execute("select submission_id from raw.submission").fetchall()}
        self._known = received & {taken.submission_id for taken in self._taken}
        for taken in sorted(self._taken, key=_arrived):
            if taken.submission_id not in received:
                received.add(taken.submission_id)
                connection.execute(
                    "insert into raw.submission values "
                    "($submission_id, $sha256, $folder_code, $file_name, $size_bytes, $received_at, '')",
                    {
                        "submission_id": taken.submission_id,
                        "sha256": taken.sha256,
                        "folder_code": taken.candidate.folder_code,
                        "file_name": taken.candidate.file_name,
                        "size_bytes": taken.size_bytes,
                        "received_at": min(taken.candidate.received_at, self._as_of).astimezone(UTC),
                    },
                )
            connection.execute("insert into candidate values (?, ?)", [taken.submission_id, taken.sha256])

    def _decide(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take in what was decided since the last night, as the next will; of a damaged journal the night tells."""
        if self._history is None:
            return
        with suppress(JinduError, OSError):
            journals = read_journals(Home(self._history.parent))
            if rows := [row for journal in journals for row in journal_rows(journal)]:
                store_decisions(connection, rows)

    def _recall(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take from the history what its other submissions claim to be."""
        with self._attached(connection) as is_there:
            if not is_there:
                return
            connection.execute(
                "insert into raw.document by name from history.raw.document"
                " where sha256 in (select sha256 from raw.submission)"
                " and sha256 not in (select sha256 from candidate)"
            )
            connection.execute(  # a file that names no sender may name one subject (core.received)
                "insert into raw.cell by name from history.raw.cell"
                " where field = 'org_unit_code' and sha256 in ("
                "     select sha256 from raw.document where sender_text is null and meta_sender_code is null"
                " ) and sha256 not in (select sha256 from candidate)"
            )

    def _identify(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Resolve all submissions together, which gives the versions, and keep the candidates to be read on."""
        for model in needed([RECEIVED]):
            build_one(connection, self._as_of, model)
        connection.execute(f"create table identified as from {RECEIVED}")
        connection.execute(f"delete from {RECEIVED} where submission_id not in (select submission_id from candidate)")

    def _has_precedent(self, connection: duckdb.DuckDBPyConnection, findings: list[Finding]) -> bool:
        """Whether a warning, told by reading alone, was told before of the same figure: it may be settled."""
        warned = {(one.rule_code, one.org_unit_code) for one in findings if one.severity == "warning"}
        with self._attached(connection) as is_there:
            if not (warned and is_there and connection.execute(HAS_TABLE, ["finding"]).fetchall()):
                return False
            told = "select distinct rule_code, org_unit_code from history.raw.finding where severity = 'warning'"
            return not warned.isdisjoint(connection.execute(told).fetchall())

    def _compare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Beside the candidates, keep all from their senders and all of their months: nothing else is compared."""
        self._is_compared = True
        connection.execute(f"delete from {RECEIVED}")
        connection.execute(
            f"""
            insert into {RECEIVED}
            with candidate_report as (
                select identified.* from identified inner join candidate using (submission_id)
            )
            from identified
            where
                submission_id in (select submission_id from candidate)
                or sender_code in (select sender_code from candidate_report)
                or report_month in (select report_month from candidate_report)
            """
        )
        connection.execute("delete from raw.cell where sha256 not in (select sha256 from candidate)")
        with self._attached(connection) as is_there:
            if is_there:
                connection.execute(
                    "insert into raw.cell by name from history.raw.cell where"
                    f" sha256 in (select sha256 from {RECEIVED}) and sha256 not in (select sha256 from candidate)"
                )

    def _build(self, connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
        identifying = {model.name for model in needed([RECEIVED])}
        for model in needed([*sorted(tables), COUNTED]):
            if model.name not in identifying:
                build_one(connection, self._as_of, model)

    def _hand_over(self, connection: duckdb.DuckDBPyConnection, database: Path) -> None:
        """Give the gate a file with the candidates' rows to judge; a rule about uniqueness looks at all rows."""
        whole = {rule.table for rule in self._expectations if rule.expect == "values_unique"}
        connection.execute(f"attach '{_quoted(database)}' as handed (read_write)")
        connection.execute('create schema handed."check"')
        for table in sorted({rule.table for rule in self._expectations}):
            schema, name = table.split(".")
            chosen = "" if table in whole else "where submission_id in (select submission_id from candidate)"
            connection.execute(
                f'create or replace table handed."{schema}"."{name}" as from "{schema}"."{name}" {chosen}'
            )
        connection.execute("detach handed")

    def _judgements(self, connection: duckdb.DuckDBPyConnection, verdicts: Iterable[Verdict]) -> list[Judgement]:
        found = [finding for verdict in verdicts for finding in findings_of(connection, verdict)]
        findings: dict[str | None, list[Finding]] = {}
        for finding in found:
            findings.setdefault(finding.submission_id, []).append(finding)
        answers = self._answers(connection, found)
        told = connection.execute(
            f"""
            select
                received.submission_id,
                received.form_code,
                form.name_zh as form_name,
                received.sender_code,
                sender.name as sender_name,
                received.report_month,
                received.version,
                received.received_at,
                received.due_on,
                received.lock_on,
                cell_count.cells_asked_count,
                cell_count.cells_filled_count,
                cell_count.not_applicable_count,
                received.is_sample,
                received.refusal_code,
            from {RECEIVED} as received
            inner join {COUNTED} as cell_count using (submission_id)
            left join reference.form as form on received.form_code = form.code
            left join reference.org_unit as sender on received.sender_code = sender.code
            """
        )
        names = [column[0] for column in told.description]
        facts = {row[0]: dict(zip(names, row, strict=True)) for row in told.fetchall()}
        return [
            self._judgement(taken, facts[taken.submission_id], findings.get(taken.submission_id, []), answers)
            for taken in self._taken
        ]

    def _answers(self, connection: duckdb.DuckDBPyConnection, findings: list[Finding]) -> dict[str, str]:
        """What answers each finding, beside what the last night found in the senders' other submissions."""
        run_id, candidate = run_id_of(self._as_of), "select submission_id from candidate"
        others = f"select submission_id from {RECEIVED} where submission_id not in ({candidate})"
        if not self._is_compared and self._has_precedent(connection, findings):
            self._compare(connection)
            self._build(connection, {ANSWERS})
        connection.execute("delete from raw.finding")
        connection.register("new_row", polars.DataFrame([asdict(one) for one in findings], schema=FINDING_SCHEMA))
        connection.execute(
            "insert into raw.finding by name select cast(? as varchar) as run_id, 'incoming' as gate, * from new_row",
            [run_id],
        )
        connection.unregister("new_row")
        with self._attached(connection) as is_there:
            if is_there and connection.execute(HAS_TABLE, ["finding"]).fetchall():
                connection.execute(
                    "insert into raw.finding by name"
                    " select * replace (cast(? as varchar) as run_id) from history.raw.finding"
                    " where gate = 'incoming' and finding.run_id = (select run_id from history.history)"
                    f" and submission_id in ({others})",
                    [run_id],
                )
        for model in needed([ANSWERS]):
            if model.name == ANSWERS:
                build_one(connection, self._as_of, model)
        rows = connection.execute(f"select finding_id, state from {ANSWERS} where submission_id in ({candidate})")
        return dict(rows.fetchall())

    def _judgement(
        self, taken: _Taken, facts: dict[str, Any], findings: list[Finding], answers: Mapping[str, str]
    ) -> Judgement:
        known = facts | {"received_at": facts["received_at"].astimezone(OFFICE_TIMEZONE)}
        return Judgement(
            sha256=taken.sha256,
            file_name=taken.candidate.file_name,
            folder_code=taken.candidate.folder_code,
            state=state_of(findings, answers),
            findings=tuple(findings),
            answers={finding.finding_id: answers[finding.finding_id] for finding in findings},
            is_known=taken.submission_id in self._known,
            **known,
        )

    @contextmanager
    def _attached(self, connection: duckdb.DuckDBPyConnection) -> Iterator[bool]:
        """The history under that name, for reading; whether there is one."""
        if self._history is None:
            yield False
            return
        try:
            connection.execute(f"attach '{_quoted(self._history)}' as history (read_only)")
        except (duckdb.Error, OSError) as error:
            raise _history_closed(self._history, error) from error
        yield True
        connection.execute("detach history")


def state_of(findings: Iterable[Finding], answers: Mapping[str, str]) -> str:
    """What findings and their answers make of a submission: rejected, held or accepted (as core.submission has it)."""
    told = {(finding.severity, answers[finding.finding_id]) for finding in findings}
    if any(severity == "critical" or state == "upheld" for severity, state in told):
        return "rejected"
    return "held" if ("warning", OPEN) in told else "accepted"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _arrived(taken: _Taken) -> tuple[datetime, str]:
    return taken.candidate.received_at, taken.submission_id


def _counted(answers: Iterable[Answer], total: int, progress: Progress) -> Iterator[Answer]:
    for done, answer in enumerate(answers, start=1):
        yield answer
        progress(done, total)


def _unreadable(path: Path) -> JinduError:
    """Why a file on disk is nothing to judge, in one sentence."""
    if path.is_dir():
        return JinduError(
            f"“{path}”是文件夹，不是文件。请写出要核对的文件，例如 {path}/*.xlsx。",
            f"{path} is a folder. Name the files to check, such as {path}/*.xlsx.",
        )
    if not path.exists():
        return JinduError(f"没有“{path}”这个文件，请核对文件名。", f"There is no file {path}; check its name.")
    if not path.is_file():
        return JinduError(
            f"“{path}”不是普通文件，无法核对。请先另存为 .xlsx 或 .csv 文件。",
            f"{path} is no ordinary file; save it as .xlsx or .csv first.",
        )
    return JinduError(
        f"“{path}”现在读不了：没有权限，或正在被改动。请保存并关闭文件后重试。",
        f"{path} cannot be read now: it is not permitted, or the file is changing. Save and close it, then try again.",
    )


def _history_closed(path: Path, error: BaseException) -> JinduError:
    return JinduError(
        f"打不开以往报送的记录 {path}：{error}。请检查权限；文件损坏时，下一次 jindu run 会重新生成。",
        f"Cannot open the record of what was sent before, {path}: {error}. Check its permissions; "
        "the next jindu run makes a damaged one anew.",
    )
