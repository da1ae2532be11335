"""Charging sessions of one connector, from its states and its counter. Pure, in order of time.

A session is a car's stay: from the moment it is plugged in until it is not. What was said holds
until something else is said, up to `GAP_MS`; longer silence is a gap and counts as no state.

Energy is counted by `ingest.counters`, as everywhere. A step of the counter goes to the sessions it
lies in, by the time each was charging; so the sessions and what is outside of them add up to what
was counted, to the last count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ingest.counters import MEASURED_GAP_MS, CounterState, Reading, StepKind, Terms
from ingest.counters import advance as count_on

GAP_MS = MEASURED_GAP_MS
"""Silence after which a state is not taken to hold any more. [ms]"""
LAG_MS = 300_000
"""How late a counter may show the last of a session: slow points are read every minute. [P] [ms]"""
WAIT_MS = 3_600_000
"""After this a session is settled, whether its counter was read again or not. [P] [ms]"""
DROP = 100_000
"""A session energy that falls by more began anew: another car. [P] [counts: mWh]"""


class Status(StrEnum):
    """What a connector does."""

    FREE = "free"
    PLUGGED = "plugged"
    """A car is there and nothing flows; so it is in `paused` and `full`."""
    CHARGING = "charging"
    PAUSED = "paused"
    FULL = "full"
    FAULT = "fault"
    """Says nothing about whether a car is there."""
    OUT = "out"


OCCUPIED = frozenset({Status.PLUGGED, Status.CHARGING, Status.PAUSED, Status.FULL})


class Ending(StrEnum):
    """How a session ended."""

    OPEN = "open"
    FINISHED = "finished"
    """Charging was over when the car left."""
    UNPLUGGED = "unplugged"
    """The car left while it was charging."""
    NOT_STARTED = "not_started"
    """The car left, and charging had never begun."""
    FAULT = "fault"
    """The connector was in fault when the car left."""
    UNKNOWN = "unknown"
    """Nobody saw it: it ended in a gap, out of service, or is known by its energy alone."""


class Mark(StrEnum):
    """What a reader must know of a session's figures."""

    BEGAN_BEFORE = "began_before"
    """Its beginning was not seen."""
    PART = "part"
    """A part of its energy is not known: the counter was read too late, reset or jumped."""
    DIVIDED = "divided"
    """A step of the counter was shared with another session."""
    BY_ENERGY = "by_energy"
    """There are no states: it is known by its energy alone."""
    LATE = "late"
    """Readings came late and are not counted in it yet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one sample says of a connector."""

    at_ms: int
    status: Status | None = None
    plugged: bool | None = None
    charging: bool | None = None
    """Where there is no state, these two stand for it."""
    lost: bool = False
    """Whether the state is said to be unknown, which is as good as silence."""
    count: int | None = None
    """Lifetime energy. [counts]"""
    told: int | None = None
    """Energy of the session, as the device says. [counts]"""


@dataclass(frozen=True, slots=True)
class Session:
    """One session; its beginning is its name, and never changes."""

    start_ms: int
    end_ms: int | None = None
    energy: int | None = None
    """By the counter [counts]; None where it was not read."""
    told: int | None = None
    """By the device's own session energy [counts]."""
    plugged_ms: int | None = 0
    """Time with the car there, without gaps; None where there are no states."""
    charging_ms: int = 0
    idle_ms: int | None = 0
    """Time from the end of charging until the car left, without faults and gaps."""
    fault_ms: int = 0
    faults: int = 0
    gap_ms: int = 0
    ending: Ending = Ending.OPEN
    marks: frozenset[Mark] = frozenset()

    def marked(self, *marks: Mark) -> "Session":
        """The same with marks."""
        return replace(self, marks=self.marks | frozenset(marks))


@dataclass(frozen=True, slots=True)
class Weighed:
    """A session, and its times since the counter was accounted for last."""

    session: Session
    charging_ms: int = 0
    plugged_ms: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a connector stands: all that its next sample needs."""

    newest_ms: int | None = None
    """Of the newest sample. [ms, UTC]"""
    known_ms: int = 0
    """Until when its status is known. [ms, UTC]"""
    status: Status | None = None
    lost: bool = False
    """Whether the status was said to be unknown since."""
    plugged: bool | None = None
    charging: bool | None = None
    counter: CounterState | None = None
    open: Weighed | None = None
    closed: tuple[Weighed, ...] = ()
    """Ended, and the counter may still tell of them."""
    risen_ms: int = 0
    """When the counter rose last, where there are no states. [ms, UTC]"""
    outside: int = 0
    """What was counted outside of all sessions. [counts]"""

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Those that may change yet."""
        last = () if self.open is None else (self.open,)
        return tuple(one.session for one in (*self.closed, *last))


@dataclass(frozen=True, slots=True)
class Advanced:
    """What one sample led to."""

    standing: Standing
    settled: tuple[Session, ...] = ()
    """Sessions that will not change any more."""


def advance(standing: Standing, seen: Seen, terms: Terms | None) -> Advanced:
    """Account for the next sample; one that is older than the newest says nothing here.

    Args:
        standing: where the connector stands.
        seen: the sample.
        terms: those of its counter; None where it has none.
    """
    if standing.newest_ms is not None and seen.at_ms < standing.newest_ms:
        return Advanced(standing)
    seen = _with_status(standing, seen)
    now = replace(
        standing,
        newest_ms=seen.at_ms,
        plugged=standing.plugged if seen.plugged is None else seen.plugged,
        charging=standing.charging if seen.charging is None else seen.charging,
    )
    now = _told(_turned(_passed(now, seen), seen), seen)
    if terms is not None and seen.count is not None:
        now = _counted(now, Reading(seen.at_ms, seen.count), terms)
    return _settled(now, seen.at_ms, counts=terms is not None)


def _with_status(standing: Standing, seen: Seen) -> Seen:
    if seen.status is not None or (seen.plugged is None and seen.charging is None):
        return seen
    plugged = standing.plugged if seen.plugged is None else seen.plugged
    charging = standing.charging if seen.charging is None else seen.charging
    if charging:
        return replace(seen, status=Status.CHARGING)
    return replace(seen, status=Status.PLUGGED if plugged else Status.FREE)


def _passed(now: Standing, seen: Seen) -> Standing:
    """Account for the time since the status was known last."""
    if seen.status is None and (seen.lost or now.lost):
        return replace(now, lost=True)
    length = seen.at_ms - now.known_ms
    if now.status is not None and length <= GAP_MS:
        if now.open is not None:
            now = replace(now, open=_lasted(now.open, now.status, length))
        return replace(now, known_ms=seen.at_ms)
    if seen.status is None:
        # Nobody knows whether the status still holds.
        return replace(now, status=None)
    if now.open is None:
        return replace(now, status=None, known_ms=seen.at_ms)
    session = replace(now.open.session, gap_ms=now.open.session.gap_ms + length)
    now = replace(now, open=replace(now.open, session=session))
    if seen.status not in OCCUPIED | {Status.FAULT} or _began_anew(session, seen):
        now = _ended(now, now.known_ms, Ending.UNKNOWN)
    return replace(now, status=None, known_ms=seen.at_ms)


def _began_anew(session: Session, seen: Seen) -> bool:
    return seen.told is not None and session.told is not None and seen.told < session.told - DROP


def _lasted(one: Weighed, status: Status, length: int) -> Weighed:
    session = one.session
    if status is Status.FAULT:
        return replace(one, session=replace(session, fault_ms=session.fault_ms + length))
    plugged = None if session.plugged_ms is None else session.plugged_ms + length
    session = replace(session, plugged_ms=plugged)
    if status is Status.CHARGING:
        session = replace(session, charging_ms=session.charging_ms + length, idle_ms=0)
        return Weighed(session, one.charging_ms + length, one.plugged_ms + length)
    if session.charging_ms and session.idle_ms is not None:
        session = replace(session, idle_ms=session.idle_ms + length)
    return Weighed(session, one.charging_ms, one.plugged_ms + length)


def _turned(now: Standing, seen: Seen) -> Standing:
    """Take over what is said of the status."""
    before, status = now.status, seen.status
    if status is None:
        return now
    if now.open is None and status in OCCUPIED:
        marks = () if before is not None else (Mark.BEGAN_BEFORE,)
        now = _begun(now, Session(seen.at_ms).marked(*marks))
    elif now.open is not None and status in (Status.FREE, Status.OUT):
        ending = Ending.UNKNOWN if status is Status.OUT else _ending(now.open.session, before)
        now = _ended(now, seen.at_ms, ending)
    elif now.open is not None and status is Status.FAULT and before is not Status.FAULT:
        session = replace(now.open.session, faults=now.open.session.faults + 1)
        now = replace(now, open=replace(now.open, session=session))
    return replace(now, status=status, lost=False)


def _begun(now: Standing, session: Session) -> Standing:
    if now.closed and now.closed[-1].session.start_ms == session.start_ms:
        # Ended and begun in one moment: it is one.
        last = now.closed[-1]
        again = replace(last.session, end_ms=None, ending=Ending.OPEN)
        return replace(now, open=replace(last, session=again), closed=now.closed[:-1])
    return replace(now, open=Weighed(session))


def _ending(session: Session, before: Status | None) -> Ending:
    if before is None:
        return Ending.UNKNOWN
    if before is Status.FAULT:
        return Ending.FAULT
    if before is Status.CHARGING:
        return Ending.UNPLUGGED
    return Ending.FINISHED if session.charging_ms else Ending.NOT_STARTED


def _ended(now: Standing, at_ms: int, ending: Ending) -> Standing:
    if now.open is None:
        return now
    session = replace(now.open.session, end_ms=at_ms, ending=ending)
    if not session.charging_ms:
        # It may be that of the session before.
        session = replace(session, told=None)
    ended = replace(now.open, session=session)
    return replace(now, open=None, closed=(*now.closed, ended))


def _told(now: Standing, seen: Seen) -> Standing:
    """Take over the device's session energy: the newest, and the last where the car just left."""
    if seen.told is None:
        return now
    if now.open is not None:
        session = replace(now.open.session, told=seen.told)
        return replace(now, open=replace(now.open, session=session))
    if now.closed and now.closed[-1].session.end_ms == seen.at_ms:
        last = now.closed[-1]
        if last.session.told is not None and seen.told > last.session.told:
            session = replace(last.session, told=seen.told)
            return replace(now, closed=(*now.closed[:-1], replace(last, session=session)))
    return now


def _counted(now: Standing, reading: Reading, terms: Terms) -> Standing:
    before = now.counter
    result = count_on(before, reading, terms)
    now = replace(now, counter=result.state)
    if before is None:
        return _each(now, lambda one: replace(one, session=one.session.marked(Mark.PART)))
    if result.state.last.at_ms == before.last.at_ms:
        return now
    if any(step.kind in (StepKind.RESET, StepKind.JUMP) for step in result.steps):
        now = _each(
            now,
            lambda one: (
                replace(one, session=one.session.marked(Mark.PART))
                if one.plugged_ms or one.session.end_ms is None
                else one
            ),
        )
    now = _given(now, sum(portion.amount for portion in result.portions))
    return _each(now, lambda one: Weighed(one.session))


def _given(now: Standing, amount: int) -> Standing:
    """Distribute what was counted since the last reading."""
    every = [*now.closed, *(() if now.open is None else (now.open,))]
    if not every:
        return replace(now, outside=now.outside + amount)
    weights = [one.charging_ms for one in every]
    if not any(weights):
        weights = [one.plugged_ms for one in every]
    if not any(weights):
        weights = [0] * (len(every) - 1) + [1]
    whole, passed, given = sum(weights), 0, 0
    shared = sum(1 for weight in weights if weight) > 1 and amount > 0
    parts: list[Weighed] = []
    for one, weight in zip(every, weights, strict=True):
        passed += weight
        part = amount * passed // whole - given
        given += part
        session = replace(one.session, energy=(one.session.energy or 0) + part)
        session = session.marked(Mark.DIVIDED) if shared and weight else session
        parts.append(replace(one, session=session))
    return _put(now, parts)


def _each(now: Standing, change: Callable[[Weighed], Weighed]) -> Standing:
    every = [*now.closed, *(() if now.open is None else (now.open,))]
    return _put(now, [change(one) for one in every])


def _put(now: Standing, every: Sequence[Weighed]) -> Standing:
    if now.open is None:
        return replace(now, closed=tuple(every))
    return replace(now, open=every[-1], closed=tuple(every[:-1]))


def _settled(now: Standing, at_ms: int, *, counts: bool) -> Advanced:
    if not now.closed:
        return Advanced(now)
    counted_ms = now.counter.last.at_ms if counts and now.counter is not None else 0

    def is_over(session: Session) -> bool:
        end = session.end_ms or 0
        return not counts or end + LAG_MS <= counted_ms or end + WAIT_MS <= at_ms

    over = tuple(one.session for one in now.closed if is_over(one.session))
    left = tuple(one for one in now.closed if not is_over(one.session))
    return Advanced(replace(now, closed=left), over)
