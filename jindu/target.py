"""Targets as they stand and as they would after a decision: the models of the night, on the catalogue and the journals.

What is shown here is what the next night computes; the private database is not opened.
"""

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from jindu.catalogue import load, store
from jindu.decisions import journal_rows, read_journals, store_decisions, target_row
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.warehouse.connection import prepare
from jindu.warehouse.history import TABLES as HISTORY_TABLES
from jindu.warehouse.models import build, needed
from jindu.workbooks.numbers import plain_text

WANTED = ("core.target_month",)
FOLLOWING = ("core.decided_target", "core.plan_target", "core.target_month")  # what a decision changes of them
LAST_YEAR = "core.unit_month"  # the shape of last year, which a seasonal target follows
NEAR = 3
KEYS = ("equal", "households", "population", "explicit")
COPIED = ("ratio", "growth", "milestone")
SLIP = 1000  # as many times the target in force is a wrong unit, or a digit too many

Row = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """Whose target, of what, for which year."""

    plan_year: int
    unit: Row  # of org_unit.csv
    indicator: Row  # of indicator.csv


@dataclass(frozen=True)
class MonthDue:
    """What falls to a month and what is due by it, in the indicator's unit; with a baseline, the level due."""

    version: int
    amount: Fraction
    due: Fraction
    is_inherited: bool
    is_whole: bool  # compared with the target of the year, not with a part of it
    is_level: bool  # counted from a baseline


@dataclass(frozen=True)
class Part:
    """What a unit below has of a target, in the version that speaks last."""

    unit: Row
    version: int
    value: Decimal
    first_month: date


@dataclass(frozen=True)
class Standing:
    """A target as it stands: its versions in the order in which they take effect, its months and its parts."""

    subject: Subject
    versions: tuple[Row, ...]  # rows of core.plan_target, with target_months' phasing_used and the decision
    months: dict[date, MonthDue]
    parts: tuple[Part, ...]
    units: dict[str, Row]  # by code

    @property
    def current(self) -> Row:
        """The version that speaks last."""
        return self.versions[-1]

    def version_in(self, month: date) -> Row:
        """The version in force in a month; before any of them, the first."""
        begun = [version for version in self.versions if _begins(version) <= month]
        return begun[-1] if begun else self.versions[0]

    def versions_after(self, month: date) -> list[Row]:
        """The versions that speak from a later month on."""
        return [version for version in _in_force(self.versions) if _begins(version) > month]

    @property
    def is_sample(self) -> bool:
        """Whether any of it is invented for a demonstration."""
        return any(version["is_sample"] for version in self.versions)


class TargetDesk:
    """Everything that decides about one indicator's targets, in a database in memory; nothing outlives it."""

    def __init__(self, home: Home, reference: Path, as_of: datetime) -> None:
        self._home = home
        self._as_of = as_of
        catalogue = load(reference)
        self._tables = {name: list(frame.iter_rows(named=True)) for name, frame in catalogue.tables.items()}
        self._units = {row["code"]: row for row in self._tables["org_unit"]}
        self._connection = duckdb.connect()
        prepare(self._connection)
        store(self._connection, catalogue)
        self._decided = [row for journal in read_journals(home) for row in journal_rows(journal)]
        self._is_built = False

    def __enter__(self) -> "TargetDesk":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    # ------------------------------------------------------------------------------------------------ what is meant
    def subject(self, unit: str, indicator: str, year: int | None) -> Subject:
        """The target meant; without a year the one under way, else the newest there is.

        Raises JinduError for a unit or indicator that nobody knows, with the names that are near.
        """
        unit_row = _named(self._tables["org_unit"], unit, ("code", "name", "short_name"), "org_unit")
        indicator_row = _named(self._tables["indicator"], indicator, ("code", "name_zh", "name_en"), "indicator")
        if year is None:
            years = sorted(
                {row["plan_year"] for row in self._tables["target"] if row["indicator_code"] == indicator_row["code"]}
            )
            year = next((one for one in reversed(years) if one <= self._as_of.year), years[-1] if years else None)
        return Subject(year or self._as_of.year, unit_row, indicator_row)

    def unit(self, code: str) -> Row:
        """A unit by code or name. Raises JinduError as subject does."""
        return _named(self._tables["org_unit"], code, ("code", "name", "short_name"), "org_unit")

    # ---------------------------------------------------------------------------------------------- what there is
    def standing(self, subject: Subject, proposed: Sequence[Row] = ()) -> Standing:
        """The target as it stands, or as it would with these rows of target.csv decided as well.

        Raises JinduError when the unit has no target of the indicator.
        """
        self._build(subject, proposed)
        versions = self._rows(
            """
            select
                plan_target.*,
                used.phasing_used,
                decided.decision_id,
                decided.unfit_code,
            from core.plan_target as plan_target
            left join (
                select plan_year, org_unit_code, indicator_code, target_version, any_value(phasing_used) as phasing_used
                from core.target_month
                group by all
            ) as used using (plan_year, org_unit_code, indicator_code, target_version)
            left join core.decided_target as decided
                on
                    plan_target.plan_year = decided.plan_year
                    and coalesce(plan_target.split_from_code, plan_target.org_unit_code) = decided.org_unit_code
                    and plan_target.indicator_code = decided.indicator_code
                    and plan_target.target_version = decided.version
                    and decided.unfit_code is null
            where
                plan_target.plan_year = $year
                and plan_target.org_unit_code = $unit
                and plan_target.indicator_code = $indicator
            order by plan_target.effective_month nulls first, plan_target.target_version
            """,
            subject,
        )
        months = {
            row["report_month"]: MonthDue(
                row["target_version"],
                Fraction(row["amount_numerator"], row["amount_denominator"] * 1_000_000),
                Fraction(row["due_numerator"], row["amount_denominator"] * 1_000_000)
                + Fraction(row["baseline_value"] or 0),
                row["is_inherited"],
                row["phasing_used"] == "none",
                bool(row["baseline_value"]),
            )
            for row in self._rows(
                """
                select * from core.target_month
                where plan_year = $year and org_unit_code = $unit and indicator_code = $indicator
                order by report_month
                """,
                subject,
            )
        }
        if not versions and not months:
            raise self._no_target(subject)
        return Standing(subject, tuple(versions), months, self._parts(subject), self._units)

    def next_version(self, subject: Subject, units: Iterable[str] = ()) -> int:
        """The number of a new version: higher than any of the target's, and of these units' as well."""
        named = {subject.unit["code"], *units}
        rows = self._connection.execute(
            """
            select coalesce(max(version), 0) + 1 from (
                select org_unit_code, plan_year, indicator_code, coalesce(version, 1) as version from reference.target
                union all
                select org_unit_code, plan_year, indicator_code, version from core.decided_target
            )
            where plan_year = ? and indicator_code = ? and list_contains(?, org_unit_code)
            """,
            [subject.plan_year, subject.indicator["code"], sorted(named)],
        ).fetchone()
        assert rows is not None
        return int(rows[0])

    def reporting_units(self, subject: Subject) -> list[Row]:
        """The units below whose values add up to the subject's."""
        indicator = subject.indicator
        derived = indicator["kind"] == "growth" or (indicator["kind"] == "ratio" and indicator["numerator_code"])
        code = indicator["numerator_code"] if derived else indicator["code"]
        found = self._connection.execute(
            "select reporting_unit_code from core.reporting_line where indicator_code = ? and org_unit_code = ?"
            " and reporting_unit_code != org_unit_code order by all",
            [code, subject.unit["code"]],
        ).fetchall()
        return [self._units[code] for (code,) in found]

    def children(self, subject: Subject) -> list[Row]:
        """The units right below to whom a list can name a part: those that report, or add up those that do."""
        reporting = {unit["code"] for unit in self.reporting_units(subject)}
        above = {self._units[code]["parent_code"] for code in reporting}
        return [
            unit
            for unit in self._units.values()
            if unit["parent_code"] == subject.unit["code"] and unit["code"] in reporting | above
        ]

    def factor(self, subject: Subject, measure: str) -> Fraction | None:
        """What a number in this measure is multiplied by to be in the indicator's unit; None where it is no such."""
        measures = {row["unit"]: row for row in self._tables["unit"]}
        given, own = measures.get(measure), measures.get(subject.indicator["unit"])
        if measure == subject.indicator["unit"]:
            return Fraction(1)
        if given is None or own is None or given["family"] != own["family"]:
            return None
        return Fraction(given["factor"]) / Fraction(own["factor"])

    def done(self, subject: Subject) -> Decimal | None:
        """What analysts see as done in the plan year so far; None before anything was published, or withheld."""
        if not self._home.published.exists():
            return None
        with duckdb.connect(self._home.published, read_only=True) as published:
            found = published.execute(
                "select ytd_value from mart.completion where org_unit_code = ? and indicator_code = ?"
                " and year(report_month) = ? and ytd_value is not null order by report_month desc limit 1",
                [subject.unit["code"], subject.indicator["code"], subject.plan_year],
            ).fetchone()
        return found[0] if found else None

    def is_guided(self, subject: Subject) -> bool:
        """Whether phasing.csv has the months that a target phased by guidance needs."""
        return any(
            (row["plan_year"], row["org_unit_code"], row["indicator_code"])
            == (subject.plan_year, subject.unit["code"], subject.indicator["code"])
            for row in self._tables["phasing"]
        )

    def unfit(self) -> list[tuple[str, str]]:
        """The decisions that do not count any more, with why."""
        found: list[tuple[str, str]] = self._connection.execute(
            "select distinct decision_id, unfit_code from core.decided_target where unfit_code is not null order by all"
        ).fetchall()
        return found

    def unpublished(self, standing: Standing) -> set[int]:
        """The versions that what analysts open does not hold yet."""
        versions = {row["target_version"] for row in standing.versions}
        if not self._home.published.exists():
            return versions
        subject = standing.subject
        with duckdb.connect(self._home.published, read_only=True) as published:
            found = published.execute(
                "select target_version from mart.target"
                " where plan_year = ? and org_unit_code = ? and indicator_code = ?",
                [subject.plan_year, subject.unit["code"], subject.indicator["code"]],
            ).fetchall()
        return versions - {version for (version,) in found}

    # ------------------------------------------------------------------------------------------------ the machinery
    def _build(self, subject: Subject, proposed: Sequence[Row]) -> None:
        connection = self._connection
        decided = list(self._decided)
        if proposed:
            decided.append(_proposal(proposed, self._as_of))
        if not self._is_built:
            wanted = [subject.indicator["code"]]
            connection.execute("delete from reference.target where not list_contains(?, indicator_code)", [wanted])
        store_decisions(connection, decided)
        if self._is_built:
            build(connection, self._as_of, FOLLOWING)
            return
        names = [model.name for model in needed(WANTED)]
        build(connection, self._as_of, names[: names.index(LAST_YEAR) + 1])
        self._recall_last_year()
        build(connection, self._as_of, names[names.index(LAST_YEAR) + 1 :])
        self._is_built = True

    def _recall_last_year(self) -> None:
        """What was reported up to the last publish, where there is such a record."""
        if LAST_YEAR not in HISTORY_TABLES or not self._home.history.is_file():
            return
        path = str(self._home.history).replace("'", "''")
        self._connection.execute(f"attach '{path}' as history (read_only)")
        sealed = self._columns(f"history.{LAST_YEAR}")
        shared = ", ".join(f'"{column}"' for column in self._columns(LAST_YEAR) if column in sealed)
        self._connection.execute(f"delete from {LAST_YEAR}")
        self._connection.execute(f"insert into {LAST_YEAR} by name select {shared} from history.{LAST_YEAR}")
        self._connection.execute("detach history")

    def _columns(self, table: str) -> list[str]:
        """Its columns: a record that an older version sealed may lack one."""
        return [row[0] for row in self._connection.execute(f"describe {table}").fetchall()]

    def _parts(self, subject: Subject) -> tuple[Part, ...]:
        """What the units below have, each in the version that speaks last: computed ones, and those of a list."""
        rows = self._rows(
            """
            select part.*
            from core.plan_target as part
            inner join reference.org_unit as org_unit on part.org_unit_code = org_unit.code
            where
                part.plan_year = $year
                and part.indicator_code = $indicator
                and (
                    part.split_from_code = $unit
                    or (org_unit.parent_code = $unit and part.split_from_code is null and exists (
                        select 1 from core.plan_target as whole
                        where
                            whole.plan_year = $year
                            and whole.indicator_code = $indicator
                            and whole.org_unit_code = $unit
                            and whole.split_key = 'explicit'
                    ))
                )
            qualify row_number() over (
                partition by part.org_unit_code order by part.effective_month desc nulls last, part.target_version desc
            ) = 1
            order by part.org_unit_code
            """,
            subject,
        )
        return tuple(
            Part(self._units[row["org_unit_code"]], row["target_version"], row["target_value"], row["first_month"])
            for row in rows
        )

    def _rows(self, query: str, subject: Subject) -> list[Row]:
        told = self._connection.execute(
            query,
            {"year": subject.plan_year, "unit": subject.unit["code"], "indicator": subject.indicator["code"]},
        )
        names = [column[0] for column in told.description]
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]

    def _no_target(self, subject: Subject) -> JinduError:
        others = self._connection.execute(
            "select distinct org_unit_code, plan_year from core.plan_target where indicator_code = ? order by all",
            [subject.indicator["code"]],
        ).fetchall()
        unit, indicator, year = subject.unit["name"], subject.indicator["name_zh"], subject.plan_year
        whose = "；".join(f"{self._units[code]['name']} {when}" for code, when in others[:NEAR])
        hint_zh = f"有目标的是：{whose}。" if whose else "请先在 target.csv 中写明。"
        hint_en = f"There is one of: {whose}." if whose else "Enter it in target.csv first."
        return JinduError(
            f"{unit}没有“{indicator}”{year} 年的目标。{hint_zh}",
            f"{unit} has no target of {subject.indicator['code']} for {year}. {hint_en}",
        )


# -------------------------------------------------------------------------------------------------- what is decided
@dataclass(frozen=True)
class Revision:
    """What a revision changes; None is left as it is."""

    effective_month: date
    value: Decimal | None = None
    due_month: date | None = None
    phasing: str | None = None
    is_rekeyed: bool = False
    basis: str | None = None  # the office's own decision, unless it says otherwise
    source_section: str | None = None


def revised(desk: TargetDesk, standing: Standing, revision: Revision) -> list[Row]:
    """The row of target.csv that the revision adds. Raises JinduError where it makes no sense."""
    subject = standing.subject
    _own(standing)
    if revision.value is not None:
        _refuse_negative(subject, revision.value)
    current = standing.version_in(revision.effective_month)
    row = _listed(current, desk.next_version(subject)) | {
        "effective_month": revision.effective_month,
        "value": current["target_value"] if revision.value is None else revision.value,
        "due_month": revision.due_month or current["due_month"],
        "phasing": revision.phasing or current["phasing"],
        "is_rekeyed": revision.is_rekeyed,
        "basis": revision.basis or "office",
        "source_section": revision.source_section,
    }
    _check_version(desk, subject, row)
    same = (row["value"], row["due_month"], row["phasing"]) == (
        current["target_value"],
        current["due_month"],
        current["phasing"],
    )
    if same and not revision.is_rekeyed:
        raise _nothing_to_revise(standing, current, revision.effective_month)
    _refuse_overruled(standing, revision)
    if revision.is_rekeyed and current["split_key"] not in KEYS[:-1]:
        raise JinduError(
            "这个目标没有按口径分解，不能用 --rekey；要分解请用 jindu target split。",
            "This target is not split by a key, so --rekey means nothing; hand it down with jindu target split.",
        )
    return [row]


def _refuse_negative(subject: Subject, value: Decimal) -> None:
    """No target is below what its indicator can ever be."""
    indicator = subject.indicator
    if value >= 0 or indicator["kind"] == "growth" or (indicator["minimum"] or 0) < 0:
        return
    raise JinduError(
        f"没有记下：“{indicator['name_zh']}”不会是负数，目标不能是 {plain_text(value)}。",
        f"Nothing was recorded: {indicator['name_en'] or indicator['name_zh']} is never negative, so its target cannot "
        f"be {plain_text(value)}.",
    )


def _nothing_to_revise(standing: Standing, current: Row, month: date) -> JinduError:
    number, begins = current["target_version"], _begins(current)
    zh = f"第 {number} 版从 {begins:%Y-%m} 起已是这个目标，没有要调整的。"
    en = f"Version {number} says so from {begins:%Y-%m} on: there is nothing to revise."
    if month > begins and current is not standing.versions[0]:
        zh += f"要推迟生效，请先用 --effective {begins:%Y-%m} 改回原来的数，再从 {month:%Y-%m} 起调整。"
        en += f" To let it begin later, first revise back with --effective {begins:%Y-%m}, then from {month:%Y-%m} on."
    return JinduError(zh, en)


def _refuse_overruled(standing: Standing, revision: Revision) -> None:
    """A revision of the past that a later version takes back would do nothing for the year's end."""
    for later in reversed(standing.versions_after(revision.effective_month)):
        changes = (("target_value", revision.value), ("due_month", revision.due_month))
        if all(said is None or later[name] == said for name, said in changes):
            continue
        number, begins = later["target_version"], _begins(later)
        raise JinduError(
            f"没有记下：第 {number} 版从 {begins:%Y-%m} 起生效，年底仍按它算，这次调整改变不了。请用不早于"
            f" {begins:%Y-%m} 的 --effective；要连以前各月一起改，先调整 {begins:%Y-%m} 起的，再逐个往前。",
            f"Nothing was recorded: version {number}, effective {begins:%Y-%m}, speaks from then on and the year would"
            f" end as it says. Use an effective month not before {begins:%Y-%m}; to change the months before as well,"
            f" revise from {begins:%Y-%m} first, then each earlier one.",
        )


def refuse_idle(before: Standing, after: Standing, rows: Sequence[Row]) -> None:
    """A decision for the past after which every year ends as before, because later versions speak, is refused.

    Raises JinduError that names the version that does.
    """
    later = before.versions_after(rows[0]["effective_month"] or rows[0]["first_month"])
    if not later or _outcome(before) != _outcome(after):
        return
    number, begins = later[-1]["target_version"], _begins(later[-1])
    raise JinduError(
        f"没有记下：年底各单位的数不会变。第 {number} 版从 {begins:%Y-%m} 起生效，以它为准；"
        f"请用不早于 {begins:%Y-%m} 的 --effective。",
        f"Nothing was recorded: nobody's year would end otherwise. Version {number}, effective {begins:%Y-%m}, speaks "
        f"from then on; use an effective month not before {begins:%Y-%m}.",
    )


def _outcome(standing: Standing) -> tuple[list[Fraction], dict[str, Decimal]]:
    """What is due by each month, and what each unit below has in the end."""
    return [due.due for due in standing.months.values()], {part.unit["code"]: part.value for part in standing.parts}


def _begins(version: Row) -> date:
    """The month from which a version speaks."""
    month: date = version["effective_month"] or version["first_month"]
    return month


@dataclass(frozen=True)
class Doubt:
    """Why a new value looks like a slip."""

    zh: str
    en: str


def doubts(desk: TargetDesk, before: Standing, row: Row, *, is_percent: bool) -> list[Doubt]:
    """What looks like a slip of a new value; it may still be meant."""
    subject, value = before.subject, row["value"]
    indicator, current = subject.indicator, before.version_in(row["effective_month"])
    is_amount = indicator["kind"] in ("flow", "stock")
    found = []
    if indicator["kind"] in ("ratio", "growth") and abs(value) > max(1, indicator["maximum"] or 1) and not is_percent:
        found.append(
            Doubt(
                f"{value:f} 就是 {value * 100:f}%，是不是要写 {value:f}%？",
                f"{value:f} means {value * 100:f}%: was {value:f}% meant?",
            )
        )
    old = current["target_value"]
    times = max(abs(value / old), abs(old / value)) if value and old else Decimal(0)
    if is_amount and times >= SLIP:
        zh, en = ("是现行目标的", "times the target in force") if abs(value) > abs(old) else (
            "比现行目标小，只有它的 1/", "times smaller than the target in force"
        )  # fmt: skip
        shown = f"{round(times):,}"
        found.append(
            Doubt(
                f"{zh}{shown}{' 倍' if abs(value) > abs(old) else ''}：单位对不对（元、万元、亿元）？",
                f"It is {shown} {en}: is the unit right (元, 万元, 亿元)?",
            )
        )
    return found + (_doubts_of_the_past(desk, before, row) if is_amount else [])


def _doubts_of_the_past(desk: TargetDesk, before: Standing, row: Row) -> list[Doubt]:
    """A target that asks for less than what is behind it."""
    subject, value = before.subject, row["value"]
    found = []
    past = [due for month, due in before.months.items() if month < row["effective_month"]]
    if past and not (past[-1].is_whole or past[-1].is_level) and value < past[-1].due:
        due = Decimal(round(past[-1].due * 100)).scaleb(-2)
        found.append(
            Doubt(
                f"比生效前各月已应完成的 {plain_text(due)} 还少，以后各月应完成数会是负数。",
                f"It is less than the {plain_text(due)} due before it begins: the later months get negative amounts.",
            )
        )
    done = desk.done(subject)
    if done is not None and row["target_form"] == "at_least" and value < done:
        found.append(
            Doubt(
                f"比已经完成的 {plain_text(done)} 还少，一生效就算完成。",
                f"It is less than the {plain_text(done)} done already: it is met as soon as it holds.",
            )
        )
    if done is not None and row["target_form"] == "at_most" and value < done:
        found.append(
            Doubt(
                f"上限比已经发生的 {plain_text(done)} 还低，一生效就超出。",
                f"The ceiling is below the {plain_text(done)} reached already: it is broken as soon as it holds.",
            )
        )
    return found


def split(
    desk: TargetDesk, standing: Standing, key: str, parts: dict[str, Decimal], effective_month: date | None
) -> list[Row]:
    """The rows of target.csv that hand the target down. Raises JinduError where it makes no sense.

    A target that has been revised is handed down in every version, so that the parts add up in every month.
    """
    subject = standing.subject
    current = _own(standing)
    later: list[Row] = []
    if effective_month is not None:
        current, later = standing.version_in(effective_month), standing.versions_after(effective_month)
    below = desk.children(subject) if key == "explicit" else desk.reporting_units(subject)
    if not below:
        raise JinduError(
            f"{subject.unit['name']}下面没有单位填报“{subject.indicator['name_zh']}”，不能分解。",
            f"No unit below {subject.unit['name']} reports {subject.indicator['code']}: nothing to split over.",
        )
    if (key == "explicit") != bool(parts):
        raise JinduError(
            "--key explicit 要用 --part 代码=数值 写出每个单位的目标；其他口径不用 --part。",
            "--key explicit takes a --part CODE=VALUE for each unit, the other keys take none.",
        )
    lacking = [unit["name"] for unit in below if key in ("households", "population") and unit[key] is None]
    if lacking:
        word_zh = {"households": "户数", "population": "人口"}[key]
        raise JinduError(
            f"org_unit.csv 里没有 {'、'.join(lacking[:NEAR])} 的{word_zh}，不能按它分解。",
            f"org_unit.csv has no {key} of {', '.join(lacking[:NEAR])} to split by.",
        )
    was_split = any(version["split_key"] for version in standing.versions)
    if was_split and effective_month is None:
        raise JinduError(
            "这个目标已经分解。请用 --effective 写明从哪个月起改按新的口径；只调整数值请用 jindu target revise。",
            "This target has been handed down. Say with --effective from which month on the new key holds; "
            "to change its value use jindu target revise.",
        )
    codes = [desk.unit(code)["code"] for code in parts]
    number = desk.next_version(subject, codes)
    if was_split:
        whole = [_listed(current, number) | {"effective_month": effective_month, "is_rekeyed": key != "explicit"}]
    elif effective_month is not None:  # and whatever speaks later, which would take the parts back
        whole = [_listed(current, number) | {"effective_month": effective_month}]
        whole += [_listed(version, number + place) for place, version in enumerate(later, start=1)]
    elif key == "explicit":
        whole = [_listed(current, number)]
    else:
        whole = [_listed(version, number + place) for place, version in enumerate(_in_force(standing.versions))]
    whole = [row | {"split_key": key} for row in whole]
    _check_version(desk, subject, whole[0])
    if key == "explicit":
        whole += _explicit(desk, standing, whole[0], parts, below)
    return whole


def _explicit(
    desk: TargetDesk, standing: Standing, whole: Row, parts: dict[str, Decimal], below: list[Row]
) -> list[Row]:
    """A row for each unit of the list, which is complete and adds up."""
    subject = standing.subject
    named = {desk.unit(code)["code"]: value for code, value in parts.items()}
    children = {unit["code"]: unit for unit in below}
    strange = [code for code in named if code not in children]
    if strange:
        raise JinduError(
            f"{'、'.join(strange)} 不是{subject.unit['name']}下面有这个指标的单位。",
            f"{', '.join(strange)} is no unit below {subject.unit['name']} that has a part of this.",
        )
    for value in named.values():
        _refuse_negative(subject, value)
    month = whole["effective_month"]
    asked = [unit for unit in below if (unit["valid_from"] or month) <= month <= (unit["valid_to"] or month)]
    lacking = [unit["name"] for unit in asked if unit["code"] not in named]
    if lacking:
        raise JinduError(
            f"还缺 {'、'.join(lacking[:NEAR])}{'等' if len(lacking) > NEAR else ''} {len(lacking)} 个单位的 --part；"
            "没有任务的写 0。",
            f"{len(lacking)} units have no --part yet: {', '.join(lacking[:NEAR])}; write 0 for one without a share.",
        )
    total = sum(named.values(), Decimal(0))
    if subject.indicator["kind"] not in COPIED and total != whole["value"]:
        shown, asked_for = plain_text(total), plain_text(whole["value"])
        between = plain_text(abs(whole["value"] - total))
        raise JinduError(
            f"各单位合计 {shown}，与目标 {asked_for} 不等，{'多' if total > whole['value'] else '少'} {between}。",
            f"The parts add up to {shown}, the target is {asked_for}: "
            f"{between} too {'much' if total > whole['value'] else 'little'}.",
        )
    plain = {"split_key": None, "baseline_value": None, "is_rekeyed": False}
    return [whole | plain | {"org_unit_code": code, "value": value} for code, value in sorted(named.items())]


def _own(standing: Standing) -> Row:
    """The version in force, where it is the unit's own and not a part of somebody's."""
    if not standing.versions:
        raise JinduError(
            "这个目标是撤并时接下来的，本单位没有自己的目标：请在 target.csv 中为它另写一行。",
            "This target was inherited; the unit has none of its own: enter one for it in target.csv.",
        )
    current = standing.current
    if current["split_from_code"]:
        above = standing.units[current["split_from_code"]]["name"]
        raise JinduError(
            f"这个目标由上级（{above}）分解下达，不能单独改：请调整上级的目标，或对上级用"
            " jindu target split --key explicit 逐个写明。",
            f"This target is a part of that of {above} and cannot be changed alone: revise that one, or list the parts "
            "with jindu target split --key explicit.",
        )
    return current


def _in_force(versions: Iterable[Row]) -> list[Row]:
    """Of versions with one effective month, the one that holds."""
    by_month = {version["effective_month"]: version for version in versions}
    return list(by_month.values())


def _listed(version: Row, number: int) -> Row:
    """A version of core.plan_target as the row of target.csv that says the same under another number."""
    names = (
        "plan_year", "org_unit_code", "indicator_code", "target_form", "baseline_value", "first_month", "due_month",
        "phasing", "basis", "split_key", "effective_month", "is_sample", "source_section",
    )  # fmt: skip
    return {name: version[name] for name in names} | {"value": version["target_value"], "version": number}


def _check_version(desk: TargetDesk, subject: Subject, row: Row) -> None:
    """Refuse what a reference folder would be refused for (jindu.catalogue.rules, _target_forms and _target_months)."""
    first, due, effective = row["first_month"], row["due_month"], row["effective_month"]
    if due.year != subject.plan_year or due < first:
        raise JinduError(
            f"完成月份 {due:%Y-%m} 应在 {first:%Y-%m} 至 {subject.plan_year}-12 之间。",
            f"The due month {due:%Y-%m} must lie between {first:%Y-%m} and {subject.plan_year}-12.",
        )
    if effective is not None and not first <= effective <= due:
        raise JinduError(
            f"生效月份 {effective:%Y-%m} 应在 {first:%Y-%m} 至 {due:%Y-%m} 之间。",
            f"The effective month {effective:%Y-%m} must lie between {first:%Y-%m} and {due:%Y-%m}.",
        )
    decimals = subject.indicator["decimals"] or 0
    if subject.indicator["kind"] not in COPIED and row["value"] != round(row["value"], decimals):
        raise JinduError(
            f"“{subject.indicator['name_zh']}”保留 {decimals} 位小数，{row['value']:f} 写不下。",
            f"{subject.indicator['code']} has {decimals} decimals, too few for {row['value']:f}.",
        )
    if row["target_form"] == "by_date" and row["value"] != 1:
        raise JinduError(
            "限期完成的事项目标值总是 1：要改完成时间请用 --due-month。",
            "What is to be finished has the value 1: to move it, use --due-month.",
        )
    baseline = row["baseline_value"]
    if row["target_form"] == "reduce_from_baseline" and baseline is not None and row["value"] > baseline:
        raise JinduError(
            f"从 {baseline.normalize():f} 降下来的目标不能更高。",
            f"A target that is reduced from {baseline.normalize():f} cannot be higher.",
        )
    if row["phasing"] == "guidance" and not desk.is_guided(subject):
        raise JinduError(
            "phasing.csv 里没有这个单位和指标的指导数，不能按指导数分摊。",
            "phasing.csv has no guided months of this unit and indicator.",
        )


def payload(rows: Iterable[Row]) -> dict[str, Any]:
    """What is recorded of a decision about targets."""
    return {"targets": [target_row(row) for row in rows]}


def _proposal(rows: Iterable[Row], as_of: datetime) -> Row:
    """A decision that nobody has taken yet, as a row of raw.decision."""
    return {
        "decision_id": "~",
        "kind": "target",
        "recorded_at": as_of.astimezone(OFFICE_TIMEZONE),
        "entered_at": as_of.astimezone(OFFICE_TIMEZONE),
        "decided_by": "~",
        "reason": "~",
        "payload": json.dumps(payload(rows)),
        "file_name": "~",
        "line": 0,
        "sha256": "~",
    }


def _named(rows: Iterable[Row], text: str, columns: Sequence[str], table: str) -> Row:
    """The one row that goes by this code or name."""
    rows = list(rows)
    plain = text.strip().casefold()
    for column in columns:
        found = [row for row in rows if (row[column] or "").casefold() == plain]
        if len(found) == 1:
            return found[0]
        if found:
            codes = "、".join(row["code"] for row in found)
            raise JinduError(f"“{text}”不止一个：{codes}，请写代码。", f"{text} is the name of {codes}: give the code.")
    names = [row[column] for row in rows for column in columns if row[column]]
    near = difflib.get_close_matches(text, names, NEAR, 0.4) or [name for name in names if plain in name.casefold()]
    zh, en = {"org_unit": ("单位", "unit"), "indicator": ("指标", "indicator")}[table]
    hint = list(dict.fromkeys(near))[:NEAR]
    raise JinduError(
        f"没有“{text}”这个{zh}" + (f"，是不是 {'、'.join(hint)}？" if hint else f"，请核对 {table}.csv。"),
        f"There is no {en} {text}" + (f"; did you mean {', '.join(hint)}?" if hint else f" in {table}.csv."),
    )
