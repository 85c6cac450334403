"""One process at a time works in a home, and the next is told who."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jindu import night
from jindu.settings import Home, JinduError

HOLD = """
import sys
from pathlib import Path
from jindu import night
from jindu.settings import Home
night.take_lock(Home(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of tmp_path until its stdin closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_names_the_holder_and_is_not_done(
    tmp_path: Path, reference: Path, holder: subprocess.Popen[str]
) -> None:
    command = [sys.executable, "-m", "jindu.cli", "run", "--home", str(tmp_path), "--reference", str(reference)]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert f"进程 {holder.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    home = Home(tmp_path)
    holder.kill()
    holder.wait()
    night.take_lock(home)
    night.drop_lock(home)


def test_the_holder_is_known_to_who_looks(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert night.lock_holder(home) is None
    night.take_lock(home)
    night.take_lock(home)  # twice is fine
    found = night.lock_holder(home)
    assert found is not None
    assert found["pid"] == os.getpid()
    night.drop_lock(home)
    assert night.lock_holder(home) is None


def test_a_home_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JinduError, match="无法写入工作目录"):
        night.take_lock(Home(tmp_path / "file" / "home"))
