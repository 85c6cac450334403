"""How values and codes read in a report, in Chinese and English."""

from decimal import ROUND_HALF_UP, Decimal

from jindu.warehouse.columns import load


def word(table: str, column: str, code: str | None, lang: str) -> str:
    """A published code as people say it: its word in warehouse/columns.yml, or the code without underscores."""
    if code is None:
        return ""
    if lang == "en":
        return code.replace("_", " ")
    described = load().tables[table].column(column)
    return code if described is None else described.values.get(code, code)


def percent(ratio: Decimal | None, decimals: int = 1) -> str:
    """A ratio as a percentage, rounded half away from zero: 0.6665 is 66.7%; — when unknown."""
    return "—" if ratio is None else f"{_rounded(Decimal(ratio) * 100, decimals)}%"


def amount(value: Decimal | None, kind: str, measure: str | None, decimals: int | None, lang: str) -> str:
    """A value with its unit of measure; of a ratio, growth or milestone, a difference in percentage points."""
    if value is None:
        return "—"
    if kind in {"ratio", "growth", "milestone"}:
        return f"{_rounded(Decimal(value) * 100, 1)}{' pp' if lang == 'en' else ' 个百分点'}"
    return f"{_rounded(Decimal(value), decimals or 0)} {measure or ''}".rstrip()


def place_range(best_rank: int | None, worst_rank: int | None) -> str:
    """Between which places a rank can still move: 2–5; one number when it cannot, — when there is no rank."""
    if best_rank is None or worst_rank is None:
        return "—"
    return str(best_rank) if best_rank == worst_rank else f"{best_rank}–{worst_rank}"


def rank_remark(unranked_reason: str | None, cause: str | None, lang: str) -> str:
    """Why a unit has no rank, or why its rank is another one than last month's."""
    return word("ranking", "unranked_reason", unranked_reason, lang) or word("ranking", "change_cause", cause, lang)


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"
