"""Reports that came back in the template that the office had sent: last year's figures were in it, and are no work."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from jindu.sample.asking import Asking, Question
from jindu.sample.filling import Filling
from jindu.workbooks.form import FormRow

EVERY = 3  # one sender in three keeps to the template; the others have a form of their own, and type all of it


def keeps_to_template(asking: Asking, form_code: str, sender_code: str, month: date) -> bool:
    """Whether the sender fills in the template: some of many, from the year on that has a year before it."""
    senders = sorted(asking.senders(form_code, month))
    return month.year == asking.plan_year and len(senders) > 1 and sender_code in senders[::EVERY]


def in_template(
    filling: Filling, questions: Sequence[Question], rows: Sequence[FormRow], month: date
) -> tuple[FormRow, ...]:
    """The rows as the template brought them, with last year's figures of every kind."""
    last_year = month.replace(year=month.year - 1)
    return tuple(_row(filling, question, row, last_year) for question, row in zip(questions, rows, strict=True))


def _row(filling: Filling, question: Question, row: FormRow, last_year: date) -> FormRow:
    """A flow's last year is left open where it is not known; of the other kinds nobody is asked for it."""
    kind = filling.kind(question.indicator_code)
    if kind == "flow":
        return replace(row, asked_mark=question.cells_required + (" prior" if row.prior_ytd_value is None else ""))
    before = filling.row(question, last_year)
    known = before.ytd_value if kind == "ratio" else before.month_value
    return replace(row, asked_mark=question.cells_required, prior_ytd_value=known)
