"""Every example in the help of every command, in both languages, is run on the small office's home."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from jindu import cli
from jindu.lock import lock_holder
from jindu.settings import Home
from tests.help_example import LANGUAGES, examples

from .conftest import Ran, environment

COMMUNITY = "350599001001"
RUN_BY_FIXTURES = {"run", "sample"}  # conftest.py takes their arguments from the help
RUN_ELSEWHERE = {"rebuild", "backup", "restore"}  # tests/lifecycle, one after the other
SHOWN_OTHERWISE = RUN_BY_FIXTURES | RUN_ELSEWHERE | {"site"}
LONG_RUNNING: dict[str, Callable[[Home], bool]] = {  # and when each is at work
    "watch": lambda home: lock_holder(home, path=home.watch_lock) is not None,
    "serve": lambda home: (home.prefect / "supervisord.pid").exists(),
}
# serve boots for half a minute before it ends in order (tests/serve shows that); killed, it takes its children along
ENDED_BY = {"watch": signal.SIGTERM, "serve": signal.SIGKILL}
ENDED_WELL = (0, 1)  # done, or done and something needs a person


@pytest.fixture(scope="module")
def home(small: Ran, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of a finished night, with a reference folder of its own."""
    place = Home(tmp_path_factory.mktemp("help") / "home")
    shutil.copytree(small.home.root, place.root, symlinks=True)
    return place


def places(home: Home, tmp_path: Path, command: str) -> dict[str, str]:
    """What stands for the names of the examples."""
    if command == "new":
        return {"/data/": f"{tmp_path}/"}
    workbook = next((home.inbox / COMMUNITY).glob("*2024-05*.xlsx"))
    return {
        "/data/jindu": str(home.root),
        "/data/export": str(tmp_path / "export"),
        "社区工作月报.xlsx": str(workbook),
        "report.xlsx": str(workbook),
        "990101001001": COMMUNITY,
        "990101001": COMMUNITY[:9],
        "走访企业": "走访",
        "enterprise_visited": "visit",
        "visits": "visit",
        "community_monthly": "monthly",
        "2024-09": "2024-05",
        "0a1b2c3d": open_warning(home),
        "5d6e7f80": open_case(home),
    }


def open_warning(home: Home) -> str:
    """The id of a warning that nobody has answered."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        ((finding_id,),) = connection.execute(
            "select min(finding_id) from mart.finding inner join mart.submission using (submission_id)"
            " where severity = 'warning' and finding.state = 'open' and submission.state = 'held'"
        ).fetchall()
    return str(finding_id)


def open_case(home: Home) -> str:
    """The id of an alert that somebody is told of."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        ((case_id,),) = connection.execute(
            "select min(case_id) from mart.alert_case where is_told and resolved_at is null"
        ).fetchall()
    return str(case_id)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_are_written_as_its_example_says(small: Ran, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    """In the small office, which has few."""
    (arguments,) = examples("site", lang, {"/data/jindu": str(small.home.root)})
    before = small.home.site.resolve()
    assert cli.run_command(arguments) in ENDED_WELL, capsys.readouterr().err
    assert capsys.readouterr().out.strip()
    assert small.home.site.resolve() != before


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "command", [name for name in cli.COMMANDS if name not in SHOWN_OTHERWISE | LONG_RUNNING.keys()]
)
def test_every_example_does_what_it_says(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, lang: str
) -> None:
    for arguments in examples(command, lang, places(home, tmp_path, command)):
        assert cli.run_command(arguments) in ENDED_WELL, capsys.readouterr().err
        assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("command", LONG_RUNNING)
def test_what_runs_on_and_on_starts_from_its_example_and_ends_when_asked(
    home: Home, tmp_path: Path, command: str
) -> None:
    (said,), (arguments,) = (examples(command, lang, places(home, tmp_path, command)) for lang in LANGUAGES)
    assert arguments == ["--lang", "en", *said]  # one process shows both
    process = subprocess.Popen(
        [sys.executable, "-m", "jindu.cli", *arguments], env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not LONG_RUNNING[command](home):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.send_signal(ENDED_BY[command])
    output, _ = process.communicate(timeout=60)
    assert process.returncode == (0 if ENDED_BY[command] == signal.SIGTERM else -ENDED_BY[command]), output
