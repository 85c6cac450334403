"""Two workers share the tests: a folder's tests stay together, and the longest folder goes first."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONGEST = "nightly"


def folder(item: pytest.Item) -> str:
    """The folder below tests/ that a test stands in."""
    return item.path.relative_to(HERE).parts[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Session fixtures (a night, a Great Expectations import) are then made once, not once per worker."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(folder(item)))
    items.sort(key=lambda item: folder(item) != LONGEST)
