"""What was received up to the last publish, for a dry run and a template: a private copy, replaced whole.

The published copy does not serve: restricted values are masked there, and a sender's own form needs them exact.
"""

import os
import shutil
from pathlib import Path

from jindu.settings import Home, Night
from jindu.warehouse.connection import PRIVATE_FILE, PRIVATE_FOLDER, attached, connect

TABLES = (
    "raw.submission", "raw.document", "raw.cell", "raw.run", "raw.decision", "raw.finding",
    "core.unit_month", "core.submission", "core.form_month",
)  # fmt: skip


def seal_history(night: Night) -> None:
    """Replace the home's history by what the night knows; killed or failed at any moment, the old one stays whole.

    Raises duckdb.Error or OSError when the disk does not take it.
    """
    building = _building(night.home)
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir(mode=PRIVATE_FOLDER, parents=True)
        file = building / night.home.history.name
        _copy(night, file)
        file.chmod(PRIVATE_FILE)
        fsync(file)
        file.replace(night.home.history)
        fsync(night.home.root)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def fsync(path: Path) -> None:
    """Wait until the disk has a file or a folder as it now is."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(night: Night, file: Path) -> None:
    with connect(night.home, read_only=True) as connection, attached(connection, file, "sealed"):
        for schema in sorted({table.split(".")[0] for table in TABLES}):
            connection.execute(f"create schema sealed.{schema}")
        for table in TABLES:
            connection.execute(f"create table sealed.{table} as from {table}")
        connection.execute(
            "create table sealed.history as "
            f"select cast({_text(night.as_of.isoformat())} as timestamptz) as as_of_at, {_text(night.run_id)} as run_id"
        )


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _building(home: Home) -> Path:
    return home.history.with_name(".history")
