"""Money: rounded once, and its parts are the whole."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from reports.fen import divided, fen_of, rounded, settled

FEN = st.fractions(-(10**7), 10**7, max_denominator=10_000)


def test_halves_are_rounded_away_from_zero() -> None:
    halves = [Fraction(1, 2), Fraction(3, 2), Fraction(-1, 2), Fraction(49, 100)]
    assert [rounded(one) for one in halves] == [1, 2, -1, 0]


def test_a_megawatt_hour_at_46_fen() -> None:
    assert fen_of(1_000_000_000, Fraction("0.4634")) == 46_340


@given(st.dictionaries(st.integers(), FEN, max_size=40))
def test_parts_add_up_to_the_sum_rounded_once(exact: dict[int, Fraction]) -> None:
    parts = settled(exact)
    assert sum(parts.values()) == rounded(sum(exact.values(), Fraction(0)))
    assert all(abs(parts[key] - fen) < 1 or fen == parts[key] for key, fen in exact.items())


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_a_whole_is_divided_to_the_last_fen(whole: int, shares: list[int]) -> None:
    parts = divided(whole, {n: Fraction(one) for n, one in enumerate(shares)})
    assert sum(parts.values()) == whole
    if any(shares):
        assert all(parts[n] == 0 for n, one in enumerate(shares) if not one)


def test_the_largest_remainder_gets_the_fen_left() -> None:
    thirds = {"a": Fraction(1), "b": Fraction(1), "c": Fraction(1)}
    assert divided(100, thirds) == {"a": 34, "b": 33, "c": 33}
    assert divided(7, {}) == {}
    assert divided(7, {"a": Fraction(0), "b": Fraction(0)}) == {"a": 7, "b": 0}
