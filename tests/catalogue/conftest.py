"""The shipped folder, and a small office's folder that a test may spoil."""

import shutil
from pathlib import Path

import pytest

from jindu.catalogue import Catalogue, load
from jindu.settings import PROJECT_ROOT


@pytest.fixture(scope="session")
def shipped() -> Catalogue:
    return load(PROJECT_ROOT / "warehouse" / "reference")


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A sound folder of another office, without the files that all offices share."""
    return Path(shutil.copytree(Path(__file__).parent / "small_office", tmp_path / "reference"))
