"""Availability of an elevator: what is known, what stopped it, and what nobody knows."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Severity, Transition
from alerts.kpi import Life, Step
from alerts.rules import load_rules
from reports.elevators import KnownDay, Use, active_in, increase, length, stops, together, use_of

DAY = 86_400_000
HOUR = 3_600_000
STRETCHES = st.lists(
    st.tuples(st.integers(0, 3 * DAY), st.integers(0, 3 * DAY)).map(
        lambda two: (min(two), max(two))
    )
)


def life(*steps: tuple[int, Transition]) -> Life:
    return Life(
        ("elevator_fault_door", "lift-1", "fault_code"), "elevator_fault", Severity.HIGH, False,
        [Step(at, event) for at, event in steps],
    )  # fmt: skip


def test_every_rule_that_stops_a_car_is_a_rule() -> None:
    rules = load_rules()
    assert stops().rules
    assert all(rules.find(name) is not None for name in stops().rules)


def test_an_alarm_is_active_until_it_is_normal_again_and_once_more() -> None:
    one = life(
        (10, Transition.RAISED), (20, Transition.RETURNED), (30, Transition.RERAISED),
        (35, Transition.ACKNOWLEDGED), (40, Transition.LATCHED), (50, Transition.CLEARED),
        (60, Transition.RERAISED),
    )  # fmt: skip
    assert active_in(one, 0, 100) == [(10, 20), (30, 40), (60, 100)]
    assert active_in(one, 15, 32) == [(15, 20), (30, 32)]
    assert not active_in(one, 41, 59)
    assert active_in(life((5, Transition.RAISED), (9, Transition.WITHDRAWN)), 0, 100) == [(5, 9)]


def test_a_day_of_which_half_is_known_and_an_hour_stopped() -> None:
    found = use_of([KnownDay(0, DAY, DAY // 2)], [(HOUR, 2 * HOUR)])
    assert found == Use(DAY, DAY // 2, HOUR)
    assert found.unknown_ms == DAY // 2
    assert found.availability == Fraction(11, 12)
    assert use_of([KnownDay(0, DAY, 0)], [(0, DAY)]).availability is None


@given(STRETCHES, st.lists(st.integers(-5, 2 * DAY), min_size=3, max_size=3))
def test_known_and_unknown_add_up_to_what_passed(
    stopped: list[tuple[int, int]], known: list[int]
) -> None:
    days = [KnownDay(n * DAY, (n + 1) * DAY, each) for n, each in enumerate(known)]
    merged = together(stopped)
    whole = use_of(days, merged)
    assert whole == sum((use_of([day], merged) for day in days), Use())
    assert whole.known_ms + whole.unknown_ms == whole.passed_ms == 3 * DAY
    assert 0 <= whole.stopped_ms <= min(whole.known_ms, length(merged))
    assert whole.availability is None or 0 <= whole.availability <= 1


@given(STRETCHES)
def test_together_is_every_moment_once(stretches: list[tuple[int, int]]) -> None:
    found = together(stretches)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    edges = {moment for one in stretches for moment in one}
    for moment in edges:
        inside = any(start <= moment < end for start, end in stretches)
        assert inside == any(start <= moment < end for start, end in found)


def test_a_counter_that_went_back_is_unknown() -> None:
    assert increase([10, 12, 12, 30]) == 20
    assert increase([10, 12, 0, 30]) is None
    assert increase([10]) is None
    assert increase([]) is None
