"""The planted faults of tests/bench/faults: what their table of rules and their generator promise."""

from collections import Counter

import pytest

from jindu.catalogue import load
from jindu.checks.expectations import gate_expectations
from jindu.sample.asking import Asking
from tests.bench.faults.sample import COUNTS, GAP, REFERENCE, SEEDS, Planter
from tests.bench.faults.score import load_rules
from tests.bench.faults.world import FAMILIES, LEAST_SPREADS, LEAST_UNITS, Fault, robust_spread

SINGLE_CELL = ("cumulative", "parts_total", "community_sum", "prior_year", "outlier", "magnitude")


@pytest.fixture(scope="module")
def planted() -> tuple[Planter, list[Fault]]:
    planter = Planter(Asking(load(REFERENCE)), SEEDS[0])
    return planter, planter.plant()


def test_every_rule_of_the_incoming_gate_has_a_family() -> None:
    rules = load_rules()
    assert rules.keys() == {expectation.code for expectation in gate_expectations("incoming")}
    for code, rule in rules.items():
        assert rule.families and set(rule.families) <= {*FAMILIES, "information"}, code
    assert {family for rule in rules.values() for family in rule.families} >= set(FAMILIES)


def test_five_hundred_faults_and_25_of_each_family() -> None:
    assert COUNTS.keys() == set(FAMILIES)
    assert sum(COUNTS.values()) * len(SEEDS) == 500
    assert min(COUNTS.values()) * len(SEEDS) >= 25


def test_what_is_planted_is_what_was_asked(planted: tuple[Planter, list[Fault]]) -> None:
    _, faults = planted
    assert Counter(fault.family for fault in faults) == COUNTS
    assert all(fault.found != fault.honest for fault in faults)
    assert all(fault.indicator_code for fault in faults if fault.family in SINGLE_CELL)


def test_an_outlier_is_six_spreads_and_five_units_off(planted: tuple[Planter, list[Fault]]) -> None:
    planter, faults = planted
    outliers = [fault for fault in faults if fault.family == "outlier"]
    for fault in outliers:
        series = planter.honest_series(fault)
        moved = abs(float(fault.found) - float(fault.honest))
        assert moved >= max(LEAST_SPREADS * robust_spread(series), LEAST_UNITS) - 1e-9, fault
        assert float(fault.found) >= 0
    assert any(float(fault.found) < float(fault.honest) for fault in outliers)


def test_faults_of_one_series_are_months_apart(planted: tuple[Planter, list[Fault]]) -> None:
    _, faults = planted
    for fault in faults:
        for other in faults:
            is_same = (fault.form_code, fault.org_unit_code) == (other.form_code, other.org_unit_code)
            is_whole = not fault.indicator_code or not other.indicator_code
            if fault is not other and is_same and (is_whole or fault.indicator_code == other.indicator_code):
                months = [one.report_month.year * 12 + one.report_month.month for one in (fault, other)]
                assert abs(months[0] - months[1]) >= GAP, (fault, other)
