"""What an operator decides about reports: to take one back, and to put a telephoned value in a cell's place.

Read from the reference folder and from what was received up to the last published night; the private database stays
closed. The decision itself is a line of decisions/ (jindu/decisions.py) and counts from the next night on.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import starmap
from pathlib import Path
from typing import Any

import duckdb

from jindu.catalogue import load, store
from jindu.decisions import NOT_APPLICABLE, read_journals
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build_one, needed
from jindu.workbooks.numbers import parse, parse_day, parse_month
from jindu.workbooks.words import vocabulary, words_of

ASKED = ("core.expected_cell",)
LONGEST_DECIMALS = 6  # of a value, as raw and core keep it
LARGEST = Decimal(10) ** 12  # a figure of this size is a slip of the keyboard (sql/macros.sql, impossible_size)
SHORT_ID = 8  # hex digits of a submission's id, as a receipt's name carries them
NEAR_NAMES = 3
MEASURES = {  # as a decision names them: in Chinese, in English
    "month_value": ("本月数", "the month"),
    "ytd_value": ("本年累计", "the year to date"),
    "prior_ytd_value": ("上年同期累计", "last year to date"),
    "finished_on": ("完成日期", "the day it was finished"),
}
Row = dict[str, Any]

RECEIVED = """
select submission_id, form_code, sender_code, report_month, version, file_name, received_at, state, is_counted
from history.core.submission
order by received_at, submission_id
"""
PUBLISHED_AFTER = """
select as_of_at
from (
    select as_of_at from history.raw.run where state = 'completed'
    union
    select as_of_at from history.history  -- the last one, which was at work when this was sealed
) as night
where as_of_at >= ?
order by as_of_at
"""
SAYS_NOTHING = """
select 1
from (select plain_phrases(list(phrase)) as phrases from reference.unexplained)
where not is_explanation($reason, null, null, phrases)
"""
KNOWN = """
select unit_month.report_month, unit_month.month_value, unit_month.ytd_value
from history.core.unit_month as unit_month
where org_unit_code = $unit and indicator_code = $indicator and year(report_month) = year(cast($month as date))
"""


@dataclass(frozen=True)
class Received:
    """A submission as the last published night knew it."""

    submission_id: str
    form_code: str | None
    sender_code: str | None
    report_month: date | None
    version: int | None
    file_name: str
    received_at: datetime
    state: str
    is_counted: bool
    unit_names: tuple[str, str] | None = None  # its sender's in Chinese and English
    form_names: tuple[str, str] | None = None  # its form's


@dataclass(frozen=True)
class Doubt:
    """Something to look at again, in both languages; it stops nothing."""

    zh: str
    en: str


@dataclass(frozen=True)
class Subject:
    """Whose figure of which month: the rows of org_unit.csv and indicator.csv."""

    unit: Row
    indicator: Row
    month: date


class SubmissionDesk:
    """What was asked and what was received, in a database in memory; nothing outlives it.

    Raises CatalogueError for a reference folder with faults.
    """

    def __init__(self, home: Home, reference: Path, moment: datetime) -> None:
        self._home = home
        self._moment = moment
        catalogue = load(reference)
        self._tables = {
            name: list(catalogue.tables[name].iter_rows(named=True))
            for name in ("org_unit", "indicator", "form", "unit", "english")
        }
        self._words = words_of(
            vocabulary(
                catalogue.tables["heading"].select("heading", "field").iter_rows(),
                catalogue.tables["wording"].select("word", "meaning").iter_rows(),
                [row["unit"] for row in self._tables["unit"]],
                [row["unit"] for row in self._tables["indicator"]],
            )
        )
        self._connection = duckdb.connect()
        prepare(self._connection)
        store(self._connection, catalogue)
        self.has_history = self._attach_history()

    def __enter__(self) -> "SubmissionDesk":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def nights_after(self, moment: datetime) -> list[datetime]:
        """The published nights, oldest first, that a decision of this moment would have been known to."""
        if not self.has_history:
            return []
        rows = self._connection.execute(PUBLISHED_AFTER, [moment]).fetchall()
        return [night for (night,) in rows]

    def refuse_empty(self, reason: str) -> None:
        """Raise JinduError for a reason that would explain nothing in a sender's note either (unexplained.csv)."""
        if self._connection.execute(SAYS_NOTHING, {"reason": reason}).fetchall():
            raise JinduError(
                f"理由“{reason}”等于没有说明：请写清楚为什么，例如“电话核对，上报时少算 3 户”。",
                f"The reason {reason!r} explains nothing: say why, such as 'checked by telephone, 3 left out'.",
            )

    def says_not_applicable(self, text: str) -> bool:
        """Whether a value is told as one that does not exist here: 不适用, — or /."""
        return self._words.says_not_applicable(text)

    # ------------------------------------------------------------------------------------------------- to withdraw
    def submission(self, beginning: str) -> Received:
        """The submission whose id begins so.

        Raises JinduError when none does, or several do.
        """
        found = [one for one in self._received() if one.submission_id.startswith(beginning.lower())]
        if len(beginning) < SHORT_ID or len(found) != 1:
            raise JinduError(
                f"没有编号以“{beginning}”开头的报送（要写回执文件名末尾的 {SHORT_ID} 位，或完整的编号），"
                "刚放进收件箱的要等下一夜收下。",
                f"No single submission has an id that begins with {beginning!r}: give the {SHORT_ID} digits at the end "
                "of the receipt's name, or the whole id. What has just come is received by the next night.",
            )
        return found[0]

    def versions(self, unit: str, form: str, month: str) -> list[Received]:
        """Every version of a unit's form of a month that still stands or was refused, the newest first.

        Raises JinduError for a name that nobody knows and where nothing was received.
        """
        unit_row = self._unit(unit)
        form_row = called(self._tables["form"], form, ("code", "name_zh", "name_en"), "form")
        report_month = _month(month)
        taken = self._withdrawn()
        found = [
            one
            for one in reversed(self._received())
            if (one.sender_code, one.form_code, one.report_month) == (unit_row["code"], form_row["code"], report_month)
            and one.version is not None
            and one.submission_id not in taken
        ]
        if not found:
            raise JinduError(
                f"{unit_row['name']} {report_month:%Y-%m} 的{form_row['name_zh']}没有可撤回的报送。",
                f"Nothing of {unit_row['name']}'s {form_row['code']} for {report_month:%Y-%m} can be withdrawn.",
            )
        return sorted(found, key=lambda one: one.version or 0, reverse=True)

    def refuse_withdrawal(self, chosen: Sequence[Received]) -> None:
        """Raise JinduError for what was taken back before, and for a moment before it had come."""
        taken = self._withdrawn()
        for one in chosen:
            if one.submission_id in taken or one.state == "withdrawn":
                raise JinduError(
                    f"报送 {one.submission_id} 已经撤回过。",
                    f"The submission {one.submission_id} is withdrawn already.",
                )
            if one.received_at > self._moment:
                raise JinduError(
                    f"报送 {one.submission_id} 到 {one.received_at:%Y-%m-%d %H:%M} 才收到，撤回的时间不能更早。",
                    f"The submission {one.submission_id} came at {one.received_at:%Y-%m-%d %H:%M}: "
                    "it cannot be withdrawn before.",
                )

    def usable_after(self, chosen: Sequence[Received], versions: Sequence[Received]) -> Received | None:
        """The version that counts once these are withdrawn; None when none is left."""
        gone = {one.submission_id for one in chosen}
        left = [one for one in versions if one.submission_id not in gone and one.state != "rejected"]
        return max(left, key=lambda one: one.version or 0, default=None)

    # -------------------------------------------------------------------------------------------------- to correct
    def subject(self, unit: str, indicator: str, month: str) -> Subject:
        """Whose figure of which month.

        Raises JinduError for a name that nobody knows, and for a figure that nobody is asked for.
        """
        unit_row = self._unit(unit)
        indicator_row = called(self._tables["indicator"], indicator, ("code", "name_zh", "name_en"), "indicator")
        subject = Subject(unit_row, indicator_row, _month(month))
        for model in needed(ASKED):
            build_one(self._connection, self._moment, model)
        asked = self._connection.execute(
            "select 1 from core.expected_cell where form_code = ? and org_unit_code = ? and indicator_code = ?"
            " and report_month = ?",
            [indicator_row["source_form"], unit_row["code"], indicator_row["code"], subject.month],
        ).fetchall()
        if not asked:
            raise self._not_asked(subject)
        self._refuse_bulletin(subject)
        return subject

    def value(self, subject: Subject, text: str) -> Decimal:
        """A value as it is said, in the indicator's own unit: 1,700, １７００, 3000万元, or 95% of a rate.

        Raises JinduError for what is no value, or none that this indicator can have.
        """
        reading, indicator = parse(text, words=self._words), subject.indicator
        if reading.state != "number" or reading.value is None or reading.qualifier:
            raise JinduError(
                f"“{text}”不是确切的数值：请写成 120、1,700 或 0.95。",
                f"{text!r} is no exact value: write 120, 1,700 or 0.95.",
            )
        factor = self._factor(indicator, reading.unit)
        if factor is None:
            raise JinduError(
                f"“{text}”的单位不合这个指标，它以{indicator['unit']}计。",
                f"{text!r} is in no unit of this indicator, which is counted in {indicator['unit']}.",
            )
        exact = Fraction(reading.value) * factor
        value = Decimal(exact.numerator) / Decimal(exact.denominator)
        decimals = indicator["decimals"] if indicator["decimals"] is not None else LONGEST_DECIMALS
        if value != exact or value != round(value, decimals) or abs(value) >= LARGEST:
            raise JinduError(
                f"“{text}”写不下：这个指标最多 {decimals} 位小数，绝对值小于 1 万亿。",
                f"{text!r} does not fit: this indicator has {decimals} decimals at most and is below 10^12.",
            )
        lowest, highest = indicator["minimum"], indicator["maximum"]
        if (lowest is not None and value < lowest) or (highest is not None and value > highest):
            raise JinduError(
                f"“{text}”超出这个指标的范围（{_shown(lowest)} 至 {_shown(highest)}）。",
                f"{text!r} is outside what this indicator can be ({_shown(lowest)} to {_shown(highest)}).",
            )
        return value

    def day(self, text: str) -> date:
        """A day of completion as it is said. Raises JinduError for what is none."""
        reading = parse_day(text, self._words)
        if reading.state != "date" or reading.day is None:
            raise JinduError(f"“{text}”不是日期，请写成 2024-09-30。", f"{text!r} is no day; write it as 2024-09-30.")
        return reading.day

    def known(self, subject: Subject) -> Mapping[date, tuple[Decimal | None, Decimal | None]]:
        """By month of the year, the month's value and the year to date that the last published night knew."""
        if not self.has_history:
            return {}
        found = self._connection.execute(
            KNOWN,
            {"unit": subject.unit["code"], "indicator": subject.indicator["code"], "month": subject.month.isoformat()},
        ).fetchall()
        return {month: (month_value, ytd_value) for month, month_value, ytd_value in found}

    def doubts(self, subject: Subject, told: Mapping[str, Decimal | date]) -> list[Doubt]:
        """What does not go together with the months around it; a correction is counted all the same."""
        if subject.indicator["kind"] != "flow":
            return []
        known = self.known(subject)
        before = known.get(_month_before(subject.month), (None, Decimal(0) if subject.month.month == 1 else None))[1]
        month, ytd = told.get("month_value"), told.get("ytd_value")
        found = []
        if isinstance(month, Decimal) and ytd is None and known.get(subject.month, (None, None))[1] is not None:
            found.append(
                Doubt(
                    "只更正了本月数：报表里若写有本年累计，累计仍以报表为准；要一并更正，请再加 --ytd-value。",
                    "Only the month is corrected: a cumulative that the form gives still counts; "
                    "to correct it too, add --ytd-value.",
                )
            )
        if isinstance(ytd, Decimal) and before is not None and ytd < before:
            found.append(
                Doubt(
                    f"本年累计 {_shown(ytd)} 少于上月的 {_shown(before)}。",
                    f"The year to date {_shown(ytd)} is less than last month's {_shown(before)}.",
                )
            )
        elif isinstance(ytd, Decimal) and isinstance(month, Decimal) and before is not None and before + month != ytd:
            found.append(
                Doubt(
                    f"上月累计 {_shown(before)} 加本月 {_shown(month)} 不等于本年累计 {_shown(ytd)}，以累计为准。",
                    f"Last month's {_shown(before)} and the month's {_shown(month)} do not make {_shown(ytd)}: "
                    "the cumulative counts.",
                )
            )
        return found

    # ------------------------------------------------------------------------------------------------ the machinery
    def _attach_history(self) -> bool:
        if not self._home.history.is_file():
            return False
        quoted = str(self._home.history).replace("'", "''")
        try:
            self._connection.execute(f"attach '{quoted}' as history (read_only)")
        except duckdb.Error as error:
            raise JinduError(
                f"打不开以往报送的记录 {self._home.history}：{error}。请再运行一次 jindu run。",
                f"Cannot open the record of what was sent before, {self._home.history}: {error}. Run jindu run again.",
            ) from error
        return True

    def _received(self) -> list[Received]:
        if not self.has_history:
            raise JinduError(
                f"{self._home.root} 还没有运行过，没有可撤回的报送。请先运行 jindu run。",
                f"No night has been run in {self._home.root}: there is nothing to withdraw. Run jindu run first.",
            )
        rows = self._connection.execute(RECEIVED).fetchall()
        english = {row["name"]: row["name_en"] for row in self._tables["english"]}
        units, forms = (
            {row["code"]: (row[name], english.get(row[name], row[name])) for row in self._tables[table]}
            for table, name in (("org_unit", "name"), ("form", "name_zh"))
        )
        return [
            replace(
                one,
                received_at=one.received_at.astimezone(OFFICE_TIMEZONE),
                unit_names=units.get(one.sender_code),
                form_names=forms.get(one.form_code),
            )
            for one in starmap(Received, rows)
        ]

    def _withdrawn(self) -> set[str]:
        """What was taken back, tonight's decisions included."""
        return {
            one
            for journal in read_journals(self._home)
            for _, decision in journal.decisions
            if decision.kind == "withdrawal"
            for one in decision.payload["submissions"]
        }

    def _unit(self, spoken: str) -> Row:
        return called(self._tables["org_unit"], spoken, ("code", "name", "short_name"), "org_unit")

    def _factor(self, indicator: Row, unit: str | None) -> Fraction | None:
        """What a number in this unit is multiplied by to be in the indicator's own; None where it is no such."""
        own = indicator["unit"]
        is_share = own == "%" or indicator["kind"] in ("ratio", "growth")
        if unit is None or unit == own or (unit == "%" and is_share):
            return Fraction(1)
        units = {row["unit"]: row for row in self._tables["unit"]}
        if unit not in units or own not in units or units[unit]["family"] != units[own]["family"]:
            return None
        return Fraction(units[unit]["factor"]) / Fraction(units[own]["factor"])

    def _refuse_bulletin(self, subject: Subject) -> None:
        """The district bulletin's figures come from it alone and are never edited (domain.md, Indicators)."""
        form = next(form for form in self._tables["form"] if form["code"] == subject.indicator["source_form"])
        if form["level"] == "district":
            raise JinduError(
                f"“{subject.indicator['name_zh']}”只以{form['name_zh']}为准，不能更正。"
                "通报有误的，请把区里更正后的通报作为新版放进收件箱，下一夜起计入。",
                f"{subject.indicator['code']} comes from {form['code']} alone and is never edited. Where the bulletin "
                "is wrong, put the corrected one into the inbox as a new version: it counts from the next night on.",
            )

    def _not_asked(self, subject: Subject) -> JinduError:
        name, unit = subject.indicator["name_zh"], subject.unit["name"]
        parts = [subject.indicator[column] for column in ("numerator_code", "denominator_code")]
        hint_zh = (
            f"它由 {'、'.join(filter(None, parts))} 算出，请更正它们。" if any(parts) else "请核对单位、指标和月份。"
        )
        hint_en = (
            f"It is made of {', '.join(filter(None, parts))}: correct those."
            if any(parts)
            else "Check unit, indicator and month."
        )
        return JinduError(
            f"{unit} {subject.month:%Y-%m} 没有填报“{name}”的任务（月份未完、当月不报，或由别的数算出）。{hint_zh}",
            f"{unit} is not asked for {subject.indicator['code']} for {subject.month:%Y-%m}. {hint_en}",
        )


def payload_of(subject: Subject, told: Mapping[str, Decimal | date]) -> dict[str, Any]:
    """A correction as its decision says it: texts, in the indicator's own unit; nothing told is 不适用."""
    values: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else f"{value.normalize():f}" for name, value in told.items()
    }
    return {
        "org_unit_code": subject.unit["code"],
        "indicator_code": subject.indicator["code"],
        "report_month": subject.month.isoformat(),
        **(values or {NOT_APPLICABLE: True}),
    }


def _month(text: str) -> date:
    month = parse_month(text)
    if month is None:
        raise JinduError(f"“{text}”不是月份，请写成 2024-09。", f"{text!r} is no month; write it as 2024-09.")
    return month


def _month_before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month + 10) % 12 + 1, 1)


def _shown(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():f}"


def called(rows: Iterable[Row], spoken: str, columns: Sequence[str], table: str) -> Row:
    """The row of this code or name. Raises JinduError with the names that are near."""
    plain: Callable[[str], str] = lambda name: "".join(name.split()).lower()  # noqa: E731
    called = {plain(row[name]): row for row in reversed(list(rows)) for name in columns if row.get(name)}
    wanted = plain(spoken)
    if wanted in called:
        return called[wanted]
    near = difflib.get_close_matches(wanted, called, NEAR_NAMES, cutoff=0.4)
    names = "、".join(f"{called[name][columns[1]]}（{called[name]['code']}）" for name in near)
    raise JinduError(
        f"{table}.csv 里没有“{spoken}”" + (f"；是不是：{names}？" if names else "。") + "请写代码或全名。",
        f"{table}.csv has no {spoken!r}"
        + (f"; did you mean {names}?" if names else ".")
        + " Give a code or a whole name.",
    )
