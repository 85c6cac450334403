"""The printed bulletin: what Chromium makes of its page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jindu.bulletin.document import Document
from jindu.bulletin.issue import Issue
from jindu.bulletin.page import page
from jindu.bulletin.printing import PrintingError, browser, pdf

from .programs import bounds, pages, program, sizes


@pytest.fixture(scope="module")
def printed(issue: Issue, document: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("printed") / "bulletin.pdf"
    file.write_bytes(pdf(program("chromium"), page(document), issue.head.as_of))
    return file


def test_the_page_needs_nothing_from_elsewhere(document: Document) -> None:
    html = page(document)
    assert not re.findall(r"<script|<link|<img|<iframe|@import|url\(", html)
    assert "合同投资&lt;额&gt;&amp;" in html and "<额>" not in html
    parser = HTMLParser()
    parser.feed(html)
    assert html.count("<h1>") == 1 and html.count("<table") == 7 == html.count("<caption>")
    assert 'lang="zh-CN"' in html


def test_upright_and_lying_pages_are_of_a4(printed: Path) -> None:
    found = sizes(printed)
    assert set(found) == {(210, 297), (297, 210)}
    assert found[0] == found[-1] == (210, 297)


def test_pages_are_numbered_and_marked(printed: Path) -> None:
    texts = pages(printed)
    for number, text in enumerate(texts, start=1):
        assert re.search(rf"—\s?{number}\s?—", text), number
        assert "示例" in text


def test_it_reads_as_the_document_does(printed: Path) -> None:
    whole = re.sub(r"\s", "", "".join(pages(printed)))
    for wanted in (
        "一、总体情况",
        "（一）各项情况",
        "五、报送情况",
        "附件：1．",
        "前进街道办事处2031年10月16日",
        "第7次定稿",
    ):
        assert wanted in whole


def test_text_stands_within_the_type_area(printed: Path) -> None:
    for left, _, right, _, text in bounds(printed):
        assert left >= 27 and right <= 297 - 36.5, text


def test_its_date_is_that_of_the_bulletin(printed: Path) -> None:
    dates = set(re.findall(rb"/(?:CreationDate|ModDate) \(D:(\d{14})", printed.read_bytes()))
    assert dates == {b"20311016020000"}


def test_a_browser_that_prints_nothing_is_told(tmp_path: Path, issue: Issue) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    with pytest.raises(PrintingError, match="exit 3: no display"):
        pdf(str(broken), "<p>", issue.head.as_of)


def test_the_browser_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = tmp_path / "browser"
    named.write_text("#!/bin/sh\n", encoding="utf-8")
    named.chmod(0o755)
    monkeypatch.setenv("JINDU_CHROMIUM", str(named))
    assert browser() == str(named)
    monkeypatch.delenv("JINDU_CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser() is None
