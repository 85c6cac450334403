"""What a model reads, as the runner finds it, is what a parser finds."""

from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest
import sqlglot
from sqlglot import expressions as exp

from jindu.warehouse.models import Model, build_one, models, needed


@pytest.mark.parametrize("model", models().values(), ids=lambda model: model.name)
def test_the_runner_finds_what_a_parser_finds(model: Model) -> None:
    tree = sqlglot.parse_one(model.select, dialect="duckdb")
    assert model.reads == {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}
    assert model.takes_as_of == any(node.name == "as_of" for node in tree.find_all(exp.Parameter, exp.Placeholder))


def test_a_model_comes_after_all_that_it_needs() -> None:
    everything = models()
    chosen = [model.name for model in needed(["check.sound_reading"])]
    assert chosen[-1] == "check.sound_reading"
    for place, name in enumerate(chosen):
        assert (everything[name].reads & everything.keys()) <= set(chosen[:place])
    assert "mart.completion" not in chosen


def test_a_view_takes_the_place_of_an_older_release_table_and_back() -> None:
    table = Model("check.measure", "-- grain: one row\nselect 1 as size_value", frozenset(), takes_as_of=False)
    view = replace(table, select="-- grain: one row\nselect 2 as size_value", is_view=True)
    with duckdb.connect() as connection:
        connection.execute('create schema "check"')
        for model, size in ((table, 1), (view, 2), (table, 1)):
            build_one(connection, datetime(2030, 1, 1, tzinfo=UTC), model)
            assert connection.sql('select size_value from "check".measure').fetchall() == [(size,)]
