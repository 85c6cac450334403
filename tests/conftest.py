"""Two workers share the tests: those that share a costly fixture stay together, and the longest go first."""

from pathlib import Path, PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
LONGEST = "nightly"
ON_THE_SMALL_OFFICE = {  # of the longest folder: they share nothing with those on the invented year
    "test_journal.py", "test_killed.py", "test_lock.py", "test_new_office.py", "test_prefect_server.py",
}  # fmt: skip


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Session fixtures (a night, a Great Expectations import) are then made once, not once per worker."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.split("::", maxsplit=1)[0])
        folder = path.parts[1]
        return f"{folder}/office" if folder == LONGEST and path.name in ON_THE_SMALL_OFFICE else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FolderScheduling:
    """Hand out the tests of one folder below tests/ as one piece of work, of the longest as two."""
    return FolderScheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded: the hash of each published table after the first and the second run of a night."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            terminalreporter.write_line(f"{name:<22} {value}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the folder that takes longest."""
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] != LONGEST)
