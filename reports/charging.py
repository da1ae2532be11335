"""Figures of charging sessions: by pile, by time, by hour of day. Pure.

A session counts with all it has where it began. What it says of hours of the day is cut at the
period: there it counts with the time that lies in it.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from ingest.rollup import Span
from ingest.sessions import Ending, Session

TOLERANCE = Fraction(3, 100)
"""A session energy of the device that is further from the counter's does not agree with it. [P]"""
COARSE = 1_000_000
"""Counters may be no finer than this: such a difference says nothing. [P] [counts: mWh]"""
_HOUR_MS = 3_600_000
_QUARTER_MS = 900_000


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

    def __add__(self, other: "Stays") -> "Stays":
        most = [one for one in (self.most, other.most) if one is not None]
        return Stays(
            self.sessions + other.sessions, self.energy + other.energy,
            self.measured + other.measured, max(most, default=None),
            self.plugged_ms + other.plugged_ms, self.charging_ms + other.charging_ms,
            self.idle_ms + other.idle_ms, self.timed + other.timed, self.failed + other.failed,
            self.faulted + other.faulted, self.unseen + other.unseen,
            self.differing + other.differing,
        )  # fmt: skip

    @property
    def mean(self) -> Fraction | None:
        """Mean energy of a session [counts]."""
        return Fraction(self.energy, self.measured) if self.measured else None


def stays_of(sessions: Iterable[Session]) -> Stays:
    """The figures of some sessions."""
    each = list(sessions)
    known = [energy for one in each if (energy := energy_of(one)) is not None]
    plugged = [one.plugged_ms for one in each if one.plugged_ms is not None]
    return Stays(
        len(each),
        sum(known),
        len(known),
        max(known, default=None),
        sum(plugged),
        sum([one.charging_ms for one in each]),
        sum([one.idle_ms or 0 for one in each]),
        len(plugged),
        sum([has_failed(one) for one in each]),
        sum([one.faults > 0 for one in each]),
        sum([one.gap_ms > 0 or one.ending is Ending.UNKNOWN for one in each]),
        sum([disagrees(one) for one in each]),
    )


def stays_by_cut(sessions: Iterable[Session], cuts: Sequence[Span]) -> list[Stays]:
    """The figures of the sessions that began in each of some spans that follow each other."""
    found: list[list[Session]] = [[] for _ in (*cuts, None)]
    ends = [cut.end for cut in cuts]
    for one in sessions:
        found[bisect_right(ends, one.start_ms)].append(one)
    return [stays_of(each) for each in found[: len(cuts)]]


def begun_in(sessions: Iterable[Session], span: Span) -> list[Session]:
    """The sessions that began in a span."""
    return [one for one in sessions if span.start <= one.start_ms < span.end]


@lru_cache(maxsize=2 * 366 * 96)
def _hour_at(quarter: int, zone: ZoneInfo) -> tuple[int, int]:
    """The local hour of the day at a quarter of an hour since 1970, and when it ends [ms, UTC]."""
    moment = dt.datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, zone)
    return moment.hour, quarter * _QUARTER_MS - moment.minute * 60_000 + _HOUR_MS


@dataclass
class HourUse:
    """Time by the local hour of the day that something lasts [ms]."""

    by_hour: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(24), 0))

    def add(self, start_ms: int, end_ms: int, zone: ZoneInfo) -> None:
        """Add a stretch of time."""
        at = start_ms
        while at < end_ms:
            hour, after = _hour_at(at // _QUARTER_MS, zone)
            self.by_hour[hour] += (after if after < end_ms else end_ms) - at
            at = after


Stretches = Iterable[tuple[int, int]]
"""Beginnings and ends [ms, UTC]."""


def occupied(sessions: Iterable[Session], span: Span) -> Iterator[tuple[int, int]]:
    """The times plugged in, within a span."""
    for one in sessions:
        end = span.end if one.end_ms is None else min(span.end, one.end_ms)
        begin = max(span.start, one.start_ms)
        if begin < end:
            yield begin, end


def charging(sessions: Iterable[Session], span: Span) -> Iterator[tuple[int, int]]:
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
    return sum([end - begin for begin, end in stretches])


def by_hour(stretches: Stretches, zone: ZoneInfo) -> Mapping[int, int]:
    """Some stretches by the local hour of the day [ms]."""
    found = HourUse()
    for begin, end in stretches:
        found.add(begin, end, zone)
    return found.by_hour
