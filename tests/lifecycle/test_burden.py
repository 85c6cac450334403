"""What a template spares a clerk, from the form that goes out to the figures that analysts see."""

import os
import re
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home
from jindu.template import write_templates
from tests.nightly.small_office import TABLES

from .conftest import FIRST, NIGHTS, SECOND, THIRD, Office

OFFICE = "350599001"
CATALOGUE = {
    "org_unit": TABLES["org_unit"],
    "theme": TABLES["theme"],
    "indicator": """
        code,name_zh,kind,unit,direction,reporting_level,source_form,theme,decimals
        visit,走访,flow,次,higher,community,monthly,service,0
        centre,活动中心,milestone,进度,higher,community,monthly,service,2
    """,
    "form": """
        code,name_zh,level,first_month
        monthly,月报,community,2023-01
    """,
    "form_indicator": """
        form_code,indicator_code,cells_required
        monthly,visit,both
        monthly,centre,month
    """,
    "target": """
        plan_year,org_unit_code,indicator_code,target_form,value,basis,recorded_at
        2023,350599001,visit,at_least,1200,office,2023-01-02
        2024,350599001,visit,at_least,1200,office,2024-01-02
    """,
    "recipient": TABLES["recipient"],
}
CSV = """form,sender_code,report_month,indicator_code,month_value,ytd_value,prior_ytd_value,finished_on
monthly,{sender},2023-01,visit,40,40,,
monthly,{sender},2023-01,centre,50%,,,
monthly,{sender},2023-12,visit,30,400,,
monthly,{sender},2023-12,centre,100%,,,2023-12-20
"""
BARE = """form,sender_code,report_month,indicator_code,month_value,ytd_value,prior_ytd_value,finished_on
monthly,{sender},2024-01,visit,44,44,40,
monthly,{sender},2024-01,centre,100%,,,2023-12-20
"""


def lines_of(text: str, month: str) -> str:
    """The CSV of one report: a file holds one month."""
    header, *rows = text.splitlines()
    return "\n".join([header, *(row for row in rows if f",{month}," in row)]) + "\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office in its second year: 甲 keeps what its template brought, 乙 changes it, 丙 types all in a bare form."""
    folder = tmp_path_factory.mktemp("burden")
    reference, home = folder / "reference", Home(folder / "home")
    reference.mkdir()
    for name, table in CATALOGUE.items():
        rows = [line.strip() for line in table.strip().splitlines()]
        (reference / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    office = Office(reference, home)
    for sender in (FIRST, SECOND, THIRD):
        for month in ("2023-01", "2023-12"):
            office.put(f"{sender}/{month}.csv", lines_of(CSV.format(sender=sender), month), at="2024-01-04T09:00")
    office.run("2024-01-10T02:00")
    paths = write_templates(
        reference,
        home.history,
        datetime(2024, 2, 1, 9, tzinfo=OFFICE_TIMEZONE),
        folder / "templates",
        units=(FIRST, SECOND),
    )
    for path, prior_value in zip(paths, (40, 45), strict=True):
        fill_in(path, home.inbox / path.name.split("_")[0] / "一月.xlsx", prior_value)
    office.put(f"{THIRD}/一月.csv", BARE.format(sender=THIRD), at="2024-02-02T09:00")
    office.run("2024-02-10T02:00")
    return office


def fill_in(template: Path, sent: Path, prior_value: int) -> None:
    """Type 44 visits, and last year's over what the template says."""
    book = load_workbook(template)
    sheet = book.worksheets[0]
    heading = {str(cell.value).replace("\n", ""): cell.column for cell in sheet[5] if cell.value}
    row = next(cell.row for cell in sheet["B"] if cell.value == "走访")
    assert sheet.cell(row, heading["上年同期累计"]).value == 40  # the template knows it
    for name, value in (("本月数", 44), ("本年累计", 44), ("上年同期累计", prior_value)):
        sheet.cell(row, heading[name]).value = value
    assert done(sheet, heading) == 1
    book.save(sent)
    moment = datetime(2024, 2, 2, 9, tzinfo=OFFICE_TIMEZONE).timestamp()
    os.utime(sent, (moment, moment))


def done(sheet: Worksheet, heading: dict[str, int]) -> object:
    """What the template says of the milestone that was finished in December."""
    row = next(cell.row for cell in sheet["B"] if cell.value == "活动中心")
    return sheet.cell(row, heading["本月数"]).value


def test_what_the_template_brought_is_not_typed(office: Office) -> None:
    counts = ["asked", "answered", "known", "prefilled", "changed", "typed", "retyped"]
    columns = ", ".join(f"cells_{count}_count" for count in counts)
    told = office.published(
        f"select org_unit_code, {columns} from mart.reporting_burden where report_month = '2024-01-01' order by all"
    )
    assert told == [
        ("350599", 9, 17, 11, 8, 1, 10, 3),
        (OFFICE, 9, 17, 11, 8, 1, 10, 3),
        # last year's visits and progress, the end of the milestone and its day came with the template
        (FIRST, 3, 6, 4, 4, 0, 2, 0),
        (SECOND, 3, 6, 4, 4, 1, 3, 0),
        (THIRD, 3, 5, 3, 0, 0, 5, 3),
    ]


def test_the_year_before_nothing_was_known(office: Office) -> None:
    query = "select sum(cells_known_count), sum(cells_prefilled_count) from mart.reporting_burden where {}"
    assert office.published(query.format("year(report_month) = 2023")) == [(0, 0)]


def test_the_rates_name_who_sent_nothing(office: Office) -> None:
    query = (
        "select strftime(report_month, '%m'), units_due_count, units_missing_count, units_late_count, reporting_ratio,"
        f" on_time_ratio from mart.reporting_rate where org_unit_code = '{OFFICE}' and report_month >= '2023-11-01'"
        " order by report_month"
    )
    assert office.published(query) == [("11", 3, 3, 0, 0, 0), ("12", 3, 0, 0, 1, 1), ("01", 3, 0, 0, 1, 1)]


@pytest.mark.parametrize("document", ["quality.md", "quality.zh-CN.md"])
def test_what_the_document_asks_is_answered(office: Office, document: str) -> None:
    text = (PROJECT_ROOT / "docs" / document).read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(queries) == 5
    rates = next(query for query in queries if "报送率" in query or "reporting_ratio" in query)
    assert all(office.published(query.replace("community_monthly", "monthly")) is not None for query in queries)
    assert len(office.published(rates.replace("community_monthly", "monthly"))) == 5 * 13  # months until January, due


def test_a_finding_grows_older_until_it_is_mended(story: dict[str, Office]) -> None:
    """乙's February was accepted in March; its late January came to contradict it, and was taken back in May."""
    query = (
        "select since_on::varchar, age_days_count, state from mart.quality_finding"
        " where rule_code = 'cumulative_identity'"
        f" and org_unit_code = '{SECOND}'"
    )
    told = [story["last" if night == NIGHTS[-1] else night].published(query) for night in NIGHTS]
    assert told == [[], [("2024-04-20", 0, "open")], [("2024-04-20", 30, "open")], []]
