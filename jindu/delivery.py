"""A delivery seen from outside: which copy it tells, its journal, and that there is one at a time in a home."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import duckdb

from jindu.alerts.channel import Channel, ChannelError
from jindu.alerts.deliver import PATIENCE, DeliveryReport, deliver, preview
from jindu.alerts.digest import Digest
from jindu.alerts.recipient import Recipient
from jindu.last_run import delivery_record
from jindu.lock import locked
from jindu.memory import recall, remember
from jindu.night import DIED_EN, DIED_ZH, messages, watched
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night, home_folder
from jindu.warehouse.connection import connect, set_timezone
from jindu.warehouse.journal import DELIVERY, append, table_rows
from jindu.warehouse.publish import published_version

THIS_DELIVERY = "select * from raw.delivery where delivery_id = ?"
LATEST_RUN = "select as_of_at, run_id, attempts_count from mart.run order by as_of_at desc limit 1"


class UnsentError(JinduError):
    """A recipient was not reached."""


def deliver_published(home: str, *, is_patient: bool = False) -> DeliveryReport:
    """Tell everybody what the published copy says and they have not been told; recorded in raw.delivery.

    `is_patient` leaves channels that failed lately alone, as a schedule should; whoever mended one need not wait.

    Waits some minutes for a night, or another delivery, at work in the home; raises HomeLockedError when it does not
    end. A recipient who is not reached fails nothing: the report names them.
    """
    here = home_folder(home or None)
    with locked(here, patience=PATIENCE, path=here.delivery_lock):
        night = _published_night(here)
        if night is None:
            return DeliveryReport("还没有发布过数据，未发送", "nothing is published yet, nothing sent")
        delivery_id = _begin(night)
        try:
            report = watched("deliver", lambda progress: deliver(night, progress, is_patient=is_patient))
        except BaseException as error:  # also Ctrl-C: the journal says so; always raised again
            with suppress(JinduError, duckdb.Error, OSError):  # what broke it may still be broken
                _end(night, delivery_id, "failed", DeliveryReport(*messages(error)))
            raise
        _end(night, delivery_id, "unsent" if report.unsent else "completed", report)
        return report


def preview_published(home: str) -> list[tuple[Recipient, Channel | ChannelError, Digest]]:
    """The digests that a delivery would send now; nothing is sent, and nothing recorded."""
    night = _published_night(home_folder(home or None))
    return [] if night is None else preview(night)


def insist(report: DeliveryReport) -> None:
    """Raise UnsentError when a recipient was not reached, or has quiet hours, so that whoever called tries again."""
    if report.unsent or report.put_off:
        raise UnsentError(report.detail_zh, report.detail_en)


def last_delivery(home: Home) -> dict[str, Any] | None:
    """as_of, version, state (running, completed, unsent, failed), at, sent, filed, unsent (names) and the message.

    Kept in a small file of its own: whoever asks need not open the private database.
    """
    return recall(delivery_record(home))


def _published_night(home: Home) -> Night | None:
    """The night that published what analysts see now."""
    if not home.published.exists():
        return None
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        set_timezone(connection)
        row = connection.execute(LATEST_RUN).fetchone()
    if row is None:
        return None
    as_of, run_id, attempt = row
    return Night(home, home.reference, as_of.astimezone(OFFICE_TIMEZONE), run_id, attempt)


def _begin(night: Night) -> str:
    now = datetime.now(OFFICE_TIMEZONE)
    delivery_id = now.replace(tzinfo=None).isoformat()
    with locked(night.home, patience=PATIENCE), connect(night.home) as connection:
        connection.execute(  # the lock is ours: whatever still says running is dead
            "update raw.delivery set state = 'failed', finished_at = ?, detail_zh = ?, detail_en = ?"
            " where state = 'running'",
            [now, DIED_ZH, DIED_EN],
        )
        connection.execute(
            "insert into raw.delivery (delivery_id, as_of_at, published_version, started_at, state)"
            " values (?, ?, ?, ?, 'running')",
            [delivery_id, night.as_of, published_version(night.home) or "", now],
        )
    _remember(night, "running", DeliveryReport("", ""))
    return delivery_id


def _end(night: Night, delivery_id: str, state: str, report: DeliveryReport) -> None:
    _remember(night, state, report)
    with locked(night.home, patience=PATIENCE), connect(night.home) as connection:
        connection.execute(
            "update raw.delivery set state = ?, finished_at = ?, sent_count = ?, filed_count = ?, unsent_count = ?,"
            " detail_zh = ?, detail_en = ? where delivery_id = ?",
            [
                state,
                datetime.now(OFFICE_TIMEZONE),
                report.sent_count,
                report.filed_count,
                len(report.unsent),
                report.detail_zh,
                report.detail_en,
                delivery_id,
            ],
        )
        append(night.home, DELIVERY.name, table_rows(connection, THIS_DELIVERY, [delivery_id]))


def _remember(night: Night, state: str, report: DeliveryReport) -> None:
    remember(
        delivery_record(night.home),
        {
            "as_of": night.as_of.isoformat(),
            "version": published_version(night.home),
            "state": state,
            "at": datetime.now(OFFICE_TIMEZONE).isoformat(timespec="seconds"),
            "sent": report.sent_count,
            "filed": report.filed_count,
            "unsent": list(report.unsent),
            "message_zh": report.detail_zh,
            "message_en": report.detail_en,
        },
    )
