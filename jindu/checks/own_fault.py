"""The rules that reject a file by itself, held against sql/check/own_fault.sql, which says them a second time.

That table is built before any rule is judged: later months are compared with what passes it. Where the two disagree on
a rule, its measure or its limit, they would be compared with a month that does not count, or with none.
"""

import functools
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import sqlglot
from sqlglot import exp

from jindu.checks.expectations import Expectation, Problem
from jindu.warehouse.connection import SQL_ROOT

OWN_FAULT = SQL_ROOT / "check" / "own_fault.sql"
VERSIONS_RULE = "late_without_reason"  # needs history, yet only the versions of its own report


def own_fault_misfits(
    path: Path, rules: tuple[Expectation, ...], lines: Mapping[str, Mapping[str, int]], unsound: Collection[str]
) -> Iterator[Problem]:
    """Where the incoming gate's file and own_fault.sql disagree; `lines` are those of each rule's keys, by code.

    What is unsound by itself is told already.
    """
    where, faults = OWN_FAULT.relative_to(SQL_ROOT.parent).as_posix(), _faults()
    for rule in rules:
        if rule.code in unsound:
            continue
        for key, zh, en in _disagreements(rule, faults.get(rule.code), where):
            yield Problem(path, lines[rule.code].get(key, lines[rule.code]["code"]), zh, en)
    for code in sorted(faults.keys() - {rule.code for rule in rules}):
        yield Problem(
            path,
            1,
            f"没有规则“{code}”，{where} 却要用它排除不合格的月份。请恢复，或把它也从那里删去。",
            f"there is no rule '{code}', which {where} takes months out of the history by; restore it, or take it out "
            "there as well.",
        )


def _disagreements(rule: Expectation, condition: str | None, where: str) -> Iterator[tuple[str, str, str]]:
    has_history = rule.needs == "history" and rule.code != VERSIONS_RULE
    if condition is None:
        if rule.severity == "critical" and not has_history:
            yield (
                "severity",
                f"“severity”是 critical，与 {where} 不符：那里没有这条规则，不合格的月份仍会与以后的月份比较。"
                "请在那里加上，或改为 warning。",
                f"'severity' is critical, unlike {where}, which lacks it: later months would still be compared with "
                "one that fails it; add it there, or make it a warning.",
            )
    elif rule.severity != "critical":
        yield (
            "severity",
            f"“severity”是 {rule.severity}，与 {where} 不符：那里这条规则算强制性的，不合格的月份不与以后的"
            "月份比较。请改回 critical，或把它也从那里删去。",
            f"'severity' is {rule.severity}, unlike {where}, which counts it as critical and compares later months "
            "with none that fails it; make it critical again, or take it out there as well.",
        )
    elif has_history:
        yield (
            "needs",
            f"“needs”是 history，与 {where} 不符：那里这条规则算只看文件本身的。请改回，或把它也从那里删去。",
            f"'needs' is history, unlike {where}, which counts it as one that the file alone tells; change it "
            "back, or take it out there as well.",
        )
    elif _failing(rule) != condition:
        key = next((key for key in ("maximum", "minimum", "values") if getattr(rule, key) not in (None, ())), "expect")
        yield (
            key,
            f"这里不合格的是 {_failing(rule)}，与 {where} 不符：那里是 {condition}。请两处改成一样。",
            f"what fails here is {_failing(rule)}, unlike {where}, where it is {condition}; make the two alike.",
        )


def _failing(rule: Expectation) -> str:
    """Which rows fail the rule, as own_fault.sql has to write it."""
    column = rule.column
    match rule.expect:
        case "values_in_set" if rule.values in ((True,), (False,)):
            condition = f"not {column}" if rule.values == (True,) else column
        case "values_in_set":
            words = ", ".join(str(exp.convert(value).sql("duckdb")) for value in rule.values)
            condition = f"not {column} in ({words})"
        case "values_between" if rule.minimum is not None and rule.minimum == rule.maximum:
            condition = f"{column} != {rule.minimum}"
        case "values_between":
            limits = (("<", rule.minimum), (">", rule.maximum))
            condition = " or ".join(f"{column} {sign} {limit}" for sign, limit in limits if limit is not None)
        case "values_not_null":
            condition = f"{column} is null"
        case _:
            condition = f"{rule.expect}({column})"  # of several rows together: own_fault.sql has none such
    return _shown(sqlglot.parse_one(condition, dialect="duckdb"))


@functools.cache
def _faults() -> dict[str, str]:
    """By rule the condition in own_fault.sql: a case in a list of codes, or a code of its own with its where."""
    found: dict[str, str] = {}
    query = sqlglot.parse_one(OWN_FAULT.read_text(encoding="utf-8"), dialect="duckdb")
    for branch in query.find_all(exp.If):
        if isinstance(branch.args.get("true"), exp.Literal):
            found[branch.args["true"].name] = _shown(branch.this)
    for select in query.find_all(exp.Select):
        where = select.args.get("where")
        for column in select.selects:
            if isinstance(column, exp.Alias) and isinstance(column.this, exp.Literal) and where:
                found[column.this.name] = _shown(where.this)
    return found


def _shown(condition: exp.Expr) -> str:
    return condition.sql("duckdb", comments=False).lower()
