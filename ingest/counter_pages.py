"""Pages: the readings of one counter in one quarter of an hour, and how it stood before them.

A late reading needs what was read around it. A page is all it takes to count again from there:
folding the readings of a page (`ingest.counters.advance`) from its `before` gives the `before` of
the next. Packed, a reading takes about five bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.counters import INTERVAL_MS, STILL_MS, CounterState, Reading


@dataclass(frozen=True, slots=True)
class Page:
    """The readings of one counter in one interval."""

    start_ms: int
    before: CounterState | None
    """How the counter stood before the first of the readings; None where it begins here."""
    readings: tuple[Reading, ...]


def page_start(at_ms: int) -> int:
    """The beginning [ms, UTC] of the quarter of an hour that a moment is in."""
    return at_ms - at_ms % INTERVAL_MS


def merged(known: Sequence[Reading], late: Iterable[Reading]) -> tuple[Reading, ...]:
    """All readings in order of time; of two at the same moment the lower one."""
    by_time: dict[int, Reading] = {}
    for reading in sorted((*known, *late), key=lambda one: (one.at_ms, one.count)):
        by_time.setdefault(reading.at_ms, reading)
    return tuple(by_time.values())


def same_standing(one: CounterState | None, other: CounterState | None) -> bool:
    """Whether two states lead to the same from here on, whatever is read next."""
    if one is None or other is None:
        return one is other
    return _comparable(one) == _comparable(other)


def _comparable(state: CounterState) -> CounterState:
    # A counter that stood still for longer than this may catch up no more than this.
    changed = max(state.changed_ms, state.last.at_ms - STILL_MS)
    return replace(state, first=state.last, changed_ms=changed, ignored=0)


def pack(page: Page) -> bytes:
    """The readings of a page as bytes."""
    numbers = []
    at_ms, count = page.start_ms, 0
    for reading in page.readings:
        numbers += [reading.at_ms - at_ms, reading.count - count]
        at_ms, count = reading.at_ms, reading.count
    return _packed(numbers)


def unpack(start_ms: int, data: bytes) -> tuple[Reading, ...]:
    """The readings of a page from bytes."""
    numbers = _numbers(data)
    readings = []
    at_ms, count = start_ms, 0
    for step_ms, risen in zip(numbers[::2], numbers[1::2], strict=True):
        at_ms, count = at_ms + step_ms, count + risen
        readings.append(Reading(at_ms, count))
    return tuple(readings)


def pack_state(state: CounterState | None) -> bytes | None:
    """A state as bytes."""
    if state is None:
        return None
    numbers = [
        state.first.at_ms, state.first.count, state.last.at_ms, state.last.count,
        state.changed_ms, state.ignored,
    ]  # fmt: skip
    if state.pending is not None:
        numbers += [state.pending.at_ms, state.pending.count]
    return _packed(numbers)


def unpack_state(data: bytes | None) -> CounterState | None:
    """A state from bytes."""
    if data is None:
        return None
    first_ms, first, last_ms, last, changed_ms, ignored, *held = _numbers(data)
    pending = Reading(*held) if held else None
    return CounterState(
        Reading(first_ms, first), Reading(last_ms, last), changed_ms, pending, ignored
    )


def _packed(numbers: Iterable[int]) -> bytes:
    """Whole numbers in as many groups of seven bits as each needs, the sign in the lowest bit."""
    data = bytearray()
    for number in numbers:
        rest = number << 1 if number >= 0 else (-number << 1) - 1
        while rest > 0x7F:
            data.append(rest & 0x7F | 0x80)
            rest >>= 7
        data.append(rest)
    return bytes(data)


def _numbers(data: bytes) -> list[int]:
    numbers = []
    rest = place = 0
    for byte in data:
        rest |= (byte & 0x7F) << place
        if byte & 0x80:
            place += 7
            continue
        numbers.append(rest >> 1 if rest % 2 == 0 else -((rest + 1) >> 1))
        rest = place = 0
    return numbers
