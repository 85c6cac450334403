"""The clerk's own workbook with its findings: cells coloured, a comment on each, and the sheet 校验结果 in front.

The parts are patched, never written anew: values, formulas with their results, texts with formatting, pictures and
protection are not even looked at. What cannot be patched raises CannotMarkError, and nothing is written.
"""

import re
from collections.abc import Mapping, Sequence

from jindu.workbooks import comments, finding_sheet
from jindu.workbooks.finding_sheet import CELL_FILLS, MARK, OURS, SHEET_NAME, FindingList, Note, Styles
from jindu.workbooks.package import CannotMarkError, Package, target_of
from jindu.workbooks.parts import Element, Part, plain, quoted
from jindu.workbooks.relationships import CONTENT_TYPES, OFFICE, Relationships, add_content_type, free_name

SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
SIGNATURES = "_xmlsignatures/"
LARGEST_SHEET_ID = 65534  # ECMA-376, part 1, 18.2.19
# ECMA-376, part 1, annex A.2: the children of worksheet and of styleSheet in the order that the schema asks for
SHEET_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls"),
    *("webPublishItems", "tableParts", "extLst"),
)
STYLE_ORDER = (
    *("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors"),
    "extLst",
)
NUMBER = re.compile(rb"<(?:\w+:)?v>(-?[0-9.]+(?:[eE][+-]?[0-9]+)?)</")
LITERAL_DIGITS = 15  # a number in a formula keeps no more
EMPTY_WORKBOOK = {
    CONTENT_TYPES: (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/styles.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<workbook xmlns="{finding_sheet.NAMESPACE}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
        "<sheets/></workbook>"
    ),
    "xl/styles.xml": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<styleSheet xmlns="{finding_sheet.NAMESPACE}">'
        '<fonts count="1"><font><sz val="11"/><name val="宋体"/><charset val="134"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="常规" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def mark(content: bytes, findings: FindingList) -> bytes:
    """The workbook with its findings marked; marks of an earlier version, sent back with it, are taken away.

    Raises CannotMarkError; zipfile's and zlib's errors do not occur with what the guard let through.
    """
    package = Package(content)
    if any(name.startswith(SIGNATURES) for name in package.names):
        raise CannotMarkError("the workbook is signed")
    book = _Book(package)
    styles = book.add_styles()
    by_sheet: dict[str, dict[str, list[Note]]] = {}
    for note in findings.notes:
        if note.has_cell and note.sheet_name in book.sheets:
            by_sheet.setdefault(str(note.sheet_name), {}).setdefault(str(note.cell), []).append(note)
    for name, part in book.sheets.items():
        book.mark_sheet(part, by_sheet.get(name, {}), styles)
    book.unselect_charts()
    book.put_in_front(finding_sheet.sheet_xml(findings, styles, by_sheet, book.first_visible))
    return package.packed()


def list_alone(findings: FindingList) -> bytes:
    """A workbook of the sheet 校验结果 alone, for what cannot be marked."""
    package = Package(_zipped(EMPTY_WORKBOOK))
    book = _Book(package)
    book.put_in_front(finding_sheet.sheet_xml(findings, book.add_styles(), ()))
    return package.packed()


class _Book:
    """The parts of one workbook and how they hang together."""

    def __init__(self, package: Package) -> None:
        self.package = package
        root = Relationships(package, "")
        self.path = root.target("officeDocument")
        if self.path is None:
            raise CannotMarkError("no workbook part")
        self.relationships = Relationships(package, self.path)
        self._workbook = Part(package.read(self.path), depth=2)
        self.sheets = self._sheets()
        self._old = next((name for name, part in self.sheets.items() if self._is_ours(name, part)), None)
        self._old_part = self.sheets.pop(self._old) if self._old else None

    def add_styles(self) -> Styles:
        """Append what the marks need to styles.xml; nothing that is there changes its number."""
        path = self.relationships.target("styles")
        if path is None:
            raise CannotMarkError("no styles")
        part = Part(self.package.read(path), depth=2)
        font = _append_to(part, "fonts", finding_sheet.FONTS)
        fill = _append_to(part, "fills", [finding_sheet.FILL])
        border = _append_to(part, "borders", [finding_sheet.BORDER])
        first = _append_to(part, "cellXfs", finding_sheet.cell_formats(font, fill, border))
        formats = [finding_sheet.colour_format(severity) for severity in CELL_FILLS]
        if part.one("dxfs"):
            colour = _append_to(part, "dxfs", formats)
        else:
            place = part.place_for(STYLE_ORDER, "dxfs")
            part.insert(place, f'<dxfs count="{len(formats)}">{"".join(formats)}</dxfs>')
            colour = 0
        self.package.write(path, part.changed())
        colours = {severity: colour + number for number, severity in enumerate(CELL_FILLS)}
        title, line, head, text, critical, warning, link = range(first, first + len(finding_sheet.FORMATS))
        return Styles(title, line, head, text, critical, warning, link, colours)

    def mark_sheet(self, path: str, notes: Mapping[str, Sequence[Note]], styles: Styles) -> None:
        """Colour the cells with notes, put a comment on each, and take away earlier marks; another sheet stays."""
        content = self.package.read(path)
        relationships = Relationships(self.package, path)
        is_marked_before = OURS.search(content) is not None or comments.are_ours(self.package, relationships)
        if not notes and not is_marked_before and b"tabSelected" not in content:
            return
        part = Part(content, depth=2, cells=notes)
        for view in part.all("sheetView", 2):
            part.set(view, tabSelected=None)
        _colour(part, notes, styles)
        if notes or is_marked_before:
            drawing = comments.put(self.package, relationships, part.one("legacyDrawing"), notes)
            if drawing:
                part.insert(
                    part.place_for(SHEET_ORDER, "legacyDrawing"),
                    f'<legacyDrawing xmlns:r="{OFFICE}" r:id="{drawing}"/>',
                )
        self.package.write(path, part.changed())

    @property
    def first_visible(self) -> str | None:
        """The first of the clerk's sheets that can be jumped to."""
        hidden = {
            one.attributes.get("name")
            for one in self._sheet_elements()
            if one.attributes.get("state", "visible") != "visible"
        }
        return next((name for name in self.sheets if name not in hidden), None)

    def unselect_charts(self) -> None:
        """Take the selection from sheets that are charts alone: two selected sheets would be edited together."""
        for kind in ("chartsheet", "dialogsheet"):
            for path in self.relationships.targets(kind).values():
                part = Part(self.package.read(path), depth=2)
                for view in part.all("sheetView", 2):
                    part.set(view, tabSelected=None)
                self.package.write(path, part.changed())

    def put_in_front(self, sheet: bytes) -> None:
        """Make it the first sheet, shown when the workbook is opened; an earlier one is replaced where it stands."""
        if self._old_part:
            self.package.write(self._old_part, sheet)
            self._show(self._index_of(self._old))
            return
        path = free_name(self.package, target_of(self.path or "", "worksheets/sheet{}.xml"))
        self.package.write(path, sheet)
        add_content_type(self.package, path, SHEET_TYPE)
        identity = self.relationships.add("worksheet", path)
        book = self._workbook
        sheets = book.one("sheets")
        if sheets is None:
            raise CannotMarkError("no list of sheets")
        taken = {int(one.attributes.get("sheetId", "0")) for one in self._sheet_elements()}
        number = next(number for number in range(1, LARGEST_SHEET_ID) if number not in taken)
        used = {one.attributes.get("name", "").lower() for one in self._sheet_elements()}
        name = next(name for name in (SHEET_NAME, *(f"{SHEET_NAME}{n}" for n in range(2, 999))) if name not in used)
        xml = f'<sheet xmlns:r="{OFFICE}" name="{quoted(name)}" sheetId="{number}" r:id="{identity}"/>'
        if sheets.is_empty_tag:
            book.append(sheets, xml)
        else:
            book.insert(sheets.inner, xml)
        for defined in book.all("definedName", 2):
            if index := defined.attributes.get("localSheetId"):
                book.set(defined, localSheetId=str(int(index) + 1))
        self._show(0)

    def _show(self, index: int) -> None:
        for view in self._workbook.all("workbookView", 2):
            self._workbook.set(view, activeTab=str(index), firstSheet=None)
        self.package.write(self.path or "", self._workbook.changed())

    def _sheets(self) -> dict[str, str]:
        targets = self.relationships.targets("worksheet")
        found = {}
        for element in self._sheet_elements():
            identity = next((value for key, value in element.attributes.items() if key.endswith(":id")), "")
            if identity in targets:
                found[element.attributes.get("name", "")] = targets[identity]
        return found

    def _sheet_elements(self) -> list[Element]:
        return self._workbook.all("sheet", 2)

    def _index_of(self, name: str | None) -> int:
        return [one.attributes.get("name") for one in self._sheet_elements()].index(name)

    def _is_ours(self, name: str, part: str) -> bool:
        return name.startswith(SHEET_NAME) and OURS.search(self.package.read(part)) is not None


def _colour(part: Part, notes: Mapping[str, Sequence[Note]], styles: Styles) -> None:
    """Rules that colour the cells while they hold what they hold now; all other rules stand behind them."""
    for rule in part.all("cfRule", 2):
        if OURS.search(part.text(rule)):
            _remove_rule(part, rule)
        elif notes and (priority := rule.attributes.get("priority", "")).isdecimal():
            part.set(rule, priority=str(int(priority) + len(notes)))
    extension = part.one("extLst")
    if extension and notes and not extension.is_empty_tag:
        moved = re.sub(
            rb"(<\w+:cfRule\b[^>]*?\bpriority=\")(\d+)\"",
            lambda found: found[1] + str(int(found[2]) + len(notes)).encode() + b'"',
            part.text(extension),
        )
        part.replace(extension.start, extension.end, moved)
    cells = {cell.attributes["r"]: part.text(cell) for cell in part.all("c") if cell.depth > 2}
    xml = ""
    for rank, (address, of_cell) in enumerate(notes.items(), start=1):
        severity = min((note.severity for note in of_cell), key=list(CELL_FILLS).index)
        formula = plain(f"AND({MARK},{_still_holds(address, cells.get(address, b''))})")
        xml += (
            f'<conditionalFormatting sqref="{address}"><cfRule type="expression" dxfId="{styles.colours[severity]}"'
            f' priority="{rank}"><formula>{formula}</formula></cfRule></conditionalFormatting>'
        )
    if xml:
        part.insert(part.place_for(SHEET_ORDER, "conditionalFormatting"), xml)


def _remove_rule(part: Part, rule: Element) -> None:
    """Take a rule away, and what holds it when it holds nothing else."""
    holder = next(one for one in part.all("conditionalFormatting", 1) if one.start < rule.start < one.end)
    rules = part.within(holder, "cfRule")
    if not all(OURS.search(part.text(one)) for one in rules):
        part.remove(rule)
    elif rule is rules[0]:
        part.remove(holder)


def _still_holds(address: str, cell: bytes) -> str:
    """A condition that is true until somebody changes the cell; for a formula always true."""
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()  # type: ignore[union-attr]
    place = f"${letters}${digits}"
    kind = re.match(rb"<[^>]*?\st=[\"'](\w+)[\"']", cell)
    if kind and kind[1] == b"e":
        return f"ISERROR({place})"
    if re.search(rb"<(?:\w+:)?f[\s>/]", cell):
        return f"LEN({MARK})>0"
    if kind and kind[1] in (b"s", b"inlineStr", b"str"):
        return f"ISTEXT({place})"
    if kind and kind[1] == b"b":
        return f"ISLOGICAL({place})"
    number = NUMBER.search(cell)
    if number is None:
        return f"LEN({place})=0"
    written = number[1].decode()
    significant = re.sub(r"[eE].*|[-.]", "", written).lstrip("0")
    return f"{place}={written}" if len(significant) <= LITERAL_DIGITS else f"ISNUMBER({place})"


def _append_to(part: Part, name: str, items: Sequence[str]) -> int:
    """Append to a collection of styles.xml; the number that the first of the items gets."""
    holder = part.one(name)
    if holder is None:
        raise CannotMarkError(f"no {name}")
    before = sum(1 for one in part.elements if one.depth == 2 and holder.start < one.start < holder.end)
    part.append(holder, "".join(items), count=before + len(items))
    return before


def _zipped(parts: Mapping[str, str]) -> bytes:
    empty = b"PK\x05\x06" + bytes(18)
    package = Package(empty)
    for name, text in parts.items():
        package.write(name, text.encode())
    return package.packed()
