"""Whether a received file may be opened at all: plain standard library, nothing trusted, nothing unpacked to disk."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

MEBIBYTE = 1024 * 1024
CHUNK = 64 * 1024
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:$|[/\\])")
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
WIDE_GAP = 1024  # columns between two cells of a row
LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT, section 4.3.7
PARSED = re.compile(  # what a reader parses as XML, whatever its name: it must have been looked at as XML
    rb"<(?:\w+:)?(?:override|relationship|default)\b[^>]*(?:spreadsheetml[^>]*\+xml|relationships/(?:officedocument"
    rb"|worksheet|chartsheet|sharedstrings|styles|theme|externallink|comments|drawing|table)[\"'])[^>]*>"
)
PART_NAME = re.compile(rb"\s(?:partname|target|extension)\s*=\s*[\"']([^\"']*)[\"']")
MAIN_PARTS = (  # content types, in lower case; macro-enabled without a macro part is an ordinary workbook
    b"spreadsheetml.sheet.main+xml",
    b"spreadsheetml.template.main+xml",
    b"ms-excel.sheet.macroenabled.main+xml",
)


@dataclass(frozen=True)
class Limits:
    """What a form's workbook never needs; a template of 60 rows has 20 KB, 15 members and 1,500 cells."""

    file_bytes: int = 10 * MEBIBYTE  # leaves room for a pasted photograph
    inflated_bytes: int = 64 * MEBIBYTE  # openpyxl takes several times as much: still inside the worker's memory
    ratio: int = 200  # deflate reaches 1000:1 on a bomb, sheets of repeated cells stay under 100:1
    ratio_from_bytes: int = MEBIBYTE  # small members may repeat themselves
    members: int = 1000
    rows: int = 20_000  # a district's CSV: 300 communities × 60 indicators
    columns: int = 256  # the width of Excel 97: nobody fills further
    cells: int = 100_000  # what openpyxl reads twice within half of the worker's time
    elements: int = 400_000  # of all parts together: a row, a cell, its value, its text, and as many again
    depth: int = 64  # of one part; drawings of grouped shapes reach 20
    attribute_characters: int = 65_536  # of one element; a formula has 8,192
    formats: int = 66_000  # Excel's own limit of cell formats is 65,490, and openpyxl takes 20 µs for each
    defined_names: int = 10_000


class RefusalError(Exception):
    """A file that cannot be read: the code and one sentence per language that says what to do."""

    def __init__(self, code: str, zh: str, en: str, file_format: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.zh = zh
        self.en = en
        self.file_format = file_format


@dataclass(frozen=True)
class Inspection:
    """What the guard learnt: `kind` is xlsx, xls (an .et too) or text."""

    kind: str
    has_formulas: bool = False


DEFAULT_LIMITS = Limits()


def inspect(path: Path, limits: Limits = DEFAULT_LIMITS) -> Inspection:
    """Look at a file's bytes before anything opens it.

    Raises RefusalError for a file that is empty, too large, encrypted, legacy, with macros, or no workbook.
    """
    size = path.stat().st_size
    if size == 0:
        raise RefusalError(
            "empty_file", "文件是空的（0 字节），请重新导出后再报送。", "The file has 0 bytes; export it again."
        )
    if size > limits.file_bytes:
        found, limit = f"{size / MEBIBYTE:.1f} MB", f"{limits.file_bytes / MEBIBYTE:.1f} MB"
        raise too_large(
            f"文件有 {found}，上限是 {limit}；请删去图片和无关的工作表后重新报送。",
            f"The file has {found}, the limit is {limit}; remove pictures and sheets that do not belong to the form.",
        )
    content = path.read_bytes()
    if content.startswith(ZIP_MAGIC):
        return _inspect_zip(content, limits)
    if content.startswith(OLE_MAGIC):
        return _inspect_ole(content)
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")):
        raise not_a_workbook()
    return Inspection("text")


def too_large(zh: str, en: str) -> RefusalError:
    """The refusal of something beyond a limit."""
    return RefusalError("too_large", zh, en)


def not_a_workbook() -> RefusalError:
    """The refusal of anything that is neither a workbook nor a CSV."""
    return RefusalError(
        "not_a_workbook",
        "这不是 Excel 工作簿（.xlsx）或 CSV 文件，请用报表模板填好后报送 .xlsx 文件。",
        "This is neither an Excel workbook (.xlsx) nor a CSV file; fill in the form's template and send that.",
    )


def damaged(reason_zh: str, reason_en: str) -> RefusalError:
    """The refusal of a zip file that is not put together as a workbook is."""
    return RefusalError(
        "not_a_workbook",
        f"工作簿已损坏（{reason_zh}），请用 Excel 或 WPS 打开后另存为 .xlsx 再报送。",
        f"The workbook is damaged ({reason_en}); open it in Excel or WPS, save it as .xlsx and send that.",
    )


def legacy(found: str) -> RefusalError:
    """The refusal of a spreadsheet in a format that is not read; `found` names it."""
    return RefusalError(
        "legacy_format",
        f"这是{found}格式的文件，请在 Excel 或 WPS 中“另存为”“Excel 工作簿（*.xlsx）”后再报送。",
        "This file has another spreadsheet format; save it as “Excel Workbook (*.xlsx)” and send that.",
    )


def encrypted(file_format: str = "xlsx") -> RefusalError:
    """The refusal of a workbook that asks for a password."""
    return RefusalError(
        "encrypted",
        "工作簿设有打开密码，请去掉密码、保存后再报送。",
        "The workbook asks for a password; remove the password, save it and send it again.",
        file_format,
    )


def _inspect_ole(content: bytes) -> Inspection:
    """A container of Excel 97's time: its records are looked at by biff.read_sheets, before they are opened."""

    def holds(stream_name: str) -> bool:
        return stream_name.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        raise encrypted()
    if holds("WordDocument") or holds("PowerPoint Document"):
        raise not_a_workbook()
    return Inspection("xls")


def _inspect_zip(content: bytes, limits: Limits) -> Inspection:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise damaged("压缩包打不开", "its zip file cannot be opened") from error
    if len(members) > limits.members:
        raise too_large(
            f"文件内部有 {len(members)} 个部件，上限是 {limits.members}；请把表格复制到新的模板里再报送。",
            f"The file has {len(members)} parts, the limit is {limits.members}; copy the table into a new template.",
        )
    _check_names(members)
    _check_places(content, members)
    scan = _Scan(limits)
    inflated = 0
    for member in members:
        inflated += _inspect_member(content, member, scan, limits.inflated_bytes - inflated)
    return Inspection("xlsx", scan.has_formulas)


def _inspect_member(content: bytes, member: zipfile.ZipInfo, scan: "_Scan", bytes_left: int) -> int:
    """Unpack one member and throw it away; the number of bytes that it really has."""
    limits = scan.limits
    is_listing = member.filename == "[Content_Types].xml" or member.filename.endswith(".rels")
    parser = scan.parser() if _is_xml(member.filename) else None
    listing = bytearray()
    size = checksum = 0
    for chunk in _inflate(content, member):
        size += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
        is_bomb = size > limits.ratio_from_bytes and size > limits.ratio * member.compress_size
        if size > bytes_left or is_bomb:
            raise too_large(
                "文件展开后过大，不像一张报表；请把表格复制到新的模板里再报送。",
                "The file grows too large when unpacked to be a form; copy the table into a new template.",
            )
        if is_listing:
            listing += chunk
        if parser:
            _feed(parser, chunk, is_last=False)
    if checksum != member.CRC:
        raise damaged("部件校验和不符", "a part's checksum is wrong")
    if size != member.file_size:
        raise damaged("部件大小与目录不符", "a part's size is not the declared one")
    if parser:
        _feed(parser, b"", is_last=True)
    if is_listing:
        _check_listing(member.filename, bytes(listing).lower())
    return size


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    names = {member.filename for member in members}
    if len({name.lower() for name in names}) < len(members):  # the package format does not tell capitals apart
        raise damaged("部件重名", "two parts have the same name")
    for member in members:
        if "\0" in member.orig_filename:
            raise damaged("部件名不合规", "a part's name is cut short")
        if OUTSIDE.search(member.filename):
            raise damaged("部件名指向文件之外", "a part's name points outside the file")
        if member.flag_bits & 0x1:  # the zip format's own encryption
            raise encrypted()
    lower = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in lower):
        raise macro()
    if "xl/workbook.bin" in lower:
        raise legacy(" .xlsb ")
    if "mimetype" in names and "content.xml" in names:
        raise legacy(" .ods ")
    if "[Content_Types].xml" not in names:
        raise not_a_workbook()


def _check_places(content: bytes, members: list[zipfile.ZipInfo]) -> None:
    """Each part lies in a place of its own, and its two headers say the same: another reader reads no other file."""
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        header = content[member.header_offset : member.header_offset + LOCAL_HEADER.size]
        if len(header) < LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise damaged("部件位置不对", "a part is not where the directory says")
        _, _, flags, method, *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
        start = member.header_offset + LOCAL_HEADER.size
        if member.header_offset < end or start + name_length + extra_length + member.compress_size > len(content):
            raise damaged("部件互相重叠", "parts overlap")
        name = member.orig_filename.encode("utf-8" if member.flag_bits & 0x800 else "cp437")
        if (content[start : start + name_length], method) != (name, member.compress_type):
            raise damaged("部件与目录不符", "a part is not what the directory says")
        if flags & 0x1:
            raise encrypted()
        end = start + name_length + extra_length + member.compress_size


def macro() -> RefusalError:
    """The refusal of a workbook with macros."""
    return RefusalError(
        "macro",
        "工作簿带有宏，请另存为不含宏的“Excel 工作簿（*.xlsx）”后再报送。",
        "The workbook contains macros; save it as a macro-free “Excel Workbook (*.xlsx)” and send that.",
        "xlsx",
    )


def _check_listing(name: str, listing: bytes) -> None:
    """A part may carry any name: what it is stands in the content types and the relationships."""
    if b"vbaproject" in listing or b"xlmacrosheet" in listing or b"macrosheet+xml" in listing:
        raise macro()
    if b"purl.oclc.org/ooxml" in listing:  # ISO 29500 strict, which openpyxl cannot read
        raise legacy("“Strict Open XML”")
    for entry in PARSED.finditer(listing):
        part = PART_NAME.search(entry[0])
        if part and part[1] != b"xml" and not part[1].endswith(b".xml") and b'targetmode="external"' not in entry[0]:
            raise damaged("部件的名称与内容不符", "a part's name does not fit what it is")
    if name == "[Content_Types].xml" and not any(part in listing for part in MAIN_PARTS):
        raise not_a_workbook()


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))  # not .vml: Excel itself writes unclosed tags there


def _inflate(content: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes in chunks, however many the directory declares: declared sizes lie."""
    header = content[member.header_offset : member.header_offset + LOCAL_HEADER.size]
    *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
    start = member.header_offset + LOCAL_HEADER.size + name_length + extra_length
    packed = content[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        for position in range(0, len(packed), CHUNK):
            yield packed[position : position + CHUNK]
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise damaged("压缩方式不受支持", "a part is compressed in an unusual way")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for position in range(0, len(packed), CHUNK):  # piece by piece: what is left over is copied every time
            piece = packed[position : position + CHUNK]
            while piece and not inflater.eof:
                yield inflater.decompress(piece, CHUNK)
                piece = inflater.unconsumed_tail
        while not inflater.eof and (rest := inflater.decompress(b"", CHUNK)):
            yield rest
    except zlib.error as error:
        raise damaged("部件无法解压", "a part cannot be unpacked") from error
    if not inflater.eof:
        raise damaged("部件不完整", "a part is cut off")


def _feed(parser: expat.XMLParserType, chunk: bytes, *, is_last: bool) -> None:
    try:
        parser.Parse(chunk, is_last)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter of an encoding that expat asks Python for
        raise damaged("部件不是合法的 XML", "a part is no valid XML") from error


class _Scan:
    """Counts the elements of all parts, and looks where the cells of all sheets stand."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cell_count = 0
        self.has_formulas = False
        self._counts = {"": 0, "xf": 0, "definedName": 0}  # "": of all elements
        self._most = {"": limits.elements, "xf": limits.formats, "definedName": limits.defined_names}
        self._depth = 0
        self._column = 0  # of the cell before, in the same row
        self._far_cell: str | None = None  # the cell being read, when it stands beyond the limits

    def parser(self) -> expat.XMLParserType:
        """A parser for one part, which refuses a document type declaration in any encoding."""
        parser = expat.ParserCreate()
        self._depth = 0

        def start_root(name: str, attributes: dict[str, str]) -> None:
            is_sheet = _local(name) == "worksheet"
            parser.StartElementHandler = self._start_sheet_element if is_sheet else self._start_element
            self._start_element(name, attributes)

        parser.StartDoctypeDeclHandler = self._refuse_document_type
        parser.StartElementHandler = start_root
        parser.EndElementHandler = self._end_element
        return parser

    def _start_element(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self.limits.depth:
            raise damaged("部件嵌套过深", "a part is nested too deeply")
        if sum(map(len, attributes.values())) > self.limits.attribute_characters:
            raise damaged("部件里有过长的属性", "a part has an attribute that is too long")
        self._count("")
        element = _local(name)
        if element in self._counts:
            self._count(element)

    def _end_element(self, _name: str) -> None:
        self._depth -= 1

    def _count(self, element: str) -> None:
        self._counts[element] += 1
        if self._counts[element] > self._most[element]:
            raise too_large(
                "文件里的样式、名称或内容太多，不像一张报表；请把表格按数值粘贴到新的模板里再报送。",
                "The file has more styles, names or contents than a form; paste the values into a new template.",
            )

    def _refuse_document_type(self, *_declaration: object) -> None:
        raise damaged("部件里有 DTD 声明", "a part declares a document type")

    def _start_sheet_element(self, name: str, attributes: dict[str, str]) -> None:
        self._start_element(name, attributes)
        element = _local(name)
        if element == "c":
            self._start_cell(attributes.get("r", ""))
        elif element == "row":
            self._column = 0
        elif element in ("v", "f", "is"):
            self.has_formulas = self.has_formulas or element == "f"
            if self._far_cell:  # a far cell without content is only formatting
                raise too_large(
                    f"单元格 {self._far_cell} 离表格太远；请只把表格本身复制到新的模板里再报送。",
                    f"Cell {self._far_cell} lies too far away; copy only the table itself into a new template.",
                )

    def _start_cell(self, reference: str) -> None:
        match = REFERENCE.fullmatch(reference)
        column = _column_number(match[1]) if match else 0
        self.cell_count += 1 + max(0, column - self._column) // WIDE_GAP  # a reader fills the gap before it
        self._column = column
        if self.cell_count > self.limits.cells:
            raise too_large(
                f"工作簿的单元格超过 {self.limits.cells} 个；请只保留报表本身，删去其他工作表。",
                f"The workbook has more than {self.limits.cells} cells; keep only the form and remove other sheets.",
            )
        if match is None and reference:
            raise damaged("单元格地址不合规", "a cell's address is no address")
        is_far = match and (column > self.limits.columns or int(match[2]) > self.limits.rows)
        self._far_cell = reference if is_far else None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
