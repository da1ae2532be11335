"""The book: in whatever order history and live data come, they add up and overlap nowhere."""

from collections import defaultdict
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from collectors.sample import Sample
from ingest.counter_book import Changes, CounterBook
from ingest.counters import INTERVAL_MS, StepKind
from ingest.interval_tables import Series
from tests.reports import estates

START = 1_795_363_200_000
"""[ms, UTC]"""
METER = Series("m1", "active_energy_import")
ESTATE = estates.estate({"c1": None}, [estates.device("m1", "electricity_meter", "c1")])


def sample(at_s: int, wh: float) -> Sample:
    return Sample("m1", START + at_s * 1000, {"active_energy_import": wh})


class Ledger:
    """What the database would hold."""

    def __init__(self) -> None:
        self.sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self.tally = {"readings": 0, "ignored": 0, "unset_clock": 0}
        self.steps: list[StepKind] = []

    def write(self, changes: Changes) -> None:
        for booking in (changes.live, changes.history):
            for (_, _, start), sums in booking.amounts.items():
                self.sums[start] = [a + b for a, b in zip(self.sums[start], sums, strict=True)]
            self.steps += [step.kind for _, step in booking.steps]
        for name, count in changes.tally.items():
            self.tally[name] += count

    @property
    def amount(self) -> int:
        return sum(sums[0] for sums in self.sums.values())

    @property
    def known_ms(self) -> int:
        return sum(sums[2] + sums[3] for sums in self.sums.values())


@st.composite
def histories(draw: st.DrawFn) -> list[Sample]:
    """A monotonic counter, read at any moments."""
    found, at_s, wh = [], 0, 1_000
    for gap in draw(st.lists(st.integers(1, 40_000), min_size=1, max_size=25)):
        found.append(sample(at_s, wh))
        at_s += gap
        wh += draw(st.integers(0, gap))
    return found


@given(histories(), st.data())
def test_any_interleaving_of_history_and_live_data_adds_up(
    samples: list[Sample], data: st.DataObject
) -> None:
    seam = data.draw(st.integers(0, len(samples)))
    overlap = data.draw(st.integers(0, 3))
    past, now = samples[: seam + overlap], samples[seam:]
    book, ledger = CounterBook(ESTATE, {}, {}), Ledger()
    while past or now:
        from_past = bool(past) and (not now or data.draw(st.booleans()))
        queue = past if from_past else now
        count = data.draw(st.integers(1, len(queue)))
        batch, queue[:] = queue[:count], queue[count:]
        ledger.write(book.take_history(batch) if from_past else book.take_live(batch))
    ledger.write(book.join())
    first, last = samples[0], samples[-1]
    point = METER.point
    risen = float(last.values[point] or 0) - float(first.values[point] or 0)
    assert ledger.amount == round(risen * 1000)
    assert ledger.known_ms == last.at - first.at
    assert all(sums[2] + sums[3] <= INTERVAL_MS for sums in ledger.sums.values())
    assert ledger.steps == []


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), max_size=15),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), max_size=15),
    st.booleans(),
)
def test_whatever_comes_no_moment_is_filled_twice_and_nothing_is_negative(
    past: list[tuple[int, int]], now: list[tuple[int, int]], live_first: bool
) -> None:
    book, ledger = CounterBook(ESTATE, {}, {}), Ledger()
    history = [sample(*one) for one in past]
    live = [sample(*one) for one in now]
    calls: list[Callable[[], Changes]] = [
        lambda: book.take_live(live),
        lambda: book.take_history(history),
    ]
    for call in calls if live_first else reversed(calls):
        ledger.write(call())
    ledger.write(book.join())
    ledger.write(book.join())
    for sums in ledger.sums.values():
        assert sums[0] >= sums[1] >= 0
        assert sums[2] + sums[3] <= INTERVAL_MS
    every = [one.at for one in (*history, *live)]
    assert ledger.known_ms <= (max(every) - min(every) if every else 0)


def test_the_seam_is_booked_as_soon_as_history_comes_close() -> None:
    book, ledger = CounterBook(ESTATE, {}, {}), Ledger()
    ledger.write(book.take_live([sample(10_000, 50), sample(10_010, 51)]))
    ledger.write(book.take_history([sample(5_000, 10), sample(5_010, 11)]))
    assert ledger.amount == 2_000
    changes = book.take_history([sample(9_500, 48)])
    ledger.write(changes)
    assert changes.joined == [METER]
    assert ledger.amount == 41_000


def test_a_meter_exchanged_at_the_seam_is_one_reset() -> None:
    book, ledger = CounterBook(ESTATE, {}, {}), Ledger()
    ledger.write(book.take_history([sample(0, 900), sample(10, 901)]))
    ledger.write(book.take_live([sample(20, 5), sample(30, 6), sample(40, 7)]))
    assert (ledger.amount, ledger.steps) == (3_000, [StepKind.RESET])
