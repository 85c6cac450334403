"""Judging six million cells: Great Expectations against the same rules in plain SQL, Polars and pandera.

    python -m tests.scale.judging [--home HOME]

The city of tests/bench/faults/cost.py is made and measured (its check tables are built), or a home that had its night
is taken as it is; then four engines judge every rule of the incoming gate, each in a process of its own, in turns, and
each brings back the key of every row that fails. All four must bring back the same. Great Expectations is asked as the
night asks it, pushed down into DuckDB; plain SQL is `jindu check`'s; Polars and pandera take each table from DuckDB as
Arrow, the key and the columns judged alone, which is counted apart as `load`. Seconds are medians; memory is the most
that the process held. Exit code 1 when two engines do not agree. Everything is written to a temporary folder and
removed.
"""

import argparse
import hashlib
import importlib
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from multiprocessing import get_context
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from jindu.checks.engine import KEY, judge
from jindu.checks.expectations import Expectation, gate_expectations
from jindu.checks.plain import judge_plainly
from jindu.settings import Home
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build, models, stage_of
from tests.bench.faults.cost import CITY_NIGHT, CORES, aside, fill_city
from tests.bench.series import BENCH_PACKAGES

REPEATS = 3
Failed = Iterable[tuple[str, str]]  # a rule's code, and the key of a row that fails it


@dataclass(frozen=True)
class Spent:
    """What one engine took: seconds of importing, loading and judging, and of the processor; GiB; what it found."""

    importing: float
    loading: float
    judging: float
    processor: float
    memory: float
    failed_count: int
    digest: str


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when the engines disagree."""
    parser = argparse.ArgumentParser(prog="tests.scale.judging")
    parser.add_argument("--home", type=Path)
    given = parser.parse_args(arguments).home
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory(prefix="jindu-judging-") as folder:
        home = Home(given or Path(folder))
        if given is None:
            aside(fill_city, home.root)
            aside(build_checks, home.root)
        print(f"{told_size(home)}; two cores; the machine's load is {os.getloadavg()[0]:.1f}")
        rounds: dict[str, list[Spent]] = {name: [] for name in ENGINES}
        for _ in range(REPEATS):
            for name in ENGINES:
                with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                    rounds[name].append(pool.submit(measured, name, str(home.private_database)).result())
    return told(rounds)


def build_checks(folder: str) -> None:
    """The measures that the rules judge."""
    with connect(Home(Path(folder))) as connection:
        connection.execute("set enable_progress_bar = false")
        names = [name for name in models() if name.startswith("check.") and stage_of(name) == "reading"]
        build(connection, CITY_NIGHT, names)


def told_size(home: Home) -> str:
    """How many cells were reported, and how many rows of how many tables are judged by how many rules."""
    with closing(duckdb.connect(home.private_database, read_only=True)) as connection:
        tables = {expectation.table.split(".")[1] for expectation in rules()}
        counts = [connection.sql(f'select count(*) from "check"."{table}"').fetchall()[0][0] for table in tables]
        count = "count(month_text) + count(ytd_text) + count(prior_ytd_text)"
        ((cells,),) = connection.sql(f"select {count} from core.reading").fetchall()
    return f"{cells:,} cells, measured in {sum(counts):,} rows of {len(tables)} tables; {len(rules())} rules"


def rules() -> tuple[Expectation, ...]:
    """Those of the incoming gate, table by table, as engines without `unless` judge them."""
    return tuple(sorted(gate_expectations("incoming"), key=attrgetter("table")))


def told(rounds: dict[str, list[Spent]]) -> int:
    """Print a line an engine, as medians, beside Great Expectations; 1 when what they found differs."""
    print(
        f"{'':20}{'import':>8}{'load':>8}{'judge':>8}{'together':>10}{'ratio':>7}{'processor':>11}{'GiB':>6}{'found':>8}"
    )
    whole = {name: statistics.median(spent.loading + spent.judging for spent in runs) for name, runs in rounds.items()}
    for name, runs in rounds.items():
        importing, loading, judging, processor = (
            statistics.median(getattr(spent, what) for spent in runs)
            for what in ("importing", "loading", "judging", "processor")
        )
        memory = max(spent.memory for spent in runs)
        print(
            f"{name:20}{importing:>6.1f} s{loading:>6.1f} s{judging:>6.1f} s{whole[name]:>8.1f} s"
            f"{whole[name] / whole['Great Expectations']:>7.2f}{processor:>9.1f} s{memory:>6.1f}"
            f"{runs[0].failed_count:>8,}"
        )
    found = {spent.digest for runs in rounds.values() for spent in runs}
    print("all four found the same rows" if len(found) == 1 else "THE ENGINES DISAGREE")
    return int(len(found) > 1)


# --- the engines, each in a process of its own ---


def measured(name: str, database: str) -> Spent:
    """What one engine takes for all rules."""
    began = time.monotonic()
    prepare, engine = ENGINES[name]
    prepare()
    importing = time.monotonic() - began
    before = time.process_time()
    clock = Loading()
    began = time.monotonic()
    failed = list(engine(database, clock))
    spent = time.monotonic() - began
    processor = time.process_time() - before
    digest = hashlib.sha256("\n".join(sorted(f"{code} {key}" for code, key in failed)).encode()).hexdigest()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Spent(importing, clock.seconds, spent - clock.seconds, processor, memory, len(failed), digest)


class Loading:
    """Seconds that tables took from DuckDB into an engine of its own."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def tables(self, database: str) -> Iterator[tuple[list[Expectation], pl.DataFrame]]:
        """The rules of each table, and its key and the columns that they judge."""
        with closing(duckdb.connect(database, read_only=True)) as connection:
            for name, members in groupby(rules(), key=attrgetter("table")):
                schema, table = name.split(".")
                expectations = list(members)
                columns = ", ".join({KEY: None} | {expectation.column: None for expectation in expectations})
                began = time.monotonic()
                frame = connection.sql(f'select {columns} from "{schema}"."{table}"').pl()
                self.seconds += time.monotonic() - began
                yield expectations, frame


def import_great_expectations() -> None:
    """Ten seconds, of which the night pays them once."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations  # noqa: F401, PLC0415  in this process alone


def by_great_expectations(database: str, _clock: Loading) -> Failed:
    """As the night judges, but each rule for itself."""
    for verdict in judge(Path(database), alone(rules())):
        yield from ((verdict.expectation.code, key) for key in verdict.failed_keys)


def by_plain_sql(database: str, _clock: Loading) -> Failed:
    """As `jindu check` judges, but each rule for itself."""
    with closing(duckdb.connect(database, read_only=True)) as connection:
        for verdict in judge_plainly(connection, alone(rules())):
            yield from ((verdict.expectation.code, key) for key in verdict.failed_keys)


def by_polars(database: str, clock: Loading) -> Failed:
    """One lazy pass a table, every rule a filter of it."""
    for expectations, frame in clock.tables(database):
        lazy = frame.lazy()
        broken = pl.collect_all([lazy.filter(~holds(expectation)).select(KEY) for expectation in expectations])
        for expectation, rows in zip(expectations, broken, strict=True):
            yield from ((expectation.code, key) for key in rows[KEY])


def holds(expectation: Expectation) -> pl.Expr:
    """A rule as an expression; a blank cell is not judged, unless that is what is asked."""
    column = pl.col(expectation.column)
    match expectation.expect:
        case "values_between":
            least = pl.lit(True) if expectation.minimum is None else column >= expectation.minimum
            most = pl.lit(True) if expectation.maximum is None else column <= expectation.maximum
            return least.and_(most).fill_null(True)
        case "values_in_set":
            return column.is_in(list(expectation.values)).fill_null(True)
        case "values_not_null":
            return column.is_not_null()
        case "values_unique":
            return column.is_unique() | column.is_null()
    raise AssertionError(expectation.expect)


def import_pandera() -> None:
    """From where make bench puts it."""
    sys.path.append(str(BENCH_PACKAGES))
    os.environ["DISABLE_PANDERA_IMPORT_WARNING"] = "True"
    importlib.import_module("pandera.polars")


def by_pandera(database: str, clock: Loading) -> Failed:
    """A schema a table, every rule a check of it; all failures are gathered (`lazy`), each with its row's number."""
    pa = importlib.import_module("pandera.polars")

    for expectations, frame in clock.tables(database):
        by_column: dict[str, list[Expectation]] = {}
        for expectation in expectations:
            by_column.setdefault(expectation.column, []).append(expectation)
        schema = pa.DataFrameSchema(
            {
                column: pa.Column(nullable=True, checks=[check for rule in members for check in checks(pa, rule)])
                for column, members in by_column.items()
            }
        )
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            for failure in error.failure_cases.iter_rows(named=True):
                yield failure["check"], frame[KEY][failure["index"]]


def checks(pa: Any, expectation: Expectation) -> Iterator[Any]:
    """A rule in pandera's own words."""
    match expectation.expect:
        case "values_between":
            if expectation.minimum is not None:
                yield pa.Check.ge(expectation.minimum, error=expectation.code)
            if expectation.maximum is not None:
                yield pa.Check.le(expectation.maximum, error=expectation.code)
        case "values_in_set":
            yield pa.Check.isin(list(expectation.values), error=expectation.code)
        case _:
            yield pa.Check(lambda data: data.lazyframe.select(holds(expectation)), error=expectation.code)


def alone(expectations: Iterable[Expectation]) -> tuple[Expectation, ...]:
    """The rules, each telling all its rows (`unless` leaves out what another tells; no other engine knows it)."""
    return tuple(replace(expectation, unless="") for expectation in expectations)


def nothing() -> None:
    """Is imported already."""


ENGINES: dict[str, tuple[Callable[[], None], Callable[[str, Loading], Failed]]] = {
    "Great Expectations": (import_great_expectations, by_great_expectations),
    "plain SQL": (nothing, by_plain_sql),
    "Polars": (nothing, by_polars),
    "pandera": (import_pandera, by_pandera),
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
