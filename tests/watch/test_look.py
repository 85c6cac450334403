"""What a watch looks at, waits for, takes back and tries again; the judging itself is played."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from jindu import watch as watching
from jindu.judging import FilesError, LyingFile, PlaceError
from jindu.report.receipt import Receipt
from jindu.settings import Home
from jindu.watch import Watch
from jindu.workbooks.collect import submission_id_of
from tests.report.test_receipt import RECEIPT

Act = Callable[[Sequence[LyingFile]], None]


@dataclass
class Played:
    """A judge that accepts every file, but for what a test has it do first; it remembers its rounds."""

    before: Act = lambda _files: None
    rounds: list[list[str]] = field(default_factory=list)

    def judge(self, files: Sequence[LyingFile]) -> list[Receipt]:
        self.rounds.append(sorted(file.path.name for file in files))
        self.before(files)
        return [self._receipt(file) for file in files]

    def _receipt(self, file: LyingFile) -> Receipt:
        sha256 = hashlib.sha256(file.path.read_bytes()).hexdigest()
        return Receipt(
            **{
                **vars(RECEIPT),
                "submission_id": submission_id_of(sha256, file.folder_code),
                "sha256": sha256,
                "file_name": file.path.name,
                "unit_code": file.folder_code,
                "form_name": None,
                "state": "accepted",
                "remarks": (),
            }
        )


class Clock:
    """The seconds that a watch counts, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(watching, "time", clock)
    return clock


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def watch(tmp_path: Path, played: Played, clock: Clock, told: list[str]) -> Watch:
    home = Home(tmp_path / "home")
    home.inbox.mkdir(parents=True)
    watch = Watch(home, played.judge, lambda zh, _en: told.append(zh))
    watch.begin()
    return watch


def drop(watch: Watch, name: str, content: str | None = None) -> Path:
    path = watch.home.inbox / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content or name, encoding="utf-8")
    return path


def look(watch: Watch, times: int = 2) -> None:
    for _ in range(times):
        watch.look()


def receipts(watch: Watch) -> list[str]:
    return sorted(path.name.split("_")[0] for path in watch.home.returns.glob("*/*.html"))


def test_a_file_is_answered_when_two_looks_find_it_the_same(watch: Watch) -> None:
    drop(watch, "u1/a.xlsx")
    look(watch, 1)
    assert receipts(watch) == []
    look(watch, 1)
    assert receipts(watch) == ["a"]


def test_a_file_that_is_still_copied_waits(watch: Watch, played: Played) -> None:
    for size in range(1, 5):
        drop(watch, "u1/a.xlsx", "x" * size)
        look(watch, 1)
    assert played.rounds == []
    look(watch, 1)
    assert receipts(watch) == ["a"]


def test_leftovers_links_and_what_is_on_its_way_are_no_reports(watch: Watch, played: Played) -> None:
    for name in ("~$a.xlsx", "a.xlsx.part", "b.crdownload", ".c.xlsx", "说明.txt"):
        drop(watch, f"u1/{name}")
    (watch.home.inbox / "link.xlsx").symlink_to("/etc/hostname")
    look(watch)
    assert played.rounds == []


def test_nobody_is_answered_twice(watch: Watch, played: Played) -> None:
    drop(watch, "u1/a.xlsx")
    look(watch, 5)
    again = Watch(watch.home, played.judge, watch.tell)
    again.begin()
    look(again, 5)
    assert played.rounds == [["a.xlsx"]]


def test_what_came_while_it_was_down_is_answered(watch: Watch, played: Played, told: list[str]) -> None:
    drop(watch, "u1/a.xlsx")
    look(watch)
    drop(watch, "u1/b.xlsx")
    again = Watch(watch.home, played.judge, watch.tell)
    again.begin()
    look(again)
    assert receipts(watch) == ["a", "b"]
    assert played.rounds[-1] == ["a.xlsx", "b.xlsx"]  # beside what no night has received yet
    assert [line.split()[2] for line in told] == ["a.xlsx", "b.xlsx"]


def test_the_same_bytes_again_are_told_and_not_judged(watch: Watch, played: Played, told: list[str]) -> None:
    drop(watch, "u1/a.xlsx", "same")
    look(watch)
    drop(watch, "u1/b.xlsx", "same")
    look(watch, 3)
    assert played.rounds == [["a.xlsx"]]
    assert len(told) == 2 and "u1/b.xlsx  内容与已收到的相同" in told[1]


def test_the_same_bytes_twice_at_once_are_judged_once(watch: Watch, played: Played) -> None:
    drop(watch, "u1/a.xlsx", "same")
    drop(watch, "u1/b.xlsx", "same")
    look(watch, 3)
    assert [len(files) for files in played.rounds] == [1]


def test_what_a_night_has_received_is_left_to_it(watch: Watch, played: Played) -> None:
    path = drop(watch, "u1/a.xlsx")
    number = submission_id_of(hashlib.sha256(path.read_bytes()).hexdigest(), "u1")
    write_history(watch.home, number)
    look(watch, 3)
    assert played.rounds == []
    later = drop(watch, "u1/b.xlsx")
    look(watch, 2)
    write_history(watch.home, number, submission_id_of(hashlib.sha256(later.read_bytes()).hexdigest(), "u1"))
    drop(watch, "u1/c.xlsx")
    look(watch, 2)
    assert played.rounds == [["b.xlsx"], ["c.xlsx"]]  # the history was swapped under it


def write_history(home: Home, *numbers: str) -> None:
    draft = home.root / "draft.duckdb"
    with duckdb.connect(draft) as connection:
        connection.execute("create schema raw; create table raw.submission (submission_id text)")
        for number in numbers:
            connection.execute("insert into raw.submission values (?)", [number])
    draft.replace(home.history)


def test_a_replaced_file_takes_its_first_answer_back(watch: Watch, told: list[str]) -> None:
    drop(watch, "u1/a.xlsx", "first")
    look(watch)
    (before,) = watch.home.returns.glob("*/*.html")
    drop(watch, "u1/a.xlsx", "second")
    look(watch, 3)
    (after,) = watch.home.returns.glob("*/*.html")
    assert before != after
    assert "撤下" in told[-2] or "撤下" in told[-1]


def test_a_file_that_breaks_the_judge_keeps_nobody_waiting(
    watch: Watch, played: Played, told: list[str], clock: Clock
) -> None:
    def break_on_bad(files: Sequence[LyingFile]) -> None:
        if any(file.path.name.startswith("bad") for file in files):
            raise FilesError("判不了。", "It cannot be judged.")

    played.before = break_on_bad
    for name in ("u1/bad.xlsx", "u1/good.xlsx", "u2/a.xlsx", "b.csv"):
        drop(watch, name)
    look(watch)
    assert receipts(watch) == ["a", "b", "good"]
    assert [line for line in told if "bad.xlsx" in line and "判不了" in line]
    assert watch.needs_person
    count = len(played.rounds)
    drop(watch, "u2/c.xlsx")
    look(watch, 3)
    assert [round_ for round_ in played.rounds[count:]] == [["a.xlsx", "b.csv", "c.xlsx", "good.xlsx"]]  # without it
    clock.now += 31
    played.before = lambda _files: None
    look(watch, 1)
    assert "bad" in receipts(watch)  # mended, and tried again


def test_a_fault_of_the_place_is_told_once_and_passes(
    watch: Watch, played: Played, told: list[str], clock: Clock
) -> None:
    def refuse(_files: Sequence[LyingFile]) -> None:
        raise PlaceError("参考数据有错。", "The reference data has faults.")

    played.before = refuse
    drop(watch, "u1/a.xlsx")
    look(watch, 6)
    assert len(played.rounds) == 1
    clock.now += 31
    look(watch, 3)
    assert len(played.rounds) == 2
    assert [line for line in told if "参考数据有错" in line] == told
    assert len(told) == 1
    played.before = lambda _files: None
    clock.now += 61
    look(watch, 1)
    assert receipts(watch) == ["a"]


def test_when_everything_breaks_the_files_are_not_blamed(watch: Watch, played: Played, told: list[str]) -> None:
    def refuse(_files: Sequence[LyingFile]) -> None:
        raise FilesError("临时文件夹写不进去。", "The temporary folder takes nothing.")

    played.before = refuse
    for number in range(40):
        drop(watch, f"u1/{number}.xlsx")
    look(watch, 5)
    assert len(told) == 1 and "暂时不能答复" in told[0]
    assert len(played.rounds) < 40


def test_a_file_that_changes_while_it_is_judged_is_answered_as_it_then_is(watch: Watch, played: Played) -> None:
    def replace_it(_files: Sequence[LyingFile]) -> None:
        played.before = lambda _files: None
        drop(watch, "u1/a.xlsx", "second")

    drop(watch, "u1/a.xlsx", "first")
    played.before = replace_it
    look(watch)
    assert receipts(watch) == []
    look(watch)
    (path,) = watch.home.returns.glob("*/*.html")
    assert hashlib.sha256(b"second").hexdigest() in path.read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_returns_that_take_nothing_stop_no_watch(watch: Watch, told: list[str], clock: Clock) -> None:
    drop(watch, "u1/a.xlsx")
    watch.home.returns.chmod(0o500)
    look(watch, 4)
    assert len(told) == 1 and "无法写入回执文件夹" in told[0]
    watch.home.returns.chmod(0o700)
    clock.now += 31
    look(watch, 1)
    assert receipts(watch) == ["a"]


def test_many_files_are_judged_folder_by_folder(watch: Watch, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_TOGETHER", 3)
    for unit in ("u1", "u2", "u3"):
        for number in range(2):
            drop(watch, f"{unit}/{number}.xlsx")
    look(watch)
    assert [len(round_) for round_ in played.rounds] == [4, 2]  # a sender's own files stay together
    assert len(receipts(watch)) == 6


def test_a_name_with_control_characters_is_one_line(watch: Watch, told: list[str]) -> None:
    drop(watch, "u1/a\n\x1b[31mb.xlsx")
    look(watch)
    assert len(told) == 1 and "\n" not in told[0] and "\x1b" not in told[0]
