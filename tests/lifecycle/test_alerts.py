"""Alerts are cases: they last over the nights, and people see to them by decisions."""

import json

import pytest

from jindu import cli
from jindu.checks import gate
from jindu.rebuild import rebuild
from jindu.settings import no_progress
from jindu.warehouse.journal import journal_file

from .conftest import BY, Office, Rows, judged_plainly

NEXT = "2024-06-21T02:00"
AT = "2024-06-20T10:00"


def alert(office: Office, *arguments: str) -> int:
    return cli.run_command(["alert", *arguments, "--home", str(office.home.root)])


def decide(office: Office, *arguments: str) -> int:
    return alert(office, *arguments, "--by", BY, "--at", AT)


def waiting(office: Office, count: int) -> list[str]:
    """Ids of open cases that are told."""
    rows = office.published(
        "select case_id from mart.alert_case where state != 'resolved' and is_told order by case_id"
    )
    return [str(case_id) for (case_id,) in rows][:count]


@pytest.fixture(autouse=True)
def plain_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "judge", judged_plainly)


def test_decided_cases_stay_so_the_next_night_and_when_rebuilt(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    acknowledged, snoozed, assigned = waiting(office, 3)
    assert alert(office, "list", "--json") == 1
    assert {one["case_id"] for one in json.loads(capsys.readouterr().out)} >= {acknowledged, snoozed, assigned}

    ((owner, owned),) = office.published(
        "select owner, count(*) from mart.alert_case where state != 'resolved' and is_told"
        " group by owner order by all limit 1"
    )
    alert(office, "list", "--json", "--owner", str(owner))
    assert len(json.loads(capsys.readouterr().out)) == owned
    for state, count in office.published("select state, count(*) from mart.alert_case where is_told group by state"):
        alert(office, "list", "--json", "--state", str(state))
        assert len(json.loads(capsys.readouterr().out)) >= int(str(count)), state
    assert decide(office, "ack", acknowledged[:8], "--reason", "已约谈", "--dry-run") == 0
    assert not (office.home.decisions / "alert.jsonl").exists()
    assert decide(office, "ack", acknowledged[:8], "--reason", "已约谈") == 0
    assert decide(office, "snooze", snoozed, "--until", "2099-07-31", "--reason", "等批复") == 0
    assert decide(office, "assign", assigned, "--to", "统筹办", "--reference", str(office.reference)) == 0
    capsys.readouterr()
    alert(office, "history", acknowledged)
    assert "下一夜计入" in capsys.readouterr().out

    office.run(NEXT)
    of_these = f"case_id in ('{acknowledged}', '{snoozed}', '{assigned}')"
    states: Rows = office.published(
        "select case_id, state = 'acknowledged', snoozed_until is not null, assignee"
        f" from mart.alert_case where {of_these}"
    )
    assert sorted(states) == sorted(
        [(acknowledged, True, False, None), (snoozed, False, True, None), (assigned, False, False, "统筹办")]
    )
    alert(office, "history", acknowledged)
    assert "已约谈" in capsys.readouterr().out
    assert decide(office, "ack", acknowledged) == 2
    assert "已经有人认领" in capsys.readouterr().err

    before = office.private("select * from raw.alert_event order by all")
    assert len(journal_file(office.home, "alert_event").read_bytes().splitlines()) == len(before)
    outcome = rebuild(office.home, office.reference, lambda _, step: step(no_progress))
    assert not [name for name in outcome.differing or () if "alert" in name]
    assert office.private("select * from raw.alert_event order by all") == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "0000000000000000"), "没有编号"),
        (("show", "00"), "至少写 4 位"),
        (("list", "--kind", "late"), "没有“late”这种提醒"),
        (("list", "--unit", "丁"), "org_unit.csv 里没有"),
        (("list", "--owner", "丁"), "没有责任方是“丁”的提醒；有："),
        (("list", "--state", "late"), "没有“late”这种状态；有：open（"),
        (("snooze", "{case}", "--until", "2024-02-30", "--reason", "等批复", "--by", BY), "不是日期"),
        (("snooze", "{case}", "--until", "2024-01-01", "--reason", "等批复", "--by", BY), "已经过去"),
        (("snooze", "{case}", "--until", "2099-01-01", "--by", BY), "--reason"),
        (("assign", "{case}", "--to", "某人", "--by", BY), "没有“某人”"),
        (("ack", "{resolved}", "--by", BY), "已经解除"),
        (("ack", "{case}", "--by", BY, "--at", "2024-01-01T09:00"), "决定的时间不能更早"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    story: dict[str, Office], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    office = story["last"]
    ((resolved,),) = office.published("select min(case_id) from mart.alert_case where state = 'resolved'")
    (case,) = waiting(office, 1)
    given = [one.format(case=case, resolved=resolved) for one in arguments]
    if given[0] == "assign":
        given += ["--reference", str(office.reference)]
    assert alert(office, *given) == 2
    assert said in capsys.readouterr().err


def test_every_told_case_is_shown_in_both_languages(
    story: dict[str, Office], capsys: pytest.CaptureFixture[str]
) -> None:
    office = story["last"]
    assert alert(office, "list", "--everything") == 1
    listed = capsys.readouterr().out
    for (case_id,) in office.published("select case_id from mart.alert_case"):
        assert str(case_id)[:8] in listed
    (case,) = waiting(office, 1)
    assert alert(office, "show", case, "--lang", "en") == 0
    assert "severity: " in capsys.readouterr().out
