"""Local days cut into minutes, and sets of minutes as the bits of one number.

A set of minutes does not depend on the order in which it was filled, and filling it twice with the
same changes nothing.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000


class Gap(NamedTuple):
    """A time in which sitewatch did not run."""

    start: int
    """[ms, UTC]"""
    end: int
    """The first moment after it. [ms, UTC]"""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day."""

    number: int
    """`datetime.date.toordinal` of its date."""
    start: int
    """[ms, UTC]"""
    end: int
    """The first moment of the next one. [ms, UTC]"""

    @property
    def date(self) -> dt.date:
        """Its date."""
        return dt.date.fromordinal(self.number)

    def minutes(self, start_ms: int, end_ms: int) -> int:
        """The minutes of this day that begin in `[start_ms, end_ms)`, as bits."""
        first = -((self.start - max(start_ms, self.start)) // MINUTE_MS)
        after = -((self.start - min(end_ms, self.end)) // MINUTE_MS)
        return (1 << after) - (1 << first) if after > first else 0

    def down(self, gaps: Iterable[Gap]) -> int:
        """The minutes of this day that begin in one of the gaps, as bits."""
        found = 0
        for gap in gaps:
            if gap.start < self.end and gap.end > self.start:
                found |= self.minutes(gap.start, gap.end)
        return found


class Calendar:
    """The local days of a time zone; those that were asked for are kept."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._days: dict[int, Day] = {}

    def day(self, number: int) -> Day:
        """A day by its number."""
        found = self._days.get(number)
        if found is None:
            start, end = (self._midnight(number + n) for n in (0, 1))
            found = self._days[number] = Day(number, start, end)
        return found

    def of(self, ms: int) -> Day:
        """The day of a moment [ms, UTC]."""
        moment = dt.datetime.fromtimestamp(ms // 1000, self.zone)
        return self.day(moment.date().toordinal())

    def between(self, start_ms: int, end_ms: int) -> list[Day]:
        """The days that have a part in `[start_ms, end_ms)`."""
        if end_ms <= start_ms:
            return []
        first, last = self.of(start_ms), self.of(end_ms - 1)
        return [self.day(number) for number in range(first.number, last.number + 1)]

    def _midnight(self, number: int) -> int:
        day = dt.date.fromordinal(number)
        moment = dt.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return int(moment.timestamp()) * 1000


def gaps_of(runs: Iterable[tuple[int, int]]) -> tuple[Gap, ...]:
    """The times between runs, each given by its start and its last sign of life [ms, UTC]."""
    found: list[Gap] = []
    alive: int | None = None
    for start, last in sorted(runs):
        if alive is not None and start > alive:
            found.append(Gap(alive, start))
        alive = max(start, last, alive or 0)
    return tuple(found)
