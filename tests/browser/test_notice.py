"""A night that failed is told above older figures, on every page and without any script."""

import json
import shutil
from pathlib import Path

import pytest

from jindu.settings import Home
from jindu.site.write import write_site

from .pages import all_pages


@pytest.fixture(scope="module")
def told(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site after a failed night."""
    other = Home(tmp_path_factory.mktemp("told") / "home")
    shutil.copytree(home.root, other.root, symlinks=True)
    notice = {
        "zh": "昨夜运行失败，以下仍是前一版的数据。",
        "en": "Last night's run failed; the figures are those before.",
    }
    other.notice.write_text(json.dumps(notice, ensure_ascii=False), encoding="utf-8")
    write_site(other, with_notice=True)
    return other.site.resolve()


def test_every_page_says_so(told: Path) -> None:
    pages = all_pages(told)
    assert len(pages) > 1000
    for page in pages:
        assert 'class="notice"' in page.text, page.path
        assert ("Last night" if page.lang == "en" else "昨夜运行失败") in page.text, page.path
