"""Workbooks of Excel 97–2003: what is looked at before they are opened, and that bad bytes cost themselves only."""

import random
import struct
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
import xlrd
from xlrd.compdoc import CompDoc

from jindu.workbooks import biff
from jindu.workbooks.guard import Limits, RefusalError
from jindu.workbooks.reader import read
from jindu.workbooks.sheet import SheetCell

from .conftest import HEADINGS

GALLERY = Path(__file__).resolve().parent.parent / "gallery"
FORM = (GALLERY / "old_form.xls").read_bytes()
FORMULAS = (GALLERY / "old_formula_with_its_result.xls").read_bytes()
BOF, BOUNDSHEET, BLANK, DIMENSIONS = 0x0809, 0x0085, 0x0201, 0x0200
WINDOW1, GUTS = 0x003D, 0x0080  # records that a reader of values passes over


def records(content: bytes, kind: int) -> list[bytes]:
    """The records of a kind, heads and all."""
    memory, start, size = CompDoc(content, logfile=StringIO()).locate_named_stream("Workbook")
    stream = bytes(memory[start : start + size])
    found, place = [], 0
    while place + 4 <= len(stream):
        this, length = struct.unpack_from("<HH", stream, place)
        if this == kind:
            found.append(stream[place : place + 4 + length])
        place += 4 + length
    return found


def changed(content: bytes, kind: int, change: Callable[[bytes], bytes], which: int = 0) -> bytes:
    """The file with one record, the nth of its kind, put differently in as many bytes."""
    record = records(content, kind)[which]
    after = change(record)
    assert len(after) == len(record)
    assert content.count(record) == 1
    return content.replace(record, after)


def as_record(kind: int, data: bytes) -> Callable[[bytes], bytes]:
    """Another record in the place of one at least as long; what is left of it becomes one that says nothing."""

    def change(record: bytes) -> bytes:
        made = struct.pack("<HH", kind, len(data)) + data
        left = len(record) - len(made)
        assert left == 0 or left >= 4
        return made + (struct.pack("<HH", GUTS, left - 4) + bytes(left - 4) if left else b"")

    return change


def at(row: int, column: int) -> Callable[[bytes], bytes]:
    """A cell record moved to another place."""
    return lambda record: record[:4] + struct.pack("<HH", row, column) + record[8:]


def refusal(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RefusalError) as caught:
        biff.read_sheets(content, limits or Limits())
    assert caught.value.zh.endswith("。")
    assert caught.value.en.endswith(".")
    return caught.value.code


def test_values_formats_and_addresses() -> None:
    (sheet,) = biff.read_sheets(FORM, Limits())
    assert (sheet.title, sheet.is_visible) == ("社区月报", True)
    assert sheet.grid[3][0] == SheetCell("visit", "General")
    assert sheet.grid[3][3] == SheetCell(5.0, "General")
    (sheet,) = biff.read_sheets((GALLERY / "old_percent_format.xls").read_bytes(), Limits())
    assert sheet.grid[4][3] == SheetCell(0.95, "0%")


def test_hidden_sheets_are_known() -> None:
    sheets = biff.read_sheets((GALLERY / "old_hidden_sheets.xls").read_bytes(), Limits())
    assert [(sheet.title, sheet.is_visible) for sheet in sheets] == [
        ("旧表", False),
        ("封面", True),
        ("社区月报", True),
        ("jindu", False),
    ]


def test_a_formula_counts_unless_it_is_still_to_be_calculated() -> None:
    (sheet,) = biff.read_sheets(FORMULAS, Limits())
    assert sheet.grid[3][4] == SheetCell(40.0, "General", "=35.0+D4")
    still = changed(FORMULAS, biff.FORMULA, lambda one: one[:18] + struct.pack("<H", 2) + one[20:], which=1)
    (sheet,) = biff.read_sheets(still, Limits())
    assert sheet.grid[3][4] == SheetCell(None, "General", "=35.0+D4", is_broken=True)


@pytest.mark.parametrize("place", [(20_000, 0), (65_535, 3), (0, 256), (65_535, 65_535)])
def test_a_cell_far_away_is_refused_before_the_file_is_opened(
    place: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlrd, "open_workbook", None)
    assert refusal(changed(FORM, biff.MULRK, at(*place))) == "too_large"


def test_far_formatting_without_content_is_harmless() -> None:
    moved = changed(FORM, biff.MULRK, as_record(BLANK, struct.pack("<HHH", 65_535, 255, 15)))
    (sheet,) = biff.read_sheets(moved, Limits())
    assert sheet.grid[3][0].value == "visit"


def test_dimensions_that_lie_change_nothing() -> None:
    lying = changed(FORM, DIMENSIONS, lambda one: one[:4] + struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
    assert biff.read_sheets(lying, Limits()) == biff.read_sheets(FORM, Limits())


def test_more_cells_than_a_form_has() -> None:
    assert refusal(FORM, Limits(cells=10)) == "too_large"


def test_a_link_over_the_whole_sheet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlrd, "open_workbook", None)
    everywhere = as_record(biff.HLINK, struct.pack("<4H", 0, 65_535, 0, 255))
    assert refusal(changed(FORM, DIMENSIONS, everywhere)) == "too_large"


def test_a_password() -> None:
    assert refusal(changed(FORM, WINDOW1, as_record(biff.FILEPASS, bytes(6)))) == "encrypted"


@pytest.mark.parametrize("sheet_type", [1, 6])
def test_macros(sheet_type: int) -> None:
    as_macro = changed(FORM, BOUNDSHEET, lambda one: one[:9] + bytes([sheet_type]) + one[10:])
    assert refusal(as_macro) == "macro"
    assert refusal(changed(FORM, WINDOW1, as_record(biff.OBPROJ, b""))) == "macro"
    project = "Workbook".encode("utf-16-le").ljust(64, b"\0"), "_VBA_PROJECT_CUR".encode("utf-16-le").ljust(64, b"\0")
    entry = FORM.index("\x01CompObj".encode("utf-16-le"))
    length = len("_VBA_PROJECT_CUR") * 2 + 2
    renamed = FORM[:entry] + project[1] + struct.pack("<H", length) + FORM[entry + 66 :]
    assert refusal(renamed) == "macro"


def test_older_than_excel_97() -> None:
    version_5 = changed(FORM, BOF, lambda one: one[:4] + struct.pack("<H", 0x0500) + one[6:])
    assert refusal(version_5) == "legacy_format"
    name, older = ("Workbook".encode("utf-16-le"), "Book\0\0\0\0".encode("utf-16-le"))
    entry = FORM.index(name)
    assert refusal(FORM[:entry] + older + FORM[entry + 16 :]) in ("legacy_format", "not_a_workbook")


@pytest.mark.parametrize("length", [512, 600, 3000, 5000])
def test_a_file_cut_off(length: int) -> None:
    assert refusal(FORM[:length]) == "not_a_workbook"


def test_a_sheet_that_is_not_where_the_book_says() -> None:
    lost = changed(FORM, BOUNDSHEET, lambda one: one[:4] + struct.pack("<I", 0x7FFFFFFF) + one[8:])
    assert refusal(lost) == "not_a_workbook"


def test_flipped_bytes_are_an_answer_or_a_refusal(tmp_path: Path) -> None:
    """Whatever a disk or a mail gateway did to it: never another exception, never a search in circles."""
    dice = random.Random(5)
    path = tmp_path / "a.xls"
    outcomes = set()
    for _ in range(1000):
        content = bytearray(dice.choice((FORM, FORMULAS)))
        for _ in range(dice.randint(1, 30)):
            content[dice.randrange(len(content))] = dice.choice((0, 255, dice.randrange(256)))
        path.write_bytes(content)
        outcomes.add(read(path, path.name, HEADINGS).document.is_readable)
    assert outcomes == {True, False}
