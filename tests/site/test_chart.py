"""The drawings: where a value stands, what is left out, and that they can be read without being seen."""

import re

from jindu.site.chart import Interval, Year, monthly_bars, year_line
from jindu.site.series import amounts

MONTHS = [str(month) for month in range(1, 13)]
NONE: list[float | None] = [None] * 12


def test_a_bar_stands_for_each_known_month_and_a_line_for_each_phased_one() -> None:
    drawn = str(monthly_bars([5.0, None, 7.0, *NONE[3:]], [4.0] * 12, MONTHS, "每月", "累计 12"))
    assert drawn.count('class="bar-now"') == 2
    assert drawn.count('class="due"') == 12


def test_a_chart_says_in_words_what_it_shows() -> None:
    drawn = str(year_line(Year([1.0, 2.0, *NONE[2:]], NONE, 10.0, None), MONTHS, "本年", 'A & "B"'))
    assert 'role="img"' in drawn
    assert 'aria-label="本年: A &amp; &#34;B&#34;"' in drawn


def test_the_fan_spreads_from_the_last_month_to_the_ends_of_the_interval() -> None:
    values = [10.0 * month for month in range(1, 10)] + NONE[9:]
    drawn = str(year_line(Year(values, NONE, 100.0, Interval(120.0, 110.0, 130.0)), MONTHS, "", ""))
    points = re.search(r'class="fan" points="([^"]+)"', drawn)
    assert points is not None
    last, high, low = (tuple(map(float, pair.split(","))) for pair in points[1].split())
    assert last[0] < high[0] == low[0]
    assert high[1] < low[1]  # upwards is less


def test_a_year_that_is_over_has_no_fan() -> None:
    values: list[float | None] = [1.0] * 12
    assert 'class="fan"' not in str(year_line(Year(values, NONE, None, Interval(1.0, 0.5, 1.5)), MONTHS, "", ""))


def test_one_value_alone_makes_an_axis() -> None:
    for value in (0.0, 1e-7, -3.0, 690750.0):
        drawn = str(year_line(Year([value, *NONE[1:]], NONE, None, None, from_zero=False), MONTHS, "", ""))
        assert "nan" not in drawn and "inf" not in drawn


def test_what_a_month_adds_is_the_difference_of_what_is_due() -> None:
    assert amounts([8.0, 16.0, None, 30.0, 40.0]) == [8.0, 8.0, None, None, 10.0]


def test_the_longest_label_of_the_axis_is_whole() -> None:
    for most in (12.0, 9_000_000.0, -3_000_000.0):
        drawn = str(monthly_bars([most, *NONE[1:]], NONE, MONTHS, "", ""))
        labels = re.findall(r'<text x="([\d.]+)"[^>]*class="end-at">([^<]+)<', drawn)
        assert all(float(end) >= len(text) * 5.6 for end, text in labels), labels
