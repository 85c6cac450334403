"""columns.yml is refused whole, with all that is wrong in it."""

from pathlib import Path

import pytest
import yaml

from jindu.settings import JinduError
from jindu.warehouse.columns import load
from jindu.warehouse.dictionary import data_dictionary

COLUMN = {"name": "列", "unit": "count", "zh": "含义。", "en": "Meaning."}


def write(folder: Path, columns: dict[str, dict[str, str]], listed: str, key: list[str]) -> Path:
    table = {"view": "表", "zh": "表。", "en": "Table.", "key": key, "columns": listed}
    content = {"units": {"count": {"zh": "个数", "en": "count"}}, "columns": columns, "tables": {"t": table}}
    path = folder / "columns.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    dictionary = load(write(tmp_path, {"row_count": COLUMN}, "row_count", ["row_count"]))
    assert dictionary.tables["t"].columns[0].name_zh == "列"
    assert "| `row_count` | 列 | 个数" in data_dictionary(dictionary)


@pytest.mark.parametrize(
    ("columns", "listed", "key", "problem"),
    [
        ({"row_count": COLUMN}, "row_count other", ["row_count"], "tables.t.columns: other has no meaning"),
        ({"row_count": COLUMN}, "row_count", ["other"], "tables.t.key: other is not in its columns"),
        ({"row_count": COLUMN, "spare": COLUMN}, "row_count", ["row_count"], "columns.spare: no table has this column"),
        ({"a": COLUMN, "b": COLUMN}, "a b", ["a"], "tables.t: two columns are called 列"),
        ({"a": {**COLUMN, "zh": ""}}, "a", ["a"], "columns.a: zh missing"),
        ({"a": {**COLUMN, "unit": "mile"}}, "a", ["a"], "columns.a: unit mile is not one of count"),
        ({"a_ratio": COLUMN}, "a_ratio", ["a_ratio"], "by its suffix its unit is ratio, found count"),
    ],
)
def test_a_fault_is_named(
    tmp_path: Path, columns: dict[str, dict[str, str]], listed: str, key: list[str], problem: str
) -> None:
    with pytest.raises(JinduError) as raised:
        load(write(tmp_path, columns, listed, key))
    assert problem in raised.value.message_zh and problem in raised.value.message_en
