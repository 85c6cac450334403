"""The pages as files: which there are, and which of them a browser looks at."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LINK = re.compile(r"""\b(?:href|src|srcset|action|poster|data)\s*=\s*["']([^"']*)["']""")
IDENTITY = re.compile(r"""\bid\s*=\s*["']([^"']*)["']""")


@dataclass(frozen=True)
class File:
    """One page of the site, by its path within it."""

    site: Path
    path: str

    @cached_property
    def text(self) -> str:
        """Its HTML."""
        return (self.site / self.path).read_text(encoding="utf-8")

    @property
    def links(self) -> list[str]:
        """Every address that it names."""
        return LINK.findall(self.text)

    @property
    def identities(self) -> set[str]:
        """Where a link into it may lead."""
        return set(IDENTITY.findall(self.text))

    @property
    def url(self) -> str:
        """For a browser."""
        return (self.site / self.path).as_uri()

    @property
    def lang(self) -> str:
        """zh or en."""
        return "en" if self.path.startswith("en/") else "zh"


def all_pages(site: Path) -> list[File]:
    """Every page, in the order of its path."""
    return [File(site, path.relative_to(site).as_posix()) for path in sorted(site.rglob("*.html"))]


def one_of_each(site: Path, *, langs: tuple[str, ...] = ("zh", "en"), some: int = 3) -> list[File]:
    """What a browser looks at: all pages at the top, and of each folder the largest, the smallest and one between.

    With `some` = 1 the largest alone.
    """
    chosen: list[File] = []
    for lang in langs:
        folder = site / "en" if lang == "en" else site
        chosen += [File(site, page.relative_to(site).as_posix()) for page in sorted(folder.glob("*.html"))]
        for below in sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "en"):
            by_size = sorted(below.rglob("*.html"), key=lambda page: (page.stat().st_size, page.as_posix()))
            picked = {by_size[place] for place in (-1, 0, len(by_size) // 2)[:some]} if by_size else set()
            chosen += [File(site, page.relative_to(site).as_posix()) for page in sorted(picked)]
    return chosen
