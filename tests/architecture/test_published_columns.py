"""What analysts are promised is what they get: every published column is described, and nothing more is."""

import pytest

from jindu.warehouse.columns import UNIT_BY_SUFFIX, load

from .contract import columns_of_sql

TYPES_BY_UNIT = {
    "date": {"DATE"},
    "month": {"DATE"},
    "moment": {"TIMESTAMP WITH TIME ZONE"},
    "flag": {"BOOLEAN"},
    "code": {"VARCHAR"},
    "text": {"VARCHAR"},
    "count": {"INTEGER", "BIGINT"},
    "rank": {"INTEGER", "BIGINT"},
}
PRIVATE = {"note", "filled_by", "approved_by", "approver"}  # domain.md: names of people and notes never reach mart


@pytest.fixture(scope="module")
def mart() -> dict[str, dict[str, str]]:
    """Each table of mart, built from nothing: its columns and their types."""
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in columns_of_sql():
        tables.setdefault(table, {})[column] = kind
    return tables


def test_the_published_tables_are_the_described_ones(mart: dict[str, dict[str, str]]) -> None:
    assert set(mart) == set(load().tables)


@pytest.mark.parametrize("table", load().tables)
def test_the_published_columns_are_the_described_ones(mart: dict[str, dict[str, str]], table: str) -> None:
    assert set(mart[table]) == {column.name for column in load().tables[table].columns}


@pytest.mark.parametrize("table", load().tables)
def test_a_column_has_the_type_of_its_unit(mart: dict[str, dict[str, str]], table: str) -> None:
    wrong = {
        column.name: mart[table][column.name]
        for column in load().tables[table].columns
        if mart[table][column.name] not in TYPES_BY_UNIT.get(column.unit, {mart[table][column.name]})
    }
    assert not wrong


@pytest.mark.parametrize("table", load().tables)
def test_a_value_is_an_exact_decimal(mart: dict[str, dict[str, str]], table: str) -> None:
    measured = {column.name for column in load().tables[table].columns if column.unit in {"value", "ratio", "metric"}}
    assert not {name for name in measured if not mart[table][name].startswith("DECIMAL")}


def test_names_of_people_and_notes_stay_inside(mart: dict[str, dict[str, str]]) -> None:
    assert not [(table, column) for table, columns in mart.items() for column in columns if column in PRIVATE]


def test_views_are_chinese_and_distinct() -> None:
    views = [table.view for table in load().tables.values()]
    assert len(set(views)) == len(views)
    assert all(not view.isascii() for view in views)
    assert not [column.name for table in load().tables.values() for column in table.columns if column.name_zh.isascii()]


def test_a_suffix_has_one_unit() -> None:
    for table in load().tables.values():
        for column in table.columns:
            suffixes = [suffix for suffix in UNIT_BY_SUFFIX if column.name.endswith(suffix)]
            assert [UNIT_BY_SUFFIX[suffix] for suffix in suffixes] in ([], [column.unit]), column.name
            assert (column.unit == "flag") == (column.name.startswith(("is_", "has_")) or column.name == "passed")
