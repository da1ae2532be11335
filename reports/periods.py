"""Periods of reports in the site's time zone, from a year to a day, and cut into steps."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from ingest.rollup import Span
from reports.errors import InvalidPeriodError


class Step(StrEnum):
    """What one row of a report covers."""

    DAY = "day"
    MONTH = "month"

    @classmethod
    def read(cls, text: str) -> "Step":
        """Read a step by its name.

        Raises:
            InvalidPeriodError: there is no such step.
        """
        try:
            return cls(text)
        except ValueError as error:
            known = " or ".join(cls)
            raise InvalidPeriodError(f"the step {text!r} is not {known}") from error


@dataclass(frozen=True)
class Period:
    """A stretch of calendar time with the name it is asked for by."""

    name: str
    start: dt.datetime
    """00:00 of its first day, in the site's time zone."""
    end: dt.datetime
    """00:00 of the day after its last."""

    @cached_property
    def span(self) -> Span:
        """The same stretch in milliseconds UTC."""
        return Span(_ms(self.start), _ms(self.end))

    @property
    def of_whole_months(self) -> bool:
        """Whether it begins and ends with a month."""
        return self.start.day == self.end.day == 1

    def year_before(self) -> "Period":
        """The same days of the year before; a 29 February becomes the 28th."""
        return _named(_a_year_earlier(self.start), _a_year_earlier(self.end))

    def before(self) -> "Period":
        """The period of the same length right before: as many months, or else as many days."""
        first, after = self.start.date(), self.end.date()
        if self.of_whole_months:
            months = (after.year - first.year) * 12 + after.month - first.month
            begin = first.year * 12 + first.month - 1 - months
            earlier = dt.date(begin // 12, begin % 12 + 1, 1)
        else:
            earlier = first - (after - first)
        return _named(_midnight(earlier, self.start.tzinfo), self.start)


def parse_period(text: str, zone: ZoneInfo) -> Period:
    """Read a year, half-year, quarter, month, week, day, or any days with the last included.

    They are written `2026`, `2026-H2`, `2026-Q4`, `2026-11`, `2026-W48` (ISO 8601), `2026-11-23`
    and `2026-11-03..2026-11-20`.

    Raises:
        InvalidPeriodError: it is none of these, or there is no such day.
    """
    wrong = (
        f"the period {text!r} is not a year (2026), half-year (2026-H2), quarter (2026-Q4), "
        "month (2026-11), week (2026-W48), day (2026-11-23) or two days (2026-11-03..2026-11-20)"
    )
    try:
        found = _days_of(text)
        if found is None:
            raise InvalidPeriodError(wrong)
        period = _period(text, *found, zone)
    except (ValueError, OverflowError) as error:
        raise InvalidPeriodError(wrong) from error
    return period


def _days_of(text: str) -> tuple[dt.date, dt.date] | None:
    """The first day of a period and the day after its last; None for what is no period.

    Raises:
        ValueError, OverflowError: there is no such day.
    """
    for pattern, read in _FORMS.items():
        if (match := re.fullmatch(pattern, text, re.ASCII)) is not None:
            first, after = read(*match.groups())
            # Before 1970 zones keep local mean time, whose days begin between quarters of an hour.
            return (first, after) if first.year >= 1970 and first < after else None
    return None


def _months(year: str, first: int, count: int) -> tuple[dt.date, dt.date]:
    begin = dt.date(int(year), first, 1)
    after = first + count
    return begin, dt.date(begin.year + (after - 1) // 12, (after - 1) % 12 + 1, 1)


def _one_day(text: str) -> tuple[dt.date, dt.date]:
    day = dt.date.fromisoformat(text)
    return day, _next_day(day)


def _week(year: str, week: str) -> tuple[dt.date, dt.date]:
    monday = dt.date.fromisocalendar(int(year), int(week), 1)
    return monday, monday + dt.timedelta(days=7)


_DAY = "([0-9]{4}-[0-9]{2}-[0-9]{2})"
_FORMS: Mapping[str, Callable[..., tuple[dt.date, dt.date]]] = {
    "([0-9]{4})": lambda year: _months(year, 1, 12),
    "([0-9]{4})-([0-9]{2})": lambda year, month: _months(year, int(month), 1),
    "([0-9]{4})-Q([1-4])": lambda year, quarter: _months(year, int(quarter) * 3 - 2, 3),
    "([0-9]{4})-H([12])": lambda year, half: _months(year, int(half) * 6 - 5, 6),
    "([0-9]{4})-W([0-9]{2})": _week,
    _DAY: _one_day,
    rf"{_DAY}[.][.]{_DAY}": lambda first, last: (_one_day(first)[0], _one_day(last)[1]),
}


def days_between(first: dt.date, last: dt.date, zone: ZoneInfo) -> Period:
    """The days from one to another, both included."""
    return _period(f"{first}..{last}", first, _next_day(last), zone)


def steps_of(period: Period, step: Step) -> tuple[Period, ...]:
    """Cut a period into days or months; together they are the whole period.

    Raises:
        InvalidPeriodError: the step is longer than the period.
    """
    if step is Step.MONTH and not period.of_whole_months:
        raise InvalidPeriodError(f"{period.name} cannot be cut into whole months; use step day")
    name, following = _CUTS[step]
    zone = period.start.tzinfo
    if not isinstance(zone, ZoneInfo):
        raise InvalidPeriodError(f"the period {period.name} has no time zone")
    found = []
    day = period.start.date()
    while day < period.end.date():
        after = following(day)
        found.append(_period(f"{day:{name}}", day, after, zone))
        day = after
    return tuple(found)


def _next_day(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=1)


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


_CUTS: dict[Step, tuple[str, Callable[[dt.date], dt.date]]] = {
    Step.DAY: ("%Y-%m-%d", _next_day),
    Step.MONTH: ("%Y-%m", _next_month),
}


def _period(name: str, first: dt.date, after: dt.date, zone: ZoneInfo) -> Period:
    return Period(name, _midnight(first, zone), _midnight(after, zone))


def _named(start: dt.datetime, end: dt.datetime) -> Period:
    last = end.date() - dt.timedelta(days=1)
    return Period(f"{start.date()}..{last}", start, end)


def _midnight(day: dt.date, zone: dt.tzinfo | None) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone)


def _a_year_earlier(moment: dt.datetime) -> dt.datetime:
    if (moment.month, moment.day) == (2, 29):
        moment = moment.replace(day=28)
    return moment.replace(year=moment.year - 1)


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1000
