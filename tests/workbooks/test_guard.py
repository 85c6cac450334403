"""Files that must never be opened, and the sentence that each of them gets."""

import io
import struct
import zipfile
from pathlib import Path

import msoffcrypto.format.ooxml
import pytest
from openpyxl.utils import get_column_letter

from jindu.workbooks.guard import Inspection, Limits, RefusalError, inspect

from .conftest import Write


def refusal(path: Path, limits: Limits | None = None) -> str:
    """The code, once both sentences are there."""
    with pytest.raises(RefusalError) as caught:
        inspect(path, limits or Limits())
    assert caught.value.zh.endswith("\u3002")
    assert caught.value.en.endswith(".")
    return caught.value.code


def rewrite(path: Path, changes: dict[str, bytes | None]) -> Path:
    """The workbook with parts replaced, added or (None) left out."""
    with zipfile.ZipFile(path) as archive:
        parts: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | changes).items():
            if content is not None:
                archive.writestr(name, content)
    return path


def sheet_with(cell: str) -> bytes:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"<row>{cell}</row></sheetData></worksheet>"
    ).encode()


SHEET = "xl/worksheets/sheet1.xml"


def test_an_ordinary_workbook_passes(write_workbook: Write) -> None:
    assert inspect(write_workbook()) == Inspection("xlsx", has_formulas=False)
    assert inspect(write_workbook([["=1+1"]])) == Inspection("xlsx", has_formulas=True)


def test_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").touch()
    assert refusal(tmp_path / "a.xlsx") == "empty_file"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"Rar!\x1a\x07", b"PK\x03\x04oops"]
)
def test_other_things(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    assert refusal(tmp_path / "a.xlsx") == "not_a_workbook"


def test_a_word_document(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types><Override ContentType='wordprocessingml.document'/></Types>")
        archive.writestr("word/document.xml", "<document/>")
    assert refusal(tmp_path / "a.docx") == "not_a_workbook"


def test_a_zip_of_workbooks(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.xlsx", "x")
    assert refusal(tmp_path / "a.zip") == "not_a_workbook"


def test_a_file_beyond_the_size(write_workbook: Write) -> None:
    assert refusal(write_workbook(), Limits(file_bytes=100)) == "too_large"


def test_a_bomb_of_a_thousand_to_one(write_workbook: Write) -> None:
    path = rewrite(write_workbook(), {"xl/media/image1.png": bytes(20_000_000)})
    assert path.stat().st_size < 50_000
    assert refusal(path) == "too_large"


def test_many_members_that_are_large_together(write_workbook: Write) -> None:
    path = rewrite(write_workbook(), {f"xl/media/{number}.png": bytes(range(256)) * 100 for number in range(10)})
    assert refusal(path, Limits(inflated_bytes=200_000)) == "too_large"


def test_too_many_members(write_workbook: Write) -> None:
    assert refusal(write_workbook(), Limits(members=3)) == "too_large"


def test_a_declared_size_that_lies(write_workbook: Write) -> None:
    path = rewrite(write_workbook(), {"xl/media/image1.png": bytes(100_000)})
    content = bytearray(path.read_bytes())
    place = content.rindex(b"xl/media/image1.png") - 46  # the entry in the central directory
    assert content[place : place + 4] == b"PK\x01\x02"
    content[place + 24 : place + 28] = struct.pack("<I", 10)
    path.write_bytes(content)
    assert refusal(path) == "not_a_workbook"
    assert refusal(path, Limits(inflated_bytes=50_000)) == "too_large"


def test_a_file_cut_off(write_workbook: Write) -> None:
    path = write_workbook()
    path.write_bytes(path.read_bytes()[:-30])
    assert refusal(path) == "not_a_workbook"


def test_a_flipped_bit(write_workbook: Write) -> None:
    path = write_workbook()
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    assert refusal(path) == "not_a_workbook"


@pytest.mark.parametrize("name", ["../evil.xml", "xl/../../evil.xml", "/etc/passwd", "xl\\..\\..\\evil.xml"])
def test_a_member_outside(write_workbook: Write, name: str) -> None:
    assert refusal(rewrite(write_workbook(), {name: b"<a/>"})) == "not_a_workbook"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_in_any_encoding(write_workbook: Write, encoding: str) -> None:
    lines = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "cccc">]><a>&b;</a>'
    assert refusal(rewrite(write_workbook(), {"xl/sharedStrings.xml": lines.encode(encoding)})) == "not_a_workbook"


def test_macros(write_workbook: Write) -> None:
    assert refusal(rewrite(write_workbook(), {"xl/vbaProject.bin": b"x"})) == "macro"


def test_macros_under_another_name(write_workbook: Write) -> None:
    path = write_workbook()
    with zipfile.ZipFile(path) as archive:
        types = archive.read("[Content_Types].xml").decode()
    types = types.replace(
        "</Types>", '<Default Extension="x" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    )
    assert refusal(rewrite(path, {"[Content_Types].xml": types.encode(), "xl/harmless.x": b"x"})) == "macro"


def test_a_password(write_workbook: Write) -> None:
    path = write_workbook()
    plain = io.BytesIO(path.read_bytes())
    with path.open("wb") as encrypted:
        msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("secret", encrypted)
    assert refusal(path) == "encrypted"


def test_old_formats(tmp_path: Path, write_workbook: Write) -> None:
    (tmp_path / "a.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "Workbook".encode("utf-16-le"))
    assert inspect(tmp_path / "a.xls") == Inspection("xls")  # its records are looked at in biff.py
    (tmp_path / "a.doc").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + "WordDocument".encode("utf-16-le"))
    assert refusal(tmp_path / "a.doc") == "not_a_workbook"
    assert refusal(rewrite(write_workbook(), {"xl/workbook.bin": b"x"})) == "legacy_format"


def test_a_cell_at_the_far_corner(write_workbook: Write) -> None:
    path = rewrite(write_workbook(), {SHEET: sheet_with('<c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c>')})
    assert refusal(path) == "too_large"


def test_far_formatting_without_content_is_harmless(write_workbook: Write) -> None:
    path = rewrite(write_workbook(), {SHEET: sheet_with('<c r="A1"><v>1</v></c><c r="XFD1048576" s="0"/>')})
    assert inspect(path).kind == "xlsx"


def test_an_address_that_is_none(write_workbook: Write) -> None:
    assert refusal(rewrite(write_workbook(), {SHEET: sheet_with('<c r="A1B2"><v>1</v></c>')})) == "not_a_workbook"


def test_too_many_cells(write_workbook: Write) -> None:
    assert refusal(write_workbook(), Limits(cells=10)) == "too_large"


def test_a_text_is_left_to_the_reader(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    assert inspect(tmp_path / "a.csv").kind == "text"


def test_a_row_formatted_to_its_end_is_harmless(write_workbook: Write) -> None:
    letters = [get_column_letter(column) for column in range(1, 16_385)]
    row = "".join(f'<c r="{column}3" s="0"/>' for column in letters)
    assert inspect(rewrite(write_workbook(), {SHEET: sheet_with('<c r="A1"><v>1</v></c>' + row)})).kind == "xlsx"
