"""Parts always add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.sample.split import spread, spread_below

WEIGHTS = st.dictionaries(st.integers(0, 20), st.floats(0, 1e6), min_size=1)


@given(st.integers(0, 10**9), WEIGHTS)
def test_parts_add_up(total: int, weights: dict[int, float]) -> None:
    parts = spread(total, weights)
    assert sum(parts.values()) == total
    assert min(parts.values()) >= 0


@given(WEIGHTS, st.data())
def test_no_part_above_its_limit(weights: dict[int, float], data: st.DataObject) -> None:
    limits = {key: data.draw(st.integers(0, 50)) for key in weights}
    total = data.draw(st.integers(0, sum(limits.values())))
    parts = spread_below(total, weights, limits)
    assert sum(parts.values()) == total
    assert all(parts[key] <= limits[key] for key in parts)


def test_largest_remainder() -> None:
    assert spread(7, {"a": 1, "b": 1, "c": 1}) == {"a": 3, "b": 2, "c": 2}
    assert spread(10, {"a": 5.6, "b": 4.4}) == {"a": 6, "b": 4}


def test_no_room() -> None:
    with pytest.raises(ValueError, match="no room"):
        spread_below(5, {"a": 1}, {"a": 4})
