"""The months that a target starts from when it does not say."""

from datetime import date
from pathlib import Path

from jindu.catalogue import load


def test_a_target_of_an_indicator_that_begins_mid_year_starts_with_it(office: Path) -> None:
    indicators, targets = office / "indicator.csv", office / "target.csv"
    first, *rows = targets.read_text(encoding="utf-8").splitlines()
    code = dict(zip(first.split(","), rows[0].split(","), strict=False))["indicator_code"]
    heading, *lines = indicators.read_text(encoding="utf-8").splitlines()
    assert "first_month" not in heading
    began = [line + (",2024-07" if line.startswith(f"{code},") else ",") for line in lines]
    indicators.write_text("\n".join([f"{heading},first_month", *began]) + "\n", encoding="utf-8")
    found = load(office).tables["target"].filter(indicator_code=code).row(0, named=True)
    assert (found["first_month"], found["effective_month"]) == (date(2024, 7, 1), date(2024, 7, 1))
