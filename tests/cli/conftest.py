"""What the tests of the command share."""

from pathlib import Path

import duckdb
import pytest

from jindu.settings import Home
from jindu.warehouse.connection import set_timezone


@pytest.fixture
def published_home(tmp_path: Path) -> Home:
    """A home with the small published database of published.sql."""
    home = Home(tmp_path / "home")
    home.published.parent.mkdir(parents=True)
    connection = duckdb.connect(home.published)
    set_timezone(connection)
    connection.execute(Path(__file__).with_name("published.sql").read_text(encoding="utf-8"))
    connection.close()
    return home
