"""A warning that nobody explained is waived or upheld; both are decisions, count from the next night on, and stay."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest
from rich.cells import cell_len

from jindu import cli, dry_run, finding
from jindu.dry_run import DryRun, Judgement
from jindu.judging import LyingFile, first_look
from jindu.rebuild import rebuild
from jindu.settings import PROJECT_ROOT, JinduError, parse_as_of

from .conftest import BY, FIRST, REASON, THIRD, Office, Rows, judged_plainly

HELD, DECIDED = "2024-06-22T02:00", "2024-06-24T02:00"  # the nights after which something waits, and is decided
MAY = "2024-05"


def sent_again(office: Office, unit: str, month: str, **other: str) -> str:
    """A CSV of the figures that a unit sent for a month, but for its year to date of these indicators; no notes."""
    cells: Rows = office.published(
        "select indicator_code, indicator.unit, max(value) filter (where measure = 'month'),"
        " max(value) filter (where measure = 'ytd')"
        " from mart.reported_cell inner join mart.indicator as indicator using (indicator_code)"
        f" where org_unit_code = '{unit}' and report_month = date '{month}-01' group by all order by all"
    )
    silent = {"visit", "spending", "estate", "dispute", "mediated"} - {indicator for indicator, *_ in cells}
    lines = ["form,sender_code,report_month,indicator_code,unit,month_value,ytd_value,correction_reason"]
    for indicator, measure, month_value, ytd_value in cells:
        shown = ["" if value is None else f"{value.normalize():f}" for value in (month_value, ytd_value)]  # type: ignore[attr-defined]
        shown[1] = other.get(str(indicator), shown[1])
        lines.append(f"monthly,{unit},{month},{indicator},{measure},{','.join(shown)},补录")
    lines += [f"monthly,{unit},{month},{indicator},,不适用,不适用,补录" for indicator in sorted(map(str, silent))]
    return "\n".join(lines) + "\n"


def waiting(office: Office, unit: str, version: int) -> str:
    """The id of the one open warning of a version of May."""
    ((finding_id,),) = office.published(
        "select finding_id from mart.finding inner join mart.submission using (submission_id, report_month)"
        f" where finding.org_unit_code = '{unit}' and report_month = date '{MAY}-01' and version = {version}"
        " and severity = 'warning'"
    )
    return str(finding_id)


def states(office: Office, unit: str) -> Rows:
    """Each version of May with its state, its finding's state, and what settled it."""
    return office.published(
        "select version, submission.state, string_agg(finding.state, ' '), max(settled_by_id)"
        " from mart.submission as submission left join mart.finding as finding"
        " on submission.submission_id = finding.submission_id and severity = 'warning'"
        f" where submission.org_unit_code = '{unit}' and submission.report_month = date '{MAY}-01'"
        " group by all order by version"
    )


def dry(office: Office, *files: Path) -> list[tuple[Judgement, Judgement]]:
    """What the first answer says of files just before the night, by reading alone and by the whole gate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dry_run, "judge", judged_plainly)
        with DryRun(office.reference, parse_as_of(DECIDED), office.home.history) as run:
            return list(
                zip(run.read([run.arrival(file, file.parent.name) for file in files]), run.judge(), strict=True)
            )


@pytest.fixture(scope="module")
def tale(story: dict[str, Office], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Office]:
    """甲's May is held and waived; 丙's second version of May is held and upheld. Then both send the same again."""
    office = story["last"].copy(tmp_path_factory.mktemp("findings") / "home")
    falling = sent_again(office, THIRD, MAY, visit="1")
    office.put(f"{THIRD}/五月更正.csv", falling, at="2024-06-21T09:00")
    office.run(HELD)
    nights = {HELD: office.copy(office.home.root.parent / "held")}
    assert office.decide_finding("waive", waiting(office, FIRST, 1)[:8], at="2024-06-22T10:00") == 0
    assert office.decide_finding("uphold", "丙", "月报", MAY, at="2024-06-22T10:05") == 0
    office.put(f"{FIRST}/五月再报.csv", sent_again(office, FIRST, MAY), at="2024-06-22T12:00")
    office.put(f"{THIRD}/五月再报.csv", falling + "\n", at="2024-06-22T12:00")
    nights["sent"] = office.copy(office.home.root.parent / "sent")
    office.run(DECIDED)
    return nights | {DECIDED: office}


@pytest.fixture
def held(tale: dict[str, Office], tmp_path: Path) -> Office:
    """A copy of the office in which two warnings wait, for the test alone."""
    return tale[HELD].copy(tmp_path / "home")


@pytest.fixture(scope="module")
def answered(tale: dict[str, Office], tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The office in which one was waived and the other upheld, and neither sent again, after the next night."""
    office = tale[HELD].copy(tmp_path_factory.mktemp("answered") / "home")
    for unit, verdict in ((FIRST, "waive"), (THIRD, "uphold")):
        assert office.decide_finding(verdict, unit, "monthly", MAY, at="2024-06-22T10:00") == 0
    office.run("2024-06-23T02:00")
    return office


def said(capsys: pytest.CaptureFixture[str], office: Office, *arguments: str, code: int) -> str:
    capsys.readouterr()
    assert cli.run_command([*arguments, "--home", str(office.home.root)]) == code, capsys.readouterr().err
    told = capsys.readouterr()
    return told.err if code == 2 else told.out


DECISION = ("--reason", REASON, "--by", BY)


def test_waived_is_accepted_and_upheld_is_rejected_from_the_next_night(tale: dict[str, Office]) -> None:
    assert states(tale[HELD], FIRST) == [(1, "held", "open", None)]
    assert [row[:3] for row in states(tale[HELD], THIRD)] == [(1, "superseded", None), (2, "held", "open")]
    assert states(tale[DECIDED], FIRST)[0] == (1, "superseded", "waived", None)
    # what was upheld is asked again when it is sent again, and nobody waits for it in the version before
    assert [row[:3] for row in states(tale[DECIDED], THIRD)] == [
        (1, "superseded", None), (2, "rejected", "replaced"), (3, "held", "open"),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", ["核实无误", "无", "请领导放心"])
def test_a_reason_that_would_settle_no_clerks_warning_waives_none(
    held: Office, capsys: pytest.CaptureFixture[str], reason: str
) -> None:
    told = ["finding", "waive", FIRST, "monthly", MAY, "--reason", reason, "--by", BY]
    assert cli.run_command([*told, "--home", str(held.home.root), "--reference", str(held.reference)]) == 2
    assert "等于没有说明" in capsys.readouterr().err
    assert not (held.home.decisions / "finding.jsonl").exists()


def test_the_same_value_is_not_asked_again(tale: dict[str, Office]) -> None:
    office = tale[DECIDED]
    waived = waiting(tale[HELD], FIRST, 1)
    assert states(office, FIRST)[1] == (2, "accepted", "settled", waived)
    assert waiting(office, FIRST, 1) == waived  # the id is that of the night before


def test_without_a_newer_version_the_states_change_back(answered: Office) -> None:
    assert states(answered, FIRST) == [(1, "accepted", "waived", None)]
    assert [row[:3] for row in states(answered, THIRD)] == [(1, "accepted", None), (2, "rejected", "upheld")]
    changes = answered.published(
        "select version, state, cause, rule_codes, decision_id is not null from mart.submission_state"
        f" where org_unit_code in ('{FIRST}', '{THIRD}') and report_month = date '{MAY}-01'"
        " and since_at = timestamptz '2024-06-23 02:00:00+08' order by org_unit_code, version"
    )
    assert changes == [
        (1, "accepted", "decision", None, True),
        (1, "accepted", "newer_version_gone", None, False),
        (2, "rejected", "decision", "cumulative_falls", True),
    ]
    verdicts = answered.private(
        "select verdict, decision_id is not null from raw.verdict"
        " where judged_at = timestamptz '2024-06-23 02:00:00+08' order by verdict"
    )
    assert verdicts == [("accepted", True), ("rejected", True)]
    returned = "".join(
        path.read_text(encoding="utf-8") for path in (answered.home.returns / THIRD).glob(f"{MAY}*第2版*回执*")
    )
    assert "已认定" in returned and "经核实不予认可" in returned and waiting(answered, THIRD, 2)[:8] in returned
    assert REASON not in returned and BY not in returned


def test_the_first_answer_agrees_with_the_night(tale: dict[str, Office]) -> None:
    sent, after = tale["sent"], tale[DECIDED]
    files = [sent.home.inbox / unit / "五月再报.csv" for unit in (FIRST, THIRD)]
    (first_read, first), (_, third) = dry(sent, *files)
    assert (first.state, set(first.answers.values())) == ("accepted", {"settled"})
    assert (third.state, set(third.answers.values())) == ("held", {"open"})
    assert first_read.state == "accepted"
    for judgement in (first, third):
        rows = after.private(
            f"select finding_id, state from core.finding_answer where submission_id = '{judgement.submission_id}'"
        )
        assert judgement.answers == dict(rows)  # type: ignore[arg-type]
        found = after.private(
            "select finding_id, rule_code, cell, found from raw.finding"
            f" where submission_id = '{judgement.submission_id}' and run_id = '{DECIDED}:00'"
        )
        told = [asdict(finding) for finding in judgement.findings]
        assert [tuple(one[name] for name in ("finding_id", "rule_code", "cell", "found")) for one in told] == found


def test_a_look_between_nights_asks_nothing_twice(tale: dict[str, Office]) -> None:
    office = tale["sent"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dry_run, "judge", judged_plainly)
        file = LyingFile(office.home.inbox / FIRST / "五月再报.csv", FIRST)
        (receipt,) = first_look(office.home, office.reference, [file], parse_as_of(DECIDED))
    assert (receipt.state, receipt.remarks, receipt.explained_count) == ("accepted", (), 1)


def test_rebuilding_brings_all_of_it_back(tale: dict[str, Office], tmp_path: Path) -> None:
    office = tale[DECIDED].copy(tmp_path / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jindu.checks.gate.judge", judged_plainly)
        outcome = rebuild(office.home, office.reference, lambda _, work: work(lambda _done, _total: None))
    assert outcome.differing == ()
    assert outcome.tables_count > 50


def test_ids_are_unique_and_stay(tale: dict[str, Office]) -> None:
    before, after = (
        {tuple(row[1:]): row[0] for row in office.published(
            "select finding_id, submission_id, sheet_name, cell, rule_code, indicator_code from mart.finding"
        )}
        for office in (tale[HELD], tale[DECIDED])
    )  # fmt: skip
    assert len(before) > 3
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)
    later = tale[DECIDED].private(
        "select count(*), count(distinct finding_id) from raw.finding where gate != 'incoming'"
    )
    assert later[0][0] == later[0][1]


def test_what_waits_is_listed_the_oldest_first(held: Office, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, held, "finding", "list", code=1)
    assert "共 7 条：7 条等说明、放行或认定，0 条等重报。" in shown
    listed = json.loads(said(capsys, held, "finding", "list", "--json", code=1))
    ages = [one["age_days"] for one in listed]
    assert len(ages) == 7 and ages == sorted(ages, reverse=True)
    listed = [one for one in listed if one["report_month"] == MAY]
    assert [(one["unit"], one["age_days"], one["owner"], one["found"], one["state"]) for one in listed] == [
        ("甲", 19, "填报员", "94", "open"), ("丙", 1, "填报员", "1", "open"),  # since the file came
    ]  # fmt: skip
    assert all(one["expected"].startswith("≥ ") for one in listed)
    english = said(capsys, held, "--lang", "en", "finding", "list", "--unit", "甲", code=1)
    assert "6 findings: 6 to be explained" in english and waiting(held, THIRD, 2)[:8] not in english
    everything = json.loads(said(capsys, held, "finding", "list", "--everything", "--json", code=1))
    assert {one["finding_id"] for one in listed} < {one["finding_id"] for one in everything}


def test_what_was_upheld_waits_for_a_new_report(
    held: Office, answered: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    finding_id = waiting(held, THIRD, 2)
    assert held.decide_finding("uphold", finding_id[:8], at="2024-06-22T10:05") == 0
    pending = said(capsys, held, "finding", "list", "--unit", "丙", code=1)
    assert finding_id[:8] in pending and "已认定，下一夜计入" in pending
    assert "共 1 条：0 条等说明、放行或认定，1 条等重报。" in pending
    shown = said(capsys, answered, "finding", "list", "--unit", "丙", code=1)
    assert finding_id[:8] in shown and "已认定" in shown and "1 条等重报。" in shown
    assert [
        one["state"] for one in json.loads(said(capsys, answered, "finding", "list", "--json", "--unit", "丙", code=1))
    ] == ["upheld"]


def test_a_unit_that_nobody_knows_is_no_unit_without_findings(held: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert "丁" in said(capsys, held, "finding", "list", "--unit", "丁", code=2)
    assert "没有待处理的问题" in said(capsys, held, "finding", "list", "--unit", "乙", code=0)


def test_a_list_holds_in_80_columns(
    held: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = said(capsys, held, "finding", "list", "--everything", code=1)
    assert [line for line in shown.splitlines() if cell_len(line) > 80] == []
    lines = shown.splitlines()
    place = next(number for number, line in enumerate(lines) if waiting(held, THIRD, 2)[:8] in line)
    assert lines[place - 1] == "丙 · 月报 · 2024-05 · 第 2 版 · 待核实 · 已等 1 天"
    assert lines[place].split("  ")[2] == "G5 · 核实性 · 填报员"
    assert "本年累计 1 比上月累计" in lines[place + 1]
    english = said(capsys, held, "--lang", "en", "finding", "list", "--everything", code=1)
    assert "warning · clerk" in english and "填报员" not in english and "统筹办" not in english
    assert "应为" not in english and "这样的日期" not in english


def test_the_operator_reads_what_was_typed(held: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """What is published of a cell may be masked; the operator's own terminal says what stands in it."""
    finding_id = waiting(held, THIRD, 2)
    file = held.home.published.resolve()
    file.parent.chmod(0o755)
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        connection.execute(
            "update mart.finding set found = '…', message_zh = '填的是…' where finding_id = ?", [finding_id]
        )
    shown = said(capsys, held, "finding", "show", finding_id, code=0)
    assert "查到：1\n" in shown and "…" not in shown
    assert json.loads(said(capsys, held, "finding", "show", finding_id, "--json", code=0))["found"] == "…"
    held.home.history.unlink()
    assert "查到：…" in said(capsys, held, "finding", "show", finding_id, code=0)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("数字、0 或“不适用”", "a number, 0 or 不适用"),
        ("2024-05-31 这样的日期", "a day such as 2024-05-31"),
        ("4 或 5", "4 or 5"),
        ("小于 1 万亿（1000000000000）件", "below 1000000000000 件"),
        ("≥ 61", "≥ 61"),
        ("字", "字"),
    ],
)
def test_what_was_expected_is_told_in_english(text: str, english: str) -> None:
    assert finding.english(text) == english


def test_every_chinese_word_of_what_is_expected_has_an_english_one() -> None:
    """What sql/check says in Chinese of what a figure should be; whole texts, not those that a figure goes into."""
    texts = {
        text
        for path in (PROJECT_ROOT / "sql" / "check").glob("*.sql")
        for text in re.findall(
            r"^    '([^']*[一-鿿][^']*)' as \w*expected", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert len(texts) > 5
    assert {text for text in texts if finding.english(text) == text} == set()


def test_a_unit_in_the_place_of_an_id_is_told_how_it_goes(held: Office, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, held, "finding", "waive", "丙", *DECISION, code=2)
    assert "“丙”是单位，不是问题编号" in told and "丙 monthly 2024-05" in told and waiting(held, THIRD, 2)[:8] in told
    told = said(capsys, held, "finding", "waive", "乙", *DECISION, code=2)
    assert "它没有等答复的核实性问题" in told
    assert "没有编号以“丁”开头" in said(capsys, held, "finding", "waive", "丁", *DECISION, code=2)


def test_a_decision_names_the_submissions_too(tale: dict[str, Office]) -> None:
    """So that the night knows what was upheld before it judges anything."""
    upheld = tale[DECIDED].private("select submission_id from core.upheld_submission")
    assert upheld == tale[DECIDED].private(
        f"select submission_id from core.submission where sender_code = '{THIRD}' and state = 'rejected'"
        f" and version = 2 and report_month = date '{MAY}-01'"
    )
    assert len(upheld) == 1


def test_status_names_what_is_past_its_lock_day(tale: dict[str, Office], capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, tale[HELD], "status", code=1)
    assert "过了锁定日仍待核实 4 份" in shown and "甲 · 月报 2024-05 · 锁定日 2024-06-17，已过 5 天 · 1 条问题" in shown
    undecided = json.loads(said(capsys, tale[DECIDED], "status", "--json", code=1))["undecided"]
    assert [(one["unit"], one["days_over"], one["findings"]) for one in undecided] == [
        ("甲", 101, 4), ("甲", 70, 1), ("丙", 7, 1),
    ]  # fmt: skip


def test_one_finding_is_shown_with_who_answered_it(tale: dict[str, Office], capsys: pytest.CaptureFixture[str]) -> None:
    waived = waiting(tale[HELD], FIRST, 1)
    shown = said(capsys, tale["sent"], "finding", "show", waived[:6], code=0)
    assert all(text in shown for text in (waived, "已放行，下一夜计入", BY, REASON, "cumulative_falls"))
    settled = json.loads(
        said(capsys, tale[DECIDED], "finding", "show", waiting(tale[DECIDED], FIRST, 2), "--json", code=0)
    )
    assert (settled["state"], settled["settled_by_id"]) == ("settled", waived)


def test_a_trial_says_what_would_become_of_it_and_records_nothing(
    held: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = (*DECISION, "--dry-run")
    assert "全部已有答复，下一夜起接收。" in said(capsys, held, "finding", "waive", "甲", "月报", MAY, *trial, code=0)
    upheld = said(capsys, held, "finding", "uphold", waiting(held, THIRD, 2), *trial, code=0)
    assert "第 1 版重新有效" in upheld and "没有记下" in upheld
    alone = said(capsys, held, "--lang", "en", "finding", "uphold", waiting(held, FIRST, 1), *trial, code=0)
    assert "no version is left that counts" in alone
    assert not (held.home.decisions / "finding.jsonl").exists()


def test_what_takes_no_answer_is_refused(
    held: Office, tale: dict[str, Office], capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(office: Office, *arguments: str, lang: str = "zh") -> str:
        return said(capsys, office, "--lang", lang, "finding", *arguments, *DECISION, code=2)

    ((critical,),) = held.published("select min(finding_id) from mart.finding where severity = 'critical'")
    told = refused(held, "waive", str(critical))
    assert "是强制性的，不能放行" in told and "请填报员改正后重报" in told
    assert "is critical and can be neither waived nor upheld" in refused(held, "uphold", str(critical), lang="en")
    assert "至少写 4 位" in refused(held, "waive", "ab")
    assert "没有编号以“ffffffffffff”开头" in refused(held, "waive", "ffffffffffff")
    assert "没有待核实的问题" in refused(held, "waive", "乙", "月报", "2024-02")
    assert "org_unit.csv 里没有“丁”" in refused(held, "waive", "丁", "月报", MAY)
    assert "才收到" in refused(held, "waive", waiting(held, THIRD, 2), "--at", "2024-06-20T09:00")
    assert "不能记下将来的决定" in refused(held, "waive", waiting(held, THIRD, 2), "--at", "2999-01-01T09:00")
    done = tale[DECIDED]
    assert "已经放行过" in refused(tale["sent"], "waive", waiting(done, FIRST, 1))
    assert "那一版已不计入" in refused(done, "uphold", waiting(done, FIRST, 1))
    assert "此前已答复，不用放行" in refused(done, "waive", waiting(done, FIRST, 2))
    assert not (held.home.decisions / "finding.jsonl").exists()


def test_an_ambiguous_id_names_what_it_could_be(held: Office, capsys: pytest.CaptureFixture[str]) -> None:
    file = held.home.published.resolve()
    file.parent.chmod(0o755)
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        connection.execute("update mart.finding set finding_id = 'abcd' || finding_id where state = 'open'")
    told = said(capsys, held, "finding", "waive", "ABCD", *DECISION, code=2)
    assert "请写得长一些" in told and f"abcd{waiting(held, FIRST, 1)[4:8]}" in told


def test_an_operator_may_think_again(held: Office) -> None:
    waived = waiting(held, FIRST, 1)
    assert held.decide_finding("waive", waived, at="2024-06-22T10:00") == 0
    assert held.decide_finding("uphold", waived, at="2024-06-22T11:00") == 0
    assert held.decide_finding("uphold", waived, at="2024-06-22T12:00") == 2


def test_a_past_night_knows_no_later_decision(tale: dict[str, Office]) -> None:
    """The journals are read whole; what was recorded after the as-of moment does not count."""
    office = tale[DECIDED]
    at = "select count(*) from raw.decision where kind = 'finding' and recorded_at <= timestamptz '{}+08'"
    assert office.private(at.format("2024-06-22 02:00:00")) == [(0,)]
    assert office.private(at.format("2024-06-24 02:00:00")) == [(2,)]
    assert tale[HELD].published("select count(*) from mart.finding where decision_id is not null") == [(0,)]


def test_a_damaged_decision_stops_the_night(held: Office) -> None:
    held.home.decisions.mkdir(exist_ok=True)
    moment, payload = "2024-06-22T10:00:00+08:00", {"verdict": "forgiven", "findings": ["0" * 16]}
    line = {"decision_id": "x", "kind": "finding", "recorded_at": moment, "entered_at": moment, "payload": payload}
    line |= {"reason": REASON, "by": BY}
    (held.home.decisions / "finding.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(JinduError, match="verdict: forgiven"):
        held.run("2024-06-23T02:00")
