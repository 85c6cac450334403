"""Nothing that arrived is ever changed in place: who updates or deletes rows of raw is listed here, with why."""

import re

from jindu.settings import PROJECT_ROOT

CHANGED = re.compile(r"\b(?:update|delete from|truncate)\s+raw\.(\{table\}|\w+)", re.IGNORECASE)
WHY = {
    ("night.py", "run"): "an attempt's own diary, kept whole in the archive's journal when it ends",
    ("night.py", "run_step"): "the same, step by step",
    ("delivery.py", "delivery"): "a delivery's own diary, kept in the journal when it ends",
    ("checks/gate.py", "{table}"): "a night that is run again replaces its own findings and results",
    ("checks/gate.py", "gate_result"): "what stopped an attempt is marked as its own when the night is run again",
    ("checks/store.py", "rule"): "the rules as they stand tonight, from expectations/",
    ("checks/store.py", "evaluation"): "every submission is judged anew by every gate",
    ("warehouse/earlier.py", "{table}"): "what was worked out of earlier months is worked out again",
    ("warehouse/earlier.py", "earlier_moment"): "the same",
    ("warehouse/earlier.py", "earlier_metric"): "the same",
    ("decisions.py", "decision"): "read whole from decisions/ every night",
    ("dry_run.py", "cell"): "a workspace in memory",
    ("dry_run.py", "finding"): "the same",
    ("rebuild.py", "run"): "a database that is not in use yet",
}


def test_only_these_rows_are_ever_changed() -> None:
    found = {
        (path.relative_to(PROJECT_ROOT / "jindu").as_posix(), table)
        for path in (PROJECT_ROOT / "jindu").rglob("*.py")
        for table in CHANGED.findall(path.read_text(encoding="utf-8"))
    }
    assert found == set(WHY)
    assert not {table for _, table in found} & {"arrival", "submission", "document", "notification", "verdict"}
