"""deploy/ is true as far as it can be tried without a Docker engine or a systemd of its own."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from jindu import cli
from jindu.settings import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "jindu.service"
TIMER = UNIT.with_name("jindu-watchdog.timer")
SERVICES = sorted(UNIT.parent.glob("*.service"))
INSTALLED = "/opt/jindu"
EXPOSURE_AT_MOST = 2.5  # systemd-analyze security: 0 is locked up, 10 is wide open


def unit_here(tmp_path: Path, unit: Path) -> Path:
    """The unit as it would be on this machine, where its program and user exist."""
    text = unit.read_text(encoding="utf-8").replace(INSTALLED, str(PROJECT_ROOT))
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"(User|Group)=jindu", r"\1=daemon", text), encoding="utf-8")
    return copy


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = [str(unit_here(tmp_path, unit)) for unit in sorted(UNIT.parent.iterdir())]
    command = ["systemd-analyze", "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_unit_is_locked_up(tmp_path: Path, unit: Path) -> None:
    threshold = str(int(EXPOSURE_AT_MOST * 10))
    command = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={threshold}",
        str(unit_here(tmp_path, unit)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_unit_may_write_its_home_alone(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "User=jindu"):
        assert line in lines
    assert [line for line in lines if line.startswith("ReadWritePaths")] == ["ReadWritePaths=/var/lib/jindu"]
    assert any(line.startswith("Environment=JINDU_HOME=/var/lib/jindu ") for line in lines)


def test_the_service_comes_back_and_the_watchdog_comes_round() -> None:
    assert "Restart=always" in UNIT.read_text(encoding="utf-8").splitlines()
    assert "OnUnitActiveSec=30min" in TIMER.read_text(encoding="utf-8").splitlines()


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what they say."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]


def said(instruction: str) -> list[str]:
    return [text for name, text in instructions() if name == instruction]


def test_what_the_image_copies_exists_and_is_let_through() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    sources = [source for text in said("COPY") for source in text.split()[:-1]]
    assert all((PROJECT_ROOT / source).exists() for source in sources)
    assert {line[1:] for line in ignored if line.startswith("!")} == set(sources)
    assert "warehouse/data" in ignored


def test_the_image_holds_what_the_program_reads() -> None:
    """Every folder beside the package that a module of it names through PROJECT_ROOT."""
    copied = {source for text in said("COPY") for source in text.split()[:-1]}
    named = set()
    for module in (PROJECT_ROOT / "jindu").rglob("*.py"):
        named |= set(re.findall(r'PROJECT_ROOT / "([\w.]+)"', module.read_text(encoding="utf-8")))
    assert named - {"docs", "tests", "README.md", "README.zh-CN.md"} <= copied


def test_the_image_installs_the_lock_and_runs_as_nobody_in_particular() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [text.split("python -m pip install ", 1)[1] for text in said("RUN") if "pip install" in text]
    for install in installs:
        wanted = [word for word in shlex.split(install) if word not in {"--no-cache-dir"}]
        [line] = [line for line in makefile.splitlines() if "pip install" in line and wanted[-1] in line.split()]
        assert [word for word in line.split("pip install ", 1)[1].split() if word != "--quiet"] == wanted
    assert "--require-hashes" in installs[0]
    assert said("USER") == ["jindu"]
    assert said("FROM") == ["python:3.11-slim"]


def test_the_image_runs_a_command_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    [command] = [yaml.safe_load(text) for text in said("CMD")]
    assert command[0] == "jindu"
    assert cli.run_command([*command[1:2], "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in command if word.startswith("--"))


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_compose_gives_the_image_its_home_and_no_more() -> None:
    service = compose()["services"]["jindu"]
    assert (DEPLOY / service["build"]["context"]).resolve() == PROJECT_ROOT
    assert (PROJECT_ROOT / service["build"]["dockerfile"]).is_file()
    [home] = said("VOLUME")
    assert service["volumes"] == [f"${{JINDU_HOME:-/srv/jindu}}:{home}"]
    [port] = said("EXPOSE")
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.skipif(
    subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0
    if shutil.which("docker")
    else True,
    reason="no docker compose",
)
def test_docker_compose_takes_the_file() -> None:
    command = ["docker", "compose", "--file", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_secrets_of_an_office_are_never_committed() -> None:
    done = subprocess.run(
        ["git", "check-ignore", "deploy/jindu.env"], cwd=PROJECT_ROOT, check=False, capture_output=True
    )
    assert done.returncode == 0
    for line in (DEPLOY / "jindu.env.example").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#"), "an example sets nothing"
