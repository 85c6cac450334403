"""Makes the gallery: one small file per way in which people fill in a form (`make gallery`); every figure is 示例.

What must come of each file stands beside it, in a YAML written by hand. BIFF8 (.xls, .et) is written by LibreOffice.
"""

import argparse
import codecs
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlrd.compdoc import CompDoc

FOLDER = Path(__file__).resolve().parent
UNIT = "990101001001"
COLUMNS = ("指标代码", "指标名称", "计量单位", "本月数", "本年累计", "备注")
TITLE = "社区月报（示例）"
LABELS = ("填报单位：示例一社区", None, f"单位代码：{UNIT}", "报告期：2024年9月")
SIGNED = ("填报人：示例", None, "审核人：示例")
SHEET = "社区月报"
CREATED = datetime(2024, 10, 1)
ZIP_DAY = (2024, 10, 1, 0, 0, 0)
XLS_FILTER = "xls:MS Excel 97"
PATIENCE = 120  # seconds for LibreOffice
FORMULA_RECORD, CALCULATE_ON_LOAD = 0x0006, 0x02

Row = Sequence[object]
Rows = Sequence[Row]


@dataclass(frozen=True)
class Styled:
    """A value under a number format."""

    value: object
    number_format: str


@dataclass(frozen=True)
class Formula:
    """A formula and the result that is stored with it."""

    text: str
    result: object


@dataclass(frozen=True)
class Merged:
    """A value over several columns, or several rows."""

    value: object
    columns: int = 1
    rows: int = 1


def visit(month: object, ytd: object = 40, note: object = None) -> Row:
    """A row of the flow that is counted."""
    return ("visit", "走访企业", "次", month, ytd, note)


def training(month: object = 2, ytd: object = 18) -> Row:
    """A second, ordinary row."""
    return ("training", "开展培训", "次", month, ytd, None)


def investment(month: object, ytd: object = 60950) -> Row:
    """A row in 万元."""
    return ("investment", "固定资产投资", "万元", month, ytd, None)


def coverage(month: object, ytd: object = None) -> Row:
    """A row of a rate."""
    return ("coverage", "随访率", "%", month, ytd, None)


def form(*rows: Row, columns: Row = COLUMNS, labels: Row = LABELS) -> Rows:
    """Title, labels, header in row 3, then the rows and who signed."""
    return [(TITLE,), labels, columns, *rows, (), SIGNED]


def dated(*days: object) -> Rows:
    """A form with days finished, the nth in E of row 3 + n."""
    columns = ("指标代码", "指标名称", "计量单位", "本月数", "完成日期", "备注")
    stations = [("station", "驿站启用", "进度", 1, day, None) for day in days]
    return form(*stations, ("visit", "走访企业", "次", 5, None, None), columns=columns)


def in_month(month: object) -> Rows:
    """An ordinary form with its month as given."""
    labels = ("填报单位：示例一社区", None, f"单位代码：{UNIT}", "报告期：", month)
    return form(visit(5), labels=labels)


NUMBERS: dict[str, Rows] = {
    "full_width_digits": form(visit("１２")),
    "full_width_sign_and_point": form(visit("－２"), investment("１２．５")),
    "plus_sign": form(visit("＋５")),
    "minus_sign": form(visit("−2")),
    "thousands_separators": form(visit("1,234", "12,345"), investment("1,234,567.89", "2,345,678.9")),
    "full_width_separators": form(visit("１，２３４", "１２，３４５")),
    "broken_separators": form(visit("1,23")),
    "ten_thousand_yuan_in_the_cell": form(visit(5), investment("6095万元")),
    "hundred_million_yuan_in_the_cell": form(visit(5), investment("3.2 亿元", "６．５亿元")),
    "yuan_in_the_cell": form(visit(5), investment("8,000元", "609500000元")),
    "own_unit_in_the_cell": form(visit("12次")),
    "another_unit_in_the_cell": form(visit("12户")),
    "scale_without_a_unit": form(visit(5), investment("5万")),
    "trailing_spaces": form(visit("12  ", "\u300040\u3000")),
    "invisible_characters": form(visit("\u200b12\u202c", "40\xa0")),
    "percent_sign": form(visit(5), coverage("95%", "93.5 %")),
    "full_width_percent": form(visit(5), coverage("95％", "９３．５％")),
    "percent_format": form(visit(5), coverage(Styled(0.95, "0%"), Styled(0.9351, "0.00%"))),
    "percent_of_what_is_counted": form(
        visit("5%"),
        ("station", "驿站启用", "进度", "13%", None, None),
        training(2, Styled(0.18, "0%")),
        investment("６％"),
    ),
    "painted_percent": form(visit(5), coverage(Styled(95, '0"%"'))),
    "unit_in_the_format": form(visit(5), investment(Styled(3.2, '0.00"亿元"'), Styled(60950, "#,##0万元"))),
    "accounting_format": form(visit(Styled(1234, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ '), 12345)),
    "format_shows_another_number": form(visit(5), investment(Styled(60950, "#,##0,"), Styled(60950, '0!.0,"万元"'))),
    "scale_in_the_format": form(visit(5), investment(Styled(3.2, '0.0"亿"'))),
    "format_with_a_condition": form(
        visit(5), investment(Styled(609500, '[>=100000]0!.0,"万元";0'), Styled(60950, '[>=100000]0!.0,"万元";0'))
    ),
    "number_stored_as_text": form(visit("12", "40")),
    "leading_zeros": form(visit("007")),
    "long_double": form(visit(5), investment(0.1 + 0.2)),
    "more_decimals_than_asked": form(visit(5), ("allowance", "发放补贴", "元", 1200.505, 9000.5, None)),
    "circled_number": form(visit("①")),
    "superscript": form(visit("5²")),
    "about": form(visit("约30")),
    "over": form(visit("30余", "100多")),
    "over_with_a_unit": form(visit(5), investment("300余万元", "6000万元以上")),
    "range": form(visit("3-5")),
    "range_turned_into_a_day": form(visit(Styled(date(2024, 3, 5), 'm"月"d"日"'))),
    "chinese_numeral": form(visit("十二")),
    "two_lines": form(visit("12\n34")),
    "exponent": form(visit("1e5")),
    "words": form(visit("已完成")),
    "truth_value": form(visit(True)),
    "too_many_digits": form(visit("1" * 21)),
    "zero": form(visit(0)),
    "blank": form(visit(None, None), training()),
    "blank_that_looks_filled": form(visit(" \u3000", None), training()),
    "not_applicable": form(
        visit("不适用"), training("—", "——"), ("household", "低保户", "户", "／", None, None), investment("N/A", "/")
    ),
    "lone_hyphen": form(visit("-")),
}
DAYS: dict[str, Rows] = {
    "month_in_words": in_month("2024 年 9 月份"),
    "month_with_a_point": in_month("2024.09"),
    "month_with_a_point_as_number": in_month(2024.09),
    "month_full_width": in_month("２０２４－０９"),
    "month_without_a_mark": in_month(202409),
    "month_as_a_date": in_month(Styled(date(2024, 9, 1), 'yyyy"年"m"月"')),
    "month_as_a_serial": in_month(45536),
    "month_that_lost_a_zero": in_month(2024.1),
    "month_that_shows_its_zero": in_month(Styled(2024.1, "0.00")),
    "month_in_the_title": [("示例一社区2024年9月社区月报（示例）",), ("单位代码：" + UNIT,), COLUMNS, visit(5)],
    "month_alone": [(TITLE,), ("填报单位：示例一社区", None, "（2024年9月）"), COLUMNS, visit(5)],
    "month_left_blank": form(visit(5), labels=("填报单位：示例一社区", None, f"单位代码：{UNIT}", "报告期：")),
    "month_of_another_label": [(TITLE,), ("有效期至：", "2024年9月"), COLUMNS, visit(5)],
    "day_in_words": dated("2024年3月15日"),
    "day_with_points": dated("2024.3.15"),
    "day_full_width": dated("２０２４－０３－１５"),
    "day_as_a_date": dated(Styled(date(2024, 3, 15), "yyyy-mm-dd")),
    "day_as_a_serial": dated(45366),
    "day_that_is_only_a_month": dated("2024年3月"),
    "day_that_does_not_exist": dated("2024-02-30"),
    "day_not_applicable": dated("—"),
}
LAYOUTS: dict[str, Rows] = {
    "merged_titles": [
        (Merged("示例街道", 6),),
        (Merged(TITLE, 6),),
        (Merged("内部工作报表", 6),),
        (Merged("填报单位：示例一社区", 2), None, f"单位代码：{UNIT}", Merged("报告期：2024年9月", 3)),
        (),
        COLUMNS,
        visit(5),
    ],
    "instructions_above": [(TITLE,), *[(f"填表说明第 {one} 条",) for one in range(1, 16)], LABELS, COLUMNS, visit(5)],
    "heading_with_line_breaks": form(
        visit(5), columns=("指标\n代码", "指 标 名 称", "计量\n单位", "本月数\n", "本年\n累计", "备注")
    ),
    "other_headings": form(visit(5), columns=("指标编码", "项目名称", "单位", "本月完成数", "累计", "情况说明")),
    "heading_of_two_rows": form(
        (None, None, None, "本月", "累计", "同期累计", None),
        ("visit", "走访企业", "次", 5, 40, 35, None),
        columns=("指标代码", "指标名称", "计量单位", Merged("本年", 2), None, "上年", "备注"),
    ),
    "heading_of_two_rows_unknown": form(
        (None, None, "本月", "本月"),
        ("visit", "走访企业", 5, 4),
        columns=("指标代码", "指标名称", "本年", "上年"),
    ),
    "heading_names_its_month": form(
        ("visit", "走访企业", 5, 40, 35),
        columns=("指标代码", "指标名称", "本月数", "1-9月累计", "上年1—9月累计"),
    ),
    "heading_names_another_month": form(
        ("visit", "走访企业", 5, 40), columns=("指标代码", "指标名称", "本月数", "1－8月\n累计")
    ),
    "unit_and_month_in_the_title": [
        (Merged("示例街道示例一社区 2024年9月社区月报表", 6),), (), COLUMNS, visit(5),
    ],
    "columns_in_another_order": form(
        ("补报", 40, 5, "次", "走访企业", "visit"),
        columns=("备注", "本年累计", "本月数", "计量单位", "指标名称", "指标代码"),
    ),
    "extra_columns": form(
        ("visit", "走访企业", "张某", "次", 5, 40, 99, None),
        columns=("指标代码", "指标名称", "经手", "计量单位", "本月数", "本年累计", "去年全年", "备注"),
    ),
    "rows_in_another_order": form(coverage("95%"), training(), visit(5)),
    "header_on_every_page": form(visit(5), (), COLUMNS, training()),
    "columns_numbered": form(("甲", "乙", "丙", 1, 2, 3), visit(5)),
    "section_titles": form((None, "一、走访服务"), visit(5), ("（二）培训",), training()),
    "total_row": form(visit(5), training(), (None, "合  计", None, 7, 58, None)),
    "remark_between": form(visit(5), ("注：下面一行由街道核定",), training()),
    "one_blank_row": form(visit(5), (), training()),
    "two_blank_rows": form(visit(5), (), (), training(77, 99)),
    "footer_without_a_gap": [(TITLE,), LABELS, COLUMNS, visit(5), SIGNED, training(77, 99)],
    "unit_in_the_heading": form(("investment", 0.3, 6.5), columns=("指标代码", "本月数（亿元）", "本年累计（亿元）")),
    "unit_above_the_table": [
        (TITLE,),
        (*LABELS, "单位：亿元"),
        ("指标代码", "指标名称", "本月数", "本年累计"),
        ("investment", "固定资产投资", 3.2, "65000万元"),
    ],
    "names_without_codes": form((None, "走 访 企 业", "次", 5, 40, None)),
    "full_width_codes": form(
        ("ｖｉｓｉｔ", "走访企业", "次", 5, 40, None),
        ("ＣＯＶＥＲＡＧＥ", "随访率", "％", 0.95, None, None),
        labels=("单位代码：９９０１０１００１００１", None, "报告期：2024年9月"),
    ),
    "code_beside_another_name": form(
        ("visit", "开展培训", "次", 5, 40, None), ("training", "走访企业", "次", 2, 18, None)
    ),
    "unknown_indicator": form(visit(5), ("visits", "走访", "次", 5, 40, None)),
    "labels_beside": form(
        visit(5), labels=("填报单位", "示例一社区", "单位代码", UNIT, "报告期", "2024年9月")
    ),
    "two_columns_alike": form(
        ("visit", 5, 6, 40), columns=("指标代码", "本月数（元）", "本月数（万元）", "本年累计")
    ),
    "no_header": [(TITLE,), LABELS, visit(5)],
    "no_rows": [(TITLE,), LABELS, COLUMNS],
}  # fmt: skip
FORMULAS: dict[str, Rows] = {
    "formula_without_a_result": form(visit(Formula("=2+3", 5), 40)),
    "formula_with_its_result": form(visit(Formula("=2+3", 5), Formula("=35+D4", 40))),
    "formula_with_an_empty_result": form(visit(5, Formula('=IF(1,"","")', ""))),
    "formula_with_a_text": form(visit(Formula('="１"&2', "１2"))),
    "reference_error": form(visit(Formula("=#REF!+1", "#REF!"))),
    "division_error": form(visit(5), coverage(Formula("=0/0", "#DIV/0!"))),
}
IMPOSSIBLE: dict[str, Rows] = {name: form(visit(5), training()) for name in (
    "number_that_is_none", "number_beyond_all_bounds", "day_beyond_all_bounds", "text_that_the_file_lacks",
)}  # fmt: skip
EDITED = {  # what XlsxWriter does not write: 17 digits; no result, as of programs that never calculate; an empty text
    "number_that_is_none": (b'<c r="D4"><v>5</v>', b'<c r="D4"><v>NaN</v>'),
    "number_beyond_all_bounds": (b'<c r="D4"><v>5</v>', b'<c r="D4"><v>1E+400</v>'),
    "day_beyond_all_bounds": (b'<c r="D4"><v>5</v>', b'<c r="D4" t="d"><v>never</v>'),
    "text_that_the_file_lacks": (b'<c r="D4"><v>5</v>', b'<c r="D4" t="s"><v>999</v>'),
    "long_double": (b"<v>0.3</v>", b"<v>0.30000000000000004</v>"),
    "formula_without_a_result": (b"</f><v>5</v>", b"</f>"),
    "formula_with_an_empty_result": (b'<c r="E4">', b'<c r="E4" t="str">'),
}
OLD: dict[str, Rows] = {  # BIFF8
    "old_form": form(visit(5), investment(6095.5), coverage("95％")),
    "old_percent_format": form(visit(5), coverage(Styled(0.95, "0%"), Styled(0.9351, "0.00%"))),
    "old_percent_of_what_is_counted": form(visit("５％"), training(Styled(0.02, "0%"), 18)),
    "old_unit_in_the_format": form(visit(5), investment(Styled(3.2, '0.00"亿元"'))),
    "old_blank_rows_above": [(), (), (TITLE,), (), LABELS, (), COLUMNS, visit(5), (), training()],
    "old_formula_with_its_result": form(visit(Formula("=2+3", 5), Formula("=35+D4", 40))),
    "old_reference_error": form(visit(Formula("=1/0", "#DIV/0!"))),
    "old_days": form(
        ("station", "驿站启用", "进度", 1, Styled(date(2024, 3, 15), "yyyy-mm-dd"), None),
        columns=("指标代码", "指标名称", "计量单位", "本月数", "完成日期", "备注"),
    ),
    "old_doubtful_texts": form(visit("①", "1,23"), training("30余", "不适用")),
}
OLD_UNCOMPUTED: dict[str, Rows] = {"old_formula_without_a_result": form(visit(Formula("=2+3", 5), 40))}
WPS: dict[str, Rows] = {  # BIFF8 under WPS's own ending
    "wps_form": form(visit("１２"), training(Styled(3, "#,##0"), "1,234")),
    "wps_not_applicable": form(visit("不适用"), training("／", "—")),
}
CSV_HEAD = "报表,报送单位代码,填报对象代码,报告期,指标代码,计量单位,本月数,本年累计,备注"
CSV_LINE = f"monthly,{UNIT},{UNIT},2024-09,visit,次,5,40,"
CSVS: dict[str, bytes] = {
    "csv_utf8": f"{CSV_HEAD}\n{CSV_LINE}示例\n".encode(),
    "csv_utf8_with_mark": codecs.BOM_UTF8 + f"{CSV_HEAD}\r\n{CSV_LINE}示例\r\n".encode(),
    "csv_gb18030": f"{CSV_HEAD}\r\n{CSV_LINE}㐂里弄，示例€\r\n".encode("gb18030"),
    "csv_big5": f"{CSV_HEAD}\r\n{CSV_LINE}新增二戶，經核對屬實，示例\r\n".translate(
        str.maketrans("报单码对标计数备", "報單碼對標計數備")
    ).encode("big5", "replace"),
    "csv_utf16_tabs": codecs.BOM_UTF16_LE + f"{CSV_HEAD}\n{CSV_LINE}示例\n".replace(",", "\t").encode("utf-16-le"),
    "csv_english_headings": (
        "form,org_unit_code,report_month,indicator_code,month_value,ytd_value\n"
        f"monthly,{UNIT},2024-09,visit,5,40\nmonthly,{UNIT},2024-09,coverage,95%,0.935\n"
    ).encode(),
    "csv_as_people_write": (
        f"{CSV_HEAD}\n"
        f'monthly,{UNIT},{UNIT},2024.09,visit,次,"1,234", １２３４５ ,"甲，\n乙"\n'
        f'monthly,="{UNIT}",="{UNIT}",2024年9月,investment,万元,3.2亿元,不适用,\n'
        f"monthly,{UNIT},{UNIT},45536,coverage,%,95％,约90%,\n"
    ).encode(),
    "csv_percent_of_a_count": f"{CSV_HEAD}\n{CSV_LINE.replace(',5,', ',5%,')}\n".encode(),
    "csv_two_months": f"{CSV_HEAD}\n{CSV_LINE}\n{CSV_LINE.replace('2024-09,visit', '2024-08,training')}\n".encode(),
}


def write_workbook(path: Path, rows: Rows) -> None:
    """One visible sheet with the rows; the same rows give the same bytes."""
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        book.set_properties({"title": TITLE, "created": CREATED})
        sheet = book.add_worksheet(SHEET)
        for number, row in enumerate(rows):
            for column, content in enumerate(row):
                _write(book, sheet, number, column, content)


def _write(book: Any, sheet: Any, row: int, column: int, content: object) -> None:
    if isinstance(content, Merged):
        sheet.merge_range(row, column, row + content.rows - 1, column + content.columns - 1, content.value)
    elif isinstance(content, Formula):
        sheet.write_formula(row, column, content.text, None, content.result)
    elif isinstance(content, Styled):
        style = book.add_format({"num_format": content.number_format})
        if isinstance(content.value, date):
            sheet.write_datetime(row, column, datetime(*content.value.timetuple()[:3]), style)
        else:
            sheet.write(row, column, content.value, style)
    elif isinstance(content, str):
        sheet.write_string(row, column, content)
    elif content is not None:
        sheet.write(row, column, content)


def write_hidden(path: Path) -> None:
    """Last year's table on a hidden sheet, a cover, and the form on the third sheet with the template's keys."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": TITLE, "created": CREATED})
        old, cover, sheet, keys = (book.add_worksheet(name) for name in ("旧表", "封面", SHEET, "jindu"))
        for number, row in enumerate(form(visit(777, 999))):
            for column, content in enumerate(row):
                _write(book, old, number, column, content)
        cover.write_string(0, 0, "请看下一张表")
        cover.activate()
        old.hide()
        for number, row in enumerate([(TITLE,), COLUMNS, visit(5)]):
            for column, content in enumerate(row):
                _write(book, sheet, number, column, content)
        pairs = {"form": "monthly", "template_version": "1.0", "sender_code": UNIT, "report_month": "2024-09"}
        for number, pair in enumerate(pairs.items()):
            keys.write_row(number, 0, pair)
        keys.very_hidden()


def edit_sheet(path: Path, before: bytes, after: bytes) -> None:
    """Change the sheet's XML."""
    with zipfile.ZipFile(path) as archive:
        parts = {member.filename: archive.read(member) for member in archive.infolist()}
    sheet = "xl/worksheets/sheet1.xml"
    if parts[sheet].count(before) != 1:
        raise SystemExit(f"{path.name}: {before!r} is not there once")
    parts[sheet] = parts[sheet].replace(before, after)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_DAY), content, zipfile.ZIP_DEFLATED)


def forget_old_results(path: Path) -> None:
    """A formula without a result in BIFF8: one of 0 that says of itself that it is to be calculated first."""
    content = path.read_bytes()
    with Path("/dev/null").open("w") as log:
        memory, start, size = CompDoc(content, logfile=log).locate_named_stream("Workbook")
    stream = bytes(memory[start : start + size])
    place = 0
    while place < len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        if kind == FORMULA_RECORD:
            record = stream[place : place + 4 + length]
            told = record[:10] + bytes(8) + struct.pack("<H", CALCULATE_ON_LOAD) + record[20:]
            if content.count(record) != 1:
                raise SystemExit("the formula's record is not in one piece")
            content = content.replace(record, told)
        place += 4 + length
    path.write_bytes(content)


@contextmanager
def libreoffice() -> Iterator[Callable[[Sequence[Path], Path], None]]:
    """Converts workbooks to BIFF8, all in one start."""
    program = shutil.which("soffice")
    if program is None:
        print("需要 LibreOffice（soffice）。LibreOffice (soffice) is needed for .xls and .et.", file=sys.stderr)
        raise SystemExit(2)
    with tempfile.TemporaryDirectory() as profile:

        def convert(paths: Sequence[Path], folder: Path) -> None:
            command = [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--convert-to"]
            command += [XLS_FILTER, "--outdir", str(folder), *map(str, paths)]
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)

        yield convert


def make_modern(folder: Path) -> None:
    """The files that need no LibreOffice."""
    for name, rows in {**NUMBERS, **DAYS, **LAYOUTS, **FORMULAS, **IMPOSSIBLE}.items():
        write_workbook(folder / f"{name}.xlsx", rows)
        if name in EDITED:
            edit_sheet(folder / f"{name}.xlsx", *EDITED[name])
    write_hidden(folder / "hidden_sheets.xlsx")
    for name, content in CSVS.items():
        (folder / f"{name}.csv").write_bytes(content)


def old_names() -> set[str]:
    """The names of the files in BIFF8."""
    return {*(f"{name}.xls" for name in [*OLD, *OLD_UNCOMPUTED, "old_hidden_sheets"]), *(f"{name}.et" for name in WPS)}


def make_old(folder: Path) -> None:
    """The files in BIFF8."""
    old: Mapping[str, Rows] = {**OLD, **OLD_UNCOMPUTED, **WPS}
    with tempfile.TemporaryDirectory() as modern, libreoffice() as convert:
        for name, rows in old.items():
            write_workbook(Path(modern) / f"{name}.xlsx", rows)
        write_hidden(Path(modern) / "old_hidden_sheets.xlsx")
        convert(sorted(Path(modern).glob("*.xlsx")), folder)
    for name in OLD_UNCOMPUTED:
        forget_old_results(folder / f"{name}.xls")
    for name in WPS:
        (folder / f"{name}.xls").replace(folder / f"{name}.et")


def main() -> None:
    """Write all files anew; with --no-old only those that need no LibreOffice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-old", action="store_true", help="leave .xls and .et as they are")
    arguments = parser.parse_args()
    make_modern(FOLDER)
    if not arguments.no_old:
        make_old(FOLDER)


if __name__ == "__main__":
    main()
