"""A world in the warehouse: its catalogue through the loader, its reports as core.value, then the models after it."""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from jindu.catalogue import Catalogue, empty_frames, load, store
from jindu.settings import OFFICE_TIMEZONE, parse_as_of
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build, models
from tests.laws.world import ALWAYS, FOREVER, Report, Target, World, year_before
from tests.laws.worlds import Night

GIVEN = "core.value"
WANTED = ("mart.completion", "mart.ranking", "mart.target")
Rows = list[dict[str, Any]]


def empty_warehouse() -> duckdb.DuckDBPyConnection:
    """In memory, every table typed and empty."""
    connection = duckdb.connect()
    prepare(connection)
    store(connection, Catalogue(empty_frames()))
    build(connection, parse_as_of("2024-10-10T02:00"), [name for name in models() if not name.startswith("check.")])
    return connection


@cache
def rebuilt() -> frozenset[str]:
    """The models that the wanted tables need, as far back as core.value."""
    found: set[str] = set()
    waiting = list(WANTED)
    while waiting:
        name = waiting.pop()
        if name in models() and name != GIVEN and name not in found:
            found.add(name)
            waiting += models()[name].reads
    return frozenset(found)


def compute(connection: duckdb.DuckDBPyConnection, night: Night, *, reverse: bool = False) -> dict[str, Rows]:
    """The wanted tables of a world, each a list of rows."""
    with tempfile.TemporaryDirectory() as folder:
        write_reference(Path(folder), night.world, reverse=reverse)
        store(connection, load(Path(folder)))
    give_values(connection, night.world, reverse=reverse)
    return recompute(connection, night.as_of)


def recompute(connection: duckdb.DuckDBPyConnection, as_of: str) -> dict[str, Rows]:
    """Build again from what the warehouse holds."""
    build(connection, parse_as_of(as_of), rebuilt())
    return {name: list(rows(connection, name)) for name in WANTED}


def rows(connection: duckdb.DuckDBPyConnection, name: str) -> Iterator[dict[str, Any]]:
    """A table's rows in the order of their keys."""
    found = connection.sql(f"select * from {name} order by all")
    return (dict(zip(found.columns, row, strict=True)) for row in found.fetchall())


def give_values(connection: duckdb.DuckDBPyConnection, world: World, *, reverse: bool) -> None:
    """Fill core.value with the reports."""
    types = {name: kind for name, kind, *_ in connection.sql(f"describe {GIVEN}").fetchall()}
    connection.execute(f"delete from {GIVEN}")
    values = [value_row(report) for report in world.reports]
    if not values:
        return
    texts = {
        name: [None if row.get(name) is None else str(row[name]) for row in (values[::-1] if reverse else values)]
        for name in types
    }
    connection.register("given", pl.DataFrame(texts, schema=dict.fromkeys(types, pl.String)))
    casts = ", ".join(f"cast({name} as {kind})" for name, kind in types.items())
    connection.execute(f"insert into {GIVEN} select {casts} from given")
    connection.unregister("given")


def value_row(report: Report) -> dict[str, object]:
    """One row of core.value."""
    following = (report.month + timedelta(days=31)).replace(day=1)
    received = datetime(following.year, following.month, 10 if report.is_late else 2, 9, tzinfo=OFFICE_TIMEZONE)
    return {
        "org_unit_code": report.unit,
        "indicator_code": report.indicator,
        "report_month": report.month,
        "submission_id": f"{report.unit}-{report.month:%Y%m}-{'late' if report.is_late else 'on-time'}",
        "is_held": report.is_held,
        "is_late": report.is_late,
        "received_at": received,
        "month_value": report.month_value,
        "ytd_value": report.ytd_value,
        "prior_ytd_value": report.prior_ytd_value,
        "finished_on": report.finished_on,
        "sheet_name": "sheet",
        "is_reported": report.is_usable,
        "is_not_applicable": report.is_not_applicable,
    }


def write_reference(folder: Path, world: World, *, reverse: bool = False) -> None:
    """The world's catalogue as a reference folder."""
    units = [
        {
            "code": unit.code,
            "name": unit.code,
            "short_name": unit.code,
            "level": unit.level,
            "parent_code": unit.parent,
            "households": unit.households,
            "valid_from": None if unit.valid_from == ALWAYS else month_text(unit.valid_from),
            "valid_to": None if unit.valid_to == FOREVER else month_text(unit.valid_to),
            "successor_code": unit.successor,
        }
        for unit in world.units
    ]
    indicators = [
        {
            "code": row.code,
            "name_zh": row.code,
            "kind": row.kind,
            "unit": "件",
            "direction": row.direction,
            "reporting_level": row.level,
            "source_form": "monthly",
            "decimals": row.decimals,
            "theme": row.theme,
            "weight": row.weight,
            "first_month": None if row.first_month == ALWAYS else month_text(row.first_month),
            "numerator_code": row.numerator,
            "denominator_code": row.denominator,
            "ranking_metric": row.ranking_metric,
            "minimum_denominator": row.minimum_denominator,
            **dict(zip(("on_pace_at", "at_risk_at", "behind_at"), row.thresholds or (None,) * 3, strict=True)),
        }
        for row in world.indicators
    ]
    targets = [
        {
            "plan_year": row.first.year,
            "org_unit_code": row.unit,
            "indicator_code": row.indicator,
            "target_form": row.form,
            "value": row.value,
            "version": row.version,
            "baseline_value": row.baseline,
            "first_month": month_text(row.first),
            "due_month": None if is_carried(world, row) else month_text(row.due),
            "phasing": row.phasing,
            "basis": row.basis,
            "split_key": row.split_key,
            "effective_month": month_text(row.effective),
            "recorded_at": row.recorded,
        }
        for row in world.targets
    ]
    guided = [
        {
            "plan_year": month.year,
            "org_unit_code": unit,
            "indicator_code": code,
            "month": month_text(month),
            "guided_value": value,
        }
        for (unit, code, month), value in world.guided.items()
    ]
    baselines = [
        {
            "org_unit_code": unit,
            "indicator_code": code,
            "value": 1,
            "unit": "件",
            "period_from": month_text(last.replace(month=1)),
            "period_to": month_text(last),
        }
        for (unit, code), last in world.baseline_ends.items()
    ]
    asked = [{"form_code": "monthly", "indicator_code": row["code"]} for row in indicators if not row["numerator_code"]]
    form = {"code": "monthly", "name_zh": "monthly", "level": "community", "first_month": month_text(world.months[0])}
    tables: dict[str, Rows] = {
        "org_unit": units,
        "indicator": indicators,
        "target": targets,
        "phasing": guided,
        "baseline": baselines,
        "theme": [{"code": code, "name_zh": code, "weight": weight} for code, weight in world.themes.items()],
        "form": [form],
        "form_indicator": asked,
        "holiday": [{"day": "2020-01-01", "is_working_day": "false"}],
    }
    for name, table in tables.items():
        if not table:
            continue
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(column for row in table for column in row)))
            writer.writeheader()
            writer.writerows(table[::-1] if reverse else table)


def is_carried(world: World, target: Target) -> bool:
    """Whether a target takes its due month from the period of the result that it carries on."""
    ends = world.baseline_ends.get((target.unit, target.indicator))
    return target.basis == "carried" and ends is not None and ends == year_before(target.due)


def month_text(month: date) -> str:
    """2024-07, as reference files write a month."""
    return f"{month:%Y-%m}"
