"""Leaks on meters that are made up, with known truth."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from analysis.leaks import (
    ENDLESS_NIGHTS,
    LEAST_NIGHTS,
    RECENT_NIGHTS,
    LeakKind,
    Night,
    find_leak,
)
from tests.bench.leaks import BEGINS, FIRST, nights, outcome


def made(flows: list[float], least: float = 0.0) -> list[Night]:
    return [Night(FIRST + dt.timedelta(days=n), flow, least) for n, flow in enumerate(flows)]


def test_what_is_found_and_what_is_not() -> None:
    """A hundred meters of each size; the full count is `python -m tests.bench.leaks`."""
    none, large = outcome(0.0, 100, 7), outcome(0.2, 100, 7)
    assert none.found <= 2
    assert large.found >= 90
    assert large.held >= 0.8 * large.found
    assert abs(large.late_days) < 2


def test_a_leak_is_dated_and_sized() -> None:
    leak = find_leak(nights(3, 0.5))
    assert leak is not None
    assert leak.kind is LeakKind.STEP
    assert abs((leak.since - FIRST).days - BEGINS) <= 1
    assert abs(leak.flow - 0.5) < 0.1
    assert leak.m3_a_day == leak.flow * 24


def test_one_night_of_cleaning_is_no_leak_and_a_mended_one_is_over() -> None:
    flows = [0.1, 0.12] * 15
    assert find_leak(made([*flows, 2.0, 0.1, 0.12, 0.1, 0.11])) is None
    broken = [*flows, *[0.6] * 10]
    found = find_leak(made(broken))
    assert found is not None
    assert found.nights == 10
    assert find_leak(made([*broken, *[0.1, 0.12] * 4])) is None


def test_a_flow_that_never_ends() -> None:
    leak = find_leak(made([0.3] * ENDLESS_NIGHTS, least=0.25))
    assert leak is not None
    assert (leak.kind, leak.flow) == (LeakKind.ENDLESS, 0.25)
    assert find_leak(made([0.3] * (ENDLESS_NIGHTS - 1), least=0.25)) is None
    assert find_leak(made([0.3] * ENDLESS_NIGHTS, least=0.0)) is None


@given(st.lists(st.floats(0, 5), max_size=LEAST_NIGHTS + RECENT_NIGHTS - 1))
def test_too_few_nights_say_nothing(flows: list[float]) -> None:
    leak = find_leak(made(flows))
    assert leak is None or leak.kind is LeakKind.ENDLESS


@given(st.lists(st.floats(0, 0.5), min_size=20, max_size=40), st.floats(0.5, 20))
def test_twice_the_flow_is_the_same_leak_twice_as_large(flows: list[float], size: float) -> None:
    one = find_leak(made([*flows, *[size + 1] * 8]))
    double = find_leak(made([2 * flow for flow in [*flows, *[size + 1] * 8]]))
    if one is not None:
        assert double is not None
        assert double.since == one.since
        assert abs(double.flow - 2 * one.flow) < 1e-6
