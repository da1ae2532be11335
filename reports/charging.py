"""Figures of charging sessions: by pile, by time, by hour of day. Pure.

A session counts with all it has where it began. What it says of hours of the day is cut at the
period: there it counts with the time that lies in it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
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
    return apart > max(Fraction(COARSE), session.energy * TOLERANCE)


def has_failed(session: Session) -> bool:
    """Whether charging never began although the car stayed to the end."""
    never = not session.charging_ms and not (session.energy or 0)
    return never and session.ending in (Ending.NOT_STARTED, Ending.FAULT)


@dataclass(frozen=True)
class Stays:
    """Sessions together; two add up."""

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

    def __add__(self, other: "Stays") -> "Stays":
        most = [one for one in (self.most, other.most) if one is not None]
        return Stays(
            self.sessions + other.sessions,
            self.energy + other.energy,
            self.measured + other.measured,
            max(most, default=None),
            self.plugged_ms + other.plugged_ms,
            self.charging_ms + other.charging_ms,
            self.idle_ms + other.idle_ms,
            self.timed + other.timed,
            self.failed + other.failed,
            self.faulted + other.faulted,
            self.unseen + other.unseen,
            self.differing + other.differing,
        )

    @property
    def mean(self) -> Fraction | None:
        """Mean energy of a session [counts]."""
        return Fraction(self.energy, self.measured) if self.measured else None


def stays_of(sessions: Iterable[Session]) -> Stays:
    """The figures of some sessions."""
    return sum((_stay(one) for one in sessions), Stays())


def _stay(one: Session) -> Stays:
    energy = energy_of(one)
    return Stays(
        1,
        energy or 0,
        0 if energy is None else 1,
        energy,
        one.plugged_ms or 0,
        one.charging_ms,
        one.idle_ms or 0,
        0 if one.plugged_ms is None else 1,
        int(has_failed(one)),
        int(one.faults > 0),
        int(one.ending is Ending.UNKNOWN or one.gap_ms > 0),
        int(disagrees(one)),
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


def occupied_hours(
    sessions: Iterable[Session], span: Span, zone: ZoneInfo
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Time plugged in and time of charging by the local hour of the day, within a span [ms].

    When a session was charging is not kept: its charging time is put right before its idle time.
    """
    plugged, charging = HourUse(), HourUse()
    for one in sessions:
        end = min(span.end, span.end if one.end_ms is None else one.end_ms)
        plugged.add(max(span.start, one.start_ms), end, zone)
        until = end - (one.idle_ms or 0)
        begin = max(one.start_ms, until - one.charging_ms)
        charging.add(max(span.start, begin), until, zone)
    return plugged.by_hour, charging.by_hour
