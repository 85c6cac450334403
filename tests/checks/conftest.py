"""What the tests of the gates share."""

import pytest

from tests.checks.measured import Office


@pytest.fixture
def office() -> Office:
    """The small office, with nothing sent in."""
    return Office()
