"""No hostile file costs more than itself: each is refused or read without harm, and its neighbour gets through."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from jindu.confined import SECONDS_PER_FILE
from jindu.returning import write_returns
from jindu.settings import OFFICE_TIMEZONE, Home, Night, no_progress
from jindu.warehouse.connection import connect
from jindu.workbooks.collect import UnreadableError, collect, copy_bytes, lying_file
from jindu.workbooks.worker import Job, WorkerPool
from tests.hostile.files import MAKERS, READ, VERDICTS, honest
from tests.nightly.small_office import AS_OF, fill_inbox, write_office
from tests.watch.plain_night import SHORT, run_night
from tests.workbooks.conftest import HEADINGS

UNIT = "350599001001"
NOBODY = 65534
SLOW = {  # seconds to make or to read: one by one is enough
    "a_hundred_thousand_attributes.xlsx", "a_million_empty_rows.xlsx", "a_million_texts.xlsx",
    "a_text_of_a_million_digits.xlsx", "an_attribute_of_nine_megabytes.xlsx", "bomb_of_many_small_members.xlsx",
    "fifty_thousand_merged_areas_over_each_other.xlsx", "more_cells_than_a_form.xlsx", "nested_a_million_deep.xlsx",
    "nine_million_commas.csv", "the_same_long_text_in_every_cell.xlsx", "the_same_long_text_in_many_cells.xlsx",
}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(HEADINGS, worker_count=1) as workers:
        yield workers


def test_there_are_many() -> None:
    assert len(MAKERS) >= 80


def seconds_worked(begin: os.times_result) -> float:
    """What the children that have ended since have worked."""
    now = os.times()
    return now.children_user + now.children_system - begin.children_user - begin.children_system


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", MAKERS)
def test_it_is_refused_or_read_and_its_neighbour_gets_through(pool: WorkerPool, tmp_path: Path, name: str) -> None:
    path, neighbour = tmp_path / name, tmp_path / "honest.xlsx"
    path.write_bytes(MAKERS[name]())
    neighbour.write_bytes(honest())
    begin = os.times()
    answer, other = pool.read([Job("0" * 64, str(file), file.name) for file in (path, neighbour)])
    worked = seconds_worked(begin)
    assert (answer.document.refusal_code or READ) in VERDICTS[name]
    assert answer.document.is_readable or not answer.cells
    assert "root:" not in str(answer)
    assert worked < SECONDS_PER_FILE + 10  # a fresh worker, twice, in the processor's seconds
    assert other.document.is_readable and other.cells


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_night_takes_them_all_and_answers_each(tmp_path: Path) -> None:
    write_office(tmp_path / "reference")
    home = Home(tmp_path / "home")
    fill_inbox(home, tmp_path / "reference")
    came = datetime.fromisoformat(AS_OF).replace(tzinfo=OFFICE_TIMEZONE).timestamp() - 3600
    killing = [name for name, found in VERDICTS.items() if "reader_failed" in found]
    names = [name for name in MAKERS if name not in {*SLOW, *killing[2:]}]  # a killed worker starts again: seconds
    for name in names:
        path = home.inbox / UNIT / name
        path.write_bytes(MAKERS[name]())
        os.utime(path, (came, came))
    night = run_night(home, tmp_path / "reference", AS_OF, steps=SHORT)
    with connect(home, read_only=True) as connection:
        states = dict(
            connection.execute("select file_name, state from core.submission order by received_at").fetchall()
        )
    assert {states[name] for name in names} == {"rejected"}  # those that are read are nobody's form
    assert "accepted" in {state for name, state in states.items() if name not in names}
    books = list(home.returns.glob("*/*校验结果*.xlsx"))
    assert len(books) >= len(names)
    assert not [path for path in home.returns.rglob("*") if path.is_file() and b"root:x" in path.read_bytes()]
    assert write_returns(night, no_progress).count == 0


def test_what_is_no_file_is_left_alone(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = night.home.inbox / UNIT
    folder.mkdir()
    (folder / "link.xlsx").symlink_to("/etc/passwd")
    (night.home.inbox / "folder").symlink_to("/etc")
    os.mkfifo(folder / "pipe.xlsx")
    (folder / "folder.xlsx").mkdir()
    with monkeypatch.context() as patch, socket.socket(socket.AF_UNIX) as listening:
        patch.chdir(folder)  # the name of a socket is short
        listening.bind("socket.xlsx")
    (folder / "honest.xlsx").write_bytes(honest())
    report = collect(replace(night, as_of=datetime.now(OFFICE_TIMEZONE)), no_progress)
    assert report.count == 1
    assert "5 left alone" in report.detail_en
    archived = [path for path in night.home.archive.rglob("*") if path.is_file()]
    assert not [path for path in archived if b"root:" in path.read_bytes()]


@pytest.mark.parametrize(
    "name",
    ["=cmd|'calc'!A0.xlsx", "a\nb.xlsx", "\u202exslx.exe.xlsx", "-rf.xlsx", "x" * 250 + ".xlsx", "..xlsx", "%2e%2e"],
)
def test_a_name_is_only_a_name(night: Night, name: str) -> None:
    folder = night.home.inbox / UNIT
    folder.mkdir()
    (folder / name).write_bytes(honest())
    (folder / "honest.csv").write_text("x")
    before = {path for path in night.home.root.parent.rglob("*") if night.home.root not in path.parents}
    report = collect(replace(night, as_of=datetime.now(OFFICE_TIMEZONE)), no_progress)
    assert report.count == (1 if name.startswith(".") else 2)  # a hidden file is not mentioned
    assert {path for path in night.home.root.parent.rglob("*") if night.home.root not in path.parents} == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without permission")
def test_a_file_without_permission_waits(tmp_path: Path) -> None:
    file = tmp_path / "closed.xlsx"
    file.write_bytes(honest())
    file.chmod(0)
    found = lying_file(file, UNIT)
    child = os.fork()
    if child == 0:
        os.setuid(NOBODY)
        try:
            copy_bytes(found, open(os.devnull, "wb"))  # noqa: PTH123, SIM115
        except UnreadableError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_file_still_growing_waits_until_it_is_whole(night: Night) -> None:
    folder = night.home.inbox / UNIT
    folder.mkdir()
    half = len(honest()) // 2
    has_begun, has_grown, is_over = threading.Event(), threading.Event(), threading.Event()

    def grow() -> None:
        with (folder / "growing.xlsx").open("wb") as file:
            file.write(honest()[:half])
            file.flush()
            assert has_begun.wait(60)
            while not is_over.wait(0.001):  # for as long as somebody looks
                file.seek(half)
                file.write(honest()[half:-16])
                file.flush()
                has_grown.set()
            file.write(honest()[-16:])

    growing = threading.Thread(target=grow)
    growing.start()
    begun = replace(night, as_of=datetime.now(OFFICE_TIMEZONE))
    time.sleep(0.1)  # more than a file system's clock needs
    has_begun.set()
    assert has_grown.wait(60)
    assert collect(begun, no_progress).count == 0
    is_over.set()
    growing.join()
    whole = replace(night, as_of=datetime.now(OFFICE_TIMEZONE), run_id="later")
    assert collect(whole, no_progress).count == 1
    with connect(night.home, read_only=True) as connection:
        assert connection.execute("select size_bytes from raw.submission").fetchall() == [(len(honest()),)]
