"""What the tests of the bulletin share: a published database made by hand, and what is made of it."""

import shutil
from pathlib import Path

import duckdb
import pytest

from jindu.bulletin.content import compose
from jindu.bulletin.document import Document
from jindu.bulletin.issue import Issue, read_issue
from jindu.settings import Home
from jindu.warehouse.connection import set_timezone


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the published database of published.sql."""
    home = Home(tmp_path_factory.mktemp("bulletin") / "home")
    file = home.versions / "000007" / "jindu.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(file) as connection:
        set_timezone(connection)
        connection.execute(Path(__file__).with_name("published.sql").read_text(encoding="utf-8"))
    home.published.parent.mkdir()
    home.published.symlink_to(Path("..") / "versions" / "000007" / "jindu.duckdb")
    return home.root


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Home:
    """A copy of that home, to write into."""
    shutil.copytree(made, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def issue(made: Path) -> Issue:
    """What the bulletin of September tells of."""
    return read_issue(Home(made), None)


@pytest.fixture(scope="session")
def document(issue: Issue) -> Document:
    """The bulletin in Chinese."""
    return compose(issue, "zh")
