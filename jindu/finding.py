"""What an operator decides about findings: a warning that nobody explained is waived, or upheld.

Read from the published database and the journals of decisions; the private database stays closed. The decision itself
is a line of decisions/finding.jsonl (jindu/decisions.py) and counts from the next night on (core.finding_answer).
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import duckdb

from jindu.checks.expectations import every_expectation
from jindu.decisions import Decision, read_journal
from jindu.settings import OFFICE_TIMEZONE, Home, JinduError
from jindu.submission import called
from jindu.warehouse.published import published_copy
from jindu.workbooks.numbers import parse_month

KIND = "finding"
SHORT_ID = 8  # hex digits of an id, as receipts and lists show it
LEAST_ID = 4  # of what may stand for one
CANDIDATES_SHOWN = 8
VERDICT_WORDS = {"waived": ("放行", "waived"), "upheld": ("认定", "upheld")}
STATE_WORDS = {  # as warehouse/columns.yml has them
    "open": ("待处理", "open"),
    "explained": ("已说明", "explained"),
    "settled": ("此前已答复", "settled before"),
    "waived": ("已放行", "waived"),
    "upheld": ("已认定", "upheld"),
    "noted": ("仅提示", "noted"),
    "replaced": ("已被新版替代", "replaced"),
    "withdrawn": ("报送已撤回", "withdrawn"),
    "refused": ("这一版已退回，等重报", "its version is refused: to be sent again"),
}
OWNER_WORDS = {"填报员": "clerk", "统筹办": "office", "维护员": "maintainer"}  # jindu/checks/expectations.py, OWNERS
# what sql/check says in Chinese of what was found or expected; figures, codes and names are the same in both languages
ENGLISH_WORDS = (
    (re.compile(r"数字、0 或“不适用”"), "a number, 0 or 不适用"),
    (re.compile(r"(\S+) 这样的日期"), r"a day such as \1"),
    (re.compile(r"(-?[0-9.]+) 或 (-?[0-9.]+)"), r"\1 or \2"),
    (re.compile(r"小于 1 万亿（([0-9]+)）(.*)"), r"below \1 \2"),
    (re.compile(r"填报单位的全称或代码"), "the sender's full name or code"),
    (re.compile(r"> 0 字节"), "> 0 bytes"),
    (re.compile(r"只含本表的文件"), "a file with this form alone"),
    (re.compile(r"UTF-8 或 GB18030"), "UTF-8 or GB18030"),
    (re.compile(r"没有打开密码"), "no password"),
    (re.compile(r"不带宏的 .xlsx"), ".xlsx without macros"),
    (re.compile(r"有表头：指标和数值"), "a header row: indicator and values"),
    (re.compile(r"一个表头"), "one header row"),
    (re.compile(r"一份文件一张报表"), "one form a file"),
    (re.compile(r"填报的行"), "rows of figures"),
    (re.compile(r"没有损坏的文件"), "an undamaged file"),
    (re.compile(r"没有损坏的 (\..*)"), r"an undamaged \1"),
    (re.compile(r"准确数"), "the exact figure"),
    (re.compile(r"本表列出的指标代码"), "a code of the form's indicators"),
    (re.compile(r"本表列出的填报对象代码"), "a code of the form's units"),
    (re.compile(r"本表不问此项"), "not asked in this form"),
    (re.compile(r"“更正说明”写明原因"), "a correction reason"),
    (re.compile(r"不含身份证号、电话号码"), "no identity card or telephone number"),
    (re.compile(r"身份证号"), "an identity card number"),
    (re.compile(r"电话号码"), "a telephone number"),
)

HAS_COLUMN = """
select 1
from duckdb_columns()
where schema_name = 'mart' and table_name = 'submission' and column_name = 'is_standing'
"""

FINDINGS = """
select
    finding.finding_id,
    finding.submission_id,
    finding.org_unit_code,
    coalesce(unit.short_name, unit.name, finding.org_unit_code) as unit,
    finding.form_code,
    coalesce(form.name_zh, finding.form_code) as form,
    finding.report_month,
    submission.version,
    submission.state as submission_state,
    submission.received_at,
    submission.lock_on,
    finding.sheet_name,
    finding.cell,
    finding.indicator_code,
    indicator.name_zh as indicator_zh,
    coalesce(indicator.name_en, indicator.name_zh) as indicator_en,
    finding.rule_code,
    finding.severity,
    finding.found,
    finding.expected,
    finding.message_zh,
    finding.message_en,
    finding.state,
    finding.decision_id,
    finding.settled_by_id,
    finding.since_on,
    submission.is_standing,
from mart.finding as finding
inner join mart.submission as submission using (submission_id)
left join mart.org_unit as unit on finding.org_unit_code = unit.org_unit_code
left join mart.form as form on finding.form_code = form.form_code
left join mart.indicator as indicator on finding.indicator_code = indicator.indicator_code
order by
    min(finding.since_on) over (partition by finding.submission_id),
    submission.received_at,
    finding.submission_id,
    finding.severity,
    finding.sheet_name,
    finding.cell,
    finding.rule_code,
    finding.finding_id
"""
VERSIONS = """
select submission_id, version, state
from mart.submission
where (org_unit_code, form_code, report_month) = (
    select (org_unit_code, form_code, report_month) from mart.submission where submission_id = $submission_id
)
order by version
"""
OWN_WORDS = """
select finding_id, sheet_name, found, expected, message_zh, message_en
from raw.finding
where gate = 'incoming' and run_id = (select run_id from history)
"""
WAITING_SHOWN = 5
PUBLISHED_AT = "select max(as_of_at) from mart.run"


@dataclass(frozen=True)
class Told:
    """A finding as the last published night knew it, with what was decided since; no value that is withheld."""

    finding_id: str
    submission_id: str
    org_unit_code: str | None
    unit: str | None
    form_code: str | None
    form: str | None
    report_month: date | None
    version: int | None
    submission_state: str
    received_at: datetime
    lock_on: date | None
    sheet_name: str | None
    cell: str | None
    indicator_code: str | None
    indicator_zh: str | None
    indicator_en: str | None
    rule_code: str
    severity: str
    found: str | None
    expected: str | None
    message_zh: str
    message_en: str
    state: str
    decision_id: str | None
    settled_by_id: str | None
    since_on: date  # known since that night
    is_standing: bool  # its version: not withdrawn, and none has taken its place
    owner: str = ""  # who mends it (expectations/incoming.yml)
    is_refused: bool = False  # its version is: something critical is in it, or something was upheld
    is_pending: bool = False  # decided since the last night, which does not know it yet

    @property
    def short_id(self) -> str:
        """Its id as people give it."""
        return self.finding_id[:SHORT_ID]

    @property
    def is_past(self) -> bool:
        """Whether its file counts no more, or was sent again: nothing is left to answer."""
        return not self.is_standing

    @property
    def awaits_report(self) -> bool:
        """Whether it is a warning of a refused version that stands: the unit mends or explains it in another."""
        is_unanswered = self.state == "upheld" or (self.state == "open" and self.is_refused)
        return is_unanswered and self.severity == "warning" and not self.is_past

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody: for the sender when critical, for sender or operator when a warning."""
        is_asked = self.severity == "critical" or (self.severity == "warning" and not self.is_refused)
        return self.state == "open" and is_asked and not self.is_past

    @property
    def shown_state(self) -> str:
        """Its state as people read it, a code of STATE_WORDS."""
        if self.severity == "information":
            return "noted"
        return "refused" if self.state == "open" and self.awaits_report else self.state


@dataclass(frozen=True)
class Outcome:
    """What becomes of a submission the next night, once something is decided."""

    of: Told
    state: str  # accepted, held, rejected
    open_count: int  # warnings that still wait
    version_left: int | None  # of a rejected one: the version that counts then


class FindingDesk:
    """The findings of the published copy, and the decisions about them, today's included."""

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection, *, has_own_words: bool = False) -> None:
        self._home = home
        self._own_words = _own_words(home) if has_own_words else {}
        self._connection = connection
        if not connection.execute(HAS_COLUMN).fetchall():
            raise JinduError(
                "已发布的数据是旧版本算出的，缺少答复问题要用的列。请先运行一次 jindu run。",
                "An older version made what is published, without columns that this needs. Run jindu run first.",
            )
        ((published_at,),) = connection.execute(PUBLISHED_AT).fetchall()
        self.published_at: datetime = published_at.astimezone(OFFICE_TIMEZONE)
        self._decisions = self._decided()
        found = list(self._read())
        refused = {one.submission_id for one in found if one.severity == "critical" or one.state == "upheld"}
        self.findings = tuple(replace(one, is_refused=one.submission_id in refused) for one in found)

    def standing(self) -> list[Told]:
        """Every finding of the versions that stand, the oldest first."""
        return [one for one in self.findings if not one.is_past]

    def of_unit(self, findings: Sequence[Told], unit: str) -> list[Told]:
        """Those of one unit, by its code, name or short name.

        Raises JinduError for a unit that nobody knows.
        """
        row = called(self._rows("org_unit", "org_unit_code"), unit, ("code", "name", "short_name"), "org_unit")
        return [one for one in findings if one.org_unit_code == row["code"]]

    def one(self, beginning: str) -> Told:
        """The finding whose id begins so.

        Raises JinduError when none does, or several do.
        """
        wanted = beginning.strip().lower()
        found = [one for one in self.findings if one.finding_id.startswith(wanted)]
        if len(wanted) >= LEAST_ID and len(found) == 1:
            return found[0]
        if len(wanted) >= LEAST_ID and found:
            listed = [f"{one.finding_id}（{_place_zh(one)}）" for one in found[:CANDIDATES_SHOWN]]
            plain = [f"{one.finding_id} ({_place_en(one)})" for one in found[:CANDIDATES_SHOWN]]
            raise JinduError(
                f"编号以“{beginning}”开头的问题有 {len(found)} 条，请写得长一些：{'、'.join(listed)}",
                f"{len(found)} findings have an id that begins with {beginning!r}; give more of it: {', '.join(plain)}",
            )
        self._refuse_unit(beginning.strip())
        raise JinduError(
            f"没有编号以“{beginning}”开头的问题（至少写 {LEAST_ID} 位）。编号见 jindu finding list 和回执。",
            f"No finding has an id that begins with {beginning!r} (at least {LEAST_ID} digits). "
            "Ids stand in jindu finding list and on receipts.",
        )

    def of_report(self, unit: str, form: str, month: str) -> list[Told]:
        """The open warnings of the version that counts.

        Raises JinduError for a name that nobody knows, and where nothing is open.
        """
        unit_row = called(self._rows("org_unit", "org_unit_code"), unit, ("code", "name", "short_name"), "org_unit")
        form_row = called(self._rows("form", "form_code"), form, ("code", "name_zh"), "form")
        report_month = parse_month(month)
        if report_month is None:
            raise JinduError(f"“{month}”不是月份，请写成 2024-09。", f"{month!r} is no month; write it as 2024-09.")
        found = [
            one
            for one in self.findings
            if (one.org_unit_code, one.form_code, one.report_month)
            == (unit_row["code"], form_row["code"], report_month)
            and one.submission_state == "held"
            and one.severity == "warning"
            and one.is_open
        ]
        if not found:
            raise JinduError(
                f"{unit_row['name']} {report_month:%Y-%m} 的{form_row['name_zh']}没有待核实的问题。",
                f"{unit_row['name']}'s {form_row['code']} for {report_month:%Y-%m} has no warning that waits.",
            )
        return found

    def refuse(self, chosen: Sequence[Told], verdict: str, moment: datetime) -> None:
        """Raise JinduError for what cannot be answered so."""
        for one in chosen:
            _refuse_one(one, verdict, moment)

    def outcomes(self, chosen: Sequence[Told], verdict: str) -> list[Outcome]:
        """What becomes of each submission that is touched."""
        ids = {one.finding_id for one in chosen}
        touched = {one.submission_id: one for one in chosen}
        return [self._outcome(one, ids, verdict) for one in touched.values()]

    def decision(self, decision_id: str | None) -> Decision | None:
        """A decision of this home's journal."""
        return next((one for one in self._decisions if one.decision_id == decision_id), None)

    def _outcome(self, of: Told, ids: set[str], verdict: str) -> Outcome:
        states = [
            verdict if one.finding_id in ids else one.state
            for one in self.findings
            if one.submission_id == of.submission_id and one.severity == "warning"
        ]
        open_count = states.count("open")
        if "upheld" not in states:
            return Outcome(of, "held" if open_count else "accepted", open_count, None)
        versions = self._connection.execute(VERSIONS, {"submission_id": of.submission_id}).fetchall()
        left = [
            version
            for submission_id, version, state in versions
            if submission_id != of.submission_id and version and state in ("accepted", "held", "superseded")
        ]
        return Outcome(of, "rejected", open_count, max(left, default=None))

    def _decided(self) -> list[Decision]:
        return [decision for _, decision in read_journal(self._home.decisions / f"{KIND}.jsonl").decisions]

    def _read(self) -> Iterator[Told]:
        owners = {rule.code: rule.owner for _, rule in every_expectation()}
        newest: dict[str, Decision] = {}
        for decision in sorted(self._decisions, key=lambda one: (one.recorded_at, one.entered_at, one.decision_id)):
            newest |= dict.fromkeys(decision.payload["findings"], decision)
        cursor = self._connection.execute(FINDINGS)
        names = [column[0] for column in cursor.description or []]
        for row in cursor.fetchall():
            facts = dict(zip(names, row, strict=True))
            facts["received_at"] = facts["received_at"].astimezone(OFFICE_TIMEZONE)
            told = Told(**facts, owner=owners.get(facts["rule_code"], ""))
            told = replace(told, **self._own_words.get(told.finding_id, {}))
            since = newest.get(told.finding_id)
            if since is not None and since.decision_id != told.decision_id and told.severity == "warning":
                told = replace(told, state=since.payload["verdict"], decision_id=since.decision_id, is_pending=True)
            yield told

    def _refuse_unit(self, name: str) -> None:
        """Raise JinduError with the ways to answer where a unit's name was given in the place of an id."""
        units = [row for row in self._rows("org_unit", "org_unit_code")
                 if name in (row["code"], row["name"], row["short_name"])]  # fmt: skip
        if not units:
            return
        waiting = [one for one in self.findings
                   if one.org_unit_code == units[0]["code"] and one.is_open and one.severity == "warning"]  # fmt: skip
        if not waiting:
            raise JinduError(
                f"“{name}”是单位，不是问题编号；它没有等答复的核实性问题。",
                f"{name!r} is a unit, no finding's id; none of its warnings waits for an answer.",
            )
        report = f"{name} {waiting[0].form_code} {waiting[0].report_month:%Y-%m}"
        rest = len(waiting) - WAITING_SHOWN
        zh = "、".join(f"{one.short_id}（{_place_zh(one)}）" for one in waiting[:WAITING_SHOWN])
        en = ", ".join(f"{one.short_id} ({_place_en(one)})" for one in waiting[:WAITING_SHOWN])
        raise JinduError(
            f"“{name}”是单位，不是问题编号。一份报表的全部，写单位、报表、月份：{report}；单独一条，写它的编号：{zh}"
            + (f"……另有 {rest} 条，见 jindu finding list --unit {name}。" if rest > 0 else "。"),
            f"{name!r} is a unit, no finding's id. For all of a report give unit, form and month: {report}; "
            f"for one finding its id: {en}"
            + (f" … and {rest} more: jindu finding list --unit {name}." if rest > 0 else "."),
        )

    def _rows(self, table: str, key: str) -> list[dict[str, Any]]:
        cursor = self._connection.execute(f"select *, {key} as code from mart.{table}")
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def finding_desk(home: Home, *, has_own_words: bool = False) -> Iterator[FindingDesk]:
    """The desk of a home; with its own words, what people typed is told as they typed it, for the operator alone.

    Raises JinduError when nothing is published.
    """
    with published_copy(home) as (connection, _):
        yield FindingDesk(home, connection, has_own_words=has_own_words)


def english(text: str) -> str:
    """What was found or expected, in English where sql/check says it in Chinese."""
    for pattern, words in ENGLISH_WORDS:
        if pattern.fullmatch(text):
            return pattern.sub(words, text).strip()
    return text


def _own_words(home: Home) -> Mapping[str, dict[str, Any]]:
    """By finding what was typed, which the published copy masks; nothing for who may not read the private history."""
    if not os.access(home.history, os.R_OK):
        return {}
    try:
        with duckdb.connect(home.history, read_only=True) as connection:
            rows = connection.execute(OWN_WORDS).fetchall()
    except duckdb.Error:
        return {}  # a night replaces it, or it is damaged: what is published will do
    names = ("sheet_name", "found", "expected", "message_zh", "message_en")
    return {number: dict(zip(names, texts, strict=True)) for number, *texts in rows}


def _refuse_one(one: Told, verdict: str, moment: datetime) -> None:
    name_zh, name_en = f"问题 {one.short_id}（{_place_zh(one)}）", f"Finding {one.short_id} ({_place_en(one)})"
    if one.severity == "critical":
        raise JinduError(
            f"{name_zh}是强制性的，不能放行，也不用认定：整份已经退回，请{one.owner or '填报员'}改正后重报。",
            f"{name_en} is critical and can be neither waived nor upheld: the report is rejected already; "
            f"the {OWNER_WORDS.get(one.owner, 'sender')} has to mend it and send it again.",
        )
    if one.severity != "warning":
        raise JinduError(
            f"{name_zh}是提示，不影响接收，不用答复。",
            f"{name_en} is information: it holds nothing and takes no answer.",
        )
    if one.state == verdict:
        raise JinduError(
            f"{name_zh}已经{VERDICT_WORDS[verdict][0]}过（决定 {one.decision_id}）。",
            f"{name_en} is {verdict} already (decision {one.decision_id}).",
        )
    if one.is_past:
        raise JinduError(
            f"{name_zh}所在的那一版已不计入，不用答复。", f"{name_en} is of a version that does not count: no answer."
        )
    if verdict == "waived" and one.state in ("explained", "settled"):
        raise JinduError(
            f"{name_zh}{STATE_WORDS[one.state][0]}，不用放行。", f"{name_en} is {STATE_WORDS[one.state][1]}: no waiver."
        )
    if one.state == "open" and one.is_refused:
        raise JinduError(
            f"{name_zh}所在的那一版已经退回，不用再放行或认定：请单位重报时改正，或在备注中说明。",
            f"{name_en} is of a version that is refused: no answer; the unit mends or explains it in the next one.",
        )
    if one.received_at > moment:
        raise JinduError(
            f"{name_zh}的报送到 {one.received_at:%Y-%m-%d %H:%M} 才收到，决定的时间不能更早。",
            f"{name_en} is of a report that came at {one.received_at:%Y-%m-%d %H:%M}: it cannot be decided before.",
        )


def _place_zh(one: Told) -> str:
    parts = (one.unit, f"{one.report_month:%Y-%m}" if one.report_month else None, one.cell, one.indicator_zh)
    return " ".join(part for part in parts if part) or one.rule_code


def _place_en(one: Told) -> str:
    parts = (one.unit, f"{one.report_month:%Y-%m}" if one.report_month else None, one.cell, one.indicator_en)
    return " ".join(part for part in parts if part) or one.rule_code
