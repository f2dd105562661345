from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._activity import BOUNDS, RECENT, Measure

seconds = st.floats(0, 1000, allow_nan=False)


@given(st.lists(seconds, min_size=1, max_size=2 * RECENT))
def test_a_measure_keeps_the_recent_and_counts_all(values: list[float]) -> None:
    measure = Measure()
    for value in values:
        measure.add(value)
    assert list(measure.recent) == values[-RECENT:]
    assert measure.last == values[-1]
    assert measure.total == pytest.approx(sum(values))
    buckets = measure.cumulative()
    assert [bound for bound, _ in buckets] == [*BOUNDS, float("inf")]
    assert all(count == sum(v <= bound for v in values) for bound, count in buckets)
    assert all(a <= b for (_, a), (_, b) in pairwise(buckets))


@given(st.lists(seconds, min_size=1, max_size=50), st.floats(0, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], percent: float
) -> None:
    measure = Measure()
    for value in values:
        measure.add(value)
    found = measure.percentile(percent)
    assert found in values
    assert sum(v <= found for v in values) >= len(values) * percent / 100
    below = [v for v in values if v < found]
    assert len(below) < max(1, len(values) * percent / 100)


def test_there_is_no_percentile_of_nothing() -> None:
    assert Measure().last is None
    with pytest.raises(IndexError):
        Measure().percentile(50)
