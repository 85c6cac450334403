"""Run a gate: judge its expectations, and record the verdicts and the findings of the night."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date
from hashlib import sha256
from typing import Any

import duckdb
import polars as pl

from jindu.checks.engine import KEY, GateError, Verdict, judge
from jindu.checks.expectations import Expectation, every_expectation, gate_expectations
from jindu.checks.plain import fails
from jindu.checks.store import store_evaluations, store_rules
from jindu.settings import JinduError, Night, Progress, StepReport, no_progress
from jindu.shown import english_figures
from jindu.warehouse.connection import closed, connect

ADVISORY_GATE = (
    "incoming"  # bad data there is a finding; at the other gates it stops publishing (domain.md, Validation)
)
SHOWN_FAILURES = 5  # of one gate in its message; all of them are in raw.gate_result


# a card's number, the old one of 15 digits too; digits of full width count as digits (sql/check/note.sql finds them)
CARD_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:[\s-]?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[\s-]?\d{3}[\dX](?![\dX])"
    r"|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d))"
)
# a mobile number, in one or in groups of 3-4-4
TELEPHONE_NUMBER = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
FIGURE = re.compile(r"[\s\d.,+-]*")
# a figure, or what made it, with a unit of one to three characters: ≈ 0件, 6095万元（41500 - 35405 = 6095）
MEASURE = re.compile(r"[\s≈≥≤±]*[-−+]?[\d.,]+\s*[\u4e00-\u9fff]{0,3}(（[\s\d.,=+−-]*）)?")
# spaces of no width, marks of direction, joiners and fillers: what a cell holds and nobody sees
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
PLAIN_DIGITS = str.maketrans("０１２３４５６７８９Ｘｘx", "0123456789XXX")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
HIDDEN = "*"
FINDING_ID_DIGITS = 16
# what an earlier attempt at the night stopped at stays on record (domain.md, Validation: gates)
KEEP_FAILED = """
update raw.gate_result
set failed_attempt = stopped.attempt
from (
    select max(attempt) as attempt
    from raw.run
    where run_id = $run_id and state = 'failed' and failed_step = 'gate-' || $gate
) as stopped
where
    run_id = $run_id
    and gate = $gate
    and failed_attempt is null
    and stopped.attempt is not null
    and severity = 'critical'
    and not passed
"""


class GateFailed(JinduError):  # noqa: N818 - a verdict about the data, not an error of the program
    """A critical expectation failed: nothing is published."""


@dataclass(frozen=True)
class Finding:
    """One row of raw.finding, but for the night and the gate."""

    finding_id: str
    rule_code: str
    severity: str
    submission_id: str | None
    org_unit_code: str | None
    form_code: str | None
    indicator_code: str | None
    report_month: date | None
    sheet_name: str | None
    cell: str | None
    found: str | None
    expected: str | None
    message_zh: str
    message_en: str
    is_explained: bool


FINDING_SCHEMA = {
    field.name: {"report_month": pl.Date, "is_explained": pl.Boolean}.get(field.name, pl.String)
    for field in fields(Finding)
}
RESULT_SCHEMA = {
    "expectation_code": pl.String,
    "severity": pl.String,
    "evaluated_count": pl.Int64,
    "failed_count": pl.Int64,
    "passed": pl.Boolean,
    "tolerated_count": pl.Int64,
    "tolerated_reason": pl.String,
}


def run_gate(night: Night, gate: str, progress: Progress = no_progress) -> StepReport:
    """Judge one gate and replace the night's rows of it in raw.gate_result and raw.finding.

    Raises GateError when an expectation itself errs, and GateFailed when a critical one fails at the core or mart gate.
    """
    with closed(night.home):
        verdicts = judge(night.home.private_database, gate_expectations(gate), progress)
    with connect(night.home) as connection:
        findings = [finding for verdict in verdicts for finding in findings_of(connection, verdict)]
        _record(connection, night, gate, verdicts, findings)
        if gate == ADVISORY_GATE:
            store_rules(connection, every_expectation())
            store_evaluations(connection, [verdict.expectation for verdict in verdicts])
    failed = [verdict for verdict in verdicts if not verdict.is_passed and verdict.expectation.severity == "critical"]
    if failed and gate != ADVISORY_GATE:
        raise _gate_failed(gate, failed, findings)
    return _report(verdicts, findings)


def findings_of(connection: duckdb.DuckDBPyConnection, verdict: Verdict) -> Iterator[Finding]:
    """The failing rows of one verdict as findings, in the order of their keys.

    Raises GateError when the condition in plain SQL does not find them: it spares words for millions of other rows.
    """
    if not verdict.failed_keys:
        return
    expectation = verdict.expectation
    schema, table = expectation.table.split(".")
    connection.register("failed_row", pl.DataFrame({KEY: verdict.failed_keys}, schema={KEY: pl.String}))
    rows = connection.sql(
        f"""
        select
            measured.*,
            indicator.name_zh as indicator_zh,
            coalesce(indicator.name_en, indicator.name_zh) as indicator_en,
            org_unit.name as org_unit,
        from (select * from "{schema}"."{table}" where {fails(expectation)}) as measured
        inner join (select distinct {KEY} from failed_row) as failed using ({KEY})
        left join reference.indicator as indicator on measured.indicator_code = indicator.code
        left join reference.org_unit as org_unit on measured.org_unit_code = org_unit.code
        order by {KEY}
        """
    ).pl()
    connection.unregister("failed_row")
    if rows[KEY].n_unique() != len(set(verdict.failed_keys)):
        raise GateError(
            f"检查项 {expectation.code} 有 {len(set(verdict.failed_keys))} 行不合格，"
            f"在 {expectation.table} 中只找到 {rows[KEY].n_unique()} 行。",
            f"Expectation {expectation.code} failed for {len(set(verdict.failed_keys))} rows, of which "
            f"{rows[KEY].n_unique()} are found in {expectation.table}.",
        )
    known: set[str] = set()
    for row in rows.iter_rows(named=True):
        finding_id = _finding_id(expectation, row)
        if finding_id in known:  # a rule that finds two things at one place: the second is told by its key as well
            finding_id = _digits(finding_id, row[KEY])
        known.add(finding_id)
        yield _finding(expectation, row, finding_id)


def _finding_id(expectation: Expectation, row: dict[str, Any]) -> str:
    """Of file, sheet, cell and rule, and so the same in every night and every rebuilt database.

    A submission's id stands for the SHA-256 of the file and the folder that it lay in; indicator and unit stand for a
    cell where there is none, and the row's key where there is no file either.
    """
    if row["submission_id"] is None:
        return _digits(expectation.code, row[KEY])
    cell = row.get(expectation.cell)
    place = ("cell", row["sheet_name"], cell) if cell else ("row", row["indicator_code"], row["org_unit_code"])
    return _digits(row["submission_id"], expectation.code, *place)


def _digits(*parts: str | None) -> str:
    return sha256("\x1f".join(part or "" for part in parts).encode()).hexdigest()[:FINDING_ID_DIGITS]


def _finding(expectation: Expectation, row: dict[str, Any], finding_id: str) -> Finding:
    """One measured row that failed, in words."""
    try:
        told = {
            name: row.get(name) if column == name else row[column]  # a table may have no more to say than its message
            for name, column in (
                ("cell", expectation.cell), ("found", expectation.found), ("expected", expectation.expected),
            )
        }  # fmt: skip
        is_measured = expectation.expect == "values_between"  # what was found is a figure: 13800000000 元 is one
        told = {
            name: without_card_number(text)
            if is_measured and text is not None and FIGURE.fullmatch(text)
            else without_personal_number(text)
            for name, text in told.items()
        }
        told = {name: text and visible(text) for name, text in told.items()}
        named = row | told | {"report_month": row["report_month"] and f"{row['report_month']:%Y-%m}"}
        message_zh = _filled(expectation.message_zh, named, row["indicator_zh"])
        message_en = _filled(expectation.message_en, _in_english(named), row["indicator_en"])
    except KeyError as error:
        raise GateError(
            f"检查项 {expectation.code} 用到的列 {error} 不在 {expectation.table} 中。",
            f"Expectation {expectation.code} names {error}, which is no column of {expectation.table}.",
        ) from error
    return Finding(
        finding_id=finding_id,
        rule_code=expectation.code,
        severity=expectation.severity,
        submission_id=row["submission_id"],
        org_unit_code=row["org_unit_code"],
        form_code=row["form_code"],
        indicator_code=row["indicator_code"],
        report_month=row["report_month"],
        sheet_name=row["sheet_name"],
        cell=told["cell"],
        found=told["found"],
        expected=told["expected"],
        message_zh=message_zh,
        message_en=message_en,
        is_explained=bool(row["is_explained"]) and expectation.severity == "warning",
    )


def without_personal_number(text: str | None) -> str | None:
    """The text with the digits of identity cards and telephones hidden: they are never repeated to anybody."""
    return _hidden(_hidden(text, CARD_NUMBER), TELEPHONE_NUMBER)


def without_card_number(text: str | None) -> str | None:
    """The text with the digits of identity cards hidden: of a figure, any other digits are the figure."""
    return _hidden(text, CARD_NUMBER)


def visible(text: str) -> str:
    """The text with what nobody can see named: a cell that looks like 12 and holds more is told as 12[U+200B]."""
    return INVISIBLE.sub(lambda character: f"[U+{ord(character[0]):04X}]", text)


def _in_english(named: dict[str, Any]) -> dict[str, Any]:
    """The names of an English message: what is worked out, and figures alone, with English units.

    What somebody typed beside a figure stays as it is, so that the published copy can mask it.
    """
    return named | {
        name: english_figures(value)
        for name, value in named.items()
        if isinstance(value, str)
        and (name.endswith(("_en", "_shown")) or (name in ("found", "expected") and MEASURE.fullmatch(value)))
    }


def _hidden(text: str | None, number: re.Pattern[str]) -> str | None:
    if text is None:
        return None
    for match in number.finditer(text.translate(PLAIN_DIGITS)):
        text = text[: match.start()] + HIDDEN * len(match[0]) + text[match.end() :]
    return text


def _filled(template: str, named: dict[str, Any], indicator_name: str | None) -> str:
    """The message with its names filled in; what is not there is left out."""
    values = named | {"indicator": indicator_name or named["indicator_code"]}
    return template.format_map({name: "" if value is None else _printable(value) for name, value in values.items()})


def _printable(value: Any) -> Any:
    """A text without what a terminal would obey, such as an escape in a file's name."""
    return CONTROL.sub(" ", value) if isinstance(value, str) else value


def _record(
    connection: duckdb.DuckDBPyConnection,
    night: Night,
    gate: str,
    verdicts: list[Verdict],
    findings: list[Finding],
) -> None:
    """Replace the night's rows of this gate in one transaction."""
    results = pl.DataFrame(
        [
            {
                "expectation_code": verdict.expectation.code,
                "severity": verdict.expectation.severity,
                "evaluated_count": verdict.evaluated_count,
                "failed_count": len(verdict.failed_keys),
                "passed": verdict.is_passed,
                "tolerated_count": verdict.expectation.tolerated_count or None,
                "tolerated_reason": verdict.expectation.tolerated_reason or None,
            }
            for verdict in verdicts
        ],
        schema=RESULT_SCHEMA,
    )
    found = pl.DataFrame([asdict(finding) for finding in findings], schema=FINDING_SCHEMA)
    replaced = {"gate_result": "and failed_attempt is null", "finding": ""}
    connection.begin()
    try:
        if gate != ADVISORY_GATE:
            connection.execute(KEEP_FAILED, {"run_id": night.run_id, "gate": gate})
        for table, frame in (("gate_result", results), ("finding", found)):
            connection.execute(
                f"delete from raw.{table} where run_id = ? and gate = ? {replaced[table]}", [night.run_id, gate]
            )
            connection.register("new_row", frame)
            connection.execute(
                f"insert into raw.{table} by name "
                "select cast(? as varchar) as run_id, cast(? as varchar) as gate, * from new_row",
                [night.run_id, gate],
            )
            connection.unregister("new_row")
        connection.commit()
    except duckdb.Error:
        connection.rollback()
        raise


def _gate_failed(gate: str, failed: list[Verdict], findings: list[Finding]) -> GateFailed:
    first = {finding.rule_code: finding for finding in reversed(findings)}
    shown = [first[verdict.expectation.code] for verdict in failed[:SHOWN_FAILURES]]
    counts = {verdict.expectation.code: len(verdict.failed_keys) for verdict in failed}
    known = {verdict.expectation.code: verdict.expectation.tolerated_count for verdict in failed}
    more_zh = {code: f"，已知的只有 {count} 处" if count else "" for code, count in known.items()}
    more_en = {code: f", of which {count} were known" if count else "" for code, count in known.items()}
    return GateFailed(
        f"{gate} 关口有 {len(failed)} 项强制性检查不合格，今晚不发布，已发布的数据不变："
        + "；".join(
            f"{finding.message_zh}（{counts[finding.rule_code]} 处{more_zh[finding.rule_code]}，{finding.rule_code}）"
            for finding in shown
        ),
        f"{len(failed)} critical expectations failed at the {gate} gate; nothing is published, yesterday's copy stays: "
        + "; ".join(
            f"{finding.message_en} ({counts[finding.rule_code]} ×{more_en[finding.rule_code]}, {finding.rule_code})"
            for finding in shown
        ),
    )


def _report(verdicts: list[Verdict], findings: list[Finding]) -> StepReport:
    counts = {severity: 0 for severity in ("critical", "warning", "information")}
    for finding in findings:
        counts[finding.severity] += 1
    flaws = [known_flaw(verdict) for verdict in verdicts if verdict.expectation.tolerated_count]
    return StepReport(
        f"{len(verdicts)} 项检查；强制性 {counts['critical']}，核实性 {counts['warning']}，"
        f"提示 {counts['information']}" + "".join(f"；{zh}" for zh, _ in flaws),
        f"{len(verdicts)} expectations; {counts['critical']} critical, {counts['warning']} warnings, "
        f"{counts['information']} for information" + "".join(f"; {en}" for _, en in flaws),
        len(findings),
    )


def known_flaw(verdict: Verdict) -> tuple[str, str]:
    """What became of a flaw that is tolerated, in Chinese and English."""
    rule, count = verdict.expectation, len(verdict.failed_keys)
    zh = f"已知缺陷 {rule.code} {count} 处，至多 {rule.tolerated_count} 处：{rule.tolerated_reason}"
    en = f"known flaw {rule.code}, {count} of at most {rule.tolerated_count}: {rule.tolerated_reason}"
    if count == 0:
        zh += "（已经没有了，请删去 tolerated_count 和 tolerated_reason）"
        en += " (none is left: remove tolerated_count and tolerated_reason)"
    elif count < rule.tolerated_count:
        zh += f"（tolerated_count 可以降到 {count}）"
        en += f" (tolerated_count can be lowered to {count})"
    return zh, en
