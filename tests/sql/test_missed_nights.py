"""A night that was missed is caught up: cases have the same moments whichever nights ran (domain.md, Alerts)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, build_one, needed
from tests.sql.example import insert, read_example

EVENTS = "mart.alert_event"
FIRST, LAST = parse_as_of("2024-02-01T02:00"), parse_as_of("2024-08-10T02:00")
GIVEN = Path(__file__).parent / "mart" / "alert_spell" / "pace_and_clear_months.yml"


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Half a year of four targets: behind, clear, behind again, with reports that come late."""
    with duckdb.connect() as connection:
        prepare(connection)
        store(connection, Catalogue(empty_frames()))
        for model in needed([EVENTS]):
            build_one(connection, LAST, model)
        for name, table in read_example(GIVEN).given.items():
            insert(connection, name, table)
        yield connection


def told_by(connection: duckdb.DuckDBPyConnection, nights: Sequence[datetime]) -> list[tuple[object, ...]]:
    """The events after these nights, each of which remembers what those before it told."""
    connection.execute("delete from raw.alert_event")
    for as_of in nights:
        known = "select * from core.tree_month where received_at is null or received_at <= ?"
        connection.execute(f"create or replace temp table told_month as {known}", [as_of])
        connection.execute("create or replace temp table all_month as from core.tree_month")
        connection.execute("create or replace table core.tree_month as from told_month")
        build(connection, as_of, ["mart.alert_spell", EVENTS])
        connection.execute("create or replace table core.tree_month as from all_month")
        connection.execute(
            """
            insert into raw.alert_event by name
            select told.* exclude (level, snoozed_until, assignee), cast(? as timestamptz) as seen_at, '' as run_id
            from mart.alert_event as told
            anti join raw.alert_event as seen using (case_id, event, happened_at)
            """,
            [as_of],
        )
    found = connection.execute(f"select case_id, event, happened_at, report_month from {EVENTS} order by all")
    return list(found.fetchall())


def test_the_same_cases_whether_nights_ran_or_were_missed(database: duckdb.DuckDBPyConnection) -> None:
    # of each month the nights about its due day: in the others nothing turns
    every = [night for day in range((LAST - FIRST).days) if 4 <= (night := FIRST + timedelta(days=day)).day <= 9]
    nightly = told_by(database, [*every, LAST])
    assert {event for _, event, *_ in nightly} == {"opened", "reopened", "resolved"}
    assert told_by(database, [*every[::7], LAST]) == nightly
    assert told_by(database, [LAST]) == nightly
