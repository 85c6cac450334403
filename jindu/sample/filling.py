"""A sender's form, filled with the honest numbers: which cells are filled is what the form asks."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from jindu.sample.asking import Asking, Question, next_month
from jindu.sample.series import Series
from jindu.workbooks.form import NOT_APPLICABLE, FormHeading, FormRow

SAMPLE_TITLE = "（示例）"
FILLED_BY, APPROVED_BY = "示例 填报员", "示例 审核员"  # no real-looking names


class Filling:
    """Fills any form of any sender and month; `exempt` names the indicator and unit pairs that do not apply."""

    def __init__(self, asking: Asking, series: Series, exempt: frozenset[tuple[str, str]]) -> None:
        self._asking = asking
        self._series = series
        self._exempt = exempt
        self._ranks = {
            (row["indicator_code"], row["org_unit_code"], row["period_to"]): row
            for row in asking.tables["baseline"]
            if row["published_rank"] is not None
        }

    def heading(
        self, form_code: str, sender_code: str, month: date, reported_on: date | None, correction_reason: str = ""
    ) -> FormHeading:
        """What stands around the table, marked as a sample."""
        form, sender = self._asking.forms[form_code], self._asking.units[sender_code]
        return FormHeading(
            form_code=form_code,
            form_name=form["name_zh"],
            title=form["name_zh"] + SAMPLE_TITLE,
            sender_code=sender_code,
            sender_name=sender["name"],
            report_month=month,
            template_version=form["template_version"] or "",
            form_number=form["form_number"] or "",
            issued_by=form["issued_by"] or "",
            document_number=form["document_number"] or "",
            valid_until=str(form["valid_until"] or ""),
            filled_by=FILLED_BY,
            approved_by=APPROVED_BY,
            reported_on=reported_on,
            correction_reason=correction_reason,
        )

    def rows(self, form_code: str, sender_code: str, month: date) -> list[FormRow]:
        """One row per question, in the form's order."""
        return [self.row(question, month) for question in self._asking.questions(form_code, sender_code, month)]

    def kind(self, indicator_code: str) -> str:
        """The indicator's kind."""
        return str(self._asking.indicators[indicator_code]["kind"])

    def has_ranks(self, form_code: str) -> bool:
        """Whether ranks are ever published for what the form asks."""
        asked = {
            row["indicator_code"] for row in self._asking.tables["form_indicator"] if row["form_code"] == form_code
        }
        return any(code in asked for code, _, _ in self._ranks)

    def row(self, question: Question, month: date) -> FormRow:
        """The answer to one question."""
        code, unit = question.indicator_code, question.subject_code
        indicator, kind = self._asking.indicators[code], self._asking.indicators[code]["kind"]
        has_month = kind != "ratio" and question.cells_required != "ytd"
        has_total = kind in ("flow", "ratio") and question.cells_required != "month"
        ranked = self._ranks.get((code, unit, month))
        finished_on = self._series.finished.get((code, unit))
        is_exempt = (code, unit) in self._exempt
        return FormRow(
            indicator_code=code,
            indicator_name=indicator["name_zh"],
            unit=indicator["unit"],
            subject_code=unit,
            subject_name=self._asking.units[unit]["name"],
            month_value=NOT_APPLICABLE if is_exempt else self.month_value(code, unit, month) if has_month else None,
            ytd_value=NOT_APPLICABLE if is_exempt else self.total(code, unit, month) if has_total else None,
            prior_ytd_value=self.prior_total(code, unit, month) if kind == "flow" and not is_exempt else None,
            published_rank=ranked["published_rank"] if ranked else None,
            published_rank_metric=(ranked["published_rank_metric"] or "") if ranked else "",
            finished_on=finished_on if finished_on and finished_on < next_month(month) else None,
            decimals=indicator["decimals"] or 0,
            is_rate=kind in ("ratio", "milestone"),
            is_dated=kind == "milestone",
        )

    def month_value(self, code: str, unit: str, month: date) -> Decimal | None:
        """The month's value, added up where the indicator is reported below this unit."""
        return _added(self._series.value(code, one, month) for one in self._sources(code, unit))

    def total(self, code: str, unit: str, month: date) -> Decimal | None:
        """The year to date; a published rate as it stands."""
        if self._asking.indicators[code]["kind"] == "ratio":
            return self._series.value(code, unit, month)
        return _added(self._series.year_to_date(code, one, month) for one in self._sources(code, unit))

    def prior_total(self, code: str, unit: str, month: date) -> Decimal | None:
        """The year to date of the same month last year, as it was reported then."""
        return _added(self._series.prior_year_to_date(code, one, month) for one in self._sources(code, unit))

    def _sources(self, code: str, unit: str) -> list[str]:
        cells = self._asking.source_cells.get(code, {})
        return [unit] if unit in cells else [one for one in cells if unit in self._asking.line(one)]


def _added(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
