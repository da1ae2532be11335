"""The spans of time that a deviation is judged for, in the estate's own time. Pure."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.deviation import Deviation

HOUR_MS = 3_600_000
SETTLE_MS = 1_800_000
"""How long after its end a span is judged: late readings have come, intervals are booked. [ms]"""


@dataclass(frozen=True)
class DaySpan:
    """Hours of one local day [ms, UTC]."""

    day: dt.date
    start: int
    end: int

    @property
    def hours(self) -> float:
        """How long it is [h]; a clock change makes it longer or shorter."""
        return (self.end - self.start) / HOUR_MS


def span_on(condition: Deviation, day: dt.date, zone: ZoneInfo) -> DaySpan:
    """The span of a condition with hours, on a day."""
    begin, end = condition.hours or (0, 24)
    return DaySpan(day, _moment(day, begin, zone), _moment(day, end, zone))


def _moment(day: dt.date, hour: int, zone: ZoneInfo) -> int:
    more, hour = divmod(hour, 24)
    local = dt.datetime.combine(day + dt.timedelta(days=more), dt.time(hour), zone)
    return int(local.timestamp()) * 1000


def newest_span(condition: Deviation, now_ms: int, zone: ZoneInfo) -> DaySpan:
    """The newest span that has ended and is settled."""
    settled = now_ms - SETTLE_MS
    if condition.hours is None:
        end = settled - settled % HOUR_MS
        day = dt.datetime.fromtimestamp((end - HOUR_MS) / 1000, zone).date()
        return DaySpan(day, end - HOUR_MS, end)
    day = dt.datetime.fromtimestamp(settled / 1000, zone).date()
    while (span := span_on(condition, day, zone)).end > settled:
        day -= dt.timedelta(days=1)
    return span


def before(condition: Deviation, span: DaySpan, zone: ZoneInfo) -> DaySpan:
    """The span before."""
    if condition.hours is None:
        return newest_span(condition, span.start + SETTLE_MS, zone)
    return span_on(condition, span.day - dt.timedelta(days=1), zone)
