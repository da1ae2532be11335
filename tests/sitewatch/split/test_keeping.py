from hypothesis import given
from hypothesis import strategies as st

from sitewatch.split.keeping import TICK_S, Signs, hangs, holds_database, restart_wait_s


def after(signs: Signs, seconds: float) -> Signs:
    for _ in range(round(seconds / TICK_S)):
        signs = signs.ticked()
    return signs


def test_a_child_that_beats_never_hangs_and_one_that_is_silent_does() -> None:
    signs = Signs().heard()
    for _ in range(1000):
        signs = after(signs, 29).heard()
        assert not hangs(signs)
    assert not hangs(after(signs, 29))
    assert hangs(after(signs, 30))


def test_before_its_first_beat_a_child_has_longer() -> None:
    assert not hangs(after(Signs(), 500))
    assert hangs(after(Signs(), 600))


def test_a_silent_child_is_ended_as_soon_as_alarms_wait_for_the_database() -> None:
    silent = after(Signs().heard(), 1)
    assert not holds_database(silent, 0)
    assert holds_database(silent, 1)


def test_one_that_lives_has_longer_to_let_go() -> None:
    alive = Signs().heard()
    assert not holds_database(alive, 7)
    assert holds_database(alive, 8)


@given(st.integers(1, 10_000))
def test_waits_rise_and_are_bounded(failures: int) -> None:
    assert 0.2 <= restart_wait_s(failures) <= restart_wait_s(failures + 1) <= 15
