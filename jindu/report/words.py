"""How values and codes read in a report, in Chinese and English."""

from decimal import ROUND_HALF_UP, Decimal

WORDS = {
    "accepted": ("接收", "accepted"),
    "held": ("待核实", "held"),
    "rejected": ("退回", "rejected"),
    "superseded": ("被新版替代", "superseded"),
    "withdrawn": ("撤回", "withdrawn"),
    "missed": ("未完成", "missed"),
    "far_behind": ("严重滞后", "far behind"),
    "behind": ("滞后", "behind"),
    "target_missed": ("目标未完成", "target missed"),
    "target_behind": ("进度滞后", "behind"),
    "projected_to_miss": ("预计难以完成", "projected to miss"),
    "submission_overdue": ("逾期未报", "submission overdue"),
    "submission_rejected": ("报送被退回", "submission rejected"),
    "submission_held": ("报送待核实", "submission held"),
    "figure_restated": ("已公布数据变更", "published figure restated"),
    "rank_fell": ("全区位次下降", "district rank fell"),
    "run_failed": ("运行失败", "run failed"),
    "data_stale": ("数据陈旧", "published data stale"),
    "not_reported": ("未报送", "not reported"),
    "low_coverage": ("有数月份不足", "too few months covered"),
    "small_denominator": ("分母过小", "denominator too small"),
}


def word(code: str, lang: str) -> str:
    """A status, state, kind or reason as people say it; a code nobody translated stays as it is."""
    zh, en = WORDS.get(code, (code, code))
    return en if lang == "en" else zh


def percent(ratio: Decimal | None, decimals: int = 1) -> str:
    """A ratio as a percentage, rounded half away from zero: 0.6665 is 66.7 %; — when unknown."""
    return "—" if ratio is None else f"{_rounded(Decimal(ratio) * 100, decimals)}%"


def amount(value: Decimal | None, kind: str, measure: str | None, decimals: int | None, lang: str) -> str:
    """A value with its unit of measure; of a ratio or growth, a difference in percentage points."""
    if value is None:
        return "—"
    if kind in {"ratio", "growth", "milestone"}:
        return f"{_rounded(Decimal(value) * 100, 1)}{' pp' if lang == 'en' else ' 个百分点'}"
    return f"{_rounded(Decimal(value), decimals or 0)} {measure or ''}".rstrip()


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"
