"""What a generator of planted faults hands over: an office's reference folder, its inbox, and where each fault is.

A generator is a function `build(folder, seed) -> World`. Everything in the inbox but the faults is honest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import fmean, median

# domain.md, Validation: the families, in its order; a fault belongs to one of them
CRITICAL_FAMILIES = (
    "identity",  # form, unit, month, duplicate rows, unknown codes, another unit's folder
    "type",  # not a number, a unit that does not convert, a sign, a fraction, a share above 1
    "component",  # numerator above denominator
    "magnitude",  # 元 written as 万元 or 亿元: ten thousand or a hundred million times off
    "personal_number",  # an ID-card or telephone number in a note
)
WARNING_FAMILIES = (
    "required",  # a cell asked for is blank, a row is missing
    "cumulative",  # the cumulative is not last month's plus this month's, or falls
    "parts_total",  # previous + new − cancelled
    "copy",  # last month's report sent again
    "neighbour_copy",  # another unit's report of the same month
    "outlier",  # far from the unit's own history, or from the other units this month
    "community_sum",  # the sub-district's figure is not its communities' sum
    "prior_year",  # last year's figure is not the one reported then
)
FAMILIES = CRITICAL_FAMILIES + WARNING_FAMILIES

LEAST_SPREADS = 6  # an outlier fault is an honest value moved by at least so many robust spreads of its series …
LEAST_UNITS = 5  # … and by at least so many of its unit of measure


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where; `indicator_code` is blank for a whole submission."""

    family: str
    file: str  # in the inbox, as `<unit code>/<name>`
    org_unit_code: str
    form_code: str
    report_month: date  # that the file should bear
    indicator_code: str = ""
    field: str = ""  # month, ytd, prior_ytd, note; blank for a whole row or submission
    found: str = ""  # as written
    honest: str = ""  # what should stand there


@dataclass(frozen=True)
class World:
    """An office with a backlog of reports, all to be judged in one night."""

    reference: Path
    inbox: Path  # modification times are the moments of arrival
    as_of: datetime
    faults: Sequence[Fault]
    honest_cells_count: int  # numbers written in the inbox that are as they should be


def robust_spread(series: Sequence[float]) -> float:
    """What an honest series varies by, in its own units: the scaled median deviation, or the mean one where that is 0.

    1.4826 and 1.2533 make both the standard deviation of a normal distribution.
    """
    middle = median(series)
    deviations = [abs(value - middle) for value in series]
    return 1.4826 * median(deviations) or 1.2533 * fmean(deviations)
