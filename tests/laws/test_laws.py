"""What must hold of every world, whatever its catalogue and its holes.

The dice are fixed (derandomize): the same worlds each time. A failure names the seed, and lists the indicator's target
and reports beside what the warehouse and the reference say.
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
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.laws import reference
from tests.laws.reference import Indicator, Report, World, rounded
from tests.laws.warehouse import Rows, compute, empty_warehouse, recompute
from tests.laws.worlds import Night, invented

SHOWN = 12  # disagreements printed of one world
SEEDS = st.integers(min_value=0, max_value=10**6)
laws = partial(
    settings,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a seed does not shrink; one indicator's rows are small as they are
    suppress_health_check=tuple(HealthCheck),
)
Key = tuple[Any, ...]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all worlds; each world replaces the last."""
    connection = empty_warehouse()
    yield connection
    connection.close()


# ------------------------------------------------------------------------------------------------- SQL = slow reference
@laws(max_examples=10)
@given(seed=SEEDS)
def test_sql_agrees_with_the_reference(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed)
    tables = compute(warehouse, night)
    found = [*completion_disagreements(night.world, tables), *ranking_disagreements(night.world, tables)]
    assert not found, explained(seed, night, found)


def completion_disagreements(world: World, tables: dict[str, Rows]) -> Iterator[Key]:
    """(indicator, unit, month, column, what SQL says, what the reference says)"""
    count = 0
    for row in tables["mart.completion"]:
        unit, code, month = row["org_unit_code"], row["indicator_code"], row["report_month"]
        if month.year in world.plan_years and month in world.months:
            count += 1
            for column, expected in expected_completion(world, unit, code, month).items():
                if row[column] != expected:
                    yield code, unit, month, column, row[column], expected
    months = sum(month.year in world.plan_years for month in world.months)
    assert count == (len(world.units) + 1) * len(world.indicators) * months, "a row per unit, indicator and month"


def expected_completion(world: World, unit: str, code: str, month: date) -> dict[str, object]:
    """The columns of mart.completion of which domain.md says enough."""
    kind, target = world.by_code[code].kind, reference.in_force(world, unit, code, month)
    value = reference.actual(world, unit, code, month)
    expected: dict[str, object] = {
        "ytd_value": rounded(value),
        "annual_target_value": target.value if target else None,
        "target_version": target.version if target else None,
        "target_to_date_value": rounded(reference.target_to_date(world, unit, code, month)),
        "completion_ratio": rounded(reference.completion(world, unit, code, month)),
        "pace_ratio": rounded(reference.pace(world, unit, code, month)),
        "gap_value": rounded(reference.gap(world, unit, code, month)),
        "status": reference.status(world, unit, code, month),
    }
    if value is not None:
        expected["target_covered_value"] = rounded(reference.target_covered(world, unit, code, month))
    if kind in ("flow", "stock"):
        parts = reference.units_of(world, unit)
        alone = reference.total(reference.month_alone(world, part, code, month) for part in parts)
        expected["month_value"] = rounded(alone)
    if kind == "flow":
        expected["prior_ytd_value"] = rounded(reference.prior(world, unit, code, month))
        expected["growth_ratio"] = rounded(reference.growth(world, unit, code, month))
    if unit != world.parent:
        expected["months_covered_count"] = len(reference.covered_months(world, unit, code, month))
    return expected


def ranking_disagreements(world: World, tables: dict[str, Rows]) -> Iterator[Key]:
    """(indicator, unit, month, column, what SQL says, what the reference says)"""
    standings: dict[tuple[str, date], dict[str, reference.Standing]] = {}
    seen: set[Key] = set()
    for row in tables["mart.ranking"]:
        code, unit, month = row["scope_code"], row["org_unit_code"], row["report_month"]
        if row["scope"] != "indicator" or month.year not in world.plan_years or month not in world.months:
            continue
        seen.add((code, unit, month))
        if (code, month) not in standings:
            standings[code, month] = reference.ranking(world, code, month)
        expected = standings[code, month][unit]
        for column in ("metric_value", "completion_rank", "peers_count", "unranked_reason"):
            if row[column] != getattr(expected, column):
                yield code, unit, month, column, row[column], getattr(expected, column)
    ranked = [row for row in world.indicators if row.ranking_metric != "none" and row.direction != "none"]
    months = sum(month.year in world.plan_years for month in world.months)
    assert len(seen) == len(ranked) * len(world.units) * months, "a place per ranked indicator, community and month"


def explained(seed: int, night: Night, found: list[Key]) -> str:
    """The first disagreements, each with the case that it comes from."""
    lines = [f"invented({seed}) as of {night.as_of}: {len(found)} disagreements"]
    for code, unit, month, column, said, expected in found[:SHOWN]:
        lines.append(f"{code} {unit} {month:%Y-%m} {column}: SQL {said}, reference {expected}")
    return "\n".join(lines + list(case(night.world, found[0][0])))


def case(world: World, code: str) -> Iterator[str]:
    """Everything that the world holds about one indicator, one line each."""
    indicator = world.by_code[code]
    codes = [row for row in (indicator.numerator, indicator.denominator) if row] or [code]
    yield from (str(row) for row in world.indicators if row.code in {code, *codes})
    for row in (target for target in world.targets if target.indicator == code):
        version = (
            f"v{row.version} from {row.effective:%m}, {row.first:%m} to {row.due:%m}, {row.phasing} {row.split_key}"
        )
        yield f"target {row.unit} {row.form} {row.value} baseline {row.baseline} {version}"
    for part in codes:
        for unit in world.units:
            guided = [
                f"{month:%m}: {value}" for (*key, month), value in world.guided.items() if key == [unit.code, part]
            ]
            yield f"{part} {unit.code}, {unit.households} households {'guided' if guided else ''} {' '.join(guided)}"
            rows = [row for row in world.reports if (row.unit, row.indicator) == (unit.code, part)]
            yield "  month/ytd/prior " + " ".join(shown(row) for row in rows)


def shown(report: Report) -> str:
    """2024-03:5/12/None late"""
    if not report.is_usable:
        return f"{report.month:%Y-%m}:{'n/a' if report.is_not_applicable else 'blank'}"
    values = f"{report.month_value}/{report.ytd_value}/{report.prior_ytd_value}"
    extra = f"{' late' if report.is_late else ''}{f' finished {report.finished_on}' if report.finished_on else ''}"
    return f"{report.month:%Y-%m}:{values}{extra}"


# --------------------------------------------------------------------------------------------------------- order, twice
@laws(max_examples=3)
@given(seed=SEEDS)
def test_order_of_rows_changes_nothing(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed)
    assert_same(compute(warehouse, night), compute(warehouse, night, reverse=True), seed)


@laws(max_examples=2)
@given(seed=SEEDS)
def test_building_twice_changes_nothing(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed)
    assert_same(compute(warehouse, night), recompute(warehouse, night.as_of), seed)


def assert_same(first: dict[str, Rows], second: dict[str, Rows], seed: int) -> None:
    for name, rows in first.items():
        assert rows, f"{name} is empty"
        different = [pair for pair in zip(rows, second[name], strict=True) if pair[0] != pair[1]]
        assert not different, f"invented({seed}), {name}: {len(different)} rows differ, first {different[0]}"


# -------------------------------------------------------------------------------------------------------------- targets
@laws(max_examples=4)
@given(seed=SEEDS)
def test_splitting_a_target_loses_nothing(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed)
    world = night.world
    parts: dict[Key, dict[str, Decimal]] = defaultdict(dict)
    for row in compute(warehouse, night)["mart.target"]:
        key = row["plan_year"], row["indicator_code"], row["target_version"]
        parts[key][row["org_unit_code"]] = row["target_value"]
    split = [row for row in world.targets if row.unit == world.parent and row.split_key]
    assert split
    for whole in split:
        values = parts[whole.first.year, whole.indicator, whole.version].copy()
        assert values.pop(world.parent) == whole.value, f"invented({seed}): {whole}"
        assert values.keys() == {unit.code for unit in world.units}, f"invented({seed}): {whole}"
        indicator = world.by_code[whole.indicator]
        if indicator.kind in ("flow", "stock"):
            assert sum(values.values()) == whole.value, f"invented({seed}): {whole} in parts {values}"
            assert all(value == round(value, indicator.decimals) for value in values.values()), f"{whole}: {values}"
        else:
            assert set(values.values()) == {whole.value}, f"invented({seed}): {whole} copied as {values}"
        if whole.split_key in ("equal", "households"):
            expected = {code: part.value for code, part in reference.split(world, whole).items()}
            assert values == expected, f"invented({seed}): {whole} in {values}, reference {expected}"


# ---------------------------------------------------------------------------------------------------------------- units
@laws(max_examples=4)
@given(seed=SEEDS)
def test_one_units_report_never_moves_anothers_ratio(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    night = invented(seed)
    moved = Random(seed).choice(night.world.units).code
    disturbed = replace(night, world=with_other_reports(night.world, moved, Random(seed)))
    before, after = (others(compute(warehouse, seen), night.world, moved) for seen in (night, disturbed))
    assert before.keys() == after.keys()
    different = {key: (row, after[key]) for key, row in before.items() if row != after[key]}
    assert not different, (
        f"invented({seed}): {moved} moved {len(different)} rows, first {next(iter(different.items()))}"
    )


def with_other_reports(world: World, unit: str, dice: Random) -> World:
    """The world with one community's reports lost or changed."""
    reports = []
    for row in world.reports:
        if row.unit != unit:
            reports.append(row)
        elif dice.random() < 0.6:
            reports.append(changed(row, Decimal(dice.randint(0, 50))))
    return rebuilt(world, reports=tuple(reports))


def changed(report: Report, by: Decimal) -> Report:
    """The report with more in it."""
    month_value, ytd_value = (None if value is None else value + by for value in (report.month_value, report.ytd_value))
    return replace(report, month_value=month_value, ytd_value=ytd_value)


def rebuilt(world: World, **changes: Any) -> World:
    """The world with changes, its look-ups made anew."""
    return replace(world, cell={}, by_code={}, **changes)


def others(tables: dict[str, Rows], world: World, moved: str) -> dict[Key, dict[str, Any]]:
    """Completion of the communities other than one."""
    units = {unit.code for unit in world.units} - {moved}
    return {
        (row["org_unit_code"], row["indicator_code"], row["report_month"]): row
        for row in tables["mart.completion"]
        if row["org_unit_code"] in units
    }


# -------------------------------------------------------------------------------------------------------------- ranking
@laws(max_examples=4)
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
    assert ties, "no world without a tie can show it"


def is_better(value: Decimal, than: Decimal, indicator: Indicator | None) -> bool:
    """Whether a metric places before another; scores and paces are best high."""
    if indicator and indicator.direction == "lower" and indicator.ranking_metric != "pace":
        return value < than
    return value > than


# ---------------------------------------------------------------------------------------------------------------- codes
@laws(max_examples=3)
@given(seed=SEEDS)
def test_codes_are_only_names(warehouse: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Units keep their order, because ties of a split go by code; indicators lose theirs."""
    night = invented(seed)
    world = night.world
    indicators = {row.code: f"x{number:03}" for number, row in enumerate(reversed(world.indicators))}
    units = {code: f"4{code[1:]}" for code in [world.parent, *(unit.code for unit in world.units)]}
    before = renamed_rows(compute(warehouse, night), {**indicators, **units})
    after = renamed_rows(compute(warehouse, replace(night, world=renamed(world, indicators, units))), {})
    for name, rows in before.items():
        missing, surplus = rows - after[name], after[name] - rows
        assert not missing and not surplus, (
            f"invented({seed}), {name}: {sorted(missing)[:2]} became {sorted(surplus)[:2]}"
        )


def renamed(world: World, indicators: dict[str, str], units: dict[str, str]) -> World:
    """The same world under other codes."""
    return rebuilt(
        world,
        parent=units[world.parent],
        units=tuple(replace(row, code=units[row.code]) for row in world.units),
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
    whole = reference.Target("s", "i", "at_least", Decimal(100), first, due, "linear", first)
    later = replace(whole, value=Decimal(120), version=2, effective=date(2024, 7, 1))
    months = tuple(date(2024, number, 1) for number in range(1, 13))
    indicator = reference.Indicator("i", "flow")
    world = World("s", (), (indicator,), (whole, later), {}, (), months, frozenset(), frozenset())
    assert reference.target_to_date(world, "s", "i", date(2024, 6, 1)) == 50
    assert rounded(reference.target_to_date(world, "s", "i", date(2024, 7, 1))) == Decimal("61.666667")
