"""A small office whose reports come late and are mended: its reference folder, its inbox, and its nights up to mart."""

import csv
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jindu.checks import gate, plain
from jindu.checks.engine import Verdict
from jindu.checks.expectations import Expectation
from jindu.checks.gate import run_gate
from jindu.night import drop_lock, open_night
from jindu.settings import OFFICE_TIMEZONE, Home, Progress, no_progress
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build_core, build_mart, build_readings, store_reference
from jindu.workbooks.collect import collect
from jindu.workbooks.read import read

EAST, WEST, HILL = "350599001001", "350599001002", "350599001003"
Row = dict[str, Any]

REFERENCE = {
    "org_unit": """
        code,name,short_name,level,parent_code,households
        350599001,示例街道,示例街道,subdistrict,,
        350599001001,东社区,东,community,350599001,300
        350599001002,西社区,西,community,350599001,500
        350599001003,山社区,山,community,350599001,200
    """,
    "theme": """
        code,name_zh
        service,服务
    """,
    "indicator": """
        code,name_zh,kind,unit,direction,reporting_level,source_form,theme,numerator_code,denominator_code,ranking_metric
        visit,走访,flow,次,higher,community,monthly,service,,,pace
        drill,演练,flow,次,higher,community,monthly,service,,,pace
        heard,受理,flow,件,none,community,monthly,service,,,none
        closed,办结,flow,件,higher,community,monthly,service,,,none
        closed_ratio,办结率,ratio,%,higher,community,monthly,service,closed,heard,level
        estate,小区,stock,个,lower,community,monthly,service,,,level
    """,
    "form": """
        code,name_zh,level,first_month
        monthly,月报,community,2024-01
    """,
    "form_indicator": """
        form_code,indicator_code,cells_required
        monthly,visit,month
        monthly,drill,month
        monthly,heard,month
        monthly,closed,month
        monthly,estate,month
    """,
    "target": """
        plan_year,org_unit_code,indicator_code,target_form,value,version,effective_month,basis,split_key,reason,recorded_at
        2024,350599001,visit,at_least,360,1,,office,equal,,2024-01-02
        2024,350599001,visit,at_least,720,2,,office,households,调整,2024-04-20
        2024,350599001,drill,at_least,36,1,,office,equal,,2024-01-02
        2024,350599001,drill,at_least,48,2,2024-05,office,equal,加码,2024-05-20
    """,
    "holiday": """
        day,is_working_day
        2024-05-06,true
    """,
}


@dataclass(frozen=True)
class Sent:
    """One file: who sent it, when, of which month, and the month values of its indicators."""

    unit: str
    sent_at: str
    month: str
    values: dict[str, int]


def write_office(folder: Path) -> Path:
    """The reference folder."""
    folder.mkdir(parents=True)
    for name, table in REFERENCE.items():
        lines = [line.strip() for line in table.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def send(home: Home, files: list[Sent]) -> None:
    """Put the files into their senders' folders, as of when they were sent."""
    for number, file in enumerate(files):
        path = home.inbox / file.unit / f"{file.month}-{number}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as sheet:
            writer = csv.writer(sheet)
            writer.writerow(
                ["form", "org_unit_code", "report_month", "indicator_code", "month_value", "note", "correction_reason"]
            )
            for code, value in file.values.items():
                writer.writerow(["monthly", file.unit, file.month, code, value, "活动集中在本月开展", "统计口径更正"])
        moment = datetime.fromisoformat(file.sent_at).replace(tzinfo=OFFICE_TIMEZONE).timestamp()
        os.utime(path, (moment, moment))


def run_night(home: Home, reference: Path, as_of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The night up to mart; the incoming gate speaks plain SQL, which says the same (tests/checks)."""
    monkeypatch.setattr(gate, "judge", _judge_plainly)
    night = open_night(str(home.root), str(reference), as_of)
    try:
        store_reference(night)
        for step in (collect, read, build_readings):
            step(night, no_progress)
        run_gate(night, "incoming")
        build_core(night)
        build_mart(night)
    finally:
        drop_lock(home)


def ranking(home: Home) -> dict[tuple[str, str, str, str], Row]:
    """mart.ranking by unit, scope, its code and month."""
    with connect(home, read_only=True) as connection:
        table = connection.sql("from mart.ranking")
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    return {
        (row["org_unit_code"], row["scope"], row["scope_code"], f"{row['report_month']:%Y-%m}"): row for row in rows
    }


def _judge_plainly(database: Path, expectations: tuple[Expectation, ...], _progress: Progress) -> list[Verdict]:
    with duckdb.connect(database, read_only=True) as connection:
        return plain.judge_plainly(connection, expectations)
