"""Every file received is kept once, and its arrival is dated so that a year can be replayed."""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jindu.settings import OFFICE_TIMEZONE, JinduError, Night, no_progress
from jindu.warehouse.connection import connect
from jindu.workbooks import collect as collecting
from jindu.workbooks.collect import collect, storable

from .conftest import AS_OF

Query = Callable[[str], list[tuple[object, ...]]]
SUBMISSIONS = "select folder_code, file_name, sha256 from raw.submission order by all"


def put(night: Night, path: str, content: str = "x", at: datetime = AS_OF - timedelta(days=1)) -> Path:
    """A file in the inbox, modified at the moment given."""
    file = night.home.inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def later(night: Night, days: int) -> Night:
    return replace(night, as_of=night.as_of + timedelta(days=days), run_id=f"+{days}")


def complete_run(night: Night) -> None:
    with connect(night.home) as connection:
        connection.execute(
            "insert into raw.run (run_id, attempt, as_of_at, started_at, state) values (?, 1, ?, ?, 'completed')",
            [night.run_id, night.as_of, night.as_of],
        )


def test_a_file_is_archived_and_recorded(night: Night, query: Query) -> None:
    file = put(night, "350502004001/九月.xlsx", "abc")
    assert collect(night, no_progress).count == 1
    archived = night.home.archive / sha256("abc")[:2] / sha256("abc")
    assert archived.read_text() == "abc"
    assert archived.stat().st_mode & 0o777 == 0o444
    assert file.exists()
    assert query(SUBMISSIONS) == [("350502004001", "九月.xlsx", sha256("abc"))]
    expected = hashlib.sha256(f"{sha256('abc')}:350502004001".encode()).hexdigest()[:16]
    assert query("select submission_id, inbox_path, is_duplicate, run_id from raw.arrival") == [
        (expected, "350502004001/九月.xlsx", False, night.run_id)
    ]


def test_nobody_else_looks_into_the_archive(night: Night) -> None:
    night.home.archive.mkdir(mode=0o755)  # as an older version made it
    put(night, "350502004001/a.xlsx")
    collect(night, no_progress)
    assert stat.S_IMODE(night.home.archive.stat().st_mode) == 0o700


def test_twice_is_once(night: Night, query: Query) -> None:
    put(night, "a.csv")
    collect(night, no_progress)
    before = query("select * from raw.arrival"), query("select * from raw.submission")
    assert collect(night, no_progress).count == 0
    assert (query("select * from raw.arrival"), query("select * from raw.submission")) == before


def test_the_same_bytes_again_are_the_same_submission(night: Night, query: Query) -> None:
    put(night, "u1/b.csv", "same", AS_OF - timedelta(hours=1))
    put(night, "u1/a.csv", "same", AS_OF - timedelta(hours=2))
    put(night, "u2/a.csv", "same")
    collect(night, no_progress)
    assert query("select inbox_path, is_duplicate from raw.arrival order by modified_at, inbox_path") == [
        ("u2/a.csv", False),
        ("u1/a.csv", False),
        ("u1/b.csv", True),
    ]
    assert query(SUBMISSIONS) == [("u1", "a.csv", sha256("same")), ("u2", "a.csv", sha256("same"))]


def test_a_changed_file_under_the_same_name_is_new(night: Night, query: Query) -> None:
    put(night, "u1/a.csv", "one")
    collect(night, no_progress)
    put(night, "u1/a.csv", "two", AS_OF + timedelta(hours=1))
    collect(later(night, 1), no_progress)
    assert {row[2] for row in query(SUBMISSIONS)} == {sha256("one"), sha256("two")}


def test_a_file_directly_in_the_inbox_comes_from_the_operator(night: Night, query: Query) -> None:
    put(night, "a.csv")
    collect(night, no_progress)
    assert query("select folder_code from raw.submission") == [(None,)]


def test_what_came_after_the_moment_waits(night: Night, query: Query) -> None:
    put(night, "a.csv", at=AS_OF + timedelta(seconds=1))
    put(night, "b.csv", "y", at=AS_OF)
    report = collect(night, no_progress)
    assert report.count == 1
    assert "1 later" in report.detail_en
    assert collect(later(night, 1), no_progress).count == 1


@pytest.mark.parametrize(
    ("modified", "received"),
    [
        (datetime(2024, 9, 1, 12), datetime(2024, 10, 10, 2)),  # an old file: it was not there the night before
        (datetime(2024, 10, 10, 9), datetime(2024, 10, 10, 9)),
        (datetime(2024, 10, 11, 2), datetime(2024, 10, 11, 2)),
    ],
)
def test_arrival_is_never_before_the_last_completed_night(
    night: Night, query: Query, modified: datetime, received: datetime
) -> None:
    complete_run(night)
    put(night, "a.csv", at=modified.replace(tzinfo=OFFICE_TIMEZONE))
    collect(later(night, 1), no_progress)
    assert query("select received_at::timestamp from raw.submission") == [(received,)]


def test_links_deeper_folders_and_leftovers_are_left_alone(night: Night, query: Query, tmp_path: Path) -> None:
    secret = put(night, "../../outside/secret.csv", "secret")
    leftovers = (
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "~$九月.xlsx",
        "说明.txt",
        "九月.xlsx.part",
        "十月.CRDOWNLOAD",
    )
    for name in (*leftovers, ".hidden/x.csv"):
        put(night, f"u1/{name}" if "/" not in name else name)
    (night.home.inbox / "link.csv").symlink_to(secret)
    (night.home.inbox / "folder").symlink_to(tmp_path / "outside")
    put(night, "u1/old/a.csv")
    os.mkfifo(night.home.inbox / "pipe.csv")
    report = collect(night, no_progress)
    assert (report.count, query(SUBMISSIONS)) == (0, [])
    assert "4 left alone" in report.detail_en
    assert "u1/old" in report.detail_en


def test_killed_before_the_record_the_next_run_finishes(
    night: Night, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        put(night, f"{number}.csv", str(number))

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(collecting, "record_arrivals", die)
        with pytest.raises(KeyboardInterrupt):
            collect(night, no_progress)
    assert query(SUBMISSIONS) == []
    leftover = night.home.archive / ".unfinished" / "half"
    leftover.write_text("half a file")
    assert collect(night, no_progress).count == 5
    assert len(query(SUBMISSIONS)) == 5
    assert not leftover.exists()


def test_a_file_still_being_written_waits(night: Night, query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(night, "a.csv", "half")
    survey = collecting.survey_inbox(night.home.inbox)
    monkeypatch.setattr(collecting, "survey_inbox", lambda _inbox: survey)
    file.write_text("whole")
    assert collect(night, no_progress).count == 0
    assert query(SUBMISSIONS) == []


def test_an_archive_that_takes_nothing_stops_the_night(night: Night) -> None:
    put(night, "a.csv")
    night.home.archive.write_text("a file where the folder should be")
    with pytest.raises(JinduError, match="归档"):
        collect(night, no_progress)


def test_names_in_an_old_encoding() -> None:
    assert storable(os.fsdecode("九月.xlsx".encode("gbk"))) == "九月.xlsx"
    assert storable("九月.xlsx") == "九月.xlsx"


def test_an_inbox_that_is_not_there(night: Night) -> None:
    night.home.inbox.rmdir()
    assert collect(night, no_progress).count == 0
