"""Between nights a sender is answered within a minute; the night finds the same, and confirms."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from jindu.lock import lock_holder
from jindu.settings import Home
from tests.serve.served import wait_until

from .conftest import EAST, INTERVAL, NORTH, PROMISED, WEST, Watching, environment, watch_command
from .plain_night import run_night

HOSTILE = "<script>坏.xlsx"
UNKNOWN = "谁的.csv"


@pytest.fixture(scope="module")
def story(watching: Watching, office: Path) -> Watching:
    """Answers before the first night, that night, five files dropped after it, the same bytes again, the next night."""
    source = office / "home" / "inbox"
    earlier = len(list(watching.home.inbox.glob("*/*.xlsx"))) - 1  # one of them is the same bytes twice
    watching.wait(lambda: len(watching.receipts()) >= earlier)
    watching.seals["before any night"] = watching.receipts()
    assert not watching.home.private_database.exists() and not watching.home.archive.exists()
    assert lock_holder(watching.home) is None
    run_night(watching.home, watching.reference)
    watching.seals["first night"] = watching.receipts()

    (office / "junk").write_bytes(b"PK\x03\x04 no workbook")
    (office / "letter").write_text("一封信", encoding="utf-8")
    watching.drop(source / EAST / "monthly_甲_2024-05.xlsx", f"{EAST}/五月.xlsx")
    watching.drop(source / NORTH / "monthly_丙_2024-05.xlsx", "街道转来.xlsx")
    watching.drop(source / WEST / "monthly_乙_2024-05.xlsx", f"{NORTH}/别人的.xlsx")
    watching.drop(office / "junk", f"{EAST}/{HOSTILE}")
    watching.drop(office / "letter", UNKNOWN)
    watching.wait(lambda: len(watching.receipts()) >= earlier + 5)
    watching.seals["between nights"] = watching.receipts()

    watching.drop(source / EAST / "monthly_甲_2024-05.xlsx", f"{EAST}/五月（又一份）.xlsx")
    watching.wait(lambda: "五月（又一份）.xlsx" in watching.said())
    watching.seals["again"] = watching.receipts()
    run_night(watching.home, watching.reference)
    watching.seals["second night"] = watching.receipts()
    time.sleep(3 * INTERVAL)  # a watch that undid the night's word would have done so by now
    watching.seals["afterwards"] = watching.receipts()
    return watching


def dropped(story: Watching) -> dict[str, tuple[str, str]]:
    """The receipts of the five files."""
    return {
        name: seal for name, seal in story.seals["between nights"].items() if name not in story.seals["first night"]
    }


def test_before_the_first_night_everything_is_answered_too(story: Watching) -> None:
    kinds = {kind for kind, _ in story.seals["before any night"].values()}
    assert kinds == {"preliminary"}
    assert {kind for kind, _ in story.seals["first night"].values()} == {"confirmed"}
    assert story.seals["first night"].keys() == story.seals["before any night"].keys()


def test_each_file_is_answered_where_its_sender_looks(story: Watching) -> None:
    answered = dropped(story)
    assert {kind for kind, _ in answered.values()} == {"preliminary"}
    assert sorted(name.rsplit("_", 1)[0] for name in answered) == [
        f"{EAST}/2024-05_月报_第1版_回执",
        f"{EAST}/script_坏_回执",
        f"{NORTH}/2024-05_月报_第1版_回执",
        f"{NORTH}/别人的_回执",  # in another unit's folder it is no version of anybody's report
        "待认领/谁的_回执",
    ]


def test_the_terminal_says_one_line_per_answer(story: Watching) -> None:
    lines = [line for line in story.said().splitlines() if "别人的.xlsx" in line]
    assert len(lines) == 1
    assert "丙社区  别人的.xlsx  退回（强制性 1）" in lines[0]
    assert int(lines[0].split()[-2]) < PROMISED


def test_another_units_report_is_rejected_in_the_folder_that_it_lay_in(story: Watching) -> None:
    (text,) = [
        text
        for path in (story.home.returns / NORTH).glob("*.html")
        if "别人的.xlsx" in (text := path.read_text(encoding="utf-8"))
    ]
    assert "退回" in text and "丙社区" in text and "放到自己单位的文件夹" in text


def test_the_same_bytes_again_change_nothing(story: Watching) -> None:
    assert story.seals["again"] == story.seals["between nights"]
    assert "内容与已收到的相同" in story.said()


def test_the_night_confirms_word_for_word(story: Watching) -> None:
    for name, (_, digest) in dropped(story).items():
        assert story.seals["second night"][name] == ("confirmed", digest), name
    assert story.seals["afterwards"] == story.seals["second night"]


def test_a_unit_has_its_folders_and_is_told_what_they_are_for(story: Watching) -> None:
    fresh = Home(story.home.root.with_name("fresh"))
    code = subprocess.run(
        watch_command(fresh, story.reference, "--once"), check=False, env=environment(), capture_output=True
    ).returncode
    assert code == 0
    for unit in (EAST, WEST, NORTH):
        assert f"returns/{unit}/" in (fresh.inbox / unit / "说明.txt").read_text(encoding="utf-8-sig")
        assert (fresh.returns / unit).is_dir()


def test_a_second_watch_is_told_who_is_first(story: Watching) -> None:
    second = subprocess.run(
        watch_command(story.home, story.reference), check=False, env=environment(), capture_output=True, text=True
    )
    assert second.returncode == 2
    assert f"进程 {story.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_it_ends_when_told_to(story: Watching) -> None:
    start = time.monotonic()
    story.process.send_signal(signal.SIGTERM)
    assert story.process.wait(timeout=10) == 0
    assert time.monotonic() - start < 3
    assert story.said().splitlines()[-1] == "守候结束。"
    assert not (story.home.root / ".watch").exists()
    assert lock_holder(story.home, path=story.home.root / ".watch.lock") is None


def test_a_killed_watch_leaves_no_process_behind(office: Path) -> None:
    home = Home(office / "killed")
    process = subprocess.Popen(
        watch_command(home, office / "reference"), stdout=subprocess.DEVNULL, env=environment(), text=True
    )
    try:
        wait_until(lambda: (home.root / ".watch").exists() and children(process.pid), 10)
        judge = children(process.pid)[0]
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not is_running(judge), 5)


def children(pid: int) -> list[int]:
    return [
        int(number)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for number in task.read_text().split()
    ]  # fmt: skip


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
