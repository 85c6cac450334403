"""Real files, made small: a form's workbook, a night, and the mapping of headings to fields."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse.connection import connect

HEADINGS = {
    "指标代码": "indicator_code",
    "指标名称": "indicator_name",
    "填报对象代码": "org_unit_code",
    "填报对象": "org_unit_name",
    "计量单位": "unit",
    "单位": "unit",
    "本月数": "month_value",
    "本年累计": "ytd_value",
    "上年同期累计": "prior_ytd_value",
    "区内位次": "published_rank",
    "完成日期": "finished_on",
    "备注": "note",
    "填报单位": "org_unit_name",
    "单位代码": "org_unit_code",
    "报送单位": "sender_code",
    "报告期": "report_month",
    "报表": "form",
    "填报人": "filled_by",
    "审核人": "approved_by",
    "更正说明": "correction_reason",
}
COLUMNS = ("指标代码", "指标名称", "计量单位", "本月数", "本年累计", "备注")
FORM = (
    ("社区工作月报",),
    ("内部工作报表",),
    ("填报单位:东街社区", None, "单位代码:350502004001", None, "报告期:2024年9月"),
    (),
    COLUMNS,
    ("A01", "调解纠纷", "件", 5, 40, None),
    ("A02", "低保户", "户", None, 12, "新增 2 户"),
    (),
    ("填报人:张三", None, "审核人:李四"),
    ("更正说明:上月漏报,详见:附件",),
)
AS_OF = datetime(2024, 10, 10, 2, tzinfo=OFFICE_TIMEZONE)

Write = Callable[..., Path]


@pytest.fixture
def write_workbook(tmp_path: Path) -> Write:
    """Write rows into the first sheet of a workbook, with the template's hidden sheet when `meta` is given."""

    def write(
        rows: Sequence[Sequence[object]] = FORM, meta: dict[str, object] | None = None, name: str = "form.xlsx"
    ) -> Path:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "社区工作月报"
        for row in rows:
            sheet.append(list(row))
        if meta:
            hidden = book.create_sheet("jindu")
            hidden.sheet_state = "veryHidden"
            for pair in meta.items():
                hidden.append(pair)
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A night on an empty home."""
    home = Home(tmp_path / "home")
    home.inbox.mkdir(parents=True)
    return Night(home, tmp_path / "reference", AS_OF, "2024-10-10T02:00:00", 1)


@pytest.fixture
def query(night: Night) -> Callable[[str], list[tuple[object, ...]]]:
    """Rows of the night's private database."""

    def ask(sql: str) -> list[tuple[object, ...]]:
        with connect(night.home) as connection:
            rows: list[tuple[object, ...]] = connection.execute(sql).fetchall()
            return rows

    return ask


def store_headings(night: Night) -> None:
    """What the night stores of heading.csv before it reads."""
    with connect(night.home) as connection:
        connection.execute("create or replace table reference.heading (field text, heading text)")
        connection.executemany("insert into reference.heading values (?, ?)", [(f, h) for h, f in HEADINGS.items()])
        connection.execute("create or replace table reference.wording (meaning text, word text)")
        connection.execute("create or replace table reference.unit (unit text)")
        connection.execute("create or replace table reference.indicator (unit text)")
