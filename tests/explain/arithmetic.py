"""Do again what a step of mart.completion_explained says: its own numbers, exact fractions, one rounding."""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

STATED = re.compile(r"^(?P<words>[^=]*?)(?P<value>-?\d+(?:\.\d+)?) = (?P<sum>.+)$")
COMMENT = re.compile(r"，四舍五入到 6 位.*|, rounded to 6 places.*|[；;].*")  # what follows the arithmetic
LABEL = re.compile(r"\d+月|[^\d\s().÷×−+/-]+")  # months and names beside the numbers
SIGNS = str.maketrans({"÷": "/", "×": "*", "−": "-"})
ARITHMETIC = re.compile(r"[\d\s().+*/-]+")
SIX_PLACES = Decimal("0.000001")


def stated(text: str) -> tuple[Decimal, str] | None:
    """The value that a step states and the arithmetic beside it; None where it states none."""
    found = STATED.match(text)
    if found is None or "*" in found["sum"]:  # of a sum with withheld parts nothing can be done again
        return None
    return Decimal(found["value"]), COMMENT.sub("", found["sum"])


def worked_out(arithmetic: str) -> Decimal:
    """The result, rounded once, half away from zero, to 6 places."""
    plain = LABEL.sub(" ", arithmetic).translate(SIGNS)
    assert ARITHMETIC.fullmatch(plain), f"{arithmetic} is not arithmetic: {plain}"
    result = eval(re.sub(r"\d+(?:\.\d+)?", r"Fraction('\g<0>')", plain), {"Fraction": Fraction})
    with localcontext(prec=60):
        return (Decimal(result.numerator) / Decimal(result.denominator)).quantize(SIX_PLACES, ROUND_HALF_UP)
