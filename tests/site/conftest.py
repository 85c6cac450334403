"""The small office after one night, for the tests of the pages to read; who spoils it takes a copy."""

import shutil
from pathlib import Path

import pytest

from jindu.night import close_night, drop_lock, open_night, step
from jindu.settings import Home
from jindu.warehouse.connection import connect
from tests.lifecycle.conftest import judged_plainly
from tests.nightly.in_process import STEPS
from tests.nightly.small_office import AS_OF, fill_inbox, write_office


@pytest.fixture(scope="session")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A published night, its pages not written."""
    folder = tmp_path_factory.mktemp("site")
    write_office(folder / "reference")
    home = Home(folder / "home")
    fill_inbox(home, folder / "reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jindu.checks.gate.judge", judged_plainly)
        night = open_night(str(home.root), str(folder / "reference"), AS_OF)
        try:
            with connect(home):
                for name, function in STEPS.items():
                    if name not in {"returns", "pages"}:
                        step(night, name, function)
                close_night(night)
        finally:
            drop_lock(home)
    return home


@pytest.fixture
def home(after_a_night: Home, tmp_path: Path) -> Home:
    """A home of the test's own, of what is published alone."""
    own = Home(tmp_path / "home")
    own.root.mkdir()
    for name in ("versions", "published"):
        shutil.copytree(after_a_night.root / name, own.root / name, symlinks=True)
    return own
