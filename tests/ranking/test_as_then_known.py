"""Last month's rank is the one that was shown: nights replayed at each due day say the same as one night long after."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from jindu.settings import Home
from jindu.warehouse.connection import connect, prepare
from jindu.warehouse.earlier import Chain, work_out_earlier
from jindu.warehouse.models import earlier_chain

from .office import EAST, HILL, WEST, Row, Sent, ranking, run_night, send, write_office

DUE_DAYS = {"2024-02": "2024-03-05", "2024-03": "2024-04-05", "2024-04": "2024-05-06"}
AFTERWARDS = "2024-05-28T02:00"
Ranking = dict[tuple[str, str, str, str], Row]  # by unit, scope, its code, and month as 2024-02
MONTH_BEFORE = {"2024-02": "2024-01", "2024-03": "2024-02", "2024-04": "2024-03"}


def monthly(unit: str, month: str, sent_at: str, *, visit: int, drill: int, closed: int, estate: int) -> Sent:
    values = {"visit": visit, "drill": drill, "heard": 10, "closed": closed, "estate": estate}
    return Sent(unit, sent_at, month, values)


FILES = [
    monthly(EAST, "2024-01", "2024-02-02T09:00", visit=12, drill=1, closed=9, estate=5),
    monthly(WEST, "2024-01", "2024-02-02T09:00", visit=11, drill=2, closed=8, estate=6),
    monthly(HILL, "2024-01", "2024-02-02T09:00", visit=10, drill=3, closed=7, estate=7),
    monthly(EAST, "2024-02", "2024-03-02T09:00", visit=12, drill=1, closed=9, estate=5),
    monthly(WEST, "2024-02", "2024-03-02T09:00", visit=11, drill=2, closed=8, estate=6),
    # hill's January is mended on February's due day itself, and again the day after
    monthly(HILL, "2024-01", "2024-03-05T23:00", visit=10, drill=3, closed=10, estate=4),
    monthly(HILL, "2024-01", "2024-03-06T09:00", visit=14, drill=3, closed=10, estate=4),
    # hill's February comes when March has long been shown
    monthly(HILL, "2024-02", "2024-04-15T09:00", visit=20, drill=3, closed=6, estate=4),
    monthly(EAST, "2024-03", "2024-04-02T09:00", visit=13, drill=1, closed=9, estate=5),
    monthly(WEST, "2024-03", "2024-04-02T09:00", visit=12, drill=2, closed=8, estate=6),
    monthly(HILL, "2024-03", "2024-04-02T09:00", visit=10, drill=3, closed=7, estate=4),
    monthly(EAST, "2024-04", "2024-05-02T09:00", visit=13, drill=1, closed=9, estate=9),
    monthly(WEST, "2024-04", "2024-05-02T09:00", visit=12, drill=2, closed=8, estate=6),
    monthly(HILL, "2024-04", "2024-05-02T09:00", visit=10, drill=3, closed=7, estate=4),
]


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("office") / "home")
    send(home, FILES)
    return home


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_office(tmp_path_factory.mktemp("office") / "reference")


@pytest.fixture(scope="module")
def shown(home: Home, reference: Path, patch: pytest.MonkeyPatch) -> dict[str, Ranking]:
    """The ranking at the end of each due day, by the month that was due."""
    found = {}
    for month, day in DUE_DAYS.items():
        run_night(home, reference, f"{day}T23:59:59", patch)
        found[month] = ranking(home)
    return found


@pytest.fixture(scope="module")
def afterwards(home: Home, reference: Path, shown: dict[str, Ranking], patch: pytest.MonkeyPatch) -> Ranking:
    """The ranking long after, when everything was mended and both targets were raised."""
    assert shown
    run_night(home, reference, AFTERWARDS, patch)
    return ranking(home)


def test_last_months_rank_is_the_one_that_was_shown(shown: dict[str, Ranking], afterwards: Ranking) -> None:
    compared, restated = 0, 0
    for (unit, scope, code, month), row in afterwards.items():
        if month not in DUE_DAYS:
            assert row["previous_rank"] is None, (unit, scope, code, month)
            continue
        before = (unit, scope, code, MONTH_BEFORE[month])
        assert row["previous_rank"] == shown[month][before]["completion_rank"], (unit, scope, code, month)
        compared += 1
        restated += row["previous_rank"] != afterwards[before]["completion_rank"]
    assert compared == 3 * 3 * 6  # months, units; four indicators, a theme, overall
    assert restated > 10


def test_a_change_has_its_cause(afterwards: Ranking) -> None:
    for (unit, scope, code, month), row in afterwards.items():
        told = (unit, scope, code, month)
        if not row["rank_change"]:
            assert row["change_cause"] is None, told
            continue
        before = afterwards[unit, scope, code, MONTH_BEFORE[month]]
        if row["previous_rank"] != before["completion_rank"]:
            assert row["change_cause"] == "restatement", told
        elif row["metric_value"] != before["metric_value"]:
            assert row["change_cause"] == "own", told
        else:
            assert row["change_cause"] == "others", told
    causes = {row["change_cause"] for row in afterwards.values()}
    assert causes == {None, "restatement", "own", "others"}


@pytest.mark.parametrize(
    ("unit", "code", "month", "expected"),
    [
        # hill's 7 estates of January were 4 by February's due day: first then, as it is today
        (HILL, "estate", "2024-02", (1, 1, 0, None)),
        # and its visits 10 until the day after: last then, but first in today's January
        (HILL, "visit", "2024-02", (1, 3, 2, "restatement")),
        (EAST, "visit", "2024-02", (2, 1, -1, "restatement")),
        # February's report of hill was not there when March was due: it had no rank
        (HILL, "closed_ratio", "2024-03", (3, None, None, None)),
        (WEST, "closed_ratio", "2024-03", (2, 2, 0, None)),
        # east's estates went from 5 to 9: its own figure; west's 6 did not move, and is second for it
        (EAST, "estate", "2024-04", (3, 2, -1, "own")),
        (WEST, "estate", "2024-04", (2, 3, 1, "others")),
    ],
)
def test_by_hand(
    afterwards: Ranking, unit: str, code: str, month: str, expected: tuple[int, int | None, int | None, str | None]
) -> None:
    row = afterwards[unit, "indicator", code, month]
    assert (row["completion_rank"], row["previous_rank"], row["rank_change"], row["change_cause"]) == expected


def test_a_raised_target_was_not_known_then(home: Home, afterwards: Ranking) -> None:
    """visit was raised on 20 April for the whole year, drill on 20 May from May on, which moves no month before."""
    assert afterwards
    with connect(home, read_only=True) as connection:
        moved = connection.sql(
            "select indicator_code, list(strftime(report_month, '%m') order by report_month) "
            "from core.earlier_indicator group by all order by all"
        ).fetchall()
    assert moved == [("closed_ratio", ["03"]), ("drill", ["03"]), ("estate", ["03"]), ("visit", ["02", "03"])]


def never(*_: object) -> None:
    raise AssertionError("worked out again for nothing")


def test_nothing_is_worked_out_where_all_was_known() -> None:
    with duckdb.connect() as connection:
        prepare(connection)
        connection.execute("create table core.earlier_indicator (report_month date, due_on date, indicator_code text)")
        connection.execute(
            "insert into raw.earlier_metric by name select '1' as parent_code, '2' as org_unit_code, "
            "'visit' as indicator_code, date '2024-01-01' as report_month, date '2024-03-05' as due_on, "
            "'pace' as ranking_metric, false as is_suppressed"
        )
        connection.execute("insert into raw.earlier_moment values (date '2024-02-01', date '2024-03-05', 'f')")
        assert work_out_earlier(connection, Chain(frozenset(), "", never)) == 0
        for table in ("earlier_metric", "earlier_moment"):  # what another night left
            assert connection.sql(f"select count(*) from raw.{table}").fetchone() == (0,)


def test_nothing_is_worked_out_twice(home: Home, afterwards: Ranking) -> None:
    """Until anything that goes in is another: a value, or a model."""
    assert afterwards
    with connect(home) as connection:
        chain = earlier_chain()
        before = connection.sql("from raw.earlier_metric order by all").fetchall()
        assert work_out_earlier(connection, replace(chain, build=never)) == 0
        assert connection.sql("from raw.earlier_metric order by all").fetchall() == before
        assert work_out_earlier(connection, replace(chain, text="another model")) == 2
        assert connection.sql("from raw.earlier_metric order by all").fetchall() == before
        assert work_out_earlier(connection, chain) == 2
        connection.execute(
            "update core.value set month_value = 1 where indicator_code = 'visit' and report_month = '2024-02-01'"
        )
        assert work_out_earlier(connection, chain) == 1  # February is no month before February
        assert connection.sql("from raw.earlier_metric order by all").fetchall() != before


def test_a_failure_leaves_no_scratch_database_behind() -> None:
    with duckdb.connect() as connection:
        prepare(connection)
        connection.execute(
            "create table core.earlier_indicator as "
            "select date '2024-02-01' as report_month, date '2024-03-05' as due_on, 'visit' as indicator_code"
        )
        connection.execute(
            "create table core.indicator (indicator_code text, numerator_code text, denominator_code text)"
        )
        with pytest.raises(duckdb.Error):
            work_out_earlier(connection, Chain(frozenset(), "", never))  # no core.value to begin from
        found = connection.sql("select count(*) from duckdb_databases() where database_name = 'scratch'").fetchone()
        assert found == (0,)
