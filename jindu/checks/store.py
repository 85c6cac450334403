"""What the gates judge by, and what each rule was tried on, as tables: a pass rate needs more than the failures."""

from collections.abc import Iterable
from dataclasses import fields
from itertools import groupby
from operator import attrgetter

import duckdb
import polars as pl

from jindu.checks.expectations import Expectation

OF_A_RULE = ("severity", "owner", "message_zh", "message_en", "reason")  # columns of raw.rule beside gate and code
assert {field.name for field in fields(Expectation)} >= set(OF_A_RULE)


def store_rules(connection: duckdb.DuckDBPyConnection, rules: Iterable[tuple[str, Expectation]]) -> int:
    """Write raw.rule anew from every gate's name with its expectations; their number."""
    rows = [
        {"gate": gate, "rule_code": rule.code} | {name: getattr(rule, name) for name in OF_A_RULE}
        for gate, rule in rules
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("gate", "rule_code", *OF_A_RULE), pl.String))
    connection.begin()
    connection.execute("delete from raw.rule")
    connection.register("new_rule", frame)
    connection.execute("insert into raw.rule by name select * from new_rule")
    connection.unregister("new_rule")
    connection.commit()
    return len(rows)


def store_evaluations(connection: duckdb.DuckDBPyConnection, expectations: Iterable[Expectation]) -> None:
    """Write raw.evaluation anew: of each submission, the rows that each expectation had something to judge in.

    One pass over each check table. A blank cell is not judged, unless that is what is asked.
    """
    by_table = sorted(expectations, key=attrgetter("table"))
    connection.begin()
    connection.execute("delete from raw.evaluation")
    for table, rules in groupby(by_table, key=attrgetter("table")):
        connection.execute(_tried(table, [*rules]))
    connection.commit()


def _tried(table: str, rules: list[Expectation]) -> str:
    schema, name = table.split(".")
    counts = ", ".join(
        f"count({'*' if rule.expect == 'values_not_null' else _name(rule.column)}) as {_name(rule.code)}"
        for rule in rules
    )
    return f"""
        insert into raw.evaluation by name
        select rule_code, submission_id, evaluated_count
        from (
            unpivot (
                select submission_id, {counts}
                from {_name(schema)}.{_name(name)}
                where submission_id is not null
                group by submission_id
            )
            on columns(* exclude (submission_id)) into name rule_code value evaluated_count
        )
        where evaluated_count > 0
        order by rule_code, submission_id
    """


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
