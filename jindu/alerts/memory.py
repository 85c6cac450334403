"""What became of the newest delivery, in a small file of its own: whoever asks need not open the private database."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from jindu.settings import Home


class Unsent(TypedDict):
    """A digest that no channel has taken, and why."""

    recipient: str
    reason_zh: str
    reason_en: str


def remember_delivery(
    home: Home, as_of: datetime, sent: Sequence[str], filed: Sequence[str], unsent: Sequence[Unsent]
) -> None:
    """Replace the file: names of the recipients reached, of those whose digest lies in outbox/, and what is unsent.

    `filed` names stay until a delivery reaches them through a channel: their digests still lie in outbox/.
    """
    before = last_delivery(home) or {}
    waiting = sorted((set(before.get("filed", [])) | set(filed)) - set(sent))
    waiting = [name for name in waiting if any(home.outbox.glob("*"))]
    memory = {"as_of": as_of.isoformat(), "sent": list(sent), "filed": waiting, "unsent": list(unsent)}
    path = home.root / "last_delivery.json"
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(memory, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)


def last_delivery(home: Home) -> dict[str, Any] | None:
    """as_of, sent, filed and unsent of the newest delivery; None before the first."""
    try:
        found = json.loads((home.root / "last_delivery.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None
