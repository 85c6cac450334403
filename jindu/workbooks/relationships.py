"""How the parts of a workbook find each other: relationships and content types."""

from jindu.workbooks.package import Package, relationships_of, target_of
from jindu.workbooks.parts import Element, Part, quoted

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT_TYPES = "[Content_Types].xml"


class Relationships:
    """The relationships of one part."""

    def __init__(self, package: Package, owner: str) -> None:
        self.owner = owner
        self._package = package
        self._path = relationships_of(owner)
        self._elements: list[Element] = []
        if self._path in package.names:
            self._elements = Part(package.read(self._path), depth=1).all("Relationship", 1)

    def targets(self, kind: str) -> dict[str, str]:
        """The members that relationships of this kind lead to, by the relationship's id."""
        return {
            one.attributes.get("Id", ""): target_of(self.owner, one.attributes.get("Target", ""))
            for one in self._elements
            if one.attributes.get("Type", "").endswith(f"/{kind}") and one.attributes.get("TargetMode") != "External"
        }

    def target(self, kind: str) -> str | None:
        """The first of them."""
        return next(iter(self.targets(kind).values()), None)

    def add(self, kind: str, target: str) -> str:
        """Add one to a member; its id."""
        taken = {one.attributes.get("Id", "").lower() for one in self._elements}
        identity = next(f"rId{number}" for number in range(1, 99_999) if f"rid{number}" not in taken)
        if self._path in self._package.names:
            content = self._package.read(self._path)
        else:
            content = (
                b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
                b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
            )
        part = Part(content, depth=1)
        xml = f'<Relationship Id="{identity}" Type="{OFFICE}/{kind}" Target="/{quoted(target)}"/>'
        part.append(part.root, xml)
        self._package.write(self._path, part.changed())
        self._elements = Part(self._package.read(self._path), depth=1).all("Relationship", 1)
        return identity


def add_content_type(package: Package, path: str, content_type: str) -> None:
    """Say what a new member is."""
    part = Part(package.read(CONTENT_TYPES), depth=1)
    part.append(part.root, f'<Override PartName="/{quoted(path)}" ContentType="{content_type}"/>')
    package.write(CONTENT_TYPES, part.changed())


def free_name(package: Package, pattern: str) -> str:
    """A name that no member has yet, by a pattern with a place for a number."""
    taken = {name.lower() for name in package.names}
    return next(name for number in range(1, 99_999) if (name := pattern.format(number)).lower() not in taken)
