"""When the sample's files arrive: around their due day, in office hours."""

import random
from datetime import date, datetime, time, timedelta

from jindu.sample.asking import Asking, next_month
from jindu.settings import OFFICE_TIMEZONE

OPENING, OFFICE_MINUTES = time(9, 0), 500  # 9:00 to 17:20


class OfficeCalendar:
    """Due days and working days of one reference folder."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._special = {row["day"]: row["is_working_day"] for row in asking.tables["holiday"]}
        self._override: dict[tuple[str, date], date] = {
            (row["form_code"], row["report_month"]): row["due_on"]
            for row in asking.tables["form_calendar"]
            if row["due_on"] is not None
        }

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, unless the holiday calendar says otherwise."""
        return bool(self._special.get(day, day.weekday() < 5))

    def working_day(self, day: date, step: int = 1) -> date:
        """`day`, or the nearest working day after it (before it when `step` is -1)."""
        while not self.is_working_day(day):
            day += timedelta(days=step)
        return day

    def due_on(self, form_code: str, month: date) -> date:
        """The form's due day of the next month, moved to the next working day; form_calendar.csv overrides."""
        due_day = self._asking.forms[form_code]["due_day"] or 5  # domain.md, Submissions
        plain = self.working_day(next_month(month) + timedelta(days=due_day - 1))
        return self._override.get((form_code, month), plain)

    def punctual(self, form_code: str, month: date, rng: random.Random) -> datetime:
        """A moment in office hours on one of the last working days up to the due day, after the month is over."""
        due = self.due_on(form_code, month)
        days = [next_month(month) + timedelta(days=step) for step in range((due - next_month(month)).days + 1)]
        open_days = [day for day in days if self.is_working_day(day)] or [due]
        return self.moment(rng.choice(open_days[-3:]), rng)

    def after_due(self, form_code: str, month: date, days: int, rng: random.Random) -> datetime:
        """A moment in office hours on the first working day at least `days` after the due day."""
        return self.moment(self.working_day(self.due_on(form_code, month) + timedelta(days=days)), rng)

    def moment(self, day: date, rng: random.Random) -> datetime:
        """A whole minute in office hours of `day`."""
        opening = datetime.combine(day, OPENING, tzinfo=OFFICE_TIMEZONE)
        return opening + timedelta(minutes=rng.randrange(OFFICE_MINUTES))
