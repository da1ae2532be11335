"""Figures of charging sessions: by pile, by time, by hour of day. Pure.

A session counts with all it has where it began. What it says of hours of the day is cut at the
period: there it counts with the time that lies in it.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from zoneinfo import ZoneInfo

from ingest.rollup import Span
from ingest.sessions import Ending, Session

TOLERANCE = Fraction(3, 100)
"""A session energy of the device that is further from the counter's does not agree with it. [P]"""
COARSE = 1_000_000
"""Counters may be no finer than this: such a difference says nothing. [P] [counts: mWh]"""
_HOUR_MS = 3_600_000


def energy_of(session: Session) -> int | None:
    """What a session drew [counts]: by the counter, else as the device says."""
    return session.told if session.energy is None else session.energy


def disagrees(session: Session) -> bool:
    """Whether the device's own session energy and the counter do not tell the same."""
    if session.end_ms is None or session.energy is None or session.told is None:
        return False
    apart = abs(session.energy - session.told)
    return apart > COARSE and apart > session.energy * TOLERANCE


def has_failed(session: Session) -> bool:
    """Whether charging never began although the car stayed to the end."""
    never = not session.charging_ms and not (session.energy or 0)
    return never and session.ending in (Ending.NOT_STARTED, Ending.FAULT)


@dataclass(frozen=True)
class Stays:
    """Sessions together."""

    sessions: int = 0
    energy: int = 0
    """Of those whose energy is known. [counts]"""
    measured: int = 0
    """How many those are."""
    most: int | None = None
    """The largest. [counts]"""
    plugged_ms: int = 0
    charging_ms: int = 0
    idle_ms: int = 0
    timed: int = 0
    """Sessions whose time plugged is known."""
    failed: int = 0
    faulted: int = 0
    unseen: int = 0
    """Sessions that ended unseen or have a gap."""
    differing: int = 0

    @property
    def mean(self) -> Fraction | None:
        """Mean energy of a session [counts]."""
        return Fraction(self.energy, self.measured) if self.measured else None


def stays_of(sessions: Iterable[Session]) -> Stays:
    """The figures of some sessions."""
    each = list(sessions)
    known = [energy for one in each if (energy := energy_of(one)) is not None]
    return Stays(
        len(each),
        sum(known),
        len(known),
        max(known, default=None),
        sum(one.plugged_ms or 0 for one in each),
        sum(one.charging_ms for one in each),
        sum(one.idle_ms or 0 for one in each),
        sum(1 for one in each if one.plugged_ms is not None),
        sum(1 for one in each if has_failed(one)),
        sum(1 for one in each if one.faults),
        sum(1 for one in each if one.ending is Ending.UNKNOWN or one.gap_ms),
        sum(1 for one in each if disagrees(one)),
    )


def begun_in(sessions: Iterable[Session], span: Span) -> list[Session]:
    """The sessions that began in a span."""
    return [one for one in sessions if span.start <= one.start_ms < span.end]


@dataclass
class HourUse:
    """Time by the local hour of the day that something lasts [ms]."""

    by_hour: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(24), 0))

    def add(self, start_ms: int, end_ms: int, zone: ZoneInfo) -> None:
        """Add a stretch of time."""
        at = start_ms
        while at < end_ms:
            moment = dt.datetime.fromtimestamp(at / 1000, zone)
            into = (moment.minute * 60 + moment.second) * 1000 + at % 1000
            after = min(end_ms, at - into + _HOUR_MS)
            self.by_hour[moment.hour] += after - at
            at = after


Stretches = Iterator[tuple[int, int]]
"""Beginnings and ends [ms, UTC]."""


def occupied(sessions: Iterable[Session], span: Span) -> Stretches:
    """The times plugged in, within a span."""
    for one in sessions:
        end = span.end if one.end_ms is None else min(span.end, one.end_ms)
        begin = max(span.start, one.start_ms)
        if begin < end:
            yield begin, end


def charging(sessions: Iterable[Session], span: Span) -> Stretches:
    """The times of charging, within a span.

    When a session was charging is not kept: its charging time is put right before its idle time.
    """
    for one in sessions:
        end = span.end if one.end_ms is None else min(span.end, one.end_ms)
        until = end - (one.idle_ms or 0)
        begin = max(span.start, one.start_ms, until - one.charging_ms)
        if begin < until:
            yield begin, until


def length_of(stretches: Stretches) -> int:
    """How long some stretches are together [ms]."""
    return sum(end - begin for begin, end in stretches)


def by_hour(stretches: Stretches, zone: ZoneInfo) -> Mapping[int, int]:
    """Some stretches by the local hour of the day [ms]."""
    found = HourUse()
    for begin, end in stretches:
        found.add(begin, end, zone)
    return found.by_hour
