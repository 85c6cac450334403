"""What a street publishes of a ratio must not tell what a community below it, that is withheld, has in its parts."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, models
from tests.sql.example import insert, read_table

AS_OF = parse_as_of("2024-05-10T02:00")
MARCH = date(2024, 3, 1)
GIVEN = {
    "reference.org_unit": """
        | code   | level       | parent_code | households |
        | street | subdistrict | null        | null       |
        | east   | community   | street      | 300        |
        | hill   | community   | street      | 200        |
        | west   | community   | street      | 100        |
    """,
    "reference.form": """
        | code    | level     | first_month |
        | monthly | community | 2024-01     |
    """,
    "reference.indicator": """
        | code     | kind  | reporting_level | source_form | numerator_code | denominator_code | publicity  |
        | visited  | flow  | community       | monthly     | null           | null             | public     |
        | released | flow  | community       | monthly     | null           | null             | restricted |
        | share    | ratio | community       | monthly     | visited        | released         | public     |
    """,
    "reference.form_indicator": """
        | form_code | indicator_code |
        | monthly   | visited        |
        | monthly   | released       |
    """,
}
VISITED, RELEASED = 4, {"east": 30, "hill": 1, "west": 20}  # in each month


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Three months of three communities, but for what hill has in February."""
    with duckdb.connect() as database:
        prepare(database)
        store(database, Catalogue(empty_frames()))
        build(database, AS_OF, models())
        for name, text in GIVEN.items():
            insert(database, name, read_table(text))
        lines = [
            f"| {unit} | {code} | 2024-{month:02} | {value} | true |"
            for unit, released in RELEASED.items()
            for month in (1, 2, 3)
            for code, value in (("visited", VISITED), ("released", released))
            if (unit, code, month) != ("hill", "released", 2)
        ]
        heading = "| org_unit_code | indicator_code | report_month | month_value | is_reported |"
        insert(database, "core.value", read_table("\n".join([heading, *lines])))
        raw = {"core.value", "core.reading", "core.received", "core.submission", "core.cell_count"}
        names = [name for name in models() if name.startswith("core.") and name not in raw]
        build(database, AS_OF, [*names, "mart.completion"])
        yield database


def shown(connection: duckdb.DuckDBPyConnection, unit: str, code: str, column: str) -> Decimal | None:
    """A published figure of March."""
    found = connection.execute(
        f"select {column} from mart.completion"
        " where org_unit_code = ? and indicator_code = ? and report_month = ?", [unit, code, MARCH]
    ).fetchone()  # fmt: skip
    assert found, f"no row of {unit} {code}"
    return found[0]  # type: ignore[no-any-return]


def test_a_missing_month_is_not_told_by_the_low_and_high_of_a_ratio(connection: duckdb.DuckDBPyConnection) -> None:
    """36 visited ÷ (152 released + hill's mean of 1) is both low and high: with the street's sums it gives the 1."""
    assert shown(connection, "hill", "released", "ytd_value") is None
    assert shown(connection, "street", "visited", "ytd_value") == 9 * VISITED
    assert shown(connection, "street", "released", "ytd_value") == 3 * 30 + 2 * 1 + 3 * 20
    assert shown(connection, "street", "share", "ytd_value") is not None
    for column in ("ytd_low_value", "ytd_high_value"):
        bound = shown(connection, "street", "share", column)
        assert bound is None, f"{column} tells that hill has {round(9 * VISITED / bound - 152, 2)} a month"
