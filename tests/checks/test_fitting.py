"""The expectations against the tables that they judge: what is not there, or is of another kind, is refused."""

import shutil
from pathlib import Path

import pytest

from jindu import rules
from jindu.checks.expectations import ExpectationsError
from jindu.rules import check_expectations, check_expectations_of
from jindu.settings import PROJECT_ROOT, Home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files, to be spoilt."""
    return Path(shutil.copytree(PROJECT_ROOT / "expectations", tmp_path / "expectations"))


def line_of(path: Path, text: str, after: str) -> int:
    """The number of the first line that holds a text, from the rule of that code on."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"- code: {after}")
    return next(number for number, line in enumerate(lines, start=1) if number > start and text in line)


def spoil(path: Path, code: str, old: str, new: str) -> int:
    """Change a text of one rule; the line that it stands in."""
    line = line_of(path, old, code)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return line


def refused(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(ExpectationsError) as error:
        check_expectations(folder)
    return [(problem.path.name, problem.line, problem.message_en) for problem in error.value.problems]


def test_the_shipped_files_fit() -> None:
    assert [file.gate for file in check_expectations()] == ["incoming", "core", "mart"]


@pytest.mark.parametrize(
    ("code", "old", "new", "said"),
    [
        ("status_known", "check.mart_completion", "check.mart_completions",
         "there is no table check.mart_completions; did you mean check.mart_completion"),
        ("status_known", "column: status", "column: state",
         "'column' is 'state', which is no column of check.mart_completion; did you mean status"),
        ("rank_sequence", "expected: implied_rank", "expected: implied",
         "'expected' is 'implied', which is no column of check.mart_ranking; did you mean implied_rank"),
        ("rank_sequence", "{scope_code}", "{scope_cod}",
         "'message_zh' names {scope_cod}, which is no column of check.mart_ranking; did you mean scope_code"),
        ("status_given", "{indicator}", "{indicater}", "'message_zh' names {indicater}"),
        ("completion_unique", "column: rows_count", "column: status",
         "values_between takes a column of numbers; 'status' is VARCHAR"),
        ("status_has_target", "values: [true]", "values: [wahr]",
         "'values' has wahr, which is no BOOLEAN as 'has_target' is"),
        ("status_has_target", "values: [true]", "values: [1]", "'values' has 1, which is no BOOLEAN"),
        ("status_given", "owner: 维护员", "owner: 维护", "'owner' is '维护', expected 填报员, 统筹办, 维护员"),
    ],
)  # fmt: skip
def test_a_misfit_is_told_with_its_line(folder: Path, code: str, old: str, new: str, said: str) -> None:
    line = spoil(folder / "mart.yml", code, old, new)
    (told,) = refused(folder)
    assert told[:2] == ("mart.yml", line)
    assert told[2].startswith(said)


@pytest.mark.parametrize(
    ("code", "old", "new", "said"),
    [
        ("duplicate_row", "maximum: 1", "maximum: 1.5",
         "'copies_count' holds whole numbers (BIGINT): 'maximum' cannot be 1.5"),
        ("duplicate_row", "maximum: 1", "maximum: 99999999999999999999", "'copies_count' holds whole numbers (BIGINT)"),
        ("outlier_history", "maximum: 3.1", "maximum: -3.1",
         "'spreads_ratio' is never below 0: with 'maximum' -3.1 every row fails"),
        ("cumulative_identity", "maximum: 0", "maximum: -0.5", "'identity_gap_value' is never below 0"),
        ("copy_of_last_month", "minimum: 1", "minimum: 0",
         "'changed_count' is never below 0: with 'minimum' 0 alone nothing fails"),
        ("unreadable_cell", "values: [true]", "values: [true, false]",
         "'values' has both true and false: nothing fails"),
        ("cumulative_falls", "needs: history", "needs: reading",
         "check.cumulative_step compares with other months or units: 'needs' has to be history"),
        ("outlier_history", "unless: outlier_gross", "unless: outlier_gros",
         "incoming.yml has no other rule 'outlier_gros'; did you mean outlier_gross"),
        ("outlier_history", "unless: outlier_gross", "unless: outlier_history",
         "incoming.yml has no other rule 'outlier_history'"),
        ("outlier_history", "unless: outlier_gross", "unless: outlier_peers",
         "'outlier_peers' has to judge the same table, check.outlier_history"),
    ],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_is_refused(folder: Path, code: str, old: str, new: str, said: str) -> None:
    line = spoil(folder / "incoming.yml", code, old, new)
    (told,) = refused(folder)
    assert told[:2] == ("incoming.yml", line)
    assert told[2].startswith(said)


@pytest.mark.parametrize(
    ("code", "old", "new", "said"),
    [
        ("duplicate_row", "severity: critical", "severity: warning", "which counts it as critical"),
        ("late_without_reason", "severity: critical", "severity: information", "which counts it as critical"),
        ("out_of_range", "severity: warning", "severity: critical", "which lacks it"),
        ("numerator_over_denominator", "owner: 填报员", "owner: 填报员\n  needs: history", "which counts it as one"),
        ("duplicate_row", "maximum: 1", "maximum: 2", "what fails here is copies_count > 2"),
        ("negative", "minimum: 0", "minimum: -5", "where it is negative_value < 0"),
        ("not_integer", "maximum: 0", "maximum: 1", "fraction_value < 0 or fraction_value > 1"),
        ("blank_form", "values: [true]", "values: [false]", "where it is not is_filled"),
    ],
)
def test_what_takes_a_month_out_of_the_history_is_critical_in_both_places(
    folder: Path, code: str, old: str, new: str, said: str
) -> None:
    line = spoil(folder / "incoming.yml", code, old, new)
    if "needs" in new:
        lines = (folder / "incoming.yml").read_text(encoding="utf-8").splitlines()
        lines[line - 1 : line + 1] = [*lines[line - 1 : line + 1], "  name_zh: 部分不大于总数", "  name_en: parts"]
        (folder / "incoming.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        line += 1
    (told,) = refused(folder)
    assert told[:2] == ("incoming.yml", line)
    assert "sql/check/own_fault.sql" in told[2] and said in told[2]


def test_a_word_that_a_column_never_holds_is_refused(folder: Path) -> None:
    line = spoil(folder / "mart.yml", "status_known", "no_target", "no_taget")
    (told,) = refused(folder)
    assert told[0] == "mart.yml" and abs(told[1] - line) <= 1
    assert told[2].startswith("'values' has no_taget, which 'status' never is; did you mean no_target")


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (("mart.yml", "ratio_absurd", "maximum: 1000", "maximum: 100"), "message_zh", "1000, but the limit is 100"),
        (("incoming.yml", "outlier_history", "maximum: 3.1", "maximum: 31"), "maximum", "a digit too many may be"),
        (("incoming.yml", "outlier_history", "maximum: 3.1", "maximum: 0.3"), "maximum", "are often as far"),
        (("incoming.yml", "outlier_gross", "severity: warning", "severity: critical"), "severity", "rejected whole"),
        (("incoming.yml", "outlier_peers", "owner: 统筹办", "owner: 填报员"), "owner", "nobody reads it"),
        (("mart.yml", "status_given", "message_zh: ", "message_zh: none\n  # "), "message_zh", "has no Chinese in it"),
    ],
)  # fmt: skip
def test_what_is_hardly_meant_is_told_and_refuses_nothing(
    folder: Path, change: tuple[str, str, str, str], key: str, said: str
) -> None:
    assert rules.doubts(check_expectations(folder)) == []
    file, code, old, new = change
    spoil(folder / file, code, old, new)
    (told,) = rules.doubts(check_expectations(folder))
    assert (told.path.name, told.line) == (file, line_of(folder / file, f"{key}:", code))
    assert said in told.message_en


def test_a_rule_that_takes_months_out_of_the_history_is_not_dropped_alone(folder: Path) -> None:
    path = folder / "incoming.yml"
    before, rest = path.read_text(encoding="utf-8").split("- code: negative\n")
    path.write_text(before + "- code: " + rest.split("- code: ", 1)[1], encoding="utf-8")
    (told,) = refused(folder)
    assert told[:2] == ("incoming.yml", 1)
    assert told[2].startswith("there is no rule 'negative'")


def test_where_a_finding_lies_is_a_column_too(folder: Path) -> None:
    line = spoil(
        folder / "incoming.yml", "unreadable_cell", "code: unreadable_cell", "code: unreadable_cell\n  cell: sell"
    )
    assert refused(folder)[0][:2] == ("incoming.yml", line + 1)


def test_a_code_belongs_to_one_gate(folder: Path) -> None:
    line = spoil(folder / "mart.yml", "status_given", "code: status_given", "code: value_unique")
    assert refused(folder) == [("mart.yml", line, "code 'value_unique' was already used in core.yml, line 4.")]


def test_the_faults_of_all_files_are_told_together(folder: Path) -> None:
    spoil(folder / "core.yml", "value_unique", "column: values_count", "column: value_count")
    spoil(folder / "mart.yml", "status_given", "severity: critical", "severity: serious")
    assert [name for name, _, _ in refused(folder)] == ["core.yml", "mart.yml"]


def test_a_home_does_not_look_twice_at_what_was_sound(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    monkeypatch.setattr(rules, "EXPECTATIONS_ROOT", folder)
    check_expectations_of(home)
    looked: list[str] = []
    monkeypatch.setattr(rules, "_once", looked.append)
    check_expectations_of(home)
    assert looked == []
    spoil(folder / "mart.yml", "status_given", "column: status", "column: state")
    check_expectations_of(home)
    assert len(looked) == 1


def test_a_night_does_not_begin_with_a_fault(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "EXPECTATIONS_ROOT", folder)
    spoil(folder / "mart.yml", "status_given", "column: status", "column: state")
    with pytest.raises(ExpectationsError):
        check_expectations_of(Home(tmp_path))
    assert not (tmp_path / rules.SOUND).exists()
