"""Flows of energy, water or people: a rate at any moment, and the counter that integrates it."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from collectors.simulator.noise import Floats, Indices
from collectors.simulator.span import DAY_MS, STEP_MS, STEPS_A_DAY, Span, day_of, start_of

Shape = Callable[[Span], Floats]
"""The rate at every grid index of a span. [unit/h]"""

_HOUR_MS = 3_600_000.0
_KEPT_DAYS = 3


def forward(first: Floats, last: Floats, hours: Floats | float) -> Floats:
    """The integral of the positive part of a straight line from `first` to `last`."""
    if first.min() >= 0.0 and last.min() >= 0.0:
        return (first + last) * (hours / 2.0)
    if first.max() <= 0.0 and last.max() <= 0.0:
        return np.zeros_like(first)
    high, low = np.maximum(first, last), np.minimum(first, last)
    spread = np.where(high > low, high - low, 1.0)
    crossing = np.where(high > 0.0, high * high / (2.0 * spread), 0.0)
    result: Floats = hours * np.where(low >= 0.0, (high + low) / 2.0, crossing)
    return result


@dataclass(frozen=True)
class Change:
    """From a moment on, a source gives `scale` times its rate, plus `offset`."""

    at_ms: int
    scale: float
    offset: float


@dataclass
class Source:
    """Something that makes or uses a flow; an incident may change it while the model runs."""

    shape: Shape
    changes: list[Change] = field(default_factory=list)
    kept: tuple[Span, Floats] | None = None
    """The last long span, for the other meters that see this source; `Plant.warm` drops it."""
    _lines: dict[int, Floats] = field(default_factory=dict)

    def change(self, at_ms: int, scale: float = 1.0, offset: float = 0.0) -> None:
        """Change the flow from a moment on; a change that is earlier than the last replaces it."""
        self.changes = [*(c for c in self.changes if c.at_ms < at_ms), Change(at_ms, scale, offset)]

    def over(self, span: Span) -> Floats:
        """The rate at every grid index of a span, before any change."""
        if span.days == 1:
            return self.shape(span)
        if self.kept is None or self.kept[0] != span:
            self.kept = span, self.shape(span)
        return self.kept[1]

    def coefficients(self, at_ms: int) -> tuple[float, float]:
        """Scale and offset at a moment."""
        for change in reversed(self.changes):
            if change.at_ms <= at_ms:
                return change.scale, change.offset
        return 1.0, 0.0

    def rate(self, at_ms: int) -> float:
        """The rate at a moment, with its changes [unit/h]."""
        line = self._line(day_of(at_ms))
        step, rest = divmod(at_ms - start_of(day_of(at_ms)), STEP_MS)
        first, last = float(line[step]), float(line[step + 1])
        scale, offset = self.coefficients(at_ms)
        return scale * (first + (last - first) * (rest / STEP_MS)) + offset

    def undisturbed(self, at_ms: Floats) -> Floats:
        """The rate at moments that rise, before any change."""
        result = np.empty_like(at_ms)
        days = (at_ms - start_of(0)) // DAY_MS
        for day in np.unique(days):
            line = self._line(int(day))
            chosen = days == day
            steps = (at_ms[chosen] - start_of(int(day))) / STEP_MS
            result[chosen] = np.interp(steps, np.arange(STEPS_A_DAY + 1), line)
        return result

    def _line(self, day: int) -> Floats:
        if day not in self._lines:
            while len(self._lines) >= _KEPT_DAYS:
                self._lines.pop(next(iter(self._lines)))
            self._lines[day] = self.shape(Span(day, 1))
        return self._lines[day]


@dataclass(frozen=True)
class _Day:
    rate: list[float]
    forward: list[float]
    backward: list[float]
    """Integrals from the day's start to each grid index."""


@dataclass
class _Checkpoint:
    at_ms: int
    forward: float
    backward: float


class Flow:
    """A weighted sum of sources, as one meter sees it. Forward is positive, backward negative."""

    def __init__(self, terms: Sequence[tuple[Source, float]]) -> None:
        self.terms = tuple(terms)
        self._days: dict[int, _Day] = {}
        self._forward: list[float] = [0.0]
        self._backward: list[float] = [0.0]
        self._checkpoint: _Checkpoint | None = None

    def rate(self, at_ms: int) -> float:
        """The rate at a moment [unit/h]."""
        if self._first_change() > at_ms:
            day = day_of(at_ms)
            step, rest = divmod(at_ms - start_of(day), STEP_MS)
            line = self._day(day).rate
            return line[step] + (line[step + 1] - line[step]) * (rest / STEP_MS)
        return float(self._rates(np.array([at_ms], dtype=np.float64), at_ms)[0])

    def total(self, at_ms: int) -> float:
        """The forward counter: the integral of the positive rate since the epoch [unit]."""
        return self._totals(at_ms)[0]

    def backward_total(self, at_ms: int) -> float:
        """The backward counter: the integral of the negative rate, as a positive number [unit]."""
        return self._totals(at_ms)[1]

    def warm(self, at_ms: int) -> None:
        """Know the counters up to a moment, so that the first reading of it is quick."""
        self._extend(day_of(at_ms))
        self._day(day_of(at_ms))

    def series(self, day: int, at_ms: Indices) -> tuple[Floats, Floats, Floats]:
        """Rates, forward and backward counters at moments of one day, before any change."""
        line = self._day(day)
        self._extend(day)
        step, rest = np.divmod(at_ms - start_of(day), STEP_MS)
        first = np.array(line.rate)[step]
        rate = first + (np.array(line.rate)[step + 1] - first) * (rest / STEP_MS)
        hours = rest / _HOUR_MS
        ahead = self._forward[day] + (np.array(line.forward)[step] + forward(first, rate, hours))
        back = self._backward[day] + (np.array(line.backward)[step] + forward(-first, -rate, hours))
        return rate, ahead, back

    def _first_change(self) -> float:
        moments = [source.changes[0].at_ms for source, _ in self.terms if source.changes]
        return min(moments, default=float("inf"))

    def _totals(self, at_ms: int) -> tuple[float, float]:
        first = self._first_change()
        if at_ms <= first:
            return self._undisturbed(at_ms)
        start = self._checkpoint
        if start is None or start.at_ms > at_ms:
            ahead, back = self._undisturbed(int(first))
            start = _Checkpoint(int(first), ahead, back)
        moments = sorted({c.at_ms for source, _ in self.terms for c in source.changes})
        inside = moments[bisect_right(moments, start.at_ms) :]
        edges = [start.at_ms, *(moment for moment in inside if moment < at_ms), at_ms]
        ahead, back = start.forward, start.backward
        for begin, end in pairwise(edges):
            gained, lost = self._between(begin, end)
            ahead, back = ahead + gained, back + lost
        if self._checkpoint is None or at_ms > self._checkpoint.at_ms:
            self._checkpoint = _Checkpoint(at_ms, ahead, back)
        return ahead, back

    def _between(self, begin: int, end: int) -> tuple[float, float]:
        """Integrals over a time without a change inside."""
        if end <= begin:
            return 0.0, 0.0
        first = -(-(begin - start_of(0)) // STEP_MS) * STEP_MS + start_of(0)
        inner = np.arange(first, end, STEP_MS, dtype=np.float64)
        moments = np.unique(np.concatenate([[begin], inner, [end]]))
        rates = self._rates(moments, begin)
        hours = np.diff(moments) / _HOUR_MS
        gained = forward(rates[:-1], rates[1:], hours).sum()
        return float(gained), float(forward(-rates[:-1], -rates[1:], hours).sum())

    def _rates(self, moments: Floats, coefficients_at: int) -> Floats:
        result = np.zeros_like(moments)
        for source, weight in self.terms:
            scale, offset = source.coefficients(coefficients_at)
            result += weight * (scale * source.undisturbed(moments) + offset)
        return result

    def _undisturbed(self, at_ms: int) -> tuple[float, float]:
        day = day_of(at_ms)
        self._extend(day)
        line = self._day(day)
        step, rest = divmod(at_ms - start_of(day), STEP_MS)
        first, last = line.rate[step], line.rate[step + 1]
        now = first + (last - first) * (rest / STEP_MS)
        hours = rest / _HOUR_MS
        ahead = min(line.forward[step] + _forward(first, now, hours), line.forward[step + 1])
        back = min(line.backward[step] + _forward(-first, -now, hours), line.backward[step + 1])
        return self._forward[day] + ahead, self._backward[day] + back

    def _shape(self, span: Span) -> Floats:
        result = np.zeros(span.days * STEPS_A_DAY + 1)
        for source, weight in self.terms:
            result += weight * source.over(span)
        return result

    def _day(self, day: int) -> _Day:
        found = self._days.get(day)
        if found is None:
            while len(self._days) >= _KEPT_DAYS:
                self._days.pop(next(iter(self._days)))
            rate = self._shape(Span(day, 1))
            ahead, back = _daily(rate, 1)
            found = _Day(rate.tolist(), [0.0, *ahead[0].tolist()], [0.0, *back[0].tolist()])
            self._days[day] = found
        return found

    def _extend(self, day: int) -> None:
        """Know the counters at the start of a day."""
        known = len(self._forward) - 1
        if day <= known:
            return
        if day == known + 1:
            line = self._day(known)
            self._forward.append(self._forward[-1] + line.forward[-1])
            self._backward.append(self._backward[-1] + line.backward[-1])
            return
        ahead, back = _daily(self._shape(Span(known, day - known)), day - known)
        for gained, lost in zip(ahead[:, -1].tolist(), back[:, -1].tolist(), strict=True):
            self._forward.append(self._forward[-1] + gained)
            self._backward.append(self._backward[-1] + lost)


def _forward(first: float, last: float, hours: float) -> float:
    """`forward` for one pair, without arrays."""
    if first >= 0.0 and last >= 0.0:
        return hours * (first + last) / 2.0
    high, low = max(first, last), min(first, last)
    return hours * (high * high / (2.0 * (high - low))) if high > 0.0 else 0.0


def _daily(rate: Floats, days: int) -> tuple[Floats, Floats]:
    """Integrals from each day's start to each of its grid indices."""
    hours = STEP_MS / _HOUR_MS
    ahead = forward(rate[:-1], rate[1:], hours).reshape(days, STEPS_A_DAY)
    back = forward(-rate[:-1], -rate[1:], hours).reshape(days, STEPS_A_DAY)
    return np.cumsum(ahead, axis=1), np.cumsum(back, axis=1)
