"""Invented worlds: a sub-district, its communities, indicators of every kind and target form, reports with holes."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random

from tests.laws.reference import Indicator, Report, Target, Unit, World

PARENT = "110101001"
YEAR = 2024
FIRST_MONTH, PLAN_YEARS, LAST_DUE, LAST_LOCKED, LAST_MONTH = range(5)
NIGHTS = {  # as-of → first month asked, plan years, newest month whose due day, lock day, end has passed
    "2024-10-03T02:00": ("2023-01", (2024,), "2024-08", "2024-08", "2024-09"),  # the 5th of October is a Saturday
    "2024-10-10T02:00": ("2023-01", (2024,), "2024-09", "2024-08", "2024-09"),
    "2024-10-20T02:00": ("2023-01", (2024,), "2024-09", "2024-09", "2024-09"),
    "2025-01-03T02:00": ("2023-01", (2024,), "2024-11", "2024-11", "2024-12"),  # December is due on the 6th
    "2025-01-10T02:00": ("2024-01", (2024, 2025), "2024-12", "2024-11", "2024-12"),
    "2025-02-10T02:00": ("2024-01", (2024, 2025), "2025-01", "2024-12", "2025-01"),
    "2025-03-20T02:00": ("2024-01", (2024, 2025), "2025-02", "2025-02", "2025-02"),
}
ROUTES = ("month", "ytd", "both", "both", "mixed")  # which of 本月数 and 本年累计 a clerk fills


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

    def __init__(self, seed: int, count: int) -> None:
        self.dice = Random(seed)
        self.as_of = self.dice.choice(sorted(NIGHTS))
        self.night = NIGHTS[self.as_of]
        self.plan_years: tuple[int, ...] = self.night[PLAN_YEARS]
        self.count = count if len(self.plan_years) == 1 else count * 2 // 3  # each has as many months again to compare
        households = [self.dice.choice((50, 100, 120, 333, 1000)) for _ in range(self.dice.randint(2, 4))]
        self.units = [Unit(f"{PARENT}{number:03}", size) for number, size in enumerate(households, start=1)]
        self.indicators: list[Indicator] = []
        self.targets: list[Target] = []
        self.guided: dict[tuple[str, str, date], Decimal] = {}
        self.reports: list[Report] = []
        first, last = month_named(self.night[FIRST_MONTH]), month_named(self.night[LAST_MONTH])
        every = [month_of(number, year) for year in range(first.year, last.year + 1) for number in range(1, 13)]
        self.months = tuple(month for month in every if month <= last)

    def invent(self) -> Night:
        """One indicator after the other, of every sort in turn."""
        sorts = (
            self.flow_floor,
            self.flow_guided,
            self.flow_ceiling,
            self.stock_floor,
            self.stock_climb,
            self.stock_ceiling,
            self.stock_reduced,
            self.ratio,
            self.ratio,
            self.growth,
            self.milestone,
            self.free,
        )
        for number in range(self.count):
            sorts[number % len(sorts)](f"i{number:02}")
        due, locked = month_named(self.night[LAST_DUE]), month_named(self.night[LAST_LOCKED])
        world = World(
            parent=PARENT,
            units=tuple(self.units),
            indicators=tuple(self.indicators),
            targets=tuple(self.targets),
            guided=self.guided,
            reports=tuple(self.reports),
            months=self.months,
            due_passed=frozenset(month for month in self.months if month <= due),
            lock_passed=frozenset(month for month in self.months if month <= locked),
            plan_years=self.plan_years,
        )
        return Night(self.as_of, world)

    # ------------------------------------------------------------------------------------------------------ indicators
    def flow_floor(self, code: str) -> None:
        """A flow to reach, split by one key, sometimes revised."""
        indicator = self.add(code, "flow", ranking_metric=self.dice.choice(("pace", "level", "growth")))
        for year in self.planned():
            phasing = self.dice.choice(("linear", "linear", "none", "seasonal"))
            target = self.split_target(indicator, "at_least", phasing, year)
            self.targets.append(target)
            if target.phasing == "linear" and self.dice.random() < 0.4:
                later = month_of(self.dice.randint(target.first.month, target.due.month), year)
                if later > target.first:
                    value = target.value + self.decimal(0, 60, indicator.decimals)
                    self.targets.append(replace(target, value=value, version=2, effective=later))
        self.report_flow(indicator, typical=self.targets[-1].value / 12 / len(self.units))

    def flow_guided(self, code: str) -> None:
        """A flow whose monthly amounts are given for every unit; the sub-district's are their sums."""
        indicator = self.add(code, "flow", ranking_metric="pace")
        for year in self.planned():
            self.guide(indicator, year)
        self.report_flow(indicator, typical=Decimal(15))

    def guide(self, indicator: Indicator, year: int) -> None:
        """The monthly amounts of one plan year, and the targets that they add up to."""
        code = indicator.code
        first, due = self.span(year)
        whole: dict[date, Decimal] = {}
        for unit in self.units:
            amounts = {
                month_of(number, year): self.decimal(0, 30, indicator.decimals)
                for number in range(first.month, due.month + 1)
            }
            if self.dice.random() < 0.3:
                amounts[first] = Decimal(0)
            self.guided |= {(unit.code, code, month): amount for month, amount in amounts.items()}
            whole = {month: whole.get(month, Decimal(0)) + amount for month, amount in amounts.items()}
            value = sum(amounts.values(), Decimal(0))
            self.targets.append(Target(unit.code, code, "at_least", value, first, due, "guidance", first))
        self.guided |= {(PARENT, code, month): amount for month, amount in whole.items()}
        value = sum(whole.values(), Decimal(0))
        self.targets.append(
            Target(PARENT, code, "at_least", value, first, due, "guidance", first, split_key="explicit")
        )

    def flow_ceiling(self, code: str) -> None:
        """A flow not to exceed."""
        indicator = self.add(code, "flow", direction="lower", ranking_metric=self.dice.choice(("pace", "level")))
        for year in self.planned():
            target = self.split_target(indicator, "at_most", self.dice.choice(("linear", "none")), year)
            if self.dice.random() < 0.2:
                target = replace(target, value=Decimal(0))
            self.targets.append(target)
        self.report_flow(indicator, typical=self.targets[-1].value / 15 / len(self.units))

    def stock_floor(self, code: str) -> None:
        """A level to reach from nothing."""
        indicator = self.add(code, "stock", ranking_metric=self.dice.choice(("pace", "per_thousand_households")))
        for year in self.planned():
            self.targets.append(self.split_target(indicator, "at_least", self.dice.choice(("linear", "none")), year))
        self.report_level(indicator, self.targets[-1].value / len(self.units))

    def stock_climb(self, code: str) -> None:
        """A level to reach from a baseline."""
        indicator = self.add(code, "stock", ranking_metric="pace")
        self.listed_target(indicator, "at_least", climb=Decimal(1))

    def stock_ceiling(self, code: str) -> None:
        """A level not to exceed."""
        indicator = self.add(code, "stock", direction="lower", ranking_metric=self.dice.choice(("pace", "level")))
        self.targets += [self.split_target(indicator, "at_most", "none", year) for year in self.planned()]
        self.report_level(indicator, self.targets[-1].value / len(self.units))

    def stock_reduced(self, code: str) -> None:
        """A level to bring down from a baseline."""
        indicator = self.add(code, "stock", direction="lower", ranking_metric="pace")
        self.listed_target(indicator, "reduce_from_baseline", climb=Decimal(-1))

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
            target = replace(self.split_target(indicator, form, "none", year), value=value, baseline=base)
            if base is None:
                self.targets.append(target)
            else:  # a baseline is not handed down
                self.targets.append(replace(target, split_key="explicit"))
                self.targets += [replace(target, unit=unit.code, split_key=None) for unit in self.units]
        for unit in self.units:
            shape, sign = self.shape(), Random(self.dice.random())
            limits = (Decimal(0), Decimal(0)) if self.dice.random() < 0.1 else (Decimal(8), Decimal(12))
            state = sign.getstate()
            for part in (above, below):
                sign.setstate(state)
                self.report(unit, part, shape, limits, sign)

    def growth(self, code: str) -> None:
        """Growth of a flow over the identical period of last year."""
        flow = self.add(f"{code}f", "flow", direction="none")
        indicator = self.add(code, "growth", numerator=flow.code, ranking_metric=self.dice.choice(("growth", "pace")))
        for year in self.planned():
            value = self.dice.choice((Decimal("0.05"), Decimal("0"), Decimal("-0.02"), Decimal("0.3")))
            self.targets.append(replace(self.split_target(indicator, "at_least", "none", year), value=value))
        self.report_flow(flow, typical=Decimal(20), last_year=True)

    def milestone(self, code: str) -> None:
        """Something to finish by a month."""
        indicator = self.add(code, "milestone", ranking_metric="pace")
        for year in self.planned():
            target = self.split_target(indicator, "by_date", self.dice.choice(("linear", "none")), year)
            self.targets.append(replace(target, value=Decimal(1)))
        for unit in self.units:
            progress, finished = Decimal(0), None
            for month in self.months:
                if month.month == 1 and self.dice.random() < 0.5:
                    progress, finished = Decimal(0), None  # another one for the new year
                if month.year not in self.plan_years or self.dice.random() < 0.2:
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

    # ---------------------------------------------------------------------------------------------------------- targets
    def add(self, code: str, kind: str, **more: object) -> Indicator:
        """An indicator of the catalogue."""
        decimals = self.dice.choice((0, 0, 1, 2)) if kind in ("flow", "stock") else 4
        thresholds = self.dice.choice((None, None, (Decimal("0.95"), Decimal("0.8"), Decimal("0.5"))))
        indicator = Indicator(code, kind, decimals=decimals, thresholds=thresholds, **more)  # type: ignore[arg-type]
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

    def split_target(self, indicator: Indicator, form: str, phasing: str, year: int) -> Target:
        """The sub-district's target, to be handed down by one key."""
        first, due = self.span(year)
        if indicator.kind == "stock":
            first = month_of(1, year)
        value = self.decimal(1, 300, indicator.decimals)
        key = self.dice.choice(("equal", "households"))
        return Target(PARENT, indicator.code, form, value, first, due, phasing, first, split_key=key)

    def listed_target(self, indicator: Indicator, form: str, climb: Decimal) -> None:
        """Every community's own target and baseline; the sub-district's are their sums."""
        limits: dict[Unit, tuple[Decimal, Decimal]] = {}
        for year in self.planned():
            first, due = month_of(1, year), self.span(year)[1]
            phasing = self.dice.choice(("linear", "none"))
            values, bases = Decimal(0), Decimal(0)
            for unit in self.units:
                base = self.decimal(40, 100, indicator.decimals)
                value = base + climb * self.dice.choice((Decimal(0), self.decimal(1, 30, indicator.decimals)))
                values, bases = values + value, bases + base
                self.targets.append(Target(unit.code, indicator.code, form, value, first, due, phasing, first, 1, base))
                limits[unit] = (min(base, value), max(base, value) + 2)
            whole = Target(PARENT, indicator.code, form, values, first, due, phasing, first, 1, bases, "explicit")
            self.targets.append(whole)
        for unit in self.units:
            self.report(unit, indicator, self.shape(), limits[unit], self.dice)

    # ---------------------------------------------------------------------------------------------------------- reports
    def decimal(self, low: int, high: int, decimals: int) -> Decimal:
        """A number with at most so many decimals."""
        scale = 10**decimals
        return Decimal(self.dice.randint(low * scale, high * scale)).scaleb(-decimals)

    def shape(self, *, last_year: bool = False) -> dict[date, str]:
        """How each month comes: nothing, blank, 不适用, or the columns that are filled, and late or not."""
        if self.dice.random() < 0.05:
            return {month: "not applicable" for month in self.months if month.year in self.plan_years}
        route, holes = self.dice.choice(ROUTES), self.dice.choice((0.0, 0.1, 0.4))
        found = {}
        for month in self.months:
            if month.year not in self.plan_years and not last_year:
                continue
            filled = self.dice.choice(("month", "ytd", "both")) if route == "mixed" else route
            found[month] = self.dice.choice(("", "blank")) if self.dice.random() < holes else filled
            if found[month] not in ("", "blank") and self.dice.random() < 0.1 and month < self.months[-1]:
                found[month] += " late"
        return found

    def report_flow(self, indicator: Indicator, typical: Decimal, *, last_year: bool = False) -> None:
        """What every community sends of a flow."""
        for unit in self.units:
            limits = (typical / 2, typical * 2)
            own_last_year = last_year and self.dice.random() < 0.7
            shape, state = self.shape(last_year=own_last_year), self.dice
            self.report(unit, indicator, shape, limits, state, prior=last_year and self.dice.random() < 0.5)

    def report_level(self, indicator: Indicator, typical: Decimal) -> None:
        """What every community sends of a stock."""
        for unit in self.units:
            self.report(unit, indicator, self.shape(), (typical / 2, typical * 2), self.dice)

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
            to_date = value if month.month == 1 else to_date + value
            if dice.random() < 0.03:
                to_date += 1  # a cumulative that is not the sum of its months
            last_year = Decimal(dice.randint(low, high) * month.month).scaleb(-indicator.decimals)
            if not filled:
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
                )
            )


def invented(seed: int, count: int = 36) -> Night:
    """The world of a seed."""
    return Inventor(seed, count).invent()
