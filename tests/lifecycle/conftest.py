"""Four nights of the small office, with what its operator decides between them: run once, looked at by all tests."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from jindu import cli
from jindu.checks import gate
from jindu.checks.engine import Verdict
from jindu.checks.expectations import Expectation
from jindu.checks.plain import judge_plainly
from jindu.delivery import deliver_published
from jindu.night import close_night, drop_lock, open_night, step
from jindu.settings import OFFICE_TIMEZONE, Home, Progress, no_progress
from jindu.warehouse.connection import connect, set_timezone
from tests.nightly.in_process import SHOWN, STEPS
from tests.nightly.small_office import fill_inbox, write_office

FIRST, SECOND, THIRD = "350599001001", "350599001002", "350599001003"  # 甲, 乙, 丙
NIGHTS = ("2024-03-10T02:00", "2024-04-20T02:00", "2024-05-20T02:00", "2024-06-20T02:00")
REASON, BY = "少算了三户人家", "周某某"  # 示例：两样都不该离开私有数据库
CSV = """form,sender_code,report_month,indicator_code,unit,month_value,ytd_value,correction_reason,filled_by
monthly,{sender},{month},visit,次,{month_value},{ytd_value},补录了漏报的走访,示例
monthly,{sender},{month},spending,万元,1.5,,补录了漏报的走访,示例
monthly,{sender},{month},estate,个,4,,补录了漏报的走访,示例
monthly,{sender},{month},dispute,件,3,,补录了漏报的走访,示例
monthly,{sender},{month},mediated,件,3,,补录了漏报的走访,示例
"""
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Office:
    """A reference folder and a home beside it."""

    reference: Path
    home: Home

    def copy(self, place: Path) -> "Office":
        """The same office somewhere else, for a test to spoil."""
        return Office(self.reference, Home(Path(shutil.copytree(self.home.root, place, symlinks=True))))

    def run(self, as_of: str, *, is_shown: bool = False) -> None:
        """A whole night and its alerts; bulletin and pages, which read what is published, only where a test looks."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gate, "judge", judged_plainly)
            night = open_night(str(self.home.root), str(self.reference), as_of)
            try:
                with connect(self.home):  # as the flow does
                    for name, function in STEPS.items():
                        if is_shown or name not in SHOWN:
                            step(night, name, function)
                    close_night(night)
            finally:
                drop_lock(self.home)
            deliver_published(str(self.home.root))

    def decide(self, *arguments: str, at: str) -> int:
        """jindu withdraw or correct, as the operator gives it; its exit code."""
        places = ["--home", str(self.home.root), "--reference", str(self.reference)]
        return cli.run_command([*arguments, "--reason", REASON, "--by", BY, "--at", at, *places])

    def decide_finding(self, *arguments: str, at: str) -> int:
        """jindu finding waive or uphold, as the operator gives it; its exit code."""
        said = ["--reason", REASON, "--by", BY, "--at", at, "--home", str(self.home.root)]
        return cli.run_command(["finding", *arguments, *said])

    def published(self, query: str) -> Rows:
        """Rows of what analysts open."""
        with duckdb.connect(self.home.published.resolve(), read_only=True) as connection:
            set_timezone(connection)
            found: Rows = connection.execute(query).fetchall()
        return found

    def private(self, query: str) -> Rows:
        """Rows of the private database."""
        with duckdb.connect(self.home.private_database, read_only=True) as connection:
            set_timezone(connection)
            found: Rows = connection.execute(query).fetchall()
        return found

    def put(self, name: str, content: str, at: str) -> Path:
        """A file in the inbox, modified at a moment of the office's time."""
        path = self.home.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        moment = datetime.fromisoformat(at).replace(tzinfo=OFFICE_TIMEZONE).timestamp()
        os.utime(path, (moment, moment))
        return path


def judged_plainly(
    database: Path, expectations: tuple[Expectation, ...], _progress: Progress = no_progress
) -> list[Verdict]:
    """The gate's engine without the ten seconds that Great Expectations takes to import."""
    with duckdb.connect(database, read_only=True) as connection:
        return judge_plainly(connection, expectations)


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Office]:
    """By night, the office as that night left it; `last` is the newest, which tests copy and do not touch.

    Between the nights: 甲's February is telephoned in (and, months later, sent anew), so is 丙's March, which was never
    sent; 乙's second version of January is taken back.
    """
    folder = tmp_path_factory.mktemp("lifecycle")
    write_office(folder / "reference")
    office = Office(folder / "reference", Home(folder / "home"))
    fill_inbox(office.home, office.reference)
    nights: dict[str, Office] = {}

    second = CSV.format(sender=SECOND, month="2024-01", month_value=61, ytd_value=61)
    office.put(f"{SECOND}/一月更正.csv", second, at="2024-04-12T09:00")

    office.run(NIGHTS[0])
    told = ("correct", "甲社区", "走访", "2024-02", "--month-value", "３３", "--ytd-value", "66次")
    assert office.decide(*told, at="2024-03-11T10:00") in {0, 1}
    nights[NIGHTS[0]] = office.copy(folder / "first")

    assert office.decide("correct", THIRD, "visit", "2024-03", "--ytd-value", "64", at="2024-04-12T10:00") == 0
    office.run(NIGHTS[1])
    nights[NIGHTS[1]] = office.copy(folder / "second")

    office.run(NIGHTS[2])
    assert office.decide("withdraw", "乙", "月报", "2024-01", at="2024-05-21T10:00") == 0
    sent = CSV.format(sender=FIRST, month="2024-02", month_value=35, ytd_value=68)
    office.put(f"{FIRST}/二月更正.csv", sent, at="2024-06-11T09:00")
    nights[NIGHTS[2]] = office.copy(folder / "third")

    office.run(NIGHTS[3])
    return nights | {"last": office}


@pytest.fixture
def office(story: dict[str, Office], tmp_path: Path) -> Office:
    """A copy of the office after its last night, for the test alone."""
    return story["last"].copy(tmp_path / "home")
