"""Energy from power, for devices without a counter: the trapezoid between two readings.

Pure, and with the shape of `ingest.counters.advance`: a `Reading` holds a power instead of a
counter. Amounts are whole numbers of an extremely small energy (`FINE_PER_COUNT` make one count),
which `ingest.rewrite` adds up for an interval before it rounds once: a watt that is read every
second is not rounded away.
"""

from fractions import Fraction

from ingest.counters import (
    INTERVAL_MS,
    RATING_MARGIN,
    Advance,
    CounterState,
    Portion,
    Reading,
    Terms,
    to_count,
)

INTEGRATED_GAP_MS = 900_000
"""Two readings of a power further apart than this say nothing of the time between. [ms]"""
FINE_PER_COUNT = 2 * 3_600_000
"""Twice the milliwatts times milliseconds in a mWh; the half is that of the trapezoid."""


def to_power_count(value: float, quantity: str, *, reverse: bool) -> int:
    """A power or flow as whole counts of its energy or volume in an hour [mW, mL/h].

    Args:
        value: in its stored unit.
        quantity: that of the energy or volume that it is made into.
        reverse: whether what is below zero counts (export).
    """
    count = to_count(value, quantity)
    return -count if reverse else count


def integrate(state: CounterState | None, reading: Reading, terms: Terms) -> Advance:
    """Account for the next reading of a power; what is below 0 is none of this direction's energy.

    A power beyond the rating is not believed, and the time around it is bridged only within
    `INTEGRATED_GAP_MS`.
    """
    if not _is_plausible(reading, terms):
        held = CounterState(reading, reading, reading.at_ms) if state is None else state
        return Advance(held)
    if state is None or not _is_plausible(state.last, terms):
        return Advance(CounterState(reading, reading, reading.at_ms))
    if reading.at_ms <= state.last.at_ms:
        return Advance(state)
    moved = CounterState(state.first, reading, reading.at_ms)
    return Advance(moved, _trapezoid(state.last, reading, terms))


def _is_plausible(reading: Reading, terms: Terms) -> bool:
    # The limit is in counts a millisecond, the reading in counts an hour.
    drawn = abs(reading.count) * terms.ratio.at(reading.at_ms)
    return drawn <= terms.limit.at(reading.at_ms) * 3_600_000 * RATING_MARGIN


def _trapezoid(before: Reading, after: Reading, terms: Terms) -> tuple[Portion, ...]:
    gap = after.at_ms - before.at_ms
    if gap > INTEGRATED_GAP_MS:
        return ()
    p0 = before.count * terms.ratio.at(before.at_ms)
    p1 = after.count * terms.ratio.at(after.at_ms)
    first = before.at_ms - before.at_ms % INTERVAL_MS + INTERVAL_MS
    portions = []
    left_ms, left = before.at_ms, 0
    for cut in (*range(first, after.at_ms, INTERVAL_MS), after.at_ms):
        total = _twice_area(p0, p1, gap, cut - before.at_ms)
        start = left_ms - left_ms % INTERVAL_MS
        portions.append(Portion(start, total - left, cut - left_ms))
        left_ms, left = cut, total
    return tuple(portions)


def _twice_area(p0: Fraction, p1: Fraction, gap: int, until: int) -> int:
    """Twice the area above zero under the line from `p0` to `p1`, up to a moment; rounded down."""
    if p0 <= 0 and p1 <= 0:
        return 0
    if p0 >= 0 and p1 >= 0:
        return _floor(2 * p0 * until + (p1 - p0) * until * until / gap)
    zero = p0 * gap / (p0 - p1)
    if p0 > 0:
        reach = min(Fraction(until), zero)
        return _floor(2 * p0 * reach + (p1 - p0) * reach * reach / gap)
    beyond = max(Fraction(until) - zero, Fraction(0))
    return _floor((p1 - p0) * beyond * beyond / gap)


def _floor(number: Fraction) -> int:
    return number.numerator // number.denominator
