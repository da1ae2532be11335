"""Histories of a counter for property tests: what the meter showed, and what was truly drawn."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from ingest.counters import INTERVAL_MS, MeterChange, Reading

SPAN = 100_000_000
"""The counter is at 0 again after so many counts."""
START = 1_795_363_200_000
"""A quarter of an hour begins here. [ms, UTC]"""

_GAPS = st.one_of(st.integers(1, 60_000), st.integers(60_000, 1_800_000), st.integers(1, 5_000_000))


@dataclass
class History:
    """A counter's life, in order of time."""

    readings: list[Reading] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    """What was truly drawn up to each reading, since the first. [counts]"""
    changes: list[MeterChange] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    """Numbers of the readings before which the counter was set to 0 behind our back."""

    @property
    def knowable(self) -> int:
        """The energy that the readings and the meter changes prove. [counts]"""
        lost = sum(self.drawn[n] - self.drawn[n - 1] for n in self.unknown)
        return self.drawn[-1] - lost

    @property
    def known_ms(self) -> int:
        """The time for which the energy is knowable. [ms]"""
        at = [one.at_ms for one in self.readings]
        return at[-1] - at[0] - sum(at[n] - at[n - 1] for n in self.unknown)


@st.composite
def histories(draw: st.DrawFn, *, events: bool = True) -> History:
    """A counter that never runs faster than a count a millisecond.

    It rolls over, is set to 0 and is exchanged; between two such events it is read at least three
    times, for a single reading between two of them could be anything.
    """
    moment = START + draw(st.integers(0, INTERVAL_MS))
    shown = draw(st.integers(SPAN // 2, SPAN - 1)) if events else draw(st.integers(0, SPAN // 4))
    found = History([Reading(moment, shown)], [0])
    quiet, drawn = 0, 0
    for _ in range(draw(st.integers(1, 25))):
        gap = draw(_GAPS)
        risen = draw(st.integers(0, gap))
        happens = "nothing"
        if events and quiet >= 3:
            happens = draw(st.sampled_from(["nothing", "nothing", "set to 0", "exchange"]))
        if happens == "exchange":
            shown = _exchanged(draw, found, moment, gap, shown, risen)
            quiet = 0
        elif happens == "set to 0" and SPAN // 4 < shown < SPAN * 3 // 4:
            shown = draw(st.integers(0, gap))
            found.unknown.append(len(found.readings))
            quiet = 0
        elif shown + risen < SPAN or (events and quiet >= 3):
            quiet = 0 if shown + risen >= SPAN else quiet + 1
            shown = (shown + risen) % SPAN
        else:
            risen, quiet = 0, quiet + 1
        moment, drawn = moment + gap, drawn + risen
        found.readings.append(Reading(moment, shown))
        found.drawn.append(drawn)
    # Three quiet readings at the end: the last event is settled.
    for _ in range(3):
        moment += draw(st.integers(1, 900_000))
        found.readings.append(Reading(moment, shown))
        found.drawn.append(drawn)
    return found


def _exchanged(
    draw: st.DrawFn, found: History, moment: int, gap: int, shown: int, risen: int
) -> int:
    """Exchange the meter some time before the next reading; what the new one shows then."""
    old_ms = draw(st.integers(1, gap))
    new_ms = gap - old_ms
    by_old = draw(st.integers(max(0, risen - new_ms), min(risen, old_ms)))
    first = draw(st.integers(0, SPAN // 2))
    found.changes.append(MeterChange(moment + old_ms, (shown + by_old) % SPAN, first))
    return first + risen - by_old
