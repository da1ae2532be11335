"""Cars at a charging pile: when they come, how they charge, when they go.

A pile sees up to three cars a day, in the morning, after lunch and in the evening, and none over
midnight. Charging begins one grid step after the plug, ramps up over a step, and tapers at the end.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from collectors.simulator.noise import Floats, draw, key, uniform
from collectors.simulator.span import STEP_MS, STEPS_A_DAY, Span, day_of, start_of, weekday

_TAPER = 6
_RAMP = 1


class PileState(StrEnum):
    """The states of a pile that the model reaches; the values of the kind's `state`."""

    AVAILABLE = "available"
    CONNECTED = "connected"
    CHARGING = "charging"
    FINISHED = "finished"
    FAULT = "fault"


@dataclass(frozen=True)
class _Slot:
    """A time of day in which at most one car comes."""

    opens: int
    spread: int
    longest: int
    chance: float
    weekend_chance: float


# Grid steps of 5 min: 07:30, 12:45 and 18:00.
_SLOTS = (
    _Slot(90, 18, 40, 0.62, 0.08),
    _Slot(153, 20, 36, 0.46, 0.06),
    _Slot(216, 18, 44, 0.18, 0.05),
)


@dataclass(frozen=True)
class Session:
    """One car's stay, in grid steps of its day."""

    plugged: int
    begin: int
    end: int
    unplugged: int

    def state_at(self, step: float) -> PileState:
        """The pile's state while the car is plugged."""
        if step < self.begin:
            return PileState.CONNECTED
        return PileState.CHARGING if step < self.end else PileState.FINISHED


@dataclass(frozen=True)
class Pile:
    """One charging pile."""

    name: str
    rating_w: float
    seed: int

    def shape(self, span: Span) -> Floats:
        """Charging power on the grid [W]."""
        days = np.arange(span.first_day, span.first_day + span.days, dtype=np.int64)
        weekend = (days + 3) % 7 >= 5
        steps = np.arange(STEPS_A_DAY, dtype=np.float64)
        power = np.zeros((span.days, STEPS_A_DAY))
        for number, slot in enumerate(_SLOTS):
            chance = np.where(weekend, slot.weekend_chance, slot.chance)
            used = uniform(self._key("comes", number), days) < chance
            chosen = days[used]
            begin = self._begin(number, slot, uniform(self._key("plug", number), chosen))
            length = self._length(slot, uniform(self._key("energy", number), chosen))
            rise = (steps - begin[:, None]) / _RAMP
            fall = ((begin + length)[:, None] - steps) / _TAPER
            power[used] += np.clip(np.minimum(rise, fall), 0.0, 1.0)
        # No session reaches midnight, so the last index, the next day's first, is zero.
        return np.append(power.reshape(-1), 0.0) * self.rating_w

    def sessions(self, day: int) -> tuple[Session, ...]:
        """The stays of one local day."""
        found = []
        for number, slot in enumerate(_SLOTS):
            chance = slot.weekend_chance if weekday(day) >= 5 else slot.chance
            if draw(self._key("comes", number), day) >= chance:
                continue
            begin = int(self._begin(number, slot, np.array(draw(self._key("plug", number), day))))
            length = int(self._length(slot, np.array(draw(self._key("energy", number), day))))
            stay = 1 + int(draw(self._key("stay", number), day) * 4)
            found.append(Session(begin - 1, begin, begin + length, begin + length + stay))
        return tuple(found)

    def at(self, at_ms: int) -> tuple[PileState, Session | None]:
        """The state and the session at a moment."""
        day = day_of(at_ms)
        step = (at_ms - start_of(day)) / STEP_MS
        for session in self.sessions(day):
            if session.plugged <= step < session.unplugged:
                return session.state_at(step), session
        return PileState.AVAILABLE, None

    def _key(self, what: str, number: int) -> int:
        return key(self.seed, "pile", self.name, what, number)

    def _begin(self, number: int, slot: _Slot, chance: Floats) -> Floats:
        habit = draw(self._key("habit", number)) * slot.spread
        result: Floats = np.floor(slot.opens + 0.6 * habit + 0.4 * slot.spread * chance)
        return result

    def _length(self, slot: _Slot, chance: Floats) -> Floats:
        """Fast piles are left sooner [steps]."""
        longest = slot.longest if self.rating_w <= 15_000 else slot.longest / 2
        result: Floats = np.floor(8 + (longest - 8) * chance)
        return result
