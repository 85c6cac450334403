"""What a row says: by how much it is behind, and what would put it right."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jindu.site.overview import changed
from jindu.site.source import Row
from jindu.site.wording import (
    actual,
    bar,
    case_gap,
    column_digits,
    due,
    gap,
    likely,
    outlook,
    pace,
    remedy,
    severity,
    status,
    target,
)

AS_IT_STANDS: dict[str, Any] = {
    "indicator_code": "visit", "kind": "flow", "unit": "户次", "decimals": 0, "status": "behind",
    "status_rule": "pace_behind", "ytd_value": Decimal(71), "ytd_text": None, "target_covered_value": Decimal(80),
    "annual_target_value": Decimal(110), "target_form": "at_least", "target_due_month": date(2024, 12, 1),
    "gap_value": Decimal(-9), "pace_ratio": Decimal("0.8875"), "needed_monthly_value": Decimal(13),
    "rolling_3_value": Decimal(24), "projected_value": Decimal("94.6"), "projected_low_value": Decimal("86.7"),
    "projected_high_value": Decimal("102.4"), "probability_ratio": Decimal("0.004"), "projection_basis": "run_rate",
    "month_value": Decimal(9), "numerator_value": None, "denominator_value": None, "case_unit": None,
    "case_decimals": None,
}  # fmt: skip


def row(**differs: object) -> Row:
    return Row(**(AS_IT_STANDS | differs))


def test_a_flow_that_is_behind_says_what_each_month_has_to_bring() -> None:
    assert (actual(row(), "zh"), due(row(), "zh"), gap(row(), "zh")) == ("71 户次", "80 户次", "−9 户次")
    assert remedy(row(), "zh") == "到12月每月需 13 户次，近三月月均 8 户次"
    assert remedy(row(), "en") == "needs 13 visits a month until Dec; 8 visits of late"
    assert outlook(row(), "zh") == "预计年末 95 户次（87～102），把握 <1%"


def test_what_is_needed_is_rounded_up_and_what_was_is_not() -> None:
    small = row(unit="家", needed_monthly_value=Decimal("1.61"), rolling_3_value=Decimal(1))
    assert remedy(small, "zh") == "到12月每月需 1.7 家，近三月月均 0.3 家"


def test_a_ceiling_that_is_passed_cannot_be_mended() -> None:
    over = row(
        status="missed",
        status_rule="ceiling_exceeded",
        target_form="at_most",
        annual_target_value=Decimal(0),
        unit="人",
    )
    assert target(over, "zh") == "≤ 0 人"
    assert remedy(over, "zh") == "已超过年度上限 0 人，本年补不回来"


@pytest.mark.parametrize(
    ("form", "aim", "part", "whole", "said", "told"),
    [
        ("at_least", "1", "391", "410", "410 中已有 391，再有 19 件才到 100.0%", "391 of 410: 19 more make 100.0%"),
        ("at_least", "0.998", "390", "391", "391 中已有 390，再有 1 件才到 99.8%", "390 of 391: 1 more make 99.8%"),
        ("at_most", "0.08", "43", "212", "212 中有 43，比上限 8.0% 多 27 件", "43 of 212: 27 over 8.0%"),
        ("at_most", "0.08", "16", "212", "仍在上限 8.0% 以内，余 0.5 个百分点", "0.5 pp below the ceiling of 8.0%"),
    ],
)
def test_a_ratio_says_how_many_cases_would_put_it_right(  # noqa: PLR0917  (a case's parts)
    form: str, aim: str, part: str, whole: str, said: str, told: str
) -> None:
    ratio = row(
        kind="ratio", target_form=form, annual_target_value=Decimal(aim), ytd_value=Decimal(part) / Decimal(whole),
        numerator_value=Decimal(part), denominator_value=Decimal(whole), case_unit="件", case_decimals=0,
        needed_monthly_value=None,
    )  # fmt: skip
    assert (remedy(ratio, "zh"), remedy(ratio, "en")) == (said, told)


def test_a_column_has_as_many_decimals_in_each_row_as_any_of_them_needs() -> None:
    rows = [row(target_covered_value=Decimal(value)) for value in ("5.25", "12", "1250.4")]
    digits = column_digits(rows)["target_covered_value"]
    assert [due(one, "zh", digits) for one in rows] == ["5.3 户次", "12.0 户次", "1,250.4 户次"]
    money = [row(decimals=2, unit="万元", ytd_value=Decimal(value)) for value in ("4061.96", "1250.5")]
    digits = column_digits(money)["ytd_value"]
    assert [actual(one, "zh", digits) for one in money] == ["4,062 万元", "1,251 万元"]


def test_a_missed_milestone_says_what_is_missing() -> None:
    late = row(
        kind="milestone", status="missed", status_rule="not_met_at_due_month", annual_target_value=Decimal(1),
        ytd_value=Decimal("0.65"), gap_value=Decimal("-0.35"), target_due_month=date(2024, 9, 1),
    )  # fmt: skip
    assert remedy(late, "zh") == "9月到期，还差 35.0 个百分点；完成后转为“补齐”"


def test_a_ratio_says_how_many_points_are_missing() -> None:
    ratio = row(
        kind="ratio", ytd_value=Decimal("0.5882"), annual_target_value=Decimal("0.722"), needed_monthly_value=None
    )
    assert remedy(ratio, "zh") == "离目标 72.2% 还差 13.4 个百分点"


def test_a_withheld_figure_stays_withheld() -> None:
    hidden = row(ytd_value=None, ytd_text="不公开", gap_value=None, pace_ratio=None, needed_monthly_value=None)
    assert (actual(hidden, "zh"), gap(hidden, "zh"), bar(hidden), remedy(hidden, "zh")) == ("不公开", "—", None, "")
    assert actual(hidden, "en") == "withheld"


@pytest.mark.parametrize(("chance", "said"), [("0", "<1%"), ("0.0149", "1%"), ("0.5", "50%"), ("1", ">99%")])
def test_nothing_to_come_is_certain(chance: str, said: str) -> None:
    assert likely(Decimal(chance)) == said


def test_missed_comes_before_far_behind_and_that_before_behind_and_the_slowest_first() -> None:
    rows = [
        row(status="behind", pace_ratio=Decimal("0.75")),
        row(status="far_behind", pace_ratio=Decimal("0.5")),
        row(status="far_behind", pace_ratio=Decimal("0.2")),
        row(status="missed", pace_ratio=Decimal("0.99")),
    ]
    assert [rows.index(one) for one in sorted(rows, key=severity)] == [3, 2, 1, 0]


def test_what_changed_follows_the_order_of_statuses() -> None:
    done = row(status="achieved", previous_status="on_pace")
    late = row(status="missed", previous_status="not_due")
    assert changed([done, late], is_worse=True) == [late]
    assert changed([done, late], is_worse=False) == [done]


def test_a_pace_just_short_and_a_withheld_figure_say_so() -> None:
    assert pace(row(pace_ratio=Decimal("0.999941"))) == "99.99%"
    assert status(row(status="not_computable", is_suppressed=True)).name("zh") == "受限"


def test_a_rate_above_its_ceiling_is_over_it_and_not_short_of_it() -> None:
    rate = row(
        kind="ratio", target_form="at_most", ytd_value=Decimal("0.062"), annual_target_value=Decimal("0.05"),
        needed_monthly_value=None,
    )  # fmt: skip
    assert remedy(rate, "zh") == "超过上限 5.0%，须降 1.2 个百分点"
    assert remedy(rate, "en") == "1.2 pp over the ceiling of 5.0%"


def test_the_gap_of_an_alert_has_the_decimals_of_other_pages() -> None:
    case = Row(gap_value=Decimal("-0.25"), indicator_kind="flow", unit="家", decimals=0)
    assert case_gap(case, "zh") == "−0.3 家"


def test_a_ceiling_that_was_passed_fills_its_bar() -> None:
    passed = {"target_form": "at_most", "status": "missed", "status_rule": "ceiling_exceeded", "pace_ratio": Decimal(0)}
    assert (bar(row(**passed)), bar(row(pace_ratio=Decimal(0)))) == ("100", "0")
