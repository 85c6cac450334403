"""Where the bulletin lies, when the night writes it, and what it leaves alone."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from jindu import cli
from jindu.bulletin.files import RECORD, write_bulletin, write_month
from jindu.settings import Home, Night, parse_as_of, run_id_of
from jindu.warehouse.connection import connect

STEM = "前进街道年度目标进度通报_2031-09"
SEPTEMBER = date(2031, 9, 1)


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Chromium: printing has its own tests."""
    monkeypatch.setenv("JINDU_CHROMIUM", str(tmp_path / "none"))


def night(home: Home, as_of: str, day: int = 16) -> Night:
    """A night of this moment, in an office whose bulletin day it is."""
    with connect(home) as connection:
        connection.execute(f"create or replace table core.setting as select {day} as bulletin_day")
    moment = parse_as_of(as_of)
    return Night(home, home.root, moment, run_id_of(moment), 1)


def names(home: Home) -> set[str]:
    return {path.name for path in (home.bulletin / "2031-09").iterdir()}


def test_a_month_is_written_with_a_record_of_its_files(home: Home) -> None:
    written = write_month(home, None)
    assert names(home) == {f"{STEM}.docx", f"{STEM}.xlsx", RECORD}
    record = json.loads((home.bulletin / "2031-09" / RECORD).read_text(encoding="utf-8"))
    assert record == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written.files}
    assert "没有 Chromium" in written.without_pdf_zh and not written.is_broken


def test_writing_it_again_changes_no_byte(home: Home) -> None:
    first = {path: path.read_bytes() for path in write_month(home).files}
    again = write_month(home)
    assert {path: path.read_bytes() for path in again.files} == first and not again.kept


def test_what_somebody_has_edited_is_kept(home: Home) -> None:
    word = write_month(home).files[0]
    word.write_bytes(b"edited by hand")
    again = write_month(home)
    assert word.read_bytes() == b"edited by hand" and again.kept == (word,)
    assert f"{STEM}_2.docx" in names(home)
    third = write_month(home)  # the second is our own, and replaced
    assert third.files[0].name == f"{STEM}_2.docx" and f"{STEM}_3.docx" not in names(home)


def test_a_pdf_of_an_earlier_night_does_not_stay_beside_newer_files(home: Home) -> None:
    write_month(home)
    folder = home.bulletin / "2031-09"
    (folder / f"{STEM}.pdf").write_bytes(b"printed before")
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    record[f"{STEM}.pdf"] = hashlib.sha256(b"printed before").hexdigest()
    (folder / RECORD).write_text(json.dumps(record), encoding="utf-8")
    write_month(home)
    assert f"{STEM}.pdf" not in names(home)


def test_both_languages_lie_side_by_side(home: Home) -> None:
    write_month(home)
    write_month(home, lang="en")
    assert {f"{STEM}.docx", "progress-bulletin_2031-09.docx"} <= names(home)
    assert len(names(home)) == 4 + 1


@pytest.mark.parametrize(
    ("as_of", "day", "is_due"),
    [
        ("2031-10-15T02:00", 16, False),
        ("2031-10-16T02:00", 16, True),
        ("2031-10-31T02:00", 16, True),  # nights that were missed are caught up
        ("2031-10-31T02:00", 0, False),  # 0: never by itself
        ("2031-10-01T02:00", 1, True),
    ],
)
def test_the_night_writes_it_from_its_day_on(home: Home, as_of: str, day: int, is_due: bool) -> None:
    report = write_bulletin(night(home, as_of, day))
    assert (report.count > 0) == is_due == (home.bulletin / "2031-09").exists()


def test_it_is_written_once(home: Home) -> None:
    write_bulletin(night(home, "2031-10-16T02:00"))
    word = home.bulletin / "2031-09" / f"{STEM}.docx"
    before = word.stat().st_mtime_ns
    assert write_bulletin(night(home, "2031-10-17T02:00")).count == 0
    assert word.stat().st_mtime_ns == before


def test_a_bulletin_that_fails_is_told_and_tried_again(home: Home) -> None:
    home.bulletin.write_text("a file lies in the way", encoding="utf-8")
    report = write_bulletin(night(home, "2031-10-16T02:00"))
    assert "没有写成" in report.detail_zh and report.count == 0
    home.bulletin.unlink()
    assert write_bulletin(night(home, "2031-10-17T02:00")).count == 2


def test_the_command_says_where_it_lies(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command(["bulletin", "2031年9月", "--home", str(home.root)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(home.bulletin / "2031-09" / f"{STEM}.{ending}") for ending in ("docx", "xlsx")]
    assert "没有 Chromium" in err


@pytest.mark.parametrize(("month", "told"), [("9月", "不是月份"), ("2030-01", "报出期限已过的最近一个月是 2031-09")])
def test_the_command_refuses_what_is_no_month_or_has_no_targets(
    home: Home, capsys: pytest.CaptureFixture[str], month: str, told: str
) -> None:
    assert cli.run_command(["bulletin", month, "--home", str(home.root)]) == 2
    assert told in capsys.readouterr().err


def test_a_browser_that_prints_nothing_needs_a_person(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("JINDU_CHROMIUM", str(broken))
    assert cli.run_command(["--lang", "en", "bulletin", "--home", str(home.root)]) == 1
    assert "no PDF: Chromium printed none (exit 3" in capsys.readouterr().err
    assert len(names(home)) == 2 + 1
