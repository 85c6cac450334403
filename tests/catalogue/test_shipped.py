"""The shipped folder holds the source document's facts, and marks what it does not hold as sample."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from jindu.catalogue import Catalogue

OFFICE = "350502004"


def _baseline(catalogue: Catalogue, code: str, period_from: str, period_to: str) -> dict[str, object]:
    frame = catalogue.tables["baseline"].filter(
        pl.col("indicator_code") == code,
        pl.col("org_unit_code") == OFFICE,
        pl.col("period_from") == date.fromisoformat(f"{period_from}-01"),
        pl.col("period_to") == date.fromisoformat(f"{period_to}-01"),
    )
    return frame.row(0, named=True)


@pytest.mark.parametrize(
    ("code", "value", "period_from", "period_to"),
    [
        ("fiscal_revenue_total", "9545", "2023-01", "2023-11"),
        ("fiscal_revenue_general", "4663", "2023-01", "2023-11"),
        ("wholesale_sales", "286400", "2023-01", "2023-11"),
        ("wholesale_sales_growth", "0.397", "2023-01", "2023-11"),
        ("retail_sales", "40500", "2023-01", "2023-11"),
        ("retail_sales_growth", "-0.479", "2023-01", "2023-11"),
        ("fixed_investment", "41500", "2023-01", "2023-11"),
        ("fixed_investment", "6095", "2023-11", "2023-11"),
        ("service_revenue", "107400", "2023-01", "2023-12"),
        ("contract_amount", "921000", "2023-01", "2023-12"),
        ("estate_managed", "83", "2023-12", "2023-12"),
        ("dispute_mediated", "521", "2023-01", "2023-12"),
        ("dispute_mediated_success", "520", "2023-01", "2023-12"),
        ("case_12345", "787", "2023-01", "2023-12"),
        ("gas_alarm_fitted", "323", "2023-12", "2023-12"),
        ("low_income_paid", "1020965", "2023-01", "2023-12"),
        ("funeral_death", "153", "2023-01", "2023-11"),
        ("hepatitis_screening_ratio", "0.714", "2023-01", "2023-12"),
    ],
)
def test_a_result_of_2023_keeps_its_value_and_its_period(
    shipped: Catalogue, code: str, value: str, period_from: str, period_to: str
) -> None:
    assert _baseline(shipped, code, period_from, period_to)["value"] == Decimal(value)


def test_published_ranks_are_those_that_the_text_gives(shipped: Catalogue) -> None:
    ranked = shipped.tables["baseline"].filter(pl.col("published_rank").is_not_null())
    assert dict(ranked.select("indicator_code", "published_rank").iter_rows()) == {
        "fiscal_revenue_total": 1,
        "wholesale_sales": 2,
        "sanitation_score": 1,
    }
    assert _baseline(shipped, "sanitation_score", "2023-05", "2023-05")["value"] is None


@pytest.mark.parametrize(
    ("code", "qualifier"),
    [("legal_event", "over"), ("joint_action_attendance", "over"), ("police_referred_dispute", "about")],
)
def test_a_round_figure_stays_round(shipped: Catalogue, code: str, qualifier: str) -> None:
    assert _baseline(shipped, code, "2023-01", "2023-12")["qualifier"] == qualifier


def test_parts_of_2023_add_up(shipped: Catalogue) -> None:
    values = dict(
        shipped.tables["baseline"]
        .filter(pl.col("org_unit_code") == OFFICE)
        .select("indicator_code", "value")
        .iter_rows()
    )
    for total, parts in {
        "estate_managed": ["estate_owner_committee", "estate_self_managed"],
        "house_screened": ["house_safe", "house_general_hazard", "house_major_hazard"],
        "supervised_unit": [f"supervised_unit_{colour}" for colour in ("red", "orange", "yellow", "blue")],
        "funeral_death": ["funeral_in_place", "funeral_direct"],
        "enterprise_entered": ["enterprise_entered_wholesale", "enterprise_entered_retail"],
    }.items():
        assert values[total] == sum(values[part] for part in parts), total


def test_general_hazards_of_any_age_are_no_baseline_of_the_old_houses(shipped: Catalogue) -> None:
    based = shipped.tables["baseline"]["indicator_code"].to_list()
    assert not [code for code in based if code.startswith("hazard_house_old")]
    target = shipped.tables["target"].filter(pl.col("baseline_value") == 741)
    assert target.is_empty()


def test_what_the_plan_states_is_no_sample_and_the_rest_says_so(shipped: Catalogue) -> None:
    target = shipped.tables["target"]
    from_document = target["basis"].is_in(["plan", "carried"])
    assert (from_document != target["is_sample"]).all()
    assert target["reason"].is_not_null().all()
    assert target["source_section"].is_not_null().all()


def test_a_carried_target_is_the_result_of_2023_over_the_same_months(shipped: Catalogue) -> None:
    carried = shipped.tables["target"].filter(pl.col("basis") == "carried")
    matched = carried.join(shipped.tables["baseline"], on=["indicator_code", "org_unit_code", "value"])
    matched = matched.filter(pl.col("due_month").dt.month() == pl.col("period_to").dt.month())
    assert matched["indicator_code"].n_unique() == carried.height


def test_a_split_of_a_figure_from_the_document_is_marked_sample(shipped: Catalogue) -> None:
    """The document gives no community's share; ratios and dated deliverables are copied, not shared out."""
    amounts = shipped.tables["indicator"].filter(pl.col("kind").is_in(["flow", "stock"]))["code"].to_list()
    computed = shipped.tables["target"].filter(
        pl.col("split_key").is_in(["equal", "households", "population"]), pl.col("indicator_code").is_in(amounts)
    )
    assert computed["is_sample"].all()


def test_guided_amounts_add_up_to_the_year(shipped: Catalogue) -> None:
    target = shipped.tables["target"].filter(pl.col("phasing") == "guidance")
    guided = shipped.tables["phasing"].filter(pl.col("plan_year") == 2024)
    assert target["value"].to_list() == [guided["guided_value"].sum()]


def test_every_indicator_is_asked_by_its_source_and_only_derived_ones_by_none(shipped: Catalogue) -> None:
    asked = set(shipped.tables["form_indicator"].select("form_code", "indicator_code").iter_rows())
    for row in shipped.tables["indicator"].iter_rows(named=True):
        assert ((row["source_form"], row["code"]) in asked) == (row["numerator_code"] is None), row["code"]


def test_names_tell_indicators_apart(shipped: Catalogue) -> None:
    assert shipped.tables["indicator"]["name_zh"].is_unique().all()
    assert shipped.tables["indicator"]["name_en"].is_unique().all()


def test_names_tell_units_apart(shipped: Catalogue) -> None:
    names: list[str] = []
    for row in shipped.tables["org_unit"].iter_rows(named=True):
        names += {row["name"], row["short_name"], *(row["aliases"] or "").split("|")} - {""}
    assert len(names) == len(set(names))


def test_units_are_the_official_ones(shipped: Catalogue) -> None:
    levels = shipped.tables["org_unit"].group_by("level").len()
    assert dict(levels.iter_rows()) == {"district": 1, "subdistrict": 9, "community": 13}


def test_working_days_made_up_are_weekends(shipped: Catalogue) -> None:
    worked = shipped.tables["holiday"].filter("is_working_day")["day"]
    assert all(day.weekday() >= 5 for day in worked)
