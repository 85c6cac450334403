"""What somebody can work out who has the published tables, knows how they are made, and has all the time in the world.

Every published figure is an equation in the unknown month values; they are whole and not negative. A value is found
out when the least and the greatest that fit all equations are the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

LARGEST = 10**6  # more people than any unit of these has
HALF_STEP = Fraction(1, 2_000_000)  # domain.md, Indicators: a ratio is rounded to 6 decimals
Cell = tuple[str, str, date]  # org unit, indicator, month
Sum = dict[Cell, Fraction]  # of unknown month values
Row = Mapping[str, Any]  # a row of mart.completion; of mart.ranking, with metric and metric_value


@dataclass(frozen=True)
class Office:
    """What is public about an office: who is below whom, what is measured, and what tells what."""

    parent_of: Mapping[str, str]
    kind_of: Mapping[str, str]
    identities: Iterable[tuple[str, str, str]] = ()  # a level, what was added, what was removed
    parts_of: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # a ratio's numerator and denominator
    households_of: Mapping[str, int] = field(default_factory=dict)


class Attack:
    """The equations that the published rows give, and what follows from them."""

    def __init__(
        self,
        office: Office,
        completion: Iterable[Row],
        ranking: Iterable[Row] = (),
        *,
        reported_cells: Iterable[Row] = (),
        contributions: Iterable[Row] = (),
        operands: Iterable[Row] = (),
        target_months: Iterable[Row] = (),
        projection_parts: Iterable[Row] = (),
    ) -> None:
        self.office = office
        self.rows = {(row["org_unit_code"], row["indicator_code"], row["report_month"]): row for row in completion}
        self.unknowns: dict[Cell, int] = {}
        self.equations: list[tuple[Sum, float, float]] = []
        for cell, row in self.rows.items():
            self._read(cell, row)
        for row in ranking:
            self._read_rank(row)
        for row in reported_cells:
            self._read_reported_cell(row)
        for row in contributions:
            self._read_contribution(row)
        for row in operands:
            self._read_operand(row)
        for row in target_months:
            self._read_due(row)
        for row in projection_parts:
            self._read_projection_part(row)
        self._add_up()
        self._balance()

    def range_of(self, cell: Cell, *, to_date: bool = False) -> tuple[int, int]:
        """The least and the greatest value that the cell's month (or year to date) can have."""
        sought = self._to_date(cell) if to_date else {cell: Fraction(1)}
        for one in sought:
            self._number(one)
        return self._extreme(sought, 1), self._extreme(sought, -1)

    def _read(self, cell: Cell, row: Row) -> None:
        unit, code, month = cell
        if self.office.kind_of[code] == "ratio":
            self._read_ratio(cell, row["ytd_value"])
            return
        # what stands in a month that was not reported is of the months before; a sum is what its parts make it
        if not self._is_reported(cell) or self._parts(cell):
            return
        self._learn({cell: Fraction(1)}, row["month_value"])
        for column in ("ytd_value", "ytd_low_value", "ytd_high_value"):
            self._learn(self._to_date(cell), row.get(column))
        for column, length in (("rolling_3_value", 3), ("rolling_12_value", 12)):
            months = [_months_before(month, back) for back in range(length)]
            self._learn({(unit, code, other): Fraction(1) for other in months}, row.get(column))
        prior = (unit, code, month.replace(year=month.year - 1))
        if prior in self.rows:
            self._learn(self._to_date(prior), row.get("prior_ytd_value"))
        self._read_projection(cell, row)
        self._read_way(cell, row)
        self._read_shape(cell, row)
        if row.get("target_form") == "at_least":
            self._read_target(cell, row)

    def _read_projection(self, cell: Cell, row: Row) -> None:
        """Where nothing is left to come it is the year to date; before, that is no more than the low end."""
        if row.get("projection_basis") == "actual":
            due = row.get("target_due_month")
            end = min(cell[2], due) if due else cell[2]
            self._learn(self._to_date((cell[0], cell[1], end)), row["projected_value"])
        elif row.get("projected_low_value") is not None and self.office.kind_of[cell[1]] == "flow":
            self._bound(self._to_date(cell), None, row["projected_low_value"])

    def _read_projection_part(self, row: Row) -> None:
        """What is known by the month, and what last year had after it, up to the end of the series."""
        cell = (row["org_unit_code"], row["part_code"], row["report_month"])
        if row["months_left"] != row["series_end_month"].month - cell[2].month or self._parts(cell):
            return  # where months are missing, last year is taken in proportion
        self._learn(self._to_date(cell), row["known_value"])
        end = row["series_end_month"].replace(year=row["series_end_month"].year - 1)
        now = cell[2].replace(year=cell[2].year - 1)
        rest = _difference(self._to_date((*cell[:2], end)), self._to_date((*cell[:2], now)))
        self._learn(rest, row["last_year_rest_value"])
        self._learn(self._to_date((*cell[:2], end)), row["last_year_end_value"])

    def _read_target(self, cell: Cell, row: Row) -> None:
        annual, covered = row["annual_target_value"], row["target_covered_value"]
        left = (row["target_due_month"].month if row.get("target_due_month") else 12) - cell[2].month
        for told in (
            _plus(row["gap_value"], covered),
            _times(row["completion_ratio"], annual),
            _times(row["pace_ratio"], covered),
            _plus(annual, _times(row["needed_monthly_value"], -left)),
        ):
            if told is not None:
                self._learn(self._to_date(cell), round(told))

    def _read_way(self, cell: Cell, row: Row) -> None:
        """What is due on an even way tells where it began: at last December's level, in the office that is attacked."""
        annual, due = row.get("annual_target_value"), row.get("target_to_date_value")
        if row.get("target_form") != "reduce_from_baseline" or row["target_phasing"] != "linear" or due is None:
            return
        share = Fraction(cell[2].month, 12)
        if share < 1:
            start = round((Fraction(due) - share * Fraction(annual)) / (1 - share))
            self._learn({(cell[0], cell[1], date(cell[2].year - 1, 12, 1)): Fraction(1)}, start)

    def _read_shape(self, cell: Cell, row: Row) -> None:
        """Where nothing more falls due in a month, last year had nothing in it."""
        before = self.rows.get((*cell[:2], _months_before(cell[2], 1)))
        if row.get("target_phasing") != "seasonal" or row["target_to_date_value"] is None or cell[2].month == 1:
            return
        if before and before["target_to_date_value"] == row["target_to_date_value"]:
            self._learn({(cell[0], cell[1], cell[2].replace(year=cell[2].year - 1)): Fraction(1)}, 0)

    def _read_due(self, row: Row) -> None:
        """A baseline; and the amounts of a target in the shape of last year, which are exact."""
        unit, code, month = row["org_unit_code"], row["indicator_code"], row["report_month"]
        last_year = [date(month.year - 1, number, 1) for number in range(1, 13)]
        self._learn({(unit, code, last_year[-1]): Fraction(1)}, row["baseline_value"])
        told = self.rows.get((unit, code, month))
        if told and told.get("target_phasing") == "seasonal" and row["amount_text"] is not None:
            part = Fraction(row["amount_text"]) / Fraction(told["annual_target_value"])
            shape = {(unit, code, one): -part for one in last_year}
            shape[unit, code, last_year[month.month - 1]] += 1
            self._learn(shape, 0)

    def _read_rank(self, row: Row) -> None:
        cell = (row["org_unit_code"], row["scope_code"], row["report_month"])
        if row["scope"] != "indicator" or row["metric_value"] is None or cell not in self.rows:
            return
        told: Any = None
        if row["metric"] == "per_thousand_households":
            told = _times(row["metric_value"], Decimal(self.office.households_of[cell[0]]) / 1000)
        elif row["metric"] == "pace":
            told = _times(row["metric_value"], self.rows[cell]["target_covered_value"])
        elif row["metric"] == "level" and self.office.kind_of[cell[1]] == "ratio":
            self._read_ratio(cell, row["metric_value"])
        if told is not None and self.office.kind_of[cell[1]] != "ratio":
            self._learn(self._to_date(cell), round(told))

    def _read_reported_cell(self, row: Row) -> None:
        """What a clerk typed: of the month, of the year by it, or of last year by it."""
        cell = (row["org_unit_code"], row["indicator_code"], row["report_month"])
        measure, value = row["measure"], row["value"]
        if measure == "month":
            self._learn({cell: Fraction(1)}, value)
        elif measure == "ytd":
            self._learn(self._to_date(cell), value)
        elif measure == "prior_ytd":
            self._learn(self._to_date((*cell[:2], cell[2].replace(year=cell[2].year - 1))), value)

    def _read_contribution(self, row: Row) -> None:
        """What a unit brings to the sum above it."""
        cell = (row["source_unit_code"], row["indicator_code"], row["report_month"])
        if self.office.kind_of[cell[1]] == "ratio":
            self._read_parts(cell, row)
        elif self._is_reported(cell):
            self._learn({cell: Fraction(1)}, row["month_value"])
            for column in ("ytd_value", "numerator_text", "low_text", "high_text"):
                self._learn(self._to_date(cell), _whole(row[column]))

    def _read_operand(self, row: Row) -> None:
        """What the ratios of a row divide, and the two years that its growth compares."""
        cell = (row["org_unit_code"], row["indicator_code"], row["report_month"])
        if self.office.kind_of[cell[1]] == "ratio":
            self._read_parts(cell, row)
            return
        if self._parts(cell) and self.office.kind_of[cell[1]] == "flow":
            self._read_missing(self._parts(cell), row.get("missing_text"))
        if not self._is_reported(cell) or self._parts(cell):
            return
        for column in ("numerator_text", "low_numerator_text", "growth_current_text"):
            self._learn(self._to_date(cell), _whole(row[column]))
        prior = (*cell[:2], cell[2].replace(year=cell[2].year - 1))
        self._learn(self._to_date(prior), _whole(row["growth_prior_text"]))

    def _read_parts(self, cell: Cell, row: Row) -> None:
        """The two parts of a ratio: of a unit's own, or of a sum of which every unit has both."""
        unit, code, month = cell
        if code not in self.office.parts_of:
            return
        for part, column in zip(self.office.parts_of[code], ("numerator_text", "denominator_text"), strict=True):
            whole = (unit, part, month)
            below = self._parts(whole)
            if not below:
                self._learn(self._to_date(whole), _whole(row[column]))
            elif all(self._is_reported(one) for one in below):
                so_far: Sum = {}
                for one in below:
                    so_far |= self._reported_to_date(one)
                self._learn(so_far, _whole(row[column]))

    def _read_ratio(self, cell: Cell, ratio: Decimal | None) -> None:
        unit, code, month = cell
        if ratio is None or code not in self.office.parts_of:
            return
        above, below = (self._to_date((unit, part, month)) for part in self.office.parts_of[code])
        for edge, bounds in ((-HALF_STEP, (0, None)), (HALF_STEP, (None, 0))):  # it was rounded
            weights = {part: -(Fraction(ratio) + edge) * weight for part, weight in below.items()}
            self._bound({**above, **weights}, *bounds)

    def _add_up(self) -> None:
        """A parent is the sum of what its children have."""
        for whole, row in self.rows.items():
            below = [] if self.office.kind_of[whole[1]] == "ratio" else self._parts(whole)
            said = [cell for cell in below if self._is_reported(cell)]
            self._learn({cell: Fraction(1) for cell in said}, row["month_value"])
            so_far: Sum = {}
            for cell in below:
                so_far |= self._reported_to_date(cell)
            self._learn(so_far, row["ytd_value"])
            if self.office.kind_of[whole[1]] == "flow":
                self._read_missing(below, _plus(row.get("ytd_high_value"), _times(row.get("ytd_low_value"), -1)))

    def _read_missing(self, below: list[Cell], spread: str | Decimal | None) -> None:
        """A parent's high less its low: a missing month at its unit's mean, or at what is due if that is more."""
        taken: Sum = {}
        for unit, code, month in below:
            year = [(unit, code, month.replace(month=number)) for number in range(1, month.month + 1)]
            told = self._reported_to_date((unit, code, month))
            missing = [cell for cell in year if cell in self.rows and not self._is_reported(cell)]
            if told and not any(self.rows[cell].get("status") == "not_applicable" for cell in missing):
                taken |= dict.fromkeys(told, Fraction(len(missing), len(told))) if missing else {}
        if taken and spread is not None:
            has_target = any(self.rows[cell].get("target_form") for cell in below)
            least, greatest = Fraction(spread) - 2 * HALF_STEP, Fraction(spread) + 2 * HALF_STEP  # both were rounded
            self._bound(taken, None if has_target else least, greatest)

    def _parts(self, whole: Cell) -> list[Cell]:
        unit, code, month = whole
        below = [(child, code, month) for child, parent in self.office.parent_of.items() if parent == unit]
        return [cell for cell in below if cell in self.rows]

    def _reported_to_date(self, cell: Cell) -> Sum:
        unit, code, month = cell
        months = [month.replace(month=number) for number in range(1, month.month + 1)]
        told = [(unit, code, other) for other in months if self._is_reported((unit, code, other))]
        counted = told if self.office.kind_of[code] == "flow" else told[-1:]
        return dict.fromkeys(counted, Fraction(1))

    def _balance(self) -> None:
        """A level is last month's, and what was added, less what was removed."""
        for total, added, removed in self.office.identities:
            for unit, code, month in list(self.rows):
                before = (unit, total, _months_before(month, 1))
                parts = [(unit, added, month), (unit, removed, month)]
                balance = ((unit, total, month), before, *parts)
                if (
                    code == total
                    and not self._parts((unit, code, month))
                    and all(self._is_reported(cell) for cell in balance)
                ):
                    weights = (Fraction(1), Fraction(-1), Fraction(-1), Fraction(1))
                    self._learn(dict(zip(balance, weights, strict=True)), 0)

    def _is_reported(self, cell: Cell) -> bool:
        return cell in self.rows and self.rows[cell].get("month_text") is not None

    def _to_date(self, cell: Cell) -> Sum:
        unit, code, month = cell
        if self.office.kind_of[code] != "flow":
            return {cell: Fraction(1)}
        return {(unit, code, month.replace(month=number)): Fraction(1) for number in range(1, month.month + 1)}

    def _learn(self, what: Sum, value: Decimal | int | None) -> None:
        if value is not None:
            self._bound(what, value, value)

    def _bound(
        self, what: Sum, least: Decimal | Fraction | int | None, greatest: Decimal | Fraction | int | None
    ) -> None:
        if what and all(cell in self.rows for cell in what):
            for cell in what:
                self._number(cell)
            ends = (-np.inf if least is None else float(least), np.inf if greatest is None else float(greatest))
            self.equations.append((what, *ends))

    def _number(self, cell: Cell) -> int:
        return self.unknowns.setdefault(cell, len(self.unknowns))

    def _extreme(self, sought: Sum, sign: int) -> int:
        """The least (sign 1) or greatest (sign -1) value of a sum."""
        cost = np.zeros(len(self.unknowns))
        for cell, weight in sought.items():
            cost[self.unknowns[cell]] = sign * float(weight)
        weighed = [
            (float(weight), line, self.unknowns[cell])
            for line, (what, _, _) in enumerate(self.equations)
            for cell, weight in what.items()
        ]
        weights, lines, columns = zip(*weighed, strict=True)
        table = csr_array((weights, (lines, columns)), shape=(len(self.equations), len(self.unknowns)))
        least, greatest = [row[1] for row in self.equations], [row[2] for row in self.equations]
        found = milp(
            cost,
            integrality=np.ones(len(cost)),
            bounds=Bounds(0, LARGEST),
            constraints=LinearConstraint(table, least, greatest),
        )
        assert found.success, f"the published figures contradict each other: {found.message}"
        return sign * round(found.fun)


def _months_before(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def _difference(first: Sum, second: Sum) -> Sum:
    left = {cell: first.get(cell, Fraction(0)) - second.get(cell, Fraction(0)) for cell in first | second}
    return {cell: factor for cell, factor in left.items() if factor}


def _times(first: Decimal | None, second: Decimal | int | None) -> Decimal | None:
    return None if first is None or second is None else first * second


def _whole(text: str | Decimal | None) -> Decimal | None:
    """An exact number in words that is whole; a fraction is a target's."""
    return None if text is None or "/" in str(text) else Decimal(text)


def _plus(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return None if first is None or second is None else first + second
