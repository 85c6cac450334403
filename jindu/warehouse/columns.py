"""What every published table and column means: warehouse/columns.yml, read and checked."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jindu.settings import PROJECT_ROOT, JinduError

QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as quick, where libyaml is there
COLUMNS_FILE = PROJECT_ROOT / "warehouse" / "columns.yml"
UNIT_BY_SUFFIX = {  # a suffix has one meaning; _at is left out: the thresholds (on_pace_at) have it too
    "_code": "code",
    "_month": "month",
    "_on": "date",
    "_count": "count",
    "_ratio": "ratio",
    "_rank": "rank",
}


@dataclass(frozen=True)
class Column:
    """One quantity in one unit; `values` maps each code that it can hold to its Chinese word."""

    name: str
    name_zh: str
    unit: str
    meaning_zh: str
    meaning_en: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """One published table: its Chinese view, its meaning, its key and its columns in order."""

    name: str
    view: str
    meaning_zh: str
    meaning_en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """The column's description, None when nobody has written it."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Dictionary:
    """Everything that analysts are promised; `units` gives each unit's Chinese and English words."""

    tables: Mapping[str, Table]
    units: Mapping[str, tuple[str, str]]


@functools.cache
def load(path: Path = COLUMNS_FILE) -> Dictionary:
    """The published tables and what their columns mean.

    Raises JinduError with all that is wrong in the file.
    """
    content = yaml.load(path.read_text(encoding="utf-8"), QUICK_LOADER)
    problems: list[str] = []
    units = {name: (words["zh"], words["en"]) for name, words in content["units"].items()}
    shared = _columns("columns", content["columns"], units, problems)
    tables = {name: _table(name, entry, shared, units, problems) for name, entry in content["tables"].items()}
    used = {column.name for table in tables.values() for column in table.columns}
    problems += [f"columns.{name}: no table has this column" for name in sorted(shared.keys() - used)]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise JinduError(f"{path} 有误：\n{listed}", f"{path} is wrong:\n{listed}")
    return Dictionary(tables, units)


def _table(
    name: str, entry: Any, shared: Mapping[str, Column], units: Mapping[str, tuple[str, str]], problems: list[str]
) -> Table:
    where = f"tables.{name}"
    own = _columns(f"{where}.meanings", entry.get("meanings", {}), units, problems)
    known = {**shared, **own}
    listed = entry["columns"].split()
    problems += [f"{where}.columns: {column} has no meaning" for column in listed if column not in known]
    problems += [f"{where}.meanings: {column} is not in its columns" for column in own if column not in listed]
    problems += [f"{where}.key: {column} is not in its columns" for column in entry["key"] if column not in listed]
    columns = tuple(known[column] for column in listed if column in known)
    headings = [column.name_zh for column in columns]
    problems += [f"{where}: two columns are called {zh}" for zh in sorted(set(headings)) if headings.count(zh) > 1]
    return Table(name, entry["view"], entry["zh"], entry["en"], tuple(entry["key"]), columns)


def _columns(where: str, entries: Any, units: Mapping[str, tuple[str, str]], problems: list[str]) -> dict[str, Column]:
    found = {}
    for name, entry in entries.items():
        missing = [part for part in ("name", "unit", "zh", "en") if not entry.get(part)]
        if missing:
            problems.append(f"{where}.{name}: {', '.join(missing)} missing")
            continue
        if entry["unit"] not in units:
            problems.append(f"{where}.{name}: unit {entry['unit']} is not one of {', '.join(units)}")
        expected = next((unit for suffix, unit in UNIT_BY_SUFFIX.items() if name.endswith(suffix)), entry["unit"])
        if entry["unit"] != expected:
            problems.append(f"{where}.{name}: by its suffix its unit is {expected}, found {entry['unit']}")
        values = {str(code): str(word) for code, word in entry.get("values", {}).items()}
        found[name] = Column(name, entry["name"], entry["unit"], entry["zh"], entry["en"], values)
    return found
