"""A second office of faults, written from domain.md and world.py alone, before the rules and thresholds were seen.

Two invented sub-districts of twelve communities each report 36 months (2022–2024) as CSV. Its honest series:

- *heavy*: a level times Student-like noise (4 degrees of freedom), or negative binomial counts: busy months are usual
- *part*: the cases of another series that were dealt with, thinned month by month, so never more than those
- *intermittent*: mostly zero, now and then a few; *lumpy*: money that comes in single amounts of very different size
- *seasonal*: a strong yearly shape that repeats with noise, near zero out of season
- *trend*: counts that grow by one or two per cent a month
- *drift*: month-end levels that move by small steps; *fitted*: a part of such a level that catches up with it
- *money*: a steady monthly amount with Student-like noise
- *register*: a level that is the month before + new − cancelled, exactly
- *rate*: a published rate without components; *milestone*: progress that only rises, in 2024

What a clerk got wrong stays in the office's own books where it was not sent back: a later cumulative and next year's
上年同期累计 build on it, and are consistent but no longer counted as honest. What was sent back (the critical families)
leaves the later months as they should be. Each report that is sent back, and each copied one, has no other fault.
A sub-district adds up what its communities sent; in every third month none of theirs is sent back, and only there is
its sum wrong.
"""

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from math import ceil, exp, floor, pi, sin, sqrt
from pathlib import Path
from random import Random

from tests.bench.faults.world import FAMILIES, LEAST_SPREADS, LEAST_UNITS, Fault, World, robust_spread

SEED = 20241101  # the one that is scored

FIRST_YEAR = 2021  # simulated but not sent: the first year of reports has a 上年同期累计
FIRST_MONTH = "2022-01"  # of reports
BEFORE, MONTHS = 12, 48  # months that are simulated: the first 12 are before the backlog
AS_OF = datetime(2025, 1, 16, 2)  # the night after the lock day of December 2024, a Wednesday
ZONE = timezone(timedelta(hours=8))

COUNTS = {
    "identity": 40,  # the family with the most kinds of slip
    "type": 40,
    "component": 30,
    "magnitude": 35,
    "personal_number": 30,
    "required": 35,
    "cumulative": 35,
    "parts_total": 25,  # only two sub-districts keep registers
    "copy": 30,
    "neighbour_copy": 30,
    "outlier": 100,  # the one that is a matter of degree
    "community_sum": 30,
    "prior_year": 40,
}
GAP = 3  # months between two faults of a series: each stands alone
MOST_SPREADS = 25  # beyond, nobody would miss it
LOW_END = 3  # exponent of a uniform draw: half of the moves are under 8.4 spreads
HISTORY = 6  # months reported before the first outlier: without any history none can be known
PARTS_OFF = (-2, 2)  # a couple counted twice, or forgotten
SUM_OFF = (-7, 3, 7, 12, 20)  # a community's line overlooked, a digit misread
EMPTY_EXPLANATION = 0.3  # share of faulty rows that carry a phrase that explains nothing
NOTED = 0.03  # share of honest rows with a note

DISTRICT = "990101"
SUBDISTRICTS = {"990101001": "南塘街道", "990101002": "北岸街道"}
COMMUNITY_NAMES = {
    "990101001": "青石 柳桥 双井 塘口 梅园 竹巷 河沿 东坝 书院 槐荫 平安里 渔歌",
    "990101002": "高岭 芦花 钟楼 西埠 松坡 桂香 新渡 石埕 云台 榕下 金穗 海棠",
}

COMMUNITY_FORM, SUBDISTRICT_FORM = "ward_monthly", "street_monthly"
COLUMNS = (
    *("form", "template_version", "sender_code", "org_unit_code", "report_month", "indicator_code", "unit"),
    *("month_value", "ytd_value", "prior_ytd_value", "finished_on", "note"),
)
COLUMN_OF = {"month": "month_value", "ytd": "ytd_value", "prior_ytd": "prior_ytd_value", "note": "note"}
NUMBERS = ("month", "ytd", "prior_ytd")


@dataclass(frozen=True)
class Indicator:
    """One indicator as this office asks it; `nature` is the family of its series, `size` its usual month."""

    code: str
    name: str
    kind: str
    unit: str
    nature: str
    size: float = 0
    decimals: int = 0
    of: str = ""  # what it is a part of, or added to or removed from

    @property
    def is_count(self) -> bool:
        return self.kind in ("flow", "stock") and self.decimals == 0


WARD = (
    Indicator("city_case", "城管案件受理", "flow", "件", "counts", 38),
    Indicator("city_case_closed", "城管案件办结", "flow", "件", "part", 0.92, of="city_case"),
    Indicator("dispute", "邻里纠纷受理", "flow", "件", "intermittent", 1.3),
    Indicator("dispute_settled", "邻里纠纷化解", "flow", "件", "part", 0.85, of="dispute"),
    Indicator("home_visit", "入户走访", "flow", "户次", "heavy", 160),
    Indicator("grid_event", "网格事件", "flow", "件", "trend", 65),
    Indicator("online_service", "线上办件", "flow", "件", "trend", 110),
    Indicator("fire_incident", "小火情", "flow", "起", "intermittent", 0.25),
    Indicator("relief_family", "临时困难帮扶", "flow", "户", "intermittent", 0.8),
    Indicator("flood_patrol", "防汛巡查", "flow", "次", "seasonal", 45),
    Indicator("mosquito_site", "蚊媒孳生地清理", "flow", "处", "seasonal", 90),
    Indicator("festival_gift", "节日慰问", "flow", "人次", "festival", 60),
    Indicator("elderly_person", "在册老年人", "stock", "人", "drift", 820),
    Indicator("volunteer", "注册志愿者", "stock", "人", "drift", 240),
    Indicator("gas_shop", "用气餐饮店", "stock", "家", "drift", 42),
    Indicator("gas_shop_alarmed", "装有报警器的餐饮店", "stock", "家", "fitted", 0.8, of="gas_shop"),
    Indicator("collective_income", "集体经营收入", "flow", "万元", "money", 55, 2),
    Indicator("event_spending", "活动经费支出", "flow", "元", "money", 14000, 2),
    Indicator("dispute_money", "纠纷涉及金额", "flow", "万元", "lumpy", 6, 2),
    Indicator("satisfaction", "群众满意率", "ratio", "%", "rate", 0.92, 4),
    Indicator("canteen_opened", "长者食堂启用", "milestone", "进度", "milestone", 0, 2),
)
STREET = (
    Indicator("aided_person", "低保人员", "stock", "人", "register", 130),
    Indicator("aided_person_new", "低保新增人员", "flow", "人", "added", 2.5, of="aided_person"),
    Indicator("aided_person_cancelled", "低保注销人员", "flow", "人", "removed", 2.4, of="aided_person"),
    Indicator("aided_home", "低保户", "stock", "户", "register", 80),
    Indicator("aided_home_new", "低保新增户", "flow", "户", "added", 1.6, of="aided_home"),
    Indicator("aided_home_cancelled", "低保注销户", "flow", "户", "removed", 1.6, of="aided_home"),
    Indicator("cared_person", "特困人员", "stock", "人", "register", 60),
    Indicator("cared_person_new", "特困新增人员", "flow", "人", "added", 1.2, of="cared_person"),
    Indicator("cared_person_cancelled", "特困注销人员", "flow", "人", "removed", 1.1, of="cared_person"),
    Indicator("aid_paid", "低保金发放", "flow", "元", "money", 88000, 2),
    Indicator("firm_visit", "企业走访", "flow", "家次", "heavy", 45),
    Indicator("contract_signed", "招商签约", "flow", "个", "intermittent", 0.7),
    Indicator("screening_rate", "区反馈筛查率", "ratio", "%", "rate", 0.8, 4),
)
INDICATORS = {indicator.code: indicator for indicator in WARD + STREET}
SUMMED = ("city_case", "home_visit", "grid_event", "flood_patrol", "elderly_person", "volunteer")  # checked above
PAIRS = {"city_case_closed": "city_case", "dispute_settled": "dispute", "gas_shop_alarmed": "gas_shop"}
RATIOS = {
    "city_case_ratio": "city_case_closed",
    "dispute_ratio": "dispute_settled",
    "gas_alarm_ratio": "gas_shop_alarmed",
}
TARGETED = "home_visit"  # the only one with a target: what is measured here needs none
GROWTH = ("collective_income_growth", "集体经营收入增幅", "collective_income")
FIRST_PLAN_MONTH_OF_MILESTONE = 36  # January 2024

HONEST_NOTES = (
    "含上门代办",
    "与街道台账核对一致，缺口系两户迁出",
    "依据综治〔2023〕12号文开展",
    "台账编号20230415",
    "按实际发放日期统计",
    "雨季加密巡查",
)
EMPTY_NOTES = ("核实无误", "已核实", "数据属实")

Key = tuple[str, int]  # unit and month: one report
Cell = tuple[str, str, int]  # unit, indicator and month


def month_of(place: int) -> date:
    """The report month at a place of a series."""
    return date(FIRST_YEAR + place // 12, place % 12 + 1, 1)


def text_of(value: Decimal) -> str:
    """A number as typed."""
    return format(value, "f")


def rounded(value: float, decimals: int) -> Decimal:
    """An exact decimal of so many places."""
    return Decimal(f"{value:.{decimals}f}")


def poisson(rng: Random, mean: float) -> int:
    """A Poisson count; large means in parts, so that exp does not vanish."""
    if mean > 30:
        return poisson(rng, mean / 2) + poisson(rng, mean / 2)
    limit, product, count = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def binomial(rng: Random, count: int, share: float) -> int:
    """How many of `count` happen."""
    return sum(rng.random() < share for _ in range(count))


def student(rng: Random, limit: float = 4.5) -> float:
    """Student's t with 4 degrees of freedom, cut where an office would no longer call the month ordinary."""
    value = rng.gauss(0, 1) / sqrt(rng.gammavariate(2, 2) / 4)
    return max(-limit, min(limit, value))


# -- honest series ---------------------------------------------------------------------------------------------------


def steps(rng: Random, size: float) -> list[float]:
    """A level that moves by small steps: hardly any in most months."""
    level, values = size, []
    for _ in range(MONTHS):
        level = max(5.0, level + round(rng.gauss(0, 1) * max(0.7, size * 0.004)))
        values.append(float(round(level)))
    return values


def milestone(rng: Random) -> list[float]:
    """Progress that only rises, in steps of five per cent, and is whole in the second half of the year."""
    done_at = FIRST_PLAN_MONTH_OF_MILESTONE + rng.randint(7, 10)
    start = FIRST_PLAN_MONTH_OF_MILESTONE - 1
    values = []
    for place in range(MONTHS):
        share = max(0.0, (place - start) / (done_at - start))
        values.append(1.0 if share >= 1 else floor(share * 20) / 20)
    return values


def month_values(rng: Random, nature: str, size: float) -> list[float]:
    """One honest series over all simulated months."""
    if nature == "drift":
        return steps(rng, size)
    if nature == "milestone":
        return milestone(rng)
    peak = rng.choice((6, 7, 7))
    growth = rng.uniform(0.008, 0.018)
    makers: dict[str, Callable[[int], float]] = {
        "counts": lambda place: poisson(rng, rng.gammavariate(5, size / 5)),
        "heavy": lambda place: poisson(rng, size * exp(0.2 * student(rng))),
        "intermittent": lambda place: poisson(rng, rng.gammavariate(0.8, size / 0.8)),
        "trend": lambda place: poisson(rng, size * (1 + growth) ** place * exp(rng.gauss(0, 0.06))),
        "seasonal": lambda place: poisson(
            rng, size * (0.04 + max(0.0, sin((place % 12 - peak + 3) * pi / 6)) ** 2) * exp(rng.gauss(0, 0.15))
        ),
        "festival": lambda place: poisson(
            rng, size * {0: 2.5, 1: 1.6, 8: 1.4, 9: 1.0}.get(place % 12, 0.08) * exp(rng.gauss(0, 0.15))
        ),
        "money": lambda place: size * exp(0.12 * student(rng)),
        "lumpy": lambda place: size * exp(rng.gauss(0, 0.9)) if rng.random() < 0.45 else 0.0,
        "rate": lambda place: min(0.998, max(0.5, size + rng.gauss(0, 0.015))),
        "added": lambda place: poisson(rng, size),
        "removed": lambda place: poisson(rng, size),
    }
    return [float(makers[nature](place)) for place in range(MONTHS)]


def honest_series(rng: Random, units: dict[str, str]) -> dict[tuple[str, str], list[Decimal]]:
    """Every honest month value, by unit and indicator; parts after what they are parts of."""
    series: dict[tuple[str, str], list[Decimal]] = {}
    for unit in units:
        scale = exp(rng.gauss(0, 0.35))
        own = WARD if len(unit) == 12 else STREET
        for item in own:
            if item.nature == "part":
                whole = series[unit, item.of]
                series[unit, item.code] = [Decimal(binomial(rng, int(value), item.size)) for value in whole]
            elif item.nature == "fitted":
                series[unit, item.code] = fitted(series[unit, item.of], item.size)
            elif item.nature != "register":
                size = item.size if item.nature == "rate" else item.size * scale * exp(rng.gauss(0, 0.2))
                values = month_values(rng, item.nature, size)
                series[unit, item.code] = [rounded(value, item.decimals) for value in values]
        for item in own:
            if item.nature == "register":
                level = Decimal(round(item.size * scale)) + 40
                series[unit, item.code] = register(
                    level, series[unit, f"{item.code}_new"], series[unit, f"{item.code}_cancelled"]
                )
    return series


def fitted(whole: Sequence[Decimal], share: float) -> list[Decimal]:
    """A part of a level that catches up with it, never above."""
    return [
        Decimal(floor(float(value) * min(1.0, share + (1 - share) * place / MONTHS)))
        for place, value in enumerate(whole)
    ]


def register(level: Decimal, added: Sequence[Decimal], removed: list[Decimal]) -> list[Decimal]:
    """Previous + new − cancelled; nobody is cancelled who is not there."""
    levels = []
    for place, new in enumerate(added):
        removed[place] = min(removed[place], level)
        level += new - removed[place]
        levels.append(level)
    return levels


# -- where the faults are --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """One planted fault, before the reports are written; `right` is what should stand there, where it is known."""

    family: str
    unit: str
    place: int
    code: str = ""
    field: str = ""
    found: str = ""
    right: str = ""
    off: int = 0  # from what should stand there


@dataclass
class Office:
    """The honest series, and everything that is wrong with what is sent."""

    rng: Random
    units: dict[str, str]
    honest: dict[tuple[str, str], list[Decimal]]
    slips: list[Slip] = field(default_factory=list)
    whole: set[Key] = field(default_factory=set)  # reports that are wrong as a whole
    alone: set[Key] = field(default_factory=set)  # reports that are sent back for one cell
    kept: set[Key] = field(default_factory=set)  # reports that others copy: nothing wrong may be in them
    by_series: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    source: dict[Key, Key] = field(default_factory=dict)  # copied from
    is_full_copy: set[Key] = field(default_factory=set)  # cumulatives too
    moved: dict[Cell, Decimal] = field(default_factory=dict)  # month values that count
    shifted: dict[Cell, Decimal] = field(default_factory=dict)  # register levels, from then on
    miscounted: dict[Cell, str] = field(default_factory=dict)  # cumulatives: forgotten, twice, fallen
    cells: dict[tuple[str, str, int, str], str] = field(default_factory=dict)  # texts typed over, by column
    dropped: set[Cell] = field(default_factory=set)
    doubled: dict[Cell, str] = field(default_factory=dict)  # the month value of the second row
    header: dict[tuple[str, int, str], str] = field(default_factory=dict)  # a column of all rows
    folder: dict[Key, str] = field(default_factory=dict)

    @property
    def communities(self) -> list[str]:
        return [unit for unit in self.units if len(unit) == 12]

    def is_kept_whole(self, unit: str, place: int) -> bool:
        """Whether no report of this sub-district's communities may be sent back: its sums are checked then."""
        return place % GAP == list(SUBDISTRICTS).index(unit[:9])

    def is_free(self, unit: str, code: str, place: int) -> bool:
        """Whether a warning may be planted in this cell."""
        near = range(place - GAP + 1, place + GAP)
        return (
            (unit, place) not in self.alone | self.kept
            and not any((unit, month) in self.whole for month in near)
            and not any(abs(month - place) < GAP for month in self.by_series.get((unit, code), ()))
            and not (len(unit) == 12 and code in SUMMED and self.is_kept_whole(unit, place))
        )

    def is_untouched(self, unit: str, place: int) -> bool:
        """Whether no cell of this report is wrong, and none may not be."""
        return (
            not self.is_kept_whole(unit, place)
            and (unit, place) not in self.alone | self.whole | self.kept
            and not any(place in places for (owner, _), places in self.by_series.items() if owner == unit)
        )

    def is_quiet(self, unit: str, place: int) -> bool:
        """Whether nothing of this unit is wrong for months before and after."""
        return all(
            (unit, month) not in self.alone | self.whole | self.kept for month in range(place - GAP + 1, place + GAP)
        ) and not self.is_kept_whole(unit, place)

    def plant(self, slip: Slip) -> None:
        """Remember one fault and keep others away from it."""
        self.slips.append(slip)
        if slip.code:
            self.by_series.setdefault((slip.unit, slip.code), []).append(slip.place)
        else:
            self.whole.add((slip.unit, slip.place))

    # what is sent and counts

    def month(self, unit: str, code: str, place: int) -> Decimal:
        """The month value in the office's books."""
        if (unit, place) in self.source:
            owner, month = self.source[unit, place]
            return self.month(owner, code, month)
        value = self.moved.get((unit, code, place), self.honest[unit, code][place])
        shifts = [
            shift
            for (owner, total, since), shift in self.shifted.items()
            if (owner, total) == (unit, code) and since <= place
        ]
        return value + sum(shifts, Decimal(0))

    def ytd(self, unit: str, code: str, place: int) -> Decimal:
        """The cumulative in the office's books: each month's builds on the one before."""
        if (unit, place) in self.is_full_copy:
            owner, month = self.source[unit, place]
            return self.ytd(owner, code, month)
        before = self.ytd(unit, code, place - 1) if place % 12 else Decimal(0)
        slip = self.miscounted.get((unit, code, place))
        if slip == "forgotten":
            return before
        if slip == "fallen":
            return before - max(Decimal(1), (before / 10).to_integral_value())
        return before + self.month(unit, code, place) * (2 if slip == "twice" else 1)

    def prior(self, unit: str, code: str, place: int) -> Decimal:
        """Last year's cumulative, as it stands in the books."""
        if (unit, place) in self.is_full_copy:
            owner, month = self.source[unit, place]
            return self.prior(owner, code, month)
        return self.ytd(unit, code, place - 12)


def honest_ytd(honest: Sequence[Decimal], place: int) -> Decimal:
    """The cumulative of an honest series."""
    return sum(honest[place - place % 12 : place + 1], Decimal(0))


def draw(rng: Random, count: int, attempt: Callable[[], bool]) -> None:
    """Attempt until `count` attempts succeeded."""
    for _ in range(200_000):
        if count == 0:
            return
        count -= attempt()
    raise RuntimeError(f"{attempt.__qualname__}: no room for {count} more faults")


def any_place(office: Office, first: int = BEFORE, last: int = MONTHS - 1) -> tuple[str, int]:
    """A community and a month by chance."""
    return office.rng.choice(office.communities), office.rng.randint(first, last)


def plant_all(office: Office) -> None:
    """All families; whole reports first, as they need the most room, then what moves the books, then the rest."""
    plant_copies(office)
    plant_neighbour_copies(office)
    plant_wrong_reports(office)
    plant_outliers(office)
    plant_cumulatives(office)
    plant_parts(office)
    plant_wrong_rows(office)
    plant_types(office)
    plant_components(office)
    plant_magnitudes(office)
    plant_personal_numbers(office)
    plant_sums(office)
    plant_prior_years(office)
    plant_blanks(office)


def plant_copies(office: Office) -> None:
    """Last month's sheet again: half as it is, half with cumulatives that the sheet adds up itself."""

    def attempt() -> bool:
        unit, place = any_place(office, BEFORE + 1)
        if not office.is_quiet(unit, place):
            return False
        office.source[unit, place] = (unit, place - 1)
        if office.rng.random() < 0.5 and place % 12:
            office.is_full_copy.add((unit, place))
        office.plant(Slip("copy", unit, place))
        return True

    draw(office.rng, COUNTS["copy"], attempt)


def plant_neighbour_copies(office: Office) -> None:
    """A neighbour's month, sent after the neighbour; in December the whole sheet.

    Elsewhere the sheet adds up its own cumulatives. Not in the year of the milestone, whose progress would fall back.
    """

    def attempt() -> bool:
        unit, place = any_place(office, last=FIRST_PLAN_MONTH_OF_MILESTONE - 1)
        neighbour = office.rng.choice([other for other in office.communities if other[:9] == unit[:9]])
        if neighbour == unit or not office.is_quiet(unit, place) or (neighbour, place) in office.whole:
            return False
        office.source[unit, place] = (neighbour, place)
        if place % 12 == 11:
            office.is_full_copy.add((unit, place))
        office.kept.add((neighbour, place))
        office.plant(Slip("neighbour_copy", unit, place))
        return True

    draw(office.rng, COUNTS["neighbour_copy"], attempt)


def plant_wrong_reports(office: Office) -> None:
    """A report in another's folder, of a month that is none or has not come, or of a form that does not exist."""
    for kind in ["folder"] * 8 + ["month"] * 4 + ["form"] * 4:

        def attempt(kind: str = kind) -> bool:
            unit, place = any_place(office)
            if not office.is_quiet(unit, place):
                return False
            month = month_of(place)
            if kind == "folder":
                found = office.rng.choice([other for other in office.communities if other != unit])
                office.folder[unit, place] = found
                right = unit
            elif kind == "month":
                found = office.rng.choice((f"{month.year}-{month.month + 12}", f"{month.year + 10}-{month.month:02}"))
                office.header[unit, place, "report_month"] = found
                right = f"{month:%Y-%m}"
            else:
                found = office.rng.choice(("ward_montly", "ward_yearly"))
                office.header[unit, place, "form"] = found
                right = COMMUNITY_FORM
            office.plant(Slip("identity", unit, place, found=found, right=right))
            return True

        draw(office.rng, 1, attempt)


def alone(office: Office, codes: Sequence[str], plant: Callable[[str, str, int], Slip | None]) -> Callable[[], bool]:
    """An attempt at one wrong row in a report that is otherwise right and will be sent back."""

    def attempt() -> bool:
        unit, place = any_place(office)
        code = office.rng.choice(codes)
        if not office.is_untouched(unit, place) or not office.is_free(unit, code, place):
            return False
        if any((owner, month) == (unit, place + 1) for owner, _, month in office.miscounted):
            return False  # the next cumulative is judged by this one
        slip = plant(unit, code, place)
        if slip is None:
            return False
        office.alone.add((unit, place))
        office.plant(slip)
        return True

    return attempt


def plant_wrong_rows(office: Office) -> None:
    """A row twice (as it is, or with last month's number), a code mistyped, another community as the row's subject."""
    codes = [item.code for item in WARD if item.kind != "milestone"]

    def twice(unit: str, code: str, place: int) -> Slip:
        again = office.honest[unit, code][place - office.rng.randint(0, 1)]
        office.doubled[unit, code, place] = text_of(again)
        return Slip("identity", unit, place, code, found=text_of(again), right="")

    def mistyped(unit: str, code: str, place: int) -> Slip:
        cut = office.rng.randint(1, len(code) - 2)
        found = code[:cut] + code[cut + 1 :]
        office.cells[unit, code, place, "indicator_code"] = found
        return Slip("identity", unit, place, code, found=found, right=code)

    def other_subject(unit: str, code: str, place: int) -> Slip:
        found = office.rng.choice([other for other in office.communities if other != unit])
        office.cells[unit, code, place, "org_unit_code"] = found
        return Slip("identity", unit, place, code, found=found, right=unit)

    draw(office.rng, 12, alone(office, codes, twice))
    draw(office.rng, 9, alone(office, codes, mistyped))
    draw(office.rng, 3, alone(office, codes, other_subject))


def plant_types(office: Office) -> None:
    """Letters in a number, another unit of measure, a negative count, half a person, more than all of them."""
    counts = [item.code for item in WARD if item.is_count]

    def typed(make: Callable[[Decimal, str], str], field: str = "month") -> Callable[[str, str, int], Slip | None]:
        def plant(unit: str, code: str, place: int) -> Slip | None:
            value = office.honest[unit, code][place]
            if value == 0:
                return None
            found = make(value, INDICATORS[code].unit)
            office.cells[unit, code, place, COLUMN_OF[field]] = found
            return Slip("type", unit, place, code, field, found)

        return plant

    def letters(value: Decimal, unit: str) -> str:
        digits = text_of(value)
        return office.rng.choice((f"{digits[:-1]}O", f"约{digits}", f"{digits}l", f"{digits}?"))

    def foreign(value: Decimal, unit: str) -> str:
        return f"{value}{'户' if unit != '户' else '件'}"

    draw(office.rng, 10, alone(office, counts, typed(letters)))
    draw(office.rng, 6, alone(office, counts, typed(foreign)))
    draw(office.rng, 8, alone(office, counts, typed(lambda value, unit: text_of(-value))))
    draw(office.rng, 10, alone(office, counts, typed(lambda value, unit: text_of(value + Decimal("0.5")))))
    above = typed(lambda value, unit: office.rng.choice(("120%", "1.2", "104.5%")), "ytd")
    draw(office.rng, 6, alone(office, ["satisfaction"], above))


def plant_components(office: Office) -> None:
    """The two rows of a pair exchanged."""

    def exchanged(unit: str, code: str, place: int) -> Slip | None:
        whole = PAIRS[code]
        if office.month(unit, code, place) >= office.month(unit, whole, place):
            return None
        if not office.is_free(unit, whole, place):
            return None
        makers = [("month_value", office.month)]
        if INDICATORS[code].kind == "flow":
            if office.ytd(unit, code, place) >= office.ytd(unit, whole, place):
                return None
            makers.append(("ytd_value", office.ytd))
        for column, value_of in makers:
            office.cells[unit, code, place, column] = text_of(value_of(unit, whole, place))
            office.cells[unit, whole, place, column] = text_of(value_of(unit, code, place))
        return Slip("component", unit, place, code, "month")

    draw(office.rng, COUNTS["component"], alone(office, list(PAIRS), exchanged))


def plant_magnitudes(office: Office) -> None:
    """An amount in the wrong unit: the month alone, the month with its cumulative, or the right number in a wrong unit.

    Only of amounts that are steady: there an amount 10⁴ times smaller is no ordinary month.
    """
    money = ["collective_income", "event_spending"]

    def plant(unit: str, code: str, place: int) -> Slip:
        honest_text = text_of(office.honest[unit, code][place])
        if office.rng.random() < 0.3:
            wrong = office.rng.choice({"万元": ("亿元", "元"), "元": ("亿元", "万元")}[INDICATORS[code].unit])
            office.cells[unit, code, place, "unit"] = wrong
            return Slip("magnitude", unit, place, code, "month", f"{honest_text}{wrong}", honest_text)
        is_small = office.rng.random() < 0.4
        factor = Decimal("0.0001") if is_small else Decimal(10000)
        makers = [("month_value", office.month)]
        if office.rng.random() < 0.6:
            makers.append(("ytd_value", office.ytd))
        for column, value_of in makers:
            value = value_of(unit, code, place) * factor
            office.cells[unit, code, place, column] = text_of(rounded(float(value), 4 if is_small else 0))
        return Slip("magnitude", unit, place, code, "month")

    draw(office.rng, COUNTS["magnitude"], alone(office, money, plant))


def identity_number(rng: Random) -> str:
    """An ID-card number that is nobody's: 99 is no province; the check digit is right (GB 11643)."""
    digits = f"990101{rng.randint(1930, 1999)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(0, 999):03}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def plant_personal_numbers(office: Office) -> None:
    """A telephone or ID-card number in a note, as clerks write them; the numbers are nobody's."""
    rng = office.rng

    def plant(unit: str, code: str, place: int) -> Slip:
        tail = f"{rng.randint(0, 99):04}"
        note = rng.choice(
            (
                f"联系人王主任1380000{tail}",
                f"电话：138-0000-{tail}",
                f"有疑问打138 0000 {tail}",
                f"+861380000{tail}",
                f"申请人身份证{identity_number(rng)}",
                f"{identity_number(rng).lower()}已办结",
                f"身份证号：{identity_number(rng)}，已补登",
            )
        )
        office.cells[unit, code, place, "note"] = note
        return Slip("personal_number", unit, place, code, "note", note)

    codes = [item.code for item in WARD if item.kind in ("flow", "stock")]
    draw(rng, COUNTS["personal_number"], alone(office, codes, plant))


def plant_parts(office: Office) -> None:
    """A register's level off by two, and counted on from there."""

    def attempt() -> bool:
        unit, place = office.rng.choice(list(SUBDISTRICTS)), office.rng.randint(BEFORE + 1, MONTHS - 1)
        code = office.rng.choice([item.code for item in STREET if item.nature == "register"])
        off = office.rng.choice(PARTS_OFF)
        if not office.is_free(unit, code, place) or min(office.honest[unit, code]) < 20:
            return False
        office.shifted[unit, code, place] = Decimal(off)
        office.plant(Slip("parts_total", unit, place, code, "month", off=off))
        return True

    draw(office.rng, COUNTS["parts_total"], attempt)


def plant_sums(office: Office) -> None:
    """The sub-district's figure is not the sum of what its communities sent."""

    def attempt() -> bool:
        unit, place = office.rng.choice(list(SUBDISTRICTS)), office.rng.randint(BEFORE, MONTHS - 1)
        code, off = office.rng.choice(SUMMED), office.rng.choice(SUM_OFF)
        if not office.is_kept_whole(unit, place) or not office.is_free(unit, code, place):
            return False
        if sum_of(office, unit, code, place) + off < 0:
            return False
        office.plant(Slip("community_sum", unit, place, code, "month", off=off))
        return True

    draw(office.rng, COUNTS["community_sum"], attempt)


def flow_cell(office: Office, first: int) -> tuple[str, str, int]:
    """A flow of any unit and a month by chance."""
    unit = office.rng.choice([*office.communities, *SUBDISTRICTS])
    own = WARD if len(unit) == 12 else STREET
    code = office.rng.choice([item.code for item in own if item.kind == "flow"])
    return unit, code, office.rng.randint(first, MONTHS - 1)


def plant_cumulatives(office: Office) -> None:
    """A cumulative without the month, with it twice, or below the one before; last month's is known."""

    def attempt() -> bool:
        unit, code, place = flow_cell(office, BEFORE + 1)
        if not office.is_free(unit, code, place) or (unit, place - 1) in office.alone or place % 12 == 0:
            return False
        if office.honest[unit, code][place] == 0 or honest_ytd(office.honest[unit, code], place - 1) < 10:
            return False
        if code in PAIRS:  # the whole's cumulative must not be fallen short of, nor passed
            return False
        kinds = ("twice",) if code in PAIRS.values() else ("forgotten", "forgotten", "twice", "fallen")
        office.miscounted[unit, code, place] = office.rng.choice(kinds)
        office.plant(Slip("cumulative", unit, place, code, "ytd"))
        return True

    draw(office.rng, COUNTS["cumulative"], attempt)


def plant_prior_years(office: Office) -> None:
    """Last year's whole year, or its month alone, or two digits exchanged; last year's report was not sent back."""

    def attempt() -> bool:
        unit, code, place = flow_cell(office, BEFORE + 12)
        last = place - 12
        if not office.is_free(unit, code, place) or (unit, last) in office.alone | office.whole:
            return False
        right = office.prior(unit, code, place)
        text = text_of(right)
        swapped = text[1] + text[0] + text[2:] if text[:2].isdigit() and len(text) > 1 and text[1] != "0" else text
        found = Decimal(
            office.rng.choice(
                (
                    text_of(office.ytd(unit, code, last - last % 12 + 11)),
                    text_of(office.month(unit, code, last)),
                    swapped,
                )
            )
        )
        if found == right:
            return False
        office.cells[unit, code, place, "prior_ytd_value"] = text_of(found)
        office.plant(Slip("prior_year", unit, place, code, "prior_ytd"))
        return True

    draw(office.rng, COUNTS["prior_year"], attempt)


def plant_outliers(office: Office) -> None:
    """An honest value moved by 6 to 25 robust spreads of its series, mostly few, and by 5 units at least."""

    def attempt() -> bool:
        unit = office.rng.choice([*office.communities, *SUBDISTRICTS])
        own = WARD if len(unit) == 12 else STREET
        code = office.rng.choice(
            [
                item.code
                for item in own
                if item.nature not in ("part", "fitted", "rate", "milestone", "register", "added", "removed")
            ]
        )
        place = office.rng.randint(BEFORE + HISTORY, MONTHS - 1)
        if not office.is_free(unit, code, place):
            return False
        spread = robust_spread([float(value) for value in office.honest[unit, code][BEFORE:]])
        spreads = LEAST_SPREADS + (MOST_SPREADS - LEAST_SPREADS) * office.rng.random() ** LOW_END
        size = max(spreads * spread, float(LEAST_UNITS))
        decimals = INDICATORS[code].decimals
        move = Decimal(ceil(size * 10**decimals)).scaleb(-decimals)
        value = office.honest[unit, code][place]
        is_down = value - move >= 0 and code not in PAIRS.values() and office.rng.random() < 0.5
        office.moved[unit, code, place] = value - move if is_down else value + move
        office.plant(Slip("outlier", unit, place, code, "month"))
        return True

    draw(office.rng, COUNTS["outlier"], attempt)


def plant_blanks(office: Office) -> None:
    """A cell that is asked for is blank, or its row is missing."""

    def attempt() -> bool:
        unit, place = any_place(office)
        item = office.rng.choice([item for item in WARD if item.kind != "milestone"])
        if not office.is_free(unit, item.code, place):
            return False
        if office.rng.random() < 0.3:
            office.dropped.add((unit, item.code, place))
            office.plant(Slip("required", unit, place, item.code))
            return True
        fields = {"stock": ("month",), "ratio": ("ytd",)}.get(item.kind, ("month", "ytd"))
        field = office.rng.choice(fields)
        office.cells[unit, item.code, place, COLUMN_OF[field]] = ""
        office.plant(Slip("required", unit, place, item.code, field))
        return True

    draw(office.rng, COUNTS["required"], attempt)


# -- what is written -------------------------------------------------------------------------------------------------


def sum_of(office: Office, unit: str, code: str, place: int) -> Decimal:
    """What the communities of a sub-district sent."""
    parts = [office.month(community, code, place) for community in office.communities if community[:9] == unit]
    return sum(parts, Decimal(0))


def rows_of(office: Office, unit: str, place: int) -> dict[str, dict[str, str]]:
    """The rows of one report as its sender believes them to be, by indicator, without slips of the pen."""
    is_community = len(unit) == 12
    rows: dict[str, dict[str, str]] = {}
    for item in WARD if is_community else STREET:
        if item.kind == "milestone" and place < FIRST_PLAN_MONTH_OF_MILESTONE:
            continue
        month = text_of(office.month(unit, item.code, place))
        numbers = {"month_value": month}
        if item.kind == "flow":
            numbers["ytd_value"] = text_of(office.ytd(unit, item.code, place))
            numbers["prior_ytd_value"] = text_of(office.prior(unit, item.code, place))
        elif item.kind == "ratio":
            numbers = {"ytd_value": month}
        elif item.kind == "milestone" and Decimal(month) == 1:
            done_at = next(at for at in range(MONTHS) if office.honest[unit, item.code][at] == 1)
            numbers["finished_on"] = f"{month_of(done_at):%Y-%m}-{10 + int(unit[-2:]) % 15:02}"
        rows[item.code] = {"unit": "" if item.kind == "ratio" else item.unit} | numbers
    if not is_community:
        for code in SUMMED:
            rows[code] = {"unit": INDICATORS[code].unit, "month_value": text_of(sum_of(office, unit, code, place))}
    return rows


def right_of(office: Office, slip: Slip, believed: dict[str, dict[str, str]]) -> str:
    """What should stand where the slip is."""
    if slip.right or slip.field in ("", "note"):
        return slip.right
    if slip.family == "outlier":
        return text_of(office.honest[slip.unit, slip.code][slip.place])
    if slip.family == "parts_total":
        return text_of(office.month(slip.unit, slip.code, slip.place) - slip.off)
    if slip.family == "cumulative":
        before = office.ytd(slip.unit, slip.code, slip.place - 1)
        return text_of(before + office.month(slip.unit, slip.code, slip.place))
    return believed[slip.code][COLUMN_OF[slip.field]]


@dataclass
class Inbox:
    """Writes the reports, and counts what is right in them."""

    office: Office
    truth: Office  # the same without faults
    path: Path
    notes: Random
    faults: list[Fault] = field(default_factory=list)
    honest_cells_count: int = 0

    def write(self, unit: str, place: int, slips: Sequence[Slip]) -> None:
        """One report with its slips."""
        office, form = self.office, COMMUNITY_FORM if len(unit) == 12 else SUBDISTRICT_FORM
        month = f"{month_of(place):%Y-%m}"
        believed = rows_of(office, unit, place)
        true_rows = rows_of(self.truth, unit, place)
        by_code = {slip.code: slip for slip in slips}
        rows = []
        for code, numbers in believed.items():
            row = {
                "form": form,
                "template_version": "1.0",
                "sender_code": unit,
                "org_unit_code": unit,
                "report_month": month,
                "indicator_code": code,
                "note": self.note(by_code.get(code), bool(slips)),
            } | numbers
            row |= {column: text for column in COLUMNS if (text := office.header.get((unit, place, column)))}
            typed = {column: office.cells.get((unit, code, place, column)) for column in COLUMNS}
            row |= {column: text for column, text in typed.items() if text is not None}
            slip = by_code.get(code)
            if slip and slip.family == "community_sum":
                row["month_value"] = text_of(Decimal(row["month_value"]) + slip.off)
            if (unit, code, place) in office.dropped:
                continue
            rows.append(row)
            if (unit, code, place) in office.doubled:
                column = "ytd_value" if INDICATORS[code].kind == "ratio" else "month_value"
                rows.append(row | {column: office.doubled[unit, code, place]})
            self.count(row, true_rows[code], slip, "" in by_code)
        name = f"{unit}_{form}_{month}.csv"
        folder = office.folder.get((unit, place), unit)
        self.save(folder, name, rows, unit, place)
        written = {row["indicator_code"]: row for row in reversed(rows)}
        for slip in slips:
            found = slip.found or (written[slip.code].get(COLUMN_OF[slip.field], "") if slip.field else "")
            self.faults.append(
                Fault(
                    slip.family,
                    f"{folder}/{name}",
                    unit,
                    form,
                    month_of(place),
                    slip.code,
                    slip.field,
                    found,
                    right_of(office, slip, believed),
                )
            )

    def note(self, slip: Slip | None, has_slips: bool) -> str:
        """Most notes are blank; a faulty row says at most what explains nothing."""
        chance = self.notes.random()
        if slip:
            return self.notes.choice(EMPTY_NOTES) if chance < EMPTY_EXPLANATION else ""
        return self.notes.choice(HONEST_NOTES) if chance < NOTED and not has_slips else ""

    def count(self, row: dict[str, str], true_row: dict[str, str], slip: Slip | None, is_whole: bool) -> None:
        """Count the numbers of a row that are right; none of a report, row or unit of measure that is wrong."""
        is_row = slip is not None and slip.field == ""
        if is_whole or is_row or row["unit"] != true_row["unit"]:
            return
        for number in NUMBERS:
            column = COLUMN_OF[number]
            text = row.get(column, "")
            is_fault = slip is not None and slip.field == number
            self.honest_cells_count += bool(text) and not is_fault and text == true_row.get(column)

    def save(self, folder: str, name: str, rows: Sequence[dict[str, str]], unit: str, place: int) -> None:
        """Write the file; it arrives in the first days of the next month, one that copies a neighbour after it."""
        path = self.path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        is_copy = self.office.source.get((unit, place), (unit, place))[0] != unit
        day = 4 if is_copy or len(unit) == 9 else self.notes.randint(1, 3)
        following = month_of(place + 1) if place + 1 < MONTHS else date(FIRST_YEAR + MONTHS // 12, 1, 1)
        minute = timedelta(minutes=self.notes.randint(0, 8 * 60))
        arrival = datetime(following.year, following.month, day, 9, tzinfo=ZONE) + minute
        os.utime(path, (arrival.timestamp(), arrival.timestamp()))


def write_table(folder: Path, name: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """One file of the reference folder."""
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split(","))
        writer.writerows(rows)


def write_reference(folder: Path, units: dict[str, str]) -> None:
    """What this office asks, of whom."""
    folder.mkdir(parents=True, exist_ok=True)
    places: list[tuple[object, ...]] = [(DISTRICT, "东篱区", "东篱", "district", "", "")]
    for unit, name in units.items():
        level, parent = ("community", unit[:9]) if len(unit) == 12 else ("subdistrict", DISTRICT)
        households = 900 + 37 * int(unit[-3:]) if len(unit) == 12 else ""
        places.append((unit, name, name[:-2], level, parent, households))
    write_table(folder, "org_unit.csv", "code,name,short_name,level,parent_code,households", places)
    write_table(folder, "theme.csv", "code,name_zh", [("work", "日常工作")])
    forms = [
        (COMMUNITY_FORM, "社区月报", "community", "1.0", 5, 15, FIRST_MONTH),
        (SUBDISTRICT_FORM, "街道月报", "subdistrict", "1.0", 5, 15, FIRST_MONTH),
    ]
    write_table(folder, "form.csv", "code,name_zh,level,template_version,due_day,lock_day,first_month", forms)
    write_table(
        folder,
        "form_version.csv",
        "form_code,template_version,first_month",
        [(form, "1.0", FIRST_MONTH) for form in (COMMUNITY_FORM, SUBDISTRICT_FORM)],
    )
    write_table(
        folder,
        "indicator.csv",
        "code,name_zh,kind,unit,direction,reporting_level,source_form,theme,decimals,tree_rule,numerator_code,"
        "denominator_code,ranking_metric,minimum,maximum,first_month",
        indicator_rows(),
    )
    asked: list[tuple[str, str, str]] = []
    for form, items in ((COMMUNITY_FORM, WARD), (SUBDISTRICT_FORM, STREET)):
        cells = {"flow": "both", "ratio": "ytd"}
        asked += [(form, item.code, cells.get(item.kind, "month")) for item in items]
    asked += [(SUBDISTRICT_FORM, code, "month") for code in SUMMED]
    write_table(folder, "form_indicator.csv", "form_code,indicator_code,cells_required", asked)
    registers = [item.code for item in STREET if item.nature == "register"]
    identities = [(code, f"{code}_new", f"{code}_cancelled") for code in registers]
    write_table(folder, "identity.csv", "total_code,added_code,removed_code", identities)
    write_table(folder, "setting.csv", "key,value,reason", [("office_code", next(iter(SUBDISTRICTS)), "本街道")])
    targets = [
        (year, unit, TARGETED, "at_least", 20000, "households") for year in (2022, 2023, 2024) for unit in SUBDISTRICTS
    ]
    write_table(folder, "target.csv", "plan_year,org_unit_code,indicator_code,target_form,value,split_key", targets)


def indicator_rows() -> list[tuple[object, ...]]:
    """The indicators that are asked, and the ratios and the growth that are made of them."""
    rows: list[tuple[object, ...]] = []
    for level, form, items in (("community", COMMUNITY_FORM, WARD), ("subdistrict", SUBDISTRICT_FORM, STREET)):
        for item in items:
            is_share = item.kind in ("ratio", "milestone")
            rule = {"ratio": "none", "milestone": "share"}.get(item.kind, "sum")
            named = (item.code, item.name, item.kind, item.unit)
            asked = ("higher" if is_share or item.code == TARGETED else "none", level, form, "work", item.decimals)
            first = "2024-01" if item.kind == "milestone" else FIRST_MONTH
            rows.append((*named, *asked, rule, "", "", "none", 0, 1 if is_share else "", first))
    made = ("%", "higher", "community", COMMUNITY_FORM, "work", 4)
    for code, part in RATIOS.items():
        name = f"{INDICATORS[part].name}率"
        rows.append((code, name, "ratio", *made, "ratio", part, PAIRS[part], "level", 0, 1, FIRST_MONTH))
    code, name, flow = GROWTH
    rows.append((code, name, "growth", *made, "", flow, "", "growth", "", "", FIRST_MONTH))
    return rows


@cache
def unit_names() -> dict[str, str]:
    """The units below the district and their names: sub-districts first."""
    names = dict(SUBDISTRICTS)
    for parent, words in COMMUNITY_NAMES.items():
        names |= {f"{parent}{number:03}": f"{name}社区" for number, name in enumerate(words.split(), start=1)}
    return names


def build(folder: Path, seed: int) -> World:
    """The second office in `folder`: the same seed gives the same bytes and times."""
    rng = Random(seed)
    units = unit_names()
    honest = honest_series(rng, units)
    office = Office(rng, units, honest)
    plant_all(office)
    write_reference(folder / "reference", units)
    inbox = Inbox(office, Office(Random(seed), units, honest), folder / "inbox", Random(seed + 1))
    by_report: dict[Key, list[Slip]] = {}
    for slip in office.slips:
        by_report.setdefault((slip.unit, slip.place), []).append(slip)
    for place in range(BEFORE, MONTHS):
        for unit in units:
            inbox.write(unit, place, by_report.get((unit, place), []))
    counts = Counter(fault.family for fault in inbox.faults)
    if counts != Counter(COUNTS) or set(counts) != set(FAMILIES):
        raise RuntimeError(f"planted {dict(counts)}, meant {COUNTS}")
    return World(folder / "reference", folder / "inbox", AS_OF, tuple(inbox.faults), inbox.honest_cells_count)
