"""Every figure that a night publishes is explained: the arithmetic comes to it, and the cells hold what it rests on."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from jindu.settings import Home
from jindu.warehouse.columns import load
from tests.explain.arithmetic import stated, worked_out

from .conftest import Ran

FIGURES = {  # the step that gives each figure of mart.completion
    "month_value": "month", "ytd_value": "ytd", "prior_ytd_value": "prior", "growth_ratio": "growth",
    "rolling_3_value": "rolling_3", "rolling_12_value": "rolling_12", "annual_target_value": "target",
    "target_to_date_value": "target_to_date", "completion_ratio": "completion", "pace_ratio": "pace",
    "gap_value": "gap", "needed_monthly_value": "needed", "projected_value": "projection",
    "projected_deviation_value": "projected_range",
}  # fmt: skip
# What a figure may be besides a sum or a quotient of others: the cap, a day, a baseline that is held.
IN_WORDS = re.compile(
    r"受限不公开|are withheld|按上限计|完成$|守住即为 1|the cap counts|finished on|holding it is 1|[*]"
)
DONE_AGAIN = {"month", "ytd", "prior", "growth", "rolling_3", "rolling_12", "target_to_date", "completion", "pace",
              "gap", "needed"}  # fmt: skip


def rows(home: Home, query: str) -> list[dict[str, Any]]:
    """The rows of a query on what is published."""
    with duckdb.connect(home.published.resolve(), read_only=True) as connection:
        return connection.execute(query).pl().to_dicts()


@pytest.fixture(scope="module")
def steps(first: Ran) -> list[dict[str, Any]]:
    """Every step of every row but the cells."""
    return rows(
        first.home,
        "select step.org_unit_code, indicator_code, step.report_month, step.kind, step.value, text_zh, text_en, "
        "indicator.kind as indicator_kind, numerator_code, denominator_code "
        "from mart.completion_explained as step inner join mart.indicator as indicator using (indicator_code) "
        "where step.kind <> 'cell'",
    )


@pytest.mark.parametrize("text", ["text_zh", "text_en"])
def test_the_arithmetic_comes_to_what_is_published(steps: list[dict[str, Any]], text: str) -> None:
    wrong, unsaid, done = [], [], 0
    for step in steps:
        said = stated(step[text])
        if said is None:
            if _is_done_again(step) and step["value"] is not None and not IN_WORDS.search(step[text]):
                unsaid.append(step)
            continue
        value, arithmetic = said
        done += 1
        if value != step["value"] or abs(worked_out(arithmetic) - value) > _rounding(step, arithmetic):
            wrong.append(step)
    assert wrong == []
    assert unsaid == []
    assert done > 50_000


def _rounding(step: dict[str, Any], arithmetic: str) -> Decimal:
    """By how much a step may differ: an estimate's factors are told to six places each, all else is exact."""
    if not step["kind"].startswith("projected_"):
        return Decimal(0)
    numbers = [Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", arithmetic)]
    return Decimal("0.000005") * max(1, *numbers)


def _is_done_again(step: dict[str, Any]) -> bool:
    """Whether a step must state its arithmetic: a ratio's and a growth's bounds, too."""
    return step["kind"] in DONE_AGAIN or (
        step["kind"] in {"low", "high"} and step["indicator_kind"] in {"ratio", "growth"}
    )


def test_bounds_of_a_ratio_are_told_in_the_units_of_its_parts(first: Ran, steps: list[dict[str, Any]]) -> None:
    """Low: what is known of the numerator (of a growth less last year) over a base that high has as well."""
    known = {
        (row["org_unit_code"], row["indicator_code"], row["report_month"]): row["ytd_value"]
        for row in rows(first.home, "from mart.completion")
    }
    above = {row["org_unit_code"] for row in rows(first.home, "select distinct org_unit_code from mart.contribution")}
    told: dict[tuple[Any, ...], dict[str, list[Fraction]]] = {}
    for step in steps:
        if step["kind"] in {"low", "high"} and step["numerator_code"] and (said := stated(step["text_zh"])):
            key = (step["org_unit_code"], step["indicator_code"], step["report_month"])
            parts = [Fraction(part.strip(" ()")) for part in said[1].split("÷")]
            told.setdefault((*key, step["numerator_code"], step["denominator_code"]), {})[step["kind"]] = parts
    wrong, compared = [], 0
    for (unit, code, month, numerator, denominator), bounds in told.items():
        (low, base), (_, high_base) = bounds["low"], bounds["high"]
        if unit in above:
            continue
        compared += 1
        done = known.get((unit, numerator, month)) or 0
        out_of = known.get((unit, denominator, month)) or 0 if denominator else base
        if base != high_base or low + (0 if denominator else base) != Fraction(done) or base < Fraction(out_of):
            wrong.append((unit, code, month, bounds, done, out_of))
    assert wrong == []
    assert compared > 0


def test_every_figure_has_its_step_and_no_other_value(first: Ran, steps: list[dict[str, Any]]) -> None:
    said = {
        (step["kind"], step["org_unit_code"], step["indicator_code"], step["report_month"]): step["value"]
        for step in steps
        if step["kind"] != "unit"
    }
    differing = []
    for row in rows(first.home, "from mart.completion"):
        for column, kind in FIGURES.items():
            step = (kind, row["org_unit_code"], row["indicator_code"], row["report_month"])
            if said.get(step) != row[column]:
                differing.append((step, row[column], said.get(step)))
    assert differing == []


def test_every_status_rule_is_told_with_its_words(first: Ran, steps: list[dict[str, Any]]) -> None:
    words = load().tables["completion"].column("status")
    assert words is not None
    said = {(step["org_unit_code"], step["indicator_code"], step["report_month"]): step for step in steps
            if step["kind"] == "status"}  # fmt: skip
    published = rows(
        first.home, "select org_unit_code, indicator_code, report_month, status, status_rule from mart.completion"
    )
    assert len(said) == len(published)
    for row in published:
        step = said[row["org_unit_code"], row["indicator_code"], row["report_month"]]
        assert step["text_zh"].startswith(f"状态 {words.values[row['status']]}：")
        assert step["text_zh"].endswith(f"（规则 {row['status_rule']}）")
        assert f"(rule {row['status_rule']})" in step["text_en"]


def test_a_pace_stands_where_its_rule_says(steps: list[dict[str, Any]]) -> None:
    found = 0
    for step in steps:
        compared = re.search(r"：([-\d.]+(?: [≤<≥] [-\d.]+)+)（规则 pace_", step["text_zh"])
        if compared:
            found += 1
            expression = compared[1].replace("≤", "<=").replace("≥", ">=")
            assert eval(re.sub(r"-?\d+(?:\.\d+)?", r"Decimal('\g<0>')", expression), {"Decimal": Decimal}), step
    assert found > 1_000


def test_a_recent_rate_is_the_mean_of_the_months_that_were_told(first: Ran) -> None:
    """A unit's own flow: what each report brought, a cumulative of several months once, by its mean."""
    told: dict[tuple[str, str], dict[date, Decimal]] = {}
    before: dict[tuple[str, str, int], tuple[int, Decimal]] = {}
    own = rows(
        first.home,
        "select org_unit_code, indicator_code, report_month, ytd_value, months_covered_count "
        "from mart.completion inner join mart.indicator using (indicator_code) where kind = 'flow' and not exists ("
        "from mart.contribution where contribution.org_unit_code = completion.org_unit_code "
        "and contribution.indicator_code = completion.indicator_code) order by report_month",
    )
    for row in own:
        key, month = (row["org_unit_code"], row["indicator_code"]), row["report_month"]
        count, so_far = before.get((*key, month.year), (0, Decimal(0)))
        months = row["months_covered_count"] - count
        if months and row["ytd_value"] is not None:
            amount = (row["ytd_value"] - so_far) / months  # where month and cumulative disagree, the cumulative counts
            told.setdefault(key, {})[month] = amount.quantize(Decimal("0.000001"), ROUND_HALF_UP)
            before[*key, month.year] = row["months_covered_count"], row["ytd_value"]
    wrong, done, at_once = [], 0, 0
    for part in rows(first.home, "from mart.projection_part where recent_months_count is not null"):
        month, amounts = part["report_month"], told.get((part["org_unit_code"], part["part_code"]))
        if amounts is None:
            continue
        until = {other: amount for other, amount in amounts.items() if other <= month}
        recent = [amount for other, amount in until.items() if _months_between(other, month) < 3]
        year = [amount for other, amount in until.items() if other.year == month.year]
        done += 1
        at_once += len(year) < before[part["org_unit_code"], part["part_code"], month.year][0]
        found = (part["recent_value"], part["recent_months_count"], part["year_value"], part["year_months_count"])
        if found != (sum(recent) if recent else None, len(recent), sum(year), len(year)):
            wrong.append((part, recent, year))
    assert wrong == []
    assert done > 1_000
    assert at_once > 100


def _months_between(earlier: date, later: date) -> int:
    return 12 * (later.year - earlier.year) + later.month - earlier.month


def test_each_cell_holds_what_is_said_of_it(first: Ran) -> None:
    cells = rows(
        first.home,
        "select sha256, cell.* from mart.reported_cell as cell inner join mart.submission using (submission_id) "
        "where not is_suppressed order by sha256",
    )
    assert len(cells) > 10_000
    held: dict[str, dict[tuple[str | None, str], str]] = {}
    wrong = []
    for cell in cells:
        if cell["sha256"] not in held:
            held[cell["sha256"]] = dict(typed_cells(archived(first.home, cell["sha256"])))
        found = {address: text for (sheet, address), text in held[cell["sha256"]].items()
                 if sheet in (cell["sheet_name"], None)}[cell["cell"]]  # fmt: skip
        if cell["measure"] == "finished_on":
            same = found == str(cell["finished_on"])
        else:
            same = same_number(found, cell["cell_text"]) or found == cell["cell_text"]
        if not same:
            wrong.append((cell, found))
    assert wrong == []


def test_a_cell_that_counts_as_it_was_typed_has_that_value(first: Ran) -> None:
    plain = [cell for cell in rows(first.home, "from mart.reported_cell where not is_suppressed and value is not null")
             if re.fullmatch(r"-?\d+(\.\d+)?", cell["cell_text"])]  # fmt: skip
    assert len(plain) > 10_000
    differing = [cell for cell in plain if Decimal(cell["cell_text"]) != cell["value"]]
    assert {cell["value"] / Decimal(cell["cell_text"]) for cell in differing} <= {
        Decimal(10_000), Decimal("0.0001"), Decimal("0.01")
    }  # fmt: skip


def test_every_cell_of_a_step_is_one_that_was_reported(first: Ran) -> None:
    lost = rows(
        first.home,
        "select distinct submission_id, cell from mart.completion_explained where kind = 'cell' "
        "except select submission_id, cell from mart.reported_cell",
    )
    assert lost == []
    unnamed = rows(
        first.home,
        "from mart.completion_explained where kind = 'cell' and (file_name is null or cell is null)",
    )
    assert unnamed == []


def archived(home: Home, sha256: str) -> Path:
    """The file as it was received."""
    (path,) = (path for path in home.archive.rglob(f"{sha256}*") if path.is_file())
    return path


def typed_cells(path: Path) -> Iterator[tuple[tuple[str | None, str], str]]:
    """Every filled cell of a file by sheet and address; a CSV has no sheet."""
    if path.read_bytes()[:2] == b"PK":
        for sheet in openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True).worksheets:
            for line in sheet.iter_rows():
                for cell in line:
                    if cell.value is not None:
                        text = f"{cell.value:%Y-%m-%d}" if cell.is_date else str(cell.value)
                        yield (sheet.title, cell.coordinate), text
        return
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig") if not _is_gb(raw) else raw.decode("gb18030")
    for number, line in enumerate(csv.reader(text.splitlines()), start=1):
        for column, content in enumerate(line, start=1):
            yield (None, f"{get_column_letter(column)}{number}"), content.strip()


def _is_gb(raw: bytes) -> bool:
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return True
    return False


def same_number(found: str, told: str) -> bool:
    """Whether two texts are one number, as a workbook keeps it (95 % is 0.95) or as a person writes it."""
    numbers = [re.fullmatch(r"(-?[\d,]+(?:\.\d+)?)(%?)", text.strip()) for text in (found, told)]
    if None in numbers:
        return False
    first, second = (
        Decimal(match[1].replace(",", "")) / (100 if match[2] else 1) for match in numbers if match is not None
    )
    return abs(first - second) < Decimal("0.0000005")
