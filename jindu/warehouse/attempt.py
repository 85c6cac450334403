"""Attempts at nights in the archive's journal: how each ended, its steps, and what the gates said.

What an earlier night measured cannot be worked out again, for a past night is never judged again. Of the incoming gate
the counts are kept here and the verdicts in their own journal; its findings are those of the newest night alone.
"""

from collections.abc import Sequence
from typing import Any

import duckdb

from jindu.settings import Home, JinduError
from jindu.warehouse.journal import NIGHTS, append, insert, read_lines, table_rows

OF_THE_ATTEMPT = "select * from raw.run_step where run_id = ? and attempt = ? order by started_at, step"
OF_THE_NIGHT = {
    "gate_results": "select * from raw.gate_result where run_id = ? order by gate, expectation_code",
    "findings": "select * from raw.finding where run_id = ? and gate != 'incoming' order by all",
}
TABLES = {"run": "raw.run", "steps": "raw.run_step", "gate_results": "raw.gate_result", "findings": "raw.finding"}
Line = dict[str, Any]


def keep_attempts(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write down the attempts that have ended since; a second time adds nothing."""
    known = {_end(line) for line in read_lines(home, NIGHTS)}
    ended = table_rows(connection, "select * from raw.run where state != 'running' order by as_of_at, attempt")
    for run in ended:
        if _end({"run": run}) not in known:
            steps = table_rows(connection, OF_THE_ATTEMPT, [run["run_id"], run["attempt"]])
            of_the_night = {
                name: table_rows(connection, query, [run["run_id"]]) for name, query in OF_THE_NIGHT.items()
            }
            append(home, NIGHTS, [{"run": run, "steps": steps, **of_the_night}])


def attempts(home: Home) -> list[Line]:
    """The attempts of the journal, each as it ended last, in the order of their beginning."""
    newest = {(line["run"]["run_id"], line["run"]["attempt"]): line for line in read_lines(home, NIGHTS)}
    return sorted(newest.values(), key=lambda line: str(line["run"]["started_at"]))


def recall_attempts(connection: duckdb.DuckDBPyConnection, lines: Sequence[Line]) -> None:
    """Put attempts into the database, and of each night what the gates said last."""
    for line in lines:
        run_id = line["run"]["run_id"]
        for name in OF_THE_NIGHT:
            connection.execute(f"delete from {TABLES[name]} where run_id = ?", [run_id])
        insert(connection, TABLES["run"], [line["run"]])
        for name in ("steps", *OF_THE_NIGHT):
            insert(connection, TABLES[name], line[name])


def refuse_lost_database(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """A home whose archive tells of nights and whose database is gone is rebuilt, not begun anew.

    Raises JinduError: a night would take the inbox alone for all that ever came.
    """
    if not connection.execute("select 1 from raw.run limit 1").fetchall() and read_lines(home, NIGHTS):
        raise JinduError(
            f"{home.private_database} 不见了或是空的，而归档里有过去各夜的记录。"
            f"请运行 jindu rebuild --home {home.root} 重建；要从头重放过去，请用一份没有 archive/ 的副本。",
            f"{home.private_database} is gone or empty, while the archive tells of past nights. Rebuild it with "
            f"jindu rebuild --home {home.root}; to replay the past from its beginning, use a copy without archive/.",
        )


def _end(line: Line) -> tuple[Any, ...]:
    return tuple(line["run"][name] for name in ("run_id", "attempt", "state", "finished_at"))
