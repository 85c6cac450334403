"""The README's answers are what its queries say of the sample office."""

from pathlib import Path

import pytest

from tests.nightly.conftest import Ran
from tests.nightly.readme import READMES, answered


@pytest.mark.parametrize("readme", READMES, ids=[path.name for path in READMES])
def test_the_answers_are_those_of_the_sample(first: Ran, readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    assert text.count("```sql") == 5
    assert answered(text, first.home.published) == text
