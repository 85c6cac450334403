"""What a night knows, for the slow reference: the tree, the catalogue, the reports. Nothing to do with the SQL.

A report is what one unit sent for one indicator and month. Months are firsts of months.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import wraps
from typing import Any, ParamSpec, TypeVar

MILLION = 10**6
P = ParamSpec("P")
R = TypeVar("R")
ALWAYS, FOREVER = date(1900, 1, 1), date(2999, 12, 1)


@dataclass(frozen=True)
class Unit:
    """A district, sub-district or community; `valid_to` is its last month, inclusive."""

    code: str
    households: int = 0
    level: str = "community"
    parent: str | None = None
    valid_from: date = ALWAYS
    valid_to: date = FOREVER
    successor: str | None = None

    def is_there(self, month: date) -> bool:
        """Whether the unit counts in a month."""
        return self.valid_from <= month <= self.valid_to


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
    level: str = "community"
    first_month: date = ALWAYS
    theme: str | None = None
    weight: Decimal = Decimal(1)

    @property
    def asked(self) -> list[str]:
        """The codes that are filled in: its components, or itself."""
        return [code for code in (self.numerator, self.denominator) if code] or [self.code]


@dataclass(frozen=True)
class Target:
    """One version of one unit's target."""

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
    basis: str = "office"
    is_rekeyed: bool = False
    recorded: date | None = None
    split_from: str | None = None  # the unit that handed it down


@dataclass(frozen=True)
class Report:
    """What one unit reported of one indicator for one month; a report without values is a blank cell."""

    unit: str
    indicator: str
    month: date
    month_value: Decimal | None = None
    ytd_value: Decimal | None = None
    prior_ytd_value: Decimal | None = None
    finished_on: date | None = None
    is_late: bool = False
    is_not_applicable: bool = False
    is_held: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether it says anything about the month."""
        return self.month_value is not None or self.ytd_value is not None


@dataclass(frozen=True, eq=False)  # a world is itself alone, so that what is known of it can be remembered
class World:
    """Everything that a night knows: the tree, the catalogue, the reports, and which due and lock days have passed."""

    units: tuple[Unit, ...]  # of all levels, from the top
    indicators: tuple[Indicator, ...]
    targets: tuple[Target, ...]
    guided: dict[tuple[str, str, date], Decimal]  # unit, indicator, month → that month's amount
    reports: tuple[Report, ...]
    months: tuple[date, ...]  # every month asked, in order
    due_passed: frozenset[date]
    lock_passed: frozenset[date]
    today: date
    plan_years: tuple[int, ...] = ()  # the years whose targets are open; what came before is only compared with
    themes: dict[str, Decimal] = field(default_factory=dict)  # code → weight in the overall score
    baseline_ends: dict[tuple[str, str], date] = field(default_factory=dict)  # unit, indicator → last month of it
    unit: dict[str, Unit] = field(init=False, repr=False)
    cell: dict[tuple[str, str, date], Report] = field(init=False, repr=False)
    by_code: dict[str, Indicator] = field(init=False, repr=False)
    memory: dict[Hashable, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", {row.code: row for row in self.units})
        object.__setattr__(self, "cell", {(row.unit, row.indicator, row.month): row for row in self.reports})
        object.__setattr__(self, "by_code", {row.code: row for row in self.indicators})
        object.__setattr__(self, "memory", {})


def remembered(work_out: Callable[P, R]) -> Callable[P, R]:
    """Worked out once for a world, the first argument; forgotten with it."""

    @wraps(work_out)
    def found(*args: P.args, **kwargs: P.kwargs) -> R:
        world: Any = args[0]
        key = (work_out.__module__, work_out.__qualname__, *args[1:], *kwargs.values())
        if key not in world.memory:
            world.memory[key] = work_out(*args, **kwargs)
        return world.memory[key]  # type: ignore[no-any-return]

    return found


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


def whole_total(values: Iterable[Fraction | None]) -> Fraction | None:
    """The sum of all; unknown when one of them is."""
    found = Fraction(0)
    for value in values:
        if value is None:
            return None
        found += value
    return found


def exact(value: Decimal | None) -> Fraction | None:
    """A decimal as a fraction."""
    return None if value is None else Fraction(value)


# --------------------------------------------------------------------------------------------------------------- months
def months_from(first: date, last: date) -> list[date]:
    """The months from the first to the last, both counted."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [months_later(first, number) for number in range(count)]


def months_later(month: date, count: int) -> date:
    """The month so many months later, or earlier when the count is negative."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def january(month: date) -> date:
    """The first month of its year."""
    return month.replace(month=1)


def year_before(month: date) -> date:
    """The same month of last year."""
    return month.replace(year=month.year - 1)


def following(month: date) -> date:
    """The next month."""
    return (month + timedelta(days=31)).replace(day=1)


# ----------------------------------------------------------------------------------------------------------------- tree
def is_reporting(world: World, unit: str, code: str) -> bool:
    """Whether a unit supplies the indicator's values itself."""
    return world.unit[unit].level == world.by_code[code].level


@remembered
def reporting_units(world: World, unit: str, code: str) -> tuple[Unit, ...]:
    """The units at or below a unit that supply the indicator's values, whether or not they still exist."""
    if is_reporting(world, unit, code):
        return (world.unit[unit],)
    below = (row for row in world.units if row.parent == unit)
    return tuple(part for row in below for part in reporting_units(world, row.code, code))


@remembered
def predecessors(world: World, unit: str) -> tuple[Unit, ...]:
    """The units that ended in this one."""
    return tuple(row for row in world.units if row.successor == unit)


def ended_this_year(world: World, unit: str, month: date) -> list[Unit]:
    """The units that ended in this one, earlier in the year of a month."""
    return [row for row in predecessors(world, unit) if january(month) <= row.valid_to < month]


@remembered
def holders(world: World, unit: str, code: str, month: date) -> tuple[tuple[str, date], ...]:
    """The reporting units whose own series make up a row, each with the last of its months that counts.

    A flow keeps the months of units that ended this year; of a stock only the units of the month itself are left.
    """
    is_flow = world.by_code[code].kind == "flow"
    if is_reporting(world, unit, code):
        found = [(unit, month)]
        for ended in ended_this_year(world, unit, month) if is_flow else ():
            found += holders(world, ended.code, code, ended.valid_to)
        return tuple(found)
    parts = reporting_units(world, unit, code)
    if is_flow:
        year = january(month)
        return tuple(
            (row.code, min(month, row.valid_to)) for row in parts if row.valid_from <= month and row.valid_to >= year
        )
    return tuple((row.code, month) for row in parts if row.is_there(month))
