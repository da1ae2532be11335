"""Sessions of a pile that only counts."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.counters import Reading
from ingest.counters import advance as count_on
from ingest.energy_sessions import QUIET_MS, advance_by_energy
from ingest.sessions import Ending, Mark, Seen, Session, Standing
from tests.ingest.test_sessions import MINUTE, START, TERMS


def run(every: Sequence[tuple[float, int]]) -> tuple[list[Session], Standing]:
    standing, found = Standing(), dict[int, Session]()
    for minute, wh in every:
        seen = Seen(START + round(minute * MINUTE), count=wh * 1000)
        result = advance_by_energy(standing, seen, TERMS)
        standing = result.standing
        found |= {one.start_ms: one for one in (*result.settled, *standing.sessions)}
    return [found[start] for start in sorted(found)], standing


def test_a_session_is_from_before_the_first_rise_to_the_last() -> None:
    still = [(float(n), 3000) for n in range(35, 75, 5)]
    first, second = run([(0, 1000), (5, 1000), (10, 1500), (20, 2500), (30, 3000), *still,
                         (75, 3400)])[0]  # fmt: skip
    assert ((first.start_ms - START) / MINUTE, (first.end_ms or 0) - START) == (5, 30 * MINUTE)
    assert (first.energy, first.charging_ms, first.ending) == (
        2_000_000, 25 * MINUTE, Ending.UNKNOWN,
    )  # fmt: skip
    assert (first.plugged_ms, first.idle_ms) == (None, None)
    assert Mark.BY_ENERGY in first.marks
    assert (second.energy, second.end_ms) == (400_000, None)


def test_a_rise_over_a_gap_is_marked_as_one() -> None:
    (found,) = run([(0, 1000), (300, 9000), (310, 9000)])[0]
    assert (found.energy, found.gap_ms, found.charging_ms) == (8_000_000, 300 * MINUTE, 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1.0, 10.0, 16.0, QUIET_MS / MINUTE + 1]),
                          st.sampled_from([0, 0, 100, 900, -5000])), max_size=40))  # fmt: skip
def test_all_that_was_counted_is_in_sessions(steps: list[tuple[float, int]]) -> None:
    at, wh, every = 0.0, 100_000, []
    for minutes, risen in steps:
        at, wh = at + minutes, wh + risen
        every.append((at, wh))
    state, whole = None, 0
    for minute, count in every:
        reading = Reading(START + round(minute * MINUTE), count * 1000)
        result = count_on(state, reading, TERMS)
        state, whole = result.state, whole + sum(one.amount for one in result.portions)
    assert sum(one.energy or 0 for one in run(every)[0]) == whole
