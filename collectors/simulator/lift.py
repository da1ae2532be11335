"""Lift traffic: trips of a car as a function of time, and their counter.

A grid step of five minutes holds up to six trips of fifty seconds; the last trip of a step goes
home to the ground floor, so that no step needs to know the one before.
"""

from dataclasses import dataclass, field

import numpy as np

from collectors.simulator.habits import presence
from collectors.simulator.noise import Indices, draw, key, uniform
from collectors.simulator.span import STEP_MS, STEPS_A_DAY, Span, day_of, start_of

SLOT_MS = 50_000
RUN_MS = 16_000
"""How long the car moves on every trip; longer ways are travelled faster. [ms]"""
OPEN_MS = 9_000
"""How long the door stands open after a trip. [ms]"""
FLOOR_M = 3.6
_MOST = STEP_MS // SLOT_MS


@dataclass(frozen=True)
class CarState:
    """What the car does at a moment."""

    floor: int
    speed: float
    """Up is positive. [m/s]"""
    running: bool
    door_open: bool
    occupied: bool
    trips: int
    run_time_s: float


@dataclass
class Lift:
    """One car."""

    name: str
    floors: int
    seed: int
    busy: float = 1.0
    _trips: list[int] = field(default_factory=lambda: [0])
    """Trips since the epoch at the start of each day."""
    _day: tuple[int, list[int], list[int]] | None = None

    def __post_init__(self) -> None:
        self._rate_key = key(self.seed, "lift", self.name)
        self._floor_key = key(self.seed, "floors", self.name)

    def at(self, at_ms: int) -> CarState:
        """The car at a moment."""
        day = day_of(at_ms)
        counts, before = self._of(day)
        step, rest = divmod(at_ms - start_of(day), STEP_MS)
        number, within = divmod(rest, SLOT_MS)
        trips = self._trips[day] + before[step] + min(number, counts[step])
        if number >= counts[step]:
            return CarState(1, 0.0, False, False, False, trips, trips * RUN_MS / 1000)
        return self._moving(day * STEPS_A_DAY + step, counts[step], number, within, trips)

    def trip_counts(self, day: int, at_ms: Indices) -> Indices:
        """Trips since the epoch at moments of one day."""
        counts, before = self._of(day)
        step, rest = np.divmod(at_ms - start_of(day), STEP_MS)
        done = np.minimum(rest // SLOT_MS, np.array(counts)[step])
        result: Indices = self._trips[day] + np.array(before)[step] + done
        return result

    def _moving(self, step: int, count: int, number: int, within: int, trips: int) -> CarState:
        begin, end = self._floor(step, count, number), self._floor(step, count, number + 1)
        if within >= RUN_MS:
            opened = within < RUN_MS + OPEN_MS
            return CarState(
                end, 0.0, False, opened, opened and end != 1, trips + 1, (trips + 1) * RUN_MS / 1000
            )
        share = within / RUN_MS
        floor = begin + round((end - begin) * share)
        mean = (end - begin) * FLOOR_M / (RUN_MS / 1000)
        # A parabola: starts and stops at rest and covers the way in the time.
        speed = 6.0 * mean * share * (1.0 - share)
        run_s = (trips * RUN_MS + within) / 1000
        return CarState(floor, speed, True, False, number + 1 < count, trips, run_s)

    def _floor(self, step: int, count: int, number: int) -> int:
        """The floor after `number` trips of a step."""
        if number == 0 or number >= count:
            return 1
        drawn = 2 + int(draw(self._floor_key, step * 8 + number) * (self.floors - 1))
        before = self._floor(step, count, number - 1)
        if drawn == before:
            drawn = drawn - 1 if drawn > 2 else drawn + 1
        return min(max(drawn, 1), self.floors)

    def _counts(self, span: Span) -> Indices:
        index = span.index[:-1]
        rate = (0.15 + 5.0 * presence(span)[:-1]) * self.busy
        wanted = np.floor(rate * (0.3 + 1.2 * uniform(self._rate_key, index))).astype(np.int64)
        # One trip alone could not come home.
        result: Indices = np.where(wanted < 2, 0, np.minimum(wanted, _MOST))
        return result

    def _of(self, day: int) -> tuple[list[int], list[int]]:
        if self._day is None or self._day[0] != day:
            known = len(self._trips) - 1
            if day > known:
                counts = self._counts(Span(known, day - known)).reshape(-1, STEPS_A_DAY)
                for total in counts.sum(axis=1).tolist():
                    self._trips.append(self._trips[-1] + total)
            today = self._counts(Span(day, 1))
            before = np.concatenate([[0], np.cumsum(today)[:-1]])
            self._day = (day, today.tolist(), before.tolist())
        return self._day[1], self._day[2]
