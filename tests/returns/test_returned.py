"""Beside its receipt, and nowhere else, stands the sender's own workbook with what the night found."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from jindu import returning
from jindu.judging import LyingFile
from jindu.report.receipt import BOOK_WORD, OPENED, Receipt, ReceiptFolder
from jindu.returning import write_books, write_returns
from jindu.settings import Home, JinduError, Night, no_progress
from jindu.warehouse.connection import connect
from jindu.watch import Watch
from jindu.workbooks.collect import archived_path, submission_id_of
from jindu.workbooks.finding_sheet import SHEET_NAME
from jindu.workbooks.marking import CHANGED, LISTED, MARKED, Marker
from tests.hostile.files import macros
from tests.nightly.small_office import AS_OF, fill_inbox, write_office
from tests.report.test_receipt import CONFIRMED, SLIP
from tests.returns.books import excel_like, findings
from tests.watch.plain_night import SHORT, run_night

EAST, WEST = "350599001001", "350599001002"
PERSON = "欧阳填报"


def put(home: Home, name: str, content: bytes, like: str) -> None:
    """A file in the inbox that came when another did."""
    path, moment = home.inbox / name, (home.inbox / like).stat().st_mtime
    path.write_bytes(content)
    os.utime(path, (moment, moment))


def without_header() -> bytes:
    """A workbook that nobody can take for a form."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.title = "杂记"
    sheet.append(["走访", 5])
    book.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night of the small office, with a CSV and a refused file in it; no test writes here."""
    folder = tmp_path_factory.mktemp("returned")
    write_office(folder / "reference")
    home = Home(folder / "home")
    fill_inbox(home, folder / "reference")
    like = f"{EAST}/monthly_甲_2024-01.xlsx"
    text = f"报表,填报单位代码,报告期,指标代码,本月数,填报人\nmonthly,{EAST},2024-01,visit,=1+1,{PERSON}\n"
    put(home, f"{EAST}/自制.csv", text.encode(), like)
    put(home, f"{EAST}/带宏.xlsx", macros(), like)
    put(home, f"{EAST}/没有表头.xlsx", without_header(), like)
    put(home, "谁的.csv", text.replace(EAST, "什么").encode(), like)
    return run_night(home, folder / "reference", AS_OF, steps=SHORT)


@pytest.fixture
def night(office: Night, tmp_path: Path) -> Night:
    """The same night in a copy of its home."""
    home = Home(Path(shutil.copytree(office.home.root, tmp_path / "home", symlinks=True)))
    return Night(home, office.reference, office.as_of, office.run_id, office.attempt)


def books(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.returns)): path.read_bytes()
        for path in sorted(home.returns.glob(f"*/*{BOOK_WORD}*.xlsx"))
    }


def listed(content: bytes) -> list[tuple[object, ...]]:
    """The rows of the first sheet, without the lines above them."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames[0] == SHEET_NAME
    return list(book[SHEET_NAME].iter_rows(min_row=7, values_only=True))


def book_of(home: Home, file_name: str) -> bytes:
    (found,) = [content for name, content in books(home).items() if file_name in name]
    return found


def test_whoever_has_something_to_do_gets_a_workbook_and_nobody_else(office: Night) -> None:
    with connect(office.home, read_only=True) as connection:
        rows = connection.execute(
            "select submission_id, state, (select count(*) from raw.finding where"
            " finding.submission_id = submission.submission_id and (severity = 'critical' or severity = 'warning'"
            " and not is_explained)) from core.submission left join reference.org_unit on code = sender_code"
            " where file_name <> '谁的.csv'"
        ).fetchall()
    due = {number[:8]: count for number, state, count in rows if count and state in ("accepted", "held", "rejected")}
    found = {name.rsplit("_", 1)[1].removesuffix(".xlsx"): content for name, content in books(office.home).items()}
    assert set(found) == set(due) and len(due) >= 4
    for number, content in found.items():
        assert len(listed(content)) == due[number]


def test_each_gets_its_own_sheets_and_a_refused_file_the_list_alone(office: Night) -> None:
    (held,) = [content for name, content in books(office.home).items() if name.startswith(f"{EAST}/2024-05")]
    assert "jindu" in openpyxl.load_workbook(io.BytesIO(held)).sheetnames
    own = openpyxl.load_workbook(io.BytesIO(book_of(office.home, "2024-01")))
    assert own.sheetnames == [SHEET_NAME, "自制.csv"]
    assert [cell.value for cell in own["自制.csv"][2]] == ["monthly", EAST, "2024-01", "visit", "'=1+1", PERSON]
    assert openpyxl.load_workbook(io.BytesIO(book_of(office.home, "没有表头"))).sheetnames == [SHEET_NAME, "杂记"]
    assert openpyxl.load_workbook(io.BytesIO(book_of(office.home, "带宏"))).sheetnames == [SHEET_NAME]


def test_what_a_clerk_wrote_is_no_formula_in_the_list(office: Night) -> None:
    texts = [cell for row in listed(book_of(office.home, "2024-01")) for cell in row]
    assert "'=1+1" in texts and "=1+1" not in texts


def test_what_was_refused_is_not_opened_again(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Marker, "mark", lambda _self, source, *_: opened.append(Path(source).name) or CHANGED)
    shutil.rmtree(night.home.returns)
    write_returns(night, no_progress)
    refused = [name for name in books(night.home) if "带宏" in name]
    assert opened and len(refused) == 1
    with connect(night.home, read_only=True) as connection:
        asked = "select sha256 from core.received where not is_readable and not list_contains(?, refusal_code)"
        rows = connection.execute(asked, [sorted(OPENED)]).fetchall()
    assert rows and not {sha256 for (sha256,) in rows} & set(opened)


def test_a_file_of_nobody_goes_to_nobody(office: Night) -> None:
    assert list(office.home.returns.glob("待认领/*回执*.html"))
    assert not [name for name in books(office.home) if name.startswith("待认领")]


def test_a_sender_in_doubt_gets_no_workbook(tmp_path: Path) -> None:
    with ReceiptFolder(tmp_path) as folder:
        folder.put(replace(CONFIRMED, is_sender_certain=False))
        assert not folder.lacks_book(replace(CONFIRMED, is_sender_certain=False))
        assert folder.lacks_book(CONFIRMED)


def test_nobody_reads_anothers_names_or_notes(office: Night) -> None:
    """Each workbook holds the bytes of its own submission only."""
    with connect(office.home, read_only=True) as connection:
        rows = connection.execute("select submission_id, folder_code from core.received").fetchall()
    folders = {number[:8]: folder for number, folder in rows}
    assert {name: folders[name[-13:-5]] for name in books(office.home)} == {
        name: name.split("/")[0] for name in books(office.home)
    }
    for name, content in books(office.home).items():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = b"".join(map(archive.read, archive.namelist())).decode(errors="replace")
        assert PERSON not in text or name.startswith(EAST)


def test_information_is_for_the_operator_only(night: Night) -> None:
    name = next(name for name in books(night.home) if name.startswith(f"{EAST}/2024-05"))
    before = listed(books(night.home)[name])
    with connect(night.home) as connection:
        connection.execute(
            "insert into raw.finding (run_id, gate, rule_code, severity, submission_id, message_zh, message_en,"
            " is_explained) select ?, 'incoming', 'a_rule', 'information', submission_id, '给统筹办看。', '', false"
            " from core.submission where starts_with(submission_id, ?)",
            [night.run_id, name[-13:-5]],
        )
    (night.home.returns / name).unlink()
    write_returns(night, no_progress)
    assert listed(books(night.home)[name]) == before


def test_twice_is_once(night: Night) -> None:
    before = {path: path.stat().st_mtime_ns for path in night.home.returns.rglob("*.xlsx")}
    write_returns(night, no_progress)
    assert {path: path.stat().st_mtime_ns for path in night.home.returns.rglob("*.xlsx")} == before


def test_killed_midway_the_next_run_completes(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    before = books(night.home)
    shutil.rmtree(night.home.returns)
    real, count = ReceiptFolder.place_book, 0

    def die(self: ReceiptFolder, receipt: Receipt, draft: Path) -> bool:
        nonlocal count
        count += 1
        if count > 2:
            raise KeyboardInterrupt
        return real(self, receipt, draft)

    with monkeypatch.context() as patch:
        patch.setattr(ReceiptFolder, "place_book", die)
        with pytest.raises(KeyboardInterrupt):
            write_returns(night, no_progress)
    assert len(books(night.home)) == 2
    write_returns(night, no_progress)
    assert books(night.home) == before
    assert not list(night.home.root.glob(".marking-*"))


def put_and_write(home: Home, receipt: Receipt, source: Path) -> int:
    with ReceiptFolder(home.returns) as folder:
        folder.put(receipt)
    return write_books(home, [receipt], lambda _receipt: source, "night")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.returns.mkdir(parents=True)
    return home


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "五月.xlsx"
    path.write_bytes(excel_like())
    return path


def receipt_for(source: Path, **changes: object) -> Receipt:
    sha256 = hash_of(source)
    return replace(CONFIRMED, sha256=sha256, **changes)  # type: ignore[arg-type]


def hash_of(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def test_each_refused_version_has_its_own(home: Home, source: Path) -> None:
    """Of one night as of several, and whatever became of the other."""
    first, second = receipt_for(source, version=1, submission_id="a" * 16), receipt_for(source, submission_id="b" * 16)
    taken_back = replace(second, state="withdrawn")
    accepted = replace(second, state="accepted", remarks=())
    for newer, left in ((first, "a"), (second, "ab"), (taken_back, "a"), (second, "ab"), (accepted, "a")):
        with ReceiptFolder(home.returns) as folder:
            folder.put(first)
            folder.put(newer)
        write_books(home, [first, newer], lambda _receipt: source, "night")
        assert [name[-13:-5] for name in books(home)] == [letter * 8 for letter in left]


def test_a_version_that_a_newer_one_has_put_right_asks_for_nothing(home: Home, source: Path) -> None:
    receipt = receipt_for(source, version=1, state="rejected")
    assert put_and_write(home, receipt, source) == 1
    assert "存盘后放进收件文件夹" in first_lines(home)
    assert put_and_write(home, replace(receipt, overtaken_by=2), source) == 1
    assert "后来的第 2 版已代替这一版，这一版不用再改" in first_lines(home)
    assert "存盘后放进收件文件夹" not in first_lines(home)


def test_a_file_that_another_stands_for_asks_for_nothing(home: Home, source: Path) -> None:
    receipt = receipt_for(source, version=None, state="rejected", is_put_right=True)
    assert put_and_write(home, receipt, source) == 1
    assert "后来收到的文件已代替它，这一份不用再改" in first_lines(home)
    assert "存盘后放进收件文件夹" not in first_lines(home)


def first_lines(home: Home) -> str:
    """What the only returned workbook says above its list."""
    (content,) = books(home).values()
    sheet = openpyxl.load_workbook(io.BytesIO(content))[SHEET_NAME]
    return "".join(str(value) for row in sheet.iter_rows(max_row=6, values_only=True) for value in row if value)


@pytest.mark.parametrize("state", ["superseded", "withdrawn"])
def test_what_no_longer_counts_is_taken_away(home: Home, source: Path, state: str) -> None:
    receipt = receipt_for(source)
    assert put_and_write(home, receipt, source) == 1
    assert put_and_write(home, replace(receipt, state=state), source) == 0
    assert books(home) == {}


def test_other_findings_make_another_workbook(home: Home, source: Path) -> None:
    receipt = receipt_for(source)
    put_and_write(home, receipt, source)
    assert len(listed(next(iter(books(home).values())))) == 2
    assert put_and_write(home, replace(receipt, remarks=(SLIP,)), source) == 1
    assert len(listed(next(iter(books(home).values())))) == 1


def test_the_nights_confirmation_alone_makes_none_anew(home: Home, source: Path) -> None:
    receipt = receipt_for(source)
    assert put_and_write(home, replace(receipt, confirmed_at=None), source) == 1
    assert put_and_write(home, receipt, source) == 0
    assert len(books(home)) == 1


def test_a_file_that_changed_meanwhile_is_left_out(home: Home, source: Path) -> None:
    receipt = receipt_for(source)
    elsewhere = source.rename(source.with_name("elsewhere.xlsx"))
    source.write_bytes(b"something else")
    assert put_and_write(home, receipt, source) == 0
    source.unlink()
    source.symlink_to(elsewhere)  # the same bytes, but through a link
    assert put_and_write(home, receipt, source) == 0
    assert books(home) == {}


def test_a_workbook_that_takes_too_long_gets_the_list(source: Path, tmp_path: Path) -> None:
    with Marker(seconds_per_file=0.001) as hasty, Marker() as patient:
        for marker, said in ((hasty, LISTED), (patient, MARKED)):
            draft = tmp_path / f"{said}.xlsx"
            assert marker.mark(source, hash_of(source), draft, findings()) == said
            assert len(listed(draft.read_bytes())) >= 5


def test_the_marking_process_loads_little() -> None:
    script = "import sys, jindu.workbooks.marking; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "jindu" in loaded
    assert not [name for name in ("duckdb", "polars", "openpyxl", "pandas", "numpy") if f"'{name}'" in loaded]


def test_a_full_disk_fails_the_step(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(night.home.returns)

    def full(*_arguments: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(returning.Marker, "mark", full)
    with pytest.raises(JinduError, match="磁盘空间"):
        write_returns(night, no_progress)


def test_between_nights_too_and_taken_back_with_its_receipt(home: Home) -> None:
    def judge(files: Sequence[LyingFile]) -> list[Receipt]:
        found = []
        for file in files:
            sha256 = hash_of(file.path)
            number = submission_id_of(sha256, file.folder_code)
            found.append(replace(CONFIRMED, sha256=sha256, submission_id=number, unit_code=EAST, confirmed_at=None))
        return found

    path = home.inbox / EAST / "五月.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(excel_like())
    watch = Watch(home, judge, lambda _zh, _en: None)
    watch.begin()
    for _ in range(2):
        watch.look()
    assert [name.split("/")[0] for name in books(home)] == [EAST]
    path.unlink()
    for _ in range(2):
        watch.look()
    assert books(home) == {} and not list(home.returns.glob("*/*.html"))


def test_the_archive_is_what_is_marked(office: Night) -> None:
    for name, content in books(office.home).items():
        with connect(office.home, read_only=True) as connection:
            rows = connection.execute(
                "select sha256 from core.received where starts_with(submission_id, ?)", [name[-13:-5]]
            ).fetchall()
        source = archived_path(office.home.archive, rows[0][0]).read_bytes()
        if source.startswith(b"PK") and "带宏" not in name:
            with zipfile.ZipFile(io.BytesIO(source)) as before, zipfile.ZipFile(io.BytesIO(content)) as after:
                kept = {"xl/sharedStrings.xml", "xl/theme/theme1.xml"} & {*before.namelist()}
                assert kept and all(before.read(part) == after.read(part) for part in kept)
