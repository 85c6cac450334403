"""Killed between any two steps and run again: the same. A gate that fails publishes nothing, and says so."""

import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pytest

from jindu.settings import Home
from jindu.steps import STEPS as TITLES
from jindu.steps import step_after
from jindu.warehouse.connection import connect
from jindu.warehouse.publish import published_version, table_hashes

from .in_process import BEFORE_ALL, CLOSED, FAILED, STEPS, run, walk
from .small_office import AS_OF, THE_NIGHT_BEFORE, fill_inbox, write_office

POINTS = [BEFORE_ALL, *STEPS, CLOSED]  # after each of which the night is killed
# Those after which more is left than tables that the next attempt replaces: an attempt, files and arrivals, cells,
# verdicts, a version, receipts, a night of which nobody has been told. `make chaos` goes through all.
TELLING = [BEFORE_ALL, "collect", "read", "core", "publish", "returns", CLOSED]
TELLS_OF_THE_CLOCK = "run"
TELL_OF_OTHER_NIGHTS = {  # a night that failed is itself a case, with its event, spell and route
    "run", "gate_result", "alert_case", "alert_event", "alert_spell", "alert_route", "submission_state",
    "finding", "quality_finding",
}  # fmt: skip
CORES = 2
A_VISIT = "where indicator_code = 'visit' and month_state = 'number' limit 1"


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small office's reference data and a home that no night has touched."""
    folder = tmp_path_factory.mktemp("office")
    write_office(folder / "reference")
    fill_inbox(Home(folder / "home"), folder / "reference")
    return folder


@pytest.fixture(scope="session")
def undisturbed(office: Path) -> dict[str, str]:
    """The hash of every table that the night publishes when nothing happens to it."""
    home = copy_of(office, "undisturbed")
    assert run(home.root, office / "reference", AS_OF) == 0  # with Great Expectations and pages
    return table_hashes(home.published)


@pytest.fixture(scope="session")
def after_kill(office: Path) -> dict[str, Home]:
    """By the step after which its night was killed, a home whose night was then run again."""
    walked, homes = copy_of(office, "walked"), {}
    for point in POINTS:
        assert walk(walked.root, office / "reference", AS_OF, point) == -signal.SIGKILL
        if point in TELLING:
            homes[point] = Home(Path(shutil.copytree(walked.root, office / f"killed-{point}", symlinks=True)))
    with ThreadPoolExecutor(CORES) as pool:
        codes = pool.map(
            lambda home: run(home.root, office / "reference", AS_OF, is_judged_plainly=True, is_shown=False),
            homes.values(),
        )
        assert set(codes) == {0}
    return homes


def copy_of(office: Path, name: str) -> Home:
    """The untouched home under another name, modification times and so arrivals kept."""
    return Home(Path(shutil.copytree(office / "home", office / name)))


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def changes_of_state(home: Home) -> list[tuple[object, ...]]:
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        return connection.execute("select * exclude (since_at) from mart.submission_state order by all").fetchall()


def found_in(home: Home) -> list[tuple[object, ...]]:
    queries = (
        "select * exclude (since_on, age_days_count) from mart.quality_finding order by all",
        "select * exclude (since_on) from mart.finding order by all",
    )
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        return [row for query in queries for row in connection.execute(query).fetchall()]


def outbox(home: Home) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(home.outbox.glob("*.txt"))]


def test_the_steps_are_those_of_a_night() -> None:
    assert list(STEPS) == [name for name in TITLES if name not in {"start", "summary", "deliver"}]


@pytest.mark.parametrize("point", TELLING)
def test_killed_after_a_step_and_run_again_publishes_the_same(
    after_kill: dict[str, Home], undisturbed: dict[str, str], point: str
) -> None:
    home = after_kill[point]
    assert differing(table_hashes(home.published), undisturbed) <= {TELLS_OF_THE_CLOCK}
    assert len(outbox(home)) == 1  # nobody is told twice
    with connect(home, read_only=True) as connection:
        attempts = connection.execute("select state, failed_step from raw.run order by attempt").fetchall()
    first = ("completed", None) if point == CLOSED else ("failed", step_after(None if point == BEFORE_ALL else point))
    assert attempts == [first, ("completed", None)]


def test_a_failed_gate_publishes_nothing_and_the_next_run_completes_the_night(
    office: Path, undisturbed: dict[str, str]
) -> None:
    home, reference = copy_of(office, "gate"), office / "reference"
    short = partial(run, home.root, reference, is_judged_plainly=True, is_shown=False)
    assert short(THE_NIGHT_BEFORE) == 0
    yesterday, told = table_hashes(home.published), outbox(home)

    for failing, spoilt in {
        "gate-core": ("gate-incoming", f"insert into core.reading from core.reading {A_VISIT}"),
        "gate-mart": ("gate-core", "insert into core.tree_month from core.tree_month limit 1"),
    }.items():
        assert short(AS_OF, spoilt=spoilt) == FAILED
        assert published_version(home) == "000001"
        assert table_hashes(home.published) == yesterday
        new = [text for text in outbox(home) if text not in told]
        assert len(new) == 1 and TITLES[failing][0] in new[0]
        told += new

    assert short(AS_OF) == 0
    assert published_version(home) == "000002"
    assert differing(table_hashes(home.published), undisturbed) <= TELL_OF_OTHER_NIGHTS
    assert changes_of_state(home) == changes_of_state(Home(office / "undisturbed"))  # but for their time
    assert found_in(home) == found_in(Home(office / "undisturbed"))  # but for how long it is known
    with connect(home, read_only=True) as connection:
        attempts = connection.execute("select state, failed_step from raw.run order by as_of_at, attempt").fetchall()
    assert attempts == [("completed", None), ("failed", "gate-core"), ("failed", "gate-mart"), ("completed", None)]
