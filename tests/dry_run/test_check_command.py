"""`jindu check` as a clerk meets it: the words, the exit codes, and how it ends."""

import io
import json
import os
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.cells import cell_len

from jindu import dry_run
from jindu.cli import run_command
from jindu.commands.check import folded
from tests.nightly.small_office import AS_OF

from .conftest import CARD, Office, csv_rows, judged_plainly, put

Check = Callable[..., tuple[int, str, str]]
DONE, NEEDS_PERSON, NOT_DONE = 0, 1, 2
NAMES = ("monthly_乙_2024-05.xlsx", "monthly_甲_2024-05.xlsx", "很多毛病.csv", "别的单位.csv", "再报一次.xlsx")


@pytest.fixture(scope="module")
def check(office: Office) -> Iterator[Check]:
    """Run the command on the home before the second night; its exit code, its output and its complaints."""

    def run(*arguments: str | Path, home: Path = office.before.root, lang: str = "zh") -> tuple[int, str, str]:
        places = ["--home", str(home), "--reference", str(office.reference), "--as-of", AS_OF]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run_command(["--lang", lang, "check", *map(str, arguments), *places])
        return code, out.getvalue(), err.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dry_run, "judge", judged_plainly)
        yield run


def lying(office: Office, name: str) -> Path:
    (path,) = office.before.inbox.rglob(name)
    return path


@pytest.fixture(scope="module")
def said(office: Office, check: Check) -> tuple[int, str, str]:
    """One file of each sort, one of them named twice."""
    return check(*(lying(office, name) for name in (*NAMES, NAMES[0])))


def verdict_on(said: tuple[int, str, str], name: str) -> str:
    """What is said of a file after the gate."""
    return said[1].partition(f"{name}：")[2].partition("\n\n")[0]


def test_it_says_at_once_what_is_compared_and_what_reading_found(said: tuple[int, str, str]) -> None:
    assert "与 2024-06-03 02:00 前收到的报送比对（7 天前）" in said[1]
    assert "乙社区 · 月报 · 2024年5月 · 第 1 版\n  应填 10 格，已填 10 格" in said[1]
    assert said[1].index("读取时发现") < said[1].index("会被")
    assert "跳过" not in said[1]


def test_a_file_that_would_be_accepted(said: tuple[int, str, str]) -> None:
    assert verdict_on(said, "monthly_乙_2024-05.xlsx") == "会被接收"


def test_a_file_that_would_be_held(said: tuple[int, str, str]) -> None:
    shown = verdict_on(said, "monthly_甲_2024-05.xlsx")
    assert shown.startswith("待核实（需在备注中说明）\n  ! E6 「走访」本年累计")
    assert "应为 ≥ " in shown
    assert "锁定日 06-17 前报来" in shown


def test_what_reading_finds_is_said_once_and_first(said: tuple[int, str, str]) -> None:
    shown = verdict_on(said, "很多毛病.csv")
    before = said[1].partition("很多毛病.csv：")[0]
    assert shown.startswith("会被退回")
    assert "读不成数字" in before and "读不成数字" not in shown
    assert "必须写" in shown and "必须写" not in before
    assert "标 ✗ 的必须改正后再报" in shown
    assert CARD not in said[1]


def test_a_file_lies_in_its_folder(said: tuple[int, str, str]) -> None:
    assert "文件放在「350599001001 甲社区」的文件夹里" in said[1]


def test_a_known_file_is_said_to_change_nothing(said: tuple[int, str, str]) -> None:
    assert "收到过，是第 1 版，再报一次不会有变化" in verdict_on(said, "再报一次.xlsx")


def test_a_late_correction_that_lacks_only_its_reason_is_told_so(check: Check, office: Office, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(lying(office, "monthly_乙_2024-03.xlsx"))
    book.save(tmp_path / "三月.xlsx")  # the same figures in other bytes: a correction, after the lock day
    code, out, _ = check(tmp_path / "三月.xlsx", "--unit", "350599001002")
    assert code == NEEDS_PERSON
    shown = out.partition("三月.xlsx：")[2]
    assert shown.startswith("只差「更正说明」（锁定日已过）") and "已过截止日" in shown and "（截止日" not in shown


def test_the_sum_of_several_files(said: tuple[int, str, str]) -> None:
    assert said[0] == NEEDS_PERSON
    assert said[1].endswith("共 5 个文件：会被接收 2，待核实（需在备注中说明） 1，会被退回 2。\n")


def test_nothing_is_wider_than_a_terminal(said: tuple[int, str, str]) -> None:
    assert said[1].count("\n") > 40
    assert [line for line in said[1].splitlines() if cell_len(line) > 80] == []


def test_in_english(check: Check, office: Office) -> None:
    out = check(lying(office, "很多毛病.csv"), lang="en")[1]
    for words in ("would be rejected", "version 2", "compared with what was in by", "Correct what is marked ✗"):
        assert words in out
    assert "expected a number, 0 or 不适用" in out and "expected a code of the form's indicators" in out


def test_without_history_it_says_why_and_what(check: Check, office: Office, tmp_path: Path) -> None:
    code, out, _ = check(lying(office, "monthly_甲_2024-05.xlsx"), home=tmp_path / "new")
    assert code == DONE
    assert not (tmp_path / "new").exists()
    shown = out.replace("\n", "")
    assert "还没有发布过数据" in shown and "已跳过" in shown and "本年累计不减少" in shown


def test_the_option_says_whose_it_is(check: Check, office: Office) -> None:
    assert "文件夹" not in check(lying(office, "别的单位.csv"), "--unit", "350599001002")[1]
    code, out, err = check(lying(office, "别的单位.csv"), "--unit", "1234")
    assert (code, out) == (NOT_DONE, "")
    assert "没有代码为“1234”的单位" in err


@pytest.mark.parametrize("wrong", ["没有.xlsx", ""])
def test_what_is_no_file_is_not_done(check: Check, tmp_path: Path, wrong: str) -> None:
    code, out, err = check(tmp_path / wrong)
    assert (code, out) == (NOT_DONE, "")
    assert err.count("\n") == 1 and str(tmp_path) in err


def test_json_has_it_all(check: Check, office: Office) -> None:
    code, out, _ = check(lying(office, "很多毛病.csv"), "--json")
    told: dict[str, Any] = json.loads(out)
    assert code == NEEDS_PERSON
    assert told["compared_as_of"].startswith("2024-06-03T02:00")
    assert told["skipped_rules"] == []
    (file,) = told["files"]
    assert (file["state"], file["version"], file["report_month"]) == ("rejected", 2, "2024-04-01")
    assert {"rule_code", "cell", "found", "expected", "message", "severity"} <= set(file["findings"][0])
    assert CARD not in out


def test_a_terminal_is_not_moved_by_what_a_file_says(check: Check, tmp_path: Path) -> None:
    rows = csv_rows("350599001001", "2024-05", "visit,\x1b[2J\u202e次,1,2,,")
    out = check(put(tmp_path / "a\x1b[31m.csv", rows))[1]
    assert "a [31m.csv" in out
    assert [one for one in out if unicodedata.category(one) in {"Cc", "Cf"} and one != "\n"] == []


def test_chinese_is_folded_where_it_may_be() -> None:
    assert folded("一二三四，五六。", 8) == ["一二三", "四，五", "六。"]
    assert folded("本年累计 12345.67 元", 12) == ["本年累计", "12345.67 元"]
    assert folded("（甲）乙", 6) == ["（甲）", "乙"]
    assert folded("", 10) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ended_early_it_leaves_nothing_behind(office: Office, tmp_path: Path, number: signal.Signals) -> None:
    """Killed by Ctrl-C, by the system or with its terminal, while Great Expectations is on its way."""
    with subprocess.Popen(
        [
            sys.executable, "-m", "jindu.cli", "check", lying(office, "monthly_乙_2024-05.xlsx"),
            "--home", office.before.root, "--reference", office.reference, "--as-of", AS_OF,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path)},
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        assert any("读取时没有发现问题" in line for line in process.stdout)
        assert list(tmp_path.glob("jindu-check-*"))
        process.send_signal(number)
        complaint = process.communicate(timeout=60)[1]
    assert process.returncode == NOT_DONE
    assert "已中断" in complaint and "Traceback" not in complaint
    assert list(tmp_path.glob("jindu-check-*")) == []


def test_the_real_gate_says_the_same(office: Office, said: tuple[int, str, str], tmp_path: Path) -> None:
    """Great Expectations itself, in a process of its own, from the first answer to the verdict."""
    files = [lying(office, name) for name in NAMES]
    process = subprocess.run(
        [
            sys.executable, "-m", "jindu.cli", "check", *files,
            "--home", office.before.root, "--reference", office.reference, "--as-of", AS_OF,
        ],
        capture_output=True, text=True, check=False, env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.returncode == NEEDS_PERSON
    assert process.stdout == said[1]
    assert "正在与以往的报送和全部规则核对" in process.stderr
    assert list(tmp_path.glob("jindu-check-*")) == []
