"""A digest as files in outbox/, for a recipient whom no channel reaches."""

import os
import re
from pathlib import Path

from jindu.alerts.digest import Digest
from jindu.settings import OFFICE_TIMEZONE, Home


def write_digest(home: Home, recipient_name: str, digest: Digest) -> Path:
    """Write the digest as .html and .txt, each whole or not at all; returns the .txt.

    The same digest goes to the same name. Raises OSError when the disk does not take it.
    """
    day = digest.as_of.astimezone(OFFICE_TIMEZONE).date().isoformat()
    safe_name = re.sub(r"\W+", "_", recipient_name)[:40]
    stem = f"{day}_{safe_name}_{digest.digest_id}"
    home.outbox.mkdir(parents=True, exist_ok=True)
    _write_whole(home.outbox / f"{stem}.html", digest.html)
    _write_whole(home.outbox / f"{stem}.txt", digest.text)
    return home.outbox / f"{stem}.txt"


def _write_whole(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
