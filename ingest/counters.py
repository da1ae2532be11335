"""Counter arithmetic: what two readings of a counter say about the time between them.

Pure, and in whole numbers, so that parts add up to the whole. A counter is kept in `counts`: the
thousandth of a Wh or varh, the millionth of an m3 (`COUNTS_PER_UNIT`). Rounding happens once, when
a reading becomes counts; every interval is a difference of two such numbers, so nothing drifts.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

INTERVAL_MS = 900_000
"""Length of an interval, aligned to UTC: a quarter of an hour. [ms]"""
MEASURED_GAP_MS = 900_000
"""Two readings further apart than this are bridged and marked `recovered`. [ms]"""
RATING_MARGIN = Fraction(6, 5)
"""A counter may run this much faster than the rating allows before it is not believed."""
STILL_MS = 3_600_000
"""How much of the time a counter stood still may be caught up in one step. [ms]

Counters are coarse (1 kWh) or refreshed late (once in minutes), so a step belongs to the time since
the step before, and not to the seconds since the last poll.
"""
ROLLOVER_ENDS = 10
"""A roll-over begins in the last and ends in the first such fraction of the counter's span.

Anywhere else a counter that goes back began anew: an exact roll-over is then only a guess.
"""
GRACE_MS = 60_000
"""Time every step is given on top, for meters that show a value a moment late. [ms]"""
COUNTS_PER_UNIT: Mapping[str, int] = {
    "active_energy": 1_000,
    "reactive_energy": 1_000,
    "heat_energy": 1_000,
    "volume": 1_000_000,
}
"""Quantity to counts in one stored unit: mWh, mvarh and mL; other quantities make no intervals."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One good reading of a counter, as the device shows it (no ratio applied)."""

    at_ms: int
    count: int


def to_count(value: float, quantity: str) -> int:
    """A counter's value in its stored unit as counts."""
    scale = COUNTS_PER_UNIT[quantity]
    return value * scale if isinstance(value, int) else round(value * scale)


def from_count(count: int, quantity: str) -> float:
    """Counts as a value in the stored unit, rounded once."""
    return count / COUNTS_PER_UNIT[quantity]


@dataclass(frozen=True, slots=True)
class Steps:
    """A positive number that has a first moment for each of its versions."""

    since: tuple[int, ...]
    """When each version after the first begins, rising. [ms, UTC]"""
    values: tuple[Fraction, ...]

    @staticmethod
    def always(value: Fraction) -> "Steps":
        """The same value at all times."""
        return Steps((), (value,))

    def at(self, moment: int) -> Fraction:
        """The value valid at a moment."""
        return self.values[bisect_right(self.since, moment)]

    def changes(self, start: int, end: int) -> tuple[int, ...]:
        """The moments strictly between two at which the value changes."""
        return tuple(moment for moment in self.since if start < moment < end)


@dataclass(frozen=True, slots=True)
class MeterChange:
    """One meter was taken out and another put in its place."""

    at_ms: int
    """From then on the readings are those of the new meter. [ms, UTC]"""
    last: int
    """What the old one showed when it was taken out. [counts]"""
    first: int
    """What the new one showed when it was put in. [counts]"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What turns the readings of one counter into energy."""

    ratio: Steps
    """CT ratio times PT ratio; 1 where the device shows primary values."""
    limit: Steps
    """The fastest plausible run, after the ratio. [counts/ms]"""
    rolls_over_at: int | None = None
    """Where the counter begins at 0 again, as the device shows it; None: not known. [counts]"""
    changes: tuple[MeterChange, ...] = ()
    """Exchanges of the meter, in order of time."""


@dataclass(frozen=True, slots=True)
class Portion:
    """What one pair of readings adds to one interval."""

    start_ms: int
    amount: int
    covered_ms: int
    recovered_ms: int = 0
    recovered_amount: int = 0
    """The portion of `amount` that was spread over a gap."""


class StepKind(StrEnum):
    """Why a step of a counter is not energy."""

    RESET = "reset"
    """The counter went back and goes on from there: the energy of the step is unknown."""
    JUMP = "jump"
    """The counter went further than the rating allows, and goes on from there."""
    OUTLIER = "outlier"
    """One reading stood alone; the counter goes on as before it."""
    ROLLOVER = "rollover"
    """The counter passed its end and began at 0 again; the energy of the step is booked."""
    EXCHANGE = "exchange"
    """The meter was changed; the energy up to its last reading is booked."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a counter that is not the energy its two values differ by."""

    kind: StepKind
    at_ms: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class CounterState:
    """Where one counter stands: all that its next reading needs."""

    first: Reading
    last: Reading
    """The newest reading that is accounted for."""
    changed_ms: int
    """Since when the counter has shown `last.count`; earlier when that is not known."""
    pending: Reading | None = None
    """A reading that does not follow from `last`; the next one says which of the two is right."""
    ignored: int = 0
    """Readings that came out of order."""

    @property
    def newest(self) -> Reading:
        """The newest reading of all, accounted for or not."""
        return self.pending or self.last


@dataclass(frozen=True, slots=True)
class Advance:
    """What one reading led to."""

    state: CounterState
    portions: tuple[Portion, ...] = ()
    steps: tuple[Step, ...] = ()


def start_of(reading: Reading) -> CounterState:
    """The state after the first reading ever: no energy before it."""
    return CounterState(reading, reading, reading.at_ms - STILL_MS)


def advance(state: CounterState | None, reading: Reading, terms: Terms) -> Advance:
    """Account for the next reading of a counter.

    A reading that goes back, or further than the rating allows, is held until the next one tells
    whether the counter goes on from there (roll-over, reset, jump) or as before (outlier). Where
    both could be, the way that counts less energy is taken.
    """
    if state is None:
        return Advance(start_of(reading))
    newest_ms = state.newest.at_ms
    passed = [one for one in terms.changes if newest_ms < one.at_ms <= reading.at_ms]
    if not passed:
        return _advanced(state, reading, terms)
    portions: tuple[Portion, ...] = ()
    steps: tuple[Step, ...] = ()
    for change in passed:
        result = _exchanged(state, change, terms)
        state, portions, steps = result.state, portions + result.portions, steps + result.steps
    result = _advanced(state, reading, terms)
    return Advance(result.state, portions + result.portions, steps + result.steps)


def _advanced(state: CounterState, reading: Reading, terms: Terms) -> Advance:
    if reading.at_ms <= state.newest.at_ms:
        if reading == state.newest:
            return Advance(state)
        return Advance(replace(state, ignored=state.ignored + 1))
    if state.pending is None:
        if follows(state.last, reading, state.changed_ms, terms):
            return Advance(_moved(state, reading), spread(state.last, reading, terms))
        return Advance(replace(state, pending=reading))
    return _resolved(state, state.pending, reading, terms)


def _resolved(state: CounterState, held: Reading, reading: Reading, terms: Terms) -> Advance:
    from_last = follows(state.last, reading, state.changed_ms, terms)
    from_held = follows(held, reading, held.at_ms - STILL_MS, terms)
    step = Step(StepKind.OUTLIER, held.at_ms, state.last.count, held.count)
    if from_held and not (from_last and state.last.count >= held.count):
        settled = _settled(state, held, terms)
        return Advance(
            _moved(settled.state, reading),
            settled.portions + spread(held, reading, terms),
            settled.steps,
        )
    if from_last:
        moved = _moved(replace(state, pending=None), reading)
        return Advance(moved, spread(state.last, reading, terms), (step,))
    return Advance(replace(state, pending=reading), (), (step,))


def _settled(state: CounterState, held: Reading, terms: Terms) -> Advance:
    """Go on from a reading that did not follow: a roll-over is energy, all else is unknown."""
    fresh = CounterState(state.first, held, held.at_ms - STILL_MS, None, state.ignored)
    beyond = _rolled_over(state, held, terms)
    if beyond is not None:
        kind, portions = StepKind.ROLLOVER, spread(state.last, beyond, terms)
        fresh = replace(fresh, changed_ms=held.at_ms)
    else:
        kind = StepKind.RESET if held.count < state.last.count else StepKind.JUMP
        portions = ()
    return Advance(fresh, portions, (Step(kind, held.at_ms, state.last.count, held.count),))


def _rolled_over(state: CounterState, reading: Reading, terms: Terms) -> Reading | None:
    """The reading as if the counter had no end, where it can only have passed it once."""
    span, last = terms.rolls_over_at, state.last
    if span is None or not 0 <= reading.count < last.count < span:
        return None
    if last.count < span - span // ROLLOVER_ENDS or reading.count > span // ROLLOVER_ENDS:
        return None
    beyond = Reading(reading.at_ms, reading.count + span)
    twice = Reading(reading.at_ms, last.count + span)
    if not follows(last, beyond, state.changed_ms, terms):
        return None
    return None if follows(last, twice, state.changed_ms, terms) else beyond


def _exchanged(state: CounterState, change: MeterChange, terms: Terms) -> Advance:
    """Close one meter with its last reading and begin the next with its first."""
    closed = _advanced(state, Reading(change.at_ms, change.last), terms)
    if closed.state.pending is not None:
        settled = _settled(closed.state, closed.state.pending, terms)
        closed = Advance(
            settled.state, closed.portions + settled.portions, closed.steps + settled.steps
        )
    begun = Reading(change.at_ms, change.first)
    step = Step(StepKind.EXCHANGE, change.at_ms, change.last, change.first)
    return Advance(
        CounterState(state.first, begun, change.at_ms - STILL_MS, None, state.ignored),
        closed.portions,
        (*closed.steps, step),
    )


def _moved(state: CounterState, reading: Reading) -> CounterState:
    changed = state.changed_ms if reading.count == state.last.count else reading.at_ms
    return CounterState(state.first, reading, changed, None, state.ignored)


def follows(base: Reading, reading: Reading, changed_ms: int, terms: Terms) -> bool:
    """Whether a reading can be the same counter a while later."""
    risen = reading.count - base.count
    if risen < 0:
        return False
    still = min(reading.at_ms - changed_ms, STILL_MS)
    allowed_ms = max(reading.at_ms - base.at_ms, still) + GRACE_MS
    ratio, limit = terms.ratio.at(reading.at_ms), terms.limit.at(reading.at_ms)
    # Written out in whole numbers: this runs for every reading, and Fraction is slow.
    drawn = risen * ratio.numerator * limit.denominator * RATING_MARGIN.denominator
    most = allowed_ms * limit.numerator * ratio.denominator * RATING_MARGIN.numerator
    return drawn <= most


def spread(before: Reading, after: Reading, terms: Terms) -> tuple[Portion, ...]:
    """Distribute the difference of two readings over the intervals between them, evenly in time.

    The portions add up to exactly the difference (times the ratio): each is the difference of the
    counter interpolated at its two ends.
    """
    gap = after.at_ms - before.at_ms
    recovered = gap > MEASURED_GAP_MS
    first = before.at_ms - before.at_ms % INTERVAL_MS + INTERVAL_MS
    cuts: Sequence[int] = range(first, after.at_ms, INTERVAL_MS)
    changes = terms.ratio.changes(before.at_ms, after.at_ms)
    if changes:
        cuts = sorted({*cuts, *changes})
    risen = after.count - before.count
    portions = []
    left = before
    for cut in (*cuts, after.at_ms):
        count = before.count + risen * (cut - before.at_ms) // gap
        ratio = terms.ratio.at(left.at_ms)
        amount = _scaled(count, ratio) - _scaled(left.count, ratio)
        start, length = left.at_ms - left.at_ms % INTERVAL_MS, cut - left.at_ms
        portions.append(
            Portion(start, amount, 0, length, amount)
            if recovered
            else Portion(start, amount, length)
        )
        left = Reading(cut, count)
    return tuple(portions)


def _scaled(count: int, ratio: Fraction) -> int:
    # The counter itself is scaled, not the difference: so differences of any cut add up.
    return count * ratio.numerator // ratio.denominator
