"""Columns keep their place and type; what does change is told in the CHANGELOG of its version."""

import re
from itertools import pairwise

import pytest

from jindu.settings import PROJECT_ROOT
from jindu.warehouse.columns import load

from .contract import Promise, changes, columns_of_sql, current_version, promised, versions

CHANGELOG = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
QUOTED = re.compile(r"`([^`]+)`")


def section(text: str, version: str) -> str:
    """What the CHANGELOG says of a version."""
    found = re.search(rf"^## {re.escape(version)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def untold(text: str, changed: dict[str, set[str]]) -> list[str]:
    """What changed and is not named in a text: a table or a column in backticks, alone or as table.column."""
    named = {word for quoted in QUOTED.findall(text) for word in re.findall(r"\w+", quoted)}
    missing = [table for table in changed if table not in named]
    return sorted(missing + [f"{table}.{name}" for table, names in changed.items() for name in names - named])


def test_the_published_columns_are_the_promised_ones_in_order_and_type() -> None:
    promise, made = promised(current_version()), columns_of_sql()
    assert made == promise, f"python -m tests.architecture.contract, and a line in CHANGELOG: {changes(promise, made)}"


def test_the_described_order_is_the_published_one() -> None:
    published: dict[str, list[str]] = {}
    for one in promised(current_version()):
        published.setdefault(one.table, []).append(one.column)
    described = {name: [column.name for column in table.columns] for name, table in load().tables.items()}
    assert described == published


def test_the_newest_heading_is_the_version() -> None:
    assert re.findall(r"^## (\S+)$", CHANGELOG, re.MULTILINE)[0] == current_version() == versions()[-1]


@pytest.mark.parametrize(("before", "after"), list(pairwise(versions())))
def test_every_change_is_told(before: str, after: str) -> None:
    assert untold(section(CHANGELOG, after), changes(promised(before), promised(after))) == []


def test_a_change_is_found() -> None:
    before = [Promise("t", "a", "BIGINT"), Promise("t", "b", "DATE"), Promise("gone", "a", "DATE")]
    after = [Promise("t", "b", "DATE"), Promise("t", "a", "BIGINT"), Promise("new", "a", "DATE")]
    assert changes(before, after) == {"gone": set(), "new": set(), "t": {"a", "b"}}
    assert changes(before[:2], [Promise("t", "a", "INTEGER"), before[1]]) == {"t": {"a"}}
    assert changes(before[:2], [*before[:2], Promise("t", "c", "DATE")]) == {"t": {"c"}}
    assert changes(before, before) == {}


def test_a_change_that_nobody_tells_is_named() -> None:
    changed = {"completion": {"month_value"}, "rule": set[str]()}
    assert untold("`completion` is quicker.", changed) == ["completion.month_value", "rule"]
    assert untold("`completion.month_value` is exact; new: `rule`.", changed) == []
    assert section("## 0.2.0\n`new`\n## 0.1.0\n`old`\n", "0.1.0") == "`old`\n"
