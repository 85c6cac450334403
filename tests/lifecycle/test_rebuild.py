"""From archive, decisions and reference folder alone the database is the same, table by table."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from jindu import cli, rebuild
from jindu.checks import gate
from jindu.settings import JinduError, Night, Progress, StepReport, no_progress
from jindu.warehouse.journal import journal_file, read_lines
from tests.help_example import examples
from tests.nightly.conftest import environment

from .conftest import FIRST, NIGHTS, SECOND, Office, judged_plainly

# Facts of the clock, and what only an earlier night's own rules found: jindu/warehouse/attempt.py
NOT_THE_SAME = {
    "raw.document",  # read_at: when the file was read
    "raw.finding",  # of earlier nights' incoming gate only the verdicts and the counts are kept
}


@pytest.fixture(autouse=True)
def plain_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "judge", judged_plainly)


def quietly(_name: str, step: Callable[[Progress], StepReport]) -> StepReport:
    return step(no_progress)


def rebuilt(office: Office) -> rebuild.Outcome:
    return rebuild.rebuild(office.home, office.reference, quietly)


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def hashes(story: dict[str, Office]) -> dict[str, str]:
    """Every table of the office as its last night left it."""
    return rebuild.table_hashes(story["last"].home.private_database)


NOT_COMPARED = (
    "select * exclude (read_at) from raw.document order by all",
    f"select * from raw.finding where run_id = '{NIGHTS[-1]}:00' or gate != 'incoming' order by all",
)


def test_every_table_is_the_same(office: Office, hashes: dict[str, str]) -> None:
    before = [office.private(query) for query in NOT_COMPARED]
    inode = office.home.private_database.stat().st_ino
    outcome = rebuilt(office)
    after = rebuild.table_hashes(office.home.private_database)
    assert office.home.private_database.stat().st_ino != inode
    assert outcome.differing == () and outcome.failed_gates == () and outcome.tables_count > 80
    assert hashes.keys() == after.keys()
    assert {name for name in hashes if hashes[name] != after[name]} == NOT_THE_SAME
    assert not (office.home.root / rebuild.FOLDER).exists()
    assert before[0] and before[1]  # what is not the same differs as it says
    assert [office.private(query) for query in NOT_COMPARED] == before


def test_a_lost_database_stops_the_night_and_is_rebuilt(office: Office, hashes: dict[str, str]) -> None:
    office.home.private_database.unlink()
    with pytest.raises(JinduError, match="jindu rebuild"):
        office.run("2024-06-22T02:00")
    (office.home.inbox / FIRST).rename(office.home.root / "taken away")  # what came is in the archive
    outcome = rebuilt(office)
    assert outcome.differing is None
    after = rebuild.table_hashes(office.home.private_database)
    assert {name for name in hashes if hashes[name] != after[name]} == NOT_THE_SAME

    told = office.private("select count(*) from raw.notification")
    office.run("2024-06-22T02:00")
    assert office.private("select state from raw.run order by as_of_at desc limit 1") == [("completed",)]
    assert office.private("select count(*) from raw.notification") == told  # nobody is told twice


def test_a_broken_database_is_rebuilt(office: Office, hashes: dict[str, str]) -> None:
    office.home.private_database.write_bytes(b"not a database" * 1000)
    office.home.private_database.with_name("warehouse.duckdb.wal").write_bytes(b"left by a kill")
    assert rebuilt(office).differing is None
    after = rebuild.table_hashes(office.home.private_database)
    assert {name for name in hashes if hashes[name] != after[name]} == NOT_THE_SAME
    assert not office.home.private_database.with_name("warehouse.duckdb.wal").exists()


def test_failed_attempts_after_the_last_night_are_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a gate, and while publishing: neither is a night to rebuild from."""
    with monkeypatch.context() as patch:
        patch.setattr(gate, "judge", lambda *_: (_ for _ in ()).throw(JinduError("坏了", "broken")))
        with pytest.raises(JinduError, match="坏了"):
            run_and_fail(office, "2024-06-21T02:00")
    with pytest.raises(JinduError, match="坏了"):
        run_and_fail(office, "2024-06-21T02:00", at="publish")
    runs = office.private("select run_id, attempt, state, failed_step from raw.run order by all")
    assert [run[2:] for run in runs[-2:]] == [("failed", "gate-incoming"), ("failed", "publish")]
    outcome = rebuilt(office)
    assert f"{outcome.as_of:%Y-%m-%dT%H:%M}" == NIGHTS[-1]
    assert office.private("select run_id, attempt, state, failed_step from raw.run order by all") == runs


def test_a_night_that_failed_after_it_published_is_one_to_rebuild_from(office: Office) -> None:
    with pytest.raises(JinduError, match="坏了"):
        run_and_fail(office, "2024-06-21T02:00", at="pages")
    runs = office.private("select * from raw.run order by run_id, attempt")
    assert office.private("select state, failed_step from raw.run order by run_id desc limit 1") == [
        ("failed", "pages")
    ]
    outcome = rebuilt(office)
    assert f"{outcome.as_of:%Y-%m-%dT%H:%M}" == "2024-06-21T02:00"
    assert outcome.differing == ()
    assert office.private("select * from raw.run order by run_id, attempt") == runs
    journal = journal_file(office.home, "night")  # of a home none of whose nights came to its end
    lines = [line for line in journal.read_text("utf-8").splitlines() if '"failed"' in line]
    journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    office.home.private_database.unlink()
    assert f"{rebuilt(office).as_of:%Y-%m-%dT%H:%M}" == "2024-06-21T02:00"


def run_and_fail(office: Office, as_of: str, at: str = "") -> None:
    from jindu.night import fail_night, open_night, step  # noqa: PLC0415
    from tests.nightly.in_process import STEPS  # noqa: PLC0415

    def broken(_night: Night, _progress: Progress) -> StepReport:
        raise JinduError("坏了", "broken")

    night = open_night(str(office.home.root), str(office.reference), as_of)
    try:
        for name, function in STEPS.items():
            step(night, name, broken if name == at else function)
    except JinduError as error:
        fail_night(str(office.home.root), str(office.reference), as_of, error)
        raise


@pytest.mark.parametrize("failing", ["read", "record"])
def test_a_rebuild_that_fails_leaves_the_old_one(office: Office, failing: str) -> None:
    before = digest(office.home.private_database)

    def fail(name: str, step: Callable[[Progress], StepReport]) -> StepReport:
        if name == failing:
            raise JinduError("坏了", "broken")
        return step(no_progress)

    with pytest.raises(JinduError, match="坏了"):
        rebuild.rebuild(office.home, office.reference, fail)
    assert digest(office.home.private_database) == before
    assert not (office.home.root / rebuild.FOLDER).exists()


def test_a_swap_whose_new_database_does_not_open_puts_the_old_one_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest(office.home.private_database)
    spoil = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.parent.name == rebuild.FOLDER and self.name == office.home.private_database.name:
            self.write_bytes(b"torn")
        return spoil(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(Exception, match=r"warehouse\.duckdb"):
        rebuilt(office)
    assert digest(office.home.private_database) == before


def test_killed_it_leaves_the_old_one_and_can_be_done_again(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = digest(office.home.private_database)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(office.home.root), str(office.reference)],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.wait(timeout=300) == -signal.SIGKILL
    assert digest(office.home.private_database) == before
    assert (office.home.root / rebuild.FOLDER).exists()  # what the next one takes away
    as_its_example_says(office, capsys, "en")
    assert not (office.home.root / rebuild.FOLDER).exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from jindu import rebuild
from jindu.checks import gate
from jindu.settings import Home, no_progress
from tests.lifecycle.conftest import judged_plainly

gate.judge = judged_plainly

def do(name, step):
    done = step(no_progress)
    if name == "mart":
        os.kill(os.getpid(), signal.SIGKILL)
    return done

rebuild.rebuild(Home(Path(sys.argv[1])), Path(sys.argv[2]), do)
"""


def as_its_example_says(office: Office, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    """The example in the command's help rebuilds it, and says that it is the same."""
    (arguments,) = examples("rebuild", lang, {"/data/jindu": str(office.home.root)})
    capsys.readouterr()
    assert cli.run_command([*arguments, "--reference", str(office.reference)]) == 0
    shown = capsys.readouterr()
    assert ("与原库逐表相同" if lang == "zh" else "The same as the old one, table by table") in shown.out
    assert shown.err.count("✓") == 10


def test_a_changed_reference_folder_is_said(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = tmp_path / "reference"
    changed.mkdir()
    for file in office.reference.iterdir():
        (changed / file.name).write_text(file.read_text(encoding="utf-8").replace(",1200,", ",1300,"), encoding="utf-8")
    assert cli.run_command(["rebuild", "--home", str(office.home.root), "--reference", str(changed)]) == 1
    assert "core.plan_target" in capsys.readouterr().out


def test_nothing_to_rebuild_is_said(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command(["rebuild", "--home", str(tmp_path / "empty"), "--reference", str(office.reference)]) == 2
    assert "没有可以重建的内容" in capsys.readouterr().err


def test_a_home_from_before_the_journals_gets_them(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("arrival", "night", "notification", "verdict")
    lines = {name: read_lines(office.home, name) for name in names}
    for name in names:
        journal_file(office.home, name).unlink()
    as_its_example_says(office, capsys, "zh")
    for name in names:
        found = read_lines(office.home, name)
        assert len(found) == len(lines[name]) > 0
        assert all(line in found for line in lines[name]), name


def test_killed_between_journal_and_database_the_next_night_finishes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrived is on the disk before it is a row."""
    synced: list[int] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    began = time.time()
    office.put(f"{SECOND}/又一份.csv", "form,org_unit_code\nmonthly,x\n", at="2024-06-21T09:00")
    from jindu.workbooks import arrival  # noqa: PLC0415

    def die(_connection: object, _table: str, rows: list[object]) -> None:
        if rows:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(arrival, "insert", die)
        with pytest.raises(KeyboardInterrupt):
            office.run("2024-06-22T02:00")
    assert len(journal_file(office.home, "arrival").read_bytes().splitlines()) == 1 + count(office)
    assert journal_file(office.home, "arrival").stat().st_ino in synced
    office.run("2024-06-22T02:00")
    assert len(journal_file(office.home, "arrival").read_bytes().splitlines()) == count(office)
    assert office.private("select count(*) from raw.submission where file_name = '又一份.csv'") == [(1,)]
    for name in ("arrival", "verdict", "night"):
        status = journal_file(office.home, name).stat()
        assert status.st_ino in synced and status.st_mtime >= began - 1


def count(office: Office) -> int:
    ((number,),) = office.private("select count(*) from raw.arrival")
    return int(str(number))


def test_a_torn_line_is_set_aside_and_a_damaged_one_told(office: Office) -> None:
    file = journal_file(office.home, "notification")
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"case_id": "half')
    before = office.private("select count(*) from raw.notification")
    assert rebuilt(office).differing == ()
    assert office.private("select count(*) from raw.notification") == before
    office.put(f"{SECOND}/坏文件.csv", "nothing", at="2024-06-21T09:00")
    office.run("2024-06-22T02:00")  # a case to tell: the next line is whole again
    assert [json.loads(line) for line in file.read_bytes().splitlines()]
    assert b"half" in file.with_name("notification.jsonl.torn").read_bytes()

    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b"{]\n", *lines[2:]]))
    with pytest.raises(JinduError, match="第 2 行已损坏"):
        rebuilt(office)
