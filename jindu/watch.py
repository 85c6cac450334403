"""Answers the files that come between nights: looks into the inbox every few seconds and writes a first receipt.

It opens neither the private database nor the home's lock, so a night may run meanwhile; it confirms the answers.
"""

import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from jindu.catalogue import load, store
from jindu.judging import FilesError, LyingFile, PlaceError
from jindu.report.receipt import SHORT_ID, Receipt, ReceiptFolder
from jindu.report.returns import asked_units, make_folders
from jindu.returning import write_books
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build_one, needed
from jindu.workbooks.collect import InboxFile, UnreadableError, copy_bytes, submission_id_of, survey_inbox

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 1800.0  # seconds before what failed is tried again; doubled each time
MOST_TOGETHER = 100  # files judged in one round: some ten seconds
MOST_BROKEN = 5  # in one round: more is no matter of single files
Key = tuple[str, int, datetime]  # path in the inbox, size, modification time: what tells a change
Tell = Callable[[str, str], None]  # one line, in Chinese and English


@dataclass
class Pause:
    """Something that failed: when it is tried again (monotonic clock) and how long it waited last."""

    until: float
    seconds: float = FIRST_PAUSE


@dataclass
class Sight:
    """A file that lies in the inbox: since when it was seen, and its submission once its bytes were hashed."""

    file: InboxFile
    since: float
    submission_id: str | None = None
    is_settled: bool = False  # seen twice, unchanged


@dataclass
class Watch:
    """The watch over one home; `judge` gives the receipts of files judged together."""

    home: Home
    judge: Callable[[Sequence[LyingFile]], list[Receipt]]
    tell: Tell
    needs_person: bool = False  # something was rejected or held, or could not be judged
    _sights: dict[Key, Sight] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)  # short ids
    _received: set[str] = field(default_factory=set)  # ids that a night has published
    _history_stamp: tuple[int, int] | None = None
    _broken: dict[str, Pause] = field(default_factory=dict)
    _place: Pause | None = None
    _looks: int = 0

    def begin(self) -> None:
        """Learn from the receipts that are there what was answered already."""
        with ReceiptFolder(self.home.returns) as folder:
            self._answered = folder.short_ids()

    def run(self, interval: float, stop: threading.Event) -> None:
        """Look every `interval` seconds until the event is set."""
        while not stop.is_set():
            self.look()
            stop.wait(interval)

    def look(self) -> None:
        """One look: what has settled since the last is judged, beside all that no night has received, and answered."""
        self._looks += 1
        try:
            self._remember_sights(survey_inbox(self.home.inbox).files)
            self._remember_history()
            self._withdraw()
            pending = self._pending()
            new = [sight for sight in pending if self._is_new(sight)]
            if new and not (self._place and time.monotonic() < self._place.until):
                self._answer(new, pending)
                self._place = None
        except PlaceError as error:
            self._wait(error)
        except (OSError, duckdb.Error) as error:
            self._wait(PlaceError(f"读写出错：{error}。", f"Reading or writing failed: {error}."))

    def _remember_sights(self, files: Iterable[InboxFile]) -> None:
        """Keep what still lies there, hash what has not changed since the last look."""
        before, self._sights = self._sights, {}
        for file in files:
            key = (file.inbox_path, file.size_bytes, file.modified_at)
            sight = before.get(key)
            if sight is None:
                self._sights[key] = Sight(file, time.monotonic())
                continue
            self._sights[key] = sight
            if not sight.is_settled:
                self._settle(sight)

    def _settle(self, sight: Sight) -> None:
        try:
            sha256 = copy_bytes(sight.file, io.BytesIO(), most_bytes=0)
        except UnreadableError:  # gone, still changing or without permission: the next look tries again
            return
        sight.submission_id, sight.is_settled = submission_id_of(sha256, sight.file.folder_code), True
        if self._looks > 2 and not self._is_new(sight):  # 2: what lay there when the watch began
            name = _on_a_line(sight.file.inbox_path)
            self._say(
                f"{name}  内容与已收到的相同，不再答复", f"{name}  the same bytes as received before, answered already"
            )

    def _is_new(self, sight: Sight) -> bool:
        if sight.submission_id is None or sight.submission_id in self._received:
            return False
        pause = self._broken.get(sight.submission_id)
        return sight.submission_id[:SHORT_ID] not in self._answered and (
            pause is None or time.monotonic() >= pause.until
        )

    def _remember_history(self) -> None:
        """Read what the published nights have received, when another history lies there."""
        try:
            status = self.home.history.stat()
        except FileNotFoundError:
            return
        stamp = (status.st_ino, status.st_mtime_ns)
        if stamp == self._history_stamp:
            return
        connection = duckdb.connect(self.home.history, read_only=True)
        try:
            rows = connection.execute("select submission_id from raw.submission").fetchall()
        finally:
            connection.close()  # a later one would otherwise be given this old file
        self._received = {submission_id for (submission_id,) in rows}
        self._history_stamp = stamp

    def _pending(self) -> list[Sight]:
        """What no night has published yet and nothing is wrong with, each submission once, oldest first."""
        found: dict[str, Sight] = {}
        for sight in self._sights.values():
            number = sight.submission_id
            pause = self._broken.get(number or "")
            if number and number not in self._received and (pause is None or time.monotonic() >= pause.until):
                found.setdefault(number, sight)
        return list(found.values())

    def _answer(self, new: list[Sight], pending: list[Sight]) -> None:
        """Judge, and write the receipts of the new files; those of the others where they say something else now."""
        fresh = {sight.submission_id for sight in new}
        written: list[Receipt] = []
        for together in _rounds(new, pending):
            receipts = self._judge_around(together)
            self._write_receipts(receipts, together, fresh)
            written += receipts
        self._return_workbooks(written)

    def _return_workbooks(self, receipts: list[Receipt]) -> None:
        """Put the marked workbooks beside the receipts; what cannot be written now the night makes up for."""
        paths = {sight.submission_id: sight.file.path for sight in self._sights.values()}
        try:
            write_books(self.home, receipts, lambda receipt: paths.get(receipt.submission_id), "watch")
        except JinduError as error:
            log.error("workbooks are not returned: %s", error.message_en)

    def _write_receipts(self, receipts: list[Receipt], judged: list[Sight], fresh: set[str | None]) -> None:
        sights = {sight.submission_id: sight for sight in judged}
        with ReceiptFolder(self.home.returns) as folder:
            for receipt in receipts:
                sight = sights.get(receipt.submission_id)
                if sight is None:  # it changed while it was judged: the next look answers what it is now
                    continue
                try:
                    folder.put(receipt)
                except JinduError as error:
                    raise PlaceError(error.message_zh, error.message_en) from error
                self._answered.add(receipt.submission_id[:SHORT_ID])
                if receipt.submission_id in fresh:
                    self._tell_answer(receipt, sight)

    def _judge_around(self, sights: list[Sight]) -> list[Receipt]:
        """Judge the files together; where that fails, find those that break it, and judge the others without them."""
        try:
            return self._judge(sights)
        except FilesError as failed:
            broken = self._breaking(sights, failed)
        if len(broken) > MOST_BROKEN:
            _, reason = broken[0]
            raise PlaceError(reason.message_zh, reason.message_en)
        for sight, reason in broken:
            self._put_off(sight, reason)
        ids = {sight.submission_id for sight, _ in broken}
        sound = [sight for sight in sights if sight.submission_id not in ids]
        try:
            return self._judge(sound) if sound else []
        except FilesError as failed:  # they break it together, or one of them breaks it now and then
            raise PlaceError(failed.message_zh, failed.message_en) from failed

    def _breaking(self, sights: list[Sight], error: FilesError) -> list[tuple[Sight, FilesError]]:
        """The files that cannot be judged even alone, found by halves; `error` is what all of them together gave."""
        if len(sights) == 1:
            return [(sights[0], error)]
        found: list[tuple[Sight, FilesError]] = []
        for half in (sights[: len(sights) // 2], sights[len(sights) // 2 :]):
            if len(found) > MOST_BROKEN:
                break
            try:
                self._judge(half)
            except FilesError as failed:
                found += self._breaking(half, failed)
        return found

    def _judge(self, sights: list[Sight]) -> list[Receipt]:
        return self.judge([LyingFile(sight.file.path, sight.file.folder_code) for sight in sights])

    def _put_off(self, sight: Sight, error: FilesError) -> None:
        """Leave a file out until later, told once."""
        assert sight.submission_id is not None
        name = _on_a_line(sight.file.inbox_path)
        pause = _longer(self._broken.get(sight.submission_id))
        if sight.submission_id not in self._broken:
            self.needs_person = True
            self._say(
                f"{name}  暂时无法核对，稍后再试；夜间运行照常处理。原因：{error.message_zh}",
                f"{name}  cannot be judged now and is tried again later; the night takes it all the same. "
                f"Reason: {error.message_en}",
            )
        log.error("%s: %s; tried again in %.0f s", sight.file.inbox_path, error.message_en, pause.seconds)
        self._broken[sight.submission_id] = pause

    def _wait(self, error: PlaceError) -> None:
        """Answer nobody until later, told once until it is mended."""
        if self._place is None:
            self.needs_person = True
            self._say(
                f"暂时不能答复，稍后再试：{error.message_zh}", f"No answers for now, tried again: {error.message_en}"
            )
        self._place = _longer(self._place)
        log.error("nothing is answered for %.0f s: %s", self._place.seconds, error.message_en)

    def _withdraw(self) -> None:
        """Take back first looks at files that were replaced or removed before a night received them."""
        if not self.home.inbox.is_dir() or not all(sight.is_settled for sight in self._sights.values()):
            return
        lying = {sight.submission_id[:SHORT_ID] for sight in self._sights.values() if sight.submission_id}
        gone = self._answered - lying - {submission_id[:SHORT_ID] for submission_id in self._received}
        if not gone or self._looks < 2:
            return
        with ReceiptFolder(self.home.returns) as folder:
            for short_id in sorted(gone):
                self._answered.discard(short_id)
                if folder.withdraw(short_id):
                    self._say(
                        f"回执 {short_id} 撤下：文件在夜间运行以前移走或更换了",
                        f"receipt {short_id} taken back: the file was moved or replaced before a night received it",
                    )

    def _tell_answer(self, receipt: Receipt, sight: Sight) -> None:
        seconds = time.monotonic() - sight.since
        unit, name = receipt.unit_name or receipt.unit_code, _on_a_line(receipt.file_name)
        critical, warnings = receipt.critical_count, receipt.warning_count
        zh = "，".join(f"{word} {count}" for word, count in (("强制性", critical), ("核实性", warnings)) if count)
        en = ", ".join(f"{count} {word}" for word, count in (("critical", critical), ("warnings", warnings)) if count)
        self.needs_person |= receipt.state in {"rejected", "held"}
        self._say(
            f"{unit or '待认领'}  {name}  {receipt.state_word}{f'（{zh}）' if zh else ''}  {seconds:.0f} 秒",
            f"{unit or 'unit unknown'}  {name}  {receipt.state}{f' ({en})' if en else ''}  {seconds:.0f} s",
        )
        log.info("answered %s with %s: %s", sight.file.inbox_path, receipt.path, receipt.state)

    def _say(self, zh: str, en: str) -> None:
        now = f"{datetime.now(OFFICE_TIMEZONE):%H:%M:%S}"
        self.tell(f"{now}  {zh}", f"{now}  {en}")


def make_unit_folders(home: Home, reference: Path, now: datetime) -> int:
    """Give every unit that this month asks for something its folders; the number of new ones.

    Raises JinduError when the reference data has faults or the home takes none.
    """
    next_month = datetime.fromordinal(now.replace(day=1).toordinal() + 31)
    as_of = next_month.replace(day=1, tzinfo=OFFICE_TIMEZONE)  # this month's report is the next to be sent
    catalogue = load(reference)
    connection = duckdb.connect()
    try:
        prepare(connection)
        store(connection, catalogue)
        for model in needed(["core.expected_cell"]):
            build_one(connection, as_of, model)
        units = asked_units(connection)
    finally:
        connection.close()
    return make_folders(home, units)


def _rounds(new: list[Sight], pending: list[Sight]) -> list[list[Sight]]:
    """What is judged together: all that is pending, or where that is too much, the folders of the new files."""
    if len(pending) <= MOST_TOGETHER:
        return [pending]
    rounds: list[list[Sight]] = [[]]
    for folder_code in dict.fromkeys(sight.file.folder_code for sight in new):
        if len(rounds[-1]) >= MOST_TOGETHER:
            rounds.append([])
        rounds[-1] += [sight for sight in pending if sight.file.folder_code == folder_code]
    return rounds


def _longer(pause: Pause | None) -> Pause:
    seconds = FIRST_PAUSE if pause is None else min(2 * pause.seconds, LONGEST_PAUSE)
    return Pause(time.monotonic() + seconds, seconds)


def _on_a_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
