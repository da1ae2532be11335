"""The rescue clock: its steps in order, and late for good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Rescue
from alerts.errors import NotAllowedError
from alerts.rescue import EVENTS, RescueStep, again, begin, from_json, joined, stepped, to_json

WITHIN = 1_800_000
STEPS = tuple(RescueStep)


def test_steps_follow_each_other_and_may_be_left_out() -> None:
    clock = stepped(begin(0, WITHIN), RescueStep.ON_THE_WAY, 60_000)
    clock = stepped(clock, RescueStep.ON_SITE, 900_000)
    clock = stepped(clock, RescueStep.RELEASED, 1_200_000)
    assert clock == Rescue(0, WITHIN, 60_000, 900_000, 1_200_000)
    assert clock.over
    assert not stepped(begin(0, WITHIN), RescueStep.RELEASED, 5).overdue(9 * WITHIN)


def test_a_step_that_was_said_stays_when_it_was_said() -> None:
    clock = stepped(begin(0, WITHIN), RescueStep.ON_SITE, 100)
    assert stepped(clock, RescueStep.ON_SITE, 200) == clock
    with pytest.raises(NotAllowedError) as error:
        stepped(clock, RescueStep.ON_THE_WAY, 200)
    assert error.value.key == "rescue_later"


def test_late_is_later_than_the_limit_and_stays() -> None:
    clock = begin(0, WITHIN)
    assert not clock.overdue(WITHIN)
    assert clock.overdue(WITHIN + 1)
    assert not stepped(clock, RescueStep.ON_SITE, WITHIN).late
    late = stepped(clock, RescueStep.ON_SITE, WITHIN + 1)
    assert late.late
    assert stepped(late, RescueStep.RELEASED, WITHIN + 2).late
    assert stepped(clock, RescueStep.ON_THE_WAY, WITHIN + 1).overdue(WITHIN + 2)


def test_trapped_again_goes_on_while_the_rescue_does() -> None:
    clock = stepped(begin(0, WITHIN), RescueStep.ON_THE_WAY, 60_000)
    assert again(clock, 90_000, WITHIN) == clock
    over = stepped(clock, RescueStep.RELEASED, 95_000)
    assert again(over, 99_000, WITHIN) == begin(99_000, WITHIN)
    assert again(None, 5, WITHIN) == begin(5, WITHIN)


def test_a_second_alarm_of_the_elevator_has_the_first_ones_clock() -> None:
    first = stepped(begin(0, WITHIN), RescueStep.ON_THE_WAY, 60_000)
    assert joined(begin(70_000, WITHIN), first) == first
    over = stepped(first, RescueStep.RELEASED, 80_000)
    assert joined(begin(90_000, WITHIN), over) == begin(90_000, WITHIN)


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 4_000_000)), max_size=9))
def test_whatever_is_said_no_step_moves_and_late_never_goes(
    said: list[tuple[RescueStep, int]],
) -> None:
    clock = begin(0, WITHIN)
    for step, at in sorted(said, key=lambda one: one[1]):
        before = clock
        try:
            clock = stepped(clock, step, at)
        except NotAllowedError:
            continue
        for name in ("on_the_way_at", "on_site_at", "released_at"):
            assert getattr(before, name) in {None, getattr(clock, name)}
        assert clock.late >= before.late
        moments = [clock.on_the_way_at, clock.on_site_at, clock.released_at]
        known = [one for one in moments if one is not None]
        assert known == sorted(known)
    assert from_json(to_json(clock)) == clock
    assert from_json(None) is None


def test_every_step_has_its_event() -> None:
    assert set(EVENTS) == set(STEPS)
