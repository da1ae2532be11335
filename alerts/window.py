"""Conditions over time: how fast a number changes, how often something happens, what was counted.

Pure: memory, reading and time in, memory and verdict out. A reading that is not newer than the
newest changes nothing (late data belongs to the history), and a missing or suspect one says
nothing. A memory is small (readings are thinned to a sixtieth of the window) and is written with
the judge's cursor, so that a restart neither forgets nor counts twice.
"""

import json
from dataclasses import dataclass, replace

from pydantic import Field, model_validator

from alerts.condition import AsState, Threshold, Verdict
from alerts.fault_codes import FaultCodes
from collectors.sample import Value
from device_configs.durations import Seconds
from device_configs.quantities import Strict

SLOTS = 60
"""How finely a window remembers: readings kept are at least a sixtieth of it apart."""
MOST = 100
"""How many occurrences a window counts at the most."""
_GAP = 2
"""A change over more than so many windows is the change of a gap, and not of the window."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a window remembers of one point."""

    at: int
    """Event time of the newest reading. [ms, UTC]"""
    value: float
    """The newest number; of an increase, all that was counted since the memory began."""
    raw: float = 0.0
    """The newest reading of a counter."""
    marks: tuple[tuple[int, float], ...] = ()
    """Readings kept [ms, value], the last one before the window first; or occurrences."""

    def moved(self, by_ms: int, latest: int) -> "Memory":
        """The memory with every moment later by so much, and none after `latest` [ms, UTC]."""
        marks = tuple((min(moment + by_ms, latest), number) for moment, number in self.marks)
        return replace(self, at=min(self.at + by_ms, latest), marks=marks)

    def to_text(self) -> str:
        """The memory as it is stored."""
        return json.dumps([self.at, self.value, self.raw, self.marks], separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Memory":
        """The memory as it was stored."""
        at, value, raw, marks = json.loads(text)
        return cls(at, value, raw, tuple((moment, number) for moment, number in marks))


def _number(value: Value) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def _kept(
    memory: Memory | None, at: int, value: float, within: int
) -> tuple[tuple[int, float], ...]:
    """The readings to keep: thinned, and of those before the window only the last."""
    marks = memory.marks if memory is not None else ()
    if not marks or at - marks[-1][0] >= max(1, within // SLOTS):
        marks = (*marks, (at, value))
    first = 0
    while first + 1 < len(marks) and marks[first + 1][0] <= at - within:
        first += 1
    return marks[first:]


def _before(memory: Memory, within: int) -> tuple[int, float] | None:
    """The last reading kept that is at least as old as the window; None while there is none."""
    moment = memory.marks[0]
    return moment if moment[0] <= memory.at - within else None


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


class Rate(Strict):
    """True when a number rises (`above`) or falls (`below`, negative) faster than a limit."""

    above: float | None = None
    below: float | None = None
    deadband: float = Field(default=0.0, ge=0)
    per: Seconds
    """The time that the limit is given for. [s]"""
    within: Seconds | None = None
    """How long the change is looked at; `per` where absent. [s]"""

    @model_validator(mode="after")
    def _one(self) -> "Rate":
        self.limit  # noqa: B018  (says what is wrong with it)
        return self

    @property
    def limit(self) -> Threshold:
        """What the rate is judged by."""
        return Threshold(above=self.above, below=self.below, deadband=self.deadband)

    @property
    def window_ms(self) -> int:
        """How far back it looks [ms]."""
        return _ms(self.per if self.within is None else self.within)

    @property
    def form(self) -> str:
        """What a stored memory must be of to be taken up."""
        return f"rate {self.window_ms}"

    def after(self, memory: Memory | None, at: int, value: Value) -> Memory | None:
        """The memory after one reading."""
        number = _number(value)
        if number is None or (memory is not None and at < memory.at):
            return memory
        return Memory(at, number, 0.0, _kept(memory, at, number, self.window_ms))

    def judge(self, memory: Memory | None) -> tuple[Verdict, Value]:
        """Judge what is remembered, and the rate [unit per `per`]."""
        base = _before(memory, self.window_ms) if memory is not None else None
        if memory is None or base is None or memory.at - base[0] > _GAP * self.window_ms:
            return Verdict.UNKNOWN, None
        rate = (memory.value - base[1]) / (memory.at - base[0]) * _ms(self.per)
        return self.limit.judge(rate), float(f"{rate:.6g}")


class Increase(Strict):
    """True when a counter has counted more than `above` within a time.

    What was counted in a gap is taken as counted when the gap ended.
    """

    above: float = Field(ge=0)
    within: Seconds
    resets_to_zero: bool = False
    """Whether a reading below the last one was counted from zero, and the first one, too; else a
    fall counts nothing."""

    @property
    def window_ms(self) -> int:
        """How far back it looks [ms]."""
        return _ms(self.within)

    @property
    def form(self) -> str:
        """What a stored memory must be of to be taken up."""
        return f"increase {self.window_ms}"

    def after(self, memory: Memory | None, at: int, value: Value) -> Memory | None:
        """The memory after one reading."""
        number = _number(value)
        if number is None or (memory is not None and at < memory.at):
            return memory
        if memory is None:
            total = number if self.resets_to_zero else 0.0
            return Memory(at, total, number, ((at, 0.0),))
        if number >= memory.raw:
            counted = number - memory.raw
        else:
            counted = number if self.resets_to_zero else 0.0
        total = memory.value + counted
        return Memory(at, total, number, _kept(memory, at, total, self.window_ms))

    def judge(self, memory: Memory | None) -> tuple[Verdict, Value]:
        """Judge what is remembered, and what was counted [unit]."""
        if memory is None:
            return Verdict.UNKNOWN, None
        base = _before(memory, self.window_ms)
        counted = memory.value - (base or memory.marks[0])[1]
        shown = float(f"{counted:.6g}")
        if counted > self.above:
            return Verdict.TRUE, shown
        return (Verdict.UNKNOWN if base is None else Verdict.FALSE), shown


class Occurrence(Strict):
    """What counts as happening; it happens again only after it was surely over."""

    state: AsState | None = None
    above: float | None = None
    below: float | None = None
    deadband: float = Field(default=0.0, ge=0)
    fault_code: FaultCodes | None = None
    """Codes of the device's table; `alerts.fault_choice` makes a state of them."""

    @model_validator(mode="after")
    def _one(self) -> "Occurrence":
        given = (self.state, self.above, self.below, self.fault_code)
        if sum(x is not None for x in given) != 1:
            raise ValueError("give exactly one of 'state', 'above', 'below' and 'fault_code'")
        return self

    def judge(self, value: Value) -> Verdict:
        """Judge one value."""
        if self.fault_code is not None:
            return Verdict.UNKNOWN
        if self.state is not None:
            return self.state.judge(value)
        return Threshold(above=self.above, below=self.below, deadband=self.deadband).judge(value)


class Count(Strict):
    """True when something has happened at least so often within a time."""

    of: Occurrence
    at_least: int = Field(ge=2, le=MOST)
    within: Seconds

    @property
    def window_ms(self) -> int:
        """How far back it looks [ms]."""
        return _ms(self.within)

    @property
    def form(self) -> str:
        """What a stored memory must be of to be taken up."""
        return f"count {self.window_ms}"

    def after(self, memory: Memory | None, at: int, value: Value) -> Memory | None:
        """The memory after one reading."""
        verdict = self.of.judge(value)
        known = verdict in {Verdict.TRUE, Verdict.FALSE}
        if not known or (memory is not None and at < memory.at):
            return memory
        now = verdict is Verdict.TRUE
        marks = memory.marks if memory is not None else ()
        if now and not (memory is not None and memory.value):
            marks = (*marks, (at, 1.0))
        recent = tuple(mark for mark in marks if mark[0] > at - self.window_ms)
        return Memory(at, float(now), 0.0, recent[-MOST:])

    def judge(self, memory: Memory | None) -> tuple[Verdict, Value]:
        """Judge what is remembered, and how often it happened."""
        if memory is None:
            return Verdict.UNKNOWN, None
        often = len(memory.marks)
        return (Verdict.TRUE if often >= self.at_least else Verdict.FALSE), often

    def over_at(self, memory: Memory) -> int:
        """When it is no longer true if nothing more happens [ms, UTC]."""
        return memory.marks[-self.at_least][0] + self.window_ms

    def at(self, memory: Memory, at: int) -> Memory:
        """The memory when time has passed and nothing more has happened."""
        recent = tuple(mark for mark in memory.marks if mark[0] > at - self.window_ms)
        return replace(memory, at=max(at, memory.at), marks=recent)


Window = Rate | Increase | Count
