"""What must hold of the repository as a whole."""

import ast
import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

from jindu.settings import PROJECT_ROOT
from jindu.warehouse.columns import load
from jindu.warehouse.dictionary import DICTIONARY_FILE, data_dictionary

OFFICE_NAMES = re.compile(r"kaiyuan|开元|licheng|鲤城|quanzhou|泉州|(?<!\d)3505\d*", re.IGNORECASE)
YEAR = re.compile(r"(?<!\d)202[345](?!\d)")
YEAR_IN_NO_DATE = re.compile(r"(?<!\d)202[345](?![\d-])")  # a message may show how a date is written: 2024-07-05
GENERAL_FOLDERS = ("jindu", "flows", "sql", "expectations")
MACHINE_PATH = re.compile(r"(^|[^a-z])/(work|farm|root|opt/pypi)/")


def tracked(*folders: str) -> list[Path]:
    """The project's own files: what git tracks or would, as this checkout has them."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *folders],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (PROJECT_ROOT / name for name in listing.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def without_comments(path: Path) -> str:
    """The file's code; in Python without docstrings too. Comments may give an example with a year in it."""
    text = text_of(path)
    if path.suffix == ".sql":
        return re.sub(r"--[^\n]*", "", text)
    if path.suffix in {".yml", ".yaml"}:
        return re.sub(r"(^|\s)#[^\n]*", "", text)
    if path.suffix != ".py":
        return text
    docstrings = {
        (node.body[0].lineno, node.body[0].col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node) is not None
    }
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join(
        token.string for token in tokens if token.type != tokenize.COMMENT and token.start not in docstrings
    )


def lines_with(pattern: re.Pattern[str], paths: list[Path], *, comments: bool = True) -> list[str]:
    found = []
    for path in paths:
        for line in (text_of(path) if comments else without_comments(path)).splitlines():
            if pattern.search(line):
                found.append(f"{path.relative_to(PROJECT_ROOT)}: {line.strip()[:100]}")
    return found


def test_no_office_is_named_in_what_every_office_runs() -> None:
    assert lines_with(OFFICE_NAMES, tracked(*GENERAL_FOLDERS)) == []


def test_no_year_of_a_plan_is_written_into_what_runs_every_year() -> None:
    assert lines_with(YEAR, tracked("sql"), comments=False) == []
    assert lines_with(YEAR_IN_NO_DATE, tracked(*GENERAL_FOLDERS), comments=False) == []


def test_jindu_never_imports_prefect() -> None:
    for path in tracked("jindu"):
        if path.suffix != ".py":
            continue
        imports = [
            name
            for node in ast.walk(ast.parse(text_of(path)))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        ]
        assert not [name for name in imports if name.split(".")[0] == "prefect"], path


def test_flows_hold_no_sql() -> None:
    assert (
        lines_with(re.compile(r"\b(select|insert into|create table)\b.*\b(from|values|as)\b"), tracked("flows")) == []
    )


def test_no_file_names_a_place_on_one_machine() -> None:
    assert lines_with(MACHINE_PATH, tracked()) == []


def test_the_lock_names_packages_and_hashes_only() -> None:
    lock = text_of(PROJECT_ROOT / "requirements.lock")
    assert not re.findall(r"https?://|file://|--(?:extra-)?index-url|--find-links| @ ", lock)
    pinned = re.findall(r"^[a-z0-9][^\s=]*==", lock, re.MULTILINE)
    assert len(pinned) > 100
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = text_of(PROJECT_ROOT / "pyproject.toml")
    asked = set(re.findall(r'^    "([a-z0-9-]+)', project, re.MULTILINE))
    locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text_of(PROJECT_ROOT / "requirements.lock"), re.MULTILINE))
    assert asked - locked == set()


def makefile_targets() -> dict[str, str]:
    """Each target that a person calls, with its line of help."""
    lines = re.findall(r"^([a-z-]+):(?: [A-Za-z$()]+)*(?: ## (.+))?$", text_of(PROJECT_ROOT / "Makefile"), re.MULTILINE)
    lines += re.findall(r"^(setup): \S+ ## (.+)$", text_of(PROJECT_ROOT / "Makefile"), re.MULTILINE)
    return dict(lines)


def test_every_target_is_documented() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", text_of(PROJECT_ROOT / "Makefile"), re.MULTILINE)
    targets = makefile_targets()
    assert set(phony.split()) == set(targets)
    assert all(targets.values())


def test_help_lists_every_target() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=PROJECT_ROOT, check=True, capture_output=True, text=True
    )
    for target in makefile_targets():
        assert f"make {target}" in shown.stdout


@pytest.mark.parametrize("document", [path for path in tracked() if path.suffix == ".md"], ids=lambda path: path.name)
def test_documents_name_only_targets_that_exist(document: Path) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text_of(document), re.MULTILINE))
    assert named <= set(makefile_targets())


def test_ci_runs_what_the_readme_says() -> None:
    ci = text_of(PROJECT_ROOT / ".ci" / "run").splitlines()
    assert {"make check", "make run", "make test"} <= set(ci)


def test_hooks_are_local() -> None:
    repositories = re.findall(r"repo: (\S+)", text_of(PROJECT_ROOT / ".pre-commit-config.yaml"))
    assert set(repositories) == {"local"}


def test_the_data_dictionary_is_fresh() -> None:
    assert text_of(DICTIONARY_FILE) == data_dictionary(load())
