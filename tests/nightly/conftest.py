"""What the tests of a night share."""

from pathlib import Path

import pytest


@pytest.fixture
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stands for reference data which the test does not read."""
    return tmp_path_factory.mktemp("reference")
