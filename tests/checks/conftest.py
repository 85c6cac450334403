"""What the tests of the gates share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from measured import Office


@pytest.fixture
def office() -> Office:
    """The small office, with nothing sent in."""
    return Office()
