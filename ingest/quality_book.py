"""The book of data quality: samples in, one row for each device and local day out; no I/O.

Readings are counted. Time is told by the minute: at the beginning of each minute a device was
heard within its allowed silence, or it was not (`docs/quality.md`). Both come to the same whatever
the order of the samples, which the two lanes do not keep.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from collectors.sample import Reason, Sample, is_hearing
from device_configs.estate import Estate
from ingest.quality_days import MINUTE_MS, Calendar, Day, Gap
from ingest.quality_terms import ABSENT, Terms, terms_of

OPEN_DAYS = 3
"""Days that are still written to: today and those before it; what comes later is not counted."""
KEPT_DAYS = 400
"""Days that are kept: a year, and a month to compare it with."""
LONGEST_SETTLED_DAYS = 35
"""A longer time without sitewatch leaves no rows: it says nothing about any device."""
DAY_MS = 86_400_000
CLOCK_BACK_MS = 2 * 3_600_000
"""A clock that goes back by more than this had been wrong before. [ms]"""


@dataclass(slots=True)
class DayRow:
    """What is known of one device on one day."""

    device: str
    day: int
    """`datetime.date.toordinal` of the local date."""
    samples: int = 0
    good: int = 0
    """Readings of good quality of points that are due."""
    due: int | None = None
    """Readings that were due; None for a device that reports when it likes."""
    counted: int = 0
    """Minutes since its first sample."""
    marks: int = 0
    """Minutes at whose beginning it was heard within its allowed silence, as bits."""
    covered_marks: int = 0
    """Minutes at whose beginning a good value was not older than that, as bits."""
    online: int = 0
    covered: int = 0
    """As many of `counted` as are in the marks while sitewatch ran."""
    down: int = 0
    """As many of `counted` as sitewatch did not run."""
    suspect: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    """Values by reason, those of parts included."""
    heard_ms: int | None = None
    """When it was last heard on this day. [ms, UTC]"""
    allowed_ms: int = 0
    """How long it may be silent. [ms]"""
    from_store: bool = False
    """Counted again from the stored readings, not as they came."""


@dataclass(slots=True)
class DeviceState:
    """Where a device stands."""

    device: str
    first_ms: int
    """Its first sample; before it nothing is known, and nothing is due. [ms, UTC]"""
    settled_ms: int
    """What was due until here is in the rows. [ms, UTC]"""
    absent: frozenset[str] = frozenset()
    """Points that it says it does not have."""


class _Device:
    """A device while the book is open."""

    __slots__ = ("covered", "end", "marked", "row", "start", "state", "terms")

    def __init__(self, state: DeviceState, terms: Terms) -> None:
        self.state = state
        self.terms = terms
        self.row: DayRow | None = None
        self.start = self.end = 0
        """The day that `row` is of. [ms, UTC]"""
        self.marked = self.covered = (0, -1)
        """First and last of a run of minutes, since 1970, that are in the marks already."""


class QualityBook:
    """The open days of all devices, in memory as they stand in the database."""

    def __init__(
        self,
        estate: Estate,
        states: Iterable[DeviceState] = (),
        rows: Iterable[DayRow] = (),
        gaps: Sequence[Gap] = (),
        settled_ms: int = 0,
        open_days: int = OPEN_DAYS,
    ) -> None:
        """Open the book as it stands in the database.

        Args:
            estate: the devices there are, and what is due of them.
            states: where each device stands.
            rows: the rows of the open days.
            gaps: when sitewatch did not run.
            settled_ms: until when all devices were settled. [ms, UTC]
            open_days: days that are still written to.
        """
        self._open_days = open_days
        self._calendar = Calendar(estate.timezone)
        self._states = {state.device: state for state in states}
        self._rows = {(row.device, row.day): row for row in rows}
        self._gaps = tuple(gaps)
        self._devices: dict[str, _Device | None] = {}
        self._changed: set[tuple[str, int]] = set()
        self._settled = settled_ms
        self._today = self._calendar.of(settled_ms).number if settled_ms else 0
        self.late = 0
        """Values that came too long after their day to be counted."""
        self.late_days: set[tuple[str, int]] = set()
        """The devices and days that they are of; who has taken note of them clears it."""
        self.use(estate)

    @property
    def oldest_open(self) -> int:
        """The number of the oldest day that is still written to."""
        return self._today - self._open_days + 1

    def take(self, samples: Iterable[Sample]) -> None:
        """Book samples, in any order of their devices and lanes."""
        devices = self._devices
        for sample in samples:
            name = sample.device
            own = "/" not in name
            root = name if own else name.partition("/")[0]
            device = devices.get(root)
            if device is None:
                device = self._device(root, sample)
            if device is not None:
                self._take(device, sample, own)

    def settle(self, until_ms: int) -> None:
        """Book what was due until a moment, for every device of the estate."""
        self._today = self._calendar.of(until_ms).number
        if self._settled > until_ms + CLOCK_BACK_MS:
            for state in self._states.values():
                state.settled_ms = max(until_ms, min(state.first_ms, state.settled_ms))
        for name in self._states:
            device = self._devices.get(name) or self._device(name, None)
            if device is not None:
                self._settle(device, until_ms)
        self._settled = until_ms

    def use(self, estate: Estate) -> None:
        """Take up a changed estate; what is settled stays as it is.

        While a device is not in the estate nothing of it is due.
        """
        self._estate = estate
        self._devices = {}
        for state in self._states.values():
            if state.settled_ms < self._settled - DAY_MS or state.device not in estate.devices:
                state.settled_ms = max(state.settled_ms, self._settled)

    def know_gaps(self, gaps: Sequence[Gap]) -> None:
        """Take up when sitewatch did not run, as it is known now."""
        self._gaps = tuple(gaps)

    def changes(self) -> tuple[Sequence[DeviceState], Sequence[DayRow]]:
        """The states, and the rows that changed since the last call, to be put into the database.

        Rows of days that are closed are given for the last time.
        """
        rows = [self._counted(self._rows[key]) for key in sorted(self._changed)]
        self._changed.clear()
        for key in [key for key in self._rows if key[1] < self.oldest_open]:
            del self._rows[key]
        for device in self._devices.values():
            if device is not None:
                device.row, device.start, device.end = None, 0, 0
        return tuple(self._states.values()), rows

    def _device(self, name: str, sample: Sample | None) -> _Device | None:
        """The open device; a first sample makes it known, and the estate must have it."""
        found = self._estate.devices.get(name)
        if found is None:
            return None
        state = self._states.get(name)
        if state is not None:
            made = self._devices[name] = _Device(state, terms_of(found))
            return made
        if sample is None:
            return None
        at = sample.received_at
        state = self._states[name] = DeviceState(name, at, at)
        made = self._devices[name] = _Device(state, terms_of(found))
        # Level with all others: who lags behind them has not been in the estate.
        self._settle(made, self._settled)
        return made

    def _row(self, device: _Device, day: Day, *, closed: bool = False) -> DayRow | None:
        """The row of a day; None where the day is closed, unless `closed` ones are asked for."""
        if day.number < self.oldest_open and not closed:
            return None
        key = (device.state.device, day.number)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = DayRow(*key)
        self._changed.add(key)
        row.allowed_ms = device.terms.allowed_ms
        if device.terms.intervals is not None and row.due is None:
            row.due = 0
        return row

    def _open(self, device: _Device, at: int) -> DayRow | None:
        """The row of a moment, which becomes the one at hand."""
        day = self._calendar.of(at)
        device.row, device.start, device.end = self._row(device, day), day.start, day.end
        return device.row

    def _take(self, device: _Device, sample: Sample, own: bool) -> None:
        received = sample.received_at
        at = received if sample.source_at is None else sample.source_at
        row = device.row if device.start <= at < device.end else self._open(device, at)
        if received < device.state.first_ms:
            self._earlier(device, received)
        if row is None:
            reach = at + device.terms.allowed_ms
            days = {self._calendar.of(ms).number for ms in (at, reach)}
            self.late_days |= {(device.state.device, day) for day in days}
        good = self._count(device, row, sample, own)
        if good and device.terms.intervals is None:
            device.covered = self._mark(device, at, device.covered, covered=True)
        if good or is_hearing(sample):
            device.marked = self._mark(device, received, device.marked, covered=False)
            if not device.start <= received < device.end:
                row = self._open(device, received)
            if row is not None and (row.heard_ms is None or received > row.heard_ms):
                row.heard_ms = received

    def _count(self, device: _Device, row: DayRow | None, sample: Sample, own: bool) -> int:
        """Count the values of a sample; returns how many are good."""
        values = sample.values
        if row is None:
            self.late += len(values)
            row = DayRow(device.state.device, 0)
        row.samples += 1
        if sample.reasons or None in values.values():
            return self._judge(device, row, sample, own)
        good = len(values)
        if own:
            names = device.terms.names
            if device.state.absent:
                self._absent(device, device.state.absent - values.keys(), sample.received_at)
            if names:
                row.good += good if values.keys() <= names else len(values.keys() & names)
        return good

    def _judge(self, device: _Device, row: DayRow, sample: Sample, own: bool) -> int:
        """Count values that are unknown or suspect; returns how many are good."""
        names, good = device.terms.names, 0
        gone: set[str] = set()
        for point, value in sample.values.items():
            reason = sample.reasons.get(point)
            if value is None:
                row.missing[reason or Reason.NO_ANSWER.value] += 1
                if own and reason in ABSENT and point in names:
                    gone.add(point)
            elif reason is not None:
                row.suspect[reason] += 1
            else:
                good += 1
                row.good += own and point in names
        if own and (gone or device.state.absent):
            back = {point for point in device.state.absent if sample.values.get(point) is not None}
            self._absent(device, (device.state.absent - back) | gone, sample.received_at)
        return good

    def _absent(self, device: _Device, absent: frozenset[str], at: int) -> None:
        if absent != device.state.absent:
            self._settle(device, at)
            device.state.absent = absent

    def _mark(
        self, device: _Device, at: int, known: tuple[int, int], *, covered: bool
    ) -> tuple[int, int]:
        """Mark the minutes that begin while a device's word of `at` is not too old."""
        until = at + device.terms.allowed_ms
        first, last = -(-at // MINUTE_MS), until // MINUTE_MS
        if first > last or (known[0] <= first and last <= known[1]):
            return known
        for day in self._calendar.between(at, until + 1):
            row = self._row(device, day)
            if row is None:
                continue
            if covered:
                row.covered_marks |= day.minutes(at, until + 1)
            else:
                row.marks |= day.minutes(at, until + 1)
        if known[0] <= first <= known[1] + 1:
            return known[0], max(last, known[1])
        return first, last

    def _earlier(self, device: _Device, received: int) -> None:
        """A sample of the other lane came before what was taken for the first."""
        state = device.state
        if state.first_ms - received > LONGEST_SETTLED_DAYS * DAY_MS:
            # No lane lags so far behind the other: the clock was wrong at the first.
            state.settled_ms = received
        else:
            self._due(device, received, state.first_ms)
        state.first_ms = received

    def _settle(self, device: _Device, until_ms: int) -> None:
        state = device.state
        start = state.settled_ms
        if until_ms - start > LONGEST_SETTLED_DAYS * DAY_MS:
            start = self._calendar.of(until_ms - LONGEST_SETTLED_DAYS * DAY_MS).start
        self._due(device, start, until_ms)
        state.settled_ms = max(state.settled_ms, until_ms)

    def _due(self, device: _Device, start: int, end: int) -> None:
        for day in self._calendar.between(start, end):
            row = self._row(device, day, closed=True)
            if row is not None and row.due is not None:
                begin, until = max(start, day.start), min(end, day.end)
                row.due += device.terms.due(begin, until, device.state.absent)

    def _counted(self, row: DayRow) -> DayRow:
        """A row with its minutes counted, as far as it is settled."""
        state, day = self._states[row.device], self._calendar.day(row.day)
        window = day.minutes(state.first_ms, state.settled_ms)
        down = window & day.down(self._gaps)
        row.counted, row.down = window.bit_count(), down.bit_count()
        row.online = (row.marks & window & ~down).bit_count()
        row.covered = (row.covered_marks & window & ~down).bit_count()
        return row
