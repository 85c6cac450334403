"""The law: what a dry run says of a file is what the night that then receives it finds."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jindu import dry_run
from jindu.checks.expectations import gate_expectations
from jindu.checks.gate import Finding
from jindu.dry_run import DryRun, Judgement
from jindu.settings import OFFICE_TIMEZONE, Home, parse_as_of
from jindu.workbooks.collect import survey_inbox
from tests.nightly.small_office import AS_OF, THE_NIGHT_BEFORE

from .conftest import Office, judged_plainly

pytestmark = pytest.mark.usefixtures("plainly")
RULES = {rule.code: rule for rule in gate_expectations("incoming")}
STATES = {"superseded": {"accepted", "held"}, "accepted": {"accepted"}, "held": {"held"}, "rejected": {"rejected"}}


def arrived(home: Home, since: str | None, until: str) -> list[tuple[Path, str | None]]:
    """The files that a night finds new, each with its folder."""
    after = parse_as_of(since) if since else datetime(2000, 1, 1, tzinfo=OFFICE_TIMEZONE)
    return [
        (file.path, file.folder_code)
        for file in survey_inbox(home.inbox).files
        if after < file.modified_at <= parse_as_of(until)
    ]


def dry(office: Office, files: list[tuple[Path, str | None]], as_of: str = AS_OF, *, history: bool = True) -> "Both":
    """What reading says of the files, and what the gate says."""
    past = office.before.history if history else None
    with DryRun(office.reference, parse_as_of(as_of), past) as run:
        candidates = [run.arrival(path, folder) for path, folder in files]
        return run.read(candidates), run.judge()


Both = tuple[list[Judgement], list[Judgement]]


@pytest.fixture(scope="module")
def together(office: Office) -> Both:
    """All files that the second night finds new, read and judged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dry_run, "judge", judged_plainly)
        return dry(office, arrived(office.before, THE_NIGHT_BEFORE, AS_OF))


@pytest.fixture(scope="module")
def truth(office: Office) -> Iterator[duckdb.DuckDBPyConnection]:
    """The private database after the second night."""
    with duckdb.connect(office.after.private_database, read_only=True) as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        yield connection


def told(truth: duckdb.DuckDBPyConnection, run_id: str, submission_id: str) -> list[dict[str, Any]]:
    """What the night found, as a clerk is told."""
    columns = ", ".join(Finding.__dataclass_fields__)
    found = truth.execute(
        f"select {columns} from raw.finding where run_id = ? and gate = 'incoming' and submission_id = ?"
        " and severity != 'information'",
        [run_id, submission_id],
    )
    names = [column[0] for column in found.description or ()]
    return _ordered([dict(zip(names, row, strict=True)) for row in found.fetchall()])


def answered(truth: duckdb.DuckDBPyConnection, run_id: str, submission_id: str) -> dict[str, str]:
    """The state of each finding that a clerk is told, as the night has it; of an earlier night what its rows said."""
    if truth.execute("select 1 from raw.finding where run_id > ?", [run_id]).fetchall():
        rows = truth.execute(
            "select finding_id, case when is_explained then 'explained' else 'open' end from raw.finding"
            " where run_id = ? and gate = 'incoming' and submission_id = ? and severity != 'information'",
            [run_id, submission_id],
        )
    else:
        rows = truth.execute(
            "select finding_id, state from core.finding_answer where submission_id = ? and severity != 'information'",
            [submission_id],
        )
    return dict(rows.fetchall())


def _ordered(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda finding: (finding["rule_code"], finding["cell"] or "", finding["message_zh"]))


def check_law(truth: duckdb.DuckDBPyConnection, run_id: str, judged: list[Judgement], *, is_newest: bool) -> None:
    for judgement in judged:
        row = truth.execute(
            "select form_code, sender_code, report_month, version, received_at, due_on, lock_on, state,"
            " cells_asked_count, cells_filled_count, not_applicable_count"
            " from core.submission inner join core.cell_count using (submission_id) where submission_id = ?",
            [judgement.submission_id],
        ).fetchone()
        assert row is not None, judgement.file_name
        *identity, state, asked, filled, not_applicable = row
        assert identity == [
            judgement.form_code, judgement.sender_code, judgement.report_month, judgement.version,
            judgement.received_at, judgement.due_on, judgement.lock_on,
        ], judgement.file_name  # fmt: skip
        assert (judgement.cells_asked_count, judgement.cells_filled_count, judgement.not_applicable_count) == (
            asked, filled, not_applicable,
        )  # fmt: skip
        found = told(truth, run_id, judgement.submission_id)
        assert _ordered([asdict(finding) for finding in judgement.findings]) == found, judgement.file_name
        assert judgement.answers == answered(truth, run_id, judgement.submission_id), judgement.file_name
        if is_newest:
            assert judgement.state in STATES[state], judgement.file_name


def test_a_night_only_confirms(together: Both, truth: duckdb.DuckDBPyConnection) -> None:
    judged = together[1]
    assert len(judged) >= 11
    check_law(truth, "2024-06-10T02:00:00", judged, is_newest=True)
    rules = {finding.rule_code for judgement in judged for finding in judgement.findings}
    assert rules >= {
        "unreadable_file", "wrong_folder", "month_unreadable", "month_not_over", "unknown_form", "late_without_reason",
        "negative", "duplicate_row", "wrong_unit", "unreadable_cell", "not_integer", "unknown_indicator",
        "personal_number_in_note", "missing_row", "cumulative_falls", "cumulative_identity", "magnitude_slip",
        "copy_of_neighbour",
    }  # fmt: skip
    assert {judgement.state for judgement in judged} == {"accepted", "held", "rejected"}


def test_a_first_night_only_confirms_too(office: Office, truth: duckdb.DuckDBPyConnection) -> None:
    """Without history, but with all files that a first night finds: they are compared with one another."""
    files = arrived(office.before, None, THE_NIGHT_BEFORE)
    judged = dry(office, files, THE_NIGHT_BEFORE, history=False)[1]
    assert len(judged) > 10
    check_law(truth, "2024-06-03T02:00:00", judged, is_newest=False)
    assert "magnitude_slip" in {finding.rule_code for judgement in judged for finding in judgement.findings}


def test_one_file_alone_is_told_the_same(office: Office, truth: duckdb.DuckDBPyConnection) -> None:
    """A copy of what another unit sent before is found without any file of that unit beside it."""
    files = arrived(office.before, THE_NIGHT_BEFORE, AS_OF)
    (file,) = [(path, folder) for path, folder in files if path.name == "抄来的.csv"]
    (judgement,) = dry(office, [file])[1]
    found = told(truth, "2024-06-10T02:00:00", judgement.submission_id)
    assert "copy_of_neighbour" in {finding["rule_code"] for finding in found}
    assert _ordered([asdict(finding) for finding in judgement.findings]) == found


def test_the_order_of_the_files_changes_nothing(office: Office, together: Both) -> None:
    backwards = dry(office, arrived(office.before, THE_NIGHT_BEFORE, AS_OF)[::-1])
    assert (backwards[0][::-1], backwards[1][::-1]) == together


def test_reading_tells_just_what_its_rules_find(together: Both) -> None:
    read, judged = together
    for first, last in zip(read, judged, strict=True):
        at_once = [finding for finding in last.findings if RULES[finding.rule_code].needs == "reading"]
        assert [*first.findings] == at_once
        assert first.version == last.version
    assert any(first.state != last.state for first, last in zip(read, judged, strict=True))


def test_a_rule_without_the_word_history_needs_none(office: Office, together: Both) -> None:
    without = dry(office, arrived(office.before, THE_NIGHT_BEFORE, AS_OF), history=False)[1]
    for one, other in zip(together[1], without, strict=True):
        alone = [finding for finding in one.findings if RULES[finding.rule_code].needs != "history"]
        assert alone == [finding for finding in other.findings if RULES[finding.rule_code].needs != "history"]
    assert together[1] != without
