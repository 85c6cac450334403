"""A workbook file as its members: what is not replaced is copied compressed, byte for byte.

Meant for files that the guard has let through; zip64 and encryption do not occur in them.
"""

import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO

FIRST_DOS_DATE = 0x21  # 1980-01-01: what is new carries no clock
LOCAL, CENTRAL, END = 0x04034B50, 0x02014B50, 0x06054B50  # APPNOTE.TXT, section 4.3
VERSION, UTF8_NAME, SIZES_BEHIND = 20, 0x800, 0x8


class CannotMarkError(Exception):
    """A workbook that is put together in a way that is not patched; what is odd stands in the message."""


@dataclass
class Package:
    """The members of a zip file, as they are and as they are to be."""

    content: bytes
    _members: dict[str, zipfile.ZipInfo] = field(init=False)
    _changed: dict[str, bytes] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(BytesIO(self.content)) as archive:
            self._members = {member.filename: member for member in archive.infolist()}
            if len(self._members) != len(archive.infolist()):
                raise CannotMarkError("a member occurs twice")

    @property
    def names(self) -> list[str]:
        """The members' names, in their order."""
        return [*self._members, *(name for name in self._changed if name not in self._members)]

    def read(self, name: str) -> bytes:
        """A member's content as it is now. Raises CannotMarkError when there is none of that name."""
        if name in self._changed:
            return self._changed[name]
        if name not in self._members:
            raise CannotMarkError(f"no member {name}")
        with zipfile.ZipFile(BytesIO(self.content)) as archive:
            return archive.read(name)

    def write(self, name: str, content: bytes) -> None:
        """Replace a member, or add one."""
        if name in self._changed or name not in self._members or content != self.read(name):
            self._changed[name] = content

    def packed(self) -> bytes:
        """The zip file: old members in their order, then the new ones."""
        out = BytesIO()
        directory = b""
        for name in self.names:
            entry = self._new_entry(name) if name in self._changed else self._old_entry(name)
            directory += entry.central(out.tell())
            out.write(entry.local())
        start = out.tell()
        out.write(directory)
        count = len(self.names)
        out.write(struct.pack("<IHHHHIIH", END, 0, 0, count, count, len(directory), start, 0))
        return out.getvalue()

    def _old_entry(self, name: str) -> "_Entry":
        member = self._members[name]
        lengths = self.content[member.header_offset + 26 : member.header_offset + 30]
        name_length, extra_length = struct.unpack("<HH", lengths)
        start = member.header_offset + 30 + name_length + extra_length
        year, month, day, hour, minute, second = member.date_time
        return _Entry(
            name=self.content[member.header_offset + 30 : member.header_offset + 30 + name_length],
            flags=member.flag_bits & ~SIZES_BEHIND,
            method=member.compress_type,
            time=hour << 11 | minute << 5 | second // 2,
            date=max(0, year - 1980) << 9 | month << 5 | day,
            checksum=member.CRC,
            size=member.file_size,
            data=self.content[start : start + member.compress_size],
        )

    def _new_entry(self, name: str) -> "_Entry":
        content = self._changed[name]
        squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        return _Entry(
            name=name.encode(),
            flags=0 if name.isascii() else UTF8_NAME,
            method=zipfile.ZIP_DEFLATED,
            time=0,
            date=FIRST_DOS_DATE,
            checksum=zlib.crc32(content),
            size=len(content),
            data=squeezer.compress(content) + squeezer.flush(),
        )


@dataclass(frozen=True)
class _Entry:
    """One member as the zip format writes it."""

    name: bytes
    flags: int
    method: int
    time: int
    date: int
    checksum: int
    size: int
    data: bytes

    def local(self) -> bytes:
        return struct.pack("<IH", LOCAL, VERSION) + self._common() + struct.pack("<H", 0) + self.name + self.data

    def central(self, offset: int) -> bytes:
        head = struct.pack("<IHH", CENTRAL, VERSION, VERSION) + self._common()
        return head + struct.pack("<HHHHII", 0, 0, 0, 0, 0, offset) + self.name

    def _common(self) -> bytes:
        numbers = (self.flags, self.method, self.time, self.date, self.checksum, len(self.data), self.size)
        return struct.pack("<HHHHIII", *numbers) + struct.pack("<H", len(self.name))


def target_of(part: str, target: str) -> str:
    """The member that a relationship of the part points to."""
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def relationships_of(part: str) -> str:
    """The member that holds a part's relationships; of the package itself for an empty name."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")
