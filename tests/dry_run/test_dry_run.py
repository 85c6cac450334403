"""A dry run stores nothing, knows what was received before, and says plainly what it cannot judge."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jindu.dry_run import DryRun
from jindu.settings import Home, JinduError, parse_as_of
from tests.nightly.small_office import AS_OF, THE_NIGHT_BEFORE

from .conftest import BETWEEN, CARD, Office, csv_rows, put

pytestmark = pytest.mark.usefixtures("plainly")


def tree(home: Home) -> dict[str, tuple[int, str]]:
    """Every file of a home with its time and its content."""
    return {
        str(path.relative_to(home.root)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(home.root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def workspaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that workspaces are made in."""
    folder = tmp_path / "workspaces"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_nothing_is_stored_anywhere(office: Office, workspaces: Path) -> None:
    stored = tree(office.before)
    file = next(path for path in office.before.inbox.rglob("很多毛病.csv"))
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        run.read([run.arrival(file, file.parent.name)])
        assert list(workspaces.iterdir())
        run.judge()
    assert tree(office.before) == stored
    assert list(workspaces.iterdir()) == []


def test_nothing_is_left_of_one_that_ends_badly(office: Office, workspaces: Path) -> None:
    with pytest.raises(KeyboardInterrupt), DryRun(office.reference, office.as_of, office.before.history) as run:
        run.read([run.arrival(path, None) for path in office.before.inbox.glob("*.csv")])
        raise KeyboardInterrupt
    assert list(workspaces.iterdir()) == []


def test_without_history_it_says_what_it_skipped(office: Office) -> None:
    with DryRun(office.reference, office.as_of, office.before.root / "none.duckdb") as run:
        assert run.history_as_of is None
        skipped = {rule.code for rule in run.skipped}
    assert {"cumulative_identity", "copy_of_last_month", "late_without_reason"} <= skipped
    assert "outlier_history" not in skipped  # information, which a clerk is never told
    assert all(rule.name_zh and rule.name_en for rule in run.skipped)
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        assert (run.skipped, run.history_as_of) == ((), parse_as_of(THE_NIGHT_BEFORE))


def test_the_same_bytes_again_are_known(office: Office) -> None:
    (file,) = office.before.inbox.rglob("再报一次.xlsx")
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        (known,) = run.read([run.arrival(file, file.parent.name)])
        assert (known.is_known, known.version, known.file_name) == (True, 1, "再报一次.xlsx")
        assert known.received_at < BETWEEN
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        (moved,) = run.read([run.arrival(file, None)])  # through another folder it is another submission
        assert not moved.is_known


def test_the_same_bytes_twice_are_one_submission(office: Office, tmp_path: Path) -> None:
    rows = csv_rows("350599001001", "2024-05", "visit,次,1,2,,")
    files = [put(tmp_path / name, rows) for name in ("a.csv", "b.csv")]
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        one, other = run.read([run.arrival(file, "350599001001") for file in files])
    assert one.submission_id == other.submission_id
    assert (one.file_name, other.file_name, one.version, other.version) == ("a.csv", "b.csv", 1, 1)


def test_a_past_moment_knows_nothing_later(office: Office, tmp_path: Path) -> None:
    """As of a day in March, April's cumulative is no help, and a version of May is none."""
    moment = parse_as_of("2024-03-20T02:00")
    file = put(tmp_path / "a.csv", csv_rows("350599001001", "2024-02", "visit,次,1,2,,"), moment - timedelta(days=9))
    with DryRun(office.reference, moment, office.after.history) as run:
        (judgement,) = run.read([run.arrival(file, "350599001001")])
    assert judgement.version == 2
    assert judgement.received_at == moment - timedelta(days=9)


@pytest.mark.parametrize(
    ("modified", "received"),
    [
        (datetime.fromisoformat("2024-05-20T09:00+08:00"), parse_as_of(THE_NIGHT_BEFORE)),  # not there that night
        (BETWEEN, BETWEEN),
        (datetime.fromisoformat("2024-07-01T09:00+08:00"), parse_as_of(AS_OF)),
    ],
)
def test_a_file_arrives_as_the_next_night_would_say(
    office: Office, tmp_path: Path, modified: datetime, received: datetime
) -> None:
    file = put(tmp_path / "a.csv", "x", modified)
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        assert run.arrival(file, None).received_at == received


def test_no_identity_card_number_is_told(office: Office) -> None:
    file = next(path for path in office.before.inbox.rglob("很多毛病.csv"))
    assert CARD in file.read_text()
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        run.read([run.arrival(file, file.parent.name)])
        (judgement,) = run.judge()
    assert "personal_number_in_note" in {finding.rule_code for finding in judgement.findings}
    assert CARD not in repr(judgement)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "没有“"),
        (lambda path: path.mkdir(), "是文件夹"),
        (os.mkfifo, "不是普通文件"),
        (lambda path: path.symlink_to("/dev/zero"), "不是普通文件"),
    ],
)
def test_what_is_no_file_is_said(office: Office, tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "a.xlsx"
    make(path)  # type: ignore[operator]
    with (
        DryRun(office.reference, office.as_of, office.before.history) as run,
        pytest.raises(JinduError, match=said),
    ):
        run.arrival(path, None)


def test_a_file_swapped_for_a_link_is_not_followed(office: Office, tmp_path: Path) -> None:
    file = put(tmp_path / "a.csv", "x")
    secret = put(tmp_path / "secret.csv", "y")
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        candidate = run.arrival(file, None)
        file.unlink()
        file.symlink_to(secret)
        with pytest.raises(JinduError, match="读不了"):
            run.read([candidate])


def test_a_file_that_is_too_large_is_not_copied_whole(office: Office, tmp_path: Path, workspaces: Path) -> None:
    file = tmp_path / "large.xlsx"
    with file.open("wb") as sparse:
        sparse.truncate(50 * 1024 * 1024)
    with DryRun(office.reference, office.as_of, office.before.history) as run:
        (judgement,) = run.read([run.arrival(file, "350599001001")])
        taken = sum(path.stat().st_blocks * 512 for path in workspaces.rglob("*") if path.suffix != ".duckdb")
    assert [finding.found for finding in judgement.findings] == ["文件过大"]
    assert "50.0 MB" in judgement.findings[0].message_zh
    assert taken < 12 * 1024 * 1024


def test_a_damaged_history_is_said(office: Office, tmp_path: Path) -> None:
    damaged = put(tmp_path / "history.duckdb", "this is no database")
    with pytest.raises(JinduError, match="打不开以往报送的记录"):
        DryRun(office.reference, office.as_of, damaged)
