"""The answers in README, cookbook and notebook are what their queries say of the sample office."""

from pathlib import Path

import nbformat
import pytest

from tests.nightly.conftest import Ran
from tests.nightly.notebook import NOTEBOOK, answers, executed
from tests.nightly.readme import COOKBOOKS, READMES, answered


@pytest.mark.parametrize(
    ("document", "count"), [(path, 5) for path in READMES] + [(path, 15) for path in COOKBOOKS],
    ids=[path.name for path in (*READMES, *COOKBOOKS)],
)  # fmt: skip
def test_the_answers_are_those_of_the_sample(first: Ran, document: Path, count: int) -> None:
    text = document.read_text(encoding="utf-8")
    assert text.count("```sql") == count
    assert answered(text, first.home.published) == text


def test_the_notebook_runs_and_shows_what_it_has(first: Ran) -> None:
    shown = answers(nbformat.read(NOTEBOOK, as_version=4))
    assert len([cell for cell in shown if cell]) >= 6
    assert answers(executed(first.home.root)) == shown
