"""Invented worlds: a tree with its comings and goings, indicators of every kind and target form, reports with holes."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random

from tests.laws.world import (
    ALWAYS,
    FOREVER,
    Indicator,
    Report,
    Target,
    Unit,
    World,
    following,
    months_from,
)

DISTRICT, PARENT, OTHER_PARENT = "110101", "110101001", "110101002"
YEAR = 2024
# as-of → first month asked, plan years, newest month whose due day, lock day, end has passed
NIGHTS: dict[str, tuple[str, tuple[int, ...], str, str, str]] = {
    "2024-10-03T02:00": ("2023-01", (2024,), "2024-08", "2024-08", "2024-09"),  # the 5th of October is a Saturday
    "2024-10-10T02:00": ("2023-01", (2024,), "2024-09", "2024-08", "2024-09"),
    "2024-10-20T02:00": ("2023-01", (2024,), "2024-09", "2024-09", "2024-09"),
    "2025-01-03T02:00": ("2023-01", (2024,), "2024-11", "2024-11", "2024-12"),  # December is due on the 6th
    "2025-01-10T02:00": ("2024-01", (2024, 2025), "2024-12", "2024-11", "2024-12"),
    "2025-02-10T02:00": ("2024-01", (2024, 2025), "2025-01", "2024-12", "2025-01"),
    "2025-03-20T02:00": ("2024-01", (2024, 2025), "2025-02", "2025-02", "2025-02"),
}
ROUTES = ("month", "ytd", "both", "both", "mixed", "ytd after February")  # which of 本月数 and 本年累计 a clerk fills
CHANGES = ("none", "none", "ended", "merged", "renewed", "chain", "founded", "several")  # what becomes of communities
BASES = ("plan", "assigned", "carried", "office")
THEMES = {"t1": Decimal(1), "t2": Decimal(2)}


@dataclass(frozen=True)
class Night:
    """A world and the moment from which it is seen."""

    as_of: str
    world: World


def month_of(number: int, year: int = YEAR) -> date:
    """The first of a numbered month."""
    return date(year, number, 1)


def month_named(text: str) -> date:
    """2024-07"""
    return date.fromisoformat(f"{text}-01")


class Inventor:
    """Draws a world from a seed; holds the dice and what it has drawn so far."""

    def __init__(self, seed: int, count: int = 30, change: str | None = None) -> None:
        self.dice = Random(seed)
        self.as_of = self.dice.choice(sorted(NIGHTS))
        began, self.plan_years, due, locked, ended = NIGHTS[self.as_of]
        self.due, self.locked = month_named(due), month_named(locked)
        self.months = tuple(months_from(month_named(began), month_named(ended)))
        self.today = date.fromisoformat(self.as_of[:10])
        self.count = count if len(self.plan_years) == 1 else count * 2 // 3  # each has as many months again to compare
        drawn = self.dice.choice(CHANGES)
        self.change = change or drawn
        self.has_district = self.dice.random() < 0.25
        self.units: list[Unit] = []  # those that report
        self.tree: list[Unit] = []
        self.plant()
        self.indicators: list[Indicator] = []
        self.targets: list[Target] = []
        self.guided: dict[tuple[str, str, date], Decimal] = {}
        self.reports: list[Report] = []
        self.baseline_ends: dict[tuple[str, str], date] = {}

    # ------------------------------------------------------------------------------------------------------------ tree
    def plant(self) -> None:
        """A sub-district, or a district with two, and what became of their communities."""
        parents = [PARENT, OTHER_PARENT] if self.has_district else [PARENT]
        if self.has_district:
            self.tree.append(Unit(DISTRICT, 0, "district"))
        self.tree += [
            Unit(code, self.dice.choice((100, 900)), "subdistrict", DISTRICT if self.has_district else None)
            for code in parents
        ]
        for parent in parents:
            is_small = self.has_district or self.change != "none"
            codes = [f"{parent}{number:03}" for number in range(1, self.dice.randint(2, 3 if is_small else 4) + 1)]
            community = [Unit(code, self.dice.choice((50, 100, 120, 333, 1000)), parent=parent) for code in codes]
            if self.change != "none" and (parent == PARENT or self.dice.random() < 0.3):
                community = self.changed(community, parent)
            self.units += community
        self.tree += self.units

    def changed(self, community: list[Unit], parent: str) -> list[Unit]:
        """The communities with one of them ended, merged, split off the old, or founded."""
        change = self.dice.choice(CHANGES[2:-1]) if self.change == "several" else self.change
        last = month_of(self.dice.choice((2, 3, 5, 6, 8)))
        if change == "founded":
            born = Unit(f"{parent}009", 120, parent=parent, valid_from=month_of(self.dice.choice((3, 5, 7))))
            return [*community, born]
        gone = Unit(f"{parent}011", self.dice.choice((90, 120, 500)), parent=parent, valid_to=last)
        heir = Unit(f"{parent}012", 300, parent=parent, valid_from=following(last))
        if change == "ended":
            return [*community, gone]
        if change == "merged":
            return [*community, replace(gone, successor=self.dice.choice(community).code)]
        if change == "renewed":
            return [*community, replace(gone, successor=heir.code), heir]
        ends_later = replace(
            heir,
            successor=community[0].code,
            valid_to=self.dice.choice((month_of(9), month_of(min(12, last.month + 2)))),
        )
        if self.dice.random() < 0.5:
            ends_later = replace(ends_later, valid_from=ALWAYS)
        return [*community, replace(gone, successor=heir.code), ends_later]

    def those_of(self, parent: str, month: date) -> list[Unit]:
        """The communities of a sub-district that are there in a month."""
        return [row for row in self.units if row.parent == parent and row.is_there(month)]

    @property
    def parents(self) -> list[Unit]:
        """The sub-districts."""
        return [row for row in self.tree if row.level == "subdistrict"]

    def invent(self) -> Night:
        """One indicator after the other, of every sort in turn."""
        sorts = (
            self.flow_floor,
            self.flow_guided,
            self.flow_ceiling,
            self.stock_floor,
            self.stock_climb,
            self.stock_ceiling,
            self.flow_floor,
            self.stock_reduced,
            self.ratio,
            self.ratio,
            self.growth,
            self.milestone,
            self.free,
            self.unshared,
            self.flow_listed,
        )
        for number in range(self.count):
            sorts[number % len(sorts)](f"i{number:02}")
        world = World(
            units=tuple(self.tree),
            indicators=tuple(self.indicators),
            targets=tuple(self.targets),
            guided=self.guided,
            reports=tuple(self.reports),
            months=self.months,
            due_passed=frozenset(month for month in self.months if month <= self.due),
            lock_passed=frozenset(month for month in self.months if month <= self.locked),
            today=self.today,
            plan_years=self.plan_years,
            themes=THEMES,
            baseline_ends=self.baseline_ends,
        )
        return Night(self.as_of, world)

    # ------------------------------------------------------------------------------------------------------ indicators
    def flow_floor(self, code: str) -> None:
        """A flow to reach, split by one key, sometimes revised, sometimes with months below zero."""
        starts = month_of(self.dice.choice((3, 6))) if self.dice.random() < 0.1 else ALWAYS
        indicator = self.add(
            code, "flow", ranking_metric=self.dice.choice(("pace", "level", "growth")), first_month=starts
        )
        is_negative, typical = self.dice.random() < 0.1, Decimal(9)
        for year in self.planned():
            phasing = self.dice.choice(("linear", "linear", "none", "seasonal", "guidance"))
            phasing = "linear" if is_negative or (phasing == "seasonal" and starts != ALWAYS) else phasing
            for drawn in self.split_targets(indicator, "at_least", phasing, year):
                first = max(drawn.first, starts) if starts.year == year else drawn.first
                target = replace(drawn, first=first, effective=first, due=max(first, drawn.due))
                if phasing == "guidance":
                    target = self.guided_target(target, indicator)
                elif self.dice.random() < 0.05:
                    target = replace(target, value=Decimal(0))
                self.targets.append(target)
                self.revise(target, indicator)
                typical = max(Decimal(1), target.value / 12 / len(self.units))
        if is_negative:
            for unit in self.units:
                self.report(unit, indicator, self.shape(unit), (-typical, typical), self.dice)
        else:
            self.report_flow(indicator, typical=typical, last_year=self.dice.random() < 0.5)

    def revise(self, target: Target, indicator: Indicator) -> None:
        """Later versions of a target that is handed down by key: another value, sometimes known only later."""
        effective = target.effective
        for version in (2, 3):
            if self.dice.random() > 0.45 or target.due <= target.first:
                return
            later = self.dice.choice(months_from(effective, target.due))
            if later == target.first:
                return
            low, high = self.dice.choice(((0, 60), (0, 60), (-40, 0), (-400, 0)))
            self.targets.append(
                replace(
                    target,
                    value=target.value + self.decimal(low, high, indicator.decimals),
                    version=version,
                    effective=later,
                    split_key=self.dice.choice(("equal", "households"))
                    if self.dice.random() < 0.2
                    else target.split_key,
                    recorded=self.dice.choice((None, None, None, date(2024, 3, 1), date(2029, 1, 1))),
                )
            )
            effective = later

    def guided_target(self, target: Target, indicator: Indicator) -> Target:
        """The same with monthly amounts of the district, which make up its value."""
        months = months_from(target.first, target.due)
        amounts = {month: self.decimal(0, 30, indicator.decimals) for month in months}
        amounts[months[-1]] += 1
        self.guided |= {(target.unit, indicator.code, month): amount for month, amount in amounts.items()}
        return replace(target, phasing="guidance", value=sum(amounts.values(), Decimal(0)))

    def flow_guided(self, code: str) -> None:
        """A flow whose monthly amounts are given for every unit; the sub-district's are their sums."""
        indicator = self.add(code, "flow", ranking_metric="pace")
        for year in self.planned():
            for parent in self.parents:
                self.guide(indicator, parent, year)
        self.report_flow(indicator, typical=Decimal(15))

    def guide(self, indicator: Indicator, parent: Unit, year: int) -> None:
        """The monthly amounts of one plan year, and the targets that they add up to."""
        code = indicator.code
        first, due = self.span(year)
        whole: dict[date, Decimal] = {}
        basis = self.dice.choice(BASES)
        for unit in self.those_of(parent.code, first):
            amounts = {month: self.decimal(0, 30, indicator.decimals) for month in months_from(first, due)}
            if self.dice.random() < 0.3:
                amounts[first] = Decimal(0)
            self.guided |= {(unit.code, code, month): amount for month, amount in amounts.items()}
            whole = {month: whole.get(month, Decimal(0)) + amount for month, amount in amounts.items()}
            value = sum(amounts.values(), Decimal(0))
            self.targets.append(Target(unit.code, code, "at_least", value, first, due, "guidance", first, basis=basis))
        self.guided |= {(parent.code, code, month): amount for month, amount in whole.items()}
        value = sum(whole.values(), Decimal(0))
        self.targets.append(
            Target(
                parent.code, code, "at_least", value, first, due, "guidance", first, split_key="explicit", basis=basis
            )
        )

    def flow_listed(self, code: str) -> None:
        """A flow whose parts are listed, sometimes revised as a list."""
        indicator = self.add(code, "flow", ranking_metric="pace")
        for year in self.planned():
            first, due = self.span(year)
            for parent in self.parents:
                later = self.dice.choice(months_from(first, due)[1:] or [first])
                effectives = [first, later] if later > first and self.dice.random() < 0.5 else [first]
                for version, effective in enumerate(effectives, start=1):
                    values = {
                        unit.code: self.decimal(0, 60, indicator.decimals)
                        for unit in self.those_of(parent.code, effective)
                    }
                    for unit, value in values.items():
                        self.targets.append(
                            Target(unit, code, "at_least", value, first, due, "linear", effective, version)
                        )
                    whole = sum(values.values(), Decimal(0))
                    self.targets.append(
                        Target(
                            parent.code,
                            code,
                            "at_least",
                            whole,
                            first,
                            due,
                            "linear",
                            effective,
                            version,
                            None,
                            "explicit",
                        )
                    )
        self.report_flow(indicator, typical=Decimal(4))

    def flow_ceiling(self, code: str) -> None:
        """A flow not to exceed."""
        indicator = self.add(code, "flow", direction="lower", ranking_metric=self.dice.choice(("pace", "level")))
        for year in self.planned():
            for target in self.split_targets(indicator, "at_most", self.dice.choice(("linear", "none")), year):
                self.targets.append(replace(target, value=Decimal(0)) if self.dice.random() < 0.2 else target)
        self.report_flow(indicator, typical=self.targets[-1].value / 15 / len(self.units))

    def stock_floor(self, code: str) -> None:
        """A level to reach from nothing, sometimes revised."""
        indicator = self.add(code, "stock", ranking_metric=self.dice.choice(("pace", "per_thousand_households")))
        for year in self.planned():
            for target in self.split_targets(indicator, "at_least", self.dice.choice(("linear", "none")), year):
                self.targets.append(target)
                self.revise(target, indicator)
        self.report_level(indicator, max(Decimal(1), self.targets[-1].value) / len(self.units))

    def stock_climb(self, code: str) -> None:
        """A level to reach from a baseline."""
        indicator = self.add(code, "stock", ranking_metric="pace")
        self.listed_target(indicator, "at_least", climb=Decimal(1))

    def stock_ceiling(self, code: str) -> None:
        """A level not to exceed."""
        indicator = self.add(code, "stock", direction="lower", ranking_metric=self.dice.choice(("pace", "level")))
        for year in self.planned():
            self.targets += self.split_targets(indicator, "at_most", "none", year)
        self.report_level(indicator, self.targets[-1].value / len(self.units))

    def stock_reduced(self, code: str) -> None:
        """A level to bring down from a baseline; listed, or both handed down by one key."""
        indicator = self.add(code, "stock", direction="lower", ranking_metric="pace")
        if self.dice.random() < 0.5:
            self.listed_target(indicator, "reduce_from_baseline", climb=Decimal(-1))
            return
        base = Decimal(90)
        for year in self.planned():
            for target in self.split_targets(indicator, "reduce_from_baseline", "linear", year):
                base = target.value + self.decimal(0, 200, indicator.decimals)
                self.targets.append(replace(target, baseline=base))
        self.report_level(indicator, base / len(self.units))

    def ratio(self, code: str) -> None:
        """A ratio of a flow or stock over a flow or stock, both always reported together."""
        kinds = self.dice.choice((("flow", "flow"), ("stock", "stock"), ("flow", "stock")))
        above = self.add(f"{code}n", kinds[0], direction="none")
        below = self.add(f"{code}d", kinds[1], direction="none")
        form = self.dice.choice(("at_least", "at_least", "at_most", "reduce_from_baseline"))
        indicator = self.add(
            code,
            "ratio",
            direction="higher" if form == "at_least" else "lower",
            numerator=above.code,
            denominator=below.code,
            ranking_metric=self.dice.choice(("level", "pace")),
            minimum_denominator=self.dice.choice((None, None, Decimal(20))),
        )
        for year in self.planned():
            value = self.decimal(0, 1, 3)
            base = value + self.decimal(0, 1, 3) if form == "reduce_from_baseline" else None
            for drawn in self.split_targets(indicator, form, "none", year):
                target = replace(drawn, value=value, baseline=base)
                if base is None:
                    self.targets.append(target)
                else:  # a baseline is not handed down
                    self.targets.append(replace(target, split_key="explicit"))
                    listed = self.those_of(target.unit, target.first)
                    self.targets += [replace(target, unit=unit.code, split_key=None) for unit in listed]
        for unit in self.units:
            shape, sign = self.shape(unit), Random(self.dice.random())
            limits = (Decimal(0), Decimal(0)) if self.dice.random() < 0.1 else (Decimal(8), Decimal(12))
            state = sign.getstate()
            for part in (above, below):
                sign.setstate(state)
                self.report(unit, part, shape, limits, sign)

    def growth(self, code: str) -> None:
        """Growth of a flow over the identical period of last year; sometimes a flow that was below zero."""
        flow = self.add(f"{code}f", "flow", direction="none")
        indicator = self.add(code, "growth", numerator=flow.code, ranking_metric=self.dice.choice(("growth", "pace")))
        for year in self.planned():
            value = self.dice.choice((Decimal("0.05"), Decimal("0"), Decimal("-0.02"), Decimal("0.3")))
            for target in self.split_targets(indicator, "at_least", "none", year):
                self.targets.append(replace(target, value=value))
        if self.dice.random() < 0.15:
            for unit in self.units:
                self.report(unit, flow, self.shape(unit, last_year=True), (Decimal(-9), Decimal(9)), self.dice)
        else:
            self.report_flow(flow, typical=Decimal(20), last_year=True)

    def milestone(self, code: str) -> None:
        """Something to finish by a month."""
        indicator = self.add(code, "milestone", ranking_metric="pace")
        for year in self.planned():
            for target in self.split_targets(indicator, "by_date", self.dice.choice(("linear", "none")), year):
                self.targets.append(replace(target, value=Decimal(1)))
        for unit in self.units:
            progress, finished = Decimal(0), None
            for month in self.months:
                if month.month == 1 and self.dice.random() < 0.5:
                    progress, finished = Decimal(0), None  # another one for the new year
                if not unit.is_there(month) or month.year not in self.plan_years or self.dice.random() < 0.2:
                    continue
                progress = min(Decimal(1), progress + self.decimal(0, 1, 1) / 2)
                if progress == 1 and finished is None:
                    finished = month.replace(day=self.dice.randint(1, 28))
                self.reports.append(Report(unit.code, code, month, progress, finished_on=finished))

    def free(self, code: str) -> None:
        """A flow or stock without a target."""
        kind = self.dice.choice(("flow", "stock"))
        indicator = self.add(
            code,
            kind,
            direction=self.dice.choice(("higher", "lower")),
            ranking_metric=self.dice.choice(("level", "per_thousand_households")),
        )
        if kind == "flow":
            self.report_flow(indicator, typical=Decimal(9), last_year=True)
        else:
            self.report_level(indicator, Decimal(30))

    def unshared(self, code: str) -> None:
        """A target of the sub-district that nobody below has a part of."""
        kind = self.dice.choice(("flow", "stock"))
        indicator = self.add(code, kind, ranking_metric="level")
        for year in self.planned():
            for target in self.split_targets(indicator, "at_least", self.dice.choice(("linear", "none")), year):
                self.targets.append(replace(target, split_key=None))
        typical = max(Decimal(1), self.targets[-1].value / len(self.units))
        if kind == "flow":
            self.report_flow(indicator, typical=typical / 12)
        else:
            self.report_level(indicator, typical)
        # domain.md does not say whether what is not applicable takes an even share out of the target
        self.reports = [row for row in self.reports if row.indicator != code or not row.is_not_applicable]

    # ---------------------------------------------------------------------------------------------------------- targets
    def add(self, code: str, kind: str, **more: object) -> Indicator:
        """An indicator of the catalogue."""
        decimals = self.dice.choice((0, 0, 1, 2)) if kind in ("flow", "stock") else 4
        thresholds = self.dice.choice((None, None, (Decimal("0.95"), Decimal("0.8"), Decimal("0.5"))))
        theme, weight = (
            self.dice.choice((None, *THEMES)),
            self.dice.choice((Decimal(1), Decimal(1), Decimal("0.5"), Decimal(0))),
        )
        indicator = Indicator(code, kind, decimals=decimals, thresholds=thresholds, theme=theme, weight=weight, **more)  # type: ignore[arg-type]
        self.indicators.append(indicator)
        return indicator

    def planned(self) -> list[int]:
        """The plan years that have a target; the newer one's plan is sometimes still to come."""
        return [year for year in self.plan_years if year == YEAR or self.dice.random() < 0.8]

    def span(self, year: int) -> tuple[date, date]:
        """First and due month of a target; often the whole year."""
        if self.dice.random() < 0.4:
            return month_of(1, year), month_of(12, year)
        first = self.dice.choice((1, 1, 1, 2, 4))
        return month_of(first, year), month_of(self.dice.randint(max(first, 5), 12), year)

    def split_targets(self, indicator: Indicator, form: str, phasing: str, year: int) -> list[Target]:
        """Each sub-district's target, to be handed down by one key."""
        first, due = self.span(year)
        if indicator.kind == "stock":
            first = month_of(1, year)
        key, basis = self.dice.choice(("equal", "households")), self.dice.choice(BASES)
        if basis == "carried" and due.month == 11:
            self.baseline_ends |= {(parent.code, indicator.code): month_of(11, year - 1) for parent in self.parents}
        return [
            Target(
                parent.code,
                indicator.code,
                form,
                self.decimal(1, 300, indicator.decimals),
                first,
                due,
                phasing,
                first,
                split_key=key,
                basis=basis,
            )
            for parent in self.parents
        ]

    def listed_target(self, indicator: Indicator, form: str, climb: Decimal) -> None:
        """Every community's own target and baseline; the sub-district's are their sums."""
        limits: dict[str, tuple[Decimal, Decimal]] = {}
        for year in self.planned():
            first, due = month_of(1, year), self.span(year)[1]
            phasing = self.dice.choice(("linear", "none"))
            for parent in self.parents:
                values, bases = Decimal(0), Decimal(0)
                for unit in self.those_of(parent.code, first):
                    base = self.decimal(40, 100, indicator.decimals)
                    value = base + climb * self.dice.choice((Decimal(0), self.decimal(1, 30, indicator.decimals)))
                    values, bases = values + value, bases + base
                    self.targets.append(
                        Target(unit.code, indicator.code, form, value, first, due, phasing, first, 1, base)
                    )
                    limits[unit.code] = (min(base, value), max(base, value) + 2)
                self.targets.append(
                    Target(parent.code, indicator.code, form, values, first, due, phasing, first, 1, bases, "explicit")
                )
        for unit in self.units:
            known = limits.get(unit.code, (Decimal(40), Decimal(90)))
            self.report(unit, indicator, self.shape(unit), known, self.dice)

    # ---------------------------------------------------------------------------------------------------------- reports
    def decimal(self, low: int, high: int, decimals: int) -> Decimal:
        """A number with at most so many decimals."""
        scale = 10**decimals
        return Decimal(self.dice.randint(low * scale, high * scale)).scaleb(-decimals)

    def shape(self, unit: Unit, *, last_year: bool = False) -> dict[date, str]:
        """How each month comes: nothing, blank, 不适用, or the columns that are filled, and late or held or not."""
        months = [
            month for month in self.months if unit.is_there(month) and (last_year or month.year in self.plan_years)
        ]
        if self.dice.random() < 0.05:
            return {month: "not applicable" for month in months if month.year in self.plan_years}
        route, holes = self.dice.choice(ROUTES), self.dice.choice((0.0, 0.1, 0.4))
        found = {}
        for month in months:
            if route == "ytd after February":  # January and February combined
                found[month] = "blank" if month.month == 1 else "ytd"
                continue
            filled = self.dice.choice(("month", "ytd", "both")) if route == "mixed" else route
            found[month] = self.dice.choice(("", "blank")) if self.dice.random() < holes else filled
            if found[month] in ("", "blank"):
                continue
            if self.dice.random() < 0.01 and not last_year and route == "month":
                found[month] = "not applicable"
            elif self.dice.random() < 0.1 and month < self.months[-1]:
                found[month] += " late"
            elif self.dice.random() < 0.03:
                found[month] += " held"
        return found

    def report_flow(self, indicator: Indicator, typical: Decimal, *, last_year: bool = False) -> None:
        """What every community sends of a flow."""
        for unit in self.units:
            limits = (typical / 2, typical * 2)
            own_last_year = last_year and self.dice.random() < 0.7
            shape, state = self.shape(unit, last_year=own_last_year), self.dice
            is_stable = unit.valid_to == FOREVER  # what an ended unit reports of last year is not enough after its end
            prior = last_year and self.dice.random() < 0.5 and is_stable
            self.report(unit, indicator, shape, limits, state, prior=prior)

    def report_level(self, indicator: Indicator, typical: Decimal) -> None:
        """What every community sends of a stock."""
        for unit in self.units:
            self.report(unit, indicator, self.shape(unit), (typical / 2, typical * 2), self.dice)

    def report(
        self,
        unit: Unit,
        indicator: Indicator,
        shape: dict[date, str],
        limits: tuple[Decimal, Decimal],
        dice: Random,
        *,
        prior: bool = False,
    ) -> None:
        """One community's reports of one flow or stock, in the shape given."""
        to_date, scale = Decimal(0), 10**indicator.decimals
        low, high = (int(limit * scale) for limit in limits)
        for month, filled in shape.items():
            value = Decimal(dice.randint(low, high)).scaleb(-indicator.decimals)
            if filled == "not applicable" and month.month % 2:
                value = Decimal(0)  # nothing that a later cumulative could hold
            to_date = value if month.month == 1 else to_date + value
            if dice.random() < 0.03:
                to_date += 1  # a cumulative that is not the sum of its months
            last_year = Decimal(dice.randint(low, high) * month.month).scaleb(-indicator.decimals)
            if not filled or month < indicator.first_month:
                continue
            if filled in ("blank", "not applicable"):
                is_not_applicable = filled == "not applicable"
                blank = Report(unit.code, indicator.code, month, is_not_applicable=is_not_applicable)
                self.reports.append(blank)
                continue
            is_flow, columns = indicator.kind == "flow", filled.split()[0]
            self.reports.append(
                Report(
                    unit.code,
                    indicator.code,
                    month,
                    month_value=value if columns in ("month", "both") or not is_flow else None,
                    ytd_value=to_date if columns in ("ytd", "both") and is_flow else None,
                    prior_ytd_value=last_year if prior and is_flow and columns != "month" else None,
                    is_late="late" in filled,
                    is_held="held" in filled,
                )
            )


def invented(seed: int, change: str | None = None, count: int = 30) -> Night:
    """The world of a seed; what becomes of its communities follows from the seed unless it is given."""
    return Inventor(seed, count, change).invent()
