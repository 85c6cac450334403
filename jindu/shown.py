"""How values, months and codes read wherever people look at them, in Chinese and English."""

import functools
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from jindu.settings import OFFICE_TIMEZONE
from jindu.warehouse.columns import load

UNKNOWN = "—"
MINUS = "\N{MINUS SIGN}"  # a hyphen is as good as unread aloud, and breaks lines
MOST_DECIMALS = 4  # of a percentage: a ratio has six
IN_POINTS = frozenset({"ratio", "growth", "milestone"})  # their differences are percentage points
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNITS_EN = {
    "元": "yuan",
    "千元": "×1,000 yuan",
    "万元": "×10,000 yuan",
    "百万元": "million yuan",
    "亿元": "×100 million yuan",
    "分": "points",
    "人次": "persons",
    "户次": "visits",
    "进度": "progress",
}
WORDS_EN = {  # of published codes that say nothing by themselves; the others are words already
    ("direction", "higher"): "higher is better",
    ("direction", "lower"): "lower is better",
    ("direction", "none"): "neither way is better",
    **{
        (column, code): said
        for column in ("phasing", "target_phasing")
        for code, said in (
            ("linear", "spread evenly"),
            ("none", "compared whole"),
            ("seasonal", "by last year's shape"),
            ("guidance", "as guided by the district"),
        )
    },
    ("target_form", "by_date"): "done by its date",
    ("ranking_metric", "none"): "not ranked",
    ("change_cause", "own"): "its own figures",
    ("change_cause", "others"): "those of others",
    ("change_cause", "restatement"): "figures restated",
}
MUCH = 1000  # from here on decimals tell nobody anything; the explanations have them all
FEW = 10  # below it, a count that is due is shown with a digit more
COUNTERS = frozenset("个人件份例场处套家户支条栋次类项名宗起座间批所")  # English counts without them: 3 家 is 3


@dataclass(frozen=True)
class Status:
    """A status as it is shown: its tone (colour and hatching), and one sign that says it without colour."""

    code: str
    tone: str  # red, orange, yellow, blue, grey; plain has no fill
    sign_zh: str
    sign_en: str

    def sign(self, lang: str) -> str:
        """One character, different for each status that has a colour."""
        return self.sign_en if lang == "en" else self.sign_zh

    def name(self, lang: str) -> str:
        """The status in a word or two."""
        if self.code == "withheld":
            return "withheld" if lang == "en" else "受限"
        return word("completion", "status", self.code, lang)


STATUSES = {  # worst first, as pages list them; the colours are those of domain.md, Status
    one.code: one
    for one in (
        Status("missed", "red", "未", "M"),
        Status("far_behind", "red", "严", "F"),
        Status("behind", "orange", "滞", "B"),
        Status("at_risk", "yellow", "略", "R"),
        Status("repaired", "yellow", "补", "C"),
        Status("on_pace", "blue", "达", "P"),
        Status("achieved", "blue", "完", "A"),
        Status("unreported", "grey", "缺", "U"),
        Status("not_computable", "grey", "难", "X"),
        Status("not_due", "plain", "待", "·"),
        Status("not_applicable", "plain", "免", "n"),
        Status("no_target", "plain", "—", "—"),
    )
}
JUDGED = ("missed", "far_behind", "behind", "at_risk", "repaired", "on_pace", "achieved")  # worst first
NOT_PUBLISHED = Status("withheld", "grey", "限", "W")  # no status of its own: what is shown where figures may not be


def standing_of(status: str | None, *, is_suppressed: bool | None) -> Status:
    """The status as it is shown: what cannot be computed from withheld figures is withheld, and nobody's mistake."""
    if status == "not_computable" and is_suppressed:
        return NOT_PUBLISHED
    return STATUSES[status or "no_target"]


def turn(before: str | None, now: str) -> int:
    """Whether a status became worse (-1) or better (1) than last month's, by the order of what is judged.

    What was not judged last month has turned only where it is missed now.
    """
    if before is None or now not in JUDGED:
        return 0
    if before not in JUDGED:
        return -1 if now == "missed" else 0
    return (JUDGED.index(now) > JUDGED.index(before)) - (JUDGED.index(now) < JUDGED.index(before))


@functools.cache  # a site asks it half a million times
def word(table: str, column: str, code: str | None, lang: str) -> str:
    """A published code as people say it: its word in warehouse/columns.yml, or the code without underscores."""
    if code is None:
        return ""
    if lang == "en":
        return WORDS_EN.get((column, code), code.replace("_", " "))
    described = load().tables[table].column(column)
    return code if described is None else described.values.get(code, code)


def percent(ratio: Decimal | None, decimals: int = 1) -> str:
    """A ratio as a percentage, rounded half away from zero: 0.6665 is 66.7%; — when unknown."""
    return UNKNOWN if ratio is None else f"{rounded(Decimal(ratio) * 100, decimals)}%"


def pace_text(ratio: Decimal | None, decimals: int = 1) -> str:
    """The pace as a percentage; one that falls short never reads as 100 %, however little it lacks."""
    if ratio is None:
        return UNKNOWN
    while ratio < 1 <= Decimal(rounded(ratio * 100, decimals).replace(",", "")) / 100 and decimals < MOST_DECIMALS:
        decimals += 1
    return minus(percent(ratio, decimals))


def amount(value: Decimal | None, kind: str, measure: str | None, decimals: int | None, lang: str) -> str:
    """A difference with its unit of measure, of a ratio, growth or milestone in percentage points; for terminals."""
    if value is None:
        return UNKNOWN
    if kind in IN_POINTS:
        return f"{rounded(Decimal(value) * 100, 1)}{' pp' if lang == 'en' else ' 个百分点'}"
    return f"{rounded(Decimal(value), decimals or 0)} {measure or ''}".rstrip()


@functools.lru_cache(maxsize=1 << 16)
def figure(value: Decimal | None, kind: str, decimals: int | None, *, withheld: str | None = None) -> str:
    """A value without its unit, as a cell of a table has it: 1,234; of a ratio, growth or milestone 96.5%.

    `withheld` is the word that stands for a figure that is not given; growth carries its sign.
    """
    if value is None:
        return withheld or UNKNOWN
    if kind == "growth":
        return f"{signed(Decimal(value) * 100, 1)}%"
    if kind in IN_POINTS:
        return minus(percent(value))
    return minus(rounded(Decimal(value), decimals or 0))


def withheld_text(published: str | None, lang: str) -> str | None:
    """What stands for a figure of which only this text is published; None where there is nothing to withhold."""
    return None if published is None else withheld_word(lang)


def withheld_word(lang: str) -> str:
    """What stands for a figure that is not given; it is there, and may not be published."""
    return "withheld" if lang == "en" else "不公开"


def value_text(value: Decimal | None, kind: str, unit: str | None, decimals: int | None, lang: str) -> str:
    """A value with its unit: 71 户次, 96.5%; in English without the counting words."""
    shown = figure(value, kind, decimals)
    return shown if shown == UNKNOWN or kind in IN_POINTS else f"{shown} {unit_text(unit, lang)}".rstrip()


def gap_text(value: Decimal | None, kind: str, unit: str | None, decimals: int | None, lang: str) -> str:
    """A difference with sign and unit: −9 家, +3.5 个百分点; exactly nothing has no sign."""
    if value is None:
        return UNKNOWN
    if kind in IN_POINTS:
        return f"{signed(Decimal(value) * 100, 1)} {'pp' if lang == 'en' else '个百分点'}"
    return f"{signed(Decimal(value), decimals or 0)} {unit_text(unit, lang)}".rstrip()


def unit_text(unit: str | None, lang: str) -> str:
    """The unit of measure; in English money and points by name, and counting words left out."""
    if unit is None:
        return ""
    if lang != "en":
        return unit
    return UNITS_EN.get(unit, "" if unit in COUNTERS else unit)


UNIT_AFTER_FIGURE = re.compile(
    r"(?<=\d)\s*(" + "|".join(sorted({*UNITS_EN, *COUNTERS}, key=len, reverse=True)) + r")(?![\u4e00-\u9fff])"
)


def english_figures(text: str) -> str:
    """A text of figures with their units as English has them: 12件 is 12, 725 元 is 725 yuan."""
    words = UNIT_AFTER_FIGURE.sub(lambda unit: f" {unit_text(unit[1], 'en')}".rstrip(), text)
    return words.replace("（", " (").replace("）", ")")


def signed(value: Decimal, decimals: int) -> str:
    """A rounded number that shows its sign; what rounds to nothing shows none."""
    shown = rounded(value, decimals)
    return minus(shown) if value <= 0 or not any(digit in shown for digit in "123456789") else f"+{shown}"


@functools.lru_cache(maxsize=1 << 16)
def places(value: Decimal, kind: str | None, own: int | None) -> int:
    """The indicator's decimals; one more for a small count that is no whole number (5.25 due by now), none for much."""
    if abs(value) >= MUCH:
        return 0
    digits = own or 0
    is_whole = value == value.quantize(Decimal(1).scaleb(-digits))
    return digits if is_whole or abs(value) >= FEW or kind in IN_POINTS else digits + 1


def needed_amount(value: Decimal, kind: str | None, own: int | None) -> Decimal:
    """What each month has to bring, as it is shown everywhere: away from zero, or it would not suffice."""
    return value.quantize(Decimal(1).scaleb(-places(value, kind, own)), ROUND_UP)


def rounded(value: Decimal, decimals: int) -> str:
    """Half away from zero, with thousands separators; never −0."""
    shown = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"
    return shown if any(digit in shown for digit in "123456789") else shown.lstrip("-")


def minus(text: str) -> str:
    """A number with a true minus sign."""
    return f"{MINUS}{text[1:]}" if text.startswith("-") else text


def month_text(month: date | None, lang: str) -> str:
    """2024年9月, Sep 2024."""
    if month is None:
        return UNKNOWN
    return f"{MONTHS_EN[month.month - 1]} {month.year}" if lang == "en" else f"{month.year}年{month.month}月"


def month_name(month: date, lang: str) -> str:
    """The month without its year: 9月, Sep."""
    return MONTHS_EN[month.month - 1] if lang == "en" else f"{month.month}月"


def day_text(day: date | None, lang: str) -> str:
    """2024年10月8日, 8 Oct 2024."""
    if day is None:
        return UNKNOWN
    if lang == "en":
        return f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def moment_text(moment: datetime | None, lang: str) -> str:
    """A moment in office time, to the minute."""
    if moment is None:
        return UNKNOWN
    here = moment.astimezone(OFFICE_TIMEZONE)
    return f"{day_text(here.date(), lang)}{', ' if lang == 'en' else ' '}{here:%H:%M}"


def rank_text(rank: int | None, peers_count: int | None, lang: str) -> str:
    """第 3 名（共 13）, 3 of 13; — without a rank."""
    if rank is None:
        return UNKNOWN
    if peers_count is None:
        return str(rank) if lang == "en" else f"第 {rank} 名"
    return f"{rank} of {peers_count}" if lang == "en" else f"第 {rank} 名（共 {peers_count}）"


def rank_change(change: int | None) -> str:
    """↑2 is two places better than last month, = the same."""
    if change is None:
        return UNKNOWN
    return "=" if change == 0 else f"{'↑' if change > 0 else '↓'}{abs(change)}"


def place_range(best_rank: int | None, worst_rank: int | None) -> str:
    """Between which places a rank can still move: 2–5; one number when it cannot, — when there is no rank."""
    if best_rank is None or worst_rank is None:
        return UNKNOWN
    return str(best_rank) if best_rank == worst_rank else f"{best_rank}–{worst_rank}"


def rank_remark(unranked_reason: str | None, cause: str | None, lang: str) -> str:
    """Why a unit has no rank, or why its rank is another one than last month's."""
    return word("ranking", "unranked_reason", unranked_reason, lang) or word("ranking", "change_cause", cause, lang)


def sample_mark(lang: str) -> str:
    """The word beside whatever was invented for the demonstration."""
    return "sample" if lang == "en" else "示例"
