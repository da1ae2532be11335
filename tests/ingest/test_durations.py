"""The histogram of durations."""

import pytest

from ingest.durations import BOUNDS_S, Durations


def test_a_duration_is_in_the_first_bucket_that_is_long_enough() -> None:
    found = Durations()
    for duration_s in (0.0, 0.001, 0.0011, 10.0, 99.0):
        found.add(duration_s)
    assert found.cumulative[0] == 2
    assert found.cumulative[1] == 3
    assert found.cumulative[len(BOUNDS_S) - 1] == 4
    assert found.cumulative[-1] == 5
    assert found.total_s == pytest.approx(109.0021)


def test_what_fails_is_measured_too() -> None:
    found = Durations()
    with pytest.raises(KeyError), found.measured():
        raise KeyError
    assert found.cumulative[-1] == 1
