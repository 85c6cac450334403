"""An invented home to try jindu with: two years of submissions around the published figures, everything marked 示例."""

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

from jindu.catalogue import Catalogue
from jindu.sample.asking import Asking
from jindu.sample.defect import PlantedDefect, Planter, Slot
from jindu.sample.files import SampleFile, write_file
from jindu.sample.filling import Filling
from jindu.sample.prefilling import in_template, keeps_to_template
from jindu.sample.series import Series
from jindu.settings import Home, Progress, no_progress
from jindu.spreadsheet import CsvWriter

LAST_MONTH = 9  # of the plan year
EXEMPTION_COUNT = 2  # indicator and unit pairs that honestly do not apply
MANIFEST = "manifest"


def generate(
    home: Home, catalogue: Catalogue, seed: int = 1, progress: Progress = no_progress, last_month: int = LAST_MONTH
) -> list[PlantedDefect]:
    """Fill the inbox with the year before the plan year and the plan year up to `last_month`; returns what was planted.

    The same catalogue and seed give the same bytes and modification times. Files of an earlier sample are replaced;
    manifest.csv and manifest.json in the home's root list the defects.
    """
    asking = Asking(catalogue)
    files, defects = compose(asking, seed, last_month)
    headings: dict[str, str] = {}
    for row in asking.tables["heading"]:
        headings.setdefault(row["field"], row["heading"])
    remove_earlier(home)
    home.inbox.mkdir(parents=True, exist_ok=True)
    for done, file in enumerate(files, start=1):
        write_file(home.inbox, file, headings)
        progress(done, len(files))
    write_manifest(home, seed, files, defects)
    return defects


def compose(asking: Asking, seed: int, last_month: int) -> tuple[list[SampleFile], list[PlantedDefect]]:
    """All files by path, and the planted defects by path."""
    months = [month for month in asking.all_months if month <= date(asking.plan_year, last_month, 1)]
    series = Series(asking, seed)
    filling = Filling(asking, series, exemptions(asking, seed))
    planter = Planter(asking, series, filling, months, seed)
    planted = planter.plant()
    files: list[SampleFile] = []
    for month in months:
        for form_code in asking.forms:
            for sender in asking.senders(form_code, month):
                slot = Slot(form_code, sender, month)
                files += planted[slot][0] if slot in planted else [honest(planter, asking, filling, slot)]
    defects = [defect for _, lines in planted.values() for defect in lines]
    files.sort(key=lambda file: file.inbox_path)
    defects.sort(key=lambda defect: (defect.report_month, defect.org_unit_code, defect.file))
    return files, defects


def honest(planter: Planter, asking: Asking, filling: Filling, slot: Slot) -> SampleFile:
    """The slot's form as it came in time, some of them in the template that the office sent out."""
    file = planter.file(slot, planter.punctual(slot))
    if not keeps_to_template(asking, slot.form_code, slot.sender_code, slot.month):
        return file
    questions = asking.questions(slot.form_code, slot.sender_code, slot.month)
    return replace(file, rows=in_template(filling, questions, file.rows, slot.month))


def exemptions(asking: Asking, seed: int) -> frozenset[tuple[str, str]]:
    """A few sums that do not apply to a unit: new in the plan year, in no ratio, asked of several units."""
    parts = {row[key] for row in asking.indicators.values() for key in ("numerator_code", "denominator_code")}
    pairs = [
        (code, unit)
        for code, cells in asking.source_cells.items()
        if asking.indicators[code]["kind"] == "flow" and code not in parts and len(cells) > EXEMPTION_COUNT
        for unit, months in cells.items()
        if months[0].year == asking.plan_year
    ]
    return frozenset(random.Random(f"{seed}:exemptions").sample(pairs, min(EXEMPTION_COUNT, len(pairs))))


def remove_earlier(home: Home) -> None:
    """Delete the files that an earlier sample's manifest lists, and no others."""
    manifest = home.root / f"{MANIFEST}.json"
    if manifest.is_file():
        for inbox_path in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
            (home.inbox / inbox_path).unlink(missing_ok=True)


def write_manifest(home: Home, seed: int, files: list[SampleFile], defects: list[PlantedDefect]) -> None:
    """manifest.csv for people, manifest.json (with all file names) for programs."""
    lines = [{**vars(defect), "report_month": f"{defect.report_month:%Y-%m}"} for defect in defects]
    path: Path = home.root / f"{MANIFEST}.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = CsvWriter(out)
        writer.row(list(PlantedDefect.__dataclass_fields__))
        writer.rows([*line.values()] for line in lines)
    content = {"mark": "示例", "seed": seed, "files": [file.inbox_path for file in files]}
    content["defects"] = [{key: value or None for key, value in line.items()} for line in lines]
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (home.root / f"{MANIFEST}.json").write_text(text + "\n", encoding="utf-8")
