"""Great Expectations on the private database: which rows of which table fail which expectation.

Importing the library takes about ten seconds, so that happens inside the function that judges.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from jindu.checks.expectations import Expectation
from jindu.settings import JinduError, Progress, no_progress

KEY = "check_key"  # unique in every check table: a finding is joined back by it
EVERY_KEY = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [KEY],
    "partial_unexpected_count": 2**31 - 1,  # COMPLETE alone gives the keys of 20 rows
    "exclude_unexpected_values": True,  # the keys suffice; turning values into JSON takes a second per thousand
}


class GateError(JinduError):
    """The expectations could not be judged: this is no verdict about the data."""


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation: the rows judged, and the keys of those that failed, in order."""

    expectation: Expectation
    evaluated_count: int
    failed_keys: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """No more rows failed than are tolerated as a known flaw."""
        return len(self.failed_keys) <= self.expectation.tolerated_count


def judge(database: Path, expectations: tuple[Expectation, ...], progress: Progress = no_progress) -> list[Verdict]:
    """Judge all expectations in one pass, table by table; verdicts in the order of `expectations`.

    Nothing else in the process may have the database open meanwhile. Raises GateError when an expectation itself errs.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415 - ten seconds that only a gate should pay
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    by_table = sorted(expectations, key=attrgetter("table"))
    tables = {table: list(members) for table, members in groupby(by_table, key=attrgetter("table"))}
    verdicts: dict[str, Verdict] = {}
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        "private",
        connection_string=f"duckdb:///{database}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},
        # all at once: after each one added the library writes the whole context as YAML
        assets=[_judged_columns(table, members) for table, members in tables.items()],
    )
    with _buffered_rows(frozenset(asset.query for asset in source.assets)):
        try:
            counts = _rows_counts(source, tables)
            for done, (table, members) in enumerate(tables.items(), start=1):
                for verdict in _judge_table(gx, source, table, members, counts[table]):
                    verdicts[verdict.expectation.code] = verdict
                progress(done, len(tables))
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()
    return told_once([verdicts[expectation.code] for expectation in expectations])


def told_once(verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts, each without the rows that another rule tells in its stead (`unless`)."""
    failed = {verdict.expectation.code: frozenset(verdict.failed_keys) for verdict in verdicts}
    told = [failed.get(verdict.expectation.unless, frozenset()) for verdict in verdicts]
    return [
        replace(verdict, failed_keys=tuple(key for key in verdict.failed_keys if key not in elsewhere))
        for verdict, elsewhere in zip(verdicts, told, strict=True)
    ]


@contextmanager
def _buffered_rows(asked_for_names: frozenset[str]) -> Iterator[None]:
    """Fetch the rows of DuckDB at once: Great Expectations reads them after it has closed the connection.

    A table's whole query it runs only to learn the names of the columns: none of those rows is fetched.
    """
    from sqlalchemy import event  # noqa: PLC0415 - only a gate needs it
    from sqlalchemy.engine import Engine  # noqa: PLC0415
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy  # noqa: PLC0415

    def fetch(connection: Any, cursor: Any, statement: str, _parameters: Any, execution: Any, _many: Any) -> None:
        if connection.dialect.name == "duckdb" and cursor.description is not None:
            rows = [] if statement in asked_for_names else cursor.fetchall()
            execution.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, cursor.description, rows)

    event.listen(Engine, "after_cursor_execute", fetch)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", fetch)


def _judged_columns(table: str, members: list[Expectation]) -> dict[str, str]:
    """A table as the library sees it: a query of the columns that are judged, of which it asks the names once.

    Of a table asset it asks columns, keys and relations in the catalogue, which costs more than judging them.
    """
    schema, name = table.split(".")
    columns = ", ".join(f'"{column}"' for column in dict.fromkeys([KEY, *(member.column for member in members)]))
    return {"name": table, "type": "query", "query": f'SELECT {columns} from "{schema}"."{name}"'}


def _rows_counts(source: Any, tables: Iterable[str]) -> dict[str, int]:
    """The rows of each table. Raises GateError when one is not there."""
    from sqlalchemy import text  # noqa: PLC0415 - only a gate needs it

    counts = {}
    with source.get_engine().connect() as connection:
        known = text(
            "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
        )
        there = {f"{schema}.{name}" for schema, name in connection.execute(known)}
        for table in tables:
            schema, name = table.split(".")
            if table not in there:
                raise GateError(
                    f"检查表 {table} 不存在，请先重建（sql/{schema}/{name}.sql）。",
                    f"The check table {table} is not there; build it first (sql/{schema}/{name}.sql).",
                )
            counts[table] = int(connection.execute(text(f'select count(*) from "{schema}"."{name}"')).scalar_one())
    return counts


def _judge_table(gx: Any, source: Any, table: str, members: list[Expectation], rows_count: int) -> Iterator[Verdict]:
    """Which of a table's expectations hold, all in one query; then the keys of those that do not, most being kept."""
    asset = source.get_asset(table)
    batch = asset.get_batch(asset.build_batch_request())
    held = {
        result.expectation_config.meta["code"]
        for result in batch.validate(_suite(gx, table, members), result_format="BOOLEAN_ONLY").results
        if result.success
    }
    failed = {}
    if broken := [expectation for expectation in members if expectation.code not in held]:
        outcome = batch.validate(_suite(gx, table, broken), result_format=EVERY_KEY)
        failed = {result.expectation_config.meta["code"]: result for result in outcome.results}
    for expectation in members:
        if expectation.code in held:
            yield Verdict(expectation, rows_count, ())
        else:
            yield _verdict(expectation, failed[expectation.code])


def _suite(gx: Any, table: str, members: list[Expectation]) -> Any:
    """The expectations as a suite that no store knows: each write to one turns the whole context into YAML."""
    suite = gx.ExpectationSuite(name=table)
    for expectation in members:
        suite.add_expectation(_translate(gx, expectation))
    return suite


def _translate(gx: Any, expectation: Expectation) -> Any:
    severity = "info" if expectation.severity == "information" else expectation.severity
    common: dict[str, Any] = {
        "column": expectation.column,
        "severity": severity,
        "meta": {"code": expectation.code},
    }
    match expectation.expect:
        case "values_between":
            bounds = {"min_value": expectation.minimum, "max_value": expectation.maximum}
            return gx.expectations.ExpectColumnValuesToBeBetween(
                **common, **{name: float(bound) for name, bound in bounds.items() if bound is not None}
            )
        case "values_in_set":
            return gx.expectations.ExpectColumnValuesToBeInSet(**common, value_set=list(expectation.values))
        case "values_not_null":
            return gx.expectations.ExpectColumnValuesToNotBeNull(**common)
        case "values_unique":
            return gx.expectations.ExpectColumnValuesToBeUnique(**common)
    raise GateError(f"没有“{expectation.expect}”这种检查。", f"There is no expectation '{expectation.expect}'.")


def _verdict(expectation: Expectation, result: Any) -> Verdict:
    """Read one result; an exception inside it looks like a failure and is none."""
    failure = _exception_of(result.exception_info or {})
    found: dict[str, Any] = dict(result.result or {})
    if failure is None and "element_count" not in found:
        failure = "no result"
    if failure is not None:
        raise GateError(
            f"检查项 {expectation.code}（{expectation.table}.{expectation.column}）无法执行：{failure}",
            f"Expectation {expectation.code} ({expectation.table}.{expectation.column}) could not be judged: {failure}",
        )
    keys = [str(key) for columns in found.get("unexpected_index_list") or () for key in columns[KEY]]
    failed_count = int(found.get("unexpected_count") or 0)
    if len(keys) != failed_count or bool(result.success) != (failed_count == 0):
        raise GateError(
            f"检查项 {expectation.code} 有 {failed_count} 行不合格，只取回 {len(keys)} 行。",
            f"Expectation {expectation.code} failed for {failed_count} rows, but {len(keys)} came back.",
        )
    return Verdict(expectation, int(found["element_count"]), tuple(sorted(keys)))


def _exception_of(info: dict[str, Any]) -> str | None:
    """The message of an exception, told flat ({raised_exception: …}) or by metric ({metric: {raised_exception: …}})."""
    for entry in (info, *info.values()):
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message"))
    return None
