"""The newest bulletin beside the pages: copied into the site, so that its links leave nothing behind."""

import re
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jindu.settings import Home

MONTH = re.compile(r"(\d{4})-(\d{2})")
ENGLISH = "progress-bulletin"  # how the names of those in English begin: jindu/bulletin/files.py
KINDS = {".docx": "Word", ".xlsx": "Excel", ".pdf": "PDF"}


@dataclass(frozen=True)
class Issue:
    """One file of the newest bulletin: of which month, how it is called on the page, and where it lies in the site."""

    month: date
    kind: str
    path: str
    file: Path


def newest_issue(home: Home, month: date | None) -> tuple[Issue, ...]:
    """The files of the newest month up to the one that pages show; of each kind the last, Chinese before English."""
    folders = sorted(home.bulletin.glob("*/"), reverse=True) if month is not None else []
    for folder in folders:
        named = MONTH.fullmatch(folder.name)
        if named is None or month is None or (issued := date(int(named[1]), int(named[2]), 1)) > month:
            continue
        found = [
            Issue(issued, kind, f"bulletin/{folder.name}{suffix}", max(files, key=_written))
            for suffix, kind in KINDS.items()
            if (files := [one for one in folder.glob(f"*{suffix}") if not one.name.startswith(("~", "."))])
        ]
        if found:
            return tuple(found)
    return ()


def put_issue(issue: tuple[Issue, ...], folder: Path) -> int:
    """Copy the files into the site; how many bytes they are."""
    for one in issue:
        place = folder / one.path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(one.file, place)
    return sum(one.file.stat().st_size for one in issue)


def _written(file: Path) -> tuple[bool, float, str]:
    return not file.name.startswith(ENGLISH), file.stat().st_mtime, file.name
