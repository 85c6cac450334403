"""What a row of target.csv takes from other rows and files when it does not say."""

from datetime import date
from pathlib import Path

import pytest

from jindu.catalogue import CatalogueError, load

HEADING = "plan_year,org_unit_code,indicator_code,target_form,value,version,basis,due_month,split_key,effective_month"


def write_targets(office: Path, *rows: str) -> None:
    (office / "target.csv").write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("basis", "due_month", "expected"),
    [("carried", "", 11), ("carried", "2024-10", 10), ("plan", "", 12)],
)
def test_a_result_that_is_carried_on_is_due_when_it_was_reached(
    office: Path, basis: str, due_month: str, expected: int
) -> None:
    # baseline.csv: sales of January to November 2023
    write_targets(office, f"2024,110101001,sales,at_least,900,1,{basis},{due_month},,")
    assert load(office).tables["target"]["due_month"].to_list() == [date(2024, expected, 1)]


def test_the_baseline_of_another_year_or_unit_lends_no_month(office: Path) -> None:
    write_targets(
        office, "2025,110101001,sales,at_least,900,1,carried,,,", "2024,110101,sales,at_least,900,1,carried,,,"
    )
    assert {month.month for month in load(office).tables["target"]["due_month"].to_list()} == {12}


def test_a_list_may_be_followed_by_a_version_that_keeps_its_proportions(office: Path) -> None:
    parts = "2024,110101001001,member,at_least,20,1,,,,", "2024,110101001002,member,at_least,10,1,,,,"
    whole = "2024,110101001,member,at_least,30,1,,,explicit,"
    write_targets(office, whole, *parts, "2024,110101001,member,at_least,60,2,,,explicit,2024-03")
    assert load(office).tables["target"].height == 4
    write_targets(office, whole, *parts, "2024,110101001,member,at_least,60,2,,,households,2024-03")
    assert load(office).tables["target"].height == 4
    write_targets(office, "2024,110101001,member,at_least,60,2,,,explicit,2024-03")
    with pytest.raises(CatalogueError):
        load(office)


def test_a_target_is_split_in_proportion_unless_it_says_anew(office: Path) -> None:
    write_targets(office, "2024,110101001,closed,at_least,900,1,,,households,")
    assert load(office).tables["target"]["is_rekeyed"].to_list() == [False]
