"""Where the warehouse and the slow reference say different things of a world, and the case behind it."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from typing import Any

from tests.laws.places import Place, has_row, peers, ranking, scopes, scored
from tests.laws.projection import COLUMNS, agrees, is_left_out, projection_row
from tests.laws.reference import completion_row
from tests.laws.values import is_asked
from tests.laws.warehouse import Rows
from tests.laws.world import Report, World, reporting_units
from tests.laws.worlds import Night

SHOWN = 12  # disagreements printed of one world
Key = tuple[Any, ...]


def disagreements(world: World, tables: dict[str, Rows]) -> list[Key]:
    """(scope code, unit, month, column, what SQL says, what the reference says)"""
    return [*completion_disagreements(world, tables), *ranking_disagreements(world, tables)]


def shown_months(world: World) -> list[date]:
    """The months of the plan years."""
    return [month for month in world.months if month.year in world.plan_years]


def completion_disagreements(world: World, tables: dict[str, Rows]) -> Iterator[Key]:
    """Of mart.completion: a row too many or too few is one of `org_unit_code`."""
    expected = {
        (unit.code, row.code, month)
        for unit in world.units
        for row in world.indicators
        for month in shown_months(world)
        if reporting_units(world, unit.code, row.code) and is_asked(world, unit.code, row.code, month)
    }
    for row in tables["mart.completion"]:
        unit, code, month = key = row["org_unit_code"], row["indicator_code"], row["report_month"]
        if month not in shown_months(world):
            continue
        if key not in expected:
            yield code, unit, month, "org_unit_code", unit, None
            continue
        expected.remove(key)
        for column, value in completion_row(world, unit, code, month).items():
            if row[column] != value:
                yield code, unit, month, column, row[column], value
        if is_left_out(world, unit, code, month):
            continue
        for column, projected in projection_row(world, unit, code, month).items():
            if not agrees(column, row[column], projected):
                yield code, unit, month, column, row[column], projected
    yield from ((code, unit, month, "org_unit_code", None, unit) for unit, code, month in sorted(expected))


def ranking_disagreements(world: World, tables: dict[str, Rows]) -> Iterator[Key]:
    """Of mart.ranking: a row too many or too few is one of `scope_code`."""
    expected = {
        (unit.parent, scope, code, month, unit.code)
        for scope, code in scopes(world)
        for month in shown_months(world)
        for parent in world.units
        for unit in peers(world, parent.code, month)
        if (
            has_row(world, unit, code) and is_asked(world, unit.code, code, month)
            if scope == "indicator"
            else scored(world, parent.code, scope, code, month)
        )
    }
    for row in tables["mart.ranking"]:
        unit, code, month = row["org_unit_code"], row["scope_code"], row["report_month"]
        parent, scope = row["parent_code"], row["scope"]
        key = parent, scope, code, month, unit
        if month not in shown_months(world):
            continue
        if key not in expected:
            yield code, unit, month, "scope_code", code, None
            continue
        expected.remove(key)
        place = ranking(world, parent, scope, code, month)[unit]
        for column, value in vars(place).items():
            if row[column] != value:
                yield code, unit, month, column, row[column], value
    yield from ((code, unit, month, "scope_code", None, code) for _, _, code, month, unit in sorted(expected))


def compared_values(world: World, tables: dict[str, Rows]) -> list[int]:
    """How many values of each row of mart.completion and mart.ranking are compared."""
    found = []
    for row in tables["mart.completion"]:
        unit, code, month = row["org_unit_code"], row["indicator_code"], row["report_month"]
        if month in shown_months(world):
            is_projected = not is_left_out(world, unit, code, month)
            found.append(len(completion_row(world, unit, code, month)) + is_projected * len(COLUMNS))
    columns = [field.name for field in fields(Place)]
    found += [len(columns) for row in tables["mart.ranking"] if row["report_month"] in shown_months(world)]
    return found


def explained(seed: int, change: str, night: Night, found: list[Key]) -> str:
    """The first disagreements, each with the case that it comes from."""
    lines = [f"invented({seed}, {change!r}) as of {night.as_of}: {len(found)} disagreements"]
    for code, unit, month, column, said, expected in found[:SHOWN]:
        lines.append(f"{code} {unit} {month:%Y-%m} {column}: SQL {said}, reference {expected}")
    first = found[0][0]
    return "\n".join([*lines, *(case(night.world, first) if first in night.world.by_code else ())])


def case(world: World, code: str) -> Iterator[str]:
    """Everything that the world holds about one indicator, one line each."""
    indicator = world.by_code[code]
    yield from (str(row) for row in world.indicators if row.code in {code, *indicator.asked})
    for row in (target for target in world.targets if target.indicator == code):
        version = f"v{row.version} from {row.effective:%m}, {row.first:%Y-%m} to {row.due:%m}, {row.phasing}"
        known = "" if row.recorded is None else f" recorded {row.recorded}"
        base = "" if row.baseline is None else f" from {row.baseline}"
        yield f"target {row.unit} {row.form} {row.value}{base} {version} {row.split_key or ''}{known}"
    for part in indicator.asked:
        for unit in reporting_units(world, world.units[0].code, part):
            guided = [
                f"{month:%m}: {value}" for (*key, month), value in world.guided.items() if key == [unit.code, part]
            ]
            yield f"{part} {unit} {'guided' if guided else ''} {' '.join(guided)}"
            rows = [row for row in world.reports if (row.unit, row.indicator) == (unit.code, part)]
            yield "  month/ytd/prior " + " ".join(shown(row) for row in rows)


def shown(report: Report) -> str:
    """2024-03:5/12/None late"""
    if not report.is_usable:
        return f"{report.month:%Y-%m}:{'n/a' if report.is_not_applicable else 'blank'}"
    values = f"{report.month_value}/{report.ytd_value}/{report.prior_ytd_value}"
    extra = f" finished {report.finished_on}" if report.finished_on else ""
    return f"{report.month:%Y-%m}:{values}{' late' if report.is_late else ''}{' held' if report.is_held else ''}{extra}"
