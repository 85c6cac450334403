"""What is due: the versions of targets, their parts, the amounts of each month, and what a successor takes over."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.laws.values import asked_units, covered_months, due_months, families, kin, month_alone
from tests.laws.world import (
    Target,
    Unit,
    World,
    divided,
    ended_this_year,
    exact,
    holders,
    is_reporting,
    january,
    months_from,
    remembered,
    reporting_units,
    total,
    whole_total,
    year_before,
)

COPIED = ("ratio", "growth", "milestone")  # domain.md, Targets: copied, not split


# ------------------------------------------------------------------------------------------------------------- versions
@remembered
def versions(world: World, unit: str, code: str, year: int) -> tuple[Target, ...]:
    """Every version of a unit's target that is known today, listed or handed down, in the order in which they hold."""
    found = [
        row
        for row in world.targets
        if (row.unit, row.indicator, row.first.year) == (unit, code, year)
        and (row.recorded is None or row.recorded <= world.today)
    ]
    listed = {row.version for row in found}
    above = world.unit[unit].parent
    while above and is_reporting(world, unit, code):
        handed = (parts.get(unit) for parts in handed_down(world, above, code, year))
        found += [part for part in handed if part and part.version not in listed]
        above = world.unit[above].parent
    return tuple(sorted(found, key=lambda row: (row.effective, row.version)))


@remembered
def handed_down(world: World, unit: str, code: str, year: int) -> tuple[dict[str, Target], ...]:
    """The parts of each version of a unit's target that was split."""
    found: list[dict[str, Target]] = []
    for whole in versions(world, unit, code, year):
        if whole.split_key is None:
            continue
        listed = listed_parts(world, whole)
        if listed:
            found.append(listed)
            continue
        there = [row for row in reporting_units(world, unit, code) if row.is_there(max(whole.first, whole.effective))]
        if world.by_code[code].kind in COPIED:
            values, bases = dict.fromkeys(there, whole.value), dict.fromkeys(there, whole.baseline)
        elif not found or whole.is_rekeyed:
            values, bases = split(world, whole, key_weights(whole, there), key_weights(whole, there))
        else:
            before = announced(world, found[-1], max(whole.first, whole.effective))
            keys = key_weights(whole, [*before[0]] or there)  # parts of nothing have no proportions
            values, bases = split(world, whole, *(weights if any(weights.values()) else keys for weights in before))
        had_one = {part for parts in found for part in parts}
        found.append(
            {
                row.code: replace(
                    whole,
                    unit=row.code,
                    value=values[row],
                    baseline=bases[row],
                    # a unit that had no part yet starts now
                    first=whole.first if not found or row.code in had_one else max(whole.first, whole.effective),
                    split_key=None,
                    split_from=unit,
                )
                for row in values
            }
        )
    return tuple(found)


def listed_parts(world: World, whole: Target) -> dict[str, Target]:
    """The parts that somebody wrote down for a version."""
    return {
        row.unit: row
        for row in world.targets
        if world.unit[row.unit].parent == whole.unit
        and (row.indicator, row.first.year, row.version) == (whole.indicator, whole.first.year, whole.version)
    }


def key_weights(whole: Target, there: list[Unit]) -> dict[Unit, Fraction]:
    """What a key gives each unit."""
    return {row: Fraction(1 if whole.split_key == "equal" else row.households) for row in there}


def announced(
    world: World, before: dict[str, Target], month: date
) -> tuple[dict[Unit, Fraction], dict[Unit, Fraction]]:
    """The parts of the version before, of values and of baselines; those of ended units have gone to their heirs."""
    values: dict[Unit, Fraction] = {}
    bases: dict[Unit, Fraction] = {}
    for part in before.values():
        heir: Unit | None = world.unit[part.unit]
        while heir and heir.valid_to < month:
            heir = world.unit[heir.successor] if heir.successor else None
        if heir:
            values[heir] = values.get(heir, Fraction(0)) + abs(Fraction(part.value))
            bases[heir] = bases.get(heir, Fraction(0)) + abs(Fraction(part.baseline or 0))
    return values, bases


def split(
    world: World, whole: Target, value_weights: dict[Unit, Fraction], base_weights: dict[Unit, Fraction]
) -> tuple[dict[Unit, Decimal], dict[Unit, Decimal | None]]:
    """A value and its baseline in parts, at the indicator's decimals."""
    decimals = world.by_code[whole.indicator].decimals
    values = largest_remainder(whole.value, decimals, value_weights)
    if whole.baseline is None:
        return values, dict.fromkeys(values)
    bases = largest_remainder(whole.baseline, decimals, base_weights)
    return values, {row: bases.get(row) for row in values}


def largest_remainder(value: Decimal, decimals: int, weights: dict[Unit, Fraction]) -> dict[Unit, Decimal]:
    """Parts that add up; ties by households, then code; of a negative value those of its size, the sign put back."""
    if not weights:
        return {}
    steps = abs(Fraction(value)) * 10**decimals
    quotas = {row: steps * weight / sum(weights.values()) for row, weight in weights.items()}
    floors = {row: quota.numerator // quota.denominator for row, quota in quotas.items()}
    order = sorted(weights, key=lambda row: (floors[row] - quotas[row], -row.households, row.code))
    lucky = set(order[: int(steps) - sum(floors.values())])
    sign = -1 if value < 0 else 1
    return {row: Decimal(sign * (floors[row] + (row in lucky))).scaleb(-decimals) for row in weights}


@remembered
def own_target(world: World, unit: str, code: str, month: date) -> Target | None:
    """The version of a unit's own target that holds in a month."""
    found = [row for row in versions(world, unit, code, month.year) if row.effective <= month]
    return found[-1] if found else None


# ------------------------------------------------------------------------------------------------------- heirs' targets
def added(world: World, unit: str, code: str, at: date, row_month: date) -> list[Unit]:
    """The units, ended before a row's month, whose plans of another month are added to their heir's own.

    A version of the heir's own that came after their end speaks for the whole; rates are not added at all.
    """
    own = own_target(world, unit, code, at)
    if own and world.by_code[code].kind in COPIED:
        return []
    ended = ended_this_year(world, unit, row_month)
    return [row for row in ended if own is None or own.effective <= row.valid_to]


@remembered
def in_force(world: World, unit: str, code: str, month: date) -> Target | None:
    """The target that a row is compared with: the unit's own, with those that it inherited added."""
    own = own_target(world, unit, code, month)
    parts = [in_force(world, row.code, code, row.valid_to) for row in added(world, unit, code, month, month)]
    found = [row for row in (own, *parts) if row]
    if len(found) < 2 or world.by_code[code].kind in COPIED:
        return found[0] if found else None
    bases = [row.baseline for row in found if row.baseline is not None]
    whole = sum((row.value for row in found), Decimal(0))
    return replace(found[0], value=whole, baseline=sum(bases, Decimal(0)) if bases else None)


# -------------------------------------------------------------------------------------------------------------- amounts
@remembered
def own_amount(world: World, unit: str, code: str, month: date) -> Fraction:
    """What falls to a month by the version of the unit's own that holds in it.

    Months before a revision keep their amounts, those of ended units for which it speaks too; what is left is spread
    over its own months, and falls into the first of them when none has a weight.
    """
    target = own_target(world, unit, code, month)
    if target is None or not target.first <= month <= target.due:
        return Fraction(0)
    begins = max(target.first, target.effective)
    kept = total(amount(world, unit, code, other, begins) for other in months_from(january(begins), begins)[:-1])
    left = Fraction(target.value) - way_from(world, target) - (kept or 0)
    weights = phasing_weights(world, target)
    remaining = sum(weights[other] for other in months_from(begins, target.due))
    if remaining == 0:
        return left if month == begins else Fraction(0)
    return left * weights[month] / remaining


@remembered
def amount(world: World, unit: str, code: str, month: date, row_month: date) -> Fraction:
    """What falls to a month in a row: by the unit's plan, and by those of the units that had ended in it by the row."""
    ended = added(world, unit, code, month, row_month)
    inherited = (amount(world, row.code, code, month, row.valid_to) for row in ended)
    return own_amount(world, unit, code, month) + sum(inherited, Fraction(0))


def way_from(world: World, target: Target) -> Fraction:
    """The level at which a target's way begins; amounts are phased over the way."""
    is_flow = world.by_code[target.indicator].kind == "flow"
    return Fraction(0) if is_flow or target.baseline is None else Fraction(target.baseline)


@remembered
def phasing_weights(world: World, target: Target) -> dict[date, Fraction]:
    """How a target is spread over its months, from the first to the due month."""
    months = months_from(target.first, target.due)
    even = dict.fromkeys(months, Fraction(1))
    if target.phasing == "none":  # compared whole: all of it is due from the first month on
        return {month: Fraction(month == target.first) for month in months}
    if target.phasing == "seasonal":
        return shape_of_last_year(world, target) or even
    if target.phasing == "guidance":
        owner = target.split_from or target.unit  # the district's amounts, whoever they were handed down to
        return {month: Fraction(world.guided.get((owner, target.indicator, month), 0)) for month in months}
    return even


def shape_of_last_year(world: World, target: Target) -> dict[date, Fraction]:
    """Last year's amount for each month of a target; empty when last year is not whole, or came to nothing."""
    shape: dict[date, Fraction] = {}
    year = target.first.year - 1
    if is_reporting(world, target.unit, target.indicator):
        parts = kin(world, target.unit, year)
    else:
        parts = [row.code for row in reporting_units(world, target.unit, target.indicator)]
    for month in months_from(target.first, target.due):
        there = [part for part in parts if world.unit[part].is_there(year_before(month))]
        amounts = [month_alone(world, part, target.indicator, year_before(month)) for part in there]
        known = whole_total(amounts) if amounts else None
        if known is None:
            return {}
        shape[month] = known
    return shape if sum(shape.values()) > 0 else {}


# ---------------------------------------------------------------------------------------------------------- what is due
def is_phased(world: World, target: Target) -> bool:
    """Whether a target falls to months at all; what does not is compared whole."""
    kind = world.by_code[target.indicator].kind
    is_level_ceiling = kind != "flow" and target.form == "at_most"
    is_rate = kind in ("ratio", "growth") and target.form != "reduce_from_baseline"
    return target.phasing != "none" and not is_level_ceiling and not is_rate


@remembered
def due_by(world: World, unit: str, code: str, month: date, row_month: date) -> Fraction | None:
    """All that is due of a unit's target by a month, as its row of another month sees it; a level with its baseline."""
    own = own_target(world, unit, code, month)
    ended = added(world, unit, code, month, row_month)
    parts = [due_by(world, row.code, code, month, row.valid_to) for row in ended]
    if own is None:
        return total(parts)
    if not is_phased(world, own):
        return total([Fraction(own.value), *parts])
    due = way_from(world, own)
    for other in months_from(january(month), month):
        due += own_amount(world, unit, code, other)
        # ended units for which a later version speaks keep their amounts of the months before it
        spoken_for = [row for row in added(world, unit, code, other, row_month) if row not in ended]
        due += sum((amount(world, row.code, code, other, row.valid_to) for row in spoken_for), Fraction(0))
    return total([due, *parts])


@remembered
def base_at(world: World, unit: str, code: str, month: date, row_month: date) -> Fraction:
    """The level from which a unit's way is counted, as a row of another month sees it."""
    own = own_target(world, unit, code, month)
    ended = added(world, unit, code, month, row_month)
    inherited = (base_at(world, row.code, code, month, row.valid_to) for row in ended)
    return Fraction((own and own.baseline) or 0) + sum(inherited, Fraction(0))


def target_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What is due by a month, over all due months."""
    return due_by(world, unit, code, month, month) if in_force(world, unit, code, month) else None


# ------------------------------------------------------------------------------------------------- of what is due, what
def is_spread_evenly(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a parent's target was never handed down."""
    target = in_force(world, unit, code, month)
    return not is_reporting(world, unit, code) and target is not None and target.split_key is None


@remembered
def line_amount(world: World, unit: str, code: str, month: date) -> Fraction:
    """What falls to a month for what a unit then stands for: itself, and the units that had ended in it before."""
    return amount(world, unit, code, month, month)


def falls_to(world: World, unit: str, code: str, part: str, month: date) -> Fraction:
    """What falls to a month of one unit of a row."""
    if is_spread_evenly(world, unit, code, month):
        return own_amount(world, unit, code, month) / len(asked_units(world, unit, code, month))
    return line_amount(world, part, code, month)


def covered_of(world: World, unit: str, code: str, month: date) -> list[tuple[str, date, tuple[date, ...]]]:
    """The units of a row that have covered months, each with the last that counts, and its covered months."""
    found = ((part, last, covered_months(world, part, code, last)) for part, last in holders(world, unit, code, month))
    return [(part, last, covered) for part, last, covered in found if covered]


@remembered
def target_covered(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What is due over the covered months, and units, alone."""
    target, kind = in_force(world, unit, code, month), world.by_code[code].kind
    if target is not None and kind in COPIED:  # a rate is compared whole, and progress once made stays made
        return due_by(world, unit, code, month, month)
    parts = covered_of(world, unit, code, month)
    if target is None or not parts:
        return None
    if kind == "flow" and is_phased(world, target):
        return total(falls_to(world, unit, code, part, other) for part, _, covered in parts for other in covered)
    if is_spread_evenly(world, unit, code, month):
        seen_by = [seen_in(world, target, covered, month) for _, _, covered in parts]
        return total(
            divided(due_by(world, unit, code, other, month), Fraction(units_counted(world, unit, code, other)))
            for other in seen_by
        )
    if kind == "flow":
        return total(whole_of_covered(world, part, code, month) for part in families(world, unit, code, month))
    seen = ((part, seen_in(world, target, covered, last)) for part, last, covered in parts)
    return total(due_by(world, part, code, other, other) for part, other in seen)


def seen_in(world: World, target: Target, covered: tuple[date, ...], month: date) -> date:
    """The month whose plan a level is compared with: that of the level; of a plan without months the row's own."""
    return covered[-1] if is_phased(world, target) else month


def whole_of_covered(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """A flow's target that is not phased, of a unit and what it inherited, as far as anything of them is covered."""
    last = min(month, world.unit[unit].valid_to)
    own = own_target(world, unit, code, last) if covered_months(world, unit, code, last) else None
    # where the heir itself is not covered, no version of its own speaks for what the others had
    ended = added(world, unit, code, last, last) if own else ended_this_year(world, unit, last)
    inherited = (whole_of_covered(world, row.code, code, row.valid_to) for row in ended)
    return total([exact(own.value) if own else None, *inherited])


def units_counted(world: World, unit: str, code: str, month: date) -> int:
    """The units of a row that have something to report this year."""
    return sum(bool(due_months(world, part, code, last)) for part, last in holders(world, unit, code, month))


def base_covered(world: World, unit: str, code: str, month: date) -> Fraction:
    """The baselines of the units that are compared."""
    target, parts = in_force(world, unit, code, month), covered_of(world, unit, code, month)
    assert target
    if world.by_code[code].kind in COPIED:
        return Fraction(target.baseline or 0)
    if is_spread_evenly(world, unit, code, month):
        return Fraction(target.baseline or 0) * len(parts) / units_counted(world, unit, code, month)
    seen = ((part, seen_in(world, target, covered, last)) for part, last, covered in parts)
    return sum((base_at(world, part, code, other, other) for part, other in seen), Fraction(0))
