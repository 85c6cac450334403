"""The form that goes out: what it says, what it lets be typed, and what its 自检 column answers."""

import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from jindu.catalogue import load
from jindu.cli import run_command
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, JinduError
from jindu.template import write_templates
from jindu.workbooks.reader import read
from jindu.workbooks.worker import Answer

from .libreoffice import Recalculate, recalculate  # noqa: F401  (a fixture)

EAST, WEST, OFFICE = "350599001001", "350599001002", "350599001"
MONTH = date(2024, 5, 1)
AS_OF = datetime(2024, 6, 3, 9, tzinfo=OFFICE_TIMEZONE)
FUNCTIONS = frozenset(  # of Excel 2010, WPS and LibreOffice alike
    {*("IF", "AND", "OR", "NOT", "ISNUMBER", "N", "TRIM", "LEN", "LEFT", "SUBSTITUTE", "SUMPRODUCT", "COUNT")}
    | {"COUNTIF", "ROUND", "ABS", "TEXT", "ISTEXT", "VALUE", "ASC", "IFERROR"}  # all of Excel 2007 at the latest
)
LONGEST_FORMULA = 8192  # characters, Excel's limit

REFERENCE = {
    "org_unit": f"""
        code,name,short_name,level,parent_code,aliases
        350599,示例区,示例区,district,,
        {OFFICE},示例街道,示例街道,subdistrict,350599,
        {EAST},甲社区,甲,community,{OFFICE},
        {WEST},乙社区,乙,community,{OFFICE},
    """,
    "theme": """
        code,name_zh
        law,法治
        welfare,民生
    """,
    "form": """
        code,name_zh,level,template_version,first_month,form_number,issued_by,document_number,valid_until
        monthly,社区月报,community,1,2023-01,统1表,示例统计局,示例〔2023〕1号,2026-12
        office,街道月报,subdistrict,1,2024-03,,,,
        bulletin,区通报,district,1,2023-01,,,,
    """,
    "form_version": """
        form_code,template_version,first_month
        monthly,1,2023-01
        monthly,2,2024-05
    """,
    "indicator": """
        code,name_zh,kind,unit,direction,reporting_level,source_form,definition,theme,decimals,numerator_code,denominator_code,minimum,maximum,owner,source_section
        visit,走访,flow,次,higher,community,monthly,当月走访的次数,law,0,,,0,500,综治办,2024 (四)一
        visit_fallen,回访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_negative,夜访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_taken_back,补访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_half,联访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_text,约访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_explained,家访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_unexplained,普访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_month_only,巡访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_blank,随访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_absent,寻访,flow,次,higher,community,monthly,,law,0,,,0,,,
        visit_either,探访,flow,次,higher,community,monthly,,law,0,,,0,,,
        spending,支出,flow,万元,none,community,monthly,,law,2,,,0,,,
        spending_slip,经费,flow,万元,none,community,monthly,,law,2,,,0,,,
        dispute,纠纷,flow,件,none,community,monthly,,law,0,,,0,,,
        mediated,调解成功,flow,件,higher,community,monthly,,law,0,,,0,,,
        mediated_ratio,调解成功率,ratio,%,higher,community,monthly,,law,4,mediated,dispute,0,1,,
        household,低保户,stock,户,none,community,monthly,,welfare,0,,,0,,,
        household_new,低保新增,flow,户,none,community,monthly,,welfare,0,,,0,,,
        household_less,低保减少,flow,户,none,community,monthly,,welfare,0,,,0,,,
        hut,小屋启用,milestone,进度,higher,community,monthly,,welfare,2,,,0,1,,
        hut_done,驿站启用,milestone,进度,higher,community,monthly,,welfare,2,,,0,1,,
        hut_over,广场启用,milestone,进度,higher,community,monthly,,welfare,2,,,0,1,,
        screening,筛查率,ratio,%,higher,community,monthly,,welfare,4,,,0,1,,
        meeting,会议,flow,次,higher,subdistrict,office,,law,0,,,0,,,
        revenue,收入,flow,万元,higher,subdistrict,bulletin,,law,0,,,0,,,
    """,
    "form_indicator": """
        form_code,indicator_code,cells_required,is_required
        monthly,visit,both,true
        monthly,visit_fallen,both,true
        monthly,visit_negative,both,true
        monthly,visit_taken_back,both,true
        monthly,visit_half,both,true
        monthly,visit_text,both,true
        monthly,visit_explained,both,true
        monthly,visit_unexplained,both,true
        monthly,visit_month_only,both,true
        monthly,visit_blank,both,true
        monthly,visit_absent,both,true
        monthly,visit_either,either,true
        monthly,spending,both,true
        monthly,spending_slip,both,true
        monthly,dispute,both,true
        monthly,mediated,both,true
        monthly,household,month,true
        monthly,household_new,both,true
        monthly,household_less,both,true
        monthly,hut,month,true
        monthly,hut_done,month,true
        monthly,hut_over,month,true
        monthly,screening,ytd,true
        office,meeting,both,true
        office,visit,both,false
        bulletin,revenue,ytd,true
    """,
    "identity": """
        total_code,added_code,removed_code
        household,household_new,household_less
    """,
    "baseline": """
        indicator_code,org_unit_code,value,unit,period_from,period_to,published_rank,published_rank_metric
        revenue,350599001,5000,万元,2023-01,2023-12,1,growth
    """,
    "target": """
        plan_year,org_unit_code,indicator_code,target_form,value
        2024,350599001,visit,at_least,1200
    """,
}
FLOWS = tuple(
    line.split(",")[0] for line in REFERENCE["indicator"].split() if ",flow," in line and ",community," in line
)


def write_reference(folder: Path) -> Path:
    folder.mkdir()
    for name, text in REFERENCE.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_history(path: Path) -> Path:
    """January–April 2024 and May 2023 of the east, every flow 10 a month; the west is without April."""
    rows = []
    for unit in (EAST, WEST):
        for month in (1, 2, 3, 4):
            is_reported = unit == EAST or month < 4
            covered = month if is_reported else month - 1
            for code in FLOWS:
                rows.append((unit, code, date(2024, month, 1), is_reported, 10, 10 * covered, covered, month, None))
            rows.append((unit, "household", date(2024, month, 1), is_reported, 40, 40, covered, month, None))
            rows.append((unit, "hut", date(2024, month, 1), is_reported, 0.5, 0.5, covered, month, None))
            finished = date(2024, 4, 2) if month == 4 else None
            rows.append((unit, "hut_done", date(2024, month, 1), is_reported, 1, 1, covered, month, finished))
        rows += [(unit, code, date(2023, 5, 1), True, 9, 45, 5, 5, None) for code in FLOWS if code != "visit_either"]
    with duckdb.connect(path) as connection:
        connection.execute(
            """
            create schema core;
            create schema raw;
            create table core.unit_month (
                org_unit_code text, indicator_code text, report_month date, is_reported boolean,
                month_value decimal(24, 6), ytd_value decimal(24, 6), months_covered_count bigint,
                months_due_count bigint, finished_on date, is_sample boolean default false
            );
            create table core.submission (
                submission_id text, sha256 text, form_code text, sender_code text, report_month date,
                is_counted boolean, is_sample boolean
            );
            create table raw.cell (
                sha256 text, sheet_name text, row_number integer, field text, text text, number_value decimal(28, 8),
                number_unit text
            );
            insert into core.submission values
                ('a', 'aa', 'office', '350599001', '2024-04-01', true, false),
                ('b', 'bb', 'office', '350599001', '2024-04-01', false, false);
            insert into raw.cell values
                ('aa', '街道月报', 6, 'indicator_code', 'visit', null, null),
                ('aa', '街道月报', 6, 'ytd_value', '77', 77, null),
                ('bb', '街道月报', 6, 'indicator_code', 'visit', null, null),
                ('bb', '街道月报', 6, 'ytd_value', '78', 78, null);
            """
        )
        connection.executemany(
            "insert into core.unit_month by position "
            "select *, false from (values (?, ?, ?::date, ?, ?, ?, ?, ?, ?::date))",
            rows,
        )
    return path


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reference(tmp_path_factory.mktemp("office") / "reference")


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_history(tmp_path_factory.mktemp("past") / "history.duckdb")


@pytest.fixture(scope="session")
def templates(reference: Path, history: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All forms of May 2024, by unit."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # XlsxWriter leaves out a validation that is too long, and only warns
        paths = write_templates(reference, history, AS_OF, tmp_path_factory.mktemp("forms"), month=MONTH)
    return {path.name.split("_")[0]: path for path in paths}


@dataclass(frozen=True)
class Form:
    """A form's visible sheet, its cells by indicator and heading."""

    sheet: Worksheet

    @classmethod
    def open(cls, path: Path, *, data_only: bool = False) -> "Form":
        return cls(load_workbook(path, data_only=data_only).worksheets[0])

    @property
    def header(self) -> dict[str, int]:
        return {str(cell.value).replace("\n", ""): cell.column for cell in self.sheet[5] if cell.value}

    @property
    def rows(self) -> dict[str, int]:
        column = self.header["指标代码"]
        cells = ((number, self.sheet.cell(number, column).value) for number in range(6, self.sheet.max_row + 1))
        return {str(code): number for number, code in cells if code}

    def cell(self, code: str, heading: str) -> Cell:
        cell = self.sheet.cell(self.rows[code], self.header[heading])
        assert isinstance(cell, Cell)
        return cell

    def value(self, code: str, heading: str) -> object:
        return self.cell(code, heading).value

    def fill(self, code: str, **values: object) -> None:
        headings = {"month": "本月数", "ytd": "本年累计", "day": "完成日期", "note": "备注", "prior": "上年同期累计"}
        for key, value in values.items():
            self.cell(code, headings[key]).value = value  # type: ignore[assignment]

    def beside(self, label: str) -> Cell:
        """The cell to the right of a label that stands alone."""
        for row in self.sheet.iter_rows():
            for cell in row:
                if cell.value == label:
                    right = (self.sheet.cell(cell.row, column) for column in count(cell.column + 1))
                    return next(one for one in right if isinstance(one, Cell))
        raise AssertionError(label)


# ------------------------------------------------------------------------------------------------ 自检, as computed
FILLED = {  # last month's cumulative is 40 for every flow
    "visit": ({"month": 12, "ytd": 53}, "【核对】本年累计应为 52（上月＋本月），属实请备注原因"),
    "visit_fallen": ({"month": 2, "ytd": 39}, "【核对】本年累计比上月累计 40 还少，属实请在备注说明"),
    "visit_negative": ({"month": -2, "ytd": -1}, "【必改】本月数不能是负数"),
    "visit_taken_back": ({"month": -2, "ytd": 38, "note": "四月多报 2 次"}, "√ 已说明"),
    "visit_half": ({"month": 2.5, "ytd": 42.5}, "【必改】本月数应为整数，现为 2.5"),
    "visit_text": ({"month": "十二", "ytd": 52}, "【必改】本月数不是数字，请填数字或“不适用”"),
    "visit_explained": ({"month": 12, "ytd": 60, "note": "补报三月 8 次"}, "√ 已说明"),
    "visit_unexplained": (
        {"month": 12, "ytd": 60, "note": "情况属实。"},
        "【核对】本年累计应为 52（上月＋本月），属实请备注原因",
    ),
    "visit_month_only": ({"month": 12}, "待填 本年累计，应为 52"),
    "visit_blank": ({}, "待填"),
    "visit_absent": ({"month": "不适用"}, "√ 不适用"),
    "visit_either": ({"month": 0}, "√"),
    "spending": ({"month": 1.25, "ytd": 41.26}, "√"),  # sums of rounded figures may differ in the last place
    "spending_slip": (
        {"month": 104000, "ytd": 104040},
        "【必改】本月数与以往（约 10 万元）差万倍或亿倍，请核对单位",
    ),
    "dispute": ({"month": 20, "ytd": 60}, "√"),
    "mediated": ({"month": 21, "ytd": 61}, "【必改】本月数大于“纠纷”的本月数 20"),
    "household": ({"month": 45}, "【核对】本月数应为 43（上月＋新增－减少），属实请备注原因"),
    "household_new": ({"month": 5, "ytd": 45}, "√"),
    "household_less": ({"month": 2, "ytd": 42}, "√"),
    "hut": ({"month": 1}, "√ 已完成的请填完成日期"),
    "hut_done": ({}, "√"),
    "hut_over": ({"month": 1.5}, "【必改】本月数应在 0%–100% 之间"),
    "screening": ({"ytd": "—"}, "√ 不适用"),
}
HONEST: dict[str, dict[str, object]] = {
    **{code: {"month": 0, "ytd": 40} for code in FLOWS},
    "visit": {"month": 600, "ytd": 640, "note": "集中走访月"},
    "visit_absent": {"month": "不适用", "ytd": "不适用"},
    "household": {"month": 40},
    "hut": {"month": 0.75},
    "hut_over": {"month": 1, "day": date(2024, 5, 20)},
    "screening": {"ytd": 0.9512},
}
FURTHER = {  # a second form with other slips
    "visit": ({"month": 600, "ytd": 640}, "【核对】本月数通常 ≥0 ≤500，属实请在备注说明"),
    "visit_fallen": ({"ytd": 52}, "待填 本月数，应为 12"),
    "visit_text": ({"month": "１２", "ytd": 52}, "√ 本月数是文字格式的数，可读"),
    "visit_half": ({"month": 12, "ytd": " 52.5"}, "√ 本年累计是文字格式的数，可读"),
    "visit_explained": ({"month": "1,23", "ytd": 52}, "【必改】本月数不是数字，请填数字或“不适用”"),
    "visit_unexplained": ({"month": "1e2", "ytd": 52}, "【必改】本月数不是数字，请填数字或“不适用”"),
    "visit_taken_back": ({"month": "2024-3-1", "ytd": 52}, "【必改】本月数不是数字，请填数字或“不适用”"),
    "visit_blank": ({"note": "台账在区里，下月补报"}, "暂缺（已说明）"),
    "visit_either": ({"ytd": 40, "prior": "四十"}, "【必改】上年同期累计不是数字，请填数字或“不适用”"),
    "hut": ({"month": 1, "day": date(2024, 6, 2)}, "【核对】完成日期晚于报告期末，请到完成的那个月再填"),
    "hut_over": ({"month": 1, "day": "五月底"}, "【必改】完成日期不是日期，请写成 2024-07-05 这样"),
    "mediated": ({"month": 0, "ytd": 41}, "【必改】本年累计大于“纠纷”的本年累计 40"),
    "dispute": ({"month": 0, "ytd": 40}, "√"),
    "spending": ({"month": 1.255, "ytd": 41.255}, "【核对】最多 2 位小数，请四舍五入，确需更多位请备注原因"),
    "spending_slip": ({"month": 1.255, "ytd": 41.255, "note": "按合同约定计到厘"}, "√ 已说明"),
    "screening": ({"ytd": 95}, "【必改】本年累计应在 0%–100% 之间"),
}


@pytest.fixture(scope="session")
def computed(
    templates: dict[str, Path],
    recalculate: Recalculate,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """The east's form left blank, filled with slips, with other slips and honestly, as LibreOffice computes them."""
    folder = tmp_path_factory.mktemp("filled")
    answers = {
        "blank": {},
        "slips": {code: values for code, (values, _) in FILLED.items()},
        "further": {code: values for code, (values, _) in FURTHER.items()},
        "honest": HONEST,
    }
    paths = []
    for name, filled in answers.items():
        form = Form.open(templates[EAST])
        for code, values in filled.items():
            form.fill(code, **values)
        if name == "honest":
            form.beside("填报人：").value = "示例填报员"
            form.beside("报出日期：").value = date(2024, 6, 4)
        paths.append(folder / f"{name}.xlsx")
        form.sheet.parent.save(paths[-1])
    return dict(zip(answers, recalculate(paths), strict=True))


@pytest.mark.parametrize(("code", "expected"), [(code, told) for code, (_, told) in FILLED.items()])
def test_self_check_tells_each_slip(computed: dict[str, Path], code: str, expected: str) -> None:
    assert Form.open(computed["slips"], data_only=True).value(code, "自检") == expected


@pytest.mark.parametrize(("code", "expected"), [(code, told) for code, (_, told) in FURTHER.items()])
def test_self_check_tells_further_slips(computed: dict[str, Path], code: str, expected: str) -> None:
    assert Form.open(computed["further"], data_only=True).value(code, "自检") == expected


def test_every_row_has_a_case() -> None:
    asked = {line.strip().split(",")[1] for line in REFERENCE["form_indicator"].split() if line.startswith("monthly")}
    assert set(FILLED) == asked


def test_summary_counts_cells_as_the_receipt_does(computed: dict[str, Path]) -> None:
    summaries = {name: Form.open(path, data_only=True).sheet["A4"].value for name, path in computed.items()}
    assert summaries["blank"] == "已填 1 / 应填 40 格，必改 0 处，0 处待核对"  # what was finished before is filled in
    told = [told for _, told in FILLED.values()]
    must, ask = (sum(text.startswith(mark) for text in told) for mark in ("【必改】", "【核对】"))
    # blank are two cells of a blank row and the cumulatives of two others; a text that is no number fills nothing
    assert summaries["slips"] == f"已填 35 / 应填 40 格，必改 {must} 处，{ask} 处待核对"
    assert summaries["honest"] == "已填 40 / 应填 40 格，必改 0 处，0 处待核对"


def test_what_is_sent_out_says_what_the_formulas_say(templates: dict[str, Path], computed: dict[str, Path]) -> None:
    """A viewer that does not compute shows the same."""
    sent, seen = (Form.open(path, data_only=True) for path in (templates[EAST], computed["blank"]))
    assert sent.sheet["A4"].value == seen.sheet["A4"].value
    assert {code: sent.value(code, "自检") for code in sent.rows} == {
        code: seen.value(code, "自检") for code in seen.rows
    }


def test_honest_form_is_fine(computed: dict[str, Path]) -> None:
    form = Form.open(computed["honest"], data_only=True)
    assert {str(form.value(code, "自检")).split()[0] for code in form.rows} == {"√"}


def read_back(path: Path, reference: Path) -> Answer:
    headings = {row["heading"]: row["field"] for row in load(reference).tables["heading"].iter_rows(named=True)}
    return read(path, path.name, headings)


def test_filled_form_passes_the_reader(computed: dict[str, Path], reference: Path) -> None:
    document, cells = read_back(computed["honest"], reference)
    assert (document.is_readable, document.form_text, document.meta_form_code) == (True, "社区月报", "monthly")
    assert (document.sender_text, document.meta_sender_code) == (EAST, EAST)
    assert (document.report_month, document.template_version) == ("2024-05-01", "2")
    assert (document.filled_by, document.approved_by, document.correction_reason) == ("示例填报员", None, None)
    values = [cell for cell in cells if cell.field in ("month_value", "ytd_value", "prior_ytd_value", "finished_on")]
    assert {cell.state for cell in values} == {"number", "not_applicable", "blank", "date"}
    assert not [cell for cell in cells if cell.field and (cell.formula or cell.state == "unreadable")]
    by_row = {cell.row_number: cell.text for cell in cells if cell.field == "indicator_code"}
    month = {by_row[cell.row_number]: cell.number_value for cell in cells if cell.field == "month_value"}
    assert len(by_row) == len(FILLED)
    assert (month["visit"], month["hut"], month["visit_absent"]) == ("600", "0.75", None)
    prior = {by_row[cell.row_number]: cell.number_value for cell in cells if cell.field == "prior_ytd_value"}
    assert (prior["visit"], prior["visit_either"]) == ("45", None)


# ------------------------------------------------------------------------------------------------ what is known
def test_last_month_and_last_year_are_filled_in(templates: dict[str, Path]) -> None:
    form = Form.open(templates[EAST])
    assert (form.value("visit", "上月累计或月末数"), form.value("visit", "上年同期累计")) == (40, 45)
    assert (form.value("household", "上月累计或月末数"), form.value("hut", "上月累计或月末数")) == (40, 0.5)


def test_a_month_missing_leaves_the_cumulative_blank(templates: dict[str, Path]) -> None:
    """Comparing with a cumulative that lacks April would find fault with an honest one."""
    form = Form.open(templates[WEST])
    assert form.value("visit", "上月累计或月末数") is None
    assert form.value("household", "上月累计或月末数") == 40  # the last level known
    assert "IF(AND" in str(form.value("household", "自检"))
    assert "上月＋新增" not in str(form.value("household", "自检"))  # April's level was not reported


def test_finished_milestone_is_not_asked_again(templates: dict[str, Path]) -> None:
    form = Form.open(templates[EAST])
    assert (form.value("hut_done", "本月数"), form.value("hut_done", "完成日期")) == (1, datetime(2024, 4, 2))
    assert form.value("hut", "本月数") is None


def test_what_a_form_only_checks_is_known_from_itself(templates: dict[str, Path]) -> None:
    form = Form.open(templates[OFFICE])
    assert form.value("visit", "上月累计或月末数") == 77  # the version that counted
    assert form.value("visit", "自检") is not None
    assert "选填" in str(form.value("visit", "自检"))


def test_a_cumulative_begins_anew_in_january(reference: Path, tmp_path: Path) -> None:
    (path,) = write_templates(reference, None, AS_OF, tmp_path, month=date(2024, 1, 1), units=[EAST])
    form = Form.open(path)
    assert form.value("visit", "上月累计或月末数") == 0
    assert form.value("household", "上月累计或月末数") is None


def test_without_history_last_year_is_asked(reference: Path, tmp_path: Path) -> None:
    (path,) = write_templates(reference, None, AS_OF, tmp_path, month=MONTH, units=[EAST])
    form = Form.open(path)
    assert form.value("visit", "上月累计或月末数") is None
    assert form.value("visit", "上年同期累计") is None
    assert not form.cell("visit", "上年同期累计").protection.locked


def test_invented_figures_make_an_invented_form(reference: Path, tmp_path: Path) -> None:
    history = write_history(tmp_path / "history.duckdb")
    with duckdb.connect(history) as connection:
        connection.execute("update core.unit_month set is_sample = true")
    (path,) = write_templates(reference, history, AS_OF, tmp_path, month=MONTH, units=[EAST])
    assert Form.open(path).sheet["A1"].value == "社区月报（示例）"


# ------------------------------------------------------------------------------------------------ what may be typed
def test_only_the_cells_to_fill_are_unlocked(templates: dict[str, Path]) -> None:
    form = Form.open(templates[EAST])
    assert form.sheet.protection.sheet
    assert form.sheet.protection.password is None
    assert not form.sheet.protection.formatColumns  # the file says what is locked: these are not
    assert not form.sheet.protection.formatRows
    assert form.sheet.protection.selectLockedCells is False
    unlocked = {
        code: {heading for heading in form.header if not form.cell(code, heading).protection.locked}
        for code in ("visit", "visit_either", "household", "hut", "screening")
    }
    assert unlocked == {
        "visit": {"本月数", "本年累计", "备注"},
        "visit_either": {"本月数", "本年累计", "上年同期累计", "备注"},  # last year is not known
        "household": {"本月数", "备注"},
        "hut": {"本月数", "完成日期", "备注"},
        "screening": {"本年累计", "备注"},
    }
    for label in ("填报人：", "审核人：", "报出日期：", "更正说明："):
        assert not form.beside(label).protection.locked


def validation_of(form: Form, code: str, heading: str) -> dict[str, object]:
    address = form.cell(code, heading).coordinate
    (found,) = [one for one in form.sheet.data_validations.dataValidation if address in one.sqref]
    return {"type": found.type, "formula": found.formula1, "prompt": found.prompt, "shows": found.showErrorMessage}


def test_validations(templates: dict[str, Path]) -> None:
    form = Form.open(templates[EAST])
    month = validation_of(form, "visit", "本月数")
    assert month["type"] == "custom"
    assert "不适用写法" in str(month["formula"])  # the text stays enterable
    assert ">=0" not in str(month["formula"])  # a correction may be negative beside its cumulative
    assert ">=0" in str(validation_of(form, "visit", "本年累计")["formula"])
    assert "ROUND" not in str(validation_of(form, "spending", "本月数")["formula"])
    assert "没有发生填 0" in str(month["prompt"])
    assert validation_of(form, "hut", "本月数")["formula"] == "进度选项"
    assert validation_of(form, "hut", "完成日期")["type"] == "date"


def test_lists_are_named_ranges_of_a_hidden_sheet(templates: dict[str, Path]) -> None:
    book = load_workbook(templates[EAST])
    assert {name for name in book.defined_names} >= {"不适用写法", "进度选项", "无效说明"}
    assert (book["列表"].sheet_state, book["jindu"].sheet_state) == ("hidden", "veryHidden")
    kept = {row[0].value: row[1].value for row in book["jindu"].iter_rows()}
    assert kept == {"form": "monthly", "template_version": "2", "sender_code": EAST, "report_month": "2024-05"}


def test_formulas_need_no_newer_program(templates: dict[str, Path]) -> None:
    formulas = [
        str(cell.value)
        for path in templates.values()
        for row in Form.open(path).sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    plain = [re.sub(r'"[^"]*"', "", formula) for formula in formulas]
    assert {name for formula in plain for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", formula)} <= FUNCTIONS
    assert max(map(len, formulas)) < LONGEST_FORMULA
    assert len(formulas) > len(FILLED)


def test_note_explains_the_indicator(templates: dict[str, Path]) -> None:
    form = Form.open(templates[EAST])
    comment = form.cell("visit", "指标名称").comment
    assert comment is not None
    for words in ("当月走访的次数", "累计型", "计量单位：次", "2024 (四)一", "上月累计加本月数"):
        assert words in comment.text


def test_heading_data(templates: dict[str, Path]) -> None:
    lines = [[cell.value for cell in row if cell.value] for row in Form.open(templates[EAST]).sheet["A1:L3"]]
    assert lines[0] == ["社区月报"]
    assert lines[1] == ["表号：统1表", "制定机关：示例统计局", "文号：示例〔2023〕1号", "有效期至：2026-12"]
    assert lines[2] == ["填报单位：甲社区", f"单位代码：{EAST}", "报告期：2024年5月", "报送截止：2024年6月5日"]
    assert Form.open(templates[OFFICE]).sheet["A2"].value == "内部工作报表"


def test_rows_stand_as_the_reference_folder_lists_them(templates: dict[str, Path]) -> None:
    lines = [line.split(",") for line in REFERENCE["form_indicator"].split()]
    assert list(Form.open(templates[EAST]).rows) == [code for form, code, *_ in lines if form == "monthly"]


def test_published_ranks_have_their_own_word(templates: dict[str, Path]) -> None:
    form = Form.open(templates["350599"])
    assert form.value("revenue", "位次口径") == "growth"
    assert "按增幅" in form.cell("revenue", "位次口径").number_format
    assert not form.cell("revenue", "区内位次").protection.locked
    assert form.value("revenue", "填报对象") == "示例街道"


def test_prints_on_a4(templates: dict[str, Path]) -> None:
    sheet = Form.open(templates[EAST]).sheet
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize or 0)) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)  # wide, and as high as it needs
    assert sheet.print_title_rows == "$5:$5"
    assert "第 &P 页 共 &N 页" in str(sheet.oddFooter.center.text)
    assert str(sheet.oddFooter.left.text).strip() == "甲社区 · 2024年5月 · 模板版本 2"


def test_same_arguments_same_bytes(reference: Path, history: Path, templates: dict[str, Path], tmp_path: Path) -> None:
    again = write_templates(reference, history, AS_OF, tmp_path, month=MONTH)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in templates.values()]


def test_a_form_that_was_filled_in_where_it_lay_is_kept_aside(reference: Path, history: Path, tmp_path: Path) -> None:
    def write(known: Path | None) -> Path:
        (path,) = write_templates(reference, known, AS_OF, tmp_path, month=MONTH, units=[EAST])
        return path

    path = write(None)
    assert write(history) == path  # nobody has touched it: replaced by what is known now
    assert [file.name for file in path.parent.glob("*.xlsx")] == [path.name]
    path.write_bytes(b"filled in")
    write(history)
    (kept,) = (file for file in path.parent.glob("*.xlsx") if file != path)
    assert kept.read_bytes() == b"filled in"
    assert path.read_bytes() != b"filled in"


# ------------------------------------------------------------------------------------------------ which forms
def test_names_and_folders(templates: dict[str, Path]) -> None:
    assert {path.parent.name for path in templates.values()} == {"2024-05"}
    assert templates[EAST].name == f"{EAST}_甲_社区月报_2024-05.xlsx"


@pytest.mark.parametrize(
    ("as_of", "month"),
    [("2024-06-05T09:00", "2024-05"), ("2024-06-06T09:00", "2024-06"), ("2022-03-01T09:00", "2023-01")],
)
def test_the_month_that_is_due_next(reference: Path, tmp_path: Path, as_of: str, month: str) -> None:
    moment = datetime.fromisoformat(as_of).replace(tzinfo=OFFICE_TIMEZONE)
    (path,) = write_templates(reference, None, moment, tmp_path, units=[EAST])
    assert path.parent.name == month


FAULTS = [
    (["--unit", "350599001003"], "是不是 350599001"),
    (["--unit", "甲社"], f"是不是 {EAST}（甲社区）"),
    (["--unit", "999"], "没有单位“999”。请从 org_unit.csv 的 code 列中选"),
    (["--lang", "en", "--unit", "999"], "See the codes in org_unit.csv"),
    (["--form", "montly"], "是不是 monthly"),
    (["--month", "2024-13"], "不是月份"),
    (["--month", "2024-02", "--form", "office"], "没有单位要报“街道月报”"),
    (["--month", "2024-05", "--form", "office", "--unit", EAST], "没有要求“甲社区”"),
    (["--month", "2022-01"], "没有要报的报表"),
]


@pytest.mark.parametrize(("arguments", "told"), FAULTS)
def test_fault_is_told_and_nothing_written(
    reference: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    start = ["template", "--home", str(tmp_path / "home"), "--reference", str(reference), "--as-of", "2024-06-03T09:00"]
    assert run_command([*start, *arguments]) == 2
    assert told in capfd.readouterr().err
    assert not list(tmp_path.rglob("*.xlsx"))


def test_command_says_where_and_how_many(reference: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    start = ["template", "--home", str(home), "--reference", str(reference), "--month", "2024-05"]
    assert run_command(start) == 0
    said = capfd.readouterr()
    assert f"已生成 4 份报表模板（2024-05）：{home / 'templates'}" in said.out.replace("\n", "")
    assert "还没有历史数据" in said.err
    assert len(list((home / "templates" / "2024-05").glob("*.xlsx"))) == 4


def test_command_names_the_filled_form_that_it_keeps(
    reference: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start = ["template", "--home", str(tmp_path), "--reference", str(reference), "--month", "2024-05", "--unit", EAST]
    assert run_command(start) == 0
    assert "改名保留" not in capfd.readouterr().out
    (path,) = tmp_path.rglob("*.xlsx")
    path.write_bytes(b"filled in")
    assert run_command(start) == 0
    (kept,) = (file for file in path.parent.glob("*.xlsx") if file != path)
    assert f"原来的文件有人填过，已改名保留：{kept.name}\n" in capfd.readouterr().out


def test_unreadable_history_is_told(reference: Path, tmp_path: Path) -> None:
    broken = tmp_path / "history.duckdb"
    with duckdb.connect(broken) as connection:
        connection.execute("create table something (a integer)")
    with pytest.raises(JinduError, match="读不了历史数据"):
        write_templates(reference, broken, AS_OF, tmp_path / "forms", month=MONTH)


def test_shipped_forms_are_written(tmp_path: Path) -> None:
    """Every form of the shipped office: each theme a band, no row without its formula."""
    shipped = PROJECT_ROOT / "warehouse" / "reference"
    community, subdistrict = "350502004001", "350502004"
    month = date(2024, 10, 1)
    for path in write_templates(shipped, None, AS_OF, tmp_path, month=month, units=[community, subdistrict]):
        form = Form.open(path)
        assert all(str(form.value(code, "自检")).startswith("=IF(") for code in form.rows)
        bands = [row[0].value for row in form.sheet.iter_rows(min_row=6) if "、" in str(row[0].value)]
        assert str(bands[0]).startswith("一、")
