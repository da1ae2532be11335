"""On which days maintenance is due: every so many days, weeks, months or years. Pure."""

import calendar
import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

EPOCH = dt.date(2024, 1, 1)
"""From where days are counted where a plan gives none; any fixed Monday does."""
_WRITTEN = re.compile(r"(\d{1,4})(d|w|mo|y)")
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mo": 1, "y": 12}
LONGEST_DAYS = 3660
"""Longest interval: ten years. [d]"""


@dataclass(frozen=True)
class Every:
    """An interval of whole days, or of whole months."""

    days: int = 0
    months: int = 0

    @classmethod
    def read(cls, text: str) -> "Every":
        """Read `15d`, `2w`, `6mo` or `1y`.

        Raises:
            ValueError: it is none of these, or longer than ten years.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None or int(match[1]) < 1:
            raise ValueError(f"{text!r} is no interval such as 15d, 2w, 6mo or 1y")
        count, unit = int(match[1]), match[2]
        every = cls(count * _DAYS.get(unit, 0), count * _MONTHS.get(unit, 0))
        if every.longest_days > LONGEST_DAYS:
            raise ValueError(f"{text!r} is longer than ten years")
        return every

    @property
    def longest_days(self) -> int:
        """The most days there can be from one due day to the next."""
        return self.days + 31 * self.months if self.months < 12 else 366 * self.months // 12

    def due(self, first: dt.date, number: int) -> dt.date:
        """The due day with this number, counted from `first`, which is number 0."""
        if self.days:
            return first + dt.timedelta(days=self.days * number)
        month = first.month - 1 + self.months * number
        year, month = first.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(first.day, calendar.monthrange(year, month)[1]))

    def days_between(
        self, first: dt.date, start: dt.date, end: dt.date, *, before_first: bool
    ) -> Iterator[dt.date]:
        """The due days from `start` to `end`, both included, in order.

        `before_first` tells whether the days go on backwards from `first`, which then only says
        on which days they fall.
        """
        step = self.days or (31 if start >= first else 28) * self.months
        number = (start - first).days // step - 1
        if not before_first:
            number = max(0, number)
        while (day := self.due(first, number)) <= end:
            if day >= start:
                yield day
            number += 1


def spread(plan: str, device: str, every: Every) -> dt.date:
    """A first day of its own for each device, so that not all are due on the same day."""
    digest = hashlib.sha256(f"{plan}\n{device}".encode()).digest()
    span = every.days or 28 * every.months
    return EPOCH + dt.timedelta(days=int.from_bytes(digest[:8], "big") % span)
