"""The record of what a channel has confirmed."""

from datetime import datetime

import duckdb

from jindu.alerts.digest import Digest
from jindu.settings import OFFICE_TIMEZONE, Night
from jindu.warehouse.connection import connect


def record(night: Night, recipient_name: str, digest: Digest) -> None:
    """Append the digest's events as told to this recipient; only after the channel's yes."""
    with connect(night.home) as connection:
        connection.execute(
            """
            insert into raw.notification by name
            select
                unnest($case_ids::text[]) as case_id,
                unnest($events::text[]) as event,
                $recipient_name as recipient_name,
                $digest_id as digest_id,
                $as_of as notified_at,
                $now as sent_at
            """,
            {
                "case_ids": [case_id for case_id, _ in digest.events],
                "events": [event for _, event in digest.events],
                "recipient_name": recipient_name,
                "digest_id": digest.digest_id,
                "as_of": night.as_of,
                "now": datetime.now(OFFICE_TIMEZONE),
            },
        )


def names_told(connection: duckdb.DuckDBPyConnection, key: tuple[str, str]) -> set[str]:
    """The recipients who have been told this event of this case."""
    rows = connection.execute(
        "select distinct recipient_name from raw.notification where case_id = ? and event = ?", list(key)
    ).fetchall()
    return {name for (name,) in rows}
