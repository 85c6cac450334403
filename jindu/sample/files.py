"""The files of the sample as they are put into the inbox: workbooks, CSV, and what is neither."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jindu.spreadsheet import CsvWriter
from jindu.workbooks.form import FormHeading, FormRow, write_form

# The columns of a CSV submission (domain.md, Names that others build on), and the name beside the code.
CSV_FIELDS = [
    "form", "template_version", "sender_code", "org_unit_code", "org_unit_name", "report_month", "indicator_code",
    "indicator_name", "unit", "month_value", "ytd_value", "prior_ytd_value", "finished_on", "note",
    "correction_reason", "filled_by", "approved_by",
]  # fmt: skip


@dataclass(frozen=True)
class SampleFile:
    """One file to be: where it lies, when it came, and a form or plain bytes. A password locks the workbook."""

    folder_code: str
    name: str
    arrived_at: datetime
    heading: FormHeading | None = None
    rows: tuple[FormRow, ...] = ()
    has_ranks: bool = False
    content: bytes = b""
    password: str = ""
    csv_encoding: str = ""

    @property
    def inbox_path(self) -> str:
        """Relative to the inbox."""
        return f"{self.folder_code}/{self.name}"


def write_file(inbox: Path, file: SampleFile, headings: dict[str, str]) -> None:
    """Write the file under the inbox with its arrival as modification time; `headings` are those of a CSV's columns."""
    path = inbox / file.inbox_path
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.heading is None:
        path.write_bytes(file.content)
    elif file.csv_encoding:
        path.write_bytes(csv_text(file.heading, file.rows, headings).encode(file.csv_encoding))
    else:
        write_form(path, file.heading, list(file.rows), file.has_ranks)
        if file.password:
            path.write_bytes(lock(path.read_bytes(), file.password))
    moment = file.arrived_at.timestamp()
    os.utime(path, (moment, moment))


def csv_text(heading: FormHeading, rows: tuple[FormRow, ...], headings: dict[str, str]) -> str:
    """The form as a CSV submission with the reference folder's own column headings."""
    out = io.StringIO()
    writer = CsvWriter(out)
    writer.row([headings.get(field, field) for field in CSV_FIELDS])
    for row in rows:
        values: dict[str, Any] = {
            **vars(row),
            **vars(heading),
            "form": heading.form_code,
            "org_unit_code": row.subject_code,
            "org_unit_name": row.subject_name,
            "report_month": f"{heading.report_month:%Y-%m}",
        }
        writer.row(["" if values[field] is None else values[field] for field in CSV_FIELDS])
    return out.getvalue()


def lock(content: bytes, password: str) -> bytes:
    """The workbook encrypted as Excel does it; the same workbook and password give the same bytes."""
    from msoffcrypto.format.ooxml import OOXMLFile  # noqa: PLC0415  slow, and for one file

    locked = io.BytesIO()
    with _settled_encryption(content):
        OOXMLFile(io.BytesIO(content)).encrypt(password, locked)
    return locked.getvalue()


@contextmanager
def _settled_encryption(content: bytes) -> Iterator[None]:
    """msoffcrypto without chance and clock: salts from the content's hash, a fixed day; both put back afterwards."""
    from msoffcrypto.method import ecma376_agile  # noqa: PLC0415
    from msoffcrypto.method.container import ecma376_encrypted  # noqa: PLC0415

    state = hashlib.sha256(content)

    def next_bytes(size: int) -> bytes:
        state.update(b"next")
        return hashlib.shake_256(state.digest()).digest(size)

    class FixedClock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "FixedClock":
            return cls(2000, 1, 1, tzinfo=tz)

    buffer, clock = ecma376_agile._random_buffer, ecma376_encrypted.datetime
    ecma376_agile._random_buffer, ecma376_encrypted.datetime = next_bytes, FixedClock
    try:
        yield
    finally:
        ecma376_agile._random_buffer, ecma376_encrypted.datetime = buffer, clock
