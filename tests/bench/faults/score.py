"""How many planted faults the incoming gate finds, and how often it speaks without one: the whole pipeline, one night.

    python -m tests.bench.faults.score [--generator sample|second] [--seed N] [--list] [--keep FOLDER]

Each seed of the generator (its SEEDS, or its SEED) is an office with a backlog, collected, read and judged by Great
Expectations in one night. rule.csv says to which family each rule of expectations/incoming.yml belongs.

A fault is found when a rule of its family, of whatever severity, names its submission and, where it is a cell, its
unit and its indicator (or one that a ratio or an identity ties to it, where rule.csv says `tied`).
A finding is a false alarm, of whatever severity, when no fault explains it; but a signal of a rule whose family is
`information` (a straight line, bunching over the target) is counted apart. A fault explains
- what is found in its own submission about its own series, or about anything when the whole submission is the fault;
- where rule.csv says so, what follows elsewhere from its value, as long as that is in a version which passes the rules
  needing no history (issue 6, line 2: that is what history is compared with): `month_before` next month's report does
  not go on from it; `year_before` next year's report of last year's figure is another; `unit_below` the figure of the
  unit above is not the sum; `tied` the series that a ratio or an identity ties to it.
`--list` tells each fault that was missed and each false alarm, with the months before. `--keep` leaves the homes in a
folder and takes up from there when nothing but the rules has changed: a minute saved each time.
Exit code 1 when a critical family is not found whole, or when neither all findings nor those that warn the clerk find 9
outliers in 10 with at most one false alarm in 1,000 honest cells: recall and false alarms are of the same findings.
"""

import argparse
import csv
import hashlib
import importlib
import pickle
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

import duckdb

from jindu.checks.expectations import gate_expectations
from jindu.checks.gate import run_gate
from jindu.night import drop_lock, open_night
from jindu.settings import PROJECT_ROOT, Home, Night, no_progress
from jindu.warehouse.models import build_readings, store_reference
from jindu.workbooks.collect import collect
from jindu.workbooks.read import read
from tests.bench.faults.world import CRITICAL_FAMILIES, FAMILIES, Fault, World

HERE = Path(__file__).parent
LEAST_OUTLIERS = 0.9  # issue 6, line 5
MOST_FALSE_ALARMS = 1.0  # in 1,000 honest cells
MONTHS_SHOWN = 14
SIGNAL = "information"  # the family of rules for the operator alone, that no fault is planted for
KEPT = (HERE, PROJECT_ROOT / "sql" / "raw", PROJECT_ROOT / "jindu" / "workbooks", PROJECT_ROOT / "jindu" / "sample")


@dataclass(frozen=True)
class Rule:
    """What a rule is about, and what else than a fault of the very cell explains its findings."""

    families: tuple[str, ...]
    explained_by: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """One finding of the incoming gate, with the inbox paths that its bytes came under."""

    rule_code: str
    severity: str
    files: frozenset[str]
    org_unit_code: str
    form_code: str
    indicator_code: str
    report_month: date | None
    found: str
    expected: str


@dataclass(frozen=True)
class Score:
    """What became of one office."""

    world: World
    missed: tuple[Fault, ...]
    told_operator_only: tuple[Fault, ...]  # found, but by information alone
    false_alarms: tuple[Finding, ...]
    signals_count: int  # what the operator is told besides: unusual, legal, and none of what is planted
    series: dict[tuple[str, str], list[tuple[date, str]]]  # indicator and unit → months as reported


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="tests.bench.faults.score")
    parser.add_argument("--generator", choices=("sample", "second"), default="sample")
    parser.add_argument("--seed", type=int, help="one office, instead of all of the generator's SEEDS")
    parser.add_argument("--list", action="store_true", help="tell what was missed, and the false alarms")
    parser.add_argument("--keep", type=Path, help="a folder that the homes stay in")
    options = parser.parse_args(arguments)
    generator = importlib.import_module(f"tests.bench.faults.{options.generator}")
    seeds = (options.seed,) if options.seed is not None else seeds_of(generator)
    rules = load_rules()
    scores = []
    with tempfile.TemporaryDirectory(prefix="jindu-faults-") as folder:
        for seed in seeds:
            home, world = prepared(options.keep or Path(folder), options.generator, seed)
            scores.append(scored(home, world, rules))
            if options.list:
                print_list(scores[-1], seed)
    print(f"generator {options.generator}, seed {', '.join(map(str, seeds))}")
    return print_table(scores, rules)


def seeds_of(generator: ModuleType) -> Sequence[int]:
    """The seeds that a generator is scored with: its SEEDS, or its one SEED."""
    return getattr(generator, "SEEDS", None) or (generator.SEED,)


def load_rules() -> dict[str, Rule]:
    """rule.csv: the families of each rule, and what explains its findings."""
    with (HERE / "rule.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["rule_code"]: Rule(tuple(row["family"].split()), tuple(row["explained_by"].split()))
            for row in csv.DictReader(rows)
        }


# --- the night ---


def prepared(folder: Path, generator: str, seed: int) -> tuple[Path, World]:
    """A home with one office's backlog in its inbox; as it was left when nothing but rules has changed since."""
    digest = hashlib.sha256()
    for path in sorted(path for kept in KEPT for path in kept.rglob("*.*") if path.suffix in (".py", ".sql")):
        digest.update(path.read_bytes())
    home = folder / f"{generator}-{seed}-{digest.hexdigest()[:8]}"
    memory = home / "world.pickle"
    if memory.exists():
        world: World = pickle.loads(memory.read_bytes())
        return home, world
    for earlier in folder.glob(f"{generator}-{seed}-*"):
        shutil.rmtree(earlier)
    home.mkdir(parents=True)
    world = importlib.import_module(f"tests.bench.faults.{generator}").build(home / "world", seed)
    if not (home / "inbox").exists():
        world.inbox.rename(home / "inbox")
    memory.write_bytes(pickle.dumps(world))
    return home, world


def scored(home: Path, world: World, rules: dict[str, Rule]) -> Score:
    """Judge the backlog in one night, and hold the findings against the faults."""
    night = open_night(str(home), str(world.reference), world.as_of.isoformat())
    try:
        store_reference(night)
        collect(night, no_progress)
        read(night, no_progress)
        build_readings(night)
        run_gate(night, "incoming")
    finally:
        drop_lock(Home(home))
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        findings = list(found(connection, night))
        ties = tied(connection)
        above = dict(connection.sql("select code, parent_code from reference.org_unit").fetchall())
        series: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
        rows = connection.sql("""
            select distinct indicator_code, org_unit_code, report_month,
                concat_ws(' / ', coalesce(month_value::double::text, '–'), coalesce(ytd_value::double::text, '–'))
            from core.reading
            where indicator_code is not null
            order by all
        """).fetchall()
    for indicator, unit, month, shown in rows:
        series[indicator, unit].append((month, shown))
    explanations = Explanations(world.faults, findings, rules, ties, above)
    missed, operator_only = [], []
    for fault in world.faults:
        severities = {finding.severity for finding in findings if explanations.finds(finding, fault)}
        missed += [] if severities else [fault]
        operator_only += [fault] if severities == {"information"} else []
    unexplained = [finding for finding in findings if not explanations.explained(finding)]
    alarms = [finding for finding in unexplained if family_of(finding, rules) != SIGNAL]
    signals_count = len(unexplained) - len(alarms)
    return Score(world, tuple(missed), tuple(operator_only), tuple(alarms), signals_count, dict(series))


def found(connection: duckdb.DuckDBPyConnection, night: Night) -> Iterator[Finding]:
    """The night's findings of the incoming gate."""
    rows = connection.execute(
        """
        with lying as (
            select submission_id, list(inbox_path) as paths
            from raw.arrival
            group by submission_id
        )

        select rule_code, severity, coalesce(paths, []), coalesce(org_unit_code, ''), coalesce(form_code, ''),
            coalesce(indicator_code, ''), report_month, coalesce(found, ''), coalesce(expected, '')
        from raw.finding left join lying using (submission_id)
        where gate = 'incoming' and run_id = ?
        order by all
        """,
        [night.run_id],
    ).fetchall()
    for rule_code, severity, paths, *others in rows:
        yield Finding(rule_code, severity, frozenset(paths), *others)


def tied(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """By indicator, itself and what a ratio or an identity ties to it."""
    groups = connection.sql("""
        select [code, numerator_code, denominator_code] from reference.indicator where denominator_code is not null
        union all
        select [total_code, added_code, removed_code] from reference.identity
    """).fetchall()
    ties: dict[str, set[str]] = defaultdict(set)
    for (codes,) in groups:
        for code in codes:
            ties[code] |= set(codes) - {None}
    return {code: frozenset(others) for code, others in ties.items()}


class Explanations:
    """Which finding is about which fault."""

    def __init__(
        self,
        faults: Sequence[Fault],
        findings: Sequence[Finding],
        rules: dict[str, Rule],
        ties: dict[str, frozenset[str]],
        above: dict[str, str | None],
    ) -> None:
        needing_history = {rule.code for rule in gate_expectations("incoming") if rule.needs == "history"}
        self._rules, self._ties, self._above = rules, ties, above
        rejected = {
            file
            for finding in findings
            if finding.severity == "critical" and finding.rule_code not in needing_history
            for file in finding.files
        }
        self._by_file: dict[str, list[Fault]] = defaultdict(list)
        self._by_month: dict[tuple[str, date], list[Fault]] = defaultdict(
            list
        )  # of values that history is compared with
        for fault in faults:
            self._by_file[fault.file].append(fault)
            if fault.file not in rejected:
                self._by_month[fault.form_code, fault.report_month].append(fault)

    def finds(self, finding: Finding, fault: Fault) -> bool:
        """Whether the finding is of the fault's family, and names its submission, indicator and unit."""
        rule = self._rules.get(finding.rule_code, Rule((), ()))
        return fault.family in rule.families and fault.file in finding.files and self._is_about(rule, finding, fault)

    def explained(self, finding: Finding) -> bool:
        """Whether some fault accounts for the finding."""
        rule = self._rules.get(finding.rule_code, Rule((), ()))
        in_file = [fault for file in finding.files for fault in self._by_file[file]]
        if any(self._is_about(rule, finding, fault) for fault in in_file):
            return True
        return any(self._is_about(rule, finding, fault, unit) for fault, unit in self._elsewhere(rule, finding))

    def _elsewhere(self, rule: Rule, finding: Finding) -> Iterator[tuple[Fault, str]]:
        """Faults of the values that the rule compares with, and whose unit they must be of."""
        month = finding.report_month
        if month is None:
            return
        unit = finding.org_unit_code
        if "month_before" in rule.explained_by:
            before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
            yield from ((fault, unit) for fault in self._by_month[finding.form_code, before])
        if "year_before" in rule.explained_by:
            then = month.replace(year=month.year - 1)
            yield from ((fault, unit) for fault in self._by_month[finding.form_code, then])
        if "unit_below" in rule.explained_by:
            for (_, of_month), faults in self._by_month.items():
                if of_month == month:
                    yield from (
                        (fault, fault.org_unit_code) for fault in faults if self._above.get(fault.org_unit_code) == unit
                    )

    def _is_about(self, rule: Rule, finding: Finding, fault: Fault, unit: str | None = None) -> bool:
        """Whether the fault is of the finding's series, or of the whole submission (of `unit`, when elsewhere)."""
        # a mistyped code is that of no indicator: the finding has the submission and the row alone
        if not fault.indicator_code or (fault.family == "identity" and not finding.indicator_code):
            return unit is None or unit == fault.org_unit_code
        # a row that names another unit is found under the name that it bears
        if fault.family == "identity" and unit is None:
            return finding.indicator_code == fault.indicator_code
        codes = {fault.indicator_code}
        if "tied" in rule.explained_by:
            codes |= self._ties.get(fault.indicator_code, frozenset())
        of_unit = finding.org_unit_code if unit is None else unit
        return of_unit == fault.org_unit_code and (finding.indicator_code in codes or fault.field == "note")


# --- what is told ---


def print_table(scores: Sequence[Score], rules: dict[str, Rule]) -> int:
    """A line for each family; 1 when a goal is missed."""
    planted = Counter(fault.family for score in scores for fault in score.world.faults)
    missed = Counter(fault.family for score in scores for fault in score.missed)
    quiet = Counter(fault.family for score in scores for fault in score.told_operator_only)
    alarms = [finding for score in scores for finding in score.false_alarms]
    of_all = Counter(family_of(finding, rules) for finding in alarms)
    of_warned = Counter(family_of(finding, rules) for finding in alarms if finding.severity != "information")
    cells = sum(score.world.honest_cells_count for score in scores)
    print(f"{cells:,} honest cells; warned: by a critical or warning finding, which goes back to the clerk")
    print(f"{'':16}                 any finding             |            warned")
    print(f"{'family':16} planted |  found   recall  false  /1,000 |  found   recall  false  /1,000")
    wrong = []
    for family in (*FAMILIES, *sorted(of_all.keys() - set(FAMILIES)), "all"):
        if family == "all":
            total, lost, told, any_count, warned_count = (
                counter.total() for counter in (planted, missed, quiet, of_all, of_warned)
            )
        else:
            total, lost, told, any_count, warned_count = (
                counter[family] for counter in (planted, missed, quiet, of_all, of_warned)
            )
        if family in CRITICAL_FAMILIES and lost:
            wrong.append(f"{family}: {lost} missed")
        columns = [
            f"{found_count:6} {100 * found_count / max(total, 1):7.1f}% {count:6} {1000 * count / max(cells, 1):7.2f}"
            for found_count, count in ((total - lost, any_count), (total - lost - told, warned_count))
        ]
        print(f"{family:16} {total:7} | {' | '.join(columns)}")
    outliers = planted["outlier"]
    goals = [  # recall and false alarms of the same findings
        found_count >= LEAST_OUTLIERS * outliers and 1000 * count <= MOST_FALSE_ALARMS * cells
        for found_count, count in (
            (outliers - missed["outlier"], of_all.total()),
            (outliers - missed["outlier"] - quiet["outlier"], of_warned.total()),
        )
    ]
    wrong += [] if any(goals) else ["outliers: recall and false alarms"]
    print(f"besides, signals for the operator alone: {sum(score.signals_count for score in scores)}")
    print("goals missed:", "; ".join(wrong) if wrong else "none")
    return int(bool(wrong) or not planted)


def family_of(finding: Finding, rules: dict[str, Rule]) -> str:
    """The family that a false alarm counts against; a rule that rule.csv lacks is named itself."""
    rule = rules.get(finding.rule_code)
    return rule.families[0] if rule and rule.families else finding.rule_code


def print_list(score: Score, seed: int) -> None:
    """Each missed fault and each false alarm, with the months of its series that came before."""
    for fault in score.missed:
        print(
            f"seed {seed}  MISSED {fault.family}  {fault.file}  {fault.org_unit_code} {fault.indicator_code}"
            f" {fault.field}: {fault.found} for {fault.honest}"
        )
        print_series(score, fault.indicator_code, fault.org_unit_code, fault.report_month)
    for finding in score.false_alarms:
        month = f"{finding.report_month:%Y-%m}" if finding.report_month else ""
        print(
            f"seed {seed}  FALSE  {finding.rule_code}  {' '.join(sorted(finding.files))}  {finding.org_unit_code}"
            f" {finding.indicator_code} {month}: found {finding.found}, expected {finding.expected}"
        )
        print_series(score, finding.indicator_code, finding.org_unit_code, finding.report_month)


def print_series(score: Score, indicator: str, unit: str, month: date | None) -> None:
    """The months up to this one as they were reported, month and year to date."""
    reported = [
        one
        for one in score.series.get((indicator, unit), [])
        if month is None or (one[0] is not None and one[0] <= month)
    ]
    if reported:
        print("      ", "  ".join(f"{when:%y-%m} {shown}" for when, shown in reported[-MONTHS_SHOWN:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
