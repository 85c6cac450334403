"""Every line of the plan has an indicator and a target, and the economic series have one source."""

import polars as pl
import pytest

from jindu.catalogue import Catalogue

SERIES = (
    "fiscal_revenue_total",
    "fiscal_revenue_general",
    "wholesale_sales",
    "retail_sales",
    "fixed_investment",
    "service_revenue",
)
SECTIONS = ("一:一二三", "二:一二三", "三:一二三", "四:一二三")
DELIVERABLES = {  # what the plan asks for → indicators that carry a target
    "(一)一": "party_appraisal_applied ideology_mechanism",
    "(一)二": "community_brand business_circle_party talent_home_opened talent_brand park_party_platform",
    "(一)三": "neighbour_centre_opened neighbour_centre_service circle_resident_ratio",
    "(二)一": "enterprise_visited enterprise_problem_solved_ratio enterprise_candidate enterprise_entered "
    "investment_project_new project_construction_advanced project_preparation_advanced "
    + " ".join(f"{series} {series}_growth" for series in SERIES),
    "(二)二": "enterprise_attracted enterprise_attracted_finance_law contract_signed contract_amount "
    "contract_performed_ratio contract_started_ratio inefficient_exit_mechanism tourist_route",
    "(二)三": "leader_enterprise_contact government_business_meal hotline_opened hotline_answered_ratio "
    "green_channel_opened green_channel_enterprise enterprise_plan",
    "(三)一": "city_case_closed_ratio special_campaign_completed joint_meeting joint_action sanitation_action "
    "sanitation_score model_street_completed",
    "(三)二": "old_estate_renovated estate_managed hazard_house_old_resolved gas_alarm_ratio road_repaired "
    "pipe_repaired lighting_repaired greenery_improved",
    "(三)三": "micro_grid_staffed_ratio grid_event_closed_ratio grid_event_closed_in_time_ratio "
    "grid_event_returned_ratio grid_event_extended_ratio consultation_mechanism follow_up_mechanism "
    "appraisal_mechanism request_answered_ratio centre_merged grid_staff_full grid_staff_part "
    "mass_prevention_team property_dispute_resolved_ratio",
    "(四)一": "legal_event legal_reach legal_spending",
    "(四)二": "dispute_screened mediation_ratio mediation_success_ratio difficult_dispute_resolved_ratio "
    "corrected_person_file_ratio corrected_person_help reoffending",
    "(四)三": "health_hut_opened healthy_place",
}


@pytest.mark.parametrize(("section", "codes"), DELIVERABLES.items())
def test_a_section_has_its_indicators_with_targets(shipped: Catalogue, section: str, codes: str) -> None:
    indicator, target = shipped.tables["indicator"], shipped.tables["target"]
    cited = indicator.filter(pl.col("source_section").str.contains(f"2024 {section}", literal=True))["code"].to_list()
    assert set(codes.split()) <= set(cited)
    assert set(codes.split()) <= set(target.filter(pl.col("plan_year") == 2024)["indicator_code"])


def test_every_section_of_the_plan_is_listed() -> None:
    assert list(DELIVERABLES) == [f"({line[0]}){item}" for line in SECTIONS for item in line[2:]]


@pytest.mark.parametrize("series", SERIES)
def test_an_economic_series_comes_from_the_bulletin_alone(shipped: Catalogue, series: str) -> None:
    row = shipped.tables["indicator"].row(by_predicate=pl.col("code") == series, named=True)
    asking = shipped.tables["form_indicator"].filter(pl.col("indicator_code") == series)["form_code"].to_list()
    assert (row["source_form"], row["reporting_level"], asking) == (
        "district_bulletin",
        "subdistrict",
        ["district_bulletin"],
    )
    split = shipped.tables["target"].filter(pl.col("indicator_code").str.starts_with(series))["split_key"]
    assert split.is_null().all()


def test_growth_targets_reach_every_sub_district(shipped: Catalogue) -> None:
    units = shipped.tables["org_unit"].filter(pl.col("level") == "subdistrict")["code"].to_list()
    target = shipped.tables["target"]
    for series in SERIES:
        assert target.filter(pl.col("indicator_code") == f"{series}_growth")["org_unit_code"].to_list() == units


def test_the_dated_deliverable_of_the_report_keeps_its_month(shipped: Catalogue) -> None:
    row = shipped.tables["target"].row(by_predicate=pl.col("indicator_code") == "neighbour_centre_opened", named=True)
    assert (row["org_unit_code"], f"{row['due_month']:%Y-%m}", row["basis"]) == ("350502004009", "2024-02", "plan")


def test_welfare_and_correction_are_restricted(shipped: Catalogue) -> None:
    restricted = set(shipped.tables["indicator"].filter(pl.col("publicity") == "restricted")["code"])
    assert {"low_income_household", "orphan", "reoffending", "corrected_person_file_ratio"} <= restricted


def test_neutral_counts_are_never_ranked_nor_targeted(shipped: Catalogue) -> None:
    neutral = shipped.tables["indicator"].filter(pl.col("direction") == "none")
    assert set(neutral["ranking_metric"]) == {"none"}
    assert not set(neutral["code"]) & set(shipped.tables["target"]["indicator_code"])
