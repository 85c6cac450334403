"""The engine itself, on a real database file: Great Expectations is imported once, in about ten seconds."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.checks import gate as gate_module
from jindu.checks.engine import GateError, Verdict, judge
from jindu.checks.expectations import GATES, Expectation, gate_expectations, load_expectations
from jindu.checks.gate import GateFailed, findings_of, run_gate, without_personal_number
from jindu.checks.plain import judge_plainly
from jindu.settings import OFFICE_TIMEZONE, Home, Night
from jindu.warehouse.connection import connect
from jindu.warehouse.models import build_one, models

FAILING = 2_500
MEASURES = f"""
    select
        'k' || lpad(cast(number as varchar), 5, '0') as check_key,
        'sub' || number as submission_id, 'A' as org_unit_code, 'm' as form_code, 'x' as indicator_code,
        date '2030-03-01' as report_month, '表' as sheet_name, 'E' || number as cell, 'E0' as other_cell,
        cast(-number as varchar) as found, '≥ 0' as expected, number % 2 = 0 as is_explained,
        cast(case when number <= {FAILING} then -number / 1000 else number end as decimal(24, 6)) as size_value,
        case when number <= 3 then false when number <= 6 then null else true end as is_good,
        case when number <= 7 then null else 'on_pace' end as status,
        case when number <= 4 then 'same' else cast(number as varchar) end as twin,
        1 as one_count, '{{' as brace_text,
    from range(1, 4001) as numbered (number)
"""
WORDS = """
  owner: 填报员
  message_zh: "{indicator} 在 {cell} 是 {found}"
  message_en: "{indicator} in {cell} is {found} ({report_month})"
  reason: a test
"""


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A night whose database holds one check table of 4,000 rows, one that is empty, and one indicator's name."""
    home = Home(tmp_path / "home")
    with connect(home) as connection:
        connection.execute(f'create table "check".measure as {MEASURES}')
        connection.execute('create table "check".empty as select * from "check".measure limit 0')
        connection.execute(
            "create table reference.indicator as select 'x' as code, '调解' as name_zh, 'Settled' as name_en"
        )
        connection.execute("create table reference.org_unit as select 'A' as code, '甲社区' as name")
    return Night(home, tmp_path, datetime(2030, 4, 10, 2, tzinfo=OFFICE_TIMEZONE), "2030-04-10T02:00:00", 1)


@pytest.fixture
def expect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Expectation, ...]]]:
    """Write the expectations that every gate has from now on: code, what is expected, severity, more lines."""

    def write(*items: tuple[str, str, str]) -> tuple[Expectation, ...]:
        path = tmp_path / "gate.yml"
        path.write_text("\n".join(_item(*item) for item in items), encoding="utf-8")
        loaded = load_expectations(path)
        monkeypatch.setattr(gate_module, "gate_expectations", lambda _gate: loaded)
        return loaded

    yield write


def _item(code: str, severity: str, lines: str) -> str:
    if "table:" not in lines:
        lines += "\ntable: check.measure"
    body = "\n".join(f"  {line}" for line in dedent(lines).strip().splitlines())
    return f"- code: {code}\n  severity: {severity}\n{body}{WORDS}"


NEGATIVE = "expect: values_between\ncolumn: size_value\nminimum: 0"
GOOD = "expect: values_in_set\ncolumn: is_good\nvalues: [true]"
STATUS = "expect: values_not_null\ncolumn: status"
TWIN = "expect: values_unique\ncolumn: twin"
SOUND = "expect: values_between\ncolumn: one_count\nminimum: 1\nmaximum: 1"
EMPTY = "expect: values_between\ncolumn: size_value\nminimum: 0\ntable: check.empty"


def stored(night: Night, query: str) -> list[tuple[object, ...]]:
    with connect(night.home, read_only=True) as connection:
        return [*connection.execute(query).fetchall()]


def test_every_failing_row_of_every_kind_comes_back(
    night: Night, expect: Callable[..., tuple[Expectation, ...]]
) -> None:
    expectations = expect(
        ("negative", "warning", NEGATIVE), ("bad", "critical", GOOD), ("lost", "critical", STATUS),
        ("twins", "information", TWIN), ("sound", "critical", SOUND), ("empty", "critical", EMPTY),
        ("unsaid", "information", STATUS + "\nunless: bad"),
    )  # fmt: skip
    seen: list[tuple[int, int]] = []
    verdicts = judge(night.home.private_database, expectations, lambda done, total: seen.append((done, total)))
    failed = {verdict.expectation.code: verdict.failed_keys for verdict in verdicts}
    assert [verdict.expectation.code for verdict in verdicts] == [expectation.code for expectation in expectations]
    assert failed["negative"] == tuple(f"k{number:05}" for number in range(1, FAILING + 1))
    assert failed["bad"] == ("k00001", "k00002", "k00003")  # null is not judged
    assert failed["lost"] == tuple(f"k{number:05}" for number in range(1, 8))
    assert failed["twins"] == ("k00001", "k00002", "k00003", "k00004")
    assert failed["unsaid"] == tuple(f"k{number:05}" for number in range(4, 8))  # the others are told as bad
    assert failed["sound"] == failed["empty"] == ()
    assert [verdict.evaluated_count for verdict in verdicts] == [4000] * 5 + [0, 4000]
    assert seen == [(1, 2), (2, 2)]
    with duckdb.connect(night.home.private_database, read_only=True) as connection:
        assert judge_plainly(connection, expectations) == verdicts


def test_the_gate_records_verdicts_and_findings(night: Night, expect: Callable[..., tuple[Expectation, ...]]) -> None:
    expect(
        ("negative", "warning", NEGATIVE),
        ("bad", "critical", GOOD + "\ncell: other_cell"),
        ("twins", "information", TWIN),
    )
    for _ in range(2):  # a night that is run again replaces its own rows
        report = run_gate(night, "incoming")
    assert report.count == FAILING + 3 + 4
    assert stored(
        night, "select gate, expectation_code, severity, evaluated_count, failed_count, passed from raw.gate_result"
    ) == [
        ("incoming", "negative", "warning", 4000, FAILING, False),
        ("incoming", "bad", "critical", 4000, 3, False),
        ("incoming", "twins", "information", 4000, 4, False),
    ]
    assert stored(
        night, "select count(*), count(distinct submission_id) from raw.finding where rule_code = 'negative'"
    ) == [(FAILING, FAILING)]
    (first,) = stored(
        night,
        "select run_id, submission_id, strftime(report_month, '%Y-%m'), cell, found, expected, message_zh, message_en "
        "from raw.finding where rule_code = 'bad' order by submission_id limit 1",
    )
    assert first == (
        "2030-04-10T02:00:00", "sub1", "2030-03", "E0", "-1", "≥ 0", "调解 在 E0 是 -1", 
        "Settled in E0 is -1 (2030-03)",
    )  # fmt: skip
    # only a warning can be explained away
    assert stored(night, "select rule_code, bool_or(is_explained) from raw.finding group by all order by all") == [
        ("bad", False), ("negative", True), ("twins", False),
    ]  # fmt: skip


def test_a_critical_failure_stops_core_and_mart_but_is_recorded(
    night: Night, expect: Callable[..., tuple[Expectation, ...]]
) -> None:
    expect(("bad", "critical", GOOD), ("negative", "warning", NEGATIVE))
    for gate in ("core", "mart"):
        with pytest.raises(GateFailed, match="调解 在 E1 是 -1（3 处，bad）"):
            run_gate(night, gate)
    assert stored(night, "select gate, count(*) from raw.finding group by all order by all") == [
        ("core", FAILING + 3), ("mart", FAILING + 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "is_passed", "said"),
    [
        (2, False, ""),
        (3, True, "known flaw bad, 3 of at most 3: never mended"),
        (9, True, "known flaw bad, 3 of at most 9: never mended (tolerated_count can be lowered to 3)"),
    ],
)
def test_a_known_flaw_passes_while_it_grows_no_larger(
    night: Night, expect: Callable[..., tuple[Expectation, ...]], count: int, is_passed: bool, said: str
) -> None:
    expect(("bad", "critical", GOOD + f"\ntolerated_count: {count}\ntolerated_reason: never mended"))
    if is_passed:
        assert run_gate(night, "mart").detail_en.endswith(said)
    else:
        with pytest.raises(GateFailed, match="3 处，已知的只有 2 处，bad"):
            run_gate(night, "mart")
    assert stored(
        night, "select failed_count, passed, tolerated_count, tolerated_reason from raw.gate_result"
    ) == [(3, is_passed, count, "never mended")]  # fmt: skip


def test_a_flaw_that_is_mended_says_so(night: Night, expect: Callable[..., tuple[Expectation, ...]]) -> None:
    expect(("sound", "critical", SOUND + "\ntolerated_count: 2\ntolerated_reason: once"))
    assert "none is left: remove tolerated_count and tolerated_reason" in run_gate(night, "core").detail_en


def test_a_finding_keeps_its_id_and_two_at_one_place_have_their_own(
    night: Night, expect: Callable[..., tuple[Expectation, ...]]
) -> None:
    with connect(night.home) as connection:  # two rows of one file about one cell, and a row without file or cell
        connection.execute(
            """create or replace table "check".measure as from "check".measure where check_key <= 'k00003'"""
        )
        connection.execute(
            """update "check".measure set submission_id = 'sub1', cell = 'E1' where check_key = 'k00002'"""
        )
        connection.execute(
            """update "check".measure set submission_id = null, cell = null where check_key = 'k00003'"""
        )
    expect(("bad", "critical", GOOD), ("negative", "warning", NEGATIVE))
    query = "select rule_code, found, finding_id from raw.finding order by all"
    run_gate(night, "incoming")
    first = stored(night, query)
    run_gate(night, "incoming")
    assert stored(night, query) == first
    assert len({finding_id for _, _, finding_id in first}) == len(first) == 6
    assert all(len(str(finding_id)) == 16 for _, _, finding_id in first)


def test_a_row_that_its_condition_does_not_find_is_never_left_out(
    night: Night, expect: Callable[..., tuple[Expectation, ...]]
) -> None:
    (rule,) = expect(("bad", "critical", GOOD))
    with connect(night.home) as connection:
        found = list(findings_of(connection, Verdict(rule, 4_000, ("k00001", "k00002", "k00003"))))
        assert len(found) == 3
        with pytest.raises(GateError, match="只找到 1 行"):
            list(findings_of(connection, Verdict(rule, 4_000, ("k00001", "k00007"))))


def test_warnings_stop_nothing(night: Night, expect: Callable[..., tuple[Expectation, ...]]) -> None:
    expect(("negative", "warning", NEGATIVE))
    assert run_gate(night, "mart").count == FAILING


@pytest.mark.parametrize("gate", ["incoming", "core"])
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("expect: values_between\ncolumn: nothing\nminimum: 0", "broken"),
        ("expect: values_between\ncolumn: size_value\nminimum: 0\ntable: check.nowhere", "nowhere"),
        (NEGATIVE + "\nfound: nothing", "nothing"),
    ],
)
def test_an_expectation_that_cannot_be_judged_is_no_verdict(
    night: Night, expect: Callable[..., tuple[Expectation, ...]], gate: str, lines: str, said: str
) -> None:
    expect(("broken", "warning", lines))
    with pytest.raises(GateError, match=said):
        run_gate(night, gate)
    assert stored(night, "select * from raw.finding") == []


def test_the_houses_own_gates_run_on_an_office_with_nothing_in(tmp_path: Path) -> None:
    as_of = datetime(2030, 4, 10, 2, tzinfo=OFFICE_TIMEZONE)
    night = Night(Home(tmp_path / "home"), tmp_path, as_of, "2030-04-10T02:00:00", 1)
    with connect(night.home) as connection:
        store(connection, Catalogue(empty_frames()))
        for model in models().values():
            build_one(connection, as_of, model)
    for gate in GATES:
        report = run_gate(night, gate)
        assert report.count == 0
        assert report.detail_en.startswith(f"{len(gate_expectations(gate))} expectations; 0 critical")


def test_the_database_is_free_afterwards(night: Night, expect: Callable[..., tuple[Expectation, ...]]) -> None:
    expectations = expect(("negative", "warning", NEGATIVE))
    judge(night.home.private_database, expectations)
    with duckdb.connect(night.home.private_database) as connection:
        connection.execute('drop table "check".measure')
    with pytest.raises(GateError):
        judge(night.home.private_database, expectations)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("350502199001011234", "*" * 18),
        ("张三350502 19900101 123x。", "张三" + "*" * 20 + "。"),
        ("３５０５０２１９９００１０１１２３Ｘ", "*" * 18),
        ("350502900101123", "*" * 15),
        ("1234567890.12", "1234567890.12"),
        ("123456789012345678", "123456789012345678"),  # no day of birth in it
        ("电话13812345678", "电话" + "*" * 11),
        ("１３８ 1234-5678（家属）", "*" * 13 + "（家属）"),
        ("213812345678", "213812345678"),
        (None, None),
    ],
)
def test_a_personal_number_is_told_to_nobody(text: str | None, told: str | None) -> None:
    assert without_personal_number(text) == told


def test_no_finding_repeats_an_identity_card_number(
    night: Night, expect: Callable[..., tuple[Expectation, ...]]
) -> None:
    with connect(night.home) as connection:
        connection.execute("update \"check\".measure set found = '350502199001011234' where check_key = 'k00001'")
    expect(("bad", "critical", GOOD))
    run_gate(night, "incoming")
    ((found, message),) = stored(night, "select found, message_zh from raw.finding where submission_id = 'sub1'")
    assert found == "*" * 18
    assert "350502199001011234" not in str(message)


def test_what_a_terminal_would_obey_is_no_part_of_a_message() -> None:
    named = {"indicator_code": None, "file_name": "e\x1b[31mRED\x1b]0;x\x07\n.xlsx", "count": 3}
    assert gate_module._filled("{file_name} {count}", named, None) == "e [31mRED ]0;x .xlsx 3"
