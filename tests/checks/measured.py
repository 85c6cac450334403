"""A small office on paper: core tables from rows that state only what matters, and the measures over them."""

import functools
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from jindu.catalogue import Catalogue, empty_frames, store
from jindu.checks.expectations import Expectation, every_expectation
from jindu.checks.plain import fails
from jindu.settings import OFFICE_TIMEZONE
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build_one, models

AS_OF = datetime(2031, 3, 10, 2, tzinfo=OFFICE_TIMEZONE)
CATALOGUE_MODELS = {"core.indicator", "core.org_descendant"}  # the catalogue in the words of core
FILLED: set[str] = set()  # tables that a test has filled: the next one empties them
EXPECTATIONS = {expectation.code: expectation for _, expectation in every_expectation()}
VALUE_COLUMNS = {"month": "E", "ytd": "F", "prior_ytd": "G"}

Cell = int | str | Decimal | None


class Office:
    """Sub-district S with communities A and B; form m is the communities', form s the sub-district's."""

    def __init__(self) -> None:
        self.connection = warehouse()
        self.rows: dict[str, list[dict[str, Any]]] = {
            "core.received": [], "core.reading": [], "core.expected_cell": [], "reference.identity": [],
        }  # fmt: skip
        self.reference: dict[str, list[dict[str, Any]]] = {
            "org_unit": [
                {"code": "S", "name": "街道", "level": "subdistrict"},
                {"code": "A", "name": "甲社区", "level": "community", "parent_code": "S"},
                {"code": "B", "name": "乙社区", "level": "community", "parent_code": "S"},
            ],
            "form": [
                {"code": "m", "name_zh": "社区月报", "level": "community"},
                {"code": "s", "name_zh": "街道月报", "level": "subdistrict"},
            ],
            "unit": [
                {"unit": "元", "family": "money", "factor": 1},
                {"unit": "万元", "family": "money", "factor": 10000},
                {"unit": "%", "family": "share", "factor": 1},
            ],
            "unexplained": [{"phrase": "核实无误"}],
            "indicator": [],
        }

    def indicator(self, code: str, kind: str = "flow", **facts: Any) -> None:
        """An indicator that form m asks of communities, counted whole unless told otherwise."""
        defaults = {"name_zh": f"指标{code}", "unit": "件", "decimals": 0, "source_form": "m"}
        defaults |= {"reporting_level": "community"}
        self.reference["indicator"].append({"code": code, "kind": kind, **defaults, **facts})

    def submission(self, sender: str, month: str, version: int = 1, form: str = "m", **facts: Any) -> str:
        """A readable workbook in the sender's own folder, in on the 3rd of the next month; the submission's id."""
        submission_id = facts.pop("submission_id", f"{form}-{sender}-{month}-{version}")
        report_month = date.fromisoformat(f"{month}-01")
        next_month = date(report_month.year + report_month.month // 12, report_month.month % 12 + 1, 1)
        row = {
            "submission_id": submission_id, "folder_code": sender, "file_name": f"{submission_id}.xlsx",
            "received_at": datetime(next_month.year, next_month.month, 2 + version, 9, tzinfo=OFFICE_TIMEZONE),
            "is_readable": True, "form_text": form, "form_code": form, "sender_text": sender, "sender_code": sender,
            "report_month_text": month, "report_month": report_month, "due_on": next_month.replace(day=5),
            "lock_on": next_month.replace(day=15), "version": version,
        }  # fmt: skip
        self.rows["core.received"].append(row | facts)
        return str(submission_id)

    def row(
        self, submission_id: str, indicator: str | None, month: Cell = None, ytd: Cell = None, **facts: Any
    ) -> None:
        """A row of a submission; a text where a number should be stays unread, "不适用" is not applicable."""
        received = next(row for row in self.rows["core.received"] if row["submission_id"] == submission_id)
        known = next((row for row in self.reference["indicator"] if row["code"] == indicator), {})
        number = 6 + sum(row["submission_id"] == submission_id for row in self.rows["core.reading"])
        subject = facts.pop("subject", received["sender_code"])
        row: dict[str, Any] = {
            "submission_id": submission_id, "form_code": received["form_code"], "sender_code": received["sender_code"],
            "org_unit_code": subject, "indicator_code": indicator, "indicator_text": indicator,
            "report_month": received["report_month"], "sheet_name": "表", "row_number": number,
            "indicator_cell": f"A{number}", "unit_cell": f"D{number}", "unit_multiplier": 1,
            "has_explanation": facts.get("note") not in (None, "核实无误"), "note_cell": f"H{number}",
            "is_asked": indicator is not None and subject is not None, "is_required": True, "cells_required": "either",
            "version": received["version"], "received_at": received["received_at"],
        }  # fmt: skip
        row |= {key: known.get(key) for key in ("kind", "unit", "decimals", "minimum", "maximum")}
        for field, typed in (("month", month), ("ytd", ytd), ("prior_ytd", facts.pop("prior", None))):
            row |= _typed(field, typed, f"{VALUE_COLUMNS[field]}{number}")
        row |= facts
        self.rows["core.reading"].append(row)
        if row["is_asked"]:
            self.expect(row["form_code"], row["sender_code"], subject, str(indicator), received["report_month"])

    def expect(self, form: str, sender: str, subject: str, indicator: str, month: date, **facts: Any) -> None:
        """One thing that a form asks; asking twice is asking once."""
        asked = {
            "form_code": form, "sender_code": sender, "org_unit_code": subject, "indicator_code": indicator,
            "report_month": month, "cells_required": "either", "is_required": True,
        }  # fmt: skip
        key = ("form_code", "sender_code", "org_unit_code", "indicator_code", "report_month")
        self.rows["core.expected_cell"] = [
            row for row in self.rows["core.expected_cell"] if any(row[name] != asked[name] for name in key)
        ]
        self.rows["core.expected_cell"].append(asked | facts)

    def build(self, *names: str) -> None:
        """Fill the tables as told and rebuild the named measures with all that they read."""
        for table in FILLED:
            self.connection.execute(f"delete from {table}")
        tables = self.rows | {f"reference.{name}": rows for name, rows in self.reference.items()}
        for table, rows in tables.items():
            self._fill(table, rows)
        for model in models().values():
            if model.name in _measures({*names}) | CATALOGUE_MODELS:
                build_one(self.connection, AS_OF, model)

    def failing(self, code: str) -> dict[str, dict[str, Any]]:
        """The measured rows that fail one expectation, by key: what the gate would find, without the gate."""
        expectation = EXPECTATIONS[code]
        self.build(expectation.table)
        return self.rows_failing(expectation)

    def rows_failing(self, expectation: Expectation) -> dict[str, dict[str, Any]]:
        """The rows of a table that is built which fail the expectation, by key."""
        schema, table = expectation.table.split(".")
        frame = self.connection.sql(f'select * from "{schema}".{table} where {fails(expectation)}').pl()
        return {row["check_key"]: row for row in frame.iter_rows(named=True)}

    def fails(self, code: str) -> bool:
        """Whether any row fails the expectation."""
        return bool(self.failing(code))

    def _fill(self, table: str, rows: list[dict[str, Any]]) -> None:
        FILLED.add(table)
        for row in rows:
            marks = ", ".join("?" for _ in row)
            self.connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", [*row.values()])


@functools.cache
def warehouse() -> duckdb.DuckDBPyConnection:
    """Every table of the warehouse, typed and empty, built once for all tests."""
    connection = duckdb.connect()
    prepare(connection)
    store(connection, Catalogue(empty_frames()))
    for model in models().values():
        build_one(connection, AS_OF, model)
    return connection


def _typed(field: str, typed: Cell, cell: str) -> dict[str, Any]:
    state = "blank" if typed is None else "number"
    if isinstance(typed, str):
        state = "not_applicable" if typed == "不适用" else "text"
    return {
        f"{field}_cell": cell,
        f"{field}_text": None if typed is None else str(typed),
        f"{field}_state": state,
        f"{field}_value": None if isinstance(typed, str) else typed,
    }


def _measures(names: set[str]) -> set[str]:
    """The named check tables and the check tables that they read."""
    return names.union(*(_measures(_checks_read_by(name)) for name in names))


def _checks_read_by(name: str) -> set[str]:
    return {table for table in models()[name].reads if table.startswith("check.")}
