"""The journals of decisions: whole or not at all, for ever, and told when they are not."""

import json
import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jindu.decisions import load_decisions, read_journals, record, strange_files, torn_journals
from jindu.report.status import read_status
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night
from jindu.warehouse.connection import connect
from jindu.warehouse.models import store_reference

TAKEN = datetime(2024, 6, 3, 9, tzinfo=OFFICE_TIMEZONE)
VISITS = {
    "plan_year": 2024, "org_unit_code": "350599001", "indicator_code": "visit", "target_form": "at_least",
    "value": "1500", "version": 2, "effective_month": "2024-07-01",
}  # fmt: skip


def taken(home: Home, **changes: Any) -> str:
    """Record a revision of the visits; its id."""
    payload = {"targets": [VISITS | changes]}
    return record(home, "target", by="李四", reason="加码", payload=payload, recorded_at=TAKEN).decision_id


def journal(home: Home) -> Path:
    return home.decisions / "target.jsonl"


def loaded(home: Home) -> list[str]:
    with connect(home, read_only=True) as connection:
        return [row[0] for row in connection.execute("select decision_id from raw.decision order by line").fetchall()]


def test_a_decision_is_a_line_that_only_the_office_reads(home: Home) -> None:
    first, second = taken(home), taken(home, version=3)
    lines = [json.loads(line) for line in journal(home).read_text(encoding="utf-8").splitlines()]
    assert [line["decision_id"] for line in lines] == [first, second]
    assert lines[0] | {"entered_at": "", "decision_id": ""} == {
        "decision_id": "", "kind": "target", "recorded_at": "2024-06-03T09:00:00+08:00", "entered_at": "",
        "by": "李四", "reason": "加码", "payload": {"targets": [VISITS]},
    }  # fmt: skip
    assert stat.S_IMODE(journal(home).stat().st_mode) == 0o600


def test_a_night_loads_them_archives_the_file_and_does_it_again_without_a_change(home: Home, night: Night) -> None:
    decision = taken(home)
    assert store_reference(night).detail_zh.endswith("决定 1 条")
    load_decisions(night)
    assert loaded(home) == [decision]
    archived = [path for path in home.archive.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in archived] == [journal(home).read_bytes()]
    assert stat.S_IMODE(archived[0].stat().st_mode) == 0o444
    taken(home, version=3)
    load_decisions(night)
    assert len([path for path in home.archive.rglob("*") if path.is_file()]) == 2


def test_a_line_that_was_torn_is_set_aside_and_told(home: Home, night: Night) -> None:
    decision = taken(home)
    with journal(home).open("ab") as file:
        file.write('{"decision_id": "20240603-dead", "kind": "tar理'.encode()[:-1])
    report = load_decisions(night)
    assert loaded(home) == [decision]
    assert "没有写完整" in report.detail_zh
    assert "not written whole" in report.detail_en
    status = read_status(home, TAKEN, None)
    assert "torn_decision" in [need.code for need in status.needs]
    later = taken(home, version=3)
    assert [one.decision_id for _, one in read_journals(home)[0].decisions] == [decision, later]
    assert b"20240603-dead" in journal(home).with_name("target.jsonl.torn").read_bytes()
    assert torn_journals(home) == []


def test_a_last_line_without_its_end_counts_when_it_is_whole(home: Home) -> None:
    first = taken(home)
    journal(home).write_bytes(journal(home).read_bytes().rstrip())
    assert torn_journals(home) == []
    second = taken(home, version=3)
    assert [(line, one.decision_id) for line, one in read_journals(home)[0].decisions] == [(1, first), (2, second)]


DAMAGE: dict[str, dict[str, Any] | str] = {
    "no JSON": "{",
    "no object": "[]",
    "a key lost": {"reason": None},
    "of another kind": {"kind": "withdraw"},
    "a moment without its zone": {"recorded_at": "2024-06-03T09:00:00"},
    "no targets": {"payload": {"targets": []}},
    "an unknown column": {"payload": {"targets": [VISITS | {"goal": 3}]}},
    "a value that is none": {"payload": {"targets": [VISITS | {"value": "much"}]}},
    "a value as a float": {"payload": {"targets": [VISITS | {"value": 0.1}]}},
    "no version": {"payload": {"targets": [VISITS | {"version": None}]}},
    "a form that is none": {"payload": {"targets": [VISITS | {"target_form": "about"}]}},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_line_is_named_with_its_file(home: Home, night: Night, damage: dict[str, Any] | str) -> None:
    taken(home)
    taken(home, version=3)
    first, second = journal(home).read_text(encoding="utf-8").splitlines()
    if isinstance(damage, dict):
        told = json.loads(first) | damage
        first = json.dumps({name: value for name, value in told.items() if value is not None})
    else:
        first = damage
    journal(home).write_text(f"{first}\n{second}\n", encoding="utf-8")
    with pytest.raises(JinduError) as raised:
        load_decisions(night)
    assert f"{journal(home)} 第 1 行" in raised.value.message_zh
    assert f"Line 1 of {journal(home)}" in raised.value.message_en


def test_a_damaged_line_is_restored_from_a_copy_only_where_there_is_one(home: Home, night: Night) -> None:
    taken(home)
    kept = journal(home).read_bytes()
    journal(home).write_bytes(b"{\n" + kept)
    with pytest.raises(JinduError, match="没有它的存档"):
        load_decisions(night)
    journal(home).write_bytes(kept)
    load_decisions(night)
    journal(home).write_bytes(b"{\n" + kept)
    with pytest.raises(JinduError) as raised:
        load_decisions(night)
    (named,) = [path for path in home.archive.rglob("*") if path.is_file() and str(path) in raised.value.message_zh]
    assert named.read_bytes() == kept


@pytest.mark.parametrize("name", ["target - 副本.jsonl", "other.jsonl", "说明.txt"])
def test_a_stray_file_is_told_and_left_alone(home: Home, night: Night, name: str) -> None:
    decision = taken(home)
    stray = home.decisions / name
    stray.write_bytes(b"{")
    report = load_decisions(night)
    assert loaded(home) == [decision]
    assert f"{name} 不是决定文件" in report.detail_zh
    assert name in report.detail_en
    assert (strange_files(home), torn_journals(home)) == ([stray], [])
    assert "strange_decision" in [need.code for need in read_status(home, TAKEN, None).needs]
    assert stray.read_bytes() == b"{"


def test_what_an_editor_put_before_the_first_line_is_no_damage(home: Home, night: Night) -> None:
    first = taken(home)
    journal(home).write_bytes(b"\xef\xbb\xbf" + journal(home).read_bytes().rstrip())
    assert torn_journals(home) == []
    second = taken(home, version=3)
    load_decisions(night)
    assert loaded(home) == [first, second]


def test_the_same_decision_twice_is_damage(home: Home) -> None:
    taken(home)
    journal(home).write_bytes(journal(home).read_bytes() * 2)
    with pytest.raises(JinduError, match="第 2 行"):
        read_journals(home)


def test_a_decision_that_was_loaded_once_is_not_lost(home: Home, night: Night) -> None:
    taken(home)
    load_decisions(night)
    kept = journal(home).read_bytes()
    journal(home).write_bytes(kept.replace(b"1500", b"1900"))
    with pytest.raises(JinduError) as raised:
        load_decisions(night)
    (named,) = [path for path in home.archive.rglob("*") if path.is_file() and str(path) in raised.value.message_zh]
    assert named.read_bytes() == kept


@pytest.mark.parametrize(
    ("by", "reason", "said"),
    [
        (" ", "加码", "--by"),
        ("李四", " ", "--reason"),
        ("李四", "问 13805950000", "手机号码"),
        ("李四", "问 0595-22580000", "电话号码"),
        ("李四", "350502199001011234 要求", "身份证号"),
    ],
)
def test_a_reason_says_something_and_names_nobody(home: Home, by: str, reason: str, said: str) -> None:
    with pytest.raises(JinduError, match=said):
        record(home, "target", by=by, reason=reason, payload={"targets": [VISITS]}, recorded_at=TAKEN)
    assert not journal(home).exists()


def test_a_reason_may_hold_figures(home: Home) -> None:
    record(
        home,
        "target",
        by="李四",
        reason="2024 年 1234567 元，区里（2024）15 号",
        payload={"targets": [VISITS]},
        recorded_at=TAKEN,
    )


def test_a_moment_to_come_is_refused(home: Home) -> None:
    tomorrow = datetime.now(OFFICE_TIMEZONE) + timedelta(days=1)
    with pytest.raises(JinduError, match="还没有到"):
        record(home, "target", by="李四", reason="加码", payload={"targets": [VISITS]}, recorded_at=tomorrow)


def test_a_payload_that_could_not_be_read_again_is_not_written(home: Home) -> None:
    with pytest.raises(JinduError):
        record(home, "target", by="李四", reason="加码", payload={"targets": [{}]}, recorded_at=TAKEN)
    assert not journal(home).exists()


def several(root: Path) -> None:
    for version in range(10):
        taken(Home(root), version=version + 2)


def test_two_people_at_once_write_whole_lines(home: Home) -> None:
    with ProcessPoolExecutor(2) as pool:
        for written in [pool.submit(several, home.root) for _ in range(2)]:
            written.result()
    assert len(read_journals(home)[0].decisions) == 20
