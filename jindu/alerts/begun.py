"""Digests that were begun: kept as they are from before the first try until a channel has said yes.

A repeat is then the same message under the same id, whatever became known meanwhile. The folder is the home's own
(0700); a digest in it says no more than what is published.
"""

import hashlib
import json
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jindu.alerts.digest import Digest, File
from jindu.settings import Home

FIRST_PAUSE = timedelta(minutes=5)  # after each of the first failures: the schedule tries five times until 08:30
FIRST_FAILURES = 5  # after each further one twice as long as after the one before
LONGEST_PAUSE = timedelta(hours=20)  # every morning tries


@dataclass(frozen=True)
class Begun:
    """A digest on its way: for whom, how often it was tried, and which addresses or parts of it were taken already."""

    digest: Digest
    language: str
    content: str
    failures_count: int = 0
    next_try_at: datetime | None = None
    accepted: tuple[str, ...] = ()  # keys of mail addresses, or of its messages where it has several

    def failed(self, now: datetime) -> "Begun":
        """After one more try that nobody confirmed."""
        doublings = max(0, self.failures_count + 1 - FIRST_FAILURES)
        pause = min(FIRST_PAUSE * 2 ** min(doublings, 10), LONGEST_PAUSE)
        return replace(self, failures_count=self.failures_count + 1, next_try_at=now + pause)

    def taken(self, key: str) -> "Begun":
        """After one of several addresses has it, or the channel one of its messages."""
        return replace(self, accepted=(*self.accepted, key))

    def waits(self, now: datetime) -> bool:
        """Whether it is too early for another try."""
        return self.next_try_at is not None and now < self.next_try_at


def begun_digests(home: Home, recipient_name: str) -> list[Begun]:
    """The digests that the recipient is still to get, oldest first; a file that cannot be read is none."""
    found = []
    for file in sorted(home.sending.glob(f"{_stem(recipient_name)}_*.json")):
        with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            found.append(_begun(home, json.loads(file.read_text(encoding="utf-8"))))
    return sorted(found, key=lambda begun: (begun.digest.as_of, begun.digest.digest_id))


def keep(home: Home, recipient_name: str, begun: Begun) -> None:
    """Put it on the disk, whole; raises OSError when that does not take it."""
    file = _file(home, recipient_name, begun.digest)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    draft = file.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as out:
        json.dump(_plain(home, recipient_name, begun), out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    _sync(file.parent)


def drop(home: Home, recipient_name: str, digest: Digest) -> None:
    """It has arrived and is recorded, or is not to be sent any more."""
    _file(home, recipient_name, digest).unlink(missing_ok=True)


def drop_others(home: Home, recipient_names: Collection[str]) -> None:
    """Forget what was begun for somebody who is no recipient any more."""
    stems = {_stem(name) for name in recipient_names}
    for file in home.sending.glob("*.json"):
        if file.name.partition("_")[0] not in stems:
            file.unlink(missing_ok=True)


def _file(home: Home, recipient_name: str, digest: Digest) -> Path:
    return home.sending / f"{_stem(recipient_name)}_{digest.digest_id}.json"


def _stem(recipient_name: str) -> str:
    return hashlib.sha256(recipient_name.encode()).hexdigest()[:16]


def _plain(home: Home, recipient_name: str, begun: Begun) -> dict[str, Any]:
    digest = begun.digest
    return {
        "recipient": recipient_name,
        "language": begun.language,
        "content": begun.content,
        "failures_count": begun.failures_count,
        "next_try_at": begun.next_try_at.isoformat() if begun.next_try_at else None,
        "accepted": list(begun.accepted),
        "digest_id": digest.digest_id,
        "subject": digest.subject,
        "text": digest.text,
        "html": digest.html,
        "events": [list(key) for key in digest.events],
        "as_of": digest.as_of.isoformat(),
        "files": [[file.name, os.path.relpath(file.path, home.root)] for file in digest.files],
    }


def _begun(home: Home, told: dict[str, Any]) -> Begun:
    digest = Digest(
        told["digest_id"],
        told["subject"],
        told["text"],
        told["html"],
        tuple((case_id, event) for case_id, event in told["events"]),
        datetime.fromisoformat(told["as_of"]),
        tuple(File(name, home.root / path) for name, path in told["files"]),
    )
    next_try_at = datetime.fromisoformat(told["next_try_at"]) if told["next_try_at"] else None
    return Begun(
        digest, told["language"], told["content"], told["failures_count"], next_try_at, tuple(told["accepted"])
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
