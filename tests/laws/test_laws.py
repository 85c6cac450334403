"""What must hold of every world, whatever its catalogue and its holes.

The dice are fixed (derandomize): the same worlds each time. A failure names the seed, and lists the indicator's target
and reports beside what the warehouse and the reference say. `make bench` looks at many more worlds.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.laws import plan
from tests.laws.disagreements import Key, disagreements, explained, shown_months
from tests.laws.warehouse import Rows, compute, empty_warehouse, recompute
from tests.laws.world import Indicator, Report, Target, World, months_from, reporting_units, rounded
from tests.laws.worlds import CHANGES, invented

SEEDS = st.integers(min_value=0, max_value=10**6)
CHANGED = sorted(set(CHANGES))
laws = partial(
    settings,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a seed does not shrink; one indicator's rows are small as they are
    suppress_health_check=tuple(HealthCheck),
)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all worlds; each world replaces the last."""
    connection = empty_warehouse()
    yield connection
    connection.close()


# ------------------------------------------------------------------------------------------------- SQL = slow reference
@laws(max_examples=2)
@given(seed=SEEDS, change=st.sampled_from(CHANGED))
@example(seed=2, change="none")  # a district with two sub-districts
@example(seed=13, change="renewed")
@example(seed=14, change="merged")
@example(seed=17, change="founded")
@example(seed=20, change="ended")
@example(seed=34, change="chain")
def test_sql_agrees_with_the_reference(warehouse: duckdb.DuckDBPyConnection, seed: int, change: str) -> None:
    night = invented(seed, change)
    found = disagreements(night.world, compute(warehouse, night))
    assert not found, explained(seed, change, night, found)


# --------------------------------------------------------------------------------------------------------- order, twice
@laws(max_examples=1)
@given(seed=SEEDS)
def test_order_of_rows_changes_nothing(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed, count=15)
    assert_same(compute(warehouse, night), compute(warehouse, night, reverse=True), seed)


@laws(max_examples=1)
@given(seed=SEEDS)
def test_building_twice_changes_nothing(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed, count=15)
    assert_same(compute(warehouse, night), recompute(warehouse, night.as_of), seed)


def assert_same(first: dict[str, Rows], second: dict[str, Rows], seed: int) -> None:
    for name, rows in first.items():
        assert rows, f"{name} is empty"
        different = [pair for pair in zip(rows, second[name], strict=True) if pair[0] != pair[1]]
        assert not different, f"invented({seed}), {name}: {len(different)} rows differ, first {different[0]}"


# -------------------------------------------------------------------------------------------------------------- targets
@laws(max_examples=2)
@given(seed=SEEDS)
@example(seed=41)
def test_splitting_a_target_loses_nothing(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Every version, and of what is handed down by key every month while no unit ends without an heir."""
    night = invented(seed)
    world = night.world
    tables = compute(warehouse, night)
    parts: dict[Key, dict[str, Decimal]] = defaultdict(dict)
    for row in tables["mart.target"]:
        key = row["plan_year"], row["indicator_code"], row["target_version"]
        parts[key][row["org_unit_code"]] = row["target_value"]
    split = [row for row in world.targets if row.split_key and (row.recorded is None or row.recorded <= world.today)]
    assert split
    for whole in split:
        known = parts[whole.first.year, whole.indicator, whole.version]
        below = {row.code for row in reporting_units(world, whole.unit, whole.indicator)}
        values = {unit: value for unit, value in known.items() if unit in below}
        assert known[whole.unit] == whole.value, f"invented({seed}): {whole}"
        indicator = world.by_code[whole.indicator]
        if indicator.kind in ("flow", "stock"):
            assert sum(values.values()) == whole.value, f"invented({seed}): {whole} in parts {values}"
            assert all(value == round(value, indicator.decimals) for value in values.values()), f"{whole}: {values}"
        else:
            assert set(values.values()) == {whole.value}, f"invented({seed}): {whole} copied as {values}"
    assert_due_adds_up(seed, world, tables["mart.completion"])


def assert_due_adds_up(seed: int, world: World, rows: Rows) -> None:
    due = {
        (row["org_unit_code"], row["indicator_code"], row["report_month"]): row["target_to_date_value"]
        for row in rows
        if row["target_phasing"] != "seasonal"  # each unit has its own last year's shape
    }
    for (unit, code, month), value in due.items():
        whole = plan.in_force(world, unit, code, month)
        below = reporting_units(world, unit, code)
        is_by_key = whole is not None and whole.split_key in ("equal", "households")
        is_flow = world.by_code[code].kind == "flow"
        if (
            value is None
            or not is_by_key
            or not is_flow
            or any(row.valid_to < month and not row.successor for row in below)
        ):
            continue
        shares = [due.get((row.code, code, month)) for row in below if row.is_there(month)]
        lost = abs(sum((share for share in shares if share is not None), Decimal(0)) - value)
        assert lost <= len(shares) * Decimal("0.0000005") + Decimal("0.0000005"), (
            f"invented({seed}) {code} {unit} {month:%Y-%m}: {shares} are not {value}"
        )


@laws(max_examples=1)
@given(seed=SEEDS)
def test_with_nothing_missing_everything_due_is_compared(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    """target_covered_value is target_to_date_value, low and high are the actual, and nothing is provisional."""
    night = invented(seed, "none", count=15)
    whole = replace(night, world=replace(night.world, reports=tuple(without_holes(night.world))))
    seen = 0
    for row in compute(warehouse, whole)["mart.completion"]:
        kind = night.world.by_code[row["indicator_code"]].kind
        if row["report_month"] not in shown_months(night.world) or kind not in ("flow", "stock"):
            continue
        label = f"invented({seed}) {row['org_unit_code']} {row['indicator_code']} {row['report_month']}"
        assert row["ytd_low_value"] == row["ytd_value"] == row["ytd_high_value"], label
        assert not row["is_provisional"] and row["months_covered_count"] == row["months_due_count"], label
        if row["target_phasing"] != "seasonal":
            assert row["target_covered_value"] == row["target_to_date_value"], label
            seen += row["target_covered_value"] is not None
    assert seen


def without_holes(world: World) -> Iterator[Report]:
    """A month value for every cell that is asked."""
    asked = [row.code for row in world.indicators if row.kind in ("flow", "stock")]
    units = [row for row in world.units if row.level == "community"]
    for month in world.months:
        yield from (
            Report(unit.code, code, month, Decimal(month.month + number))
            for number, unit in enumerate(units)
            for code in asked
        )


# ---------------------------------------------------------------------------------------------------------------- units
@laws(max_examples=1)
@given(seed=SEEDS)
@example(seed=14)
def test_one_units_report_never_moves_anothers_ratio(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    """But that of its heirs."""
    night = invented(seed, count=15)
    communities = [unit.code for unit in night.world.units if unit.level == "community"]
    moved = Random(seed).choice(communities)
    disturbed = replace(night, world=with_other_reports(night.world, moved, Random(seed)))
    apart = set(communities) - set(heirs(night.world, moved))
    before, after = (of_units(compute(warehouse, seen), apart) for seen in (night, disturbed))
    assert before.keys() == after.keys()
    different = {key: (row, after[key]) for key, row in before.items() if row != after[key]}
    assert not different, (
        f"invented({seed}): {moved} moved {len(different)} rows, first {next(iter(different.items()))}"
    )


def heirs(world: World, unit: str) -> Iterator[str]:
    """A unit, and those that it ended in."""
    yield unit
    if successor := world.unit[unit].successor:
        yield from heirs(world, successor)


def with_other_reports(world: World, unit: str, dice: Random) -> World:
    """The world with one community's reports lost or changed."""
    reports = []
    for row in world.reports:
        if row.unit != unit:
            reports.append(row)
        elif dice.random() < 0.6:
            reports.append(changed(row, Decimal(dice.randint(0, 50))))
    return replace(world, reports=tuple(reports))


def changed(report: Report, by: Decimal) -> Report:
    """The report with more in it."""
    month_value, ytd_value = (None if value is None else value + by for value in (report.month_value, report.ytd_value))
    return replace(report, month_value=month_value, ytd_value=ytd_value)


def of_units(tables: dict[str, Rows], units: set[str]) -> dict[Key, dict[str, Any]]:
    """Completion of some units."""
    return {
        (row["org_unit_code"], row["indicator_code"], row["report_month"]): row
        for row in tables["mart.completion"]
        if row["org_unit_code"] in units
    }


# -------------------------------------------------------------------------------------------------------------- ranking
@laws(max_examples=1)
@given(seed=SEEDS)
def test_ties_share_the_better_rank(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed)
    peers: dict[Key, Rows] = defaultdict(list)
    for row in compute(warehouse, night)["mart.ranking"]:
        peers[row["scope"], row["scope_code"], row["report_month"], row["parent_code"]].append(row)
    ties = 0
    for key, rows in peers.items():
        ranked = [row for row in rows if row["completion_rank"] is not None]
        assert all(row["unranked_reason"] for row in rows if row not in ranked), f"invented({seed}) {key}: no reason"
        assert not any(row["unranked_reason"] for row in ranked), f"invented({seed}) {key}: ranked with a reason"
        assert all(row["peers_count"] == len(ranked) for row in rows), f"invented({seed}) {key}"
        values = [row["metric_value"] for row in ranked]
        ties += len(values) - len(set(values))
        indicator = night.world.by_code.get(key[1])
        for row in ranked:
            better = sum(is_better(value, row["metric_value"], indicator) for value in values)
            assert row["completion_rank"] == 1 + better, f"invented({seed}) {key}: {row} among {values}"
            assert row["best_rank"] <= row["completion_rank"] <= row["worst_rank"], f"invented({seed}) {key}: {row}"
    assert ties, "no world without a tie can show it"


def is_better(value: Decimal, than: Decimal, indicator: Indicator | None) -> bool:
    """Whether a metric places before another; scores and paces are best high."""
    if indicator and indicator.direction == "lower" and indicator.ranking_metric != "pace":
        return value < than
    return value > than


# ---------------------------------------------------------------------------------------------------------------- codes
@laws(max_examples=1)
@given(seed=SEEDS)
def test_codes_are_only_names(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Units keep their order, because ties of a split go by code; indicators lose theirs."""
    night = invented(seed, count=15)
    world = night.world
    indicators = {row.code: f"x{number:03}" for number, row in enumerate(reversed(world.indicators))}
    units = {unit.code: f"4{unit.code[1:]}" for unit in world.units}
    before = renamed_rows(compute(warehouse, night), {**indicators, **units})
    after = renamed_rows(compute(warehouse, replace(night, world=renamed(world, indicators, units))), {})
    for name, rows in before.items():
        missing, surplus = rows - after[name], after[name] - rows
        assert not missing and not surplus, (
            f"invented({seed}), {name}: {sorted(missing)[:2]} became {sorted(surplus)[:2]}"
        )


def renamed(world: World, indicators: dict[str, str], units: dict[str, str]) -> World:
    """The same world under other codes."""
    return replace(
        world,
        units=tuple(
            replace(
                row,
                code=units[row.code],
                parent=units.get(row.parent or ""),
                successor=units.get(row.successor or ""),
            )
            for row in world.units
        ),
        indicators=tuple(
            replace(
                row,
                code=indicators[row.code],
                numerator=indicators.get(row.numerator or ""),
                denominator=indicators.get(row.denominator or ""),
            )
            for row in world.indicators
        ),
        targets=tuple(replace(row, unit=units[row.unit], indicator=indicators[row.indicator]) for row in world.targets),
        guided={(units[unit], indicators[code], month): value for (unit, code, month), value in world.guided.items()},
        reports=tuple(replace(row, unit=units[row.unit], indicator=indicators[row.indicator]) for row in world.reports),
        baseline_ends={(units[unit], indicators[code]): last for (unit, code), last in world.baseline_ends.items()},
    )


def renamed_rows(tables: dict[str, Rows], names: dict[str, str]) -> dict[str, set[str]]:
    """Each table as a set of rows, its codes replaced."""
    return {
        name: {str({column: names.get(value, value) for column, value in row.items()}) for row in rows}
        for name, rows in tables.items()
    }


# ---------------------------------------------------------------------------------------------- the reference by itself
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 2_000_000), "0.000001"),
        (Fraction(-1, 2_000_000), "-0.000001"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
    ],
)
def test_reference_rounds_half_away_from_zero(value: Fraction, expected: str) -> None:
    assert rounded(value) == Decimal(expected)


def test_reference_spreads_what_a_revision_leaves() -> None:
    """100, then 120 from July: June stays 50, July is 61.7 (domain.md, Targets)."""
    first, due = date(2024, 1, 1), date(2024, 12, 1)
    whole = Target("s", "i", "at_least", Decimal(100), first, due, "linear", first)
    later = replace(whole, value=Decimal(120), version=2, effective=date(2024, 7, 1))
    months = tuple(months_from(first, due))
    world = World((), (Indicator("i", "flow"),), (whole, later), {}, (), months, frozenset(), frozenset(), due)
    world.unit["s"] = replace(invented(0).world.units[-1], code="s", parent=None)
    assert plan.target_to_date(world, "s", "i", date(2024, 6, 1)) == 50
    assert rounded(plan.target_to_date(world, "s", "i", date(2024, 7, 1))) == Decimal("61.666667")
