"""A small JSON file that says how something last went: readable at any moment, whatever else is at work."""

import json
from pathlib import Path
from typing import Any


def remember(path: Path, what: dict[str, Any]) -> None:
    """Put it in place of what was there, whole or not at all; raises OSError when the disk does not take it."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(what, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)


def recall(path: Path) -> dict[str, Any] | None:
    """What the file says; None when it is not there, or is being written this moment."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None
