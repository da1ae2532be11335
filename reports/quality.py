"""Data quality: how complete, how reachable and how fresh what a site's devices said was, by day.

What the figures mean is in `docs/quality.md`. A figure of several devices is the mean of theirs,
so that a meter with two hundred points does not hide a silent smoke detector. Unknown is None.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from device_configs.estate import Device, Estate
from device_configs.quantities import Label
from ingest.quality_book import DayRow
from ingest.quality_days import Calendar
from ingest.quality_tables import days_of, read_cursor
from records.engine import reading
from reports.errors import InvalidPeriodError, UnreadableDatabaseError

MOST_DAYS = 400
"""Days of one report."""
_HEARD_DAYS = 3
"""Days before the period in which the newest value of its first day may have come."""


class By(StrEnum):
    """What one row of the report is about."""

    DEVICE = "device"
    SITE = "site"
    KIND = "kind"
    LINE = "line"
    DAY = "day"


@dataclass(frozen=True)
class Figures:
    """The quality of some devices over some days; the shares are 0 to 1, None where unknown."""

    devices: int
    """Those of which anything is known."""
    completeness: float | None
    online: float | None
    fresh: int
    """Devices whose newest value was not too old at the end."""
    good: int
    """Readings of good quality, at most as many of a device and day as were due."""
    due: int
    suspect: Mapping[str, int]
    """Values by reason."""
    missing: Mapping[str, int]
    """Values by reason."""
    counted_minutes: int
    """Of all devices together."""
    down_minutes: int
    """In which sitewatch was not running."""
    stored_days: int = 0
    """Days of devices that were counted again from the stored readings, not as they came."""


@dataclass(frozen=True)
class QualityRow:
    """One device, site, kind, line or day."""

    key: str
    name: Mapping[str, str]
    """By language."""
    figures: Figures | None
    """None where nothing is known."""
    days: Mapping[str, Figures]
    """By date, those that are known."""
    heard_ms: int | None = None
    """When it was last heard by the end of the period; of a device. [ms, UTC]"""
    allowed_ms: int | None = None
    """How long it may be silent; of a device. [ms]"""


@dataclass(frozen=True)
class QualityReportData:
    """The report of some devices and a period."""

    by: By
    first: dt.date
    last: dt.date
    timezone: str
    until_ms: int | None
    """The figures hold until here; None while nothing is booked. [ms, UTC]"""
    rows: tuple[QualityRow, ...]
    """The worst first; days in their order."""
    total: Figures | None


def quality_report(
    engine: sa.Engine,
    estate: Estate,
    devices: Sequence[Device],
    first: dt.date,
    last: dt.date,
    by: By,
    *,
    site: str | None = None,
    lines: Mapping[str, str] | None = None,
) -> QualityReportData:
    """Make the report; blocks.

    Args:
        engine: the database; it is only read.
        estate: what the names are from.
        devices: the devices that are reported.
        first: the first day, in the estate's time zone.
        last: the last day.
        by: what a row is about.
        site: of this site (the estate without it) the sites below are the rows by site.
        lines: device to the line it is read on; those that have none are left out by line.

    Raises:
        InvalidPeriodError: the period is empty or too long.
        UnreadableDatabaseError: the database cannot be read.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidPeriodError(f"from {first} to {last} is not 1 to {MOST_DAYS} days")
    names = [device.id for device in devices]
    try:
        with reading(engine) as connection:
            _, booked_ms = read_cursor(connection)
            since = first.toordinal() - _HEARD_DAYS
            rows = list(days_of(connection, names, since, last.toordinal()))
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"data quality cannot be read: {error}") from error
    # What a clock that was wrong left in the future is not known.
    known = [row for row in rows if (row.counted or row.due) and row.day >= first.toordinal()]
    make = _Maker(Calendar(estate.timezone), booked_ms, rows)
    if by is By.DAY:
        found = make.by_day(known)
    else:
        keys = _keys(estate, devices, by, site or estate.id, lines or {})
        found = sorted(make.grouped(known, keys, by), key=_badness)
    total = make.figures(known)
    return QualityReportData(
        by, first, last, str(estate.timezone), booked_ms or None, tuple(found), total
    )


def _badness(row: QualityRow) -> tuple[bool, float, float, str]:
    """What sorts the worst row first; the unknown comes last."""
    found = row.figures
    if found is None:
        return True, 0.0, 0.0, row.key
    shares = [share for share in (found.completeness, found.online) if share is not None]
    return False, min(shares, default=1.0), sum(shares), row.key


Key = tuple[str, Mapping[str, str]]


def _keys(
    estate: Estate, devices: Iterable[Device], by: By, site: str, lines: Mapping[str, str]
) -> dict[str, Key]:
    """Device to the row that it belongs to."""
    found: dict[str, Key] = {}
    for device in devices:
        if by is By.DEVICE:
            found[device.id] = device.id, _both(device.name)
        elif by is By.KIND:
            kind = device.profile.kind
            found[device.id] = kind.kind, _both(kind.label)
        elif by is By.LINE:
            if (line := lines.get(device.id)) is not None:
                found[device.id] = line, {"zh": line, "en": line}
        else:
            path = estate.path(device.place)
            places = [node.id for node in path]
            below = path[places.index(site) + 1 :] if site in places else path[1:]
            node = below[0] if below else path[-1]
            found[device.id] = node.id, _both(node.name)
    return found


def _both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


class _Maker:
    """Makes figures of rows that are booked until a moment."""

    def __init__(self, calendar: Calendar, booked_ms: int, rows: Iterable[DayRow]) -> None:
        self._calendar = calendar
        self._booked_ms = booked_ms
        self._heard: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in rows:
            if row.heard_ms is not None:
                self._heard[row.device].append((row.day, row.heard_ms))

    def by_day(self, rows: Iterable[DayRow]) -> list[QualityRow]:
        days: dict[int, list[DayRow]] = defaultdict(list)
        for row in rows:
            days[row.day].append(row)
        return [
            QualityRow(date, {"zh": date, "en": date}, self.figures(days[day]), {})
            for day in sorted(days)
            for date in [dt.date.fromordinal(day).isoformat()]
        ]

    def grouped(
        self, rows: Iterable[DayRow], keys: Mapping[str, Key], by: By
    ) -> Iterable[QualityRow]:
        groups: dict[str, list[DayRow]] = {key: [] for key, _ in keys.values()}
        names = dict(keys.values())
        for row in rows:
            if row.device in keys:
                groups[keys[row.device][0]].append(row)
        for key, group in groups.items():
            days = {one.key: one.figures for one in self.by_day(group) if one.figures is not None}
            heard = allowed = None
            if by is By.DEVICE and group:
                last = max(group, key=lambda row: row.day)
                heard, allowed = self._heard_by(last), last.allowed_ms
            yield QualityRow(key, names[key], self.figures(group), days, heard, allowed)

    def figures(self, rows: Sequence[DayRow]) -> Figures | None:
        """The figures of all rows; None of none."""
        if not rows:
            return None
        by_device: dict[str, list[DayRow]] = defaultdict(list)
        suspect: Counter[str] = Counter()
        missing: Counter[str] = Counter()
        for row in rows:
            by_device[row.device].append(row)
            suspect.update(row.suspect)
            missing.update(row.missing)
        groups = by_device.values()
        return Figures(
            devices=len(groups),
            completeness=_mean(completeness(group) for group in groups),
            online=_mean(online(group) for group in groups),
            fresh=sum(self._is_fresh(group) for group in groups),
            good=sum(min(row.good, row.due or 0) for row in rows),
            due=sum(row.due or 0 for row in rows),
            suspect=dict(suspect.most_common()),
            missing=dict(missing.most_common()),
            counted_minutes=sum(row.counted for row in rows),
            down_minutes=max(sum(row.down for row in group) for group in groups),
            stored_days=sum(row.from_store for row in rows),
        )

    def _is_fresh(self, rows: Sequence[DayRow]) -> bool:
        last = max(rows, key=lambda row: row.day)
        heard = self._heard_by(last)
        end = min(self._calendar.day(last.day).end, self._booked_ms)
        return heard is not None and end - heard <= last.allowed_ms

    def _heard_by(self, row: DayRow) -> int | None:
        """When the device of a row was last heard by the end of its day."""
        heard = (ms for day, ms in self._heard[row.device] if day <= row.day)
        return max(heard, default=None)


def completeness(rows: Sequence[DayRow]) -> float | None:
    """Of one device: good readings of those due, or the time a good value covers."""
    if any(row.due is not None for row in rows):
        due = sum(row.due or 0 for row in rows)
        return sum(min(row.good, row.due or 0) for row in rows) / due if due else None
    counted = sum(row.counted for row in rows)
    return sum(row.covered for row in rows) / counted if counted else None


def online(rows: Sequence[DayRow]) -> float | None:
    """Of one device: the time it was heard within its allowed silence."""
    counted = sum(row.counted for row in rows)
    return sum(row.online for row in rows) / counted if counted else None


def _mean(shares: Iterable[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else None
