"""Arrivals: when each file came and where it lay, in the archive's journal before they are rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from jindu.settings import Home
from jindu.warehouse.journal import ARRIVAL, agree, append, insert

NOT_OF_A_SUBMISSION = ("inbox_path", "modified_at", "is_duplicate")


def record_arrivals(connection: duckdb.DuckDBPyConnection, home: Home, arrivals: Sequence[Mapping[str, Any]]) -> None:
    """Write arrivals down, and the submissions that begin with them."""
    append(home, ARRIVAL.name, arrivals)
    connection.begin()
    insert(connection, ARRIVAL.table, arrivals)
    _begin_submissions(connection, arrivals)
    connection.commit()


def recall_arrivals(connection: duckdb.DuckDBPyConnection, home: Home) -> int:
    """Give the database the arrivals that it lacks; their number."""
    connection.begin()
    lacking = agree(connection, home, ARRIVAL)
    _begin_submissions(connection, lacking)
    connection.commit()
    return len(lacking)


def _begin_submissions(connection: duckdb.DuckDBPyConnection, arrivals: Sequence[Mapping[str, Any]]) -> None:
    first = [arrival for arrival in arrivals if not arrival["is_duplicate"]]
    submissions = [{name: one[name] for name in one if name not in NOT_OF_A_SUBMISSION} for one in first]
    insert(connection, "raw.submission", submissions)
