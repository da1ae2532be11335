"""Periods of reports: a year, a month or a day in the site's time zone, cut into steps."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
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

    @property
    def span(self) -> Span:
        """The same stretch in milliseconds UTC."""
        return Span(_ms(self.start), _ms(self.end))


def parse_period(text: str, zone: ZoneInfo) -> Period:
    """Read `2026`, `2026-11` or `2026-11-23`.

    Raises:
        InvalidPeriodError: it is none of these, or there is no such day.
    """
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", text, re.ASCII)
    wrong = f"the period {text!r} is not a year (2026), a month (2026-11) or a day (2026-11-23)"
    # Before 1970 zones keep local mean time, whose days begin between quarters of an hour.
    if match is None or int(match[1]) < 1970:
        raise InvalidPeriodError(wrong)
    year, month, day = match.groups()
    try:
        first = dt.date(int(year), int(month or 1), int(day or 1))
        if day:
            after = first + dt.timedelta(days=1)
        elif month:
            after = _next_month(first)
        else:
            after = dt.date(first.year + 1, 1, 1)
        period = _period(text, first, after, zone)
    except (ValueError, OverflowError) as error:
        raise InvalidPeriodError(wrong) from error
    return period


def steps_of(period: Period, step: Step) -> tuple[Period, ...]:
    """Cut a period into days or months; together they are the whole period.

    Raises:
        InvalidPeriodError: the step is longer than the period.
    """
    if step is Step.MONTH and period.name.count("-") == 2:
        raise InvalidPeriodError(f"a day ({period.name}) cannot be cut into months; use step day")
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


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone)


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1000
