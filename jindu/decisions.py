"""What people decide, such as a revised target: a line for ever in decisions/<kind>.jsonl of the home.

A command writes it down and touches nothing else; every night loads the files whole, so the private database can be
rebuilt from them. Another kind of decision is another file and another entry of PAYLOADS.
"""

import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import polars

from jindu.catalogue import REFERENCE_TABLES, TYPES
from jindu.lock import locked
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night, StepReport
from jindu.warehouse.connection import PRIVATE_FILE, PRIVATE_FOLDER, connect
from jindu.warehouse.history import fsync

PATIENCE = 10.0  # seconds that one person waits for another who is writing a decision down
ARCHIVED_MODE = 0o444
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # which an editor may put before the first line
HEAD_BYTES = 4096  # enough of a file to tell a journal from a workbook
TORN = ".torn"  # beside a file: what a broken write left at its end, kept for who wants to look
KEYS = {"decision_id", "kind", "recorded_at", "entered_at", "by", "reason", "payload"}
SUBMISSION_ID = re.compile(r"[0-9a-f]{16}")
FINDING_ID = re.compile(r"[0-9a-f]{16}")
CASE_ID = re.compile(r"[0-9a-f]{16}")
ALERT_ACTIONS = {"ack": None, "snooze": "until", "assign": "assignee"}  # and what each of them must say
FINDING_VERDICTS = ("waived", "upheld")  # domain.md, Validation: the operator upholds (rejected) or waives
CORRECTED = {"org_unit_code": "text", "indicator_code": "text", "report_month": "month"}
TOLD = {"month_value": "decimal", "ytd_value": "decimal", "prior_ytd_value": "decimal", "finished_on": "date"}
NOT_APPLICABLE = "not_applicable"  # true: what the month is asked for is not there; no figure stands beside it
TARGET_COLUMNS = {column.name: column for column in REFERENCE_TABLES["target"].columns}
TOLD_OF_A_PERSON = {  # domain.md, Submissions: neither belongs into a text
    "身份证号": ("an ID-card number", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)[1-9]\d{14}(?!\d)")),
    "手机号码": ("a telephone number", re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")),
    "电话号码": ("a telephone number", re.compile(r"(?<!\d)0\d{2,3}[\s-]?\d{7,8}(?!\d)")),
}
SCHEMA: dict[str, type[polars.DataType] | polars.DataType] = {
    "decision_id": polars.String,
    "kind": polars.String,
    "recorded_at": polars.Datetime("us", "UTC"),
    "entered_at": polars.Datetime("us", "UTC"),
    "decided_by": polars.String,
    "reason": polars.String,
    "payload": polars.String,
    "file_name": polars.String,
    "line": polars.Int32,
    "sha256": polars.String,
}


@dataclass(frozen=True)
class Decision:
    """Who decided what, when and why; the payload is as its kind has it."""

    decision_id: str
    kind: str
    recorded_at: datetime  # when it was taken
    entered_at: datetime  # the clock, when it was written down
    by: str
    reason: str
    payload: dict[str, Any]

    def as_line(self) -> bytes:
        """The line of the file, with its end."""
        told = vars(self) | {
            "recorded_at": self.recorded_at.isoformat(timespec="seconds"),
            "entered_at": self.entered_at.isoformat(timespec="seconds"),
        }
        return f"{json.dumps(told, ensure_ascii=False)}\n".encode()


@dataclass(frozen=True)
class Journal:
    """One file of decisions as it now stands; `torn` is what a broken write left after the last whole line."""

    file: Path
    content: bytes
    decisions: tuple[tuple[int, Decision], ...]  # with their lines
    torn: bytes


def deciding(home: Home) -> AbstractContextManager[None]:
    """The journals to oneself, from looking at what holds to writing down what changes it.

    Raises HomeLockedError when somebody else takes longer than a moment.
    """
    return locked(home, patience=PATIENCE, path=home.decision_lock)


def record(  # noqa: PLR0913  (a decision has these parts)
    home: Home, kind: str, *, by: str, reason: str, payload: dict[str, Any], recorded_at: datetime
) -> Decision:
    """Write a decision down, for ever: it is on the disk when this returns.

    Raises JinduError for a moment to come, a name or reason that says nothing or too much, a payload that is none, and
    a disk that does not take it.
    """
    check_said(by, reason, recorded_at)
    now = datetime.now(OFFICE_TIMEZONE).replace(microsecond=0)
    number = f"{recorded_at.astimezone(OFFICE_TIMEZONE):%Y%m%d}-{secrets.token_hex(4)}"
    decision = Decision(number, kind, recorded_at.astimezone(OFFICE_TIMEZONE), now, by.strip(), reason.strip(), payload)
    file = home.decisions / f"{kind}.jsonl"
    _read_line(decision.as_line(), file, 1)  # what could not be read again is not written
    try:
        with deciding(home):
            home.decisions.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            _append(read_journal(file), decision.as_line())
    except OSError as error:
        raise JinduError(
            f"没有记下：写不进 {file}（{error.strerror}）。请检查磁盘空间和权限后重新执行。",
            f"Nothing was recorded: {file} cannot be written ({error.strerror}). "
            "Check space and permissions and run the command again.",
        ) from error
    return decision


def read_journals(home: Home) -> list[Journal]:
    """Every journal of the home; any other file of the folder is left alone (strange_files).

    Raises JinduError for a damaged line, naming file and line.
    """
    return [read_journal(file) for file in _journal_files(home)]


def read_journal(file: Path) -> Journal:
    """A journal as it stands; empty when there is no such file. Raises as read_journals does."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        content = b""
    *lines, rest = content.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    found = [(number, _read_line(line, file, number)) for number, line in enumerate(lines, start=1) if line.strip()]
    if rest.strip():
        try:  # whole, but for its end
            found.append((len(lines) + 1, _read_line(rest, file, len(lines) + 1)))
            rest = b""
        except JinduError:
            pass
    first: dict[str, int] = {}
    for number, decision in found:
        if first.setdefault(decision.decision_id, number) != number:
            raise _damaged(file, number, f"与第 {first[decision.decision_id]} 行编号重复", "its decision_id is not new")
    return Journal(file, content, tuple(found), rest.strip())


def torn_journals(home: Home) -> list[Path]:
    """The journals that end in what a broken write left: a decision whose command did not come to its end."""
    return [file for file in _journal_files(home) if _has_torn_end(file)]


def strange_files(home: Home) -> list[Path]:
    """What lies among the journals and is none: a copy that somebody made, a kind that nobody knows."""
    if not home.decisions.is_dir():
        return []
    known = {f"{kind}.jsonl{end}" for kind in PAYLOADS for end in ("", TORN)}
    return sorted(file for file in home.decisions.iterdir() if file.name not in known and file != home.decision_lock)


def load_decisions(night: Night) -> StepReport:
    """Archive the journals that have changed and load what stands in them; a second time changes nothing.

    Raises JinduError for a damaged line, and for a journal that lacks what was loaded before.
    """
    journals = read_journals(night.home)
    rows = [row for journal in journals for row in _rows(night.home, journal)]
    with connect(night.home) as connection:
        _refuse_loss(connection, night.home, rows)
        store_decisions(connection, rows)
    torn = [journal.file.name for journal in journals if journal.torn]
    zh, en = f"决定 {len(rows)} 条", f"{len(rows)} decisions"
    if torn:
        zh += f"（{'、'.join(torn)} 末尾有一条没有写完整，未计入，请重新执行那条命令）"
        en += f" ({', '.join(torn)} ends in one that was not written whole and does not count: give that command again)"
    if strange := [file.name for file in strange_files(night.home)]:
        zh += f"（decisions/ 里的 {'、'.join(strange)} 不是决定文件，没有读，请移走）"
        en += f" (decisions/ holds {', '.join(strange)}, no file of decisions: not read; move it away)"
    return StepReport(zh, en, len(rows))


def store_decisions(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> None:
    """Put these in place of all decisions of the database."""
    frame = polars.DataFrame(rows, schema=SCHEMA)
    connection.begin()
    connection.execute("delete from raw.decision")
    if not frame.is_empty():
        connection.execute("insert into raw.decision by name select * from frame")  # DuckDB reads it by its name
    connection.commit()


def journal_rows(journal: Journal) -> list[dict[str, Any]]:
    """The decisions of a journal as rows of raw.decision."""
    digest = sha256(journal.content).hexdigest()
    return [
        {
            "decision_id": decision.decision_id,
            "kind": decision.kind,
            "recorded_at": decision.recorded_at,
            "entered_at": decision.entered_at,
            "decided_by": decision.by,
            "reason": decision.reason,
            "payload": json.dumps(decision.payload, ensure_ascii=False),
            "file_name": journal.file.name,
            "line": line,
            "sha256": digest,
        }
        for line, decision in journal.decisions
    ]


def _rows(home: Home, journal: Journal) -> Iterator[dict[str, Any]]:
    if journal.content:
        _archive(home, journal.content)
    yield from journal_rows(journal)


def _archive(home: Home, content: bytes) -> None:
    """Keep the bytes under their SHA-256, as every file that is received."""
    digest = sha256(content).hexdigest()
    place = home.archive / digest[:2] / digest
    if place.exists():
        return
    place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".", delete=False) as copy:
        copy.write(content)
        copy.flush()
        os.fchmod(copy.fileno(), ARCHIVED_MODE)
        os.fsync(copy.fileno())
    Path(copy.name).replace(place)
    fsync(place.parent)


def _refuse_loss(connection: duckdb.DuckDBPyConnection, home: Home, rows: list[dict[str, Any]]) -> None:
    """A decision that was loaded once stays: what is taken back is taken back by another one."""
    known = {(row["decision_id"], row["payload"]) for row in rows}
    loaded = connection.execute("select decision_id, payload, file_name, line, sha256 from raw.decision").fetchall()
    for decision_id, payload, file_name, line, digest in loaded:
        if (decision_id, payload) not in known:
            kept = home.archive / digest[:2] / digest
            source_zh, source_en = (f" {kept} ", str(kept)) if kept.is_file() else ("备份", "a backup")
            raise JinduError(
                f"{home.decisions / file_name} 里原来第 {line} 行的决定（{decision_id}）不见了或被改动。"
                f"决定只能追加：请用{source_zh}恢复，要改主意请再记一条。",
                f"The decision {decision_id}, once line {line} of {home.decisions / file_name}, is gone or changed. "
                f"Decisions are only added: restore the file from {source_en}, and record another one to take it back.",
            )


def _journal_files(home: Home) -> list[Path]:
    """The files of the kinds there are, those that exist."""
    files = [home.decisions / f"{kind}.jsonl" for kind in sorted(PAYLOADS)]
    return [file for file in files if file.exists()]


def _archived_copy(file: Path) -> Path | None:
    """The last copy of a journal that a night archived; None when none did."""
    kind = f'"kind": "{file.stem}"'.encode()
    copies = []
    for copy in Home(file.parent.parent).archive.glob("??/*"):
        with copy.open("rb") as content:
            head = content.read(HEAD_BYTES).removeprefix(BYTE_ORDER_MARK)
        if head.startswith(b'{"decision_id"') and kind in head:
            copies.append(copy)
    return max(copies, key=lambda copy: copy.stat().st_mtime_ns, default=None)


def _append(journal: Journal, line: bytes) -> None:
    """Add a whole line, after setting aside what a broken write left."""
    content = journal.content
    if journal.torn:
        whole = content.rfind(b"\n") + 1
        with journal.file.with_name(f"{journal.file.name}{TORN}").open("ab") as aside:
            aside.write(content[whole:] + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        os.truncate(journal.file, whole)
    elif content and not content.endswith(b"\n"):
        line = b"\n" + line
    descriptor = os.open(journal.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE)
    with os.fdopen(descriptor, "ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    fsync(journal.file.parent)


def _has_torn_end(file: Path) -> bool:
    rest = file.read_bytes().removeprefix(BYTE_ORDER_MARK).rpartition(b"\n")[2]
    if not rest.strip():
        return False
    try:
        _read_line(rest, file, 0)
    except JinduError:
        return True
    return False


def _read_line(line: bytes, file: Path, number: int) -> Decision:
    try:
        told = json.loads(line.decode("utf-8"))
    except ValueError as error:
        raise _damaged(file, number, "不是完整的 JSON", "it is no whole JSON") from error
    if not isinstance(told, dict) or told.keys() < KEYS:
        lacking = sorted(KEYS - told.keys()) if isinstance(told, dict) else sorted(KEYS)
        raise _damaged(file, number, f"缺少 {'、'.join(lacking)}", f"it lacks {', '.join(lacking)}")
    if told["kind"] != file.stem:
        raise _damaged(file, number, f"kind 不是 {file.stem}", f"its kind is not {file.stem}")
    try:
        moments = [datetime.fromisoformat(told[name]) for name in ("recorded_at", "entered_at")]
        texts = [told[name] for name in ("decision_id", "kind", "by", "reason")]
        if any(moment.tzinfo is None for moment in moments) or not all(isinstance(text, str) for text in texts):
            raise ValueError(line)
        PAYLOADS.get(told["kind"], _any_object)(told["payload"])
    except (TypeError, ValueError) as error:
        raise _damaged(file, number, f"内容不符：{error}", f"what it says does not fit: {error}") from error
    return Decision(
        told["decision_id"], told["kind"], moments[0], moments[1], told["by"], told["reason"], told["payload"]
    )


def _damaged(file: Path, number: int, zh: str, en: str) -> JinduError:
    if copy := _archived_copy(file):
        hint_zh = f"请用最近存档的 {copy} 恢复，之后的决定重新记。"
        hint_en = f"Restore it from the copy archived last, {copy}, and record again what came after."
    else:
        hint_zh = "archive/ 里没有它的存档：请从备份恢复；没有备份就把它移到别处，重新记下其中的决定。"
        hint_en = "No night has archived it: restore it from a backup, or move it away and record its decisions again."
    return JinduError(
        f"{file} 第 {number} 行已损坏：{zh}。{hint_zh}", f"Line {number} of {file} is damaged: {en}. {hint_en}"
    )


def _any_object(payload: object) -> None:
    if not isinstance(payload, dict):
        raise TypeError("payload")


def _check_targets(payload: object) -> None:
    """{"targets": [rows of target.csv, by column]}; a value is text, as in the file."""
    targets = payload["targets"] if isinstance(payload, dict) and payload.keys() == {"targets"} else None
    if not isinstance(targets, list) or not targets:
        raise ValueError("payload")
    for target in targets:
        if unknown := target.keys() - TARGET_COLUMNS.keys():
            raise ValueError(", ".join(sorted(unknown)))
        for name, column in TARGET_COLUMNS.items():
            value = target.get(name)
            if value is None and column.blank and name != "version":
                continue
            parsed = None if value is None else _parsed(column.type, value)
            if parsed is None or (column.allowed and parsed not in column.allowed):
                raise ValueError(f"{name}: {value}")


def _parsed(kind: str, value: object) -> object:
    """A cell of the payload as target.csv would read it; a date is written whole. None when it is none."""
    if kind == "month":
        return date.fromisoformat(str(value))
    if kind == "decimal" and not isinstance(value, str):
        return None
    return TYPES[kind].parse(str(value))


def target_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of target.csv as the payload has it: nothing that is blank, values as text, months as dates."""
    written = {}
    for name, value in row.items():
        if value is None or value is False:
            continue
        written[name] = f"{value.normalize():f}" if isinstance(value, Decimal) else value
        if isinstance(value, date):
            written[name] = value.isoformat()
    return written


def _check_withdrawal(payload: object) -> None:
    """{"submissions": [ids]}: what is taken back, for ever."""
    ids = payload["submissions"] if isinstance(payload, dict) and payload.keys() == {"submissions"} else None
    if not isinstance(ids, list) or not ids:
        raise ValueError("payload")
    if wrong := [one for one in ids if not (isinstance(one, str) and SUBMISSION_ID.fullmatch(one))]:
        raise ValueError(f"submissions: {wrong[0]}")


def _check_correction(payload: object) -> None:
    """Whose figure of which month, and the measures that were told: texts, in the indicator's own unit."""
    if not isinstance(payload, dict) or not payload.keys() >= CORRECTED.keys():
        raise ValueError("payload")
    is_taken = payload.get(NOT_APPLICABLE)
    if is_taken not in (None, True) or bool(payload.keys() & TOLD.keys()) == bool(is_taken):
        raise ValueError("payload")
    payload = {name: value for name, value in payload.items() if name != NOT_APPLICABLE}
    if unknown := payload.keys() - CORRECTED.keys() - TOLD.keys():
        raise ValueError(", ".join(sorted(unknown)))
    for name, value in payload.items():
        if _parsed({**CORRECTED, **TOLD}[name], value) is None:
            raise ValueError(f"{name}: {value}")


def _check_finding(payload: object) -> None:
    """{"verdict": waived or upheld, "findings": [ids]}: what became of warnings that nobody explained.

    "submissions" has the id of each one's submission; older decisions lack it.
    """
    if not isinstance(payload, dict) or payload.keys() - {"submissions"} != {"verdict", "findings"}:
        raise ValueError("payload")
    if payload["verdict"] not in FINDING_VERDICTS:
        raise ValueError(f"verdict: {payload['verdict']}")
    ids = payload["findings"]
    if not isinstance(ids, list) or not ids:
        raise ValueError("findings")
    if wrong := [one for one in ids if not (isinstance(one, str) and FINDING_ID.fullmatch(one))]:
        raise ValueError(f"findings: {wrong[0]}")
    submissions = payload.get("submissions", ["0" * 16] * len(ids))
    if not isinstance(submissions, list) or len(submissions) != len(ids):
        raise ValueError("submissions")
    if wrong := [one for one in submissions if not (isinstance(one, str) and SUBMISSION_ID.fullmatch(one))]:
        raise ValueError(f"submissions: {wrong[0]}")


def _check_alert(payload: object) -> None:
    """{"action": ack, snooze or assign, "cases": [ids]}, with "until" (a day) or "assignee" (a recipient's name)."""
    if not isinstance(payload, dict) or payload.get("action") not in ALERT_ACTIONS:
        raise ValueError("payload")
    said = ALERT_ACTIONS[payload["action"]]
    if payload.keys() != {"action", "cases"} | ({said} if said else set()):
        raise ValueError("payload")
    ids = payload["cases"]
    if not isinstance(ids, list) or not ids:
        raise ValueError("cases")
    if wrong := [one for one in ids if not (isinstance(one, str) and CASE_ID.fullmatch(one))]:
        raise ValueError(f"cases: {wrong[0]}")
    if said == "until" and _parsed("date", payload["until"]) is None:
        raise ValueError(f"until: {payload['until']}")
    if said == "assignee" and not (isinstance(payload["assignee"], str) and payload["assignee"].strip()):
        raise ValueError(f"assignee: {payload['assignee']}")


PAYLOADS: dict[str, Callable[[object], None]] = {  # by kind; they raise ValueError or TypeError
    "target": _check_targets,
    "withdrawal": _check_withdrawal,
    "correction": _check_correction,
    "finding": _check_finding,
    "alert": _check_alert,
}


def check_said(by: str, reason: str, recorded_at: datetime) -> None:
    """Raise JinduError for a moment to come, and for a name or reason that says nothing or too much."""
    if recorded_at > datetime.now(OFFICE_TIMEZONE):
        shown = recorded_at.astimezone(OFFICE_TIMEZONE)
        raise JinduError(
            f"{shown:%Y-%m-%d %H:%M} 还没有到，不能记下将来的决定。请在通过之后再记。",
            f"{shown:%Y-%m-%d %H:%M} is still to come: a decision is recorded when it was taken.",
        )

    if not by.strip():
        raise JinduError("请用 --by 写明是谁决定的。", "Say with --by who decided it.")
    if not reason.strip():
        raise JinduError("请用 --reason 写明理由。", "Say with --reason why.")
    for zh, (en, pattern) in TOLD_OF_A_PERSON.items():
        if pattern.search(reason):
            raise JinduError(
                f"理由会长期保存，里面不能有{zh}：请去掉后重新执行。",
                f"The reason is kept for ever and must not hold {en}: leave it out and run the command again.",
            )
