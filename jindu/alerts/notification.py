"""The record of what a channel has confirmed, and of what was filed in outbox/ for want of one."""

from datetime import datetime

import duckdb

from jindu.alerts.digest import Digest
from jindu.settings import OFFICE_TIMEZONE, Night
from jindu.warehouse.connection import connect
from jindu.warehouse.journal import NOTIFICATION, add, agree


def record(night: Night, recipient_name: str, digest: Digest, *, is_filed: bool) -> None:
    """Append the digest's events: only after the channel's yes, or once they lie in outbox/, which is no such yes."""
    told = {
        "recipient_name": recipient_name,
        "digest_id": digest.digest_id,
        "notified_at": night.as_of,
        "sent_at": datetime.now(OFFICE_TIMEZONE),
        "is_filed": is_filed,
    }
    with connect(night.home) as connection:
        agree(connection, night.home, NOTIFICATION)
        rows = [{"case_id": case_id, "event": event, **told} for case_id, event in digest.events]
        add(connection, night.home, NOTIFICATION, rows)


def names_told(connection: duckdb.DuckDBPyConnection, key: tuple[str, str]) -> set[str]:
    """The recipients who have been told this event of this case."""
    rows = connection.execute(
        "select distinct recipient_name from raw.notification where case_id = ? and event = ?", list(key)
    ).fetchall()
    return {name for (name,) in rows}
