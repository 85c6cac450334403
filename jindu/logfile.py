"""Where a command's log goes."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from jindu.memory import own_temporary_folder


def log_to(folder: Path, name: str = "jindu.log") -> str | None:
    """Send all logging and warnings of this process to a file in the folder, and none to the terminal.

    Where the folder cannot be written, to a folder of this user's among the temporary files; None where neither can.
    """
    own = own_temporary_folder()
    handler = _handler(folder / name) or (_handler(own / name) if own else None)
    logging.raiseExceptions = False  # a line that the disk does not take puts no traceback on the terminal
    logging.basicConfig(level=logging.WARNING, handlers=[handler or logging.NullHandler()], force=True)
    logging.getLogger("jindu").setLevel(logging.INFO)
    logging.captureWarnings(True)
    return handler.baseFilename if handler else None


def log_file() -> str | None:
    """The log of this process; None when it has none yet."""
    files = [one.baseFilename for one in logging.getLogger().handlers if isinstance(one, RotatingFileHandler)]
    return files[0] if files else None


def _handler(path: Path) -> RotatingFileHandler | None:
    try:
        handler = RotatingFileHandler(path, maxBytes=5_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler
