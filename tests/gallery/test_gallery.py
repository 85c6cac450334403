"""Each file of the gallery is read and judged as the YAML beside it says; LibreOffice is not needed."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from jindu.catalogue import load
from jindu.checks.gate import Finding
from jindu.dry_run import Candidate, DryRun, Judgement
from jindu.settings import OFFICE_TIMEZONE, no_progress
from jindu.workbooks.read import vocabulary_of
from jindu.workbooks.reader import MONTH_FIELD, VALUE_FIELDS, read
from jindu.workbooks.worker import Answer, CellRow, Job, WorkerPool
from tests.gallery.make import make_modern, old_names

FOLDER = Path(__file__).resolve().parent
REFERENCE = FOLDER / "reference"
ENDINGS = {".xlsx": "xlsx", ".xls": "xls", ".et": "xls", ".csv": "csv"}
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in ENDINGS)
UNIT = "990101001001"
SHEET = "社区月报"
RECEIVED = date(2024, 10, 3)  # unless the YAML says another day
AS_OF = datetime(2024, 11, 4, 2, tzinfo=OFFICE_TIMEZONE)
ENOUGH = 60  # files


@dataclass(frozen=True)
class Read:
    """What came of one file."""

    answer: Answer
    judgement: Judgement


def expected_of(path: Path) -> dict[str, Any]:
    """The YAML beside a file."""
    told: dict[str, Any] = yaml.safe_load(path.with_suffix(".yml").read_text("utf-8"))
    return told


def received_at(path: Path) -> datetime:
    """Nine in the morning of the day that the file came in."""
    return datetime.combine(expected_of(path).get("received", RECEIVED), time(9), OFFICE_TIMEZONE)


@pytest.fixture(scope="module")
def gallery() -> dict[str, Read]:
    """Every file, read by the guarded workers and judged as `jindu check` does."""
    with WorkerPool(vocabulary_of(load(REFERENCE).tables)) as pool:
        answers = list(pool.read([Job(path.name, str(path), path.name) for path in FILES]))
    candidates = [Candidate(path, path.name, UNIT, received_at(path)) for path in FILES]
    with DryRun(REFERENCE, AS_OF, None) as looking:
        judgements = looking.read(candidates, no_progress)
    typed = [Answer(document, [CellRow(*cell) for cell in cells]) for document, cells in answers]
    return {path.name: Read(*read) for path, *read in zip(FILES, typed, judgements, strict=True)}


def shown(cell: CellRow) -> dict[str, Any]:
    """A reading as the YAML writes it: what is not said is nothing."""
    facts = {
        "text": cell.text,
        "number": None if cell.number_value is None else Decimal(cell.number_value),
        "day": cell.date_value,
        "state": None if cell.state in ("number", "date") else cell.state,
        "unit": cell.number_unit,
        "qualifier": cell.number_qualifier,
        "treatment": cell.treatment,
    }
    return {name: value for name, value in facts.items() if value is not None}


def written(reading: dict[str, Any]) -> dict[str, Any]:
    """A reading of the YAML with its number exact."""
    return reading | ({"number": Decimal(str(reading["number"]))} if "number" in reading else {})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_cell_is_read_as_its_sender_meant_it_or_not_at_all(gallery: dict[str, Read], path: Path) -> None:
    expected, answer = expected_of(path), gallery[path.name].answer
    wanted = {cell: written(reading) for cell, reading in expected.get("readings", {}).items()}
    values = {cell.cell: cell for cell in answer.cells if cell.field in VALUE_FIELDS | {MONTH_FIELD}}
    found = {name: shown(cell) for name, cell in values.items() if cell.state != "blank" or name in wanted}
    assert found == wanted
    assert {cell.sheet_name for cell in answer.cells} <= {path.name if path.suffix == ".csv" else SHEET}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_known_for_what_it_is(gallery: dict[str, Read], path: Path) -> None:
    expected, document = expected_of(path), gallery[path.name].answer.document
    assert document.refusal_code == expected.get("refusal")
    wanted = {"file_format": ENDINGS[path.suffix]} | expected.get("document", {})
    assert {name: getattr(document, name) for name in wanted} == wanted


def is_left_out(finding: Finding) -> bool:
    """Whether a finding only says that a small file lacks most rows; the row of visits is asked of every file."""
    return finding.rule_code == "missing_row" and finding.indicator_code != "visit"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_has_its_findings_and_no_others(gallery: dict[str, Read], path: Path) -> None:
    told = [one for one in gallery[path.name].judgement.findings if not is_left_out(one)]
    found = sorted(f"{one.rule_code} {one.cell or ''}".strip() for one in told)
    assert found == sorted(expected_of(path).get("findings", []))


def test_every_file_says_why_and_every_expectation_has_its_file() -> None:
    assert len(FILES) >= ENOUGH
    assert all(expected_of(path)["why"] for path in FILES)
    assert {path.stem for path in FOLDER.glob("*.yml")} == {path.stem for path in FILES}


def test_the_script_makes_what_is_committed(tmp_path: Path) -> None:
    make_modern(tmp_path)
    made = {path.name: read(path, path.name, {}) for path in tmp_path.iterdir()}
    committed = {path.name: read(path, path.name, {}) for path in FILES if ENDINGS[path.suffix] != "xls"}
    assert made == committed
    assert old_names() == {path.name for path in FILES if ENDINGS[path.suffix] == "xls"}
