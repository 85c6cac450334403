"""LibreOffice without a window: workbooks as a person sees them once their formulas have been computed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

REQUIRED = "JINDU_REQUIRE_PROGRAMS"  # set to 1 where a missing LibreOffice is a fault, not a gap
PATIENCE = 120  # seconds for one conversion; a start takes one to three

Recalculate = Callable[[Sequence[Path]], list[Path]]


@pytest.fixture(scope="session")
def recalculate(tmp_path_factory: pytest.TempPathFactory) -> Recalculate:
    """Open and save workbooks again, all in one start; the copies in the same order."""
    program = shutil.which("soffice")
    if program is None:
        told = "LibreOffice (soffice) is not installed: the formulas of the template are not computed"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(told)
        pytest.skip(told)
    profile = tmp_path_factory.mktemp("libreoffice")
    folder = tmp_path_factory.mktemp("recalculated")

    def convert(paths: Sequence[Path]) -> list[Path]:
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to"]
        command += ["xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        copies = [folder / path.name for path in paths]
        assert all(copy.is_file() for copy in copies), done.stdout + done.stderr
        return copies

    return convert
