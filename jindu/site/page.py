"""A page before it is written: where it lies, how it is called, and the template that shows it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jindu.site.source import Source


@dataclass(frozen=True)
class Page:
    """One page of one language.

    `path` is within the language's folder: community/CODE.html. `section` is the key of the entry of the
    navigation that it belongs to; `values` are what its template asks for.
    """

    path: str
    template: str
    title: str
    section: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A part of the site: its entry in the navigation (none without a path) and what makes its pages.

    The builder takes the source and the language, and yields the pages of that language.
    """

    key: str
    path: str | None
    zh: str
    en: str
    pages: Callable[[Source, str], Iterator[Page]]

    def name(self, lang: str) -> str:
        """The entry's word."""
        return self.en if lang == "en" else self.zh
