"""How the newest attempt at a night goes, in small files of its own: whoever asks needs no database.

`last_run.json` belongs to the night at work in the home; `last_unrecorded.json` tells of a failure that the database
does not know; `.sign_of_life` is touched while a step goes on.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from jindu.memory import recall, remember
from jindu.settings import OFFICE_TIMEZONE, Home, Night

STATES = ("running", "completed", "failed")
BETWEEN_SIGNS = 10.0  # seconds: a step may tell of its progress thousands of times


def remember_attempt(night: Night, state: str, **more: str | None) -> None:
    """Note that the attempt is running, at which step, or how it ended; raises OSError when the disk is full."""
    remember(_recorded(night.home), _told(night, state, **more))


def remember_unrecorded(night: Night, **more: str | None) -> None:
    """Note a failure beside the other file, which another process may be at work with."""
    remember(_unrecorded(night.home), _told(night, "failed", **more))


def last_attempt(home: Home) -> dict[str, Any] | None:
    """run_id, attempt, as_of, state, at, step, message_zh and message_en of the newest attempt.

    A state `running` that nobody holds the lock for has died. Attempt 0 is a failure that the database does not know.
    """
    found = [one for one in map(_understood, (_recorded(home), _unrecorded(home))) if one is not None]
    moments = [tuple(datetime.fromisoformat(one[name]) for name in ("as_of", "at")) for one in found]
    return found[moments.index(max(moments))] if found else None


def odd_records(home: Home) -> list[Path]:
    """The files that are there and do not say what they should: half written, or somebody else's."""
    return [path for path in (_recorded(home), _unrecorded(home)) if path.exists() and _understood(path) is None]


def delivery_record(home: Home) -> Path:
    """Where a delivery says how it goes; running, while nobody holds its lock, has died."""
    return home.root / "last_delivery.json"


def show_life(home: Home) -> None:
    """Say that the night at work goes on; cheap, however often it is called."""
    now = datetime.now(OFFICE_TIMEZONE)
    seen = _sign(home)
    if seen is None or abs((now - seen).total_seconds()) > BETWEEN_SIGNS:
        with suppress(OSError):  # a night does not fail of it
            _life(home).touch()


def last_sign_of_life(home: Home, attempt: dict[str, Any]) -> datetime:
    """When a running attempt last began a step, or told of its progress."""
    begun = datetime.fromisoformat(attempt["at"])
    return max(begun, _sign(home) or begun)


def _sign(home: Home) -> datetime | None:
    try:
        return datetime.fromtimestamp(_life(home).stat().st_mtime, OFFICE_TIMEZONE)
    except OSError:
        return None


def _understood(path: Path) -> dict[str, Any] | None:
    """What a record says; None when it lacks what every record has."""
    found = recall(path)
    if found is None or found.get("state") not in STATES or not isinstance(found.get("run_id"), str):
        return None
    if not all(isinstance(found.get(name), str | None) for name in ("step", "message_zh", "message_en")):
        return None
    try:
        moments = [datetime.fromisoformat(found[name]) for name in ("as_of", "at")]
    except (KeyError, TypeError, ValueError):
        return None
    return found if all(moment.utcoffset() is not None for moment in moments) else None


def _told(night: Night, state: str, **more: str | None) -> dict[str, Any]:
    return {
        "run_id": night.run_id,
        "attempt": night.attempt,
        "as_of": night.as_of.isoformat(),
        "state": state,
        "at": datetime.now(OFFICE_TIMEZONE).isoformat(timespec="seconds"),
        **more,
    }


def _recorded(home: Home) -> Path:
    return home.root / "last_run.json"


def _unrecorded(home: Home) -> Path:
    return home.root / "last_unrecorded.json"


def _life(home: Home) -> Path:
    return home.root / ".sign_of_life"
