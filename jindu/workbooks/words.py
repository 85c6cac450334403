"""What senders write, and what it means: data of the reference folder, not code.

A vocabulary maps each text as written to its meaning: a field of heading.csv, a meaning of wording.csv, or a unit.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jindu.settings import PROJECT_ROOT

SHIPPED_FOLDER = PROJECT_ROOT / "warehouse" / "reference"
COUNTED_UNIT = "counted unit"  # an indicator's own unit, such as 件: may stand behind a number
CONVERTED_UNIT = "converted unit"  # of unit.csv; may stand in a heading as well
PERCENT = "%"
MONTH_MARK = "{月}"  # in a heading of heading.csv: any month, which must be the report month
TRAILING_BRACKET = re.compile(r"[(\[【〔{]([^()\[\]【】〔〕{}]*)[)\]】〕}]$")  # after NFKC
# The meanings of wording.csv
WORDING = frozenset({"not_applicable", "over", "scale", "column_mark", "total_row", "section_mark", "title_end"})


@dataclass(frozen=True)
class Words:
    """The words that the reader knows, by what they mean; words in cells compared as `squeezed` evens them out."""

    headings: Mapping[str, str]  # as heading_key evens them out → field
    not_applicable: frozenset[str]
    over: tuple[str, ...]
    scale: tuple[str, ...]
    column_marks: frozenset[str]
    total_rows: frozenset[str]
    section_marks: tuple[str, ...]
    title_ends: tuple[str, ...]
    converted_units: frozenset[str]
    units: tuple[str, ...]  # all that may stand behind a number, the longest first

    @cached_property
    def number(self) -> re.Pattern[str]:
        """A number as it may be written, with sign, separators, qualifier and unit told apart."""
        over, unit = _one_of(self.over), _one_of(self.units)
        return re.compile(
            r"(?P<sign>[+-]?)"
            r"(?:(?P<grouped>[1-9][0-9]{0,2}(?:,[0-9]{3})+)|(?P<plain>[0-9]*))"  # 1,23 is a slip, not 123
            r"(?P<fraction>\.[0-9]+)?"
            rf"\s*(?:(?P<over>{over})?\s*(?P<unit>{unit})?|(?P<unit_first>{unit})\s*(?P<over_last>{over}))"
        )

    @cached_property
    def _monthly(self) -> list[tuple[re.Pattern[str], str]]:
        """The headings that name a month, 1-9月累计, with what they mean."""
        keys = {key: field for key, field in self.headings.items() if MONTH_MARK in key}
        number = "(1[0-2]|0?[1-9])"
        return [(re.compile(re.escape(key).replace(re.escape(MONTH_MARK), number)), keys[key]) for key in keys]

    def field(self, text: str) -> str | None:
        """The field that a heading or label means."""
        key = heading_key(text)
        if found := self.headings.get(key):
            return found
        return next((field for pattern, field in self._monthly if pattern.fullmatch(key)), None)

    def month_of(self, text: str) -> int | None:
        """The month that a heading names as the last of its range: 9 of 1-9月累计."""
        key = heading_key(text)
        found = next((match for pattern, _ in self._monthly if (match := pattern.fullmatch(key))), None)
        return int(found[1]) if found and key not in self.headings else None

    def says_not_applicable(self, text: str) -> bool:
        """Whether the whole text is one of the marks for what does not exist here."""
        return squeezed(text) in self.not_applicable

    def is_section(self, text: str) -> bool:
        """Whether a text begins as a heading between the rows does: 一、基层治理."""
        return squeezed(text).startswith(self.section_marks)


def heading_key(text: str) -> str:
    """A heading as it is compared: NFKC, no white space, no trailing colon or bracket, lower case."""
    plain = re.sub(r"[\s\u200b-\u200f\ufeff]", "", unicodedata.normalize("NFKC", text)).rstrip(":").lower()
    return TRAILING_BRACKET.sub("", plain) or plain


def squeezed(text: str) -> str:
    """A text as it is compared: NFKC, without white space, in capitals."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def vocabulary(
    headings: Iterable[tuple[str, str]],
    wording: Iterable[tuple[str, str]],
    converted_units: Iterable[str],
    counted_units: Iterable[str] = (),
) -> dict[str, str]:
    """One mapping from text to meaning, of (heading, field) and (word, meaning); a heading goes before a word."""
    units = dict.fromkeys(counted_units, COUNTED_UNIT) | dict.fromkeys(converted_units, CONVERTED_UNIT)
    return units | dict(wording) | dict(headings)


def words_of(meanings: Mapping[str, str]) -> Words:
    """The words of a vocabulary; what it has no word for is said as in the files that come with jindu."""
    by_meaning: dict[str, list[str]] = {}
    for text, meaning in meanings.items():
        by_meaning.setdefault(meaning, []).append(text)
    of_wording = {*WORDING, COUNTED_UNIT, CONVERTED_UNIT}
    for meaning in of_wording.difference(by_meaning):
        by_meaning[meaning] = _shipped().get(meaning, [])

    def said(meaning: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(squeezed(word) for word in by_meaning[meaning]))

    converted = [unicodedata.normalize("NFKC", unit) for unit in (*by_meaning[CONVERTED_UNIT], PERCENT)]
    counted = [unicodedata.normalize("NFKC", unit) for unit in by_meaning[COUNTED_UNIT]]
    return Words(
        headings={heading_key(text): field for text, field in meanings.items() if field not in of_wording},
        not_applicable=frozenset(said("not_applicable")),
        over=said("over"),
        scale=said("scale"),
        column_marks=frozenset(said("column_mark")),
        total_rows=frozenset(said("total_row")),
        section_marks=said("section_mark"),
        title_ends=said("title_end"),
        converted_units=frozenset(converted),
        units=tuple(sorted({*converted, *counted} - {""}, key=lambda unit: (-len(unit), unit))),
    )


@lru_cache(maxsize=1)
def shipped_words() -> Words:
    """The words that come with jindu, for whoever reads without a reference folder."""
    return words_of({})


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, list[str]]:
    words: dict[str, list[str]] = {CONVERTED_UNIT: [row["unit"] for row in _rows("unit")]}
    for row in _rows("wording"):
        words.setdefault(row["meaning"], []).append(row["word"])
    return words


def _rows(name: str) -> list[dict[str, str]]:
    lines = (SHIPPED_FOLDER / f"{name}.csv").read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _one_of(words: Iterable[str]) -> str:
    """A pattern for any of the words; one that never matches when there is none."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)"
