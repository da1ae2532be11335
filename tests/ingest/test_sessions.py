"""Charging sessions from states and counters: every Wh in one place, whatever the device does."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters import MeterChange, Reading, Steps, Terms
from ingest.counters import advance as count_on
from ingest.sessions import (
    GAP_MS,
    Advanced,
    Ending,
    Mark,
    Seen,
    Session,
    Standing,
    Status,
    advance,
)

START = 1_795_363_200_000
MINUTE = 60_000
TERMS = Terms(Steps.always(Fraction(1)), Steps.always(Fraction(22_000_000, 3_600_000)), 2**32)
FREE, PLUGGED, CHARGING, PAUSED, FULL, FAULT, OUT = Status


def seen(minute: float, status: Status | None = None, wh: float | None = None,
         told: float | None = None, *, lost: bool = False) -> Seen:  # fmt: skip
    count, own = (None if one is None else round(one * 1000) for one in (wh, told))
    return Seen(START + round(minute * MINUTE), status, None, None, lost, count, own)


def run(every: Sequence[Seen], terms: Terms | None = TERMS) -> tuple[list[Session], Standing]:
    """All sessions, in order of their beginning, and where the connector stands at last."""
    standing, found = Standing(), dict[int, Session]()
    for one in every:
        result: Advanced = advance(standing, one, terms)
        standing = result.standing
        found |= {each.start_ms: each for each in (*result.settled, *standing.sessions)}
    return [found[start] for start in sorted(found)], standing


def only(every: Sequence[Seen], terms: Terms | None = TERMS) -> Session:
    (found,) = run(every, terms)[0]
    return found


def minutes(session: Session) -> tuple[float | None, ...]:
    """Begin, end, plugged, charging, idle and gap in minutes."""
    end = session.end_ms
    times = [session.start_ms - START, None if end is None else end - START,
             session.plugged_ms, session.charging_ms, session.idle_ms, session.gap_ms]  # fmt: skip
    return tuple(None if one is None else one / MINUTE for one in times)


def test_a_stay_from_plug_to_unplug() -> None:
    found = only([
        seen(0, FREE, 5000), seen(10, PLUGGED, 5000), seen(12, CHARGING, 5000, 0),
        seen(22, CHARGING, 6000, 1000), seen(27, FULL, 6400, 1400), seen(40, FULL, 6400, 1400),
        seen(42, FREE, 6400, 0), seen(50, FREE, 6400),
    ])  # fmt: skip
    assert minutes(found) == (10, 42, 32, 15, 15, 0)
    assert (found.energy, found.told, found.ending) == (1_400_000, 1_400_000, Ending.FINISHED)
    assert not found.marks


def test_the_counter_may_be_slower_than_the_state() -> None:
    every = [
        seen(0, FREE, 5000), seen(4, PLUGGED), seen(5, CHARGING), seen(9, FULL), seen(9.5, FREE),
        seen(10, wh=6000), seen(11, PLUGGED), seen(12, CHARGING), seen(20, wh=6900), seen(21, FREE),
        seen(24, wh=7000), seen(30, wh=7000),
    ]  # fmt: skip
    first, second = run(every)[0]
    assert (first.energy, second.energy) == (1_000_000, 1_000_000)
    assert (first.ending, second.ending) == (Ending.FINISHED, Ending.UNPLUGGED)


def test_two_cars_within_one_step_of_the_counter_share_it_by_their_time() -> None:
    every = [seen(0, FREE, 1000), seen(1, CHARGING), seen(4, FREE), seen(5, CHARGING),
             seen(6, FREE), seen(7, wh=1401)]  # fmt: skip
    first, second = run(every)[0]
    assert (first.energy, second.energy) == (300_750, 100_250)
    assert Mark.DIVIDED in first.marks & second.marks


def test_how_a_session_ended() -> None:
    refused = [seen(0, FREE), seen(1, PLUGGED), seen(3, FREE)]
    fault = [seen(0, FREE), seen(1, PLUGGED), seen(2, FAULT), seen(3, FREE)]
    during = [seen(0, FREE), seen(1, CHARGING), seen(5, FAULT), seen(6, CHARGING), seen(9, FREE)]
    out = [seen(0, FREE), seen(1, CHARGING), seen(5, OUT)]
    found = [only(one, None) for one in (refused, fault, during, out)]
    assert [one.ending for one in found] == [
        Ending.NOT_STARTED, Ending.FAULT, Ending.UNPLUGGED, Ending.UNKNOWN,
    ]  # fmt: skip
    assert [(one.faults, one.fault_ms) for one in found] == [
        (0, 0), (1, MINUTE), (1, MINUTE), (0, 0),
    ]  # fmt: skip
    assert found[0].energy is None


def test_a_gap_is_neither_charging_nor_idle_and_a_car_gone_in_it_left_when_it_was_seen_last() -> (
    None
):
    stayed = only([seen(0, FREE, 0), seen(1, CHARGING, 0), seen(11, CHARGING, 1000),
                   seen(61, CHARGING, 9000), seen(66, FREE, 9400)])  # fmt: skip
    assert minutes(stayed) == (1, 66, 15, 15, 0, 50)
    assert stayed.energy == 9_400_000
    left = only([seen(0, FREE, 0), seen(1, CHARGING, 0), seen(11, CHARGING, 1000),
                 seen(61, FREE, 4000)])  # fmt: skip
    assert minutes(left) == (1, 11, 10, 10, 0, 50)
    assert (left.energy, left.ending) == (4_000_000, Ending.UNKNOWN)


def test_another_car_after_a_gap_is_told_by_the_session_energy() -> None:
    first, second = run([
        seen(0, FREE, 0), seen(1, CHARGING, 0, 0), seen(11, CHARGING, 1000, 1000),
        seen(61, CHARGING, 6000, 400), seen(71, FREE, 7000, 1400),
    ])[0]  # fmt: skip
    assert first.ending is Ending.UNKNOWN
    assert Mark.BEGAN_BEFORE in second.marks
    assert second.told == 1_400_000


def test_a_state_that_is_unknown_is_as_good_as_silence() -> None:
    short = only([seen(0, FREE), seen(1, CHARGING), seen(3, lost=True), seen(5, wh=0),
                  seen(8, CHARGING), seen(9, FREE)], None)  # fmt: skip
    assert minutes(short) == (1, 9, 8, 8, 0, 0)
    long = only([seen(0, FREE), seen(1, CHARGING), seen(3, CHARGING), seen(4, lost=True),
                 seen(12, wh=0), seen(20, CHARGING), seen(21, FREE)], None)  # fmt: skip
    assert minutes(long) == (1, 21, 3, 3, 0, 17)


def test_a_reset_and_a_roll_over() -> None:
    reset = only([seen(0, FREE, 8000), seen(1, CHARGING, 8000), seen(5, CHARGING, 8500),
                  seen(10, CHARGING, 100), seen(15, CHARGING, 600), seen(20, FREE, 1000),
                  ])  # fmt: skip
    assert reset.energy == 1_400_000
    assert Mark.PART in reset.marks
    top = 2**32 / 1000
    rolled = only([seen(0, FREE, top - 500), seen(1, CHARGING, top - 500), seen(6, CHARGING, 500),
                   seen(11, CHARGING, 1000), seen(12, FREE, 1000)])  # fmt: skip
    assert abs((rolled.energy or 0) - 1_500_000) <= 1
    assert Mark.PART not in rolled.marks


def test_session_energy_of_the_car_before_is_not_taken_for_this_ones() -> None:
    found = only([seen(0, FREE, told=7000), seen(1, PLUGGED, told=7000), seen(3, FREE, told=7000)])
    assert found.told is None


def test_plugged_and_charging_stand_for_a_state() -> None:
    standing = Standing()
    found: list[Session] = []
    for one in (
        Seen(START, plugged=False, charging=False),
        Seen(START + MINUTE, plugged=True),
        Seen(START + 2 * MINUTE, charging=True),
        Seen(START + 9 * MINUTE, charging=False),
        Seen(START + 12 * MINUTE, plugged=False),
    ):
        result = advance(standing, one, None)
        standing = result.standing
        found += result.settled
    assert [minutes(one) for one in found] == [(1, 12, 11, 7, 3, 0)]


@st.composite
def histories(draw: st.DrawFn) -> list[Seen]:
    """Anything a pile could say, with resets, gaps and partial samples."""
    at, count, told, found = START, draw(st.integers(0, 10**9)), 0, []
    for _ in range(draw(st.integers(1, 40))):
        at += draw(st.sampled_from([1, 10_000, 60_000, 400_000, GAP_MS, GAP_MS + 1, 5 * GAP_MS]))
        count += draw(st.sampled_from([0, 0, 1, 7, 20_000, 900_001]))
        if draw(st.integers(0, 30)) == 0:
            count = draw(st.integers(0, 10**9))
        told = draw(st.integers(0, 50_000_000)) if draw(st.booleans()) else told
        found.append(Seen(
            at,
            draw(st.sampled_from([None, None, *Status])),
            lost=draw(st.integers(0, 12)) == 0,
            count=count if draw(st.booleans()) else None,
            told=told if draw(st.booleans()) else None,
        ))  # fmt: skip
    return found


@settings(max_examples=150, deadline=None)
@given(histories())
def test_sessions_and_what_is_outside_of_them_are_all_that_was_counted(every: list[Seen]) -> None:
    found, standing = run(every)
    state, whole = None, 0
    for one in every:
        if one.count is not None:
            result = count_on(state, Reading(one.at_ms, one.count), TERMS)
            state, whole = result.state, whole + sum(p.amount for p in result.portions)
    assert sum(one.energy or 0 for one in found) + standing.outside == whole


@settings(max_examples=150, deadline=None)
@given(histories())
def test_times_of_a_session_add_up_and_sessions_do_not_overlap(every: list[Seen]) -> None:
    found, standing = run(every)
    after = 0
    for one in found:
        assert one.start_ms >= after
        assert (one.end_ms is None) == (one.ending is Ending.OPEN)
        after = one.end_ms if one.end_ms is not None else standing.newest_ms or 0
        known = (one.plugged_ms or 0) + one.fault_ms
        assert known <= after - one.start_ms
        assert one.charging_ms + (one.idle_ms or 0) <= (one.plugged_ms or 0)
        if one.ending not in (Ending.OPEN, Ending.UNKNOWN):
            assert known + one.gap_ms == after - one.start_ms


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.integers(0, 20_000), st.integers(0, 500))
def test_a_meter_swapped_in_a_session_gives_what_both_counted(
    before: int, first: int, after: int
) -> None:
    last = 9000 + before
    every = [
        seen(0, FREE, 9000), seen(1, PLUGGED, 9000), seen(2, CHARGING, 9000),
        seen(6, CHARGING, first), seen(12, CHARGING, first + after), seen(13, FULL, first + after),
        seen(20, FREE, first + after), seen(30, FREE, first + after),
    ]  # fmt: skip
    swap = MeterChange(START + 6 * MINUTE, last * 1000, first * 1000)
    found = only(every, replace(TERMS, changes=(swap,)))
    assert found.energy == (before + after) * 1000
    # Nobody entered it: what it counted is left out or as much as a pile can give, and never less
    # than nothing.
    unknown = only(every).energy or 0
    assert 0 <= unknown <= 29 * 22_000_000 * 5 // 4 // 60
    if first < 9000:
        assert unknown <= after * 1000
