"""What one cell says: strict reading of numbers, days and months, with every treatment told."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from jindu.workbooks.number_format import shown
from jindu.workbooks.words import PERCENT, Words, shipped_words

DECIMAL_PLACES = 8  # raw.cell.number_value is decimal(28, 8)
TOO_LARGE = Decimal(10) ** 20  # the same: 20 digits before the point
EXCEL_DIGITS = 15  # significant digits that Excel keeps; the rest of a double is noise
LONGEST_NUMBER = 64  # characters; a longer text is prose
EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's 1900 calendar, from March 1900 on
YEARS = range(2000, 2100)  # a day or month outside is a slip of the keyboard
EXACT = Context(prec=60)

_DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))", re.ASCII)
_TIME_OF_DAY = re.compile(r"(?<=\d)[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:[-/](\d{1,2})|\.(\d\d|[2-9])|年(\d{1,2})月份?|(\d{2}))", re.ASCII)
_GUARDED = re.compile("'[-+−]")  # how we return a text with a sign (jindu/spreadsheet.py)
_TWO_DECIMALS = re.compile(r"0\.00(_.)?")


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    `state` is number, blank, not_applicable, date, text or unreadable; a percentage is 0–1 with unit "%";
    `qualifier` is "over" for 余, 多 and 以上; `treatment` says what was done to the text, None when nothing.
    """

    state: str
    value: Decimal | None = None
    unit: str | None = None
    qualifier: str | None = None
    treatment: str | None = None
    day: date | None = None


BLANK = Reading("blank")
UNREADABLE = Reading("unreadable")


def parse(content: object, number_format: str | None = None, words: Words | None = None) -> Reading:
    """The number that a cell's content states, as an exact decimal; anything doubtful is unreadable.

    `words` are the reference folder's; without them the shipped ones.
    """
    words = words or shipped_words()
    if content is None:
        return BLANK
    if isinstance(content, bool):
        return UNREADABLE
    if isinstance(content, int | float | Decimal):
        return _parse_number_cell(content, number_format or "General", words)
    if isinstance(content, str):
        return _parse_number_text(content, words)
    return UNREADABLE  # a date where a number belongs: Excel turned 3-5 into 5 March


def parse_day(content: object, words: Words | None = None) -> Reading:
    """The day that a cell's content states: a real date, a written one, or Excel's serial number."""
    if content is None:
        return BLANK
    if isinstance(content, datetime):
        removed = None if content.time() == datetime.min.time() else "time of day removed"
        return _day_reading(content.date(), removed)
    if isinstance(content, date):
        return _day_reading(content)
    if isinstance(content, str | int | float) and not isinstance(content, bool):
        return _parse_written_day(str(content), words or shipped_words())
    return UNREADABLE


def read_month(content: object, number_format: str | None = None) -> Reading:
    """The month that a label or a column states, as its first day: 2024-09, 2024年9月, 2024.09, 202409, or a day.

    2024.1 is none, a spreadsheet makes it of 2024.10 as well, unless the cell shows two decimals.
    """
    if isinstance(content, float) and content.is_integer():
        content = int(content)
    elif isinstance(content, float) and _TWO_DECIMALS.fullmatch(number_format or ""):
        content = f"{content:.2f}"
    if isinstance(content, str | int | float) and not isinstance(content, bool):
        half, treatments = half_width(str(content))
        text = re.sub(r"\s", "", half or "")
        if match := _MONTH.fullmatch(text):
            year, *months = match.groups()
            first = _real_day(int(year), int(next(filter(None, months))), 1)
            return _day_reading(first, "; ".join(treatments) or None) if first else UNREADABLE
    reading = parse_day(content)
    if reading.day is None or reading.day.day == 1:
        return reading if reading.day or reading.state == "blank" else UNREADABLE
    treatments = [] if reading.treatment is None else [reading.treatment]
    return _day_reading(reading.day.replace(day=1), "; ".join([*treatments, "day read as its month"]))


def parse_month(content: object, number_format: str | None = None) -> date | None:
    """The first day of the month that a label or a column states; None when it states none."""
    return read_month(content, number_format).day


def half_width(text: str) -> tuple[str | None, list[str]]:
    """The text in half-width characters without surrounding space, and what that took.

    None when a character would change its meaning on the way: NFKC makes 1 of ① and 52 of 5².
    """
    treatments = []
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    if visible != text:
        treatments.append("invisible characters removed")
    if any(not _keeps_meaning(character) for character in visible):
        return None, treatments
    plain = unicodedata.normalize("NFKC", visible)
    if plain.replace("\xa0", " ") != visible.replace("\xa0", " ").replace("\u3000", " "):
        treatments.append("full-width characters made half-width")
    stripped = plain.strip()
    if stripped != plain and stripped:
        treatments.append("surrounding space removed")
    return stripped, treatments


def plain_text(value: Decimal) -> str:
    """A decimal without exponent and trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact(number: int | float | Decimal) -> Decimal:
    """The number that a spreadsheet shows for what it stores: a double is cut to 15 significant digits."""
    return Decimal(format(number, f".{EXCEL_DIGITS}g")) if isinstance(number, float) else Decimal(number)


def _keeps_meaning(character: str) -> bool:
    is_wide_or_small = "\uff01" <= character <= "\uff5e" or "\ufe50" <= character <= "\ufe6b"  # ％ and ﹪
    return is_wide_or_small or character.isspace() or unicodedata.normalize("NFKC", character) == character


def _parse_number_text(text: str, words: Words) -> Reading:
    plain, treatments = half_width(text)
    if plain is None or len(plain) > LONGEST_NUMBER:
        return UNREADABLE
    if not plain:
        return BLANK
    if words.says_not_applicable(plain):
        return Reading("not_applicable", treatment="; ".join(treatments) or None)
    if _GUARDED.match(plain):
        plain = plain[1:]
        treatments.append("apostrophe removed")
    if "−" in plain:
        plain = plain.replace("−", "-")
        treatments.append("minus sign made a hyphen")
    match = words.number.fullmatch(plain)
    if match is None:
        return UNREADABLE
    digits = (match["grouped"] or match["plain"]).replace(",", "")
    if not digits and not match["fraction"]:
        return UNREADABLE
    if match["grouped"]:
        treatments.append("thousands separators removed")
    if len(digits) > 1 and digits.startswith("0"):
        treatments.append("leading zeros removed")
    value = Decimal(f"{match['sign']}{digits or '0'}{match['fraction'] or ''}")
    return _number_reading(value, *_unit_and_qualifier(match), treatments)


def _unit_and_qualifier(match: re.Match[str]) -> tuple[str | None, str | None]:
    return match["unit"] or match["unit_first"], "over" if match["over"] or match["over_last"] else None


def _parse_number_cell(number: int | float | Decimal, number_format: str, words: Words) -> Reading:
    if not math.isfinite(number):
        return UNREADABLE
    value = exact(number)
    look = shown(number_format, value)
    suffix = unicodedata.normalize("NFKC", look.suffix).strip()
    if look.is_scaled or suffix in words.scale:
        return Reading("unreadable", treatment="the number format shows another number than the cell holds")
    treatments = []
    if isinstance(number, float) and value != Decimal(repr(number)):
        treatments.append(f"rounded to {EXCEL_DIGITS} significant digits")
    if look.is_percent:
        treatments.append("percent format: already a share of 1")
        return _fitted(value, PERCENT, None, treatments)
    painted = words.number.fullmatch(f"0{suffix}")
    return _number_reading(value, *(_unit_and_qualifier(painted) if painted else (None, None)), treatments)


def with_unit(reading: Reading, unit: str | None) -> Reading:
    """A number whose unit stands in the heading above it, unless the cell names its own."""
    if unit is None or reading.state != "number" or reading.value is None or reading.unit is not None:
        return reading
    treatments = [] if reading.treatment is None else [reading.treatment]
    return _number_reading(reading.value, unit, reading.qualifier, [*treatments, "unit taken from the heading"])


def _number_reading(value: Decimal, unit: str | None, qualifier: str | None, treatments: list[str]) -> Reading:
    if unit == PERCENT:
        value = EXACT.scaleb(value, -2)
        treatments.append("percent divided by 100")
    elif unit:
        treatments.append("unit read apart")
    if qualifier:
        treatments.append("qualifier read apart")
    return _fitted(value, unit, qualifier, treatments)


def _fitted(value: Decimal, unit: str | None, qualifier: str | None, treatments: list[str]) -> Reading:
    if abs(value) >= TOO_LARGE:
        return Reading("unreadable", treatment="more digits than a number may have")
    fitted = value.quantize(Decimal(1).scaleb(-DECIMAL_PLACES), ROUND_HALF_UP, EXACT)
    if fitted != value:
        treatments.append(f"rounded to {DECIMAL_PLACES} decimals")
    if not fitted:
        fitted = abs(fitted)  # no minus zero
    return Reading("number", fitted, unit, qualifier, "; ".join(treatments) or None)


def _parse_written_day(written: str, words: Words) -> Reading:
    text, treatments = half_width(written)
    if not text:
        return UNREADABLE if text is None else BLANK
    if words.says_not_applicable(text):
        return Reading("not_applicable", treatment="; ".join(treatments) or None)
    dated = _TIME_OF_DAY.sub("", text)
    if dated != text:
        treatments.append("time of day removed")
    match = _DAY.fullmatch(re.sub(r"\s", "", dated))
    if match:
        year, month, day = (int(group) for group in match.groups() if group and group.isdigit())
        found = _real_day(year, month, day)
    else:
        found = _serial_day(text)
        treatments.append("Excel serial number read as a day")
    return _day_reading(found, "; ".join(treatments) or None) if found else UNREADABLE


def _serial_day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text):
        return None
    day = EXCEL_EPOCH + timedelta(days=int(float(text)))
    return day if day.year in YEARS else None


def _real_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _day_reading(day: date, treatment: str | None = None) -> Reading:
    return Reading("date", treatment=treatment, day=day) if day.year in YEARS else UNREADABLE
