"""How a row of sql/page/standing.sql reads on a page: what was reached, what was due, and what would put it right."""

import functools
from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from markupsafe import Markup, escape

from jindu.shown import (
    FEW,
    IN_POINTS,
    STATUSES,
    UNKNOWN,
    Status,
    figure,
    gap_text,
    month_name,
    needed_amount,
    pace_text,
    percent,
    places,
    rounded,
    standing_of,
    unit_text,
    value_text,
    withheld_text,
)
from jindu.site.source import Row

WORST = ("missed", "far_behind", "behind")  # what is put right first
BAR_END = Decimal("1.25")  # a bar of the pace ends here; 1 is marked on it
COLUMNS = ("month_value", "ytd_value", "target_covered_value", "gap_value", "annual_target_value")  # of one indicator


def name(row: Row, lang: str) -> str:
    """The indicator's name."""
    text: str = row.name_en if lang == "en" else row.name_zh
    return text


def theme(row: Row, lang: str) -> str:
    """The indicator's theme."""
    text: str | None = row.theme_en if lang == "en" else row.theme_zh
    return text or ("other" if lang == "en" else "其他")


def status(row: Row) -> Status:
    """The row's status as it is shown."""
    return standing_of(row.status, is_suppressed=row.is_suppressed)


def badge(row: Row, lang: str) -> Markup:
    """The row's status as a word on its colour, and whether it may still turn."""
    return _badge(status(row), bool(row.is_provisional), lang)


@functools.cache  # a site shows it fifty thousand times
def _badge(one: Status, is_provisional: bool, lang: str) -> Markup:
    mark = '<span class="pv"> ' + ("provisional" if lang == "en" else "暂定") + "</span>" if is_provisional else ""
    return Markup(f'<span class="st {one.tone}">{escape(one.name(lang).capitalize())}{mark}</span>')  # escaped here


def column_digits(rows: Iterable[Row]) -> dict[str, int]:
    """How many decimals each column of a table of one indicator has: as many in each row as any of them needs."""
    digits = dict.fromkeys(COLUMNS, 0)
    for row in rows:
        for column in COLUMNS:
            value = getattr(row, column)
            if value is not None:
                digits[column] = max(digits[column], places(value, row.kind, row.decimals))
    return digits


def actual(row: Row, lang: str, digits: int | None = None) -> str:
    """The year to date with its unit, or what is published of a withheld one."""
    if row.ytd_value is None:
        return withheld_text(row.ytd_text, lang) or UNKNOWN
    return _precise(row.ytd_value, row, lang, digits)


def due(row: Row, lang: str, digits: int | None = None) -> str:
    """What the months that are known had to bring, with its unit; where nothing is spread over months, the target."""
    return _precise(row.target_covered_value, row, lang, digits)


def target(row: Row, lang: str, digits: int | None = None) -> str:
    """The target of the year, with the sign of a ceiling."""
    if row.annual_target_value is None:
        return UNKNOWN
    shown = _precise(row.annual_target_value, row, lang, digits)
    return f"≤ {shown}" if row.target_form == "at_most" else shown


def bare(said: Callable[[Row], str], row: Row) -> str:
    """The same without its unit, where the unit stands beside it already."""
    text = said(row)
    return text if row.kind in IN_POINTS else text.split(" ")[0]


def gap(row: Row, lang: str, digits: int | None = None) -> str:
    """How far the actual is from what was due."""
    if row.gap_value is None:
        return UNKNOWN
    own = places(row.gap_value, row.kind, row.decimals) if digits is None else digits
    return gap_text(row.gap_value, row.kind, row.unit, own, lang)


def case_gap(case: Row, lang: str) -> str:
    """The gap of an alert's target, with the decimals that it has on every other page."""
    decimals = places(case.gap_value, case.indicator_kind, case.decimals)
    return gap_text(case.gap_value, case.indicator_kind, case.unit, decimals, lang)


def case_needed(case: Row, lang: str) -> str:
    """What each month has to bring of an alert's target, as every other page says it."""
    return _needed(case.needed_monthly_value, case.indicator_kind, case, lang)


def pace(row: Row) -> str:
    """The pace as a percentage; of a milestone, of growth and of a ceiling as domain.md defines it."""
    return pace_text(row.pace_ratio)


def bar(row: Row) -> str | None:
    """How long the bar of the pace is, as a percentage of its box; None without a pace.

    A ceiling that was passed fills it: its pace is low because there is too much, not too little.
    """
    if row.status_rule == "ceiling_exceeded":
        return "100"
    if row.pace_ratio is None:
        return None
    return f"{min(max(row.pace_ratio, Decimal(0)), BAR_END) / BAR_END * 100:.0f}"


def remedy(row: Row, lang: str) -> str:
    """What would put a row right that is behind or missed: the arithmetic, and no advice that nobody asked for."""
    zh = lang != "en"
    to = "" if row.target_due_month is None else month_name(row.target_due_month, lang)
    aim = target(row, lang)
    if row.status_rule == "ceiling_exceeded":
        limit = aim.removeprefix("≤ ")
        return f"已超过年度上限 {limit}，本年补不回来" if zh else f"the year's ceiling of {limit} is passed for good"
    if row.status == "missed":
        missing = _short_of(row, row.annual_target_value, lang)
        return (
            f"{to}到期，还差 {missing}；完成后转为“补齐”"
            if zh
            else f"was due in {to}, {missing} missing; done late it counts as caught up"
        )
    if row.needed_monthly_value is not None and row.kind not in IN_POINTS:
        need, recent = _needed(row.needed_monthly_value, row.kind, row, lang), None
        if row.rolling_3_value is not None and row.kind == "flow":
            recent = _precise(row.rolling_3_value / 3, row, lang)
        if zh:
            return f"到{to}每月需 {need}" + ("" if recent is None else f"，近三月月均 {recent}")
        return f"needs {need} a month until {to}" + ("" if recent is None else f"; {recent} of late")
    if row.annual_target_value is not None and row.ytd_value is not None:
        return _still_missing(row, aim, lang)
    return ""


def _still_missing(row: Row, aim: str, lang: str) -> str:
    """How far the target itself is: short of it, or over its ceiling."""
    zh = lang != "en"
    missing = _short_of(row, row.annual_target_value, lang)
    cases = _missing_cases(row)
    if cases is not None:
        return _cases_text(row, cases, aim, lang)
    if row.target_form != "at_most":
        return f"离目标 {aim} 还差 {missing}" if zh else f"{missing} short of {aim}"
    limit = aim.removeprefix("≤ ")
    if row.ytd_value > row.annual_target_value:
        return f"超过上限 {limit}，须降 {missing}" if zh else f"{missing} over the ceiling of {limit}"
    return f"仍在上限 {limit} 以内，余 {missing}" if zh else f"{missing} below the ceiling of {limit}"


def _missing_cases(row: Row) -> Decimal | None:
    """How many cases a ratio lacks, or has too many, among those that it counts now; None where it counts none."""
    if row.kind != "ratio" or not row.denominator_value or row.numerator_value is None:
        return None
    step, due = Decimal(1).scaleb(-(row.case_decimals or 0)), row.annual_target_value * row.denominator_value
    if row.target_form == "at_most":
        found: Decimal = row.numerator_value - due.quantize(step, ROUND_FLOOR)
    else:
        found = due.quantize(step, ROUND_CEILING) - row.numerator_value
    return found if found > 0 else None


def _cases_text(row: Row, cases: Decimal, aim: str, lang: str) -> str:
    """391 of 410 cases: 19 more make the target."""
    digits = row.case_decimals or 0
    part, whole = rounded(row.numerator_value, digits), rounded(row.denominator_value, digits)
    count = f"{rounded(cases, digits)} {unit_text(row.case_unit, lang)}".rstrip()
    if row.target_form == "at_most":
        limit = aim.removeprefix("≤ ")
        return (
            f"{whole} 中有 {part}，比上限 {limit} 多 {count}"
            if lang != "en"
            else f"{part} of {whole}: {count} over {limit}"
        )
    return (
        f"{whole} 中已有 {part}，再有 {count}才到 {aim}"
        if lang != "en"
        else f"{part} of {whole}: {count} more make {aim}"
    )


def outlook(row: Row, lang: str) -> str:
    """Where the year will end, with its interval and the chance of meeting the target; empty where nobody can say."""
    if not has_outlook(row):
        return ""
    zh = lang != "en"
    said = f"预计年末 {projected(row, lang)}" if zh else f"heading for {projected(row, lang)}"
    if row.probability_ratio is None:
        return said
    return f"{said}，把握 {likely(row.probability_ratio)}" if zh else f"{said}, {likely(row.probability_ratio)} likely"


def has_outlook(row: Row) -> bool:
    """Whether there is a projection that is no result yet."""
    return row.projected_value is not None and row.projection_basis != "actual"


def projected(row: Row, lang: str) -> str:
    """The projected end with its interval, as roughly as it is known: 2.2 家（2.0～5.5）."""
    values = (row.projected_value, row.projected_low_value, row.projected_high_value)
    digits = 1 if row.kind not in IN_POINTS and max(map(abs, values)) < FEW else 0
    end, low, high = (figure(value, row.kind, digits) for value in values)
    span = f"（{low}～{high}）" if lang != "en" else f" ({low} to {high})"
    unit = "" if row.kind in IN_POINTS else f" {unit_text(row.unit, lang)}".rstrip()
    return f"{end}{unit}{span}"


def likely(probability: Decimal) -> str:
    """A probability in whole percent; never said to be certain."""
    if probability < Decimal("0.01"):
        return "<1%"
    if probability > Decimal("0.99"):
        return ">99%"
    return percent(probability, 0)


def metric_text(row: Row, lang: str) -> str:
    """What a row of a ranking was ranked by, as people read it."""
    if row.metric_value is None:
        return UNKNOWN
    if row.metric == "growth":
        return figure(row.metric_value, "growth", 1)
    if row.metric == "level":
        return value_text(row.metric_value, row.kind, row.unit, row.decimals, lang)
    if row.metric == "per_thousand_households":
        return rounded(row.metric_value, 2)
    return pace_text(row.metric_value) if row.metric == "pace" else percent(row.metric_value)


def severity(row: Row) -> tuple[Any, ...]:
    """The order of what is worst: by status, then by pace."""
    return (list(STATUSES).index(row.status), row.pace_ratio is not None, row.pace_ratio or 0, row.indicator_code)


def _short_of(row: Row, aim: Decimal, lang: str) -> str:
    missing = abs(aim - row.ytd_value) if row.ytd_value is not None else aim
    if row.kind in IN_POINTS:
        return f"{rounded(missing * 100, 1)} {'pp' if lang == 'en' else '个百分点'}"
    return _precise(missing, row, lang)


def _needed(value: Decimal, kind: str, row: Row, lang: str) -> str:
    """What each month has to bring, with its unit."""
    return value_text(needed_amount(value, kind, row.decimals), kind, row.unit, places(value, kind, row.decimals), lang)


def _precise(value: Decimal | None, row: Row, lang: str, digits: int | None = None) -> str:
    if value is not None and digits is None:
        digits = places(value, row.kind, row.decimals)
    return value_text(value, row.kind, row.unit, digits, lang)
