"""The morning as it is deployed: when Prefect starts the delivery, and when it tries again."""

from datetime import datetime, timedelta, tzinfo

import pytest

from flows.delivery import delivery, send_digests
from jindu.alerts import deliver
from jindu.delivery import UnsentError
from jindu.serve import next_times
from jindu.settings import OFFICE_TIMEZONE

from .conftest import Mailbox, Office
from .test_digest import mail_text, refuse

NIGHT = datetime(2024, 10, 10, 3, tzinfo=OFFICE_TIMEZONE)
HALF_PAST_EIGHT = datetime(2024, 10, 10, 8, 30, tzinfo=OFFICE_TIMEZONE)


@pytest.mark.parametrize(
    ("kind", "back_at", "seconds_a_try"),
    [
        ("rejected", "08:00", 0),
        ("rejected", "08:20", 0),
        ("held", "08:27", 0),
        ("held", "08:20", 60),  # it does not even refuse
    ],
)
def test_a_clerk_has_it_by_half_past_eight_from_a_channel_that_was_out_at_eight(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, *, kind: str, back_at: str, seconds_a_try: int
) -> None:
    monkeypatch.setenv("JINDU_MAIL", mailbox.url)
    office.tell("红梅填报员", "JINDU_MAIL", scope="350502004001")
    refuse(office, kind)
    tries = clock_of_tries(monkeypatch, mailbox, back_at, timedelta(seconds=seconds_a_try))
    arrived_at = morning(office, tries)
    assert arrived_at <= HALF_PAST_EIGHT
    assert len(tries) == 1 if back_at == "08:00" else len(tries) > 1
    text = mail_text(mailbox)
    assert "共 12 条：强制性 1，核实性 11" in text and "D10 的数不对，请核对。" in text
    [attached] = mailbox.mails[0].iter_attachments()
    assert attached.get_content() == b"PK"
    assert len(mailbox.mails) == 1


class Tries(list[datetime]):
    """When the delivery was tried, on a clock that the test sets."""

    now = next_times(NIGHT)["delivery"]


def clock_of_tries(monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox, back_at: str, lasts: timedelta) -> Tries:
    """The mail server takes nothing before that time of day; a try that fails takes so long."""
    tries = Tries()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a moment is a moment
            return tries.now.astimezone(tz)

    def send(*given: object) -> None:
        tries.append(tries.now)
        is_back = f"{tries.now:%H:%M}" >= back_at
        mailbox.answer = "250 OK" if is_back else "451 try later"
        tries.now += timedelta() if is_back else lasts
        really_send(*given)  # type: ignore[arg-type]

    really_send = deliver.send
    monkeypatch.setattr(deliver, "datetime", Clock)
    monkeypatch.setattr(deliver, "send", send)
    return tries


def morning(office: Office, tries: Tries) -> datetime:
    """What Prefect does: runs the flow when it is due, and so long after each failure again; when all have heard."""
    assert (tries.now.hour, tries.now.minute) == (8, 0)
    assert isinstance(delivery.retry_delay_seconds, int)
    for _ in range(1 + (delivery.retries or 0)):
        try:
            send_digests.fn(str(office.home.root))
        except UnsentError:
            tries.now += timedelta(seconds=delivery.retry_delay_seconds)
        else:
            return tries.now
    raise AssertionError(f"not told at {', '.join(f'{one:%H:%M}' for one in tries)}")
