"""The expectations files: what they refuse, with the line, and what they promise."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from jindu.checks.expectations import (
    GATES,
    OWNERS,
    SEVERITIES,
    ExpectationsError,
    every_expectation,
    gate_expectations,
    load_expectations,
    placeholders,
)
from jindu.settings import PROJECT_ROOT
from jindu.warehouse.models import needed
from tests.checks.measured import EXPECTATIONS, Office

HAN = re.compile(r"[\u4e00-\u9fff]")
SOURCE = re.compile(r"\b(domain|style|architecture)\.md\b")
SOUND = """\
- code: falls
  table: check.step
  expect: values_between
  column: step_value
  minimum: 0
  severity: warning
  owner: 填报员
  message_zh: "{found}"
  message_en: "{found}"
  reason: because
"""


def problems(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    path = tmp_path / "gate.yml"
    path.write_text(dedent(text), encoding="utf-8")
    with pytest.raises(ExpectationsError) as refused:
        load_expectations(path)
    assert all(f"gate.yml 第 {problem.line} 行" in refused.value.message_zh for problem in refused.value.problems)
    return [(problem.line, problem.message_en) for problem in refused.value.problems]


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gate.yml"
    path.write_text(SOUND, encoding="utf-8")
    (expectation,) = load_expectations(path)
    assert (expectation.code, expectation.minimum, expectation.found) == ("falls", 0, "found")


@pytest.mark.parametrize(
    ("wrong", "right", "line", "said"),
    [
        ("severity: warning", "severity: bad", 6, "'severity' is 'bad', expected critical, warning, information"),
        ("expect: values_between", "expect: regex", 3, "'expect' is 'regex'"),
        ("minimum: 0", "minimum: zero", 5, "'zero' is not a number"),
        ("minimum: 0", "values: [1]", 5, "values_between takes no 'values'"),
        ("minimum: 0", "minimum: 2\n  maximum: 1", 5, "minimum 2 is above maximum 1"),
        ("  minimum: 0\n", "", 3, "values_between needs minimum or maximum"),
        ("owner: 填报员", "ower: 填报员", 7, "unknown key 'ower'"),
        ("owner: 填报员", "owner: 张三", 7, "'owner' is '张三', expected 填报员, 统筹办, 维护员"),
        ("minimum: 0", "minimum: 0\n  tolerated_count: 3", 6, "'tolerated_count' needs 'tolerated_reason'"),
        ("minimum: 0", "minimum: 0\n  tolerated_reason: old", 6, "'tolerated_reason' needs 'tolerated_count'"),
        (
            "minimum: 0",
            "tolerated_count: -1\n  tolerated_reason: old\n  minimum: 0",
            5,
            "is '-1', expected a whole number",
        ),
        (
            "minimum: 0",
            "tolerated_count: 0\n  tolerated_reason: old\n  minimum: 0",
            5,
            "is '0', expected a whole number",
        ),
        (
            "minimum: 0",
            "tolerated_count: few\n  tolerated_reason: old\n  minimum: 0",
            5,
            "is 'few', expected a whole number",
        ),
        ("minimum: 0", "tolerated_count: [3]\n  tolerated_reason: old\n  minimum: 0", 5, "expected a whole number"),
        ("owner: 填报员", "owner:", 7, "'owner' must be a text that is not blank"),
        ("  reason: because\n", "", 1, "'reason' is missing"),
        ("column: step_value", "column: step_value\n  column: b", 5, "'column' is written twice"),
        ("table: check.step", "table: core.reading", 2, "'table' is 'core.reading', expected check.<table>"),
        ('message_en: "{found}"', 'message_en: "{found"', 9, "unmatched braces"),
        ('message_en: "{found}"', 'message_en: "{0}"', 9, "'message_en' is '{0}'"),
        ('message_en: "{found}"', 'message_en: "{found:.2f}"', 9, "'message_en' is '{found:.2f}', expected {column}"),
        ('message_en: "{found}"', 'message_en: "{found!r}"', 9, "'message_en' is '{found!r}', expected {column}"),
        ('message_en: "{found}"', 'message_en: "a\\x07b{found}"', 9, "'message_en' has a control character"),
        ("reason: because", "reason: be\x07cause", 10, "has a control character (U+0007)"),
        ("reason: because", "reason: be\x7fcause", 10, "has a control character (U+007F)"),
        ("reason: because", "reason: 略", 10, "'reason' is '略'"),
        ("reason: because", "reason: n/a", 10, "'reason' is 'n/a'"),
        ("reason: because", "reason: ……。。", 10, "'reason' is '……。。'"),
        ("minimum: 0", "minimum: 1e400", 5, "'1e400' is no number that can be compared"),
        ("minimum: 0", "minimum: 1e40", 5, "'1e40' is no number that can be compared"),
        ("minimum: 0", "minimum: .inf", 5, "'.inf' is not a number"),
        ("minimum: 0", "minimum: Infinity", 5, "'Infinity' is not a number"),
        ("minimum: 0", "maximum: [1000]", 5, "'maximum' must be one number, not a list or a group"),
        ("minimum: 0", "maximum: {a: 1}", 5, "'maximum' must be one number, not a list or a group"),
        (
            "expect: values_between\n  column: step_value\n  minimum: 0",
            "expect: values_in_set\n  column: step_value\n  values: [1.0e+400]",
            5,
            "'1.0e+400' is no number that can be compared",
        ),
        ("minimum: 0", "tolerated_count: 3\n  tolerated_reason: 略\n  minimum: 0", 6, "'tolerated_reason' is '略'"),
        ("minimum: 0", "maximum:", 5, "'' is not a number"),
        ("- code: falls", "- code: [falls", 1, "not valid YAML"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, wrong: str, right: str, line: int, said: str) -> None:
    assert wrong in SOUND
    found = problems(tmp_path, SOUND.replace(wrong, right, 1))
    assert any(said in message for _, message in found)
    assert not any("Node(" in message for _, message in found)
    assert "not valid" in said or line in [number for number, _ in found]


@pytest.mark.parametrize(
    ("wrong", "right", "line", "said"),
    [
        ("  table: check.step", "\ttable: check.step", 2, "制表符（Tab 键）"),
        ("  table: check.step", "   table: check.step", 2, "冒号的位置不对"),
        ("  table: check.step", " table: check.step", 2, "缩进与上下行没有对齐"),
        ("  table: check.step", "  table check.step", 3, "少了冒号"),
        ('message_en: "{found}"', 'message_en: "{found}', 11, "引号没有成对"),
        ("- code: falls", "- code: [falls", 2, "方括号"),
        ("- code: falls", "- code: @falls", 1, "请加引号"),
    ],
)
def test_what_is_no_yaml_is_told_in_chinese(tmp_path: Path, wrong: str, right: str, line: int, said: str) -> None:
    path = tmp_path / "gate.yml"
    path.write_text(SOUND.replace(wrong, right, 1), encoding="utf-8")
    with pytest.raises(ExpectationsError) as told:
        load_expectations(path)
    (problem,) = told.value.problems
    assert (problem.line, said in problem.message_zh) == (line, True), problem
    assert not re.search("[a-z]{3}", problem.message_zh)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SOUND.replace("warning", "bad") + SOUND.replace("values_between", "regex")
    assert [line for line, _ in problems(tmp_path, text)] == [6, 11, 13]  # the second item repeats the code as well


def test_a_file_that_an_editor_saved_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "gate.yml"
    path.write_bytes(SOUND.encode("gb18030"))
    with pytest.raises(ExpectationsError) as told:
        load_expectations(path)
    ((line, message),) = [(problem.line, problem.message_en) for problem in told.value.problems]
    first = next(number for number, text in enumerate(SOUND.splitlines(), start=1) if not text.isascii())
    assert (line, "UTF-8" in message) == (first, True)


def test_a_file_that_is_not_there_or_no_list(tmp_path: Path) -> None:
    with pytest.raises(ExpectationsError):
        load_expectations(tmp_path / "none.yml")
    assert problems(tmp_path, "code: falls\n")[0][0] == 1


@pytest.mark.parametrize("gate", GATES)
def test_the_gates_are_sound(gate: str) -> None:
    assert gate_expectations(gate)


def test_each_expectation_says_what_it_must() -> None:
    """domain.md, Validation; a reader of either language is told the same figures, and where the rule is written."""
    for gate, rule in every_expectation():
        assert rule.severity in SEVERITIES and rule.owner in OWNERS, rule.code
        assert HAN.search(rule.message_zh) and rule.message_zh.rstrip("。？！")[-1] not in ".,?!;", rule.code
        assert re.search("[A-Za-z]{3}", re.sub(r"\{.*?\}", "", rule.message_en)), rule.code
        is_whole = rule.code == "blank_form"  # nothing was found at all
        assert placeholders(rule.message_zh) or is_whole, f"{rule.code} fills in nothing that is at fault"
        assert SOURCE.search(rule.reason), f"{gate}.yml, {rule.code}: the reason names no source"
        assert bool(rule.tolerated_count) == bool(rule.tolerated_reason)


def test_codes_are_unique_over_all_gates() -> None:
    codes = [expectation.code for _, expectation in every_expectation()]
    assert len(codes) == len(set(codes))


def test_every_check_table_is_judged_or_read_by_another() -> None:
    files = {path.stem: path.read_text(encoding="utf-8") for path in (PROJECT_ROOT / "sql" / "check").glob("*.sql")}
    judged = {expectation.table.removeprefix("check.") for expectation in EXPECTATIONS.values()}
    read = {name for name in files if any(re.search(rf'"check"\.{name}\b', text) for text in files.values())}
    assert files.keys() == judged | read


def test_messages_and_judgements_name_columns_that_exist(office: Office) -> None:
    known = {"indicator", "org_unit", "check_key"}
    shell = {
        "check_key", "submission_id", "org_unit_code", "form_code", "indicator_code", "report_month", "sheet_name",
        "cell", "is_explained",
    }  # fmt: skip
    for expectation in [*EXPECTATIONS.values()]:
        if expectation not in gate_expectations("incoming"):
            continue
        office.build(expectation.table)
        columns = set(office.connection.sql(f'select * from "check".{expectation.table[6:]}').columns)
        assert shell <= columns, expectation.table
        told = {expectation.column, expectation.cell, expectation.found, expectation.expected}  # by every finding
        assert told <= columns, (expectation.code, told - columns)
        templates = placeholders(expectation.message_zh) | placeholders(expectation.message_en)
        assert templates - {"found", "expected"} <= columns | known, expectation.code


def test_a_rule_that_needs_history_has_a_name(tmp_path: Path) -> None:
    said = problems(tmp_path, SOUND + "  needs: history\n  name_zh: 不减少\n")
    assert said == [(11, "an expectation that needs history has 'name_en': who sends is told by it what was skipped.")]
    assert problems(tmp_path, SOUND + "  needs: luck\n") == [(11, "'needs' is 'luck', expected reading, history.")]


def test_what_reading_tells_is_not_measured_against_other_submissions() -> None:
    compared = {rule.table for rule in EXPECTATIONS.values() if rule.needs == "history"} - {"check.submission"}
    at_once = {
        model.name for model in needed({rule.table for rule in EXPECTATIONS.values() if rule.needs == "reading"})
    }
    assert compared and at_once
    assert compared.isdisjoint(at_once)


@pytest.mark.parametrize("name", ["validation.md", "validation.zh-CN.md"])
def test_every_rule_is_on_the_page_of_rules_with_its_boundary(name: str) -> None:
    page = (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")
    words = {"critical": "强制性", "warning": "核实性", "information": "提示"}
    for rule in gate_expectations("incoming"):
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{rule.code}` |")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[1] == (words[rule.severity] if "zh" in name else rule.severity)
        assert cells[3] == f"`{rule.table.removeprefix('check.')}.{rule.column}`"
        bounds = [f"≥ {rule.minimum}"] if rule.minimum is not None else []
        bounds += [f"≤ {rule.maximum}"] if rule.maximum is not None else []
        assert cells[4] == (" · ".join(bounds) or ", ".join(str(value).lower() for value in rule.values))
        assert cells[5] == (rule.message_zh if "zh" in name else rule.message_en)
    assert page.count("\n| `") == len(gate_expectations("incoming"))


def test_every_measure_of_a_report_has_a_worked_example() -> None:
    examples = {path.parent.name for path in (PROJECT_ROOT / "tests" / "sql" / "check").glob("*/*.yml")}
    measures = {rule.table.removeprefix("check.") for rule in gate_expectations("incoming")}
    measures |= {"own_fault", "repeated_row", "measured_cell", "sound_row", "sound_reading", "month_amount"}
    measures |= {"due_amount"}
    assert measures <= examples
