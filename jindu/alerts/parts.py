"""A text in several messages, cut between cases: each with subject, place among them, heading and the digest's number.

Whoever has a part twice knows it by the number.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

PART_MARK = " (99/99)"
CUT = "…"
NUMBER = re.compile(r"(?:提醒编号|Digest) \w+")  # how a digest's last line begins
CASE = re.compile(r"\d+\. ")  # how a case begins in a digest's text; its further lines are indented


def bytes_count(text: str) -> int:
    """What the makers of robots count."""
    return len(text.encode())


def split(text: str, room: int, *, most: int | None = None, size: Callable[[str], int] = bytes_count) -> list[str]:
    """The text in messages no bigger than `room`.

    A case goes whole to the next message, below its section's heading once more; one that is too long for a message of
    its own is cut within. Of what would take more than `most` messages, the end is left out for a ….
    """
    if size(text) <= room:
        return [text]
    head, number = text.splitlines()[0], NUMBER.match(text.rstrip().splitlines()[-1])
    foot = f"\n{number[0]}" if number else ""
    left = room - size(f"{head}{PART_MARK}\n{foot}")
    if left < room // 2:  # a subject that leaves no room is no heading
        head, left = "", room - size(f"{PART_MARK}\n{foot}")
    lines = text.splitlines()[bool(head) :]
    parts = _packed(lines, left, size)
    if most is not None and len(parts) > most:
        kept = "\n".join([CUT, *lines[-2:]])  # the link and the number of the digest
        parts = [*parts[: most - 1], *_pieces(kept, left, size)[:1]]
    parts = [part.strip("\n") for part in parts]
    parts = [*(f"{part}{foot}" for part in parts[:-1]), parts[-1]]
    return [f"{head} ({place}/{len(parts)})\n{part}".lstrip() for place, part in enumerate(parts, start=1)]


def _packed(lines: list[str], room: int, size: Callable[[str], int]) -> list[str]:
    parts = [""]
    for heading, block in _blocks(lines):
        if parts[-1] and size(f"{parts[-1]}\n{block}") <= room:
            parts[-1] += f"\n{block}"
            continue
        again = f"{heading}\n{block}" if heading else block
        if size(again) <= room:
            parts.append(again)
            continue
        for line in block.splitlines():
            for piece in _pieces(line, room, size):
                if size(f"{parts[-1]}\n{piece}") <= room:
                    parts[-1] += f"\n{piece}"
                else:
                    parts.append(piece)
    return [part for part in parts if part.strip("\n")]


def _blocks(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What is not to be cut, and the heading to be repeated above it; a heading goes with its first case."""
    for section in "\n".join(lines).split("\n\n"):
        told = section.strip("\n").splitlines()
        starts = [number for number, line in enumerate(told) if CASE.match(line)]
        if not starts:
            yield "", "\n".join(["", *told])
            continue
        heading = told[0] if starts[0] else ""
        for number, (start, end) in enumerate(pairwise([*starts, len(told)])):
            if number == 0:
                yield "", "\n".join(["", *told[:end]])
            else:
                yield heading, "\n".join(told[start:end])


def _pieces(line: str, room: int, size: Callable[[str], int]) -> list[str]:
    """The line in pieces no bigger than `room`, no character cut."""
    pieces, taken = [""], 0
    for character in line:
        width = size(character)
        if taken + width > room:
            pieces.append("")
            taken = 0
        pieces[-1] += character
        taken += width
    return pieces
