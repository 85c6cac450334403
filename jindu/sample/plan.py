"""What the honest numbers must add up to, and which of them hang together, read off the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import combinations

from jindu.sample.asking import Asking, Row

OVER_MARGIN = Decimal("1.04")  # "over 30" is made a little more than 30
USUAL_RATE = Decimal("0.95")  # of a ratio that nothing is known of
LARGEST_PART_COUNT = 3  # of the figures that a published figure is seen to be the sum of


@dataclass(frozen=True)
class Total:
    """A published figure: the cells that it covers, and their sum in whole steps of the indicator's decimals."""

    units: tuple[str, ...]
    months: tuple[date, ...]
    steps: int


class Plan:
    """Totals to meet, ratio pairs, sums and twins among the indicators."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.totals: dict[str, list[Total]] = {}
        for row in asking.tables["baseline"]:
            total = self._total(row)
            if total is not None:
                self.totals.setdefault(row["indicator_code"], []).append(total)
        self.denominators = dict(self._pairs())  # numerator → (denominator, ratio)
        self._derive_totals()
        self.identities = [
            row
            for row in asking.tables["identity"]
            if all(code is None or code in asking.source_cells for code in row.values())
        ]
        self.parts = self._find_parts()
        self.twins = self._find_twins()

    def steps(self, value: Decimal, indicator_code: str, unit: str | None = None) -> int:
        """A value as a whole number of steps of the indicator's decimals, half away from zero."""
        indicator = self._asking.indicators[indicator_code]
        factor = self._asking.factor(unit or indicator["unit"], indicator["unit"])
        scaled = value * factor * 10 ** int(indicator["decimals"] or 0)
        return int(scaled.to_integral_value(ROUND_HALF_UP))

    def target(self, indicator_code: str, unit_code: str) -> tuple[Row, str] | None:
        """The plan year's target that binds the unit, its own or one from above, and whose it is."""
        for code in self._asking.line(unit_code):
            if row := self._asking.targets.get((indicator_code, code)):
                return row, code
        return None

    def group(self, indicator_code: str, unit_code: str) -> str:
        """Whose figure the unit is part of: the lowest at or above it with a target or a published figure."""
        published = {
            row["org_unit_code"] for row in self._asking.tables["baseline"] if row["indicator_code"] == indicator_code
        }
        for code in self._asking.line(unit_code):
            if code in published or (indicator_code, code) in self._asking.targets:
                return code
        return unit_code

    def ratio_level(self, ratio_code: str) -> Decimal | None:
        """The rate that is published for, or else asked of, the ratio; None when nothing is."""
        rows = [row for row in self._asking.tables["baseline"] if row["indicator_code"] == ratio_code]
        values = [row["value"] for row in rows if row["value"] is not None]
        values += [row["value"] for (code, _), row in self._asking.targets.items() if code == ratio_code]
        return Decimal(values[0]) if values else None

    def _total(self, row: Row) -> Total | None:
        """The published figure's cells among those that were asked; None when it is none of the sums and levels."""
        code = row["indicator_code"]
        if row["value"] is None or self._asking.indicators[code]["kind"] not in ("flow", "stock"):
            return None
        kind = self._asking.indicators[code]["kind"]
        period = [row["period_to"]] if kind == "stock" else self._period(row)
        cells = self._asking.source_cells.get(code, {})
        units = [unit for unit in cells if row["org_unit_code"] in self._asking.line(unit)]
        if not units or any(month not in cells[unit] for unit in units for month in period):
            return None
        steps = self.steps(row["value"], code, row["unit"])
        if row["qualifier"] == "over":
            steps = max(steps + 1, int((steps * OVER_MARGIN).to_integral_value(ROUND_CEILING)))
        return Total(tuple(units), tuple(period), steps)

    def _period(self, row: Row) -> list[date]:
        return [month for month in self._asking.all_months if row["period_from"] <= month <= row["period_to"]]

    def _pairs(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Numerators whose denominator is of the same kind, asked wherever they are, in the same steps."""
        cells, indicators = self._asking.source_cells, self._asking.indicators
        seen: set[str] = set()
        for row in indicators.values():
            numerator, denominator = row["numerator_code"], row["denominator_code"]
            if row["kind"] != "ratio" or denominator is None or numerator in seen:
                continue
            same = all(indicators[numerator][key] == indicators[denominator][key] for key in ("kind", "decimals"))
            whole = cells.get(denominator, {})
            covered = all(set(months) <= set(whole.get(unit, [])) for unit, months in cells.get(numerator, {}).items())
            if same and numerator in cells and covered:
                seen.add(numerator)
                yield numerator, (denominator, row["code"])

    def _derive_totals(self) -> None:
        """A published part or whole, with a published ratio, gives the other; repeated along chains of ratios."""
        rates = {
            (row["indicator_code"], row["period_to"]): row["value"]
            for row in self._asking.tables["baseline"]
            if row["value"] is not None
        }
        for _ in self.denominators:
            for numerator, (denominator, ratio) in self.denominators.items():
                for known, other in ((numerator, denominator), (denominator, numerator)):
                    for total in self.totals.get(known, []):
                        rate = rates.get((ratio, total.months[-1])) or self._rate_of_whole(ratio, known == numerator)
                        if rate and other not in self.totals:
                            steps = total.steps / rate if known == numerator else total.steps * rate
                            whole = int(Decimal(steps).to_integral_value(ROUND_HALF_UP))
                            self.totals[other] = [Total(total.units, total.months, whole)]

    def _rate_of_whole(self, ratio: str, is_part_known: bool) -> Decimal | None:
        """What a published part is taken to be of its unpublished whole; the other way the rate is drawn."""
        return (self.ratio_level(ratio) or USUAL_RATE) if is_part_known else None

    def _linked(self) -> set[str]:
        """Indicators that already answer to a ratio or an identity."""
        pairs = {code for numerator, (denominator, _) in self.denominators.items() for code in (numerator, denominator)}
        return pairs | {code for row in self.identities for code in row.values() if code}

    def _relatives(self, code: str) -> list[str]:
        """Indicators of the same form, kind, units and first word, with totals over the same cells."""
        asking, own = self._asking, self._asking.indicators[code]
        cells = [(total.units, total.months) for total in self.totals[code]]
        return [
            other
            for other in self.totals
            if other != code
            and first_word(other) == first_word(code)
            and all(asking.indicators[other][key] == own[key] for key in ("kind", "source_form", "decimals"))
            and [(total.units, total.months) for total in self.totals[other]] == cells
        ]

    def _find_parts(self) -> dict[str, list[str]]:
        """Published figures that are the sum of published relatives: 7 firms, 3 wholesale and 4 retail."""
        linked, taken, found = self._linked(), set[str](), dict[str, list[str]]()
        for code in self.totals:
            if code in linked or code in taken:
                continue
            unit = self._asking.indicators[code]["unit"]
            others = [
                other
                for other in self._relatives(code)
                if other not in self.denominators
                and other not in taken
                and other not in found
                and self._asking.indicators[other]["unit"] == unit
            ]
            sizes = {other: [total.steps for total in self.totals[other]] for other in others}
            own = [total.steps for total in self.totals[code]]
            some = [other for other in others if any(sizes[other])]
            for count in range(2, LARGEST_PART_COUNT + 1):
                match = next((c for c in combinations(some, count) if _sums([sizes[one] for one in c]) == own), None)
                if match:
                    found[code] = [*match, *(other for other in others if not any(sizes[other]))]
                    taken.update(found[code])
                    break
        return found

    def _find_twins(self) -> dict[str, str]:
        """Relatives with the same published figures, later → earlier: 223 hazards found, 223 put right."""
        ratio_codes = {
            code for numerator, (denominator, _) in self.denominators.items() for code in (numerator, denominator)
        }
        twins: dict[str, str] = {}
        for code, totals in self.totals.items():
            own = [total.steps for total in totals]
            if code in ratio_codes or code in self.parts or not any(own):
                continue
            for other in self._relatives(code):
                same = [total.steps for total in self.totals[other]] == own
                if same and other not in twins and other not in ratio_codes and other not in self.parts:
                    earlier = list(self.totals).index(other) < list(self.totals).index(code)
                    if earlier and self._role(code) == self._role(other):
                        twins[code] = other
                        break
        return twins

    def _role(self, code: str) -> str:
        """What the indicator is in an identity: total_code, added_code, removed_code, or nothing."""
        return next((key for row in self.identities for key, value in row.items() if value == code), "")


def first_word(code: str) -> str:
    """What an indicator is about: joint_meeting and joint_action are relatives."""
    return code.partition("_")[0]


def _sums(lists: list[list[int]]) -> list[int]:
    return [sum(values) for values in zip(*lists, strict=True)]
