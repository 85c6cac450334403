"""What validating costs: one month of 13 communities in the sample home, and six million cells of an invented city.

    python -m tests.bench.faults.cost [--part month|city]

Month: the sample's reports up to August are in and judged; then those of September arrive. Measured is what the night
adds for judging them: building the check tables (of all months), Great Expectations, and writing down the findings, in
a process that has imported the library and not used it yet. Goal: 3 seconds.
City: 600 communities of 40 sub-districts report 44 flows (month, year, last year) and 12 levels for 70 months, all to
be judged in one night, one cell in a thousand wrong. They are put into core.reading as they would have been read.
Goal: 60 seconds on two cores.
Both say wall and processor time, and the city the most memory that the process held. Exit code 1 when a goal is missed
by the wall. Beside other work the wall says little: half the processor's seconds is the least that two cores can take,
and they too grow by a third or so on a loaded machine, whose load is told before and after. Everything is written to a
temporary folder and removed.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from jindu.catalogue import Catalogue, empty_frames, load, store
from jindu.checks import gate
from jindu.night import close_night, drop_lock, open_night
from jindu.sample import generate
from jindu.settings import OFFICE_TIMEZONE, PROJECT_ROOT, Home, Night, no_progress, run_id_of
from jindu.warehouse import models as warehouse
from jindu.warehouse.connection import connect
from jindu.warehouse.models import (
    Model,
    build,
    build_core,
    build_readings,
    build_side_by_side,
    models,
    stage_of,
    store_reference,
)
from jindu.workbooks.collect import collect
from jindu.workbooks.read import read

REFERENCE = PROJECT_ROOT / "warehouse" / "reference"
BEFORE, AFTER = "2024-09-20T02:00", "2024-10-10T02:00"  # September is reported in between
MONTH_GOAL, CITY_GOAL = 3.0, 60.0  # seconds: issue 6, line 5
CORES = 2
SLOWEST = 5  # of the check tables, named with what they took
STREETS, COMMUNITIES, MONTHS = 40, 15, 70
FLOWS, LEVELS, AMOUNTS = 44, 12, 4  # the last flows are amounts of money
RATIOS = 3  # the first flows in pairs, part and whole; the flows after them move the first level
CITY_NIGHT = datetime(2030, 11, 20, 2, tzinfo=OFFICE_TIMEZONE)
FIRST_MONTH = "2025-01-01"


@dataclass
class Clock:
    """Seconds spent between `start` and `stop`, on the wall and of the processor."""

    wall: float = 0.0
    processor: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add what happens inside."""
        wall, processor = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self.wall += time.monotonic() - wall
            self.processor += time.process_time() - processor

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s wall, {self.processor:6.1f} s processor"


def main(arguments: Sequence[str]) -> int:
    """Print what both cost; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench.faults.cost")
    parser.add_argument("--part", choices=("month", "city"))
    part = parser.parse_args(arguments).part
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    print(f"two cores; the machine's load is {os.getloadavg()[0]:.1f}")
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    clock = Clock()
    with clock.running():
        import great_expectations  # noqa: F401, PLC0415  what is measured begins after it
    print(f"importing Great Expectations: {clock}, not counted")
    missed = 0
    for name, measure, goal in (("month", month, MONTH_GOAL), ("city", city, CITY_GOAL)):
        if part in (None, name):
            with tempfile.TemporaryDirectory(prefix="jindu-cost-") as folder:
                spent = measure(Path(folder))
            verdict = "met" if spent.wall <= goal else "MISSED"
            print(
                f"{name}: {spent.wall:.1f} s, goal {goal:.0f} s: {verdict}"
                f" (processor {spent.processor:.1f} s, on two cores {spent.processor / CORES:.1f} s at the least;"
                f" load {os.getloadavg()[0]:.1f})"
            )
            missed += spent.wall > goal
    return int(missed > 0)


def aside(work: Callable[[str], None], folder: Path) -> None:
    """Do the work in a process of its own, so that nothing of it is warm, or held, in this one."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(str(folder),))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{work.__name__} ended with {process.exitcode}")


def validated(night: Night) -> Clock:
    """Build the check tables, judge and record, saying what each takes; what all took."""
    building, judging, whole = Clock(), Clock(), Clock()
    names = [name for name in models() if name.startswith("check.") and stage_of(name) == "reading"]
    slowest: list[tuple[float, str]] = []
    build_one = warehouse.build_one

    def watched(connection: duckdb.DuckDBPyConnection, as_of: datetime, model: Model) -> None:
        began = time.monotonic()
        build_one(connection, as_of, model)
        slowest.append((time.monotonic() - began, model.name))

    warehouse.build_one = watched
    try:
        with building.running():
            build_side_by_side(night, names)
    finally:
        warehouse.build_one = build_one
    judge = gate.judge

    def timed(*arguments: object) -> object:
        with judging.running():
            return judge(*arguments)  # type: ignore[arg-type]  # as given

    gate.judge = timed  # type: ignore[assignment]
    try:
        with whole.running():
            report = gate.run_gate(night, "incoming")
    finally:
        gate.judge = judge
    recording = Clock(whole.wall - judging.wall, whole.processor - judging.processor)
    print(f"  check tables ({len(names)}):    {building}")
    shown = ", ".join(f"{name} {seconds:.1f}" for seconds, name in sorted(slowest, reverse=True)[:SLOWEST])
    print(f"    longest, beside another: {shown} s", flush=True)
    print(f"  Great Expectations:    {judging}")
    print(f"  words and records:     {recording}   {report.detail_en}")
    return Clock(building.wall + whole.wall, building.processor + whole.processor)


# --- a month of the sample ---


def month(folder: Path) -> Clock:
    """What judging September adds in the sample home."""
    aside(until_august, folder)
    night = open_night(str(folder), str(REFERENCE), AFTER)
    try:
        store_reference(night)
        report = collect(night, no_progress)
        read(night, no_progress)
        build_readings(night)
        print(f"one month in the sample home: {report.detail_en}")
        return validated(night)
    finally:
        drop_lock(night.home)


def until_august(folder: str) -> None:
    """The sample, and the night after the reports of August."""
    generate(Home(Path(folder)), load(REFERENCE))
    night = open_night(folder, str(REFERENCE), BEFORE)
    store_reference(night)
    collect(night, no_progress)
    read(night, no_progress)
    build_readings(night)
    gate.run_gate(night, "incoming")
    build_core(night)
    close_night(night)
    drop_lock(night.home)


# --- six million cells ---


def city(folder: Path) -> Clock:
    """What judging the city's backlog takes."""
    aside(fill_city, folder)
    night = Night(Home(folder), REFERENCE, CITY_NIGHT, run_id_of(CITY_NIGHT), 1)
    with connect(night.home) as connection:
        count = "count(month_text) + count(ytd_text) + count(prior_ytd_text)"
        ((cells, rows),) = connection.sql(f"select {count}, count(*) from core.reading").fetchall()
    size = night.home.private_database.stat().st_size / 2**30
    print(f"a city: {cells:,} cells in {rows:,} rows of {STREETS * COMMUNITIES * MONTHS:,} reports, {size:.1f} GiB")
    spent = validated(night)
    print(f"  most memory held: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")
    return spent


def fill_city(folder: str) -> None:
    """The tables that the check tables read, each row as if a workbook had been read."""
    home = Home(Path(folder))
    home.root.mkdir(parents=True, exist_ok=True)
    with connect(home) as connection:
        connection.execute("set memory_limit = '6GB'")
        connection.execute("set enable_progress_bar = false")
        store(connection, Catalogue(empty_frames()))
        build(connection, CITY_NIGHT, [name for name in models() if stage_of(name) == "reading"])
        for statement in REFERENCE_ROWS:
            connection.execute(statement)
        given = ("core.expected_cell", "core.received", "core.reading")
        core = [name for name in models() if name.startswith("core.") and stage_of(name) == "reading"]
        build(connection, CITY_NIGHT, [name for name in core if name not in given])
        for statement in CORE_ROWS:
            connection.execute(statement)


REFERENCE_ROWS = (
    f"""
    insert into reference.org_unit by name
    select 'C' as code, '示例区' as name, '示例区' as short_name, 'district' as level, null as parent_code
    union all
    select printf('S%02d', street), printf('示例%02d街道', street), printf('示例%02d', street), 'subdistrict', 'C'
    from range({STREETS}) as streets (street)
    union all
    select printf('S%02dU%02d', street, unit), printf('示例%02d-%02d社区', street, unit),
        printf('示例%02d-%02d', street, unit), 'community', printf('S%02d', street)
    from range({STREETS}) as streets (street), range({COMMUNITIES}) as units (unit)
    """,
    """
    insert into reference.form by name
    select unnest([
        {code: 'ward', name_zh: '社区月报', level: 'community', template_version: '1', due_day: 5, lock_day: 15},
        {code: 'street', name_zh: '街道月报', level: 'subdistrict', template_version: '1', due_day: 5, lock_day: 15}
    ], recursive := true)
    """,
    "insert into reference.form_version (form_code, template_version, first_month)"
    f" select code, '1', date '{FIRST_MONTH}' from reference.form",
    "insert into reference.unit values ('元', 'money', 1), ('万元', 'money', 10000), ('亿元', 'money', 100000000)",
    f"""
    insert into reference.indicator by name
    select printf('flow_%02d', number) as code, printf('示例流量%02d', number) as name_zh, 'flow' as kind,
        if(number >= {FLOWS - AMOUNTS}, '元', '件') as unit, 'none' as direction, 'community' as reporting_level,
        'ward' as source_form, 'sum' as tree_rule, if(number >= {FLOWS - AMOUNTS}, 2, 0) as decimals, 0 as minimum
    from range({FLOWS}) as flows (number)
    union all
    select printf('level_%02d', number), printf('示例时点%02d', number), 'stock', '户', 'none', 'community',
        'ward', 'sum', 0, 0
    from range({LEVELS}) as levels (number)
    """,
    f"""
    insert into reference.indicator by name
    select printf('ratio_%02d', number) as code, printf('示例比率%02d', number) as name_zh, 'ratio' as kind,
        '%' as unit, 'higher' as direction, 'community' as reporting_level, 'ward' as source_form,
        'ratio' as tree_rule, 4 as decimals, printf('flow_%02d', 2 * number) as numerator_code,
        printf('flow_%02d', 2 * number + 1) as denominator_code
    from range({RATIOS}) as ratios (number)
    """,
    f"insert into reference.identity values ('level_00', 'flow_{2 * RATIOS:02}', 'flow_{2 * RATIOS + 1:02}')",
    """
    insert into reference.form_indicator by name
    select 'ward' as form_code, code as indicator_code, if(kind = 'flow', 'both', 'month') as cells_required,
        true as is_required
    from reference.indicator where kind != 'ratio'
    union all
    select 'street', code, 'both', true from reference.indicator where code in ('flow_10', 'flow_11')
    """,
)

CORE_ROWS = (
    f"""
    insert into core.expected_cell by name
    select form_indicator.form_code, org_unit.code as sender_code, org_unit.code as org_unit_code,
        form_indicator.indicator_code, cast(date '{FIRST_MONTH}' + to_months(month) as date) as report_month,
        form_indicator.cells_required, true as is_required
    from reference.form_indicator
    inner join reference.form on form_indicator.form_code = form.code
    inner join reference.org_unit on form.level = org_unit.level
    cross join range({MONTHS}) as months (month)
    """,
    """
    insert into core.received by name
    select
        md5(form_code || sender_code || report_month)[:16] as submission_id,
        md5(form_code || sender_code || report_month) as sha256,
        sender_code as folder_code,
        sender_code || report_month || '.xlsx' as file_name,
        cast(report_month + interval 1 month as timestamptz) + interval 60 hour as received_at,
        'xlsx' as file_format,
        true as is_readable,
        form_code as form_text,
        form_code,
        '1' as template_version,
        sender_code as sender_text,
        sender_code,
        sender_code as org_unit_code,
        strftime(report_month, '%Y-%m') as report_month_text,
        report_month,
        form_code as meta_form_code,
        sender_code as meta_sender_code,
        report_month as meta_report_month,
        true as is_sample,
        cast(report_month + interval 1 month + interval 4 day as date) as due_on,
        cast(report_month + interval 1 month + interval 14 day as date) as lock_on,
        1 as version,
    from (select distinct form_code, sender_code, report_month from core.expected_cell)
    """,
    # honest values from a year before the first report, which is last year to it
    f"""
    create temp table drawn as
    select
        org_unit.code as org_unit_code,
        org_unit.parent_code,
        indicator.code as indicator_code,
        indicator.kind,
        cast(date '{FIRST_MONTH}' + to_months(cast(month as int)) as date) as report_month,
        cast(case
            when indicator.kind = 'stock' then 20 + hash(org_unit.code, indicator.code) % 300
            when indicator.decimals = 2 then 800 + hash(org_unit.code, indicator.code, month) % 900 + 0.5
            else 4 + hash(org_unit.code, indicator.code) % 40 + hash(org_unit.code, indicator.code, month) % 7
        end as decimal(24, 6)) as value
    from reference.org_unit
    inner join reference.indicator on org_unit.level = 'community' and indicator.kind != 'ratio'
    cross join range(-12, {MONTHS}) as months (month)
    """,
    # a part is below its whole; the first level is what came and went
    f"""
    create temp table honest as
    with bound as (
        select drawn.* replace (
            least(drawn.value, whole.value) as value
        )
        from drawn
        left join reference.indicator as ratio on drawn.indicator_code = ratio.numerator_code
        left join drawn as whole
            on ratio.denominator_code = whole.indicator_code
                and drawn.org_unit_code = whole.org_unit_code and drawn.report_month = whole.report_month
    ), moved as (
        select added.org_unit_code, added.report_month,
            5000 + sum(added.value - removed.value) over (
                partition by added.org_unit_code order by added.report_month
            ) as level
        from bound as added
        inner join bound as removed using (org_unit_code, report_month)
        where added.indicator_code = 'flow_{2 * RATIOS:02}' and removed.indicator_code = 'flow_{2 * RATIOS + 1:02}'
    ), valued as (
        select bound.* replace (if(indicator_code = 'level_00', level, value) as value)
        from bound inner join moved using (org_unit_code, report_month)
    ), reported as (
        select * exclude (parent_code) from valued
        union all
        select parent_code, indicator_code, any_value(kind), report_month, sum(value)
        from valued where indicator_code in ('flow_10', 'flow_11')
        group by all
    ), summed as (
        select *, if(kind = 'flow', sum(value) over (
            partition by org_unit_code, indicator_code, year(report_month) order by report_month
        ), null) as ytd
        from reported
    )
    select *, lag(ytd, 12) over (partition by org_unit_code, indicator_code order by report_month) as prior_ytd,
        -- one row in ten thousand times so much is wrong in one way
        hash(org_unit_code, indicator_code, report_month, 'wrong') % 10000 as chance
    from summed
    """,
    """
    insert into core.reading by name
    with written as (
        select
            *,
            -- moved: twenty levels times five in ten thousand rows, five cumulatives by seven, five last years by one
            if(kind = 'stock' and chance between 10 and 29, value * 5, value) as month_now,
            if(chance between 10 and 14, ytd + 7, ytd) as ytd_now,
            if(chance between 15 and 19, prior_ytd + 1, prior_ytd) as prior_now,
            row_number() over (partition by org_unit_code, report_month order by indicator_code) + 5 as place,
        from honest
    )
    select
        received.submission_id, received.form_code, received.sender_code, written.org_unit_code,
        written.indicator_code, written.indicator_code as indicator_text, received.report_month,
        '表' as sheet_name, cast(place as int) as row_number,
        'A' || place as indicator_cell, 'C' || place as unit_cell, indicator.unit as unit_text,
        1 as unit_multiplier,
        'D' || place as month_cell,
        if(chance < 10, '约30', month_now::varchar) as month_text,
        if(chance < 10, 'text', 'number') as month_state,
        if(chance < 10, null, month_now) as month_value,
        'E' || place as ytd_cell, ytd_now::varchar as ytd_text,
        if(ytd_now is null, 'blank', 'number') as ytd_state, ytd_now as ytd_value,
        'F' || place as prior_ytd_cell, prior_now::varchar as prior_ytd_text,
        if(prior_now is null, 'blank', 'number') as prior_ytd_state, prior_now as prior_ytd_value,
        'G' || place as note_cell, false as has_explanation, true as is_asked, indicator.kind, indicator.unit,
        indicator.decimals, indicator.minimum, expected_cell.cells_required, true as is_required, received.version,
        received.received_at
    from written
    inner join core.received on written.org_unit_code = received.sender_code
        and written.report_month = received.report_month
    inner join core.expected_cell on received.form_code = expected_cell.form_code
        and received.sender_code = expected_cell.sender_code and received.report_month = expected_cell.report_month
        and written.indicator_code = expected_cell.indicator_code
    inner join reference.indicator on written.indicator_code = indicator.code
    """,
)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
