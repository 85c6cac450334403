"""A small office between two nights: what the first knows is the history, what the second finds is the truth."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from jindu import dry_run
from jindu.checks import gate
from jindu.checks.engine import Verdict
from jindu.checks.expectations import Expectation
from jindu.checks.plain import judge_plainly
from jindu.night import close_night, drop_lock, open_night
from jindu.settings import OFFICE_TIMEZONE, Home, Progress, no_progress, parse_as_of
from jindu.warehouse.history import seal_history
from tests.nightly.in_process import STEPS
from tests.nightly.small_office import AS_OF, THE_NIGHT_BEFORE, fill_inbox, write_office

BETWEEN = datetime(2024, 6, 5, 9, tzinfo=OFFICE_TIMEZONE)  # the two nights
LONG_BEFORE = datetime(2024, 5, 10, 9, tzinfo=OFFICE_TIMEZONE)
SINCE_LOCK = "2024-04"  # a month whose lock day has passed by then
CARD = "350502199001011234"
HEADINGS = "form,sender_code,report_month,indicator_code,unit,month_value,ytd_value,prior_ytd_value,note,filled_by"
SOUND_ROWS = ("visit,次,{},{},,", "spending,万元,{},{},,", "estate,个,4,,,", "dispute,件,3,15,,", "mediated,件,3,14,,")


@dataclass(frozen=True)
class Office:
    """The reference folder, the home before the second night, and the same home after it."""

    reference: Path
    before: Home
    after: Home

    @property
    def as_of(self) -> datetime:
        """The second night's moment."""
        return parse_as_of(AS_OF)


def judged_plainly(
    database: Path, expectations: tuple[Expectation, ...], _progress: Progress = no_progress
) -> list[Verdict]:
    """The gate's engine without the ten seconds that Great Expectations takes to import."""
    with duckdb.connect(database, read_only=True) as connection:
        return judge_plainly(connection, expectations)


def run_night(home: Home, reference: Path, as_of: str) -> None:
    """A night as far as the states of its submissions, and the history that its publish would seal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "judge", judged_plainly)
        night = open_night(str(home.root), str(reference), as_of)
        for name, function in STEPS.items():
            function(night, no_progress)
            if name == "core":
                break
        seal_history(night)
        close_night(night)
        drop_lock(home)


def csv_rows(sender: str, month: str, *rows: str, form: str = "monthly") -> str:
    """A CSV submission; each row from its indicator code on."""
    return "\n".join([HEADINGS, *(f"{form},{sender},{month},{row},示例" for row in rows)]) + "\n"


def put(path: Path, content: str | bytes, at: datetime = BETWEEN) -> Path:
    """A file that was modified at the moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def add_fifth_flow(reference: Path) -> None:
    """Five amounts make a copy of a neighbour, and the made-up office asks for four."""
    for name, line in (
        ("indicator", "lecture,讲座,flow,场,none,community,monthly,service,0,,,none"),
        ("form_indicator", "monthly,lecture,month"),
    ):
        with (reference / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def add_faulty_files(home: Home) -> None:
    """What the made-up office's own defects leave out."""
    first, second, third = (home.inbox / f"350599001{number}" for number in ("001", "002", "003"))
    put(first / "读不出来.xlsx", b"PK\x03\x04 not a workbook")
    put(first / "别的单位.csv", csv_rows(second.name, "2024-05", *(row.format(7, 60) for row in SOUND_ROWS)))
    put(first / "没有这个月.csv", csv_rows(first.name, "五月", "visit,次,1,2,,"))
    put(first / "还没过完.csv", csv_rows(first.name, "2024-06", "visit,次,1,2,,"))
    put(first / "不认识的表.csv", csv_rows(first.name, "2024-05", "visit,次,1,2,,", form="年报"))
    put(
        third / "很多毛病.csv",
        csv_rows(
            third.name, SINCE_LOCK,
            "visit,次,-3,,,", "visit,次,3,9,,", "spending,件,1.5,abc,,", "estate,个,4.5,,,", "other,件,1,,,",
            f"dispute,件,-2,20,,经办人 {CARD}", f"mediated,件,字{CARD},-3,,",
        ),
    )  # fmt: skip
    put(second / "更正.csv", csv_rows(second.name, "2024-05", *(row.format(25000, 125000) for row in SOUND_ROWS)))
    put(home.inbox / "街道送来.csv", csv_rows(third.name, "2024-05", *(row.format(8, 61) for row in SOUND_ROWS[1:])))
    january = ("visit,次,{},,,", "spending,万元,{},,,", "dispute,件,{},,,", "mediated,件,{},,,", "lecture,场,{},,,")
    amounts = [row.format(number) for number, row in enumerate(january, start=3)]
    put(first / "原稿.csv", csv_rows(first.name, "2024-01", *amounts), LONG_BEFORE)
    put(third / "抄来的.csv", csv_rows(third.name, "2024-01", *amounts))
    known = sorted(second.glob("*2024-02*"))[-1]
    put(second / "再报一次.xlsx", known.read_bytes())


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Both nights of the small office, run once for all tests."""
    folder = tmp_path_factory.mktemp("dry-run")
    reference, before, after = folder / "reference", Home(folder / "before"), Home(folder / "after")
    write_office(reference)
    add_fifth_flow(reference)
    fill_inbox(before, reference)
    add_faulty_files(before)
    run_night(before, reference, THE_NIGHT_BEFORE)
    shutil.copytree(before.root, after.root, symlinks=True)
    run_night(after, reference, AS_OF)
    before.private_database.unlink()  # a dry run never opens it
    return Office(reference, before, after)


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Judge without Great Expectations."""
    monkeypatch.setattr(dry_run, "judge", judged_plainly)
    yield
