"""All pages as files: small, alone in their folder, every link leads somewhere, and both languages have the same."""

import posixpath
import re
from functools import cache
from pathlib import Path

import pytest

from jindu.settings import Home

from .pages import File, all_pages

LARGEST = 100_000  # bytes of a page with its style sheet (issue 7)
OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//|/)", re.IGNORECASE)
ICON = "data:,"  # no icon: a browser would ask for one otherwise


@pytest.fixture(scope="module")
def pages(site: Path) -> list[File]:
    """Every page, read once."""
    return all_pages(site)


def test_there_are_pages(pages: list[File]) -> None:
    assert len(pages) > 1000
    for path in ("index", "reporting", "quality", "alerts", "about", "definitions", "dictionary"):
        assert {f"{path}.html", f"en/{path}.html"} <= {page.path for page in pages}


def test_a_page_is_small_with_its_style(pages: list[File], site: Path) -> None:
    style = (site / "style.css").stat().st_size
    large = {page.path: style + len(page.text.encode()) for page in pages}
    assert {path: size for path, size in large.items() if size > LARGEST} == {}


def test_nothing_is_asked_of_another_place(pages: list[File], site: Path) -> None:
    outside = {(page.path, link) for page in pages for link in page.links if OUTSIDE.match(link) and link != ICON}
    assert outside == set()
    style = (site / "style.css").read_text(encoding="utf-8")
    assert not re.findall(r"@import|url\(\s*['\"]?(?!data:|#)", style)


def test_every_link_leads_somewhere(pages: list[File], site: Path) -> None:
    files = {page.path: page for page in pages}
    broken = set()

    @cache
    def there(path: str) -> bool:
        return (site / path).is_file()

    @cache
    def identities(path: str) -> frozenset[str]:
        return frozenset(files[path].identities)

    for page in pages:
        folder = posixpath.dirname(page.path)
        for link in set(page.links) - {ICON}:
            target, _, anchor = link.partition("#")
            path = posixpath.normpath(posixpath.join(folder, target)) if target else page.path
            if (
                path.startswith("..")
                or not there(path)
                or (anchor and path in files and anchor not in identities(path))
            ):
                broken.add((page.path, link))
    assert sorted(broken)[:20] == []


def test_every_page_is_reached_by_a_link(pages: list[File]) -> None:
    reached = {
        posixpath.normpath(posixpath.join(posixpath.dirname(page.path), link.partition("#")[0]))
        for page in pages
        for link in set(page.links)
        if page.path.startswith("en/")
        == posixpath.normpath(posixpath.join(posixpath.dirname(page.path), link.partition("#")[0])).startswith(
            "en/"
        )  # the other language's page of the same name leads nobody there
    }
    assert sorted({page.path for page in pages} - reached)[:20] == []


def test_a_published_rank_stands_beside_the_one_computed_for_its_month(site: Path) -> None:
    district = (site / "district.html").read_text(encoding="utf-8")
    assert re.search(
        r"<b>2</b> <span[^>]*>2023年11月</span></td><td[^>]*>同月算出 2/9：同级为示例，不作比较</td>", district
    )


def test_a_page_has_one_heading_a_language_and_no_script(pages: list[File]) -> None:
    for page in pages:
        assert page.text.count("<h1") == 1, page.path
        assert f'<html lang="{"en" if page.lang == "en" else "zh-CN"}">' in page.text, page.path
        assert not re.findall(r"<script|<iframe|<object|<embed|\son\w+\s*=", page.text), page.path


def test_an_identity_stands_once_on_a_page(pages: list[File]) -> None:
    twice = [page.path for page in pages if len(re.findall(r'\bid="', page.text)) != len(page.identities)]
    assert twice == []


def test_every_page_is_there_in_both_languages_and_leads_to_the_other(pages: list[File]) -> None:
    paths = {page.path for page in pages}
    for page in pages:
        other = page.path.removeprefix("en/") if page.lang == "en" else f"en/{page.path}"
        assert other in paths
        switch = re.findall(r'<a class="lang" href="([^"]*)"', page.text)
        assert [posixpath.normpath(posixpath.join(posixpath.dirname(page.path), link)) for link in switch] == [other]


@pytest.mark.parametrize(
    "path", ["index", "behind", "district", "reporting", "indicator/index", "community/350502004001"]
)
def test_english_pages_call_units_owners_and_forms_by_their_english_names(site: Path, path: str) -> None:
    own = re.sub(r'<(\w+)[^>]* lang="zh-CN"[^>]*>[^<]*</\1>', "", File(site, f"en/{path}.html").text)
    told = re.sub(r"<[^>]+>", " ", own)
    assert re.findall(r"[\u4e00-\u9fff]+", told) == []
    assert "Kaiyuan Sub-district" in told


def test_every_community_is_one_link_away_from_every_page(pages: list[File], home: Home) -> None:
    communities = {page.path.removeprefix("en/") for page in pages if re.match(r"(en/)?community/\d+\.html", page.path)}
    assert communities
    for page in pages:
        folder = posixpath.dirname(page.path)
        reached = {posixpath.normpath(posixpath.join(folder, link.partition("#")[0])) for link in page.links}
        prefix = "en/" if page.lang == "en" else ""
        assert {f"{prefix}{path}" for path in communities} <= reached, page.path


def test_what_is_invented_is_marked(pages: list[File]) -> None:
    for page in pages:
        assert ("sample" if page.lang == "en" else "示例") in page.text, page.path
