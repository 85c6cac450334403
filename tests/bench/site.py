"""The site of 13 communities, 60 indicators and 12 months: seconds of queries and of rendering (issue 7: under 5 s).

`python -m tests.bench.site [--home HOME]`: from a home with a published night (else a night is run first) a database of
exactly that size is made, of the same tables and no others, and its site is written three times; the fastest counts.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

import duckdb

from jindu.settings import Home
from jindu.site.write import write_site

INDICATORS, MONTHS = 60, 12
LIMIT = 5.0  # seconds on two cores
ROUNDS = 3
AS_OF = "2024-10-10T02:00"
# The fullest indicators of the sample; its nine months become twelve by the last one again, so that pages are as
# long as those of December.
CHOSEN = f"""
select indicator_code from mart.completion
inner join mart.org_unit using (org_unit_code)
where level = 'community' and year(report_month) = {{year}}
group by all
order by count(*) desc, count(annual_target_value) desc, indicator_code
limit {INDICATORS}
"""
BY_MONTH = ("completion", "contribution", "completion_operand", "projection_part", "reported_cell")
NARROWED = (*BY_MONTH, "target", "target_month", "indicator")
STAYING = frozenset(  # of the tables with a month: what nobody adds up
    ("finding", "quality_finding", "alert_case", "submission", "submission_state", "target_month")
)


def narrowed(source: Path, target: Path) -> tuple[int, int, int]:
    """Copy a published database with the chosen indicators, twelve months of each, and the communities of one office.

    Gives the number of units below the office, of indicators and of months that completion holds.
    """
    shutil.copyfile(source, target)
    target.chmod(0o644)
    with duckdb.connect(str(target)) as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        shown: date = connection.execute("select max(report_month) from mart.completion").fetchall()[0][0]
        codes = [code for (code,) in connection.execute(CHOSEN.format(year=shown.year)).fetchall()]
        months = _add_months(connection, shown)
        for table in NARROWED:
            narrow = f"delete from mart.{table} where not list_contains($codes, indicator_code)"
            connection.execute(narrow, {"codes": codes})
        for table in BY_MONTH:
            connection.execute(f"delete from mart.{table} where year(report_month) <> {shown.year}")
        units = connection.execute(
            "select count(distinct org_unit_code) from mart.completion inner join mart.org_unit using (org_unit_code)"
            " where level = 'community'"
        ).fetchall()[0][0]
    return units, len(codes), months


def _add_months(connection: duckdb.DuckDBPyConnection, shown: date) -> int:
    """Give the year its missing months: those of the last one again, as if time had gone on."""
    moved = [table for (table,) in connection.execute(
        "select table_name from duckdb_columns() inner join duckdb_tables() using (schema_name, table_name)"
        " where schema_name = 'mart' and column_name = 'report_month' group by all"
    ).fetchall() if table not in STAYING]  # fmt: skip
    for later in range(shown.month + 1, MONTHS + 1):
        step = later - shown.month
        for table in moved:
            connection.execute(
                f"insert into mart.{table} select * replace (cast(report_month + interval {step} month as date)"
                f" as report_month) from mart.{table} where report_month = $shown",
                {"shown": shown},
            )
    connection.execute(
        "update mart.reporting set due_on = cast(report_month + interval 1 month + interval 4 day as date)"
        f" where report_month > date '{shown}'"
    )
    connection.execute(f"update mart.run set as_of_at = timestamptz '{shown.year + 1}-01-10 02:00:00+08'")
    return len(connection.execute(
        f"select distinct report_month from mart.completion where year(report_month) = {shown.year}"
    ).fetchall())  # fmt: skip


def main() -> int:
    """Measure; 1 when it takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a home with a published night")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(asked.home or Path(scratch) / "sample")
        if asked.home is None:
            for command in (["sample"], ["run", "--as-of", AS_OF]):
                subprocess.run(
                    [sys.executable, "-m", "jindu.cli", command[0], "--home", str(home.root), *command[1:]],
                    check=False, stdout=subprocess.DEVNULL,
                )  # fmt: skip
        place = Home(Path(scratch) / "narrowed")
        version = place.versions / "000001"
        version.mkdir(parents=True)
        units, indicators, months = narrowed(home.published.resolve(), version / "jindu.duckdb")
        place.published.parent.mkdir()
        place.published.symlink_to(os.path.relpath(version / "jindu.duckdb", place.published.parent))
        print(f"{units} communities, {indicators} indicators, {months} months")
        walls = []
        for _ in range(ROUNDS):
            clock, before = perf_counter(), _cpu()
            written = write_site(place, with_notice=False)
            wall, cpu = perf_counter() - clock, _cpu() - before
            walls.append(wall)
            print(
                f"{written.pages_count} pages, {written.bytes_count / 1e6:.1f} MB:"
                f" queries {written.query_seconds:.2f} s, rendering {written.render_seconds:.2f} s,"
                f" in all {wall:.2f} s, CPU {cpu:.2f} s"
            )
    print(f"fastest {min(walls):.2f} s, limit {LIMIT:.0f} s on two cores")
    return int(min(walls) > LIMIT)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    raise SystemExit(main())
