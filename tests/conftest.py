"""Two workers share the tests: those that share a costly fixture stay together, and the longest go first."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
LONGEST = "nightly"
THEN = (
    "lifecycle", "sql", "target", "checks", "browser", "workbooks", "laws", "watch", "dry_run", "publish", "privacy",
    "serve", "hostile", "returns", "alerts", "sample", "ranking",
)  # fmt: skip
ON_THE_SMALL_OFFICE = {  # of the longest folder: they share nothing with those on the invented year
    "test_journal.py", "test_killed.py", "test_lock.py", "test_new_office.py", "test_prefect_server.py",
}  # fmt: skip

# Two workers have two cores: DuckDB, which asks this variable first, would have each of them take both for twenty rows,
# at half as much time again. The nights of the invented year run with as many threads as there are cores.
os.environ.setdefault("SLURM_CPUS_ON_NODE", "1")


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """What a test, or the command that it tries, left in the environment leads no later test elsewhere."""
    before = _environment()
    yield
    after = _environment()
    for name in after.keys() - before.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in before.items() if after.get(name) != value})


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}  # pytest's own


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
    """Start with the folders that take longest: what is left for the end is short."""
    order = {folder: place for place, folder in enumerate((LONGEST, *THEN))}
    items.sort(key=lambda item: order.get(item.path.relative_to(HERE).parts[0], len(order)))


def pytest_collection_finish() -> None:
    """Five thousand tests and what they import stay to the end: the collector need not go through them again."""
    gc.collect()
    gc.freeze()
