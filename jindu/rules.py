"""The expectations held against the tables that they judge: what a file names has to be there, and be of its kind.

The tables are built empty, in memory, from sql/ as it stands; that takes a second, so a home remembers what was found
sound and a night with unchanged files does not look again.
"""

import difflib
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.checks.expectations import (
    EXPECTATIONS_ROOT,
    GATES,
    Expectation,
    ExpectationsError,
    Problem,
    placeholders,
    with_lines,
)
from jindu.checks.own_fault import own_fault_misfits
from jindu.checks.unwise import unwise
from jindu.memory import recall, remember
from jindu.settings import OFFICE_TIMEZONE, Home, Night, StepReport
from jindu.warehouse.columns import load as load_columns
from jindu.warehouse.connection import SQL_ROOT, prepare
from jindu.warehouse.models import build_one, needed, store_reference

NAMED = frozenset({"indicator", "org_unit", "found", "expected", "cell"})  # what the gate itself fills in
ANY_DAY = datetime.fromtimestamp(0, OFFICE_TIMEZONE)  # the tables are empty
NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT")
SOUND = "expectations.json"  # in a home: the fingerprint of the files that were found sound last
NEAR_NAMES = 3
NEVER_NEGATIVE = re.compile(r".*_(count|ratio)|(.*_)?(gap|excess)_value")  # how sql/check calls what begins at 0
OWN_FAULT_TABLE = "check.own_fault"  # read wherever months or units are compared: it says which of them count
INTEGERS = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "HUGEINT": 127}  # bits
Columns = dict[str, str]  # name: DuckDB's type


@dataclass(frozen=True)
class GateFile:
    """The expectations of one gate, and by code the line of each key."""

    gate: str
    path: Path
    expectations: tuple[Expectation, ...]
    lines: dict[str, dict[str, int]]


def check_expectations(root: Path | None = None) -> tuple[GateFile, ...]:
    """The files of all gates, found sound.

    Raises ExpectationsError with every fault of all of them, each with its file and line.
    """
    files: list[GateFile] = []
    problems: list[Problem] = []
    for gate in GATES:
        path = (root or EXPECTATIONS_ROOT) / f"{gate}.yml"
        try:
            files.append(GateFile(gate, path, *with_lines(path)))
        except ExpectationsError as error:
            problems += error.problems
    used: dict[str, tuple[Path, int]] = {}
    unsound: set[str] = set()
    for file in files:
        for rule in file.expectations:
            line = file.lines[rule.code]["code"]
            path, first = used.setdefault(rule.code, (file.path, line))
            if path != file.path:
                problems.append(
                    Problem(
                        file.path,
                        line,
                        f"代码“{rule.code}”在 {path.name} 第 {first} 行已经用过。",
                        f"code '{rule.code}' was already used in {path.name}, line {first}.",
                    )
                )
            misfits = [*_misfits(file, rule)]
            problems += misfits
            unsound |= {rule.code} if misfits else set()
        if file.gate == "incoming":
            problems += own_fault_misfits(file.path, file.expectations, file.lines, unsound)
    if problems:
        raise ExpectationsError(sorted(problems, key=lambda problem: (str(problem.path), problem.line)))
    return tuple(files)


def doubts(files: tuple[GateFile, ...]) -> list[Problem]:
    """What is allowed and hardly meant, in the order of the files."""
    return [
        Problem(file.path, file.lines[rule.code].get(key, file.lines[rule.code]["code"]), zh, en)
        for file in files
        for rule in file.expectations
        for key, zh, en in unwise(rule)
    ]


def check_expectations_of(home: Home) -> None:
    """Refuse to begin with expectations that are not sound; files that were sound in this home before are not read.

    Raises ExpectationsError.
    """
    fingerprint = _fingerprint()
    if (recall(home.root / SOUND) or {}).get("sha256") == fingerprint:
        return
    _once(fingerprint)
    with suppress(OSError):  # the disk is the next step's to tell
        remember(home.root / SOUND, {"sha256": fingerprint})


def load_rules_and_reference(night: Night) -> StepReport:
    """The first step of a night: nothing is collected by rules or reference data that have a fault."""
    check_expectations_of(night.home)
    return store_reference(night)


@functools.cache
def _once(_fingerprint: str) -> None:
    check_expectations()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted([*EXPECTATIONS_ROOT.glob("*.yml"), *SQL_ROOT.rglob("*.sql")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@functools.cache
def _columns() -> dict[str, Columns]:
    """The columns of every check table."""
    names = [f"check.{path.stem}" for path in sorted((SQL_ROOT / "check").glob("*.sql"))]
    with duckdb.connect() as connection:
        prepare(connection)
        store(connection, Catalogue(empty_frames()))
        for model in needed(names):
            build_one(connection, ANY_DAY, model)
        rows = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'check'"
        ).fetchall()
    found: dict[str, Columns] = {name: {} for name in names}
    for table, column, kind in rows:
        found[f"check.{table}"][column] = kind
    return found


@functools.cache
def _closure(table: str) -> frozenset[str]:
    """A check table and all that it is worked out from."""
    return frozenset(model.name for model in needed([table]))


def _misfits(file: GateFile, rule: Expectation) -> Iterator[Problem]:
    """What an expectation names and its table does not have."""
    lines, columns = file.lines[rule.code], _columns().get(rule.table)

    def problem(key: str, zh: str, en: str) -> Problem:
        ends = ("", "") if zh.endswith("？") else ("。", ".")
        return Problem(file.path, lines.get(key, lines["code"]), zh + ends[0], en + ends[1])

    if columns is None:
        near = _near(rule.table, _columns())
        yield problem("table", f"没有检查表 {rule.table}{near[0]}", f"there is no table {rule.table}{near[1]}")
        return
    for key in ("column", "found", "expected", "cell"):
        name = getattr(rule, key)
        if name not in columns and (key in lines or key == "cell"):
            near = _near(name, columns)
            yield problem(
                key, f"“{key}”是“{name}”，{rule.table} 没有这一列{near[0]}",
                f"'{key}' is '{name}', which is no column of {rule.table}{near[1]}",
            )  # fmt: skip
    for key in ("message_zh", "message_en"):
        for name in sorted(placeholders(getattr(rule, key)) - NAMED - columns.keys()):
            near = _near(name, columns)
            yield problem(
                key, f"“{key}”里的 {{{name}}} 不是 {rule.table} 的列{near[0]}",
                f"'{key}' names {{{name}}}, which is no column of {rule.table}{near[1]}",
            )  # fmt: skip
    yield from (problem(*told) for told in _unrelated(file, rule))
    if rule.column in columns:
        yield from (problem(*told) for told in _unlike(rule, columns[rule.column]))


def _unrelated(file: GateFile, rule: Expectation) -> Iterator[tuple[str, str, str]]:
    """A rule that does not stand to history, or to another rule, as it says."""
    if file.gate == "incoming" and rule.needs != "history" and OWN_FAULT_TABLE in _closure(rule.table):
        yield (
            "needs",
            f"{rule.table} 要与别的月份或单位比较，“needs”应为 history",
            f"{rule.table} compares with other months or units: 'needs' has to be history",
        )
    others = {other.code: other for other in file.expectations if other.code != rule.code}
    if rule.unless and rule.unless not in others:
        near = _near(rule.unless, others)
        yield (
            "unless",
            f"{file.path.name} 没有另一条规则“{rule.unless}”{near[0]}",
            f"{file.path.name} has no other rule '{rule.unless}'{near[1]}",
        )
    elif rule.unless and (others[rule.unless].table != rule.table or others[rule.unless].unless):
        yield (
            "unless",
            f"“{rule.unless}”要看同一张表 {rule.table}，自己不能再写“unless”",
            f"'{rule.unless}' has to judge the same table, {rule.table}, and have no 'unless' itself",
        )


def _unlike(rule: Expectation, kind: str) -> Iterator[tuple[str, str, str]]:
    """A bound or a value of another kind than the column's: it would never, or always, fail."""
    is_number = kind.startswith(NUMBERS) or "INT" in kind
    if rule.expect == "values_between" and not is_number:
        yield (
            "column",
            f"values_between 要数字列，“{rule.column}”是 {kind}",
            f"values_between takes a column of numbers; '{rule.column}' is {kind}",
        )
    elif rule.expect == "values_between":
        yield from _senseless(rule, kind)
    if rule.expect == "values_in_set" and kind == "BOOLEAN" and {*rule.values} == {True, False}:
        yield (
            "values",
            "“values”里 true 和 false 都有，什么都不会不合格",
            "'values' has both true and false: nothing fails",
        )
    if rule.expect == "values_in_set":
        fits = bool if kind == "BOOLEAN" else Decimal if is_number else str
        words = _words(rule.column) if kind == "VARCHAR" else frozenset()
        for value in rule.values:
            if words and isinstance(value, str) and value not in words:
                near = _near(value, words)
                yield (
                    "values",
                    f"“values”里的 {value} 不是“{rule.column}”会有的词{near[0]}",
                    f"'values' has {value}, which '{rule.column}' never is{near[1]}",
                )
            if not isinstance(value, fits):
                yield (
                    "values",
                    f"“values”里的 {value} 与“{rule.column}”的类型（{kind}）不符",
                    f"'values' has {value}, which is no {kind} as '{rule.column}' is",
                )


def _senseless(rule: Expectation, kind: str) -> Iterator[tuple[str, str, str]]:
    """A limit that every row fails, that none can fail, or that the column cannot have."""
    bits = INTEGERS.get(kind)
    for key, limit in (("minimum", rule.minimum), ("maximum", rule.maximum)):
        if limit is not None and bits and (limit % 1 or abs(limit) >= 2**bits):
            yield (
                key,
                f"“{rule.column}”是整数（{kind}），“{key}”不能是 {limit}",
                f"'{rule.column}' holds whole numbers ({kind}): '{key}' cannot be {limit}",
            )
    if not NEVER_NEGATIVE.fullmatch(rule.column):
        return
    if rule.maximum is not None and rule.maximum < 0:
        yield (
            "maximum",
            f"“{rule.column}”不会小于 0，“maximum”是 {rule.maximum}，每一行都会不合格",
            f"'{rule.column}' is never below 0: with 'maximum' {rule.maximum} every row fails",
        )
    if rule.maximum is None and rule.minimum is not None and rule.minimum <= 0:
        yield (
            "minimum",
            f"“{rule.column}”不会小于 0，只有“minimum” {rule.minimum}，什么都不会不合格",
            f"'{rule.column}' is never below 0: with 'minimum' {rule.minimum} alone nothing fails",
        )


@functools.cache
def _words(column: str) -> frozenset[str]:
    """The codes that a published column of that name can hold (warehouse/columns.yml); none where it holds no codes."""
    tables = load_columns().tables.values()
    return frozenset(code for table in tables if (found := table.column(column)) for code in found.values)


def _near(name: str, known: Iterable[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(name, [*known], NEAR_NAMES, cutoff=0.6)
    return (f"；是不是 {'、'.join(near)}？", f"; did you mean {', '.join(near)}?") if near else ("", "")
