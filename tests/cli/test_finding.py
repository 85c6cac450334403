"""Who a finding waits for: no home, no night, the rows alone."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from jindu.finding import Told, _refuse_one
from jindu.settings import OFFICE_TIMEZONE, JinduError

CAME = datetime(2024, 6, 1, 9, tzinfo=OFFICE_TIMEZONE)
WARNING = Told(
    finding_id="0a1b2c3d4e5f6071", submission_id="a", org_unit_code="x", unit="甲", form_code="monthly", form="月报",
    report_month=date(2024, 5, 1), version=1, submission_state="held", received_at=CAME, lock_on=None, sheet_name="表",
    cell="E6", indicator_code="visit", indicator_zh="走访", indicator_en="Visits", rule_code="cumulative_falls",
    severity="warning", found="1", expected="≥ 2", message_zh="少了。", message_en="Less.", state="open",
    decision_id=None, settled_by_id=None, since_on=date(2024, 6, 2), is_standing=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "is_open", "awaits_report", "state"),
    [
        ({}, True, False, "open"),
        ({"is_refused": True}, False, True, "refused"),
        ({"is_refused": True, "state": "upheld"}, False, True, "upheld"),
        ({"is_refused": True, "state": "explained"}, False, False, "explained"),
        ({"is_refused": True, "is_standing": False}, False, False, "open"),
        ({"is_refused": True, "severity": "critical"}, True, False, "open"),
        ({"severity": "information"}, False, False, "noted"),
    ],
)
def test_who_it_waits_for(facts: dict[str, object], is_open: bool, awaits_report: bool, state: str) -> None:
    told = replace(WARNING, **facts)  # type: ignore[arg-type]
    assert (told.is_open, told.awaits_report, told.shown_state) == (is_open, awaits_report, state)


@pytest.mark.parametrize("verdict", ["waived", "upheld"])
def test_a_warning_of_a_refused_version_takes_no_answer(verdict: str) -> None:
    _refuse_one(WARNING, verdict, CAME)
    with pytest.raises(JinduError, match="那一版已经退回，不用再放行或认定"):
        _refuse_one(replace(WARNING, is_refused=True), verdict, CAME)
    _refuse_one(replace(WARNING, is_refused=True, state="upheld"), "waived", CAME)  # thought again
