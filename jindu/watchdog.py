"""The watchdog: looks at a home from outside, and sees to it that whoever runs the office knows what is wrong."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from jindu.alerts.office import Told, tell_office
from jindu.fault import Fault, look
from jindu.lock import HomeLockedError, locked
from jindu.settings import Home, JinduError, reference_folder

log = logging.getLogger(__name__)

PATIENCE = 120.0  # seconds for another watchdog, which may be waiting for its channels


def watch_over(home: Home, reference: Path | None, now: datetime, *, is_dry: bool = False) -> list[Told]:
    """Look once and, unless `is_dry`, tell the office; empty when all is well.

    Raises JinduError when there is no such home, or another watchdog does not end.
    """
    if not home.root.is_dir():
        raise JinduError(
            f"没有工作目录 {home.root}。请用 --home 指定，或先运行 jindu new。",
            f"There is no home {home.root}. Name one with --home, or make one with jindu new.",
        )
    faults = look(home, now)
    if is_dry or not faults:
        return [Told(fault) for fault in faults]
    return tell(home, reference, faults, now)


def tell(home: Home, reference: Path | None, faults: Sequence[Fault], now: datetime) -> list[Told]:
    """Tell the office of these; one watchdog at a time, so that nobody is told twice.

    Raises HomeLockedError when another one does not end. A home that cannot be written is told of all the same.
    """
    with ExitStack() as alone:
        try:
            alone.enter_context(locked(home, patience=PATIENCE, path=home.watchdog_lock))
        except HomeLockedError:
            raise
        except JinduError:
            log.warning("%s cannot be locked", home.root)
        return tell_office(home, _folder(home, reference), faults, now)


def _folder(home: Home, reference: Path | None) -> Path | None:
    """The reference folder; None where it is gone, which may be what is wrong."""
    try:
        return reference_folder(reference, home)
    except JinduError:
        return None
