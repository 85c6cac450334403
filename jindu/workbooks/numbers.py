"""What one cell says: strict reading of numbers, days and months, with every treatment told."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

DECIMAL_PLACES = 8  # raw.cell.number_value is decimal(28, 8)
TOO_LARGE = Decimal(10) ** 20  # the same: 20 digits before the point
EXCEL_DIGITS = 15  # significant digits that Excel keeps; the rest of a double is noise
LONGEST_NUMBER = 64  # characters; a longer text is prose
EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's 1900 calendar, from March 1900 on
YEARS = range(2000, 2100)  # a day or month outside is a slip of the keyboard
NOT_APPLICABLE = re.compile(r"不适用|无此项|/|N/A|[—―─–]{1,3}|⸺")  # domain.md, Blank is not zero
EXACT = Context(prec=60)

UNITS = ("亿元", "百万元", "万元", "千元", "元", "%")  # what may stand behind a number; they convert by unit.csv
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)"
    r"(?:(?P<grouped>[1-9][0-9]{0,2}(?:,[0-9]{3})+)|(?P<plain>[0-9]*))"  # 1,23 is a slip, not 123
    r"(?P<fraction>\.[0-9]+)?"
    rf"\s*(?P<over>余|多)?\s*(?P<unit>{'|'.join(UNITS)})?"
)
_DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))", re.ASCII)
_TIME_OF_DAY = re.compile(r"(?<=\d)[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:[-/](\d{1,2})|\.(\d\d|[2-9])|年(\d{1,2})月份?|(\d{2}))", re.ASCII)

# Sections of a number format that show text or space instead of digits: "text", \x, !x, _x, *x, [colour]
_FORMAT_LITERAL = re.compile(r'"[^"]*"|[\\!_*].|\[[^\]]*\]')
_FORMAT_SCALED = re.compile(r"[0#?],+(?![0#?,])|[\\!]\.[0#?]")  # #,##0, shows thousands; 0!.0 shows tenths


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    `state` is number, blank, not_applicable, date, text or unreadable; a percentage is 0–1 with unit "%";
    `qualifier` is "over" for 余 and 多; `treatment` says what was done to the text, None when nothing.
    """

    state: str
    value: Decimal | None = None
    unit: str | None = None
    qualifier: str | None = None
    treatment: str | None = None
    day: date | None = None


BLANK = Reading("blank")
UNREADABLE = Reading("unreadable")


def parse(content: object, number_format: str | None = None) -> Reading:
    """The number that a cell's content states, as an exact decimal; anything doubtful is unreadable."""
    if content is None:
        return BLANK
    if isinstance(content, bool):
        return UNREADABLE
    if isinstance(content, int | float | Decimal):
        return _parse_number_cell(content, number_format or "General")
    if isinstance(content, str):
        return _parse_number_text(content)
    return UNREADABLE  # a date where a number belongs: Excel turned 3-5 into 5 March


def parse_day(content: object) -> Reading:
    """The day that a cell's content states: a real date, a written one, or Excel's serial number."""
    if content is None:
        return BLANK
    if isinstance(content, datetime):
        removed = None if content.time() == datetime.min.time() else "time of day removed"
        return _day_reading(content.date(), removed)
    if isinstance(content, date):
        return _day_reading(content)
    if isinstance(content, str | int | float) and not isinstance(content, bool):
        return _parse_written_day(str(content))
    return UNREADABLE


def parse_month(content: object) -> date | None:
    """The first day of the month that a label or a column states; None when it states none.

    2024.1 is none: a spreadsheet makes it of 2024.10 as well.
    """
    if isinstance(content, float) and content.is_integer():
        content = int(content)
    if isinstance(content, str | int | float) and not isinstance(content, bool):
        text = re.sub(r"\s", "", half_width(str(content))[0] or "")
        if match := _MONTH.fullmatch(text):
            year, *months = match.groups()
            return _real_day(int(year), int(next(filter(None, months))), 1)
    day = parse_day(content).day
    return day.replace(day=1) if day else None


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


def shows_percent(number_format: str) -> bool:
    """Whether the format multiplies by 100 and shows a percent sign."""
    return "%" in _FORMAT_LITERAL.sub("", number_format)


def _keeps_meaning(character: str) -> bool:
    full_width = "\uff01" <= character <= "\uff5e"
    return full_width or character.isspace() or unicodedata.normalize("NFKC", character) == character


def _parse_number_text(text: str) -> Reading:
    plain, treatments = half_width(text)
    if plain is None or len(plain) > LONGEST_NUMBER:
        return UNREADABLE
    if not plain:
        return BLANK
    if NOT_APPLICABLE.fullmatch(re.sub(r"\s", "", plain).upper()):
        return Reading("not_applicable")
    if "−" in plain:
        plain = plain.replace("−", "-")
        treatments.append("minus sign made a hyphen")
    match = _NUMBER.fullmatch(plain)
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
    return _number_reading(value, match["unit"], "over" if match["over"] else None, treatments)


def _parse_number_cell(number: int | float | Decimal, number_format: str) -> Reading:
    if not math.isfinite(number):
        return UNREADABLE
    if _FORMAT_SCALED.search(re.sub(r'"[^"]*"', "", number_format.split(";", maxsplit=1)[0])):
        return Reading("unreadable", treatment="the number format shows another number than the cell holds")
    value = exact(number)
    treatments = []
    if isinstance(number, float) and value != Decimal(repr(number)):
        treatments.append(f"rounded to {EXCEL_DIGITS} significant digits")
    if shows_percent(number_format):
        treatments.append("percent format: already a share of 1")
        return _fitted(value, "%", None, treatments)
    literal_unit = re.search(rf'"\s*({"|".join(UNITS)})\s*"', number_format)
    return _number_reading(value, literal_unit[1] if literal_unit else None, None, treatments)


def with_unit(reading: Reading, unit: str | None) -> Reading:
    """A number whose unit stands in the heading above it, unless the cell names its own."""
    if unit is None or reading.state != "number" or reading.value is None or reading.unit is not None:
        return reading
    treatments = [] if reading.treatment is None else [reading.treatment]
    return _number_reading(reading.value, unit, reading.qualifier, [*treatments, "unit taken from the heading"])


def _number_reading(value: Decimal, unit: str | None, qualifier: str | None, treatments: list[str]) -> Reading:
    if unit == "%":
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


def _parse_written_day(written: str) -> Reading:
    text, treatments = half_width(written)
    if not text:
        return UNREADABLE if text is None else BLANK
    if NOT_APPLICABLE.fullmatch(text):
        return Reading("not_applicable")
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
