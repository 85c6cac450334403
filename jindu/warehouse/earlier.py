"""Last month's metrics as they were known when it was last shown, for the ranks that stand beside this month's.

What was known otherwise (core.earlier_value, core.earlier_indicator) goes through the same models once more, in a
scratch database in memory: as of the end of that due day, and of those indicators alone. Nothing is done, and nothing
costs time, where all was known then as it is today, or where the same went in as in an earlier night.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time

import duckdb

from jindu.settings import OFFICE_TIMEZONE
from jindu.warehouse.connection import SCHEMAS, SQL_ROOT, set_timezone

SCRATCH = "scratch"
VALUES = "core.value"
METRICS = ("core.peer_metric", "core.disclosure")  # what is worked out again: the metrics, and what was withheld

MOMENTS = """
select report_month, due_on, list(indicator_code order by indicator_code)
from core.earlier_indicator
group by report_month, due_on
order by report_month, due_on
"""

FORGET = """
delete from raw.{table}
where not exists (
    select 1 from core.earlier_indicator as moment
    where moment.report_month = {table}.report_month {later} and moment.due_on = {table}.due_on
)
"""

# a ratio or a growth is worked out from its parts
PARTS = """
select numerator_code from core.indicator where indicator_code in (select unnest($codes)) and numerator_code is not null
union
select denominator_code from core.indicator
where indicator_code in (select unnest($codes)) and denominator_code is not null
"""

COLUMNS = """
select schema_name || '.' || table_name, list(column_name)
from duckdb_columns()
where database_name = current_database()
group by all
"""


@dataclass(frozen=True)
class Chain:
    """The models that are worked out again, what they say, and the tables that they are given as they stand."""

    given: frozenset[str]
    text: str
    build: Callable[[duckdb.DuckDBPyConnection, datetime], object]


@dataclass(frozen=True)
class Moment:
    """The end of a due day at which some indicators of the months before were known otherwise."""

    report_month: date
    due_on: date
    codes: list[str]


def work_out_earlier(connection: duckdb.DuckDBPyConnection, chain: Chain) -> int:
    """Bring raw.earlier_metric up to date; the number of moments that were worked out."""
    connection.execute(FORGET.format(table="earlier_moment", later=""))
    connection.execute(FORGET.format(table="earlier_metric", later="+ interval 1 month"))
    moments = [Moment(*row) for row in connection.execute(MOMENTS).fetchall()]
    if not moments:
        return 0
    with _scratch(connection) as scratch:
        return sum(_work_out(connection, scratch, chain, moment) for moment in moments)


def _work_out(
    connection: duckdb.DuckDBPyConnection, scratch: duckdb.DuckDBPyConnection, chain: Chain, moment: Moment
) -> bool:
    """Work one moment out, unless the same went in before; whether it was."""
    _give(connection, scratch, chain, moment)
    fingerprint = _fingerprint(scratch, chain, moment)
    key = {"report_month": moment.report_month, "due_on": moment.due_on}
    kept = connection.execute(
        "select fingerprint from raw.earlier_moment where report_month = $report_month and due_on = $due_on", key
    ).fetchone()
    if kept == (fingerprint,):
        return False
    # killed in between, the next night finds no fingerprint and begins again
    connection.execute("delete from raw.earlier_moment where report_month = $report_month and due_on = $due_on", key)
    connection.execute(
        "delete from raw.earlier_metric where report_month = $report_month - interval 1 month and due_on = $due_on", key
    )
    chain.build(scratch, datetime.combine(moment.due_on, time.max, OFFICE_TIMEZONE))
    _take(connection, moment)
    connection.execute(
        "insert into raw.earlier_moment values ($report_month, $due_on, $fingerprint)",
        {**key, "fingerprint": fingerprint},
    )
    return True


@contextmanager
def _scratch(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database in memory, beside the one that is open, which it can read."""
    connection.execute(f"attach ':memory:' as {SCRATCH}")
    try:
        with connection.cursor() as scratch:
            scratch.execute(f"use {SCRATCH}")
            set_timezone(scratch)
            for schema in SCHEMAS:
                scratch.execute(f'create schema "{schema}"')
            scratch.execute((SQL_ROOT / "macros.sql").read_text(encoding="utf-8"))
            yield scratch
    finally:
        connection.execute(f"detach {SCRATCH}")


def _give(
    connection: duckdb.DuckDBPyConnection, scratch: duckdb.DuckDBPyConnection, chain: Chain, moment: Moment
) -> None:
    """Show the scratch database what was known of these indicators, of the months before and of last year."""
    parts = connection.execute(PARTS, {"codes": moment.codes}).fetchall()
    among = ", ".join(map(_text, sorted({*moment.codes, *(code for (code,) in parts)})))
    month = f"date {_text(moment.report_month.isoformat())}"
    first = f"date {_text(date(moment.report_month.year - 1, 1, 1).isoformat())}"
    asked = f"indicator_code in ({among})"
    before = f"report_month >= {first} and report_month < {month}"
    columns = dict(connection.execute(COLUMNS).fetchall())
    for name in chain.given:
        conditions = [asked] * ("indicator_code" in columns[name]) + [before] * ("report_month" in columns[name])
        where = f"where {' and '.join(conditions)}" if conditions else ""
        scratch.execute(f"create or replace view {name} as from {_here(connection, name)} {where}")
    scratch.execute(
        f"""
        create or replace view {VALUES} as
        select today.*
        from {_here(connection, VALUES)} as today
        anti join {_here(connection, "core.earlier_value")} as earlier
            on
                earlier.report_month = {month}
                and today.org_unit_code = earlier.org_unit_code
                and today.indicator_code = earlier.indicator_code
                and today.report_month = earlier.value_month
        where {asked} and {before}
        union all by name
        select * exclude (report_month, value_month, is_known), value_month as report_month
        from {_here(connection, "core.earlier_value")}
        where {asked} and is_known and report_month = {month} and value_month >= {first}
        """
    )


def _fingerprint(scratch: duckdb.DuckDBPyConnection, chain: Chain, moment: Moment) -> str:
    """Of all that goes in: the models, the moment, and every row that they are given."""
    digest = hashlib.sha256(repr((chain.text, moment)).encode())
    for name in sorted({*chain.given, VALUES}):
        rows = scratch.execute(f"select count(*), sum(hash(whole_row))::varchar from {name} as whole_row").fetchone()
        digest.update(repr((name, rows)).encode())
    return digest.hexdigest()


def _take(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Keep what was worked out of the month before."""
    connection.execute(
        f"""
        insert into raw.earlier_metric by name
        select
            metric.parent_code,
            metric.org_unit_code,
            metric.indicator_code,
            metric.theme_code,
            metric.report_month,
            $due_on as due_on,
            metric.ranking_metric,
            metric.weight,
            coalesce(disclosure.is_suppressed, false) as is_suppressed,
            metric.metric_value,
            metric.merit_value,
            metric.unranked_reason,
            metric.has_score,
            metric.score_value,
        from {SCRATCH}.core.peer_metric as metric
        left join {SCRATCH}.core.disclosure as disclosure using (org_unit_code, indicator_code, report_month)
        where
            metric.report_month = $report_month - interval 1 month
            and metric.indicator_code in (select unnest($codes))
        """,
        {"report_month": moment.report_month, "due_on": moment.due_on, "codes": moment.codes},
    )


def _here(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A table of the open database, as the scratch database calls it."""
    (catalog,) = connection.execute("select current_database()").fetchone() or ("",)
    return f'"{catalog}".{name}'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
