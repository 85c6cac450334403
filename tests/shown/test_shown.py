"""How figures read: rounding, signs, units and months in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from jindu.shown import (
    STATUSES,
    day_text,
    figure,
    gap_text,
    moment_text,
    month_text,
    pace_text,
    percent,
    rank_change,
    rank_text,
    standing_of,
    turn,
    unit_text,
    value_text,
    withheld_text,
)
from jindu.warehouse.columns import load


@pytest.mark.parametrize(
    ("value", "kind", "unit", "decimals", "both"),
    [
        ("71", "flow", "户次", 0, ("71 户次", "71 visits")),
        ("269660.53", "flow", "万元", 2, ("269,660.53 万元", "269,660.53 ×10,000 yuan")),
        ("-3", "stock", "栋", 0, ("−3 栋", "−3")),
        ("0.96485", "ratio", "%", 1, ("96.5%", "96.5%")),
        ("0.0324", "growth", "%", 1, ("+3.2%", "+3.2%")),
        ("0.65", "milestone", "进度", 0, ("65.0%", "65.0%")),
        (None, "flow", "家", 0, ("—", "—")),
    ],
)
def test_a_value_reads_with_its_unit(
    value: str | None, kind: str, unit: str, decimals: int, both: tuple[str, str]
) -> None:
    number = None if value is None else Decimal(value)
    assert tuple(value_text(number, kind, unit, decimals, lang) for lang in ("zh", "en")) == both


@pytest.mark.parametrize(
    ("value", "kind", "decimals", "zh"),
    [
        ("-9", "flow", 0, "−9 家"),
        ("2.5", "flow", 0, "+3 家"),
        ("0", "flow", 0, "0 家"),
        ("-0.4", "flow", 0, "0 家"),
        ("-0.35", "milestone", 0, "−35.0 个百分点"),
        ("0.0004", "ratio", 1, "0.0 个百分点"),
    ],
)
def test_a_gap_shows_its_sign_unless_it_is_nothing(value: str, kind: str, decimals: int, zh: str) -> None:
    assert gap_text(Decimal(value), kind, "家", decimals, "zh") == zh


def test_a_withheld_figure_shows_what_is_published_of_it() -> None:
    assert figure(None, "flow", 0, withheld=withheld_text("不公开", "en")) == "withheld"
    assert figure(None, "flow", 0, withheld=withheld_text(None, "en")) == "—"
    assert figure(None, "flow", 0) == "—"


def test_percentages_round_half_away_from_zero() -> None:
    assert [percent(Decimal(one)) for one in ("0.6665", "-0.0005", "1", "-0.0004")] == [
        "66.7%",
        "-0.1%",
        "100.0%",
        "0.0%",
    ]


def test_days_and_moments_are_those_of_the_office() -> None:
    assert month_text(date(2024, 9, 1), "zh") == "2024年9月"
    assert day_text(date(2024, 10, 8), "en") == "8 Oct 2024"
    assert moment_text(datetime(2024, 10, 9, 18, 0, tzinfo=UTC), "zh") == "2024年10月10日 02:00"


def test_ranks_say_of_how_many_and_where_they_came_from() -> None:
    assert rank_text(3, 13, "zh") == "第 3 名（共 13）"
    assert [rank_change(one) for one in (2, -1, 0, None)] == ["↑2", "↓1", "=", "—"]


def test_every_published_status_has_a_sign_of_its_own() -> None:
    column = load().tables["completion"].column("status")
    assert column is not None
    assert set(column.values) == set(STATUSES)
    for lang in ("zh", "en"):
        signs = [one.sign(lang) for one in STATUSES.values()]
        assert len(set(signs)) == len(signs)


def test_counting_words_are_chinese_only() -> None:
    assert [unit_text(one, "en") for one in ("家", "亿元", "公里", None)] == ["", "×100 million yuan", "公里", ""]


@pytest.mark.parametrize(
    ("before", "now", "turned"),
    [
        ("on_pace", "achieved", 1),  # of one colour, and better all the same
        ("missed", "far_behind", 1),
        ("repaired", "at_risk", -1),
        ("not_due", "missed", -1),
        ("not_due", "achieved", 0),
        ("unreported", "behind", 0),
        ("behind", "unreported", 0),
        ("behind", "behind", 0),
        (None, "missed", 0),
    ],
)
def test_a_status_turns_by_the_order_of_what_is_judged(before: str | None, now: str, turned: int) -> None:
    assert turn(before, now) == turned


def test_a_pace_that_falls_short_never_reads_as_all_of_it() -> None:
    assert [pace_text(Decimal(one), 0) for one in ("0.996904", "0.999999", "1", "1.004", "0.9")] == [
        "99.7%",
        "99.9999%",
        "100%",
        "100%",
        "90%",
    ]
    assert pace_text(None) == "—"


def test_what_withheld_figures_leave_uncomputed_is_withheld() -> None:
    shown = standing_of("not_computable", is_suppressed=True)
    assert [(shown.sign(lang), shown.name(lang)) for lang in ("zh", "en")] == [("限", "受限"), ("W", "withheld")]
    assert shown.sign("zh") not in {one.sign("zh") for one in STATUSES.values()}
    assert shown.sign("en") not in {one.sign("en") for one in STATUSES.values()}
    assert standing_of("not_computable", is_suppressed=False) is STATUSES["not_computable"]
    assert standing_of("no_target", is_suppressed=True) is STATUSES["no_target"]
