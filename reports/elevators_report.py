"""The report of elevators: availability, faults, trips, entrapments with their rescue, upkeep."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from alerts.alarm import ANNOUNCES, Rescue
from alerts.lives import Placed, is_in, lives
from alerts.proof_rows import counting
from alerts.proofs import INSPECTION, MAINTENANCE, Done, ProofBook, Standing
from device_configs.estate import Device
from device_configs.kinds import System
from device_configs.quantities import Label
from ingest.quality_book import DayRow
from ingest.quality_days import MINUTE_MS, Calendar
from ingest.quality_tables import days_of
from ingest.stores.store import Aggregate, Reading, StoreError
from records.engine import reading
from reports.asked import Asked
from reports.document import (
    Cell,
    Chart,
    ChartKind,
    Column,
    Note,
    Report,
    Row,
    Sheet,
    Source,
    SourceKind,
    Weight,
)
from reports.elevators import KnownDay, Use, active_in, increase, stops, together, use_of
from reports.errors import UnreadableDatabaseError
from reports.forms import Form
from reports.report_texts import report_texts

KIND = "elevators"
FAULT_CLASSES = frozenset({"elevator_fault", "entrapment"})
COUNTERS = ("trip_count", "run_time")
DAY_MS = 86_400_000
BEFORE_MS = 7 * DAY_MS
"""How long before the period the reading may be that its counters are counted from. [ms]"""

_ELEVATORS = (
    Column("device", Form.TEXT), Column("name", Form.TEXT), Column("availability", Form.SHARE),
    Column("known", Form.HOURS), Column("stopped", Form.HOURS), Column("unknown", Form.HOURS),
    Column("faults", Form.COUNT), Column("entrapments", Form.COUNT), Column("trips", Form.COUNT),
    Column("run_time", Form.HOURS),
)  # fmt: skip
_FAULTS = (
    Column("device", Form.TEXT), Column("fault", Form.TEXT), Column("severity", Form.TEXT),
    Column("faults", Form.COUNT),
)  # fmt: skip
_RESCUES = (
    Column("device", Form.TEXT), Column("name", Form.TEXT), Column("since", Form.TEXT),
    Column("to_on_site", Form.DURATION), Column("to_released", Form.DURATION),
    Column("in_time", Form.TEXT),
)  # fmt: skip
_UPKEEP = (
    Column("device", Form.TEXT), Column("name", Form.TEXT), Column("work", Form.TEXT),
    Column("done", Form.COUNT), Column("last", Form.TEXT), Column("due", Form.TEXT),
    Column("state", Form.TEXT),
)  # fmt: skip


@dataclass
class _Lift:
    """One elevator or escalator with what is known of it."""

    device: Device
    use: Use
    faults: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How often it was announced, by title (zh, en) and severity."""
    entrapped: Mapping[int, Rescue] = field(default_factory=dict)
    """Rescues by when they began."""
    counters: Mapping[str, float | None] = field(default_factory=dict)


def make(asked: Asked) -> Report:
    """Make the report of the elevators of a site and of everything below it; blocks.

    Raises:
        UnreadableDatabaseError: the database cannot be read.
    """
    devices = _devices(asked)
    start, end = asked.period.span.start, asked.until_ms
    first, last = asked.period.start.date(), asked.period.end.date() - dt.timedelta(days=1)
    try:
        with reading(asked.engine) as connection:
            every = [
                one for one in lives(connection, start, end, asked.places)
                if is_in(one, asked.site, asked.estate) and not one.life.test
            ]  # fmt: skip
            names = [one.id for one in devices]
            rows = list(days_of(connection, names, first.toordinal(), last.toordinal()))
            proofs = [one for one in counting(connection) if one.done_on <= last]
    except sa.exc.SQLAlchemyError as error:
        raise UnreadableDatabaseError(f"the alarms cannot be read: {error}") from error
    found = _lifts(asked, devices, every, rows)
    sheets = [_elevators(found), _faults(found), _rescues(asked, found)]
    sheets.append(_upkeep(asked, devices, proofs))
    estate = asked.estate
    return Report(
        KIND, asked.site, estate.sites[asked.site].name, asked.period, estate.timezone.key,
        asked.revision, asked.now_ms, sheets,
        [Chart(ChartKind.BAR, "elevators", "device", ["availability"])],
        _notes(asked, found),
        _sources(asked, devices),
    )  # fmt: skip


def _devices(asked: Asked) -> list[Device]:
    return [
        one
        for one in asked.estate.devices_in(asked.site)
        if one.profile.kind.system is System.ELEVATOR
        and (asked.places is None or one.place in asked.places)
    ]


def _lifts(
    asked: Asked, devices: Sequence[Device], every: Sequence[Placed], rows: Sequence[DayRow]
) -> list[_Lift]:
    start, end = asked.period.span.start, asked.until_ms
    alarms: dict[str, list[Placed]] = defaultdict(list)
    for one in every:
        alarms[one.life.key[1]].append(one)
    online = {(row.device, row.day): row.online * MINUTE_MS for row in rows}
    calendar = Calendar(asked.estate.timezone).between(start, min(end, asked.period.span.end))
    found = []
    for device in devices:
        mine = alarms[device.id]
        days = [
            KnownDay(day.start, min(day.end, end), online.get((device.id, day.number), 0))
            for day in calendar
        ]
        stopping = [one.life for one in mine if one.life.key[0] in stops().rules]
        stood = together(span for life in stopping for span in active_in(life, start, end))
        lift = _Lift(device, use_of(days, stood), counters=_counted(asked, device))
        for one in mine:
            if one.life.alarm_class in FAULT_CLASSES:
                times = sum(
                    step.event in ANNOUNCES and start <= step.at < end for step in one.life.steps
                )
                if times:
                    key = (one.title.zh, one.title.en, one.life.severity.value)
                    lift.faults[key] += times
        # All alarms of one elevator share the clock of the rescue that is going on.
        lift.entrapped = {
            one.rescue.since: one.rescue
            for one in mine
            if one.rescue is not None and start <= one.rescue.since < end
        }
        found.append(lift)
    return found


def _counted(asked: Asked, device: Device) -> Mapping[str, float | None]:
    points = [one for one in COUNTERS if one in device.profile.points]
    if asked.readings is None or not points:
        return {}
    start, end = asked.period.span.start, asked.until_ms
    try:
        before = asked.readings.series(
            device.id, points, start - BEFORE_MS, start, DAY_MS, Aggregate.LAST
        )
        inside = asked.readings.series(device.id, points, start, end, DAY_MS, Aggregate.LAST)
    except StoreError:
        # Without the store the counters are unknown; all else is in the database.
        return {}
    return {
        point: increase([*_numbers(before.get(point, ()))[-1:], *_numbers(inside.get(point, ()))])
        if _numbers(before.get(point, ()))
        else None
        for point in points
    }


def _numbers(readings: Sequence[Reading]) -> list[float]:
    return [
        float(one.value)
        for one in readings
        if isinstance(one.value, int | float) and not isinstance(one.value, bool)
    ]


def _elevators(found: Sequence[_Lift]) -> Sheet:
    rows = [
        Row([one.device.id, one.device.name, *_cells([one])], sources=[f"device {one.device.id}"])
        for one in found
    ]
    total: list[Cell] = [report_texts(KIND).rows["total"], None, *_cells(found)]
    return Sheet("elevators", _ELEVATORS, [*rows, Row(total, weight=Weight.TOTAL)])


def _cells(lifts: Sequence[_Lift]) -> list[Cell]:
    use = sum((one.use for one in lifts), Use())
    faults = sum(one.faults.total() for one in lifts)
    trips, run_time = (_sum([one.counters.get(point) for one in lifts]) for point in COUNTERS)
    return [
        use.availability, use.known_ms / 1000, use.stopped_ms / 1000, use.unknown_ms / 1000,
        faults, sum(len(one.entrapped) for one in lifts),
        None if trips is None else round(trips), run_time,
    ]  # fmt: skip


def _sum(values: Sequence[float | None]) -> float | None:
    """The sum; None where one is unknown, so that a part never passes for the whole."""
    known = [one for one in values if one is not None]
    return sum(known) if known and len(known) == len(values) else None


def _faults(found: Sequence[_Lift]) -> Sheet:
    words = report_texts(KIND).rows
    rows = [
        Row([one.device.id, Label(zh=zh, en=en), words[severity], count],
            sources=[f"device {one.device.id}"])
        for one in found
        for (zh, en, severity), count in one.faults.most_common()
    ]  # fmt: skip
    every = sum(one.faults.total() for one in found)
    total = Row([words["total"], None, None, every], weight=Weight.TOTAL)
    return Sheet("faults", _FAULTS, [*rows, total] if rows else [])


def _rescues(asked: Asked, found: Sequence[_Lift]) -> Sheet:
    words = report_texts(KIND).rows
    rows = []
    for lift in found:
        for since, clock in sorted(lift.entrapped.items()):
            moment = dt.datetime.fromtimestamp(since / 1000, asked.estate.timezone)
            cells: list[Cell] = [
                lift.device.id, lift.device.name, f"{moment:%Y-%m-%d %H:%M}",
                _took(since, clock.on_site_at), _took(since, clock.released_at),
                _in_time(clock, asked.now_ms, words),
            ]  # fmt: skip
            rows.append(Row(cells, sources=[f"device {lift.device.id}"]))
    return Sheet("rescues", _RESCUES, rows)


def _in_time(clock: Rescue, now_ms: int, words: Mapping[str, Label]) -> Label | None:
    """Whether somebody was on site in time; unknown where nobody said when, and nobody is late."""
    if clock.late or clock.overdue(now_ms):
        return words["late"]
    return None if clock.on_site_at is None else words["in_time"]


def _took(since: int, at: int | None) -> float | None:
    return None if at is None else (at - since) / 1000


def _upkeep(asked: Asked, devices: Sequence[Device], proofs: Sequence[Done]) -> Sheet:
    words = report_texts(KIND).rows
    book = ProofBook(asked.estate, proofs)
    first = asked.period.start.date()
    now = dt.datetime.fromtimestamp((asked.until_ms - 1) / 1000, asked.estate.timezone).date()
    rows = []
    for device in devices:
        for work in (MAINTENANCE, INSPECTION):
            if work not in device.profile.kind.proofs:
                continue
            standing = book.standing(device.id, work)
            done = sum(
                one.device == device.id and one.kind == work and first <= one.done_on
                for one in proofs
            )
            cells: list[Cell] = [
                device.id, device.name, words[work], done, _day(standing.done_on),
                _day(standing.due_on), words[_state(standing, now)],
            ]  # fmt: skip
            rows.append(Row(cells, sources=[f"device {device.id}"]))
    return Sheet("upkeep", _UPKEEP, rows)


def _state(standing: Standing, day: dt.date) -> str:
    if standing.due_on is None:
        return "due_unknown"
    return "overdue" if standing.due_on < day else "in_order"


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _notes(asked: Asked, found: Sequence[_Lift]) -> list[Note]:
    notes = [Note("availability", {"confidence": stops().confidence})]
    if asked.readings is None:
        notes.append(Note("no_readings"))
    elif lost := [
        one.device.id for one in found if any(each is None for each in one.counters.values())
    ]:
        notes.append(Note("counter_unknown", {"devices": ", ".join(lost)}))
    notes += [Note("no_elevator")] if not found else []
    return notes + ([Note("period_running")] if asked.is_running else [])


def _sources(asked: Asked, devices: Sequence[Device]) -> list[Source]:
    words = report_texts(KIND).rows
    found = [
        Source(f"device {one.id}", SourceKind.ALARMS, one.name, one.id, asked.revision)
        for one in devices
    ]
    return [
        *found,
        Source("stops", SourceKind.RULE, words["stops"], stops().source, "", stops().confidence),
    ]
