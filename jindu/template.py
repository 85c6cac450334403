"""The forms that go out to the senders: what is asked of whom in a month, with what is known of the months before."""

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from xlsxwriter.exceptions import FileCreateError

from jindu.catalogue import load, store
from jindu.memory import recall, remember
from jindu.settings import OFFICE_TIMEZONE, JinduError, Progress, no_progress
from jindu.warehouse.connection import prepare
from jindu.warehouse.models import build
from jindu.workbooks.form import FormHeading, month_text
from jindu.workbooks.template import AskedRow, Known, Template, write_template

ASKED_MODELS = ("core.org_descendant", "core.indicator", "core.form_month", "core.expected_cell")
SENDERS_SHOWN = 5
USUAL_MONTHS = 3  # months before a size counts as usual (check.magnitude_step)
FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|', "_"))
WRITTEN = ".written.json"  # what was written into the folder: name and SHA-256
SAMPLE_TITLE = "（示例）"

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One form that one sender is asked for in one month."""

    form_code: str
    sender_code: str
    report_month: date
    due_on: date


def write_templates(  # noqa: PLR0913  (what the command offers)
    reference: Path,
    history: Path | None,
    as_of: datetime,
    output: Path,
    *,
    month: date | None = None,
    units: Sequence[str] = (),
    forms: Sequence[str] = (),
    progress: Progress = no_progress,
    keep: Callable[[Path], None] = lambda _: None,
) -> list[Path]:
    """Write the forms into `output`, a folder per month; the paths, by form and unit.

    Without `month` each form's is the one whose report is due next as of `as_of`; without `units` and `forms` all.
    `history` is what the last publish sealed; without it, last month's and last year's figures stay blank.
    `keep` is told of every file in the way that somebody had worked in, by the name that it now has.
    Raises JinduError for a unit or form that is unknown or not asked, and for a folder that cannot be written.
    """
    catalogue = load(reference)
    tables = {name: list(frame.iter_rows(named=True)) for name, frame in catalogue.tables.items()}
    _check_known("unit", units, tables["org_unit"], "name", "short_name")
    _check_known("form", forms, tables["form"], "name_zh")
    with duckdb.connect() as connection:
        prepare(connection)
        store(connection, catalogue)
        questions = Questions(connection, tables, as_of, month)
        asked = _chosen(questions, units, forms, month)
        if history is not None:
            _attach_history(connection, history)
        written = []
        for done, one in enumerate(asked, start=1):
            path = _path(output, one, questions)
            aside = _write(path, questions.template(one, known_before(connection, one) if history is not None else {}))
            if aside is not None:
                keep(aside)
            written.append(path)
            progress(done, len(asked))
    return written


class Questions:
    """What the reference folder asks in the months to write, in a database of its own."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, list[Row]],
        as_of: datetime,
        month: date | None,
    ) -> None:
        self._connection = connection
        self.tables = tables
        self.units = {row["code"]: row for row in tables["org_unit"]}
        self.forms = {row["code"]: row for row in tables["form"]}
        self.indicators = {row["code"]: row for row in tables["indicator"]}
        self._themes = {row["code"]: row["name_zh"] for row in tables["theme"]}
        self._convertible = _convertible_units(tables["unit"])
        first_plan = min((row["plan_year"] for row in tables["target"]), default=as_of.year)
        starts = [row["first_month"] or date(first_plan, 1, 1) for row in tables["form"]]
        horizon = month or max([_next_month(as_of.date()), *starts])
        # a month is asked when it is over: the models look at it from the day after
        seen_on = max(as_of, datetime.combine(_next_month(horizon), time(), OFFICE_TIMEZONE))
        build(connection, seen_on, ASKED_MODELS)
        self.asked = self._asked(as_of.date(), month)

    def _asked(self, today: date, month: date | None) -> list[Asked]:
        """Every form and sender of the month, or of each form's month that is due next."""
        rows = self._connection.execute(
            """
            with due_next as (
                select
                    form_code,
                    min(report_month) as report_month,
                from core.form_month
                where due_on >= $today
                group by form_code
            )

            select distinct
                expected_cell.form_code,
                expected_cell.sender_code,
                report_month,
                form_month.due_on,
            from core.expected_cell
            inner join core.form_month using (form_code, report_month)
            left join due_next using (form_code, report_month)
            where coalesce(report_month = $month, due_next.form_code is not null)
            order by form_code, expected_cell.sender_code
            """,
            {"today": today, "month": month},
        ).fetchall()
        return [Asked(*row) for row in rows]

    def template(self, asked: Asked, known: Mapping[tuple[str, str], "Past"]) -> Template:
        """The form with all that is known."""
        form, sender = self.forms[asked.form_code], self.units[asked.sender_code]
        rows = tuple(self._rows(asked, known))
        is_sample = any(past.is_sample for past in known.values())
        return Template(
            heading=FormHeading(
                form_code=asked.form_code,
                form_name=form["name_zh"],
                title=form["name_zh"] + (SAMPLE_TITLE if is_sample else ""),
                sender_code=asked.sender_code,
                sender_name=sender["name"],
                report_month=asked.report_month,
                template_version=self._version(asked) or "",
                form_number=form["form_number"] or "",
                issued_by=form["issued_by"] or "",
                document_number=form["document_number"] or "",
                valid_until=str(form["valid_until"] or ""),
            ),
            due_on=asked.due_on,
            rows=rows,
            has_ranks=any(row.published_rank_metric for row in rows),
            unexplained=tuple(row["phrase"] for row in self.tables["unexplained"]),
        )

    def _version(self, asked: Asked) -> str | None:
        """The form's version that is current in the month; form.csv's where form_version.csv names none."""
        versions = [
            (row["first_month"], row["template_version"])
            for row in self.tables.get("form_version", [])
            if row["form_code"] == asked.form_code and row["first_month"] <= asked.report_month
        ]
        version: str | None = max(versions)[1] if versions else self.forms[asked.form_code]["template_version"]
        return version

    def _rows(self, asked: Asked, known: Mapping[tuple[str, str], "Past"]) -> Iterator[AskedRow]:
        """In the order in which form_indicator.csv lists the indicators, then by subject."""
        cells = self._connection.execute(
            """
            select indicator_code, org_unit_code, any_value(cells_required), bool_or(is_required)
            from core.expected_cell
            where form_code = $1 and sender_code = $2 and report_month = $3
            group by all
            """,
            [asked.form_code, asked.sender_code, asked.report_month],
        ).fetchall()
        order: dict[str, int] = {}
        for place, row in enumerate(self.tables["form_indicator"]):
            if row["form_code"] == asked.form_code:
                order.setdefault(row["indicator_code"], place)
        metrics = self._rank_metrics()
        for code, subject, cells_required, is_required in sorted(cells, key=lambda cell: (order[cell[0]], cell[1])):
            indicator = self.indicators[code]
            past = known.get((subject, code), Past())
            added, removed = self._identity(code)
            yield AskedRow(
                indicator_code=code,
                indicator_name=indicator["name_zh"],
                kind=indicator["kind"],
                unit=indicator["unit"],
                subject_code=subject,
                subject_name=self.units[subject]["name"],
                cells_required=cells_required,
                is_required=is_required,
                decimals=indicator["decimals"] or 0,
                minimum=indicator["minimum"],
                maximum=indicator["maximum"],
                theme=self._themes.get(indicator["theme"], ""),
                definition=indicator["definition"] or "",
                source_section=indicator["source_section"] or "",
                owner=indicator["owner"] or "",
                whole_codes=self._wholes(code),
                added_codes=added,
                removed_codes=removed,
                published_rank_metric=metrics.get(code, ""),
                known=past.known(indicator["kind"], asked.report_month, indicator["unit"] in self._convertible),
            )

    def _rank_metrics(self) -> dict[str, str]:
        """What the published ranks of an indicator are by, where ranks of it were ever published."""
        return {
            row["indicator_code"]: row["published_rank_metric"] or "level"
            for row in self.tables["baseline"]
            if row["published_rank"] is not None
        }

    def _wholes(self, code: str) -> tuple[str, ...]:
        """What the indicator is a part of; a ratio that may exceed 1 says so by its maximum (check.component_pair)."""
        return tuple(
            row["denominator_code"]
            for row in self.indicators.values()
            if row["kind"] == "ratio"
            and row["numerator_code"] == code
            and row["denominator_code"]
            and (row["maximum"] is None or row["maximum"] <= 1)
        )

    def _identity(self, code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        rows = [row for row in self.tables["identity"] if row["total_code"] == code]
        added = tuple(row["added_code"] for row in rows if row["added_code"])
        return added, tuple(row["removed_code"] for row in rows if row["removed_code"])


@dataclass(frozen=True)
class Past:
    """What the history holds of one subject and indicator: its months before the report month, from a year ago on."""

    months: tuple[Row, ...] = ()

    @property
    def is_sample(self) -> bool:
        """Whether any of it was invented for a demonstration."""
        return any(row["is_sample"] for row in self.months)

    def known(self, kind: str, month: date, is_convertible: bool) -> Known:
        """What a form for `month` can say; a flow's cumulative counts only where no month is missing from it."""
        by_month = {row["report_month"]: row for row in self.months}
        before = by_month.get(_month_before(month), {})
        last_year = by_month.get(month.replace(year=month.year - 1), {})
        is_level = kind != "flow"
        previous = _whole(before) if not is_level else before.get("ytd_value")
        if not is_level and month.month == 1:
            previous = Decimal(0)  # a cumulative begins anew
        return Known(
            previous_value=previous,
            is_previous_month=is_level and previous is not None and bool(before.get("is_reported")),
            prior_ytd_value=last_year.get("ytd_value") if is_level else _whole(last_year),
            usual_month_value=_usual(row["month_value"] for row in self.months) if is_convertible else None,
            usual_ytd_value=_usual(_month_share(row, kind) for row in self.months) if is_convertible else None,
            finished_on=before.get("finished_on"),
        )


def known_before(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[tuple[str, str], Past]:
    """By subject and indicator, what the attached history holds of the twelve months before.

    What counted, by the indicator's one source; of what the form only checks, what this form said itself.
    """
    found = connection.execute(
        """
        with expected as (
            select
                expected_cell.org_unit_code,
                expected_cell.indicator_code,
                indicator.kind,
                indicator.source_form = expected_cell.form_code as is_source,
            from core.expected_cell
            inner join core.indicator as indicator using (indicator_code)
            where
                expected_cell.form_code = $form_code
                and expected_cell.sender_code = $sender_code
                and expected_cell.report_month = $report_month
        ),

        own_row as (
            select
                submission.submission_id,
                submission.report_month,
                submission.is_sample,
                cell.sheet_name,
                cell.row_number,
                any_value(cell.text) filter (where cell.field = 'indicator_code') as indicator_code,
                coalesce(
                    any_value(cell.text) filter (where cell.field = 'org_unit_code'), any_value(submission.sender_code)
                ) as org_unit_code,
                any_value(cell.number_value) filter (
                    where cell.field = 'month_value' and cell.number_unit is null
                ) as month_value,
                any_value(cell.number_value) filter (
                    where cell.field = 'ytd_value' and cell.number_unit is null
                ) as ytd_value,
            from history.core.submission as submission
            inner join history.raw.cell as cell using (sha256)
            where submission.is_counted and submission.form_code = $form_code and submission.sender_code = $sender_code
            group by all
        ),

        past_month as (
            select
                unit_month.org_unit_code,
                unit_month.indicator_code,
                unit_month.report_month,
                unit_month.is_reported,
                unit_month.is_sample,
                unit_month.month_value,
                unit_month.ytd_value,
                unit_month.months_covered_count = unit_month.months_due_count as is_whole,
                unit_month.finished_on,
            from expected
            inner join history.core.unit_month as unit_month using (org_unit_code, indicator_code)
            where expected.is_source
            union all by name
            select
                own_row.org_unit_code,
                own_row.indicator_code,
                own_row.report_month,
                coalesce(own_row.month_value, own_row.ytd_value) is not null as is_reported,
                own_row.is_sample,
                cast(own_row.month_value as decimal(24, 6)) as month_value,
                cast(
                    case
                        when expected.kind = 'flow' then own_row.ytd_value
                        else coalesce(own_row.month_value, own_row.ytd_value)
                    end as decimal(24, 6)
                ) as ytd_value,
                true as is_whole,
            from expected
            inner join own_row using (org_unit_code, indicator_code)
            where not expected.is_source
        )

        select past_month.*
        from past_month
        where report_month < $report_month and report_month >= cast($report_month as date) - interval 12 month
        order by all
        """,
        {"form_code": asked.form_code, "sender_code": asked.sender_code, "report_month": asked.report_month},
    )
    names = [column[0] for column in found.description]
    past: dict[tuple[str, str], list[Row]] = {}
    for values in found.fetchall():
        row = dict(zip(names, values, strict=True))
        past.setdefault((row["org_unit_code"], row["indicator_code"]), []).append(row)
    return {key: Past(tuple(months)) for key, months in past.items()}


def _attach_history(connection: duckdb.DuckDBPyConnection, history: Path) -> None:
    try:
        quoted = str(history).replace("'", "''")
        connection.execute(f"attach '{quoted}' as history (read_only)")
        connection.execute("select 1 from history.core.unit_month, history.core.submission, history.raw.cell limit 0")
    except duckdb.Error as error:
        raise JinduError(
            f"读不了历史数据 {history}：{error}。请先运行一次 jindu run；或删除它再生成，上月和上年数将留空。",
            f"The history {history} cannot be read: {error}. Run jindu run once, or remove the file: "
            "last month's and last year's figures then stay blank.",
        ) from error


def _whole(row: Row) -> Decimal | None:
    value: Decimal | None = row["ytd_value"] if row and row["is_whole"] else None
    return value


def _usual(sizes: Iterable[Decimal | None]) -> Decimal | None:
    """The median size, where there are months enough to call one usual; months of 0 have no size."""
    known = [abs(size) for size in sizes if size]
    return median(known) if len(known) >= USUAL_MONTHS else None


def _month_share(row: Row, kind: str) -> Decimal | None:
    """A month's worth of a cumulative."""
    value: Decimal | None = row["ytd_value"] if row["is_reported"] else None
    return value / row["report_month"].month if value is not None and kind == "flow" else value


def _convertible_units(rows: Sequence[Row]) -> set[str]:
    """Units that another one of their family can be mistaken for."""
    return {
        row["unit"]
        for row in rows
        if any(other["family"] == row["family"] and other["factor"] != row["factor"] for other in rows)
    }


def _chosen(questions: Questions, units: Sequence[str], forms: Sequence[str], month: date | None) -> list[Asked]:
    """What is asked, of the units and forms named; each of them must be asked for something."""
    chosen = [
        asked
        for asked in questions.asked
        if (not units or asked.sender_code in units) and (not forms or asked.form_code in forms)
    ]
    when_zh = month_text(month) if month else "下一个报送月"
    when_en = f"{month:%Y-%m}" if month else "the month that is due next"
    idle_units = [unit for unit in units if all(asked.sender_code != unit for asked in chosen)]
    if idle_units:
        unit = questions.units[idle_units[0]]
        named_zh = "、".join(f"“{questions.forms[form]['name_zh']}”" for form in forms)
        named_en = " or ".join(forms)
        senders = sorted({asked.sender_code for asked in questions.asked if not forms or asked.form_code in forms})
        shown, is_cut = senders[:SENDERS_SHOWN], len(senders) > SENDERS_SHOWN
        raise JinduError(
            f"{when_zh}没有要求“{unit['name']}”（{unit['code']}）报{named_zh or '任何报表'}。"
            f"要报的单位：{'、'.join(shown) or '无'}{'等' if is_cut else ''}。"
            "请核对 --unit、--form、--month。",
            f"{unit['name']} ({unit['code']}) is not asked for {named_en or 'any form'} in {when_en}. Asked are: "
            f"{', '.join(shown) or 'none'}{' …' if is_cut else ''}. "
            "Check --unit, --form and --month.",
        )
    for form in forms:
        if all(asked.form_code != form for asked in chosen):
            raise JinduError(
                f"{when_zh}没有单位要报“{questions.forms[form]['name_zh']}”（{form}）。请核对 --form 和 --month。",
                f"No unit is asked for the form {form} in {when_en}. Check --form and --month.",
            )
    if not chosen:
        raise JinduError(
            f"{when_zh}没有要报的报表。请核对 --month，以及 form.csv 的 first_month。",
            f"No form is asked in {when_en}. Check --month, and first_month in form.csv.",
        )
    return chosen


def _check_known(option: str, codes: Sequence[str], rows: Sequence[Row], *names: str) -> None:
    """Raise JinduError for a code that the reference folder lacks, with the nearest that it has."""
    known = {row["code"]: row for row in rows}
    for code in codes:
        if code in known:
            continue
        spoken = {row[name]: row["code"] for row in rows for name in names if row[name]} | {one: one for one in known}
        near = difflib.get_close_matches(code, list(spoken), n=1, cutoff=0.6)
        hint = known[spoken[near[0]]] if near else None
        file = "org_unit.csv" if option == "unit" else "form.csv"
        hint_zh = f"是不是 {hint['code']}（{hint[names[0]]}）？" if hint else f"请从 {file} 的 code 列中选。"
        hint_en = f"Did you mean {hint['code']} ({hint[names[0]]})?" if hint else f"See the codes in {file}."
        raise JinduError(
            f"参考数据中没有{'单位' if option == 'unit' else '报表'}“{code}”。{hint_zh}",
            f"The reference folder has no {option} {code!r}. {hint_en}",
        )


def _path(output: Path, asked: Asked, questions: Questions) -> Path:
    unit, form = questions.units[asked.sender_code], questions.forms[asked.form_code]
    month = f"{asked.report_month:%Y-%m}"
    name = f"{unit['code']}_{unit['short_name']}_{form['name_zh']}_{month}.xlsx"
    return output / month / name.translate(FORBIDDEN_IN_NAMES)


def _write(path: Path, template: Template) -> Path | None:
    """Write beside and move into place; a file that somebody has worked in since is kept, and its new name given."""
    aside: Path | None = None
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_template(beside, template)
        written = _sha256(beside)
        memory = path.with_name(WRITTEN)
        known = recall(memory) or {}
        if path.exists() and _sha256(path) not in (written, known.get(path.name)):
            changed = datetime.fromtimestamp(path.stat().st_mtime, OFFICE_TIMEZONE)
            aside = path.replace(path.with_name(f"{path.stem}_{changed:%Y%m%d-%H%M%S}{path.suffix}"))
        beside.replace(path)
        remember(memory, known | {path.name: written})
    except (OSError, FileCreateError) as error:
        raise JinduError(
            f"无法写入 {path}：{error}。请关闭正在打开它的程序、检查权限，或用 --output 换一个文件夹。",
            f"Cannot write {path}: {error}. Close the program that has it open, check the permissions, "
            "or name another folder with --output.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return aside


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _next_month(day: date) -> date:
    """The first day of the month after that of `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _month_before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
