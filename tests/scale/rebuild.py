"""The calculation from one office to a country: what a full rebuild takes, by size.

    python -m tests.scale.rebuild [--communities 13 130 1300 ...] [--detail] [--folder FOLDER]

A country is invented in DuckDB: communities in sub-districts, districts, cities and provinces; twenty reported
indicators (flows, levels and milestones) and five that are made of them (ratios and growth); 24 months, of whose
reports one in fifty never came; targets of every district, split by households. What is left of reports once they are
read and judged (`core.value`) is given; every model that `mart.completion`, `mart.ranking` and `mart.target` need is
built from there, in a database on disk, on two cores. Beside it, in the same run and of the same facts: one bare
`sum() over` by unit, indicator and year, and one `rank() over` by parent, indicator and month.

Printed by size: facts, seconds, the ratio of the two, seconds per million facts, most memory, most disk.
--detail: each model's seconds and rows. Exit code 1 where the ratio of the largest is above RATIO.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, build_one, models
from tests.laws.warehouse import rebuilt

AS_OF = "2025-01-10T02:00"
MONTHS = 24
COMMUNITIES = (13, 130, 1_300, 13_000)
ABOVE = (("subdistrict", 16), ("district", 14), ("city", 9), ("province", 11), ("country", 40))  # units in one of them
KINDS = ("flow",) * 14 + ("stock",) * 5 + ("milestone",)
RATIO = 5
GIB = 2**30

UNITS = """
insert into reference.org_unit by name
select
    unit_code($level, ordinal) as code,
    code as name,
    code as short_name,
    $level as level,
    unit_code($parent_level, ordinal // $siblings_count) as parent_code,
    case when level = 'community' then 300 + hash(ordinal) % 2500 end as households,
from range($count) as unit (ordinal)
"""
INDICATORS = """
insert into reference.indicator by name
select
    code,
    code as name_zh,
    kind,
    '件' as unit,
    'higher' as direction,
    'community' as reporting_level,
    'monthly' as source_form,
    numerator_code,
    denominator_code,
    case kind when 'ratio' then 4 when 'growth' then 3 else 0 end as decimals,
    case kind when 'flow' then 'pace' when 'growth' then 'growth' when 'milestone' then 'none' else 'level' end
        as ranking_metric,
    format('theme{}', ordinal % 4) as theme,
from (
    select format('{}{:02d}', kind, ordinal) as code, kind, ordinal, null as numerator_code, null as denominator_code
    from (select unnest($kinds) as kind, generate_subscripts($kinds, 1) as ordinal)
    union all
    select format('ratio{:02d}', n), 'ratio', n, format('flow{:02d}', n), format('flow{:02d}', n + 3)
    from range(1, 4) as t (n)
    union all
    select format('growth{:02d}', n), 'growth', n, format('flow{:02d}', n), null from range(8, 10) as t (n)
)
"""
FORM = """
insert into reference.form by name
select 'monthly' as code, 'monthly' as name_zh, 'community' as level, date '2023-01-01' as first_month;
insert into reference.form_indicator by name
select 'monthly' as form_code, code as indicator_code from reference.indicator where numerator_code is null;
insert into reference.theme by name
select distinct theme as code, theme as name_zh from reference.indicator
"""
TARGETS = """
insert into reference.target by name
select
    plan_year,
    org_unit.code as org_unit_code,
    indicator.code as indicator_code,
    case kind when 'milestone' then 'by_date' else 'at_least' end as target_form,
    case kind
        when 'flow' then 600 * communities_count
        when 'stock' then 60 * communities_count
        when 'ratio' then 0.9
        when 'growth' then 0.03
        else 1
    end as value,
    case when kind = 'stock' then 40 * communities_count end as baseline_value,
    'households' as split_key,
from reference.org_unit as org_unit
cross join reference.indicator as indicator
cross join range(2023, 2025) as year (plan_year)
inner join (
    select parent.parent_code as code, count(*) as communities_count
    from reference.org_unit as community
    inner join reference.org_unit as parent on community.parent_code = parent.code
    where community.level = 'community'
    group by parent.parent_code
) as district on org_unit.code = district.code
"""
VALUES = """
insert into core.value by name
with cell as (
    select
        org_unit.code as org_unit_code,
        indicator.code as indicator_code,
        indicator.kind,
        cast(date '2023-01-01' + to_months(month::integer) as date) as report_month,
        month,
        hash(org_unit.code, indicator.code) as chance,
        hash(org_unit.code, indicator.code, month) as monthly_chance,
    from reference.org_unit as org_unit
    cross join reference.indicator as indicator
    cross join range($months) as month (month)
    where org_unit.level = 'community' and indicator.numerator_code is null
)

select
    org_unit_code,
    indicator_code,
    report_month,
    format('{}-{}', org_unit_code, strftime(report_month, '%Y%m')) as submission_id,
    false as is_sample,
    false as is_held,
    monthly_chance % 20 = 0 as is_late,
    report_month + interval 1 month + interval 2 day as received_at,
    case kind when 'flow' then monthly_chance % (20 + chance % 80) when 'stock' then 40 + chance % 30 + month end
        as month_value,
    case when kind = 'milestone' then month / $months end as ytd_value,
    false as is_corrected,
    true as is_reported,
    false as is_not_applicable,
from cell
where (monthly_chance >> 8) % 50 != 0
"""
BARE = """
create or replace temp table bare as
select
    value.org_unit_code,
    value.indicator_code,
    value.report_month,
    sum(month_value) over (
        partition by value.org_unit_code, value.indicator_code, year(value.report_month) order by value.report_month
    ) as ytd_value,
    rank() over (
        partition by org_unit.parent_code, value.indicator_code, value.report_month order by month_value desc
    ) as rank,
from core.value
inner join reference.org_unit as org_unit on value.org_unit_code = org_unit.code
"""


def main(arguments: Sequence[str]) -> int:
    """Print the table of points; 1 where the largest takes more than RATIO times the bare windows."""
    parser = argparse.ArgumentParser(prog="tests.scale.rebuild")
    parser.add_argument("--communities", type=int, nargs="+", default=COMMUNITIES)
    parser.add_argument("--detail", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the databases are made (default: a temporary folder)")
    parser.add_argument("--memory", default="16GiB")
    asked = parser.parse_args(arguments)
    ratio = 0.0
    with tempfile.TemporaryDirectory(prefix="jindu-scale-", dir=asked.folder) as folder:
        for count in asked.communities:
            ratio = point(Path(folder) / f"{count}.duckdb", count, asked.memory, is_detailed=asked.detail)
    return int(ratio > RATIO)


def point(path: Path, communities_count: int, memory: str, *, is_detailed: bool) -> float:
    """Invent, rebuild and measure one size; the ratio of the rebuild to the bare windows."""
    connection = duckdb.connect(path, config={"threads": 2, "memory_limit": memory})
    invent(connection, communities_count)
    (facts,) = connection.execute("select count(*) from core.value").fetchone() or (0,)
    bare = seconds(connection, BARE)
    connection.execute("drop table bare")
    start = time.monotonic()
    for model in models().values():
        if model.name in rebuilt():
            began = time.monotonic()
            build_one(connection, parse_as_of(AS_OF), model)
            if is_detailed:
                (rows,) = connection.execute(f"select count(*) from {model.name}").fetchone() or (0,)
                print(f"    {model.name:<28}{time.monotonic() - began:>9.2f} s{rows:>14,} rows", flush=True)
    rebuild = time.monotonic() - start
    connection.close()
    print(
        f"{communities_count:>9,} communities{facts:>13,} facts{bare:>9.2f} s bare{rebuild:>10.2f} s rebuild"
        f"{rebuild / bare:>8.1f} ×{rebuild / facts * 1e6:>8.1f} s a million{path.stat().st_size / GIB:>8.2f} GiB"
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB:>8.2f} GiB memory",
        flush=True,
    )
    path.unlink()
    return rebuild / bare


def seconds(connection: duckdb.DuckDBPyConnection, statement: str) -> float:
    """How long a statement takes by the clock."""
    start = time.monotonic()
    connection.execute(statement)
    return time.monotonic() - start


def invent(connection: duckdb.DuckDBPyConnection, communities_count: int) -> None:
    """A country: its tree, catalogue, targets and what was reported; every other table typed and empty."""
    prepare(connection)
    store(connection, Catalogue(empty_frames()))
    build(connection, parse_as_of(AS_OF), [name for name in models() if not name.startswith("check.")])
    connection.execute(
        "create macro unit_code(level, ordinal) as"
        " case when level != '' then format('{}{:06d}', level[:3], ordinal) end"
    )
    count, levels = communities_count, ["community", *(level for level, _ in ABOVE), ""]
    for place, siblings in enumerate([*(size for _, size in ABOVE), 1]):
        connection.execute(
            UNITS,
            {"level": levels[place], "parent_level": levels[place + 1], "siblings_count": siblings, "count": count},
        )
        count = -(-count // siblings)
    connection.execute(INDICATORS, {"kinds": KINDS})
    connection.execute(FORM)
    connection.execute(TARGETS)
    connection.execute(VALUES, {"months": MONTHS})
    connection.execute("drop macro unit_code")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
