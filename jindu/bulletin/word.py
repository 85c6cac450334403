"""The bulletin as a Word document: page, type and numbering after GB/T 9704-2012, tables that Word can edit.

Headings are headings, numbered by Word itself; captions and pages are fields; a heading row is repeated on each page.
Same document, same bytes.
"""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from unicodedata import east_asian_width

import docx
from docx.document import Document as DocxDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Emu, Length, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph as DocxParagraph

from jindu.bulletin.document import Annex, Block, Cell, Document, Heading, Paragraph, Table

# GB/T 9704-2012: A4; top 37 mm, left 28 mm, type area 156 × 225 mm, 22 lines of 28 characters
PAGE_WIDTH, PAGE_HEIGHT = Mm(210), Mm(297)
TOP, LEFT, RIGHT, BOTTOM = Mm(37), Mm(28), Mm(26), Mm(35)
LINE = Pt(28.95)
LINE_PITCH = 579  # of the grid, in twentieths of a point
TIGHTER = -5  # between characters, in twentieths of a point: 28 of 16 pt in 156 mm
FOOTER = Mm(28)  # 7 mm below the type area
SIZE_2, SIZE_3, SIZE_4, SIZE_5, SIZE_6 = (
    Pt(22),
    Pt(16),
    Pt(14),
    Pt(10.5),
    Pt(8),
)  # 二号 三号 四号 五号, and small tables
TITLE_FONT, BODY_FONT, HEAD_FONT, SECOND_FONT, PLAIN_FONT = (
    "方正小标宋简体",
    "仿宋_GB2312",
    "黑体",
    "楷体_GB2312",
    "宋体",
)
LATIN_FONT = "Times New Roman"
SUBSTITUTES = {  # what a computer without the office's fonts has instead
    TITLE_FONT: "宋体",
    BODY_FONT: "仿宋",
    SECOND_FONT: "楷体",
    HEAD_FONT: "SimHei",
}
RED = RGBColor(0xC0, 0x00, 0x00)
FILLS = {"red": "F6C9C4", "orange": "FBDDB5", "yellow": "FFF3B8", "blue": "D3E4F5", "grey": "E6E6E6"}
ALIGNMENTS = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}
NARROW, SIGN = 0.6, 0.9  # of the size: a Latin letter or a figure, and a sign such as % or −
MOST_GIVEN = 0.4  # of the columns of texts, to figures that would break
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
NUMBERING = """
<w:abstractNum {ns} w:abstractNumId="90">
  <w:multiLevelType w:val="multilevel"/>
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{first}"/><w:pStyle w:val="Heading1"/><w:suff w:val="{suff}"/>
    <w:lvlText w:val="{one}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="640"/></w:pPr></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="{first}"/><w:pStyle w:val="Heading2"/><w:suff w:val="{suff}"/>
    <w:lvlText w:val="{two}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="640"/></w:pPr></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading3"/><w:suff w:val="{suff}"/>
    <w:lvlText w:val="{three}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="640"/></w:pPr></w:lvl>
</w:abstractNum>
"""


def word_file(document: Document, made: datetime) -> bytes:
    """The .docx; `made` is written into it as its date."""
    book = docx.Document()
    _properties(book, document, made)
    _fonts(book)
    _styles(book, document.lang)
    _numbers(book, document.lang)
    book.settings.odd_and_even_pages_header_footer = True
    _page(book.sections[0])
    _footers(book.sections[0], document.sample_mark)
    _masthead(book, document)
    tables = _Count()
    _blocks(book, document.blocks, PAGE_WIDTH - LEFT - RIGHT, tables, document.lang)
    _ending(book, document)
    for annex in document.annexes:
        _annex(book, annex, tables, document.lang)
    _colophon(book, document)
    return _same_bytes(book)


class _Count:
    """The number of the next table."""

    def __init__(self) -> None:
        self.number = 0

    def next(self) -> int:
        self.number += 1
        return self.number


# ---- the file


def _properties(book: DocxDocument, document: Document, made: datetime) -> None:
    core = book.core_properties
    core.title, core.author, core.last_modified_by = document.title, document.author, document.author
    core.comments, core.keywords, core.subject = document.sample_note, document.sample_mark, document.masthead
    core.language = "en-GB" if document.lang == "en" else "zh-CN"
    core.created = core.modified = made.astimezone(UTC).replace(tzinfo=None)
    core.revision = 1


def _same_bytes(book: DocxDocument) -> bytes:
    """The file, its members of one date: same document, same bytes."""
    made, out = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return out.getvalue()


def _fonts(book: DocxDocument) -> None:
    """Tell Word what to take where a font is not installed."""
    table = next(part for part in book.part.package.iter_parts() if str(part.partname).endswith("/fontTable.xml"))
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/>'
        '<w:pitch w:val="variable"/></w:font>'
        for name, other in SUBSTITUTES.items()
    )
    table._blob = table.blob.replace(b"</w:fonts>", entries.encode() + b"</w:fonts>")


def _styles(book: DocxDocument, lang: str) -> None:
    _strip_theme_fonts(book)
    _say_it_is_chinese(book)
    normal = book.styles["Normal"]
    _face(normal, BODY_FONT, SIZE_3)
    _language(normal.element, lang)
    _tighten(normal.element)
    layout = normal.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
    layout.space_before = layout.space_after = Pt(0)
    layout.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    layout.widow_control = True
    title = book.styles["Title"]
    _face(title, TITLE_FONT, SIZE_2)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.line_spacing = Pt(35)
    title.paragraph_format.space_before, title.paragraph_format.space_after = LINE, LINE
    _without_border(title)
    for name, font in (("Heading 1", HEAD_FONT), ("Heading 2", SECOND_FONT), ("Heading 3", BODY_FONT)):
        style = book.styles[name]
        _face(style, font, SIZE_3)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
        style.paragraph_format.keep_with_next = True
    caption = book.styles["Caption"]
    _face(caption, HEAD_FONT, SIZE_5)
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.line_spacing_rule, caption.paragraph_format.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(20)
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before = Pt(6)


def _face(style: Any, font: str, size: Length) -> None:
    """Font and size of a style; figures and Latin letters in Times New Roman; upright, black, not bold."""
    style.font.name, style.font.size = LATIN_FONT, size
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:cs"), LATIN_FONT)


def _strip_theme_fonts(book: DocxDocument) -> None:
    """The template's styles name fonts of its theme, which go before any that are named."""
    for fonts in book.styles.element.iter(qn("w:rFonts")):
        for name in list(fonts.attrib):
            if name.endswith("Theme"):
                del fonts.attrib[name]
    for spacing in book.styles.element.iter(qn("w:spacing")):
        if spacing.getparent().tag == qn("w:rPr"):
            spacing.getparent().remove(spacing)


def _say_it_is_chinese(book: DocxDocument) -> None:
    """The template is said to be Japanese, so that whatever names no font falls back to MS Mincho (issue 1601)."""
    said = book.settings.element.find(qn("w:themeFontLang"))
    if said is not None:
        said.set(qn("w:eastAsia"), "zh-CN")
    for fonts in book.styles.element.find(qn("w:docDefaults")).iter(qn("w:rFonts")):
        for name, font in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", BODY_FONT), ("cs", LATIN_FONT)):
            fonts.set(qn(f"w:{name}"), font)


def _without_border(style: Any) -> None:
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def _language(element: Any, lang: str) -> None:
    chosen = OxmlElement("w:lang")
    chosen.set(qn("w:val"), "en-GB" if lang == "en" else "en-US")
    chosen.set(qn("w:eastAsia"), "zh-CN")
    element.get_or_add_rPr().append(chosen)


def _tighten(element: Any) -> None:
    """A quarter of a point less between characters."""
    properties = element.get_or_add_rPr()
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(TIGHTER))
    properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")


def _numbers(book: DocxDocument, lang: str) -> None:
    """Headings are numbered by Word: 一、（一）1．"""
    words = (
        {"first": "decimal", "suff": "space", "one": "%1.", "two": "%1.%2", "three": "%1.%2.%3"}
        if lang == "en"
        else {"first": "chineseCountingThousand", "suff": "nothing", "one": "%1、", "two": "（%2）", "three": "%3．"}
    )
    numbering = book.part.numbering_part.element
    abstract = parse_xml(NUMBERING.format(ns=nsdecls("w"), **words))
    first = numbering.find(qn("w:num"))
    if first is None:
        numbering.append(abstract)
    else:
        first.addprevious(abstract)
    number = parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>')
    numbering.append(number)
    for level in range(3):
        properties = book.styles[f"Heading {level + 1}"].element.get_or_add_pPr()
        chosen = properties.get_or_add_numPr()
        chosen.get_or_add_ilvl().val = level
        chosen.get_or_add_numId().val = 90


# ---- pages


def _page(section: Section, *, is_wide: bool = False) -> None:
    """An upright page, or one that lies on its side with its head at the binding edge."""
    if is_wide:
        section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, PAGE_HEIGHT, PAGE_WIDTH
        section.top_margin, section.right_margin, section.left_margin, section.bottom_margin = LEFT, TOP, BOTTOM, RIGHT
        section.footer_distance = Mm(15)
    else:
        section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, PAGE_WIDTH, PAGE_HEIGHT
        section.top_margin, section.right_margin, section.left_margin, section.bottom_margin = TOP, RIGHT, LEFT, BOTTOM
        section.footer_distance = FOOTER - Mm(4)
    section.header_distance = Mm(15)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(LINE_PITCH))


def _footers(section: Section, sample_mark: str) -> None:
    """— 1 — in 四号 宋体: odd pages to the right, even ones to the left, one character in; 示例 above every page."""
    sides = ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT))
    for footer, side in sides:
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.alignment = side
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = SIZE_4
        _run(line, "— ", SIZE_4, PLAIN_FONT)
        _field(line, "PAGE", "1", SIZE_4, PLAIN_FONT)
        _run(line, " —", SIZE_4, PLAIN_FONT)
    if sample_mark:
        for header in (section.header, section.even_page_header):
            header.is_linked_to_previous = False
            line = header.paragraphs[0]
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _run(line, sample_mark, SIZE_5, HEAD_FONT, colour=RED)


# ---- the head and the end


def _masthead(book: DocxDocument, document: Document) -> None:
    mark = book.add_paragraph()
    _run(mark, document.mark, SIZE_3, HEAD_FONT)
    name = book.add_paragraph()
    name.alignment = WD_ALIGN_PARAGRAPH.CENTER
    name.paragraph_format.line_spacing = Pt(52)
    name.paragraph_format.space_before = Pt(6)
    _run(name, document.masthead, Pt(36) if document.lang == "zh" else Pt(26), TITLE_FONT, colour=RED)
    line = book.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.LEFT
    line.paragraph_format.tab_stops.add_tab_stop(PAGE_WIDTH - LEFT - RIGHT, 2)  # right
    _run(line, f"{document.number}\t{document.issued}", SIZE_3, BODY_FONT)
    _rule(line, "bottom", "C00000", 18)
    if document.sample_note:
        note = book.add_paragraph()
        note.alignment = WD_ALIGN_PARAGRAPH.CENTER
        note.paragraph_format.line_spacing = Pt(20)
        note.paragraph_format.space_before = Pt(4)
        _run(note, document.sample_note, SIZE_5, SECOND_FONT, colour=RED)
    book.add_paragraph(document.title, style="Title")
    book.add_paragraph(document.addressee).paragraph_format.keep_with_next = True


def _ending(book: DocxDocument, document: Document) -> None:
    """The annexes' names, who issues it, and the day, four characters in from the right."""
    book.add_paragraph()
    names = book.add_paragraph()
    _indent(names, 2)
    _run(names, document.annex_heading + ("：" if document.lang == "zh" else ": "), SIZE_3, BODY_FONT)
    names.paragraph_format.keep_with_next = True
    for number, one in enumerate(document.annexes, start=1):
        if number > 1:
            names = book.add_paragraph()
            names.paragraph_format.left_indent = SIZE_3 * 5
            names.paragraph_format.first_line_indent = Pt(0)
            names.paragraph_format.keep_with_next = number < len(document.annexes)
        _run(names, f"{number}．{one.title}" if document.lang == "zh" else f"{number}. {one.title}", SIZE_3, BODY_FONT)
    book.add_paragraph()
    for text in (document.signature, document.issued):
        line = book.add_paragraph(text)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = SIZE_3 * 4
        line.paragraph_format.keep_together = True


def _annex(book: DocxDocument, annex: Annex, tables: _Count, lang: str) -> None:
    _page(book.add_section(WD_SECTION.NEW_PAGE), is_wide=annex.is_wide)
    label = book.add_paragraph()
    _run(label, annex.label, SIZE_3, HEAD_FONT)
    label.paragraph_format.keep_with_next = True
    title = book.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.keep_with_next = True
    title.paragraph_format.space_after = Pt(6)
    _outline(title, 0)
    _run(title, annex.title, Pt(18), TITLE_FONT)
    width = PAGE_HEIGHT - TOP - BOTTOM if annex.is_wide else PAGE_WIDTH - LEFT - RIGHT
    _blocks(book, annex.blocks, width, tables, lang)


def _colophon(book: DocxDocument, document: Document) -> None:
    """The last lines: as of when, and which published copy."""
    book.add_paragraph()
    line = book.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.LEFT
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = SIZE_4
    _run(line, document.colophon, SIZE_4, BODY_FONT)
    _rule(line, "top", "000000", 8)
    _rule(line, "bottom", "000000", 8)


# ---- blocks


def _blocks(book: DocxDocument, blocks: tuple[Block, ...], width: int, tables: _Count, lang: str) -> None:
    for block in blocks:
        match block:
            case Heading(level, text):
                book.add_paragraph(text, style=f"Heading {level}")
            case Paragraph(text, lead):
                line = book.add_paragraph()
                _indent(line, 2)
                if lead:
                    _run(line, lead, SIZE_3, SECOND_FONT)
                _run(line, text, SIZE_3, BODY_FONT)
            case Table():
                _table(book, block, width, tables.next(), lang)


def _table(book: DocxDocument, table: Table, width: int, number: int, lang: str) -> None:
    caption = book.add_paragraph(style="Caption")
    caption.add_run("表" if lang == "zh" else "Table ")
    _field(caption, r"SEQ 表 \* ARABIC" if lang == "zh" else r"SEQ Table \* ARABIC", str(number), SIZE_5, HEAD_FONT)
    caption.add_run(f"　{table.caption}" if lang == "zh" else f". {table.caption}")
    size = SIZE_6 if table.is_small else SIZE_5
    side = Mm(0.5) if table.is_small else Mm(1)
    widths = _widths(table, width, size, side)
    grid = book.add_table(rows=0, cols=len(table.columns))
    grid.style, grid.alignment, grid.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    _describe(grid, table.caption)
    _cell_margins(grid, side)
    for column, one in zip(grid.columns, widths, strict=True):
        column.width = one
    heads = tuple(Cell(column.title, column.tone, is_strong=True) for column in table.columns)
    _row(grid, heads, table, widths, size, is_heading=True)
    for number_of_row, cells in enumerate(table.rows, start=1):
        _row(grid, cells, table, widths, size)
        if table.is_kept(number_of_row) and number_of_row < len(table.rows):
            for place in grid.rows[-1].cells:
                place.paragraphs[0].paragraph_format.keep_with_next = True
    after = book.add_paragraph()
    after.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    after.paragraph_format.line_spacing = Pt(13)
    if table.note:
        after.alignment = WD_ALIGN_PARAGRAPH.LEFT
        _run(after, ("注：" if lang == "zh" else "Note: ") + table.note, Pt(9), BODY_FONT)


def _widths(table: Table, width: int, size: Length, side: Length) -> list[Length]:
    """Each column's share of the width, and more where a figure would break; texts, which may break, have the rest."""
    total = sum(column.share for column in table.columns)
    widths = [width * column.share / total for column in table.columns]
    rows = [cells for cells in table.rows if len(cells) == len(widths)]
    for place, column in enumerate(table.columns):
        if column.align != "left":
            longest = max((_ems(cells[place].text) for cells in rows), default=0.0)
            widths[place] = max(widths[place], longest * size + 2 * side)
    texts = [place for place, column in enumerate(table.columns) if column.align == "left"]
    over = sum(widths) - width
    spare = sum(widths[place] for place in texts)
    if 0 < over <= spare * MOST_GIVEN:
        for place in texts:
            widths[place] -= over * widths[place] / spare
    return [Emu(int(one * width / sum(widths))) for one in widths]


def _ems(text: str) -> float:
    """How wide a text is, in its own size: figures as wide as in the fonts that a machine without Times has."""
    return sum(
        1.0 if east_asian_width(character) in "WF" else NARROW if character.isalnum() or character in ",." else SIGN
        for character in text
    )


def _row(  # noqa: PLR0913  (what a row needs to know of its table)
    grid: Any, cells: tuple[Cell, ...], table: Table, widths: list[Length], size: Length, *, is_heading: bool = False
) -> None:
    row = grid.add_row()
    row.height_rule, row.height = WD_ROW_HEIGHT_RULE.AT_LEAST, Pt(size.pt * 1.6)
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_heading:
        properties.append(OxmlElement("w:tblHeader"))
    places = [*row.cells]
    if len(cells) == 1:
        places = [places[0].merge(places[-1])]
    for place, cell, column, width in zip(places, cells, table.columns, widths, strict=False):
        if len(cells) > 1:
            place.width = width
        place.vertical_alignment = 1  # center
        line = place.paragraphs[0]
        line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        line.paragraph_format.line_spacing = Pt(size.pt * 1.3)
        _off_grid(line)
        line.paragraph_format.keep_with_next = is_heading or None
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER if is_heading else ALIGNMENTS[column.align]
        if len(cells) == 1:
            line.alignment = WD_ALIGN_PARAGRAPH.LEFT
            line.paragraph_format.keep_with_next = True
        _run(line, cell.text, size, HEAD_FONT if cell.is_strong else BODY_FONT)
        fill = FILLS.get(cell.tone or "", "EDEDED" if is_heading else "")
        if fill:
            place._tc.get_or_add_tcPr().append(
                parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>')
            )


def _describe(grid: Any, caption: str) -> None:
    """What a screen reader says of the table."""
    title = OxmlElement("w:tblCaption")
    title.set(qn("w:val"), caption)
    grid._tbl.tblPr.append(title)


def _cell_margins(grid: Any, side: Length) -> None:
    twips = int(side.pt * 20)
    margins = parse_xml(
        f'<w:tblCellMar {nsdecls("w")}><w:left w:w="{twips}" w:type="dxa"/>'
        f'<w:right w:w="{twips}" w:type="dxa"/></w:tblCellMar>'
    )
    properties = grid._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    look.addprevious(margins) if look is not None else properties.append(margins)


# ---- lines


def _run(line: DocxParagraph, text: str, size: Length, font: str, *, colour: RGBColor | None = None) -> None:
    run = line.add_run(text)
    run.font.size, run.font.name = size, LATIN_FONT
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if colour is not None:
        run.font.color.rgb = colour


def _field(line: DocxParagraph, code: str, shown: str, size: Length, font: str) -> None:
    """A field that Word keeps up to date, with what it shows until then."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    _run(line, shown, size, font)
    run = line.runs[-1]._r
    run.addprevious(field)
    field.append(run)


def _indent(line: DocxParagraph, characters: int) -> None:
    """The first line two characters in, whatever the size of the type."""
    line.paragraph_format.first_line_indent = SIZE_3 * characters
    line._p.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(100 * characters))


def _off_grid(line: DocxParagraph) -> None:
    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    spacing = line._p.get_or_add_pPr().find(qn("w:spacing"))
    spacing.addprevious(snap)


def _outline(line: DocxParagraph, level: int) -> None:
    """In the document's outline, without the style and number of a heading."""
    mark = OxmlElement("w:outlineLvl")
    mark.set(qn("w:val"), str(level))
    line._p.get_or_add_pPr().append(mark)


def _rule(line: DocxParagraph, side: str, colour: str, eighths: int) -> None:
    """A line above or below a paragraph, in eighths of a point."""
    properties = line._p.get_or_add_pPr()
    border = properties.find(qn("w:pBdr"))
    if border is None:
        border = OxmlElement("w:pBdr")
        properties.insert_element_before(
            border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
    edge = OxmlElement(f"w:{side}")
    for name, wanted in (("val", "single"), ("sz", str(eighths)), ("space", "4"), ("color", colour)):
        edge.set(qn(f"w:{name}"), wanted)
    border.append(edge)
