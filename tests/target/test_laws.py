"""Whatever is revised and whoever merges: in every month the parts of a split target add up to the whole."""

from fractions import Fraction

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, needed

NAMES = ("a", "b", "c", "d", "e")
AS_OF = parse_as_of("2025-01-10T02:00")
MODELS = ("core.succession", "core.plan_target", "core.target_month")
MONTHS = range(1, 13)


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    """Every table that a target is computed from, empty."""
    connection = duckdb.connect()
    prepare(connection)
    store(connection, Catalogue(empty_frames()))
    build(connection, AS_OF, [model.name for model in needed(("core.target_month",))])
    return connection


def month(number: int | None) -> str | None:
    return None if number is None else f"2024-{number:02}-01"


@st.composite
def streets(draw: st.DrawFn) -> list[tuple[str, int, int | None, int | None, str | None]]:
    """Communities: code, households, first and last month, successor; whoever ends has one that goes on longer."""
    count = draw(st.integers(2, len(NAMES)))
    found: list[tuple[str, int, int | None, int | None, str | None]] = []
    ends = sorted(draw(st.lists(st.integers(1, 11), max_size=count - 1, unique=True)))
    for place, name in enumerate(NAMES[:count]):
        end = ends[place] if place < len(ends) else None
        heir = draw(st.sampled_from(NAMES[place + 1 : count])) if end else None
        # nobody's successor is founded later than the month after: in between the part would be nobody's
        latest = min([11, *(end + 1 for end in ends)])
        founded = draw(st.one_of(st.none(), st.integers(2, latest))) if end is None and place > len(ends) else None
        found.append((name, draw(st.integers(0, 9)), founded, end, heir))
    return found


@st.composite
def plans(draw: st.DrawFn) -> list[tuple[int, int, str, bool, str, int]]:
    """Versions of one target: value, effective month, key, split anew, phasing, due month."""
    effective = [1, *sorted(draw(st.lists(st.integers(1, 12), max_size=3)))]
    return [
        (
            draw(st.integers(-40, 200)),
            start,
            draw(st.sampled_from(("equal", "households"))),
            draw(st.booleans()),
            draw(st.sampled_from(("linear", "none"))),
            draw(st.integers(start, 12)),
        )
        for start in effective
    ]


@settings(max_examples=12, deadline=None)
@given(units=streets(), targets=st.lists(plans(), min_size=6, max_size=6))
def test_the_parts_add_up_to_the_whole_in_every_month(
    database: duckdb.DuckDBPyConnection,
    units: list[tuple[str, int, int | None, int | None, str | None]],
    targets: list[list[tuple[int, int, str, bool, str, int]]],
) -> None:
    database.execute("delete from reference.org_unit")
    database.execute("delete from reference.target")
    for table in ("core.indicator", "core.reporting_line", "core.org_descendant"):
        database.execute(f"delete from {table}")
    database.executemany(
        "insert into reference.org_unit by name select ? as code, ? as households, cast(? as date) as valid_from,"
        " cast(? as date) as valid_to, ? as successor_code, 'street' as parent_code",
        [(code, households, month(first), month(last), heir) for code, households, first, last, heir in units],
    )
    database.execute(
        "insert into core.org_descendant by name"
        " select 'street' as ancestor_code, code as descendant_code, 1 as depth from reference.org_unit"
    )
    for number, versions in enumerate(targets):
        database.execute(
            "insert into core.indicator by name"
            " select ? as indicator_code, 'flow' as kind, 0 as decimals, false as is_derived",
            [f"i{number}"],
        )
        database.executemany(
            "insert into reference.target by name select 2024 as plan_year, 'street' as org_unit_code,"
            " ? as indicator_code, 'at_least' as target_form, ? as value, ? as version, cast(? as date) as"
            " effective_month, ? as split_key, ? as is_rekeyed, ? as phasing, cast(? as date) as due_month",
            [
                (f"i{number}", value, version, month(start), key, anew, phasing, month(due))
                for version, (value, start, key, anew, phasing, due) in enumerate(versions, start=1)
            ],
        )
    database.execute(
        "insert into core.reporting_line by name select indicator_code, 'street' as org_unit_code,"
        " code as reporting_unit_code from core.indicator cross join reference.org_unit"
    )
    build(database, AS_OF, MODELS)
    rows = database.execute(
        "select indicator_code, report_month, org_unit_code = 'street', amount_numerator, amount_denominator"
        " from core.target_month"
    ).fetchall()
    whole: dict[tuple[str, object], Fraction] = {}
    parts: dict[tuple[str, object], Fraction] = {}
    for indicator, at, is_whole, amount, denominator in rows:
        sums = whole if is_whole else parts
        sums[indicator, at] = sums.get((indicator, at), Fraction(0)) + Fraction(amount, denominator)
    assert len(whole) == len(targets) * len(MONTHS)
    assert whole == parts
