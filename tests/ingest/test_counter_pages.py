"""Pages: what is packed comes back, and two states are the same when they lead to the same."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.counter_pages import (
    Page,
    merged,
    pack,
    pack_state,
    page_start,
    same_standing,
    unpack,
    unpack_state,
)
from ingest.counters import STILL_MS, CounterState, Reading

START = 1_795_363_200_000
readings = st.builds(Reading, st.integers(0, 2**42), st.integers(-(10**15), 10**15))
states = st.builds(
    CounterState, readings, readings, st.integers(-(10**7), 2**42), st.none() | readings,
    st.integers(0, 10**6),
)  # fmt: skip


@given(st.lists(readings, max_size=30), st.none() | states)
def test_a_page_comes_back(found: list[Reading], before: CounterState | None) -> None:
    page = Page(START, before, tuple(found))
    assert unpack(START, pack(page)) == page.readings
    assert unpack_state(pack_state(before)) == before


def test_a_reading_once_a_minute_takes_about_five_bytes() -> None:
    page = Page(
        START,
        None,
        tuple(Reading(START + n * 60_000, 5_000_000_000 + n * 1_500) for n in range(15)),
    )
    assert len(pack(page)) <= 15 * 5 + 5


@given(st.lists(readings, max_size=8), st.lists(readings, max_size=8))
def test_merging_is_the_same_in_any_order(one: list[Reading], other: list[Reading]) -> None:
    whole = merged(one, other)
    assert whole == merged(other, one) == merged(whole, one) == merged(one[::-1], other[::-1])
    moments = [reading.at_ms for reading in whole]
    assert moments == sorted(set(moments))
    for reading in whole:
        alike = [found for found in (*one, *other) if found.at_ms == reading.at_ms]
        assert reading.count == min(found.count for found in alike)


@given(states)
def test_what_no_longer_matters_does_not_make_a_difference(state: CounterState) -> None:
    other = replace(state, first=Reading(0, 0), ignored=state.ignored + 1)
    assert same_standing(state, other)
    long_ago = replace(state, changed_ms=state.last.at_ms - STILL_MS)
    assert same_standing(long_ago, replace(long_ago, changed_ms=-(10**9)))
    assert not same_standing(state, replace(state, last=Reading(state.last.at_ms, -(10**16))))
    assert not same_standing(state, None)
    assert same_standing(None, None)


def test_a_page_begins_at_a_quarter_of_an_hour() -> None:
    assert [page_start(START + ms) for ms in (0, 899_999, 900_000)] == [
        START,
        START,
        START + 900_000,
    ]
