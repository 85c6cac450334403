"""A whole night, as an operator runs it: the command, a real Prefect server, real files.

What is published is looked at in the invented year; what happens to a night that is run twice, or killed, is seen in
the small office.
"""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable

import duckdb

from jindu.settings import Home
from jindu.steps import STEPS
from jindu.warehouse.connection import connect

from .conftest import AS_OF, Ran, command, environment, run_night

PROMISED = {  # domain.md, Names that others build on
    "org_unit", "indicator", "target", "submission", "reporting", "completion", "ranking", "finding", "gate_result",
    "alert_case", "run",
}  # fmt: skip
TELLS_OF_THE_CLOCK = "run"  # when it started and ended differs between two runs of the same night
JOURNAL = [step for step in STEPS if step not in {"start", "summary", "deliver"}]


def test_the_night_is_done_and_asks_for_a_person(first: Ran) -> None:
    assert first.process.returncode == 1  # the invented year has rejected, held and missing reports
    for word in ("退回", "待核实", "社区综合排名", "示例", str(first.home.published)):
        assert word in first.process.stdout


def test_the_user_sees_no_traceback(first: Ran, small: Ran, small_again: Ran) -> None:
    for ran in (first, small, small_again):
        assert "Traceback" not in ran.process.stdout + ran.process.stderr
        assert "Error" not in ran.process.stderr


def test_every_promised_table_is_published_and_has_rows(first: Ran) -> None:
    assert first.hashes.keys() >= PROMISED
    connection = duckdb.connect(first.home.published.resolve(), read_only=True)
    counts = {name: connection.table(f"mart.{name}").count("*").fetchall()[0][0] for name in PROMISED}
    connection.close()
    assert [name for name, count in counts.items() if not count] == []


def test_every_step_is_in_the_journal(small_again: Ran) -> None:
    with connect(small_again.home, read_only=True) as connection:
        attempts = connection.execute("select attempt, state from raw.run order by attempt").fetchall()
        steps = connection.execute(
            "select step, state from raw.run_step where attempt = 1 order by started_at"
        ).fetchall()
    assert attempts == [(1, "completed"), (2, "completed")]
    assert steps == [(step, "completed") for step in JOURNAL]


def test_every_delivery_is_in_its_own_journal(small: Ran, small_again: Ran) -> None:
    with connect(small_again.home, read_only=True) as connection:
        deliveries = connection.execute(
            "select as_of_at = (select max(as_of_at) from raw.run), state, filed_count > 0, unsent_count"
            " from raw.delivery order by started_at"
        ).fetchall()
    assert deliveries == [(True, "completed", True, 0), (True, "completed", False, 0)]  # nobody is told twice
    assert "\n提醒：" in small.process.stdout  # each in the language that it was run in
    assert "\nAlerts: " in small_again.process.stdout


def test_prefect_knows_the_night_too(small_again: Ran) -> None:
    database = sqlite3.connect(small_again.home.prefect / "prefect.db")
    flows = database.execute(
        "select flow.name, state_type, count(*) from flow_run join flow on flow.id = flow_id group by 1, 2 order by 1"
    ).fetchall()
    tasks = database.execute("select state_type, count(*) from task_run group by state_type").fetchall()
    keys = database.execute("select distinct key from artifact where key is not null order by key").fetchall()
    database.close()
    assert flows == [("delivery", "COMPLETED", 2), ("nightly", "COMPLETED", 2)]
    assert tasks == [("COMPLETED", 2 * (len(JOURNAL) + 2))]  # and the summary, and the digests
    assert keys == [("ranking",), ("run-summary",)]


def test_a_night_run_twice_publishes_the_same(
    small: Ran, small_again: Ran, record_property: Callable[[str, object], None]
) -> None:
    for name, hashed in small.hashes.items():
        record_property(f"mart.{name}", f"{hashed[:16]} {small_again.hashes[name][:16]}")
    differing = {name for name in small.hashes if small.hashes[name] != small_again.hashes.get(name)}
    assert differing <= {TELLS_OF_THE_CLOCK}


def test_a_night_killed_midway_and_run_again_publishes_the_same(small: Ran, small_home: Home) -> None:
    """Killed while its workers read; test_killed.py kills between any two steps."""
    home = Home(small_home.root.with_name("killed"))
    shutil.copytree(small_home.root, home.root)
    shutil.copytree(small.home.prefect, home.prefect)  # saves Prefect's own first migration
    with subprocess.Popen(
        command("run", home, "--as-of", AS_OF),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert any("收文存档" in line for line in process.stderr)
        process.kill()
    assert not home.published.exists()
    again = run_night(home)
    differing = {name for name in small.hashes if small.hashes[name] != again.hashes.get(name)}
    assert differing <= {TELLS_OF_THE_CLOCK}
