"""What analysts ask most, of a country's published figures.

    python -m tests.scale.queries [--facts 300000000] [--folder FOLDER]

One district of 14 sub-districts and 224 communities (tests/scale/rebuild.py: twenty reported indicators, five made of
them, 24 months) is calculated by the models themselves; its published tables are then laid side by side under new
codes, district after district, as a published copy holds them (by org unit, indicator and month), until so many facts
were reported: 620,032 communities report 300 million. Ten questions, eight of them the cookbook's for one sub-district
and two for the whole country, are asked three times each, by a reader that opens the copy anew for each question, on
two cores. Goal: the median under one second. Exit code 1 when it is missed. What is written is removed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build_one, models
from tests.bench.faults.cost import CORES
from tests.laws.warehouse import rebuilt
from tests.scale.rebuild import AS_OF, invent

COMMUNITIES = 224  # of the district
MONTH = "2024-09-01"
DISTRICT, SUBDISTRICT = "dis000000", "sub000003"
BATCH = 50  # districts written at a time, in order
ORDERS = {  # of the published tables, as warehouse/columns.yml has their keys
    "org_unit": "org_unit_code",
    "completion": "org_unit_code, indicator_code, report_month",
    "ranking": "org_unit_code, scope, scope_code, report_month",
}
CODES = ("org_unit_code", "parent_code")
REPEATS = 3
GOAL = 1.0  # seconds, the median of the ten
GIB = 2**30

QUESTIONS = {
    "1 statuses of a district, now and before": """
        select status, count(*) filter (where report_month = $month), count(*) filter (where report_month < $month)
        from mart.completion
        where org_unit_code = $district and report_month between $month - interval 1 month and $month
        group by status order by all
    """,
    "2 what is behind there, and what it takes": """
        select name_zh, ytd_value, gap_value, needed_monthly_value, pace_ratio
        from mart.completion inner join mart.indicator using (indicator_code)
        where org_unit_code = $district and report_month = $month and status in ('behind', 'far_behind')
        order by pace_ratio, indicator_code
    """,
    "3 what will probably miss its target": """
        select indicator_code, annual_target_value, projected_value, probability_ratio
        from mart.completion
        where org_unit_code = $district and report_month = $month and probability_ratio < 0.2
        order by probability_ratio, indicator_code
    """,
    "4 which communities hold one indicator back": """
        select short_name, ytd_value, target_to_date_value, gap_value, pace_ratio, status
        from mart.completion inner join mart.org_unit using (org_unit_code)
        where parent_code = $subdistrict and indicator_code = 'flow03' and report_month = $month
        order by pace_ratio nulls last, org_unit_code
    """,
    "5 how they did on it, month by month": """
        select short_name, list(month_value order by report_month)
        from mart.completion inner join mart.org_unit using (org_unit_code)
        where parent_code = $subdistrict and indicator_code = 'flow03' and year(report_month) = 2024
        group by short_name order by all
    """,
    "6 what grew and what shrank": """
        select indicator_code, ytd_value, prior_ytd_value, growth_ratio
        from mart.completion
        where org_unit_code = $district and report_month = $month and growth_ratio is not null
        order by abs(growth_ratio) desc, indicator_code
    """,
    "7 whose rank moved, and why": """
        select short_name, completion_rank, previous_rank, change_cause, best_rank, worst_rank
        from mart.ranking inner join mart.org_unit using (org_unit_code)
        where ranking.parent_code = $subdistrict and scope = 'overall' and report_month = $month and rank_change <> 0
        order by completion_rank, org_unit_code
    """,
    "8 in which months figures could still turn": """
        select report_month, count(*), count(*) filter (where is_provisional)
        from mart.completion
        where org_unit_code = $district and report_month between date_trunc('year', $month) and $month
        group by report_month order by report_month
    """,
    "9 the country: statuses by indicator": """
        select indicator_code, status, count(*)
        from mart.completion
        where report_month = $month
        group by all order by all
    """,
    "10 the country: twenty communities furthest behind": """
        select org_unit_code, pace_ratio, gap_value
        from mart.completion inner join mart.org_unit using (org_unit_code)
        where level = 'community' and indicator_code = 'flow03' and report_month = $month and status = 'far_behind'
        order by pace_ratio, org_unit_code limit 20
    """,
}


def main(arguments: Sequence[str]) -> int:
    """Print what each question takes; 1 when the median is above the goal."""
    parser = argparse.ArgumentParser(prog="tests.scale.queries")
    parser.add_argument("--facts", type=int, default=300_000_000)
    parser.add_argument("--folder", type=Path, help="where the copy is made (default: a temporary folder)")
    asked = parser.parse_args(arguments)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory(prefix="jindu-queries-", dir=asked.folder) as folder:
        district = Path(folder) / "district.duckdb"
        facts = calculate(district)
        copy = Path(folder) / "jindu.duckdb"
        districts = -(-asked.facts // facts)
        began = time.monotonic()
        rows = lay_out(copy, district, districts)
        print(
            f"{districts * COMMUNITIES:,} communities, {districts * facts:,} facts: {rows['completion']:,} rows of"
            f" completion, {rows['ranking']:,} of ranking; {copy.stat().st_size / GIB:.1f} GiB, written in"
            f" {time.monotonic() - began:.0f} s; the machine's load is {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        middle = districts // 2
        units = {"district": code_of(middle, DISTRICT), "subdistrict": code_of(middle, SUBDISTRICT)}
        medians = [asked_of(copy, title, question, units) for title, question in QUESTIONS.items()]
    median = statistics.median(medians)
    verdict = "met" if median < GOAL else "MISSED"
    print(f"median {median:.2f} s, goal {GOAL:.0f} s: {verdict}; slowest {max(medians):.2f} s")
    return int(median >= GOAL)


def calculate(path: Path) -> int:
    """Calculate the district; how many facts were reported."""
    with closing(duckdb.connect(path, config={"threads": CORES})) as connection:
        connection.execute("set enable_progress_bar = false")
        invent(connection, COMMUNITIES)
        for name in (*(name for name in models() if name in rebuilt()), "mart.org_unit", "mart.indicator"):
            build_one(connection, parse_as_of(AS_OF), models()[name])
        ((facts,),) = connection.execute("select count(*) from core.value").fetchall()
    return int(facts)


def code_of(district: int, code: str) -> str:
    """A unit's code in one of the districts."""
    return f"{district:06}-{code}"


def lay_out(copy: Path, district: Path, districts: int) -> dict[str, int]:
    """Write the published copy, in the order of its keys; rows by table."""
    with closing(duckdb.connect(copy, config={"threads": CORES})) as connection:
        prepare(connection)
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{district}' as district (read_only)")
        connection.execute("create schema if not exists mart")
        for table in (*ORDERS, "indicator"):
            connection.execute(f"create table mart.{table} as from district.mart.{table} limit 0")
        connection.execute("insert into mart.indicator from district.mart.indicator")
        for first in range(0, districts, BATCH):
            for table, order in ORDERS.items():
                columns = {name for (name, *_) in connection.sql(f"describe mart.{table}").fetchall()}
                coded = [f"format('{{:06d}}-{{}}', number, {name}) as {name}" for name in CODES if name in columns]
                connection.execute(
                    f"insert into mart.{table} select pattern.* replace ({', '.join(coded)})"
                    f" from range({first}, {min(first + BATCH, districts)}) as districts(number),"
                    f" district.mart.{table} as pattern order by {order}"
                )
        connection.execute("detach district")
        connection.execute("checkpoint")
        return {
            table: int(connection.execute(f"select count(*) from mart.{table}").fetchall()[0][0]) for table in ORDERS
        }


def asked_of(copy: Path, title: str, question: str, units: dict[str, str]) -> float:
    """Ask one question of a copy that is opened for it; the median of its seconds, printed."""
    given = {name: value for name, value in (units | {"month": MONTH}).items() if f"${name}" in question}
    seconds = []
    for _ in range(REPEATS):
        began = time.monotonic()
        with closing(duckdb.connect(copy, read_only=True, config={"threads": CORES})) as connection:
            rows = connection.execute(question.replace("$month", "cast($month as date)"), given).fetchall()
        seconds.append(time.monotonic() - began)
    median = statistics.median(seconds)
    print(f"{title:52}{median:>7.2f} s{len(rows):>6} rows", flush=True)
    return median


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
