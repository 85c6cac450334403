"""What a model reads, as the runner finds it, is what a parser finds."""

import pytest
import sqlglot
from sqlglot import expressions as exp

from jindu.warehouse.models import Model, models, needed


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
