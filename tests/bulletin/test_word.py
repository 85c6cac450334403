"""The Word document: opened again by python-docx, and laid out by LibreOffice."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.document import Document as DocxDocument
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from jindu.bulletin.content import compose
from jindu.bulletin.document import Cell, Column, Document, Table
from jindu.bulletin.issue import Issue
from jindu.bulletin.word import word_file

from .programs import bounds, converted, pages, sizes


@pytest.fixture(scope="module")
def content(issue: Issue, document: Document) -> bytes:
    return word_file(document, issue.head.as_of)


@pytest.fixture(scope="module")
def opened(content: bytes) -> DocxDocument:
    return docx.Document(io.BytesIO(content))


@pytest.fixture(scope="module")
def laid_out(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("laid-out")
    (folder / "bulletin.docx").write_bytes(content)
    return converted(folder / "bulletin.docx", folder)


def east_asian(style: object) -> str:
    return str(style.element.rPr.rFonts.get(qn("w:eastAsia")))  # type: ignore[attr-defined]


def test_the_page_is_that_of_the_standard(opened: DocxDocument) -> None:
    first = opened.sections[0]
    assert first.page_width is not None and first.page_height is not None
    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    margins = (first.top_margin, first.left_margin, first.right_margin, first.bottom_margin)
    assert [round(margin.mm) for margin in margins if margin is not None] == [37, 28, 26, 35]  # GB/T 9704-2012, 5.2.1


def test_type_and_size_are_those_of_the_standard(opened: DocxDocument) -> None:
    styles = opened.styles
    assert (east_asian(styles["Normal"]), styles["Normal"].font.size) == ("仿宋_GB2312", Pt(16))
    assert (east_asian(styles["Title"]), styles["Title"].font.size) == ("方正小标宋简体", Pt(22))
    assert (east_asian(styles["Heading 1"]), styles["Heading 1"].font.size) == ("黑体", Pt(16))
    assert (east_asian(styles["Heading 2"]), styles["Heading 2"].font.size) == ("楷体_GB2312", Pt(16))
    themed = [name for fonts in styles.element.iter(qn("w:rFonts")) for name in fonts.attrib if name.endswith("Theme")]
    assert not themed  # a theme's font would go before the named one


def test_nothing_falls_back_to_the_japanese_of_the_template(opened: DocxDocument) -> None:
    said = opened.settings.element.find(qn("w:themeFontLang"))
    assert said is None or said.get(qn("w:eastAsia")) == "zh-CN"
    (fonts,) = opened.styles.element.find(qn("w:docDefaults")).iter(qn("w:rFonts"))
    assert fonts.get(qn("w:eastAsia")) == "仿宋_GB2312"


def test_a_computer_without_the_fonts_knows_what_to_take(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        table = archive.read("word/fontTable.xml").decode()
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in table


def test_headings_are_numbered_by_word_itself(opened: DocxDocument) -> None:
    headings = [line for line in opened.paragraphs if line.style is not None and line.style.name == "Heading 1"]
    assert [line.text for line in headings][:2] == ["总体情况", "滞后和未完成的目标"]
    numbering = opened.part.numbering_part.element.xml
    assert "chineseCountingThousand" in numbering and 'w:val="%1、"' in numbering and 'w:val="（%2）"' in numbering


def test_tables_are_tables_with_a_heading_row_on_each_page(opened: DocxDocument, document: Document) -> None:
    assert len(opened.tables) == 7
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in opened.tables)
    first = opened.tables[1]
    assert [cell.text for cell in first.rows[0].cells][:2] == ["指标（计量单位）", "责任单位"]
    assert first.cell(1, 0).text == "红色：未完成、严重滞后（3项）"
    assert first.cell(2, 0).text == "重复违规（人）"


def test_a_figure_has_the_width_that_it_needs_and_a_text_the_rest(issue: Issue, document: Document) -> None:
    columns = (Column("指标", 80), Column("差额", 10, "right"), Column("状态", 10, "center"))
    rows = tuple((Cell("规模以上营利性服务业增幅"), Cell(text), Cell("滞后")) for text in ("−1", "−1,421,089,123.50"))
    only = replace(document, blocks=(Table("", columns, rows),), annexes=())
    (grid,) = docx.Document(io.BytesIO(word_file(only, issue.head.as_of))).tables
    texts, figures, words = (column.width for column in grid.columns)
    assert figures > 17 * 0.5 * Pt(10.5)  # each of its characters takes half its size at the least
    assert words == pytest.approx(Mm(15.6), rel=0.01) and texts + figures + words == pytest.approx(Mm(156), rel=0.01)


def test_captions_and_page_numbers_are_fields(opened: DocxDocument) -> None:
    assert opened.element.xml.count(r"SEQ 表 \* ARABIC") == 7
    section = opened.sections[0]
    assert "PAGE" in section.footer._element.xml and "PAGE" in section.even_page_footer._element.xml
    assert opened.settings.odd_and_even_pages_header_footer


def test_it_is_marked_as_sample_on_every_page(opened: DocxDocument) -> None:
    assert opened.sections[0].header.paragraphs[0].text == "示例"
    assert opened.sections[0].even_page_header.paragraphs[0].text == "示例"


def test_the_same_issue_gives_the_same_bytes(issue: Issue, document: Document, content: bytes) -> None:
    assert word_file(document, issue.head.as_of) == content


def test_it_says_whose_and_of_when_it_is(opened: DocxDocument) -> None:
    core = opened.core_properties
    assert (core.author, core.title) == ("前进街道办事处", "关于2031年9月年度目标进度的通报")
    assert core.created is not None and (core.created.year, core.created.month) == (2031, 10)


def test_libreoffice_lays_it_out_on_upright_and_lying_pages(laid_out: Path) -> None:
    found = sizes(laid_out)
    assert found[0] == found[-1] == (210, 297)
    assert (297, 210) in found


def test_what_is_read_is_what_was_written(laid_out: Path) -> None:
    texts = pages(laid_out)
    first = re.sub(r"\s", "", texts[0])
    for wanted in ("内部资料", "前进街道工作通报", "关于2031年9月年度目标进度的通报", "一、总体情况", "—1—"):
        assert wanted in first
    whole = re.sub(r"\s", "", "".join(texts))
    for wanted in ("（一）各项情况", "五、报送情况", "附件3", "合同投资<额>&", "不公开"):
        assert wanted in whole


def test_nothing_is_cut_off_at_the_edge(laid_out: Path) -> None:
    widest = max(width for width, _ in sizes(laid_out))
    outside = [
        text for left, top, right, bottom, text in bounds(laid_out) if left < 10 or right > widest - 10 or top < 5
    ]
    assert not outside


def test_the_english_one_opens_too(issue: Issue) -> None:
    opened = docx.Document(io.BytesIO(word_file(compose(issue, "en"), issue.head.as_of)))
    assert opened.paragraphs[1].text == "前进街道 · Progress bulletin"
    assert 'w:val="%1."' in opened.part.numbering_part.element.xml
