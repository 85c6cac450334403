"""What a spreadsheet's number format shows of a number: a percentage, a unit behind it, or another number."""

import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

# "text", \x and !x stand for themselves, _x is a space as wide as x, *x fills the cell; [colour] and [>=condition]
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<end>;)|(?P<code>General|.)',
    re.DOTALL | re.IGNORECASE,
)
_SCALED = re.compile(r"[0#?],+(?![0#?,])|[\\!]\.[0#?]")  # #,##0, shows thousands; 0!.0 shows tenths
_CONDITION = re.compile(r"(<=|>=|<>|=|<|>)(-?[0-9]+(?:\.[0-9]+)?)")
_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


@dataclass(frozen=True)
class Shown:
    """How a number looks: `suffix` is the text painted behind its digits."""

    is_percent: bool = False  # multiplied by 100, with a sign
    is_scaled: bool = False  # divided: another number than the cell holds
    suffix: str = ""


@dataclass
class _Section:
    """A number format's part for some numbers: those that its condition names, or by its place."""

    text: str = ""
    condition: re.Match[str] | None = None
    is_percent: bool = False
    suffix: str = ""

    @property
    def is_scaled(self) -> bool:
        """Whether its digits are those of a part of the number."""
        return bool(_SCALED.search(re.sub(r'"[^"]*"', "", self.text)))


def shown(number_format: str, number: Decimal) -> Shown:
    """What `number_format` shows of `number`."""
    section = _section_for(_sections(number_format), number)
    return Shown(section.is_percent, section.is_scaled, section.suffix.strip())


@lru_cache(maxsize=1000)  # a workbook has a few formats and thousands of cells
def _sections(number_format: str) -> tuple[_Section, ...]:
    return tuple(_each_section(number_format))


def _each_section(number_format: str) -> Iterator[_Section]:
    section = _Section()
    for token in _TOKEN.finditer(number_format):
        literal, code = token["quoted"] or token["escaped"] or "", token["code"] or ""
        if token["end"]:
            yield section
            section = _Section()
            continue
        section.text += token[0]
        section.condition = section.condition or _CONDITION.fullmatch(token["bracket"] or "")
        if code in ("0", "#", "?") or code.lower() == "general":
            section.suffix = ""
        section.is_percent = section.is_percent or code == "%"
        section.suffix += literal or (code if not code.isascii() else "")  # 万 needs no quotes
    yield section


def _section_for(sections: tuple[_Section, ...], number: Decimal) -> _Section:
    """One section is for all; two: the second for negative numbers; three: the third for zero."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _COMPARE[section.condition[1]](number, Decimal(section.condition[2])):
                return section
        return sections[-1]
    place = 1 if number < 0 else 2 if number == 0 else 0
    return sections[place] if place < len(sections[:3]) else sections[0]
