"""What a digest says of a case in numbers: how far off, since when, what would put it right, how the year will end."""

from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from jindu.alerts.pending import Case
from jindu.settings import OFFICE_TIMEZONE
from jindu.shown import IN_POINTS, MONTHS_EN, minus, needed_amount, percent, places, rounded, unit_text


class Measured(Protocol):
    """What is measured in the unit of an indicator."""

    @property
    def indicator_kind(self) -> str | None:
        """flow, stock, ratio, growth or milestone."""

    @property
    def measure(self) -> str | None:
        """The unit of measure."""

    @property
    def decimals(self) -> int | None:
        """How many the indicator is reported with."""


def arithmetic(case: Case, lang: str) -> str:
    """差 9 户次；今后每月需完成 17 户次；预计年末 108 户次，把握 12%. Empty where nothing of it is known."""
    return ("; " if lang == "en" else "；").join(
        part for part in (_gap(case, lang), _needed(case, lang), _ending(case, lang)) if part
    )


def since(case: Case, as_of: datetime, lang: str) -> str:
    """Since which month a target has been so; else the day on which the case opened."""
    if case.since_month is not None and case.indicator_code is not None:
        return f"since {month(case.since_month, lang)}" if lang == "en" else f"自{month(case.since_month, lang)}起"
    opened = day(case.opened_at, as_of, lang)
    return f"since {opened}" if lang == "en" else f"自{opened}起"


def day(moment: datetime, as_of: datetime, lang: str) -> str:
    """The day in office time; with its year where that is not the digest's."""
    here = moment.astimezone(OFFICE_TIMEZONE)
    is_this_year = here.year == as_of.astimezone(OFFICE_TIMEZONE).year
    if lang == "en":
        return f"{here.day} {MONTHS_EN[here.month - 1]}" + ("" if is_this_year else f" {here.year}")
    return ("" if is_this_year else f"{here.year}年") + f"{here.month}月{here.day}日"


def month(first: date, lang: str) -> str:
    """2024年9月, Sep 2024."""
    return f"{MONTHS_EN[first.month - 1]} {first.year}" if lang == "en" else f"{first.year}年{first.month}月"


def difference(case: Measured, value: Decimal, lang: str) -> str:
    """A difference without its sign: percentage points of what is a share, an amount else."""
    size = abs(value)
    if case.indicator_kind in IN_POINTS:
        return f"{rounded(size * 100, 1)}{' percentage points' if lang == 'en' else ' 个百分点'}"
    return _amount(case, size, lang)


def needed(case: Measured, value: Decimal, lang: str) -> str:
    """What each month has to bring, without its sign."""
    return _amount(case, needed_amount(abs(value), case.indicator_kind, case.decimals), lang)


def level(case: Measured, value: Decimal, lang: str) -> str:
    """A value of the indicator itself."""
    return minus(percent(value)) if case.indicator_kind in IN_POINTS else _amount(case, value, lang)


def _gap(case: Case, lang: str) -> str:
    gap = case.gap_value
    if not gap or (case.kind == "behind" and case.indicator_kind == "growth"):  # of growth the summary tells the gap
        return ""
    shown = difference(case, gap, lang)
    if lang == "en":
        return f"{shown} {'short' if gap < 0 else 'over'}"
    return f"{'差' if gap < 0 else '超'} {shown}"


def _needed(case: Case, lang: str) -> str:
    need = case.needed_monthly_value
    if need is None or need == 0 or case.indicator_kind in IN_POINTS:
        return ""
    shown = needed(case, need, lang)
    if lang == "en":
        return f"{shown} {'more' if need > 0 else 'less'} needed each month"
    return f"今后每月需{'完成' if need > 0 else '压降'} {shown}"


def _ending(case: Case, lang: str) -> str:
    if case.projected_value is None or case.probability_ratio is None:
        return ""
    ends = level(case, case.projected_value, lang)
    if case.kind == "projected_to_miss":  # its summary tells the chance
        return f"expected to end at {ends}" if lang == "en" else f"预计年末 {ends}"
    odds = chance(case.probability_ratio)
    return f"expected to end at {ends}, chance {odds}" if lang == "en" else f"预计年末 {ends}，把握 {odds}"


def chance(ratio: Decimal) -> str:
    """Never shown as certain."""
    if ratio < Decimal("0.01"):
        return "<1%"
    return ">99%" if ratio > Decimal("0.99") else percent(ratio, 0)


def _amount(case: Measured, value: Decimal, lang: str) -> str:
    shown = rounded(value, places(value, case.indicator_kind, case.decimals))
    return f"{minus(shown)} {unit_text(case.measure, lang)}".rstrip()
