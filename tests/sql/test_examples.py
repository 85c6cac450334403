"""Every core and mart table is specified by worked examples small enough to check by hand."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build_one, models
from tests.sql.example import TEMPLATE_AS_OF, read_example, run_example

FOLDER = Path(__file__).parent
EXAMPLES = sorted(FOLDER.glob("*/*/*.yml"))


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table of the warehouse, typed and empty."""
    database = duckdb.connect()
    prepare(database)
    store(database, Catalogue(empty_frames()))
    for model in models().values():
        build_one(database, parse_as_of(TEMPLATE_AS_OF), model)
    yield database
    database.close()


@pytest.mark.parametrize("path", EXAMPLES, ids=[str(path.relative_to(FOLDER).with_suffix("")) for path in EXAMPLES])
def test_example(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    run_example(connection, read_example(path))


@pytest.mark.parametrize("name", [name for name in models() if name.split(".")[0] in ("core", "mart")])
def test_every_core_and_mart_table_has_an_example(name: str) -> None:
    schema, table = name.split(".")
    assert list((FOLDER / schema / table).glob("*.yml")), f"no worked example for {name}"
