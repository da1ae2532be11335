"""Which tariff period a quarter of an hour is in: by month, kind of day and time on the wall."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property

from pydantic import Field, field_validator, model_validator

from device_configs.holidays import Holidays
from device_configs.quantities import Strict

SLOTS = 96
"""Quarters of an hour in a day of 24 hours."""
_SLOT_MINUTES = 15
LONG_HOLIDAY_DAYS = 5
"""Public holidays that follow each other for so many days are a long holiday. [days]

Of the holidays of 2026 these are the Spring Festival, May Day and the National Day; the Jiangsu
notice of 2025 speaks of long holidays (standards note, section 7, one source).
"""
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


class TariffPeriod(StrEnum):
    """The parts of the day that have prices of their own, dearest first."""

    SHARP = "sharp"
    PEAK = "peak"
    FLAT = "flat"
    VALLEY = "valley"
    DEEP_VALLEY = "deep_valley"


class DayClass(StrEnum):
    """What a day can be; one day may be several of these."""

    WORKDAY = "workday"
    REST = "rest"
    """A weekend day or public holiday that is not worked."""
    HOLIDAY = "holiday"
    """A day of a public holiday."""
    LONG_HOLIDAY = "long_holiday"
    """A day of a long public holiday."""


def day_classes(day: dt.date, holidays: Holidays) -> frozenset[DayClass]:
    """All that a day is."""
    if not holidays.is_rest(day):
        return frozenset({DayClass.WORKDAY})
    found = {DayClass.REST}
    if day in holidays.rest:
        found.add(DayClass.HOLIDAY)
        length = 1 + _run(day, holidays, 1) + _run(day, holidays, -1)
        if length >= LONG_HOLIDAY_DAYS:
            found.add(DayClass.LONG_HOLIDAY)
    return frozenset(found)


def _run(day: dt.date, holidays: Holidays, step: int) -> int:
    count = 0
    while day + dt.timedelta(days=step * (count + 1)) in holidays.rest:
        count += 1
    return count


_POSSIBLE = (
    frozenset({DayClass.WORKDAY}),
    frozenset({DayClass.REST}),
    frozenset({DayClass.REST, DayClass.HOLIDAY}),
    frozenset({DayClass.REST, DayClass.HOLIDAY, DayClass.LONG_HOLIDAY}),
)


def clock_slots(text: str) -> tuple[int, ...]:
    """The quarters of an hour of `14:00-22:00`; `22:00-02:00` is the end and the start of a day.

    Raises:
        ValueError: it is not written so, or an edge is not on a quarter of an hour.
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"write hours as '14:00-22:00', not {text!r}")
    hour, minute, to_hour, to_minute = (int(group) for group in match.groups())
    begin, end = hour * 60 + minute, to_hour * 60 + to_minute
    if max(minute, to_minute) > 59 or begin >= 24 * 60 or end > 24 * 60:
        raise ValueError(f"there is no such time of day in {text!r}")
    if begin % _SLOT_MINUTES or end % _SLOT_MINUTES:
        raise ValueError(f"{text!r} does not begin and end on a quarter of an hour")
    if begin == end:
        raise ValueError(f"{text!r} is empty; a whole day is '00:00-24:00'")
    first, after = begin // _SLOT_MINUTES, end // _SLOT_MINUTES
    if first < after:
        return tuple(range(first, after))
    return (*range(after), *range(first, SLOTS))


class DayHours(Strict):
    """The hours of some days; times that no period names are flat."""

    months: Sequence[int] = Field(default=tuple(range(1, 13)), min_length=1)
    days: Sequence[DayClass] = ()
    """What a day must be one of; any day where it is empty."""
    periods: Mapping[TariffPeriod, Sequence[str]]

    @field_validator("months")
    @classmethod
    def _are_months(cls, months: Sequence[int]) -> Sequence[int]:
        if wrong := [month for month in months if not 1 <= month <= 12]:
            raise ValueError(f"there is no month {wrong[0]}")
        return months

    @model_validator(mode="after")
    def _apart(self) -> "DayHours":
        taken: dict[int, TariffPeriod] = {}
        for period, hours in self.periods.items():
            for text in hours:
                for slot in clock_slots(text):
                    if slot in taken:
                        raise ValueError(f"{text!r} of {period} is in {taken[slot]} already")
                    taken[slot] = period
        return self

    @cached_property
    def slots(self) -> tuple[TariffPeriod, ...]:
        """The period of each quarter of an hour from midnight."""
        found = [TariffPeriod.FLAT] * SLOTS
        for period, hours in self.periods.items():
            for text in hours:
                for slot in clock_slots(text):
                    found[slot] = period
        return tuple(found)

    def holds(self, month: int, classes: Iterable[DayClass]) -> bool:
        """Whether these hours are those of such a day."""
        return month in self.months and (not self.days or not set(self.days).isdisjoint(classes))


FLAT_DAY = (TariffPeriod.FLAT,) * SLOTS
"""A day of a tariff without times of use."""


def slots_on(
    hours: Sequence[DayHours], day: dt.date, holidays: Holidays
) -> tuple[TariffPeriod, ...]:
    """The period of each quarter of a day; the first hours of the list that hold count."""
    if not hours:
        return FLAT_DAY
    classes = day_classes(day, holidays)
    return next(one.slots for one in hours if one.holds(day.month, classes))


def days_without_hours(hours: Sequence[DayHours]) -> str | None:
    """A month and kind of day for which a list of hours says nothing; None where it is whole."""
    for month in range(1, 13):
        for classes in _POSSIBLE:
            if not any(one.holds(month, classes) for one in hours):
                return f"month {month}, a day that is {' and '.join(sorted(classes))}"
    return None
