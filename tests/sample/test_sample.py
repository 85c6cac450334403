"""The sample home: published figures met, identities held, defects listed, the same for the same seed."""

import csv
import hashlib
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from jindu.catalogue import Catalogue, load
from jindu.sample import compose, generate
from jindu.sample.asking import Asking, month_before
from jindu.sample.defect import PlantedDefect
from jindu.sample.files import SampleFile, lock
from jindu.sample.series import Series
from jindu.settings import PROJECT_ROOT, Home
from jindu.workbooks.form import FormRow

LISTED_DEFECTS = {
    "late", "late_correction", "missing", "two_versions", "identical_twice", "gbk_csv", "unit_slip",
    "falling_cumulative", "wrong_month", "unknown_code", "not_applicable_against_blank", "required_blank",
    "copied_month", "empty_file", "not_a_workbook", "password",
}  # fmt: skip
SEEDS = [1, 2, 3]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(PROJECT_ROOT / "warehouse" / "reference")


@pytest.fixture(scope="module")
def asking(catalogue: Catalogue) -> Asking:
    return Asking(catalogue)


@pytest.fixture(scope="module", params=SEEDS)
def series(asking: Asking, request: pytest.FixtureRequest) -> Series:
    return Series(asking, request.param)


@pytest.fixture(scope="module", params=SEEDS)
def composed(asking: Asking, request: pytest.FixtureRequest) -> tuple[list[SampleFile], list[PlantedDefect]]:
    return compose(asking, request.param, 9)


@pytest.fixture(scope="module")
def homes(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> list[Home]:
    made = [Home(tmp_path_factory.mktemp("home")) for _ in range(2)]
    for home in made:
        generate(home, catalogue, seed=5)
    return made


def tree(home: Home) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(home.root)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns if home.inbox in path.parents else 0,
        )
        for path in sorted(home.root.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_and_times(homes: list[Home]) -> None:
    assert tree(homes[0]) == tree(homes[1])


def test_another_seed_replaces_the_files_of_the_first(homes: list[Home], catalogue: Catalogue) -> None:
    own = homes[1].inbox / "own.txt"
    own.write_text("mine")
    generate(homes[1], catalogue, seed=6, last_month=2)
    listed = json.loads((homes[1].root / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = {str(path.relative_to(homes[1].inbox)) for path in homes[1].inbox.rglob("*") if path.is_file()}
    assert found == {*listed, "own.txt"}


def test_locked_workbook_is_the_same_and_chance_is_put_back(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "a.xlsx")
    content = (tmp_path / "a.xlsx").read_bytes()
    assert lock(content, "x") == lock(content, "x")
    from msoffcrypto.method import ecma376_agile  # noqa: PLC0415

    assert ecma376_agile._random_buffer(16) != ecma376_agile._random_buffer(16)


def test_published_figures_are_met(asking: Asking, series: Series) -> None:
    checked = 0
    for row in asking.tables["baseline"]:
        code, indicator = row["indicator_code"], asking.indicators[row["indicator_code"]]
        cells = asking.source_cells.get(code, {})
        units = [unit for unit in cells if row["org_unit_code"] in asking.line(unit)]
        if row["value"] is None or indicator["kind"] not in ("flow", "stock") or not units:
            continue
        months = [month for month in asking.all_months if row["period_from"] <= month <= row["period_to"]]
        if indicator["kind"] == "stock":
            months = months[-1:]
        if any(month not in cells[unit] for unit in units for month in months):
            continue
        total = sum(series.value(code, unit, month) or Decimal(0) for unit in units for month in months)
        stated = row["value"] * asking.factor(row["unit"], indicator["unit"])
        checked += 1
        if row["qualifier"] == "over":
            assert stated < total <= stated * Decimal("1.1"), row
        else:
            assert total == stated, row
    assert checked > 80


def test_published_rates_are_met(asking: Asking, series: Series) -> None:
    for row in asking.tables["baseline"]:
        ratio = asking.indicators[row["indicator_code"]]
        if ratio["kind"] != "ratio" or row["value"] is None:
            continue
        unit, end = row["org_unit_code"], row["period_to"]
        if ratio["numerator_code"] is None:
            assert series.value(ratio["code"], unit, end) == row["value"]
            continue
        parts = []
        for code in (ratio["numerator_code"], ratio["denominator_code"]):
            units = [one for one in asking.source_cells[code] if unit in asking.line(one)]
            is_flow = asking.indicators[code]["kind"] == "flow"
            months = [m for m in asking.all_months if row["period_from"] <= m <= end] if is_flow else [end]
            parts.append(sum(series.value(code, one, month) or Decimal(0) for one in units for month in months))
        places = max(-int(row["value"].normalize().as_tuple().exponent), 3)  # as exactly as it is published
        assert abs(parts[0] / parts[1] - row["value"]) <= Decimal("0.5").scaleb(-min(places, 3)), row


def test_published_growth_is_met(asking: Asking, series: Series) -> None:
    for row in asking.tables["baseline"]:
        growth = asking.indicators[row["indicator_code"]]
        if growth["kind"] == "growth":
            code, unit = growth["numerator_code"], row["org_unit_code"]
            own = series.year_to_date(code, unit, row["period_to"])
            before = series.prior_year_to_date(code, unit, row["period_to"])
            assert own is not None and before is not None
            assert round(own / before - 1, 3) == row["value"].normalize()


def test_published_ranks_are_right(asking: Asking, series: Series) -> None:
    checked = 0
    for row in asking.tables["baseline"]:
        code, month = row["indicator_code"], row["period_to"]
        if row["published_rank"] is None:
            continue

        def size(
            unit: str, code: str = code, month: date = month, metric: str = row["published_rank_metric"]
        ) -> Decimal:
            if asking.indicators[code]["kind"] == "stock":
                return series.value(code, unit, month) or Decimal(0)
            own = series.year_to_date(code, unit, month) or Decimal(0)
            before = series.prior_year_to_date(code, unit, month) or Decimal(1)
            return own / before if metric == "growth" else own

        sizes = {unit: size(unit) for unit in asking.source_cells[code]}
        rank = 1 + sum(other > sizes[row["org_unit_code"]] for other in sizes.values())
        ties = sum(other == sizes[row["org_unit_code"]] for other in sizes.values())
        assert (rank, ties) == (row["published_rank"], 1), row
        checked += 1
    assert checked == 3


def test_nothing_is_negative_or_above_its_maximum(asking: Asking, series: Series) -> None:
    for code, cells in asking.source_cells.items():
        highest = asking.indicators[code]["maximum"]
        for unit, months in cells.items():
            for month in months:
                value = series.value(code, unit, month)
                assert value is not None and value >= 0, (code, unit, month)
                assert highest is None or value <= highest, (code, unit, month)


def test_numerators_stay_within_denominators(asking: Asking, series: Series) -> None:
    pairs = [row for row in asking.indicators.values() if row["kind"] == "ratio" and row["denominator_code"]]
    assert pairs
    for row in pairs:
        for unit, months in asking.source_cells[row["numerator_code"]].items():
            for month in months:
                part = series.value(row["numerator_code"], unit, month)
                whole = series.value(row["denominator_code"], unit, month)
                assert part is not None and whole is not None and part <= whole, (row["code"], unit, month)


def test_levels_move_by_what_is_added_and_removed(asking: Asking, series: Series) -> None:
    for row in asking.tables["identity"]:
        for unit, months in asking.source_cells[row["total_code"]].items():
            for month in months[1:]:
                now, before = (series.value(row["total_code"], unit, one) for one in (month, month_before(month)))
                added, removed = (series.value(row[key], unit, month) for key in ("added_code", "removed_code"))
                assert now is not None and before is not None and added is not None and removed is not None
                assert now == before + added - removed, (row["total_code"], unit, month)


def honest(composed: tuple[list[SampleFile], list[PlantedDefect]]) -> list[SampleFile]:
    files, defects = composed
    planted = {defect.file for defect in defects}
    return [file for file in files if file.inbox_path not in planted]


def test_honest_cumulatives_are_sums_of_months(composed: tuple[list[SampleFile], list[PlantedDefect]]) -> None:
    known: dict[tuple[str, str, date], FormRow] = {}
    for file in honest(composed):
        assert file.heading is not None
        for row in file.rows:
            known[(f"{file.heading.form_code}:{row.indicator_code}", row.subject_code, file.heading.report_month)] = row
    checked = 0
    for (code, unit, month), row in known.items():
        before = known.get((code, unit, month_before(month)))
        if not isinstance(row.month_value, Decimal) or not isinstance(row.ytd_value, Decimal):
            continue
        if month.month == 1:
            assert row.ytd_value == row.month_value
        elif before is not None and isinstance(before.ytd_value, Decimal):
            assert row.ytd_value == before.ytd_value + row.month_value, (code, unit, month)
            checked += 1
        last = known.get((code, unit, month.replace(year=month.year - 1)))
        if last is not None and isinstance(row.prior_ytd_value, Decimal):
            assert row.prior_ytd_value == last.ytd_value, (code, unit, month)
    assert checked > 5000


def test_check_figures_are_the_sum_of_the_units(
    asking: Asking, composed: tuple[list[SampleFile], list[PlantedDefect]]
) -> None:
    """A unit's wrong figure apart, of which the last month's are the ones that stay."""
    values: dict[tuple[str, date], Decimal] = {}
    checks: list[tuple[str, date, object]] = []
    skipped = {(defect.form_code, defect.report_month) for defect in composed[1]}
    for file in composed[0]:
        assert file.heading is None or file.heading.title.endswith("（示例）")
        if file.heading is None:
            continue
        for row in file.rows:
            source = asking.indicators.get(row.indicator_code, {}).get("source_form")
            if source == file.heading.form_code and isinstance(row.month_value, Decimal):
                key = (row.indicator_code, file.heading.report_month)
                values[key] = values.get(key, Decimal(0)) + row.month_value
            elif source and source != file.heading.form_code and (source, file.heading.report_month) not in skipped:
                checks.append((row.indicator_code, file.heading.report_month, row.month_value))
    assert checks
    for code, month, value in checks:
        assert values[(code, month)] == value, (code, month)


def test_only_asked_rows_are_there(asking: Asking, composed: tuple[list[SampleFile], list[PlantedDefect]]) -> None:
    for file in honest(composed):
        assert file.heading is not None
        questions = asking.questions(file.heading.form_code, file.heading.sender_code, file.heading.report_month)
        assert [(row.indicator_code, row.subject_code) for row in file.rows] == [
            (question.indicator_code, question.subject_code) for question in questions
        ]


def test_one_community_in_three_keeps_to_the_template(
    asking: Asking, composed: tuple[list[SampleFile], list[PlantedDefect]]
) -> None:
    """Their rows say which cells the template left open, and bring last year's figures of every kind that had any."""
    marked = [file for file in composed[0] if any(row.asked_mark for row in file.rows)]
    assert {file.heading.report_month.year for file in marked if file.heading} == {asking.plan_year}
    assert {file.heading.form_code for file in marked if file.heading} == {"community_monthly"}
    assert len({file.folder_code for file in marked}) == 5
    for row in (row for file in marked for row in file.rows):
        is_flow = asking.indicators[row.indicator_code]["kind"] == "flow"
        assert (row.prior_ytd_value is None) == row.asked_mark.endswith(" prior") or not is_flow
    levels = {row.indicator_code for file in marked for row in file.rows if row.prior_ytd_value is not None}
    assert {asking.indicators[code]["kind"] for code in levels} >= {"flow", "stock"}


def test_every_form_of_every_month_is_there(
    asking: Asking, composed: tuple[list[SampleFile], list[PlantedDefect]]
) -> None:
    files, defects = composed
    count = sum(
        len(asking.senders(form, month))
        for form in asking.forms
        for month in asking.all_months
        if month <= date(2024, 9, 1)
    )
    extra = Counter(defect.expected_state for defect in defects)
    mended = extra["superseded"] + extra["duplicate_ignored"]
    rejected = sum(defect.expected_state == "rejected" and defect.code != "password" for defect in defects)
    assert len(files) == count + mended + rejected - extra["missing"]
    assert len({file.inbox_path for file in files}) == len(files)


def test_files_come_after_their_month_and_only_the_late_ones_after_the_due_day(
    asking: Asking, composed: tuple[list[SampleFile], list[PlantedDefect]]
) -> None:
    for file in honest(composed):
        assert file.heading is not None
        days = (file.arrived_at.date() - file.heading.report_month).days
        assert 28 <= days <= 31 + 12, file.inbox_path
        assert file.arrived_at.utcoffset() is not None


def test_manifest_covers_every_kind(composed: tuple[list[SampleFile], list[PlantedDefect]]) -> None:
    files, defects = composed
    assert {defect.code for defect in defects} == LISTED_DEFECTS
    paths = {file.inbox_path for file in files}
    assert all(defect.file in paths for defect in defects if defect.expected_state != "missing")


def test_manifest_is_written(homes: list[Home]) -> None:
    with (homes[0].root / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["code"] for row in rows} == LISTED_DEFECTS
    assert all((homes[0].inbox / row["file"]).is_file() for row in rows if row["code"] != "missing")
    assert len(json.loads((homes[0].root / "manifest.json").read_text(encoding="utf-8"))["defects"]) == len(rows)


def test_planted_files_are_what_the_manifest_says(homes: list[Home]) -> None:
    with (homes[0].root / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    content = {
        (row["code"], row["expected_state"]): (homes[0].inbox / row["file"]).read_bytes() for row in rows if row["file"]
    }
    assert content[("empty_file", "rejected")] == b""
    assert content[("password", "rejected")].startswith(bytes.fromhex("d0cf11e0"))
    assert content[("identical_twice", "accepted")] == content[("identical_twice", "duplicate_ignored")]
    assert content[("two_versions", "superseded")] != content[("two_versions", "accepted")]
    table = content[("gbk_csv", "accepted")]
    assert "示例" in table.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        table.decode("utf-8")
