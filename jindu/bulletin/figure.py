"""How figures read in a bulletin, in Chinese and English."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from jindu.bulletin.issue import Progress
from jindu.warehouse.columns import load

NONE = "—"
WITHHELD = "<3*"  # DECISIONS.md, Withheld values: one mark for what is small and what covers it
STATUS_EN = {
    "missed": "missed",
    "far_behind": "far behind",
    "behind": "behind",
    "at_risk": "slightly behind",
    "repaired": "repaired",
    "on_pace": "on pace",
    "achieved": "achieved",
    "not_due": "not due",
    "unreported": "not reported",
    "not_computable": "not computable",
    "not_applicable": "not applicable",
    "no_target": "no target",
}
SIGNS = {  # one sign for narrow columns: a status reads without its colour
    "missed": ("未", "M"),
    "far_behind": ("严", "F"),
    "behind": ("滞", "B"),
    "at_risk": ("略", "S"),
    "repaired": ("补", "R"),
    "on_pace": ("达", "P"),
    "achieved": ("完", "A"),
    "not_due": ("期", "d"),
    "unreported": ("缺", "u"),
    "not_computable": ("算", "c"),
    "not_applicable": ("免", "n"),
    "no_target": ("", ""),
}


def rounded(value: Decimal, decimals: int) -> str:
    """A number with thousands apart, rounded half away from zero, with a true minus sign."""
    shown = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"
    return "0" if Decimal(shown.replace(",", "")) == 0 and decimals == 0 else shown.replace("-", "−")


def percent(ratio: Decimal | None, decimals: int = 1) -> str:
    """A ratio as a percentage; — when unknown."""
    return NONE if ratio is None else f"{rounded(ratio * 100, decimals)}%"


def status_word(status: str, lang: str) -> str:
    """A status as people call it."""
    if lang == "en":
        return STATUS_EN[status]
    return word("completion", "status", status)


def sign(row: Progress, lang: str) -> str:
    """One sign for a status."""
    zh, en = SIGNS[row.status]
    if row.is_suppressed:
        return WITHHELD
    return en if lang == "en" else zh


def word(table: str, column: str, code: str | None) -> str:
    """A published code in Chinese."""
    described = load().tables[table].column(column)
    return "" if code is None else code if described is None else described.values.get(code, code)


def places(row: Progress) -> int:
    """How many decimals its amounts have: its own, and one where what is due is no whole number."""
    return row.decimals or 0


def value(row: Progress, number: Decimal | None, *, decimals: int | None = None) -> str:
    """A value of a row: a share as a percentage, an amount with its decimals; what is withheld is marked."""
    if number is None:
        return WITHHELD if row.is_suppressed else NONE
    if row.is_share:
        return percent(number)
    wanted = places(row) if decimals is None else decimals
    if decimals is None and number != number.quantize(Decimal(1).scaleb(-wanted)):
        wanted = max(wanted, 1)  # 5.25 is due of whole things: 5.3 says more than 5
    return rounded(number, wanted)


def distance(row: Progress, number: Decimal | None, lang: str) -> str:
    """A difference: percentage points of a share, an amount else, with its sign."""
    if number is None:
        return WITHHELD if row.is_suppressed else NONE
    if row.is_share:
        return f"{rounded(number * 100, 1)}{' pp' if lang == 'en' else '点'}"
    return value(row, number)


def with_unit(row: Progress, number: Decimal | None, lang: str) -> str:
    """A value with its unit of measure; English texts leave out a Chinese unit."""
    shown = value(row, number)
    if row.is_share or number is None or lang == "en":
        return shown
    return f"{shown}{row.measure or ''}"


def gap_text(row: Progress, lang: str) -> str:
    """How far it is from what is due, in words."""
    if row.gap_value is None:
        return ""
    size = abs(row.gap_value)
    if row.is_share:
        points = rounded(size * 100, 1)
        short, over = (f"差{points}个百分点", f"超{points}个百分点")
        short_en, over_en = (f"{points} points short", f"{points} points over")
    else:
        amount, amount_en = with_unit(row, size, "zh"), value(row, size)
        short, over, short_en, over_en = f"差{amount}", f"超{amount}", f"{amount_en} short", f"{amount_en} over"
    is_over = row.gap_value > 0
    return (over_en if is_over else short_en) if lang == "en" else (over if is_over else short)


def chance(ratio: Decimal | None, lang: str) -> str:
    """The chance of meeting the target, never shown as certain: under 1 % and over 99 % are the ends."""
    if ratio is None:
        return NONE
    if ratio < Decimal("0.01"):
        return "<1%"
    if ratio > Decimal("0.99"):
        return ">99%"
    return percent(ratio, 0)


def month_text(month: date, lang: str) -> str:
    """September 2024, 2024年9月."""
    return f"{month:%B %Y}" if lang == "en" else f"{month.year}年{month.month}月"


def day_text(day: date, lang: str) -> str:
    """10 October 2024, 2024年10月10日."""
    return f"{day.day} {day:%B %Y}" if lang == "en" else f"{day.year}年{day.month}月{day.day}日"
