"""Figures of PV by hand and by property."""

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pv import compared, performance, uptimes, year_on_year

RATINGS = {name: 10_000.0 for name in "abcd"}


def test_a_performance_ratio_counts_hours_of_which_both_are_known() -> None:
    found = performance({1: 4000.0, 2: 3000.0}, {1: 500.0, 3: 900.0}, 10_000.0)
    assert found is not None
    assert found.value == pytest.approx(0.8)
    assert performance({1: 1.0}, {2: 500.0}, 10_000.0) is None
    dark = performance({1: 0.0}, {1: -2.0}, 10_000.0)
    assert dark is not None
    assert dark.value is None


def test_the_light_alone_tells_of_one_inverter() -> None:
    found = uptimes({"a": {1: 0.0, 2: 3900.0, 3: 0.0}}, RATINGS, {1: 500.0, 2: 500.0, 3: 50.0})
    assert found["a"].expected == 2
    assert found["a"].down == (1,)
    assert found["a"].lost_wh == pytest.approx(4000.0)
    assert found["a"].availability == 0.5


def test_nothing_is_said_without_light_and_of_too_few() -> None:
    few = {name: {1: 0.0} for name in "abc"}
    assert uptimes(few, RATINGS, None)["a"].availability is None
    assert uptimes({"x": {1: 0.0}}, {}, {1: 900.0}) == {}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.floats(0, 10_000), min_size=4, max_size=4), min_size=1, max_size=10))
def test_downtime_is_within_what_was_expected_and_loses_nothing_that_was_given(
    hours: list[list[float]],
) -> None:
    energies = {
        name: {n: hour[at] for n, hour in enumerate(hours)} for at, name in enumerate("abcd")
    }
    for name, one in uptimes(energies, RATINGS, None).items():
        assert len(one.down) <= one.expected <= len(hours)
        given_ = sum(energies[name][hour] for hour in one.down)
        assert 0 <= one.lost_wh <= len(one.down) * 10_000 - given_ + 1e-6


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([0.0, 300.0, 600.0, 5000.0, 9000.0]), min_size=4, max_size=9))
def test_what_an_inverter_should_give_is_the_median_of_the_others(hour: list[float]) -> None:
    names = [f"i{n}" for n in range(len(hour))]
    found = uptimes(
        {name: {1: wh} for name, wh in zip(names, hour, strict=True)},
        dict.fromkeys(names, 10_000.0), None,
    )  # fmt: skip
    for n, name in enumerate(names):
        middle = median(hour[:n] + hour[n + 1 :])
        assert found[name].expected == (middle >= 500)
        is_down = middle >= 500 and hour[n] < middle / 10
        assert found[name].lost_wh == pytest.approx(middle - hour[n] if is_down else 0)


def test_strings_of_too_few_or_in_the_dark_are_not_compared() -> None:
    assert [one.is_off for one in compared({"1": 4.0, "2": 1.0, "3": 4.0})] == [None] * 3
    assert [one.is_off for one in compared(dict.fromkeys("1234", 0.01))] == [None] * 4
    assert compared({}) == []


def test_a_change_has_its_uncertainty() -> None:
    found = year_on_year(1000.0, 980.0, by_ratio=True)
    assert found is not None
    assert found.change == pytest.approx(-0.02)
    assert found.uncertainty == pytest.approx(0.0554, abs=1e-4)
    assert year_on_year(None, 980.0, by_ratio=False) is None
