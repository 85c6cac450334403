"""What pages are made of: the rows of sql/page/*.sql over the published copy, each query run once."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import duckdb

from jindu.memory import recall
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.site.bulletin import Issue, newest_issue
from jindu.warehouse.connection import SQL_ROOT
from jindu.warehouse.published import published_copy

PAGE_SQL = SQL_ROOT / "page"
BULLETIN = "bulletin_"  # its queries lie beside those of the pages
PARAMETER = re.compile(r"\$([a-z_]+)")
COMMENT = re.compile(r"--[^\n]*")


class Row(SimpleNamespace):
    """A row of one query, its columns by name."""


@dataclass(frozen=True)
class Notice:
    """What stands above older figures: that a night failed, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Unit:
    """An org unit that pages name; `place` is office, member, sibling or above."""

    code: str
    name: str
    short_name: str
    level: str
    place: str
    is_ended: bool
    households: int | None


@dataclass(frozen=True)
class Frame:
    """What every page says of itself."""

    office: Unit
    month: date | None  # the latest whose due day has passed
    as_of: datetime
    run_id: str
    version: str
    is_sample: bool
    notice: Notice | None
    units: tuple[Unit, ...]
    issue: tuple[Issue, ...] = ()  # the newest bulletin
    english: Mapping[str, str] = field(default_factory=dict)  # of names of units, owners and forms

    def spoken(self, lang: str) -> "Frame":
        """The same with the units called by their names in a language."""
        if lang != "en" or not self.english:
            return self
        units = tuple(
            replace(unit, name=self.called(unit.name, lang), short_name=self.called(unit.short_name, lang))
            for unit in self.units
        )
        return replace(self, units=units, office=next(unit for unit in units if unit.code == self.office.code))

    def called(self, name: str | None, lang: str) -> str:
        """The name of a unit, an owner or a form in a language; the Chinese one where there is no other."""
        if name is None:
            return ""
        return self.english.get(name, name) if lang == "en" else name

    @cached_property
    def unit_by_code(self) -> Mapping[str, Unit]:
        """The units by code."""
        return {unit.code: unit for unit in self.units}

    @property
    def time_ratio(self) -> Decimal | None:
        """How much of the plan's year is over: 9 of 12 months."""
        return None if self.month is None else Decimal(self.month.month) / 12

    @property
    def members(self) -> list[Unit]:
        """The units right below the office, which have pages of their own."""
        return [unit for unit in self.units if unit.place == "member"]

    @property
    def siblings(self) -> list[Unit]:
        """The office's peers, the office among them."""
        return [unit for unit in self.units if unit.place in {"office", "sibling"}]

    @property
    def above(self) -> Unit | None:
        """The unit above the office, if it has one."""
        return next((unit for unit in self.units if unit.place == "above"), None)


class Source:
    """The published copy while pages are made: rows by query, and how long the queries took."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, version: str, notice: Notice | None) -> None:
        self._connection = connection
        self._known: dict[str, list[Row]] = {}
        self._grouped: dict[tuple[str, ...], dict[Any, list[Row]]] = {}
        self.seconds: dict[str, float] = {}  # by query
        self._values: dict[str, object] = {}
        self.frame = self._frame(version, notice)

    def spoken(self, lang: str) -> "Source":
        """The same rows, the units of the frame called by their names in a language."""
        same = copy(self)
        same.frame = self.frame.spoken(lang)
        return same

    def rows(self, query: str) -> list[Row]:
        """The rows of sql/page/<query>.sql as of the month that pages show; run once, whoever asks."""
        if query not in self._known:
            clock = perf_counter()
            self._known[query] = self._run(query)
            self.seconds[query] = perf_counter() - clock
        return self._known[query]

    def ask_all(self) -> None:
        """Run every query of the pages."""
        for file in sorted(PAGE_SQL.glob("*.sql")):
            if not file.name.startswith(BULLETIN):
                self.rows(file.stem)

    def by(self, query: str, *columns: str) -> dict[Any, list[Row]]:
        """The rows of a query grouped by one column, or by several as a tuple; in the query's order."""
        if (query, *columns) in self._grouped:
            return self._grouped[query, *columns]
        grouped: dict[Any, list[Row]] = {}
        for row in self.rows(query):
            key = tuple(getattr(row, column) for column in columns)
            grouped.setdefault(key[0] if len(columns) == 1 else key, []).append(row)
        self._grouped[query, *columns] = grouped
        return grouped

    def _run(self, query: str) -> list[Row]:
        text = (PAGE_SQL / f"{query}.sql").read_text(encoding="utf-8")
        named = set(PARAMETER.findall(COMMENT.sub("", text)))
        result = self._connection.execute(text, {name: self._values[name] for name in named})
        columns = [column[0] for column in result.description or ()]
        return [Row(**dict(zip(columns, values, strict=True))) for values in result.fetchall()]

    def _frame(self, version: str, notice: Notice | None) -> Frame:
        found = self.rows("frame")
        if not found or found[0].office_code is None:
            raise JinduError(
                "已发布的数据里没有运行记录或单位，无法生成网页。请重新运行 jindu run。",
                "The published copy records no run or no unit; no page can be made. Do jindu run again.",
            )
        head = found[0]
        as_of = head.as_of_at.astimezone(OFFICE_TIMEZONE)
        self._values = {"as_of": as_of, "month": head.report_month, "office_code": head.office_code}
        units = tuple(
            Unit(row.org_unit_code, row.name, row.short_name, row.level, row.place, row.is_ended, row.households)
            for row in self.rows("unit")
        )
        office = next(unit for unit in units if unit.place == "office")
        english = {row.name: row.name_en for row in self.rows("english")}
        return Frame(
            office, head.report_month, as_of, head.run_id, version, head.is_sample, notice, units, english=english
        )


@contextmanager
def open_source(home: Home, *, with_notice: bool) -> Iterator[Source]:
    """The published copy, and the notice of a failed night where pages are to show one.

    Raises JinduError when nothing is published.
    """
    told = recall(home.notice) if with_notice else None
    notice = None if told is None else Notice(str(told.get("zh", "")), str(told.get("en", "")))
    with published_copy(home) as (connection, file):
        source = Source(connection, file.parent.name, notice)
        source.frame = replace(source.frame, issue=newest_issue(home, source.frame.month))
        yield source
