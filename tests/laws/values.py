"""What was achieved by a month, and what last year was: one unit's own series, then rows made of several units."""

from datetime import date
from fractions import Fraction

from tests.laws.world import (
    Indicator,
    Report,
    Unit,
    World,
    divided,
    ended_this_year,
    exact,
    holders,
    is_reporting,
    january,
    months_from,
    months_later,
    predecessors,
    remembered,
    reporting_units,
    total,
    whole_total,
    year_before,
)


# --------------------------------------------------------------------------------------------- one unit's own reporting
@remembered
def asked_months(world: World, unit: str, code: str, month: date) -> tuple[date, ...]:
    """The months from January to the month that a unit is asked for."""
    there, first = world.unit[unit], world.by_code[code].first_month
    year = months_from(january(month), month)
    return tuple(other for other in year if other in world.months and there.is_there(other) and other >= first)


@remembered
def is_asked(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a unit, or one below it, is asked for an indicator in a month."""
    return any(
        all(month in asked_months(world, part.code, asked, month) for asked in world.by_code[code].asked)
        for part in reporting_units(world, unit, code)
    )


@remembered
def is_not_applicable(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the unit said 不适用 of the indicator or of a component of it, and took it not back."""
    for asked in world.by_code[code].asked:
        cell = world.cell.get((unit, asked, month))
        if cell is not None and cell.is_not_applicable and not is_taken_back(world, unit, asked, month):
            return True
    return False


@remembered
def is_answered_not_applicable(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the unit said 不适用 of the indicator or of a component of it, whatever a later cumulative takes back."""
    cells = [world.cell.get((unit, asked, month)) for asked in world.by_code[code].asked]
    return any(cell is not None and cell.is_not_applicable for cell in cells)


def is_taken_back(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the next 本年累计 of a flow holds more than the one before it and the months between, each answered."""
    if world.by_code[code].kind != "flow":
        return False
    year = asked_months(world, unit, code, month.replace(month=12))
    told = {other for other in year if (row := world.cell.get((unit, code, other))) and row.ytd_value is not None}
    later, earlier = [other for other in told if other > month], [other for other in told if other < month]
    if not later:
        return False
    more = Fraction(0)
    for other in year:
        if other > min(later) or (earlier and other <= max(earlier)):
            continue
        row = world.cell.get((unit, code, other))
        if row is None or (row.month_value is None and not row.is_not_applicable):
            return False
        more += Fraction(row.month_value or 0)
    first = Fraction(world.cell[unit, code, max(earlier)].ytd_value or 0) if earlier else Fraction(0)
    return Fraction(world.cell[unit, code, min(later)].ytd_value or 0) - first > more


@remembered
def due_months(world: World, unit: str, code: str, month: date) -> tuple[date, ...]:
    """The months asked up to this one, without those that are not applicable."""
    asked = asked_months(world, unit, code, month)
    return tuple(other for other in asked if not is_not_applicable(world, unit, code, other))


def reports_until(world: World, unit: str, code: str, month: date) -> list[Report]:
    """What a unit sent from January to the month."""
    cells = (world.cell.get((unit, code, other)) for other in asked_months(world, unit, code, month))
    return [cell for cell in cells if cell is not None]


def latest_cumulative(world: World, unit: str, code: str, month: date) -> Report | None:
    """The last report, up to this month, with a 本年累计."""
    found = [row for row in reports_until(world, unit, code, month) if row.ytd_value is not None]
    return found[-1] if found else None


@remembered
def covered_months(world: World, unit: str, code: str, month: date) -> tuple[date, ...]:
    """The months up to this one whose result is known: reported themselves, or inside a reported cumulative."""
    indicator = world.by_code[code]
    due = due_months(world, unit, code, month)
    if code not in indicator.asked:  # a ratio or a growth knows what its components know
        known = [covered_months(world, unit, part, month) for part in indicator.asked]
        return tuple(other for other in due if all(other in months for months in known))
    cumulative = latest_cumulative(world, unit, code, month) if indicator.kind == "flow" else None
    usable = {row.month for row in reports_until(world, unit, code, month) if row.is_usable}
    return tuple(other for other in due if other in usable or (cumulative and other <= cumulative.month))


def own_flow(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The latest reported cumulative and the months reported after it."""
    cumulative = latest_cumulative(world, unit, code, month)
    after = [
        row for row in reports_until(world, unit, code, month) if cumulative is None or row.month > cumulative.month
    ]
    return total([exact(cumulative.ytd_value) if cumulative else None, *(exact(row.month_value) for row in after)])


def own_level(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The latest month-end of the year."""
    levels = [row.month_value for row in reports_until(world, unit, code, month) if row.month_value is not None]
    return exact(levels[-1]) if levels else None


def own_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What a unit reported itself, by the indicator's own kind."""
    return (own_flow if world.by_code[code].kind == "flow" else own_level)(world, unit, code, month)


@remembered
def month_alone(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The month's own value; of a flow that has only cumulatives the difference of consecutive ones."""
    row = world.cell.get((unit, code, month))
    asked = asked_months(world, unit, code, month)
    if row is None or month not in asked:
        return None
    if world.by_code[code].kind != "flow" or row.ytd_value is None or row.month_value is not None:
        return exact(row.month_value)
    if len(asked) == 1:
        return exact(row.ytd_value)
    before = world.cell.get((unit, code, asked[-2]))
    if before is None or before.ytd_value is None:
        return None
    return Fraction(row.ytd_value) - Fraction(before.ytd_value)


@remembered
def month_counted(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What a month of a flow brings to sums: its own value, or what its cumulative, beside it, leaves for it alone."""
    alone, asked = month_alone(world, unit, code, month), asked_months(world, unit, code, month)
    if alone is None or not (month.month == 1 or len(asked) > 1):
        return alone
    before = covered_months(world, unit, code, asked[-2]) if len(asked) > 1 else ()
    if len(covered_months(world, unit, code, month)) - len(before) != 1:
        return alone
    known = own_flow(world, unit, code, asked[-2]) if len(asked) > 1 else None
    return (own_flow(world, unit, code, month) or Fraction(0)) - (known or Fraction(0))


# ------------------------------------------------------------------------------------------------------------ last year
def kin(world: World, unit: str, year: int) -> list[str]:
    """The unit and those that ended in it in a year, whose months its series of that year includes."""
    ended = [row.code for row in predecessors(world, unit) if row.valid_to.year == year]
    return [unit, *(code for row in ended for code in kin(world, row, year))]


def series(world: World, unit: str, code: str, months: tuple[date, ...]) -> Fraction | None:
    """What a unit had over some months of one year; unknown unless exactly these are known, of all that were there."""
    if not months:
        return Fraction(0)
    family = kin(world, unit, months[-1].year)
    if not all(any(world.unit[part].is_there(month) for part in family) for month in months):
        return None
    parts = []
    for part in family:
        last = min(months[-1], world.unit[part].valid_to)
        own = tuple(month for month in months if world.unit[part].is_there(month))
        if covered_months(world, part, code, last) != own:
            return None
        parts.append(own_flow(world, part, code, last) if own else None)
    return total(parts)


def last_year(months: tuple[date, ...]) -> tuple[date, ...]:
    """The identical months of last year."""
    return tuple(year_before(month) for month in months)


def own_prior(world: World, unit: str, code: str, month: date, covered: tuple[date, ...]) -> Fraction | None:
    """Last year over the covered months: as reported, else our own when it covers exactly the same months."""
    row = world.cell.get((unit, code, covered[-1]))
    if row and row.prior_ytd_value is not None and covered == due_months(world, unit, code, covered[-1]):
        return exact(row.prior_ytd_value)
    return series(world, unit, code, last_year(covered))


def inherited_prior(world: World, unit: str, code: str, months: tuple[date, ...]) -> Fraction | None:
    """Last year, by its own series alone, of a unit that ended and of those that ended in it before."""
    ended = [row for row in predecessors(world, unit) if row.valid_to.year == months[-1].year]
    is_new = bool(ended) and not any(world.unit[unit].is_there(other) for other in last_year(months))
    parts = [] if is_new else [series(world, unit, code, last_year(months))]
    for row in ended:
        parts.append(inherited_prior(world, row.code, code, line_months(world, row.code, code, months)))
    return whole_total(parts)


def line_months(world: World, unit: str, code: str, after: tuple[date, ...]) -> tuple[date, ...]:
    """The months in which the business of an ended unit is known: its own, then those of the unit that took it over."""
    last = world.unit[unit].valid_to
    return covered_months(world, unit, code, last) + tuple(month for month in after if month > last)


@remembered
def prior_of_unit(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Last year's identical period of a reporting unit, with that of the units that ended in it this year."""
    covered = covered_months(world, unit, code, month)
    # who was never asked this year leaves nothing to go on with
    ended = [row for row in ended_this_year(world, unit, month) if asked_months(world, row.code, code, row.valid_to)]
    was_there = any(world.unit[unit].is_there(other) for other in last_year(covered))
    row = world.cell.get((unit, code, covered[-1])) if covered else None
    has_own = not ended or was_there or (row is not None and row.prior_ytd_value is not None)
    parts = [own_prior(world, unit, code, month, covered)] if covered and has_own else []
    for part in ended:
        months = line_months(world, part.code, code, covered)
        if months == covered_months(
            world, part.code, code, part.valid_to
        ):  # nothing after its end: its own word counts
            known = months or any(months_of_kin(world, part, code))
            parts += [prior_of_unit(world, part.code, code, part.valid_to)] if known else []
        else:
            parts.append(inherited_prior(world, part.code, code, months))
    return whole_total(parts) if parts else None


def months_of_kin(world: World, ended: Unit, code: str) -> list[bool]:
    """Whether each of the units that ended in an ended one has covered months."""
    units = ended_this_year(world, ended.code, ended.valid_to)
    return [bool(covered_months(world, row.code, code, row.valid_to)) for row in units]


def families(world: World, unit: str, code: str, month: date) -> list[str]:
    """The units of a row of which a successor is not in it too: with what they inherited they are the whole row."""
    parts = [part for part, _ in holders(world, unit, code, month)]
    if is_reporting(world, unit, code):
        return [unit]
    return [part for part in parts if world.unit[part].is_there(month) or world.unit[part].successor not in parts]


def family_prior(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Last year of one of a row's families; through its own end when it ended."""
    return prior_of_unit(world, unit, code, min(month, world.unit[unit].valid_to))


def comparable(world: World, unit: str, code: str, month: date) -> list[str]:
    """The families whose identical period of last year is known."""
    return [part for part in families(world, unit, code, month) if family_prior(world, part, code, month) is not None]


def family_to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """This year of one of a row's families."""
    return to_date(world, unit, code, min(month, world.unit[unit].valid_to))


@remembered
def prior(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Last year's identical period; unknown when it is unknown of one unit that has a value this year."""
    parts = comparable(world, unit, code, month)
    known = [
        part for part in families(world, unit, code, month) if family_to_date(world, part, code, month) is not None
    ]
    return total(family_prior(world, part, code, month) for part in parts) if parts == known else None


@remembered
def growth(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """YTD ÷ the identical period of last year − 1, from the sums of the comparable units; a base is above 0."""
    parts = comparable(world, unit, code, month)
    now = total(family_to_date(world, part, code, month) for part in parts)
    base = total(family_prior(world, part, code, month) for part in parts)
    return now / base - 1 if now is not None and base is not None and base > 0 else None


# ----------------------------------------------------------------------------------------------------------------- rows
def to_date(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """A flow or stock of a row: its own, what it inherited, or the sum of its units."""
    return total(own_to_date(world, part, code, last) for part, last in holders(world, unit, code, month))


def components(world: World, unit: str, indicator: Indicator, month: date) -> tuple[Fraction | None, Fraction | None]:
    """Numerator and denominator: over months by their own kinds, then over the units that have both."""
    found = []
    for code in indicator.asked:
        parts = holders(world, unit, code, month)
        found.append(
            total(
                own_to_date(world, part, code, last)
                for part, last in parts
                if covered_months(world, part, indicator.code, last)
            )
        )
    return found[0], found[1]


@remembered
def actual(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The value to date that is compared with a target."""
    indicator = world.by_code[code]
    if indicator.kind in ("flow", "stock"):
        return to_date(world, unit, code, month)
    if indicator.kind == "growth":
        return growth(world, unit, indicator.asked[0], month)
    if indicator.kind == "ratio":
        return divided(*components(world, unit, indicator, month))
    if is_reporting(world, unit, code):
        return own_level(world, unit, code, month)
    parts = [part for part, _ in holders(world, unit, code, month)]
    levels = [own_level(world, part, code, month) for part in parts]
    known = [level for level in levels if level is not None]
    return Fraction(known.count(Fraction(1)), len(parts)) if known else None  # milestone: share of units done


def month_value(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The month's own value; of a parent the sum of the units that answered."""
    kind = world.by_code[code].kind
    if kind not in ("flow", "stock") and not (kind == "milestone" and is_reporting(world, unit, code)):
        return None
    return total(
        month_alone(world, row.code, code, month) for row in reporting_units(world, unit, code) if row.is_there(month)
    )


def ancestry(world: World, unit: str, month: date) -> list[str]:
    """A unit and all that ended in it before a month, in whatever year."""
    ended = [row.code for row in predecessors(world, unit) if row.valid_to < month]
    return [unit, *(code for row in ended for code in ancestry(world, row, world.unit[row].valid_to))]


def rolling(world: World, unit: str, code: str, month: date, count: int) -> Fraction | None:
    """The sum of the last months' own values; unknown when one of them is, of one of the units that were there."""
    if world.by_code[code].kind != "flow":
        return None
    reporting = is_reporting(world, unit, code)
    parts = ancestry(world, unit, month) if reporting else [row.code for row in reporting_units(world, unit, code)]
    found: list[Fraction | None] = []
    for other in months_from(months_later(month, 1 - count), month):
        asked = [part for part in parts if other in asked_months(world, part, code, other)]
        if not asked:
            return None
        answers = [part for part in asked if not is_not_applicable(world, part, code, other)]
        found += [month_counted(world, part, code, other) for part in answers]
    return whole_total(found) if found else None


# --------------------------------------------------------------------------------------------------- what is in of what
def asked_units(world: World, unit: str, code: str, month: date) -> list[str]:
    """The units of a row that have something to report of the month."""
    parts = [row.code for row in reporting_units(world, unit, code) if row.is_there(month)]
    return [part for part in parts if month in due_months(world, part, code, month)]


def reported_units(world: World, unit: str, code: str, month: date) -> list[str]:
    """Those of them that know the month itself, as seen from the month."""
    return [part for part in asked_units(world, unit, code, month) if month in covered_months(world, part, code, month)]


def months_covered(world: World, unit: str, code: str, month: date) -> int:
    """How many of a row's due months are known: all but those that the unit misses which misses most."""
    parts = [row.code for row in reporting_units(world, unit, code) if row.is_there(month)]
    missing = [
        len(due_months(world, part, code, month)) - len(covered_months(world, part, code, month)) for part in parts
    ]
    return len(months_due(world, unit, code, month)) - max(missing, default=0)


def months_due(world: World, unit: str, code: str, month: date) -> list[date]:
    """The months of the year in which somebody has something to report."""
    return [other for other in months_from(january(month), month) if asked_units(world, unit, code, other)]


def is_silent_in_part(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a unit that is asked has no covered month at all, while another has."""
    parts = [row.code for row in reporting_units(world, unit, code) if row.is_there(month)]
    covered = [bool(covered_months(world, part, code, month)) for part in parts if due_months(world, part, code, month)]
    return any(covered) and not all(covered)
