"""Ranking as domain.md words it: places among siblings by indicator, theme and overall, with range and change."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.laws.plan import in_force
from tests.laws.reference import CAP, SIDES, growth_of, is_out, is_reported, pace, value_of
from tests.laws.values import components, months_covered, months_due
from tests.laws.world import Indicator, Unit, World, divided, months_later, remembered, rounded

MINIMUM_COVERAGE = Fraction(8, 10)  # domain.md, Rankings: 80 % of due months, 80 % of the weight


@dataclass(frozen=True)
class Place:
    """One unit's place among its siblings in one scope and month."""

    metric_value: Decimal | None
    completion_rank: int | None
    peers_count: int
    unranked_reason: str | None
    best_rank: int | None = None
    worst_rank: int | None = None
    previous_rank: int | None = None
    rank_change: int | None = None
    change_cause: str | None = None


@dataclass(frozen=True)
class Merit:
    """What a unit is ranked by; the merits are best high, and the best and worst are those of the sides."""

    value: Decimal | None
    reason: str | None = None
    merit: Decimal | None = None
    best: Decimal | None = None
    worst: Decimal | None = None


def peers(world: World, parent: str, month: date) -> list[Unit]:
    """The units below one parent that are there in a month."""
    return [row for row in world.units if row.parent == parent and row.is_there(month)]


@remembered
def ranking(world: World, parent: str, scope: str, code: str, month: date) -> dict[str, Place]:
    """The places of all peers; ties share the better one. Last month's is as it is known today."""
    now = places(world, parent, scope, code, month)
    before = {} if month.month == 1 else places(world, parent, scope, code, months_later(month, -1))
    found = {}
    for unit, place in now.items():
        last = before.get(unit)
        previous = last.completion_rank if last else None
        change = None if previous is None or place.completion_rank is None else previous - place.completion_rank
        cause = None
        if last and change:
            cause = "own" if place.metric_value != last.metric_value else "others"
        found[unit] = replace(place, previous_rank=previous, rank_change=change, change_cause=cause)
    return found


@remembered
def places(world: World, parent: str, scope: str, code: str, month: date) -> dict[str, Place]:
    """The places of one month alone."""
    units = peers(world, parent, month)
    if scope == "indicator":
        units = [row for row in units if has_row(world, row, code)]
        merits = {row.code: merit(world, row, world.by_code[code], month) for row in units}
    else:
        merits = {row.code: composite(world, row, scope, code, month) for row in units}
    ranked = {unit: found for unit, found in merits.items() if found.reason is None}
    result = {}
    for unit, own in merits.items():
        others = [found for other, found in ranked.items() if other != unit]
        rank, best, worst = None, None, None
        if unit in ranked:
            rank = 1 + sum(known(other.merit) > known(own.merit) for other in others)
            best = 1 + sum(known(other.worst) > known(own.best) for other in others)
            worst = 1 + sum(known(other.best) > known(own.worst) for other in others)
        result[unit] = Place(own.value, rank, len(ranked), own.reason, best, worst)
    return result


def known(value: Decimal | None) -> Decimal:
    """A merit of a ranked unit."""
    assert value is not None
    return value


def has_row(world: World, unit: Unit, code: str) -> bool:
    """Whether a unit supplies an indicator or adds it up."""
    order = ("district", "subdistrict", "community")
    return order.index(unit.level) <= order.index(world.by_code[code].level)


# ----------------------------------------------------------------------------------------------------------- indicators
def metric(world: World, unit: Unit, indicator: Indicator, month: date, side: str = "actual") -> Fraction | None:
    """What the indicator is ranked by, on one side."""
    code = indicator.code
    value = value_of(world, unit.code, code, month, side)
    if indicator.ranking_metric == "pace":
        return pace(world, unit.code, code, month, side) if has_common_key(world, unit, code, month) else None
    if indicator.ranking_metric == "growth" and indicator.kind != "growth":
        return growth_of(world, unit.code, code, month, side)
    if indicator.ranking_metric == "per_thousand_households":
        return divided(None if value is None else value * 1000, Fraction(unit.households))
    return value


def has_common_key(world: World, unit: Unit, code: str, month: date) -> bool:
    """Whether the targets of a unit and its siblings were split by one published key."""
    whole = in_force(world, unit.parent, code, month) if unit.parent else None
    return whole is not None and whole.split_key is not None


def merit(world: World, unit: Unit, indicator: Indicator, month: date) -> Merit:
    """A unit's metric, why it has no place, and its merits on all sides."""
    value = rounded(metric(world, unit, indicator, month))
    reason = unranked_reason(world, unit, indicator, month, value)
    if reason or value is None:
        return Merit(value, reason)
    sign = -1 if indicator.direction == "lower" and indicator.ranking_metric != "pace" else 1
    sides = [rounded(metric(world, unit, indicator, month, side)) for side in SIDES]
    merits = [sign * found for found in sides if found is not None]
    return Merit(value, None, sign * value, max(merits), min(merits))


def unranked_reason(world: World, unit: Unit, indicator: Indicator, month: date, value: Decimal | None) -> str | None:
    """Why a unit has no place; None when it has one."""
    code = indicator.code
    is_paced, has_target = indicator.ranking_metric == "pace", in_force(world, unit.code, code, month) is not None
    reasons = (
        (is_out(world, unit.code, code, month), "not_applicable"),
        (not is_reported(world, unit.code, code, month), "not_reported"),
        (is_thin(world, unit, code, month), "low_coverage"),
        (is_small(world, unit, indicator, month), "small_denominator"),
        (is_paced and not has_target, "no_target"),
        (is_paced and not has_common_key(world, unit, code, month), "no_common_key"),
        (value is None, "not_computable"),
    )
    return next((name for holds, name in reasons if holds), None)


def is_small(world: World, unit: Unit, indicator: Indicator, month: date) -> bool:
    """Whether a ratio's denominator is under the indicator's minimum."""
    if indicator.minimum_denominator is None:
        return False
    below = components(world, unit.code, indicator, month)[1]
    return below is not None and below < indicator.minimum_denominator


def is_thin(world: World, unit: Unit, code: str, month: date) -> bool:
    """Whether under 80 % of the due months are covered."""
    due = len(months_due(world, unit.code, code, month))
    return Fraction(months_covered(world, unit.code, code, month), due or 1) < MINIMUM_COVERAGE


# ----------------------------------------------------------------------------------------------------------- composites
def scored(world: World, parent: str, scope: str, code: str, month: date) -> list[Indicator]:
    """The indicators of a composite: those that every peer is asked for and has a target of; milestones once due."""
    found = []
    for indicator in world.indicators:
        if scope == "theme" and indicator.theme != code:
            continue
        units = peers(world, parent, month)
        targets = [
            in_force(world, row.code, indicator.code, month) for row in units if has_row(world, row, indicator.code)
        ]
        if len(targets) < len(units) or None in targets or not weight(world, indicator, scope):
            continue
        if indicator.kind != "milestone" or all(row and row.due <= month for row in targets):
            found.append(indicator)
    return found


def weight(world: World, indicator: Indicator, scope: str) -> Fraction:
    """An indicator's weight in its theme, or with its theme's in the whole."""
    theme = world.themes.get(indicator.theme or "", Decimal(1))
    return Fraction(indicator.weight) * (Fraction(theme) if scope == "overall" else 1)


def score(world: World, unit: Unit, indicator: Indicator, month: date, side: str) -> Fraction | None:
    """An indicator's pace between 0 and the cap; a milestone's stands whether or not it was reported again."""
    code = indicator.code
    if is_out(world, unit.code, code, month) or is_small(world, unit, indicator, month):
        return None
    is_known = is_reported(world, unit.code, code, month) and not is_thin(world, unit, code, month)
    if indicator.kind != "milestone" and not is_known:
        return None
    found = rounded(pace(world, unit.code, indicator.code, month, side))
    return None if found is None else min(max(Fraction(found), Fraction(0)), CAP)


def composite(world: World, unit: Unit, scope: str, code: str, month: date) -> Merit:
    """The weighted mean of the scores, where they make up 80 % of the weight."""
    assert unit.parent
    parts = scored(world, unit.parent, scope, code, month)
    weights = {row.code: weight(world, row, scope) for row in parts}
    scores = {
        row.code: [found for side in SIDES if (found := score(world, unit, row, month, side)) is not None]
        for row in parts
        if score(world, unit, row, month, "actual") is not None
    }
    covered = sum((weights[row] for row in scores), Fraction(0))
    if not covered:
        return Merit(None, "not_reported")

    def mean(pick: int) -> Decimal | None:
        chosen = {row: (sides[0], max(sides), min(sides))[pick] for row, sides in scores.items()}
        return rounded(sum((weights[row] * value for row, value in chosen.items()), Fraction(0)) / covered)

    reason = "low_coverage" if covered < MINIMUM_COVERAGE * sum(weights.values()) else None
    return Merit(mean(0), reason, mean(0), mean(1), mean(2))


def scopes(world: World) -> list[tuple[str, str]]:
    """Every scope and its code: ranked indicators, themes, and the whole."""
    ranked = [row.code for row in world.indicators if row.ranking_metric != "none" and row.direction != "none"]
    return [
        *(("indicator", code) for code in ranked),
        *(("theme", code) for code in world.themes),
        ("overall", "overall"),
    ]
