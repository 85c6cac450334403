"""One XML part, changed in places: what is not touched keeps its bytes, its prefixes and its order."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape

from jindu.workbooks.package import CannotMarkError

START_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
ENCODING = re.compile(rb"^<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
UTF8 = (b"utf-8", b"utf8", b"us-ascii")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


@dataclass
class Element:
    """Where one element stands: byte offsets of its tags in the part."""

    name: str  # without prefix
    attributes: dict[str, str]
    depth: int  # 0: the root
    start: int
    inner: int  # after the start tag
    close: int = 0  # where the end tag begins; the end for <a/>
    end: int = 0

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is written <a/>."""
        return self.close == self.end


class Part:
    """A part's bytes with the elements of interest, and the changes to be made to it."""

    def __init__(self, content: bytes, depth: int, cells: Collection[str] = ()) -> None:
        """Look at all elements down to `depth`, and at the cells with these addresses wherever they are.

        Raises CannotMarkError for what is no XML in UTF-8.
        """
        encoding = ENCODING.match(content.removeprefix(BYTE_ORDER_MARK))
        if content.startswith((b"\xff\xfe", b"\xfe\xff")) or (encoding and encoding[1].lower() not in UTF8):
            raise CannotMarkError("a part is not in UTF-8")
        self.content = content
        self.elements: list[Element] = []
        self._changes: list[tuple[int, int, bytes]] = []
        self._scan(depth, cells)
        root_tag = START_TAG.match(content, self.root.start)
        name = (root_tag[0] if root_tag else b"<").split(None, 1)[0].strip(b"</>").decode()
        self._prefix = name.rpartition(":")[0]

    @property
    def root(self) -> Element:
        """The outermost element."""
        return self.elements[0]

    def all(self, name: str, depth: int | None = None) -> list[Element]:
        """The elements of that name, in their order."""
        return [one for one in self.elements if one.name == name and depth in (None, one.depth)]

    def one(self, name: str, depth: int = 1) -> Element | None:
        """The first element of that name, if there is one."""
        return next(iter(self.all(name, depth)), None)

    def within(self, outer: Element, name: str) -> list[Element]:
        """The elements of that name inside another."""
        return [one for one in self.all(name) if outer.start < one.start < outer.end]

    def text(self, element: Element) -> bytes:
        """The element's bytes, tags included."""
        return self.content[element.start : element.end]

    def replace(self, start: int, end: int, new: bytes) -> None:
        """Put other bytes between two offsets of the part as it was."""
        self._changes.append((start, end, new))

    def insert(self, place: int, xml: str) -> None:
        """Put elements, written without a prefix, at an offset, in the namespace of the root."""
        self.replace(place, place, self._prefixed(xml))

    def append(self, element: Element, xml: str, count: int | None = None) -> None:
        """Put elements at the end of another; `count` is the number that its attribute of that name shall have."""
        tag = self.content[element.start : element.inner]
        new_tag = tag if count is None else with_attribute(tag, "count", str(count))
        if element.is_empty_tag:
            name = tag.split(None, 1)[0].strip(b"</>")
            opened = re.sub(rb"\s*/>$", b">", new_tag)
            self.replace(element.start, element.end, opened + self._prefixed(xml) + b"</" + name + b">")
            return
        if new_tag != tag:
            self.replace(element.start, element.inner, new_tag)
        self.insert(element.close, xml)

    def set(self, element: Element, **attributes: str | None) -> None:
        """Give an element attributes, or (None) take them away."""
        tag = self.content[element.start : element.inner]
        new_tag = tag
        for name, value in attributes.items():
            new_tag = with_attribute(new_tag, name, value)
        if new_tag != tag:
            self.replace(element.start, element.inner, new_tag)

    def remove(self, element: Element) -> None:
        """Take an element away."""
        self.replace(element.start, element.end, b"")

    def place_for(self, order: Iterable[str], name: str) -> int:
        """Where a child of the root of that name belongs in the schema's order of names."""
        ranks = {known: rank for rank, known in enumerate(order)}
        place = self.root.inner
        for child in self.elements:
            if child.depth == 1 and ranks.get(child.name, len(ranks)) <= ranks[name]:
                place = child.end
        return place

    def changed(self) -> bytes:
        """The part with all changes made; those at one place in the order in which they were asked for."""
        out, place = bytearray(), 0
        for start, end, new in sorted(self._changes, key=lambda change: change[:2]):
            if start < place:
                raise CannotMarkError("two changes overlap")
            out += self.content[place:start] + new
            place = end
        return bytes(out + self.content[place:])

    def _prefixed(self, xml: str) -> bytes:
        if self._prefix:
            xml = re.sub(r"<(/?)(?=[A-Za-z])(?![A-Za-z]+:)", rf"<\1{self._prefix}:", xml)
        return xml.encode()

    def _scan(self, depth: int, cells: Collection[str]) -> None:
        parser = expat.ParserCreate()
        opened: list[Element | None] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            is_wanted = len(opened) <= depth or (local == "c" and attributes.get("r") in cells)
            opened.append(self._found(local, attributes, len(opened), parser.CurrentByteIndex) if is_wanted else None)

        def end(_name: str) -> None:
            element = opened.pop()
            if element:
                is_empty_tag = self.content[element.inner - 2 : element.inner] == b"/>"
                element.close = element.inner if is_empty_tag else parser.CurrentByteIndex
                element.end = element.inner if is_empty_tag else self.content.index(b">", element.close) + 1

        def refuse(*_declaration: object) -> None:
            raise CannotMarkError("a part declares a document type")

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.StartDoctypeDeclHandler = refuse
        try:
            parser.Parse(self.content, True)
        except expat.ExpatError as error:
            raise CannotMarkError("a part is no valid XML") from error

    def _found(self, name: str, attributes: dict[str, str], depth: int, start: int) -> Element:
        tag = START_TAG.match(self.content, start)
        if tag is None:
            raise CannotMarkError("a tag is written in an unusual way")
        element = Element(name, attributes, depth, start, tag.end())
        self.elements.append(element)
        return element


def with_attribute(tag: bytes, name: str, value: str | None) -> bytes:
    """A start tag with an attribute set, or (None) without it."""
    found = re.search(rb"\s" + name.encode() + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", tag)
    written = b"" if value is None else f' {name}="{quoted(value)}"'.encode()
    if found:
        return tag[: found.start()] + written + tag[found.end() :]
    if value is None:
        return tag
    end = len(tag) - (2 if tag.endswith(b"/>") else 1)
    return tag[:end].rstrip() + written + tag[end:]


def plain(text: str) -> str:
    """Text as XML may hold it, escaped; characters that XML has no place for are left out."""
    return escape(INVALID.sub("", text))


def quoted(text: str) -> str:
    """The same for an attribute in double quotes."""
    return plain(text).replace('"', "&quot;").replace("\n", "&#10;")
