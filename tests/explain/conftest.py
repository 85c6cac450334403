"""What the tests of explanations share: a small published office in which every figure can be worked out by hand."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build, models
from jindu.warehouse.publish import publish
from tests.sql.example import insert, read_table

AS_OF = datetime(2024, 3, 10, 2, tzinfo=OFFICE_TIMEZONE)
PUBLISHED = Path(__file__).with_name("published.yml")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which these rows of mart are published."""
    folder = tmp_path_factory.mktemp("explain")
    place = Home(folder / "home")
    with connect(place) as connection:
        store(connection, Catalogue(empty_frames()))
        build(connection, AS_OF, models())
        for name, rows in yaml.safe_load(PUBLISHED.read_text(encoding="utf-8")).items():
            insert(connection, name, read_table(rows))
    publish(Night(place, Path(folder), AS_OF, "2024-03-10T02:00:00", 1))
    return place
