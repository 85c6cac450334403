"""Comments on cells: the legacy part with its drawing, which Excel, WPS and LibreOffice all show."""

import re
from collections.abc import Mapping, Sequence

from jindu.workbooks.finding_sheet import NAMESPACE, WORDS, Note
from jindu.workbooks.package import CannotMarkError, Package
from jindu.workbooks.parts import Element, Part, plain
from jindu.workbooks.relationships import Relationships, add_content_type, free_name

AUTHOR = "校验"
HEAD = "【校验】"  # how our words are known again inside a clerk's own comment
RULE = "\n\n"  # between a clerk's words and ours
COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
THREADED = "tc="  # author of the stand-in for a threaded comment, which newer Excel shows instead
TEXT = re.compile(rb"<((?:\w+:)?t)(?:\s[^>]*)?(?:/>|>([^<]*)</\1>)")
SHAPE = re.compile(rb"<(\w+):shape\b(?:(?!</\1:shape>).)*</\1:shape>", re.DOTALL)  # prefixes differ by program
SHAPE_NUMBER = re.compile(rb"_x0000_s(\d+)")
CLUSTER = re.compile(rb"<\w+:idmap\b[^>]*\bdata=\"([\d,]+)\"")
IDS_PER_CLUSTER = 1024  # of shape ids in a drawing
WIDTH_COLUMNS, CHARACTERS_PER_LINE = 3, 17
EMPTY_COMMENTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{NAMESPACE}"><authors/><commentList/></comments>'
)
EMPTY_DRAWING = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit"'
    ' data="{cluster}"/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t"'
    ' o:connecttype="rect"/></v:shapetype></xml>'
)


def are_ours(package: Package, relationships: Relationships) -> bool:
    """Whether comments of an earlier version are among the sheet's."""
    path = relationships.target("comments")
    return path is not None and HEAD.encode() in package.read(path)


def put(
    package: Package, relationships: Relationships, drawing: Element | None, notes: Mapping[str, Sequence[Note]]
) -> str | None:
    """Put a comment on each cell with notes, below the clerk's own words; take ours of earlier versions away.

    The id of the relationship to a drawing that the sheet does not name yet, if one had to be made.
    """
    path = relationships.target("comments")
    if path is None:
        path = free_name(package, "xl/comments{}.xml")
        package.write(path, EMPTY_COMMENTS.encode())
        add_content_type(package, path, COMMENTS_TYPE)
        relationships.add("comments", path)
    gone = _put_texts(package, path, notes)
    made = None
    shapes_path = relationships.target("vmlDrawing") if drawing else None
    if shapes_path is None:
        if drawing:
            raise CannotMarkError("the sheet's drawing is not there")
        shapes_path = free_name(package, "xl/drawings/vmlDrawing{}.vml")
        package.write(shapes_path, EMPTY_DRAWING.format(cluster=_free_cluster(package)).encode())
        add_content_type(package, shapes_path, DRAWING_TYPE)
        made = relationships.add("vmlDrawing", shapes_path)
    package.write(shapes_path, _with_shapes(package.read(shapes_path), notes, gone))
    return made


def comment_text(notes: Sequence[Note]) -> str:
    """What the comment on a cell says."""
    said = [f"{WORDS[note.severity]}：{note.problem}。{note.remedy}".rstrip("。") + "。" for note in notes]
    return "\n".join([HEAD, *said])


def _put_texts(package: Package, path: str, notes: Mapping[str, Sequence[Note]]) -> set[str]:
    """Write the texts; the cells whose comment was ours alone and is no longer needed."""
    part = Part(package.read(path), depth=4)
    authors, listing = part.one("authors"), part.one("commentList")
    if authors is None or listing is None:
        raise CannotMarkError("comments without authors or list")
    names = [part.content[one.inner : one.close].decode() for one in part.all("author", 2)]
    if AUTHOR in names:
        author = names.index(AUTHOR)
    else:
        author = len(names)
        part.append(authors, f"<author>{AUTHOR}</author>")
    gone, kept = set(), set()
    for comment in part.all("comment", 2):
        address = comment.attributes.get("ref", "")
        text = next(iter(part.within(comment, "text")), None)
        if text is None:
            continue
        before = part.text(text)
        own = _without_ours(before)
        if not _words(own).strip():
            gone.add(address)
            part.remove(comment)
            continue
        kept.add(address)
        of_cell = notes.get(address)
        writer = int(comment.attributes.get("authorId", "0"))
        if of_cell and not (writer < len(names) and names[writer].startswith(THREADED)):
            own = _with_run(own, RULE + comment_text(of_cell))
        if own != before:
            part.replace(text.start, text.end, own)
    new = "".join(
        f'<comment ref="{address}" authorId="{author}"><text>{_run(comment_text(of_cell))}</text></comment>'
        for address, of_cell in notes.items()
        if address not in kept
    )
    if new:
        part.append(listing, new)
    package.write(path, part.changed())
    return gone - set(notes)


def _words(text: bytes) -> str:
    return b"".join(found[2] or b"" for found in TEXT.finditer(text)).decode()


def _without_ours(text: bytes) -> bytes:
    """A comment's text up to our words, whichever runs a spreadsheet has since divided it into."""
    is_ours = False

    def cut(found: re.Match[bytes]) -> bytes:
        nonlocal is_ours
        if is_ours:
            return b"<" + found[1] + b"/>"
        words = found[2] or b""
        place = words.find(HEAD.encode())
        if place < 0:
            return found[0]
        is_ours = True
        rest = words[:place].rstrip()
        opened = found[0][: found.start(2) - found.start()]
        return opened + rest + b"</" + found[1] + b">"

    return TEXT.sub(cut, text)


def _with_run(text: bytes, words: str) -> bytes:
    """The element text with a run of words at its end; what stood there without a run gets one."""
    part = Part(text, depth=1)
    for plain_text in part.all("t", 1):
        part.insert(plain_text.start, "<r>")
        part.insert(plain_text.end, "</r>")
    place = max((one.end for one in part.elements if one.depth == 1 and one.name in ("r", "t")), default=0)
    part.insert(place or part.root.close, _run(words))
    return part.changed()


def _run(words: str) -> str:
    style = '<rPr><sz val="9"/><color indexed="81"/><rFont val="宋体"/><charset val="134"/></rPr>'
    return f'<r>{style}<t xml:space="preserve">{plain(words)}</t></r>'


def _free_cluster(package: Package) -> int:
    taken = {0}
    for name in package.names:
        if name.lower().endswith(".vml"):
            for found in CLUSTER.finditer(package.read(name)):
                taken |= {int(number) for number in found[1].split(b",") if number}
    return max(taken) + 1


def _with_shapes(drawing: bytes, notes: Mapping[str, Sequence[Note]], gone: set[str]) -> bytes:
    """The drawing with one box per commented cell; it need not be well-formed XML, as Excel itself writes it."""
    boxes = {_place_of(found[0]): found[0] for found in SHAPE.finditer(drawing) if b'ObjectType="Note"' in found[0]}
    for address in gone:
        drawing = drawing.replace(boxes.pop(_numbers(address), b"\0"), b"")
    end = drawing.rfind(b"</xml>")
    if end < 0:
        raise CannotMarkError("the sheet's drawing has no end")
    clusters = [int(number) for found in CLUSTER.finditer(drawing) for number in found[1].split(b",") if number]
    numbers = [int(found[1]) for found in SHAPE_NUMBER.finditer(drawing)]
    next_number = max([*numbers, IDS_PER_CLUSTER * max(clusters, default=1)]) + 1
    new = ""
    for address, of_cell in notes.items():
        row, column = _numbers(address)
        anchor = _anchor(row, column, comment_text(of_cell))
        box = boxes.get((row, column))
        if box:
            wider = re.sub(rb"(<\w+:Anchor>)[^<]*(</\w+:Anchor>)", rb"\g<1>" + anchor.encode() + rb"\g<2>", box)
            drawing = drawing.replace(box, wider)
        else:
            new += _box(next_number, row, column, anchor)
            next_number += 1
    end = drawing.rfind(b"</xml>")
    return drawing[:end] + new.encode() + drawing[end:]


def _box(number: int, row: int, column: int, anchor: str) -> str:
    return (
        '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
        ' xmlns:x="urn:schemas-microsoft-com:office:excel"'
        f' id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:107.25pt;margin-top:7.5pt;'
        'width:192pt;height:90pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row>"
        f"<x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def _anchor(row: int, column: int, words: str) -> str:
    """Left column, offset, top row, offset, right column, offset, bottom row, offset."""
    lines = sum(-(-len(line) // CHARACTERS_PER_LINE) or 1 for line in words.split("\n")) + 1
    top = max(0, row - 1)
    return f"{column + 1}, 15, {top}, 4, {column + 1 + WIDTH_COLUMNS}, 15, {top + lines}, 4"


def _place_of(box: bytes) -> tuple[int, int]:
    found = [re.search(rb"<\w+:%s>\s*(\d+)\s*</" % name, box) for name in (b"Row", b"Column")]
    return (int(found[0][1]), int(found[1][1])) if found[0] and found[1] else (-1, -1)


def _numbers(address: str) -> tuple[int, int]:
    """Row and column of a cell, from 0."""
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(digits) - 1, column - 1
