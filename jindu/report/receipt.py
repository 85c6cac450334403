"""The receipt 回执: what became of one file, for the unit that sent it, as a page that prints to A4."""

import fcntl
import functools
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import jinja2

from jindu.reading_order import reading_place
from jindu.settings import OFFICE_TIMEZONE, JinduError

TEMPLATES = Path(__file__).parent / "templates"
NOBODYS = "待认领"  # the folder for receipts of files that name no unit
WORD = "回执"
BOOK_WORD = "校验结果"
SHORT_ID = 8  # hex digits of the submission's id in the file name
LONGEST_STEM = 40  # characters of the sender's own file name in the receipt's name
LONGEST_TEXT = 200  # characters of what was found in a cell
SHOWN_FINDINGS = 300  # on one receipt: some ten pages of A4
UNFINISHED = ".unfinished-"
HEAD_BYTES = 2048  # the seal stands in the first lines
SEAL = re.compile(r'<meta name="jindu-receipt" content="([0-9a-f]+) (preliminary|confirmed) ([0-9a-f]+)">')
NAMED = re.compile(rf"_?{WORD}_([0-9a-f]{{{SHORT_ID}}})\.html")
BOOK_NAMED = re.compile(rf"_?{BOOK_WORD}_([0-9a-f]{{{SHORT_ID}}})\.xlsx")
SENDER_IN_DOUBT = "sender_conflict"  # expectations/incoming.yml: the file names two senders
# Refusals by the reader alone: the guard had let the file through, and it was opened without harm
OPENED = frozenset({"no_table", "no_rows", "ambiguous_table", "mixed_document"})
UPHELD_REMEDY = "经核实不予认可，备注说明不再采用，请改正后重报"
SEVERITY_WORDS = {"critical": "强制性", "warning": "核实性"}  # domain.md, Validation
NO_SUBJECT = ("是", "在")  # a sentence that begins so has lost what it is about
STATE_WORDS = {  # domain.md, Submissions
    "accepted": "已接收",
    "held": "待核实",
    "rejected": "退回",
    "superseded": "已有新版",
    "withdrawn": "已撤回",
}

RETURNED = ("accepted", "held", "rejected")  # with open findings; for another state a newer version speaks


@dataclass(frozen=True)
class Remark:
    """One finding as the clerk reads it."""

    severity: str  # critical, warning
    sheet_name: str | None
    cell: str | None
    indicator_name: str | None
    found: str | None
    expected: str | None
    message_zh: str  # what is wrong; what to do
    finding_id: str = ""
    is_upheld: bool = False  # the office looked into it: no explanation is taken any more

    @property
    def severity_word(self) -> str:
        """强制性 or 核实性, or that the office has decided."""
        return "已认定" if self.is_upheld else SEVERITY_WORDS[self.severity]

    @property
    def short_id(self) -> str:
        """How the office and the sender call it."""
        return self.finding_id[:SHORT_ID]

    @property
    def problem(self) -> str:
        """What is wrong, without the name of the indicator that stands beside it where the rest is a sentence."""
        problem, _ = split_message(self.message_zh)
        rest = problem.removeprefix(f"“{self.indicator_name}”").removeprefix("的").lstrip()
        return problem if not rest or rest.startswith(NO_SUBJECT) else rest

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return UPHELD_REMEDY if self.is_upheld else split_message(self.message_zh)[1]


@dataclass(frozen=True)
class Receipt:
    """What became of one file; no names of people and no notes."""

    submission_id: str
    sha256: str
    file_name: str
    unit_code: str | None  # whose folder the file lay in, else who sent it; None: nobody knows
    unit_name: str | None
    form_name: str | None
    report_month: date | None
    version: int | None
    received_at: datetime
    due_on: date | None
    lock_on: date | None
    state: str
    cells_asked_count: int
    cells_filled_count: int
    not_applicable_count: int
    remarks: tuple[Remark, ...]  # open ones: critical, and warnings that nothing explains
    explained_count: int  # warnings that are answered: explained in the notes, settled before, or waived
    skipped_count: int  # rules that need a history, where there is none yet
    is_sample: bool
    confirmed_at: datetime | None  # as-of moment of the night that confirmed it; None: a first look between nights
    refusal_code: str | None = None  # why it could not be read
    is_sender_certain: bool = True  # a workbook holds names and notes: it goes to nobody else
    corrections: tuple[str, ...] = ()  # values telephoned in that count in the place of its cells, in words
    overtaken_by: int | None = None  # the newer version of the same report that counts
    is_put_right: bool = False  # no version of a report: another file that came stands for it

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, but for who says it."""
        told = asdict(self) | {"confirmed_at": None, "received_at": self.received_at.astimezone(OFFICE_TIMEZONE)}
        del told["refusal_code"], told["is_sender_certain"]  # of the workbook, not of what the receipt says
        for later in ("corrections", "overtaken_by", "is_put_right"):  # so that receipts written before stay true
            if not told[later]:
                del told[later]
        told |= {"is_lock_over": True} if self.is_open and self.is_lock_over else {}  # then it asks for something else
        return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()

    @property
    def may_be_opened(self) -> bool:
        """Whether its workbook can be marked: what a guard refused is never opened again."""
        return self.refusal_code is None or self.refusal_code in OPENED

    @property
    def path(self) -> Path:
        """Where it belongs, relative to returns/."""
        return self._path(WORD, "html")

    @property
    def book_path(self) -> Path | None:
        """Where the workbook with its findings belongs, relative to returns/; None when none goes back."""
        is_returned = self.state in RETURNED and bool(self.remarks) and self.unit_code and self.is_sender_certain
        return self._path(BOOK_WORD, "xlsx") if is_returned else None

    def _path(self, word: str, ending: str) -> Path:
        if self.form_name and self.report_month and self.version:
            name = f"{self.report_month:%Y-%m}_{_in_a_name(self.form_name)}_第{self.version}版"
        else:
            name = _in_a_name(Path(self.file_name).stem)
        return Path(_in_a_name(self.unit_code or NOBODYS)) / f"{name}_{word}_{self.submission_id[:SHORT_ID]}.{ending}"

    @property
    def state_word(self) -> str:
        """The state in plain Chinese."""
        return STATE_WORDS[self.state]

    @property
    def critical_count(self) -> int:
        """Findings that reject the file."""
        return sum(remark.severity == "critical" for remark in self.remarks)

    @property
    def warning_count(self) -> int:
        """Findings that ask for an explanation."""
        return len(self.remarks) - self.critical_count - self.upheld_count

    @property
    def upheld_count(self) -> int:
        """Warnings that the office upheld, which reject the file as well."""
        return sum(remark.is_upheld for remark in self.remarks)

    @property
    def sorted_remarks(self) -> list[Remark]:
        """Critical first, then from the top of the sheet down."""
        return self.all_remarks[:SHOWN_FINDINGS]

    @property
    def all_remarks(self) -> list[Remark]:
        """The same, however many."""
        return sorted(self.remarks, key=_place)

    @property
    def is_open(self) -> bool:
        """Whether somebody has something to do about it."""
        return self.state in {"held", "rejected"} and self.overtaken_by is None and not self.is_put_right

    @property
    def is_lock_over(self) -> bool:
        """Whether the lock day had passed when this was said: by the night, else by the day that the file came."""
        said_on = (self.confirmed_at or self.received_at).astimezone(OFFICE_TIMEZONE).date()
        return self.lock_on is not None and said_on > self.lock_on

    @property
    def advice(self) -> list[str]:
        """What to do next, and until when."""
        return [sentence for sentence in _advice(self) if sentence]

    @property
    def timeliness(self) -> str:
        """In time or how late, by the day that it came; nothing when no day is due."""
        if self.due_on is None:
            return ""
        days = (self.received_at.astimezone(OFFICE_TIMEZONE).date() - self.due_on).days
        return f"逾期 {days} 天" if days > 0 else "按时"


def is_sender_certain(is_in_own_folder: bool, rule_codes: Iterable[str]) -> bool:
    """Whether a workbook may go back: it lay in the sender's own folder, or names one sender only."""
    return is_in_own_folder or SENDER_IN_DOUBT not in rule_codes


def split_message(message: str) -> tuple[str, str]:
    """A finding's message in two: what is wrong, and what to do; quoted text is never cut."""
    depth, ends, requests = 0, [], []
    for place, character in enumerate(message):
        depth += (character == "“") - (character == "”")
        if depth > 0 or place + 1 == len(message):
            continue
        if character == "。":
            ends.append(place)
        elif character in "，；" and message[place + 1] == "请":
            requests.append(place)
    cut = (ends or requests or [len(message)])[0]
    return message[:cut].rstrip("。"), message[cut + 1 :].rstrip("。")


def render(receipt: Receipt) -> str:
    """The page: one file, nothing from outside, the same for the same receipt."""
    return _template().render(receipt=receipt)


class ReceiptFolder:
    """The folder returns/ with its receipts, for one writer at a time: night and watch write the same files."""

    def __init__(self, returns: Path) -> None:
        self._returns = returns
        self._lock: TextIO | None = None
        self._paths: dict[str, list[Path]] = {}
        self._books: dict[str, list[Path]] = {}

    def __enter__(self) -> "ReceiptFolder":
        try:
            self._returns.mkdir(parents=True, exist_ok=True)
            self._lock = (self._returns / ".lock").open("w", encoding="utf-8")
            fcntl.flock(self._lock, fcntl.LOCK_EX)  # dropped with the process, however that ends
            self._look()
        except OSError as error:
            self._unlock()
            raise self._refused(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unlock()

    def short_ids(self) -> set[str]:
        """The first digits of every submission that has a receipt here."""
        return set(self._paths)

    def is_confirmed(self, short_id: str) -> bool:
        """Whether a night stands behind the submission's receipt."""
        return any(seal and seal[1] == "confirmed" for seal in map(_seal, self._paths.get(short_id, [])))

    def put(self, receipt: Receipt) -> bool:
        """Write the receipt where it belongs, whole or not at all; False when the one that is there says the same.

        A first look never replaces what a night has confirmed. Raises JinduError when the folder takes nothing.
        """
        short_id, target = receipt.submission_id[:SHORT_ID], self._returns / receipt.path
        there = self._paths.get(short_id, [])
        for path in there:
            seal = _seal(path)
            if seal is None:
                continue
            _, kind, digest = seal
            if kind == "confirmed" and receipt.confirmed_at is None:
                return False
            if path == target and digest == receipt.digest and (kind == "confirmed") == bool(receipt.confirmed_at):
                return False
        is_said_anew = not any(seal[2] == receipt.digest for path in there if (seal := _seal(path)))
        try:
            self._drop_books(receipt, is_said_anew)
            _write(target, render(receipt))
            for path in there:
                if path != target:  # what it was called before its version, month or unit was known
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        self._paths[short_id] = [target]
        return True

    def lacks_book(self, receipt: Receipt) -> bool:
        """Whether the receipt stands here, its workbook goes back and is not there; each version has its own."""
        book = receipt.book_path
        seal = _seal(self._returns / receipt.path) if book else None
        return bool(book and seal and seal[2] == receipt.digest and not (self._returns / book).is_file())

    def place_book(self, receipt: Receipt, draft: Path) -> bool:
        """Put a finished workbook beside its receipt in one step; False when the receipt no longer asks for it.

        Raises JinduError when the folder takes nothing.
        """
        book = receipt.book_path
        if book is None or not self.lacks_book(receipt):
            return False
        try:
            with draft.open("rb") as file:
                os.fchmod(file.fileno(), 0o644)  # senders read it
                os.fsync(file.fileno())
            draft.replace(self._returns / book)
            _sync_folder((self._returns / book).parent)
        except OSError as error:
            raise self._refused(error) from error
        self._books.setdefault(receipt.submission_id[:SHORT_ID], []).append(self._returns / book)
        return True

    def withdraw(self, short_id: str) -> bool:
        """Take away the first look at a file that is gone; what a night has confirmed stays."""
        if short_id not in self._paths or self.is_confirmed(short_id):
            return False
        try:
            for path in [*self._books.pop(short_id, []), *self._paths.pop(short_id)]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        return True

    def _look(self) -> None:
        """Find the receipts that are there, and take away what a killed writer left."""
        self._paths, self._books = {}, {}
        for folder in sorted(entry for entry in self._returns.iterdir() if entry.is_dir() and not entry.is_symlink()):
            for path in sorted(folder.iterdir()):
                if path.name.startswith(UNFINISHED):
                    path.unlink(missing_ok=True)
                elif found := NAMED.search(path.name):
                    self._paths.setdefault(found[1], []).append(path)
                elif found := BOOK_NAMED.search(path.name):
                    self._books.setdefault(found[1], []).append(path)

    def _drop_books(self, receipt: Receipt, is_said_anew: bool) -> None:
        """Take away the submission's workbooks that no longer say what its receipt says."""
        book = receipt.book_path and self._returns / receipt.book_path
        there = self._books.get(receipt.submission_id[:SHORT_ID], [])
        for path in [*there]:
            if is_said_anew or path != book:
                path.unlink(missing_ok=True)
                there.remove(path)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _refused(self, error: OSError) -> JinduError:
        return JinduError(
            f"无法写入回执文件夹 {self._returns}：{error.strerror or error}。"
            "请清理磁盘空间或修正这个文件夹的权限，之后重新运行，缺少的回执会补上。",
            f"Cannot write receipts into {self._returns}: {error.strerror or error}. "
            "Make room on the disk or mend the folder's permissions and run again; missing receipts are then written.",
        )


def _advice(receipt: Receipt) -> list[str]:
    due, lock = receipt.due_on, receipt.lock_on
    is_first_look = receipt.confirmed_at is None
    after_lock = f"{_day(lock)}（锁定日）以后重报，须填写“更正说明”。" if lock else ""
    overdue = f"{_day(lock)}（锁定日）已过，请尽快重报，并填写“更正说明”。" if lock and receipt.is_lock_over else ""
    match receipt.state:
        case "accepted":
            return [
                "初步核对没有需要改正的问题，等夜间运行确认后计入。" if is_first_look else "数值已计入，不用再报。",
                "发现有误时，改好后再放进收件文件夹，会自动记为新的一版。",
                after_lock,
            ]
        case "held":
            return [
                "数值先行计入，标为待定。",
                "请逐条核对下表：有误的改正，属实的在该行“备注”写明原因（只写“核实无误”不算），再放进收件文件夹。",
                overdue or (f"请在 {_day(lock)}（锁定日）以前办完。" if lock else ""),
            ]
        case "rejected" if not receipt.is_open:
            return [
                "整份没有采用，数值没有计入。",
                "后来收到的文件已代替它，这一份不用再改。" if receipt.overtaken_by is None
                else f"后来的第 {receipt.overtaken_by} 版已代替这一版，这一版不用再改；要更正，请从最新的一版改起。",
            ]  # fmt: skip
        case "rejected":
            is_late = due is not None and receipt.timeliness != "按时"
            return [
                "整份没有采用，数值没有计入。",
                "请照下表逐条改正，把改好的文件再放进收件文件夹。",
                "" if due is None or overdue else f"{_day(due)}（到期日）已过，请尽快重报。" if is_late
                else f"{_day(due)}（到期日）当天及以前重报算按时。",
                overdue or after_lock,
            ]  # fmt: skip
        case "superseded":
            return ["后来的一版已代替这一版，不用再办。"]
        case _:
            return ["这一版已撤回，不计入。", "要重报，请改好后另存，再放进收件文件夹；完全相同的文件不会重新收。"]


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(moment: datetime) -> str:
    here = moment.astimezone(OFFICE_TIMEZONE)
    return f"{_day(here)} {here:%H:%M}"


def _plain(text: str | None, longest: int = LONGEST_TEXT) -> str:
    """Text on one line, without invisible characters, of bearable length."""
    shown = "".join(character if character.isprintable() else " " for character in text or "")
    return shown if len(shown) <= longest else shown[:longest] + "……"


def _place(remark: Remark) -> tuple[Any, ...]:
    place = reading_place(remark.sheet_name, remark.cell)
    return (remark.severity != "critical" and not remark.is_upheld, place, remark.message_zh)


def _in_a_name(text: str) -> str:
    """Text as a part of a file name that every system takes."""
    kept = re.sub(r"[^\w.（）()-]+", "_", text).strip("._")
    return kept[:LONGEST_STEM] or "未命名"


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(day=_day, moment=_moment, plain=_plain)
    return environment.get_template("receipt.html.j2")


def _seal(path: Path) -> tuple[str, str, str] | None:
    """Submission, kind (preliminary, confirmed) and digest of a receipt on disk; None when it is no such file."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    found = SEAL.search(head)
    return None if found is None else (found[1], found[2], found[3])


def _write(target: Path, text: str) -> None:
    """Put the text under its name in one step, synced before and after."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=UNFINISHED)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # senders read it
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:  # whatever ends it, no half receipt stays; raised again
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
