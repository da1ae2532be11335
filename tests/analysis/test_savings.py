"""Savings on buildings that are made up, with known truth."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.change_point import ChangePoint, fit_change_point
from analysis.energy_model import Observation, student
from analysis.savings import doubts, fit_model, savings
from tests.bench.savings import building, outcome

FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def days(count: int, slope_cold: float, slope_warm: float, noise: float) -> list[Observation]:
    random = np.random.default_rng(3)
    found = []
    for n in range(count):
        warm = 15 - 14 * math.cos(2 * math.pi * n / 365)
        used = 500 + slope_cold * max(0, 12 - warm) + slope_warm * max(0, warm - 22)
        found.append(
            Observation(
                FIRST + dt.timedelta(days=n), used + float(random.normal(0, noise)), warm, False
            )
        )
    return found


@pytest.mark.parametrize(
    ("cold", "warm", "form"),
    [(20, 0, (True, False)), (0, 30, (False, True)), (20, 30, (True, True)), (0, 0, (False,) * 2)],
)
def test_the_form_of_a_building_is_found(cold: float, warm: float, form: tuple[bool, bool]) -> None:
    model = fit_change_point(days(365, cold, warm, 4.0))
    assert model is not None
    found = (model.heating_below is not None, model.cooling_above is not None)
    assert found == form
    if cold:
        assert model.heating_below == pytest.approx(12, abs=1)
    if warm:
        assert model.cooling_above == pytest.approx(22, abs=1)


@settings(deadline=None, max_examples=15)
@given(st.floats(0.2, 5.0), st.floats(0.5, 3.0))
def test_a_building_twice_as_large_saves_twice_as_much(scale: float, factor: float) -> None:
    baseline, after = days(365, 20 * scale, 30 * scale, 5.0), days(200, 20, 30, 5.0)
    one = fit_model(baseline, "day")
    larger = fit_model([_times(each, factor) for each in baseline], "day")
    assert isinstance(one, ChangePoint)
    assert isinstance(larger, ChangePoint)
    first, second = savings(one, after), savings(larger, [_times(each, factor) for each in after])
    assert second.saved == pytest.approx(first.saved * factor, rel=1e-6, abs=1e-3)
    assert second.half_width == pytest.approx(first.half_width * factor, rel=1e-6)


def _times(one: Observation, factor: float) -> Observation:
    return Observation(one.start, one.energy * factor, one.temperature, one.rest)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Forty buildings; the full count is `python -m tests.bench.savings`."""
    found = outcome(0.05, 40, "day", 100)
    # Of 40 draws with a chance of 0.9 fewer than 30 would come up once in 10 000 runs.
    assert found.held >= 30
    assert abs(found.mean_error) < 0.005
    assert found.claimed >= 36


def test_an_hourly_model_finds_what_was_saved() -> None:
    made = building(5, 0.15, "hour")
    model = fit_model(made.baseline, "hour")
    assert model is not None
    found = savings(model, made.reporting)
    assert abs(found.saved - made.saved) < 0.02 * found.adjusted
    assert model.goodness.cv_rmse < 0.3


def test_what_is_not_known_is_in_neither_side() -> None:
    made = building(7, 0.05, "day")
    model = fit_model(made.baseline, "day")
    assert model is not None
    known = [one for one in made.reporting if one.known]
    assert len(known) < len(made.reporting)
    assert savings(model, made.reporting) == savings(model, known)
    nothing = savings(model, [])
    assert nothing.steps == 0
    assert not nothing.sure


def test_an_adjustment_is_added_to_the_baseline_and_weather_beyond_it_is_counted() -> None:
    made = building(9, 0.0, "day")
    model = fit_model(made.baseline, "day")
    assert model is not None
    plain, adjusted = savings(model, made.reporting), savings(model, made.reporting, 1_000.0)
    assert adjusted.saved == pytest.approx(plain.saved + 1_000)
    hot = Observation(dt.datetime(2026, 7, 1, tzinfo=dt.UTC), 100.0, 60.0)
    assert savings(model, [hot]).outside == 1


def test_too_little_is_no_baseline_and_a_short_one_is_doubted() -> None:
    few = days(3, 0, 0, 1.0)
    assert fit_model(few, "day") is None
    assert fit_model(few, "hour") is None
    model = fit_model(days(120, 20, 0, 1.0), "day")
    assert model is not None
    assert doubts(model, 120, 0.8, "day") == ["baseline_short", "baseline_holes"]


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(10, 1.812), (30, 1.697), (120, 1.658), (1e6, 1.645)]
)
def test_students_t(freedom: float, quantile: float) -> None:
    assert student(0.90, freedom) == pytest.approx(quantile, abs=1.5e-3)
