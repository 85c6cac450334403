"""Whatever the values, none under 3 can be worked out from what core.disclosure leaves to publish."""

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build_one, models

from .attack import Attack, Office

AS_OF = parse_as_of("2024-06-10T02:00")
MONTHS = [date(2024, month, 1) for month in (1, 2, 3)]
PARENT, CHILDREN = "street", ("east", "hill", "south", "west")
KINDS = {"level": "stock", "added": "flow", "removed": "flow"}
BEFORE = """
    insert into core.indicator by name
    select unnest(['level', 'added', 'removed']) as indicator_code, unnest(['stock', 'flow', 'flow']) as kind,
        'restricted' as publicity;
    insert into reference.identity by name
    select 'level' as total_code, 'added' as added_code, 'removed' as removed_code;
"""

PUBLISHED = """
    select
        org_unit_code, indicator_code, report_month, is_suppressed,
        shown_value(month_value, is_suppressed) as month_text,
        unless_suppressed(month_value, is_suppressed) as month_value,
        unless_suppressed(added_value, is_suppressed) as ytd_value,
    from core.tree_month
    inner join core.disclosure using (org_unit_code, indicator_code, report_month)
"""

Series = dict[str, list[int | None]]  # an indicator's value of each month, None when it was not reported


def grown(start: int, moves: list[tuple[int, int]]) -> Series:
    """A community's three series that balance, none of them negative."""
    series: Series = {"level": [], "added": [], "removed": []}
    for added, removed in moves:
        left = min(removed, start + added)
        start += added - left
        for code, value in (("level", start), ("added", added), ("removed", left)):
            series[code].append(value)
    return series


def communities(starts: list[int], least: int) -> st.SearchStrategy[Series]:
    """Communities that start at one of these levels and move by `least` to 6 each way, each month."""
    move = st.integers(least, 6)
    return st.builds(
        grown, st.sampled_from(starts), st.lists(st.tuples(move, move), min_size=len(MONTHS), max_size=len(MONTHS))
    )


LARGE, ANY = communities([20, 40], 3), communities([0, 1, 2, 3, 7, 20], 0)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table, typed and empty, but for three restricted indicators that tell each other."""
    with duckdb.connect() as database:
        prepare(database)
        store(database, Catalogue(empty_frames()))
        for name, model in models().items():
            if name.startswith("core."):
                build_one(database, AS_OF, model)
        database.execute(BEFORE)
        yield database


def whole(office: dict[str, Series], code: str, at: int) -> int | None:
    """A parent's month: the sum of the communities that answered."""
    told = [value for series in office.values() if (value := series[code][at]) is not None]
    return sum(told) if told else None


def to_date(code: str, values: list[int | None], at: int) -> int | None:
    """A flow's sum so far, a level's latest."""
    told = [value for value in values[: at + 1] if value is not None]
    if not told:
        return None
    return sum(told) if KINDS[code] == "flow" else told[-1]


def published(connection: duckdb.DuckDBPyConnection, office: dict[str, Series]) -> list[dict[str, Any]]:
    """The office's rows with what core.disclosure withholds taken out."""
    everything = dict(office)
    everything[PARENT] = {code: [whole(office, code, at) for at in range(len(MONTHS))] for code in KINDS}
    rows = []
    for unit, series in everything.items():
        children = [unit] if unit in office else list(office)
        for code, values in series.items():
            for at, month in enumerate(MONTHS):
                totals = [to_date(code, everything[child][code], at) for child in children]
                told = [total for total in totals if total is not None]
                total = sum(told) if told else None
                is_whole = all(everything[child][code][at] is not None for child in children)
                is_own, is_in = unit in office, values[at] is not None
                rows.append((unit, code, month, KINDS[code], values[at], total, is_own, len(told), is_in, is_whole))
    connection.execute("delete from core.tree_month; delete from reference.org_unit")
    levels = [(PARENT, "subdistrict", None), *((unit, "community", PARENT) for unit in office)]
    connection.executemany("insert into reference.org_unit (code, level, parent_code) values (?, ?, ?)", levels)
    connection.executemany(
        "insert into core.tree_month (org_unit_code, indicator_code, report_month, report_year, kind, month_value,"
        " added_value, is_own_report, units_actual_count, is_reported, is_fully_reported, lock_on)"
        " values (?, ?, ?, 2024, ?, ?, ?, ?, ?, ?, ?, date '2024-05-15')",
        rows,
    )
    for name in ("core.org_descendant", "core.disclosure"):
        build_one(connection, AS_OF, models()[name])
    return connection.execute(PUBLISHED).pl().to_dicts()


def found_out(office: dict[str, Series], rows: list[dict[str, Any]]) -> list[tuple[str, str, date]]:
    """The values under 3 that the attack pins down, but for those that the parent's own 0 tells."""
    attack = Attack(Office(dict.fromkeys(office, PARENT), KINDS, [("level", "added", "removed")]), rows)
    found = []
    for unit, series in office.items():
        for code, values in series.items():
            for at, month in enumerate(MONTHS):
                value = values[at]
                if value is not None and value < 3 and whole(office, code, at) != 0:
                    least, greatest = attack.range_of((unit, code, month))
                    found += [(unit, code, month)] * (least == greatest)
    return found


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=ANY,
    others=st.lists(LARGE | ANY, min_size=1, max_size=3),
    order=st.randoms(use_true_random=False),
    silent=st.none() | st.tuples(st.sampled_from(CHILDREN), st.integers(0, len(MONTHS) - 1)),
)
def test_no_small_value_is_found_out(
    connection: duckdb.DuckDBPyConnection,
    first: Series,
    others: list[Series],
    order: random.Random,
    silent: tuple[str, int] | None,
) -> None:
    everybody = [first, *others]
    order.shuffle(everybody)
    office = dict(zip(CHILDREN, everybody, strict=False))
    if silent and silent[0] in office:
        for values in office[silent[0]].values():
            values[silent[1]] = None
    rows = published(connection, office)
    assert not [
        row for row in rows
        if row["org_unit_code"] != PARENT and row["month_value"] is not None and row["month_value"] < 3
    ]  # fmt: skip
    assert found_out(office, rows) == []


def test_a_parent_is_exact_and_who_has_nothing_small_is_shown(connection: duckdb.DuckDBPyConnection) -> None:
    office = {unit: grown(20, [(5, 4)] * 3) for unit in CHILDREN}
    office["hill"] = grown(1, [(5, 4)] * 3)
    hidden = {row["org_unit_code"] for row in published(connection, office) if row["is_suppressed"]}
    assert hidden == {"hill", "east"}


def test_the_attack_finds_what_only_the_small_values_hide(connection: duckdb.DuckDBPyConnection) -> None:
    """What it is up against otherwise: the small ones alone left out, all the rest published."""
    office = {unit: grown(20, [(5, 4)] * 3) for unit in CHILDREN}
    office["hill"] = grown(20, [(5, 4), (1, 4), (5, 4)])
    rows = published(connection, office)
    for row in rows:
        exact = office.get(row["org_unit_code"])
        if exact:
            code, at = row["indicator_code"], MONTHS.index(row["report_month"])
            value = exact[code][at]
            row["month_value"] = None if value is None or value < 3 else Decimal(value)
            row["ytd_value"] = None
    assert found_out(office, rows) == [("hill", "added", date(2024, 2, 1))]


@pytest.mark.parametrize("shown", ["completion", "operand", "neither"])
def test_the_attack_reads_a_missing_unit_from_its_parents_bounds(shown: str) -> None:
    """Hill has 1 in January and misses February: the street's high less its low is hill's mean, 1."""
    january, february = MONTHS[:2]
    masked = {"indicator_code": "added", "month_value": None, "ytd_value": None}
    street = {"org_unit_code": PARENT, "indicator_code": "added", "month_text": "不公开"}
    bounds = {"ytd_low_value": Decimal(15), "ytd_high_value": Decimal(16)} if shown == "completion" else {}
    rows = [
        {**masked, "org_unit_code": "east", "report_month": january, "month_text": "不公开"},
        {**masked, "org_unit_code": "east", "report_month": february, "month_text": "不公开"},
        {**masked, "org_unit_code": "hill", "report_month": january, "month_text": "不公开"},
        {**masked, "org_unit_code": "hill", "report_month": february, "month_text": None},
        {**street, "report_month": january, "month_value": Decimal(9), "ytd_value": Decimal(9)},
        {**street, "report_month": february, "month_value": Decimal(6), "ytd_value": Decimal(15), **bounds},
    ]
    operands = [
        {"org_unit_code": PARENT, "indicator_code": "added", "report_month": february, "missing_text": "1"}
    ] if shown == "operand" else []  # fmt: skip
    attack = Attack(Office(dict.fromkeys(("east", "hill"), PARENT), KINDS), rows, operands=operands)
    found = attack.range_of(("hill", "added", january))
    assert found == ((0, 9) if shown == "neither" else (1, 1))
