"""Projected year ends as docs/projection.md words them, in plain Python and floats; nothing to do with the SQL.

A part is a group of reporting units that are there until the same month; a reporting unit is a part by itself, and a
parent has as many as its units have last months. AS_BUILT names what the SQL does otherwise than the document says:
without a name in it, this module is the document's again; is_left_out names the rows on which the two are not compared.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from statistics import NormalDist

from tests.laws.plan import in_force
from tests.laws.reference import last_level, value_of
from tests.laws.values import (
    covered_months,
    due_months,
    is_not_applicable,
    month_alone,
    month_counted,
    own_to_date,
    to_date,
)
from tests.laws.world import (
    ALWAYS,
    FOREVER,
    Target,
    World,
    ended_this_year,
    following,
    holders,
    is_reporting,
    january,
    months_from,
    months_later,
    predecessors,
    remembered,
    reporting_units,
    year_before,
)

COLUMNS = (
    "projected_value",
    "projected_low_value",
    "projected_high_value",
    "projected_deviation_value",
    "probability_ratio",
    "projection_basis",
)
Z = NormalDist().inv_cdf(0.9)  # of an interval that holds four in five
AS_BUILT = frozenset(
    {
        "next amount",  # a month of last year inside a later cumulative: the amount of the next month reported
        "no shape",  # a last year below zero, or of nothing, is not whole
        "later leave",  # a unit that leaves after the end month is a part by itself, too
        "growth of amounts",  # last year is the sum of its months' amounts, not its year to date
        "growth of a whole year",  # months of last year after the end month are needed, too
    }
)


@dataclass
class Series:
    """The amounts of a part, as seen from a month; a level's are its changes, and its levels stand beside them."""

    amount: dict[date, float] = field(default_factory=dict)  # by the month in which it was reported
    spread: dict[date, float] = field(default_factory=dict)  # by the month in which it was
    share: dict[date, float] = field(default_factory=dict)  # of the units asked those that answered
    missing: dict[date, int] = field(default_factory=dict)  # units that are there and of which the month is not known
    asked: dict[date, int] = field(default_factory=dict)  # units that something could be missing of
    units: int = 0  # in the month from which it is seen
    level: dict[date, float] = field(default_factory=dict)


@dataclass
class Outlook:
    """A value to come; `left` is in months, `count` is of misses."""

    value: float
    deviation: float
    known: float
    basis: str
    series: Series
    left: float
    count: int
    rest: float
    floor: float | None = None
    half: float = 0.0


def mean(values: list[float]) -> float:
    """Their mean; of none 0."""
    return sum(values) / len(values) if values else 0.0


def squares(values: list[float]) -> float:
    """The sum of their squares."""
    return sum(value * value for value in values)


# ------------------------------------------------------------------------------------------------ what is counted: flow
@dataclass(frozen=True)
class Step:
    """What one report adds: an amount over so many months."""

    amount: float
    months: int
    alone: float | None  # the month's own value


@remembered
def steps(world: World, unit: str, code: str, seen: date) -> tuple[dict[date, Step], dict[date, float]]:
    """A unit's reports of a year as steps; and each month's amount, a cumulative spread evenly over its months."""
    due = due_months(world, unit, code, seen)
    found: dict[date, Step] = {}
    spread: dict[date, float] = {}
    so_far = 0.0
    for month in due:
        row = world.cell.get((unit, code, month))
        if row is None or not row.is_usable:
            continue
        own, alone = row.month_value, month_counted(world, unit, code, month)
        if row.ytd_value is None:
            assert own is not None
            months, amount = [month], float(own)
        else:
            months = [other for other in due if other <= month and other not in spread]
            amount = float(row.ytd_value) - so_far
        so_far += amount
        found[month] = Step(amount, len(months), None if alone is None else float(alone))
        is_one = len(months) == 1 and own is not None
        spread |= {other: float(alone) if is_one and alone is not None else amount / len(months) for other in months}
    return found, spread


def amount_of(steps_of_month: list[Step], asked: int) -> float:
    """What a month brought, of all units: those that answered count for the others."""
    amounts = [step.alone if step.months == 1 and step.alone is not None else step.amount for step in steps_of_month]
    return sum(amounts) * asked / sum(step.months for step in steps_of_month)


def year_end(month: date, seen: date) -> date:
    """December of a month's year, or the month from which it is seen."""
    return min(seen, month.replace(month=12))


@remembered
def flow_series(world: World, units: tuple[str, ...], code: str, seen: date, begins: date) -> Series:
    """A flow of a part; amounts before it begins are another's."""
    found = Series()
    for month in (other for other in world.months if other <= seen):
        last = {unit: min(year_end(month, seen), world.unit[unit].valid_to) for unit in units}
        asked = [unit for unit in units if month in due_months(world, unit, code, last[unit])]
        if not asked and month.year < seen.year and any(is_not_applicable(world, row, code, month) for row in units):
            found.share[month], found.spread[month] = float(month >= begins), 0.0
        if not asked:
            continue
        told = {unit: steps(world, unit, code, last[unit]) for unit in asked}
        known = [told[unit][1][month] for unit in asked if month in told[unit][1]]
        found.share[month] = len(known) / len(asked) if month >= begins else 0.0
        there = [unit for unit in asked if world.unit[unit].valid_to >= seen]
        found.missing[month] = sum(month not in told[unit][1] for unit in there)
        found.asked[month] = len(there)
        if known:
            found.spread[month] = sum(known) * len(asked) / len(known)
        new = [told[unit][0][month] for unit in asked if month in told[unit][0]]
        if month >= begins and new:
            found.amount[month] = amount_of(new, len(asked))
    found.units = sum(seen in due_months(world, unit, code, min(seen, world.unit[unit].valid_to)) for unit in units)
    return found


def last_year_amounts(series: Series, month: date) -> dict[int, float]:
    """By number of the month; empty unless last year is whole."""
    months = months_from(january(year_before(month)), months_later(january(month), -1))
    if any(series.share.get(other) != 1 for other in months):
        return {}
    if "next amount" not in AS_BUILT:
        return {other.month: series.spread[other] for other in months}
    return {other.month: series.amount[min(row for row in series.amount if row >= other)] for other in months}


# -------------------------------------------------------------------------------------------------- forecasts of a flow
def last_three(amount: dict[date, float], month: date) -> float | None:
    """The mean of what was reported in the last three months; of nothing the last amount that there was."""
    found = [amount[other] for other in months_from(months_later(month, -2), month) if other in amount]
    before = [other for other in amount if other <= month]
    return mean(found) if found else amount[max(before)] if before else None


def height(series: Series, month: date, year: date, before: dict[int, float]) -> float:
    """How much more this year is than last, in its last three months, last year's mean added three times to both."""
    months = [row for row in months_from(months_later(month, -2), month) if row in series.amount and row >= year]
    whole = sum(before.values())
    now = 4 * sum(series.amount[other] for other in months) + whole
    then = 4 * sum(before[other.month] for other in months) + whole
    return now / then if then else 1.0


def flow_outlook(
    world: World, units: tuple[str, ...], code: str, month: date, end: date, *, begins: date, known: float
) -> Outlook | None:
    """What a flow of a part will be by its end month."""
    series = flow_series(world, units, code, month, begins)
    year, amount = january(month), series.amount
    this_year = [other for other in amount if other >= year]
    if not this_year:
        return None
    missing = sum(count for other, count in series.missing.items() if other >= year)
    asked = sum(count for other, count in series.asked.items() if other >= year)
    to_come = months_from(month, end)[1:]
    left = len(to_come) + missing / max(series.units, 1)

    before = last_year_amounts(series, month)
    has_shape = bool(before) and min(before.values()) >= 0 and max(before.values()) > 0
    is_whole = has_shape if "no shape" in AS_BUILT else bool(before)
    each = last_three(amount, month)
    assert each is not None
    if not is_whole and any(other in amount for other in months_from(months_later(month, -2), month)):
        each = (each + mean([amount[other] for other in this_year])) / 2
    rate, shape = each * left, 0.0
    if has_shape:
        until_now = sum(before[other.month] for other in months_from(year, month))
        rest_of_last_year = sum(before[other.month] for other in to_come) + until_now * (
            missing / asked if asked else 0
        )
        shape = height(series, month, year, before) * rest_of_last_year

    of_shape, of_rate = [], []
    for other in this_year:
        said = last_three(amount, months_later(other, -1))
        if said is None:
            continue
        of_rate.append(amount[other] - said)
        if has_shape:
            expected = height(series, months_later(other, -1), year, before) * before[other.month]
            of_shape.append(amount[other] - expected)
    count = len(of_rate)
    weight = 0.0
    if has_shape:
        weight = weight_of_shape(of_shape, of_rate)
        own = last_year_misses(series, year)
        mixed = [weight * a + (1 - weight) * b for a, b in zip(of_shape, of_rate, strict=True)]
        spread = (squares(mixed) + 3 * (1 - weight) * mean([miss * miss for miss in own])) / (count + 3)
    else:
        spread = (squares(of_rate) + (each / 10) ** 2) / (count + 1)
    rest = weight * shape + (1 - weight) * rate
    variance = (1.15 * left) ** 2 * spread + weight * (1 - weight) * (shape - rate) ** 2
    is_count = world.by_code[code].decimals == 0
    if is_count:
        variance += max(rest, 0) + 0.5 * left / (max(count, 1) + 12 * has_shape)
    return Outlook(
        known + rest,
        sqrt(variance),
        known,
        "seasonal" if is_whole else "run_rate",
        series,
        left,
        count,
        rest,
        None if any(value < 0 for value in amount.values()) else known,
        0.5 * is_count,
    )


def weight_of_shape(of_shape: list[float], of_rate: list[float]) -> float:
    """Which of two forecasts was nearer."""
    shape, rate = squares(of_shape), squares(of_rate)
    if not shape + rate:
        return 0.5
    both = (shape + rate) / (2 * len(of_rate))
    return (rate + both) ** 2 / ((rate + both) ** 2 + (shape + both) ** 2)


def last_year_misses(series: Series, year: date) -> list[float]:
    """Of the rate, in last year's months."""
    found = []
    for other in (row for row in series.amount if year_before(year) <= row < year):
        said = last_three(series.amount, months_later(other, -1))
        if said is not None:
            found.append(series.amount[other] - said)
    return found


# --------------------------------------------------------------------------------------------------------------- levels
def level_now(world: World, units: tuple[str, ...], code: str, month: date) -> float:
    """The level of a part; a silent unit's is its last."""
    there = [unit for unit in units if world.unit[unit].is_there(month)]
    carried = last_level if len(units) > 1 else own_to_date
    levels = [value for unit in there if (value := carried(world, unit, code, month)) is not None]
    return float(sum(levels, Fraction(0)))


@remembered
def level_series(world: World, units: tuple[str, ...], code: str, seen: date, begins: date) -> Series:
    """A level of a part in the months in which one of its units reported; a silent one's is its last."""
    found = Series()
    for month in (other for other in world.months if begins <= other <= seen):
        there = [unit for unit in units if world.unit[unit].is_there(month)]
        if not any(month_alone(world, unit, code, month) is not None for unit in there):
            continue
        found.level[month] = level_now(world, units, code, month)
    months = sorted(found.level)
    for earlier, later in pairwise(months):
        if earlier.year == later.year or later.month == 1:  # over a January that is missing nothing is said
            first = first_levels(world, units, code, earlier, later) if len(units) > 1 else 0.0
            found.amount[later] = found.level[later] - found.level[earlier] - first
    return found


def first_levels(world: World, units: tuple[str, ...], code: str, earlier: date, later: date) -> float:
    """Of units of which nothing was known before, unless they took over another's: that is no rise."""
    found = Fraction(0)
    for unit in units:
        is_heir = any(row.successor == unit and row.valid_to < later for row in world.unit.values())
        if world.unit[unit].is_there(later) and not is_heir and last_level(world, unit, code, earlier) is None:
            found += last_level(world, unit, code, later) or 0
    return float(found)


def stock_outlook(
    world: World, units: tuple[str, ...], code: str, month: date, end: date, *, begins: date, known: float
) -> Outlook | None:
    """What a level of a part will be in its end month."""
    series = level_series(world, units, code, month, begins)
    year, change = january(month), series.amount
    if not any(other >= year for other in series.level):
        return None
    since = max(series.level)
    left = len(months_from(since, end)) - 1
    last = months_from(year_before(year), months_later(year, -1))
    is_whole = all(other in series.level for other in last)
    this_year = [other for other in change if other >= year]
    count = len(this_year)
    more = 0.0
    if is_whole:
        before = {other.month: change.get(other, 0.0) for other in last}
        of_rate = [change[other] for other in this_year]
        of_shape = [change[other] - before[other.month] for other in this_year]
        weight = weight_of_shape(of_shape, of_rate)
        rest = weight * sum(before[other.month] for other in months_from(since, end)[1:])
        own = mean([change[other] ** 2 for other in last if other in change])
        mixed = [weight * a + (1 - weight) * b for a, b in zip(of_shape, of_rate, strict=True)]
        spread = (squares(mixed) + 3 * (1 - weight) * own) / (count + 3)
    else:
        first = min(series.level)
        months = [other for other in months_from(months_later(month, -11), month) if other > first]
        changes = [change.get(other, 0.0) for other in months if other in change or other not in series.level]
        drift, total = mean(changes), squares(changes)
        agreed = (sum(changes) ** 2 / ((len(changes) + 1) * total)) ** 2 if total else 0.0
        rest = agreed * drift * left
        spread = squares([value - agreed * drift for value in changes]) + (known / 200) ** 2
        spread /= len(changes) + 1
        more = agreed * (1 - agreed) * (drift * left) ** 2
    variance = float(left) ** 1.5 * spread + more
    is_count = world.by_code[code].decimals == 0
    if is_count:
        variance += max(rest, 0) + 0.5 * left / (max(count, 1) + 12 * is_whole)
    basis = "seasonal" if is_whole else "run_rate"
    value = max(known + rest, 0.0)
    return Outlook(value, sqrt(variance), known, basis, series, left, count, rest, None, 0.5 * is_count)


# ---------------------------------------------------------------------------------------------------------------- parts
def end_of(world: World, unit: str, code: str, month: date) -> date:
    """The target's due month, or December; an ended unit's own last month."""
    target = in_force(world, unit, code, month)
    return min(target.due if target else month.replace(month=12), world.unit[unit].valid_to)


def begins_of(world: World, unit: str, month: date) -> date:
    """The first month of a unit's own series."""
    ended = [row.valid_to for row in predecessors(world, unit) if row.valid_to < month]
    return following(max(ended)) if ended else ALWAYS


@dataclass(frozen=True)
class Part:
    """Units of a parent with one last month: they leave by the end month without an heir in it, or they stay."""

    units: tuple[str, ...]
    last: date
    stays: bool


def parts_of(world: World, unit: str, code: str, month: date, end: date) -> list[Part]:
    """What a parent is projected in; who left before this year is none of it."""
    units = {row.code: row for row in reporting_units(world, unit, code)}

    def last_of(row: str) -> tuple[date, bool]:
        own = units[row]
        if own.successor in units and (own.valid_to <= end or "later leave" in AS_BUILT):
            return last_of(own.successor)
        is_leaving = own.valid_to <= end or ("later leave" in AS_BUILT and own.valid_to != FOREVER)
        return (own.valid_to, False) if is_leaving else (end, True)

    found: dict[tuple[date, bool], tuple[str, ...]] = {}
    for row in units:
        key = last_of(row)
        if key[0] >= january(month):
            found[key] = (*found.get(key, ()), row)
    return [Part(row, min(last, end), stays) for (last, stays), row in found.items()]


@remembered
def outlook(world: World, unit: str, code: str, month: date, end: date) -> Outlook | None:
    """What a row will be by its end month."""
    kind = world.by_code[code].kind
    if kind == "growth":
        return growth_outlook(world, unit, code, month, end)
    if kind == "ratio":
        return ratio_outlook(world, unit, code, month, end)
    if is_reporting(world, unit, code):
        own = to_date(world, unit, code, month)
        of_part = flow_outlook if kind == "flow" else stock_outlook
        begins = begins_of(world, unit, month)
        return None if own is None else of_part(world, (unit,), code, month, end, begins=begins, known=float(own))
    parts = parts_of(world, unit, code, month, end)
    if kind == "stock":  # only those count that will be there
        parts = [part for part in parts if part.last == end]
    gone, found = 0.0, []
    stays = None
    for part in parts:
        known = known_of(world, part, code, month)
        if part.last < month:
            gone += known or 0
            continue
        of_part = flow_outlook if kind == "flow" else stock_outlook
        to_come = (
            None if known is None else of_part(world, part.units, code, month, part.last, begins=ALWAYS, known=known)
        )
        if to_come is None:
            if any(due_months(world, row, code, min(month, world.unit[row].valid_to)) for row in part.units):
                return None
            continue
        found.append(to_come)
        stays = to_come if part.stays else stays
    return added_up(found, stays, gone) if found else None


def known_of(world: World, part: Part, code: str, month: date) -> float | None:
    """What is known of a part so far."""
    if world.by_code[code].kind == "stock":
        return level_now(world, part.units, code, month)
    there = [row for row in part.units if world.unit[row].valid_to >= january(month)]
    values = [own_to_date(world, row, code, min(month, world.unit[row].valid_to)) for row in there]
    known = [float(value) for value in values if value is not None]
    return sum(known) if known else None


def added_up(found: list[Outlook], stays: Outlook | None, gone: float) -> Outlook:
    """Values and standard deviations of a parent's parts added, and what is known of units that left."""
    doubt = stays or found[0]
    known = gone + sum(part.known for part in found)
    return Outlook(
        gone + sum(part.value for part in found),
        sum(part.deviation for part in found),
        known,
        doubt.basis,
        doubt.series,
        doubt.left,
        doubt.count,
        sum(part.rest for part in found),
        None if any(part.floor is None for part in found) else known,
        doubt.half,
    )


# ----------------------------------------------------------------------------------------------------- ratio and growth
def ratio_misses(above: dict[date, float], below: dict[date, float], first: date, last: date) -> list[float]:
    """The numerator less the denominator times the ratio of the three months before."""
    found = []
    both = sorted(above.keys() & below.keys())
    for month in (row for row in both if first <= row <= last):
        earlier = [row for row in both if months_later(month, -3) <= row < month]
        base = sum(below[row] for row in earlier)
        if base:
            found.append(above[month] - below[month] * sum(above[row] for row in earlier) / base)
    return found


def ratio_outlook(world: World, unit: str, code: str, month: date, end: date) -> Outlook | None:
    """The projected numerator over the projected denominator."""
    indicator = world.by_code[code]
    if not (indicator.numerator and indicator.denominator):
        return None
    above, below = (outlook(world, unit, part, month, end) for part in (indicator.numerator, indicator.denominator))
    if above is None or below is None or not below.value:
        return None
    is_flow = world.by_code[indicator.numerator].kind == "flow"
    values = [part.series.level or part.series.amount for part in (above, below)]
    year, ratio = january(month), above.value / below.value
    misses = ratio_misses(values[0], values[1], year, month)
    count, left = len(misses), above.left
    if above.basis == below.basis == "seasonal":
        own = ratio_misses(values[0], values[1], year_before(year), months_later(year, -1))
        spread = (squares(misses) + 3 * mean([miss * miss for miss in own])) / (count + 3)
    else:
        latest = values[0][max(values[0])]
        spread = (squares(misses) + (latest / (10 if is_flow else 200)) ** 2) / (count + 1)
    variance = (1.15 * left) ** 2 * spread if is_flow else float(left) ** 1.5 * spread
    if above.half:
        variance += max(above.rest, 0) * max(1 - ratio, 0)
        variance += 0.5 * left / (max(above.count, 1) + 12 * (above.basis == "seasonal"))
    deviation, half = sqrt(variance) / abs(below.value), above.half / below.value
    return Outlook(ratio, deviation, 0.0, above.basis, above.series, left, count, 0.0, None, half)


def lineage(world: World, unit: str, month: date) -> tuple[str, ...]:
    """A unit and all that it took over before a month."""
    ended = [row for row in predecessors(world, unit) if row.valid_to < month]
    return (unit, *(part for row in ended for part in lineage(world, row.code, row.valid_to)))


def last_year_until(world: World, units: tuple[str, ...], code: str, end: date) -> float | None:
    """Last year's flow of a part by the end month."""
    until = year_before(end)
    december = until.replace(month=12)
    series = flow_series(world, units, code, december, ALWAYS)
    needed = december if "growth of a whole year" in AS_BUILT else until
    if any(series.share.get(month) != 1 for month in months_from(january(until), needed)):
        return None
    if "growth of amounts" in AS_BUILT:
        spread = {row.month: value for row, value in series.spread.items() if row.year == until.year}
        amounts = last_year_amounts(series, following(december)) or spread
        return sum(amounts[row] for row in range(1, until.month + 1))
    there = [unit for unit in units if world.unit[unit].valid_to >= january(until)]
    values = [own_to_date(world, unit, code, min(until, world.unit[unit].valid_to)) for unit in there]
    return float(sum((value for value in values if value is not None), Fraction(0)))


def growth_base(world: World, unit: str, code: str, month: date, end: date) -> float | None:
    """Last year up to the end month; of units that leave up to their last, less what they left out."""
    if is_reporting(world, unit, code):
        return last_year_until(world, lineage(world, unit, month), code, end)
    found = 0.0
    for part in parts_of(world, unit, code, month, end):
        base = last_year_until(world, part.units, code, part.last)
        if base is None:
            return None
        if part.last < month:
            lasts = [(row, min(part.last, world.unit[row].valid_to)) for row in part.units]
            due = sum(len(due_months(world, row, code, last)) for row, last in lasts)
            known = sum(len(covered_months(world, row, code, last)) for row, last in lasts)
            base *= known / due if due else 0
        found += base
    return found


def growth_outlook(world: World, unit: str, code: str, month: date, end: date) -> Outlook | None:
    """The projected flow over last year's, less 1."""
    flow = world.by_code[code].asked[0]
    found = outlook(world, unit, flow, month, end)
    base = growth_base(world, unit, flow, month, end)
    if found is None or base is None or base <= 0:
        return None
    floor = None if found.floor is None else found.floor / base - 1
    value, deviation = found.value / base - 1, found.deviation / base
    return Outlook(value, deviation, 0.0, found.basis, found.series, found.left, found.count, 0.0, floor)


# ------------------------------------------------------------------------------------------------ from the end month on
def told_later(world: World, unit: str, code: str, month: date, end: date) -> Fraction | None:
    """The flow of an end month of which months were missing, where a later cumulative tells of them."""
    at_end = [row for row in holders(world, unit, code, end) if world.unit[row[0]].is_there(end)]
    if all(covered_months(world, part, code, last) == due_months(world, part, code, last) for part, last in at_end):
        return None
    if is_reporting(world, unit, code) and ended_this_year(world, unit, month) != ended_this_year(world, unit, end):
        return None
    since = Fraction(0)
    for part, last in holders(world, unit, code, month):
        covered = covered_months(world, part, code, last)
        for other in due_months(world, part, code, last):
            if other <= end:
                if other not in covered and world.unit[part].valid_to >= end:
                    return None
                continue
            value = month_alone(world, part, code, other)
            if value is None:
                return None
            since += value
    known = to_date(world, unit, code, month)
    return None if known is None else known - since


def is_met(target: Target, value: Fraction | float) -> bool:
    """Whether a value satisfies a target."""
    return value >= target.value if target.form == "at_least" else value <= target.value


def actual_row(world: World, unit: str, code: str, month: date, end: date, *, is_decided: bool) -> dict[str, object]:
    """A row of the end month, or after it: nothing is forecast."""
    kind = world.by_code[code].kind
    value = value_of(world, unit, code, end)
    if kind == "growth" and "growth of a whole year" in AS_BUILT:
        base = growth_base(world, unit, world.by_code[code].asked[0], end, end)
        value = None if base is None or base <= 0 else value
    if value is None:
        return dict.fromkeys(COLUMNS)
    low, high = (value_of(world, unit, code, end, side) for side in ("low", "high"))
    told = told_later(world, unit, code, month, end) if kind == "flow" and month > end else None
    if told is not None:
        value = low = high = told
    target = in_force(world, unit, code, end) if is_decided else None
    chance = float(is_met(target, value)) if target else None
    return dict(zip(COLUMNS, (value, low, high, None, chance, "actual"), strict=True))


# ------------------------------------------------------------------------------------------------------------------ row
def probability(target: Target, kind: str, found: Outlook) -> float:
    """The chance that a target is met."""
    is_lasting = kind == "flow" and found.floor is not None  # nothing was ever taken back
    if is_lasting and target.form == "at_least" and round(found.known, 6) >= float(target.value):
        return 1.0
    if is_lasting and target.form == "at_most" and round(found.known, 6) > float(target.value):
        return 0.0
    over = found.value - float(target.value)
    way = over if target.form == "at_least" else -over
    if not found.deviation:
        return float(way >= 0)
    return NormalDist().cdf((way + found.half) / found.deviation)


def projection_row(world: World, unit: str, code: str, month: date) -> dict[str, object]:
    """The columns of mart.completion that docs/projection.md defines."""
    kind, target = world.by_code[code].kind, in_force(world, unit, code, month)
    end = end_of(world, unit, code, month)
    if kind == "milestone":
        return dict.fromkeys(COLUMNS)
    is_decided = target is not None and end == target.due
    if month >= end:
        return actual_row(world, unit, code, month, end, is_decided=is_decided)
    found = outlook(world, unit, code, month, end)
    if found is None:
        return dict.fromkeys(COLUMNS)
    low, high = found.value - Z * found.deviation, found.value + Z * found.deviation
    if kind in ("stock", "ratio"):
        low = max(low, 0.0)
    if found.floor is not None:
        low, high = max(low, found.floor), max(high, found.floor)
    chance = probability(target, kind, found) if is_decided and target else None
    return dict(zip(COLUMNS, (found.value, low, high, found.deviation, chance, found.basis), strict=True))


def agrees(column: str, said: object, expected: object) -> bool:
    """Whether two values are the same, as far as doubles and six decimals go."""
    if said is None or expected is None or column == "projection_basis":
        return said == expected
    given, wanted = float(said), float(expected)  # type: ignore[arg-type]
    if column == "probability_ratio":
        return abs(given - wanted) <= 0.0001
    return abs(given - wanted) <= TOLERANCE * (1 + abs(wanted))


TOLERANCE = 2e-5  # the SQL rounds a month's amount to six decimals before it multiplies it by the months left


def is_left_out(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the SQL is known to do otherwise than the document says, in a way that is not worth following."""
    return any(is_left_out_part(world, unit, code, part, month) for part in world.by_code[code].asked)


def is_left_out_part(world: World, unit: str, code: str, part: str, month: date) -> bool:
    """The same of one component."""
    of_row = is_left_out_unit if is_reporting(world, unit, part) else is_left_out_parent
    return of_row(world, unit, code, part, month)


def is_left_out_unit(world: World, unit: str, code: str, part: str, month: date) -> bool:
    """A unit: what it took over with a hole; last year's growth of an heir; 不适用 last year, or of a ratio."""
    if is_joined_with_a_hole(world, unit, part, month):
        return True
    is_component = code != part
    if world.by_code[part].kind == "flow":
        is_heir = is_component and len(lineage(world, unit, month)) > 1
        is_out = is_component and is_not_applicable(world, unit, code, month)
        return is_heir or is_out or is_out_by(world, unit, part, months_later(january(month), -1))
    # a level whose January is missing after a whole year
    series = level_series(world, (unit,), part, month, begins_of(world, unit, month))
    last = months_from(year_before(january(month)), months_later(january(month), -1))
    is_whole = all(other in series.level for other in last)
    is_torn = is_whole and not any(other >= january(month) for other in series.amount)
    return is_torn or (is_component and is_not_applicable(world, unit, code, month))


def is_left_out_parent(world: World, unit: str, code: str, part: str, month: date) -> bool:
    """A parent: one of its units never reported, or said 不适用, where it matters."""
    if len({world.by_code[row].kind for row in world.by_code[code].asked}) > 1:
        return True  # a flow over a level: the SQL takes silent units into the one and not into the other
    end, target = end_of(world, unit, code, month), in_force(world, unit, code, month)
    units = below(world, unit, part)
    if month >= end and target is not None and target.form != "at_least":
        # what a unit that never reported holds is not nothing
        asked = [row for row in units if due_months(world, row, part, end)]
        if any(not covered_months(world, row, part, end) for row in asked):
            return True
    if world.by_code[part].kind != "flow":  # an heir that was silent in its first month
        gone = [world.unit[row] for row in units if world.unit[row].successor and world.unit[row].valid_to < month]
        return any(month_alone(world, row.successor or "", part, following(row.valid_to)) is None for row in gone)
    is_out = any(is_out_by(world, row, part, month) for row in units)
    leaving = [row for own in parts_of(world, unit, part, month, end) if not own.stays for row in own.units]
    has_nothing = any(not due_months(world, row, part, min(month, world.unit[row].valid_to)) for row in leaving)
    return (month > end and is_out) or has_nothing or (code != part and bool(leaving) and is_out)


def below(world: World, unit: str, code: str) -> list[str]:
    """The reporting units of a parent."""
    return [row.code for row in reporting_units(world, unit, code)]


def is_out_by(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a unit said 不适用 this year."""
    return any(is_not_applicable(world, unit, code, other) for other in months_from(january(month), month))


def is_joined_with_a_hole(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a unit took over another this year, and something was not known then of one of them."""
    begins = begins_of(world, unit, month)
    if world.by_code[code].kind == "stock":
        return january(year_before(month)) < begins <= month and month_alone(world, unit, code, begins) is None
    if not january(month) < begins <= month:
        return False
    before = months_later(begins, -1)
    for row in lineage(world, unit, month):
        last = min(before, world.unit[row].valid_to)
        if world.unit[row].is_there(last) and covered_months(world, row, code, last) != due_months(
            world, row, code, last
        ):
            return True
    step = steps(world, unit, code, month)[0].get(begins)
    return step is None or step.months != 1 or step.alone is None
