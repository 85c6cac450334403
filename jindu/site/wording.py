"""How a row of sql/page/standing.sql reads on a page: what was reached, what was due, and what would put it right."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from jindu.shown import (
    IN_POINTS,
    STATUSES,
    UNKNOWN,
    Status,
    figure,
    gap_text,
    month_text,
    percent,
    rounded,
    unit_text,
    value_text,
)
from jindu.site.source import Row

WORST = ("missed", "far_behind", "behind")  # what is put right first
BAR_END = Decimal("1.25")  # a bar of the pace ends here; 1 is marked on it
FEW = 10  # below it, a count that is due is shown with a digit more


def name(row: Row, lang: str) -> str:
    """The indicator's name."""
    text: str = row.name_en if lang == "en" else row.name_zh
    return text


def theme(row: Row, lang: str) -> str:
    """The indicator's theme."""
    text: str | None = row.theme_en if lang == "en" else row.theme_zh
    return text or ("other" if lang == "en" else "其他")


def status(row: Row) -> Status:
    """The row's status."""
    return STATUSES[row.status]


def actual(row: Row, lang: str) -> str:
    """The year to date with its unit, or what is published of a withheld one."""
    if row.ytd_value is None:
        return row.ytd_text or UNKNOWN
    return value_text(row.ytd_value, row.kind, row.unit, row.decimals, lang)


def due(row: Row, lang: str) -> str:
    """What the months that are known had to bring, with its unit; where nothing is spread over months, the target."""
    return _precise(row.target_covered_value, row, lang)


def target(row: Row, lang: str) -> str:
    """The target of the year, with the sign of a ceiling."""
    if row.annual_target_value is None:
        return UNKNOWN
    shown = value_text(row.annual_target_value, row.kind, row.unit, row.decimals, lang)
    return f"≤ {shown}" if row.target_form == "at_most" else shown


def gap(row: Row, lang: str) -> str:
    """How far the actual is from what was due."""
    if row.gap_value is None:
        return UNKNOWN
    return gap_text(row.gap_value, row.kind, row.unit, _decimals(row.gap_value, row), lang)


def pace(row: Row) -> str:
    """The pace as a percentage; of a milestone, of growth and of a ceiling as domain.md defines it."""
    return percent(row.pace_ratio)


def bar(row: Row) -> str | None:
    """How long the bar of the pace is, as a percentage of its box; None without a pace."""
    if row.pace_ratio is None:
        return None
    return f"{min(max(row.pace_ratio, Decimal(0)), BAR_END) / BAR_END * 100:.0f}"


def remedy(row: Row, lang: str) -> str:
    """What would put a row right that is behind or missed: the arithmetic, and no advice that nobody asked for."""
    zh = lang != "en"
    to = month_text(row.target_due_month, lang)
    aim = target(row, lang)
    if row.status_rule == "ceiling_exceeded":
        return (
            f"年度上限 {aim[2:]} 已超过，本年补不回来" if zh else f"the year's ceiling of {aim[2:]} is passed for good"
        )
    if row.status == "missed":
        missing = _short_of(row, row.annual_target_value, lang)
        return (
            f"{to}到期，还差 {missing}；完成后转为“补齐”"
            if zh
            else f"was due {to}, {missing} missing; done late it counts as caught up"
        )
    if row.needed_monthly_value is not None and row.kind not in IN_POINTS:
        need, recent = _monthly(row.needed_monthly_value, row, lang), None
        if row.rolling_3_value is not None and row.kind == "flow":
            recent = _monthly(row.rolling_3_value / 3, row, lang)
        if zh:
            return f"到{to}每月需 {need}" + ("" if recent is None else f"，近三月月均 {recent}")
        return f"needs {need} a month until {to}" + ("" if recent is None else f"; {recent} of late")
    if row.annual_target_value is not None and row.ytd_value is not None:
        missing = _short_of(row, row.annual_target_value, lang)
        return f"离目标 {aim} 还差 {missing}" if zh else f"{missing} short of {aim}"
    return ""


def outlook(row: Row, lang: str) -> str:
    """Where the year will end, with its interval and the chance of meeting the target; empty where nobody can say."""
    if row.projected_value is None or row.projection_basis == "actual":
        return ""
    zh = lang != "en"
    end = _precise(row.projected_value, row, lang)
    low, high = (
        figure(value, row.kind, _decimals(value, row)) for value in (row.projected_low_value, row.projected_high_value)
    )
    span = f"（{low}～{high}）" if zh else f" ({low} to {high})"
    chance = (
        ""
        if row.probability_ratio is None
        else (f"，把握 {likely(row.probability_ratio)}" if zh else f", {likely(row.probability_ratio)} likely")
    )
    return f"预计年末 {end}{span}{chance}" if zh else f"heading for {end}{span}{chance}"


def likely(probability: Decimal) -> str:
    """A probability in whole percent; never said to be certain."""
    if probability < Decimal("0.01"):
        return "<1%"
    if probability > Decimal("0.99"):
        return ">99%"
    return percent(probability, 0)


def severity(row: Row) -> tuple[Any, ...]:
    """The order of what is worst: by status, then by pace."""
    return (list(STATUSES).index(row.status), row.pace_ratio is not None, row.pace_ratio or 0, row.indicator_code)


def _short_of(row: Row, aim: Decimal, lang: str) -> str:
    missing = abs(aim - row.ytd_value) if row.ytd_value is not None else aim
    if row.kind in IN_POINTS:
        return f"{rounded(missing * 100, 1)} {'pp' if lang == 'en' else '个百分点'}"
    return _precise(missing, row, lang)


def _monthly(value: Decimal, row: Row, lang: str) -> str:
    """An amount a month, rounded away from ease."""
    digits = _decimals(value, row)
    up = value.quantize(Decimal(1).scaleb(-digits), ROUND_CEILING)
    return f"{rounded(up, digits)} {unit_text(row.unit, lang)}".rstrip()


def _precise(value: Decimal | None, row: Row, lang: str) -> str:
    return value_text(value, row.kind, row.unit, None if value is None else _decimals(value, row), lang)


def _decimals(value: Decimal, row: Row) -> int:
    """The indicator's decimals; one more for a small count that is no whole number, as 5.25 due by now."""
    digits: int = row.decimals or 0
    is_whole = value == value.quantize(Decimal(1).scaleb(-digits))
    return digits if is_whole or abs(value) >= FEW or row.kind in IN_POINTS else digits + 1
