"""Completion and ranking as domain.md words them, in plain Python: slow, exact, and nothing to do with the SQL.

The tree is one sub-district and its communities. A report is what one community sent for one indicator and month.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

CAP = Fraction(12, 10)  # domain.md, Rankings: the cap
MINIMUM_COVERAGE = Fraction(8, 10)  # domain.md, Rankings: under 80 % of due months covered is unranked
MILLION = 10**6


@dataclass(frozen=True)
class Unit:
    """A community."""

    code: str
    households: int


@dataclass(frozen=True)
class Indicator:
    """What is measured; thresholds are those of its kind unless it has its own."""

    code: str
    kind: str
    direction: str = "higher"
    decimals: int = 0
    numerator: str | None = None
    denominator: str | None = None
    ranking_metric: str = "none"
    minimum_denominator: Decimal | None = None
    thresholds: tuple[Decimal, Decimal, Decimal] | None = None


@dataclass(frozen=True)
class Target:
    """One version of one unit's target; months are firsts of months."""

    unit: str
    indicator: str
    form: str
    value: Decimal
    first: date
    due: date
    phasing: str
    effective: date
    version: int = 1
    baseline: Decimal | None = None
    split_key: str | None = None


@dataclass(frozen=True)
class Report:
    """What one community reported of one indicator for one month; a report without values is a blank cell."""

    unit: str
    indicator: str
    month: date
    month_value: Decimal | None = None
    ytd_value: Decimal | None = None
    prior_ytd_value: Decimal | None = None
    finished_on: date | None = None
    is_late: bool = False
    is_not_applicable: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether it says anything about the month."""
        return self.month_value is not None or self.ytd_value is not None


@dataclass(frozen=True, eq=False)  # a world is itself alone, so that what is known of it can be cached
class World:
    """Everything that a night knows: the tree, the catalogue, the reports, and which due and lock days have passed."""

    parent: str
    units: tuple[Unit, ...]
    indicators: tuple[Indicator, ...]
    targets: tuple[Target, ...]
    guided: dict[tuple[str, str, date], Decimal]  # unit, indicator, month → that month's amount
    reports: tuple[Report, ...]
    months: tuple[date, ...]  # every month asked, in order
    due_passed: frozenset[date]
    lock_passed: frozenset[date]
    plan_years: tuple[int, ...] = ()  # the years whose targets are open; what came before is only compared with
    cell: dict[tuple[str, str, date], Report] = field(default_factory=dict, compare=False)
    by_code: dict[str, Indicator] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.cell.update({(row.unit, row.indicator, row.month): row for row in self.reports})
        self.by_code.update({row.code: row for row in self.indicators})

    def year_until(self, month: date) -> list[date]:
        """The months asked from January to the month."""
        return [other for other in self.months if other.year == month.year and other <= month]


# ----------------------------------------------------------------------------------------------------------- arithmetic
def rounded(value: Fraction | None) -> Decimal | None:
    """Six decimals, half away from zero, once."""
    if value is None:
        return None
    scaled = abs(value) * MILLION
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(whole if value >= 0 else -whole).scaleb(-6)


def divided(above: Fraction | None, below: Fraction | None) -> Fraction | None:
    """One exact division; no denominator is no result."""
    return above / below if above is not None and below else None


def total(values: Iterable[Fraction | None]) -> Fraction | None:
    """The sum of those that are known; none known is not zero."""
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) if known else None


def exact(value: Decimal | None) -> Fraction | None:
    """A decimal as a fraction."""
    return None if value is None else Fraction(value)


def months_between(first: date, last: date) -> int:
    """Months from the first to the last, both counted."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def year_before(month: date) -> date:
    """The same month of last year."""
    return month.replace(year=month.year - 1)


# ------------------------------------------------------------------------------------- one community, one flow or stock
def latest_cumulative(world: World, unit: str, code: str, month: date) -> date | None:
    """The last month, up to this one, whose 本年累计 was reported."""
    found = [
        other
        for other in world.year_until(month)
        if (row := world.cell.get((unit, code, other))) and row.ytd_value is not None
    ]
    return found[-1] if found else None


@cache
def covered_months(world: World, unit: str, code: str, month: date) -> list[date]:
    """The months up to this one whose result is known: reported themselves, or inside a reported cumulative."""
    indicator = world.by_code[code]
    if indicator.kind == "growth":
        assert indicator.numerator
        return covered_months(world, unit, indicator.numerator, month)
    if indicator.kind == "ratio" and indicator.numerator and indicator.denominator:
        below = covered_months(world, unit, indicator.denominator, month)
        return [other for other in covered_months(world, unit, indicator.numerator, month) if other in below]
    cumulative = latest_cumulative(world, unit, code, month) if indicator.kind == "flow" else None
    return [
        other
        for other in world.year_until(month)
        if (cumulative and other <= cumulative) or ((row := world.cell.get((unit, code, other))) and row.is_usable)
    ]


def flow_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The latest reported cumulative and the months reported after it."""
    cumulative = latest_cumulative(world, unit, code, month)
    parts: list[Fraction | None] = []
    for other in world.year_until(month):
        row = world.cell.get((unit, code, other))
        if row and other == cumulative:
            parts.append(exact(row.ytd_value))
        elif row and (cumulative is None or other > cumulative):
            parts.append(exact(row.month_value))
    return total(parts)


def level_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The latest month-end of the year."""
    levels = [
        row.month_value
        for other in world.year_until(month)
        if (row := world.cell.get((unit, code, other))) and row.month_value is not None
    ]
    return exact(levels[-1]) if levels else None


def to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """A component by its own kind."""
    if world.by_code[code].kind == "flow":
        return flow_to_date(world, unit, code, month)
    return level_to_date(world, unit, code, month)


def month_alone(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The month's own value; of a flow that has only cumulatives the difference of consecutive ones."""
    row = world.cell.get((unit, code, month))
    if row is None:
        return None
    if world.by_code[code].kind != "flow" or row.ytd_value is None:
        return exact(row.month_value)
    earlier = [other for other in world.year_until(month) if other < month]
    if row.month_value is not None:
        return exact(row.month_value)
    if not earlier:
        return exact(row.ytd_value)
    before = world.cell.get((unit, code, earlier[-1]))
    if before is None or before.ytd_value is None:
        return None
    return Fraction(row.ytd_value) - Fraction(before.ytd_value)


def prior_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Last year's identical period: as reported, else our own when it covers exactly the same months."""
    covered = covered_months(world, unit, code, month)
    if not covered:
        return None
    last = covered[-1]
    row = world.cell.get((unit, code, last))
    if row and row.prior_ytd_value is not None and covered == world.year_until(last):
        return exact(row.prior_ytd_value)
    identical = [year_before(other) for other in covered]
    if covered_months(world, unit, code, identical[-1]) == identical:
        return flow_to_date(world, unit, code, identical[-1])
    return None


# ------------------------------------------------------------------------------------------------------- units together
def units_of(world: World, unit: str) -> list[str]:
    """The communities that a row adds up: all of them for the sub-district, itself for a community."""
    return [row.code for row in world.units] if unit == world.parent else [unit]


def covered_units(world: World, unit: str, code: str, month: date) -> list[str]:
    """Those of them with at least one covered month."""
    return [part for part in units_of(world, unit) if covered_months(world, part, code, month)]


def reporting_units(world: World, unit: str, code: str, month: date) -> list[str]:
    """Those of them that know the month itself."""
    return [part for part in units_of(world, unit) if month in covered_months(world, part, code, month)]


def growth(world: World, unit: str, flow: str, month: date) -> Fraction | None:
    """YTD ÷ the identical period of last year − 1, from the sums of the comparable units."""
    parts = comparable_units(world, unit, flow, month)
    now = total(to_date(world, part, flow, month) for part in parts)
    ratio = divided(now, total(prior_to_date(world, part, flow, month) for part in parts))
    return None if ratio is None else ratio - 1


def comparable_units(world: World, unit: str, flow: str, month: date) -> list[str]:
    """The units whose identical period of last year is known."""
    return [part for part in units_of(world, unit) if prior_to_date(world, part, flow, month) is not None]


def prior(world: World, unit: str, flow: str, month: date) -> Fraction | None:
    """Last year's identical period; unknown when it is unknown of one unit that has a value this year."""
    parts = comparable_units(world, unit, flow, month)
    if parts != covered_units(world, unit, flow, month):
        return None
    return total(prior_to_date(world, part, flow, month) for part in parts)


def actual(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The value to date that is compared with a target."""
    indicator = world.by_code[code]
    parts = covered_units(world, unit, code, month)
    if indicator.kind in ("flow", "stock"):
        return total(to_date(world, part, code, month) for part in parts)
    if indicator.kind == "growth":
        assert indicator.numerator
        return growth(world, unit, indicator.numerator, month)
    if indicator.kind == "ratio":
        return divided(*components(world, unit, indicator, month))
    if unit != world.parent:
        return level_to_date(world, unit, code, month)
    if not parts:
        return None
    finished = [part for part in parts if level_to_date(world, part, code, month) == 1]
    return Fraction(len(finished), len(world.units))  # milestone: share of units done


def components(world: World, unit: str, indicator: Indicator, month: date) -> tuple[Fraction | None, Fraction | None]:
    """Numerator and denominator: over months by their own kinds, then over the units that have both."""
    assert indicator.numerator and indicator.denominator
    parts = covered_units(world, unit, indicator.code, month)
    above = total(to_date(world, part, indicator.numerator, month) for part in parts)
    below = total(to_date(world, part, indicator.denominator, month) for part in parts)
    return above, below


# -------------------------------------------------------------------------------------------------------------- targets
@cache
def versions(world: World, unit: str, code: str) -> list[Target]:
    """Every version of a unit's target, listed or handed down."""
    listed = [row for row in world.targets if row.unit == unit and row.indicator == code]
    if listed or unit == world.parent:
        return sorted(listed, key=lambda row: row.version)
    return [
        split(world, whole)[unit]
        for whole in versions(world, world.parent, code)
        if whole.split_key in ("equal", "households")
    ]


def split(world: World, whole: Target) -> dict[str, Target]:
    """A sub-district's target over its communities: largest remainder at the indicator's decimals."""
    indicator = world.by_code[whole.indicator]
    if indicator.kind in ("ratio", "growth", "milestone"):  # copied, not split
        return {unit.code: handed_down(whole, unit.code, whole.value) for unit in world.units}
    step = Fraction(1, 10**indicator.decimals)
    keys = {unit.code: 1 if whole.split_key == "equal" else unit.households for unit in world.units}
    steps = Fraction(whole.value) / step
    quotas = {code: steps * key / sum(keys.values()) for code, key in keys.items()}
    floors = {code: quota.numerator // quota.denominator for code, quota in quotas.items()}
    left = int(steps) - sum(floors.values())
    # ties by households then code
    order = sorted(world.units, key=lambda unit: (floors[unit.code] - quotas[unit.code], -unit.households, unit.code))
    lucky = {unit.code for unit in order[:left]}
    return {
        code: handed_down(whole, code, Decimal(floors[code] + (code in lucky)).scaleb(-indicator.decimals))
        for code in keys
    }


def handed_down(whole: Target, unit: str, value: Decimal) -> Target:
    """A community's part of a target."""
    return Target(
        unit, whole.indicator, whole.form, value, whole.first, whole.due, whole.phasing, whole.effective, whole.version
    )


def in_force(world: World, unit: str, code: str, month: date) -> Target | None:
    """The version that holds in a month."""
    found = [row for row in versions(world, unit, code) if row.first.year == month.year and row.effective <= month]
    return found[-1] if found else None


def amounts(world: World, unit: str, code: str, month: date) -> dict[date, Fraction]:
    """How much of a flow's target falls to each month of the year up to this one."""
    found: dict[date, Fraction] = {}
    spent = Fraction(0)
    for other in (date(month.year, number, 1) for number in range(1, month.month + 1)):
        target = in_force(world, unit, code, other)
        if target is None or other > target.due:
            found[other] = Fraction(0)
        elif target.phasing == "guidance":
            found[other] = Fraction(world.guided[unit, code, other])
        elif target.phasing == "seasonal" and (shape := shape_of_last_year(world, unit, target)):
            found[other] = Fraction(target.value) * shape[other] / sum(shape.values())
        else:  # what remains is spread over the remaining months
            found[other] = (Fraction(target.value) - spent) / months_between(other, target.due)
        spent += found[other]
    return found


def shape_of_last_year(world: World, unit: str, target: Target) -> dict[date, Fraction]:
    """Last year's amount for each month of a target; empty when last year is not whole, or came to nothing."""
    shape: dict[date, Fraction] = {}
    month = target.first
    while month <= target.due:
        if year_before(month) not in world.months:
            return {}
        parts = [month_alone(world, part, target.indicator, year_before(month)) for part in units_of(world, unit)]
        if any(part is None for part in parts):
            return {}
        shape[month] = total(parts) or Fraction(0)
        month = (month + timedelta(days=31)).replace(day=1)
    return shape if sum(shape.values()) > 0 else {}


def share_due(world: World, unit: str, target: Target, month: date) -> Fraction:
    """How much of a level's way is due by a month, 0 to 1."""
    if target.phasing == "none":
        return Fraction(1)
    elapsed = min(max(months_between(target.first, month), 0), months_between(target.first, target.due))
    return Fraction(elapsed, months_between(target.first, target.due))


def level_due(world: World, unit: str, target: Target, month: date) -> Fraction:
    """Where a level should stand by a month; at_most holds whole from the start."""
    if target.form == "at_most":
        return Fraction(target.value)
    base = Fraction(target.baseline or 0)
    return base + share_due(world, unit, target, month) * (Fraction(target.value) - base)


def due_by(world: World, unit: str, target: Target, months: list[date]) -> Fraction | None:
    """What is due of one unit's target over some months; None without months."""
    if not months:
        return None
    kind = world.by_code[target.indicator].kind
    if kind in ("ratio", "growth") and target.form != "reduce_from_baseline":
        return Fraction(target.value)
    if kind == "flow" and target.phasing != "none":
        by_month = amounts(world, unit, target.indicator, months[-1])
        return sum((by_month[month] for month in months), Fraction(0))
    if kind == "flow":
        return Fraction(target.value)
    return level_due(world, unit, target, months[-1])


def target_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What is due by a month, over all due months."""
    target = in_force(world, unit, code, month)
    return due_by(world, unit, target, world.year_until(month)) if target else None


def is_shared(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the target compared is a sum of the communities' own."""
    return (
        unit == world.parent
        and world.by_code[code].kind in ("flow", "stock")
        and all(in_force(world, part.code, code, month) for part in world.units)
    )


def target_covered(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What is due over the covered months, and units, alone."""
    target = in_force(world, unit, code, month)
    parts = covered_units(world, unit, code, month)
    if target is None or not parts:
        return None
    if not is_shared(world, unit, code, month):
        months = sorted({other for part in parts for other in covered_months(world, part, code, month)})
        if world.by_code[code].kind == "milestone":
            months = [month]  # progress once made stays made
        return due_by(world, unit, target, months)
    own = [(part, in_force(world, part, code, month)) for part in parts]
    return total(due_by(world, part, share, covered_months(world, part, code, month)) for part, share in own if share)


def baseline_covered(world: World, unit: str, code: str, month: date) -> Fraction:
    """The baselines of the units that are compared."""
    target = in_force(world, unit, code, month)
    assert target
    if not is_shared(world, unit, code, month):
        return Fraction(target.baseline or 0)
    own = [in_force(world, part, code, month) for part in covered_units(world, unit, code, month)]
    return sum((Fraction(share.baseline or 0) for share in own if share), Fraction(0))


# ----------------------------------------------------------------------------------------------------------- completion
def completion(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Actual against the annual target."""
    target, value = in_force(world, unit, code, month), actual(world, unit, code, month)
    if target is None or value is None:
        return None
    kind, aim = world.by_code[code].kind, Fraction(target.value)
    if target.form == "by_date":
        return value
    if kind == "growth":
        return value / aim if value > 0 and aim > 0 else None
    if target.form == "at_most":
        is_open = kind == "flow" and month < target.due
        return None if is_open else aim / value if value else CAP
    # the way gone by the units that are in, over the whole way
    gone = value - baseline_covered(world, unit, code, month)
    whole = aim - Fraction(target.baseline or 0)
    if target.form == "reduce_from_baseline" and not whole:
        return Fraction(gone <= 0)  # where no reduction is asked, holding the level is 1
    return divided(gone, whole)


def reduced(base: Fraction, value: Fraction, aim: Fraction) -> Fraction:
    """How much of a reduction is done; where none is asked, holding the level is 1."""
    return (base - value) / (base - aim) if base != aim else Fraction(value <= base)


def pace(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Actual against what is due over the covered months and units."""
    target, value = in_force(world, unit, code, month), actual(world, unit, code, month)
    due = target_covered(world, unit, code, month)
    if target is None or value is None or due is None:
        return None
    if world.by_code[code].kind == "growth":
        return divided(1 + value, 1 + due)
    if target.form == "at_most":
        return due / value if value else CAP
    base = baseline_covered(world, unit, code, month)
    if target.form == "reduce_from_baseline":
        if base == due and target.value != target.baseline:
            return None  # nothing phased yet
        return reduced(base, value, due)
    return divided(value - base, due - base)


def gap(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Actual less what is due over the covered months and units."""
    value, due = actual(world, unit, code, month), target_covered(world, unit, code, month)
    return None if value is None or due is None else value - due


# --------------------------------------------------------------------------------------------------------------- status
def is_met(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the value known in a month satisfies the target in force."""
    target, value = in_force(world, unit, code, month), actual(world, unit, code, month)
    if target is None or value is None:
        return False
    if target.form in ("at_most", "reduce_from_baseline"):
        # what a silent unit holds is not zero
        is_whole = all(actual(world, part, code, month) is not None for part in asked_units(world, unit, code, month))
        return is_whole and value <= Fraction(target.value)
    return value >= Fraction(target.value)


def finished_in(world: World, unit: str, code: str, month: date) -> date | None:
    """The month in which a milestone was finished, as known in a month; of a parent the last of its units."""
    months: list[date] = []
    for part in units_of(world, unit):
        done = [
            (row.finished_on or other).replace(day=1)
            for other in world.year_until(month)
            if (row := world.cell.get((part, code, other))) and row.month_value == 1
        ]
        if not done:
            return None
        months.append(min(done))
    return max(months)


def is_reported(world: World, unit: str, code: str, month: date) -> bool:
    """Whether anything usable of the month itself is in."""
    return bool(reporting_units(world, unit, code, month))


def is_complete(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the month's report of every unit that has something to report is in."""
    return reporting_units(world, unit, code, month) == asked_units(world, unit, code, month)


def asked_units(world: World, unit: str, code: str, month: date) -> list[str]:
    """The units that have something to report."""
    indicator = world.by_code[code]
    return [part for part in units_of(world, unit) if not is_not_applicable(world, part, indicator, month)]


def is_final(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a month's result is in: of every unit, or of those that made it by the lock day."""
    is_in = is_complete(world, unit, code, month)
    return is_in or (month in world.lock_passed and is_reported(world, unit, code, month))


def status(world: World, unit: str, code: str, month: date) -> str:
    """The first rule of domain.md, Status, that holds."""
    indicator, target = world.by_code[code], in_force(world, unit, code, month)
    if target is None:
        return "no_target"
    if is_not_applicable(world, unit, indicator, month):
        return "not_applicable"
    rules = (
        (is_achieved(world, unit, code, month, target), "achieved"),
        (is_repaired(world, unit, code, month, target), "repaired"),
        (is_missed(world, unit, code, month, target), "missed"),
        (is_not_due(world, unit, code, month, target), "not_due"),
        (not is_reported(world, unit, code, month), "unreported"),
        (pace(world, unit, code, month) is None, "not_computable"),
    )
    return next((name for holds, name in rules if holds), "") or by_pace(world, unit, code, month)


def is_not_applicable(world: World, unit: str, indicator: Indicator, month: date) -> bool:
    """Whether every unit that a row adds up said 不适用."""
    asked = [code for code in (indicator.numerator, indicator.denominator) if code] or [indicator.code]
    return all(
        any((row := world.cell.get((part, code, month))) and row.is_not_applicable for code in asked)
        for part in units_of(world, unit)
    )


def is_achieved(world: World, unit: str, code: str, month: date, target: Target) -> bool:
    """A cumulative at_least target reached or a milestone finished, by D; or r ≥ D, reported, and met at D."""
    kind = world.by_code[code].kind
    if kind == "milestone":
        finished = finished_in(world, unit, code, month)
        return finished is not None and finished <= target.due
    if kind == "flow" and target.form == "at_least" and is_met(world, unit, code, min(month, target.due)):
        return True
    if month < target.due:
        return False
    if is_final(world, unit, code, target.due) and is_met(world, unit, code, target.due):
        return True
    # a ceiling: a cumulative sent later may hold the due month, and what it holds was no more then
    known = [part for part in units_of(world, unit) if target.due in covered_months(world, part, code, month)]
    is_in = known == asked_units(world, unit, code, month) or (target.due in world.lock_passed and bool(known))
    return kind == "flow" and target.form == "at_most" and is_in and is_met(world, unit, code, month)


def is_repaired(world: World, unit: str, code: str, month: date, target: Target) -> bool:
    """Met after D; or on pace, but the row's own report came after its due day."""
    kind = world.by_code[code].kind
    if month > target.due and kind == "milestone":
        return finished_in(world, unit, code, month) is not None
    if month > target.due and not (kind == "flow" and target.form == "at_most") and is_met(world, unit, code, month):
        return True
    if kind == "milestone" and month < target.due:
        return False
    asked = [part for part in (world.by_code[code].numerator, world.by_code[code].denominator) if part] or [code]
    late = any((row := world.cell.get((unit, part, month))) and row.is_usable and row.is_late for part in asked)
    ratio = rounded(pace(world, unit, code, month))
    return late and month < target.due and ratio is not None and ratio >= thresholds(world.by_code[code])[0]


def is_missed(world: World, unit: str, code: str, month: date, target: Target) -> bool:
    """A cumulative ceiling exceeded; or r ≥ D, not met, and the report is in or the lock day has passed."""
    value = actual(world, unit, code, month)
    if target.form == "at_most" and world.by_code[code].kind == "flow" and value is not None and value > target.value:
        return True
    is_in = is_complete(world, unit, code, month) or month in world.lock_passed
    return month >= target.due and is_in  # met at D, and met after it, are decided above


def is_not_due(world: World, unit: str, code: str, month: date, target: Target) -> bool:
    """Nothing is in and the due day has not passed; a milestone before D; nothing phased yet."""
    if month not in world.due_passed and not is_reported(world, unit, code, month):
        return True
    kind = world.by_code[code].kind
    if kind == "milestone":
        return month < target.due
    if target.phasing == "none" or kind not in ("flow", "stock") or (kind == "stock" and target.form == "at_most"):
        return False
    if kind == "flow":
        return target.value != 0 and not any(amounts(world, unit, code, month).values())
    return share_due(world, unit, target, month) == 0


def thresholds(indicator: Indicator) -> tuple[Decimal, Decimal, Decimal]:
    """On pace at, at risk at, behind at."""
    if indicator.thresholds:
        return indicator.thresholds
    defaults = ("1", "0.99", "0.97") if indicator.kind == "growth" else ("1", "0.9", "0.7")
    on_pace, at_risk, behind = map(Decimal, defaults)
    return on_pace, at_risk, behind


def by_pace(world: World, unit: str, code: str, month: date) -> str:
    """The rounded pace against the thresholds."""
    ratio = rounded(pace(world, unit, code, month))
    assert ratio is not None
    names = ("on_pace", "at_risk", "behind")
    passed = (name for name, floor in zip(names, thresholds(world.by_code[code]), strict=True) if ratio >= floor)
    return next(passed, "far_behind")


# -------------------------------------------------------------------------------------------------------------- ranking
@dataclass(frozen=True)
class Standing:
    """One community's place among its siblings for one indicator and month."""

    metric_value: Decimal | None
    completion_rank: int | None
    peers_count: int
    unranked_reason: str | None


def ranking(world: World, code: str, month: date) -> dict[str, Standing]:
    """The places of all communities; ties share the better one."""
    indicator = world.by_code[code]
    metrics = {unit.code: rounded(metric(world, unit, indicator, month)) for unit in world.units}
    reasons = {unit.code: unranked_reason(world, unit, indicator, month, metrics[unit.code]) for unit in world.units}
    ranked = [value for unit, value in metrics.items() if reasons[unit] is None and value is not None]
    lowest_first = indicator.direction == "lower" and indicator.ranking_metric != "pace"

    def place(value: Decimal) -> int:
        return 1 + sum(other < value if lowest_first else other > value for other in ranked)

    return {
        unit: Standing(
            value, place(value) if reasons[unit] is None and value is not None else None, len(ranked), reasons[unit]
        )
        for unit, value in metrics.items()
    }


def metric(world: World, unit: Unit, indicator: Indicator, month: date) -> Fraction | None:
    """What the indicator is ranked by."""
    value = actual(world, unit.code, indicator.code, month)
    if indicator.ranking_metric == "pace":
        return pace(world, unit.code, indicator.code, month)
    if indicator.ranking_metric == "growth":
        return value if indicator.kind == "growth" else growth(world, unit.code, indicator.code, month)
    if indicator.ranking_metric == "per_thousand_households":
        return divided(None if value is None else value * 1000, Fraction(unit.households))
    return value


def unranked_reason(world: World, unit: Unit, indicator: Indicator, month: date, value: Decimal | None) -> str | None:
    """Why a community has no place; None when it has one."""
    code, due = indicator.code, world.year_until(month)
    below = components(world, unit.code, indicator, month)[1] if indicator.denominator else None
    is_small = indicator.minimum_denominator is not None and below is not None and below < indicator.minimum_denominator
    is_paced, has_target = indicator.ranking_metric == "pace", in_force(world, unit.code, code, month) is not None
    whole = in_force(world, world.parent, code, month)
    reasons = (
        (is_not_applicable(world, unit.code, indicator, month), "not_applicable"),
        (not is_reported(world, unit.code, code, month), "not_reported"),
        (Fraction(len(covered_months(world, unit.code, code, month)), len(due)) < MINIMUM_COVERAGE, "low_coverage"),
        (is_small, "small_denominator"),
        (is_paced and not has_target, "no_target"),
        (is_paced and not (whole and whole.split_key), "no_common_key"),
        (value is None, "not_computable"),
    )
    return next((name for holds, name in reasons if holds), None)
