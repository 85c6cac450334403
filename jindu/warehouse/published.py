"""The one place that opens the published copy: read-only, in office time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from jindu.settings import Home, JinduError
from jindu.warehouse.connection import set_timezone


@contextmanager
def published_copy(home: Home) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """The published copy as it is now, read-only: a newer one may be swapped in meanwhile."""
    if not home.published.exists():
        raise JinduError(
            f"{home.root} 还没有发布过数据。请先运行 jindu run --home {home.root}。",
            f"Nothing is published in {home.root} yet. Run jindu run --home {home.root} first.",
        )
    file = home.published.resolve()
    try:
        connection = duckdb.connect(file, read_only=True)
    except duckdb.Error as error:
        raise JinduError(
            f"打不开已发布的数据库 {file}：{error}", f"Cannot open the published {file}: {error}"
        ) from error
    try:
        set_timezone(connection)
        yield connection, file
    finally:
        connection.close()
