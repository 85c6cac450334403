"""How the figures of a bulletin read: those of jindu/shown.py, with no more decimals than a reader on paper needs."""

from decimal import Decimal

from jindu.bulletin.issue import Progress
from jindu.shown import UNKNOWN, minus, needed_amount, pace_text, percent, places, rounded, unit_text, withheld_word

POINT_ZH, POINTS_ZH = "点", "个百分点"


def value(row: Progress, number: Decimal | None, lang: str) -> str:
    """A value of a row without its unit: a share as a percentage, an amount; what is withheld says so."""
    if number is None:
        return withheld_word(lang) if row.is_suppressed else UNKNOWN
    if row.is_share:
        return minus(percent(number))
    return minus(rounded(number, places(number, row.kind, row.decimals)))


def needed(row: Progress) -> Decimal | None:
    """What each month needs from now on, as it is shown."""
    number = row.needed_monthly_value
    return None if number is None else needed_amount(number, row.kind, row.decimals)


def distance(row: Progress, number: Decimal | None, lang: str) -> str:
    """A difference: percentage points of a share, an amount else, with its sign."""
    if number is None or not row.is_share:
        return value(row, number, lang)
    return f"{minus(rounded(number * 100, 1))}{' pp' if lang == 'en' else POINT_ZH}"


def with_unit(row: Progress, number: Decimal | None, lang: str) -> str:
    """A value with its unit of measure, as a sentence has it."""
    shown = value(row, number, lang)
    if row.is_share or number is None:
        return shown
    unit = unit_text(row.measure, lang)
    return f"{shown} {unit}".rstrip() if lang == "en" else f"{shown}{unit}"


def gap_in_words(row: Progress, lang: str) -> str:
    """How far it is from what is due: 差 3 家 or 超 1 人; nothing where it is not known, or there is no gap."""
    if not row.gap_value:
        return ""
    size = abs(row.gap_value)
    if row.is_share:
        points = rounded(size * 100, 1)
        amount = f"{points} percentage points" if lang == "en" else f"{points}{POINTS_ZH}"
    else:
        amount = with_unit(row, size, lang)
    if row.gap_value > 0:
        return f"{amount} over" if lang == "en" else f"超{amount}"
    return f"{amount} short" if lang == "en" else f"差{amount}"


def pace(row: Progress, decimals: int = 1) -> str:
    """The pace as a percentage."""
    return pace_text(row.pace_ratio, decimals)


def chance(ratio: Decimal | None) -> str:
    """The chance of meeting a target, never shown as certain."""
    if ratio is None:
        return UNKNOWN
    if ratio < Decimal("0.01"):
        return "<1%"
    return ">99%" if ratio > Decimal("0.99") else percent(ratio, 0)


def interval(row: Progress, lang: str) -> str:
    """The 80 % interval of the expected end."""
    if row.projected_low_value is None or row.projected_high_value is None:
        return UNKNOWN
    return f"{value(row, row.projected_low_value, lang)}–{value(row, row.projected_high_value, lang)}"
