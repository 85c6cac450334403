"""Which digests wait for a person, in a small file of its own: whoever asks need not open the private database."""

from collections.abc import Sequence
from typing import Any, TypedDict

from jindu.memory import recall, remember
from jindu.settings import Home


class Unsent(TypedDict):
    """A digest that no channel has taken, and why."""

    recipient: str
    reason_zh: str
    reason_en: str


def remember_digests(home: Home, sent: Sequence[str], filed: Sequence[str], unsent: Sequence[Unsent]) -> None:
    """Note what is unsent after a delivery, and whose digest lies in outbox/ for somebody to hand over.

    A recipient in `filed` stays until a channel reaches them or outbox/ is empty. Raises OSError when the disk is full.
    """
    before: list[str] = (waiting_digests(home) or {}).get("filed", [])
    waiting = sorted({*before, *filed} - set(sent)) if home.outbox.is_dir() and any(home.outbox.iterdir()) else []
    remember(home.root / "digests.json", {"filed": waiting, "unsent": list(unsent)})


def waiting_digests(home: Home) -> dict[str, Any] | None:
    """`filed` (names) and `unsent` (Unsent) after the newest delivery; None before the first."""
    return recall(home.root / "digests.json")
