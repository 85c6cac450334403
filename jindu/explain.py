"""Why a figure is what it is: one row of what is published, with every step from the typed cells to the status."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from jindu.report.summary import DUE_MONTH
from jindu.settings import Home, JinduError
from jindu.warehouse.published import published_copy
from jindu.workbooks.numbers import parse_month

NEAR_NAMES = 3
MONTHS_SHOWN = 3

ROW = """
select
    org_unit.org_unit_code,
    org_unit.name as unit_name,
    indicator.indicator_code,
    indicator.name_zh,
    coalesce(indicator.name_en, indicator.name_zh) as name_en,
    indicator.definition,
    indicator.kind,
    indicator.unit as measure,
    indicator.direction,
    indicator.source_section,
    completion.report_month,
    completion.status,
    completion.is_provisional,
    completion.is_sample,
    completion.is_suppressed,
    completion.completion_ratio,
    completion.pace_ratio,
    run.as_of_at,
from mart.completion
inner join mart.org_unit using (org_unit_code)
inner join mart.indicator using (indicator_code)
cross join (select max(as_of_at) as as_of_at from mart.run) as run
where org_unit_code = $unit and indicator_code = $indicator and report_month = $month
"""
STEPS = """
select step, kind, value, text_zh, text_en, source_unit_code, submission_id, file_name, sheet_name, cell
from mart.completion_explained
where org_unit_code = $unit and indicator_code = $indicator and report_month = $month
order by step
"""
MONTHS = """
select report_month
from mart.completion
where org_unit_code = $unit and indicator_code = $indicator
order by report_month
"""


@dataclass(frozen=True)
class Step:
    """One step, in both languages; a cell has the file, sheet and address where it stands."""

    kind: str
    value: Decimal | None
    text_zh: str
    text_en: str
    source_unit_code: str | None
    submission_id: str | None
    file_name: str | None
    sheet_name: str | None
    cell: str | None


@dataclass(frozen=True)
class Explanation:
    """A row of mart.completion as people call it, and its steps in order."""

    row: dict[str, Any]
    steps: tuple[Step, ...]


def explain(home: Home, unit: str, indicator: str, month: str | None) -> Explanation:
    """The row that a unit, an indicator (each by code or name) and a month name; without a month the latest due one.

    Raises JinduError when nothing is published, a name is not known (with the nearest ones), or there is no such row.
    """
    with published_copy(home) as (connection, _):
        _require_explanations(connection, home)
        unit_code = _code(connection, "org_unit", unit)
        indicator_code = _code(connection, "indicator", indicator)
        report_month = _month(month) if month else _latest_month(connection)
        asked = {"unit": unit_code, "indicator": indicator_code, "month": report_month}
        found = connection.execute(ROW, asked)
        names = [column[0] for column in found.description]
        row = found.fetchone()
        if row is None:
            raise _nothing_there(connection, unit, indicator, asked)
        steps = connection.execute(STEPS, asked).fetchall()
    return Explanation(dict(zip(names, row, strict=True)), tuple(Step(*step[1:]) for step in steps))


def _require_explanations(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    if not connection.execute("select 1 from duckdb_views() where view_name = 'completion_explained'").fetchall():
        raise JinduError(
            f"已发布的数据里还没有计算说明。请再运行一次 jindu run --home {home.root}。",
            f"What is published has no explanations yet. Run jindu run --home {home.root} once more.",
        )


def _month(text: str) -> date:
    month = parse_month(text)
    if month is None:
        raise JinduError(f"“{text}”不是月份，请写成 2024-09。", f"{text!r} is no month; write it as 2024-09.")
    return month


def _latest_month(connection: duckdb.DuckDBPyConnection) -> date:
    """The latest month whose due day has passed: what pages show (domain.md, Status)."""
    as_of = connection.execute("select max(as_of_at) from mart.run").fetchall()[0][0]
    month: date | None = connection.execute(DUE_MONTH, {"as_of": as_of}).fetchall()[0][0]
    if month is None:
        raise JinduError(
            "还没有报出期限已过的月份；请写出月份，如 2024-09。", "No month is due yet; name one, such as 2024-09."
        )
    return month


def _code(connection: duckdb.DuckDBPyConnection, table: str, spoken: str) -> str:
    """The code that a code or a name means: all of it, else the one name that holds it."""
    code, names = (
        ("org_unit_code", "name, short_name") if table == "org_unit" else ("indicator_code", "name_zh, name_en")
    )
    rows = connection.execute(f"select {code}, {names} from mart.{table} order by {code}").fetchall()
    called = {_plain(name): row[0] for row in reversed(rows) for name in row if name}
    wanted = _plain(spoken)
    if wanted in called:
        return str(called[wanted])
    holding = {row[0] for row in rows if any(name and wanted in _plain(name) for name in row[1:])} if wanted else set()
    if len(holding) == 1:
        return str(holding.pop())
    raise _unknown(table, spoken, rows, holding or {called[name] for name in _near(wanted, called)})


def _near(wanted: str, called: dict[str, str]) -> Sequence[str]:
    return difflib.get_close_matches(wanted, called, NEAR_NAMES, cutoff=0.4)


def _plain(name: str) -> str:
    return "".join(name.split()).lower()


def _unknown(table: str, spoken: str, rows: Sequence[tuple[Any, ...]], near: set[str]) -> JinduError:
    what_zh, what_en = ("单位", "org unit") if table == "org_unit" else ("指标", "indicator")
    listed = [(row[1], row[2] or row[1], row[0]) for row in rows if row[0] in near][: 2 * NEAR_NAMES]
    zh = "；是不是：" + "、".join(f"{name}（{code}）" for name, _, code in listed) if listed else ""
    if table == "org_unit":
        en = ", ".join(f"{name} ({code})" for name, _, code in listed)
    else:
        en = ", ".join(f"{name} ({code})" for _, name, code in listed)
    return JinduError(
        f"没有叫“{spoken}”的{what_zh}{zh}。请写代码或全名，已公布的见 mart.{table}。",
        f"No {what_en} is called {spoken!r}{'; did you mean ' + en if en else ''}. Give its code or its whole name; "
        f"mart.{table} lists them.",
    )


def _nothing_there(
    connection: duckdb.DuckDBPyConnection, unit: str, indicator: str, asked: dict[str, Any]
) -> JinduError:
    """Which months there are, or who has the indicator."""
    months = [month for (month,) in connection.execute(MONTHS, {k: asked[k] for k in ("unit", "indicator")}).fetchall()]
    if months:
        return JinduError(
            f"{unit}的“{indicator}”有 {months[0]:%Y-%m} 至 {months[-1]:%Y-%m} 的数，没有 {asked['month']:%Y-%m}。",
            f"{indicator} of {unit} is there for {months[0]:%Y-%m} to {months[-1]:%Y-%m}, not {asked['month']:%Y-%m}.",
        )
    holders = connection.execute(
        "select distinct coalesce(short_name, name), org_unit_code from mart.completion inner join mart.org_unit "
        "using (org_unit_code) where indicator_code = $indicator order by org_unit_code limit 6",
        {"indicator": asked["indicator"]},
    ).fetchall()
    names = [name for name, _ in holders]
    return JinduError(
        f"{unit}没有“{indicator}”这项指标" + (f"，有的是：{'、'.join(names)}。" if names else "，也没有别的单位有。"),
        f"{unit} has no figures of {indicator}"
        + (f"; these have: {', '.join(names)}." if names else ", and nobody has."),
    )
