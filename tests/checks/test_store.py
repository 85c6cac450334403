"""What each rule was tried on: rows with something to judge, by submission, written anew every night."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from jindu.checks.expectations import Expectation, every_expectation
from jindu.checks.store import store_evaluations, store_rules
from jindu.shown import word
from jindu.warehouse.columns import load
from jindu.warehouse.connection import prepare

RULE = Expectation(
    code="high", table="check.measure", expect="values_between", column="size_value", severity="warning",
    owner="填报员", message_zh="{cell} 偏大", message_en="{cell} is high", reason="why",
)  # fmt: skip
LOST = replace(RULE, code="lost", expect="values_not_null")  # blank is what it judges
OTHER = replace(RULE, code="other", table="check.other", column="is_good")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two check tables: of a and b one row each is blank, c has nothing else, and one row is of no submission."""
    with duckdb.connect() as connection:
        prepare(connection)
        connection.execute(
            'create table "check".measure as from (values'
            " ('a', 1), ('a', 2), ('a', null), ('b', 3), ('b', null), ('c', null), (null, 4)"
            ") as measured(submission_id, size_value)"
        )
        connection.execute("create table \"check\".other as select 'c' as submission_id, true as is_good")
        yield connection


def test_blank_cells_are_not_tried_unless_blank_is_the_question(connection: duckdb.DuckDBPyConnection) -> None:
    for _ in range(2):  # a night that is run again
        store_evaluations(connection, [RULE, OTHER, LOST])
    assert connection.execute("from raw.evaluation order by all").fetchall() == [
        *(("high", "a", 2), ("high", "b", 1)),
        *(("lost", "a", 3), ("lost", "b", 2), ("lost", "c", 1)),
        ("other", "c", 1),
    ]


def test_a_rule_that_is_gone_leaves(connection: duckdb.DuckDBPyConnection) -> None:
    store_rules(connection, [("incoming", RULE), ("core", LOST)])
    assert store_rules(connection, [("incoming", RULE)]) == 1
    assert connection.execute("from raw.rule").fetchall() == [
        ("incoming", "high", "warning", "填报员", "{cell} 偏大", "{cell} is high", "why")
    ]


def test_every_rule_says_who_mends_it(connection: duckdb.DuckDBPyConnection) -> None:
    """The clerk's word in sql/mart/quality_finding.sql is that of the expectations."""
    store_rules(connection, every_expectation())
    owners = connection.execute("select distinct owner from raw.rule where gate = 'incoming' order by all").fetchall()
    assert owners == [("填报员",), ("统筹办",)]


def test_every_rule_has_a_name_and_only_one() -> None:
    """Pages list rules by their word in warehouse/columns.yml; where the expectation has a name it is the same."""
    rules = [rule for _, rule in every_expectation()]
    said = {rule.code: word("rule", "rule_code", rule.code, "zh") for rule in rules}
    assert [code for code, name in said.items() if name == code] == []
    assert {rule.code: rule.name_zh for rule in rules if rule.name_zh and rule.name_zh != said[rule.code]} == {}
    column = load().tables["rule"].column("rule_code")
    assert column is not None and set(column.values) == set(said)
