from hypothesis import given
from hypothesis import strategies as st

from alerts.chatter import QUIET_MS, chattering_until, is_chattering, is_flood


def test_three_raises_in_a_minute_are_chatter() -> None:
    assert not is_chattering([], 0)
    assert not is_chattering([0], 60_000)
    assert is_chattering([0, 30_000], 60_000)
    assert not is_chattering([0, 30_000], 60_001)


def test_chatter_goes_on_while_it_is_not_quiet() -> None:
    assert chattering_until([], None, 1000) is None
    assert chattering_until([], 2000, 1999) == 1999 + QUIET_MS
    assert chattering_until([], 2000, 2000) is None


@given(st.integers(0, 30), st.booleans())
def test_a_flood_has_two_limits(count: int, flooded: bool) -> None:
    assert is_flood(count, flooded=flooded) == (count >= 10 or (flooded and count >= 5))
