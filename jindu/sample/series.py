"""The honest numbers: published figures met exactly, the rest invented around targets, by one seed."""

import random
from collections.abc import Callable, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from jindu.sample.arrival import OfficeCalendar
from jindu.sample.asking import Asking, Row, month_before, months_of, next_month
from jindu.sample.plan import USUAL_RATE, Plan, first_word
from jindu.sample.split import spread, spread_below

Cells = dict[tuple[str, date], int]  # unit and month → whole steps of the indicator's decimals

# How a year goes against its target, and how often: most on pace, some behind, a few far behind, one or two long done.
COURSES = [((1.01, 1.12), 58), ((0.91, 0.98), 18), ((0.74, 0.88), 12), ((0.45, 0.64), 6), ((1.40, 1.55), 6)]
RATE_COURSES = [((1.0, 1.04), 60), ((0.93, 0.99), 28), ((0.78, 0.88), 12)]
FINISH_OFFSETS = [-3, -2, -1, -1, 0, 0, 0, 1, 2, 4]  # months after the due month
USUAL_MONTH = 2.0  # events a month and unit, of a flow that nothing is known of
EVEN_NOISE, UNEVEN_NOISE = (0.75, 1.3), (0.2, 2.0)  # of months, around their share of the year
FEW_A_YEAR = 60
PERSONS_PER_HOUSEHOLD = 2.7
HEAD_COUNT_FROM = 100  # a minimum denominator of a hundred heads means a count of residents
PROGRESS_STEP = 0.05


class Series:
    """All honest values of the two years, drawn indicator by indicator, what they depend on first."""

    def __init__(self, asking: Asking, seed: int) -> None:
        self.asking = asking
        self.plan = Plan(asking)
        self.finished: dict[tuple[str, str], date] = {}  # indicator and unit → the day it was finished
        self._seed = seed
        self._calendar = OfficeCalendar(asking)
        self._cells: dict[str, Cells] = {}
        self._part_of = {part: whole for whole, parts in self.plan.parts.items() for part in parts}
        self._identity_of = {row["total_code"]: row for row in self.plan.identities}
        growths = [row for row in asking.indicators.values() if row["kind"] == "growth"]
        self._growth_code = {row["numerator_code"]: row["code"] for row in growths}
        self._growth: dict[tuple[str, str], float] = {}
        for code in asking.source_cells:
            self.cells(code)

    def value(self, code: str, unit: str, month: date) -> Decimal | None:
        """The month's own value, level, progress or rate; None when it was not asked."""
        steps = self.cells(code).get((unit, month)) if code in self.asking.source_cells else None
        return None if steps is None else self.number(code, steps)

    def year_to_date(self, code: str, unit: str, month: date) -> Decimal | None:
        """The sum of the year's months up to this one, where the first of them was asked."""
        months = [other for other in months_of(month.year) if other <= month]
        known = [steps for other in months if (steps := self.cells(code).get((unit, other))) is not None]
        return self.number(code, sum(known)) if known and (unit, month) in self.cells(code) else None

    def prior_year_to_date(self, code: str, unit: str, month: date) -> Decimal | None:
        """The year-to-date sum of the same month a year earlier; before the first year only of what has a growth."""
        if month.year > self.asking.all_months[0].year:
            return self.year_to_date(code, unit, month.replace(year=month.year - 1))
        own = self.year_to_date(code, unit, month)
        growth = self.growth(code, unit)
        if own is None or growth is None:
            return None
        return self.number(code, round(float(own) / (1 + growth) * 10 ** self.decimals(code)))

    def repeat_month(self, unit: str, codes: Iterable[str], month: date) -> None:
        """Let the unit's flows of `month` be those of the month before, to the digit; levels tied to them follow."""
        for code in codes:
            if self.asking.indicators[code]["kind"] == "flow":
                self._cells[code][(unit, month)] = self._cells[code][(unit, month_before(month))]
        for row in self.plan.identities:
            level = self._cells[row["total_code"]]
            if row["total_code"] in codes:
                change = sum(
                    sign * self._cells[code][(unit, month)]
                    for code, sign in ((row["added_code"], 1), (row["removed_code"], -1))
                    if code
                )
                level[(unit, month)] = max(level[(unit, month_before(month))] + change, 0)

    def decimals(self, code: str) -> int:
        """The indicator's decimals; 0 when not stated."""
        return int(self.asking.indicators[code]["decimals"] or 0)

    def number(self, code: str, steps: int) -> Decimal:
        """Steps as the exact value."""
        return Decimal(steps).scaleb(-self.decimals(code))

    def cells(self, code: str) -> Cells:
        """The indicator's values in steps, drawn when first asked for."""
        if code not in self._cells:
            self._cells[code] = self._drawer(code)(code)
        return self._cells[code]

    def _drawer(self, code: str) -> Callable[[str], Cells]:
        kind = self.asking.indicators[code]["kind"]
        if code in self.plan.twins:
            return self._twin
        if code in self.plan.parts:
            return self._sum_of_parts
        if kind == "flow" or (kind == "stock" and self._is_plain_level(code)):
            plain = self._flow if kind == "flow" else self._level
            return self._numerator if code in self.plan.denominators else plain
        tied = self._balance if code in self._identity_of else self._score
        return {"milestone": self._milestone, "ratio": self._published_rate}.get(kind, tied)

    def _is_plain_level(self, code: str) -> bool:
        """A level that is added up and that no identity ties."""
        return code not in self._identity_of and self.asking.indicators[code]["tree_rule"] != "none"

    def _rng(self, *names: object) -> random.Random:
        return random.Random(":".join(map(str, (self._seed, *names))))

    # --- what hangs on others ---

    def _twin(self, code: str) -> Cells:
        return dict(self.cells(self.plan.twins[code]))

    def _sum_of_parts(self, code: str) -> Cells:
        parts = [self.cells(part) for part in self.plan.parts[code]]
        return {cell: sum(part.get(cell, 0) for part in parts) for cell in parts[0]}

    def _numerator(self, code: str) -> Cells:
        """The denominator less a shortfall: never above it in any cell, published totals met exactly."""
        denominator, ratio = self.plan.denominators[code]
        every = self.cells(denominator)
        asked = self.asking.source_cells[code]
        whole = {(unit, month): every[(unit, month)] for unit, months in asked.items() for month in months}
        rng = self._rng(code, "shortfall")
        unit_noise = {unit: rng.uniform(0.3, 1.7) for unit in asked}
        is_level = self.asking.indicators[code]["kind"] == "stock"
        noise = {cell: unit_noise[cell[0]] * (1 if is_level else rng.uniform(0.3, 1.7)) for cell in whole}
        shortfall: Cells = {}
        for cells, total in self._segments(code, ratio, is_level):
            room = {cell: whole[cell] for cell in cells}
            if total is None:
                total = round(sum(room.values()) * self._rate(code, ratio, cells))  # noqa: PLW2901  drawn when not published
            missing = max(sum(room.values()) - total, 0)
            shortfall |= spread_below(missing, {cell: whole[cell] * noise[cell] for cell in cells}, room)
        return {cell: whole[cell] - shortfall[cell] for cell in whole}

    def _segments(
        self, code: str, group_code: str, is_level: bool
    ) -> Iterable[tuple[list[tuple[str, date]], int | None]]:
        """Each published total with the cells that no smaller one took, and what is left; then the rest."""
        taken: set[tuple[str, date]] = set()
        whole: list[tuple[set[tuple[str, date]], int]] = []  # published totals that no other yet contains
        filled = self.asking.source_cells[code]
        for total in sorted(self.plan.totals.get(code, []), key=lambda one: len(one.units) * len(one.months)):
            cells = {(unit, month): None for unit in total.units for month in total.months}
            inside = [part for part in whole if part[0] <= cells.keys()]
            yield [cell for cell in cells if cell not in taken], total.steps - sum(steps for _, steps in inside)
            whole = [part for part in whole if part not in inside] + [(set(cells), total.steps)]
            taken |= cells.keys()
        rest = [(unit, month) for unit, months in filled.items() for month in months if (unit, month) not in taken]
        groups: dict[tuple[date, str], list[tuple[str, date]]] = {}
        for unit, month in rest:
            start = month if is_level else month.replace(month=1)
            groups.setdefault((start, self.plan.group(group_code, unit)), []).append((unit, month))
        for _, group in sorted(groups.items()):
            yield group, None

    def _rate(self, code: str, ratio: str, cells: list[tuple[str, date]]) -> float:
        """A plausible rate for these cells: near the published one, later better or worse than the target."""
        unit, month = cells[0]
        usual = float(self.plan.ratio_level(ratio) or USUAL_RATE)
        bound = self.plan.target(ratio, unit)
        if bound is None or month.year < self.asking.plan_year:
            return min(usual, 1.0)
        row, owner = bound
        rng = self._rng(ratio, owner, "rate")
        if row["target_form"] == "at_most":
            return float(row["value"]) * rng.uniform(0.6, 1.15)
        course = self._course(rng, RATE_COURSES)
        if code in self.plan.totals and self.asking.indicators[code]["kind"] == "stock":
            course = rng.uniform(0.99, 1.0)  # a published level is nearly kept
        elif self.asking.indicators[code]["kind"] == "stock":
            course *= 0.97 + 0.03 * month.month / 12  # levels climb through the year
        return min(float(row["value"]) * course, 1.0)

    @staticmethod
    def _course(rng: random.Random, courses: list[tuple[tuple[float, float], int]]) -> float:
        (low, high), *_ = rng.choices([span for span, _ in courses], [weight for _, weight in courses])
        return rng.uniform(low, high)

    # --- flows ---

    def _flow(self, code: str) -> Cells:
        """Sums over months: published totals split over their cells, the other cells drawn around what is expected."""
        drawn: Cells = {}
        for year in sorted({month.year for month in self.asking.all_months}):
            expected = self._expected(code, year, drawn)
            covered: dict[tuple[str, date], float] = {}
            for cells, total in self._segments(code, code, False):
                weights = {cell: expected[cell] for cell in cells if cell[1].year == year}
                if not weights:
                    continue
                if total is None:
                    scale = self._scale(weights, covered, drawn)
                    total = max(round(sum(weights.values()) * scale), 0)  # noqa: PLW2901  drawn when not published
                    total -= total % self._grain(code)  # noqa: PLW2901
                else:
                    covered |= weights
                drawn |= self._by_grain(code, total, weights)
        return drawn

    @staticmethod
    def _scale(weights: dict[tuple[str, date], float], covered: dict[tuple[str, date], float], drawn: Cells) -> float:
        """How the published months compare with what was expected of the same units: the others follow suit."""
        units = {unit for unit, _ in weights}
        same = [cell for cell in covered if cell[0] in units]
        expected = sum(covered[cell] for cell in same)
        return sum(drawn[cell] for cell in same) / expected if expected else 1.0

    def _by_grain(self, code: str, steps: int, weights: dict[tuple[str, date], float]) -> Cells:
        """Split steps in grains; what is no whole grain goes to the largest part."""
        grain = self._grain(code)
        parts = {cell: part * grain for cell, part in spread(steps // grain, weights).items()}
        largest = max(parts, key=lambda cell: parts[cell])
        parts[largest] += steps - sum(parts.values())
        return parts

    def _grain(self, code: str) -> int:
        """Steps that are always moved together: money in the smallest unit of measure comes in whole units."""
        factors = {row["unit"]: row["factor"] for row in self.asking.tables["unit"]}
        return int(10 ** self.decimals(code)) if factors.get(self.asking.indicators[code]["unit"]) == 1 else 1

    def _expected(self, code: str, year: int, drawn: Cells) -> dict[tuple[str, date], float]:
        """What each cell of the year is expected to hold, in steps: the group's year by unit, by month, with noise."""
        cells = self.asking.source_cells[code]
        groups: dict[str, list[str]] = {}
        for unit, months in cells.items():
            if any(month.year == year for month in months):
                groups.setdefault(self.plan.group(code, unit), []).append(unit)
        expected: dict[tuple[str, date], float] = {}
        for group, units in groups.items():
            annual = self._annual(code, year, group, units, drawn)
            unit_shares = self._unit_shares(code, year, units)
            for unit in units:
                rng = self._rng(code, unit, year, "months")
                months = [month for month in cells[unit] if month.year == year]
                low, high = EVEN_NOISE if annual / len(units) >= FEW_A_YEAR else UNEVEN_NOISE
                shape = {
                    month: self._month_weight(code, unit, month, drawn) * rng.uniform(low, high) for month in months
                }
                share = annual * unit_shares[unit] * len(months) / 12 / (sum(shape.values()) or 1)
                expected |= {(unit, month): share * shape[month] for month in months}
        return expected

    def _annual(self, code: str, year: int, group: str, units: list[str], drawn: Cells) -> float:
        """The whole year of a group, in steps."""
        rng = self._rng(code, group, year, "annual")
        asked = self._asked_for(code, group, rng) if year == self.asking.plan_year else None
        if asked is not None:
            return asked
        before = sum(drawn.get((unit, month), 0) for unit in units for month in months_of(year - 1))
        if before or (year > self.asking.all_months[0].year and code in self.plan.totals):
            return max(before, 1) * rng.uniform(0.96, 1.14)
        published = [total for total in self.plan.totals.get(code, []) if set(total.units) == set(units)]
        if published:
            longest = max(published, key=lambda total: len(total.months))
            return longest.steps * 12 / len(longest.months)
        peer = self._peer_annual(code, group)
        if peer is not None:
            return peer
        target = self._asked_for(code, group, rng)
        return target * rng.uniform(0.8, 0.95) if target is not None else self._usual(code, len(units), rng)

    def _asked_for(self, code: str, group: str, rng: random.Random) -> float | None:
        """The group's target, a year's worth, as well or badly kept as its course says; None without one."""
        whole = self._part_of.get(code)
        bound = self.asking.targets.get((whole or code, group))
        if bound is None:
            return None
        steps = float(self.plan.steps(bound["value"], whole or code))
        if whole:
            steps *= sum(t.steps for t in self.plan.totals[code]) / (sum(t.steps for t in self.plan.totals[whole]) or 1)
        if bound["target_form"] == "at_most":
            return steps * rng.uniform(0.7, 1.1) or 1.0  # a limit of nothing is broken once
        span = (bound["due_month"].year - bound["first_month"].year) * 12
        span += bound["due_month"].month - bound["first_month"].month + 1
        return float(steps * 12 / span) * self._course(self._rng(whole or code, group, "course"), COURSES)

    def _usual(self, code: str, units_count: int, rng: random.Random) -> float:
        """A year of a flow that nothing is known of: a little more a month than its ratio needs to be ranked."""
        needs = [
            row["minimum_denominator"] for row in self.asking.indicators.values() if row["denominator_code"] == code
        ]
        monthly = max([float(need) * rng.uniform(1.5, 2.5) for need in needs if need], default=USUAL_MONTH)
        return float(monthly * 12 * units_count * 10 ** self.decimals(code))

    def _peer_annual(self, code: str, unit: str) -> float | None:
        """A year of a unit beside one whose figure is published, larger or smaller as the published rank needs."""
        for total in self.plan.totals.get(code, []):
            model = total.units[0]
            if len(total.units) == 1 and self.asking.units[model]["level"] == self.asking.units[unit]["level"]:
                longest = max(self.plan.totals[code], key=lambda one: len(one.months))
                place, rank = self._place(code, unit, model, "level")
                scale = self._rng(code, unit, "peer")
                above = place < rank - 1 if rank else scale.random() < 0.5
                factor = scale.uniform(1.15, 1.5) if above else scale.uniform(0.35, 0.85)
                return longest.steps * 12 / len(longest.months) * factor
        return None

    def _place(self, code: str, unit: str, model: str, metric: str) -> tuple[int, int]:
        """The unit's place (from 0) among the peers of the one with a published rank, and that rank; 0 when none."""
        rows = [row for row in self.asking.tables["baseline"] if row["indicator_code"] == code]
        ranks = [
            row["published_rank"] for row in rows if row["published_rank"] and row["published_rank_metric"] == metric
        ]
        peers = [other for other in self.asking.source_cells[code] if other != model]
        self._rng(code, metric, "places").shuffle(peers)
        return peers.index(unit), ranks[0] if ranks else 0

    def _unit_shares(self, code: str, year: int, units: list[str]) -> dict[str, float]:
        """How a group's year falls to its units: by the target's split key, some better and some worse."""
        bound = self.plan.target(code, units[0])
        is_equal = bound is not None and bound[0]["split_key"] == "equal"
        weights = {}
        for unit in units:
            rng = self._rng(code, unit, year, "share")
            size = 1 if is_equal else (self.asking.units[unit]["households"] or 1)
            weights[unit] = size * rng.choice([0.75, 0.9, 0.97, 1.0, 1.03, 1.06, 1.1]) if len(units) > 1 else 1
        whole = sum(weights.values())
        return {unit: weight / whole for unit, weight in weights.items()}

    def _month_weight(self, code: str, unit: str, month: date, drawn: Cells) -> float:
        """A month's share of the year: as guided, as last year, with the count that the amount belongs to, or even."""
        guided = [
            float(row["guided_value"])
            for row in self.asking.tables["phasing"]
            if (row["indicator_code"], row["month"]) == (code, month) and row["org_unit_code"] in self.asking.line(unit)
        ]
        bound = self.plan.target(code, unit)
        if guided and month.year == self.asking.plan_year:
            return guided[0]
        if bound and bound[0]["phasing"] == "seasonal" and month.year == self.asking.plan_year:
            return float(drawn.get((unit, month.replace(year=month.year - 1)), 1))
        count = self._count_before(code)
        return float(self.cells(count).get((unit, month), 0)) if count else 1.0

    def _count_before(self, code: str) -> str | None:
        """For an amount in a large unit of money, the count above it on its form: no contract, no amount."""
        indicator = self.asking.indicators[code]
        factors = {row["unit"]: row["factor"] for row in self.asking.tables["unit"]}
        rows = [
            r["indicator_code"]
            for r in self.asking.tables["form_indicator"]
            if r["form_code"] == indicator["source_form"]
        ]
        place = rows.index(code)
        above = rows[place - 1] if place else code
        is_amount = factors.get(indicator["unit"], 1) > 1 and self.asking.indicators[above]["unit"] not in factors
        related = first_word(above) == first_word(code) and self.asking.indicators[above]["kind"] == "flow"
        return above if is_amount and related else None

    def growth(self, code: str, unit: str) -> float | None:
        """The first year's growth: published, or as the published rank needs; None when none is kept."""
        if code not in self._growth_code or code not in self.asking.source_cells:
            return None
        if (code, unit) not in self._growth:
            self._growth[(code, unit)] = self._draw_growth(code, unit)
        return self._growth[(code, unit)]

    def _draw_growth(self, code: str, unit: str) -> float:
        rows = [row for row in self.asking.tables["baseline"] if row["indicator_code"] == self._growth_code[code]]
        published = {row["org_unit_code"]: float(row["value"]) for row in rows if row["value"] is not None}
        rng = self._rng(code, unit, "growth")
        if unit in published:
            return published[unit]
        ranked = [row["org_unit_code"] for row in self.asking.tables["baseline"] if row["indicator_code"] == code]
        model = next((one for one in ranked if one in published), None)
        if model is None or model not in self.asking.source_cells[code]:
            return rng.uniform(-0.04, 0.12)
        place, rank = self._place(code, unit, model, "growth")
        if not rank:
            return rng.uniform(-0.08, 0.2)
        return published[model] + (rng.uniform(0.03, 0.12) if place < rank - 1 else -rng.uniform(0.06, 0.4))

    # --- levels ---

    def _level(self, code: str) -> Cells:
        """Month-end levels: the group's path through the published levels and towards the target, split by one key."""
        drawn: Cells = {}
        cells = self.asking.source_cells[code]
        groups: dict[str, list[str]] = {}
        for unit in cells:
            groups.setdefault(self._level_group(code, unit), []).append(unit)
        for group, units in groups.items():
            weights = self._level_weights(code, units)
            months = sorted({month for unit in units for month in cells[unit]})
            for month, level in self._path(code, group, units, months).items():
                asked = {unit: weights[unit] for unit in units if month in cells[unit]}
                drawn |= {(unit, month): part for unit, part in spread(level, asked).items()}
        return drawn

    def _level_group(self, code: str, unit: str) -> str:
        """The highest unit that a published level or a target of this one belongs to."""
        published = [total.units for total in self.plan.totals.get(code, []) if unit in total.units]
        owners = [owner for owner in self.asking.line(unit) if (code, owner) in self.asking.targets]
        shared = [owner for owner in self.asking.line(unit)[1:] if published and len(published[0]) > 1][:1]
        return (shared or owners[-1:] or [unit])[0]

    def _level_weights(self, code: str, units: list[str]) -> dict[str, float]:
        own = {unit: self.asking.targets.get((code, unit)) for unit in units}
        weights: dict[str, float] = {}
        for unit in units:
            row = own[unit]
            noise = self._rng(code, unit, "level").uniform(0.85, 1.15)
            explicit = row is not None and all(own.values())
            size = (self.asking.units[unit]["households"] or 1) * noise
            weights[unit] = float(row["value"]) if row is not None and explicit else size
        return weights

    def _path(self, code: str, group: str, units: list[str], months: list[date]) -> dict[date, int]:
        """The group's level at each month end, in steps."""
        rng = self._rng(code, group, "path")
        bound = self.asking.targets.get((code, group))
        anchors = {
            total.months[-1]: total.steps for total in self.plan.totals.get(code, []) if set(total.units) == set(units)
        }
        usual = self._usual_level(code, units, rng)
        known = anchors[max(anchors)] if anchors else None
        drift = rng.uniform(0.0, 0.05) if bound and bound["phasing"] != "none" else 0.0
        start, end = self._ends(code, bound, usual if known is None else known, known is not None, rng)
        path: dict[date, int] = {}
        for month in months:
            if month.year < self.asking.plan_year:
                level = round((usual if known is None else known) * (1 - drift * (12 - month.month) / 12))
            else:
                level = int(start + (end - start) * month.month / 12 + (0 if end >= start else 0.999))
            path[month] = anchors.get(month, max(level, 0))
        return path

    def _ends(
        self, code: str, bound: Row | None, known: float, is_published: bool, rng: random.Random
    ) -> tuple[float, float]:
        """Where the plan year starts and where it is heading: the target as well or badly kept as its course says."""
        if bound is None:
            return known, known
        target = float(self.plan.steps(bound["value"], code))
        base = bound["baseline_value"]
        if base is None and bound["phasing"] == "none":
            level = known if is_published else target
            return level, level
        start = float(self.plan.steps(base, code)) if base is not None else (known if is_published else 0.0)
        end = start + (target - start) * self._course(rng, COURSES)
        highest = self.asking.indicators[code]["maximum"]
        if highest is not None:
            end = min(end, float(self.plan.steps(highest, code)))
        return start, max(end, 0.0)

    def _usual_level(self, code: str, units: list[str], rng: random.Random) -> float:
        """A level that nothing is known of: heads by households, others a little above what a ratio needs."""
        needs = [
            row["minimum_denominator"] for row in self.asking.indicators.values() if row["denominator_code"] == code
        ]
        need = max((float(one) for one in needs if one), default=0.0)
        if need >= HEAD_COUNT_FROM:
            return PERSONS_PER_HOUSEHOLD * sum(self.asking.units[unit]["households"] or need for unit in units)
        return float(max(need, 1.0) * len(units) * rng.uniform(4, 8) * 10 ** self.decimals(code))

    def _score(self, code: str) -> Cells:
        """Levels that are not added up: a score by month and unit, a published rank kept."""
        cells, drawn = self.asking.source_cells[code], Cells()
        highest = self.plan.steps(self.asking.indicators[code]["maximum"] or Decimal(100), code)
        ranks = {
            (row["period_to"], row["org_unit_code"]): row["published_rank"]
            for row in self.asking.tables["baseline"]
            if row["indicator_code"] == code and row["published_rank"]
        }
        for month in sorted({month for months in cells.values() for month in months}):
            units = [unit for unit in cells if month in cells[unit]]
            rng = self._rng(code, month, "score")
            low, high = int(highest * 0.87), int(highest * 0.97)
            scores = rng.sample(range(low, high), len(units)) if high - low >= len(units) else [high] * len(units)
            order = list(units)
            for (ranked_month, unit), rank in ranks.items():
                if ranked_month == month and unit in order:
                    scores.sort(reverse=True)
                    order.remove(unit)
                    order.insert(rank - 1, unit)
            drawn |= {(unit, month): score for unit, score in zip(order, scores, strict=True)}
        return drawn

    def _balance(self, code: str) -> Cells:
        """A level that is the one before + added − removed, backwards and forwards from the published month."""
        row = self._identity_of[code]
        added = self.cells(row["added_code"]) if row["added_code"] else Cells()
        removed = self.cells(row["removed_code"]) if row["removed_code"] else Cells()
        plain = self._level(code)
        cells = self.asking.source_cells[code]
        self._make_room(cells, plain, added, removed)
        drawn: Cells = {}
        for unit, months in cells.items():
            anchor = self._anchor(code, unit) or months[0]
            drawn[(unit, anchor)] = plain[(unit, anchor)]
            month = anchor
            while month_before(month) in months:
                change = added.get((unit, month), 0) - removed.get((unit, month), 0)
                drawn[(unit, month_before(month))] = drawn[(unit, month)] - change
                month = month_before(month)
            month = anchor
            while next_month(month) in months:
                before, month = drawn[(unit, month)], next_month(month)
                if (unit, month) in removed:
                    removed[(unit, month)] = min(removed[(unit, month)], before + added.get((unit, month), 0))
                change = added.get((unit, month), 0) - removed.get((unit, month), 0)
                drawn[(unit, month)] = before + change
        return drawn

    def _anchor(self, code: str, unit: str) -> date | None:
        """The month of the unit's published level."""
        months = [total.months[-1] for total in self.plan.totals.get(code, []) if unit in total.units]
        return months[0] if months else None

    def _make_room(self, cells: dict[str, list[date]], level: Cells, added: Cells, removed: Cells) -> None:
        """Move additions from units too small for them to larger ones, month by month, so that no level was below 0."""
        first_year = self.asking.all_months[0].year
        end = date(first_year, 12, 1)
        room = {
            unit: level.get((unit, end), 0) - sum(added.get((unit, month), 0) for month in months_of(first_year))
            for unit in cells
        }
        for month in months_of(first_year):
            for unit in cells:
                while room[unit] < 0 and added.get((unit, month), 0) > 0:
                    other = max(room, key=lambda one: room[one])
                    if (other, month) not in added or room[other] <= 0:
                        break
                    added[(unit, month)] -= 1
                    added[(other, month)] += 1
                    room[unit] += 1
                    room[other] -= 1

    # --- progress and rates ---

    def _milestone(self, code: str) -> Cells:
        """Progress to 1, finished around the due month: some early, most in time, a few late."""
        drawn: Cells = {}
        year = self.asking.plan_year
        for unit, months in self.asking.source_cells[code].items():
            bound = self.plan.target(code, unit)
            due = bound[0]["due_month"] if bound else date(year, 12, 1)
            rng = self._rng(code, unit, "milestone")
            finish = max(year * 12 + 1, due.year * 12 + due.month + rng.choice(FINISH_OFFSETS))
            start = max(year * 12 + 1, finish - rng.randint(2, 6))
            for month in months:
                share = min(max((month.year * 12 + month.month - start + 1) / (finish - start + 1), 0.0), 1.0)
                rounded = share if share == 1 else int(share / PROGRESS_STEP) * PROGRESS_STEP
                drawn[(unit, month)] = round(rounded * 10 ** self.decimals(code))
            finish_month = date((finish - 1) // 12, (finish - 1) % 12 + 1, 1)
            day = self._calendar.working_day(finish_month.replace(day=rng.randint(12, 24)), -1)
            self.finished[(code, unit)] = day
        return drawn

    def _published_rate(self, code: str) -> Cells:
        """A rate that comes without its components: cumulative over the year, a published one met in its month."""
        drawn: Cells = {}
        rows = [
            row for row in self.asking.tables["baseline"] if row["indicator_code"] == code and row["value"] is not None
        ]
        highest = float(self.asking.indicators[code]["maximum"] or 1)
        for unit, months in self.asking.source_cells[code].items():
            rng = self._rng(code, unit, "rate")
            own = [row for row in rows if row["org_unit_code"] == unit]
            first = float(own[0]["value"]) if own else rng.uniform(0.5, 0.9)
            whole_month = own[0]["period_to"].month if own else 12
            course = rng.uniform(0.97, 1.06)
            for month in months:
                year_end = (
                    first * (course if month.year == self.asking.plan_year else 1) * min(month.month / whole_month, 1)
                )
                exact = Decimal(repr(min(year_end, highest))).scaleb(self.decimals(code))
                drawn[(unit, month)] = int(exact.to_integral_value(ROUND_HALF_UP))
        return drawn
