"""Workbooks as clerks send them: put together as Excel does it, by openpyxl, and saved again by LibreOffice."""

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment

from jindu.workbooks.finding_sheet import FindingList, Note

SHEET, OTHER = "月报", "it's 其它"
TITLE = "校验结果：退回"
WRONG = Note("critical", SHEET, "C3", "低保户", "约30", "数字", "“约30”看不懂", "请改成数字，例如 30")
FALLEN = Note("warning", SHEET, "D3", "低保户", "-4", "≥0", "本年累计是负数", "请核对")
SLIP = Note("warning", SHEET, "C2", "调解", "5.5", "整数", "应为整数", "请改成整数")
COMPUTED = Note("critical", SHEET, "D2", "调解", '=HYPERLINK("x")', "10", "算得不对", "请核对")
MISSING = Note("critical", SHEET, "E9", None, None, None, "没有这一行", "请补上 & <b>")
WHOLE = Note("warning", None, None, None, "27", None, "与上月一模一样", "请核对是否忘了更新")
NOTES = [WRONG, FALLEN, SLIP, COMPUTED, MISSING, WHOLE]


def findings(*notes: Note) -> FindingList:
    """A list as the night hands it over; all notes by default."""
    return FindingList(TITLE, ["甲社区 月报 2024年5月（示例）", "请逐条改正。"], list(notes or NOTES))


def excel_like() -> bytes:
    """With all that a rewriting library loses: rich text, results of formulas, a text box, a sparkline, data bars."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, other = book.add_worksheet(SHEET), book.add_worksheet(OTHER)
    red = book.add_format({"bold": True, "font_color": "red"})
    sheet.write_row(0, 0, ["指标代码", "指标名称", "本月数", "本年累计", "备注"])
    sheet.write_row(1, 0, ["A01", None, 5.5])
    sheet.write_rich_string("B2", "调", red, "解")
    sheet.write_formula("D2", "=C2*2", None, 11)
    sheet.write_row(2, 0, ["A02", "低保户", "约30", -4, "说明"])
    sheet.write_comment("C3", "自己的批注", {"author": "某人"})
    sheet.write_comment("A2", "另一条")
    sheet.insert_textbox("G2", "文本框")
    sheet.conditional_format("C2:D3", {"type": "cell", "criteria": ">", "value": 100, "format": red})
    sheet.conditional_format("C5:C9", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("E2", {"validate": "list", "source": ["a", "b"]})
    sheet.protect("secret")
    sheet.print_area("A1:E3")
    other.add_sparkline("A5", {"range": f"'{SHEET}'!C2:D3"})
    other.print_area("A1:B2")
    other.activate()
    hidden = book.add_worksheet("jindu")
    hidden.write_row(0, 0, ["form", "monthly"])
    hidden.very_hidden()
    book.close()
    return out.getvalue()


def openpyxl_like() -> bytes:
    """With openpyxl's own names for parts, and a comment without runs."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    sheet.append(["指标代码", "指标名称", "本月数", "本年累计"])
    sheet.append(["A01", "调解", 5.5, 11])
    sheet.append(["A02", "低保户", "约30", -4])
    sheet["C3"].comment = Comment("自己的批注", "某人")
    book.create_sheet(OTHER)
    book.save(out)
    return out.getvalue()


def prefixed() -> bytes:
    """Every element with a prefix, as some programs write it."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(openpyxl_like())) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            if f'xmlns="{main}"' in content:
                content = content.replace(f'xmlns="{main}"', f'xmlns:x="{main}"')
                content = _with_prefix(content)
            target.writestr(name, content)
    return out.getvalue()


def _with_prefix(xml: str) -> str:
    return re.sub(r"<(/?)(?=[A-Za-z])(?![A-Za-z]+:)", r"<\1x:", xml)


def members(content: bytes) -> dict[str, bytes]:
    """The inflated members."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed_members(content: bytes) -> dict[str, bytes]:
    """The members as they are stored, compressed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {}
        for member in archive.infolist():
            start = member.header_offset
            name_length, extra_length = content[start + 26], content[start + 28]
            begin = start + 30 + name_length + 256 * content[start + 27] + extra_length + 256 * content[start + 29]
            found[member.filename] = content[begin : begin + member.compress_size]
        return found


def saved(path: Path, content: bytes) -> Path:
    """A file."""
    path.write_bytes(content)
    return path
