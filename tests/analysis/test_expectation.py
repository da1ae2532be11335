import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.expectation import Confidence, Expectation, robust

amounts = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(amounts, min_size=5, max_size=30), st.floats(0, 1e12))
def test_one_wrong_value_moves_what_is_expected_no_further_than_a_right_one(
    values: list[float], wrong: float
) -> None:
    found = robust([*values, wrong])
    assert min(values) <= found.amount <= max(values)


@given(st.lists(amounts, min_size=1, max_size=30))
def test_it_does_not_depend_on_the_order(values: list[float]) -> None:
    assert robust(values) == robust(sorted(values, reverse=True))


def test_the_spread_is_a_standard_deviation_of_what_is_normal() -> None:
    found = robust([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.amount, found.count) == (3.0, 5)
    assert found.spread == pytest.approx(1.4826)


@pytest.mark.parametrize(
    ("amount", "spread", "count", "confidence"),
    [
        (100, 10, 20, Confidence.GOOD), (100, 10, 5, Confidence.FAIR),
        (100, 40, 20, Confidence.FAIR), (100, 80, 20, Confidence.LOW),
        (0, 0, 20, Confidence.GOOD), (0, 1, 20, Confidence.LOW),
    ],
)  # fmt: skip
def test_its_confidence(amount: float, spread: float, count: int, confidence: Confidence) -> None:
    assert Expectation(amount, spread, count).confidence is confidence


def test_what_scatters_is_not_exceeded_by_chance() -> None:
    calm, wild = Expectation(10, 0.5, 20), Expectation(10, 9, 20)
    assert calm.exceeded(31, 3, 0)
    assert not wild.exceeded(31, 3, 0)
    assert not calm.exceeded(31, 3, 30)
    assert not calm.exceeded(29, 3, 0)
    assert calm.missed(5, 0.6, 0)
    assert not wild.missed(5, 0.6, 0)
    assert not calm.missed(7, 0.6, 0)


def test_of_nothing_expected_anything_is_too_much() -> None:
    never = Expectation(0, 0, 14)
    assert never.exceeded(0.3, 3, 0.2)
    assert not never.exceeded(0.1, 3, 0.2)
    assert not never.exceeded(0.0, 3, 0.0)
