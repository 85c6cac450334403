"""A small JSON file that says how something last went: readable at any moment, whatever else is at work."""

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any


def remember(path: Path, what: dict[str, Any]) -> None:
    """Put it in place of what was there, whole or not at all; raises OSError when the disk does not take it."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(what, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)


def recall(path: Path) -> dict[str, Any] | None:
    """What the file says; None when it is not there, cannot be read, or says nothing that one could understand."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def own_temporary_folder() -> Path | None:
    """A folder that only this user reads and writes, for where a home cannot be written; None when there is none."""
    folder = Path(tempfile.gettempdir()) / f"jindu-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if is_ours else None
