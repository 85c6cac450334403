"""Who reported, in time and how completely: cells filled over cells asked, never that a file came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jindu.site.page import Page
from jindu.site.source import Row, Source

MONTHS_SHOWN = 12


@dataclass(frozen=True)
class Mark:
    """How a report's punctuality is shown: a tone, and a sign that says it without colour."""

    tone: str
    zh: str
    en: str


MARKS = {
    "on_time": Mark("blue", "时", "T"),
    "late": Mark("yellow", "迟", "L"),
    "missing": Mark("red", "缺", "M"),
    "awaited": Mark("plain", "待", "·"),
}


@dataclass(frozen=True)
class FormReport:
    """One form: its senders in the month shown, the unit that they add up to, and each one's last twelve months."""

    name: str
    level: str
    month: date
    due_on: date
    lock_on: date | None
    senders: Sequence[Row]
    total: Row | None  # None where one unit alone sends it
    months: Sequence[date]
    history: Sequence[tuple[str, Sequence[Row | None]]]


@dataclass(frozen=True)
class Collecting:
    """A form whose month is over and whose due day is to come."""

    name: str
    month: date
    due_on: date
    asked_count: int
    received_count: int


def pages(source: Source, lang: str) -> Iterator[Page]:
    """The page on reporting."""
    month = source.frame.month
    rows = source.rows("reporting")
    forms = [found for code in _forms(rows) if (found := _form(rows, code, month)) is not None]
    missing = [row for row in rows if row.is_sender and row.timeliness == "missing"]
    yield Page(
        "reporting.html",
        "reporting.html.j2",
        "报送情况" if lang == "zh" else "Reporting",
        "reporting",
        {
            "forms": forms,
            "marks": MARKS,
            "missing": sorted(missing, key=lambda row: (row.report_month, row.form_code), reverse=True),
            "collecting": list(_collecting(rows, source.frame.as_of.date())),
        },
    )


def _forms(rows: Sequence[Row]) -> list[str]:
    """The forms, those with most senders first."""
    senders = {code: len({row.org_unit_code for row in rows if row.form_code == code and row.is_sender})
               for code in {row.form_code for row in rows}}  # fmt: skip
    return sorted(senders, key=lambda code: (-senders[code], code))


def _form(rows: Sequence[Row], code: str, month: date | None) -> FormReport | None:
    of_form = [row for row in rows if row.form_code == code]
    now = [row for row in of_form if row.report_month == month]
    senders = [row for row in now if row.is_sender]
    if not senders:
        return None
    months = sorted({row.report_month for row in of_form if row.report_month <= month})[-MONTHS_SHOWN:]
    known = {(row.org_unit_code, row.report_month): row for row in of_form if row.is_sender}
    names = {row.org_unit_code: row.unit_name for row in of_form if row.is_sender}
    totals = [row for row in now if not row.is_sender and row.units_due_count == len(senders)]
    return FormReport(
        senders[0].form_name,
        senders[0].form_level,
        senders[0].report_month,
        senders[0].due_on,
        senders[0].lock_on,
        senders,
        next((row for row in totals if row.is_office), totals[0] if totals else None) if len(senders) > 1 else None,
        months,
        [(name, [known.get((unit, one)) for one in months]) for unit, name in sorted(names.items())],
    )


def _collecting(rows: Sequence[Row], today: date) -> Iterator[Collecting]:
    open_rows = [row for row in rows if row.is_sender and row.due_on >= today]
    for code, month in sorted({(row.form_code, row.report_month) for row in open_rows}):
        of_form = [row for row in open_rows if (row.form_code, row.report_month) == (code, month)]
        yield Collecting(
            of_form[0].form_name,
            month,
            of_form[0].due_on,
            len(of_form),
            sum(row.state in {"accepted", "held"} for row in of_form),
        )
