"""A backup is whole or none; restored and rebuilt it is the same home, table by table."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jindu import backup, cli, rebuild
from jindu.checks import gate
from jindu.settings import Home, JinduError, Progress, StepReport, no_progress
from tests.help_example import LANGUAGES, examples
from tests.nightly.conftest import environment

from .conftest import Office, judged_plainly
from .test_rebuild import NOT_THE_SAME


@pytest.fixture(scope="module")
def made(story: dict[str, Office], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the office after its last night."""
    place = tmp_path_factory.mktemp("backup") / "made"
    backup.back_up(story["last"].home, story["last"].reference, place)
    return place


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """The same backup, for a test to spoil."""
    return Path(shutil.copytree(made, tmp_path / "copied"))


def content(root: Path, *names: str) -> dict[str, bytes]:
    found = [path for name in names for path in (root / name).rglob("*")]
    hidden = {path for path in found if any(part.startswith(".") for part in path.relative_to(root).parts)}
    return {str(path.relative_to(root)): path.read_bytes() for path in found if path.is_file() and path not in hidden}


def test_restored_and_rebuilt_every_table_is_the_same(
    story: dict[str, Office], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "judge", judged_plainly)

    def quietly(_name: str, step: Callable[[Progress], StepReport]) -> StepReport:
        return step(no_progress)

    office = story["last"]
    home = Home(tmp_path / "restored")
    restored = backup.restore(made, home)
    assert content(home.root, "archive", "decisions") == content(office.home.root, "archive", "decisions")
    assert restored.files_count == len(content(home.root, "archive", "decisions", "reference"))
    rebuild.rebuild(home, home.reference, quietly)
    before, after = (rebuild.table_hashes(one.private_database) for one in (office.home, home))
    assert {name for name in before if before[name] != after[name]} == NOT_THE_SAME

    monkeypatch.undo()
    assert not home.published.exists()
    Office(home.reference, home).run("2024-06-22T02:00")  # it goes on as the other would have
    assert home.published.exists()
    assert not list(home.outbox.glob("*.txt"))  # everybody has been told before


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_examples_do_what_they_say(
    story: dict[str, Office], tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    places = {"/data/jindu": str(story["last"].home.root), "/data/": f"{tmp_path}/"}
    (made,) = examples("backup", lang, places)
    (restored,) = examples("restore", lang, places)
    assert cli.run_command([*made, "--reference", str(story["last"].reference)]) == 0
    assert cli.run_command(restored) == 0
    assert "jindu rebuild --home" in capsys.readouterr().out


def test_without_the_reference_folder(story: dict[str, Office], tmp_path: Path) -> None:
    backup.back_up(story["last"].home, None, tmp_path / "made")
    home = Home(tmp_path / "home")
    backup.restore(tmp_path / "made", home)
    assert not home.reference.exists() and home.archive.is_dir() and home.decisions.is_dir()


KILLED = """
import os, signal, sys
from pathlib import Path
from jindu import backup
from jindu.settings import Home

def progress(done, total):
    if done == total // 2:
        os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "backup":
    backup.back_up(Home(Path(sys.argv[2])), None, Path(sys.argv[3]), progress)
else:
    backup.restore(Path(sys.argv[3]), Home(Path(sys.argv[2])), progress)
"""


def killed(what: str, home: Home, place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, what, str(home.root), str(place)], env=environment(), check=False
    )
    assert done.returncode == -signal.SIGKILL


def test_a_backup_that_was_killed_is_none_and_can_be_made_again(story: dict[str, Office], tmp_path: Path) -> None:
    place, home = tmp_path / "made", Home(tmp_path / "home")
    killed("backup", story["last"].home, place)
    assert list(place.rglob("*"))
    with pytest.raises(JinduError, match="不是一份完整的备份"):
        backup.restore(place, home)
    assert not home.root.exists()
    backup.back_up(story["last"].home, None, place)
    backup.restore(place, home)
    assert content(home.root, "archive") == content(story["last"].home.root, "archive")


def test_a_restore_that_was_killed_leaves_no_home_and_can_be_done_again(made: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    killed("restore", home, made)
    assert not home.root.exists()
    backup.restore(made, home)
    assert content(home.root, "archive")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("spoil", ["altered", "missing", "linked", "manifest", "manifest cut", "outside"])
def test_a_spoilt_backup_restores_nothing(copied: Path, tmp_path: Path, spoil: str) -> None:
    home = Home(tmp_path / "home")
    manifest = copied / backup.MANIFEST
    told = json.loads(manifest.read_text(encoding="utf-8"))
    name = sorted(told["files"])[-1]
    target = copied / name
    match spoil:
        case "altered":
            target.chmod(0o644)
            target.write_bytes(target.read_bytes()[:-1] + b"?")
        case "missing":
            target.unlink()
        case "linked":
            aside = tmp_path / "aside"
            target.rename(aside)
            target.symlink_to(aside)
        case "manifest":
            told["files"][name] = "0" * 64
            manifest.write_text(json.dumps(told), encoding="utf-8")
        case "manifest cut":
            manifest.write_bytes(manifest.read_bytes()[:-10])
        case "outside":
            told["files"]["../outside"] = told["files"].pop(name)
            told.pop("sha256")
            manifest.write_text(json.dumps(told | {"sha256": backup._digest(told)}), encoding="utf-8")
    with pytest.raises(JinduError):
        backup.restore(copied, home)
    assert not home.root.exists()
    assert not (tmp_path.parent / "outside").exists()


def test_only_into_an_empty_home_and_an_empty_folder(made: Path, office: Office, tmp_path: Path) -> None:
    with pytest.raises(JinduError, match="不是空文件夹"):
        backup.restore(made, office.home)
    with pytest.raises(JinduError, match="不是空文件夹"):
        backup.back_up(office.home, None, made)
    (tmp_path / "empty").mkdir()
    backup.restore(made, Home(tmp_path / "empty"))
    assert content(tmp_path / "empty", "archive")


def test_an_altered_archive_is_noticed(office: Office, tmp_path: Path) -> None:
    path = next(path for path in office.home.archive.glob("??/*"))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"?")
    with pytest.raises(JinduError, match="内容已变"):
        backup.back_up(office.home, None, tmp_path / "made")
    assert not (tmp_path / "made" / backup.MANIFEST).exists()


def test_a_home_without_an_archive_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(JinduError, match="没有归档"):
        backup.back_up(Home(tmp_path / "home"), None, tmp_path / "made")


def test_a_backup_into_the_home_itself_is_refused(office: Office) -> None:
    with pytest.raises(JinduError, match="里面"):
        backup.back_up(office.home, None, office.home.inbox / "backup")
    assert not (office.home.inbox / "backup").exists()
