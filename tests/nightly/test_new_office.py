"""What docs/new-office.md tells a newcomer is done here, word by word: from an empty folder to a published ranking."""

import io
import re
import shlex
import subprocess
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from rich.console import Console

from jindu import cli
from jindu.catalogue import CatalogueError, load
from jindu.report.summary import read_summary
from jindu.report.terminal import show_summary
from jindu.settings import PROJECT_ROOT, Home, reference_folder
from jindu.spoken import DONE, NEEDS_PERSON
from tests.nightly import in_process

PAGES = {lang: PROJECT_ROOT / "docs" / name for lang, name in (("zh", "new-office.zh-CN.md"), ("en", "new-office.md"))}
TRIAL = "/tmp/office"  # where the pages put it
SUB_DISTRICTS = {"东城": "990202001", "西城": "990202002", "南城": "990202003"}


def blocks(lang: str, kind: str) -> list[str]:
    """The fenced blocks of one kind, in the order of the page."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGES[lang].read_text(encoding="utf-8"), re.DOTALL)


def table(lang: str, first: str) -> list[dict[str, str]]:
    """The rows of the page's table whose first heading this is."""
    lines = PAGES[lang].read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first} |"))
    cells = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


class Walk:
    """A newcomer who does what the page says, with the trial in a folder of the test's own."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "office")
        self.commands = iter(blocks("zh", "sh"))

    def do(self) -> None:
        """The page's next block of commands."""
        for line in next(self.commands).splitlines():
            arguments = shlex.split(line.replace(TRIAL, str(self.home.root)))
            if arguments[:2] == ["jindu", "run"]:
                self.night(arguments)
            elif arguments[0] == "jindu":
                allowed = {DONE, NEEDS_PERSON} if arguments[1] == "status" else {DONE}  # its data get old
                assert cli.run_command(arguments[1:]) in allowed, line
            else:
                subprocess.run(["bash", "-c", line.replace(TRIAL, str(self.home.root))], check=True)

    def night(self, arguments: list[str]) -> None:
        """`jindu run --home DIR --as-of MOMENT`, in process, with the reference folder that the command would take."""
        assert arguments[2:4] == ["--home", str(self.home.root)]
        assert arguments[4] == "--as-of"
        reference = reference_folder(None, self.home)
        assert reference == self.home.reference
        assert in_process.run(self.home.root, reference, arguments[5], is_judged_plainly=True) == 0

    def edit_units(self) -> None:
        """The rows of the page in place of the example's, below the comments and the header."""
        path = self.home.reference / "org_unit.csv"
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        header = next(place for place, line in enumerate(lines) if line.startswith("code,"))
        (rows,) = blocks("zh", "csv")
        path.write_text("\n".join([*lines[: header + 1], *rows.splitlines()]) + "\n", encoding="utf-8-sig")

    def fill(self) -> None:
        """The three forms, filled cell by cell as a clerk would."""
        for row in table("zh", "填报单位"):
            (path,) = self.home.templates.glob(f"2027-01/{SUB_DISTRICTS[row['填报单位']]}_*.xlsx")
            book = openpyxl.load_workbook(path)
            sheet = book.worksheets[0]
            for name, value in row.items():
                if name == "上年同期文体活动":
                    enter(sheet, "文体活动", "上年同期累计", int(value))
                elif name != "填报单位":
                    enter(sheet, name, "本月数", int(value))
                    if name != "长效管理小区":
                        enter(sheet, name, "本年累计", int(value))
            enter(sheet, "便民服务点启用", "本月数", 0)
            book.save(path)


def enter(sheet: Worksheet, indicator: str, heading: str, value: int) -> None:
    """Type a number into the cell of an indicator's row; a locked cell would refuse it."""
    headings = {
        re.sub(r"\s", "", str(cell.value)): cell.coordinate
        for row in sheet.iter_rows(max_row=8)
        for cell in row
        if cell.value
    }
    rows = {cell.value: cell.row for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    cell = sheet[f"{re.sub('[0-9]', '', headings[heading])}{rows[indicator]}"]
    assert not cell.protection.locked
    cell.value = value


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home after the whole page."""
    walk = Walk(tmp_path_factory.mktemp("newcomer"))
    walk.do()  # jindu new
    walk.edit_units()
    with pytest.raises(CatalogueError) as raised:  # as long as targets and settings have the example's code
        load(walk.home.reference)
    for lang, page in PAGES.items():
        (quoted,) = re.findall(r"^> (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert quoted in raised.value.message(lang)
    walk.do()  # the other edits
    walk.do()  # jindu template
    walk.fill()
    walk.do()  # into the inbox
    walk.do()  # jindu run, jindu status
    assert next(walk.commands, None) is None
    return walk.home


def test_both_languages_have_the_same_commands_and_figures() -> None:
    for kind in ("sh", "csv", "sql"):
        assert blocks("zh", kind) == blocks("en", kind)
    assert [list(row.values()) for row in table("zh", "填报单位")] == [
        list(row.values()) for row in table("en", "unit")
    ]
    assert [list(row.values()) for row in table("zh", "名次")] == [list(row.values()) for row in table("en", "名次")]


def test_the_published_ranking_is_that_of_the_page(walked: Home) -> None:
    """The scores of the page, computed by hand from the figures that it has the clerks report."""
    (query,) = blocks("zh", "sql")
    connection = duckdb.connect(walked.published.resolve(), read_only=True)
    published = [(str(rank), name, f"{score:.1f}%") for name, rank, score in connection.sql(query).fetchall()]
    connection.close()
    assert published == [("1", "西城", "107.5%"), ("2", "南城", "102.5%"), ("3", "东城", "76.5%")]
    assert published == [(row["名次"], row["街道"], row["得分"]) for row in table("zh", "名次")]
    for row in table("zh", "名次"):
        scores = [Decimal(score) for score in re.findall(r"[0-9.]+", row["怎样算"].split("÷")[0])]
        assert f"{100 * sum(scores) / 4:.1f}%" == row["得分"]


def test_each_score_is_the_one_computed_by_hand(walked: Home) -> None:
    """西城 of January 2027: 20 visits of 600 ÷ 3 ÷ 12, 4 estates of 4, events 11 against 10, 20 disputes of 20."""
    connection = duckdb.connect(walked.published.resolve(), read_only=True)
    paces = dict(
        connection.execute(
            """
            select indicator_code, pace_ratio
            from mart.completion
            where org_unit_code = '990202002' and report_month = date '2027-01-01' and pace_ratio is not null
            """
        ).fetchall()
    )
    connection.close()
    assert paces["visit"] == Decimal("1.2")  # 20 ÷ 16.666…
    assert paces["estate_managed"] == 1
    assert paces["activity_growth"] == Decimal("1.047619")  # 1.1 ÷ 1.05
    assert paces["settlement_ratio"] == Decimal("1.052632")  # 1 ÷ 0.95


def test_the_screen_shows_the_ranking_of_the_sub_districts(walked: Home) -> None:
    summary = read_summary(walked)
    assert not summary.needs_person
    console = Console(width=80, file=io.StringIO(), highlight=False, markup=False)
    show_summary(console, summary, [], "zh")
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    heading = next(place for place, line in enumerate(lines) if line.startswith("某某区 街道综合排名（示例）"))
    shown = [line.split()[:3] for line in lines[heading + 3 : heading + 6]]
    assert shown == [["1", "西城", "107.5%"], ["2", "南城", "102.5%"], ["3", "东城", "76.5%"]]
