"""A night on an empty home."""

from datetime import datetime
from pathlib import Path

import pytest

from jindu.settings import OFFICE_TIMEZONE, Home, Night


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A night whose moment the tests set."""
    home = Home(tmp_path / "home")
    home.inbox.mkdir(parents=True)
    return Night(home, tmp_path / "reference", datetime.now(OFFICE_TIMEZONE), "2024-10-10T02:00:00", 1)
