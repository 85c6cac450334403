"""What the invented year plants is found, each defect as its manifest says, and nothing else is."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePath
from typing import Any

import duckdb
import pytest

from jindu.catalogue import load
from jindu.sample import LAST_MONTH, compose
from jindu.sample.asking import Asking
from jindu.sample.defect import PlantedDefect
from jindu.settings import PROJECT_ROOT

from .conftest import SEED, Ran

REFUSED = {"rejected", "held"}
BLANK = re.compile(r"\((\w+)\).*\((\w+)\)")  # the not applicable indicator, and the blank one


def planted() -> list[PlantedDefect]:
    """What the manifest of the sample home lists, known before there is a home."""
    return compose(Asking(load(PROJECT_ROOT / "warehouse" / "reference")), SEED, LAST_MONTH)[1]


PLANTED = planted()
UNREADABLE = [defect for defect in PLANTED if defect.expected_rule == "unreadable_file"]


def submits(defect: PlantedDefect) -> bool:
    """Whether its file becomes a submission."""
    return defect.expected_state not in {"missing", "duplicate_ignored"}


def sent_again(defect: PlantedDefect) -> bool:
    """Whether the manifest lists a file that puts it right: what the first one was told is answered by it."""
    return any(
        one != defect and (one.code, one.org_unit_code) == (defect.code, defect.org_unit_code) and submits(one)
        for one in PLANTED
    )


def named(defect: PlantedDefect) -> str:
    return f"{defect.code}-{defect.file or defect.org_unit_code}"


def each(defects: list[PlantedDefect]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("defect", defects, ids=named)


@pytest.fixture(scope="module")
def mart(first: Ran) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database that analysts open."""
    connection = duckdb.connect(first.home.published.resolve(), read_only=True)
    yield connection
    connection.close()


def rows(mart: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[dict[str, Any]]:
    found = mart.execute(query, list(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def submissions(mart: duckdb.DuckDBPyConnection, defect: PlantedDefect) -> list[dict[str, Any]]:
    """The submission that the file became; the sample names no two files the same."""
    return rows(mart, "select * from mart.submission where file_name = ?", PurePath(defect.file).name)


def reporting(mart: duckdb.DuckDBPyConnection, defect: PlantedDefect) -> dict[str, Any]:
    """The unit's row for the form and month."""
    [row] = rows(
        mart,
        "select * from mart.reporting where org_unit_code = ? and form_code = ? and report_month = ?",
        defect.org_unit_code, defect.form_code, defect.report_month,
    )  # fmt: skip
    return row


def findings(mart: duckdb.DuckDBPyConnection, defect: PlantedDefect) -> list[dict[str, Any]]:
    """What the file is told, other than information, which is the operator's."""
    return rows(
        mart,
        "select finding.* from mart.finding inner join mart.submission using (submission_id)"
        " where submission.file_name = ? and severity != 'information'",
        PurePath(defect.file).name,
    )


def test_the_manifest_is_that_of_the_home(first: Ran) -> None:
    listed = json.loads((first.home.root / "manifest.json").read_text(encoding="utf-8"))["defects"]
    assert [(line["code"], line["file"] or "") for line in listed] == [(defect.code, defect.file) for defect in PLANTED]


@each(PLANTED)
def test_its_submission_is_in_the_expected_state(mart: duckdb.DuckDBPyConnection, defect: PlantedDefect) -> None:
    if defect.expected_state == "duplicate_ignored":
        same = [one for one in PLANTED if one.code == defect.code and one != defect]
        assert submissions(mart, defect) == []
        assert [row["version"] for one in same for row in submissions(mart, one)] == [1]
    elif defect.expected_state == "missing":
        assert defect.file == ""
        row = reporting(mart, defect)
        assert (row["state"], row["received_at"], row["cells_filled_count"]) == ("missing", None, 0)
        assert row["cells_asked_count"] > 0
    else:
        [submission] = submissions(mart, defect)
        assert submission["state"] == defect.expected_state


@each([defect for defect in PLANTED if defect.expected_rule])
def test_the_expected_rule_is_found(mart: duckdb.DuckDBPyConnection, defect: PlantedDefect) -> None:
    found = [finding for finding in findings(mart, defect) if finding["rule_code"] == defect.expected_rule]
    assert found
    assert {finding["state"] for finding in found} == {"replaced" if sent_again(defect) else "open"}
    assert {finding["indicator_code"] or "" for finding in found} == {defect.indicator_code}
    assert {finding["severity"] for finding in found} == {
        "critical" if defect.expected_state == "rejected" else "warning"
    }


@each([defect for defect in PLANTED if not defect.expected_rule and submits(defect)])
def test_a_file_without_an_expected_rule_has_nothing_to_answer(
    mart: duckdb.DuckDBPyConnection, defect: PlantedDefect
) -> None:
    assert [finding["rule_code"] for finding in findings(mart, defect) if finding["state"] == "open"] == []


@each([defect for defect in PLANTED if defect.expected_timeliness])
def test_its_timeliness_is_as_expected(mart: duckdb.DuckDBPyConnection, defect: PlantedDefect) -> None:
    assert reporting(mart, defect)["timeliness"] == defect.expected_timeliness


@each([defect for defect in PLANTED if defect.code == "not_applicable_against_blank"])
def test_not_applicable_is_an_answer_and_a_blank_is_none(
    mart: duckdb.DuckDBPyConnection, defect: PlantedDefect
) -> None:
    told = BLANK.search(defect.planted_zh.replace("（", "(").replace("）", ")"))
    assert told is not None
    applied = {
        row["indicator_code"]: (row["status"], row["month_value"])
        for row in rows(
            mart,
            "select * from mart.completion where org_unit_code = ? and report_month = ?",
            defect.org_unit_code,
            defect.report_month,
        )
    }
    row = reporting(mart, defect)
    assert row["cells_asked_count"] - row["cells_filled_count"] == 2  # the blank's month and cumulative
    assert row["not_applicable_count"] == 2  # the other's, which count as filled
    assert applied[told[1]] == ("not_applicable", None)
    assert applied[told[2]][0] != "not_applicable" and applied[told[2]][1] is None


@each(UNREADABLE)
def test_an_unreadable_file_is_told_so_once_and_kept(
    first: Ran, mart: duckdb.DuckDBPyConnection, defect: PlantedDefect
) -> None:
    [finding] = findings(mart, defect)
    assert re.fullmatch(r"[^。]*[一-鿿][^。]*。", finding["message_zh"])
    assert re.fullmatch(r"[A-Z][^一-鿿]*\.", finding["message_en"].replace(PurePath(defect.file).name, "FILE"))
    [submission] = submissions(mart, defect)
    kept = first.home.archive / submission["sha256"][:2] / submission["sha256"]
    assert kept.read_bytes() == (first.home.inbox / defect.file).read_bytes()


def test_the_honest_reports_are_clean(mart: duckdb.DuckDBPyConnection) -> None:
    refused = {row["file_name"] for row in rows(mart, "from mart.submission") if row["state"] in REFUSED}
    assert refused == {PurePath(defect.file).name for defect in PLANTED if defect.expected_state in REFUSED}
    told = {row["file_name"] for row in rows(mart, "from mart.finding") if row["severity"] != "information"}
    assert told <= {PurePath(defect.file).name for defect in PLANTED}


def test_only_the_planted_are_late_or_missing(mart: duckdb.DuckDBPyConnection) -> None:
    untimely = {
        (row["org_unit_code"], row["report_month"])
        for row in rows(mart, "from mart.reporting")
        if row["timeliness"] != "on_time"
    }
    assert untimely == {(defect.org_unit_code, defect.report_month) for defect in PLANTED if is_untimely(defect)}


def is_untimely(defect: PlantedDefect) -> bool:
    """Late or missing by the manifest, or unreadable and never sent again."""
    return defect.expected_timeliness in {"late", "missing"} or (defect in UNREADABLE and not sent_again(defect))


def test_one_submission_for_every_other_file(first: Ran, mart: duckdb.DuckDBPyConnection) -> None:
    ignored = [defect.file for defect in PLANTED if defect.expected_state == "duplicate_ignored"]
    listed = json.loads((first.home.root / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = sorted(row["file_name"] for row in rows(mart, "from mart.submission"))
    assert found == sorted(PurePath(file).name for file in listed if file not in ignored)
    assert all(len(list(same)) == 1 for _, same in groupby(found))
