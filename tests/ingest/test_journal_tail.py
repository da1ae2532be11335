"""The newest batches in memory: bounded in bytes, and gone once every consumer has passed them."""

from hypothesis import given
from hypothesis import strategies as st

from collectors.sample import Lane, Sample
from ingest.journal_batch import Batch
from ingest.journal_tail import Tail

NOTHING = {Lane.SAFETY: 0, Lane.ROUTINE: 0}


def batch(lane: Lane, first: int, count: int, size: int = 100) -> Batch:
    samples = [
        Sample("m1", seq, {"count": seq}, lane=lane, seq=seq) for seq in range(first, first + count)
    ]
    return Batch(lane, first, first + count - 1, first + count - 1, 0, size, samples)


def test_what_every_consumer_has_passed_takes_no_memory() -> None:
    tail = Tail(1000, NOTHING)
    for first in range(1, 4000, 10):
        tail.add(batch(Lane.ROUTINE, first, 10))
        tail.release(Lane.ROUTINE, first + 4)
        # A batch that one has read half is kept whole.
        assert tail.samples == 10
    assert tail.read(Lane.ROUTINE, 3990, 100) is not None
    assert tail.read(Lane.ROUTINE, 3989, 100) is None


def test_ten_times_as_much_as_it_may_hold_is_not_held() -> None:
    held = []
    for times in (10, 100):
        tail = Tail(1000, NOTHING)
        for number in range(times):
            tail.add(batch(Lane.ROUTINE, 1 + number * 5, 5))
        held.append(tail.samples)
    assert held == [50, 50]


def test_one_lane_is_let_go_without_the_other() -> None:
    tail = Tail(1000, NOTHING)
    tail.add(batch(Lane.SAFETY, 1, 2))
    tail.add(batch(Lane.ROUTINE, 3, 2))
    tail.release(Lane.ROUTINE, 4)
    assert [one.seq for one in tail.read(Lane.SAFETY, 0, 10) or ()] == [1, 2]
    assert tail.read(Lane.ROUTINE, 4, 10) == []


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 120)), max_size=30),
    st.integers(0, 150),
)
def test_it_answers_wholly_or_not_at_all(steps: list[tuple[int, int]], after: int) -> None:
    tail, first = Tail(700, NOTHING), 1
    for count, passed in steps:
        tail.add(batch(Lane.ROUTINE, first, count))
        first += count
        tail.release(Lane.ROUTINE, passed)
    found = tail.read(Lane.ROUTINE, after, 1000)
    if found is not None:
        assert [one.seq for one in found] == list(range(after + 1, first))
    else:
        assert after < first
