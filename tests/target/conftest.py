"""A small office with targets: a street, three communities, 1200 visits split by households 3 : 5 : 2."""

from pathlib import Path

import pytest

from jindu.settings import Home, Night, parse_as_of, run_id_of
from tests.nightly.small_office import write_office

AS_OF = "2024-06-10T02:00"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with its own reference folder and nothing else."""
    place = Home(tmp_path / "home")
    write_office(place.reference)
    return place


@pytest.fixture
def night(home: Home) -> Night:
    moment = parse_as_of(AS_OF)
    return Night(home, home.reference, moment, run_id_of(moment), 1)
