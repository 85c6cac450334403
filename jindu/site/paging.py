"""A long list over several pages: alerts.html, alerts-2.html, …"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any


@dataclass(frozen=True)
class Sheet:
    """One page's share of a list: `first` and `last` count its rows from 1, of `total`; 0 and 0 of an empty list."""

    path: str
    number: int
    rows: Sequence[Any]
    first: int
    last: int
    total: int
    paths: tuple[str, ...]  # of all its pages, in order


def paged(path: str, rows: Sequence[Any], size: int) -> Iterator[Sheet]:
    """The list in pages of `size` rows; the first lies at `path`, and there always is one."""
    stem = PurePosixPath(path)
    count = max(1, -(-len(rows) // size))
    paths = tuple(path if n == 1 else str(stem.with_stem(f"{stem.stem}-{n}")) for n in range(1, count + 1))
    for number, here in enumerate(paths, start=1):
        start = (number - 1) * size
        share = rows[start : start + size]
        yield Sheet(here, number, share, start + 1 if share else 0, start + len(share), len(rows), paths)
