"""The expectations said a second time, in plain SQL: what the first answer needs before Great Expectations is there.

A night is always judged by Great Expectations; a test holds the two to the same verdicts.
"""

from collections.abc import Iterable
from decimal import Decimal

import duckdb

from jindu.checks.engine import KEY, Verdict, told_once
from jindu.checks.expectations import Expectation, Scalar


def judge_plainly(connection: duckdb.DuckDBPyConnection, expectations: Iterable[Expectation]) -> list[Verdict]:
    """The verdicts on check tables that are built, in the order of `expectations`."""
    return told_once([_verdict(connection, expectation) for expectation in expectations])


def fails(expectation: Expectation) -> str:
    """The SQL condition of a row that fails; a blank cell is not judged, unless that is what is asked."""
    column = expectation.column
    match expectation.expect:
        case "values_between":
            bounds = [f"{column} < {expectation.minimum}"] if expectation.minimum is not None else []
            bounds += [f"{column} > {expectation.maximum}"] if expectation.maximum is not None else []
            return " or ".join(bounds)
        case "values_in_set":
            return f"{column} not in ({', '.join(_literal(value) for value in expectation.values)})"
        case "values_not_null":
            return f"{column} is null"
        case "values_unique":
            return f"{column} in (select {column} from {_table(expectation)} group by {column} having count(*) > 1)"
    raise AssertionError(expectation.expect)


def _verdict(connection: duckdb.DuckDBPyConnection, expectation: Expectation) -> Verdict:
    table = _table(expectation)
    keys = connection.execute(f"select {KEY} from {table} where {fails(expectation)} order by {KEY}").fetchall()
    counted = connection.execute(f"select count(*) from {table}").fetchone()
    return Verdict(expectation, counted[0] if counted else 0, tuple(key for (key,) in keys))


def _table(expectation: Expectation) -> str:
    schema, table = expectation.table.split(".")
    return f'"{schema}"."{table}"'  # check is a keyword


def _literal(value: Scalar) -> str:
    return str(value) if isinstance(value, bool | Decimal) else "'" + value.replace("'", "''") + "'"
