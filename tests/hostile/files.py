"""Hostile files, each made by a few lines of code: nothing of them is stored.

`VERDICTS` says what becomes of each: a refusal's code, or READ where it is read without harm.
"""

import io
import random
import struct
import zipfile
from collections.abc import Callable, Mapping
from functools import cache

from xlsxwriter import Workbook

from tests.workbooks.conftest import FORM

READ = "read"
Make = Callable[[], bytes]
SHEET, BOOK, TYPES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"
STRINGS, STYLES, RELATIONS = "xl/sharedStrings.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MEBIBYTE = 1024 * 1024
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
CSV_HEAD = "form,org_unit_code,report_month,indicator_code,month_value,note\n"
CSV_ROW = "monthly,350502004001,2024-09,A01,5,\n"

MAKERS: dict[str, Make] = {}
VERDICTS: dict[str, frozenset[str]] = {}


def hostile(*verdicts: str, ending: str = "xlsx") -> Callable[[Make], Make]:
    """Register a maker under its own name; any of the verdicts will do."""

    def register(make: Make) -> Make:
        name = f"{make.__name__}.{ending}"
        MAKERS[name], VERDICTS[name] = make, frozenset(verdicts)
        return make

    return register


@cache
def honest() -> bytes:
    """A community's form, put together as Excel does it."""
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("社区工作月报")
    for number, row in enumerate(FORM):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def parts() -> dict[str, bytes]:
    """The members of the honest form."""
    with zipfile.ZipFile(io.BytesIO(honest())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def changed(**members: bytes) -> bytes:
    """The honest form with some members replaced or added: SHEET=…, BOOK=…, or by a dictionary with packed()."""
    names = {"sheet": SHEET, "book": BOOK, "types": TYPES, "strings": STRINGS, "styles": STYLES, "relations": RELATIONS}
    return packed(parts() | {names[key]: content for key, content in members.items()})


def with_member(name: str, content: bytes = b"<a/>") -> bytes:
    """The honest form with one more member."""
    return packed(parts() | {name: content})


def sheet_of(rows: str, after: str = "") -> bytes:
    """A worksheet with the form's own header row, and further rows."""
    head = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in (("A", "指标代码"), ("B", "指标名称"), ("C", "本月数"), ("D", "本年累计"))
    )
    first = '<row r="2"><c r="A2" t="inlineStr"><is><t>A01</t></is></c><c r="C2"><v>5</v></c></row>'
    data = f'<sheetData><row r="1">{head}</row>{first}{rows}</sheetData>'
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}">{data}{after}</worksheet>'.encode()


def related(kind: str, target: str, mode: str = "") -> bytes:
    """A part's relationships: one."""
    one = f'<Relationship Id="rId1" Type="{LINKS}/{kind}" Target="{target}"{mode}/>'
    return f'<Relationships xmlns="{PACKAGE}/relationships">{one}</Relationships>'.encode()


def with_dtd(part: bytes, declarations: str, use: str = "") -> bytes:
    """A part with a document type declaration before its root, and something put after its first tag."""
    text = part.decode().split("?>", 1)[-1].strip()
    root, rest = text.split(">", 1)
    return f'<?xml version="1.0"?><!DOCTYPE x [{declarations}]>{root}>{use}{rest}'.encode()


def directory_entry(content: bytes, name: str) -> int:
    """Where a member's entry in the central directory begins."""
    place = content.rindex(name.encode()) - 46
    assert content[place : place + 4] == b"PK\x01\x02"
    return place


def patched(content: bytes, place: int, new: bytes) -> bytes:
    """The bytes with some of them replaced."""
    return content[:place] + new + content[place + len(new) :]


# Zip files ----------------------------------------------------------------------------------------------------------


@hostile("empty_file")
def empty() -> bytes:
    return b""


@hostile("not_a_workbook")
def cut_in_half() -> bytes:
    return honest()[: len(honest()) // 2]


@hostile("not_a_workbook")
def cut_at_the_end() -> bytes:
    return honest()[:-30]


@hostile("too_large")
def bomb_in_a_picture() -> bytes:
    return with_member("xl/media/image1.png", bytes(60 * MEBIBYTE))


@hostile("too_large")
def bomb_in_the_sheet() -> bytes:
    return changed(sheet=sheet_of("").replace(b"</sheetData>", b" " * (60 * MEBIBYTE) + b"</sheetData>"))


@hostile("too_large")
def bomb_of_many_small_members() -> bytes:
    return packed(parts() | {f"xl/media/{number}.png": bytes(MEBIBYTE - 1) for number in range(200)})


@hostile("too_large")
def more_members_than_a_form() -> bytes:
    return packed(parts() | {f"xl/media/{number}.png": b"" for number in range(1001)})


@hostile("not_a_workbook")
def zip_in_zip_in_zip() -> bytes:
    content = bytes(10 * MEBIBYTE)
    for level in range(6):
        content = packed({f"{level}.zip": content})
    return content


@hostile(READ)
def workbook_inside_the_workbook() -> bytes:
    return with_member("xl/embeddings/book.xlsx", honest())


@hostile("not_a_workbook")
def size_declared_too_small() -> bytes:
    content = with_member("xl/media/image1.png", bytes(100_000))
    return patched(content, directory_entry(content, "xl/media/image1.png") + 24, struct.pack("<I", 10))


@hostile("not_a_workbook")
def size_declared_as_four_gigabytes() -> bytes:
    return patched(honest(), directory_entry(honest(), SHEET) + 24, struct.pack("<I", 0xFFFFFFFE))


@hostile("not_a_workbook", "too_large")
def packed_size_reaches_beyond_the_file() -> bytes:
    return patched(honest(), directory_entry(honest(), SHEET) + 20, struct.pack("<I", 0x7FFFFFFF))


@hostile("not_a_workbook")
def members_that_share_their_bytes() -> bytes:
    """The overlapping zip bomb: many directory entries, one packed kernel."""
    content = with_member("xl/media/a.bin", bytes(MEBIBYTE))
    entry = directory_entry(content, "xl/media/a.bin")
    end = content.rindex(b"PK\x05\x06")
    copy = content[entry:end]
    names = [f"xl/media/{letter}.bin".encode() for letter in "bcdefghij"]
    copies = b"".join(copy.replace(b"xl/media/a.bin", name) for name in names)
    count, size = (
        struct.unpack("<H", content[end + 10 : end + 12])[0],
        struct.unpack("<I", content[end + 12 : end + 16]),
    )
    numbers = struct.pack("<HHI", count + len(names), count + len(names), size[0] + len(copies))
    return content[:end] + copies + patched(content[end:], 8, numbers)


@hostile("not_a_workbook")
def a_member_twice() -> bytes:
    out = io.BytesIO(honest())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(zipfile.ZipInfo(SHEET), sheet_of(""))
    return out.getvalue()


@hostile("not_a_workbook")
def a_member_twice_but_for_capitals() -> bytes:
    return with_member(SHEET.upper(), sheet_of(""))


@hostile("not_a_workbook")
def another_name_in_the_members_own_header() -> bytes:
    return honest().replace(SHEET.encode(), SHEET.replace("sheet1", "sheet9").encode(), 1)


@hostile("not_a_workbook")
def another_method_in_the_members_own_header() -> bytes:
    place = honest().index(SHEET.encode()) - 30
    return patched(honest(), place + 8, struct.pack("<H", 0))


@hostile("not_a_workbook")
def wrong_checksum() -> bytes:
    return patched(honest(), directory_entry(honest(), SHEET) + 16, b"\0\0\0\0")


@hostile("encrypted")
def members_with_a_password() -> bytes:
    return patched(honest(), directory_entry(honest(), SHEET) + 8, struct.pack("<H", 1))


@hostile("not_a_workbook")
def packed_by_another_method() -> bytes:
    return packed(parts(), zipfile.ZIP_LZMA)


@hostile("not_a_workbook")
def more_entries_announced_than_there_are() -> bytes:
    end = honest().rindex(b"PK\x05\x06")
    return patched(honest(), end + 10, struct.pack("<H", 60_000) + struct.pack("<I", 60_000 * 46))


@hostile("not_a_workbook")
def a_name_above_the_folder() -> bytes:
    return with_member("xl/../../../../etc/cron.d/evil.xml")


@hostile("not_a_workbook")
def a_name_above_the_folder_the_other_way() -> bytes:
    return with_member("xl\\..\\..\\evil.xml")


@hostile("not_a_workbook")
def an_absolute_name() -> bytes:
    return with_member("/etc/passwd")


@hostile("not_a_workbook")
def a_name_with_a_drive() -> bytes:
    return with_member("C:/Windows/evil.xml")


@hostile("not_a_workbook")
def a_name_cut_by_a_zero() -> bytes:
    return with_member("xl/media/a.xml.png").replace(b"xl/media/a.xml.png", b"xl/media/a.xml\0png")


# Two things at once -------------------------------------------------------------------------------------------------


@hostile("not_a_workbook")
def a_pdf_that_is_a_workbook() -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + honest()


@hostile("not_a_workbook")
def a_script_that_is_a_workbook() -> bytes:
    return b"#!/bin/sh\nrm -rf /\nexit\n" + honest()


@hostile("not_a_workbook")
def a_csv_that_is_a_workbook() -> bytes:
    return (CSV_HEAD + CSV_ROW).encode() + honest()


@hostile("not_a_workbook")
def a_picture() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(1000)


@hostile("not_a_workbook", "no_table", ending="xls")
def a_web_page() -> bytes:
    return "<html><table><tr><td>指标代码</td><td>本月数</td></tr></table></html>".encode()


@hostile("not_a_workbook")
def a_word_document() -> bytes:
    types = (
        f'<Types><Override PartName="/word/document.xml" ContentType="{"wordprocessingml.document.main+xml"}"/></Types>'
    )
    return packed({TYPES: types.encode(), "word/document.xml": b"<document/>"})


# XML ----------------------------------------------------------------------------------------------------------------


@hostile("not_a_workbook")
def a_foreign_file_as_entity() -> bytes:
    return changed(sheet=with_dtd(sheet_of(""), '<!ENTITY e SYSTEM "file:///etc/passwd">'))


@hostile("not_a_workbook")
def a_foreign_server_as_entity() -> bytes:
    return changed(book=with_dtd(parts()[BOOK], '<!ENTITY % e SYSTEM "http://127.0.0.1:9/evil.dtd"> %e;'))


@hostile("not_a_workbook")
def a_billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "laugh"}">' for n in range(10))
    strings = with_dtd(f'<?xml version="1.0"?><sst xmlns="{MAIN}"></sst>'.encode(), levels, "<si><t>&l9;</t></si>")
    return changed(strings=strings)


@hostile("not_a_workbook")
def one_long_entity_many_times() -> bytes:
    strings = f'<?xml version="1.0"?><sst xmlns="{MAIN}"></sst>'.encode()
    return changed(strings=with_dtd(strings, f'<!ENTITY a "{"a" * 50_000}">', f"<si><t>{'&a;' * 20_000}</t></si>"))


@hostile("not_a_workbook")
def a_document_type_in_utf_16() -> bytes:
    text = (
        with_dtd(sheet_of(""), '<!ENTITY e "x">').decode().replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    )
    return changed(sheet=text.encode("utf-16"))


@hostile("not_a_workbook")
def a_sheet_under_another_name() -> bytes:
    members = parts()
    members["xl/worksheets/sheet1.dat"] = with_dtd(members.pop(SHEET), '<!ENTITY e "x">')
    for name in (TYPES, RELATIONS):
        members[name] = members[name].replace(b"sheet1.xml", b"sheet1.dat")
    return packed(members)


@hostile("not_a_workbook")
def texts_under_another_name() -> bytes:
    members = parts()
    members["xl/strings.png"] = members.pop(STRINGS)
    members[RELATIONS] = members[RELATIONS].replace(b"sharedStrings.xml", b"strings.png")
    members[TYPES] = members[TYPES].replace(b"sharedStrings.xml", b"strings.png")
    return packed(members)


@hostile("not_a_workbook")
def nested_a_million_deep() -> bytes:
    depth = 1_000_000
    noise = "".join(random.Random(1).choices("abcdefgh", k=depth))
    return changed(
        styles="".join(["<styleSheet>", *(f"<{n}>" for n in noise), *(f"</{n}>" for n in noise[::-1])]).encode()
    )


@hostile("not_a_workbook", "reader_failed")  # likewise: the parser takes it apart again and again
def an_attribute_of_nine_megabytes() -> bytes:
    long = random.Random(2).randbytes(4_500_000).hex()
    return changed(sheet=sheet_of(f'<row r="3" spans="{long}"><c r="A3"><v>1</v></c></row>'))


@hostile("not_a_workbook")
def a_hundred_thousand_attributes() -> bytes:
    many = " ".join(f'a{number}="{number}"' for number in range(100_000))
    return changed(sheet=sheet_of(f'<row r="3" {many}/>'))


@hostile("not_a_workbook")
def xml_that_is_none() -> bytes:
    return changed(sheet=b"<worksheet><sheetData><row></sheetData></worksheet>")


@hostile("not_a_workbook")
def an_encoding_that_is_none() -> bytes:
    return changed(sheet=sheet_of("").replace(b'version="1.0"', b'version="1.0" encoding="utf-7"'))


# Spreadsheets -------------------------------------------------------------------------------------------------------


@hostile("too_large")
def a_cell_in_the_last_corner() -> bytes:
    return changed(sheet=sheet_of('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


@hostile("too_large")
def formats_in_the_last_column_of_every_row() -> bytes:
    return changed(sheet=sheet_of("".join(f'<row r="{n}"><c r="XFD{n}" s="0"/></row>' for n in range(3, 19_000))))


@hostile("too_large")
def more_cells_than_a_form() -> bytes:
    row = "".join(f'<c r="{chr(65 + column)}{{0}}"><v>{column}</v></c>' for column in range(20))
    return changed(sheet=sheet_of("".join(f'<row r="{n}">{row.format(n)}</row>' for n in range(3, 6000))))


@hostile("too_large", "reader_failed")  # by the clock, on a machine that is very busy
def a_million_empty_rows() -> bytes:
    return changed(sheet=sheet_of("".join(f'<row r="{n}"/>' for n in range(3, 1_000_000))))


def one_text_in_cells(count: int) -> bytes:
    """The longest text that a cell may hold, stored once and shown in many."""
    strings = f'<sst xmlns="{MAIN}"><si><t>{"长" * 32_000}</t></si></sst>'.encode()
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(3, 3 + count))
    return changed(sheet=sheet_of(cells), strings=strings)


@hostile("too_large")
def the_same_long_text_in_many_cells() -> bytes:
    return one_text_in_cells(300)


@hostile("too_large", "reader_failed")
def the_same_long_text_in_every_cell() -> bytes:
    return one_text_in_cells(3000)


@hostile("too_large")
def a_million_texts() -> bytes:
    texts = "".join(f"<si><t>{number}</t></si>" for number in range(1_000_000))
    return changed(strings=f'<sst xmlns="{MAIN}">{texts}</sst>'.encode())


@hostile("too_large")
def half_a_million_formats() -> bytes:
    formats = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>' * 500_000
    return changed(styles=f'<styleSheet xmlns="{MAIN}"><cellXfs>{formats}</cellXfs></styleSheet>'.encode())


@hostile("too_large")
def two_hundred_thousand_names() -> bytes:
    names = "".join(f'<definedName name="n{number}">Sheet1!$A$1</definedName>' for number in range(200_000))
    return changed(book=parts()[BOOK].replace(b"</sheets>", f"</sheets><definedNames>{names}</definedNames>".encode()))


@hostile(READ)
def names_that_name_each_other() -> bytes:
    names = '<definedName name="a">b</definedName><definedName name="b">a</definedName>'
    members = parts()
    members[BOOK] = members[BOOK].replace(b"<definedNames/>", b"").replace(b"<definedNames />", b"")
    members[BOOK] = members[BOOK].replace(b"</sheets>", f"</sheets><definedNames>{names}</definedNames>".encode())
    return packed(members)


@hostile(READ)
def links_that_lead_to_each_other() -> bytes:
    links = '<hyperlinks><hyperlink ref="A2" location="C2"/><hyperlink ref="C2" location="A2"/></hyperlinks>'
    return changed(sheet=sheet_of("", links))


@hostile(READ)
def fifty_thousand_merged_areas_over_each_other() -> bytes:
    merged = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(2, 50_000))
    return changed(sheet=sheet_of("", f"<mergeCells>{merged}</mergeCells>"))


@hostile(READ, "reader_failed")
def a_sheet_that_relates_to_itself() -> bytes:
    return with_member("xl/worksheets/_rels/sheet1.xml.rels", related("worksheet", "sheet1.xml"))


@hostile(READ)
def links_to_other_workbooks() -> bytes:
    link = f'<externalLink xmlns="{MAIN}" xmlns:r="{LINKS}"><externalBook r:id="rId1"/></externalLink>'
    target = related("externalLinkPath", "file:///etc/passwd", ' TargetMode="External"')
    members = parts()
    members |= {"xl/externalLinks/externalLink1.xml": link.encode()}
    members |= {"xl/externalLinks/_rels/externalLink1.xml.rels": target}
    own = f'<Relationship Id="rId99" Type="{LINKS}/externalLink" Target="externalLinks/externalLink1.xml"/>'
    members[RELATIONS] = members[RELATIONS].replace(b"</Relationships>", f"{own}</Relationships>".encode())
    return packed(members)


@hostile(READ)
def formulas_that_call_programs() -> bytes:
    formula = "cmd|'/c calc'!A0"
    return changed(
        sheet=sheet_of(f'<row r="3"><c r="A3" t="str"><f>{formula}</f><v>=1+1</v></c><c r="C3"><v>1</v></c></row>')
    )


@hostile("macro")
def macros() -> bytes:
    return with_member("xl/vbaProject.bin", OLE)


@hostile("macro")
def macros_under_another_name() -> bytes:
    types = parts()[TYPES].replace(
        b"</Types>", b'<Default Extension="x" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    )
    return packed(parts() | {TYPES: types, "xl/harmless.x": OLE})


@hostile("macro")
def macros_of_excel_4() -> bytes:
    return with_member("xl/macrosheets/sheet2.xml", b"<macrosheet/>")


@hostile("legacy_format")
def a_binary_workbook() -> bytes:
    return with_member("xl/workbook.bin", b"\x83\x01\x00")


@hostile("legacy_format")
def another_offices_workbook() -> bytes:
    return packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"})


@hostile(READ)
def a_text_that_is_not_there() -> bytes:
    return changed(sheet=sheet_of('<row r="3"><c r="A3" t="s"><v>999999999</v></c></row>'))


@hostile("reader_failed", READ)
def a_format_that_is_not_there() -> bytes:
    return changed(sheet=sheet_of('<row r="3"><c r="A3" s="99999"><v>1</v></c></row>'))


@hostile("not_a_workbook")
def an_address_that_is_none() -> bytes:
    return changed(sheet=sheet_of('<row r="3"><c r="A-3"><v>1</v></c></row>'))


@hostile(READ, "reader_failed")
def rows_that_run_backwards() -> bytes:
    return changed(sheet=sheet_of('<row r="0"><c r="A0"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'))


@hostile(READ, "reader_failed")
def a_number_of_a_million_digits() -> bytes:
    return changed(sheet=sheet_of(f'<row r="3"><c r="A3"><v>1</v></c><c r="C3"><v>{"7" * 1_000_000}</v></c></row>'))


@hostile(READ, "reader_failed")
def a_text_of_a_million_digits() -> bytes:
    digits = "".join(random.Random(3).choices("0123456789,. ％亿", k=1_000_000))
    text = f'<c r="C3" t="inlineStr"><is><t>{digits}</t></is></c>'
    return changed(sheet=sheet_of(f'<row r="3"><c r="A3"><v>1</v></c>{text}</row>'))


@hostile(READ, "reader_failed")
def a_day_beyond_all_calendars() -> bytes:
    style = parts()[STYLES].replace(b'<xf numFmtId="0"', b'<xf numFmtId="14"')
    return changed(
        sheet=sheet_of('<row r="3"><c r="A3"><v>1</v></c><c r="C3" s="0"><v>1E308</v></c></row>'), styles=style
    )


# Excel 97 and before ------------------------------------------------------------------------------------------------


@hostile("legacy_format", "not_a_workbook", "reader_failed", ending="xls")
def a_container_of_noise() -> bytes:
    return OLE + random.Random(4).randbytes(200_000)


@hostile("legacy_format", "not_a_workbook", "reader_failed", ending="xls")
def a_container_cut_short() -> bytes:
    return OLE + bytes(504) + "Workbook".encode("utf-16-le")


@hostile("legacy_format", "not_a_workbook", "reader_failed", ending="xls")
def a_container_whose_sectors_run_in_a_circle() -> bytes:
    """Its allocation table says that each sector follows itself."""
    head = OLE + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    head += struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    head += b"\xff" * (512 - len(head))
    return head + struct.pack("<128I", *range(128)) + bytes(512 * 8)


@hostile("encrypted", ending="xls")
def a_container_with_a_password() -> bytes:
    return OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)


@hostile("not_a_workbook", ending="xls")
def a_container_of_word() -> bytes:
    return OLE + bytes(504) + "WordDocument".encode("utf-16-le") + bytes(1000)


# CSV ----------------------------------------------------------------------------------------------------------------


@hostile("too_large", ending="csv")
def a_csv_of_eleven_megabytes() -> bytes:
    return (CSV_HEAD + CSV_ROW * 320_000).encode()


@hostile("not_a_workbook", "too_large", ending="csv")
def a_line_of_nine_megabytes() -> bytes:
    return (CSV_HEAD + "x" * 9_000_000).encode()


@hostile("not_a_workbook", "too_large", ending="csv")
def nine_million_commas() -> bytes:
    return (CSV_HEAD + "," * 9_000_000).encode()


@hostile("not_a_workbook", "no_table", READ, ending="csv")
def a_quote_that_never_closes() -> bytes:
    return (CSV_HEAD + '"' + CSV_ROW * 100_000).encode()


@hostile("too_large", ending="csv")
def a_hundred_thousand_lines() -> bytes:
    return (CSV_HEAD + CSV_ROW * 100_000).encode()


@hostile("not_a_workbook", ending="csv")
def zero_bytes() -> bytes:
    return (CSV_HEAD + CSV_ROW).encode().replace(b"5", b"5\0\0")


@hostile("not_a_workbook", "no_table", ending="csv")
def two_byte_order_marks() -> bytes:
    return b"\xef\xbb\xbf\xff\xfe" + (CSV_HEAD + CSV_ROW).encode("utf-16-le")


@hostile("not_a_workbook", "no_table", ending="csv")
def half_a_character() -> bytes:
    return b"\xff\xfe" + (CSV_HEAD + CSV_ROW).encode("utf-16-le") + b"x"


@hostile("not_a_workbook", "no_table", ending="csv")
def bytes_of_no_alphabet() -> bytes:
    return bytes(range(128, 256)) * 1000


@hostile(READ, ending="csv")
def formulas_in_a_csv() -> bytes:
    return (CSV_HEAD + CSV_ROW.rstrip("\n") + "\"=cmd|'/c calc'!A0\"\n" + CSV_ROW.rstrip("\n") + "＝1+1\n").encode()
