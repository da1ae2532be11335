"""Duty schedules: who is on duty at a moment. Pure: the moment and the calendar are parameters.

A shift belongs to the day it starts on, so that a night shift is one entry. Times are those of the
wall in the schedule's zone.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from alerts.targets import Several
from device_configs.estate_entries import Id
from device_configs.quantities import Label, Strict

_DAYS = 7
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Clock = Annotated[str, Field(pattern=_CLOCK)]
"""A time of the day: `08:00`."""
Crew = Annotated[tuple[Id, ...], BeforeValidator(lambda data: [] if data is None else data)]
"""Who has one shift; none is written as `[]` or left empty."""


def minutes(clock: str) -> int:
    """Minutes since midnight of a time of the day. [min]."""
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


class Swap(Strict):
    """A swap, or another deviation from the rotation, on one date."""

    date: dt.date
    shift: str
    crew: Annotated[Crew, Several]
    note: str = ""


class Shift(Strict):
    """One shift of the day and who has it, week after week."""

    shift: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")
    start: Clock
    end: Clock
    """On the next day where it is not after the start; the same time is a whole day."""
    weeks: tuple[tuple[Annotated[Crew, Several], ...], ...] = Field(min_length=1)
    """Of each week of the rotation who is on duty, Monday to Sunday."""
    holidays: Annotated[Crew, Several] | None = None
    """Who has it on holidays; the rotation where it is not given."""

    @field_validator("weeks")
    @classmethod
    def _whole(cls, weeks: tuple[tuple[Crew, ...], ...]) -> tuple[tuple[Crew, ...], ...]:
        for number, week in enumerate(weeks, 1):
            if len(week) != _DAYS:
                raise ValueError(f"week {number} has {len(week)} days; a week has {_DAYS}")
        return weeks

    def span(self, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """From when to when the shift of a day is, on the wall."""
        midnight = dt.datetime.combine(day, dt.time())
        start, end = minutes(self.start), minutes(self.end)
        length = (end - start) % 1440 or 1440
        began = midnight + dt.timedelta(minutes=start)
        return began, began + dt.timedelta(minutes=length)


class Schedule(Strict):
    """A duty schedule."""

    id: Id
    name: Label
    timezone: str = "Asia/Shanghai"
    people: int = Field(default=1, ge=1, le=50)
    """How many are to be on duty at any time."""
    begins: dt.date
    """The Monday of the rotation's first week; before it nobody is on duty."""
    shifts: tuple[Shift, ...] = Field(min_length=1)
    exceptions: tuple[Swap, ...] = ()
    unattended: bool = False
    """Whether hours with nobody are meant so; else a gap is a fault."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name

    @model_validator(mode="after")
    def _fits(self) -> "Schedule":
        if self.begins.weekday() != 0:
            raise ValueError(f"begins: {self.begins} is no Monday")
        names = [shift.shift for shift in self.shifts]
        if len(set(names)) != len(names):
            raise ValueError("two shifts have the same name")
        for one in self.exceptions:
            if one.shift not in names:
                raise ValueError(f"exception of {one.date}: there is no shift {one.shift!r}")
        return self

    def contacts(self) -> frozenset[str]:
        """Everyone it names."""
        crews: list[Sequence[str]] = [one.crew for one in self.exceptions]
        for shift in self.shifts:
            crews += [crew for week in shift.weeks for crew in week]
            crews.append(shift.holidays or ())
        return frozenset(person for crew in crews for person in crew)


@dataclass(frozen=True)
class Calendar:
    """Which dates are holidays, and which weekend days are worked (调休)."""

    days: Mapping[dt.date, bool] = field(default_factory=dict)
    """Date to whether it is a holiday; False is a worked day."""

    def holiday(self, day: dt.date) -> bool:
        """Whether a date is declared a holiday."""
        return self.days.get(day, False)

    def working(self, day: dt.date) -> bool:
        """Whether a date is worked: Monday to Friday unless declared otherwise."""
        declared = self.days.get(day)
        return day.weekday() < 5 if declared is None else not declared


@dataclass(frozen=True)
class Gap:
    """A time in which too few are on duty; both ends in [ms, UTC]."""

    start: int
    end: int
    present: int


def wall(zone: ZoneInfo, at_ms: int) -> dt.datetime:
    """A moment as the clock on the wall shows it, without a zone."""
    return dt.datetime.fromtimestamp(at_ms / 1000, zone).replace(tzinfo=None)


def crew_of(schedule: Schedule, shift: Shift, day: dt.date, calendar: Calendar) -> Sequence[str]:
    """Who has the shift that starts on a day."""
    for one in reversed(schedule.exceptions):
        if (one.date, one.shift) == (day, shift.shift):
            return one.crew
    if day < schedule.begins:
        return ()
    if shift.holidays is not None and calendar.holiday(day):
        return shift.holidays
    week = (day - schedule.begins).days // _DAYS % len(shift.weeks)
    return shift.weeks[week][day.weekday()]


@dataclass(frozen=True)
class Turn:
    """One shift of one day. Both ends in [ms, UTC]."""

    shift: str
    day: dt.date
    start: int
    end: int
    crew: tuple[str, ...]
    swapped: bool
    """Whether it deviates from the rotation."""


def turns(schedule: Schedule, first: dt.date, days: int, calendar: Calendar) -> tuple[Turn, ...]:
    """Every shift that starts on one of so many days, day by day in the order of the shifts."""
    zone = ZoneInfo(schedule.timezone)
    swapped = {(one.date, one.shift) for one in schedule.exceptions}
    found: list[Turn] = []
    for day in (first + dt.timedelta(days=ahead) for ahead in range(days)):
        for shift in schedule.shifts:
            start, end = (_utc(one, zone) for one in shift.span(day))
            crew = tuple(crew_of(schedule, shift, day, calendar))
            is_swapped = (day, shift.shift) in swapped
            found.append(Turn(shift.shift, day, start, end, crew, is_swapped))
    return tuple(found)


def _present(schedule: Schedule, local: dt.datetime, calendar: Calendar) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for shift in schedule.shifts:
        for back in (1, 0):
            day = local.date() - dt.timedelta(days=back)
            began, ended = shift.span(day)
            if began <= local < ended:
                found |= dict.fromkeys(crew_of(schedule, shift, day, calendar))
    return tuple(found)


def on_duty(schedule: Schedule, at_ms: int, calendar: Calendar) -> tuple[str, ...]:
    """Who is on duty at a moment [ms, UTC], in the order of the shifts."""
    return _present(schedule, wall(ZoneInfo(schedule.timezone), at_ms), calendar)


def _changes(schedule: Schedule, first: dt.date, last: dt.date) -> Iterator[dt.datetime]:
    day = first - dt.timedelta(days=1)
    while day <= last:
        for shift in schedule.shifts:
            yield from shift.span(day)
        day += dt.timedelta(days=1)


def gaps(schedule: Schedule, start_ms: int, end_ms: int, calendar: Calendar) -> tuple[Gap, ...]:
    """The times between two moments in which fewer than `people` are on duty."""
    if schedule.unattended:
        return ()
    zone = ZoneInfo(schedule.timezone)
    start, end = wall(zone, start_ms), wall(zone, end_ms)
    edges = {one for one in _changes(schedule, start.date(), end.date()) if start < one < end}
    moments = [start, *sorted(edges), end]
    found: list[Gap] = []
    for began, ended in pairwise(moments):
        present = len(_present(schedule, began, calendar))
        if present < schedule.people:
            found.append(Gap(_utc(began, zone), _utc(ended, zone), present))
    return _joined(found)


def handover(
    schedule: Schedule, at_ms: int, calendar: Calendar, days: int = 14
) -> tuple[int, tuple[str, ...]] | None:
    """When the crew changes next [ms, UTC], and who is on duty then; None within so many days."""
    zone = ZoneInfo(schedule.timezone)
    start = wall(zone, at_ms)
    now = _present(schedule, start, calendar)
    last = start.date() + dt.timedelta(days=days)
    for moment in sorted({one for one in _changes(schedule, start.date(), last) if one > start}):
        crew = _present(schedule, moment, calendar)
        if crew != now:
            return _utc(moment, zone), crew
    return None


def _utc(local: dt.datetime, zone: ZoneInfo) -> int:
    return round(local.replace(tzinfo=zone).timestamp() * 1000)


def _joined(found: Iterable[Gap]) -> tuple[Gap, ...]:
    joined: list[Gap] = []
    for gap in found:
        last = joined[-1] if joined else None
        if last is not None and (last.end, last.present) == (gap.start, gap.present):
            joined[-1] = Gap(last.start, gap.end, gap.present)
        else:
            joined.append(gap)
    return tuple(joined)
