"""The core and mart gates: sound tables fail nothing, and each fault fails the one expectation meant for it."""

from datetime import date
from typing import Any

import pytest

from jindu.checks.expectations import gate_expectations
from tests.checks.measured import EXPECTATIONS, Office

MARCH = date(2030, 3, 1)
ANSWER = {"org_unit_code": "A", "indicator_code": "x", "report_month": MARCH}
VALUE = {**ANSWER, "submission_id": "one", "month_value": 3}
MONTH = {
    **ANSWER, "kind": "flow", "is_not_applicable": False, "ytd_value": 9, "months_covered_count": 3,
    "months_due_count": 3,
}  # fmt: skip
TARGET = {"plan_year": 2031, "indicator_code": "x", "target_version": 1}
COMPLETION = {
    **ANSWER, "status": "on_pace", "target_version": 1, "completion_ratio": 0.5, "pace_ratio": 1,
    "months_covered_count": 3, "months_due_count": 3, "month_value": 3, "ytd_value": 9,
}  # fmt: skip
RANK = {"parent_code": "S", "scope": "indicator", "scope_code": "x", "report_month": MARCH, "peers_count": 4}
REPORTING = {
    "form_code": "m", "org_unit_code": "A", "report_month": MARCH, "cells_asked_count": 2, "cells_filled_count": 2,
}  # fmt: skip
RATE = {
    "form_code": "m", "org_unit_code": "A", "report_month": MARCH, "units_due_count": 1, "units_reported_count": 1,
    "units_on_time_count": 1, "units_late_count": 0, "units_missing_count": 0, "units_awaited_count": 0,
    "cells_asked_count": 2, "cells_filled_count": 2, "cells_on_time_count": 1, "reporting_ratio": 1,
    "on_time_ratio": 0.5,
}  # fmt: skip
BURDEN = {
    "form_code": "m", "org_unit_code": "A", "report_month": MARCH, "cells_asked_count": 2, "cells_answered_count": 3,
    "cells_known_count": 2, "cells_prefilled_count": 1, "cells_changed_count": 0, "cells_typed_count": 2,
    "cells_retyped_count": 1, "versions_count": 2, "returned_count": 1, "first_count": 1, "first_right_count": 0,
}  # fmt: skip
TRIED = {
    "rule_code": "r", "evaluated_count": 4, "failed_count": 2, "answered_count": 1, "submissions_count": 2,
    "submissions_failed_count": 1, "pass_ratio": 0.5, "first_count": 1, "first_failed_count": 1, "first_pass_ratio": 0,
    "counted_count": 1, "counted_failed_count": 0, "counted_pass_ratio": 1,
}  # fmt: skip


def above(row: dict[str, Any]) -> dict[str, Any]:
    """The same row of the sub-district, which has A alone below it in March."""
    return {**row, "org_unit_code": "S"}


KNOCK_ON = {
    "mart__ranking": {"rank_sequence"},  # a rank that is impossible is out of sequence too
    "mart__reporting": {"rate_sum"},  # what is wrong in the rows is wrong in their sum
}


def ranks(*pairs: tuple[int | None, int | None], **facts: Any) -> list[dict[str, Any]]:
    """Rows of one ranking from (metric, rank): unit after unit, with a reason where there is no rank."""
    return [
        {**RANK, "org_unit_code": f"U{number}", "metric_value": metric, "completion_rank": rank}
        | {"best_rank": rank, "worst_rank": rank}
        | {"unranked_reason": "not_reported" if rank is None else None}
        | facts
        for number, (metric, rank) in enumerate(pairs)
    ]


SOUND: dict[str, list[dict[str, Any]]] = {
    "core.form_month": [{"form_code": "m", "report_month": date(2031, 2, 1)}],
    "reference.holiday": [{"day": date(2031, 1, 1), "is_working_day": False}],
    "core.value": [VALUE],
    "core.month_value": [MONTH],
    "core.plan_target": [
        {**TARGET, "org_unit_code": "S", "target_value": 10},
        {**TARGET, "org_unit_code": "A", "target_value": 6, "split_from_code": "S"},
        {**TARGET, "org_unit_code": "B", "target_value": 4, "split_from_code": "S"},
    ],
    "core.submission": [{"submission_id": "one", "is_counted": True}],
    "mart.completion": [COMPLETION],
    "mart.ranking": ranks((9, 1), (8, 2), (8, 2), (7, 4), (None, None)),
    "mart.reporting": [REPORTING],
    "mart.org_unit": [{"org_unit_code": "A", "level": "community"}],
    "mart.indicator": [{"indicator_code": "x", "kind": "flow", "publicity": "restricted"}],
    "mart.submission": [{"submission_id": "one"}],
    "mart.reporting_rate": [RATE, above(RATE)],
    "mart.reporting_burden": [BURDEN, above(BURDEN)],
    "mart.finding": [{"finding_id": "f1", "rule_code": "r"}, {"finding_id": "f2", "rule_code": "r"}],
    "mart.quality_finding": [{"rule_code": "r", "findings_count": 2}],
    "mart.quality_rule": [TRIED],
}


def failing_codes(office: Office, **tables: list[dict[str, Any]]) -> list[str]:
    """The codes of both gates that fail once some of the sound tables are replaced (core__value for core.value)."""
    office.indicator("x")
    office.expect("m", "A", "A", "x", MARCH)
    office.rows |= SOUND | {name.replace("__", "."): rows for name, rows in tables.items()}
    expectations = [expectation for gate in ("core", "mart") for expectation in gate_expectations(gate)]
    office.build(*{expectation.table for expectation in expectations})
    return [expectation.code for expectation in expectations if office.rows_failing(expectation)]


def test_sound_tables_fail_nothing(office: Office) -> None:
    assert failing_codes(office) == []


@pytest.mark.parametrize(
    ("code", "table", "rows"),
    [
        ("value_unique", "core__value", [VALUE, {**VALUE, "submission_id": "two"}]),
        ("value_org_unit_known", "core__value", [{**VALUE, "org_unit_code": "Z"}]),
        ("value_indicator_known", "core__value", [{**VALUE, "indicator_code": "z"}]),
        ("month_represented_once", "core__month_value", []),
        ("month_represented_once", "core__month_value", [MONTH, MONTH]),
        ("month_asked", "core__month_value", [MONTH, {**MONTH, "org_unit_code": "B"}]),
        ("cumulative_known", "core__month_value", [{**MONTH, "ytd_value": None}]),
        ("coverage_possible", "core__month_value", [{**MONTH, "months_covered_count": 4}]),
        ("split_adds_up", "core__plan_target", SOUND["core.plan_target"][:2]),
        ("plan_entered", "core__plan_target", [{**row, "plan_year": 2030} for row in SOUND["core.plan_target"]]),
        ("decision_fits", "core__decided_target", [{"decision_id": "d", "unfit_code": "unknown_unit", "version": 2}]),
        ("correction_fits", "core__correction", [{"decision_id": "d", "unfit_code": "unknown_unit"}]),
        ("correction_of_bulletin", "core__correction", [{"decision_id": "d", "unfit_code": "bulletin_only"}]),
        ("holidays_entered", "reference__holiday", [{"day": date(2030, 1, 1), "is_working_day": False}]),
        ("completion_unique", "mart__completion", [COMPLETION, COMPLETION]),
        ("status_given", "mart__completion", [{**COMPLETION, "status": None}]),
        ("status_known", "mart__completion", [{**COMPLETION, "status": "fine"}]),
        ("status_has_target", "mart__completion", [{**COMPLETION, "target_version": None}]),
        ("coverage_published", "mart__completion", [{**COMPLETION, "months_covered_count": 4}]),
        ("ratio_absurd", "mart__completion", [{**COMPLETION, "pace_ratio": -1001}]),
        ("ranking_unique", "mart__ranking", ranks((9, 1), (9, 1), org_unit_code="A")),
        ("rank_at_least_1", "mart__ranking", ranks((9, 0), peers_count=1)),
        ("rank_within_peers", "mart__ranking", ranks((9, 1), (8, 2), peers_count=1)),
        ("rank_ties", "mart__ranking", ranks((9, 1), (9, 2))),
        ("rank_sequence", "mart__ranking", ranks((9, 1), (9, 1), (8, 2))),
        ("rank_justified", "mart__ranking", ranks((None, 1))),
        ("rank_justified", "mart__ranking", ranks((9, None), unranked_reason=None)),
        ("rank_in_range", "mart__ranking", ranks((9, 1), best_rank=2, worst_rank=3)),
        ("rank_in_range", "mart__ranking", ranks((9, 1), (8, 2), best_rank=1, worst_rank=1)),
        ("rank_in_range", "mart__ranking", ranks((9, 1), worst_rank=None)),
        ("rank_in_range", "mart__ranking", ranks((None, None), best_rank=1)),
        ("rank_change_justified", "mart__ranking", ranks((9, 1), previous_rank=2, rank_change=2, change_cause="own")),
        ("rank_change_justified", "mart__ranking", ranks((9, 1), previous_rank=2, rank_change=1)),
        ("rank_change_justified", "mart__ranking", ranks((9, 1), previous_rank=1, rank_change=0, change_cause="own")),
        ("published_rank_differs", "mart__ranking", ranks((9, 1), published_rank=2)),
        ("reporting_complete", "mart__reporting", [{**REPORTING, "form_code": "s"}]),
        ("reporting_complete", "mart__reporting", [REPORTING, REPORTING]),
        ("reporting_rate", "mart__reporting", [{**REPORTING, "cells_filled_count": 3}]),
        ("table_filled", "mart__completion", []),
        ("small_value_published", "mart__completion", [{**COMPLETION, "month_value": 0}]),
        (
            "rate_sum",
            "mart__reporting_rate",
            [RATE, above({**RATE, "cells_asked_count": 1, "reporting_ratio": 2, "on_time_ratio": 1})],
        ),
        ("finding_id_unique", "mart__finding", [{"finding_id": "f1", "rule_code": "r"}] * 2),
        ("finding_id_unique", "mart__finding", [{"finding_id": name, "rule_code": "r"} for name in ("f1", None)]),
        ("rate_sum", "mart__reporting_rate", [RATE, above({**RATE, "cells_filled_count": 1, "reporting_ratio": 0.5})]),
        ("rate_sum", "mart__reporting_rate", [RATE]),
        ("rate_units", "mart__reporting_rate", [{**RATE, "units_missing_count": 1}, above(RATE)]),
        ("rate_units", "mart__reporting_rate", [{**RATE, "units_reported_count": 0}, above(RATE)]),
        ("rate_possible", "mart__reporting_rate", [RATE, above({**RATE, "cells_on_time_count": 3})]),
        ("rate_possible", "mart__reporting_rate", [RATE, above({**RATE, "reporting_ratio": None})]),
        ("rate_possible", "mart__reporting_rate", [RATE, above({**RATE, "on_time_ratio": 0.6})]),
        ("burden_possible", "mart__reporting_burden", [BURDEN]),
        ("burden_possible", "mart__reporting_burden", [BURDEN, above({**BURDEN, "cells_changed_count": 2})]),
        ("burden_possible", "mart__reporting_burden", [BURDEN, above({**BURDEN, "cells_typed_count": 4})]),
        ("burden_possible", "mart__reporting_burden", [BURDEN, above({**BURDEN, "cells_retyped_count": 3})]),
        ("burden_possible", "mart__reporting_burden", [BURDEN, above({**BURDEN, "returned_count": 3})]),
        ("burden_possible", "mart__reporting_burden", [BURDEN, above({**BURDEN, "first_right_count": 2})]),
        ("finding_counted", "mart__quality_finding", [{"rule_code": "r", "findings_count": 1}]),
        ("finding_counted", "mart__quality_rule", [{**TRIED, "failed_count": 1}]),
        ("finding_counted", "mart__finding", []),
        ("pass_rate_possible", "mart__quality_rule", [{**TRIED, "evaluated_count": 1}]),
        ("pass_rate_possible", "mart__quality_rule", [{**TRIED, "answered_count": 3}]),
        ("pass_rate_possible", "mart__quality_rule", [{**TRIED, "first_failed_count": 2}]),
        ("pass_rate_possible", "mart__quality_rule", [{**TRIED, "counted_count": 3}]),
        ("pass_rate_possible", "mart__quality_rule", [{**TRIED, "pass_ratio": 1.5}]),
    ],
)
def test_each_fault_fails_its_expectation(office: Office, code: str, table: str, rows: list[dict[str, Any]]) -> None:
    found = failing_codes(office, **{table: rows})
    assert code in found
    assert set(found) <= {code} | KNOCK_ON.get(table, set())


def test_every_expectation_of_both_gates_is_seen_to_fail() -> None:
    (marks,) = [mark for mark in test_each_fault_fails_its_expectation.pytestmark if mark.name == "parametrize"]
    told = {expectation.code for gate in ("core", "mart") for expectation in gate_expectations(gate)}
    assert {case[0] for case in marks.args[1]} == told <= EXPECTATIONS.keys()


def test_empty_tables_are_right_while_nothing_counts(office: Office) -> None:
    found = failing_codes(office, core__submission=[], mart__completion=[], mart__ranking=[])
    assert found == []


def test_a_copied_target_need_not_add_up(office: Office) -> None:
    office.indicator("x", "ratio")
    office.rows |= {"core.plan_target": [{**row, "target_value": 1} for row in SOUND["core.plan_target"]]}
    assert not office.fails("split_adds_up")
