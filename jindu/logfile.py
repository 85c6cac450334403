"""Where a command's log goes."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path


def log_to(folder: Path, name: str = "jindu.log") -> str:
    """Send all logging and warnings of this process to a file in the folder, and none to the terminal."""
    handler = RotatingFileHandler(folder / name, maxBytes=5_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("jindu").setLevel(logging.INFO)
    logging.captureWarnings(True)
    return handler.baseFilename


def log_file() -> str | None:
    """The log of this process; None when it has none yet."""
    files = [one.baseFilename for one in logging.getLogger().handlers if isinstance(one, RotatingFileHandler)]
    return files[0] if files else None
