"""Who is asked what, and what the reference folder knows about it: the catalogue as the sample needs it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any

from jindu.catalogue import Catalogue

Row = dict[str, Any]


def months_of(year: int) -> list[date]:
    """The twelve months of a year, by their first days."""
    return [date(year, month, 1) for month in range(1, 13)]


def next_month(month: date) -> date:
    """The month after `month`."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def month_before(month: date) -> date:
    """The month before `month`."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


@dataclass(frozen=True)
class Question:
    """One row of a form: an indicator asked about a subject."""

    form_code: str
    subject_code: str
    indicator_code: str
    cells_required: str


class Asking:
    """The reference tables as rows, and the questions that follow from them (domain.md, Submissions)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.tables: dict[str, list[Row]] = {
            name: list(frame.iter_rows(named=True)) for name, frame in catalogue.tables.items()
        }
        self.units = {row["code"]: row for row in self.tables["org_unit"]}
        self.indicators = {row["code"]: row for row in self.tables["indicator"]}
        self.forms = {row["code"]: row for row in self.tables["form"]}
        self._lines = {code: list(self._climb(code)) for code in self.units}
        self._asked: dict[tuple[str, str, date], list[Question]] = {}
        self._found: dict[tuple[str, str, date], list[str]] = {}

    @cached_property
    def plan_year(self) -> int:
        """The newest year that has targets."""
        return int(max(row["plan_year"] for row in self.tables["target"]))

    @cached_property
    def all_months(self) -> list[date]:
        """The year before the plan year, and the plan year."""
        return months_of(self.plan_year - 1) + months_of(self.plan_year)

    @cached_property
    def targets(self) -> dict[tuple[str, str], Row]:
        """The newest target of the plan year by indicator and unit."""
        rows = [row for row in self.tables["target"] if row["plan_year"] == self.plan_year]
        return {
            (row["indicator_code"], row["org_unit_code"]): row
            for row in sorted(rows, key=lambda row: row["version"] or 1)
        }

    def line(self, unit_code: str) -> list[str]:
        """A unit and all units above it, from the lowest."""
        return self._lines[unit_code]

    def _climb(self, unit_code: str) -> Iterator[str]:
        code: str | None = unit_code
        while code:
            yield code
            code = self.units[code]["parent_code"]

    def is_valid(self, unit_code: str, month: date) -> bool:
        """Whether the unit existed in the month."""
        unit = self.units[unit_code]
        first, last = unit["valid_from"], unit["valid_to"]
        return (first is None or first.replace(day=1) <= month) and (last is None or month <= last.replace(day=1))

    def senders(self, form_code: str, month: date) -> list[str]:
        """The units that are asked for the form in the month."""
        level = self.forms[form_code]["level"]
        codes = [code for code, unit in self.units.items() if unit["level"] == level]
        return [code for code in codes if self.questions(form_code, code, month)]

    def questions(self, form_code: str, sender_code: str, month: date) -> list[Question]:
        """What the form asks of the sender in the month, in the form's order."""
        key = (form_code, sender_code, month)
        if key not in self._asked:
            self._asked[key] = self._ask(form_code, sender_code, month)
        return self._asked[key]

    def _ask(self, form_code: str, sender_code: str, month: date) -> list[Question]:
        first = self.forms[form_code]["first_month"]
        if not self.is_valid(sender_code, month) or (first and month < first):
            return []
        asked: dict[tuple[str, str], Question] = {}
        for row in self.tables["form_indicator"]:
            if row["form_code"] == form_code and self._is_running(row, month):
                for subject in self._subjects(row, sender_code, month):
                    key = (row["indicator_code"], subject)
                    asked.setdefault(key, Question(form_code, subject, row["indicator_code"], row["cells_required"]))
        return list(asked.values())

    def _is_running(self, row: Row, month: date) -> bool:
        indicator = self.indicators[row["indicator_code"]]
        first, last = indicator["first_month"], indicator["last_month"]
        return (first is None or bool(first <= month)) and (last is None or bool(month <= last))

    def _subjects(self, row: Row, sender_code: str, month: date) -> Iterable[str]:
        """The sender itself on a form that only checks; else the units of the reporting level below it."""
        indicator = self.indicators[row["indicator_code"]]
        is_source = indicator["source_form"] == row["form_code"]
        level = indicator["reporting_level"] if is_source else self.forms[row["form_code"]]["level"]
        for code in self._below(sender_code, level, month):
            if row["org_unit_code"] is None or row["org_unit_code"] in self.line(code):
                yield code

    def _below(self, sender_code: str, level: str, month: date) -> list[str]:
        """The units of a level that are the sender or below it, and existed in the month."""
        key = (sender_code, level, month)
        if key not in self._found:
            self._found[key] = [
                code
                for code, unit in self.units.items()
                if unit["level"] == level and sender_code in self.line(code) and self.is_valid(code, month)
            ]
        return self._found[key]

    @cached_property
    def source_cells(self) -> dict[str, dict[str, list[date]]]:
        """By indicator and unit that answers for it on its source form, the months of both years it is asked in."""
        cells: dict[str, dict[str, list[date]]] = {}
        for form_code, month in product(self.forms, self.all_months):
            for sender in self.senders(form_code, month):
                for question in self.questions(form_code, sender, month):
                    if self.indicators[question.indicator_code]["source_form"] == form_code:
                        by_unit = cells.setdefault(question.indicator_code, {})
                        by_unit.setdefault(question.subject_code, []).append(month)
        return cells

    def factor(self, unit: str, into: str) -> Decimal:
        """What a value in `unit` is multiplied by to be one in `into`; 1 when they do not convert."""
        factors = {row["unit"]: Decimal(row["factor"]) for row in self.tables["unit"]}
        return factors[unit] / factors[into] if unit in factors and into in factors else Decimal(1)
