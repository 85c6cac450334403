"""The command line: help in both languages, exit codes, and no traceback whatever goes wrong."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from jindu import cli
from jindu.last_run import last_attempt
from jindu.settings import Home
from jindu.spoken import SPLIT

COMMANDS = sorted(cli.COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("lang", "heading"), [("zh", "示例"), ("en", "Example")])
def test_every_command_has_help_with_an_example(
    capsys: pytest.CaptureFixture[str], command: str, lang: str, heading: str
) -> None:
    assert cli.run_command(["--lang", lang, command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert heading in shown
    assert f" {command} " in shown.split(heading)[-1].replace("\n", " ")
    assert SPLIT not in shown


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["status", "--help"], ["sample", "--help"]])
def test_help_is_wholly_in_the_language_asked_for(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    cli.run_command([*arguments, "--lang", "en"] if arguments != ["--help"] else ["--lang", "en", "--help"])
    assert not [letter for letter in capsys.readouterr().out if "\u4e00" <= letter <= "\u9fff"]


def test_the_language_comes_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINDU_LANG", "en")
    cli.run_command(["run", "--help"])
    assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fly"], "没有 fly 这个命令"),
        (["run", "--nope"], "没有 --nope 这个选项"),
        (["run", "--as-of", "昨晚"], "2024-10-10T02:00"),
        (["run", "--reference", "/nowhere"], "找不到参考数据文件夹 /nowhere"),
        (["--lang", "fr", "run"], "选项 --lang 的值不对（应是 zh、en 之一）"),
        (["sample", "--seed", "x"], "选项 --seed 的值不对（应是整数）"),
        (["sql", "--rows", "x", "select 1"], "选项 --rows 的值不对（应是不小于 1 的整数）"),
        (["status", "--home", "/nowhere"], ""),
        (["status", "--home", "/etc/hostname"], "/etc/hostname 不是文件夹"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.run_command(arguments) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err + shown.out


def test_bad_reference_data_ends_the_night_before_it_begins_and_is_recorded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    reference, home = tmp_path / "reference", Home(tmp_path / "home")
    reference.mkdir()
    assert cli.run_command(["run", "--home", str(home.root), "--reference", str(reference)]) == 2
    assert "org_unit.csv" in capsys.readouterr().err
    attempt = last_attempt(home)
    assert attempt is not None
    assert (attempt["state"], attempt["step"]) == ("failed", "start")
    assert cli.run_command(["status", "--home", str(home.root)]) == 2
    assert "最近一次运行失败" in capsys.readouterr().out


def test_an_unexpected_error_is_one_line_and_a_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, published_home: Home
) -> None:
    def breaks(_folder: Path) -> None:
        raise ZeroDivisionError("quite\nunexpected")

    reference = published_home.root / "reference"
    reference.mkdir()
    monkeypatch.setattr("jindu.commands.run.load", breaks)
    assert cli.run_command(["run", "--home", str(published_home.root), "--reference", str(reference)]) == 2
    log = published_home.root / "jindu.log"
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"意外错误：ZeroDivisionError: quite。详情见 {log}"
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_ctrl_c_in_the_middle_of_a_query_is_an_interruption(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, published_home: Home
) -> None:
    def counts_long(_folder: Path) -> None:
        threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()  # to the process, as a terminal does
        duckdb.connect().execute("select sum(range) from range(1000000000000)").fetchall()

    reference = published_home.root / "reference"
    reference.mkdir()
    monkeypatch.setattr("jindu.commands.run.load", counts_long)
    assert cli.run_command(["run", "--home", str(published_home.root), "--reference", str(reference)]) == 2
    assert "已中断" in capsys.readouterr().err


def test_a_home_with_real_files_is_not_filled_with_a_sample(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home, reference = Home(tmp_path / "home"), tmp_path / "reference"
    home.inbox.mkdir(parents=True)
    reference.mkdir()
    (home.inbox / "real.xlsx").write_bytes(b"real")
    assert cli.run_command(["sample", "--home", str(home.root), "--reference", str(reference)]) == 2
    assert "已有文件" in capsys.readouterr().err
    assert [path.name for path in home.inbox.iterdir()] == ["real.xlsx"]


def test_status_tells_who_is_missing_held_and_rejected(
    capsys: pytest.CaptureFixture[str], published_home: Home
) -> None:
    assert cli.run_command(["status", "--home", str(published_home.root), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["as_of"], told["report_month"]) == ("2024-10-10T02:00:00+08:00", "2024-09")
    assert [(row["unit"], row["form"]) for row in told["missing"]] == [("西街", "社区月报")]
    assert [row["file"] for row in told["held"]] == ["三.xlsx"]
    assert [row["file"] for row in told["rejected"]] == ["二.xlsx"]  # 四.xlsx was replaced by 五.xlsx
    assert cli.run_command(["--lang", "en", "status", "--home", str(published_home.root)]) == 1
    shown = capsys.readouterr().out
    assert "2024-09, 1 missing, 0 held, 1 rejected" in shown
    assert "Ask for 1 missing reports (due 2024-10-08): 西街 (社区月报)" in shown


def test_a_terminal_without_chinese_ends_no_command(published_home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jindu.cli", "status", "--home", str(published_home.root)],
        capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == b""
