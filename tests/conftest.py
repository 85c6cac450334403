"""Two workers share the tests: a folder's tests stay together, and the longest folder goes first."""

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
LONGEST = "nightly"


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Session fixtures (a night, a Great Expectations import) are then made once, not once per worker."""

    def _split_scope(self, nodeid: str) -> str:
        return str(nodeid.split("/")[1])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FolderScheduling:
    """Hand out the tests of one folder below tests/ as one piece of work."""
    return FolderScheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded: the hash of each published table after the first and the second run of a night."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            terminalreporter.write_line(f"{name:<22} {value}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the folder that takes longest."""
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] != LONGEST)
