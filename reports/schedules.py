"""Reports that are sent by themselves: an estate's `reports.yaml`, and when each is due."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from device_configs.estate import Estate
from device_configs.estate_entries import Id
from device_configs.faults import Fault, InvalidConfigError, from_validation
from device_configs.holidays import Holidays
from device_configs.quantities import Strict
from device_configs.yaml_file import read_yaml
from reports.texts import Language

FILE = "reports.yaml"


class Every(StrEnum):
    """The periods that a schedule is of."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Schedule(Strict):
    """One entry: which report of each period, when after its end, and to whom."""

    id: Id
    report: str
    site: Id | None = None
    """The whole estate where none is given."""
    every: Every
    on: int = Field(default=1, ge=1, le=28)
    """The day after the end of the period, 1 the first."""
    working_days: bool = False
    """Whether `on` counts working days only (`holidays.yaml`)."""
    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "08:00"
    language: Language = Language.ZH
    formats: tuple[Literal["pdf", "xlsx", "csv", "json"], ...] = Field(("pdf",), min_length=1)
    to: tuple[Id, ...] = Field(min_length=1)
    """Contacts of the duty list, told by e-mail."""
    options: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Due:
    """One period of a schedule, and when its report is to be sent."""

    period: str
    at: dt.datetime


def load_schedules(folder: Path, estate: Estate, kinds: frozenset[str]) -> Sequence[Schedule]:
    """Read an estate's `reports.yaml`; without the file nothing is sent.

    Raises:
        InvalidConfigError: with every fault of the file.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    document = read_yaml(path)
    data = document.data or []
    if not isinstance(data, list):
        raise InvalidConfigError([Fault(str(path), 1, "", "reports.yaml is a list of schedules")])
    faults: list[Fault] = []
    found: dict[str, Schedule] = {}
    for index, one in enumerate(data):
        try:
            entry = Schedule.model_validate(one)
        except ValidationError as error:
            faults += from_validation(error, path, document.lines, (index,), model=Schedule)
            continue
        for key, message in _wrong(entry, estate, kinds, found).items():
            line = document.lines.get((index, key), document.lines.get((index,), 1))
            faults.append(Fault(str(path), line, f"[{index}].{key}", message))
        found[entry.id] = entry
    if faults:
        raise InvalidConfigError(faults)
    return tuple(found.values())


def _wrong(
    entry: Schedule, estate: Estate, kinds: frozenset[str], before: Mapping[str, Schedule]
) -> Mapping[str, str]:
    wrong = {}
    if entry.id in before:
        wrong["id"] = f"{entry.id!r} is there twice"
    if entry.report not in kinds:
        wrong["report"] = f"there is no report {entry.report!r}: {', '.join(sorted(kinds))}"
    if entry.site is not None and entry.site not in estate.sites:
        wrong["site"] = f"the estate has no site {entry.site!r}"
    return wrong


def latest_due(entry: Schedule, now: dt.datetime, holidays: Holidays) -> Due:
    """The newest period whose report was to be sent by now.

    Args:
        entry: the schedule.
        now: in the time zone of the estate.
        holidays: which days are worked.
    """
    end = _START[entry.every](now.date())
    while True:
        begin = _START[entry.every](end - dt.timedelta(days=1))
        day = _day_after(end, entry, holidays)
        hour, minute = (int(part) for part in entry.at.split(":"))
        at = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=now.tzinfo)
        if at <= now:
            return Due(_NAME[entry.every](begin), at)
        end = begin


def _day_after(end: dt.date, entry: Schedule, holidays: Holidays) -> dt.date:
    """The day on which it is sent; `end` is the first day after the period."""
    day, count = end, 0
    while True:
        count += 0 if entry.working_days and holidays.is_rest(day) else 1
        if count == entry.on:
            return day
        day += dt.timedelta(days=1)


def _month_start(day: dt.date, months: int) -> dt.date:
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


_START: Mapping[Every, Callable[[dt.date], dt.date]] = {
    Every.DAY: lambda day: day,
    Every.WEEK: lambda day: day - dt.timedelta(days=day.weekday()),
    Every.MONTH: lambda day: _month_start(day, 1),
    Every.QUARTER: lambda day: _month_start(day, 3),
    Every.HALF_YEAR: lambda day: _month_start(day, 6),
    Every.YEAR: lambda day: _month_start(day, 12),
}
"""The first day of the period that a day is in."""


def _week(day: dt.date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


_NAME: Mapping[Every, Callable[[dt.date], str]] = {
    Every.DAY: lambda day: f"{day}",
    Every.WEEK: _week,
    Every.MONTH: lambda day: f"{day:%Y-%m}",
    Every.QUARTER: lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    Every.HALF_YEAR: lambda day: f"{day.year}-H{1 if day.month < 7 else 2}",
    Every.YEAR: lambda day: f"{day.year}",
}
"""A period's name by its first day, as `reports.periods` reads it."""
