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


def _rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"
