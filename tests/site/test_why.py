"""What a page of explanations marks as telephoned in."""

from collections import namedtuple
from datetime import date

import pytest
from markupsafe import Markup

from jindu.site.why import Month, NumberedCell, _month

Figures = namedtuple("Figures", ["report_month", "is_corrected"])
Typed = namedtuple("Typed", ["is_corrected", "own_months", "ytd_months"])


def month(number: int, *cells: Typed, is_corrected: bool = True) -> Month:
    linked = [(NumberedCell(place, row), Markup()) for place, row in enumerate(cells)]
    return _month(Figures(date(2024, number, 1), is_corrected), linked, Markup(), {}, {})


@pytest.mark.parametrize(
    ("number", "cells", "marks"),
    [
        (9, [Typed(True, [9], []), Typed(False, [], [9])], (True, False)),  # the month alone was told
        (9, [Typed(False, [9], []), Typed(True, [], [9])], (False, True)),  # the cumulative alone
        (9, [Typed(True, [9, 10], [9])], (True, True)),  # a cumulative that the month is the difference of
        (10, [Typed(True, [9, 10], [9]), Typed(False, [10], [10])], (True, False)),  # and the next month, too
        (10, [Typed(False, [10], [10])], (False, False)),
        (9, [], (False, True)),  # a parent rests on its units
    ],
)
def test_the_mark_stands_where_the_telephoned_figure_does(
    number: int, cells: list[Typed], marks: tuple[bool, bool]
) -> None:
    shown = month(number, *cells)
    assert (shown.is_month_corrected, shown.is_ytd_corrected) == marks
