"""Completion as domain.md words it, in plain Python: slow, exact, and nothing to do with the SQL.

A row is an org unit, an indicator and a month. Each figure is asked on one of three sides: as it is known (`actual`),
and with what is missing at its least (`low`) and at its most (`high`).
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.laws.plan import (
    base_covered,
    due_by,
    falls_to,
    in_force,
    is_phased,
    is_spread_evenly,
    seen_in,
    target_covered,
    target_to_date,
    units_counted,
)
from tests.laws.values import (
    actual,
    asked_months,
    asked_units,
    components,
    covered_months,
    due_months,
    growth,
    is_answered_not_applicable,
    is_not_applicable,
    is_silent_in_part,
    kin,
    latest_cumulative,
    month_alone,
    month_value,
    months_covered,
    months_due,
    own_to_date,
    prior,
    reported_units,
    rolling,
)
from tests.laws.world import (
    Indicator,
    Report,
    Target,
    World,
    divided,
    ended_this_year,
    exact,
    holders,
    is_reporting,
    months_from,
    months_later,
    remembered,
    reporting_units,
    rounded,
    total,
    whole_total,
    year_before,
)

CAP = Fraction(12, 10)  # domain.md, Rankings: the cap
SIDES = ("actual", "low", "high")


# --------------------------------------------------------------------------------------------------------- low and high
@remembered
def value_of(world: World, unit: str, code: str, month: date, side: str = "actual") -> Fraction | None:
    """The value to date, on one side."""
    kind = world.by_code[code].kind
    if side == "actual" or kind == "milestone":
        return actual(world, unit, code, month)
    bound = {"flow": flow_bound, "stock": stock_bound, "ratio": ratio_bound, "growth": growth_bound}[kind]
    return bound(world, unit, code, month, side)


def missing_months(world: World, unit: str, code: str, month: date) -> list[date]:
    """The due months of a unit of which nothing is known."""
    covered = covered_months(world, unit, code, month)
    return [other for other in due_months(world, unit, code, month) if other not in covered]


def own_mean(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """A unit's own mean of its covered months so far."""
    covered = covered_months(world, unit, code, month)
    return divided(own_to_date(world, unit, code, month), Fraction(len(covered)))


def larger(*values: Fraction | None) -> Fraction:
    """The largest of those that are known; nothing known adds nothing."""
    return max((value for value in values if value is not None), default=Fraction(0))


def flow_bound(world: World, unit: str, code: str, month: date, side: str) -> Fraction | None:
    """Low: a missing month is 0. High: the larger of what was phased for it and the unit's own mean."""
    found = total([actual(world, unit, code, month), Fraction(0)])
    if side == "low":
        return found
    assert found is not None
    for part, last in holders(world, unit, code, month):
        mean = own_mean(world, part, code, last)
        for other in missing_months(world, part, code, last):
            found += larger(phased_for(world, unit, code, part, other), mean)
    return found


def phased_for(world: World, unit: str, code: str, part: str, month: date) -> Fraction | None:
    """What the plan has for a month of one unit of a row."""
    owner = unit if is_spread_evenly(world, unit, code, month) else part
    return falls_to(world, unit, code, part, month) if in_force(world, owner, code, month) else None


def last_level(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """The last level that a unit ever reported; a year of which no month is due has none."""
    if not due_months(world, unit, code, month):
        return None
    levels = [
        row.month_value
        for other in world.months
        if other <= month and (row := world.cell.get((unit, code, other))) and row.month_value is not None
    ]
    return exact(levels[-1]) if levels else None


def stock_bound(world: World, unit: str, code: str, month: date, side: str) -> Fraction | None:
    """A missing level is the last one; where there never was one, 0 on the low side, and on the high what was due.

    That is due in the last month that applies to the unit: one that does not is not missing.
    """
    found, target = Fraction(0), in_force(world, unit, code, month)
    is_even = is_spread_evenly(world, unit, code, month)
    for part, last in holders(world, unit, code, month):
        level = last_level(world, part, code, last)
        due = due_months(world, part, code, last)
        if level is None and side == "high" and due:
            other = seen_in(world, target, due, last) if target else due[-1]
            owner = unit if is_even else part
            count = units_counted(world, unit, code, other) if is_even else 1
            level = divided(due_by(world, owner, code, other, other), Fraction(count))
        found += level or Fraction(0)
    return found


def ratio_bound(world: World, unit: str, code: str, month: date, side: str) -> Fraction | None:
    """Each unit's components completed over its due months, then summed and divided."""
    indicator = world.by_code[code]
    if not (indicator.numerator and indicator.denominator):
        return actual(world, unit, code, month)
    sums = {indicator.numerator: Fraction(0), indicator.denominator: Fraction(0)}
    for part, last in holders_of_either(world, unit, indicator, month):
        if not covered_months(world, part, indicator.denominator, last):
            continue
        below = own_mean(world, part, indicator.denominator, last)
        target = in_force(world, part, code, last) or in_force(world, unit, code, month)
        aimed = Fraction(target.value) * below if target and below is not None else None
        for component in indicator.asked:
            if (part, last) not in holders(world, unit, component, month):
                continue
            is_flow = world.by_code[component].kind == "flow"
            known = own_to_date(world, part, component, last) if is_flow else last_level(world, part, component, last)
            count = len(missing_months(world, part, component, last)) if is_flow else 0
            each = below if component == indicator.denominator else Fraction(0)
            if side == "high" and component == indicator.numerator:
                each = larger(aimed, own_mean(world, part, component, last))
            sums[component] += (known or 0) + count * (each or 0)
    return divided(*sums.values())


def holders_of_either(world: World, unit: str, indicator: Indicator, month: date) -> list[tuple[str, date]]:
    """The units that hold a component of a row."""
    found = [holder for code in indicator.asked for holder in holders(world, unit, code, month)]
    return list(dict.fromkeys(found))


def growth_bound(world: World, unit: str, code: str, month: date, side: str) -> Fraction | None:
    """The flow's bound against last year over all due months; the actual where nothing is missing, or last year is."""
    flow = world.by_code[code].asked[0]
    known = growth(world, unit, flow, month)
    parts = holders(world, unit, flow, month)
    if not any(missing_months(world, part, flow, last) for part, last in parts):
        return known
    found, before = Fraction(0), Fraction(0)
    target = in_force(world, unit, code, month) if world.by_code[code].kind == "growth" else None
    for part, last in parts:
        base = last_year_by_month(world, part, flow, last)
        if base is None:
            return known
        before += last_year_to_date(world, part, flow, last)
        found += own_to_date(world, part, flow, last) or Fraction(0)
        mean = own_mean(world, part, flow, last)
        for other in missing_months(world, part, flow, last) if side == "high" else ():
            aimed = base[other] * (1 + Fraction(target.value)) if target else None
            found += larger(aimed, mean)
    return found / before - 1 if before > 0 else known


def stands_for(world: World, unit: str, month: date) -> list[str]:
    """A unit and those that ended in it earlier in the year of a month."""
    ended = ended_this_year(world, unit, month)
    return [unit, *(part for row in ended for part in stands_for(world, row.code, row.valid_to))]


def last_year_by_month(world: World, unit: str, flow: str, month: date) -> dict[date, Fraction] | None:
    """Last year's own value for each due month of this year; None unless each is known."""
    found = {}
    for other in due_months(world, unit, flow, month):
        before = year_before(other)
        stood_for = [part for own in stands_for(world, unit, other) for part in kin(world, own, before.year)]
        there = [part for part in stood_for if world.unit[part].is_there(before)]
        value = whole_total(month_alone(world, part, flow, before) for part in there) if there else None
        if value is None:
            return None
        found[other] = value
    return found


def last_year_to_date(world: World, unit: str, flow: str, month: date) -> Fraction:
    """Last year's year to date over the due months of this year, of all that a unit stands for in them."""
    found = Fraction(0)
    due = due_months(world, unit, flow, month)
    for own in stands_for(world, unit, month):
        months = [year_before(other) for other in due if own in stands_for(world, unit, other)]
        for part in kin(world, own, month.year - 1):
            known = [other for other in months if world.unit[part].is_there(other)]
            if known:
                until = own_to_date(world, part, flow, known[-1]) or Fraction(0)
                is_first = known[0].month == 1
                found += until - (0 if is_first else own_to_date(world, part, flow, months_later(known[0], -1)) or 0)
    return found


def growth_of(world: World, unit: str, flow: str, month: date, side: str) -> Fraction | None:
    """Growth of a flow, on one side."""
    return growth(world, unit, flow, month) if side == "actual" else growth_bound(world, unit, flow, month, side)


def due_of(world: World, unit: str, code: str, month: date, side: str = "actual") -> Fraction | None:
    """What a value is compared with: what is due of what is covered, or of everything where the rest is filled in."""
    return (target_covered if side == "actual" else target_to_date)(world, unit, code, month)


def base_of(world: World, unit: str, code: str, month: date, side: str = "actual") -> Fraction:
    """The baselines of the units compared."""
    target = in_force(world, unit, code, month)
    assert target
    return base_covered(world, unit, code, month) if side == "actual" else Fraction(target.baseline or 0)


# ----------------------------------------------------------------------------------------------------------- completion
def held_against_ceiling(value: Fraction, limit: Fraction) -> Fraction | None:
    """Limit ÷ value; nothing against a limit of nothing or more is the cap."""
    return CAP if value <= 0 <= limit else divided(limit, value)


def needs_more_than_nothing(target: Target, kind: str) -> bool:
    """Whether an amount of nothing, or less, is none to divide by."""
    return target.form == "at_least" and kind in ("flow", "stock") and target.baseline is None


def reduced(base: Fraction, value: Fraction, aim: Fraction) -> Fraction:
    """How much of a reduction is done; where none is asked, holding the level is 1."""
    return (base - value) / (base - aim) if base != aim else Fraction(value <= base)


@remembered
def completion(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Actual against the annual target."""
    target, value = in_force(world, unit, code, month), actual(world, unit, code, month)
    if target is None or value is None or target.form == "by_date":
        return value if target else None
    kind, aim = world.by_code[code].kind, Fraction(target.value)
    if kind == "growth":
        return value / aim if min(value, aim) > 0 else None
    if target.form == "at_most":
        is_open = kind == "flow" and month < target.due
        return None if is_open else held_against_ceiling(value, aim)
    # the way gone by the units that are in, over the whole way
    gone = value - base_covered(world, unit, code, month)
    whole = aim - Fraction(target.baseline or 0)
    if target.form == "reduce_from_baseline" and not whole:
        return Fraction(gone <= 0)  # where no reduction is asked, holding the level is 1
    return None if needs_more_than_nothing(target, kind) and aim <= 0 else divided(gone, whole)


@remembered
def pace(world: World, unit: str, code: str, month: date, side: str = "actual") -> Fraction | None:
    """Actual against what is due over the covered months and units."""
    target, value = in_force(world, unit, code, month), value_of(world, unit, code, month, side)
    due = due_of(world, unit, code, month, side)
    if target is None or value is None or due is None:
        return None
    kind = world.by_code[code].kind
    if kind == "growth":
        return (1 + value) / (1 + due) if 1 + due > 0 else None
    if target.form == "at_most":
        return held_against_ceiling(value, due)
    base = base_of(world, unit, code, month, side)
    if target.form == "reduce_from_baseline":
        is_phased_yet = base != due or target.value == target.baseline
        return reduced(base, value, due) if is_phased_yet else None
    return None if needs_more_than_nothing(target, kind) and due <= 0 else divided(value - base, due - base)


def gap(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """Actual less what is due over the covered months and units."""
    value, due = actual(world, unit, code, month), target_covered(world, unit, code, month)
    return None if value is None or due is None else value - due


def needed(world: World, unit: str, code: str, month: date) -> Fraction | None:
    """What each month left until the due month has to add: less than nothing where a level is to fall."""
    target, value, kind = in_force(world, unit, code, month), actual(world, unit, code, month), world.by_code[code].kind
    if target is None or value is None or kind not in ("flow", "stock") or month >= target.due:
        return None
    is_short = value < target.value if target.form == "at_least" else kind == "stock" and value > target.value
    return (Fraction(target.value) - value) / (len(months_from(month, target.due)) - 1) if is_short else None


# --------------------------------------------------------------------------------------------------------------- status
def is_met(world: World, unit: str, code: str, month: date, side: str = "actual") -> bool:
    """Whether the value known in a month satisfies the target in force."""
    target, value = in_force(world, unit, code, month), value_of(world, unit, code, month, side)
    if target is None or value is None:
        return False
    if target.form in ("at_most", "reduce_from_baseline"):
        # what a silent unit holds is not zero
        asked = asked_units(world, unit, code, month)
        is_whole = side != "actual" or all(covered_months(world, part, code, month) for part in asked)
        return is_whole and value <= Fraction(target.value)
    return value >= Fraction(target.value)


@remembered
def finished_on(world: World, unit: str, code: str, month: date) -> date | None:
    """The day on which a milestone was finished, as known in a month; of a parent the last of its units'."""
    days: list[date] = []
    for part, last in holders(world, unit, code, month):
        done = [
            row.finished_on or other
            for other in asked_months(world, part, code, last)
            if (row := world.cell.get((part, code, other))) and row.month_value == 1
        ]
        if not done:
            return None
        days.append(min(done))
    return max(days, default=None)


def is_reported(world: World, unit: str, code: str, month: date) -> bool:
    """Whether anything usable of the month itself is in."""
    return bool(reported_units(world, unit, code, month))


def is_complete(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the month's report of every unit that has something to report is in."""
    return reported_units(world, unit, code, month) == asked_units(world, unit, code, month)


def is_final(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a month's result is in: of every unit, or of those that made it by the lock day."""
    is_in = is_complete(world, unit, code, month)
    return is_in or (month in world.lock_passed and is_reported(world, unit, code, month))


def is_out(world: World, unit: str, code: str, month: date) -> bool:
    """Whether every unit that a row adds up said 不适用."""
    parts = [row for row in reporting_units(world, unit, code) if row.is_there(month)]
    return bool(parts) and all(is_not_applicable(world, row.code, code, month) for row in parts)


def is_answered_out(world: World, unit: str, code: str, month: date) -> bool:
    """The same of what was said for the month itself."""
    parts = [row for row in reporting_units(world, unit, code) if row.is_there(month)]
    return bool(parts) and all(is_answered_not_applicable(world, row.code, code, month) for row in parts)


@remembered
def status(world: World, unit: str, code: str, month: date, side: str = "actual") -> str:
    """The first rule of domain.md, Status, that holds."""
    target = in_force(world, unit, code, month)
    if target is None:
        return "no_target"
    if is_answered_out(world, unit, code, month):
        return "not_applicable"
    rules = (
        (is_achieved(world, unit, code, month, side), "achieved"),
        (is_repaired(world, unit, code, month, side), "repaired"),
        (is_missed(world, unit, code, month, side), "missed"),
        (is_not_due(world, unit, code, month, target), "not_due"),
        (not is_reported(world, unit, code, month), "unreported"),
        (pace(world, unit, code, month, side) is None, "not_computable"),
    )
    return next((name for holds, name in rules if holds), "") or by_pace(world, unit, code, month, side)


def is_achieved(world: World, unit: str, code: str, month: date, side: str) -> bool:
    """A cumulative at_least target reached or a milestone finished, by D; or r ≥ D, reported, and met at D."""
    kind, target = world.by_code[code].kind, in_force(world, unit, code, month)
    assert target
    finished = finished_on(world, unit, code, month) if kind == "milestone" else None
    if finished is not None and finished.replace(day=1) <= target.due:
        return True
    if kind == "flow" and target.form == "at_least" and is_met(world, unit, code, min(month, target.due), side):
        return True
    if month < target.due:
        return False
    if is_final(world, unit, code, target.due) and is_met(world, unit, code, target.due, side):
        return True
    # a ceiling: a cumulative sent later may hold the due month, and what it holds was no more then
    asked = asked_units(world, unit, code, target.due)
    known = [part for part in asked if target.due in covered_months(world, part, code, month)]
    is_in = known == asked or (target.due in world.lock_passed and bool(known))
    return kind == "flow" and target.form == "at_most" and is_in and is_met(world, unit, code, month, side)


def is_repaired(world: World, unit: str, code: str, month: date, side: str) -> bool:
    """Met after D; or on pace, but the row's own report came after its due day."""
    kind, target = world.by_code[code].kind, in_force(world, unit, code, month)
    assert target
    if month > target.due and kind == "milestone":
        return finished_on(world, unit, code, month) is not None
    is_ceiling = kind == "flow" and target.form == "at_most"
    if month > target.due and not is_ceiling and is_met(world, unit, code, month, side):
        return True
    if kind == "milestone" and month < target.due:
        return False
    cells = (world.cell.get((unit, part, month)) for part in world.by_code[code].asked)
    is_late = any(row is not None and row.is_usable and row.is_late for row in cells)
    ratio = rounded(pace(world, unit, code, month, side))
    return is_late and month < target.due and ratio is not None and ratio >= thresholds(world.by_code[code])[0]


def is_missed(world: World, unit: str, code: str, month: date, side: str) -> bool:
    """A cumulative ceiling exceeded; or r ≥ D, not met, and the report is in or the lock day has passed."""
    value, target = value_of(world, unit, code, month, side), in_force(world, unit, code, month)
    assert target
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
    if not is_phased(world, target):
        return False
    return target.value != (target.baseline or 0) and target_to_date(world, unit, code, month) == (target.baseline or 0)


def thresholds(indicator: Indicator) -> tuple[Decimal, Decimal, Decimal]:
    """On pace at, at risk at, behind at."""
    if indicator.thresholds:
        return indicator.thresholds
    defaults = ("1", "0.99", "0.97") if indicator.kind == "growth" else ("1", "0.9", "0.7")
    on_pace, at_risk, behind = map(Decimal, defaults)
    return on_pace, at_risk, behind


def by_pace(world: World, unit: str, code: str, month: date, side: str) -> str:
    """The rounded pace against the thresholds."""
    ratio = rounded(pace(world, unit, code, month, side))
    assert ratio is not None
    names = ("on_pace", "at_risk", "behind")
    passed = (name for name, floor in zip(names, thresholds(world.by_code[code]), strict=True) if ratio >= floor)
    return next(passed, "far_behind")


# ---------------------------------------------------------------------------------------------------------- provisional
def is_provisional(world: World, unit: str, code: str, month: date) -> bool:
    """Whether the status could still turn: it differs between the sides, a value is held, or nobody ever reported."""
    if len({status(world, unit, code, month, side) for side in SIDES}) > 1 or is_held(world, unit, code, month):
        return True
    if status(world, unit, code, month) == "missed" and not is_reported(world, unit, code, month):
        return not is_exceeded(world, unit, code, month)
    is_sum = world.by_code[code].kind in ("flow", "stock") or is_reporting(world, unit, code)
    return not is_sum and is_silent_in_part(world, unit, code, month)


def is_exceeded(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a cumulative ceiling is exceeded already."""
    target, value = in_force(world, unit, code, month), actual(world, unit, code, month)
    is_ceiling = target is not None and target.form == "at_most" and world.by_code[code].kind == "flow"
    return is_ceiling and target is not None and value is not None and value > target.value


def is_held(world: World, unit: str, code: str, month: date) -> bool:
    """Whether a value that counts in a row waits for its explanation."""
    return any(
        row.is_held
        for component in world.by_code[code].asked
        for part, last in holders(world, unit, component, month)
        for row in counted_reports(world, part, component, last)
    )


def counted_reports(world: World, unit: str, code: str, month: date) -> list[Report]:
    """The reports of which a value counts: the latest cumulative and those after it; of a level the last."""
    cells = [world.cell.get((unit, code, other)) for other in asked_months(world, unit, code, month)]
    usable = [row for row in cells if row is not None and row.is_usable]
    if world.by_code[code].kind != "flow":
        return usable[-1:]
    cumulative = latest_cumulative(world, unit, code, month)
    return [row for row in usable if cumulative is None or row.month >= cumulative.month]


# --------------------------------------------------------------------------------------------------------------- a row
def null_reason(world: World, unit: str, code: str, month: date) -> str | None:
    """Why there is no value, or no pace where there is a target."""
    indicator, target = world.by_code[code], in_force(world, unit, code, month)
    if actual(world, unit, code, month) is None:
        if indicator.kind == "growth":
            flow = indicator.asked[0]
            if not any(covered_months(world, part, flow, last) for part, last in holders(world, unit, flow, month)):
                return "not_reported"
            return "period_mismatch" if prior(world, unit, flow, month) is None else "no_base"
        known = components(world, unit, indicator, month) if indicator.denominator else ()
        return "not_reported" if total(known) is None else "no_denominator"
    if target and (pace(world, unit, code, month) is None or has_nothing_to_reach(world, unit, code, month)):
        return "no_denominator"
    return None


def has_nothing_to_reach(world: World, unit: str, code: str, month: date) -> bool:
    """Whether an annual target of nothing, or less, leaves nothing to divide by."""
    target = in_force(world, unit, code, month)
    return target is not None and needs_more_than_nothing(target, world.by_code[code].kind) and target.value <= 0


def completion_row(world: World, unit: str, code: str, month: date) -> dict[str, object]:
    """The columns of mart.completion that domain.md defines, but for the projection (projection.py)."""
    kind, target = world.by_code[code].kind, in_force(world, unit, code, month)
    value = actual(world, unit, code, month)
    row: dict[str, object] = {
        "month_value": rounded(month_value(world, unit, code, month)),
        "ytd_value": rounded(value),
        "rolling_3_value": rounded(rolling(world, unit, code, month, 3)),
        "rolling_12_value": rounded(rolling(world, unit, code, month, 12)),
        "annual_target_value": target.value if target else None,
        "target_version": target.version if target else None,
        "target_basis": target.basis if target else None,
        "target_form": target.form if target else None,
        "target_due_month": target.due if target else None,
        "target_to_date_value": rounded(target_to_date(world, unit, code, month)),
        "completion_ratio": rounded(completion(world, unit, code, month)),
        "pace_ratio": rounded(pace(world, unit, code, month)),
        "gap_value": rounded(gap(world, unit, code, month)),
        "needed_monthly_value": rounded(needed(world, unit, code, month)),
        "ytd_low_value": rounded(value_of(world, unit, code, month, "low")),
        "ytd_high_value": rounded(value_of(world, unit, code, month, "high")),
        "is_provisional": is_provisional(world, unit, code, month),
        "months_covered_count": months_covered(world, unit, code, month),
        "months_due_count": len(months_due(world, unit, code, month)),
        "finished_on": finished_on(world, unit, code, month) if kind == "milestone" else None,
        "status": status(world, unit, code, month),
        "null_reason": null_reason(world, unit, code, month),
    }
    if value is not None:
        row["target_covered_value"] = rounded(target_covered(world, unit, code, month))
    if kind == "flow":
        row["prior_ytd_value"] = rounded(prior(world, unit, code, month))
        row["growth_ratio"] = rounded(growth(world, unit, code, month))
    return row
